package wasmnet

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// The hashes that the traces of the scenarios must have on every platform: one
// line each, a name and a hash. After a change that is meant to change runs,
// go test ./wasmnet -run Scenarios -update writes them anew.
//
//go:embed testdata/scenarios.sha256
var goldenHashes string

var update = flag.Bool("update", false, "write testdata/scenarios.sha256 anew")

// runs is how often each scenario is played to see that it is always the same.
// Under Node, which is slower, it is enough to have the same hash as natively.
func runs() int {
	if runtime.GOOS == "js" {
		return 2
	}
	return 20
}

func TestScenariosAreTheSameEverywhere(t *testing.T) {
	var hashes strings.Builder
	for _, name := range ScenarioNames() {
		run, err := Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		first := play(t, run)
		fmt.Fprintf(&hashes, "%s %s\n", name, first)
		for range runs() - 1 {
			if again := play(t, run); again != first {
				t.Fatalf("%s: one run has the hash %s and another %s", name, first, again)
			}
		}
	}
	if *update {
		if err := os.WriteFile("testdata/scenarios.sha256", []byte(hashes.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if hashes.String() != goldenHashes {
		t.Errorf("the hashes are\n%sbut should be\n%s(if runs were meant to change: go test ./wasmnet -run Scenarios -update)", hashes.String(), goldenHashes)
	}
}

// play plays a run and returns the hash of its trace.
func play(t *testing.T, run Run) string {
	t.Helper()
	h := newHasher(run.Header)
	if _, err := run.Play(h.observe, nil); err != nil {
		t.Fatal(err)
	}
	return h.sum(t)
}

// The scenarios are worth their names: all that can befall a cluster in a world
// does in one of them, and a server takes every step of the paper's Figure 2.
func TestScenariosShowEverything(t *testing.T) {
	kinds := map[trace.Kind]bool{}
	steps := map[raft.EventKind]bool{}
	for _, name := range ScenarioNames() {
		run, err := Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run.Play(func(e *trace.Event) {
			kinds[e.Kind] = true
			steps[e.Core.Kind] = true
		}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for kind := trace.ServerStep; kind <= trace.ClientReturned; kind++ {
		if !kinds[kind] {
			t.Errorf("no scenario shows %v", kind)
		}
	}
	for _, step := range []raft.EventKind{
		raft.Started, raft.TimerReset, raft.ElectionTimedOut, raft.BecameFollower, raft.BecameCandidate, raft.BecameLeader,
		raft.VoteGranted, raft.VoteRefused, raft.VoteReceived, raft.VoteDenied, raft.HeartbeatsSent, raft.EntryAppended,
		raft.LogTruncated, raft.AppendAccepted, raft.AppendRefused, raft.ProgressMoved, raft.CommitAdvanced, raft.ReplyIgnored,
		raft.ProposalRefused, raft.WriteStarted, raft.Persisted, raft.EntryApplied,
	} {
		if !steps[step] {
			t.Errorf("no scenario shows %v", step)
		}
	}
}

func TestUnknownScenario(t *testing.T) {
	if _, err := Scenario("flood"); err == nil || !strings.Contains(err.Error(), "there are steady, partition, storm") {
		t.Errorf("got %v", err)
	}
}
