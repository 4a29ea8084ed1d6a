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

	// Facts that hold for the whole run, whoever crashes.
	terms     map[raft.Term]*termFacts
	entries   [][]entryFacts // by index, from 1: all entries that ever stood there, one a term
	committed []commitFacts  // by index, from 1

	everybody []raft.ServerID
	removed   []removal // by server: its last truncation
	requests  map[trace.PacketID]*request
	changes   []raft.Index            // by server: the entry that brought the membership in force
	reads     []map[uint64]raft.Index // by server and number: what was committed when a read began
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
	c := &Checker{
		model:    trace.NewModel(h),
		terms:    make(map[raft.Term]*termFacts),
		removed:  make([]removal, h.Servers),
		requests: make(map[trace.PacketID]*request),
		changes:  make([]raft.Index, h.Servers),
		reads:    make([]map[uint64]raft.Index, h.Servers),
	}
	for id := range h.Servers {
		c.everybody = append(c.everybody, raft.ServerID(id+1))
	}
	return c
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
	case raft.Started:
		c.reads[s.ID-1] = nil
	case raft.MembershipChanged:
		c.changes[s.ID-1] = step.Index
	case raft.EntryAppended:
		c.checkAppend(s, step)
		if step.Entry.Kind == raft.ConfigurationChange {
			c.checkChange(s, step)
		}
	case raft.LogTruncated:
		c.checkTruncation(s, step)
	case raft.ProgressMoved:
		c.checkProgress(s, step)
	case raft.CommitAdvanced:
		c.checkCommit(s, step)
	case raft.EntryApplied:
		c.checkApplied(s, step)
	case raft.SnapshotTaken, raft.SnapshotInstalled, raft.SnapshotRestored:
		c.checkSnapshot(s, step)
	case raft.Persisted:
		c.lookAtWrite(s)
	case raft.ReadBegan:
		c.readBegan(step)
	case raft.ReadConfirmed:
		c.checkRead(s, step)
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

// termAt is the term of the entry at index of a server's log. What is behind
// its snapshot it has had as it was committed.
func (c *Checker) termAt(s *trace.Server, index raft.Index) (term raft.Term, ok bool) {
	if index < s.SnapshotIndex {
		return c.committedTerm(index)
	}
	return s.TermAt(index)
}

// durable reports whether the disk of s holds the entry of the given term at index.
func (c *Checker) durable(s *trace.Server, index raft.Index, term raft.Term) bool {
	there, ok := s.DurableTermAt(index)
	if index < s.Disk.Snapshot.Index {
		there, ok = c.committedTerm(index)
	}
	return ok && there == term
}

func (c *Checker) committedTerm(index raft.Index) (term raft.Term, ok bool) {
	switch {
	case index == 0:
		return 0, true
	case index > raft.Index(len(c.committed)):
		return 0, false
	}
	return c.committed[index-1].term, true
}

// end is the index and term of the last entry of a server's log.
func end(s *trace.Server) (raft.Index, raft.Term) {
	last := s.LastIndex()
	term, _ := s.TermAt(last)
	return last, term
}

// voters are the servers whose votes and copies count for s: of a joint
// configuration the new ones and the old ones, who must each agree (§6).
func (c *Checker) voters(s *trace.Server) [][]raft.ServerID {
	configuration := &s.Configuration
	switch {
	case len(configuration.Voters) == 0:
		return [][]raft.ServerID{c.everybody}
	case len(configuration.Outgoing) > 0:
		return [][]raft.ServerID{configuration.Voters, configuration.Outgoing}
	}
	return [][]raft.ServerID{configuration.Voters}
}

// short looks for a majority of the voters for s that says yes. If there is
// none it returns how many did, and how many it takes.
func (c *Checker) short(s *trace.Server, yes func(raft.ServerID) bool) (count, majority int, short bool) {
	for _, group := range c.voters(s) {
		count, majority = 0, len(group)/2+1
		for _, id := range group {
			if yes(id) {
				count++
			}
		}
		if count < majority {
			return count, majority, true
		}
	}
	return 0, 0, false
}
