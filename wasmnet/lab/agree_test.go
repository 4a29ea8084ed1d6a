package lab

import (
	"time"

	"raftarium/raft"
)

// How the tests ask a cluster for a leader and for agreement, as patiently as
// the course's do.

// patience is how long agreement may take.
const patience = 10 * time.Second

// leader waits for exactly one leader of the newest term among the servers whose cable
// is in.
func (l *lab) leader() *Machine {
	for range 10 {
		l.Sleep(time.Duration(450+l.Below(100)) * time.Millisecond)
		if m := l.leaderNow(); m != nil {
			return m
		}
	}
	l.Fail("no leader within 5 seconds")
	return nil
}

// leaderNow is the leader of the newest term that has one, or nil.
func (l *lab) leaderNow() *Machine {
	var newest *Machine
	var term raft.Term
	for _, m := range l.Machines {
		status, ok := m.Status()
		if !ok || !m.Connected || status.Role != raft.Leader {
			continue
		}
		if status.HardState.CurrentTerm == term {
			l.Fail("S%d and S%d both lead term %d", newest.ID, m.ID, term)
		}
		if newest == nil || status.HardState.CurrentTerm > term {
			newest, term = m, status.HardState.CurrentTerm
		}
	}
	return newest
}

// noLeader checks that no server whose cable is in leads.
func (l *lab) noLeader() {
	for _, m := range l.Machines {
		if status, ok := m.Status(); ok && m.Connected && status.Role == raft.Leader {
			l.Fail("S%d leads term %d, without a majority that could have elected it", m.ID, status.HardState.CurrentTerm)
		}
	}
}

// term is the current term, on which all servers whose cable is in must agree.
func (l *lab) term() raft.Term {
	var term raft.Term
	for _, m := range l.Machines {
		status, ok := m.Status()
		if !ok || !m.Connected {
			continue
		}
		if term != 0 && status.HardState.CurrentTerm != term {
			l.Fail("S%d is in term %d, others are in term %d", m.ID, status.HardState.CurrentTerm, term)
		}
		term = status.HardState.CurrentTerm
	}
	return term
}

// propose asks one server to take a command.
func propose(m *Machine, command string) (index int, term raft.Term, ok bool) {
	if m.Server == nil {
		return 0, 0, false
	}
	at, term, err := m.Server.Propose([]byte(command))
	return int(at), term, err == nil
}

// mustPropose is propose to a server that leads.
func (l *lab) mustPropose(m *Machine, command string) (index int, term raft.Term) {
	index, term, ok := propose(m, command)
	if !ok {
		l.Fail("the leader S%d does not take a command", m.ID)
	}
	return index, term
}

// agree proposes a command to whoever leads and returns the index at which so
// many servers have applied it. It may be proposed more than once.
func (l *lab) agree(command string, servers int) int {
	for began := l.Now(); l.Now()-began < patience; {
		if index := l.proposeToAny(command); index > 0 && l.await(index, command, servers, 2*time.Second) {
			return index
		}
		l.Sleep(50 * time.Millisecond)
	}
	l.Fail("no agreement of %d servers on %.20q within %v", servers, command, patience)
	return 0
}

// agreeAtOnce is agree that proposes the command only once.
func (l *lab) agreeAtOnce(command string, servers int) int {
	for began := l.Now(); l.Now()-began < patience; {
		if index := l.proposeToAny(command); index > 0 {
			if !l.await(index, command, servers, 2*time.Second) {
				l.Fail("%.20q, proposed at index %d, was not applied by %d servers within 2 seconds", command, index, servers)
			}
			return index
		}
		l.Sleep(50 * time.Millisecond)
	}
	l.Fail("no server took %.20q within %v", command, patience)
	return 0
}

// proposeToAny proposes a command to one server after the other until one takes it. It
// returns the index, or 0.
func (l *lab) proposeToAny(command string) int {
	first := l.Below(int64(len(l.Machines)))
	for i := range l.Machines {
		m := l.Machines[(int(first)+i)%len(l.Machines)]
		if !m.Connected {
			continue
		}
		if index, _, ok := propose(m, command); ok {
			return index
		}
	}
	return 0
}

// await waits until so many servers have applied a command at an index.
func (l *lab) await(index int, command string, servers int, limit time.Duration) bool {
	for began := l.Now(); l.Now()-began < limit; {
		if n, applied := l.committed(index); n > 0 && n >= servers {
			return applied == command
		}
		l.Sleep(20 * time.Millisecond)
	}
	return false
}

// nowhere checks that no server has applied an index.
func (l *lab) nowhere(index int, why string) {
	if n, command := l.committed(index); n > 0 {
		l.Fail("%d servers have applied %.20q at index %d, %s", n, command, index, why)
	}
}

// after are the count machines that follow one in number, round the circle.
func (l *lab) after(m *Machine, count int) []*Machine {
	var found []*Machine
	for i := range count {
		found = append(found, l.Machines[(int(m.ID)+i)%len(l.Machines)])
	}
	return found
}

// plug puts the cables of machines in, or pulls them out.
func plug(in bool, machines ...*Machine) {
	for _, m := range machines {
		m.Connected = in
	}
}

// any draws a machine.
func (l *lab) any() *Machine { return l.Machines[l.Below(int64(len(l.Machines)))] }
