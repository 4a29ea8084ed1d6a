package check

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// bench is a cluster of servers of the core with everything switched on: PreVote,
// CheckQuorum, snapshots, changes of the membership, a network that loses packets, and crashes.
// What happens in it goes into a checker and a model, as in a world.
type bench struct {
	t      *testing.T
	env    *raft.RealEnv
	begin  time.Time
	nodes  []*node // server i+1 is at i
	chance *rand.Rand

	mutex   sync.Mutex // guards all below; it may be taken with a server's lock held
	checker *Checker
	model   *trace.Model
	packets trace.PacketID
	kinds   map[raft.EventKind]int
	cutOff  raft.ServerID // whose packets are lost, or None
}

// node is one life of a server after another, on one disk.
type node struct {
	bench *bench
	id    raft.ServerID
	disk  raft.Stored
	life  *life
}

// life is a process from its start to its crash. It is the server's disk and
// network too.
type life struct {
	node    *node
	server  *raft.Server
	over    bool // guarded by bench.mutex, like all below
	written bool // the last write is on the disk, and the server has not said so yet
	applied raft.Index
	taken   raft.Index
}

func newBench(t *testing.T, seed uint64) *bench {
	const servers = 4
	h := trace.Header{Version: trace.Version, Servers: servers, Seed: seed}
	b := &bench{
		t: t, env: raft.NewRealEnv(), begin: time.Now(), chance: rand.New(rand.NewPCG(seed, 0)),
		checker: New(h), model: trace.NewModel(h), kinds: map[raft.EventKind]int{},
	}
	for id := 1; id <= servers; id++ {
		b.nodes = append(b.nodes, &node{bench: b, id: raft.ServerID(id)})
	}
	return b
}

func (b *bench) draw(n int) int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.chance.IntN(n)
}

// tell is called with the bench's lock held.
func (b *bench) tell(e trace.Event) {
	e.At = time.Since(b.begin)
	if v := b.checker.Observe(&e); v != nil {
		b.t.Error(v)
	}
	if err := b.model.Fold(&e); err != nil {
		b.t.Error(err)
	}
}

func (n *node) start() {
	n.bench.mutex.Lock()
	l := &life{node: n}
	n.life = l
	n.bench.mutex.Unlock()
	var founders []raft.ServerID
	if n.id <= 3 {
		founders = []raft.ServerID{1, 2, 3}
	}
	server, err := raft.New(raft.Config{
		ID: n.id, Servers: founders,
		ElectionTimeoutMin: 150 * time.Millisecond, ElectionTimeoutMax: 300 * time.Millisecond, HeartbeatInterval: 50 * time.Millisecond,
		NoOp: true, PreVote: true, CheckQuorum: true, Stickiness: true, MaxBatchBytes: 16,
		Apply: l.apply, Restore: l.restore, Observe: l.observe,
	}, n.bench.env, l, l)
	if err != nil {
		n.bench.t.Fatal(err)
	}
	n.bench.mutex.Lock()
	defer n.bench.mutex.Unlock()
	l.server = server
}

func (n *node) crash() {
	l := n.life
	if l == nil {
		return
	}
	l.server.Stop()
	n.bench.mutex.Lock()
	defer n.bench.mutex.Unlock()
	l.over, n.life = true, nil
	n.bench.tell(trace.Event{Kind: trace.ServerCrashed, Server: n.id, Survived: l.written})
}

func (l *life) observe(e raft.Event) {
	b := l.node.bench
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if l.over {
		return
	}
	if e.Kind == raft.Persisted {
		l.written = false
	}
	b.kinds[e.Kind]++
	b.tell(trace.Event{Kind: trace.ServerStep, Core: e})
}

// Load and Sync are the disk.
func (l *life) Load() (raft.Stored, error) { return l.node.disk, nil }

func (l *life) Sync(write raft.Write) error {
	time.Sleep(time.Duration(1+l.node.bench.draw(5)) * time.Millisecond)
	l.node.bench.mutex.Lock()
	defer l.node.bench.mutex.Unlock()
	if l.over {
		return errors.New("the process is gone")
	}
	l.node.disk.Apply(write)
	l.written = true
	return nil
}

// apply and restore are the application, which takes a snapshot now and then.
func (l *life) apply(entry raft.Entry) {
	l.node.bench.mutex.Lock()
	l.applied = entry.Index
	server, due := l.server, entry.Index >= l.taken+7
	if due {
		l.taken = entry.Index
	}
	l.node.bench.mutex.Unlock()
	if due && server != nil {
		if err := server.Snapshot(entry.Index, make([]byte, 40)); err != nil && !errors.Is(err, raft.ErrStopped) {
			l.node.bench.t.Error(err)
		}
	}
}

func (l *life) restore(snapshot raft.Snapshot) {
	l.node.bench.mutex.Lock()
	defer l.node.bench.mutex.Unlock()
	l.applied, l.taken = snapshot.Index, snapshot.Index
}

// Call is the network: it loses a tenth of the packets.
func (l *life) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	b := l.node.bench
	id, ok := l.carry(l.node.id, to, request, 0)
	if !ok {
		return nil, false
	}
	b.mutex.Lock()
	receiver := b.nodes[to-1].life
	b.mutex.Unlock()
	if receiver == nil || receiver.server == nil {
		return nil, false
	}
	reply, ok := receiver.server.Handle(request)
	if !ok {
		return nil, false
	}
	_, ok = receiver.carry(to, l.node.id, reply, id)
	return reply, ok
}

