// Package gesture makes out what people mean by what mouse, pen and fingers
// do: recognize.go turns their movements into gestures, deeds.go gestures into
// commands. It knows neither browser nor graphics library, so every threshold
// is tested.
package gesture

import (
	"math"
	"time"
)

// Phase is what a pointer did.
type Phase uint8

// The phases.
const (
	Down   Phase = iota + 1
	Move         // with or without being down
	Up           //
	Cancel       // the browser took the pointer away, or it left the stage
)

// Sample is one thing that a pointer did.
type Sample struct {
	At        time.Duration // real time since some fixed moment
	Pointer   int           // which pointer: fingers differ
	Phase     Phase
	X, Y      float32 // in CSS pixels of the canvas
	Finger    bool    // a finger or a pen, not a mouse
	Secondary bool    // the right button, or what stands for it
}

// Kind is what a Gesture is.
type Kind uint8

// The gestures. X, Y is where it began, ToX, ToY where it is now.
const (
	Hover         Kind = iota + 1 // a mouse is over ToX, ToY, with no button down
	HoverEnded                    // it is no longer over the stage
	Tap                           // a click, or a short touch
	Menu                          // a right click, or a long press
	Stroke                        // a line is being dragged
	StrokeEnded                   // and was let go
	StrokeGivenUp                 // or not meant
)

// Gesture is something that people mean.
type Gesture struct {
	Kind     Kind
	X, Y     float32
	ToX, ToY float32
	Finger   bool
}

const (
	// LongPress is how long a finger rests for a menu.
	LongPress = 500 * time.Millisecond
	// longestTick is the most time between two looks at the clock that counts
	// toward it: in slow frames, the finger may have been lifted already.
	longestTick = 100 * time.Millisecond
	// lateLongPress is how long a finger must have been down when it is lifted
	// for a menu that slow frames have not brought yet.
	lateLongPress = 700 * time.Millisecond
	// MouseSlack and FingerSlack are how far, in CSS pixels, a pointer may
	// wander in a click or touch before it is a drag.
	MouseSlack  = 5
	FingerSlack = 12
)

// Recognizer turns samples into gestures. The zero Recognizer is ready.
type Recognizer struct {
	down     bool // a pointer is down that may still become a gesture
	dragging bool
	fingers  int // how many are down
	first    Sample
	last     Sample
	ticked   time.Duration // when the clock was last looked at
	held     time.Duration // how long the finger has rested
}

// Feed takes in the next sample, and returns the gesture that it makes, if any.
func (r *Recognizer) Feed(s Sample) (Gesture, bool) {
	switch s.Phase {
	case Down:
		return r.onDown(s)
	case Move:
		return r.onMove(s)
	case Up:
		return r.onUp(s)
	case Cancel:
		return r.onCancel(s)
	}
	return Gesture{}, false
}

// Tick tells what time it is, once a frame, and returns the long press that is
// then complete, if any.
func (r *Recognizer) Tick(now time.Duration) (Gesture, bool) {
	if !r.down || r.dragging || !r.first.Finger {
		return Gesture{}, false
	}
	r.held += min(max(now-r.ticked, 0), longestTick)
	r.ticked = max(now, r.ticked)
	if r.held < LongPress {
		return Gesture{}, false
	}
	r.down = false
	return r.gesture(Menu), true
}

// Busy reports whether time or the next sample may complete a gesture that
// has begun.
func (r *Recognizer) Busy() bool { return r.down }

func (r *Recognizer) onDown(s Sample) (Gesture, bool) {
	if s.Finger {
		r.fingers++
	}
	if r.down && s.Pointer != r.first.Pointer { // a second finger: neither click nor cut is meant
		return r.giveUp()
	}
	if r.fingers > 1 {
		return Gesture{}, false
	}
	r.first, r.last = s, s
	r.ticked, r.held = s.At, 0
	if s.Secondary {
		return r.gesture(Menu), true
	}
	r.down, r.dragging = true, false
	return Gesture{}, false
}

func (r *Recognizer) onMove(s Sample) (Gesture, bool) {
	if !r.down {
		if s.Finger {
			return Gesture{}, false
		}
		return Gesture{Kind: Hover, X: s.X, Y: s.Y, ToX: s.X, ToY: s.Y}, true
	}
	if s.Pointer != r.first.Pointer {
		return Gesture{}, false
	}
	r.last = s
	if !r.dragging && !r.wandered() {
		return Gesture{}, false
	}
	r.dragging = true
	return r.gesture(Stroke), true
}

func (r *Recognizer) onUp(s Sample) (Gesture, bool) {
	r.lift(s)
	if !r.down || s.Pointer != r.first.Pointer {
		return Gesture{}, false
	}
	r.last = s
	r.down = false
	if r.dragging || r.wandered() { // perhaps all the way between two samples
		return r.gesture(StrokeEnded), true
	}
	if s.Finger && s.At-r.first.At >= lateLongPress {
		return r.gesture(Menu), true
	}
	return r.gesture(Tap), true
}

func (r *Recognizer) onCancel(s Sample) (Gesture, bool) {
	r.lift(s)
	if r.down && s.Pointer == r.first.Pointer {
		return r.giveUp()
	}
	if s.Finger {
		return Gesture{}, false
	}
	return Gesture{Kind: HoverEnded}, true
}

func (r *Recognizer) lift(s Sample) {
	if s.Finger && r.fingers > 0 {
		r.fingers--
	}
}

func (r *Recognizer) giveUp() (Gesture, bool) {
	r.down = false
	return r.gesture(StrokeGivenUp), true
}

func (r *Recognizer) wandered() bool {
	slack := MouseSlack
	if r.first.Finger {
		slack = FingerSlack
	}
	return math.Hypot(float64(r.last.X-r.first.X), float64(r.last.Y-r.first.Y)) > float64(slack)
}

func (r *Recognizer) gesture(kind Kind) Gesture {
	return Gesture{Kind: kind, X: r.first.X, Y: r.first.Y, ToX: r.last.X, ToY: r.last.Y, Finger: r.first.Finger}
}
