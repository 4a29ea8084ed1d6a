package wasmnet

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// In a browser and under Node the runtime keeps a goroutine of its own for events.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}

// hasher hashes a trace as it is written.
type hasher struct {
	digest hash.Hash
	writer *trace.Writer
	err    error
}

func newHasher(header trace.Header) *hasher {
	h := &hasher{digest: sha256.New()}
	h.writer, h.err = trace.NewWriter(h.digest, header)
	return h
}

func (h *hasher) observe(e *trace.Event) {
	if h.err == nil {
		h.err = h.writer.Write(e)
	}
}

// sum is the hash of the trace.
func (h *hasher) sum(t rapid.TB) string {
	t.Helper()
	if h.err == nil {
		h.err = h.writer.Flush()
	}
	if h.err != nil {
		t.Fatal(h.err)
	}
	return fmt.Sprintf("%x", h.digest.Sum(nil))
}

// recorder keeps all events of a run, and hashes them.
type recorder struct {
	*hasher
	events []trace.Event
}

func newRecorder(header trace.Header) *recorder { return &recorder{hasher: newHasher(header)} }

func (r *recorder) observe(e *trace.Event) {
	r.events = append(r.events, *e)
	r.hasher.observe(e)
}

// count is how many events of a kind were told so far.
func (r *recorder) count(kind trace.Kind) int {
	n := 0
	for i := range r.events {
		if r.events[i].Kind == kind {
			n++
		}
	}
	return n
}

func (r *recorder) countCore(kind raft.EventKind) int {
	n := 0
	for i := range r.events {
		if r.events[i].Kind == trace.ServerStep && r.events[i].Core.Kind == kind {
			n++
		}
	}
	return n
}

