package raft

import (
	"fmt"
	"time"
)

// This chapter is what a leader knows of each other server, and how much it
// sends it at a time (Figure 2, volatile state on leaders; dissertation,
// §10.2.2).

// peer is another server of the cluster.
type peer struct {
	id         ServerID
	nextIndex  Index         // the next log entry to send to it
	matchIndex Index         // highest log entry known to be durable on it
	heard      time.Duration // when it last answered in this term
	confirmed  uint64        // the last round of reads that it answered
	leased     time.Duration // when the last request that it answered in this term was sent

	gone bool // it is no longer a member: what it answers does not matter any more

	mode      mode
	scheduled bool          // the goroutine of the next RPC with entries is on its way
	inFlight  int           // RPCs with entries or chunks that are out
	bytes     int           // of data in them
	round     uint64        // changes when those that are out are given up, to tell their replies apart
	moved     time.Duration // when the last of them was sent or brought something new
	delay     time.Duration // how long the last answer took to come

	snapshot *Snapshot // installing: what is sent
	offset   int       // installing: how many bytes of it the server has

	// Names of the goroutines of its RPCs.
	requestVote, appendEntries, installSnapshot, timeoutNow string
}

// sent is what a leader remembers of an RPC while it is out.
type sent struct {
	round    uint64        // the peer's
	bytes    int           // of data in it
	confirms uint64        // the round of reads that an answer confirms
	at       time.Duration // when it was sent
}

// sending is what to remember of an RPC to a peer that is sent now.
func (s *Server) sending(p *peer, bytes int) sent {
	return sent{round: p.round, bytes: bytes, confirms: s.reads.round, at: s.env.Now()}
}

// mode is how a leader sends to another server.
type mode uint8

const (
	// probing: the leader does not know where the logs match; it sends one RPC
	// at a time, always from nextIndex.
	probing mode = iota
	// replicating: the logs match up to matchIndex; the leader sends RPC after
	// RPC without waiting and moves nextIndex on as it does.
	replicating
	// installing: the server needs entries that are gone; it gets a snapshot, a
	// chunk at a time.
	installing
)

func newPeer(id ServerID) *peer {
	return &peer{
		id:              id,
		requestVote:     fmt.Sprintf("RequestVote to S%d", id),
		appendEntries:   fmt.Sprintf("AppendEntries to S%d", id),
		installSnapshot: fmt.Sprintf("InstallSnapshot to S%d", id),
		timeoutNow:      fmt.Sprintf("TimeoutNow to S%d", id),
	}
}

// lead sets a peer to what a new leader, whose log ends at lastIndex, supposes
// of it.
func (p *peer) lead(lastIndex Index, now time.Duration) {
	p.matchIndex = 0
	p.heard = now
	p.scheduled = false
	p.confirmed, p.leased, p.delay = 0, 0, 0
	p.probe(lastIndex + 1)
}

// probe makes the leader look for where the logs match, from next on. What is
// out is given up: its replies are not counted any more.
func (p *peer) probe(next Index) {
	p.mode = probing
	p.nextIndex = next
	p.snapshot, p.offset = nil, 0
	p.giveUp()
}

// giveUp stops waiting for the RPCs that are out.
func (p *peer) giveUp() {
	p.round++
	p.inFlight, p.bytes = 0, 0
}

// install makes the leader send a snapshot.
func (p *peer) install(snapshot *Snapshot) {
	p.mode = installing
	p.snapshot, p.offset = snapshot, 0
	p.giveUp()
}

// noteSent takes note of an RPC with entries or a chunk.
func (p *peer) noteSent(bytes int, now time.Duration) {
	p.inFlight++
	p.bytes += bytes
	p.moved = now
}

// answered takes note that an RPC with entries or a chunk is out no more.
func (p *peer) answered(sent sent) {
	if sent.round == p.round {
		p.inFlight--
		p.bytes -= sent.bytes
	}
}

// stuck reports whether what is out seems to be lost: nothing came of it for
// the given time, nor for twice as long as answers take.
func (p *peer) stuck(now, patience time.Duration) bool {
	return p.inFlight > 0 && now-p.moved >= max(patience, 2*p.delay)
}

// asksFor reports whether the refusal of a request still tells something: it
// says where to probe, or that entries sent ahead came without those before them.
func (p *peer) asksFor(request AppendEntries) bool {
	switch p.mode {
	case probing:
		return p.nextIndex == request.PrevLogIndex+1
	case replicating:
		return len(request.Entries) > 0
	default:
		return false
	}
}

// room reports whether another RPC may go out.
func (p *peer) room(config *Config) bool {
	if p.mode == replicating {
		return p.inFlight < config.MaxInFlight && p.bytes < config.MaxInFlightBytes
	}
	return p.inFlight == 0
}
