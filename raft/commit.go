package raft

import "slices"

// This chapter is when an entry is committed (§5.3, §5.4.2).

// advanceCommitIndex commits what a majority stores (Figure 2, rules for
// leaders). The leader counts itself with what its own disk holds.
func (s *Server) advanceCommitIndex() {
	index := Index(s.agreed(uint64(s.durability.lastIndex), func(p *peer) uint64 { return uint64(p.matchIndex) }))
	if index <= s.commitIndex {
		return
	}
	// Only entries of the leader's own term are committed by counting; those
	// before are committed with them (§5.4.2, Figure 8).
	if s.log.term(index) != s.currentTerm {
		if index > s.withheld {
			s.withheld = index
			s.report(Event{Kind: CommitWithheld, LastIndex: index, EntryTerm: s.log.term(index)})
		}
		return
	}
	s.setCommitIndex(index, CountedMajority, None)
}

// agreed returns the highest number that a majority has reached, where this
// server has reached its own and each peer what reached tells. In a joint
// configuration the old and the new voters must both have reached it (§6).
func (s *Server) agreed(own uint64, reached func(p *peer) uint64) uint64 {
	configuration := s.configuration()
	number := s.reachedBy(configuration.Voters, own, reached)
	if len(configuration.Outgoing) > 0 {
		number = min(number, s.reachedBy(configuration.Outgoing, own, reached))
	}
	return number
}

// reachedBy returns the highest number that a majority of the voters has
// reached.
func (s *Server) reachedBy(voters []ServerID, own uint64, reached func(p *peer) uint64) uint64 {
	s.numbers = s.numbers[:0]
	for _, id := range voters {
		if id == s.config.ID {
			s.numbers = append(s.numbers, own)
		} else if p := s.peer(id); p != nil {
			s.numbers = append(s.numbers, reached(p))
		}
	}
	slices.Sort(s.numbers)
	least := len(s.numbers) - (len(voters)/2 + 1)
	if least < 0 {
		return 0
	}
	return s.numbers[least]
}

// setCommitIndex raises commitIndex and kicks the applier.
func (s *Server) setCommitIndex(index Index, reason Reason, peer ServerID) {
	s.assert(index <= s.log.lastIndex(), "the commitIndex must not pass the end of the log")
	s.report(Event{Kind: CommitAdvanced, Index: s.commitIndex, LastIndex: index, Reason: reason, Peer: peer})
	if s.role == Leader {
		s.uncommitted -= dataBytes(s.log.slice(s.commitIndex+1, index))
	}
	change := s.configurations[len(s.configurations)-1].index
	committed := s.commitIndex < change && change <= index
	s.commitIndex = index
	s.committed.Broadcast()
	s.reads.moved.Broadcast()
	if committed {
		s.continueChange()
	}
}
