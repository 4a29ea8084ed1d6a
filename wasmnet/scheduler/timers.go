package scheduler

import "time"

// Due is something that is to be done at a certain time.
type Due interface {
	// Due does it.
	Due()
}

// Timer is one entry in the scheduler's list of what is due when. Its zero
// value is a timer that is not set. It is part of whatever waits for it, so
// that setting one takes no memory.
type Timer struct {
	at    time.Duration
	order uint64 // breaks ties: earlier set, earlier due
	place int    // in the heap, counted from 1; 0: not set
	due   Due
}

func (t *Timer) pending() bool { return t.place != 0 }

// before reports whether t is due before u.
func (t *Timer) before(u *Timer) bool {
	return t.at < u.at || t.at == u.at && t.order < u.order
}

// timers are the timers that are set: a binary heap with the one that is due
// next at its top. Half of all that a world does is to set timers and wait for them, and
// container/heap, which calls through an interface, takes twice as long.
type timers struct {
	heap []*Timer
	set  uint64 // how many were ever set
}

// first is the time of the timer that is due next.
func (ts *timers) first() (at time.Duration, ok bool) {
	if len(ts.heap) == 0 {
		return 0, false
	}
	return ts.heap[0].at, true
}

func (ts *timers) push(t *Timer, at time.Duration) {
	ts.set++
	t.at, t.order = at, ts.set
	ts.heap = append(ts.heap, t)
	ts.rise(t, len(ts.heap)-1)
}

// pop takes out the timer that is due next.
func (ts *timers) pop() *Timer {
	t := ts.heap[0]
	ts.remove(t)
	return t
}

func (ts *timers) remove(t *Timer) {
	at := t.place - 1
	end := len(ts.heap) - 1
	last := ts.heap[end]
	ts.heap[end] = nil
	ts.heap = ts.heap[:end]
	t.place = 0
	if t == last {
		return
	}
	if at > 0 && last.before(ts.heap[(at-1)/2]) {
		ts.rise(last, at)
	} else {
		ts.sink(last, at)
	}
}

// rise puts t at a free place, or above it, where all above are due before it.
func (ts *timers) rise(t *Timer, at int) {
	for at > 0 {
		above := (at - 1) / 2
		if !t.before(ts.heap[above]) {
			break
		}
		ts.put(ts.heap[above], at)
		at = above
	}
	ts.put(t, at)
}

// sink puts t at a free place, or below it, where all below are due after it.
func (ts *timers) sink(t *Timer, at int) {
	for {
		below := 2*at + 1
		if below >= len(ts.heap) {
			break
		}
		if right := below + 1; right < len(ts.heap) && ts.heap[right].before(ts.heap[below]) {
			below = right
		}
		if !ts.heap[below].before(t) {
			break
		}
		ts.put(ts.heap[below], at)
		at = below
	}
	ts.put(t, at)
}

func (ts *timers) put(t *Timer, at int) {
	ts.heap[at] = t
	t.place = at + 1
}
