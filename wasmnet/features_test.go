package wasmnet

import (
	"strings"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
)

// busy is a cluster whose clients write ten times a second.
func busy(seed uint64, features trace.Features) trace.Header {
	header := DefaultHeader(seed)
	header.Timing.ClientInterval = 100 * time.Millisecond
	header.Features = features
	return header
}

func status(t *testing.T, w *World, id raft.ServerID) raft.Status {
	t.Helper()
	s, ok := w.Status(id)
	if !ok {
		t.Fatalf("S%d does not run", id)
	}
	return s
}

func TestServersTakeSnapshotsAndSendThem(t *testing.T) {
	w, r := newWorld(t, busy(1, trace.Features{SnapshotBytes: 200, MaxBatchBytes: 20}))
	id := runToLeader(t, w)
	behind := id%5 + 1
	do(t, w, trace.Command{Kind: trace.Crash, Server: behind})
	w.RunUntil(w.Now()+10*time.Second, nil)
	do(t, w, trace.Command{Kind: trace.Restart, Server: behind})
	w.RunUntil(w.Now()+5*time.Second, nil)
	if r.countCore(raft.SnapshotTaken) < 10 || r.countCore(raft.SnapshotInstalled) == 0 {
		t.Errorf("%d snapshots were taken and %d installed, want many and at least one", r.countCore(raft.SnapshotTaken), r.countCore(raft.SnapshotInstalled))
	}
	s := status(t, w, behind)
	if bytes := logBytes(s.Log); bytes > 300 {
		t.Errorf("the log holds %d bytes, want at most about 200", bytes)
	}
	if s.LastApplied+20 < status(t, w, id).LastApplied {
		t.Errorf("S%d has applied %d entries, the leader %d", behind, s.LastApplied, status(t, w, id).LastApplied)
	}
	if a, b := w.process(behind).replica.Dump(), w.process(id).replica.Dump(); s.LastApplied == status(t, w, id).LastApplied && string(a) != string(b) {
		t.Error("the stores differ")
	}
	chunks := 0
	for _, e := range r.events {
		if m, ok := e.Message.(raft.InstallSnapshot); ok && len(m.Data) > 20 {
			t.Errorf("a chunk of %d bytes", len(m.Data))
		} else if ok {
			chunks++
		}
	}
	if chunks < 3 {
		t.Errorf("the snapshot came in %d chunks", chunks)
	}
}

func logBytes(log []raft.Entry) int {
	bytes := 0
	for _, entry := range log {
		bytes += len(entry.Data)
	}
	return bytes
}

func TestSnapshotByCommand(t *testing.T) {
	w, r := newWorld(t, busy(2, trace.Features{}))
	id := runToLeader(t, w)
	w.RunUntil(w.Now()+2*time.Second, nil)
	before := status(t, w, id).LastApplied
	do(t, w, trace.Command{Kind: trace.Snapshot, Server: id})
	if s := status(t, w, id); s.Snapshot.Index != before || before == 0 || r.countCore(raft.SnapshotTaken) != 1 {
		t.Errorf("the snapshot is up to entry %d, want %d", s.Snapshot.Index, before)
	}
}

func TestReadsWithoutTheLog(t *testing.T) {
	for _, reads := range []trace.Reads{trace.IndexRead, trace.LeaseRead} {
		w, r := newWorld(t, busy(3, trace.Features{Stickiness: true, Reads: reads, MaxClockDrift: 0.1, ClockDrift: 0.1}))
		runToLeader(t, w)
		w.RunUntil(10*time.Second, nil)
		leases, quorums, asked := 0, 0, 0
		for _, e := range r.events {
			switch _, ok := e.Message.(raft.ReadIndex); {
			case ok:
				asked++
			case e.Core.Kind == raft.ReadConfirmed && e.Core.Reason == raft.HeldLease:
				leases++
			case e.Core.Kind == raft.ReadConfirmed:
				quorums++
			}
		}
		if asked < 20 || leases+quorums < 20 || (leases > quorums) != (reads == trace.LeaseRead) {
			t.Errorf("%v: %d reads of followers, %d confirmed by a lease, %d by a quorum", reads, asked, leases, quorums)
		}
	}
}

