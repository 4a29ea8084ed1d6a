package raft

import (
	"errors"
	"time"
)

// This chapter is reading without writing to the log (§8; dissertation, §6.4).
// A read is linearizable if it is answered from a state that holds all that
// was committed when the read began; the leader finds out what that is, and
// makes sure that it still leads.

// ErrUnconfirmed is what a read answers when the leader could not make sure in
// time that it still leads, or a follower got no answer from it. The read can be tried again.
var ErrUnconfirmed = errors.New("the leader could not confirm in time that it still leads")

// reads is what a leader knows of rounds of heartbeats that confirm that it
// leads. All reads that wait for the same round share it.
type reads struct {
	begun     uint64 // how many reads this server has begun as a leader
	round     uint64 // the last round begun
	wanted    uint64 // the last round that a read waits for
	confirmed uint64 // the last round that a majority has answered
	noLease   bool   // this reign has asked a server to take over: no lease any more
	moved     Cond   // confirmed, settled or the role has moved, or time has passed
	settled   Index  // the application has done with all entries up to here
}

// ReadIndex returns the index up to which the application must have applied
// the log to answer a read that begins now. Any server can be asked: a
// follower asks the leader. It waits, at most about twice ElectionTimeoutMax
// besides the time limit of the Transport, and must be called from a
// goroutine of the server's Env. The errors are ErrNotLeader if no leader is
// known, ErrUnconfirmed and ErrStopped.
func (s *Server) ReadIndex() (Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return 0, ErrStopped
	case s.role == Leader:
		return s.confirmRead()
	case s.leader == None:
		return 0, ErrNotLeader
	}
	return s.askLeader()
}

// Read waits until the application's state on this server answers a read that
// began when Read was called. Its errors are those of ReadIndex: a follower that
// does not get the entries up to there within 2 * ElectionTimeoutMax gives up too, and
// only an application that is busy with them makes it wait longer.
func (s *Server) Read() error {
	index, err := s.ReadIndex()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	began := s.env.Now()
	for s.reads.settled < index {
		s.reads.moved.Wait()
		switch {
		case s.stopped:
			return ErrStopped
		case s.env.Now()-began >= 2*s.config.ElectionTimeoutMax && s.lastApplied < index:
			return ErrUnconfirmed
		}
	}
	return nil
}

// askLeader is ReadIndex on a follower. It gives up the lock while it waits.
func (s *Server) askLeader() (Index, error) {
	leader := s.leader
	request := ReadIndex{Term: s.currentTerm, Server: s.config.ID}
	s.mu.Unlock()
	message, ok := s.transport.Call(leader, request)
	s.mu.Lock()
	reply, isReply := message.(ReadIndexReply)
	if !ok || !isReply {
		return 0, ErrUnconfirmed
	}
	s.observeTerm(reply.Term, leader)
	switch {
	case s.stopped:
		return 0, ErrStopped
	case !reply.OK:
		return 0, ErrUnconfirmed
	}
	return reply.Index, nil
}

// handleReadIndex is the leader's part of a read on a follower.
func (s *Server) handleReadIndex(request ReadIndex) (Message, bool) {
	s.observeTerm(request.Term, request.Server)
	reply := ReadIndexReply{}
	if s.role == Leader {
		index, err := s.confirmRead()
		reply.Index, reply.OK = index, err == nil
	}
	reply.Term = s.currentTerm
	return reply, s.awaitHardState()
}

// confirmRead is ReadIndex on a leader. It gives up the lock while it waits.
func (s *Server) confirmRead() (Index, error) {
	term, began := s.currentTerm, s.env.Now()
	s.reads.begun++
	read := s.reads.begun
	s.report(Event{Kind: ReadBegan, Read: read})
	// Only with an entry of its own term committed does a leader know which
	// entries are committed at all (§8).
	for s.log.term(s.commitIndex) != term {
		if err := s.awaitRead(term, began); err != nil {
			return 0, err
		}
	}
	index := s.commitIndex
	if s.holdsLease() {
		s.report(Event{Kind: ReadConfirmed, Read: read, Index: index, Reason: HeldLease})
		return index, nil
	}
	// Heartbeats that are under way were sent before the read began and tell
	// nothing of it: the next round must confirm it.
	round := s.reads.round + 1
	s.reads.wanted = max(s.reads.wanted, round)
	s.confirmLeadership()
	for s.reads.confirmed < round {
		if err := s.awaitRead(term, began); err != nil {
			return 0, err
		}
	}
	s.report(Event{Kind: ReadConfirmed, Read: read, Index: index, Reason: HeardFromQuorum})
	return index, nil
}

// awaitRead waits for news on the condition variable of reads. It returns an
// error when there is nothing left to wait for.
func (s *Server) awaitRead(term Term, began time.Duration) error {
	s.reads.moved.Wait()
	switch {
	case s.stopped:
		return ErrStopped
	case s.role != Leader || s.currentTerm != term:
		return ErrNotLeader
	case s.env.Now()-began >= 2*s.config.ElectionTimeoutMax:
		return ErrUnconfirmed
	}
	return nil
}

// confirmLeadership begins the next round of heartbeats if a read waits for it
// and the one before is confirmed: reads that come meanwhile share the next.
func (s *Server) confirmLeadership() {
	s.countConfirmations() // those who answered may be a majority only now, if the membership has changed
	for s.reads.wanted > s.reads.round && s.reads.confirmed == s.reads.round {
		s.reads.round++
		for _, p := range s.peers {
			s.sendHeartbeat(p)
		}
		s.countConfirmations()
	}
}

// noteConfirmation takes note that a peer answered, in this term, a request of
// the given round that was sent at the given time.
func (s *Server) noteConfirmation(p *peer, round uint64, sent time.Duration) {
	p.heard = s.env.Now()
	p.confirmed = max(p.confirmed, round)
	p.leased = max(p.leased, sent)
	p.delay = s.env.Now() - sent
	if s.reads.confirmed < s.reads.round {
		s.countConfirmations()
		s.confirmLeadership()
	}
}

// countConfirmations finds the last round that a majority has answered.
func (s *Server) countConfirmations() {
	confirmed := s.agreed(s.reads.round, func(p *peer) uint64 { return p.confirmed })
	if confirmed > s.reads.confirmed {
		s.reads.confirmed = confirmed
		s.reads.moved.Broadcast()
	}
}

// holdsLease reports whether no other server can have become leader, because a
// majority has heard from this one so lately that none of them votes yet
// (dissertation, §6.4.1). It relies on clocks that differ in speed by no more
// than MaxClockDrift.
func (s *Server) holdsLease() bool {
	if !s.config.LeaseReads || s.reads.noLease {
		return false
	}
	now := s.env.Now()
	heard := time.Duration(s.agreed(uint64(now), func(p *peer) uint64 { return uint64(p.leased) }))
	length := time.Duration(float64(s.config.ElectionTimeoutMin) * (1 - s.config.MaxClockDrift))
	return now-heard < length
}

// noteSettled takes note that the application has done with what it was handed
// so far.
func (s *Server) noteSettled() {
	if s.reads.settled < s.lastApplied {
		s.reads.settled = s.lastApplied
		s.reads.moved.Broadcast()
	}
}
