package scene_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"raftarium/game/scene"
	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

var windows = []scene.View{
	{Width: 1280, Height: 800, Insets: scene.Insets{Top: 56, Right: 372, Bottom: 76}},
	{Width: 800, Height: 580, Insets: scene.Insets{Top: 50, Right: 280, Bottom: 64}},
	{Width: 800, Height: 580, Insets: scene.Insets{Bottom: 60}}, // embedded
	{Width: 375, Height: 812, Insets: scene.Insets{Top: 52, Bottom: 440}},
	{Width: 1920, Height: 1080, Insets: scene.Insets{Top: 56, Right: 372, Bottom: 76}},
}

// box is what a shape covers.
type box struct{ left, top, right, bottom float32 }

func (a box) overlaps(b box) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func textBox(family *typeface.Family, s *scene.Shape) box {
	width := family.Width(s.Words, s.Weight, s.R)
	left := s.X - width/2
	switch s.Align {
	case scene.Left:
		left = s.X
	case scene.Right:
		left = s.X - width
	}
	half := s.R * 0.4 // of a capital letter and a little more
	return box{left, s.Y - half, left + width, s.Y + half}
}

func TestEverythingHasItsPlace(t *testing.T) {
	family := newFamily(t)
	for _, servers := range []int{1, 2, 3, 4, 5, 7, 9, 11, 21, 51, 101} {
		c := newCluster(t, servers)
		check := func(when string) {
			for _, window := range windows {
				t.Run(fmt.Sprintf("%d servers in %gx%g, %s", servers, window.Width, window.Height, when), func(t *testing.T) {
					view := window
					view.Time, view.Speed = c.world.Now(), 0.05
					s := scene.New(family)
					s.Build(c.model, &view)
					checkPlaces(t, family, s, &view, servers)
				})
			}
		}
		check("before the begin")
		c.runUntil("a candidate", func() bool {
			return slices.ContainsFunc(c.model.Servers, func(s trace.Server) bool { return s.Role != raft.Follower })
		})
		check("as the first stands")
		c.runTo(c.world.Now() + 1500*ms/time.Duration(1+servers/20)) // large clusters take long to simulate
		check("later")
		if leader := c.leader(); leader != raft.None {
			c.do(trace.Command{Kind: trace.Crash, Server: leader})
			check("with the leader down")
		}
	}
}

func checkPlaces(t *testing.T, family *typeface.Family, s *scene.Scene, view *scene.View, servers int) {
	t.Helper()
	room := box{view.Insets.Left, view.Insets.Top, view.Width - view.Insets.Right, view.Height - view.Insets.Bottom}
	var words []box
	for i := range s.Shapes {
		shape := &s.Shapes[i]
		if shape.Kind != scene.Text {
			continue
		}
		if shape.R < 11 {
			t.Errorf("%q is written in %g pixels", shape.Words, shape.R)
		}
		place := textBox(family, shape)
		if place.left < room.left || place.top < room.top || place.right > room.right || place.bottom > room.bottom {
			t.Errorf("%q at %.0f, %.0f is outside the room", shape.Words, shape.X, shape.Y)
		}
		for _, other := range words {
			if place.overlaps(other) {
				t.Errorf("%q at %.0f, %.0f lies over other words", shape.Words, shape.X, shape.Y)
			}
		}
		words = append(words, place)
	}
	var discs []scene.Target
	for _, target := range s.Targets {
		if target.Kind != scene.OnServer && target.Kind != scene.OnClient {
			continue
		}
		if target.X-target.R < room.left || target.X+target.R > room.right || target.Y-target.R < room.top || target.Y+target.R > room.bottom {
			t.Errorf("%v %d is outside the room", target.Kind, target.Server)
		}
		for _, other := range discs {
			if math.Hypot(float64(target.X-other.X), float64(target.Y-other.Y)) < float64(target.R+other.R)-6 {
				t.Errorf("%v %d lies over %v %d", target.Kind, target.Server, other.Kind, other.Server)
			}
		}
		discs = append(discs, target)
	}
	if len(discs) != servers+2 {
		t.Errorf("%d servers and clients, want %d", len(discs), servers+2)
	}
}

func TestNamesAndLogsAreShownUpToElevenServers(t *testing.T) {
	for _, servers := range []int{1, 2, 3, 4, 5, 7, 9, 11} {
		c := newCluster(t, servers)
		c.runTo(900 * ms)
		s := newScene(t)
		s.Build(c.model, desktop(c))
		for id := 1; id <= servers; id++ {
			if !hasWords(s, fmt.Sprintf("S%d", id)) {
				t.Errorf("of %d servers, S%d has no name", servers, id)
			}
		}
		if !hasTarget(s, scene.OnLogEntry) {
			t.Errorf("of %d servers, no log is shown", servers)
		}
	}
}

