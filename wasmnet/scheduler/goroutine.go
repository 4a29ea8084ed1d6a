package scheduler

import (
	"iter"
	"runtime/debug"
	"strings"
	"time"
)

// State is what a goroutine is doing at a moment.
type State uint8

// The states of a goroutine.
const (
	Ready        State = iota // it could run, but another has the processor
	Running                   // it has the processor
	Sleeping                  // it sleeps until a certain time
	WaitsLock                 // it waits for a lock
	WaitsCond                 // it waits on a condition variable
	WaitsSend                 // it waits for room in a channel
	WaitsReceive              // it waits for a value from a channel
	Ended                     // it has returned or was unwound
)

// Goroutine is one thread of control. It belongs to a [Group].
type Goroutine struct {
	name  string
	body  func()
	group *Group

	state     State
	unwinding bool
	worker    *worker
	timer     Timer
	slot      int      // in Scheduler.ready
	member    int      // in Group.members
	queue     *queue   // where it waits, if it waits for others
	waitsFor  string   // name of what it waits for
	lock      *Mutex   // the lock that it waits for
	locks     []*Mutex // the locks that it holds
}

// Group is a set of goroutines that are paused, resumed and killed together:
// a process. Use [Scheduler.NewGroup] to make one.
type Group struct {
	scheduler *Scheduler
	name      string
	members   []*Goroutine
	held      []*Goroutine // while paused: those that would be ready
	paused    bool
	dead      bool
}

// NewGroup makes a group without goroutines. The name is for people who watch.
func (s *Scheduler) NewGroup(name string) *Group {
	group := &Group{scheduler: s, name: name}
	s.groups = append(s.groups, group)
	return group
}

// Go starts body as a new goroutine of the group. It runs when the scheduler
// chooses it; the caller goes on first. On a group that was killed, Go does nothing.
func (group *Group) Go(name string, body func()) {
	s := group.scheduler
	if group.dead || s.running != nil && s.running.unwinding {
		return
	}
	g := s.newGoroutine()
	g.name, g.body, g.group, g.member = name, body, group, len(group.members)
	group.members = append(group.members, g)
	s.wake(g)
}

// Due wakes a goroutine whose time has come. It is called by the scheduler.
func (g *Goroutine) Due() {
	g.group.scheduler.wake(g)
}

// Pause keeps all goroutines of the group from running until Resume. Time
// passes for them all the same, and what they wait for may come.
func (group *Group) Pause() {
	s := group.scheduler
	group.paused = true
	others := s.ready[:0]
	for _, g := range s.ready {
		if g.group == group {
			group.held = append(group.held, g)
			continue
		}
		g.slot = len(others)
		others = append(others, g)
	}
	clear(s.ready[len(others):])
	s.ready = others
}

// Resume lets the goroutines of a paused group run on.
func (group *Group) Resume() {
	held := group.held
	group.paused, group.held = false, nil
	for _, g := range held {
		group.scheduler.wake(g)
	}
}

// Paused reports whether the group is paused.
func (group *Group) Paused() bool { return group.paused }

// Kill ends all goroutines of the group where they stand: the call in which
// each one blocks does not return, but its deferred functions run. In those,
// locks, condition variables and channels have no effect, since whatever they
// guarded is gone. The group stays dead. Kill must not be called from a
// goroutine of the group.
func (group *Group) Kill() {
	if group.dead {
		return
	}
	s := group.scheduler
	group.Pause() // so that none of them is in Scheduler.ready
	group.dead, group.held = true, nil
	for len(group.members) > 0 {
		g := group.members[0]
		if g.worker == nil {
			g.end()
			continue
		}
		s.unwind(g)
	}
	if i := indexOf(s.groups, group); i >= 0 && !s.closed {
		s.groups = append(s.groups[:i], s.groups[i+1:]...)
	}
}

func indexOf(groups []*Group, group *Group) int {
	for i, g := range groups {
		if g == group {
			return i
		}
	}
	return -1
}

// unwinding is what a blocking call panics with in a goroutine that is killed.
type unwinding struct{}

