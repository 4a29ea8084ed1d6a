// Package scheduler runs many goroutines in virtual time, one at a time, in an
// order that a seed decides.
//
// A [Goroutine] is a coroutine. It runs until it blocks: in Sleep, in a lock
// that another holds, in a condition variable or in a channel of this package.
// Then one of those that are ready is chosen by chance and runs on. Only when
// none is ready does time pass: it jumps to the next moment for which somebody
// has set a timer. So the code between two blocking calls takes no time, a
// minute of mostly sleeping goroutines costs milliseconds, and one seed gives
// one interleaving, again and again.
//
// Taking a free lock does not block, yet it is where real goroutines
// overtake each other. There a goroutine is made to stand back, by
// chance: see [Mutex].
//
// Nothing here is for concurrent use: a Scheduler and all that belongs to it
// live on one real goroutine.
package scheduler

import (
	"fmt"
	"time"

	"raftarium/wasmnet/random"
)

// Scheduler is a virtual clock and the goroutines that live by it. Use [New]
// to make one.
type Scheduler struct {
	now      time.Duration
	random   *random.Stream
	ready    []*Goroutine // in no order; Goroutine.slot is the place in it
	timers   timers
	running  *Goroutine // nil: none, the caller of RunUntil is at work
	groups   []*Group
	idle     []*worker    // without a goroutine to run
	ended    []*Goroutine // to be used again
	failure  *Failure
	switches uint64
	closed   bool
}

// New returns a scheduler at time zero with nothing to run, which draws its
// choices from the given stream.
func New(choices *random.Stream) *Scheduler {
	return &Scheduler{random: choices}
}

// Now is the virtual time since the start.
func (s *Scheduler) Now() time.Duration { return s.now }

// Switches is how many times a goroutine was given the processor.
func (s *Scheduler) Switches() uint64 { return s.switches }

// Running reports whether the caller is one of the scheduler's goroutines,
// rather than the program around it.
func (s *Scheduler) Running() bool { return s.running != nil }

// Next is the time at which the next thing is due: now, if a goroutine is
// ready. It is false when nothing will ever happen by itself.
func (s *Scheduler) Next() (at time.Duration, ok bool) {
	if len(s.ready) > 0 {
		return s.now, true
	}
	return s.timers.first()
}

// RunUntil does all that is due up to and including t and then sets Now to t.
// After each step it asks keepGoing, if that is not nil, and returns false at once
// if the answer is false: then Now is the time of the step. How a stretch of
// time is divided into calls of RunUntil has no influence on what happens in it.
//
// If a goroutine panics, RunUntil panics with a *[Failure]. It must not be
// called from a goroutine of the scheduler.
func (s *Scheduler) RunUntil(t time.Duration, keepGoing func() bool) bool {
	if s.running != nil {
		panic("scheduler: RunUntil called from a goroutine of the scheduler")
	}
	for s.step(t) {
		if keepGoing != nil && !keepGoing() {
			return false
		}
	}
	s.now = max(s.now, t)
	return true
}

// step lets one goroutine run until it blocks or, if none is ready, moves
// time on to the next timers, unless they are due after limit.
func (s *Scheduler) step(limit time.Duration) bool {
	if len(s.ready) > 0 {
		s.resume(s.choose())
		return true
	}
	at, ok := s.timers.first()
	if !ok || at > limit {
		return false
	}
	s.now = at
	for ok && at == s.now {
		s.timers.pop().due.Due()
		at, ok = s.timers.first()
	}
	return true
}

// choose takes one goroutine out of those that are ready.
func (s *Scheduler) choose() *Goroutine {
	chosen := 0
	if n := len(s.ready); n > 1 {
		chosen = int(s.random.Below(int64(n)))
	}
	g := s.ready[chosen]
	s.removeReady(g)
	return g
}

func (s *Scheduler) removeReady(g *Goroutine) {
	last := len(s.ready) - 1
	moved := s.ready[last]
	s.ready[g.slot] = moved
	moved.slot = g.slot
	s.ready[last] = nil
	s.ready = s.ready[:last]
}

// resume gives g the processor until it blocks or ends.
func (s *Scheduler) resume(g *Goroutine) {
	s.switches++
	if g.worker == nil {
		s.assignWorker(g)
	}
	g.state = Running
	s.running = g
	g.worker.next()
	s.running = nil
	if s.failure != nil {
		failure := s.failure
		s.failure = nil
		panic(failure)
	}
}

// park takes the processor away from the running goroutine g and returns when g
// is resumed. If g is to be unwound instead, park panics with unwinding.
func (s *Scheduler) park(g *Goroutine, state State) {
	g.state = state
	g.worker.yield(struct{}{})
	if g.unwinding {
		panic(unwinding{})
	}
}

// wake makes a parked goroutine ready to run on.
func (s *Scheduler) wake(g *Goroutine) {
	if g.timer.pending() {
		s.timers.remove(&g.timer)
	}
	if g.queue != nil {
		g.queue.remove(g)
		g.queue = nil
	}
	g.lock = nil
	g.state = Ready
	if g.group.paused {
		g.group.held = append(g.group.held, g)
		return
	}
	g.slot = len(s.ready)
	s.ready = append(s.ready, g)
}

// SetTimer makes t call due.Due at the given time, or now if that is past.
// Timers of the same time are due in the order in which they were set. The
// timer must not be pending. Due is called between two steps of goroutines, so
// it must not block.
func (s *Scheduler) SetTimer(t *Timer, at time.Duration, due Due) {
	t.due = due
	s.timers.push(t, max(at, s.now))
}

// StopTimer takes back a timer that was set, if it is still pending.
func (s *Scheduler) StopTimer(t *Timer) {
	if t.pending() {
		s.timers.remove(t)
	}
}

// Sleep blocks the running goroutine for d of virtual time. Even if d is zero
// or less, others may run in between.
func (s *Scheduler) Sleep(d time.Duration) {
	g := s.mustRun("Sleep")
	g.mustHoldNoLock("sleeps")
	if d <= 0 {
		s.standBack(g)
		return
	}
	s.timers.push(&g.timer, s.now+d)
	s.park(g, Sleeping)
}

// standBack lets others that are ready run before the running goroutine goes on.
func (s *Scheduler) standBack(g *Goroutine) {
	s.wake(g)
	s.park(g, Ready)
}

// mustRun returns the running goroutine for a call that blocks. If that
// goroutine is being unwound, the call does not return.
func (s *Scheduler) mustRun(call string) *Goroutine {
	g := s.running
	if g == nil {
		panic("scheduler: " + call + " blocks, so it must be called from a goroutine of the scheduler")
	}
	if g.unwinding {
		panic(unwinding{})
	}
	return g
}

// Close unwinds all goroutines and frees what they used. The scheduler must
// not be used any more.
func (s *Scheduler) Close() {
	if s.closed {
		return
	}
	s.closed = true
	for _, group := range s.groups {
		group.Kill()
	}
	for _, w := range s.idle {
		w.stop()
	}
	s.idle = nil
}

// Failure is what RunUntil panics with when a goroutine panicked.
type Failure struct {
	Group     string // whose goroutine it was
	Goroutine string // its name
	Value     any    // what it panicked with
	Stack     []byte // where
}

// Error tells which goroutine panicked and with what.
func (f *Failure) Error() string {
	return fmt.Sprintf("goroutine %q of %s: %v", f.Goroutine, f.Group, f.Value)
}
