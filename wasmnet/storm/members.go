package storm

import (
	"reflect"
	"slices"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// members is what the trace tells about who makes up the cluster: the last
// membership that is known to be committed, and those that a server has taken into force
// after it, of which any may yet be committed or forgotten.
type members struct {
	inForce   []membership // by server
	voted     []bool       // by server: it has ever taken itself for a voter
	committed membership
	later     []membership
}

// membership is a configuration with the index of the entry that brought it.
type membership struct {
	index         raft.Index
	configuration raft.Configuration
}

func newMembers(h trace.Header) members {
	m := members{inForce: make([]membership, h.Servers), voted: make([]bool, h.Servers)}
	for id := 1; id <= h.Servers-h.Features.Spares; id++ {
		m.committed.configuration.Voters = append(m.committed.configuration.Voters, raft.ServerID(id))
	}
	return m
}

func (m *members) observe(step *raft.Event) {
	switch step.Kind {
	case raft.MembershipChanged:
		is := membership{step.Index, *step.Configuration}
		m.inForce[step.Server-1] = is
		m.voted[step.Server-1] = m.voted[step.Server-1] || is.configuration.IsVoter(step.Server)
		known := func(other membership) bool { return reflect.DeepEqual(is, other) }
		if is.index > m.committed.index && !slices.ContainsFunc(m.later, known) {
			m.later = append(m.later, is)
		}
	case raft.CommitAdvanced:
		is := m.inForce[step.Server-1]
		if is.index > step.LastIndex || is.index <= m.committed.index {
			return
		}
		m.committed = is
		m.later = slices.DeleteFunc(m.later, func(other membership) bool { return other.index <= is.index })
	}
}

// canDecide reports whether the servers for which up is true can go on,
// whichever of the memberships turns out to be in force.
func (m *members) canDecide(up func(raft.ServerID) bool) bool {
	for _, is := range append(m.later[:len(m.later):len(m.later)], m.committed) {
		for _, voters := range [][]raft.ServerID{is.configuration.Voters, is.configuration.Outgoing} {
			count := 0
			for _, id := range voters {
				if up(id) {
					count++
				}
			}
			if len(voters) > 0 && count <= len(voters)/2 {
				return false
			}
		}
	}
	return true
}

// removed reports whether a server was a voter and is one no longer, which it may
// not know.
func (m *members) removed(id raft.ServerID) bool {
	return m.voted[id-1] && !m.committed.configuration.IsVoter(id)
}
