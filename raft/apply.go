package raft

// This chapter is applying: one goroutine hands committed entries, and
// snapshots in their place, to the application in log order. It is on its own
// because the application may block, and only one because order matters
// (structure advice).

// applyCommitted is the goroutine of the applier.
func (s *Server) applyCommitted() {
	for {
		snapshot, entries, ok := s.awaitCommitted()
		if !ok {
			return
		}
		if snapshot != nil && s.config.Restore != nil {
			s.config.Restore(*snapshot)
		}
		for _, entry := range entries {
			if !s.apply(entry) {
				return
			}
		}
	}
}

// awaitCommitted waits for something that was not applied yet: a snapshot that
// stands for entries which are gone, or committed entries. It returns false if
// the server stopped.
func (s *Server) awaitCommitted() (*Snapshot, []Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteSettled()
	for s.lastApplied == s.commitIndex && !s.stopped {
		s.committed.Wait()
	}
	if s.stopped {
		return nil, nil, false
	}
	if s.lastApplied < s.log.start {
		s.lastApplied = s.snapshot.Index
		s.report(Event{Kind: SnapshotRestored, SnapshotIndex: s.snapshot.Index, EntryTerm: s.snapshot.Term})
		return s.snapshot, nil, true
	}
	return nil, s.log.slice(s.lastApplied+1, s.commitIndex), true
}

// apply hands one entry to the application, without the lock. It returns false
// if the server stopped.
func (s *Server) apply(entry Entry) bool {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return false
	}
	s.noteSettled()
	s.assert(entry.Index == s.lastApplied+1, "entries must be applied in log order")
	s.lastApplied = entry.Index
	s.report(Event{Kind: EntryApplied, Index: entry.Index, EntryTerm: entry.Term, Entry: entry})
	s.mu.Unlock()
	if entry.Kind == Command && s.config.Apply != nil {
		s.config.Apply(entry)
	}
	return true
}
