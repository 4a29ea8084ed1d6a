package raft

import (
	"errors"
	"fmt"
	"time"
)

// This chapter is handing leadership over on purpose (dissertation, §3.10).
// The leader takes no more proposals, brings the other server up to date, and
// tells it to begin an election at once; with the most up-to-date log and a
// head start it all but surely wins.

// transfer is a handing over under way; the zero value is none.
type transfer struct {
	to    ServerID
	asked bool // TimeoutNow is on its way
	since time.Duration
}

// ErrTransferring is what Propose answers while the leader hands over. The
// proposal was not taken, and can be made again to whoever leads next.
var ErrTransferring = errors.New("the leader is handing over to another server")

// TransferLeadership makes the leader hand over to another server. It does not
// wait for the outcome: either the other server leads a later term soon, or
// after ElectionTimeoutMax this one takes proposals again. The errors are
// ErrNotLeader, ErrStopped, ErrTransferring if it hands over already, and one
// for a server that cannot lead.
func (s *Server) TransferLeadership(to ServerID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return ErrStopped
	case s.role != Leader:
		return ErrNotLeader
	case s.transfer.to != None:
		return ErrTransferring
	case to == s.config.ID:
		return fmt.Errorf("server %d leads already", to)
	}
	p := s.peer(to)
	if p == nil || !s.configuration().IsVoter(to) {
		return fmt.Errorf("server %d is not a voter of the cluster", to)
	}
	s.transfer = transfer{to: to, since: s.env.Now()}
	s.report(Event{Kind: TransferStarted, Peer: to})
	s.continueTransfer(p)
	s.send(p)
	return nil
}

// peer is the other server with that number, or nil.
func (s *Server) peer(id ServerID) *peer {
	for _, p := range s.peers {
		if p.id == id {
			return p
		}
	}
	return nil
}

// continueTransfer tells the server that takes over to begin its election, as
// soon as it has the whole log.
func (s *Server) continueTransfer(p *peer) {
	if s.transfer.to != p.id || s.transfer.asked || p.matchIndex < s.log.lastIndex() {
		return
	}
	s.transfer.asked = true
	s.reads.noLease = true // the other's election asks nobody to wait
	request := TimeoutNow{Term: s.currentTerm, Leader: s.config.ID}
	s.env.Go(p.timeoutNow, func() { s.askToTakeOver(p.id, request) })
}

// askToTakeOver sends one TimeoutNow and processes its reply.
func (s *Server) askToTakeOver(to ServerID, request TimeoutNow) {
	message, ok := s.transport.Call(to, request)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply, ok := message.(TimeoutNowReply); ok && !s.stopped {
		s.observeTerm(reply.Term, to)
	}
}

// checkTransfer gives a handing over up if it takes too long, so that a dead
// server does not stop the cluster.
func (s *Server) checkTransfer() {
	if s.transfer.to == None || s.env.Now()-s.transfer.since < s.config.ElectionTimeoutMax {
		return
	}
	s.report(Event{Kind: TransferAborted, Peer: s.transfer.to})
	s.transfer = transfer{}
}

// handleTimeoutNow begins an election at once.
func (s *Server) handleTimeoutNow(request TimeoutNow) (Message, bool) {
	s.observeTerm(request.Term, request.Leader)
	if request.Term == s.currentTerm && s.role != Leader {
		s.report(Event{Kind: TransferAsked, Peer: request.Leader})
		s.timeOut(HandingOver)
	}
	return TimeoutNowReply{Term: s.currentTerm}, s.awaitHardState()
}

// Shutdown stops the server in good order: a leader first hands over to the
// server whose log is nearest to its own, and waits until it leads no more or
// the attempt has failed. It must be called from a goroutine of the server's Env.
func (s *Server) Shutdown() {
	if to := s.successor(); to != None && s.TransferLeadership(to) == nil {
		for s.leading() {
			s.env.Sleep(s.config.PollInterval)
		}
	}
	s.Stop()
}

// successor is the server that a leader should hand over to, or None.
func (s *Server) successor() ServerID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *peer
	for _, p := range s.peers {
		if s.configuration().IsVoter(p.id) && (best == nil || p.matchIndex > best.matchIndex) {
			best = p
		}
	}
	if s.role != Leader || best == nil {
		return None
	}
	return best.id
}

// leading reports whether the server leads and is handing over.
func (s *Server) leading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.stopped && s.role == Leader && s.transfer.to != None
}
