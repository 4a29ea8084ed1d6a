package page

import (
	"fmt"

	"raftarium/game/narrate"
	"raftarium/game/scene"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// Spot is a thing on the stage, as the page's scripts see it. Positions are in
// CSS pixels of the canvas.
type Spot struct {
	Kind  string  `json:"kind"` // "server", "packet", "link", "heal", "entry" or "client"
	ID    int     `json:"id"`   // of the server, packet or client; for an entry, of its server
	From  int     `json:"from,omitempty"`
	To    int     `json:"to,omitempty"`
	Index int     `json:"index,omitempty"` // of an entry
	X     float32 `json:"x"`
	Y     float32 `json:"y"`
	R     float32 `json:"r"`
	Title string  `json:"title,omitempty"` // what it is, for the head of a menu
}

// Spots are the things on the stage, the lowest first.
func Spots(targets []scene.Target) []Spot {
	spots := make([]Spot, 0, len(targets))
	for _, t := range targets {
		spots = append(spots, newSpot(t))
	}
	return spots
}

func newSpot(t scene.Target) Spot {
	s := Spot{Kind: t.Kind.String(), From: int(t.From), To: int(t.To), Index: int(t.Index), X: t.X, Y: t.Y, R: t.R}
	switch t.Kind {
	case scene.OnServer, scene.OnLogEntry:
		s.ID = int(t.Server)
	case scene.OnPacket:
		s.ID = int(t.Packet)
	case scene.OnClient:
		s.ID = int(t.Client)
	}
	return s
}

// Menu is what a menu was asked for, at a point.
func (p *Page) Menu(on scene.Target, x, y float32) Spot {
	s := newSpot(on)
	s.X, s.Y = x, y
	if on.Kind == scene.OnPacket {
		s.Title = p.describePacket(on.Packet)
	}
	return s
}

// Words are words at a point.
type Words struct {
	Text string  `json:"text"`
	X    float32 `json:"x"`
	Y    float32 `json:"y"`
}

// Describe is what the mouse is over, in words; empty for nothing.
func (p *Page) Describe(over scene.Target) string {
	m := p.run.Model()
	switch over.Kind {
	case scene.OnServer:
		return serverView(&m.Servers[over.Server-1]).Label
	case scene.OnPacket:
		return p.describePacket(over.Packet)
	case scene.OnLink, scene.OnHeal:
		return describeLink(m, over.From, over.To)
	case scene.OnLogEntry:
		return describeEntry(&m.Servers[over.Server-1], over.Index)
	case scene.OnClient:
		return describeClient(m, over.Client)
	}
	return ""
}

func (p *Page) describePacket(id trace.PacketID) string {
	m := p.run.Model()
	for _, packets := range [][]trace.Packet{m.Packets, m.Ended} {
		for i := range packets {
			if packet := &packets[i]; packet.ID == id {
				return fmt.Sprintf("%s → %s: %s%s", narrate.Node(packet.From), narrate.Node(packet.To), narrate.Message(packet.Message), ofTerm(packet.Message))
			}
		}
	}
	return ""
}

func ofTerm(message any) string {
	if m, ok := message.(raft.Message); ok {
		return fmt.Sprintf(", term %d", m.MessageTerm())
	}
	return ""
}

func describeLink(m *trace.Model, a, b raft.ServerID) string {
	there, back := m.IsCut(a, b), m.IsCut(b, a)
	name, other := narrate.Server(a), narrate.Server(b)
	switch {
	case there && back:
		return fmt.Sprintf("%s and %s are cut off from each other", name, other)
	case there:
		return fmt.Sprintf("Nothing gets from %s to %s", name, other)
	case back:
		return fmt.Sprintf("Nothing gets from %s to %s", other, name)
	}
	return fmt.Sprintf("%s and %s", name, other)
}

func describeEntry(s *trace.Server, index raft.Index) string {
	for _, e := range s.Log {
		if e.Index != index {
			continue
		}
		state := "stored"
		switch {
		case index <= s.LastApplied:
			state = "applied"
		case index <= s.CommitIndex:
			state = "committed"
		}
		return fmt.Sprintf("Entry %d of %s, term %d, %s: %s", index, narrate.Server(s.ID), e.Term, state, narrate.Entry(e))
	}
	return ""
}

func describeClient(m *trace.Model, id trace.NodeID) string {
	client := &m.Clients[-1-id]
	who := narrate.Node(id)
	if int(-id) == len(m.Clients) {
		who = "You"
	}
	answered := narrate.Count(client.Completed, "answer", "answers") + " so far"
	if client.Operation == nil {
		return who + ": " + answered
	}
	return fmt.Sprintf("%s: waiting for %s, %s", who, narrate.Operation(client.Operation), answered)
}
