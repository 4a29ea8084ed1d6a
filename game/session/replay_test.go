package session

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/check"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// beginReplay begins a replay; what is recorded of it ends with the record.
func beginReplay(t rapid.TB, run wasmnet.Run) (*Session, *recorder) {
	t.Helper()
	r := &recorder{t: t, header: run.Header}
	var err error
	if r.writer, err = trace.NewWriter(&r.text, run.Header); err != nil {
		t.Fatal(err)
	}
	s, err := NewReplay(run, func(h Happening) {
		if run.For == 0 || h.Event.At <= run.For {
			r.watch(h)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Begin()
	return s, r
}

func anyRecord(t *rapid.T) wasmnet.Run {
	h := wasmnet.DefaultHeader(rapid.Uint64().Draw(t, "seed"))
	h.Servers = rapid.IntRange(1, 5).Draw(t, "servers")
	h.Timing.ClientInterval = 50 * time.Millisecond
	h.Network.Loss = rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "loss")
	run := wasmnet.Run{Header: h, For: time.Duration(rapid.IntRange(1, 1500).Draw(t, "for")) * time.Millisecond}
	server := func() raft.ServerID { return raft.ServerID(rapid.IntRange(1, h.Servers).Draw(t, "server")) }
	for range rapid.IntRange(0, 30).Draw(t, "commands") {
		c := trace.Command{At: time.Duration(rapid.IntRange(0, 80).Draw(t, "at")) * 20 * time.Millisecond, Key: "k", Value: "v"}
		c.Kind = rapid.SampledFrom([]trace.CommandKind{trace.Crash, trace.Restart, trace.Pause, trace.Resume, trace.TimeOut, trace.Cut, trace.HealAll, trace.Write, trace.Drop, trace.Duplicate}).Draw(t, "command")
		c.Server, c.From, c.To = server(), server(), server()
		c.Packet = trace.PacketID(rapid.IntRange(1, 200).Draw(t, "packet"))
		run.Commands = append(run.Commands, c)
	}
	return run
}

// How a replay is cut into frames and steps, and at which speed, makes no
// difference: the trace is that of Play, byte for byte, and the clock stops at its
// end.
func TestAReplayIsTheRecordHoweverItIsSliced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := anyRecord(t)
		s, r := beginReplay(t, run)
		defer s.Close()
		for range rapid.IntRange(0, 40).Draw(t, "deeds") {
			if _, replaying := s.Replay(); !replaying {
				break
			}
			switch rapid.IntRange(0, 4).Draw(t, "deed") {
			case 0, 1:
				s.Play()
				left := rapid.IntRange(0, 300).Draw(t, "budget")
				s.Advance(time.Duration(rapid.IntRange(1, 250).Draw(t, "ms"))*time.Millisecond, func() bool { left--; return left > 0 })
			case 2:
				left := rapid.IntRange(0, 300).Draw(t, "patience")
				s.Step(func() bool { left--; return left > 0 })
			case 3:
				s.Pause()
			case 4:
				if err := s.SetSpeed(rapid.SampledFrom([]float64{MinSpeed, DefaultSpeed, MaxSpeed}).Draw(t, "speed")); err != nil {
					t.Fatal(err)
				}
			}
		}
		finish(t, s, run)
		var want bytes.Buffer
		if err := WriteTrace(run, &want); err != nil {
			t.Fatal(err)
		}
		r.hash()
		if !bytes.Equal(r.text.Bytes(), want.Bytes()) {
			t.Fatalf("the replay of %+v showed\n%s\nand not\n%s", run, r.text.Bytes(), want.Bytes())
		}
		if hash, err := s.Hash(run.For); err != nil || hash != r.hash() {
			t.Fatalf("its own hash is %s, %v, and not %s", hash, err, r.hash())
		}
	})
}

// finish plays a replay to its end, where the clock must stand still.
func finish(t rapid.TB, s *Session, run wasmnet.Run) {
	t.Helper()
	if err := s.SetSpeed(MaxSpeed); err != nil {
		t.Fatal(err)
	}
	replaying := true
	for range 100 {
		if _, replaying = s.Replay(); !replaying {
			break
		}
		s.Play()
		s.Advance(20*time.Millisecond, nil)
	}
	if replaying || s.Err() != nil {
		t.Fatalf("at %v the replay of a run of %v has not ended: %v", s.Now(), run.For, s.Err())
	}
	if s.Playing() {
		t.Fatalf("the clock goes on after the end of the record, %v, at %v", run.For, s.Now())
	}
	s.Pause()
}

