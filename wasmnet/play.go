package wasmnet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"raftarium/raft/trace"
)

// Run is a whole run written down: it determines every event that happens in
// it.
type Run struct {
	Header   trace.Header    `json:"header"`
	Commands []trace.Command `json:"commands"` // each takes effect at its At
	For      time.Duration   `json:"for"`      // virtual time at which the run ends
}

// Refusal is a command of a Run that could not be carried out, and why.
type Refusal struct {
	Command trace.Command
	Err     error
}

// Play makes the run happen and shows every event to observe, as [New] has it.
// Commands that the world refuses are left out and returned. After each small
// step keepGoing is asked, if it is not nil; the run ends early if the answer is false.
func (r Run) Play(observe func(*trace.Event), keepGoing func() bool) (refused []Refusal, err error) {
	w, err := New(r.Header, observe)
	if err != nil {
		return nil, fmt.Errorf("making the world: %w", err)
	}
	defer w.Close()
	r.inOrder()
	for _, c := range r.Commands {
		if c.At > r.For {
			break
		}
		if !w.RunUntil(max(c.At, w.Now()), keepGoing) {
			return refused, nil
		}
		if err := w.Do(c); err != nil {
			refused = append(refused, Refusal{c, err})
		}
	}
	w.RunUntil(r.For, keepGoing)
	return refused, nil
}

// inOrder puts the commands into the order of their times, in an array of their
// own.
func (r *Run) inOrder() {
	r.Commands = slices.Clone(r.Commands)
	slices.SortStableFunc(r.Commands, func(a, b trace.Command) int { return cmp.Compare(a.At, b.At) })
}
