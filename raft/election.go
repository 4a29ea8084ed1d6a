package raft

import (
	"slices"
	"time"
)

// This chapter is leader election (§5.2, §5.4.1): the goroutine that watches
// the time, what a candidate does, and how servers vote. PreVote is from §9.6
// of the dissertation, CheckQuorum from its §6.2.

// watchForElection is the goroutine of the election timer. It sleeps a small
// constant, looks at the time since this server last heard from a leader, and
// begins an election when that is longer than the timeout.
func (s *Server) watchForElection() {
	for {
		s.env.Sleep(s.config.PollInterval)
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return
		}
		s.reads.moved.Broadcast() // for reads that have waited too long
		if s.role == Leader {
			s.checkQuorum()
			s.checkTransfer()
		} else if s.env.Now()-s.lastHeard >= s.timeout && s.mayStand() {
			s.timeOut(NoReason)
		}
		s.mu.Unlock()
	}
}

// TimeOut makes a follower or candidate begin an election now, as if it had
// heard nothing for its whole election timeout. On a leader, and on a server
// that may not stand since it is no voter, it does nothing.
func (s *Server) TimeOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.role == Leader || !s.mayStand() {
		return
	}
	s.timeOut(Forced)
}

// mayStand reports whether this server may begin an election: if it votes, and
// also if it did until a change that is not committed yet, as far as it knows. Its log may
// then be the only one that the others need; its own vote does not count
// (dissertation, §4.2.2).
func (s *Server) mayStand() bool {
	for _, c := range slices.Backward(s.configurations) {
		if c.configuration.IsVoter(s.config.ID) {
			return true
		}
		if c.index <= s.commitIndex {
			break
		}
	}
	return false
}

// timeOut is what a follower or candidate does when its time is up.
func (s *Server) timeOut(reason Reason) {
	s.report(Event{Kind: ElectionTimedOut, Timeout: s.timeout, Reason: reason})
	if s.config.PreVote && reason != HandingOver {
		s.beginPreVote()
	} else {
		s.beginElection(reason == HandingOver)
	}
}

// drawTimeout draws a new election timeout (§5.2: randomized, so that split
// votes are rare and resolved quickly).
func (s *Server) drawTimeout() {
	spread := s.config.ElectionTimeoutMax - s.config.ElectionTimeoutMin
	s.timeout = s.config.ElectionTimeoutMin + time.Duration(s.env.Random(int64(spread)))
}

// resetTimer makes the election timer start anew.
func (s *Server) resetTimer(reason Reason, peer ServerID) {
	s.lastHeard = s.env.Now()
	s.report(Event{Kind: TimerReset, Reason: reason, Timeout: s.timeout, Peer: peer})
}

// beginPreVote makes this server ask whether it would be elected in the next
// term. Its own term stays, and nothing is written to the disk.
func (s *Server) beginPreVote() {
	s.role = PreCandidate
	s.leader = None
	s.votes = map[ServerID]bool{s.config.ID: true}
	s.report(Event{Kind: BecamePreCandidate, RequestTerm: s.currentTerm + 1})
	s.drawTimeout()
	s.resetTimer(BeganElection, None)
	request := s.requestForVotes()
	request.Term++
	request.PreVote = true
	s.askForVotes(request)
}

// beginElection makes this server a candidate of the next term (§5.2).
// Transfer says that the leader asked for it.
func (s *Server) beginElection(transfer bool) {
	s.currentTerm++
	s.votedFor = s.config.ID
	s.role = Candidate
	s.leader = None
	s.votes = map[ServerID]bool{s.config.ID: true}
	s.report(Event{Kind: BecameCandidate, VotedFor: s.votedFor})
	s.drawTimeout()
	s.resetTimer(BeganElection, None)
	s.hardStateChanged()
	term := s.currentTerm
	s.env.Go("candidate", func() { s.campaign(term, transfer) })
}

// campaign asks for votes once the candidate's own vote is durable: were it to
// ask before, it could crash, forget its vote, and give it to someone else.
func (s *Server) campaign(term Term, transfer bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaitHardState()
	if s.stopped || s.role != Candidate || s.currentTerm != term {
		return
	}
	request := s.requestForVotes()
	request.Transfer = transfer
	s.askForVotes(request)
}

