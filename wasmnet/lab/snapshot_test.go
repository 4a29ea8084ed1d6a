package lab

import "testing"

// mostStored is the size to which a server's state on disk besides the snapshot may grow.
const mostStored = 2000

// absence is what keeps the victim of a round away.
type absence int

const (
	present absence = iota
	cutOff
	crashed
)

// The course's TestSnapshotBasic3D: logs stay short.
func TestKeepsLogsShort(t *testing.T) {
	overSeeds(t, experiment{servers: 3, snapshots: true, reference: 279}, compaction(present))
}

// The course's TestSnapshotInstall3D: a follower that was cut off gets a
// snapshot for the entries that are gone.
func TestSendsASnapshotToAServerThatWasAway(t *testing.T) {
	overSeeds(t, experiment{servers: 3, snapshots: true, reference: 919}, compaction(cutOff))
}

// The course's TestSnapshotInstallUnreliable3D: the same on a network that
// loses and delays.
func TestSendsASnapshotOnAnUnreliableNetwork(t *testing.T) {
	overSeeds(t, experiment{servers: 3, network: Network{Unreliable: true}, snapshots: true, reference: 1083}, compaction(cutOff))
}

// The course's TestSnapshotInstallCrash3D: a follower that crashed gets a
// snapshot for the entries that are gone.
func TestSendsASnapshotToAServerThatCrashed(t *testing.T) {
	overSeeds(t, experiment{servers: 3, snapshots: true, reference: 685}, compaction(crashed))
}

// The course's TestSnapshotInstallUnCrash3D: the same on a network that loses
// and delays.
func TestSendsASnapshotAfterACrashOnAnUnreliableNetwork(t *testing.T) {
	overSeeds(t, experiment{servers: 3, network: Network{Unreliable: true}, snapshots: true, reference: 717}, compaction(crashed))
}

// compaction is rounds of commands, enough for snapshots, during which one
// server is away.
func compaction(absence absence) func(*lab) {
	return func(l *lab) {
		l.agree(l.command(), 3)
		leader := l.leader()
		for round := range 30 {
			victim, sender := l.after(leader, 1)[0], leader
			if round%3 == 1 {
				victim, sender = sender, victim
			}
			l.compactionRound(absence, victim, sender)
			if absence != present {
				leader = l.leader()
			}
		}
	}
}

func (l *lab) compactionRound(absence absence, victim, sender *Machine) {
	others := 3
	switch absence {
	case cutOff:
		plug(false, victim)
		others = 2
	case crashed:
		crash(victim)
		others = 2
	}
	if absence != present {
		l.agree(l.command(), others)
	}
	for range snapshotInterval/2 + l.Below(snapshotInterval) {
		propose(sender, l.command())
	}
	l.agree(l.command(), others)
	for _, m := range l.Machines {
		if bytes := storedBytes(m); bytes > mostStored {
			l.Fail("S%d stores %d bytes besides the snapshot, want at most %d", m.ID, bytes, mostStored)
		}
	}
	switch absence {
	case cutOff:
		plug(true, victim)
	case crashed:
		l.restart(victim)
	}
	if absence != present {
		l.agree(l.command(), 3)
	}
}

// The course's TestSnapshotAllCrash3D: all servers crash, and nothing that was
// applied is lost. The number of commands is drawn, 36 to 81 in all; the course's
// number of calls is that of one run, and ours is an average.
func TestSurvivesCrashesOfAllWithSnapshots(t *testing.T) {
	overSeeds(t, experiment{servers: 3, network: Network{Unreliable: true}, snapshots: true, reference: 244, over: 20}, func(l *lab) {
		l.agree(l.command(), 3)
		for range 5 {
			for range snapshotInterval/2 + l.Below(snapshotInterval) {
				l.agree(l.command(), 3)
			}
			before := l.agree(l.command(), 3)
			crash(l.Machines...)
			l.restartAll()
			if after := l.agree(l.command(), 3); after <= before {
				l.Fail("a command got index %d after the restart, and %d before", after, before)
			}
		}
	})
}

// The course's TestSnapshotInit3D: a snapshot is still there after a restart, a
// write and another restart.
func TestKeepsItsSnapshotOverRestarts(t *testing.T) {
	overSeeds(t, experiment{servers: 3, network: Network{Unreliable: true}, snapshots: true, reference: 79}, func(l *lab) {
		l.agree(l.command(), 3)
		for range snapshotInterval + 1 {
			l.agree(l.command(), 3)
		}
		crash(l.Machines...)
		l.restartAll()
		l.agree(l.command(), 3) // makes the servers write, without a new snapshot
		crash(l.Machines...)
		l.restartAll()
		l.agree(l.command(), 3)
	})
}
