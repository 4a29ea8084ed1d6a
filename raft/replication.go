package raft

import (
	"fmt"
	"slices"
	"time"
)

// This chapter is log replication (§5.3, §5.4.2): what the leader sends, what
// a follower does with it, what the leader makes of the reply, and when an
// entry is committed.

// peer is another server, with what a leader knows of it (Figure 2, volatile
// state on leaders).
type peer struct {
	id         ServerID
	nextIndex  Index // the next log entry to send to it
	matchIndex Index // highest log entry known to be durable on it

	// A leader sends entries to a server in one RPC at a time; what is proposed
	// meanwhile goes out together in the next. Heartbeats do not wait for it.
	sending bool          // such an RPC is out
	round   uint64        // its number, to tell it from an earlier one given up as lost
	sentAt  time.Duration // when it was sent

	heard time.Duration // when it last answered in this term

	requestVote, appendEntries, timeoutNow string // names of the goroutines of its RPCs
}

func newPeer(id ServerID) *peer {
	return &peer{
		id:            id,
		requestVote:   fmt.Sprintf("RequestVote to S%d", id),
		appendEntries: fmt.Sprintf("AppendEntries to S%d", id),
		timeoutNow:    fmt.Sprintf("TimeoutNow to S%d", id),
	}
}

// lead sets a peer to what a new leader, whose log ends at lastIndex, supposes
// of it.
func (p *peer) lead(lastIndex Index, now time.Duration) {
	p.nextIndex = lastIndex + 1
	p.matchIndex = 0
	p.sending = false
	p.heard = now
}

// Propose appends a command to the leader's log and starts to replicate it; it
// does not wait (§5.3). The command is committed if and when it comes out of
// Config.Apply with this index and term; if an entry with this index and
// another term comes out, it never will be. The errors are ErrNotLeader,
// ErrTransferring and ErrStopped.
func (s *Server) Propose(command []byte) (Index, Term, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return 0, 0, ErrStopped
	}
	if s.role != Leader {
		s.report(Event{Kind: ProposalRefused, Peer: s.leader})
		return 0, 0, ErrNotLeader
	}
	if s.transfer.to != None {
		return 0, 0, ErrTransferring
	}
	index := s.appendEntry(Command, command)
	for _, p := range s.peers {
		if !p.sending {
			s.sendEntries(p)
		}
	}
	return index, s.currentTerm, nil
}

// appendEntry puts a new entry at the end of the leader's log.
func (s *Server) appendEntry(kind EntryKind, data []byte) Index {
	entry := Entry{Index: s.log.lastIndex() + 1, Term: s.currentTerm, Kind: kind, Data: data}
	s.storeEntry(entry)
	s.logChanged(entry.Index)
	return entry.Index
}

func (s *Server) storeEntry(entry Entry) {
	s.log.append(entry)
	s.report(Event{Kind: EntryAppended, Index: entry.Index, EntryTerm: entry.Term, Entry: entry})
}

// sendHeartbeats is the goroutine of a leader that prevents elections by
// others (§5.2), for as long as it leads the given term. The same round sends
// entries again if the RPC that carried them seems to be lost (§5.5).
func (s *Server) sendHeartbeats(term Term) {
	for {
		s.mu.Lock()
		if s.stopped || s.role != Leader || s.currentTerm != term {
			s.mu.Unlock()
			return
		}
		s.report(Event{Kind: HeartbeatsSent})
		for _, p := range s.peers {
			lost := p.sending && s.env.Now()-p.sentAt >= s.config.HeartbeatInterval
			if p.nextIndex <= s.log.lastIndex() && (lost || !p.sending) {
				s.sendEntries(p)
			} else {
				s.sendAppendEntries(p, nil, 0)
			}
		}
		s.mu.Unlock()
		s.env.Sleep(s.config.HeartbeatInterval)
	}
}

// sendEntries sends a peer the entries from nextIndex on, in one RPC.
func (s *Server) sendEntries(p *peer) {
	entries := s.log.from(p.nextIndex, s.config.MaxBatchBytes)
	p.sending = true
	p.round++
	p.sentAt = s.env.Now()
	s.sendAppendEntries(p, entries, p.round)
}

