package check

import (
	"bytes"
	"strconv"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rules on what logs hold, and on what leaders know of them.

// entryFacts is what is known of the entry with a certain index and term, in
// whichever log it stands.
type entryFacts struct {
	term     raft.Term
	prevTerm raft.Term // term of the entry before it
	kind     raft.EntryKind
	data     []byte
	server   raft.ServerID // in whose log it was first seen
}

// removal is the first entry that a truncation removed.
type removal struct {
	index raft.Index // 0: none, or something was appended since
	term  raft.Term
}

// entry returns the facts of the entry with the given index and term, or nil.
func (c *Checker) entry(index raft.Index, term raft.Term) *entryFacts {
	if index == 0 || index > raft.Index(len(c.entries)) {
		return nil
	}
	facts := c.entries[index-1]
	for i := range facts {
		if facts[i].term == term {
			return &facts[i]
		}
	}
	return nil
}

// checkAppend checks Log Matching entry by entry instead of comparing logs:
// all entries with the same index and term must have the same content and
// the same term before them. If that holds wherever an entry is added, then two logs
// that hold the same index and term agree there and, since the terms before
// are the same, agree at the index before, and so on down to the first.
func (c *Checker) checkAppend(s *trace.Server, step *raft.Event) {
	if s.Role == raft.Leader && step.EntryTerm != s.Term {
		c.breaks(LeaderAppendOnly, s.ID, "S%d leads term %d and appends entry %d of term %d", s.ID, s.Term, step.Index, step.EntryTerm)
	}
	c.checkRemoved(s, step)
	last, prevTerm := end(s)
	if step.Index != last+1 {
		return // not a log any more, which CoherentRecord tells
	}
	known := c.entry(step.Index, step.EntryTerm)
	if known == nil {
		c.noteEntry(s.ID, step, prevTerm)
		return
	}
	if known.kind != step.Entry.Kind || !bytes.Equal(known.data, step.Entry.Data) {
		c.breaks(LogMatching, s.ID, "entry %d of term %d is not the same in the logs of S%d and S%d", step.Index, step.EntryTerm, known.server, s.ID)
	}
	if known.prevTerm != prevTerm {
		c.breaks(LogMatching, s.ID, "S%d and S%d both hold entry %d of term %d, but before it S%d holds an entry of term %d and S%d one of term %d",
			known.server, s.ID, step.Index, step.EntryTerm, known.server, known.prevTerm, s.ID, prevTerm)
	}
}

func (c *Checker) noteEntry(server raft.ServerID, step *raft.Event, prevTerm raft.Term) {
	if step.Index > raft.Index(len(c.entries))+1 {
		return // after a snapshot of what never was, which has been told
	}
	if step.Index > raft.Index(len(c.entries)) {
		c.entries = append(c.entries, nil)
	}
	at := &c.entries[step.Index-1]
	*at = append(*at, entryFacts{
		term: step.EntryTerm, prevTerm: prevTerm,
		kind: step.Entry.Kind, data: step.Entry.Data, server: server,
	})
}

// checkRemoved checks that what a truncation removed is not just put back.
func (c *Checker) checkRemoved(s *trace.Server, step *raft.Event) {
	before := &c.removed[s.ID-1]
	if before.index == step.Index && before.term == step.EntryTerm {
		c.breaks(OnlyConflicts, s.ID, "S%d removed entry %d of term %d and all behind it, though it did not conflict with its leader's", s.ID, step.Index, step.EntryTerm)
	}
	before.index = 0
}

func (c *Checker) checkTruncation(s *trace.Server, step *raft.Event) {
	if s.Role == raft.Leader {
		c.breaks(LeaderAppendOnly, s.ID, "S%d removed entries %d to %d though it leads term %d", s.ID, step.Index, step.LastIndex, s.Term)
	}
	if step.Index <= s.CommitIndex {
		c.breaks(CommitRises, s.ID, "S%d removed entry %d, though it knew that entries up to %d are committed", s.ID, step.Index, s.CommitIndex)
	}
	if term, ok := s.TermAt(step.Index); ok {
		c.removed[s.ID-1] = removal{index: step.Index, term: term}
	}
}

func (c *Checker) checkProgress(s *trace.Server, step *raft.Event) {
	if step.Index <= step.LastIndex {
		c.breaks(ProgressRises, s.ID, "S%d is to send S%d entry %d next, though S%d is known to match up to entry %d",
			s.ID, step.Peer, step.Index, step.Peer, step.LastIndex)
	}
	if s.Role != raft.Leader {
		return // it has just committed its own removal, and tidies up
	}
	if match := s.MatchIndex[step.Peer-1]; step.LastIndex < match {
		c.breaks(ProgressRises, s.ID, "S%d took matchIndex of S%d back from %d to %d", s.ID, step.Peer, match, step.LastIndex)
	}
}

// lookAtWrite is called when the write that is on its way to the disk of s
// becomes durable. A log on a disk must be such as could be in memory.
func (c *Checker) lookAtWrite(s *trace.Server) {
	write := s.Writing
	if write == nil || write.FirstIndex == 0 {
		return
	}
	if write.FirstIndex <= s.Disk.Snapshot.Index+raft.Index(len(s.Disk.Log)) {
		c.keepPromises(s)
	}
	if len(write.Entries) == 0 {
		return
	}
	first := write.Entries[0]
	prevTerm, ok := s.DurableTermAt(write.FirstIndex - 1)
	if write.Snapshot != nil && write.Snapshot.Index == write.FirstIndex-1 {
		prevTerm, ok = write.Snapshot.Term, true
	}
	if known := c.entry(first.Index, first.Term); known != nil && (!ok || known.prevTerm != prevTerm) {
		c.breaks(LogMatching, s.ID, "the disk of S%d holds entry %d of term %d after an entry of term %d, but in the log of S%d the entry before it is of term %d",
			s.ID, first.Index, first.Term, prevTerm, known.server, known.prevTerm)
	}
}

func digits(n uint64) string { return strconv.FormatUint(n, 10) }
