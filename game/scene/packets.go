package scene

import (
	"math"
	"time"

	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// mostDetailed is how many packets in flight are drawn in full; more are drawn
// as plain shapes.
const mostDetailed = 600

// drawPackets draws what is in flight, each packet exactly where it is, and
// what has just come to an end.
func (s *Scene) drawPackets() {
	for i := range s.model.Ended {
		s.drawEnded(&s.model.Ended[i])
	}
	detailed := len(s.model.Packets) <= mostDetailed
	for i := range s.model.Packets {
		s.drawPacket(&s.model.Packets[i], detailed)
	}
}

// progress is how much of its way a packet has behind it at a time.
func progress(packet *trace.Packet, at time.Duration) float32 {
	flight := packet.ArrivesAt - packet.SentAt
	if flight <= 0 {
		return 1
	}
	return min(max(float32(float64(at-packet.SentAt)/float64(flight)), 0), 1)
}

func (s *Scene) drawPacket(packet *trace.Packet, detailed bool) {
	way, ok := s.lane(packet.From, packet.To)
	if !ok {
		return
	}
	x, y := way.at(progress(packet, s.view.Time), 0)
	size := s.layout.packet
	target := Target{Kind: OnPacket, Packet: packet.ID, X: x, Y: y, R: max(4, 11*size)}
	s.target(target)
	if !detailed {
		s.drawPlain(packet, x, y)
		return
	}
	if s.hovers(target) {
		s.ring(x, y, 15*size, 1.5, s.palette.Text)
	}
	part := float32(1)
	if packet.Original != 0 {
		part = 0.5
	}
	s.drawMessage(packet, x, y, way, part)
}

// drawPlain draws a packet among very many.
func (s *Scene) drawPlain(packet *trace.Packet, x, y float32) {
	s.disc(x, y, max(1.5, 5*s.layout.packet), s.messageColour(packet))
}

// drawMessage draws a packet by its kind, so opaque.
func (s *Scene) drawMessage(packet *trace.Packet, x, y float32, way road, part float32) {
	size := s.layout.packet
	switch message := packet.Message.(type) {
	case raft.RequestVote:
		s.drawRequestVote(message, x, y, part)
	case raft.RequestVoteReply:
		colour := s.palette.Term(message.Term)
		s.polygon(x, y, 10*size, 4, 0, 0, colour.Fill.Fade(part))
		s.drawVerdict(message.VoteGranted, x, y, 3.4*size, colour.On.Fade(part))
	case raft.AppendEntries:
		if len(message.Entries) == 0 {
			s.disc(x, y, 5.5*size, s.palette.Term(message.Term).Fill.Fade(part))
			return
		}
		s.drawBoxcar(message, x, y, way, part)
	case raft.AppendEntriesReply:
		colour := s.palette.Term(message.Term)
		if s.answersHeartbeat(packet) {
			s.disc(x, y, 6*size, colour.Fill.Fade(part))
			s.drawVerdict(message.Success, x, y, 2.6*size, colour.On.Fade(part))
			return
		}
		s.box(x, y, 9.5*size, 6.5*size, 2.5*size, 0, 0, colour.Fill.Fade(part))
		s.drawVerdict(message.Success, x, y, 3.2*size, colour.On.Fade(part))
	case raft.InstallSnapshot:
		s.drawCrate(s.palette.Term(message.Term), x, y, 10*size, part)
	case raft.InstallSnapshotReply:
		colour := s.palette.Term(message.Term)
		s.box(x, y, 7*size, 7*size, 1.5*size, 0, 0, colour.Fill.Fade(part))
		s.drawVerdict(true, x, y, 3.2*size, colour.On.Fade(part))
	case raft.TimeoutNow:
		s.drawStar(x, y, 10*size, s.palette.Term(message.Term).Fill.Fade(part))
	case raft.TimeoutNowReply:
		s.drawStar(x, y, 7*size, s.palette.Term(message.Term).Fill.Fade(part))
	case trace.ClientRequest:
		s.polygon(x, y, 8*size, 6, 0, 0, s.palette.Surface.Fade(part))
		s.polygon(x, y, 7.5*size, 6, 1.75*size, 0, s.palette.Text.Fade(part))
	case trace.ClientReply:
		s.polygon(x, y, 7.5*size, 6, 0, 0, s.palette.Text.Fade(part))
		s.drawVerdict(message.OK, x, y, 3*size, s.palette.Ground.Fade(part))
	}
}

// drawRequestVote draws a diamond, solid when it asks for a vote and dashed
// when it only asks whether the vote would be given.
func (s *Scene) drawRequestVote(message raft.RequestVote, x, y float32, part float32) {
	size, colour := s.layout.packet, s.palette.Term(message.Term)
	if message.PreVote {
		s.polygon(x, y, 11*size, 4, 0, 0, s.palette.Surface.Fade(part))
		s.add(Shape{Kind: DashedBox, X: x, Y: y, X2: 7 * size, Y2: 7 * size, R: 0.5, Stroke: 1.75 * size, Angle: math.Pi / 4, Sweep: 5 * size, Fill: colour.Edge.Fade(part)})
		return
	}
	s.polygon(x, y, 11*size, 4, 0, 0, colour.Fill.Fade(part))
	s.polygon(x, y, 6*size, 4, 1.5*size, 0, colour.On.Fade(0.8*part))
}

// drawCrate draws a snapshot on its way: a crate with its planks.
func (s *Scene) drawCrate(colour *TermColour, x, y, half, part float32) {
	s.box(x, y, half, half, 2, 0, 0, colour.Fill.Fade(part))
	on := colour.On.Fade(0.75 * part)
	for _, at := range [2]float32{-0.36, 0.36} {
		s.line(x-half*0.7, y+at*half, x+half*0.7, y+at*half, max(1, half*0.14), on)
	}
	s.line(x-half*0.6, y+half*0.36, x+half*0.6, y-half*0.36, max(1, half*0.14), on)
}

// drawStar draws two triangles that make a star.
func (s *Scene) drawStar(x, y, r float32, fill Colour) {
	s.polygon(x, y, r, 3, 0, up, fill)
	s.polygon(x, y, r, 3, 0, -up, fill)
}

func (s *Scene) drawVerdict(yes bool, x, y, half float32, colour Colour) {
	stroke := max(1, half*0.48)
	if yes {
		s.tick(x, y, half, stroke, colour)
		return
	}
	s.cross(x, y, half*0.8, stroke, colour)
}

// mostCells is how many entries a boxcar shows; it tells the rest in a number.
const mostCells = 4

// drawBoxcar draws an AppendEntries with entries: a car that rolls along the
// lane, with a cell for each entry.
func (s *Scene) drawBoxcar(message raft.AppendEntries, x, y float32, way road, part float32) {
	p, size := s.palette, s.layout.packet
	colour := p.Term(message.Term)
	cells := min(len(message.Entries), mostCells)
	step := 9 * size
	half := (float32(cells)*step + 5*size) / 2
	turn := angle(way.dx, way.dy)
	s.box(x, y, half, 8*size, 3*size, 0, turn, p.Surface.Fade(part))
	s.box(x, y, half, 8*size, 3*size, 1.75*size, turn, colour.Edge.Fade(part))
	for i := range cells {
		// The first entry comes first on the way.
		along := (float32(cells-1)/2 - float32(i)) * step
		entry := &message.Entries[len(message.Entries)-cells+i]
		s.box(x+way.dx*along, y+way.dy*along, 3.5*size, 5*size, 1, 0, turn, p.Term(entry.Term).Fill.Fade(part))
	}
	if more := len(message.Entries) - cells; more > 0 && size >= 0.75 {
		s.text(s.strings.number(len(message.Entries)), x, y-17*size, smallestText, typeface.SemiBold, Centre, p.Text.Fade(part))
	}
}

// answersHeartbeat reports whether a reply is to a request without entries.
// The request has just arrived, so the model still knows it.
func (s *Scene) answersHeartbeat(reply *trace.Packet) bool {
	for i := len(s.model.Ended) - 1; i >= 0; i-- {
		if request := &s.model.Ended[i]; request.ID == reply.InReplyTo {
			message, ok := request.Message.(raft.AppendEntries)
			return ok && len(message.Entries) == 0
		}
	}
	return false
}

// How long the end of a packet is seen, in seconds on the screen.
const (
	absorbedFor = 0.3
	droppedFor  = 1.4
	staleFor    = 1.6
	unheardFor  = 0.5
)

// drawEnded draws what became of a packet.
func (s *Scene) drawEnded(packet *trace.Packet) {
	switch {
	case packet.Stale:
		if left := s.fading(packet.EndedAt, staleFor); left > 0 {
			s.drawStale(packet, left)
		}
	case packet.Dropped == trace.NoReason:
		if left := s.fading(packet.EndedAt, absorbedFor); left > 0 && !s.view.ReducedMotion {
			s.drawAbsorbed(packet, left)
		}
	case packet.Dropped == trace.Unawaited:
		if left := s.fading(packet.EndedAt, unheardFor); left > 0 {
			s.drawUnheard(packet, left)
		}
	default:
		if left := s.fading(packet.EndedAt, droppedFor); left > 0 {
			s.drawDropped(packet, left)
		}
	}
}

func (s *Scene) drawAbsorbed(packet *trace.Packet, left float32) {
	way, ok := s.lane(packet.From, packet.To)
	if !ok || len(s.model.Servers) > mostLinked {
		return
	}
	x, y := way.at(1+0.06*(1-left), 0)
	s.disc(x, y, 5.5*left*s.layout.packet, s.messageColour(packet))
}

// drawUnheard draws a reply for which nobody waits any more.
func (s *Scene) drawUnheard(packet *trace.Packet, left float32) {
	if way, ok := s.lane(packet.From, packet.To); ok {
		x, y := way.at(progress(packet, packet.EndedAt), 0)
		s.disc(x, y, 5*s.layout.packet, s.palette.Muted.Fade(0.6*left))
	}
}

// drawStale draws a packet that came too late: its term is over.
func (s *Scene) drawStale(packet *trace.Packet, left float32) {
	way, ok := s.lane(packet.From, packet.To)
	if !ok {
		return
	}
	p, size := s.palette, s.layout.packet
	x, y := way.at(1, 0)
	fade := min(1, left*2.5)
	s.disc(x, y, 6.5*size, p.Muted.Fade(0.75*fade))
	s.cross(x, y, 2.6*size, 1.5, p.Ground.Fade(fade))
	message, isRaft := packet.Message.(raft.Message)
	if !isRaft || packet.To < 1 || size < 0.75 {
		return
	}
	words := s.strings.older(message.MessageTerm(), s.model.Servers[packet.To-1].Term)
	s.label(words, x-way.dx*20*size, y-way.dy*20*size-4, fade)
}

// label writes a few words on a ground of their own.
func (s *Scene) label(words string, x, y, fade float32) {
	p := s.palette
	half := s.family.Width(words, typeface.SemiBold, smallestText)/2 + 6
	x = min(max(x, s.layout.room.left+half), s.layout.room.right-half)
	s.box(x, y, half, 10, 10, 0, 0, p.Surface.Fade(0.94*fade))
	s.box(x, y, half-0.5, 9.5, 9.5, 1, 0, p.Track.Fade(2*fade))
	s.text(words, x, y, smallestText, typeface.SemiBold, Centre, p.Text.Fade(fade))
}

// drawDropped draws where a packet died: it cracks, and leaves a cross.
func (s *Scene) drawDropped(packet *trace.Packet, left float32) {
	way, ok := s.lane(packet.From, packet.To)
	if !ok {
		return
	}
	p, size := s.palette, s.layout.packet
	x, y := way.at(progress(packet, packet.EndedAt), 0)
	fade := min(1, left*2)
	half := 4.5 * size
	if packet.Dropped == trace.LinkWasCut {
		half = 3.5 * size
	}
	s.cross(x, y, half+1, half*0.8+2, p.Ground.Fade(0.7*fade))
	s.cross(x, y, half, half*0.5, p.Danger.Fade(fade))
	stopped := packet.Dropped == trace.LinkWasCut
	if !stopped && !s.view.ReducedMotion && len(s.model.Servers) <= mostLinked {
		s.drawShards(packet, x, y, left)
	}
}

func (s *Scene) drawShards(packet *trace.Packet, x, y, left float32) {
	shards := 2*left - 1
	if shards <= 0 {
		return
	}
	const pieces = 4
	colour := s.messageColour(packet)
	out := (6 + 14*(1-shards)) * s.layout.packet
	for i := range pieces {
		turn := float64(i)*2*math.Pi/pieces + 0.4
		dx, dy := float32(math.Cos(turn)), float32(math.Sin(turn))
		s.polygon(x+dx*out, y+dy*out, 4.5*s.layout.packet, 3, 0, float32(turn)+2*(1-shards), colour.Fade(0.8*shards))
	}
}

// messageColour is the colour of the term that a packet carries.
func (s *Scene) messageColour(packet *trace.Packet) Colour {
	if message, ok := packet.Message.(raft.Message); ok {
		return s.palette.Term(message.MessageTerm()).Fill
	}
	return s.palette.Muted
}
