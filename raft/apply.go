package raft

// This chapter is applying: one goroutine hands committed entries to the
// application, in log order. It is on its own because the application may
// block, and only one because order matters (structure advice).

// setCommitIndex raises commitIndex and kicks the applier.
func (s *Server) setCommitIndex(index Index, reason Reason, peer ServerID) {
	s.assert(index <= s.log.lastIndex(), "the commitIndex must not pass the end of the log")
	s.report(Event{Kind: CommitAdvanced, Index: s.commitIndex, LastIndex: index, Reason: reason, Peer: peer})
	s.commitIndex = index
	s.committed.Broadcast()
}

// applyCommitted is the goroutine of the applier.
func (s *Server) applyCommitted() {
	for {
		entries, ok := s.awaitCommitted()
		if !ok {
			return
		}
		for _, entry := range entries {
			if !s.apply(entry) {
				return
			}
		}
	}
}

// awaitCommitted waits for committed entries that were not applied yet and
// returns them; false if the server stopped.
func (s *Server) awaitCommitted() ([]Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.lastApplied == s.commitIndex && !s.stopped {
		s.committed.Wait()
	}
	if s.stopped {
		return nil, false
	}
	return s.log.slice(s.lastApplied+1, s.commitIndex), true
}

// apply hands one entry to the application, without the lock. It returns false
// if the server stopped.
func (s *Server) apply(entry Entry) bool {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return false
	}
	s.assert(entry.Index == s.lastApplied+1, "entries must be applied in log order")
	s.lastApplied = entry.Index
	s.report(Event{Kind: EntryApplied, Index: entry.Index, EntryTerm: entry.Term, Entry: entry})
	s.mu.Unlock()
	if entry.Kind == Command && s.config.Apply != nil {
		s.config.Apply(entry)
	}
	return true
}
