package scene

import "raftarium/raft"

// crossing is a link that a stroke crosses, and where.
type crossing struct {
	from, to raft.ServerID
	x, y     float32
	cut      bool // in at least one direction
}

// findCrossed notes which links the stroke of the view crosses.
func (s *Scene) findCrossed() {
	s.crossed = s.crossed[:0]
	if s.view.Stroke.Active {
		s.everyLink((*Scene).noteCrossing)
	}
}

func (s *Scene) noteCrossing(a, b raft.ServerID, forward, back bool) {
	stroke := &s.view.Stroke
	road := s.link(a, b)
	if part, ok := road.crosses(stroke.X, stroke.Y, stroke.ToX, stroke.ToY); ok {
		x, y := road.at(part, 0)
		s.crossed = append(s.crossed, crossing{a, b, x, y, forward || back})
	}
}

// crosses reports whether a line from one point to another crosses the road,
// and at which part of it.
func (r road) crosses(x, y, toX, toY float32) (part float32, ok bool) {
	endX, endY := r.dx*r.length, r.dy*r.length
	dx, dy := toX-x, toY-y
	across := endX*dy - endY*dx
	if across > -1e-3 && across < 1e-3 {
		return 0, false
	}
	part = ((x-r.x)*dy - (y-r.y)*dx) / across
	along := ((x-r.x)*endY - (y-r.y)*endX) / across
	return part, part >= 0 && part <= 1 && along >= 0 && along <= 1
}

// Pair is two servers whose link a stroke crosses, the lower number first.
type Pair struct{ From, To raft.ServerID }

// Crossed tells what the stroke of the last picture would do: heal is true if it
// crosses cut links only. The pairs are appended to the given slice.
func (s *Scene) Crossed(pairs []Pair) (all []Pair, heal bool) {
	heal = len(s.crossed) > 0
	for _, c := range s.crossed {
		pairs = append(pairs, Pair{c.from, c.to})
		heal = heal && c.cut
	}
	return pairs, heal
}

// drawStroke draws the line that is being dragged, and on each link that it
// crosses what will become of it.
func (s *Scene) drawStroke() {
	stroke := &s.view.Stroke
	if !stroke.Active {
		return
	}
	p := s.palette
	heal := len(s.crossed) > 0
	for _, c := range s.crossed {
		heal = heal && c.cut
	}
	colour := p.Danger
	if heal {
		colour = p.Text
	}
	for _, c := range s.crossed {
		if heal || !c.cut {
			road := s.link(c.from, c.to)
			x, y := road.at(0, 0)
			x2, y2 := road.at(1, 0)
			s.line(x, y, x2, y2, 2.5, colour.Fade(0.55))
		}
	}
	s.line(stroke.X, stroke.Y, stroke.ToX, stroke.ToY, 9, colour.Fade(0.16))
	s.dashedLine(stroke.X, stroke.Y, stroke.ToX, stroke.ToY, 2.5, 11, 0.55, colour)
	for _, c := range s.crossed {
		if !heal && c.cut {
			continue
		}
		s.disc(c.x, c.y, 8, p.Ground)
		if heal {
			s.line(c.x-4, c.y, c.x+4, c.y, 2, colour)
			s.line(c.x, c.y-4, c.x, c.y+4, 2, colour)
			continue
		}
		s.cross(c.x, c.y, 3.5, 2, colour)
	}
}
