package scene

import (
	"raftarium/raft"
	"raftarium/raft/trace"
)

// mostLinked is the largest cluster whose links are all drawn; in a larger one
// only the cut ones are.
const mostLinked = 13

// road is a straight way between two points with a direction.
type road struct {
	x, y   float32 // where it begins
	dx, dy float32 // direction, of length 1
	length float32
}

func newRoad(x, y, toX, toY float32) road {
	length := distance(x, y, toX, toY)
	if length < 1e-3 {
		return road{x: x, y: y, dx: 1}
	}
	return road{x, y, (toX - x) / length, (toY - y) / length, length}
}

// at is the point at a part of the way, 0 to 1, and so far to its right.
func (r road) at(part, right float32) (x, y float32) {
	along := part * r.length
	return r.x + r.dx*along - r.dy*right, r.y + r.dy*along + r.dx*right
}

// shortened is the road without its first and its last so many pixels.
func (r road) shortened(first, last float32) road {
	if r.length < first+last+1 {
		return r
	}
	return road{r.x + r.dx*first, r.y + r.dy*first, r.dx, r.dy, r.length - first - last}
}

// link is the road between two servers, from the edge of one to the edge of
// the other.
func (s *Scene) link(from, to raft.ServerID) road {
	a, b := s.layout.seatOf(from), s.layout.seatOf(to)
	return newRoad(a.x, a.y, b.x, b.y).shortened(s.layout.radius, s.layout.radius)
}

// everyLink calls do for each pair of servers, the lower number first.
func (s *Scene) everyLink(do func(s *Scene, a, b raft.ServerID, forward, back bool)) {
	n := raft.ServerID(len(s.model.Servers))
	for a := raft.ServerID(1); a <= n; a++ {
		for b := a + 1; b <= n; b++ {
			do(s, a, b, s.model.IsCut(a, b), s.model.IsCut(b, a))
		}
	}
}

func (s *Scene) drawLinks() { s.everyLink((*Scene).drawLink) }

func (s *Scene) drawLink(a, b raft.ServerID, forward, back bool) {
	cut := forward || back
	if !cut && len(s.model.Servers) > mostLinked {
		return
	}
	road, p := s.link(a, b), s.palette
	x, y := road.at(0, 0)
	x2, y2 := road.at(1, 0)
	target := Target{Kind: OnLink, From: a, To: b, X: (x + x2) / 2, Y: (y + y2) / 2, R: 8, X2: (x2 - x) / 2, Y2: (y2 - y) / 2}
	colour, stroke := p.Line.Fade(0.65), float32(1.25)
	if s.hovers(target) {
		colour, stroke = p.Muted.Fade(0.8), 2
	}
	s.target(target)
	if len(s.model.Servers) > mostLanes {
		s.drawLane(road, 0, stroke, colour, forward && back)
		return
	}
	s.drawLane(road, s.layout.lane, stroke, colour, forward)
	s.drawLane(road, -s.layout.lane, stroke, colour, back)
}

// mostLanes is the largest cluster whose links show both their lanes.
const mostLanes = 5

func (s *Scene) drawLane(road road, right, stroke float32, colour Colour, cut bool) {
	x, y := road.at(0, right)
	x2, y2 := road.at(1, right)
	if cut {
		s.dashedLine(x, y, x2, y2, stroke, 9, 0.4, s.palette.Danger.Fade(0.3))
		return
	}
	s.line(x, y, x2, y2, stroke, colour)
}

func (s *Scene) drawWalls() { s.everyLink((*Scene).drawWall) }

// drawWall draws what stands in the way of a cut link: across the lane of each
// direction that carries nothing. Beside it is the control that heals it.
func (s *Scene) drawWall(a, b raft.ServerID, forward, back bool) {
	if !forward && !back {
		return
	}
	road, p, l := s.link(a, b), s.palette, &s.layout
	reach := l.lane + 7*l.packet
	left, right := -reach, reach
	if !forward {
		right = -1.5
	}
	if !back {
		left = 1.5
	}
	place := s.wallPlace(a, b, road)
	x, y := road.at(place, left)
	x2, y2 := road.at(place, right)
	s.line(x, y, x2, y2, 9*l.packet, p.Ground.Fade(0.9))
	s.line(x, y, x2, y2, 4*l.packet, p.Danger)
	if forward != back {
		s.drawOneWay(road, place, forward)
	}
	middleX, middleY := (x+x2)/2, (y+y2)/2
	s.target(Target{Kind: OnHeal, From: a, To: b, X: middleX, Y: middleY, R: max(6, 0.6*reach)})
	if len(s.model.Servers) <= mostLinked {
		s.drawHeal(a, b, road, place, reach)
	}
}