func (s *Server) requestForVotes() RequestVote {
	return RequestVote{
		Term:         s.currentTerm,
		Candidate:    s.config.ID,
		LastLogIndex: s.log.lastIndex(),
		LastLogTerm:  s.log.lastTerm(),
	}
}

// askForVotes sends the request to all other voters, and counts, for the server may
// be a majority by itself.
func (s *Server) askForVotes(request RequestVote) {
	term, role := s.currentTerm, s.role
	for _, p := range s.peers {
		if s.configuration().IsVoter(p.id) {
			s.env.Go(p.requestVote, func() { s.requestVote(p.id, request, term, role) })
		}
	}
	s.countVotes()
}

// requestVote sends one RequestVote, and processes its reply if this server is
// still in the term and role in which it was sent.
func (s *Server) requestVote(to ServerID, request RequestVote, term Term, role Role) {
	message, ok := s.transport.Call(to, request)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, ok := message.(RequestVoteReply)
	if !ok || s.stopped {
		return
	}
	s.observeTerm(reply.Term, to)
	if ignore := s.staleReply(term, role); ignore != NoReason {
		s.report(Event{Kind: ReplyIgnored, Peer: to, Reason: ignore, RequestTerm: request.Term, PeerTerm: reply.Term})
		return
	}
	s.votes[to] = reply.VoteGranted
	if !reply.VoteGranted {
		s.report(Event{Kind: VoteDenied, Peer: to})
		return
	}
	s.report(Event{Kind: VoteReceived, Peer: to})
	s.countVotes()
}

// staleReply says why the reply to a request that was sent in the given term
// and role must be ignored, or NoReason. The network may have delayed it, and
// the state from which the request was made may be gone (structure advice).
func (s *Server) staleReply(term Term, role Role) Reason {
	switch {
	case s.currentTerm != term:
		return TermChanged
	case s.role != role:
		return RoleChanged
	default:
		return NoReason
	}
}

// countVotes takes a candidate or pre-candidate a step further if a majority
// voted for it (§5.2).
func (s *Server) countVotes() {
	if !s.configuration().decides(func(id ServerID) bool { return s.votes[id] }) {
		return
	}
	if s.role == PreCandidate {
		s.beginElection(false)
	} else {
		s.becomeLeader()
	}
}

// becomeLeader makes a candidate the leader of its term. It announces itself
// at once, to prevent new elections.
func (s *Server) becomeLeader() {
	s.role = Leader
	s.leader = s.config.ID
	s.withheld = 0
	s.transfer = transfer{}
	s.reads.noLease = false
	s.uncommitted = dataBytes(s.log.slice(s.commitIndex+1, s.log.lastIndex()))
	s.report(Event{Kind: BecameLeader, LastIndex: s.log.lastIndex()})
	s.updatePeers()
	for _, p := range s.peers {
		p.lead(s.log.lastIndex(), s.env.Now())
		s.reportProgress(p)
	}
	if s.config.NoOp {
		s.appendEntry(NoOp, nil)
	}
	s.continueChange()
	term := s.currentTerm
	s.env.Go("heartbeats", func() { s.sendHeartbeats(term) })
}

// observeTerm makes this server a follower if a message from peer carries a
// higher term than its own (§5.1).
func (s *Server) observeTerm(term Term, peer ServerID) {
	if term <= s.currentTerm {
		return
	}
	was := s.role
	s.currentTerm = term
	s.votedFor = None
	s.leader = None
	s.role = Follower
	s.reads.moved.Broadcast()
	s.hardStateChanged()
	if was == Follower {
		s.report(Event{Kind: BecameFollower, Reason: NewTerm, Peer: peer})
		return
	}
	s.report(Event{Kind: BecameFollower, Reason: SawHigherTerm, Peer: peer})
	if was == Leader {
		s.startTimer(peer)
	}
}

// startTimer starts the election timer of a server that was leader until now,
// and so kept no time of when it heard from one.
func (s *Server) startTimer(peer ServerID) {
	s.drawTimeout()
	s.resetTimer(SteppedDown, peer)
}

