package check

import (
	"bytes"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rules on what is committed and applied.

// commitFacts is what is known of a committed index.
type commitFacts struct {
	term   raft.Term     // of the entry
	server raft.ServerID // the leader that committed it
	in     raft.Term     // the term in which that leader did
}

func (c *Checker) checkCommit(s *trace.Server, step *raft.Event) {
	if step.LastIndex <= s.CommitIndex {
		c.breaks(CommitRises, s.ID, "S%d took its commitIndex from %d to %d", s.ID, s.CommitIndex, step.LastIndex)
		return
	}
	term, ok := c.termAt(s, step.LastIndex)
	if !ok {
		return // beyond its log, which CoherentRecord tells
	}
	if step.Reason == raft.CountedMajority {
		c.checkCount(s, step, term)
		c.checkSameCommit(s, min(step.LastIndex, raft.Index(len(c.committed))))
		c.commit(s, step)
		c.checkLaterLeaders(s, step, term)
		return
	}
	if known := raft.Index(len(c.committed)); step.LastIndex > known {
		c.breaks(MajorityCommits, s.ID, "S%d takes entries up to %d for committed, but no leader has committed more than entry %d", s.ID, step.LastIndex, known)
		return
	}
	c.checkSameCommit(s, step.LastIndex)
}

// checkCount checks what a leader commits by counting copies. The copies are
// looked for where they count, on the disks. Those who sent a leader of this
// term that they hold the entry can have lost it to a later leader only if that leader
// was elected without it; and one of the majority that voted for it held the entry and
// would not have voted for such a candidate.
func (c *Checker) checkCount(s *trace.Server, step *raft.Event, term raft.Term) {
	if term != s.Term {
		c.breaks(OwnTermCommits, s.ID, "S%d leads term %d and committed entry %d of term %d by counting copies", s.ID, s.Term, step.LastIndex, term)
	}
	copied := func(id raft.ServerID) bool { return c.durable(c.server(id), step.LastIndex, term) }
	if copies, majority, short := c.short(s, copied); short {
		c.breaks(MajorityCommits, s.ID, "S%d committed entry %d of term %d, which is durable on %d servers: a majority is %d", s.ID, step.LastIndex, term, copies, majority)
	}
}

// commit notes as committed what a leader has just committed.
func (c *Checker) commit(s *trace.Server, step *raft.Event) {
	for index := raft.Index(len(c.committed)) + 1; index <= step.LastIndex; index++ {
		term, ok := s.TermAt(index)
		if !ok {
			return // behind a snapshot of what was never committed, which has been told
		}
		c.committed = append(c.committed, commitFacts{term: term, server: s.ID, in: step.Term})
	}
	facts := c.term(step.Term)
	facts.committed = max(facts.committed, step.LastIndex)
}

// checkSameCommit checks that the log of s holds what is committed at index.
// By Log Matching it then holds all that is committed before.
func (c *Checker) checkSameCommit(s *trace.Server, index raft.Index) {
	if index == 0 {
		return
	}
	known := c.committed[index-1]
	if term, _ := c.termAt(s, index); term != known.term {
		c.breaks(StateMachineSafety, s.ID, "S%d takes entry %d of term %d for committed, but S%d committed entry %d of term %d",
			s.ID, index, term, known.server, index, known.term)
	}
}

// checkCompleteness checks that a new leader holds all that was committed in
// terms before its own. It need not hold what was committed in later ones: votes may have
// made it leader late, when others have moved on.
func (c *Checker) checkCompleteness(s *trace.Server, term raft.Term) {
	var index raft.Index
	for earlier, facts := range c.terms {
		if earlier < term {
			index = max(index, facts.committed)
		}
	}
	if index == 0 {
		return
	}
	known := c.committed[index-1]
	if there, ok := c.termAt(s, index); !ok || there != known.term {
		c.breaks(LeaderCompleteness, s.ID, "S%d became leader of term %d without entry %d of term %d, which S%d committed in term %d",
			s.ID, term, index, known.term, known.server, known.in)
	}
}

// checkLaterLeaders is checkCompleteness the other way round: a leader that is
// slow to hear may commit an entry when later terms have leaders already. They must
// have had the entry when they were elected.
func (c *Checker) checkLaterLeaders(s *trace.Server, step *raft.Event, term raft.Term) {
	first := raft.Term(0)
	for later, facts := range c.terms {
		if later > step.Term && facts.leader != raft.None && !c.leadsTo(facts.lastIndex, facts.lastTerm, step.LastIndex, term) {
			if first == 0 || later < first {
				first = later
			}
		}
	}
	if first != 0 {
		c.breaks(LeaderCompleteness, s.ID, "S%d committed entry %d of term %d in term %d, but S%d had become leader of term %d without it",
			s.ID, step.LastIndex, term, step.Term, c.terms[first].leader, first)
	}
}

// leadsTo reports whether a log that ends with the entry at lastIndex of lastTerm
// holds the entry of term at index: by Log Matching the end tells all of
// it.
func (c *Checker) leadsTo(lastIndex raft.Index, lastTerm raft.Term, index raft.Index, term raft.Term) bool {
	for lastIndex > index {
		known := c.entry(lastIndex, lastTerm)
		if known == nil {
			return false
		}
		lastIndex, lastTerm = lastIndex-1, known.prevTerm
	}
	return lastIndex == index && lastTerm == term
}

func (c *Checker) checkApplied(s *trace.Server, step *raft.Event) {
	if step.Index != s.LastApplied+1 {
		c.breaks(AppliedInOrder, s.ID, "S%d applied entry %d after entry %d", s.ID, step.Index, s.LastApplied)
	}
	if step.Index > s.CommitIndex {
		c.breaks(AppliedInOrder, s.ID, "S%d applied entry %d, and knows only of entries up to %d that they are committed", s.ID, step.Index, s.CommitIndex)
	}
	if term, ok := c.termAt(s, step.Index); !ok || term != step.EntryTerm {
		c.breaks(AppliedInOrder, s.ID, "S%d applied entry %d of term %d, which is not in its log", s.ID, step.Index, step.EntryTerm)
	}
	if known := c.entry(step.Index, step.EntryTerm); known != nil && (known.kind != step.Entry.Kind || !bytes.Equal(known.data, step.Entry.Data)) {
		c.breaks(StateMachineSafety, s.ID, "S%d applied another entry %d of term %d than the one in the log of S%d", s.ID, step.Index, step.EntryTerm, known.server)
	}
	if step.Index > raft.Index(len(c.committed)) {
		return // its commitIndex is wrong, which has been told
	}
	if known := c.committed[step.Index-1]; known.term != step.EntryTerm {
		c.breaks(StateMachineSafety, s.ID, "S%d applied entry %d of term %d, but S%d committed entry %d of term %d",
			s.ID, step.Index, step.EntryTerm, known.server, step.Index, known.term)
	}
}

// checkSnapshot checks that a snapshot stands for what was committed, and for
// nothing else; and that the application gets it in its turn.
func (c *Checker) checkSnapshot(s *trace.Server, step *raft.Event) {
	if term, ok := c.committedTerm(step.SnapshotIndex); !ok || term != step.EntryTerm {
		c.breaks(StateMachineSafety, s.ID, "S%d has a snapshot up to entry %d of term %d, which no leader has committed", s.ID, step.SnapshotIndex, step.EntryTerm)
	}
	if step.Kind == raft.SnapshotTaken && step.SnapshotIndex > s.LastApplied {
		c.breaks(AppliedInOrder, s.ID, "S%d took a snapshot up to entry %d when it had applied entries up to %d", s.ID, step.SnapshotIndex, s.LastApplied)
	}
	if step.Kind == raft.SnapshotRestored && step.SnapshotIndex <= s.LastApplied {
		c.breaks(AppliedInOrder, s.ID, "S%d went back to a snapshot up to entry %d after it had applied entries up to %d", s.ID, step.SnapshotIndex, s.LastApplied)
	}
}
