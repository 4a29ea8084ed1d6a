package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// patience is how long a test waits for what must happen, on the slowest of
// machines.
const patience = 90 * time.Second

// trio is a cluster of three nodes in one process.
type trio struct {
	t         *testing.T
	directory string
	addresses map[raft.ServerID]string
	nodes     map[raft.ServerID]*Node
	traces    []*bytes.Buffer
	serial    uint64
}

func newTrio(t *testing.T) *trio {
	t.Helper()
	others := goleak.IgnoreCurrent()
	c := &trio{t: t, directory: t.TempDir(), addresses: map[raft.ServerID]string{}, nodes: map[raft.ServerID]*Node{}}
	for id := raft.ServerID(1); id <= 3; id++ {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		c.addresses[id] = listener.Addr().String()
	}
	t.Cleanup(func() {
		for id := range c.nodes {
			c.stop(id)
		}
		goleak.VerifyNone(t, others, goleak.IgnoreAnyFunction("runtime.handleEvent"))
	})
	return c
}

func (c *trio) start(id raft.ServerID) {
	c.t.Helper()
	record := new(bytes.Buffer)
	n, err := Start(Config{
		ID: id, Addresses: c.addresses, HTTP: fmt.Sprintf("clients of %d", id),
		Directory:         filepath.Join(c.directory, fmt.Sprint(id)),
		HeartbeatInterval: 20 * time.Millisecond, SnapshotBytes: 1000,
		Trace: record, Log: func(string) {},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.nodes[id], c.traces = n, append(c.traces, record)
}

func (c *trio) stop(id raft.ServerID) {
	c.t.Helper()
	if err := c.nodes[id].Stop(); err != nil {
		c.t.Errorf("stopping server %d: %v", id, err)
	}
	<-c.nodes[id].Failed()
	delete(c.nodes, id)
}

func (c *trio) eventually(what string, holds func() bool) {
	c.t.Helper()
	for range int(patience / (5 * time.Millisecond)) {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.t.Fatalf("never happened: %s", what)
}

// put writes through whoever leads.
func (c *trio) put(key, value string) {
	c.t.Helper()
	c.serial++
	operation := kv.Operation{Client: 1, Serial: c.serial, Kind: kv.Put, Key: key, Value: value}.Encode()
	c.eventually("put "+key, func() bool {
		for _, n := range c.nodes {
			leader := c.nodes[n.Leader()]
			if leader == nil {
				continue
			}
			if result, ok, _ := leader.Do(operation, time.Second); ok {
				return result == kv.Result{}
			}
		}
		return false
	})
}

// agreed waits until all running nodes have the same store, and have taken
// snapshots.
func (c *trio) agreed() {
	c.t.Helper()
	c.eventually("agreement", func() bool {
		digests := map[string]bool{}
		for _, n := range c.nodes {
			status := n.Status(true)
			digests[status.Digest] = true
			if status.Snapshot == 0 || status.LastApplied != status.LastIndex || status.Error != "" {
				return false
			}
		}
		return len(digests) == 1
	})
}

func TestThreeNodesComeAndGo(t *testing.T) {
	c := newTrio(t)
	for id := raft.ServerID(1); id <= 3; id++ {
		c.start(id)
	}
	for round := range 3 {
		away := raft.ServerID(round + 1)
		c.stop(away)
		for i := range 60 {
			c.put(fmt.Sprint(i%7), strings.Repeat("value ", 10))
		}
		// What it missed is gone from the logs of the others: it gets a snapshot.
		c.start(away)
		c.put("round", fmt.Sprint(round))
		c.agreed()
	}
	for id, n := range c.nodes {
		c.eventually("everybody knows where everybody's clients go", func() bool {
			return n.HTTP(1) == "clients of 1" && n.HTTP(2) == "clients of 2" && n.HTTP(3) == "clients of 3"
		})
		if status := n.Status(false); status.Server != id || len(status.Peers) != 2 || status.DiskBytes == 0 {
			t.Errorf("%+v", status)
		}
		if n.HTTP(4) != "" {
			t.Error("a server that is not there has an address")
		}
	}
	for id := range c.nodes {
		c.stop(id)
	}
	installed := 0
	for i, record := range c.traces {
		last := c.read(record, func(e raft.Event) {
			if e.Kind == raft.SnapshotInstalled {
				installed++
			}
		})
		if last.Kind != raft.Stopped {
			t.Errorf("trace %d ends with %v", i, last.Kind)
		}
	}
	if installed == 0 {
		t.Error("no server was sent a snapshot")
	}
}

// read reads a trace and returns its last step.
func (c *trio) read(record io.Reader, observe func(raft.Event)) (last raft.Event) {
	c.t.Helper()
	reader, err := trace.NewReader(record)
	if err != nil {
		c.t.Fatal(err)
	}
	for {
		var e trace.Event
		if err := reader.Read(&e); err == io.EOF {
			return last
		} else if err != nil {
			c.t.Fatal(err)
		}
		last = e.Core
		observe(last)
	}
}

// fullDisk takes a few bytes and then no more.
type fullDisk struct {
	mu   sync.Mutex
	room int
}

func (d *fullDisk) Write(data []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room -= len(data); d.room < 0 {
		return 0, errors.New("the disk is full")
	}
	return len(data), nil
}

func TestATraceThatCannotBeWrittenIsToldAtTheEnd(t *testing.T) {
	r, err := newRecorder(&fullDisk{room: 1000}, trace.Header{Version: trace.Version, Servers: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		r.observe(trace.Event{At: time.Duration(i), Kind: trace.ServerStep, Core: raft.Event{Kind: raft.HeartbeatsSent, Server: 1, Term: 1}})
	}
	if err := r.close(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("closing: %v", err)
	}
}

func TestANodeThatCannotStartLeavesNothingBehind(t *testing.T) {
	others := goleak.IgnoreCurrent()
	defer goleak.VerifyNone(t, others, goleak.IgnoreAnyFunction("runtime.handleEvent"))
	config := Config{
		ID: 1, Addresses: map[raft.ServerID]string{1: "127.0.0.1:0"}, Directory: t.TempDir(),
		HeartbeatInterval: -time.Second, Trace: io.Discard, Log: func(string) {},
	}
	// Twice, since the directory must be free again.
	for range 2 {
		if _, err := Start(config); err == nil || strings.Contains(err.Error(), "another process") {
			t.Errorf("started with a negative heartbeat: %v", err)
		}
	}
}
