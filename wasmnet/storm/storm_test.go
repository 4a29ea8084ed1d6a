package storm

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/scheduler"
)

// In a browser and under Node the runtime keeps a goroutine of its own for events.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}

func rage(t *testing.T, s Storm) Outcome {
	t.Helper()
	o, err := s.Rage()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// seeds is how many storms the tests let rage; raftsim check does thousands.
const seeds = 40

func TestClusterWithstandsStormsOfEveryKind(t *testing.T) {
	commands := map[trace.CommandKind]int{}
	completed := 0
	var steps Steps
	for seed := range uint64(seeds) {
		o := rage(t, Storm{Seed: seed, For: 10 * time.Second})
		if o.Violation != nil {
			t.Errorf("seed %d: %v", seed, o.Violation)
		}
		completed += o.Completed
		for kind := range steps {
			steps[kind] += o.Steps[kind]
		}
		for _, c := range o.Run.Commands {
			commands[c.Kind]++
		}
	}
	for kind := trace.Crash; kind <= trace.Snapshot; kind++ {
		if commands[kind] < seeds/2 {
			t.Errorf("%d storms gave the command %v %d times", seeds, kind, commands[kind])
		}
	}
	if commands[trace.Wipe] > 0 {
		t.Error("a storm wiped a disk, from which no cluster is safe")
	}
	if completed < 10*seeds {
		t.Errorf("in %d storms %d operations were answered: the storms are too bad", seeds, completed)
	}
	for kind, least := range map[raft.EventKind]int{
		raft.BecameLeader: 80, raft.BecamePreCandidate: 80, raft.TransferAsked: 20, raft.SnapshotTaken: 400, raft.SnapshotInstalled: 80,
		raft.SnapshotRestored: 80, raft.MembershipChanged: 400, raft.ReadConfirmed: 400, raft.LogTruncated: 20,
	} {
		if steps.Of(kind) < least {
			t.Errorf("in %d storms there were %d steps %v: the storms are too mild", seeds, steps.Of(kind), kind)
		}
	}
}

func TestStormIsRepeatedFromItsCommands(t *testing.T) {
	for seed := range uint64(5) {
		storm := Storm{Seed: seed, Servers: 3, For: 5 * time.Second}
		first, again := rage(t, storm), rage(t, storm)
		if !reflect.DeepEqual(first, again) {
			t.Errorf("seed %d: the same storm came to two outcomes", seed)
		}
		replayed, err := Replay(first.Run, first.CalmFrom, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, replayed) {
			t.Errorf("seed %d: repeated from its commands, the storm came to %d events, and before to %d", seed, replayed.Events, first.Events)
		}
	}
}

// deadMajority is a run of which the cluster cannot recover: what the calm
// should bring back stays down. Most of its commands have nothing to do with that.
func deadMajority() (run wasmnet.Run, calmFrom int) {
	run = wasmnet.Run{Header: wasmnet.DefaultHeader(1), For: 5 * time.Second}
	run.Header.Servers = 3
	run.Header.Timing.ClientInterval = 50 * time.Millisecond
	for i := range 20 {
		at := time.Duration(i) * 100 * time.Millisecond
		run.Commands = append(run.Commands,
			trace.Command{At: at, Kind: trace.Pause, Server: 2},
			trace.Command{At: at + 20*time.Millisecond, Kind: trace.Cut, From: 1, To: 2},
			trace.Command{At: at + 50*time.Millisecond, Kind: trace.Resume, Server: 2},
			trace.Command{At: at + 60*time.Millisecond, Kind: trace.HealAll})
		if i == 7 {
			run.Commands = append(run.Commands, trace.Command{At: at + 65*time.Millisecond, Kind: trace.Crash, Server: 3})
		}
		if i == 12 {
			run.Commands = append(run.Commands, trace.Command{At: at + 65*time.Millisecond, Kind: trace.Crash, Server: 1})
		}
	}
	calmFrom = len(run.Commands)
	run.Commands = append(run.Commands, trace.Command{At: 3 * time.Second, Kind: trace.HealAll})
	return run, calmFrom
}

func TestFailureToRecoverIsFound(t *testing.T) {
	run, calmFrom := deadMajority()
	o, err := Replay(run, calmFrom, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.Violation == nil || o.Violation.Rule != RecoversInTime || !strings.Contains(o.Violation.Text, "after 1m0s of calm") {
		t.Fatalf("got %v", o.Violation)
	}
	// Its calm does not end the faults; with one that does the cluster recovers.
	smallest, _ := Shrink(o)
	if !reflect.DeepEqual(smallest, o) {
		t.Errorf("a smaller run that does not recover was found: %+v", smallest)
	}
}

// The shrinker keeps exactly the commands that the violation needs, whatever
// that is.
func TestShrinkKeepsWhatIsNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 120).Draw(t, "commands")
		needed := map[time.Duration]bool{}
		for range rapid.IntRange(0, 6).Draw(t, "needed") {
			needed[time.Duration(rapid.IntRange(1, n).Draw(t, "at"))] = true
		}
		var run wasmnet.Run
		for i := range n {
			run.Commands = append(run.Commands, trace.Command{At: time.Duration(i + 1), Kind: trace.HealAll})
		}
		replay := func(run wasmnet.Run, calmFrom int) (Outcome, error) {
			o := Outcome{Run: run, CalmFrom: calmFrom}
			found := 0
			for _, c := range run.Commands {
				if needed[c.At] {
					found++
				}
			}
			if found == len(needed) {
				o.Violation = &Violation{Rule: "rule", At: time.Duration(n)}
			}
			return o, nil
		}
		o, _ := replay(run, n)
		s := &shrinking{best: o, rule: "rule", limit: time.Hour, replay: replay}
		smallest, replays := s.shrink()
		if len(smallest.Run.Commands) != len(needed) || replays > maxReplays {
			t.Fatalf("%d commands are left after %d replays, and %d are needed", len(smallest.Run.Commands), replays, len(needed))
		}
	})
}

