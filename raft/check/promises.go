package check

import (
	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rule that nothing is promised before it is durable. A
// message promises something at the moment when it is sent:
//
//   - every message about votes and logs: that the sender's term will never be
//     lower; but a question whether it would be elected, and the answer, promise
//     nothing (dissertation, §9.6);
//   - a RequestVote: that the candidate votes for itself in that term;
//   - a RequestVoteReply that grants: that the voter votes for nobody else in
//     that term;
//   - an AppendEntriesReply with success, or an InstallSnapshotReply that it is
//     installed: that the follower holds the leader's log up to the last entry that
//     the request spoke of.
//
// The first three hold for ever once a term at least as high is on the disk, with the
// vote if the term is the same. The last one is about a moment: a leader
// of a later term may replace the entries, even while the reply is between the server's
// lock and the network. So they must have been on the disk together at some time since
// the request came.

// request is an AppendEntries or InstallSnapshot on its way or being answered.
type request struct {
	to      raft.ServerID
	arrived bool
	index   raft.Index // the last entry that it speaks of
	term    raft.Term  // and its term
	held    bool       // entries were replaced on the disk that held it up to there, since the request came
}

func (c *Checker) rememberRequest(e *trace.Event) {
	if e.To < 1 {
		return
	}
	switch m := e.Message.(type) {
	case raft.AppendEntries:
		r := &request{to: raft.ServerID(e.To), index: m.PrevLogIndex, term: m.PrevLogTerm}
		if n := len(m.Entries); n > 0 {
			r.index, r.term = m.Entries[n-1].Index, m.Entries[n-1].Term
		}
		c.requests[e.Packet] = r
	case raft.InstallSnapshot:
		c.requests[e.Packet] = &request{to: raft.ServerID(e.To), index: m.LastIncludedIndex, term: m.LastIncludedTerm}
	}
}

func (c *Checker) requestArrived(id trace.PacketID) {
	if r := c.requests[id]; r != nil {
		r.arrived = true
	}
}

// forgetRequests forgets those that a process would have answered that crashed.
func (c *Checker) forgetRequests(to raft.ServerID) {
	for id, r := range c.requests {
		if r.to == to && r.arrived {
			delete(c.requests, id)
		}
	}
}

// keepPromises is called before entries on the disk of s are replaced.
func (c *Checker) keepPromises(s *trace.Server) {
	for _, r := range c.requests {
		if r.to == s.ID && r.arrived && c.durable(s, r.index, r.term) {
			r.held = true
		}
	}
}

// lookAtPromise checks a message that is being sent.
func (c *Checker) lookAtPromise(e *trace.Event) {
	m, ok := e.Message.(raft.Message)
	if !ok || e.From < 1 {
		return
	}
	s := c.server(raft.ServerID(e.From))
	if durable := s.Disk.HardState.CurrentTerm; promisesTerm(m) && durable < m.MessageTerm() {
		c.breaks(DurableBeforeAnswer, s.ID, "S%d sent a message of term %d while its disk held term %d", s.ID, m.MessageTerm(), durable)
	}
	switch m := m.(type) {
	case raft.RequestVote:
		if !m.PreVote {
			c.lookAtVote(s, m.Term, s.ID)
		}
	case raft.RequestVoteReply:
		if m.VoteGranted && !m.PreVote && e.To > 0 {
			c.lookAtVote(s, m.Term, raft.ServerID(e.To))
		}
	case raft.AppendEntries, raft.InstallSnapshot:
		c.rememberRequest(e)
	case raft.InstallSnapshotReply:
		if m.Installed {
			c.lookAtAcknowledgement(s, c.requests[e.InReplyTo])
		}
		delete(c.requests, e.InReplyTo)
	case raft.AppendEntriesReply:
		if m.Success {
			c.lookAtAcknowledgement(s, c.requests[e.InReplyTo])
		}
		delete(c.requests, e.InReplyTo)
	}
}

// promisesTerm reports whether a message promises its term.
func promisesTerm(message raft.Message) bool {
	switch m := message.(type) {
	case raft.RequestVote:
		return !m.PreVote
	case raft.RequestVoteReply:
		return !m.PreVote
	case raft.AppendEntries, raft.AppendEntriesReply, raft.InstallSnapshot, raft.InstallSnapshotReply, raft.TimeoutNow:
		return true
	}
	return false
}

func (c *Checker) lookAtVote(s *trace.Server, term raft.Term, candidate raft.ServerID) {
	if disk := s.Disk.HardState; disk.CurrentTerm == term && disk.VotedFor != candidate {
		c.breaks(DurableBeforeAnswer, s.ID, "S%d sent its vote for S%d in term %d, while on its disk the vote of that term was for %s",
			s.ID, candidate, term, whom(disk.VotedFor))
	}
	c.promiseVote(s, term, candidate)
}

func (c *Checker) lookAtAcknowledgement(s *trace.Server, r *request) {
	if r == nil {
		return // an answer to nothing that was asked promises nothing
	}
	if !r.held && !c.durable(s, r.index, r.term) {
		c.breaks(DurableBeforeAnswer, s.ID, "S%d acknowledged the log up to entry %d of term %d before that entry was on its disk", s.ID, r.index, r.term)
	}
}
