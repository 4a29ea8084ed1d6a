package elections

import (
	"time"

	"raftarium/raft"
	"raftarium/wasmnet/lab"
)

// Cluster is a cluster that is without a leader from some moment on.
type Cluster struct {
	Servers int // members of the cluster
	Down    int // how many of them do not run

	// Election timeouts are drawn evenly from TimeoutMin up to TimeoutMax.
	TimeoutMin, TimeoutMax time.Duration

	// A message travels for Latency and at most LatencyJitter more, a write to
	// the disk takes Sync and at most SyncJitter more.
	Latency, LatencyJitter time.Duration
	Sync, SyncJitter       time.Duration

	// UnequalLogs gives each server a log of another length, so that not all can be
	// elected.
	UnequalLogs bool

	// Crash makes the time count from the crash of a leader, at any time in the
	// heartbeat interval that began when all timers were set, up to when all have
	// heard from the new one. Otherwise it counts from when the timers were set up to when
	// a server becomes leader.
	Crash bool

	// Poll is how often a server looks at its timer.
	Poll time.Duration
}

// heartbeatInterval is half of the least timeout, as in the dissertation.
func (c Cluster) heartbeatInterval() time.Duration { return c.TimeoutMin / 2 }

// Result is how one election went.
type Result struct {
	Took  time.Duration
	Terms int  // how many terms it took
	Over  bool // there was a leader in the end; false: the trial was given up
}

// trial is one election while it goes on.
type trial struct {
	cluster *lab.Cluster
	began   time.Duration // from when on time counts
	first   raft.Term     // of the elections
	last    raft.Term
	leader  raft.ServerID
	elected time.Duration
	heard   map[raft.ServerID]bool // who has heard from the leader
	all     time.Duration          // when the last of them did
}

// Try holds one election, which the seed determines.
func (c Cluster) Try(seed uint64, limit time.Duration) Result {
	t := &trial{first: 2}
	t.cluster = lab.New(lab.Settings{
		Seed:    seed,
		Servers: c.Servers,
		Config: raft.Config{
			ElectionTimeoutMin: c.TimeoutMin, ElectionTimeoutMax: max(c.TimeoutMax, c.TimeoutMin+1),
			HeartbeatInterval: c.heartbeatInterval(),
			PollInterval:      c.Poll,
		},
		SyncLatency: c.Sync, SyncJitter: c.SyncJitter,
		Network: lab.Network{Latency: c.Latency, Jitter: c.LatencyJitter},
		Observe: t.observe,
	})
	defer t.cluster.Close()
	if c.Crash {
		t.began = time.Duration(t.cluster.Below(int64(c.heartbeatInterval())))
	}
	running := t.cluster.Machines[:c.Servers-c.Down]
	for i, m := range running {
		m.Disk.Stored = c.stored(i)
	}
	over := false
	t.cluster.Run(limit, func() {
		for _, m := range running {
			m.Start()
		}
		for !over {
			t.cluster.Sleep(time.Millisecond)
			over = t.leader != raft.None && (!c.Crash || len(t.heard) == len(running)-1)
		}
	})
	end := t.elected
	if c.Crash {
		end = t.all
	}
	if !over {
		end = limit
	}
	return Result{Took: end - t.began, Terms: int(t.last - t.first + 1), Over: over}
}

// stored is what a server's disk holds at first.
func (c Cluster) stored(server int) raft.Stored {
	stored := raft.Stored{HardState: raft.HardState{CurrentTerm: 1}}
	entries := 1
	if c.UnequalLogs {
		entries += server
	}
	for i := range entries {
		stored.Log = append(stored.Log, raft.Entry{Index: raft.Index(i + 1), Term: 1})
	}
	return stored
}

// observe follows the election.
func (t *trial) observe(m *lab.Machine, event raft.Event) {
	now := t.cluster.Now()
	switch event.Kind {
	case raft.BecameCandidate:
		t.last = max(t.last, event.Term)
	case raft.BecameLeader:
		t.leader, t.elected, t.heard = m.ID, now, map[raft.ServerID]bool{}
	case raft.TimerReset:
		if event.Reason == raft.HeardFromLeader && event.Peer == t.leader && !t.heard[m.ID] {
			t.heard[m.ID] = true
			t.all = now
		}
	}
}
