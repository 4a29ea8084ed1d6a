// Package wasmnet is the world that a cluster lives in, in virtual time: the
// servers' processes and disks, the network between them, and the clients.
//
// The core of package raft runs in it unchanged, on coroutines of package
// scheduler instead of goroutines; [World] tells all that happens as events of
// package trace. The header of the trace, with the commands and the times
// at which they were given, determines every event, on every platform.
//
// Read it in this order: world.go is the whole, header.go what it can be made of;
// process.go a server's process and its surroundings; clock.go and disk.go what belongs to them; network.go and packet.go
// what travels between them; client.go who asks them; command.go what can be done to
// it all from outside; play.go and scenario.go are runs that are written down. Package
// storm looks for faults with all of it.
package wasmnet

import (
	"fmt"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// World is a cluster with all that surrounds it. Use [New] to make one. It is
// not for concurrent use.
type World struct {
	header    trace.Header
	observe   func(*trace.Event)
	event     trace.Event // the one that observe looks at
	scheduler *scheduler.Scheduler
	network   *network
	processes []*process     // server i+1 is at i
	clients   []*client      // client -1-i is at i; the last one is the user, who only does what Write tells
	values    int            // how many values clients have made up
	telling   bool           // observe is being called
	held      *[]trace.Event // not nil: where events are kept instead of being told
	broken    error          // what made a goroutine panic: the world stands still
}

// New makes a world at time zero, in which all servers and clients are about
// to start. Every event that happens in it is shown to observe, which must neither keep
// the pointer nor call the world; what the event points to never changes and
// may be kept. A header that makes no sense is an error.
func New(header trace.Header, observe func(*trace.Event)) (*World, error) {
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	w := &World{
		header:    header,
		observe:   observe,
		scheduler: scheduler.New(random.New(header.Seed, "scheduler")),
	}
	w.network = newNetwork(w)
	for id := 1; id <= header.Servers; id++ {
		w.processes = append(w.processes, newProcess(w, raft.ServerID(id)))
	}
	for number := 1; number <= header.Clients+1; number++ {
		w.clients = append(w.clients, newClient(w, number))
	}
	for _, p := range w.processes {
		p.start()
	}
	for _, c := range w.clients {
		c.start()
	}
	return w, nil
}

// Header is what the world was made from.
func (w *World) Header() trace.Header { return w.header }

// Now is the virtual time since the world was made.
func (w *World) Now() time.Duration { return w.scheduler.Now() }

// Switches is how many times a goroutine in the world was given the processor.
func (w *World) Switches() uint64 { return w.scheduler.Switches() }

// Next is the time at which the next thing will happen by itself; false if
// nothing ever will.
func (w *World) Next() (at time.Duration, ok bool) {
	if w.broken != nil {
		return 0, false
	}
	return w.scheduler.Next()
}

// RunUntil lets everything happen that is due up to and including t, and then
// sets Now to t. After each small step it asks keepGoing, if that is not nil, and
// returns false as soon as the answer is false: then Now is the time of
// the last thing that happened, and RunUntil is to be called again. How a
// stretch of time is divided into calls has no influence on what happens.
//
// If code that runs in the world panics, RunUntil panics with a
// *[scheduler.Failure]; the world stands still from then on.
func (w *World) RunUntil(t time.Duration, keepGoing func() bool) (done bool) {
	if w.broken != nil {
		return true
	}
	defer w.noteFailure()
	return w.scheduler.RunUntil(t, keepGoing)
}

func (w *World) noteFailure() {
	if cause := recover(); cause != nil {
		w.broken = fmt.Errorf("the world stands still: %v", cause)
		panic(cause)
	}
}

// Status is the state of a server as it itself reports it; false if the
// server has crashed or not yet begun.
func (w *World) Status(id raft.ServerID) (raft.Status, bool) {
	p := w.process(id)
	if p == nil || p.server == nil {
		return raft.Status{}, false
	}
	return p.server.Status(), true
}

// Goroutines describes what the goroutines of a server are doing: none, if it
// has crashed.
func (w *World) Goroutines(id raft.ServerID) []scheduler.Info {
	p := w.process(id)
	if p == nil || !p.alive {
		return nil
	}
	return p.group.Goroutines()
}

// Close ends everything in the world and frees what it used. The world must
// not be used any more.
func (w *World) Close() {
	w.observe = nil
	w.scheduler.Close()
}

// Role is the present role of a server; false if the server has crashed or not
// yet begun. It costs much less than Status.
func (w *World) Role(id raft.ServerID) (raft.Role, bool) {
	p := w.process(id)
	if p == nil || p.server == nil {
		return raft.Follower, false
	}
	role, _, _ := p.server.Leadership()
	return role, true
}

// Leader is the server of the highest term that leads, or believes to, and
// runs; None if there is none.
func (w *World) Leader() raft.ServerID {
	newest, leader := raft.Term(0), raft.None
	for _, p := range w.processes {
		if !p.alive || p.server == nil || p.group.Paused() {
			continue
		}
		if role, term, _ := p.server.Leadership(); role == raft.Leader && term > newest {
			newest, leader = term, p.id
		}
	}
	return leader
}

// process is that of the given server, or nil if there is no such server.
func (w *World) process(id raft.ServerID) *process {
	if id < 1 || int(id) > len(w.processes) {
		return nil
	}
	return w.processes[id-1]
}

// tell shows an event to the observer, with the present time on it.
func (w *World) tell(event trace.Event) {
	if w.observe == nil {
		return
	}
	if w.held != nil {
		*w.held = append(*w.held, event)
		return
	}
	w.event = event
	w.event.At = w.scheduler.Now()
	w.telling = true
	w.observe(&w.event)
	w.telling = false
}

// nodeName is the name of a server or client in words.
func nodeName(id trace.NodeID) string {
	if id < 0 {
		return fmt.Sprintf("C%d", -id)
	}
	return fmt.Sprintf("S%d", id)
}