// newWorld makes a world that the test closes.
func newWorld(t *testing.T, header trace.Header) (*World, *recorder) {
	t.Helper()
	r := newRecorder(header)
	w, err := New(header, r.observe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, r
}

func do(t *testing.T, w *World, c trace.Command) {
	t.Helper()
	if err := w.Do(c); err != nil {
		t.Fatal(err)
	}
}

// leader is the leader of the highest term, or None.
func leader(w *World) raft.ServerID {
	var found raft.ServerID
	var term raft.Term
	for _, p := range w.processes {
		if s, ok := w.Status(p.id); ok && s.Role == raft.Leader && s.HardState.CurrentTerm > term {
			found, term = p.id, s.HardState.CurrentTerm
		}
	}
	return found
}

// runToLeader lets time pass until there is a leader.
func runToLeader(t *testing.T, w *World) raft.ServerID {
	t.Helper()
	for range 1000 {
		w.RunUntil(w.Now()+10*time.Millisecond, nil)
		if id := leader(w); id != raft.None {
			return id
		}
	}
	t.Fatal("no leader within 10 s")
	return raft.None
}

func TestSteadyClusterElectsALeaderAndServes(t *testing.T) {
	for servers := 1; servers <= 11; servers++ {
		header := DefaultHeader(7)
		header.Servers = servers
		w, r := newWorld(t, header)
		w.RunUntil(10*time.Second, nil)
		if n := r.countCore(raft.BecameLeader); n != 1 {
			t.Errorf("%d servers: %d leaders were elected in 10 s of calm, want 1", servers, n)
		}
		if n := r.count(trace.ClientReturned); n < 14 || n > 21 {
			t.Errorf("%d servers: two clients completed %d operations in 10 s, want about one a second each", servers, n)
		}
		var last raft.Status
		for id := 1; id <= servers; id++ {
			s, ok := w.Status(raft.ServerID(id))
			if !ok {
				t.Fatalf("S%d has no status", id)
			}
			if id > 1 && s.CommitIndex != last.CommitIndex {
				t.Errorf("%d servers: S%d has committed %d, S%d %d", servers, id, s.CommitIndex, last.ID, last.CommitIndex)
			}
			last = s
		}
	}
}

func TestHeaderIsChecked(t *testing.T) {
	for _, c := range []struct {
		change func(*trace.Header)
		want   string
	}{
		{func(h *trace.Header) { h.Version = 99 }, "version 99"},
		{func(h *trace.Header) { h.Servers = 0 }, "there are 0 servers: want 1 to 101"},
		{func(h *trace.Header) { h.Servers = 102 }, "there are 102 servers"},
		{func(h *trace.Header) { h.Clients = -1 }, "-1 clients"},
		{func(h *trace.Header) { h.Timing.HeartbeatInterval = 0 }, "the heartbeat interval is 0s"},
		{func(h *trace.Header) { h.Timing.ElectionTimeoutMin = time.Second }, "from 1s to 300ms"},
		{func(h *trace.Header) { h.Timing.HeartbeatInterval = 200 * time.Millisecond }, "less than the least election timeout"},
		{func(h *trace.Header) { h.Timing.ClientInterval = 2 * time.Hour }, "the clients' interval is 2h0m0s"},
		{func(h *trace.Header) { h.Network.Latency = -1 }, "below zero"},
		{func(h *trace.Header) { h.Network.Loss = 1.5 }, "1.5 of the packets"},
		{func(h *trace.Header) { h.Disk.SyncJitter = -1 }, "below zero"},
	} {
		header := DefaultHeader(1)
		c.change(&header)
		if _, err := New(header, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
}

func TestCrashedLeaderIsReplacedAndRestartsFromDisk(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(3))
	first := runToLeader(t, w)
	w.RunUntil(3*time.Second, nil)
	before, _ := w.Status(first)
	do(t, w, trace.Command{Kind: trace.Crash, Server: first})
	if _, ok := w.Status(first); ok {
		t.Error("a crashed server has a status")
	}
	if got := w.Goroutines(first); got != nil {
		t.Errorf("a crashed server has goroutines: %v", got)
	}
	completed := r.count(trace.ClientReturned)
	w.RunUntil(8*time.Second, nil)
	second := leader(w)
	if second == first || second == raft.None {
		t.Fatalf("after the crash of S%d the leader is S%d", first, second)
	}
	if r.count(trace.ClientReturned) == completed {
		t.Error("clients were not served after the crash")
	}
	do(t, w, trace.Command{Kind: trace.Restart, Server: first})
	w.RunUntil(w.Now(), nil)
	after, _ := w.Status(first)
	if after.HardState.CurrentTerm != before.HardState.CurrentTerm || len(after.Log) < int(before.Durable) || after.CommitIndex != 0 {
		t.Errorf("before the crash %+v, after the restart %+v", before, after)
	}
	w.RunUntil(10*time.Second, nil)
	if s, _ := w.Status(first); s.Role != raft.Follower || s.CommitIndex < before.CommitIndex {
		t.Errorf("the restarted server is %v with commit index %d", s.Role, s.CommitIndex)
	}
}

// A crash keeps what was synced, and of a write on its way all or nothing.
func TestCrashLosesUnsyncedWrites(t *testing.T) {
	survived := map[bool]int{}
	for seed := range uint64(60) {
		header := DefaultHeader(seed)
		header.Disk.SyncLatency = 20 * time.Millisecond
		w, r := newWorld(t, header)
		id := runToLeader(t, w)
		w.RunUntil(2*time.Second, nil)
		do(t, w, trace.Command{Kind: trace.Write, Key: "k", Value: "v", Server: id})
		d := w.process(id).disk
		for d.writing == nil || d.writing.FirstIndex == 0 {
			w.RunUntil(w.Now()+time.Millisecond, nil)
		}
		onDisk, write := len(d.stored.Log), *d.writing
		do(t, w, trace.Command{Kind: trace.Crash, Server: id})
		crash := r.events[len(r.events)-1]
		if crash.Kind != trace.ServerCrashed {
			t.Fatalf("the last event is %+v", crash)
		}
		survived[crash.Survived]++
		want := onDisk
		if crash.Survived {
			want = int(write.FirstIndex) - 1 + len(write.Entries)
		}
		if len(d.stored.Log) != want {
			t.Errorf("seed %d: survived %v, %d entries on the disk, want %d", seed, crash.Survived, len(d.stored.Log), want)
		}
	}
	if survived[true] < 15 || survived[false] < 15 {
		t.Errorf("of 60 crashes in mid-write, %d kept it and %d lost it", survived[true], survived[false])
	}
}

func TestDiskRefusesAHoleInTheLog(t *testing.T) {
	w, _ := newWorld(t, DefaultHeader(1))
	d := w.process(1).disk
	if err := d.Sync(raft.Write{FirstIndex: 3}); err == nil || !strings.Contains(err.Error(), "goes from index 1 to 0") {
		t.Errorf("got %v", err)
	}
	if err := d.Sync(raft.Write{FirstIndex: 1, Entries: []raft.Entry{{Index: 2}}}); err == nil {
		t.Error("an entry in the wrong place was written")
	}
}

func TestPausedServerDoesNothingAndComesBack(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(4))
	id := runToLeader(t, w)
	do(t, w, trace.Command{Kind: trace.Pause, Server: id})
	from := len(r.events)
	w.RunUntil(w.Now()+3*time.Second, nil)
	for _, e := range r.events[from:] {
		if e.Kind == trace.ServerStep && e.Core.Server == id || e.Kind == trace.PacketSent && e.From == trace.NodeID(id) {
			t.Fatalf("paused S%d did %+v", id, e)
		}
	}
	if leader(w) == id {
		t.Error("nobody took over from a paused leader")
	}
	do(t, w, trace.Command{Kind: trace.Resume, Server: id})
	w.RunUntil(w.Now()+time.Second, nil)
	if s, _ := w.Status(id); s.Role != raft.Follower {
		t.Errorf("the resumed leader is %v", s.Role)
	}
}

func TestSplitMakesTwoLeadersAndTruncatesOnHeal(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(5))
	old := runToLeader(t, w)
	w.RunUntil(2*time.Second, nil)
	mate := old%5 + 1
	do(t, w, trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{old, mate}, others(5, old, mate)}})
	if n := r.count(trace.LinkCut); n != 12 {
		t.Errorf("the split cut %d directions, want 12", n)
	}
	do(t, w, trace.Command{Kind: trace.Write, Key: "side", Value: "minority", Server: old})
	w.RunUntil(5*time.Second, nil)
	s, _ := w.Status(old)
	if s.Role != raft.Leader || leader(w) == old {
		t.Errorf("S%d is %v and the newest leader is S%d: want two leaders", old, s.Role, leader(w))
	}
	do(t, w, trace.Command{Kind: trace.HealAll})
	w.RunUntil(7*time.Second, nil)
	if r.countCore(raft.LogTruncated) == 0 {
		t.Error("the minority's entry was not truncated")
	}
	if s, _ := w.Status(old); s.Role != raft.Follower {
		t.Errorf("the old leader is %v", s.Role)
	}
}