// unwind ends one parked goroutine.
func (s *Scheduler) unwind(g *Goroutine) {
	if g.timer.pending() {
		s.timers.remove(&g.timer)
	}
	if g.queue != nil {
		g.queue.remove(g)
		g.queue = nil
	}
	g.unwinding = true
	interrupted := s.running
	s.resume(g)
	s.running = interrupted
}

// run executes the body of g, and turns a panic in it into a Failure.
func (g *Goroutine) run() {
	defer func() {
		g.fail(recover())
		g.end()
	}()
	g.body()
}

func (g *Goroutine) fail(value any) {
	if value == nil {
		return
	}
	if _, ok := value.(unwinding); ok {
		return
	}
	s := g.group.scheduler
	s.failure = &Failure{Group: g.group.name, Goroutine: g.name, Value: value, Stack: debug.Stack()}
}

// newGoroutine is a goroutine without a name yet. Those that have ended are
// used again: servers start thousands of them a second.
func (s *Scheduler) newGoroutine() *Goroutine {
	if last := len(s.ended) - 1; last >= 0 {
		g := s.ended[last]
		s.ended = s.ended[:last]
		return g
	}
	g := &Goroutine{}
	g.timer.due = g
	return g
}

// end takes g out of its group. If it still holds a lock it is kept as it is, so
// that who waits for the lock can be told why in vain.
func (g *Goroutine) end() {
	g.state = Ended
	g.body = nil
	group := g.group
	if len(g.locks) == 0 {
		g.unwinding = false
		group.scheduler.ended = append(group.scheduler.ended, g)
	}
	last := len(group.members) - 1
	moved := group.members[last]
	group.members[g.member] = moved
	moved.member = g.member
	group.members[last] = nil
	group.members = group.members[:last]
}

// mustHoldNoLock panics if g holds a lock while it is about to block for long.
func (g *Goroutine) mustHoldNoLock(what string) {
	if len(g.locks) == 0 {
		return
	}
	names := make([]string, len(g.locks))
	for i, m := range g.locks {
		names[i] = m.name
	}
	panic(what + " while it holds the lock " + strings.Join(names, " and the lock "))
}

// worker is a coroutine that executes the bodies of goroutines one after the
// other: making a coroutine costs several times as much as switching to one.
type worker struct {
	scheduler *Scheduler
	goroutine *Goroutine
	next      func() (struct{}, bool)
	stop      func()
	yield     func(struct{}) bool
}

// assignWorker gives g a coroutine to run in.
func (s *Scheduler) assignWorker(g *Goroutine) {
	if last := len(s.idle) - 1; last >= 0 {
		g.worker = s.idle[last]
		s.idle = s.idle[:last]
	} else {
		g.worker = &worker{scheduler: s}
		g.worker.next, g.worker.stop = iter.Pull(g.worker.serve)
	}
	g.worker.goroutine = g
}

// serve is the life of a worker: it ends when stop is called.
func (w *worker) serve(yield func(struct{}) bool) {
	w.yield = yield
	for more := true; more; more = yield(struct{}{}) {
		g := w.goroutine
		g.run()
		g.worker, w.goroutine = nil, nil
		w.scheduler.idle = append(w.scheduler.idle, w)
	}
}

// Info is what there is to know about a goroutine at a moment.
type Info struct {
	Name   string
	State  State
	Until  time.Duration // Sleeping, or waiting with a time limit: when that ends
	On     string        // name of the lock, condition variable or channel that it waits for
	HeldBy string        // WaitsLock: name of the goroutine that holds the lock
	Holds  []string      // names of the locks that it holds
}

// Goroutines describes the goroutines of the group. They are in no particular
// order, but the same in each run of the same seed.
func (group *Group) Goroutines() []Info {
	infos := make([]Info, 0, len(group.members))
	for _, g := range group.members {
		infos = append(infos, g.info())
	}
	return infos
}

func (g *Goroutine) info() Info {
	info := Info{Name: g.name, State: g.state}
	if g.timer.pending() {
		info.Until = g.timer.at
	}
	switch g.state {
	case WaitsLock, WaitsCond, WaitsSend, WaitsReceive:
		info.On = g.waitsFor
	}
	if g.lock != nil && g.lock.holder != nil {
		info.HeldBy = g.lock.holder.name
	}
	for _, m := range g.locks {
		info.Holds = append(info.Holds, m.name)
	}
	return info
}
