package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// recorder keeps what a session shows.
type recorder struct {
	t      rapid.TB
	header trace.Header
	text   bytes.Buffer
	writer *trace.Writer
	events []trace.Event
	steps  int
}

func begin(t rapid.TB, h trace.Header) (*Session, *recorder) {
	t.Helper()
	r := &recorder{t: t, header: h}
	var err error
	if r.writer, err = trace.NewWriter(&r.text, h); err != nil {
		t.Fatal(err)
	}
	s, err := New(h, r.watch)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func (r *recorder) watch(h Happening) {
	r.events = append(r.events, *h.Event)
	if h.Number != len(r.events) || h.Before.Events != len(r.events)-1 {
		r.t.Fatalf("event %d is shown as number %d, after %d events", len(r.events), h.Number, h.Before.Events)
	}
	if h.Violation != nil {
		r.t.Fatal(h.Violation)
	}
	if h.Step {
		r.steps++
	}
	if err := r.writer.Write(h.Event); err != nil {
		r.t.Fatal(err)
	}
}

// hash is the SHA-256 of all that was shown.
func (r *recorder) hash() string {
	if err := r.writer.Flush(); err != nil {
		r.t.Fatal(err)
	}
	sum := sha256.Sum256(r.text.Bytes())
	return hex.EncodeToString(sum[:])
}

func play(s *Session, real time.Duration, frame time.Duration) {
	for ; real > 0; real -= frame {
		s.Advance(frame, nil)
	}
}

func TestSpeed(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	play(s, time.Second, 16*time.Millisecond)
	if s.Now() != 0 || s.Playing() {
		t.Errorf("a run that was not started is at %v", s.Now())
	}
	s.Play()
	for _, speed := range []float64{MinSpeed, DefaultSpeed, 0.3, MaxSpeed} {
		if err := s.SetSpeed(speed); err != nil {
			t.Fatal(err)
		}
		from := s.Now()
		play(s, 2*time.Second, 10*time.Millisecond)
		want := time.Duration(2e9 * speed)
		if got := s.Now() - from; got < want-2 || got > want+2 {
			t.Errorf("at speed %v, %v passed in two seconds, want %v", speed, got, want)
		}
		if s.Behind() {
			t.Errorf("at speed %v the run is said to be behind", speed)
		}
	}
	for _, speed := range []float64{0, -1, MinSpeed / 2, MaxSpeed * 2, nan()} {
		if err := s.SetSpeed(speed); err == nil || s.Speed() != MaxSpeed {
			t.Errorf("the speed %v was taken", speed)
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// A page that was hidden for an hour goes on where it was.
func TestALongFrameIsNotMadeUpFor(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	s.Play()
	s.Advance(time.Hour, nil)
	if want := time.Duration(float64(longestFrame) * DefaultSpeed); s.Now() != want {
		t.Errorf("after an hour the run is at %v, want %v", s.Now(), want)
	}
}

func TestBehind(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	if err := s.SetSpeed(1); err != nil {
		t.Fatal(err)
	}
	s.Play()
	for range 100 {
		steps := 0
		s.Advance(20*time.Millisecond, func() bool { steps++; return steps < 3 })
	}
	if !s.Behind() {
		t.Errorf("a run that got three steps a frame has come to %v, but is not behind", s.Now())
	}
	s.Pause()
	if s.Behind() {
		t.Error("a run that stands still is behind")
	}
	s.Play()
	play(s, 2*time.Second, 20*time.Millisecond)
	if s.Behind() {
		t.Error("the run has all the time it wants, and is still behind")
	}
}

// How a run is cut into frames and steps, and how commands fall between them,
// makes no difference to the record: from the header and the commands it happens
// again, byte for byte.
func TestTheRecordIsTheRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := wasmnet.DefaultHeader(rapid.Uint64().Draw(t, "seed"))
		h.Servers = rapid.IntRange(1, 5).Draw(t, "servers")
		s, r := begin(t, h)
		defer s.Close()
		if err := s.SetSpeed(1); err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for range rapid.IntRange(1, 25).Draw(t, "deeds") {
			switch rapid.IntRange(0, 3).Draw(t, "deed") {
			case 0:
				s.Play()
				left := rapid.IntRange(1, 400).Draw(t, "budget")
				s.Advance(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms"))*time.Millisecond, func() bool { left--; return left > 0 })
			case 1:
				left := 500 // if nobody is left, nothing has words any more
				s.Step(func() bool { left--; return left > 0 })
			case 2:
				s.Pause()
			case 3:
				kind := rapid.SampledFrom([]trace.CommandKind{trace.Crash, trace.Restart, trace.Pause, trace.Resume, trace.TimeOut, trace.HealAll, trace.Write}).Draw(t, "command")
				id := raft.ServerID(rapid.IntRange(1, h.Servers).Draw(t, "server"))
				if s.Do(trace.Command{Kind: kind, Server: id, Key: "k", Value: "v"}) == nil {
					accepted++
				}
			}
			if s.Err() != nil {
				t.Fatal(s.Err())
			}
			if s.Now() < s.Model().Now {
				t.Fatalf("it is %v, but the model is at %v", s.Now(), s.Model().Now)
			}
		}
		if got := len(s.Record().Commands); got != accepted {
			t.Fatalf("%d commands were taken, and %d are in the record", accepted, got)
		}
		var again bytes.Buffer
		if err := s.WriteTrace(&again); err != nil {
			t.Fatal(err)
		}
		shown := r.hash()
		if !bytes.Equal(again.Bytes(), r.text.Bytes()) {
			t.Fatal("what the record makes happen is not what was shown")
		}
		hash, err := s.Hash(s.Now())
		if err != nil || hash != shown {
			t.Fatalf("the hash is %s, %v; want %s", hash, err, shown)
		}
	})
}

func TestHashUpToATime(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	never := func() bool { return false }
	s.RunUntil(time.Second, never)
	at, err := s.Hash(s.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.RunUntil(2*time.Second, never)
	again, err := s.Hash(time.Second)
	if err != nil || again != at {
		t.Errorf("the hash up to one second was %s and is now %s, %v", at, again, err)
	}
	later, err := s.Hash(2 * time.Second)
	if err != nil || later == at {
		t.Errorf("two seconds have the hash of one: %v", err)
	}
	for _, at := range []time.Duration{-1, 2*time.Second + 1} {
		if _, err := s.Hash(at); err == nil {
			t.Errorf("there is a hash of %v", at)
		}
	}
}

// A step is one event that has words; nothing after it is shown, and what is
// shown without words before it belongs to it.
func TestStep(t *testing.T) {
	s, r := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	always := func() bool { return true }
	for n := 1; n <= 300; n++ {
		before := len(r.events)
		if !s.Step(always) {
			t.Fatalf("step %d found nothing", n)
		}
		if r.steps != n || len(r.events) == before {
			t.Fatalf("after %d steps, %d were shown", n, r.steps)
		}
		if last := r.events[len(r.events)-1]; s.Now() != last.At {
			t.Fatalf("the step ends at %v, and it is %v", last.At, s.Now())
		}
	}
	if s.Now() < 200*time.Millisecond {
		t.Errorf("300 steps led only to %v", s.Now())
	}
	if s.Step(func() bool { return false }) && len(r.events) == 0 {
		t.Error("a step without time found something")
	}
}

// Who gives a command in the middle of a step gives it to the whole moment.
func TestACommandAfterAStep(t *testing.T) {
	s, r := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	for range 40 {
		s.Step(func() bool { return true })
		at := s.Now()
		if err := s.Do(trace.Command{Kind: trace.HealAll}); err != nil {
			t.Fatal(err)
		}
		if last := s.Record().Commands; last[len(last)-1].At != at {
			t.Fatalf("a command given at %v took effect at %v", at, last[len(last)-1].At)
		}
	}
	shown := r.hash()
	if hash, err := s.Hash(s.Now()); err != nil || hash != shown {
		t.Errorf("the hash is %s, %v; want %s", hash, err, shown)
	}
}

// What a command does at once is seen at once, even if the clock stands still.
func TestCommandsShowWhileTheClockStandsStill(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	s.RunUntil(time.Second, func() bool { return false })
	at := s.Now()
	for _, c := range []trace.Command{{Kind: trace.Crash, Server: 2}, {Kind: trace.Restart, Server: 2}} {
		if err := s.Do(c); err != nil {
			t.Fatal(err)
		}
		if alive := s.Model().Servers[1].Alive; alive != (c.Kind == trace.Restart) {
			t.Errorf("after %v, S2 is alive: %v", c.Kind, alive)
		}
	}
	if s.Now() != at {
		t.Errorf("the clock has gone on to %v", s.Now())
	}
	if err := s.Do(trace.Command{Kind: trace.Restart, Server: 2}); err == nil || len(s.Record().Commands) != 2 {
		t.Errorf("restarting a server that runs: %v", err)
	}
}

// A bug breaks the run and not the page, and tells how to repeat it.
func TestBreak(t *testing.T) {
	s, _ := begin(t, wasmnet.DefaultHeader(7))
	defer s.Close()
	s.Play()
	play(s, 2*time.Second, 20*time.Millisecond)
	if err := s.Do(trace.Command{Kind: trace.Crash, Server: 2}); err != nil {
		t.Fatal(err)
	}
	s.guard(func() { panic("index out of range") })
	var failure *Failure
	if !errors.As(s.Err(), &failure) || s.Playing() {
		t.Fatalf("the run has the error %v and plays: %v", s.Err(), s.Playing())
	}
	text := s.Err().Error()
	if !strings.Contains(text, "index out of range") || !strings.Contains(text, `"seed":7`) || !strings.Contains(text, `"kind":"Crash"`) {
		t.Errorf("the error says %q", text)
	}
	_, repeat, _ := strings.Cut(text, "To repeat it: ")
	var run wasmnet.Run
	if err := json.Unmarshal([]byte(repeat), &run); err != nil || run.For != s.Now() {
		t.Errorf("what to repeat is %+v: %v", run, err)
	}
	now := s.Now()
	s.Play()
	s.Advance(time.Second, nil)
	if s.Now() != now || s.Playing() || s.Step(func() bool { return true }) || s.Do(trace.Command{Kind: trace.HealAll}) == nil {
		t.Error("a broken run goes on")
	}
	if errors.Unwrap(s.Err()) == nil {
		t.Error("the cause is lost")
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	h := wasmnet.DefaultHeader(1)
	h.Servers = 0
	if _, err := New(h, func(Happening) {}); err == nil || !strings.Contains(err.Error(), "making the cluster") {
		t.Errorf("a cluster of no servers: %v", err)
	}
}

// At the usual speed a frame makes next to nothing happen, and what it makes
// happen costs next to nothing.
func BenchmarkAdvance(b *testing.B) {
	for _, servers := range []int{5, 21} {
		b.Run(fmt.Sprintf("%d servers", servers), func(b *testing.B) {
			h := wasmnet.DefaultHeader(7)
			h.Servers = servers
			s, err := New(h, func(Happening) {})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			s.Play()
			for b.Loop() {
				s.Advance(time.Second/60, nil)
			}
		})
	}
}

// How fast a run is repeated, which is what rewinding and exporting cost.
func BenchmarkRepeatSecond(b *testing.B) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), For: time.Second}
	for b.Loop() {
		if _, err := Hash(run); err != nil {
			b.Fatal(err)
		}
	}
}
