//go:build js

package main

import (
	"time"

	"raftarium/game/page"
	"raftarium/raft/trace"
)

// The slices of a frame.
const (
	worldSlice   = 4 * time.Millisecond // for the run: there is one thread, and the page needs it too
	stepsPerLook = 16                   // small steps of the run between two looks at the clock
)

// frame is the time of the page's frames.
type frame struct {
	last  time.Duration // real time of the last one
	need  bool          // the page was told that frames are needed
	stage time.Duration // what the stage has cost so far
	own   time.Duration // what the run and the words have cost in the last frame
	cost  page.Cost
}

func newFrame() frame { return frame{last: realTime(), need: true} }

// Advance implements stage.Run: it is the begin of a frame.
func (b *bridge) Advance() {
	defer b.survive()
	now := realTime()
	elapsed := now - b.frame.last
	b.frame.last = now
	b.noteCost()
	steps := 0
	b.page.Advance(elapsed, func() bool {
		steps++
		return steps%stepsPerLook != 0 || realTime()-now < worldSlice
	})
	b.push()
	b.frame.own = realTime() - now
}

// noteCost takes down what the last frame has cost, now that it is over.
func (b *bridge) noteCost() {
	_, spent := b.stage.Cost()
	b.frame.cost.Add(spent - b.frame.stage + b.frame.own)
	b.frame.stage = spent
}

// Model implements stage.Run.
func (b *bridge) Model() *trace.Model { return b.page.Model() }

// Now implements stage.Run.
func (b *bridge) Now() time.Duration { return b.page.Now() }

// Speed implements stage.Run.
func (b *bridge) Speed() float64 { return b.page.Speed() }

// Do implements stage.Run.
func (b *bridge) Do(c trace.Command) error { return b.page.Command(c) }

// push tells the page's scripts what is new.
func (b *bridge) push() {
	for _, problem := range b.page.Problems() {
		tell("raftariumProblem", problem)
	}
	if view := b.page.Poll(realTime()); view != nil {
		tell("raftariumView", string(view))
	}
	if need := b.page.Playing() || b.stage.Moving(); need != b.frame.need {
		b.frame.need = need
		tell("raftariumFrames", need)
	}
}

// survive turns a panic into words, so that the page is not left with a dead
// canvas.
func (b *bridge) survive() {
	if cause := recover(); cause != nil {
		b.page.Break(cause)
		for _, problem := range b.page.Problems() {
			tell("raftariumProblem", problem)
		}
	}
}
