package raft

import "sync"

// This chapter is persistence: "updated on stable storage before responding to
// RPCs" (Figure 2). State changes in memory, under the lock; one goroutine
// writes what changed to the disk, without the lock; and whoever would make
// a promise that depends on the change waits on a condition variable until it
// is durable. A leader sends entries while its own disk still writes them, and
// counts itself only afterwards (dissertation, §10.2.1).

// durability is what of the server's state is on its disk.
type durability struct {
	hardState     uint64    // how often currentTerm or votedFor has changed
	hardStateDone uint64    // how many of those changes are durable
	unwritten     Index     // first log entry that was not handed to the disk yet
	cutOff        bool      // the disk may hold entries from unwritten on that are no longer in the log
	lastIndex     Index     // the log, with the snapshot before it, is durable up to here
	snapshot      *Snapshot // not handed to the disk yet, or nil
	replaced      uint64    // how often a snapshot has taken the place of the whole log
	changed       Cond      // there is something to write, or the server stopped
	advanced      Cond      // something became durable, or the term changed, or the server stopped
}

func newDurability(env Env, lock sync.Locker, lastIndex Index) durability {
	return durability{
		unwritten: lastIndex + 1,
		lastIndex: lastIndex,
		changed:   env.NewCond("to write", lock),
		advanced:  env.NewCond("durable", lock),
	}
}

// hardStateChanged notes that currentTerm or votedFor has changed.
func (s *Server) hardStateChanged() {
	s.durability.hardState++
	s.durability.changed.Signal()
	// Who waits for entries of the former term to be durable waits in vain.
	s.durability.advanced.Broadcast()
}

// logChanged notes that the log has changed from index first on.
func (s *Server) logChanged(first Index) {
	d := &s.durability
	d.unwritten = min(d.unwritten, first)
	d.lastIndex = min(d.lastIndex, first-1)
	d.changed.Signal()
}

// snapshotChanged notes that the log now begins after another snapshot.
// Replaced says that nothing of the former log was kept.
func (s *Server) snapshotChanged(snapshot *Snapshot, replaced bool) {
	d := &s.durability
	d.snapshot = snapshot
	d.unwritten = max(d.unwritten, snapshot.Index+1)
	if replaced {
		// What was written of the former log says nothing of the new one; the two
		// are the same only up to what was committed.
		d.replaced++
		d.lastIndex = min(d.lastIndex, s.commitIndex)
		d.unwritten = snapshot.Index + 1
		d.cutOff = true
	}
	d.changed.Signal()
}

// awaitHardState waits until currentTerm and votedFor, as they are now, are
// durable. It returns false if the server stopped first. It gives up the lock
// while it waits, so its caller must check again whatever it relies on.
func (s *Server) awaitHardState() bool {
	d := &s.durability
	for change := d.hardState; d.hardStateDone < change && !s.stopped; {
		d.advanced.Wait()
	}
	return !s.stopped
}

// awaitEntries waits until the log is durable up to index, or the term is no
// longer the given one. It returns false if the server stopped first. It gives
// up the lock while it waits.
func (s *Server) awaitEntries(index Index, term Term) bool {
	for s.durability.lastIndex < index && s.currentTerm == term && !s.stopped {
		s.durability.advanced.Wait()
	}
	return !s.stopped
}

// persist is the goroutine that writes to the disk. Whatever changed while one
// write was on its way goes out together in the next.
func (s *Server) persist() {
	s.mu.Lock()
	d := &s.durability
	for {
		for !s.unsaved() && !s.stopped {
			d.changed.Wait()
		}
		if s.stopped {
			break
		}
		write, change, replaced := s.takeWrite(), d.hardState, d.replaced
		s.mu.Unlock()
		err := s.storage.Sync(write)
		s.mu.Lock()
		if s.stopped {
			break
		}
		if err != nil {
			s.stop(err)
			break
		}
		d.hardStateDone = change
		s.written(write, replaced == d.replaced)
	}
	s.mu.Unlock()
}

// unsaved reports whether anything has changed that was not handed to the disk.
func (s *Server) unsaved() bool {
	d := &s.durability
	return d.hardStateDone < d.hardState || d.unwritten <= s.log.lastIndex() || d.cutOff || d.snapshot != nil
}

// takeWrite makes a write of all that is not on the disk yet.
func (s *Server) takeWrite() Write {
	d := &s.durability
	write := Write{HardState: HardState{CurrentTerm: s.currentTerm, VotedFor: s.votedFor}, Snapshot: d.snapshot}
	if d.unwritten <= s.log.lastIndex() || d.cutOff {
		write.FirstIndex = d.unwritten
		write.Entries = s.log.slice(d.unwritten, s.log.lastIndex())
	}
	d.unwritten = s.log.lastIndex() + 1
	d.snapshot, d.cutOff = nil, false
	s.reportWrite(WriteStarted, write)
	return write
}

// written takes note that a write is durable. Current says that no snapshot
// has taken the place of the log meanwhile.
func (s *Server) written(write Write, current bool) {
	d := &s.durability
	if write.Snapshot != nil && current {
		d.lastIndex = max(d.lastIndex, write.Snapshot.Index)
	}
	if n := len(write.Entries); n > 0 && current {
		// Entries that were replaced while the write was on its way are not in
		// the log any more: unwritten then went back to the first of them.
		d.lastIndex = max(d.lastIndex, min(write.Entries[n-1].Index, d.unwritten-1))
	}
	s.reportWrite(Persisted, write)
	d.advanced.Broadcast()
	if s.role == Leader {
		s.advanceCommitIndex()
	}
}

func (s *Server) reportWrite(kind EventKind, write Write) {
	event := Event{Kind: kind, Term: write.HardState.CurrentTerm, VotedFor: write.HardState.VotedFor}
	if write.FirstIndex > 0 {
		event.Index, event.LastIndex = write.FirstIndex, write.FirstIndex+Index(len(write.Entries))-1
	}
	if write.Snapshot != nil {
		event.SnapshotIndex, event.EntryTerm = write.Snapshot.Index, write.Snapshot.Term
	}
	s.report(event)
}
