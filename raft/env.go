package raft

import (
	"sync"
	"time"
)

// Env is everything that a server takes from the place where it runs: what
// the structure advice takes from the Go language and its library, and nothing
// else. [RealEnv] implements it with goroutines, sync and time; a simulation
// implements it in virtual time. The core never calls go, time.Sleep,
// time.Now, sync.Mutex, sync.Cond or a random source but through Env, so one
// and the same core runs on both.
//
// All methods may be called from any goroutine that Env.Go started.
type Env interface {
	// Go starts body as a new goroutine. The name says what the goroutine is
	// for ("election", "applier", "AppendEntries to S3"); it is for people who
	// watch and has no effect on the run.
	Go(name string, body func())

	// Now is the time since some fixed moment in the past. It never goes
	// backwards.
	Now() time.Duration

	// Sleep blocks the calling goroutine for at least d. It must not be
	// called with a lock held.
	Sleep(d time.Duration)

	// NewMutex makes a mutual exclusion lock. The name is for people who watch.
	NewMutex(name string) sync.Locker

	// NewCond makes a condition variable over lock, which must come from
	// NewMutex of the same Env. The name is for people who watch.
	NewCond(name string, lock sync.Locker) Cond

	// Random returns a number drawn evenly from 0 up to but not including n,
	// which must be positive.
	Random(n int64) int64
}

// Cond is a condition variable, with the contract of [sync.Cond].
type Cond interface {
	// Wait unlocks the lock, blocks until Signal or Broadcast wakes it, and
	// locks again before it returns. The caller holds the lock, and checks its
	// condition in a loop.
	Wait()

	// Signal wakes one goroutine that waits, if there is any.
	Signal()

	// Broadcast wakes all goroutines that wait.
	Broadcast()
}