// others are the servers 1 to n without those given.
func others(n int, without ...raft.ServerID) []raft.ServerID {
	var ids []raft.ServerID
next:
	for id := raft.ServerID(1); int(id) <= n; id++ {
		for _, w := range without {
			if id == w {
				continue next
			}
		}
		ids = append(ids, id)
	}
	return ids
}

func TestSplitPutsUnnamedServersAlone(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(5))
	do(t, w, trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}}})
	if n := r.count(trace.LinkCut); n != 18 {
		t.Errorf("%d directions were cut, want all 20 but two", n)
	}
	do(t, w, trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2, 3, 4, 5}}})
	if n := r.count(trace.LinkHealed); n != 18 {
		t.Errorf("%d directions were healed, want 18", n)
	}
}

func TestUserWrites(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(6))
	runToLeader(t, w)
	for i := range 5 {
		do(t, w, trace.Command{Kind: trace.Write, Key: "k", Value: fmt.Sprint(i), Server: raft.ServerID(i + 1)})
	}
	w.RunUntil(w.Now()+3*time.Second, nil)
	var values []string
	for _, e := range r.events {
		if e.Kind == trace.ClientReturned && e.From == -3 {
			o, err := kv.Decode(e.Operation)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, o.Value)
		}
	}
	if got := strings.Join(values, ","); got != "0,1,2,3,4" {
		t.Errorf("the user's writes were answered in the order %s", got)
	}
}

