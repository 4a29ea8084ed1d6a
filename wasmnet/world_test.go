package wasmnet

import (
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

func TestSteadyClusterElectsALeaderAndServes(t *testing.T) {
	kinds := map[trace.Kind]int{}
	core := map[raft.EventKind]int{}
	w, err := New(DefaultHeader(7), func(e *trace.Event) {
		kinds[e.Kind]++
		if e.Kind == trace.ServerStep {
			core[e.Core.Kind]++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.RunUntil(10*time.Second, nil)
	leaders := 0
	for id := 1; id <= 5; id++ {
		s, _ := w.Status(raft.ServerID(id))
		if s.Role == raft.Leader {
			leaders++
		}
		t.Log(id, s.Role, s.HardState, s.CommitIndex, s.LastApplied, len(s.Log))
	}
	if leaders != 1 {
		t.Errorf("%d leaders after 10 s", leaders)
	}
	t.Log(kinds, core, w.Switches())
}
