package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raftarium/raft"
)

// The course's TestBasicAgree3B: commands get the indices 1, 2 and 3, and none
// is applied before it is proposed.
func TestAgreesOnCommandsInOrder(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 18}, func(l *lab) {
		for index := 1; index <= 3; index++ {
			l.nowhere(index, "before it was proposed")
			if got := l.agreeAtOnce(l.command(), 3); got != index {
				l.Fail("a command got index %d, want %d", got, index)
			}
		}
	})
}

// The course's TestRPCBytes3B: each command goes to each other server once.
func TestSendsEachCommandOnceToEachServer(t *testing.T) {
	const size, count = 5000, 10
	overSeeds(t, experiment{servers: 3, reference: 50}, func(l *lab) {
		l.agreeAtOnce("first", 3)
		l.Traffic.Measure = true
		for i := range count {
			command := strings.Repeat(fmt.Sprint(i), size)
			if index := l.agreeAtOnce(command, 3); index != i+2 {
				l.Fail("a command got index %d, want %d", index, i+2)
			}
		}
		// The course allows three copies and 50 000 bytes; the leader needs to send two.
		const most = 2*count*size + 20_000
		if l.Traffic.Bytes > most {
			l.Fail("%d bytes were sent for %d commands of %d bytes, want at most %d", l.Traffic.Bytes, count, size, most)
		}
	})
}

// The course's TestFollowerFailure3B: two of three go on, one alone does not.
func TestGoesOnWithoutOneFollowerAndNotWithoutTwo(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 58}, func(l *lab) {
		l.agreeAtOnce(l.command(), 3)
		leader := l.leader()
		plug(false, l.after(leader, 1)...)
		l.agreeAtOnce(l.command(), 2)
		l.Sleep(second)
		l.agreeAtOnce(l.command(), 2)

		leader = l.leader()
		plug(false, l.after(leader, 2)...)
		index, _ := l.mustPropose(leader, l.command())
		if index != 4 {
			l.Fail("a command got index %d, want 4", index)
		}
		l.Sleep(2 * second)
		l.nowhere(index, "which no majority can hold")
	})
}

// The course's TestLeaderFailure3B: a new leader serves when the old is cut
// off, and one alone commits nothing.
func TestGoesOnWithoutItsLeaderAndNotWithoutTwo(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 110}, func(l *lab) {
		l.agreeAtOnce(l.command(), 3)
		plug(false, l.leader())
		l.agreeAtOnce(l.command(), 2)
		l.Sleep(second)
		l.agreeAtOnce(l.command(), 2)

		plug(false, l.leader())
		for _, m := range l.Machines {
			propose(m, l.command())
		}
		l.Sleep(2 * second)
		l.nowhere(4, "which no majority can hold")
	})
}

// The course's TestFailAgree3B: a follower that was away catches up.
func TestFollowerThatWasAwayCatchesUp(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 61}, func(l *lab) {
		l.agreeAtOnce(l.command(), 3)
		away := l.after(l.leader(), 1)
		plug(false, away...)
		l.agreeAtOnce(l.command(), 2)
		l.agreeAtOnce(l.command(), 2)
		l.Sleep(second)
		l.agreeAtOnce(l.command(), 2)
		l.agreeAtOnce(l.command(), 2)

		plug(true, away...)
		l.agree(l.command(), 3)
		l.Sleep(second)
		l.agree(l.command(), 3)
	})
}

// The course's TestFailNoAgree3B: a leader with one follower of four commits
// nothing, and what it holds may be lost when the others are back.
func TestCommitsNothingWithoutAMajority(t *testing.T) {
	overSeeds(t, experiment{servers: 5, reference: 107}, func(l *lab) {
		l.agreeAtOnce(l.command(), 5)
		leader := l.leader()
		away := l.after(leader, 3)
		plug(false, away...)
		index, _ := l.mustPropose(leader, l.command())
		if index != 2 {
			l.Fail("a command got index %d, want 2", index)
		}
		l.Sleep(2 * second)
		l.nowhere(index, "which no majority can hold")

		plug(true, away...)
		// The three may have elected one of themselves, without the entry at index 2.
		index, _ = l.mustPropose(l.leader(), l.command())
		if index != 2 && index != 3 {
			l.Fail("a command got index %d, want 2 or 3", index)
		}
		l.agree(l.command(), 5)
	})
}

// The course's TestConcurrentStarts3B: commands proposed at the same time are
// all committed.
func TestTakesCommandsAtTheSameTime(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 12}, func(l *lab) {
		for try := range 5 {
			if try > 0 {
				l.Sleep(3 * time.Second)
			}
			if l.proposeFive(l.leader()) {
				return
			}
		}
		l.Fail("the term changed each time")
	})
}

