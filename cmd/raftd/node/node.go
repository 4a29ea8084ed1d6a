// Package node is one server of a real cluster: the core of package raft with
// a log on disk, TCP between the servers, and a store of keys and values on
// top. The core is the same, file for file, that the simulation runs.
//
// node.go puts the parts together and takes them apart again; status.go says
// how they are; recorder.go writes down the core's events.
package node

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"raftarium/cmd/raftd/transport"
	"raftarium/cmd/raftd/wal"
	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// Config says what a node is.
type Config struct {
	ID        raft.ServerID
	Addresses map[raft.ServerID]string // host:port at which servers reach each other, this one included
	HTTP      string                   // host:port at which this node's clients reach it; the other nodes are told
	Directory string                   // where its state is; made if it is not there

	// HeartbeatInterval sets the pace: election timeouts are 6 to 12 times as
	// long.
	HeartbeatInterval time.Duration

	// SnapshotBytes is how much the log may grow, in bytes of operations,
	// before it is replaced by a snapshot of the store. The log may also grow
	// as big as the last snapshot, so that snapshots do not come too often.
	SnapshotBytes int

	// Trace gets every step of the core as a trace of package trace; nil: no
	// one does.
	Trace io.Writer

	// Log is told, in a sentence, what people who run the node may want to
	// know. It may be called from any goroutine.
	Log func(sentence string)
}

// callTimeout is how long a message to another server may take.
const callTimeout = time.Second

// Node is a running server. Its methods may be called from any goroutine.
type Node struct {
	config    Config
	env       *environment
	log       *wal.Log
	transport *transport.TCP
	replica   *kv.Replica
	recorder  *recorder     // nil without a trace
	failed    chan struct{} // the core stopped

	server      atomic.Pointer[raft.Server]
	grown       int // bytes applied since the last snapshot; only the applier uses it
	snapshotted int // size of the last snapshot; only the applier uses it
}

// Start starts a node on what its directory holds.
func Start(config Config) (node *Node, err error) {
	n := &Node{
		config: config,
		env:    newEnvironment(),
		failed: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.release())
		}
	}()
	if n.log, err = wal.Open(config.Directory, config.ID); err != nil {
		return nil, err
	}
	if torn := n.log.Torn(); torn > 0 {
		config.Log(fmt.Sprintf("cut off %d bytes of a write that a crash had left unfinished", torn))
	}
	if err := checkSnapshot(n.log); err != nil {
		return nil, err
	}
	n.transport, err = transport.Listen(transport.Config{
		ID: config.ID, Addresses: config.Addresses, Announce: config.HTTP, CallTimeout: callTimeout, Log: config.Log,
	})
	if err != nil {
		return nil, err
	}
	if config.Trace != nil {
		if n.recorder, err = newRecorder(config.Trace, n.header()); err != nil {
			return nil, err
		}
	}
	n.replica = kv.NewReplica(n.env)
	server, err := raft.New(n.coreConfig(), n.env, n.log, n.transport)
	if err != nil {
		return nil, err
	}
	n.server.Store(server)
	n.replica.Attach(server)
	n.transport.Serve(server.Handle)
	return n, nil
}

// checkSnapshot reads the stored snapshot, so that one which the store cannot
// read is told in time.
func checkSnapshot(log *wal.Log) error {
	stored, err := log.Load()
	if err != nil || stored.Snapshot.Index == 0 {
		return err
	}
	if _, err := kv.Load(stored.Snapshot.Data); err != nil {
		return fmt.Errorf("the snapshot up to entry %d on the disk: %w", stored.Snapshot.Index, err)
	}
	return nil
}

func (n *Node) coreConfig() raft.Config {
	timing := n.timing()
	return raft.Config{
		ID:                 n.config.ID,
		Servers:            slices.Sorted(maps.Keys(n.config.Addresses)),
		ElectionTimeoutMin: timing.ElectionTimeoutMin,
		ElectionTimeoutMax: timing.ElectionTimeoutMax,
		HeartbeatInterval:  timing.HeartbeatInterval,
		NoOp:               true,
		PreVote:            true,
		CheckQuorum:        true,
		Stickiness:         true,
		Apply:              n.apply,
		Restore:            n.restore,
		Observe:            n.observe,
	}
}

