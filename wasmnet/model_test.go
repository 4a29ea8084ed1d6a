package wasmnet

import (
	"bytes"
	"io"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
)

// The model is folded from the trace alone. Here it is compared, at many moments of
// runs with every kind of trouble, with what the servers, disks and the
// network themselves say.
func TestModelIsWhatServersReport(t *testing.T) {
	for seed := range uint64(24) {
		compareRun(t, seed)
	}
}

func compareRun(t *testing.T, seed uint64) {
	header := DefaultHeader(seed)
	header.Servers = 1 + int(seed%7)
	header.Timing.ClientInterval = 100 * time.Millisecond
	header.Network.Loss, header.Network.Duplicate, header.Network.Reorder = 0.05, 0.05, 0.1
	if seed >= 12 {
		header.Features = trace.Features{
			PreVote: seed%2 == 0, CheckQuorum: seed%3 == 0, Stickiness: true, MaxBatchBytes: 40, SnapshotBytes: 200,
			Reads: trace.Reads(seed % 3), Spares: (header.Servers - 1) / 3,
		}
	}
	model := trace.NewModel(header)
	w, err := New(header, func(e *trace.Event) {
		if err := model.Fold(e); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	trouble := random.New(seed, "trouble")
	for w.Now() < 10*time.Second && !t.Failed() {
		w.RunUntil(w.Now()+time.Duration(trouble.Below(int64(20*time.Millisecond))), nil)
		compareServers(t, w, model)
		compareNetwork(t, w, model)
		if trouble.Below(20) == 0 {
			doSomething(w, trouble)
		}
	}
	if t.Failed() {
		t.Fatalf("seed %d, at %v", seed, w.Now())
	}
}

// doSomething gives a command, which the world may refuse.
func doSomething(w *World, trouble *random.Stream) {
	any := func() raft.ServerID { return raft.ServerID(trouble.Between(1, int64(w.header.Servers))) }
	switch trouble.Below(11) {
	case 9, 10:
		somethingNew(w, trouble)
	case 0, 1:
		w.Do(trace.Command{Kind: trace.Crash, Server: any()})
	case 2, 3:
		for id := 1; id <= w.header.Servers; id++ {
			w.Do(trace.Command{Kind: trace.Restart, Server: raft.ServerID(id)})
			w.Do(trace.Command{Kind: trace.Resume, Server: raft.ServerID(id)})
		}
	case 4:
		w.Do(trace.Command{Kind: trace.Pause, Server: any()})
	case 5:
		w.Do(trace.Command{Kind: trace.Cut, From: any(), To: any()})
	case 6:
		w.Do(trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{any()}}})
	case 7:
		w.Do(trace.Command{Kind: trace.HealAll})
	case 8:
		w.Do(trace.Command{Kind: trace.TimeOut, Server: any()})
	}
}

func compareServers(t *testing.T, w *World, model *trace.Model) {
	t.Helper()
	for i := range model.Servers {
		s := &model.Servers[i]
		p := w.process(s.ID)
		if !sameLog(s.Disk.Log, p.disk.stored.Log) && s.Writing == nil || s.Disk.HardState != p.disk.stored.HardState && s.Writing == nil {
			t.Errorf("S%d: the disk holds %+v, the model says %+v", s.ID, p.disk.stored, s.Disk)
		}
		status, ok := w.Status(s.ID)
		if s.Alive != p.alive {
			t.Errorf("S%d: alive is %v, the model says %v", s.ID, p.alive, s.Alive)
		}
		if !ok || !s.Alive {
			continue
		}
		compareStatus(t, s, status)
		if role, term, leader := p.server.Leadership(); role != status.Role || term != status.HardState.CurrentTerm || leader != status.Leader {
			t.Errorf("S%d: Leadership says %v of term %d led by %d, and Status %+v", s.ID, role, term, leader, status)
		}
		if paused := p.group.Paused(); s.Paused != paused {
			t.Errorf("S%d: paused is %v, the model says %v", s.ID, paused, s.Paused)
		}
	}
}

// somethingNew gives a command to a server, which may refuse it too.
func somethingNew(w *World, trouble *random.Stream) {
	c := trace.Command{Kind: trace.Reconfigure, Joint: trouble.Chance(0.5)}
	switch trouble.Below(4) {
	case 0:
		c = trace.Command{Kind: trace.Transfer}
	case 1:
		c = trace.Command{Kind: trace.Snapshot}
	default:
		for id := raft.ServerID(1); int(id) <= w.header.Servers; id++ {
			if trouble.Chance(0.8) {
				c.Voters = append(c.Voters, id)
			} else {
				c.Learners = append(c.Learners, id)
			}
		}
	}
	if c.Kind != trace.Reconfigure {
		c.Server = raft.ServerID(trouble.Between(1, int64(w.header.Servers)))
	}
	w.Do(c)
}

func sameLog(a, b []raft.Entry) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

func compareStatus(t *testing.T, s *trace.Server, status raft.Status) {
	t.Helper()
	same := func(what string, model, server any) {
		t.Helper()
		if !reflect.DeepEqual(model, server) {
			t.Errorf("S%d: %s is %v, the model says %v", s.ID, what, server, model)
		}
	}
	same("role", s.Role, status.Role)
	same("end of the snapshot", s.SnapshotIndex, status.Snapshot.Index)
	same("membership", s.Configuration, status.Configuration)
	same("term", s.Term, status.HardState.CurrentTerm)
	same("votedFor", s.VotedFor, status.HardState.VotedFor)
	same("leader", s.Leader, status.Leader)
	same("commitIndex", s.CommitIndex, status.CommitIndex)
	same("lastApplied", s.LastApplied, status.LastApplied)
	same("last heard", s.TimerStart, status.LastHeard)
	same("timeout", s.Timeout, status.Timeout)
	if !sameLog(s.Log, status.Log) {
		same("log", s.Log, status.Log)
	}
	compareVotes(same, s, status)
	compareProgress(same, s, status)
}

