package wasmnet

import (
	"slices"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// Of a packet that dies on its way, the part of the flight that it manages, in
// hundredths: a lost one somewhere in the middle, one that meets a cut about half.
const (
	lostFrom, lostTo = 25, 80
	cutFrom, cutTo   = 45, 55
)

// reorderLatencies is how many latencies a packet that is reordered is held up
// by at most.
const reorderLatencies = 10

// network carries packets. It is made of channels: a packet spends its
// latency in flight and is then sent on the inbox channel of its server, or,
// if it is a reply, on the reply channel of the call that it answers.
type network struct {
	world    *World
	settings trace.Network
	lastID   trace.PacketID
	inFlight []*packet        // in no order
	cut      []bool           // by direction between servers
	random   []*random.Stream // by sender: servers, then clients
}

func newNetwork(w *World) *network {
	servers := w.header.Servers
	n := &network{
		world:    w,
		settings: w.header.Network,
		cut:      make([]bool, servers*servers),
	}
	for id := 1; id <= servers; id++ {
		n.addStream(trace.NodeID(id))
	}
	for number := 1; number <= w.header.Clients+1; number++ {
		n.addStream(trace.NodeID(-number))
	}
	return n
}

func (n *network) addStream(id trace.NodeID) {
	n.random = append(n.random, random.New(n.world.header.Seed, "packets of "+nodeName(id)))
}

func (n *network) stream(from trace.NodeID) *random.Stream {
	if from > 0 {
		return n.random[from-1]
	}
	return n.random[n.world.header.Servers-1-int(from)]
}

// isCut reports whether the direction from one node to another carries
// nothing. Clients are never cut off.
func (n *network) isCut(from, to trace.NodeID) bool {
	return from > 0 && to > 0 && n.cut[n.direction(from, to)]
}

func (n *network) direction(from, to trace.NodeID) int {
	return int(from-1)*n.world.header.Servers + int(to-1)
}

// call sends a request and waits for its reply, up to a time limit.
func (n *network) call(from, to trace.NodeID, request any, limit time.Duration) (reply any, ok bool) {
	c := n.begin(from, to, request)
	defer c.end() // also when the process crashes
	return c.reply.ReceiveWithin(limit)
}

// begin sends a request whose reply will come on the call's channel until the
// call is ended.
func (n *network) begin(from, to trace.NodeID, request any) *call {
	c := &call{reply: scheduler.NewChan[any](n.world.scheduler, "reply", 1)}
	n.send(&packet{from: from, to: to, message: request, call: c})
	return c
}

// end makes a reply that is yet to come one that nobody waits for.
func (c *call) end() { c.over = true }

// reply sends the answer to a request.
func (n *network) reply(request *packet, message any) {
	n.send(&packet{from: request.to, to: request.from, message: message, call: request.call, inReplyTo: request.id})
}

// send puts a packet on its way. What becomes of it is drawn here, always in as many
// draws, so that a change of the settings changes no more than it must.
func (n *network) send(p *packet) {
	chance := n.stream(p.from)
	flight := n.drawFlight(chance)
	lost, lostAt := chance.Chance(n.settings.Loss), chance.Between(lostFrom, lostTo)
	cutAt := chance.Between(cutFrom, cutTo)
	twice, copyFlight := chance.Chance(n.settings.Duplicate), n.drawFlight(chance)

	n.depart(p, flight)
	n.world.tell(trace.Event{
		Kind: trace.PacketSent, Packet: p.id, From: p.from, To: p.to, Message: p.message,
		InReplyTo: p.inReplyTo, ArrivesAt: p.arrivesAt,
	})
	switch {
	case n.isCut(p.from, p.to):
		p.doom(trace.LinkWasCut, cutAt)
	case lost:
		p.doom(trace.Lost, lostAt)
	}
	p.setTimer()
	if twice {
		n.duplicate(p, copyFlight, cutAt)
	}
}

// drawFlight draws how long a packet is in flight.
func (n *network) drawFlight(chance *random.Stream) time.Duration {
	latency, jitter := int64(n.settings.Latency), int64(n.settings.Jitter)
	flight := latency + chance.Below(jitter+1)
	reordered, more := chance.Chance(n.settings.Reorder), chance.Below(reorderLatencies*latency+1)
	if reordered {
		flight += more
	}
	return time.Duration(flight)
}

// depart gives a packet its number and its times.
func (n *network) depart(p *packet, flight time.Duration) {
	n.lastID++
	p.network = n
	p.id = n.lastID
	p.sentAt = n.world.Now()
	p.arrivesAt = p.sentAt + flight
	p.place = len(n.inFlight)
	n.inFlight = append(n.inFlight, p)
}

// duplicate sends a second copy of a packet after it.
func (n *network) duplicate(original *packet, flight time.Duration, cutAt int64) {
	p := &packet{
		from: original.from, to: original.to, message: original.message,
		call: original.call, inReplyTo: original.inReplyTo,
	}
	n.depart(p, flight)
	n.world.tell(trace.Event{
		Kind: trace.PacketDuplicated, Packet: p.id, Original: original.id, From: p.from, To: p.to,
		Message: p.message, InReplyTo: p.inReplyTo, ArrivesAt: p.arrivesAt,
	})
	if n.isCut(p.from, p.to) {
		p.doom(trace.LinkWasCut, cutAt)
	}
	p.setTimer()
}

// duplicateNow is duplicate by command.
func (n *network) duplicateNow(original *packet) {
	chance := n.stream(original.from)
	n.duplicate(original, n.drawFlight(chance), chance.Between(cutFrom, cutTo))
}

// delay holds a packet up in flight.
func (n *network) delay(p *packet, by time.Duration) {
	n.world.scheduler.StopTimer(&p.timer)
	p.arrivesAt += by
	p.fateAt += by
	n.world.tell(trace.Event{Kind: trace.PacketDelayed, Packet: p.id, From: p.from, To: p.to, ArrivesAt: p.arrivesAt})
	p.setTimer()
}

// drop ends a packet's flight at once.
func (n *network) drop(p *packet, reason trace.Reason) {
	n.world.scheduler.StopTimer(&p.timer)
	n.land(p)
	n.dropped(p, reason)
}

// land takes a packet out of those that are in flight.
func (n *network) land(p *packet) {
	last := len(n.inFlight) - 1
	moved := n.inFlight[last]
	n.inFlight[p.place] = moved
	moved.place = p.place
	n.inFlight[last] = nil
	n.inFlight = n.inFlight[:last]
}

func (n *network) dropped(p *packet, reason trace.Reason) {
	n.world.tell(trace.Event{Kind: trace.PacketDropped, Packet: p.id, From: p.from, To: p.to, Reason: reason})
}

func (n *network) delivered(p *packet) {
	n.world.tell(trace.Event{Kind: trace.PacketDelivered, Packet: p.id, From: p.from, To: p.to})
}

// deliverRequest sends a request on the inbox channel of its server.
func (n *network) deliverRequest(p *packet) {
	server := n.world.process(raft.ServerID(p.to))
	switch {
	case !server.alive:
		n.dropped(p, trace.ServerDown)
	case server.inbox.Len() >= inboxRoom:
		n.dropped(p, trace.Lost)
	default:
		n.delivered(p)
		server.inbox.TrySend(p)
	}
}

// deliverReply sends a reply on the reply channel of its call.
func (n *network) deliverReply(p *packet) {
	server := n.world.process(raft.ServerID(p.to))
	switch {
	case server != nil && !server.alive:
		n.dropped(p, trace.ServerDown)
	case p.call.over:
		n.dropped(p, trace.Unawaited)
	default:
		n.delivered(p)
		p.call.over = true
		p.call.reply.TrySend(p.message)
	}
}

// find returns the packet in flight with the given number, or nil.
func (n *network) find(id trace.PacketID) *packet {
	for _, p := range n.inFlight {
		if p.id == id {
			return p
		}
	}
	return nil
}

// setCut cuts or heals one direction, if it is not so already. What is in
// flight on a direction that is cut dies at once.
func (n *network) setCut(from, to trace.NodeID, cut bool) {
	direction := n.direction(from, to)
	if n.cut[direction] == cut {
		return
	}
	n.cut[direction] = cut
	if !cut {
		n.world.tell(trace.Event{Kind: trace.LinkHealed, From: from, To: to})
		return
	}
	n.world.tell(trace.Event{Kind: trace.LinkCut, From: from, To: to})
	for _, p := range n.between(from, to) {
		n.drop(p, trace.LinkWasCut)
	}
}

// between are the packets in flight from one node to another, in the order in
// which they were sent.
func (n *network) between(from, to trace.NodeID) []*packet {
	var found []*packet
	for _, p := range n.inFlight {
		if p.from == from && p.to == to {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *packet) int { return int(a.id) - int(b.id) })
	return found
}

// PacketsInFlight are the numbers of the packets in flight, in the order in
// which they were sent.
func (w *World) PacketsInFlight() []trace.PacketID {
	ids := make([]trace.PacketID, 0, len(w.network.inFlight))
	for _, p := range w.network.inFlight {
		ids = append(ids, p.id)
	}
	slices.Sort(ids)
	return ids
}