func (n *Node) timing() trace.Timing {
	interval := n.config.HeartbeatInterval
	return trace.Timing{ElectionTimeoutMin: 6 * interval, ElectionTimeoutMax: 12 * interval, HeartbeatInterval: interval}
}

func (n *Node) header() trace.Header {
	header := trace.Header{Version: trace.Version, Scenario: fmt.Sprintf("raftd server %d", n.config.ID), Timing: n.timing()}
	for id := range n.config.Addresses {
		header.Servers = max(header.Servers, int(id))
	}
	return header
}

// observe is called with the core's lock held.
func (n *Node) observe(e raft.Event) {
	if n.recorder != nil {
		n.recorder.observe(trace.Event{At: n.env.Now(), Kind: trace.ServerStep, Core: e})
	}
	if e.Kind == raft.Stopped {
		close(n.failed)
	}
}

// apply is called by the core's applier with each committed operation.
func (n *Node) apply(entry raft.Entry) {
	n.replica.Apply(entry)
	n.grown += len(entry.Data)
	server := n.server.Load()
	if n.grown < max(n.config.SnapshotBytes, n.snapshotted) || server == nil {
		return
	}
	data := n.replica.Dump()
	if err := server.Snapshot(entry.Index, data); err == nil {
		n.grown, n.snapshotted = 0, len(data)
	}
}

// restore is called by the core's applier with a snapshot.
func (n *Node) restore(snapshot raft.Snapshot) {
	n.replica.Restore(snapshot)
	n.grown, n.snapshotted = 0, len(snapshot.Data)
}

// Do carries out an encoded operation of package kv, as [kv.Replica.Handle]
// says.
func (n *Node) Do(operation []byte, patience time.Duration) (result kv.Result, ok bool, leader raft.ServerID) {
	return n.replica.Handle(operation, patience)
}

// errSlow is a read that takes longer than its client's patience.
var errSlow = errors.New("this server could not catch up with the leader in time")

// Read returns what a key holds, and whether it is there: a linearizable read
// without a write to the log, on any node. The errors are those of
// [raft.Server.Read], and one for a node that cannot catch up within patience.
func (n *Node) Read(key string, patience time.Duration) (value string, found bool, err error) {
	ready := make(chan error, 1)
	n.env.Go("read", func() { ready <- n.server.Load().Read() })
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case err = <-ready:
	case <-limit.C:
		err = errSlow
	}
	if err != nil {
		return "", false, err
	}
	value, found = n.replica.Value(key)
	return value, found, nil
}

// ID is the node's own number.
func (n *Node) ID() raft.ServerID { return n.config.ID }

// Leader is who leads the cluster, as far as this node knows; or None.
func (n *Node) Leader() raft.ServerID {
	_, _, leader := n.server.Load().Leadership()
	return leader
}

// HTTP is where clients reach a server, or "" if it has not said so yet.
func (n *Node) HTTP(id raft.ServerID) string {
	if id == n.config.ID {
		return n.config.HTTP
	}
	announced, _ := n.transport.Peer(id)
	return announced
}

// Failed is closed when the core has stopped: after Stop, or because the disk
// failed, which Err then tells.
func (n *Node) Failed() <-chan struct{} { return n.failed }

// Err is what made the core stop by itself, or nil.
func (n *Node) Err() error { return n.server.Load().Status().Err }

// Stop hands leadership over, if the node leads, and ends all that it started.
// It is called once.
func (n *Node) Stop() error {
	n.server.Load().Shutdown()
	return n.release()
}

// release closes what was opened, last first.
func (n *Node) release() error {
	var failures []error
	if n.transport != nil {
		failures = append(failures, n.transport.Close())
	}
	n.env.wait()
	if n.log != nil {
		failures = append(failures, n.log.Close())
	}
	if n.recorder != nil {
		if err := n.recorder.close(); err != nil {
			failures = append(failures, fmt.Errorf("writing the trace: %w", err))
		}
	}
	return errors.Join(failures...)
}
