package wasmnet

import (
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet/scheduler"
)

// packet is a message in flight.
type packet struct {
	network   *network
	id        trace.PacketID
	from, to  trace.NodeID
	message   any
	call      *call          // the call that it asks or answers
	inReplyTo trace.PacketID // 0: it is a request
	sentAt    time.Duration
	arrivesAt time.Duration
	fate      trace.Reason // what it dies of at fateAt, or NoReason
	fateAt    time.Duration
	timer     scheduler.Timer
	place     int // in network.inFlight
}

// call is a request whose sender waits for the reply.
type call struct {
	reply *scheduler.Chan[any]
	over  bool // it was answered, or given up, or its process crashed
}

// flight is how long the packet is in flight if nothing stops it.
func (p *packet) flight() time.Duration { return p.arrivesAt - p.sentAt }

// doom makes the packet die on the way, at a part of its flight in hundredths.
func (p *packet) doom(reason trace.Reason, hundredths int64) {
	p.fate = reason
	p.fateAt = p.sentAt + p.flight()/100*time.Duration(hundredths)
}

// setTimer makes the packet end its flight when it is to.
func (p *packet) setTimer() {
	at := p.arrivesAt
	if p.fate != trace.NoReason {
		at = p.fateAt
	}
	p.network.world.scheduler.SetTimer(&p.timer, at, p)
}

// Due is called when the flight ends.
func (p *packet) Due() {
	p.network.land(p)
	if p.fate != trace.NoReason {
		p.network.dropped(p, p.fate)
		return
	}
	if p.inReplyTo != 0 {
		p.network.deliverReply(p)
		return
	}
	p.network.deliverRequest(p)
}
