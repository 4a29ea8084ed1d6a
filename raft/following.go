package raft

// This chapter is the follower's side of log replication (§5.3).

// handleAppendEntries stores a leader's entries (Figure 2, AppendEntries RPC,
// receiver implementation).
func (s *Server) handleAppendEntries(request AppendEntries) (Message, bool) {
	if request.Term < s.currentTerm {
		s.refuseEntries(request, OlderTerm)
		return AppendEntriesReply{Term: s.currentTerm}, s.awaitHardState()
	}
	if !s.follow(request.Term, request.Leader) {
		return nil, false
	}
	if refusal := s.mismatch(request); refusal != NoReason {
		s.refuseEntries(request, refusal)
		return s.conflict(request), s.awaitHardState()
	}
	s.storeEntries(request)
	match := request.PrevLogIndex + Index(len(request.Entries))
	s.report(Event{Kind: AppendAccepted, Peer: request.Leader, Index: request.PrevLogIndex, LastIndex: match})
	// Only what was compared with the leader's log may be committed: after
	// match there may be entries of which the leader knows nothing.
	if commit := min(request.LeaderCommit, match); commit > s.commitIndex {
		s.setCommitIndex(commit, ToldByLeader, request.Leader)
	}
	if !s.awaitHardState() || !s.awaitEntries(match, request.Term) {
		return nil, false
	}
	if s.currentTerm != request.Term {
		// Another leader came while the disk was busy, and may have replaced
		// the entries: they are no longer promised.
		return AppendEntriesReply{Term: s.currentTerm}, s.awaitHardState()
	}
	return AppendEntriesReply{Term: request.Term, Success: true}, true
}

// follow makes sure that this server follows the leader of a term that is not
// below its own. It returns false if it leads that term itself: then no correct
// server sent the request, for a term has one leader.
func (s *Server) follow(term Term, leader ServerID) bool {
	s.observeTerm(term, leader)
	if s.role == Leader {
		return false
	}
	if s.role != Follower {
		s.role = Follower
		s.report(Event{Kind: BecameFollower, Reason: SawLeader, Peer: leader})
	}
	s.leader = leader
	s.leaderHeard = s.env.Now()
	s.resetTimer(HeardFromLeader, leader)
	return true
}

// mismatch says why the entries cannot be added after PrevLogIndex, or
// NoReason: the consistency check of §5.3.
func (s *Server) mismatch(request AppendEntries) Reason {
	switch {
	case s.log.holds(request.PrevLogIndex, request.PrevLogTerm):
		return NoReason
	case request.PrevLogIndex > s.log.lastIndex():
		return MissingEntry
	default:
		return ConflictingEntry
	}
}

// conflict is the reply to a request that failed the consistency check, with
// what the leader needs to step back over a whole term.
func (s *Server) conflict(request AppendEntries) AppendEntriesReply {
	reply := AppendEntriesReply{Term: s.currentTerm, ConflictIndex: s.log.lastIndex() + 1}
	if request.PrevLogIndex <= s.log.lastIndex() {
		reply.ConflictTerm = s.log.term(request.PrevLogIndex)
		reply.ConflictIndex = s.log.firstIndexOf(request.PrevLogIndex)
	}
	return reply
}

func (s *Server) refuseEntries(request AppendEntries, reason Reason) {
	event := Event{
		Kind: AppendRefused, Peer: request.Leader, Reason: reason, RequestTerm: request.Term,
		Index: request.PrevLogIndex, PeerTerm: request.PrevLogTerm, LastIndex: s.log.lastIndex(),
	}
	if s.log.start <= request.PrevLogIndex && request.PrevLogIndex <= s.log.lastIndex() {
		event.EntryTerm = s.log.term(request.PrevLogIndex)
	}
	s.report(event)
}

// storeEntries adds the entries that this server does not have yet. It removes
// its own only where one of them conflicts with the leader's: a request that
// the network delayed must not remove what a later one brought.
func (s *Server) storeEntries(request AppendEntries) {
	for i, entry := range request.Entries {
		if s.log.holds(entry.Index, entry.Term) {
			continue
		}
		if entry.Index <= s.log.lastIndex() {
			s.removeEntries(entry.Index, request.Leader)
		}
		for _, entry := range request.Entries[i:] {
			s.storeEntry(entry)
		}
		s.logChanged(entry.Index)
		return
	}
}

func (s *Server) removeEntries(first Index, leader ServerID) {
	s.assert(first > s.commitIndex, "a committed entry must never be removed")
	s.report(Event{Kind: LogTruncated, Index: first, LastIndex: s.log.lastIndex(), Peer: leader})
	s.log.truncate(first)
	s.dropConfigurations(first)
}