// carry takes one message from a process to a server.
func (l *life) carry(from, to raft.ServerID, message raft.Message, inReplyTo trace.PacketID) (trace.PacketID, bool) {
	b := l.node.bench
	flight, lost := time.Duration(1+b.draw(20))*time.Millisecond, b.draw(10) == 0
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if l.over {
		return 0, false
	}
	b.packets++
	id := b.packets
	b.tell(trace.Event{
		Kind: trace.PacketSent, Packet: id, From: trace.NodeID(from), To: trace.NodeID(to), Message: message,
		InReplyTo: inReplyTo, ArrivesAt: time.Since(b.begin) + flight,
	})
	b.mutex.Unlock()
	time.Sleep(flight)
	b.mutex.Lock()
	e := trace.Event{Kind: trace.PacketDelivered, Packet: id, From: trace.NodeID(from), To: trace.NodeID(to)}
	if lost || b.nodes[to-1].life == nil || from == b.cutOff || to == b.cutOff {
		e.Kind, e.Reason = trace.PacketDropped, trace.Lost
	}
	b.tell(e)
	return id, e.Kind == trace.PacketDelivered
}

// compare is called when nothing moves.
func (b *bench) compare() {
	for _, n := range b.nodes {
		if n.life == nil {
			continue
		}
		status, s := n.life.server.Status(), &b.model.Servers[n.id-1]
		same := func(what string, model, server any) {
			if !reflect.DeepEqual(model, server) {
				b.t.Errorf("S%d: %s is %v, the model says %v", n.id, what, server, model)
			}
		}
		same("role", s.Role, status.Role)
		same("term and vote", raft.HardState{CurrentTerm: s.Term, VotedFor: s.VotedFor}, status.HardState)
		same("leader", s.Leader, status.Leader)
		same("end of the snapshot", [2]uint64{uint64(s.SnapshotIndex), uint64(s.SnapshotTerm)}, [2]uint64{uint64(status.Snapshot.Index), uint64(status.Snapshot.Term)})
		same("log", append([]raft.Entry{}, s.Log...), append([]raft.Entry{}, status.Log...))
		same("commitIndex", s.CommitIndex, status.CommitIndex)
		same("lastApplied", s.LastApplied, status.LastApplied)
		same("configuration", s.Configuration, status.Configuration)
		same("votes", len(s.Votes)+len(s.Refused), len(status.Votes))
		same("durable log", append([]raft.Entry{}, s.Disk.Log...), append([]raft.Entry{}, n.disk.Log...))
		same("durable snapshot", s.Disk.Snapshot.Index, n.disk.Snapshot.Index)
		for id := range status.NextIndex {
			if s.NextIndex[id-1] != 0 { // of a server that has just become a member nothing was told yet
				same("nextIndex", s.NextIndex[id-1], status.NextIndex[id])
			}
			same("matchIndex", s.MatchIndex[id-1], status.MatchIndex[id])
		}
	}
}

// leaders are the servers that believe to lead.
func (b *bench) leaders() []*raft.Server {
	var leaders []*raft.Server
	for _, n := range b.nodes {
		if n.life != nil {
			if role, _, _ := n.life.server.Leadership(); role == raft.Leader {
				leaders = append(leaders, n.life.server)
			}
		}
	}
	return leaders
}

// trouble crashes, restarts and cuts off servers, and changes the membership.
func (b *bench) trouble() {
	n := b.nodes[b.draw(len(b.nodes))]
	var leader *raft.Server
	if leaders := b.leaders(); len(leaders) > 0 {
		leader = leaders[0]
	}
	b.mutex.Lock()
	b.cutOff = raft.None
	b.mutex.Unlock()
	switch b.draw(7) {
	case 5, 6:
		if leader != nil {
			id := leader.Status().ID
			b.mutex.Lock()
			b.cutOff = id
			b.mutex.Unlock()
		}
	case 0, 1:
		n.crash()
	case 2:
		for _, n := range b.nodes {
			if n.life == nil {
				n.start()
			}
		}
	case 3:
		if leader != nil {
			_, _, _ = leader.Reconfigure(raft.Configuration{Voters: []raft.ServerID{1, 2, 3}, Learners: []raft.ServerID{4}}, b.draw(2) == 0)
		}
	case 4:
		if leader != nil { // refused unless the last change is done and S4 has caught up
			voters := []raft.ServerID{1, 2, 3, 4}
			out := b.draw(4)
			_, _, _ = leader.Reconfigure(raft.Configuration{Voters: append(voters[:out:out], voters[out+1:]...), Learners: voters[out : out+1]}, false)
		}
	}
}

// Whatever the core can do, its checks must hold and its trace must tell.
func TestCoreWithEverythingSwitchedOnKeepsTheRules(t *testing.T) {
	kinds := map[raft.EventKind]int{}
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, seed)
			for _, n := range b.nodes {
				n.start()
			}
			for time.Since(b.begin) < 30*time.Second && !t.Failed() {
				time.Sleep(time.Duration(1+b.draw(100)) * time.Millisecond)
				synctest.Wait()
				b.compare()
				for _, leader := range b.leaders() {
					_, _, _ = leader.Propose([]byte{byte(b.draw(256))})
				}
				if b.draw(12) == 0 {
					b.trouble()
				}
			}
			for _, n := range b.nodes {
				n.crash()
			}
			time.Sleep(time.Minute)
			for kind, count := range b.kinds {
				kinds[kind] += count
			}
		})
	}
	for _, kind := range []raft.EventKind{
		raft.BecamePreCandidate, raft.PreVoteGranted, raft.BecameLeader, raft.MembershipChanged, raft.LogTruncated,
		raft.SnapshotTaken, raft.SnapshotInstalled, raft.SnapshotRestored, raft.CommitAdvanced,
	} {
		if kinds[kind] < 3 {
			t.Errorf("%v happened %d times: that is no test", kind, kinds[kind])
		}
	}
	t.Log(kinds)
}
