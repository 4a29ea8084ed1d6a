package lesson

import (
	"testing"
	"time"

	"raftarium/assets"
	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// learner goes through a lesson in the real world.
type learner struct {
	*Attempt
	t        *testing.T
	w        *wasmnet.World
	m        *trace.Model
	timedOut raft.ServerID // the first to lose patience
}

// begin opens a lesson as the page does: its run, up to where the learner takes
// over.
func begin(t *testing.T, id string) *learner {
	t.Helper()
	course, err := Load(assets.Lessons)
	if err != nil {
		t.Fatal(err)
	}
	l, err := course.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return beginIn(t, l, l.Header)
}

func beginIn(t *testing.T, l *Lesson, h trace.Header) *learner {
	t.Helper()
	x := &learner{Attempt: l.Begin(h.Servers), t: t, m: trace.NewModel(h)}
	w, err := wasmnet.New(h, x.observe)
	if err != nil {
		t.Fatal(err)
	}
	x.w = w
	t.Cleanup(w.Close)
	x.until(func() bool { return l.Ready(x.m) })
	return x
}

func (x *learner) observe(e *trace.Event) {
	if x.timedOut == raft.None && e.Kind == trace.ServerStep && e.Core.Kind == raft.ElectionTimedOut {
		x.timedOut = e.Core.Server
	}
	x.Attempt.Observe(x.m, e)
	if err := x.m.Fold(e); err != nil {
		x.t.Error(err)
	}
}

// wait lets virtual time pass.
func (x *learner) wait(d time.Duration) { x.w.RunUntil(x.w.Now()+d, nil) }

// until lets the run go on until something is so, or for five seconds.
func (x *learner) until(so func() bool) {
	x.t.Helper()
	for end := x.w.Now() + 5*time.Second; !so(); x.wait(time.Millisecond) {
		if x.w.Now() > end {
			x.t.Fatalf("after 5 s of waiting: steps %v, hint %q", x.ticks(), x.Hint(end+time.Hour))
		}
	}
}

// untilStep waits for a step to be ticked off, counted from 1.
func (x *learner) untilStep(n int) {
	x.t.Helper()
	x.until(func() bool { return x.ticks()[n-1] })
}

func (x *learner) do(c trace.Command) {
	x.t.Helper()
	if err := x.w.Do(c); err != nil {
		x.t.Fatal(err)
	}
}

func (x *learner) predict(choice int) {
	x.t.Helper()
	if err := x.Predict(choice); err != nil {
		x.t.Fatal(err)
	}
}

func (x *learner) ticks() []bool { return x.goal.steps() }

// leader is the running leader of the highest term.
func (x *learner) leader() raft.ServerID {
	best, term := raft.None, raft.Term(0)
	for i := range x.m.Servers {
		s := &x.m.Servers[i]
		if s.Alive && !s.Paused && s.Role == raft.Leader && s.Term > term {
			best, term = s.ID, s.Term
		}
	}
	return best
}

// wantTicks compares which steps are ticked off.
func (x *learner) wantTicks(want ...bool) {
	x.t.Helper()
	got := x.ticks()
	for i := range want {
		if got[i] != want[i] {
			x.t.Fatalf("the steps are %v, want %v", got, want)
		}
	}
}

// wantHint wants a hint by name, at once or after asking.
func (x *learner) wantHint(name string, urgent bool) {
	x.t.Helper()
	got, now := x.goal.missing()
	if got != name || now != urgent {
		x.t.Errorf("the hint is %q, urgent %v; want %q, %v", got, now, name, urgent)
	}
}

// others are the servers without those given.
func (x *learner) others(without ...raft.ServerID) []raft.ServerID {
	var ids []raft.ServerID
next:
	for i := range x.m.Servers {
		id := x.m.Servers[i].ID
		for _, w := range without {
			if id == w {
				continue next
			}
		}
		ids = append(ids, id)
	}
	return ids
}
