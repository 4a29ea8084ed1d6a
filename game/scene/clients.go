package scene

import (
	"math"

	"raftarium/game/typeface"
	"raftarium/raft/trace"
)

// drawClients draws the clients at the border, and what each waits for.
func (s *Scene) drawClients() {
	for i := range s.model.Clients {
		client := &s.model.Clients[i]
		isUser := i >= s.model.Header.Clients
		if isUser && client.Operation == nil && s.fading(client.LastOK, 3) == 0 {
			continue
		}
		name := "You"
		if !isUser {
			name = s.strings.client(i + 1)
		}
		s.drawClient(client, s.layout.clients[i], name)
	}
}

func (s *Scene) drawClient(client *trace.Client, at point, name string) {
	p, r := s.palette, s.layout.clientRadius()
	target := Target{Kind: OnClient, Client: client.ID, X: at.x, Y: at.y, R: r}
	edge, stroke := p.Muted.Fade(0.75), float32(1.5)
	if client.Operation != nil {
		edge, stroke = p.Text, 2
	}
	if s.hovers(target) {
		stroke += 0.75
	}
	answered := s.fading(client.LastOK, 0.8)
	s.polygon(at.x, at.y, r, 6, 0, 0, p.Surface.Mix(p.Text, 0.25*answered))
	s.polygon(at.x, at.y, r, 6, stroke, 0, edge.Mix(p.Text, answered))
	s.target(target)
	if r < 11 {
		return
	}
	size := float32(12)
	if len(name) > 2 || r < 14 {
		size = smallestText
	}
	s.text(name, at.x, at.y, size, typeface.SemiBold, Centre, p.Text)
	below := at.y + r*0.87 + 10
	switch {
	case client.Operation != nil:
		s.text(s.strings.operation(client.Operation), at.x, below, smallestText, typeface.Medium, Centre, p.Muted)
	case answered > 0:
		s.tick(at.x, below, 4.5, 1.75, p.Text.Fade(0.3+answered))
	}
}

// up is the angle of the direction upward.
const up = -math.Pi / 2
