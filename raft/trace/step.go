package trace

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"raftarium/raft"
)

// This chapter folds the steps of the core into the server that took them.

func (m *Model) foldStep(e *Event) error {
	step := &e.Core
	s := &m.Servers[step.Server-1]
	switch step.Kind {
	case raft.Started, raft.Stopped:
		return s.foldLife(step, e.At)
	case raft.TimerReset:
		s.foldTimer(step, e.At)
	case raft.MembershipChanged:
		s.foldMembership(*step.Configuration)
	case raft.BecameFollower, raft.BecamePreCandidate, raft.BecameCandidate, raft.BecameLeader:
		m.foldRole(s, step, e.At)
	case raft.VoteGranted, raft.VoteRefused, raft.VoteReceived, raft.VoteDenied:
		m.foldVote(s, step)
	case raft.EntryAppended, raft.LogTruncated:
		return s.foldLog(step, e.At)
	case raft.AppendRefused:
		if step.Reason == raft.OlderTerm {
			m.staleAppend(step)
		}
	case raft.ReplyIgnored:
		if step.Reason == raft.TermChanged && step.PeerTerm < step.Term {
			m.staleReply(step)
		}
	case raft.HeartbeatsSent:
		s.HeartbeatAt = e.At
	case raft.ProgressMoved:
		return s.foldProgress(step)
	case raft.CommitAdvanced, raft.EntryApplied:
		return s.foldCommit(step, e.At)
	case raft.WriteStarted, raft.Persisted:
		return s.foldWrite(step)
	case raft.SnapshotTaken, raft.SnapshotInstalled, raft.SnapshotRestored:
		return s.foldSnapshot(step, e.At)
	}
	return nil
}

func (s *Server) foldLife(step *raft.Event, now time.Duration) error {
	if step.Kind == raft.Stopped {
		s.Alive, s.Paused = false, false
		return nil
	}
	if durable := s.Disk.Snapshot.Index + raft.Index(len(s.Disk.Log)); step.LastIndex != durable {
		return fmt.Errorf("S%d starts with a log that ends with entry %d, and on its disk it ends with entry %d", s.ID, step.LastIndex, durable)
	}
	paused := s.Paused
	s.reload(now)
	s.Paused = paused
	return nil
}

func (s *Server) foldTimer(step *raft.Event, now time.Duration) {
	if step.Timeout != s.Timeout {
		s.Redrawn = now
	}
	s.TimerStart, s.Timeout = now, step.Timeout
	if step.Reason == raft.HeardFromLeader {
		s.Leader = step.Peer
	}
}

// foldMembership takes a configuration into force. Of a server that was no member
// before, a leader knows nothing yet, whatever it knew of it in former times.
func (s *Server) foldMembership(c raft.Configuration) {
	if s.Role == raft.Leader {
		former := s.Configuration.Members()
		for _, id := range c.Members() {
			if !slices.Contains(former, id) {
				s.NextIndex[id-1], s.MatchIndex[id-1] = 0, 0
			}
		}
	}
	s.Configuration = c
}

func (m *Model) foldRole(s *Server, step *raft.Event, now time.Duration) {
	if step.Term != s.Term {
		s.Term = step.Term
		s.VotedFor = step.VotedFor
	}
	s.Leader = raft.None
	s.Votes, s.Refused = s.Votes[:0], s.Refused[:0]
	s.NextIndex, s.MatchIndex = s.NextIndex[:0], s.MatchIndex[:0]
	s.ChangedAt = now
	switch step.Kind {
	case raft.BecameFollower:
		s.Role = raft.Follower
	case raft.BecamePreCandidate:
		s.Role = raft.PreCandidate
		s.Votes = append(s.Votes, s.ID)
	case raft.BecameCandidate:
		s.Role = raft.Candidate
		s.Votes = append(s.Votes, s.ID)
	case raft.BecameLeader:
		s.Role = raft.Leader
		s.Leader = s.ID
		s.NextIndex = slices.Grow(s.NextIndex, len(m.Servers))[:len(m.Servers)]
		s.MatchIndex = slices.Grow(s.MatchIndex, len(m.Servers))[:len(m.Servers)]
		clear(s.NextIndex)
		clear(s.MatchIndex)
	}
}

func (m *Model) foldVote(s *Server, step *raft.Event) {
	switch step.Kind {
	case raft.VoteGranted:
		s.VotedFor = step.VotedFor
	case raft.VoteRefused:
		if step.Reason == raft.OlderTerm {
			m.staleVote(step)
		}
	case raft.VoteReceived:
		s.Votes = addServer(s.Votes, step.Peer)
		s.Refused = removeServer(s.Refused, step.Peer)
	case raft.VoteDenied:
		s.Refused = addServer(s.Refused, step.Peer)
		s.Votes = removeServer(s.Votes, step.Peer)
	}
}