func compareVotes(same func(string, any, any), s *trace.Server, status raft.Status) {
	if status.Role != raft.Candidate {
		same("number of votes", len(s.Votes)+len(s.Refused), len(status.Votes))
		return
	}
	votes := map[raft.ServerID]bool{}
	for _, id := range s.Votes {
		votes[id] = true
	}
	for _, id := range s.Refused {
		votes[id] = false
	}
	same("votes", votes, status.Votes)
}

func compareProgress(same func(string, any, any), s *trace.Server, status raft.Status) {
	if status.Role != raft.Leader {
		same("number of nextIndex", len(s.NextIndex)+len(s.MatchIndex), len(status.NextIndex)+len(status.MatchIndex))
		return
	}
	for _, id := range slices.Sorted(maps.Keys(status.NextIndex)) {
		same("nextIndex", s.NextIndex[id-1], status.NextIndex[id])
		same("matchIndex", s.MatchIndex[id-1], status.MatchIndex[id])
	}
}

func compareNetwork(t *testing.T, w *World, model *trace.Model) {
	t.Helper()
	var ids []trace.PacketID
	for i := range model.Packets {
		p := &model.Packets[i]
		ids = append(ids, p.ID)
		if real := w.network.find(p.ID); real != nil && (real.arrivesAt != p.ArrivesAt || real.sentAt != p.SentAt) {
			t.Errorf("packet %d: is in flight from %v to %v, the model says %v to %v", p.ID, real.sentAt, real.arrivesAt, p.SentAt, p.ArrivesAt)
		}
	}
	if real := w.PacketsInFlight(); !slices.Equal(ids, real) {
		t.Errorf("packets in flight are %v, the model says %v", real, ids)
	}
	for from := 1; from <= w.header.Servers; from++ {
		for to := 1; to <= w.header.Servers; to++ {
			is := w.network.isCut(trace.NodeID(from), trace.NodeID(to))
			if says := model.IsCut(raft.ServerID(from), raft.ServerID(to)); from != to && is != says {
				t.Errorf("S%d to S%d: cut is %v, the model says %v", from, to, is, says)
			}
		}
	}
}

// A clone must stay what it is while the original goes on, and must itself go on
// as the original did.
func TestClonesOfTheModelAreIndependent(t *testing.T) {
	header := DefaultHeader(7)
	header.Timing.ClientInterval = 100 * time.Millisecond
	header.Network.Loss, header.Network.Duplicate, header.Network.Reorder = 0.05, 0.05, 0.1
	var events []trace.Event
	model := trace.NewModel(header)
	var clones []*trace.Model
	w, err := New(header, func(e *trace.Event) {
		events = append(events, *e)
		if err := model.Fold(e); err != nil {
			t.Error(err)
		}
		if len(events)%199 == 0 {
			clones = append(clones, model.Clone())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	trouble := random.New(7, "trouble")
	for w.Now() < 10*time.Second {
		w.RunUntil(w.Now()+100*time.Millisecond, nil)
		doSomething(w, trouble)
	}
	if len(clones) < 5 {
		t.Fatalf("%d clones are too few for a test", len(clones))
	}
	fresh, next := trace.NewModel(header), 0
	for _, clone := range clones {
		foldAll(t, fresh, events[next:clone.Events])
		next = clone.Events
		if !reflect.DeepEqual(clone, fresh) {
			t.Errorf("after %d events: the clone is not what a fold up to there gives", clone.Events)
		}
	}
	for _, clone := range clones {
		foldAll(t, clone, events[clone.Events:])
		if !reflect.DeepEqual(clone, model) {
			t.Error("a clone went on to something else than the original")
		}
	}
}

func foldAll(t *testing.T, model *trace.Model, events []trace.Event) {
	t.Helper()
	for i := range events {
		if err := model.Fold(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
}

// A run that is written down and read again is the same run, event by event.
func TestRecordedRunComesBackAsItWas(t *testing.T) {
	header := DefaultHeader(8)
	header.Timing.ClientInterval = 100 * time.Millisecond
	header.Network.Loss, header.Network.Duplicate, header.Network.Reorder = 0.05, 0.05, 0.1
	var file bytes.Buffer
	writer, err := trace.NewWriter(&file, header)
	if err != nil {
		t.Fatal(err)
	}
	var events []trace.Event
	w, err := New(header, func(e *trace.Event) {
		events = append(events, *e)
		if err := writer.Write(e); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	trouble := random.New(8, "trouble")
	for w.Now() < 5*time.Second {
		w.RunUntil(w.Now()+100*time.Millisecond, nil)
		doSomething(w, trouble)
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	size := file.Len()
	reader, err := trace.NewReader(&file)
	if err != nil || reader.Header() != header {
		t.Fatalf("the header came back as %+v, %v", reader.Header(), err)
	}
	for i := range events {
		var e trace.Event
		if err := reader.Read(&e); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e, events[i]) {
			t.Fatalf("event %d was\n%+v, and came back as\n%+v", i+1, events[i], e)
		}
	}
	if err := reader.Read(new(trace.Event)); err != io.EOF {
		t.Errorf("after the last event: %v", err)
	}
	t.Logf("%d events, %d bytes each", len(events), size/len(events))
}
