package scene

import (
	"math"

	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

func (s *Scene) drawServers() {
	for i := range s.model.Servers {
		s.drawServer(&s.model.Servers[i])
	}
}

func (s *Scene) drawServer(server *trace.Server) {
	seat := s.layout.seatOf(server.ID)
	r := s.layout.radius
	target := Target{Kind: OnServer, Server: server.ID, X: seat.x, Y: seat.y, R: r + 3}
	s.target(target)
	s.drawAttention(server, seat, target)
	if !server.Alive {
		s.drawCrashed(server, seat)
		return
	}
	if r >= 11 {
		s.glow(seat.x, seat.y+r*0.12, r*1.45, s.palette.Shadow)
	}
	s.drawBody(server, seat)
	switch server.Role {
	case raft.Leader:
		s.drawLeader(server, seat)
	case raft.Candidate, raft.PreCandidate:
		s.drawTimeout(server, seat)
		s.drawSmallBallots(server, seat)
	default:
		s.drawTimeout(server, seat)
	}
	s.drawName(server, seat)
}

// drawAttention marks the server that the pointer is over, and the one that
// the page tells about.
func (s *Scene) drawAttention(server *trace.Server, seat *seat, target Target) {
	p, r := s.palette, s.layout.radius
	if s.hovers(target) {
		s.glow(seat.x, seat.y, r*1.9, p.Text.Fade(0.22))
	}
	if s.view.Selected == server.ID {
		s.ring(seat.x, seat.y, r+max(4, r*0.27), 1.5, p.Text.Fade(0.85))
	}
}

// drawBody draws the disc with the outline of the role, in the colour of the
// term.
func (s *Scene) drawBody(server *trace.Server, seat *seat) {
	colour, r := s.palette.Term(server.Term), s.layout.radius
	if server.Role == raft.Leader {
		s.glow(seat.x, seat.y, r*2.3, colour.Fill.Fade(0.30))
	}
	body := Shape{Kind: Disc, X: seat.x, Y: seat.y, R: r, Fill: colour.Top, Shade: colour.Base}
	switch {
	case server.Role == raft.Leader:
		body.Fill, body.Shade = colour.Fill, Colour{}
	case r < leastWithLog:
		body.Fill, body.Shade = colour.Fill.Mix(s.palette.Ground, 0.55), Colour{}
	}
	if server.Paused {
		body.Fill, body.Shade = s.palette.Surface, Colour{}
	}
	s.add(body)
	stroke := min(3, max(1, r*0.075))
	if isCandidate(server) {
		turn := float32(math.Mod(s.view.Clock*0.9, 2*math.Pi))
		if s.view.ReducedMotion || server.Paused {
			turn = 0
		}
		dashes, part := min(16, max(8, r*0.36)), float32(0.58)
		if server.Role == raft.PreCandidate { // dotted
			dashes, part = min(28, max(10, r*0.7)), 0.4
		}
		s.add(Shape{Kind: DashedRing, X: seat.x, Y: seat.y, R: r - stroke/2, Stroke: stroke * 1.3, Angle: turn, Dashes: uint8(dashes), Sweep: part, Fill: colour.Edge})
		return
	}
	s.ring(seat.x, seat.y, r-stroke/2, stroke, colour.Edge)
}

// reach is the radius of the arc or ring around a server.
func (s *Scene) reach() float32 { return s.layout.radius + max(2, min(7, s.layout.radius*0.2)) }

func (s *Scene) arcStroke() float32 { return min(3, max(1, s.layout.radius*0.085)) }

// drawTimeout draws the election timeout as an arc that drains. When a new
// length is drawn, it flashes.
func (s *Scene) drawTimeout(server *trace.Server, seat *seat) {
	if server.Timeout <= 0 || s.layout.radius < 6 {
		return
	}
	p := s.palette
	left := 1 - float32((s.view.Time-server.TimerStart).Seconds()/server.Timeout.Seconds())
	left = min(max(left, 0), 1)
	flash := s.fading(server.Redrawn, 0.6)
	if s.view.ReducedMotion {
		flash = 0
	}
	stroke := s.arcStroke()
	s.ring(seat.x, seat.y, s.reach(), stroke, p.Track)
	colour := p.Muted.Fade(0.8).Mix(p.Text, max(flash, min(1, max(0, (0.35-left)*4))))
	if server.Paused {
		colour = colour.Fade(0.5)
	}
	sweep := left * 2 * math.Pi
	if flash > 0 {
		s.arc(seat.x, seat.y, s.reach(), stroke+3*flash, up+sweep/2, sweep, p.Text.Fade(0.28*flash))
	}
	if left > 0.004 {
		s.arc(seat.x, seat.y, s.reach(), stroke, up+sweep/2, sweep, colour)
	}
}

// drawLeader draws the second ring and the crown, and at each round of
// heartbeats a wave that leaves them.
func (s *Scene) drawLeader(server *trace.Server, seat *seat) {
	colour := s.palette.Term(server.Term)
	r, reach := s.layout.radius, s.reach()
	stroke := max(1, s.arcStroke()*0.85)
	pulse := s.fading(server.HeartbeatAt, 0.7)
	if s.view.ReducedMotion || server.Paused {
		pulse = 0
	}
	s.ring(seat.x, seat.y, reach, stroke, colour.Edge)
	if pulse > 0 {
		s.ring(seat.x, seat.y, reach+(1-pulse)*r*0.5, stroke, colour.Edge.Fade(pulse*0.7))
	}
	if r < 6 {
		return
	}
	s.drawCrown(seat.x, seat.y-reach-stroke/2, r*(0.25+0.05*pulse), colour.Edge)
}

// drawCrown draws a crown whose base stands in the middle of a point, on the
// ring.
func (s *Scene) drawCrown(x, y, size float32, colour Colour) {
	ground := s.palette.Ground.Mix(s.palette.Glow, 0.5)
	s.box(x, y, size*1.25, size*0.3, size*0.1, 0, 0, ground)
	base := y + size*0.12
	s.box(x, base+size*0.02, size*0.95, size*0.16, size*0.08, 0, 0, colour)
	for _, point := range [...]struct{ at, r, lean float32 }{{-0.62, 0.56, -0.22}, {0, 0.74, 0}, {0.62, 0.56, 0.22}} {
		s.polygon(x+point.at*size, base-point.r*0.5*size, point.r*size, 3, 0, up+point.lean, colour)
	}
}

// drawSmallBallots draws, where there is no room for ballots, how much of the
// cluster has voted for a candidate, and how much must.
func (s *Scene) drawSmallBallots(server *trace.Server, seat *seat) {
	if s.layout.cells > 0 && !s.layout.bare || s.layout.radius < 6 {
		return
	}
	n := float32(len(s.model.Servers))
	whole := float32(2 * math.Pi)
	sweep := whole * float32(len(server.Votes)) / n
	reach := s.reach() + s.arcStroke() + 2
	s.arc(seat.x, seat.y, reach, s.arcStroke(), up+sweep/2, sweep, s.palette.Text)
	mark := float64(up + whole*(n/2+0.5)/n)
	x, y := float32(math.Cos(mark)), float32(math.Sin(mark))
	s.line(seat.x+x*(reach-3), seat.y+y*(reach-3), seat.x+x*(reach+3), seat.y+y*(reach+3), 1.5, s.palette.Text)
}

// drawName writes a server's name and term, and marks it when it is paused.
func (s *Scene) drawName(server *trace.Server, seat *seat) {
	p, l := s.palette, &s.layout
	x, y := seat.x, seat.y
	words := p.Text
	if server.Role == raft.Leader && !server.Paused {
		words = p.Term(server.Term).On
	}
	switch {
	case l.name == 0:
	case l.term == 0:
		s.text(s.strings.number(int(server.ID)), x, y, l.name, typeface.SemiBold, Centre, words)
	default:
		s.text(s.strings.server(server.ID), x, y-l.radius*0.20, l.name, typeface.SemiBold, Centre, words)
		s.text(s.strings.term(server.Term), x, y+l.radius*0.32, l.term, typeface.Medium, Centre, words)
	}
	if server.Paused {
		s.drawPaused(seat)
	}
}

func (s *Scene) drawPaused(seat *seat) {
	p, r := s.palette, s.layout.radius
	size := max(3, min(10, r*0.3))
	x, y := seat.x+r*0.72, seat.y+r*0.72
	s.disc(x, y, size+1.5, p.Ground)
	s.disc(x, y, size, p.Text)
	for _, side := range [2]float32{-1, 1} {
		s.line(x+side*size*0.3, y-size*0.4, x+side*size*0.3, y+size*0.4, max(1, size*0.25), p.Ground)
	}
}

// drawCrashed draws what is left of a server: its outline, its name, and a cross.
func (s *Scene) drawCrashed(server *trace.Server, seat *seat) {
	p, l := s.palette, &s.layout
	grey := p.Muted.Fade(0.55)
	r := l.radius
	s.disc(seat.x, seat.y, r, p.Ground.Fade(0.6))
	s.ring(seat.x, seat.y, r-1, max(1, min(2, r*0.06)), grey)
	switch {
	case l.name == 0 || l.term == 0:
		s.cross(seat.x, seat.y, r*0.4, max(1, r*0.09), grey)
	default:
		s.text(s.strings.server(server.ID), seat.x, seat.y-r*0.24, l.name, typeface.SemiBold, Centre, p.Muted)
		s.cross(seat.x, seat.y+r*0.36, r*0.19, max(1.5, r*0.07), p.Muted)
	}
}

// RoleName says what a server is in one word.
func RoleName(server *trace.Server) string {
	switch {
	case !server.Alive:
		return "Crashed"
	case server.Paused:
		return "Paused"
	case server.Role == raft.Leader:
		return "Leader"
	case server.Role == raft.Candidate:
		return "Candidate"
	case server.Role == raft.PreCandidate:
		return "Asking"
	}
	return "Follower"
}

func isCandidate(server *trace.Server) bool {
	return server.Role == raft.Candidate || server.Role == raft.PreCandidate
}

func angle(dx, dy float32) float32 { return float32(math.Atan2(float64(dy), float64(dx))) }
