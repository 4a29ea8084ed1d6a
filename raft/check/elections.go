package check

import (
	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rules on terms, votes and leaders.

// checkTerm checks that terms never fall, in memory, on the disk and from one
// life of a process to the next.
func (c *Checker) checkTerm(s *trace.Server, step *raft.Event) {
	disk := s.Disk.HardState
	switch step.Kind {
	case raft.WriteStarted:
		if step.Term < disk.CurrentTerm {
			c.breaks(TermsRise, s.ID, "S%d writes term %d to its disk, which holds term %d already", s.ID, step.Term, disk.CurrentTerm)
		}
	case raft.Persisted: // is what WriteStarted was
	case raft.Started:
		if step.Term != disk.CurrentTerm || step.VotedFor != disk.VotedFor {
			c.breaks(TermsRise, s.ID, "S%d starts in term %d with its vote for %s, but its disk holds term %d and a vote for %s",
				s.ID, step.Term, whom(step.VotedFor), disk.CurrentTerm, whom(disk.VotedFor))
		}
	default:
		if step.Term < s.Term {
			c.breaks(TermsRise, s.ID, "S%d went back from term %d to term %d", s.ID, s.Term, step.Term)
		}
	}
}

func whom(id raft.ServerID) string {
	if id == raft.None {
		return "nobody"
	}
	return "S" + digits(uint64(id))
}

// checkVote checks that a server that decides for a candidate has not decided for
// another in the same term: neither in this life, nor, in an earlier one, in
// a way that it told anyone. A vote that was lost with the memory before
// anybody heard of it may be given again.
func (c *Checker) checkVote(s *trace.Server, term raft.Term, candidate raft.ServerID) {
	if s.Term == term && s.VotedFor != raft.None && s.VotedFor != candidate {
		c.breaks(OneVote, s.ID, "S%d votes for S%d in term %d, in which it has voted for S%d", s.ID, candidate, term, s.VotedFor)
	}
	c.checkPromisedVote(s, term, candidate)
}

func (c *Checker) checkPromisedVote(s *trace.Server, term raft.Term, candidate raft.ServerID) {
	facts := c.terms[term]
	if facts == nil {
		return
	}
	if before := facts.promised[s.ID-1]; before != raft.None && before != candidate {
		c.breaks(OneVote, s.ID, "S%d votes for S%d in term %d, in which it has already sent its vote for S%d", s.ID, candidate, term, before)
	}
}

// promiseVote notes that a server has told someone whom it votes for.
func (c *Checker) promiseVote(s *trace.Server, term raft.Term, candidate raft.ServerID) {
	c.checkPromisedVote(s, term, candidate)
	c.term(term).promised[s.ID-1] = candidate
}

func (c *Checker) checkUpToDate(s *trace.Server, step *raft.Event) {
	index, term := end(s)
	if step.PeerTerm < term || step.PeerTerm == term && step.PeerIndex < index {
		c.breaks(UpToDateVotes, s.ID, "S%d votes for S%d, whose log ends with entry %d of term %d, while its own ends with entry %d of term %d",
			s.ID, step.Peer, step.PeerIndex, step.PeerTerm, index, term)
	}
}

// checkElection checks that the new leader is the only one of its term, and
// that a majority really voted for it: the others by having sent their votes, itself
// by having its own on its disk.
func (c *Checker) checkElection(s *trace.Server, term raft.Term) {
	facts := c.term(term)
	if facts.leader != raft.None && facts.leader != s.ID {
		c.breaks(ElectionSafety, s.ID, "S%d became leader of term %d, which S%d leads or has led", s.ID, term, facts.leader)
	}
	own := s.Disk.HardState == raft.HardState{CurrentTerm: term, VotedFor: s.ID}
	voted := func(id raft.ServerID) bool { return facts.promised[id-1] == s.ID || id == s.ID && own }
	if votes, majority, short := c.short(s, voted); short {
		c.breaks(ElectionSafety, s.ID, "S%d became leader of term %d with %d durable votes: a majority is %d", s.ID, term, votes, majority)
	}
	facts.leader = s.ID
	facts.lastIndex, facts.lastTerm = end(s)
}