// checkQuorum makes a leader step down when it has not heard from a majority
// for too long.
func (s *Server) checkQuorum() {
	if !s.config.CheckQuorum {
		return
	}
	heard := func(id ServerID) bool {
		p := s.peer(id)
		return p == nil || s.env.Now()-p.heard < s.config.ElectionTimeoutMax // nil: this server itself
	}
	if !s.configuration().decides(heard) {
		s.stepDown(LostQuorum)
	}
}

// stepDown makes a leader a follower of its own term.
func (s *Server) stepDown(reason Reason) {
	s.role = Follower
	s.leader = None
	s.reads.moved.Broadcast()
	s.report(Event{Kind: BecameFollower, Reason: reason})
	s.startTimer(None)
}

// handleRequestVote votes (Figure 2, RequestVote RPC, receiver implementation).
func (s *Server) handleRequestVote(request RequestVote) (Message, bool) {
	if request.PreVote {
		return s.handlePreVote(request)
	}
	// A server that hears from a leader lets nothing of the request in, not even
	// its term (§6).
	refusal := NoReason
	if s.config.Stickiness && !request.Transfer && s.hearsLeader() && request.Term >= s.currentTerm {
		refusal = LeaderAlive
	} else {
		s.observeTerm(request.Term, request.Candidate)
		refusal = s.refusesVote(request)
	}
	if refusal != NoReason {
		s.reportRefusal(VoteRefused, request, refusal)
	} else {
		s.grantVote(request)
	}
	reply := RequestVoteReply{Term: s.currentTerm, VoteGranted: refusal == NoReason}
	// By the time the promise is durable this server may have moved on to a
	// higher term, but what the reply says of its own term stays true.
	return reply, s.awaitHardState()
}

// handlePreVote says whether this server would vote for one that stood in the
// term of the request. It promises nothing and changes nothing.
func (s *Server) handlePreVote(request RequestVote) (Message, bool) {
	refusal := s.refusesVote(request)
	if refusal == NoReason && s.hearsLeader() {
		refusal = LeaderAlive
	}
	if refusal != NoReason {
		s.reportRefusal(PreVoteRefused, request, refusal)
	} else {
		s.report(Event{
			Kind: PreVoteGranted, Peer: request.Candidate, RequestTerm: request.Term,
			PeerIndex: request.LastLogIndex, PeerTerm: request.LastLogTerm,
		})
	}
	reply := RequestVoteReply{Term: s.currentTerm, VoteGranted: refusal == NoReason, PreVote: true}
	return reply, s.awaitHardState()
}

// hearsLeader reports whether this server leads, or has heard from a leader
// within the least election timeout.
func (s *Server) hearsLeader() bool {
	now := s.env.Now()
	if s.role == Leader || s.config.LeaseReads && now-s.startedAt < s.config.ElectionTimeoutMin {
		return true // before it was restarted it may have heard from one
	}
	return s.leader != None && now-s.leaderHeard < s.config.ElectionTimeoutMin
}

// refusesVote says why this server does not give its vote, or NoReason. The
// vote of a term higher than its own it has not given yet.
func (s *Server) refusesVote(request RequestVote) Reason {
	voted := request.Term == s.currentTerm && s.votedFor != None && s.votedFor != request.Candidate
	switch {
	case request.Term < s.currentTerm:
		return OlderTerm
	case voted:
		return AlreadyVoted
	case !s.log.upToDate(request.LastLogIndex, request.LastLogTerm):
		return LogBehind
	default:
		return NoReason
	}
}

func (s *Server) reportRefusal(kind EventKind, request RequestVote, refusal Reason) {
	s.report(Event{
		Kind: kind, Peer: request.Candidate, Reason: refusal, RequestTerm: request.Term,
		PeerIndex: request.LastLogIndex, PeerTerm: request.LastLogTerm,
		LastIndex: s.log.lastIndex(), EntryTerm: s.log.lastTerm(), VotedFor: s.votedFor,
	})
}

func (s *Server) grantVote(request RequestVote) {
	if s.votedFor == None {
		s.votedFor = request.Candidate
		s.hardStateChanged()
	}
	s.report(Event{
		Kind: VoteGranted, Peer: request.Candidate, VotedFor: s.votedFor,
		PeerIndex: request.LastLogIndex, PeerTerm: request.LastLogTerm,
	})
	s.drawTimeout()
	s.resetTimer(GrantedVote, request.Candidate)
}