// wallPlace is at which part of its link a wall stands: half way, but where
// links meet in the middle of the ring, a little apart from one another.
func (s *Scene) wallPlace(a, b raft.ServerID, road road) float32 {
	n := len(s.model.Servers)
	if n < 4 || 2*int(b-a) != n {
		return 0.5
	}
	steps := float32(a) - float32(n/2+1)/2
	apart := min(28*s.layout.packet/max(road.length, 1), 0.2/float32(n/2))
	return 0.5 + steps*apart
}

// drawOneWay draws an arrow head on the lane of a half-cut link that still
// carries packets.
func (s *Scene) drawOneWay(road road, place float32, forward bool) {
	right, direction := -s.layout.lane, float32(-1)
	if !forward {
		right, direction = s.layout.lane, 1
	}
	size := 4 * s.layout.packet
	step := direction * size / max(road.length, 1)
	tipX, tipY := road.at(place+step, right)
	for _, side := range [2]float32{-1, 1} {
		x, y := road.at(place-step, right+side*size)
		s.line(x, y, tipX, tipY, 1.75, s.palette.Muted)
	}
}

func (s *Scene) drawHeal(a, b raft.ServerID, road road, place, reach float32) {
	p := s.palette
	r := max(7.5, 9*s.layout.packet)
	x, y := s.healSpot(road, place, reach+r+3, r+3)
	target := Target{Kind: OnHeal, From: a, To: b, X: x, Y: y, R: r + 2}
	words, edge := p.Muted, p.Muted.Fade(0.7)
	if s.hovers(target) {
		words, edge = p.Text, p.Text
	}
	s.disc(x, y, r, p.Surface)
	s.ring(x, y, r, 1.25, edge)
	s.line(x-r*0.45, y, x+r*0.45, y, 1.75, words)
	s.line(x, y-r*0.45, x, y+r*0.45, 1.75, words)
	s.target(target)
}

// healSpot is where the control of a wall stands: at the end toward the rim of
// the ring, where there is more room, or else where nothing is in its way.
func (s *Scene) healSpot(road road, place, side, r float32) (x, y float32) {
	l := &s.layout
	x, y = road.at(place, side)
	otherX, otherY := road.at(place, -side)
	if distance(otherX, otherY, l.x, l.y) > distance(x, y, l.x, l.y)+1 {
		x, y, otherX, otherY = otherX, otherY, x, y
	}
	if l.isCovered(rect{-r, -r, r, r}.moved(x, y)) {
		return otherX, otherY
	}
	return x, y
}

// end is where a packet begins or ends its way: the middle of a node, and how
// far from it.
func (s *Scene) end(node trace.NodeID) (x, y, radius float32, ok bool) {
	l := &s.layout
	if node > 0 && int(node) <= len(l.seats) {
		seat := &l.seats[node-1]
		return seat.x, seat.y, l.radius, true
	}
	if i := int(-1 - node); i >= 0 && i < len(l.clients) {
		return l.clients[i].x, l.clients[i].y, l.clientRadius(), true
	}
	return 0, 0, 0, false
}

// lane is the way that a packet takes: on the right of the link.
func (s *Scene) lane(from, to trace.NodeID) (road, bool) {
	x, y, first, ok := s.end(from)
	toX, toY, last, ok2 := s.end(to)
	if !ok || !ok2 {
		return road{}, false
	}
	way := newRoad(x, y, toX, toY)
	room := 7 * s.layout.packet
	if s.layout.cells > 0 {
		room += 6
	}
	way = way.shortened(first+room, last+room)
	way.x, way.y = way.at(0, s.layout.lane)
	return way, true
}
