package node

import (
	"sync"

	"raftarium/raft"
)

// environment is the Env of plain goroutines, which knows when all of them
// have ended. Unlike with a sync.WaitGroup, one may still be started while
// someone waits: a client's request may come when the node is being stopped.
type environment struct {
	*raft.RealEnv
	mu      sync.Mutex
	ended   *sync.Cond
	running int
}

func newEnvironment() *environment {
	e := &environment{RealEnv: raft.NewRealEnv()}
	e.ended = sync.NewCond(&e.mu)
	return e
}

func (e *environment) Go(_ string, body func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running++
	go func() {
		defer e.end()
		body()
	}()
}

func (e *environment) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running--
	e.ended.Broadcast()
}

// wait waits until no goroutine runs.
func (e *environment) wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.running > 0 {
		e.ended.Wait()
	}
}