func hasWords(s *scene.Scene, words string) bool {
	return slices.ContainsFunc(s.Shapes, func(shape scene.Shape) bool { return shape.Kind == scene.Text && shape.Words == words })
}

func hasTarget(s *scene.Scene, kind scene.TargetKind) bool {
	return slices.ContainsFunc(s.Targets, func(target scene.Target) bool { return target.Kind == kind })
}

func spot(t *testing.T, s *scene.Scene, want scene.Target) scene.Target {
	t.Helper()
	for _, target := range s.Targets {
		if target.Kind == want.Kind && target.Is(want) {
			return target
		}
	}
	t.Fatalf("there is no %+v", want)
	return scene.Target{}
}

func TestPacketsAreWhereTheTimeSays(t *testing.T) {
	c := newCluster(t, 5)
	c.runUntil("a packet between servers", func() bool {
		return slices.ContainsFunc(c.model.Packets, func(p trace.Packet) bool { return p.From > 0 && p.To > 0 })
	})
	place := slices.IndexFunc(c.model.Packets, func(p trace.Packet) bool { return p.From > 0 && p.To > 0 })
	packet := c.model.Packets[place]
	s, view := newScene(t), desktop(c)
	at := func(part float64) scene.Target {
		view.Time = packet.SentAt + timesPart(packet.ArrivesAt-packet.SentAt, part)
		s.Build(c.model, view)
		return spot(t, s, scene.Target{Kind: scene.OnPacket, Packet: packet.ID})
	}
	begin, quarter, half, end := at(0), at(0.25), at(0.5), at(1)
	near := func(what string, got, want float32) {
		if math.Abs(float64(got-want)) > 0.5 {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	near("x half way", half.X, (begin.X+end.X)/2)
	near("y half way", half.Y, (begin.Y+end.Y)/2)
	near("x at a quarter", quarter.X, begin.X+(end.X-begin.X)/4)
	near("y at a quarter", quarter.Y, begin.Y+(end.Y-begin.Y)/4)
	from := spot(t, s, scene.Target{Kind: scene.OnServer, Server: raft.ServerID(packet.From)})
	to := spot(t, s, scene.Target{Kind: scene.OnServer, Server: raft.ServerID(packet.To)})
	if gap := math.Hypot(float64(begin.X-from.X), float64(begin.Y-from.Y)); gap > float64(from.R)+30 {
		t.Errorf("it begins %g from the sender, whose radius is %g", gap, from.R)
	}
	if gap := math.Hypot(float64(end.X-to.X), float64(end.Y-to.Y)); gap > float64(to.R)+30 {
		t.Errorf("it ends %g from the receiver, whose radius is %g", gap, to.R)
	}
}

func timesPart[D ~int64](d D, part float64) D { return D(float64(d) * part) }

func TestRequestsAndRepliesHaveALaneEach(t *testing.T) {
	c := newCluster(t, 3)
	c.runUntil("a leader", func() bool { return c.leader() != raft.None })
	s, view := newScene(t), desktop(c)
	s.Build(c.model, view)
	leader := c.leader()
	follower := leader%3 + 1
	a, b := spot(t, s, scene.Target{Kind: scene.OnServer, Server: leader}), spot(t, s, scene.Target{Kind: scene.OnServer, Server: follower})
	side := func(p scene.Target) float32 { return (b.X-a.X)*(p.Y-a.Y) - (b.Y-a.Y)*(p.X-a.X) }
	seen := map[bool]bool{}
	c.runUntil("packets both ways between the leader and a follower", func() bool {
		view.Time = c.world.Now()
		s.Build(c.model, view)
		for _, p := range c.model.Packets {
			forward := p.From == trace.NodeID(leader) && p.To == trace.NodeID(follower)
			back := p.From == trace.NodeID(follower) && p.To == trace.NodeID(leader)
			if !forward && !back {
				continue
			}
			if got := side(spot(t, s, scene.Target{Kind: scene.OnPacket, Packet: p.ID})) > 0; got != forward {
				t.Fatalf("a packet from S%d to S%d is on the wrong side", p.From, p.To)
			}
			seen[forward] = true
		}
		return len(seen) == 2
	})
}

func TestPointing(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	c.do(trace.Command{Kind: trace.Cut, From: 1, To: 2})
	s := newScene(t)
	s.Build(c.model, desktop(c))
	for _, want := range []scene.Target{
		{Kind: scene.OnServer, Server: 3},
		{Kind: scene.OnHeal, From: 1, To: 2},
		{Kind: scene.OnLogEntry, Server: c.leader(), Index: raft.Index(len(c.model.Servers[c.leader()-1].Log))},
		{Kind: scene.OnClient, Client: -1},
	} {
		place := spot(t, s, want)
		if got := s.At(place.X, place.Y, false); got.Kind != want.Kind || !got.Is(want) {
			t.Errorf("at %+v there is %+v", want, got)
		}
	}
	link := spot(t, s, scene.Target{Kind: scene.OnLink, From: 2, To: 4})
	if got := s.At(link.X+0.6*link.X2, link.Y+0.6*link.Y2, false); got.Kind != scene.OnLink && got.Kind != scene.OnPacket {
		t.Errorf("on the link from S2 to S4 there is %+v", got)
	}
	if got := s.At(2, 2, true); got.Kind != scene.NoTarget {
		t.Errorf("in the corner there is %+v", got)
	}
}

func TestAFingerFindsWhatIsWithinItsReach(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	c.do(trace.Command{Kind: trace.Cut, From: 1, To: 2})
	s := newScene(t)
	view := desktop(c)
	view.Width, view.Height, view.Insets = 375, 812, scene.Insets{Top: 52, Bottom: 440}
	s.Build(c.model, view)
	var heal scene.Target
	for _, target := range s.Targets {
		if target.Kind == scene.OnHeal { // the last one is the control, the one before it the wall
			heal = target
		}
	}
	if heal.R > 16 {
		t.Fatalf("the control is so large (%g) that this test shows nothing", heal.R)
	}
	found := 0
	for turn := 0.0; turn < 2*math.Pi; turn += 0.1 {
		x, y := heal.X+20*float32(math.Cos(turn)), heal.Y+20*float32(math.Sin(turn))
		if got := s.At(x, y, true); got.Kind == scene.OnHeal {
			found++
		}
	}
	if found < 20 {
		t.Errorf("20 pixels beside a heal control, a finger finds it in %d of 63 directions", found)
	}
}

func TestAStrokeAcrossTheRing(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	s, view := newScene(t), desktop(c)
	s.Build(c.model, view)
	// Between S1, S2 above and S3, S4, S5 below.
	place := func(id raft.ServerID) scene.Target { return spot(t, s, scene.Target{Kind: scene.OnServer, Server: id}) }
	middle := func(a, b scene.Target) (x, y float32) { return (a.X + b.X) / 2, (a.Y + b.Y) / 2 }
	x, y := middle(place(5), place(1))
	toX, toY := middle(place(2), place(3))
	dx, dy := (toX-x)*0.2, (toY-y)*0.2
	view.Stroke = scene.Stroke{Active: true, X: x - dx, Y: y - dy, ToX: toX + dx, ToY: toY + dy}
	s.Build(c.model, view)
	pairs, heal := s.Crossed(nil)
	want := []scene.Pair{{From: 1, To: 3}, {From: 1, To: 4}, {From: 1, To: 5}, {From: 2, To: 3}, {From: 2, To: 4}, {From: 2, To: 5}}
	if !slices.Equal(pairs, want) || heal {
		t.Fatalf("crosses %v, heals %v; want %v, false", pairs, heal, want)
	}
	for _, pair := range want {
		c.do(trace.Command{Kind: trace.Cut, From: pair.From, To: pair.To})
	}
	s.Build(c.model, view)
	if pairs, heal = s.Crossed(pairs[:0]); !slices.Equal(pairs, want) || !heal {
		t.Errorf("back again it crosses %v, heals %v; want %v, true", pairs, heal, want)
	}
	c.do(trace.Command{Kind: trace.Heal, From: 2, To: 5})
	s.Build(c.model, view)
	if _, heal = s.Crossed(nil); heal {
		t.Error("it heals although one of the links works")
	}
}

func TestRolesHaveTheirShapes(t *testing.T) {
	c := newCluster(t, 5)
	s, view := newScene(t), desktop(c)
	around := func(id raft.ServerID, kind scene.Kind) (n int) {
		view.Time = c.world.Now()
		s.Build(c.model, view)
		place := spot(t, s, scene.Target{Kind: scene.OnServer, Server: id})
		for _, shape := range s.Shapes {
			if shape.Kind == kind && shape.X == place.X && shape.Y == place.Y {
				n++
			}
		}
		return n
	}
	candidate := raft.None
	c.runUntil("a candidate", func() bool {
		for _, server := range c.model.Servers {
			if server.Role == raft.Candidate {
				candidate = server.ID
			}
		}
		return candidate != raft.None
	})
	if around(candidate, scene.DashedRing) != 1 || !hasWords(s, "Candidate") {
		t.Error("a candidate has no dashed ring or no word for it")
	}
	c.runUntil("a leader", func() bool { return c.leader() != raft.None })
	leader := c.leader()
	if around(leader, scene.DashedRing) != 0 || around(leader, scene.Arc) != 0 || !hasWords(s, "Leader") {
		t.Error("a leader has a candidate's ring, an election timeout, or no word for it")
	}
	follower := leader%5 + 1
	if around(follower, scene.Arc) == 0 || !hasWords(s, "Follower") {
		t.Error("a follower has no arc for its election timeout, or no word for it")
	}
	c.do(trace.Command{Kind: trace.Pause, Server: follower})
	c.do(trace.Command{Kind: trace.Crash, Server: leader})
	if around(leader, scene.Arc) != 0 || !hasWords(s, "Crashed") || !hasWords(s, "Paused") {
		t.Error("what is crashed or paused is not marked")
	}
}

func TestEntriesRemovedAreSeenToGo(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	old := c.leader()
	for id := raft.ServerID(1); id <= 5; id++ {
		if id != old {
			c.do(trace.Command{Kind: trace.Cut, From: old, To: id})
			c.do(trace.Command{Kind: trace.Cut, From: id, To: old})
		}
	}
	c.do(trace.Command{Kind: trace.Write, Server: old, Key: "x", Value: "7"})
	c.runTo(1700 * ms)
	c.do(trace.Command{Kind: trace.HealAll})
	c.runUntil("a truncation", func() bool { return len(c.model.Servers[old-1].Torn) > 0 })
	s, view := newScene(t), desktop(c)
	count := func() int {
		s.Build(c.model, view)
		return len(s.Shapes)
	}
	during := count()
	view.Time += 2 * 50 * ms // two seconds on the screen at a twentieth of real time
	if after := count(); after >= during {
		t.Errorf("%d shapes while entries are torn, %d when that is over", during, after)
	}
}

func TestReducedMotionStandsStill(t *testing.T) {
	c := newCluster(t, 5)
	c.runUntil("a candidate", func() bool {
		return slices.ContainsFunc(c.model.Servers, func(s trace.Server) bool { return s.Role == raft.Candidate })
	})
	view := desktop(c)
	picture := func(clock float64, reduced bool) []scene.Shape {
		s := newScene(t)
		view.Clock, view.ReducedMotion = clock, reduced
		s.Build(c.model, view)
		return s.Shapes
	}
	if !slices.Equal(picture(1, true), picture(2, true)) {
		t.Error("with reduced motion something moves although no virtual time passes")
	}
	if slices.Equal(picture(1, false), picture(2, false)) {
		t.Error("the candidate's ring does not turn")
	}
}

func TestTheSamePictureTwice(t *testing.T) {
	c := newCluster(t, 7)
	c.runTo(1200 * ms)
	fresh, used := newScene(t), newScene(t)
	view := desktop(c)
	for _, other := range windows {
		other.Time, other.Speed = c.world.Now(), 1
		used.Build(c.model, &other)
	}
	fresh.Build(c.model, view)
	used.Build(c.model, view)
	if !slices.Equal(fresh.Shapes, used.Shapes) || !slices.Equal(fresh.Targets, used.Targets) {
		t.Error("a picture depends on those before it")
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	c.do(trace.Command{Kind: trace.Crash, Server: c.leader()})
	c.do(trace.Command{Kind: trace.Cut, From: 1, To: 2})
	c.runTo(1000 * ms)
	s, view := newScene(t), desktop(c)
	view.Stroke = scene.Stroke{Active: true, X: 10, Y: 300, ToX: 900, ToY: 320}
	s.Build(c.model, view)
	var picture bytes.Buffer
	if err := scene.WriteSVG(&picture, s.Shapes, view.Width, view.Height); err != nil {
		t.Fatal(err)
	}
	decoder, elements := xml.NewDecoder(&picture), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if elements < len(s.Shapes) {
		t.Errorf("%d elements for %d shapes", elements, len(s.Shapes))
	}
}

func TestSVGTellsThatItCouldNotBeWritten(t *testing.T) {
	full := errors.New("the disk is full")
	if err := scene.WriteSVG(failing{full}, nil, 10, 10); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestTheNewestCommandIsWrittenOverItsEntry(t *testing.T) {
	c := newCluster(t, 5)
	c.runTo(900 * ms)
	leader := c.leader()
	c.do(trace.Command{Kind: trace.Write, Server: leader, Key: "k", Value: "77"})
	s := newScene(t)
	c.runUntil("k=77 over a log", func() bool {
		s.Build(c.model, desktop(c))
		words := slices.IndexFunc(s.Shapes, func(shape scene.Shape) bool {
			return shape.Kind == scene.Text && shape.Words == "k=77" && shape.Align == scene.Left
		})
		if words < 0 {
			return false
		}
		last := raft.Index(len(c.model.Servers[leader-1].Log))
		cell := spot(t, s, scene.Target{Kind: scene.OnLogEntry, Server: leader, Index: last})
		if at := s.Shapes[words]; at.X > cell.X || at.Y > cell.Y || cell.Y-at.Y > 40 {
			t.Errorf("it stands at %g, %g, the entry at %g, %g", at.X, at.Y, cell.X, cell.Y)
		}
		return true
	})
}
