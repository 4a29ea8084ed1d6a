//go:build !js

package browser

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Point is a place in the window, in CSS pixels from its top left corner.
type Point struct{ X, Y float64 }

// hold is for how long a button, a finger or a key stays down. Ebitengine
// looks at its input once a frame, and loses a touch that is shorter.
const hold = 80 * time.Millisecond

// Press presses a place: with the left mouse button, or with a finger where
// the window has touch.
func (p *Page) Press(at Point) error {
	return p.Drag(at)
}

// RightClick presses a place with the right mouse button.
func (p *Page) RightClick(at Point) error {
	steps := []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y},
		{Type: input.DispatchMouseEventTypeMousePressed, X: at.X, Y: at.Y, Button: input.MouseButtonRight, Buttons: 2, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: at.X, Y: at.Y, Button: input.MouseButtonRight, ClickCount: 1},
	}
	for _, step := range steps {
		if err := p.mouse(step); err != nil {
			return err
		}
		if err := p.Pause(hold); err != nil {
			return err
		}
	}
	return nil
}

// Drag presses at the first place, moves through the others and lets go at the
// last: with the left mouse button, or with a finger where the window has
// touch.
func (p *Page) Drag(way ...Point) error {
	if p.touch {
		return p.swipe(way)
	}
	if err := p.Move(way[0]); err != nil {
		return err
	}
	press := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMousePressed, X: way[0].X, Y: way[0].Y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}
	if err := p.mouse(press); err != nil {
		return err
	}
	if err := p.Pause(hold); err != nil {
		return err
	}
	last := way[0]
	for _, at := range between(way) {
		if err := p.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, Buttons: 1}); err != nil {
			return err
		}
		if err := p.Pause(hold / 4); err != nil {
			return err
		}
		last = at
	}
	return p.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseReleased, X: last.X, Y: last.Y, Button: input.MouseButtonLeft, ClickCount: 1})
}

// Move moves the mouse, with no button down.
func (p *Page) Move(to Point) error {
	return p.mouse(input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: to.X, Y: to.Y})
}

// Wheel turns the mouse wheel at a place, downwards by so many pixels.
func (p *Page) Wheel(at Point, by float64) error {
	// The generated parameters leave out a zero, which Chromium wants to be told.
	command := cdp.Command[map[string]any, cdp.Empty]{Method: input.CommandDispatchMouseEvent}
	_, err := chromedp.Call(p.ctx, command, map[string]any{"type": "mouseWheel", "x": at.X, "y": at.Y, "deltaX": 0, "deltaY": by})
	return err
}

func (p *Page) mouse(event input.DispatchMouseEventParams) error {
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, event); err != nil {
		return fmt.Errorf("moving the mouse: %w", err)
	}
	return nil
}

func (p *Page) swipe(way []Point) error {
	if err := p.finger(input.DispatchTouchEventTypeTouchStart, &way[0]); err != nil {
		return err
	}
	if err := p.Pause(hold); err != nil {
		return err
	}
	for _, at := range between(way) {
		if err := p.finger(input.DispatchTouchEventTypeTouchMove, &at); err != nil {
			return err
		}
		if err := p.Pause(hold / 4); err != nil {
			return err
		}
	}
	return p.finger(input.DispatchTouchEventTypeTouchEnd, nil)
}

// Hold puts a finger down, or the left mouse button, for a while, without
// moving it.
func (p *Page) Hold(at Point, d time.Duration) error {
	if err := p.finger(input.DispatchTouchEventTypeTouchStart, &at); err != nil {
		return err
	}
	if err := p.Pause(d); err != nil {
		return err
	}
	return p.finger(input.DispatchTouchEventTypeTouchEnd, nil)
}

func (p *Page) finger(kind input.DispatchTouchEventType, at *Point) error {
	points := []*input.TouchPoint{}
	if at != nil {
		points = append(points, &input.TouchPoint{X: at.X, Y: at.Y})
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points}); err != nil {
		return fmt.Errorf("touching: %w", err)
	}
	return nil
}

// between returns the way as steps of at most a tenth of each leg, without its
// first point.
func between(way []Point) []Point {
	const steps = 10
	var all []Point
	for i := 1; i < len(way); i++ {
		from, to := way[i-1], way[i]
		for s := 1; s <= steps; s++ {
			part := float64(s) / steps
			all = append(all, Point{X: from.X + (to.X-from.X)*part, Y: from.Y + (to.Y-from.Y)*part})
		}
	}
	return all
}

// Key presses a key, named as in the DOM ("Tab", "Enter", "ArrowDown", ".").
func (p *Page) Key(name string) error {
	event := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: name, Code: codes[name].code, WindowsVirtualKeyCode: codes[name].number}
	if len(name) == 1 {
		event.Text = name
		if event.Code == "" && strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz") {
			event.Code = "Key" + strings.ToUpper(name)
		}
	}
	if name == "Enter" {
		event.Text = "\r"
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, event); err != nil {
		return fmt.Errorf("pressing %s: %w", name, err)
	}
	if err := p.Pause(hold); err != nil {
		return err
	}
	event.Type, event.Text = input.DispatchKeyEventTypeKeyUp, ""
	_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, event)
	return err
}

type code struct {
	code   string
	number int64
}

// codes are what the browser wants to know of a key besides its name.
var codes = map[string]code{
	"Tab":        {"Tab", 9},
	"Enter":      {"Enter", 13},
	"Escape":     {"Escape", 27},
	" ":          {"Space", 32},
	"ArrowLeft":  {"ArrowLeft", 37},
	"ArrowUp":    {"ArrowUp", 38},
	"ArrowRight": {"ArrowRight", 39},
	"ArrowDown":  {"ArrowDown", 40},
	".":          {"Period", 190},
	"[":          {"BracketLeft", 219},
	"]":          {"BracketRight", 221},
}
