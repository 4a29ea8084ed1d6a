//go:build js

package main

import (
	"encoding/json"
	"strings"
	"syscall/js"
	"time"

	"raftarium/game/page"
	"raftarium/game/scene"
	"raftarium/game/stage"
)

// bridge is between the page's scripts, what is behind the page, and the
// stage.
type bridge struct {
	page  *page.Page
	stage *stage.Stage
	frame frame
}

// tell calls a function of the page's scripts, if it is there.
func tell(name string, argument any) {
	if f := js.Global().Get(name); f.Type() == js.TypeFunction {
		f.Invoke(argument)
	}
}

// open lets the page's scripts call the program.
func (b *bridge) open() {
	functions := map[string]func(arguments []js.Value) any{
		"do":       b.do,
		"trace":    b.trace,
		"record":   b.record,
		"link":     b.link,
		"hash":     b.hash,
		"scenario": b.scenario,
		"spots":    b.spots,
		"cost":     b.cost,
	}
	object := js.Global().Get("Object").New()
	for name, f := range functions {
		object.Set(name, js.FuncOf(func(_ js.Value, arguments []js.Value) any {
			defer b.survive()
			return f(arguments)
		}))
	}
	js.Global().Set("raftarium", object)
}

// argument is an argument as a text; a missing one is empty.
func argument(arguments []js.Value, i int) string {
	if i >= len(arguments) || arguments[i].Type() != js.TypeString {
		return ""
	}
	return arguments[i].String()
}

// do carries out a deed of package page: do(name, json) returns "", or why
// not.
func (b *bridge) do(arguments []js.Value) any {
	err := b.page.Do(argument(arguments, 0), argument(arguments, 1))
	b.dress()
	b.push()
	if err != nil {
		return err.Error()
	}
	return ""
}

// trace returns the trace of the run up to now, as JSON Lines.
func (b *bridge) trace([]js.Value) any {
	var text strings.Builder
	if err := b.page.WriteTrace(&text); err != nil {
		return b.refuse(err)
	}
	return text.String()
}

// record returns the run as JSON: its header, its commands, and how long.
func (b *bridge) record([]js.Value) any {
	text, err := json.Marshal(b.page.Record())
	if err != nil {
		return b.refuse(err)
	}
	return string(text)
}

// link returns the part of an address, from its #, with which a page replays
// the run up to now.
func (b *bridge) link([]js.Value) any {
	text, err := b.page.Link()
	if err != nil {
		return b.refuse(err)
	}
	return text
}

// hash returns the SHA-256 of the trace up to a time in nanoseconds, by
// default up to now.
func (b *bridge) hash(arguments []js.Value) any {
	at := b.page.Now()
	if len(arguments) > 0 && arguments[0].Type() == js.TypeNumber {
		at = time.Duration(arguments[0].Float())
	}
	hash, err := b.page.Hash(at)
	if err != nil {
		return b.refuse(err)
	}
	return hash
}

// scenario makes a named scenario happen, beside the run, and returns the SHA-256 of its
// trace.
func (b *bridge) scenario(arguments []js.Value) any {
	hash, err := page.ScenarioHash(argument(arguments, 0))
	if err != nil {
		return b.refuse(err)
	}
	return hash
}

// spots returns what one can point at on the stage, as JSON.
func (b *bridge) spots([]js.Value) any {
	text, err := json.Marshal(page.Spots(b.stage.Spots()))
	if err != nil {
		return b.refuse(err)
	}
	return string(text)
}

// cost returns what frames have cost since the last call, in milliseconds: of this
// program's own updating and drawing, without Ebitengine's part.
func (b *bridge) cost([]js.Value) any {
	c := &b.frame.cost
	milliseconds := func(part float64) float64 { return float64(c.Quantile(part)) / float64(time.Millisecond) }
	result := map[string]any{
		"frames": c.Frames(),
		"median": milliseconds(0.5), "p95": milliseconds(0.95), "most": milliseconds(1),
	}
	c.Forget()
	return result
}

// refuse tells why something has no result.
func (b *bridge) refuse(err error) any {
	tell("raftariumProblem", err.Error())
	return ""
}

// dress makes the stage look as the page wants it.
func (b *bridge) dress() {
	look := b.page.Look()
	b.stage.SetTheme(scene.Theme{Dark: look.Dark, Contrast: look.Contrast})
	b.stage.SetReducedMotion(look.Reduced)
	b.stage.SetInsets(scene.Insets{
		Top: float32(look.Insets.Top), Right: float32(look.Insets.Right),
		Bottom: float32(look.Insets.Bottom), Left: float32(look.Insets.Left),
	})
	b.stage.Select(look.Selected)
}

// What the stage tells the page's scripts.

// Menu implements stage.Page.
func (b *bridge) Menu(on scene.Target, x, y float32) {
	tellJSON("raftariumMenu", b.page.Menu(on, x, y))
}

// Hover implements stage.Page.
func (b *bridge) Hover(over scene.Target, x, y float32) {
	words := page.Words{Text: b.page.Describe(over), X: x, Y: y}
	if words.Text == "" {
		tell("raftariumHover", js.Null())
		return
	}
	tellJSON("raftariumHover", words)
}

func tellJSON(name string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		tell("raftariumProblem", err.Error())
		return
	}
	tell(name, string(text))
}

// Problem implements stage.Page. What was not done was told already, when the page
// refused it.
func (b *bridge) Problem(error) {}
