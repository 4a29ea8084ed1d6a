package lab

import (
	"errors"
	"fmt"
	"time"

	"raftarium/raft"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// Settings say what a cluster is like. With the same settings and the same
// calls, the same happens.
type Settings struct {
	Seed    uint64
	Servers int // they are numbered from 1

	// Config is that of all servers. ID, Servers, Apply, Restore and Observe are
	// filled in.
	Config raft.Config

	// A sync takes SyncLatency and at most SyncJitter more.
	SyncLatency, SyncJitter time.Duration

	Network Network

	// Apply, Restore and Observe are those of the server that is their first
	// argument; see [raft.Config]. Each may be nil.
	Apply   func(*Machine, raft.Entry)
	Restore func(*Machine, raft.Snapshot)
	Observe func(*Machine, raft.Event)
}

// Cluster is some servers with their disks and the network between them, in
// virtual time. Use [New] to make one. Its methods are called within [Cluster.Run], or
// between two calls of it, and never from two real goroutines.
type Cluster struct {
	Settings  Settings
	Machines  []*Machine // server i+1 is at i
	Traffic   Traffic
	scheduler *scheduler.Scheduler
	group     *scheduler.Group // of the program that is run
	random    *random.Stream
	network   *random.Stream
	ids       []raft.ServerID
}

// New makes a cluster in which nothing runs: each server starts with
// [Machine.Start], and what it finds on its disk can be set before.
func New(settings Settings) *Cluster {
	c := &Cluster{
		Settings:  settings,
		scheduler: scheduler.New(random.New(settings.Seed, "scheduler")),
		random:    random.New(settings.Seed, "program"),
		network:   random.New(settings.Seed, "network"),
	}
	c.group = c.scheduler.NewGroup("program")
	for id := raft.ServerID(1); int(id) <= settings.Servers; id++ {
		c.ids = append(c.ids, id)
	}
	for _, id := range c.ids {
		c.Machines = append(c.Machines, newMachine(c, id))
	}
	return c
}

// ErrTooLong is what Run returns when the program did not end in time.
var ErrTooLong = errors.New("it took too long")

// Run runs a program in the virtual time of the cluster until it returns, but
// no longer than limit from now. It returns an error if the program or a server panicked.
func (c *Cluster) Run(limit time.Duration, program func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = explain(cause)
		}
	}()
	done := false
	c.group.Go("program", func() {
		program()
		done = true
	})
	c.scheduler.RunUntil(c.Now()+limit, func() bool { return !done })
	if !done {
		return fmt.Errorf("%w: %v of virtual time", ErrTooLong, limit)
	}
	return nil
}

// Complaint is what [Cluster.Fail] panics with.
type Complaint string

// Fail ends the program that is run: Run returns the sentence as an error.
func (c *Cluster) Fail(format string, arguments ...any) {
	panic(Complaint(fmt.Sprintf(format, arguments...)))
}

// explain makes an error of what was panicked with.
func explain(cause any) error {
	failure, ok := cause.(*scheduler.Failure)
	if !ok {
		return fmt.Errorf("panic: %v", cause)
	}
	if complaint, ok := failure.Value.(Complaint); ok {
		return errors.New(string(complaint))
	}
	return fmt.Errorf("%w\n%s", failure, failure.Stack)
}

// Go starts a goroutine beside the program that is run.
func (c *Cluster) Go(name string, body func()) { c.group.Go(name, body) }

// Now is the virtual time since the cluster was made.
func (c *Cluster) Now() time.Duration { return c.scheduler.Now() }

// Sleep lets virtual time pass.
func (c *Cluster) Sleep(d time.Duration) { c.scheduler.Sleep(d) }

// Below draws a number from 0 up to but not including n.
func (c *Cluster) Below(n int64) int64 { return c.random.Below(n) }

// Chance is true with the given probability.
func (c *Cluster) Chance(probability float64) bool { return c.random.Chance(probability) }

// Close ends all that runs. The cluster must not be used any more.
func (c *Cluster) Close() { c.scheduler.Close() }

// machine is the one of the given server.
func (c *Cluster) machine(id raft.ServerID) *Machine { return c.Machines[id-1] }
