package check

import (
	"bytes"
	"testing"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// FuzzObserve shows the checker whatever can be read as a trace. It may find
// what it likes, but must neither panic nor find a rule that is none.
func FuzzObserve(f *testing.F) {
	for _, e := range examples() {
		x, y := newTape(f, 3), newTape(f, 3)
		e.before(x)
		e.fine(x)
		f.Add(recording(f, x.events))
		e.before(y)
		e.broken(y)
		if e.rule != CoherentRecord {
			f.Add(recording(f, y.events))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := trace.NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		c := New(r.Header())
		var e trace.Event
		for r.Read(&e) == nil {
			if v := c.Observe(&e); v != nil {
				if _, ok := RuleNamed(v.Rule); !ok || v.Text == "" {
					t.Fatalf("got %v", v)
				}
			}
		}
	})
}

func recording(f *testing.F, events []trace.Event) []byte {
	var out bytes.Buffer
	w, err := trace.NewWriter(&out, trace.Header{Version: trace.Version, Servers: 3, Clients: 1})
	if err != nil {
		f.Fatal(err)
	}
	for i := range events {
		if err := w.Write(&events[i]); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	return out.Bytes()
}

// A round of replication, over and over: what a check costs must not depend on
// how long the run is.
func BenchmarkObserve(b *testing.B) {
	x := newTape(b, 3)
	x.elect(1, 1, 2)
	for range 10_000 {
		x.add(1, 1)
		x.save(1)
		x.replicate(1, 2)
		index, _ := end(x.server(1))
		x.commit(1, index, raft.CountedMajority)
		x.apply(1, entry(index, 1))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var c *Checker
	for i := range b.N {
		if i%len(x.events) == 0 {
			c = New(trace.Header{Version: trace.Version, Servers: 3, Clients: 1})
		}
		if v := c.Observe(&x.events[i%len(x.events)]); v != nil {
			b.Fatal(v)
		}
	}
}
