package scheduler

import (
	"fmt"
	"strings"
	"time"
)

// How often a goroutine that takes a lock is made to stand back before it gets
// it, even if the lock is free: once in preemptOneIn times so that others that
// are ready run first, once in stallOneIn times for a stretch of time that is
// drawn evenly up to stallLimit, as happens on a busy machine. Without this,
// code between two blocking calls would never meet what other goroutines do
// in between, and many an interleaving would never be seen.
const (
	preemptOneIn = 8
	stallOneIn   = 256
	stallLimit   = time.Millisecond
)

// Mutex is a mutual exclusion lock in virtual time, with the contract of
// [sync.Mutex]: when it is unlocked, one of those that wait is woken, and may
// yet be overtaken. Use [Group.NewMutex] to make one.
//
// Besides the goroutines, the program around them may take it while nothing
// runs, in order to look at what it guards: then Lock and Unlock do nothing.
type Mutex struct {
	scheduler *Scheduler
	name      string
	holder    *Goroutine
	waiting   queue
}

// NewMutex makes a lock. The name is for people who watch.
func (group *Group) NewMutex(name string) *Mutex {
	return &Mutex{scheduler: group.scheduler, name: name}
}

// Lock takes the lock, and blocks while another holds it. It panics if that
// would be for ever, since the holder waits, in the end, for the caller.
func (m *Mutex) Lock() {
	s := m.scheduler
	g := s.running
	if g == nil || g.unwinding {
		return
	}
	m.maybePreempt(g)
	m.acquire(g)
}

func (m *Mutex) acquire(g *Goroutine) {
	for m.holder != nil {
		m.mustNotDeadlock(g)
		g.lock, g.waitsFor = m, m.name
		m.waiting.add(g)
		m.scheduler.park(g, WaitsLock)
	}
	m.holder = g
	g.locks = append(g.locks, m)
}

// maybePreempt lets others run, by chance.
func (m *Mutex) maybePreempt(g *Goroutine) {
	s := m.scheduler
	draw := s.random.Uint64()
	if draw%preemptOneIn != 0 {
		return
	}
	if draw%stallOneIn == 0 {
		s.timers.push(&g.timer, s.now+time.Duration(s.random.Below(int64(stallLimit))))
		s.park(g, Ready)
		return
	}
	if len(s.ready) > 0 {
		s.standBack(g)
	}
}

// Unlock lets the lock go. It panics if nobody holds it.
func (m *Mutex) Unlock() {
	s := m.scheduler
	if s.running == nil || s.running.unwinding {
		return
	}
	if m.holder == nil {
		panic("unlock of the lock " + m.name + ", which is not locked")
	}
	m.release()
}

func (m *Mutex) release() {
	locks := m.holder.locks
	for i := len(locks) - 1; i >= 0; i-- {
		if locks[i] == m {
			m.holder.locks = append(locks[:i], locks[i+1:]...)
			break
		}
	}
	m.holder = nil
	m.waiting.wakeOne(m.scheduler)
}

// mustNotDeadlock panics if g can never get the lock.
func (m *Mutex) mustNotDeadlock(g *Goroutine) {
	if m.holder.state == Ended {
		panic(fmt.Sprintf("deadlock: %q waits for the lock %s, which %q held when it ended", g.name, m.name, m.holder.name))
	}
	wanted := m
	for wanted != nil && wanted.holder != nil && wanted.holder != g {
		wanted = wanted.holder.lock
	}
	if wanted == nil || wanted.holder == nil {
		return
	}
	panic("deadlock: " + m.circle(g))
}

// circle tells who waits for whom, from g back to g.
func (m *Mutex) circle(g *Goroutine) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%q waits for the lock %s", g.name, m.name)
	for wanted := m; ; wanted = wanted.holder.lock {
		fmt.Fprintf(&text, ", which %q holds", wanted.holder.name)
		if wanted.holder == g {
			return text.String()
		}
		fmt.Fprintf(&text, ", which waits for the lock %s", wanted.holder.lock.name)
	}
}

// Cond is a condition variable in virtual time, with the contract of
// [sync.Cond]; which one of those that wait is woken by Signal, the seed decides.
// Use [Group.NewCond] to make one.
type Cond struct {
	lock    *Mutex
	name    string
	waiting queue
}

// NewCond makes a condition variable over a lock of the same scheduler. The
// name is for people who watch.
func (group *Group) NewCond(name string, lock *Mutex) *Cond {
	return &Cond{lock: lock, name: name}
}

// Wait unlocks the lock, blocks until Signal or Broadcast, and locks again.
// The caller holds the lock, and no other.
func (c *Cond) Wait() {
	s := c.lock.scheduler
	g := s.mustRun("Wait")
	if c.lock.holder != g {
		panic("waits on " + c.name + " without holding the lock " + c.lock.name)
	}
	c.lock.release()
	g.mustHoldNoLock("waits on " + c.name)
	g.waitsFor = c.name
	c.waiting.add(g)
	s.park(g, WaitsCond)
	c.lock.acquire(g)
}

// Signal wakes one goroutine that waits, if there is any.
func (c *Cond) Signal() {
	if s := c.lock.scheduler; !s.isUnwinding() {
		c.waiting.wakeOne(s)
	}
}

// Broadcast wakes all goroutines that wait.
func (c *Cond) Broadcast() {
	if s := c.lock.scheduler; !s.isUnwinding() {
		c.waiting.wakeAll(s)
	}
}

func (s *Scheduler) isUnwinding() bool { return s.running != nil && s.running.unwinding }

// queue is goroutines that wait for the same thing, in the order in which they came.
type queue struct {
	goroutines []*Goroutine
}

func (q *queue) add(g *Goroutine) {
	g.queue = q
	q.goroutines = append(q.goroutines, g)
}

func (q *queue) remove(g *Goroutine) {
	for i, waiting := range q.goroutines {
		if waiting == g {
			q.goroutines = append(q.goroutines[:i], q.goroutines[i+1:]...)
			return
		}
	}
}

// wakeOne wakes one of them, by chance.
func (q *queue) wakeOne(s *Scheduler) {
	switch n := len(q.goroutines); n {
	case 0:
	case 1:
		s.wake(q.goroutines[0])
	default:
		s.wake(q.goroutines[s.random.Below(int64(n))])
	}
}

func (q *queue) wakeAll(s *Scheduler) {
	for len(q.goroutines) > 0 {
		s.wake(q.goroutines[len(q.goroutines)-1])
	}
}
