//go:build js

// Raftarium is the program in the page: it joins the run, the stage and the
// page's scripts, and decides nothing itself. The words that cross the border are
// described in package page and in assets/scripts/program.js.
//
// main.go puts the parts together; frame.go is what happens in a frame;
// bridge.go is what scripts can call, and what calls scripts.
package main

import (
	"syscall/js"
	"time"

	"raftarium/game/page"
	"raftarium/game/stage"
)

func main() {
	if err := run(); err != nil {
		tell("raftariumProblem", "The stage has stopped: "+err.Error())
	}
}

// run shows the page until it fails.
func run() error {
	given := js.Global().Get("raftariumOptions")
	text := ""
	if given.Type() == js.TypeString {
		text = given.String()
	}
	options, problems := page.ParseOptions(text)
	p, err := page.New(options)
	if err != nil {
		return err
	}
	b := &bridge{page: p, frame: newFrame()}
	if b.stage, err = stage.New(b, b); err != nil {
		return err
	}
	b.dress()
	b.open()
	for _, problem := range problems {
		tell("raftariumProblem", problem)
	}
	b.push()
	return b.stage.Show()
}

// realTime is the time since the page was opened.
func realTime() time.Duration {
	return time.Duration(js.Global().Get("performance").Call("now").Float() * float64(time.Millisecond))
}