func addServer(ids []raft.ServerID, id raft.ServerID) []raft.ServerID {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

func removeServer(ids []raft.ServerID, id raft.ServerID) []raft.ServerID {
	if i := slices.Index(ids, id); i >= 0 {
		return slices.Delete(ids, i, i+1)
	}
	return ids
}

func (s *Server) foldLog(step *raft.Event, now time.Duration) error {
	last := s.LastIndex()
	if step.Kind == raft.EntryAppended {
		if step.Index != last+1 {
			return fmt.Errorf("S%d appends entry %d to a log that ends with entry %d", s.ID, step.Index, last)
		}
		s.Log = append(s.Log, step.Entry)
		return nil
	}
	if step.LastIndex != last {
		return fmt.Errorf("S%d removes entries up to %d from a log that ends with entry %d", s.ID, step.LastIndex, last)
	}
	if step.Index <= s.SnapshotIndex {
		return fmt.Errorf("S%d removes entry %d, and its log begins after entry %d", s.ID, step.Index, s.SnapshotIndex)
	}
	kept := step.Index - s.SnapshotIndex - 1
	s.Torn = s.Log[kept:]
	s.TornFrom, s.TornAt = step.Index, now
	// What is appended next goes to a new array: others may look at this one.
	s.Log = s.Log[:kept:kept]
	return nil
}

func (s *Server) foldCommit(step *raft.Event, now time.Duration) error {
	if last := s.LastIndex(); max(step.Index, step.LastIndex) > last {
		return fmt.Errorf("S%d commits or applies entry %d of a log that ends with entry %d", s.ID, max(step.Index, step.LastIndex), last)
	}
	if step.Kind == raft.CommitAdvanced {
		s.CommitIndex = step.LastIndex
	} else {
		s.LastApplied, s.AppliedAt = step.Index, now
	}
	return nil
}

func (s *Server) foldProgress(step *raft.Event) error {
	if step.Index == 0 {
		return fmt.Errorf("S%d is to send entry 0, and the first entry is entry 1", s.ID)
	}
	if s.Role != raft.Leader {
		return nil // a leader that has just committed its own removal and tidies up
	}
	s.NextIndex[step.Peer-1] = step.Index
	s.MatchIndex[step.Peer-1] = step.LastIndex
	return nil
}

func (s *Server) foldWrite(step *raft.Event) error {
	if step.Kind == raft.Persisted {
		if s.Writing == nil {
			return fmt.Errorf("S%d has no write on its way to the disk", s.ID)
		}
		s.reachDisk()
		return nil
	}
	write := &raft.Write{
		HardState:  raft.HardState{CurrentTerm: step.Term, VotedFor: step.VotedFor},
		FirstIndex: step.Index,
	}
	if step.SnapshotIndex != 0 {
		if step.SnapshotIndex != s.SnapshotIndex || step.SnapshotIndex < s.Disk.Snapshot.Index {
			return fmt.Errorf("S%d writes a snapshot up to entry %d, and has one up to entry %d", s.ID, step.SnapshotIndex, s.SnapshotIndex)
		}
		write.Snapshot = &raft.Snapshot{Index: step.SnapshotIndex, Term: step.EntryTerm}
	}
	if step.Index != 0 {
		durable := max(s.Disk.Snapshot.Index+raft.Index(len(s.Disk.Log)), step.SnapshotIndex)
		if step.LastIndex > s.LastIndex() || step.Index <= s.SnapshotIndex || step.Index > durable+1 {
			return errors.New("entries are written that are not there, or a hole is left before them")
		}
		last := step.LastIndex - s.SnapshotIndex
		write.Entries = s.Log[step.Index-s.SnapshotIndex-1 : last : last]
	}
	s.Writing = write
	return nil
}

func (s *Server) foldSnapshot(step *raft.Event, now time.Duration) error {
	index := step.SnapshotIndex
	if step.Kind == raft.SnapshotRestored {
		if index != s.SnapshotIndex {
			return fmt.Errorf("S%d hands over a snapshot up to entry %d, and has one up to entry %d", s.ID, index, s.SnapshotIndex)
		}
		s.LastApplied, s.AppliedAt = index, now
		return nil
	}
	if index <= s.SnapshotIndex {
		return fmt.Errorf("S%d has a snapshot up to entry %d already, so one up to entry %d is nothing new", s.ID, s.SnapshotIndex, index)
	}
	if term, ok := s.TermAt(index); ok && term == step.EntryTerm {
		s.Log = slices.Clone(s.Log[index-s.SnapshotIndex:])
	} else if step.Kind == raft.SnapshotInstalled {
		s.Log = nil
	} else {
		return fmt.Errorf("S%d takes a snapshot up to entry %d of term %d, which is not in its log", s.ID, index, step.EntryTerm)
	}
	s.SnapshotIndex, s.SnapshotTerm = index, step.EntryTerm
	return nil
}

func (m *Model) staleVote(step *raft.Event) {
	m.markStale(step.Server, step.Peer, func(message any) bool {
		request, ok := message.(raft.RequestVote)
		return ok && request.Term == step.RequestTerm && request.LastLogIndex == step.PeerIndex
	})
}

func (m *Model) staleAppend(step *raft.Event) {
	m.markStale(step.Server, step.Peer, func(message any) bool {
		request, ok := message.(raft.AppendEntries)
		return ok && request.Term == step.RequestTerm && request.PrevLogIndex == step.Index
	})
}

func (m *Model) staleReply(step *raft.Event) {
	m.markStale(step.Server, step.Peer, func(message any) bool {
		switch reply := message.(type) {
		case raft.RequestVoteReply:
			return reply.Term == step.PeerTerm
		case raft.AppendEntriesReply:
			return reply.Term == step.PeerTerm
		}
		return false
	})
}
