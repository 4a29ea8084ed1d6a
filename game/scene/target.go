package scene

import (
	"raftarium/raft"
	"raftarium/raft/trace"
)

// TargetKind is what a Target is.
type TargetKind uint8

// What one can point at. Beside each stand the fields of Target that say which.
const (
	NoTarget     TargetKind = iota
	OnServer                // Server
	OnPacket                // Packet
	OnLink                  // From, To: the two servers, the lower number first
	OnHeal                  // From, To: the control, or the wall, that heals the link between the two
	OnLogEntry              // Server, Index
	OnClient                // Client
	targetsKinds            // how many there are
)

// String is the kind's name as the page writes it.
func (k TargetKind) String() string {
	names := [targetsKinds]string{"", "server", "packet", "link", "heal", "entry", "client"}
	if k >= targetsKinds {
		return ""
	}
	return names[k]
}

// Target is something that one can point at: a disc, or for a link a line.
// Positions are in CSS pixels of the canvas.
type Target struct {
	Kind     TargetKind
	Server   raft.ServerID
	From, To raft.ServerID
	Client   trace.NodeID
	Packet   trace.PacketID
	Index    raft.Index
	X, Y     float32 // its middle
	R        float32 // its radius, for a link half its width
	X2, Y2   float32 // links: half of the way from the middle to the end at To
}

// Is reports whether two targets are the same thing, wherever it is.
func (t Target) Is(other Target) bool {
	t.X, t.Y, t.R, t.X2, t.Y2 = other.X, other.Y, other.R, other.X2, other.Y2
	return t == other
}

// leastTouch is the radius in CSS pixels within which a finger finds a control.
const leastTouch = 22

// At finds what is at a point. For a finger, a control that is not exactly hit but
// nearest within its reach comes before anything else. Without anything there, the
// zero Target is returned.
func (s *Scene) At(x, y float32, finger bool) Target {
	exact, near, nearMiss := Target{}, Target{}, float32(1)
	for i := len(s.Targets) - 1; i >= 0; i-- {
		t := &s.Targets[i]
		miss := t.distance(x, y) - t.R
		if miss <= 0 {
			if !finger || t.isControl() {
				return *t
			}
			if exact.Kind == NoTarget {
				exact = *t
			}
			continue
		}
		if !finger || !t.isControl() {
			continue
		}
		if reach := leastTouch - t.R; reach > 0 && miss/reach < nearMiss {
			near, nearMiss = *t, miss/reach
		}
	}
	if near.Kind != NoTarget {
		return near
	}
	return exact
}

// isControl reports whether a click on the target does something.
func (t *Target) isControl() bool {
	return t.Kind == OnPacket || t.Kind == OnHeal || t.Kind == OnServer
}

// distance is how far a point is from the target's middle or, for a link, from
// its line.
func (t *Target) distance(x, y float32) float32 {
	if t.Kind != OnLink {
		return distance(x, y, t.X, t.Y)
	}
	along := ((x-t.X)*t.X2 + (y-t.Y)*t.Y2) / max(t.X2*t.X2+t.Y2*t.Y2, 1e-6)
	along = min(max(along, -1), 1)
	return distance(x, y, t.X+along*t.X2, t.Y+along*t.Y2)
}

func (s *Scene) hovers(t Target) bool { return s.view.Hover.Kind == t.Kind && t.Is(s.view.Hover) }

func (s *Scene) target(t Target) { s.Targets = append(s.Targets, t) }
