package raft_test

import (
	"fmt"
	"go/build"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"raftarium/raft"
)

// The tests of this file run a whole cluster on plain goroutines, sync and the
// real clock, over real channels: the same core that the simulation runs, with
// nothing of the simulation. They wait for what must happen and measure no time.

// cluster is three servers and the channels between them.
type cluster struct {
	t       *testing.T
	env     raft.Env
	mu      sync.Mutex
	servers map[raft.ServerID]*process
	cut     map[raft.ServerID]bool
}

// process is a running server: its inbox, and what it applied.
type process struct {
	server  *raft.Server
	disk    *channelDisk
	inbox   chan envelope
	ended   chan struct{}
	applied []string
}

// envelope is a request with the channel on which its sender waits.
type envelope struct {
	request raft.Message
	reply   chan raft.Message
}

// channelDisk is a disk that outlives the processes on it.
type channelDisk struct {
	mu     sync.Mutex
	stored raft.Stored
}

func (d *channelDisk) Load() (raft.Stored, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stored, nil
}

func (d *channelDisk) Sync(write raft.Write) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored.Apply(write)
	return nil
}

// link is the Transport of one server.
type link struct {
	cluster *cluster
	from    raft.ServerID
}

func (l link) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	target := l.cluster.reach(l.from, to)
	if target == nil {
		return nil, false
	}
	reply := make(chan raft.Message, 1)
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case target.inbox <- envelope{request, reply}:
	case <-target.ended:
		return nil, false
	case <-patience.C:
		return nil, false
	}
	select {
	case message := <-reply:
		return message, l.cluster.reach(to, l.from) != nil
	case <-target.ended:
		return nil, false
	case <-patience.C:
		return nil, false
	}
}

// reach is the process to which a message can get, or nil.
func (c *cluster) reach(from, to raft.ServerID) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut[from] || c.cut[to] {
		return nil
	}
	return c.servers[to]
}

func (p *process) serve() {
	for {
		select {
		case e := <-p.inbox:
			go func() {
				if reply, ok := p.server.Handle(e.request); ok {
					e.reply <- reply
				}
			}()
		case <-p.ended:
			return
		}
	}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	others := goleak.IgnoreCurrent()
	c := &cluster{t: t, env: raft.NewRealEnv(), servers: map[raft.ServerID]*process{}, cut: map[raft.ServerID]bool{}}
	for id := raft.ServerID(1); id <= 3; id++ {
		c.start(id, &channelDisk{})
	}
	t.Cleanup(func() {
		for id := raft.ServerID(1); id <= 3; id++ {
			c.kill(id)
		}
		// Under Node the runtime keeps a goroutine for the events of JavaScript.
		goleak.VerifyNone(t, others, goleak.IgnoreAnyFunction("runtime.handleEvent"))
	})
	return c
}

func (c *cluster) start(id raft.ServerID, disk *channelDisk) {
	c.t.Helper()
	p := &process{disk: disk, inbox: make(chan envelope), ended: make(chan struct{})}
	server, err := raft.New(raft.Config{
		ID: id, Servers: []raft.ServerID{1, 2, 3},
		ElectionTimeoutMin: 150 * time.Millisecond, ElectionTimeoutMax: 300 * time.Millisecond,
		HeartbeatInterval: 30 * time.Millisecond, NoOp: true,
		Apply: func(entry raft.Entry) {
			c.mu.Lock()
			defer c.mu.Unlock()
			p.applied = append(p.applied, string(entry.Data))
		},
	}, c.env, disk, link{c, id})
	if err != nil {
		c.t.Fatal(err)
	}
	p.server = server
	c.mu.Lock()
	c.servers[id] = p
	c.mu.Unlock()
	go p.serve()
}

// kill ends a process; its disk stays.
func (c *cluster) kill(id raft.ServerID) *channelDisk {
	c.mu.Lock()
	p := c.servers[id]
	delete(c.servers, id)
	c.mu.Unlock()
	if p == nil {
		return nil
	}
	p.server.Stop()
	close(p.ended)
	return p.disk
}

func (c *cluster) isolate(id raft.ServerID, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut[id] = cut
}

// eventually waits until holds says true; it gives up after a time in which
// even a very slow machine gets there.
func (c *cluster) eventually(what string, holds func() bool) {
	c.t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("never happened: %s", what)
}

