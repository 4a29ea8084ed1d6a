package stage

import (
	"syscall/js"
	"time"

	"raftarium/game/gesture"
)

// pointers are the mouse, pens and fingers over the canvas. The browser's own
// pointer events are listened to, since Ebitengine looks at touches only once a
// frame and does not see those that begin and end in between.
type pointers struct {
	samples []gesture.Sample // since the last frame
	taken   []gesture.Sample // what the last frame got
}

// listen begins to listen on the canvas, which Ebitengine has made by now.
func (p *pointers) listen() {
	canvas := js.Global().Get("document").Call("querySelector", "canvas")
	for name, phase := range map[string]gesture.Phase{
		"pointerdown": gesture.Down, "pointermove": gesture.Move, "pointerup": gesture.Up,
		"pointercancel": gesture.Cancel, "pointerleave": gesture.Cancel,
	} {
		canvas.Call("addEventListener", name, js.FuncOf(func(_ js.Value, arguments []js.Value) any {
			p.note(canvas, phase, arguments[0])
			return nil
		}))
	}
}

func (p *pointers) note(canvas js.Value, phase gesture.Phase, event js.Value) {
	s := gesture.Sample{
		At:      milliseconds(event.Get("timeStamp").Float()),
		Pointer: event.Get("pointerId").Int(),
		Phase:   phase,
		X:       float32(event.Get("offsetX").Float()),
		Y:       float32(event.Get("offsetY").Float()),
		Finger:  event.Get("pointerType").String() != "mouse",
	}
	if s.Finger && event.Get("type").String() == "pointerleave" {
		return // comes after every pointerup of a finger
	}
	if phase == gesture.Down {
		button := event.Get("button").Int()
		if button == 1 { // the wheel
			return
		}
		s.Secondary = button == 2 || button == 0 && event.Get("ctrlKey").Bool() && !s.Finger
		if event.Get("isTrusted").Bool() { // the browser knows no pointer of an event that a script made
			canvas.Call("setPointerCapture", s.Pointer) // a drag may leave the canvas
		}
	}
	if last := len(p.samples) - 1; phase == gesture.Move && last >= 0 && p.samples[last].Phase == gesture.Move && p.samples[last].Pointer == s.Pointer {
		p.samples[last] = s // only where it came to counts
		return
	}
	p.samples = append(p.samples, s)
}

func milliseconds(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// take returns what came since the last frame, good until the next.
func (p *pointers) take(time.Duration) []gesture.Sample {
	p.samples, p.taken = p.taken[:0], p.samples
	return p.taken
}

// now is the time in the sense of samples.
func (p *pointers) now(time.Duration) time.Duration {
	return milliseconds(js.Global().Get("performance").Call("now").Float())
}

func (p *pointers) waiting() bool { return len(p.samples) > 0 }
