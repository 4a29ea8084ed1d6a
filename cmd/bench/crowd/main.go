//go:build js

// Crowd is the run and the stage of the page with more servers than its address
// may ask for, to measure what their frames cost.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"syscall/js"
	"time"

	"raftarium/game/page"
	"raftarium/game/scene"
	"raftarium/game/stage"
	"raftarium/raft/trace"
)

// crowd is a page without scripts around it.
type crowd struct {
	*page.Page
	stage *stage.Stage
	last  time.Time
	spent time.Duration // by the stage, as of the last frame
	cost  page.Cost
}

// Advance implements stage.Run.
func (c *crowd) Advance() {
	now := time.Now()
	_, spent := c.stage.Cost()
	c.Page.Advance(now.Sub(c.last), nil)
	c.cost.Add(spent - c.spent + time.Since(now))
	c.last, c.spent = now, spent
}

// Do implements stage.Run.
func (c *crowd) Do(command trace.Command) error { return c.Command(command) }

// Menu implements stage.Page.
func (c *crowd) Menu(scene.Target, float32, float32) {}

// Hover implements stage.Page.
func (c *crowd) Hover(scene.Target, float32, float32) {}

// Problem implements stage.Page.
func (c *crowd) Problem(err error) { log.Print(err) }

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	var given struct {
		Servers int `json:"servers,string"`
	}
	if err := json.Unmarshal([]byte(js.Global().Get("raftariumOptions").String()), &given); err != nil {
		return fmt.Errorf("reading how many servers: %w", err)
	}
	options := page.DefaultOptions()
	options.Nodes = given.Servers
	p, err := page.New(options)
	if err != nil {
		return err
	}
	c := &crowd{Page: p, last: time.Now()}
	s, err := stage.New(c, c)
	if err != nil {
		return err
	}
	s.SetTheme(scene.Theme{Dark: true})
	c.stage = s
	js.Global().Set("crowdCost", js.FuncOf(func(js.Value, []js.Value) any {
		milliseconds := func(part float64) float64 { return float64(c.cost.Quantile(part)) / float64(time.Millisecond) }
		told := map[string]any{"median": milliseconds(0.5), "p95": milliseconds(0.95)}
		c.cost.Forget()
		return told
	}))
	return s.Show()
}