// leader waits for a leader of a term above after, which is not the excluded
// server.
func (c *cluster) leader(after raft.Term, excluded raft.ServerID) (leader raft.ServerID, term raft.Term) {
	c.t.Helper()
	c.eventually("a leader", func() bool {
		for id := raft.ServerID(1); id <= 3; id++ {
			c.mu.Lock()
			p := c.servers[id]
			c.mu.Unlock()
			if p == nil || id == excluded {
				continue
			}
			status := p.server.Status()
			if status.Role == raft.Leader && status.HardState.CurrentTerm > after {
				leader, term = id, status.HardState.CurrentTerm
				return true
			}
		}
		return false
	})
	return leader, term
}

// write proposes to whoever leads until the command is applied there.
func (c *cluster) write(command string, excluded raft.ServerID) {
	c.t.Helper()
	c.eventually("write "+command, func() bool {
		leader, _ := c.leader(0, excluded)
		c.mu.Lock()
		p := c.servers[leader]
		c.mu.Unlock()
		if p == nil {
			return false
		}
		if _, _, err := p.server.Propose([]byte(command)); err != nil {
			return false
		}
		for range 100 {
			c.mu.Lock()
			done := slices.Contains(p.applied, command)
			c.mu.Unlock()
			if done {
				return true
			}
			time.Sleep(5 * time.Millisecond)
		}
		return false
	})
}

// agreed waits until all three servers have applied the same commands, the
// last of them last.
func (c *cluster) agreed(last string) []string {
	c.t.Helper()
	var common []string
	c.eventually("agreement on "+last, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for id := raft.ServerID(1); id <= 3; id++ {
			p := c.servers[id]
			if p == nil || len(p.applied) == 0 || p.applied[len(p.applied)-1] != last {
				return false
			}
			if id > 1 && !slices.Equal(p.applied, common) {
				return false
			}
			common = p.applied
		}
		return true
	})
	return common
}

func TestRealClusterSurvivesItsLeaders(t *testing.T) {
	c := newCluster(t)
	for round := range 3 {
		leader, term := c.leader(0, raft.None)
		c.write(fmt.Sprintf("before %d", round), raft.None)
		disk := c.kill(leader)
		c.leader(term, leader)
		c.write(fmt.Sprintf("without S%d in round %d", leader, round), leader)
		c.start(leader, disk)
	}
	c.write("last", raft.None)
	c.agreed("last")
}

func TestRealClusterMendsTheLogOfACutOffLeader(t *testing.T) {
	c := newCluster(t)
	c.write("first", raft.None)
	old, term := c.leader(0, raft.None)
	c.isolate(old, true)
	c.mu.Lock()
	cutOff := c.servers[old].server
	c.mu.Unlock()
	for i := range 5 {
		cutOff.Propose(fmt.Appendf(nil, "lost %d", i))
	}
	c.leader(term, old)
	c.write("second", old)
	c.isolate(old, false)
	c.write("last", raft.None)
	for _, command := range c.agreed("last") {
		if len(command) >= 4 && command[:4] == "lost" {
			t.Errorf("%q was never on a majority, yet it was applied", command)
		}
	}
}

// The core is the same files everywhere: nothing of it is built for one place
// and not for another.
func TestSameFilesForEveryPlatform(t *testing.T) {
	list := func(os, arch string) *build.Package {
		context := build.Default
		context.GOOS, context.GOARCH, context.CgoEnabled = os, arch, false
		pkg, err := context.ImportDir(".", 0)
		if err != nil {
			t.Fatal(err)
		}
		return pkg
	}
	linux, js := list("linux", "amd64"), list("js", "wasm")
	if !slices.Equal(linux.GoFiles, js.GoFiles) {
		t.Errorf("linux builds %v, js builds %v", linux.GoFiles, js.GoFiles)
	}
	if len(linux.IgnoredGoFiles) > 0 || len(js.IgnoredGoFiles) > 0 {
		t.Errorf("files that are not built everywhere: %v, %v", linux.IgnoredGoFiles, js.IgnoredGoFiles)
	}
	for _, path := range linux.Imports {
		if !slices.Contains([]string{"cmp", "encoding/binary", "errors", "fmt", "math/rand/v2", "slices", "sync", "time"}, path) {
			t.Errorf("the core imports %s: it needs a reason", path)
		}
	}
}