// sendAppendEntries starts the goroutine of one RPC. Round is the peer's for an
// RPC with entries, and 0 for a heartbeat.
func (s *Server) sendAppendEntries(p *peer, entries []Entry, round uint64) {
	request := AppendEntries{
		Term:         s.currentTerm,
		Leader:       s.config.ID,
		PrevLogIndex: p.nextIndex - 1,
		PrevLogTerm:  s.log.term(p.nextIndex - 1),
		Entries:      entries,
		LeaderCommit: s.commitIndex,
	}
	s.env.Go(p.appendEntries, func() { s.appendEntries(p, request, round) })
}

// appendEntries sends one AppendEntries and processes its reply.
func (s *Server) appendEntries(p *peer, request AppendEntries, round uint64) {
	message, ok := s.transport.Call(p.id, request)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if s.currentTerm == request.Term && p.round == round {
		p.sending = false
	}
	reply, isReply := message.(AppendEntriesReply)
	if !ok || !isReply {
		return
	}
	s.observeTerm(reply.Term, p.id)
	if ignore := s.staleReply(request.Term, Leader); ignore != NoReason {
		s.ignoreReply(p, request, reply, ignore)
		return
	}
	p.heard = s.env.Now()
	if reply.Success {
		s.noteMatch(p, request, reply)
	} else {
		s.backUp(p, request, reply)
	}
	if s.role == Leader && !p.sending && p.nextIndex <= s.log.lastIndex() {
		s.sendEntries(p)
	}
}

func (s *Server) ignoreReply(p *peer, request AppendEntries, reply AppendEntriesReply, reason Reason) {
	s.report(Event{Kind: ReplyIgnored, Peer: p.id, Reason: reason, RequestTerm: request.Term, PeerTerm: reply.Term})
}

// noteMatch takes note that a peer stores all that a request spoke of. What it
// stores is told by the request, not by the leader's log of now; and an old reply must
// not take back what a newer one said.
func (s *Server) noteMatch(p *peer, request AppendEntries, reply AppendEntriesReply) {
	match := request.PrevLogIndex + Index(len(request.Entries))
	if match < p.matchIndex {
		s.ignoreReply(p, request, reply, MatchNotHigher)
		return
	}
	next := max(p.nextIndex, match+1)
	if match == p.matchIndex && next == p.nextIndex {
		return
	}
	p.matchIndex, p.nextIndex = match, next
	s.report(Event{Kind: ProgressMoved, Peer: p.id, Index: p.nextIndex, LastIndex: p.matchIndex})
	s.advanceCommitIndex()
	s.continueTransfer(p)
}

// backUp lowers nextIndex of a peer whose log does not match the leader's at
// PrevLogIndex, by a whole term at a time (end of §5.3).
func (s *Server) backUp(p *peer, request AppendEntries, reply AppendEntriesReply) {
	if p.nextIndex != request.PrevLogIndex+1 {
		s.ignoreReply(p, request, reply, NextIndexChanged)
		return
	}
	next := reply.ConflictIndex
	if reply.ConflictTerm != 0 {
		if last := s.log.lastIndexOf(reply.ConflictTerm, request.PrevLogIndex); last != 0 {
			next = last + 1
		}
	}
	// What is known to match stays so, and each refusal leads to an earlier entry.
	p.nextIndex = max(min(next, request.PrevLogIndex), p.matchIndex+1)
	s.report(Event{Kind: ProgressMoved, Peer: p.id, Index: p.nextIndex, LastIndex: p.matchIndex})
}

// advanceCommitIndex commits what a majority stores (Figure 2, rules for
// leaders). The leader counts itself with what its own disk holds.
func (s *Server) advanceCommitIndex() {
	s.matched = append(s.matched[:0], s.durability.lastIndex)
	for _, p := range s.peers {
		s.matched = append(s.matched, p.matchIndex)
	}
	slices.Sort(s.matched)
	index := s.matched[len(s.matched)-s.quorum()]
	if index <= s.commitIndex {
		return
	}
	// Only entries of the leader's own term are committed by counting; those
	// before are committed with them (§5.4.2, Figure 8).
	if s.log.term(index) != s.currentTerm {
		if index > s.withheld {
			s.withheld = index
			s.report(Event{Kind: CommitWithheld, LastIndex: index, EntryTerm: s.log.term(index)})
		}
		return
	}
	s.setCommitIndex(index, CountedMajority, None)
}

