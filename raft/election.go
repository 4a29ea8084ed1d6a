package raft

import "time"

// This chapter is leader election (§5.2, §5.4.1): the goroutine that watches
// the time, what a candidate does, and how servers vote.

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
		if s.role != Leader && s.env.Now()-s.lastHeard >= s.timeout {
			s.report(Event{Kind: ElectionTimedOut, Timeout: s.timeout})
			s.beginElection()
		}
		s.mu.Unlock()
	}
}

// TimeOut makes a follower or candidate begin an election now, as if it had
// heard nothing for its whole election timeout. On a leader it does nothing.
func (s *Server) TimeOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.role == Leader {
		return
	}
	s.report(Event{Kind: ElectionTimedOut, Timeout: s.timeout, Reason: Forced})
	s.beginElection()
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

// beginElection makes this server a candidate of the next term (§5.2).
func (s *Server) beginElection() {
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
	s.env.Go("candidate", func() { s.campaign(term) })
}

// campaign asks for votes once the candidate's own vote is durable: were it to
// ask before, it could crash, forget its vote, and give it to someone else.
func (s *Server) campaign(term Term) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaitHardState()
	if s.stopped || s.role != Candidate || s.currentTerm != term {
		return
	}
	request := RequestVote{
		Term:         s.currentTerm,
		Candidate:    s.config.ID,
		LastLogIndex: s.log.lastIndex(),
		LastLogTerm:  s.log.lastTerm(),
	}
	for _, p := range s.peers {
		s.env.Go(p.requestVote, func() { s.requestVote(p.id, request) })
	}
	s.countVotes()
}

// requestVote sends one RequestVote and processes its reply.
func (s *Server) requestVote(to ServerID, request RequestVote) {
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
	if ignore := s.staleReply(request.Term, Candidate); ignore != NoReason {
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

// countVotes makes the candidate a leader if a majority voted for it (§5.2).
func (s *Server) countVotes() {
	granted := 0
	for _, yes := range s.votes {
		if yes {
			granted++
		}
	}
	if granted >= s.quorum() {
		s.becomeLeader()
	}
}

// becomeLeader makes a candidate the leader of its term. It announces itself
// at once, to prevent new elections.
func (s *Server) becomeLeader() {
	s.role = Leader
	s.leader = s.config.ID
	s.withheld = 0
	s.report(Event{Kind: BecameLeader, LastIndex: s.log.lastIndex()})
	for _, p := range s.peers {
		p.lead(s.log.lastIndex())
		s.report(Event{Kind: ProgressMoved, Peer: p.id, Index: p.nextIndex, LastIndex: p.matchIndex})
	}
	if s.config.NoOp {
		s.appendEntry(NoOp, nil)
	}
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
	s.hardStateChanged()
	if was == Follower {
		s.report(Event{Kind: BecameFollower, Reason: NewTerm, Peer: peer})
		return
	}
	s.report(Event{Kind: BecameFollower, Reason: SawHigherTerm, Peer: peer})
	if was == Leader {
		// A leader keeps no time of when it heard from a leader.
		s.drawTimeout()
		s.resetTimer(SteppedDown, peer)
	}
}

// handleRequestVote votes (Figure 2, RequestVote RPC, receiver implementation).
func (s *Server) handleRequestVote(request RequestVote) (Message, bool) {
	s.observeTerm(request.Term, request.Candidate)
	refusal := s.refusesVote(request)
	if refusal != NoReason {
		s.report(Event{
			Kind: VoteRefused, Peer: request.Candidate, Reason: refusal, RequestTerm: request.Term,
			PeerIndex: request.LastLogIndex, PeerTerm: request.LastLogTerm,
			LastIndex: s.log.lastIndex(), EntryTerm: s.log.lastTerm(), VotedFor: s.votedFor,
		})
	} else {
		s.grantVote(request)
	}
	reply := RequestVoteReply{Term: s.currentTerm, VoteGranted: refusal == NoReason}
	// By the time the promise is durable this server may have moved on to a
	// higher term, but what the reply says of its own term stays true.
	return reply, s.awaitHardState()
}

// refusesVote says why this server does not give its vote, or NoReason.
func (s *Server) refusesVote(request RequestVote) Reason {
	switch {
	case request.Term < s.currentTerm:
		return OlderTerm
	case s.votedFor != None && s.votedFor != request.Candidate:
		return AlreadyVoted
	case !s.log.upToDate(request.LastLogIndex, request.LastLogTerm):
		return LogBehind
	default:
		return NoReason
	}
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
