package lab

import (
	"testing"
	"time"
)

// The course's TestInitialElection3A: a leader is elected, and while nothing
// fails it stays.
func TestElectsALeaderAndKeepsIt(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 32}, func(l *lab) {
		leader := l.leader()
		l.Sleep(50 * time.Millisecond)
		term := l.term()
		if term < 1 {
			l.Fail("a leader in term %d", term)
		}
		l.Sleep(2 * second)
		if now := l.term(); now != term {
			l.Fail("the term rose from %d to %d though nothing failed", term, now)
		}
		if now := l.leader(); now != leader {
			l.Fail("S%d took over from S%d though nothing failed", now.ID, leader.ID)
		}
	})
}

// The course's TestReElection3A: a leader that is cut off is replaced, its return harms
// nobody, and without a majority nobody leads.
func TestReplacesALeaderThatIsCutOff(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 68}, func(l *lab) {
		first := l.leader()
		plug(false, first)
		l.leader()
		plug(true, first)
		next := l.leader()

		other := l.after(next, 1)[0]
		plug(false, next, other)
		l.Sleep(2 * second)
		l.noLeader()

		plug(true, other)
		l.leader()
		plug(true, next)
		l.leader()
	})
}

// The course's TestManyElections3A: with any three of seven servers cut off the
// other four agree on a leader.
func TestElectsALeaderAgainAndAgain(t *testing.T) {
	overSeeds(t, experiment{servers: 7, reference: 684}, func(l *lab) {
		l.leader()
		for range 9 {
			off := []*Machine{l.any(), l.any(), l.any()}
			plug(false, off...)
			l.leader()
			plug(true, off...)
		}
		l.leader()
	})
}
