package node

import (
	"sync"

	"raftarium/raft"
)

// environment is the Env of plain goroutines, which knows when all of them
// have ended.
type environment struct {
	*raft.RealEnv
	running sync.WaitGroup
}

func (e *environment) Go(_ string, body func()) { e.running.Go(body) }