func TestAReplayTellsHowFarItIs(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), For: time.Second, Commands: []trace.Command{
		{At: 600 * time.Millisecond, Kind: trace.Restart, Server: 2}, // out of order
		{At: 300 * time.Millisecond, Kind: trace.Crash, Server: 2},
		{At: 301 * time.Millisecond, Kind: trace.Crash, Server: 2}, // refused
		{At: 2 * time.Second, Kind: trace.Crash, Server: 3},        // after the end
	}}
	s, _ := beginReplay(t, run)
	defer s.Close()
	if got, ok := s.Replay(); !ok || got != (Replay{Of: 3, Until: time.Second}) {
		t.Errorf("at the beginning: %+v, %v", got, ok)
	}
	s.RunUntil(500*time.Millisecond, func() bool { return false })
	if got, _ := s.Replay(); got.Given != 2 || s.Model().Servers[1].Alive {
		t.Errorf("in the middle: %+v", got)
	}
	if refused := s.Refused(); len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), "S2 has crashed already") {
		t.Errorf("refused: %+v", refused)
	}
	finish(t, s, run)
	if s.Now() != time.Second || !s.Model().Servers[1].Alive {
		t.Errorf("it ended at %v", s.Now())
	}
	s.Play()
	s.Advance(100*time.Millisecond, nil)
	if s.Now() != 1100*time.Millisecond || !s.Playing() {
		t.Errorf("after the end it goes on to %v", s.Now())
	}
}

// Who gives a command takes the run over; a refused command takes nothing.
func TestACommandEndsTheReplay(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), For: time.Second, Commands: []trace.Command{
		{At: 300 * time.Millisecond, Kind: trace.Crash, Server: 2},
		{At: 600 * time.Millisecond, Kind: trace.Crash, Server: 3},
	}}
	s, _ := beginReplay(t, run)
	defer s.Close()
	never := func() bool { return false }
	s.RunUntil(400*time.Millisecond, never)
	if err := s.Do(trace.Command{Kind: trace.Crash, Server: 2}); err == nil {
		t.Fatal("S2 crashed twice")
	}
	if _, replaying := s.Replay(); !replaying {
		t.Error("a refused command ended the replay")
	}
	if err := s.Do(trace.Command{Kind: trace.Crash, Server: 4}); err != nil {
		t.Fatal(err)
	}
	if _, replaying := s.Replay(); replaying {
		t.Error("the replay goes on after a command")
	}
	s.Play()
	s.RunUntil(2*time.Second, never)
	if m := s.Model(); !m.Servers[2].Alive || m.Servers[1].Alive || m.Servers[3].Alive || !s.Playing() || s.Now() != 2*time.Second {
		t.Errorf("at %v: %+v", s.Now(), m.Servers)
	}
}

// A record without an end, and one without anything.
func TestARecordWithoutAnEnd(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), Commands: []trace.Command{{At: 100 * time.Millisecond, Kind: trace.Crash, Server: 2}}}
	s, _ := beginReplay(t, run)
	defer s.Close()
	if err := s.SetSpeed(1); err != nil {
		t.Fatal(err)
	}
	s.Play()
	s.Advance(200*time.Millisecond, nil)
	if _, replaying := s.Replay(); replaying || !s.Playing() || s.Model().Servers[1].Alive {
		t.Errorf("after the last command it replays: %v, plays: %v", replaying, s.Playing())
	}
	empty, _ := beginReplay(t, wasmnet.Run{Header: run.Header})
	defer empty.Close()
	if _, replaying := empty.Replay(); replaying {
		t.Error("there is nothing to replay, and still it is replayed")
	}
}

// At an event that breaks a rule the clock stops, and what comes after it in the same
// frame is shown when the run goes on.
func TestAReplayStopsAtAViolation(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), For: time.Minute}
	s, r := beginReplay(t, run)
	defer s.Close()
	s.checker = lying(t, run.Header)
	if err := s.SetSpeed(1); err != nil {
		t.Fatal(err)
	}
	var found *check.Violation
	s.watch = func(h Happening) {
		if found == nil {
			found = h.Violation
		}
		h.Violation = nil
		r.watch(h)
	}
	s.Play()
	for range 1000 {
		if s.Advance(20*time.Millisecond, nil); !s.Playing() {
			break
		}
	}
	if found == nil || s.Playing() || s.Now() != found.At {
		t.Fatalf("at %v, after %v, it plays: %v", s.Now(), found, s.Playing())
	}
	s.Play()
	for range 10 {
		s.Advance(20*time.Millisecond, nil)
	}
	if hash, err := s.Hash(s.Now()); err != nil || hash != r.hash() || !s.Playing() {
		t.Errorf("after the violation the hash is %s, %v", hash, err)
	}
}

// lying is a checker that believes in a leader of the first term who was never
// there, so that the real one breaks Election Safety.
func lying(t *testing.T, h trace.Header) *check.Checker {
	t.Helper()
	leader := raft.None
	_, err := wasmnet.Run{Header: h, For: 10 * time.Second}.Play(func(e *trace.Event) {
		if e.Core.Kind == raft.BecameLeader && e.Core.Term == 1 {
			leader = e.Core.Server
		}
	}, nil)
	if err != nil || leader == raft.None {
		t.Fatalf("the first leader is S%d, %v", leader, err)
	}
	other := leader%raft.ServerID(h.Servers) + 1
	c := check.New(h)
	c.Observe(&trace.Event{Kind: trace.ServerStep, Core: raft.Event{Kind: raft.BecameLeader, Server: other, Term: 1}})
	return c
}
