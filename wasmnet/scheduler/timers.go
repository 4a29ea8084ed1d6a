package scheduler

import (
	"container/heap"
	"time"
)

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

// timers are the timers that are set.
type timers struct {
	heap timerHeap
	set  uint64 // how many were ever set
}

func (ts *timers) push(t *Timer, at time.Duration) {
	ts.set++
	t.at, t.order = at, ts.set
	heap.Push(&ts.heap, t)
}

func (ts *timers) pop() *Timer { return heap.Pop(&ts.heap).(*Timer) }

func (ts *timers) remove(t *Timer) { heap.Remove(&ts.heap, t.place-1) }

// first is the time of the timer that is due next.
func (ts *timers) first() (at time.Duration, ok bool) {
	if len(ts.heap) == 0 {
		return 0, false
	}
	return ts.heap[0].at, true
}

// timerHeap implements heap.Interface.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	return a.at < b.at || a.at == b.at && a.order < b.order
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *timerHeap) Push(t any) {
	timer := t.(*Timer)
	*h = append(*h, timer)
	timer.place = len(*h)
}

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = 0
	return t
}
