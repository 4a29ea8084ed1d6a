package stage

import (
	"errors"
	"slices"
	"testing"
	"time"

	"raftarium/game/gesture"
	"raftarium/game/scene"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// show is a run and a page that note what they are told.
type show struct {
	model    *trace.Model
	refuse   error
	commands []trace.Command
	menus    []scene.Target
	hovers   []scene.Target
	problems []error
}

func (s *show) Advance()            {}
func (s *show) Model() *trace.Model { return s.model }
func (s *show) Now() time.Duration  { return s.model.Now }
func (s *show) Speed() float64      { return 0.05 }

func (s *show) Do(c trace.Command) error {
	s.commands = append(s.commands, c)
	return s.refuse
}

func (s *show) Menu(on scene.Target, _, _ float32)    { s.menus = append(s.menus, on) }
func (s *show) Hover(over scene.Target, _, _ float32) { s.hovers = append(s.hovers, over) }
func (s *show) Problem(err error)                     { s.problems = append(s.problems, err) }

// begin makes a stage of 800 by 600 that shows three servers that run.
func begin(t *testing.T) (*Stage, *show) {
	t.Helper()
	on := &show{model: trace.NewModel(trace.Header{Version: trace.Version, Servers: 3})}
	for i := range on.model.Servers {
		on.model.Servers[i].Alive = true
	}
	s, err := New(on, on)
	if err != nil {
		t.Fatal(err)
	}
	s.view.Width, s.view.Height = 800, 600
	s.buildScene()
	return s, on
}

func (s *Stage) spot(t *testing.T, want scene.Target) scene.Target {
	t.Helper()
	for _, target := range s.Spots() {
		if target.Kind == want.Kind && target.Is(want) {
			return target
		}
	}
	t.Fatalf("there is no %+v", want)
	return scene.Target{}
}

func TestAClickOnAServerCrashesIt(t *testing.T) {
	s, on := begin(t)
	place := s.spot(t, scene.Target{Kind: scene.OnServer, Server: 2})
	s.act(gesture.Gesture{Kind: gesture.Tap, X: place.X, Y: place.Y, ToX: place.X, ToY: place.Y})
	if len(on.commands) != 1 || on.commands[0].Kind != trace.Crash || on.commands[0].Server != 2 {
		t.Errorf("%+v", on.commands)
	}
}

func TestWhyACommandWasRefusedIsTold(t *testing.T) {
	s, on := begin(t)
	on.refuse = errors.New("S2 has crashed")
	place := s.spot(t, scene.Target{Kind: scene.OnServer, Server: 2})
	s.act(gesture.Gesture{Kind: gesture.Tap, X: place.X, Y: place.Y})
	if !slices.Equal(on.problems, []error{on.refuse}) {
		t.Errorf("%v", on.problems)
	}
}

func TestAStrokeCutsWhereItIsLetGo(t *testing.T) {
	s, on := begin(t)
	one := s.spot(t, scene.Target{Kind: scene.OnServer, Server: 1})
	// Below S1, across its two links.
	y := one.Y + one.R + 40
	s.act(gesture.Gesture{Kind: gesture.Stroke, X: 10, Y: y, ToX: 60, ToY: y})
	if !s.view.Stroke.Active {
		t.Error("the stroke is not shown while it is dragged")
	}
	s.act(gesture.Gesture{Kind: gesture.StrokeEnded, X: 10, Y: y, ToX: 790, ToY: y})
	var got []scene.Pair
	for _, c := range on.commands {
		if c.Kind != trace.Cut {
			t.Errorf("%+v", c)
		}
		got = append(got, scene.Pair{From: c.From, To: c.To})
	}
	want := []scene.Pair{{From: 1, To: 2}, {From: 2, To: 1}, {From: 1, To: 3}, {From: 3, To: 1}}
	if !slices.Equal(got, want) || s.view.Stroke.Active {
		t.Errorf("%v, still shown: %v; want %v, false", got, s.view.Stroke.Active, want)
	}
}

func TestAStrokeThatIsGivenUpDoesNothing(t *testing.T) {
	s, on := begin(t)
	s.act(gesture.Gesture{Kind: gesture.Stroke, X: 10, Y: 300, ToX: 790, ToY: 300})
	s.act(gesture.Gesture{Kind: gesture.StrokeGivenUp, X: 10, Y: 300, ToX: 790, ToY: 300})
	if len(on.commands) > 0 || s.view.Stroke.Active {
		t.Errorf("%+v, still shown: %v", on.commands, s.view.Stroke.Active)
	}
}

func TestAMenuIsForSomething(t *testing.T) {
	s, on := begin(t)
	s.act(gesture.Gesture{Kind: gesture.Menu, X: 1, Y: 1})
	place := s.spot(t, scene.Target{Kind: scene.OnServer, Server: 3})
	s.act(gesture.Gesture{Kind: gesture.Menu, X: place.X, Y: place.Y})
	if len(on.menus) != 1 || on.menus[0].Server != 3 {
		t.Errorf("%+v", on.menus)
	}
}

func TestHoveringIsToldWhenItChanges(t *testing.T) {
	s, on := begin(t)
	place := s.spot(t, scene.Target{Kind: scene.OnServer, Server: 1})
	look := func() {
		s.buildScene()
		s.look()
	}
	look()
	s.act(gesture.Gesture{Kind: gesture.Hover, ToX: place.X, ToY: place.Y})
	look()
	look()
	s.act(gesture.Gesture{Kind: gesture.HoverEnded})
	look()
	look()
	var servers []raft.ServerID
	for _, target := range on.hovers {
		servers = append(servers, target.Server)
	}
	if !slices.Equal(servers, []raft.ServerID{1, raft.None}) {
		t.Errorf("told %v, want S1 and then nothing", servers)
	}
}

func TestTheShaderCompiles(t *testing.T) {
	var p painter
	if err := p.prepare(); err != nil {
		t.Error(err)
	}
}
