package raft

import "errors"

// This chapter is the leader's side of log replication (§5.3): what it sends,
// and what it makes of the replies.

// ErrTooManyProposals is what Propose answers while the leader's log holds
// MaxUncommittedBytes that are not committed. The proposal was not taken, and
// can be made again when some are.
var ErrTooManyProposals = errors.New("the leader has too many proposals that are not committed yet")

// Propose appends a command to the leader's log and starts to replicate it; it
// does not wait (§5.3). The command is committed if and when it comes out of
// Config.Apply with this index and term; if an entry with this index and
// another term comes out, it never will be. The errors are ErrNotLeader,
// ErrTransferring, ErrTooManyProposals and ErrStopped; with each of them the command was not taken.
func (s *Server) Propose(command []byte) (Index, Term, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refusesProposal(len(command)); err != nil {
		return 0, 0, err
	}
	index := s.appendEntry(Command, command)
	s.replicate()
	return index, s.currentTerm, nil
}

// refusesProposal says why a proposal of that many bytes is not taken, or nil.
func (s *Server) refusesProposal(bytes int) error {
	switch {
	case s.stopped:
		return ErrStopped
	case s.role != Leader:
		s.report(Event{Kind: ProposalRefused, Peer: s.leader})
		return ErrNotLeader
	case s.transfer.to != None:
		return ErrTransferring
	case s.uncommitted > 0 && s.uncommitted+bytes > s.config.MaxUncommittedBytes:
		return ErrTooManyProposals
	default:
		return nil
	}
}

// appendEntry puts a new entry at the end of the leader's log.
func (s *Server) appendEntry(kind EntryKind, data []byte) Index {
	entry := Entry{Index: s.log.lastIndex() + 1, Term: s.currentTerm, Kind: kind, Data: data}
	s.storeEntry(entry)
	s.uncommitted += len(data)
	s.logChanged(entry.Index)
	return entry.Index
}

func (s *Server) storeEntry(entry Entry) {
	s.log.append(entry)
	s.report(Event{Kind: EntryAppended, Index: entry.Index, EntryTerm: entry.Term, Entry: entry})
	if entry.Kind == ConfigurationChange {
		s.adopt(entry)
	}
}

// sendHeartbeats is the goroutine of a leader that prevents elections by
// others (§5.2), for as long as it leads the given term. The same round sends
// again what seems to be lost (§5.5).
func (s *Server) sendHeartbeats(term Term) {
	for {
		s.mu.Lock()
		if s.stopped || s.role != Leader || s.currentTerm != term {
			s.mu.Unlock()
			return
		}
		s.report(Event{Kind: HeartbeatsSent})
		s.settledCommit = s.commitIndex
		for _, p := range s.peers {
			if !s.sendAgain(p) {
				s.sendHeartbeat(p)
			}
		}
		s.mu.Unlock()
		s.env.Sleep(s.config.HeartbeatInterval)
	}
}

// replicate sends every other server what it lacks, as far as there is room.
func (s *Server) replicate() {
	for _, p := range s.peers {
		s.send(p)
	}
}

// send sends a peer what it lacks, as far as there is room.
func (s *Server) send(p *peer) {
	for p.room(&s.config) {
		switch {
		case p.mode == installing:
			s.sendChunk(p)
		case p.nextIndex > s.log.lastIndex():
			return
		case p.nextIndex <= s.log.start:
			p.install(s.snapshot)
		default:
			s.sendEntries(p)
			return
		}
	}
}

// sendAgain sends a peer what it lacks, in the place of a heartbeat. If what
// is out seems to be lost, it is sent again. It returns false if there was
// nothing to send.
func (s *Server) sendAgain(p *peer) bool {
	if p.stuck(s.env.Now(), s.config.HeartbeatInterval) {
		if p.mode == installing {
			p.giveUp()
		} else {
			s.probeAgain(p)
		}
	}
	before := p.inFlight
	s.send(p)
	return p.inFlight > before || p.scheduled
}

// probeAgain makes the leader look again for where a peer's log matches.
func (s *Server) probeAgain(p *peer) {
	if p.mode == replicating {
		p.probe(p.matchIndex + 1)
		s.reportProgress(p)
	} else {
		p.giveUp()
	}
}

func (s *Server) reportProgress(p *peer) {
	s.report(Event{Kind: ProgressMoved, Peer: p.id, Index: p.nextIndex, LastIndex: p.matchIndex})
}

// sendEntries starts the goroutine of one RPC with entries. Which they are is
// settled when it runs, so that what is proposed at the same moment goes out
// together.
func (s *Server) sendEntries(p *peer) {
	if p.scheduled {
		return
	}
	p.scheduled = true
	term := s.currentTerm
	s.env.Go(p.appendEntries, func() {
		if request, sent, ok := s.takeEntries(p, term); ok {
			s.appendEntries(p, request, sent)
		}
	})
}

