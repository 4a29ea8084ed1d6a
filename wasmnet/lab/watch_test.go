package lab

import (
	"slices"
	"strings"

	"raftarium/raft"
)

// snapshotInterval is how many entries an application applies before it takes
// the next snapshot.
const snapshotInterval = 10

// application is what a server's life has applied: the command of the entry
// with index i+1 is at i.
type application struct {
	commands []string
}

// apply takes an entry: the next one, and the same as on all other servers.
func (l *lab) apply(m *Machine, entry raft.Entry) {
	a := l.applications[m.ID-1]
	if int(entry.Index) != len(a.commands)+1 {
		l.Fail("S%d applies the entry %d after %d", m.ID, entry.Index, len(a.commands))
	}
	command := string(entry.Data)
	a.commands = append(a.commands, command)
	l.compare(m, len(a.commands), command)
	if l.snapshots && entry.Index%snapshotInterval == 0 {
		l.takeSnapshot(m, entry.Index)
	}
}

// compare checks that no two servers apply different commands at an index.
func (l *lab) compare(m *Machine, index int, command string) {
	switch {
	case index <= len(l.agreed) && l.agreed[index-1] != command:
		l.Fail("S%d applies %.20q at index %d, where %.20q was applied", m.ID, command, index, l.agreed[index-1])
	case index == len(l.agreed)+1:
		l.agreed = append(l.agreed, command)
	}
}

func (l *lab) takeSnapshot(m *Machine, index raft.Index) {
	data := []byte(strings.Join(l.applications[m.ID-1].commands, "\n"))
	if err := m.Server.Snapshot(index, data); err != nil {
		l.Fail("S%d takes a snapshot up to %d: %v", m.ID, index, err)
	}
}

// restore takes a snapshot, which must hold what was applied everywhere.
func (l *lab) restore(m *Machine, snapshot raft.Snapshot) {
	a := l.applications[m.ID-1]
	commands := strings.Split(string(snapshot.Data), "\n")
	switch {
	case len(commands) != int(snapshot.Index):
		l.Fail("the snapshot up to %d that S%d is handed holds %d commands", snapshot.Index, m.ID, len(commands))
	case len(commands) <= len(a.commands):
		l.Fail("S%d has applied %d entries and is handed a snapshot up to %d", m.ID, len(a.commands), snapshot.Index)
	case len(commands) > len(l.agreed) || !slices.Equal(commands, l.agreed[:len(commands)]):
		l.Fail("the snapshot up to %d that S%d is handed is not what was applied", snapshot.Index, m.ID)
	}
	a.commands = commands
}

// observe checks that a term has at most one leader.
func (l *lab) observe(m *Machine, event raft.Event) {
	if event.Kind != raft.BecameLeader {
		return
	}
	if other, ok := l.leaders[event.Term]; ok {
		l.Fail("S%d becomes leader of term %d after S%d", m.ID, event.Term, other)
	}
	l.leaders[event.Term] = m.ID
}

// committed is how many servers have applied an index, and what.
func (l *lab) committed(index int) (servers int, command string) {
	for _, m := range l.Machines {
		a := l.applications[m.ID-1]
		if m.Server != nil && len(a.commands) >= index {
			servers++
			command = a.commands[index-1]
		}
	}
	return servers, command
}

// storedBytes is the size of what a server has on its disk besides the snapshot.
func storedBytes(m *Machine) int {
	return encodedSize(m.Disk.Stored.HardState) + encodedSize(m.Disk.Stored.Log)
}