// handleAppendEntries stores a leader's entries (Figure 2, AppendEntries RPC,
// receiver implementation).
func (s *Server) handleAppendEntries(request AppendEntries) (Message, bool) {
	if request.Term < s.currentTerm {
		s.refuseEntries(request, OlderTerm)
		return AppendEntriesReply{Term: s.currentTerm}, s.awaitHardState()
	}
	s.observeTerm(request.Term, request.Leader)
	if s.role == Leader {
		return nil, false // no correct server sends this: a term has one leader
	}
	s.hearFromLeader(request.Leader)
	if refusal := s.mismatch(request); refusal != NoReason {
		s.refuseEntries(request, refusal)
		return s.conflict(request), s.awaitHardState()
	}
	s.storeEntries(request)
	match := request.PrevLogIndex + Index(len(request.Entries))
	s.report(Event{Kind: AppendAccepted, Peer: request.Leader, Index: request.PrevLogIndex, LastIndex: match})
	// Only what was compared with the leader's log may be committed: after
	// match there may be entries of which the leader knows nothing.
	if commit := min(request.LeaderCommit, match); commit > s.commitIndex {
		s.setCommitIndex(commit, ToldByLeader, request.Leader)
	}
	if !s.awaitHardState() || !s.awaitEntries(match, request.Term) {
		return nil, false
	}
	if s.currentTerm != request.Term {
		// Another leader came while the disk was busy, and may have replaced
		// the entries: they are no longer promised.
		return AppendEntriesReply{Term: s.currentTerm}, s.awaitHardState()
	}
	return AppendEntriesReply{Term: request.Term, Success: true}, true
}

// hearFromLeader makes sure that this server follows the leader of its term.
func (s *Server) hearFromLeader(leader ServerID) {
	if s.role == Candidate || s.role == PreCandidate {
		s.role = Follower
		s.report(Event{Kind: BecameFollower, Reason: SawLeader, Peer: leader})
	}
	s.leader = leader
	s.leaderHeard = s.env.Now()
	s.resetTimer(HeardFromLeader, leader)
}

// mismatch says why the entries cannot be added after PrevLogIndex, or
// NoReason: the consistency check of §5.3.
func (s *Server) mismatch(request AppendEntries) Reason {
	switch {
	case s.log.holds(request.PrevLogIndex, request.PrevLogTerm):
		return NoReason
	case request.PrevLogIndex > s.log.lastIndex():
		return MissingEntry
	default:
		return ConflictingEntry
	}
}

// conflict is the reply to a request that failed the consistency check, with
// what the leader needs to step back over a whole term.
func (s *Server) conflict(request AppendEntries) AppendEntriesReply {
	reply := AppendEntriesReply{Term: s.currentTerm, ConflictIndex: s.log.lastIndex() + 1}
	if request.PrevLogIndex <= s.log.lastIndex() {
		reply.ConflictTerm = s.log.term(request.PrevLogIndex)
		reply.ConflictIndex = s.log.firstIndexOf(request.PrevLogIndex)
	}
	return reply
}

func (s *Server) refuseEntries(request AppendEntries, reason Reason) {
	event := Event{
		Kind: AppendRefused, Peer: request.Leader, Reason: reason, RequestTerm: request.Term,
		Index: request.PrevLogIndex, PeerTerm: request.PrevLogTerm, LastIndex: s.log.lastIndex(),
	}
	if request.PrevLogIndex <= s.log.lastIndex() {
		event.EntryTerm = s.log.term(request.PrevLogIndex)
	}
	s.report(event)
}

// storeEntries adds the entries that this server does not have yet. It removes
// its own only where one of them conflicts with the leader's: a request that
// the network delayed must not remove what a later one brought.
func (s *Server) storeEntries(request AppendEntries) {
	for i, entry := range request.Entries {
		if s.log.holds(entry.Index, entry.Term) {
			continue
		}
		if entry.Index <= s.log.lastIndex() {
			s.removeEntries(entry.Index, request.Leader)
		}
		for _, entry := range request.Entries[i:] {
			s.storeEntry(entry)
		}
		s.logChanged(entry.Index)
		return
	}
}

func (s *Server) removeEntries(first Index, leader ServerID) {
	s.assert(first > s.commitIndex, "a committed entry must never be removed")
	s.report(Event{Kind: LogTruncated, Index: first, LastIndex: s.log.lastIndex(), Peer: leader})
	s.log.truncate(first)
}
