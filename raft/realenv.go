package raft

import (
	"math/rand/v2"
	"sync"
	"time"
)

// RealEnv is the Env of a program that runs in real time: plain goroutines,
// sync.Mutex, sync.Cond, time.Sleep and the monotonic clock. It may be shared
// by any number of servers. Use [NewRealEnv] to make one.
type RealEnv struct {
	origin time.Time
}

// NewRealEnv returns an Env of plain goroutines and real time, whose clock
// starts at zero now.
func NewRealEnv() *RealEnv {
	return &RealEnv{origin: time.Now()}
}

// Go starts body with a go statement; the name is not used.
func (*RealEnv) Go(_ string, body func()) { go body() }

// Now is the monotonic time since NewRealEnv.
func (e *RealEnv) Now() time.Duration { return time.Since(e.origin) }

// Sleep is time.Sleep.
func (*RealEnv) Sleep(d time.Duration) { time.Sleep(d) }

// NewMutex returns a sync.Mutex.
func (*RealEnv) NewMutex(string) sync.Locker { return new(sync.Mutex) }

// NewCond returns a sync.Cond over lock.
func (*RealEnv) NewCond(_ string, lock sync.Locker) Cond { return sync.NewCond(lock) }

// Random draws from the process-wide source of math/rand/v2.
func (*RealEnv) Random(n int64) int64 { return rand.Int64N(n) }