// takeEntries makes the request with a batch of entries from nextIndex on. It
// returns false if there is nothing to send any more.
func (s *Server) takeEntries(p *peer, term Term) (request AppendEntries, sent sent, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.role != Leader || s.currentTerm != term || p.gone {
		return AppendEntries{}, sent, false
	}
	p.scheduled = false
	if p.mode == installing || p.nextIndex <= s.log.start || p.nextIndex > s.log.lastIndex() || !p.room(&s.config) {
		s.send(p)
		return AppendEntries{}, sent, false
	}
	entries, bytes := s.log.from(p.nextIndex, s.config.MaxBatchBytes)
	p.noteSent(bytes, s.env.Now())
	request = s.newAppendEntries(p.nextIndex-1, entries)
	sent = s.sending(p, bytes)
	if p.mode == replicating {
		p.nextIndex += Index(len(entries))
		s.reportProgress(p)
	}
	s.send(p)
	return request, sent, true
}

// sendHeartbeat sends a peer an AppendEntries without entries. Where the logs
// match so far, it speaks of what is known; else it is a probe too.
func (s *Server) sendHeartbeat(p *peer) {
	prev := p.nextIndex - 1
	if p.mode != probing {
		prev = p.matchIndex
	}
	request := s.newAppendEntries(max(prev, s.log.start), nil)
	sent := s.sending(p, 0)
	s.env.Go(p.appendEntries, func() { s.appendEntries(p, request, sent) })
}

// newAppendEntries is a request with the entries that follow index prev.
func (s *Server) newAppendEntries(prev Index, entries []Entry) AppendEntries {
	return AppendEntries{
		Term:         s.currentTerm,
		Leader:       s.config.ID,
		PrevLogIndex: prev,
		PrevLogTerm:  s.log.term(prev),
		Entries:      entries,
		LeaderCommit: s.commitIndex,
	}
}

// appendEntries sends one AppendEntries and processes its reply.
func (s *Server) appendEntries(p *peer, request AppendEntries, sent sent) {
	message, ok := s.transport.Call(p.id, request)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if len(request.Entries) > 0 && s.currentTerm == request.Term {
		p.answered(sent)
	}
	reply, isReply := message.(AppendEntriesReply)
	if !ok || !isReply {
		s.noteLoss(p, request, sent)
		return
	}
	if !s.useReply(p, sent, request.Term, reply.Term) {
		return
	}
	if reply.Success {
		s.noteMatch(p, request, reply)
	} else {
		s.backUp(p, request, reply, sent)
	}
	if s.role == Leader { // it may have committed that it is removed
		s.send(p)
	}
}

// noteLoss takes note that an RPC was not answered. The entries in it go out
// again with the next heartbeats, and not at once: the peer may be dead.
func (s *Server) noteLoss(p *peer, request AppendEntries, sent sent) {
	if s.currentTerm == request.Term && s.role == Leader && !p.gone && sent.round == p.round && p.mode == replicating && len(request.Entries) > 0 {
		s.probeAgain(p)
	}
}

// useReply reports whether the reply to a request that this server sent as
// leader may be used, and says so where it may not.
func (s *Server) useReply(p *peer, sent sent, requested, replied Term) bool {
	s.observeTerm(replied, p.id)
	if p.gone {
		return false
	}
	if ignore := s.staleReply(requested, Leader); ignore != NoReason {
		s.ignoreReply(p, requested, replied, ignore)
		return false
	}
	s.noteConfirmation(p, sent.confirms, sent.at)
	return true
}

func (s *Server) ignoreReply(p *peer, requested, replied Term, reason Reason) {
	s.report(Event{Kind: ReplyIgnored, Peer: p.id, Reason: reason, RequestTerm: requested, PeerTerm: replied})
}

// noteMatch takes note that a peer stores all that a request spoke of. What it
// stores is told by the request, not by the leader's log of now; and an old
// reply must not take back what a newer one said.
func (s *Server) noteMatch(p *peer, request AppendEntries, reply AppendEntriesReply) {
	match := request.PrevLogIndex + Index(len(request.Entries))
	if match < p.matchIndex {
		s.ignoreReply(p, request.Term, reply.Term, MatchNotHigher)
		return
	}
	s.advanceMatch(p, match)
	if p.mode == probing && p.inFlight == 0 && p.nextIndex == p.matchIndex+1 {
		p.mode = replicating
		p.giveUp()
	}
}

// advanceMatch takes note that a peer stores the log up to match, which is not
// below matchIndex.
func (s *Server) advanceMatch(p *peer, match Index) {
	next := max(p.nextIndex, match+1)
	if match == p.matchIndex && next == p.nextIndex {
		return
	}
	p.matchIndex, p.nextIndex = match, next
	p.moved = s.env.Now()
	s.reportProgress(p)
	s.advanceCommitIndex()
	s.continueTransfer(p)
}

// backUp lowers nextIndex of a peer whose log does not match the leader's at
// PrevLogIndex, by a whole term at a time (end of §5.3).
func (s *Server) backUp(p *peer, request AppendEntries, reply AppendEntriesReply, sent sent) {
	if sent.round != p.round || !p.asksFor(request) {
		s.ignoreReply(p, request.Term, reply.Term, NextIndexChanged)
		return
	}
	next := reply.ConflictIndex
	if reply.ConflictTerm != 0 {
		if last := s.log.lastIndexOf(reply.ConflictTerm, request.PrevLogIndex); last != 0 {
			next = last + 1
		}
	}
	// What is known to match stays so, and each refusal leads to an earlier entry.
	p.probe(max(min(next, request.PrevLogIndex), p.matchIndex+1))
	s.reportProgress(p)
}
