// Package scene turns the state of a cluster into a list of shapes to draw and
// of things to point at, with no graphics library at all. Ebitengine draws the
// list on the stage, [WriteSVG] writes the same list as a picture, and tests
// read it.
//
// Read it in this order: shape.go is what can be drawn, colour.go and
// palette.go in which colours, layout.go where. scene.go begins a picture;
// then each of links.go, logs.go, servers.go, clients.go, packets.go and
// stroke.go draws its part of it. target.go finds what is at a point.
package scene

import (
	"time"

	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// View is how to look at the cluster.
type View struct {
	Width, Height float32 // of the canvas in CSS pixels
	Insets        Insets  // what is covered of it
	Theme         Theme
	ReducedMotion bool          // nothing turns, pulses or falls; packets still travel
	Time          time.Duration // virtual time, at or after the last event of the model
	Speed         float64       // virtual seconds a real second; gives what flashes its length on the screen
	Clock         float64       // real seconds, for what turns
	Hover         Target        // what the pointer is over, or the zero Target
	Selected      raft.ServerID // the server that the page shows in words, or raft.None
	Stroke        Stroke        // the line that is being dragged across the ring
}

// Stroke is a straight line that is being dragged.
type Stroke struct {
	Active   bool
	X, Y     float32 // where it began
	ToX, ToY float32 // where it is now
}

// Scene is one picture. Its slices are used again for the next one, so that a
// picture after the first costs no memory. It must be used from one goroutine
// at a time.
type Scene struct {
	Shapes  []Shape  // to draw, the lowest first
	Targets []Target // to point at, the lowest first

	family  *typeface.Family
	palette *Palette
	theme   Theme
	layout  layout
	asked   request

	model    *trace.Model
	view     *View
	strings  strings
	crossed  []crossing
	lastSeen raft.Index // the last index that any log shows
}

// New makes an empty scene that measures its words in the given typeface.
func New(family *typeface.Family) *Scene {
	return &Scene{family: family, strings: newStrings()}
}

// Build draws the model anew. The model and the view are only read, and only
// during the call.
func (s *Scene) Build(model *trace.Model, view *View) {
	s.prepare(model, view)
	s.drawGround()
	s.findCrossed()
	s.drawLinks()
	s.drawClients()
	s.drawLogs()
	s.drawServers()
	s.drawWalls()
	s.drawPackets()
	s.drawStroke()
	s.model, s.view = nil, nil
}

func (s *Scene) prepare(model *trace.Model, view *View) {
	s.Shapes, s.Targets = s.Shapes[:0], s.Targets[:0]
	s.model, s.view = model, view
	if s.palette == nil || s.theme != view.Theme {
		s.palette, s.theme = NewPalette(view.Theme), view.Theme
	}
	want := request{view.Width, view.Height, view.Insets, len(model.Servers), len(model.Clients)}
	if s.asked != want {
		s.layout.arrange(want)
		s.asked = want
	}
}

// Palette is the colours of the last picture.
func (s *Scene) Palette() *Palette { return s.palette }

func (s *Scene) drawGround() {
	v, p, l := s.view, s.palette, &s.layout
	s.box(v.Width/2, v.Height/2, v.Width/2, v.Height/2, 0, 0, 0, p.Ground)
	s.glow(l.x, l.y, 1.25*max(l.ringX, l.ringY)+4*l.radius, p.Glow)
}

// sinceOnScreen is for how many seconds, as they pass on the screen, something
// that happened at a virtual time has been over.
func (s *Scene) sinceOnScreen(at time.Duration) float32 {
	speed := s.view.Speed
	if speed <= 0 {
		speed = 1
	}
	return float32((s.view.Time - at).Seconds() / speed)
}

// fading is 1 when something has just happened and falls to 0 within so many
// seconds on the screen. What never happened has faded.
func (s *Scene) fading(at time.Duration, seconds float32) float32 {
	if at <= 0 {
		return 0
	}
	since := s.sinceOnScreen(at)
	if since < 0 || since >= seconds {
		return 0
	}
	return 1 - since/seconds
}