// Whoever writes to the smaller side of a split waits in vain. Told to write to
// the larger side, the user does so soon, and does not come back to the first write.
func TestUserGivesUpWhenToldSomethingNew(t *testing.T) {
	h := DefaultHeader(5)
	h.Clients = 0
	w, r := newWorld(t, h)
	old := runToLeader(t, w)
	mate := old%5 + 1
	do(t, w, trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{old, mate}, others(5, old, mate)}})
	w.RunUntil(w.Now()+time.Second, nil)
	do(t, w, trace.Command{Kind: trace.Write, Key: "side", Value: "smaller", Server: old})
	w.RunUntil(w.Now()+20*time.Millisecond, nil)
	do(t, w, trace.Command{Kind: trace.Write, Key: "side", Value: "larger", Server: leader(w)})
	w.RunUntil(w.Now()+300*time.Millisecond, nil)
	do(t, w, trace.Command{Kind: trace.HealAll})
	w.RunUntil(w.Now()+3*time.Second, nil)
	var answered []string
	for _, e := range r.events {
		if e.Kind == trace.ClientReturned {
			o, err := kv.Decode(e.Operation)
			if err != nil {
				t.Fatal(err)
			}
			answered = append(answered, o.Value)
		}
	}
	if got := strings.Join(answered, ","); got != "larger" {
		t.Errorf("the writes %q were answered, want only the one to the larger side", got)
	}
}

func TestOnePacketIsDroppedDuplicatedDelayed(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(8))
	runToLeader(t, w)
	for len(w.PacketsInFlight()) < 3 {
		w.RunUntil(w.Now()+time.Millisecond, nil)
	}
	ids := w.PacketsInFlight()
	do(t, w, trace.Command{Kind: trace.Drop, Packet: ids[0]})
	do(t, w, trace.Command{Kind: trace.Duplicate, Packet: ids[1]})
	do(t, w, trace.Command{Kind: trace.Delay, Packet: ids[2], For: time.Second})
	do(t, w, trace.Command{Kind: trace.Drop, Packet: ids[0]})
	if last := r.events[len(r.events)-1]; last.Kind != trace.CommandTaken || last.Reason != trace.Gone {
		t.Errorf("dropping a packet twice: %+v", last)
	}
	at := w.Now()
	w.RunUntil(at+3*time.Second, nil)
	ends := map[trace.PacketID]trace.Event{}
	var twin trace.PacketID
	for _, e := range r.events {
		switch e.Kind {
		case trace.PacketDelivered, trace.PacketDropped:
			ends[e.Packet] = e
		case trace.PacketDuplicated:
			if e.Original == ids[1] {
				twin = e.Packet
			}
		}
	}
	if e := ends[ids[0]]; e.Kind != trace.PacketDropped || e.Reason != trace.ByCommand || e.At != at {
		t.Errorf("the dropped packet: %+v", e)
	}
	if twin == 0 || ends[twin].Kind == 0 {
		t.Error("the duplicate was not sent or never arrived")
	}
	if e := ends[ids[2]]; e.At < at+time.Second {
		t.Errorf("the delayed packet ended at %v", e.At)
	}
}

func TestImpossibleCommandsAreRefusedAndLeaveNoTrace(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(9))
	id := runToLeader(t, w)
	do(t, w, trace.Command{Kind: trace.Crash, Server: id%5 + 1})
	do(t, w, trace.Command{Kind: trace.Pause, Server: (id+1)%5 + 1})
	do(t, w, trace.Command{Kind: trace.Cut, From: 1, To: 2})
	before := len(r.events)
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		command trace.Command
		want    string
	}{
		{trace.Command{}, "no command of kind 0"},
		{trace.Command{Kind: trace.Wipe + 1}, "no command of kind"},
		{trace.Command{Kind: trace.Crash, Server: 6}, "there is no server 6: the cluster has S1 to S5"},
		{trace.Command{Kind: trace.Crash, Server: -1}, "there is no server -1"},
		{trace.Command{Kind: trace.Crash, Server: id%5 + 1}, "has crashed already"},
		{trace.Command{Kind: trace.Restart, Server: id}, "has not crashed"},
		{trace.Command{Kind: trace.Pause, Server: id%5 + 1}, "has crashed: restart it first"},
		{trace.Command{Kind: trace.Pause, Server: (id+1)%5 + 1}, "is paused: resume it first"},
		{trace.Command{Kind: trace.Resume, Server: id}, "is not paused"},
		{trace.Command{Kind: trace.Resume, Server: id%5 + 1}, "is not paused"},
		{trace.Command{Kind: trace.TimeOut, Server: id}, "leads"},
		{trace.Command{Kind: trace.Cut, From: 1, To: 1}, "no link from S1 to itself"},
		{trace.Command{Kind: trace.Cut, From: 1, To: 2}, "is cut already"},
		{trace.Command{Kind: trace.Cut, From: 1, To: 9}, "no server 9"},
		{trace.Command{Kind: trace.Heal, From: 2, To: 1}, "is not cut"},
		{trace.Command{Kind: trace.Split}, "at least one group"},
		{trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1}, {2, 1}}}, "S1 is named twice"},
		{trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{0}}}, "no server 0"},
		{trace.Command{Kind: trace.Drop}, "no packet 0"},
		{trace.Command{Kind: trace.Duplicate, Packet: 1 << 40}, "no packet 1099511627776"},
		{trace.Command{Kind: trace.Delay, Packet: 1}, "cannot be delayed by 0s"},
		{trace.Command{Kind: trace.Write}, "the key"},
		{trace.Command{Kind: trace.Write, Key: long}, "the key"},
		{trace.Command{Kind: trace.Write, Key: "\xff"}, "the key"},
		{trace.Command{Kind: trace.Write, Key: "k", Value: long}, "the value"},
		{trace.Command{Kind: trace.Write, Key: "k", Server: 7}, "no server 7"},
		{trace.Command{Kind: trace.SetNetwork}, "missing"},
		{trace.Command{Kind: trace.SetNetwork, Network: &trace.Network{Loss: -1}}, "-1 of the packets"},
	} {
		err := w.Do(c.command)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want an error with %q", c.command, err, c.want)
		}
	}
	if len(r.events) != before {
		t.Errorf("refused commands left %d events", len(r.events)-before)
	}
}