func TestSpareServerJoinsAndLeaderLeaves(t *testing.T) {
	w, _ := newWorld(t, busy(4, trace.Features{PreVote: true, Spares: 2}))
	id := runToLeader(t, w)
	if s := status(t, w, 5); id > 3 || len(s.Configuration.Voters) != 0 || s.LastApplied != 0 {
		t.Fatalf("S%d leads, and the spare S5 has %+v", id, s.Configuration)
	}
	founders := []raft.ServerID{1, 2, 3}
	w.RunUntil(w.Now()+time.Second, nil)
	do(t, w, trace.Command{Kind: trace.Reconfigure, Voters: founders, Learners: []raft.ServerID{4}})
	w.RunUntil(w.Now()+time.Second, nil)
	do(t, w, trace.Command{Kind: trace.Reconfigure, Voters: append(founders, 4)})
	w.RunUntil(w.Now()+time.Second, nil)
	var others []raft.ServerID
	for _, other := range []raft.ServerID{1, 2, 3, 4} {
		if other != id {
			others = append(others, other)
		}
	}
	do(t, w, trace.Command{Kind: trace.Reconfigure, From: id, Voters: others, Joint: true})
	w.RunUntil(w.Now()+2*time.Second, nil)
	next := w.Leader()
	if next == id || next == raft.None {
		t.Fatalf("S%d leads, and it was S%d that was removed", next, id)
	}
	if c := status(t, w, next).Configuration; len(c.Voters) != 3 || c.IsVoter(id) || c.Outgoing != nil {
		t.Errorf("the membership is %+v", c)
	}
}

func TestTransferByCommand(t *testing.T) {
	w, _ := newWorld(t, DefaultHeader(5))
	id := runToLeader(t, w)
	w.RunUntil(w.Now()+time.Second, nil)
	next := id%5 + 1
	do(t, w, trace.Command{Kind: trace.Transfer, Server: next})
	w.RunUntil(w.Now()+200*time.Millisecond, nil)
	if w.Leader() != next {
		t.Errorf("S%d leads, want S%d", w.Leader(), next)
	}
	if role, ok := w.Role(next); !ok || role != raft.Leader {
		t.Errorf("the role of S%d is %v, %v", next, role, ok)
	}
	if _, ok := w.Role(9); ok {
		t.Error("a server that does not exist has a role")
	}
}

