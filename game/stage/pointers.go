//go:build !js

package stage

import (
	"slices"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"raftarium/game/gesture"
)

// mousePointer is the number of the mouse among the pointers; fingers have the numbers that
// Ebitengine gives them, from 0.
const mousePointer = -1

// pointers are the mouse and fingers over a window. On a desktop, looking once
// a frame is enough.
type pointers struct {
	samples []gesture.Sample
	at      time.Duration
	pressed bool
	x, y    int
	fingers []finger
	ids     []ebiten.TouchID
}

type finger struct {
	id   ebiten.TouchID
	x, y int
}

func (p *pointers) listen() {}

// take returns what changed since the last frame, good until the next.
func (p *pointers) take(at time.Duration) []gesture.Sample {
	p.samples, p.at = p.samples[:0], at
	p.lookAtMouse()
	p.lookAtFingers()
	return p.samples
}

func (p *pointers) now(at time.Duration) time.Duration { return at }

func (p *pointers) waiting() bool { return false }

func (p *pointers) add(phase gesture.Phase, pointer, x, y int, secondary bool) {
	ratio := ebiten.Monitor().DeviceScaleFactor()
	p.samples = append(p.samples, gesture.Sample{
		At: p.at, Pointer: pointer, Phase: phase, Finger: pointer != mousePointer, Secondary: secondary,
		X: float32(float64(x) / ratio), Y: float32(float64(y) / ratio),
	})
}

func (p *pointers) lookAtMouse() {
	x, y := ebiten.CursorPosition()
	if x != p.x || y != p.y {
		p.x, p.y = x, y
		p.add(gesture.Move, mousePointer, x, y, false)
	}
	secondary := ebiten.IsMouseButtonPressed(ebiten.MouseButtonRight)
	pressed := secondary || ebiten.IsMouseButtonPressed(ebiten.MouseButtonLeft)
	if pressed == p.pressed {
		return
	}
	p.pressed = pressed
	phase := gesture.Up
	if pressed {
		phase = gesture.Down
	}
	p.add(phase, mousePointer, x, y, secondary)
}

func (p *pointers) lookAtFingers() {
	p.ids = ebiten.AppendTouchIDs(p.ids[:0])
	p.fingers = slices.DeleteFunc(p.fingers, func(f finger) bool {
		gone := !slices.Contains(p.ids, f.id)
		if gone {
			p.add(gesture.Up, int(f.id), f.x, f.y, false)
		}
		return gone
	})
	for _, id := range p.ids {
		x, y := ebiten.TouchPosition(id)
		i := slices.IndexFunc(p.fingers, func(f finger) bool { return f.id == id })
		if i < 0 {
			p.fingers = append(p.fingers, finger{id, x, y})
			p.add(gesture.Down, int(id), x, y, false)
			continue
		}
		if f := &p.fingers[i]; f.x != x || f.y != y {
			f.x, f.y = x, y
			p.add(gesture.Move, int(id), x, y, false)
		}
	}
}
