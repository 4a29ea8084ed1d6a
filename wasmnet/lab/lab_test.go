package lab

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"raftarium/raft"
)

var (
	seedCount = flag.Int("seeds", 0, "over how many seeds each test goes; 0: 200, fewer under the race detector and Node")
	oneSeed   = flag.Uint64("seed", 0, "the only seed to run; 0: as many as -seeds says")
)

// In a browser and under Node the runtime keeps a goroutine of its own for events.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}

// seeds are those over which each test goes.
func seeds() []uint64 {
	if *oneSeed != 0 {
		return []uint64{*oneSeed}
	}
	count := *seedCount
	switch {
	case count > 0:
	case runtime.GOOS == "js":
		count = 10
	case raceDetector:
		count = 20
	default:
		count = 200
	}
	all := make([]uint64, count)
	for i := range all {
		all[i] = uint64(i + 1)
	}
	return all
}

// The times of a cluster in the lab. The course wants no more than 10
// heartbeats a second, and a leader within 5 seconds.
const (
	heartbeatInterval  = 250 * time.Millisecond
	electionTimeoutMin = 800 * time.Millisecond
	electionTimeoutMax = 1600 * time.Millisecond
	second             = time.Second // what the course takes for an election timeout
	longest            = 10 * time.Minute
)

// experiment is what a test needs of a cluster.
type experiment struct {
	servers   int
	network   Network
	snapshots bool // the application takes one every snapshotInterval entries
	reference int  // calls that the course's own core makes in its test
	over      int  // in per cent, by how much ours makes more
}

// lab is one run of a test: a cluster with the applications of its servers.
type lab struct {
	*Cluster
	applications []*application // of server i+1 at i
	snapshots    bool
	agreed       []string // what has been applied anywhere, in log order
	leaders      map[raft.Term]raft.ServerID
}

// variant is how the core is set. The seed says which one.
type variant struct {
	careful   bool // elections that do not disturb: PreVote, CheckQuorum and Stickiness
	slowDisk  bool // a sync takes 1 to 3 ms
	pipelined bool // a leader sends up to 64 calls ahead, and not one at a time
	chunks    bool // a snapshot goes in several calls, where there are snapshots
}

func variantOf(seed uint64) variant {
	return variant{careful: seed%2 == 0, slowDisk: seed%4 >= 2, pipelined: seed%8 >= 4, chunks: seed%8 >= 6}
}

// likeTheCourse reports whether the calls can be compared with those of the
// course's own core, which has no PreVote and sends what has gathered.
func (v variant) likeTheCourse() bool { return !v.careful && !v.pipelined }

// enough is over how many runs the number of calls is an average that means something.
const enough = 20

// overSeeds makes an experiment with each seed.
func overSeeds(t *testing.T, e experiment, program func(l *lab)) {
	t.Helper()
	t.Parallel()
	calls, counted, failures := 0, 0, 0
	all := seeds()
	for _, seed := range all {
		l := newLab(seed, e)
		err := l.Run(longest, func() {
			for _, m := range l.Machines {
				l.start(m)
			}
			program(l)
		})
		if err != nil {
			t.Errorf("seed %d: %v\nthis one alone: go test ./wasmnet/lab -run '^%s$' -seed %d", seed, err, t.Name(), seed)
			failures++
		}
		if variantOf(seed).likeTheCourse() {
			calls += l.Traffic.Calls
			counted++
		}
		l.Close()
		if failures == 3 {
			t.Fatal("the other seeds are left out")
		}
	}
	if counted > 0 {
		e.judgeCalls(t, calls, counted)
	}
}

// judgeCalls compares the number of calls in so many runs with that of the
// course's own core.
func (e experiment) judgeCalls(t *testing.T, calls, runs int) {
	t.Helper()
	t.Logf("%d calls on average of %d runs; the course's own core makes %d", calls/runs, runs, e.reference)
	if most := e.reference * (100 + e.over) / 100; runs >= enough && calls > most*runs {
		t.Errorf("%d calls on average of %d runs, want at most %d", calls/runs, runs, most)
	}
}

func newLab(seed uint64, e experiment) *lab {
	l := &lab{
		applications: make([]*application, e.servers),
		snapshots:    e.snapshots,
		leaders:      map[raft.Term]raft.ServerID{},
	}
	v := variantOf(seed)
	e.network.LongDelays = true
	settings := Settings{
		Seed:    seed,
		Servers: e.servers,
		Config: raft.Config{
			ElectionTimeoutMin: electionTimeoutMin, ElectionTimeoutMax: electionTimeoutMax,
			HeartbeatInterval: heartbeatInterval,
			PreVote:           v.careful, CheckQuorum: v.careful, Stickiness: v.careful,
			MaxInFlight: 1,
		},
		Network: e.network,
		Apply:   l.apply,
		Restore: l.restore,
		Observe: l.observe,
	}
	if v.slowDisk {
		settings.SyncLatency, settings.SyncJitter = time.Millisecond, 2*time.Millisecond
	}
	if v.pipelined {
		settings.Config.MaxInFlight = 64
	}
	if v.chunks && e.snapshots {
		settings.Config.MaxBatchBytes = 500
	}
	l.Cluster = New(settings)
	return l
}

// start begins a new life of a server with an application that knows nothing.
func (l *lab) start(m *Machine) {
	l.applications[m.ID-1] = &application{}
	m.Start()
}

// restart is start with the cable in.
func (l *lab) restart(m *Machine) {
	m.Connected = true
	l.start(m)
}

// command makes up a command.
func (l *lab) command() string { return fmt.Sprint(l.Below(1 << 62)) }