func TestWipedServerStartsFromNothing(t *testing.T) {
	w, r := newWorld(t, busy(6, trace.Features{}))
	id := runToLeader(t, w)
	w.RunUntil(w.Now()+time.Second, nil)
	wiped := id%5 + 1
	do(t, w, trace.Command{Kind: trace.Crash, Server: wiped})
	do(t, w, trace.Command{Kind: trace.Wipe, Server: wiped})
	model := trace.NewModel(w.Header())
	for i := range r.events {
		if err := model.Fold(&r.events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if disk := model.Servers[wiped-1].Disk; len(disk.Log) != 0 || disk.HardState.CurrentTerm != 0 {
		t.Errorf("the model says that the disk holds %+v", disk)
	}
	do(t, w, trace.Command{Kind: trace.Restart, Server: wiped})
	w.RunUntil(w.Now(), nil)
	if s := status(t, w, wiped); len(s.Log) != 0 || s.HardState.CurrentTerm != 0 {
		t.Errorf("it starts with %+v", s)
	}
	// The leader relies on what it was told of that disk. The next one asks anew.
	do(t, w, trace.Command{Kind: trace.Transfer, Server: wiped%5 + 1})
	w.RunUntil(w.Now()+time.Second, nil)
	if s := status(t, w, wiped); s.CommitIndex == 0 {
		t.Error("it did not catch up")
	}
}

// What the servers refuse is told in their own words, and nothing has happened.
func TestServersRefuse(t *testing.T) {
	w, r := newWorld(t, busy(7, trace.Features{Spares: 1}))
	refused := func(c trace.Command, want string) {
		t.Helper()
		w.RunUntil(w.Now(), nil)
		before := len(r.events)
		if err := w.Do(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", c, err, want)
		}
		if len(r.events) != before {
			t.Errorf("%+v was refused and left %d events", c, len(r.events)-before)
		}
	}
	refused(trace.Command{Kind: trace.Transfer, Server: 1}, "no server that runs leads")
	id := runToLeader(t, w)
	w.RunUntil(w.Now()+time.Second, nil)
	other := id%4 + 1
	all := []raft.ServerID{1, 2, 3, 4}
	refused(trace.Command{Kind: trace.Transfer, Server: id}, "refuses: server")
	refused(trace.Command{Kind: trace.Transfer, Server: 5}, "refuses: server 5 is not a voter of the cluster")
	refused(trace.Command{Kind: trace.Transfer, Server: 6}, "there is no server 6")
	refused(trace.Command{Kind: trace.Transfer, Server: id, From: other}, "does not lead")
	refused(trace.Command{Kind: trace.Reconfigure}, "refuses: a cluster needs at least one server that votes")
	refused(trace.Command{Kind: trace.Reconfigure, Voters: []raft.ServerID{1, 9}}, "there is no server 9")
	refused(trace.Command{Kind: trace.Reconfigure, Voters: []raft.ServerID{1, 2, 3, 4, 5}}, "refuses: a server that is to vote has not caught up")
	do(t, w, trace.Command{Kind: trace.Reconfigure, Voters: all, Learners: []raft.ServerID{5}})
	refused(trace.Command{Kind: trace.Reconfigure, Voters: all}, "refuses: the last change of the membership is not committed yet")
	do(t, w, trace.Command{Kind: trace.Transfer, Server: other})
	refused(trace.Command{Kind: trace.Transfer, Server: other}, "refuses: the leader is handing over to another server")
	refused(trace.Command{Kind: trace.Wipe, Server: other}, "runs: crash it before its disk is wiped")
	refused(trace.Command{Kind: trace.Wipe, Server: 7}, "there is no server 7")
	do(t, w, trace.Command{Kind: trace.Crash, Server: other})
	refused(trace.Command{Kind: trace.Snapshot, Server: other}, "has crashed: restart it first")
	refused(trace.Command{Kind: trace.Transfer, Server: id, From: other}, "has crashed")
	do(t, w, trace.Command{Kind: trace.Restart, Server: other})
	if err := w.takeSnapshot(trace.Command{Server: other}); err == nil || !strings.Contains(err.Error(), "has not begun") {
		t.Errorf("a snapshot of a server before its first step: %v", err)
	}
}

func TestClocksDriftNoMoreThanTold(t *testing.T) {
	slowest, fastest := 2.0, 0.0
	for seed := range uint64(100) {
		header := DefaultHeader(seed)
		header.Features.ClockDrift = 0.2
		for id := trace.NodeID(1); id <= 5; id++ {
			c := newClock(header, nodeName(id))
			speed := float64(c.read(time.Hour)) / float64(time.Hour)
			slowest, fastest = min(slowest, speed), max(fastest, speed)
		}
	}
	if apart := 1 - slowest/fastest; apart > 0.2 || apart < 0.15 {
		t.Errorf("the speeds are from %v to %v, %v apart", slowest, fastest, apart)
	}
	chance := random.New(1, "clock")
	for range 1000 {
		c := clock{uint64(chance.Between(trueSpeed*3/4, trueSpeed*5/4))}
		at, d := time.Duration(chance.Below(int64(1000*time.Hour))), time.Duration(chance.Below(int64(time.Second)))
		if moved := c.read(at+c.stretch(d)) - c.read(at); moved < d || moved > d+2 {
			t.Fatalf("a clock of speed %d sleeps for %v and moves on by %v", c.speed, d, moved)
		}
	}
	if c := newClock(DefaultHeader(1), "S1"); c.read(5) != 5 || c.stretch(5) != 5 {
		t.Error("a clock that does not drift goes wrong")
	}
}