// proposeFive proposes five commands at the same time and waits until each is
// applied. It is false if the term changed meanwhile.
func (l *lab) proposeFive(leader *Machine) bool {
	_, term, ok := propose(leader, l.command())
	if !ok {
		return false
	}
	proposed := map[int]string{}
	running := 5
	same := true
	for i := range 5 {
		l.Go("proposer", func() {
			command := fmt.Sprint(100 + i)
			index, now, ok := propose(leader, command)
			same = same && ok && now == term
			proposed[index] = command
			running--
		})
	}
	for running > 0 {
		l.Sleep(time.Millisecond)
	}
	for index := 2; index <= 6 && same; index++ {
		if !l.await(index, proposed[index], 3, patience) {
			same = l.term() == term
			if same {
				l.Fail("the command at index %d was never applied", index)
			}
		}
	}
	return same
}

// The course's TestRejoin3B: a leader comes back with entries that were never
// committed.
func TestLeaderComesBackWithEntriesOfNoUse(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 120}, func(l *lab) {
		l.agree(l.command(), 3)
		first := l.leader()
		plug(false, first)
		for range 3 {
			propose(first, l.command())
		}
		l.agree(l.command(), 2)

		second := l.leader()
		plug(false, second)
		plug(true, first)
		l.agree(l.command(), 2)

		plug(true, second)
		l.agree(l.command(), 3)
	})
}

// The course's TestBackup3B: logs that differ in many entries are soon the same.
func TestMendsLogsThatDifferInManyEntries(t *testing.T) {
	const many = 50
	overSeeds(t, experiment{servers: 5, reference: 1370}, func(l *lab) {
		l.agree(l.command(), 5)
		began := l.Now()

		// Entries that a leader with one follower cannot commit.
		first := l.leader()
		plug(false, l.after(first, 4)[1:]...)
		l.proposeMany(first, many)
		l.Sleep(second / 2)
		plug(false, l.after(first, 5)...)

		// The other three commit many.
		plug(true, l.after(first, 4)[1:]...)
		for range many {
			l.agree(l.command(), 3)
		}

		// Entries that a leader with one follower of those cannot commit.
		next := l.leader()
		other := l.firstAway(first, next)
		plug(false, other)
		l.proposeMany(next, many)
		l.Sleep(second / 2)
		plug(false, l.Machines...)

		// The first two come back, with one that knows what was committed.
		plug(true, first, l.after(first, 1)[0], other)
		for range many {
			l.agree(l.command(), 3)
		}

		plug(true, l.Machines...)
		l.agree(l.command(), 5)
		if took := l.Now() - began; took > 2*time.Minute {
			l.Fail("it took %v", took)
		}
	})
}

func (l *lab) proposeMany(m *Machine, count int) {
	for range count {
		propose(m, l.command())
	}
}

// firstAway is one of the servers that were cut off from first at the
// beginning, other than the given one.
func (l *lab) firstAway(first, not *Machine) *Machine {
	for _, m := range l.after(first, 4)[1:] {
		if m != not {
			return m
		}
	}
	return nil
}

// The course's TestCount3B: an election, ten commands and an idle second take
// few calls.
func TestIsSparingWithCalls(t *testing.T) {
	overSeeds(t, experiment{servers: 3, reference: 32}, func(l *lab) {
		leader := l.leader()
		if l.Traffic.Calls < 1 || l.Traffic.Calls > 30 {
			l.Fail("%d calls for the first leader, want 1 to 30", l.Traffic.Calls)
		}
		for try := range 5 {
			if try > 0 {
				l.Sleep(3 * time.Second)
				leader = l.leader()
			}
			if !l.countCommands(leader) {
				continue
			}
			before := l.Traffic.Calls
			l.Sleep(second)
			if idle := l.Traffic.Calls - before; idle > 3*20 {
				l.Fail("%d calls in an idle second, want at most 60", idle)
			}
			return
		}
		l.Fail("the term changed each time")
	})
}

// countCommands counts the calls for twelve commands. It is false if the term
// changed meanwhile.
func (l *lab) countCommands(leader *Machine) bool {
	const count = 12
	before := l.Traffic.Calls
	first, term, ok := propose(leader, l.command())
	if !ok {
		return false
	}
	commands := make([]string, count)
	for i := range count - 1 {
		commands[i+1] = l.command()
		index, now, ok := propose(leader, commands[i+1])
		if !ok || now != term {
			return false
		}
		if index != first+i+1 {
			l.Fail("a command got index %d, want %d", index, first+i+1)
		}
	}
	for i := 1; i < count; i++ {
		if !l.await(first+i, commands[i], 3, patience) {
			return false
		}
	}
	status, ok := leader.Status()
	if !ok || status.Role != raft.Leader || status.HardState.CurrentTerm != term {
		return false
	}
	if calls, most := l.Traffic.Calls-before, (count-2+1+3)*3; calls > most {
		l.Fail("%d calls for %d commands, want at most %d", calls, count, most)
	}
	return true
}
