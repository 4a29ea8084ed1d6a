package raft

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

// setCommitIndex raises commitIndex and kicks the applier.
func (s *Server) setCommitIndex(index Index, reason Reason, peer ServerID) {
	s.assert(index <= s.log.lastIndex(), "the commitIndex must not pass the end of the log")
	s.report(Event{Kind: CommitAdvanced, Index: s.commitIndex, LastIndex: index, Reason: reason, Peer: peer})
	if s.role == Leader {
		s.uncommitted -= dataBytes(s.log.slice(s.commitIndex+1, index))
	}
	s.commitIndex = index
	s.reads.moved.Broadcast()
	s.committed.Broadcast()
}