func TestWithoutACalmNothingMustRecover(t *testing.T) {
	run, calmFrom := deadMajority()
	run.Commands = run.Commands[:calmFrom]
	o, err := Replay(run, len(run.Commands), nil)
	if err != nil || o.Violation != nil {
		t.Errorf("got %v, %v", o.Violation, err)
	}
}

func TestPanicIsAViolation(t *testing.T) {
	j := newJudge(wasmnet.DefaultHeader(1))
	j.during(func() {
		panic(&scheduler.Failure{Group: "S2", Goroutine: "applier", Value: "no such entry"})
	})
	if v := j.violation; v == nil || v.Rule != RunsOn || !strings.Contains(v.Text, `"applier" of S2: no such entry`) {
		t.Errorf("got %v", v)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic of the program around the world was swallowed")
		}
	}()
	j.during(func() { panic("something else") })
}

func TestBadHeaderIsAnError(t *testing.T) {
	if _, err := Replay(wasmnet.Run{}, 0, nil); err == nil {
		t.Error("a run without a header was replayed")
	}
	if _, err := (Storm{Servers: 1000, For: time.Second}).Rage(); err == nil {
		t.Error("a storm over 1000 servers raged")
	}
}

func TestRingLeavesEachServerAMajority(t *testing.T) {
	for servers := 1; servers <= 7; servers++ {
		header := wasmnet.DefaultHeader(1)
		header.Servers = servers
		world, err := wasmnet.New(header, nil)
		if err != nil {
			t.Fatal(err)
		}
		g := &raging{
			world: world, judge: newJudge(header), chance: newChance(1), servers: servers,
		}
		g.ring()
		cut := map[raft.ServerID]int{}
		for _, c := range g.commands {
			cut[c.From]++
		}
		for id := raft.ServerID(1); int(id) <= servers; id++ {
			if left := servers - cut[id]; left < servers/2+1 {
				t.Errorf("of %d servers S%d reaches %d, itself included", servers, id, left)
			}
		}
		if servers >= 5 && len(g.commands) == 0 {
			t.Errorf("the ring of %d servers cuts nothing", servers)
		}
		world.Close()
	}
}
