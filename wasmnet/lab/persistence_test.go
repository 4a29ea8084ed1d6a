package lab

import (
	"testing"
	"time"
)

// The course's TestPersist13C: all servers, the leader, or a follower restart,
// and nothing that was agreed is lost.
func TestSurvivesRestarts(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 58}, func(l *lab) {
		l.agree(l.command(), 3)
		crash(l.Machines...)
		l.restartAll()
		l.agree(l.command(), 3)

		leader := l.leader()
		crash(leader)
		l.restart(leader)
		l.agree(l.command(), 3)

		leader = l.leader()
		crash(leader)
		l.agree(l.command(), 2)
		l.restart(leader)
		l.awaitApplied(4, 3)

		follower := l.after(l.leader(), 1)[0]
		crash(follower)
		l.agree(l.command(), 2)
		l.restart(follower)
		l.agree(l.command(), 3)
	})
}

// The course's TestPersist23C: two, then the other three crash, again and
// again, so that agreement rests on few disks.
func TestSurvivesCrashesOfManyInTurn(t *testing.T) {
	overSeeds(t, experiment{servers: 5, reference: 287}, func(l *lab) {
		for range 5 {
			l.agree(l.command(), 5)
			leader := l.leader()
			next := l.after(leader, 4)
			crash(next[0], next[1])
			l.agree(l.command(), 3)

			crash(leader, next[2], next[3])
			l.restart(next[0])
			l.restart(next[1])
			l.Sleep(second)
			l.restart(next[2])
			l.agree(l.command(), 3)

			l.restart(next[3])
			l.restart(leader)
		}
		l.agree(l.command(), 5)
	})
}

// The course's TestPersist33C: a leader and one of two followers crash while the other
// is cut off; the leader comes back to that one and goes on.
func TestRestartedLeaderGoesOnWithAFollowerThatWasAway(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 30}, func(l *lab) {
		l.agree("101", 3)
		leader := l.leader()
		next := l.after(leader, 2)
		plug(false, next[1])
		l.agree("102", 2)
		crash(leader, next[0])
		plug(true, next[1])
		l.restart(leader)
		l.agree("103", 2)
		l.restart(next[0])
		l.agree("104", 3)
	})
}

// The course's TestFigure83C: leaders crash soon after they have taken a
// command, so that entries of old terms are on majorities (Figure 8).
func TestFigure8(t *testing.T) {
	overSeeds(t, experiment{servers: 5, reference: 499}, func(l *lab) {
		l.agree(l.command(), 1)
		for up, i := 5, 0; i < 1000; i++ {
			leader := l.proposeToEach()
			l.sleepAsInFigure8()
			if leader != nil {
				crash(leader)
				up--
			}
			if m := l.any(); up < 3 && m.Server == nil {
				l.restart(m)
				up++
			}
		}
		l.restartAll()
		l.agree(l.command(), 5)
	})
}

// The course's TestUnreliableAgree3C: commands proposed by five at a time on a
// network that loses and delays. Our leader sends the first of five at once and
// the others together after it, which makes for some more calls.
func TestAgreesOnAnUnreliableNetwork(t *testing.T) {
	overSeeds(t, experiment{servers: 5, network: Network{Unreliable: true}, reference: 288, over: 15}, func(l *lab) {
		running := 0
		for range 49 {
			for range 4 {
				running++
				l.Go("proposer", func() {
					l.agree(l.command(), 1)
					running--
				})
			}
			l.agree(l.command(), 1)
		}
		l.Settings.Network.Unreliable = false
		for running > 0 {
			l.Sleep(10 * time.Millisecond)
		}
		l.agree(l.command(), 5)
		if len(l.agreed) < 49*5+1 {
			l.Fail("%d commands were agreed on, want at least %d", len(l.agreed), 49*5+1)
		}
	})
}

// The course's TestFigure8Unreliable3C: leaders are cut off soon after they
// have taken a command, while replies come late and in another order.
func TestFigure8OnAnUnreliableNetwork(t *testing.T) {
	overSeeds(t, experiment{servers: 5, network: Network{Unreliable: true}, reference: 3200}, func(l *lab) {
		l.agree(l.command(), 1)
		for up, i := 5, 0; i < 1000; i++ {
			if i == 200 {
				l.Settings.Network.LateReplies = true
			}
			leader := l.proposeToEach()
			l.sleepAsInFigure8()
			if leader != nil && leader.Connected && l.Chance(0.5) {
				plug(false, leader)
				up--
			}
			if m := l.any(); up < 3 && !m.Connected {
				plug(true, m)
				up++
			}
		}
		plug(true, l.Machines...)
		l.agree(l.command(), 5)
	})
}

// proposeToEach proposes a command to each server, and returns the last one that
// took it, or nil.
func (l *lab) proposeToEach() *Machine {
	var leader *Machine
	for _, m := range l.Machines {
		if _, _, ok := propose(m, l.command()); ok {
			leader = m
		}
	}
	return leader
}

// sleepAsInFigure8 sleeps 0 to 12 ms, and in one of ten cases up to half a second.
func (l *lab) sleepAsInFigure8() {
	if l.Chance(0.1) {
		l.Sleep(time.Duration(l.Below(500)) * time.Millisecond)
	} else {
		l.Sleep(time.Duration(l.Below(13)) * time.Millisecond)
	}
}

// crash ends servers where they stand, if they run.
func crash(machines ...*Machine) {
	for _, m := range machines {
		if m.Server != nil {
			m.Crash()
		}
	}
}

// restartAll restarts all servers that do not run.
func (l *lab) restartAll() {
	for _, m := range l.Machines {
		if m.Server == nil {
			l.restart(m)
		}
	}
}

// awaitApplied waits until so many servers have applied something at an index.
func (l *lab) awaitApplied(index, servers int) {
	for began := l.Now(); l.Now()-began < patience; {
		if n, _ := l.committed(index); n >= servers {
			return
		}
		l.Sleep(20 * time.Millisecond)
	}
	l.Fail("index %d was not applied by %d servers within %v", index, servers, patience)
}
