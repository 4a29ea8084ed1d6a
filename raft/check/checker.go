package check

import (
	"fmt"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// Checker checks the events of one run. Use [New] to make one and show it
// every event in order.
type Checker struct {
	model  *trace.Model // the cluster before the event that is looked at
	now    *trace.Event
	broken *Violation // the first rule that the event breaks
	quorum int

	// Facts that hold for the whole run, whoever crashes.
	terms     map[raft.Term]*termFacts
	entries   [][]entryFacts // by index, from 1: all entries that ever stood there, one a term
	committed []commitFacts  // by index, from 1

	removed  []removal // by server: its last truncation
	requests map[trace.PacketID]*request
}

// termFacts is what is known of a term.
type termFacts struct {
	leader    raft.ServerID
	lastIndex raft.Index      // where the leader's log ended when it was elected
	lastTerm  raft.Term       // and the term of the entry there
	promised  []raft.ServerID // by server: whom it has told anyone that it votes for
	committed raft.Index      // highest entry committed by counting in this term
}

// New returns a checker for a run with the given header, which must be valid.
func New(h trace.Header) *Checker {
	return &Checker{
		model:    trace.NewModel(h),
		quorum:   h.Servers/2 + 1,
		terms:    make(map[raft.Term]*termFacts),
		removed:  make([]removal, h.Servers),
		requests: make(map[trace.PacketID]*request),
	}
}

// Observe looks at the next event, and returns the first rule that it breaks, or
// nil. The checker may go on afterwards; since a rule that is broken often breaks others,
// the first violation of a run tells most.
func (c *Checker) Observe(e *trace.Event) *Violation {
	c.now, c.broken = e, nil
	if err := e.Validate(&c.model.Header); err != nil {
		c.breaks(CoherentRecord, raft.None, "%v", err)
		return c.broken
	}
	c.look(e)
	if err := c.model.Fold(e); err != nil {
		c.breaks(CoherentRecord, raft.None, "%v", err)
	}
	return c.broken
}

// Events is how many events have been looked at and found coherent.
func (c *Checker) Events() int { return c.model.Events }

// breaks notes that the event breaks a rule, unless it breaks another already.
func (c *Checker) breaks(rule string, server raft.ServerID, format string, args ...any) {
	if c.broken == nil {
		c.broken = &Violation{
			Rule: rule, At: c.now.At, Event: c.model.Events + 1, Server: server,
			Text: fmt.Sprintf(format, args...),
		}
	}
}

// look checks the event against the cluster as it was just before.
func (c *Checker) look(e *trace.Event) {
	switch e.Kind {
	case trace.ServerStep:
		c.lookAtStep(c.server(e.Core.Server), &e.Core)
	case trace.PacketSent:
		c.lookAtPromise(e)
	case trace.PacketDuplicated:
		c.rememberRequest(e)
	case trace.PacketDelivered:
		c.requestArrived(e.Packet)
	case trace.PacketDropped:
		delete(c.requests, e.Packet)
	case trace.ServerCrashed:
		if e.Survived {
			c.lookAtWrite(c.server(e.Server))
		}
		c.forgetRequests(e.Server)
	}
}

func (c *Checker) lookAtStep(s *trace.Server, step *raft.Event) {
	c.checkTerm(s, step)
	switch step.Kind {
	case raft.BecameCandidate:
		c.checkVote(s, step.Term, s.ID)
	case raft.VoteGranted:
		c.checkVote(s, step.Term, step.Peer)
		c.checkUpToDate(s, step)
	case raft.BecameLeader:
		c.checkElection(s, step.Term)
		c.checkCompleteness(s, step.Term)
	case raft.EntryAppended:
		c.checkAppend(s, step)
	case raft.LogTruncated:
		c.checkTruncation(s, step)
	case raft.ProgressMoved:
		c.checkProgress(s, step)
	case raft.CommitAdvanced:
		c.checkCommit(s, step)
	case raft.EntryApplied:
		c.checkApplied(s, step)
	case raft.Persisted:
		c.lookAtWrite(s)
	}
}

func (c *Checker) server(id raft.ServerID) *trace.Server { return &c.model.Servers[id-1] }

// term returns the facts of a term.
func (c *Checker) term(term raft.Term) *termFacts {
	facts := c.terms[term]
	if facts == nil {
		facts = &termFacts{promised: make([]raft.ServerID, len(c.model.Servers))}
		c.terms[term] = facts
	}
	return facts
}

// termAt is the term of the entry at index of a log: 0 at index 0, and ok
// tells whether there is one.
func termAt(log []raft.Entry, index raft.Index) (term raft.Term, ok bool) {
	if index == 0 {
		return 0, true
	}
	if index > raft.Index(len(log)) {
		return 0, false
	}
	return log[index-1].Term, true
}

// holds reports whether a log has an entry of the given term at index.
func holds(log []raft.Entry, index raft.Index, term raft.Term) bool {
	there, ok := termAt(log, index)
	return ok && there == term
}

// end is the index and term of the last entry of a log.
func end(log []raft.Entry) (raft.Index, raft.Term) {
	last := raft.Index(len(log))
	term, _ := termAt(log, last)
	return last, term
}