func TestNoCommandWhileTelling(t *testing.T) {
	var w *World
	var err error
	w, _ = New(DefaultHeader(1), func(*trace.Event) {
		if err == nil {
			err = w.Do(trace.Command{Kind: trace.HealAll})
		}
	})
	defer w.Close()
	w.RunUntil(time.Millisecond, nil)
	if err == nil || !strings.Contains(err.Error(), "while the world is telling") {
		t.Errorf("got %v", err)
	}
}

func TestGiverOfACommandMayChangeItAfterwards(t *testing.T) {
	w, r := newWorld(t, DefaultHeader(1))
	groups := [][]raft.ServerID{{1, 2}, {3, 4, 5}}
	settings := w.header.Network
	do(t, w, trace.Command{Kind: trace.Split, Groups: groups})
	do(t, w, trace.Command{Kind: trace.SetNetwork, Network: &settings})
	groups[0][0], settings.Loss = 5, 1
	for _, e := range r.events {
		if e.Command != nil && e.Command.Kind == trace.Split && e.Command.Groups[0][0] != 1 {
			t.Error("the recorded split changed")
		}
		if e.Network != nil && e.Network.Loss != 0 {
			t.Error("the recorded settings changed")
		}
	}
}

func TestGoroutinesOfAServer(t *testing.T) {
	w, _ := newWorld(t, DefaultHeader(1))
	id := runToLeader(t, w)
	names := map[string]bool{}
	for _, g := range w.Goroutines(id) {
		names[g.Name] = true
	}
	for _, want := range []string{"inbox", "election", "applier", "persister", "heartbeats"} {
		if !names[want] {
			t.Errorf("the leader has no goroutine %q, only %v", want, names)
		}
	}
}

// A process that has been started, but has not yet begun to run, has no election
// timeout that could be forced.
func TestAServerThatIsOnlyStartingHasNoTimeout(t *testing.T) {
	starting := 0
	for seed := uint64(0); starting == 0 && seed < 20_000; seed++ {
		h := DefaultHeader(seed)
		h.Servers, h.Clients = 1, 0
		w, err := New(h, func(*trace.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		w.RunUntil(0, nil)
		_, begun := w.Status(1)
		err = w.Do(trace.Command{Kind: trace.TimeOut, Server: 1})
		if begun != (err == nil) || err != nil && !strings.Contains(err.Error(), "is only just starting") {
			t.Errorf("seed %d: S1 runs already: %v; its timeout: %v", seed, begun, err)
		}
		if !begun {
			starting++
		}
		w.RunUntil(10*time.Millisecond, nil)
		if _, begun := w.Status(1); !begun {
			t.Errorf("seed %d: S1 does not begin", seed)
		}
		w.Close()
	}
	if starting == 0 {
		t.Error("no seed let S1 begin late, so nothing was tested")
	}
}
