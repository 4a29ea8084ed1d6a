package main

import (
	"errors"
	"time"

	"raftarium/raft"
)

// ours is the core on plain goroutines. A call to another server is a call of
// its Handle, in the goroutine that the core starts for it.
type ours struct {
	servers []*raft.Server
	leader  *raft.Server
}

// memory is a disk that forgets: it has nothing to wait for.
type memory struct{}

func (memory) Load() (raft.Stored, error) { return raft.Stored{}, nil }
func (memory) Sync(raft.Write) error      { return nil }

func (o *ours) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	return o.servers[to-1].Handle(request)
}

func startOurs(applied func([]byte)) (contender, error) {
	o := &ours{}
	env := raft.NewRealEnv()
	for id := raft.ServerID(1); id <= 3; id++ {
		config := raft.Config{
			ID: id, Servers: []raft.ServerID{1, 2, 3},
			ElectionTimeoutMin: time.Second, ElectionTimeoutMax: 2 * time.Second, HeartbeatInterval: 100 * time.Millisecond,
			NoOp: true,
		}
		if id == 1 {
			config.Apply = func(entry raft.Entry) { applied(entry.Data) }
		}
		server, err := raft.New(config, env, memory{}, o)
		if err != nil {
			return nil, err
		}
		o.servers = append(o.servers, server)
	}
	o.leader = o.servers[0]
	o.leader.TimeOut()
	for range 1000 {
		if o.leader.Status().Role == raft.Leader {
			return o, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, errors.New("no leader")
}

func (o *ours) propose(command []byte) error {
	_, _, err := o.leader.Propose(command)
	return err
}

func (o *ours) close() {
	for _, server := range o.servers {
		server.Stop()
	}
}
