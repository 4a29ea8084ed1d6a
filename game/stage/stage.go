// Package stage shows a run with Ebitengine and hands on what people do to it
// with mouse, pen and fingers. It is the only package that imports Ebitengine, and
// decides nothing itself: package scene says what is drawn and what is where,
// package gesture what a movement means, package mesh what goes to the graphics card.
package stage

import (
	"fmt"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"raftarium/assets/fonts"
	"raftarium/game/gesture"
	"raftarium/game/mesh"
	"raftarium/game/scene"
	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// Run is the run that a stage shows. Its methods are called from the stage's
// frames only.
type Run interface {
	// Advance lets the run go on. It is called once at the begin of each frame.
	Advance()
	// Model is the cluster at the time Now. The stage only reads it, and only
	// until the next Advance or Do.
	Model() *trace.Model
	// Now is the virtual time.
	Now() time.Duration
	// Speed is how many virtual seconds pass in a real second when the run plays.
	Speed() float64
	// Do carries out a command. Why it cannot be done is said in the error.
	Do(trace.Command) error
}

// Page is what is around the stage. Its methods are called from the stage's frames
// only. Positions are in CSS pixels of the canvas.
type Page interface {
	// Menu asks for the menu of something, at a point.
	Menu(on scene.Target, x, y float32)
	// Hover tells what a mouse is over, which is the zero Target for nothing.
	// It is called again when the mouse, or what it is over, has moved.
	Hover(over scene.Target, x, y float32)
	// Problem tells why something that was asked for was not done.
	Problem(err error)
}

// Stage is the stage. Use [New] to make one. Except for [Stage.Show], its
// methods may be called at any time between two frames.
type Stage struct {
	run  Run
	page Page

	scene *scene.Scene
	view  scene.View
	atlas *typeface.Atlas
	mesh  *mesh.Builder
	paint painter

	pointers   pointers
	recognizer gesture.Recognizer
	mouse      mouse
	pairs      []scene.Pair
	commands   []trace.Command

	started   time.Time
	lastFrame time.Duration
	lastNow   time.Duration
	frames    int
	spent     time.Duration
	err       error
}

// mouse is where a mouse rests over the stage.
type mouse struct {
	over bool
	x, y float32
	told scene.Target
}

// New makes a stage for a run in a page.
func New(run Run, page Page) (*Stage, error) {
	family, err := typeface.NewFamily(fonts.StageMedium, fonts.StageSemiBold)
	if err != nil {
		return nil, fmt.Errorf("preparing the stage's letters: %w", err)
	}
	atlas := typeface.NewAtlas(family)
	s := &Stage{
		run:     run,
		page:    page,
		scene:   scene.New(family),
		view:    scene.View{Theme: scene.Theme{Dark: true}},
		atlas:   atlas,
		mesh:    mesh.New(atlas),
		started: time.Now(),
	}
	if err := s.paint.prepare(); err != nil {
		return nil, fmt.Errorf("preparing the stage's shader: %w", err)
	}
	return s, nil
}

// Show runs the stage until it fails, which on a page it never should.
func (s *Stage) Show() error {
	ebiten.SetTPS(ebiten.SyncWithFPS)
	ebiten.SetScreenClearedEveryFrame(false) // the ground covers all of it
	ebiten.SetWindowTitle("Raftarium")
	ebiten.SetWindowSize(1280, 800)
	ebiten.SetWindowResizingMode(ebiten.WindowResizingModeEnabled)
	s.pointers.listen()
	if err := ebiten.RunGameWithOptions(s, &ebiten.RunGameOptions{InitUnfocused: true}); err != nil {
		return fmt.Errorf("running the stage: %w", err)
	}
	return nil
}

// SetTheme sets the colours.
func (s *Stage) SetTheme(theme scene.Theme) { s.view.Theme = theme }

// SetReducedMotion says whether to leave out all movement but that of packets.
func (s *Stage) SetReducedMotion(reduced bool) { s.view.ReducedMotion = reduced }

// SetInsets says what the page covers of the canvas.
func (s *Stage) SetInsets(insets scene.Insets) { s.view.Insets = insets }

// Select marks the server that the page tells about, or none.
func (s *Stage) Select(server raft.ServerID) { s.view.Selected = server }

// SetRun shows another run from the next frame on.
func (s *Stage) SetRun(run Run) { s.run = run }

// Spots are what one can point at in the last frame, the lowest first. They are
// good until the next frame.
func (s *Stage) Spots() []scene.Target { return s.scene.Targets }

// Moving reports whether the stage needs frames even when the run stands
// still: while a gesture is being made.
func (s *Stage) Moving() bool { return s.recognizer.Busy() || s.pointers.waiting() }

// Cost is how many frames were drawn so far, and how much time their updating
// and drawing took altogether, without the graphics library's own part and without
// Run.Advance.
func (s *Stage) Cost() (frames int, spent time.Duration) { return s.frames, s.spent }

// Update is for Ebitengine only.
func (s *Stage) Update() error {
	s.run.Advance()
	begin := time.Now()
	s.keepTime(begin.Sub(s.started))
	for _, sample := range s.pointers.take(s.lastFrame) {
		if made, ok := s.recognizer.Tick(sample.At); ok {
			s.act(made)
		}
		if made, ok := s.recognizer.Feed(sample); ok {
			s.act(made)
		}
	}
	if made, ok := s.recognizer.Tick(s.pointers.now(s.lastFrame)); ok {
		s.act(made)
	}
	s.spent += time.Since(begin)
	return s.err
}

// keepTime lets what turns turn on while virtual time goes on.
func (s *Stage) keepTime(real time.Duration) {
	now := s.run.Now()
	if now > s.lastNow {
		s.view.Clock += min(real-s.lastFrame, 100*time.Millisecond).Seconds()
	}
	s.lastFrame, s.lastNow = real, now
}

// act does what a gesture means.
func (s *Stage) act(made gesture.Gesture) {
	switch made.Kind {
	case gesture.Hover:
		s.mouse.over, s.mouse.x, s.mouse.y = true, made.ToX, made.ToY
	case gesture.HoverEnded:
		s.mouse.over = false
	case gesture.Tap:
		target := s.scene.At(made.X, made.Y, made.Finger)
		s.commands = gesture.OnTap(s.commands[:0], s.run.Model(), target)
		s.carryOut()
	case gesture.Menu:
		if target := s.scene.At(made.X, made.Y, made.Finger); target.Kind != scene.NoTarget {
			s.page.Menu(target, made.X, made.Y)
		}
	case gesture.Stroke:
		s.view.Stroke = scene.Stroke{Active: true, X: made.X, Y: made.Y, ToX: made.ToX, ToY: made.ToY}
	case gesture.StrokeGivenUp:
		s.view.Stroke = scene.Stroke{}
	case gesture.StrokeEnded:
		s.endStroke(made)
	}
}

// endStroke cuts or heals what the stroke crosses where it was let go.
func (s *Stage) endStroke(made gesture.Gesture) {
	s.view.Stroke = scene.Stroke{Active: true, X: made.X, Y: made.Y, ToX: made.ToX, ToY: made.ToY}
	s.buildScene()
	crossed, healing := s.scene.Crossed(s.pairs[:0])
	s.pairs = crossed
	s.commands = gesture.OnStroke(s.commands[:0], s.run.Model(), crossed, healing)
	s.view.Stroke = scene.Stroke{}
	s.carryOut()
}

func (s *Stage) carryOut() {
	for _, command := range s.commands {
		if err := s.run.Do(command); err != nil {
			s.page.Problem(err)
		}
	}
}

func (s *Stage) buildScene() {
	s.view.Time = s.run.Now()
	s.view.Speed = s.run.Speed()
	s.scene.Build(s.run.Model(), &s.view)
}

// Draw is for Ebitengine only.
func (s *Stage) Draw(screen *ebiten.Image) {
	if s.view.Width <= 0 || s.view.Height <= 0 {
		return
	}
	begin := time.Now()
	s.buildScene()
	if s.look() {
		s.buildScene()
	}
	ratio := float32(screen.Bounds().Dx()) / s.view.Width
	if err := s.mesh.Build(s.scene.Shapes, ratio); err != nil {
		s.err = fmt.Errorf("drawing a frame: %w", err)
		return
	}
	s.paint.draw(screen, s.mesh, s.atlas)
	s.frames++
	s.spent += time.Since(begin)
}

// look finds what the mouse is over, tells the page when that changed, and
// reports whether the picture looks different now.
func (s *Stage) look() (changed bool) {
	target := scene.Target{}
	if s.mouse.over && !s.view.Stroke.Active {
		target = s.scene.At(s.mouse.x, s.mouse.y, false)
	}
	changed = target.Kind != s.view.Hover.Kind || !target.Is(s.view.Hover)
	s.view.Hover = target
	if target == s.mouse.told && !changed {
		return changed
	}
	s.mouse.told = target
	s.page.Hover(target, s.mouse.x, s.mouse.y)
	if changed {
		ebiten.SetCursorShape(cursorFor(target))
	}
	return changed
}

func cursorFor(target scene.Target) ebiten.CursorShapeType {
	switch target.Kind {
	case scene.OnServer, scene.OnPacket, scene.OnHeal:
		return ebiten.CursorShapePointer
	}
	return ebiten.CursorShapeDefault
}

// LayoutF is for Ebitengine only. One pixel of the picture is one of the
// screen.
func (s *Stage) LayoutF(width, height float64) (float64, float64) {
	s.view.Width, s.view.Height = float32(width), float32(height)
	ratio := ebiten.Monitor().DeviceScaleFactor()
	return width * ratio, height * ratio
}

// Layout is what Ebitengine asks for where it does not know LayoutF.
func (s *Stage) Layout(width, height int) (int, int) {
	w, h := s.LayoutF(float64(width), float64(height))
	return int(w), int(h)
}
