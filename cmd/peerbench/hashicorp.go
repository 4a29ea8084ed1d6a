package main

import (
	"errors"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	"google.golang.org/protobuf/proto"
)

// unmarshal reads one of etcd's messages, which its own code made.
func unmarshal(data []byte, into proto.Message) {
	if err := proto.Unmarshal(data, into); err != nil {
		panic(err)
	}
}

// hashicorp is a cluster over the library's own transport and stores in
// memory, with its default configuration.
type hashicorp struct {
	servers []*raft.Raft
	leader  *raft.Raft
	applied func([]byte)
}

// machine is a state machine without a state: the library's future tells the
// client when it has applied a command.
type machine struct{}

func (machine) Apply(*raft.Log) any                  { return nil }
func (machine) Snapshot() (raft.FSMSnapshot, error)  { return nil, errors.New("no snapshots here") }
func (machine) Restore(snapshot io.ReadCloser) error { return snapshot.Close() }

func startHashicorp(applied func([]byte)) (contender, error) {
	h := &hashicorp{}
	var transports []*raft.InmemTransport
	var configuration raft.Configuration
	for _, name := range []string{"1", "2", "3"} {
		address, transport := raft.NewInmemTransport(raft.ServerAddress(name))
		transports = append(transports, transport)
		configuration.Servers = append(configuration.Servers, raft.Server{ID: raft.ServerID(name), Address: address})
	}
	for i, transport := range transports {
		for j, other := range transports {
			if i != j {
				transport.Connect(other.LocalAddr(), other)
			}
		}
	}
	for i, transport := range transports {
		config := raft.DefaultConfig()
		config.LocalID = configuration.Servers[i].ID
		config.Logger = hclog.NewNullLogger()
		server, err := h.start(config, transport, configuration)
		if err != nil {
			return nil, err
		}
		h.servers = append(h.servers, server)
	}
	return h, h.findLeader(applied)
}

func (h *hashicorp) start(config *raft.Config, transport raft.Transport, configuration raft.Configuration) (*raft.Raft, error) {
	store := raft.NewInmemStore()
	snapshots := raft.NewInmemSnapshotStore()
	if err := raft.BootstrapCluster(config, store, store, snapshots, transport, configuration); err != nil {
		return nil, err
	}
	return raft.NewRaft(config, machine{}, store, store, snapshots, transport)
}

// findLeader waits for a leader. Its future tells when the command is applied,
// so that the state machines need not.
func (h *hashicorp) findLeader(applied func([]byte)) error {
	for range 1000 {
		for _, server := range h.servers {
			if server.State() == raft.Leader {
				h.leader = server
				h.applied = applied
				return nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("no leader")
}

func (h *hashicorp) propose(command []byte) error {
	if err := h.leader.Apply(command, 10*time.Second).Error(); err != nil {
		return err
	}
	h.applied(command)
	return nil
}

func (h *hashicorp) close() {
	for _, server := range h.servers {
		_ = server.Shutdown().Error()
	}
}
