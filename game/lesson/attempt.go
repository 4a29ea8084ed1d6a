package lesson

import (
	"fmt"
	"time"

	"raftarium/raft/trace"
)

// patience is the virtual time without progress after which a hint comes by
// itself. At the page's usual speed that is half a minute.
const patience = 1500 * time.Millisecond

// Attempt is a learner going through a lesson, in one run.
type Attempt struct {
	Lesson *Lesson

	goal     goal
	chosen   int
	progress int           // how many steps were done
	since    time.Duration // when a step was last ticked off
	asked    bool          // for a hint
	finished bool
	intro    string // fixed once the learner has taken over
	verdict  string // fixed when the lesson is finished
	reveal   string
	right    int
}

// unchosen is the choice of someone who has not chosen.
const unchosen = -1

// Begin begins a lesson in a run with so many servers. Every event of the run, from the
// first on, is to be shown to Observe.
func (l *Lesson) Begin(servers int) *Attempt {
	return &Attempt{Lesson: l, goal: l.plan.goal(servers), chosen: unchosen, right: unchosen}
}

// Observe takes in the next event of the run; m is the cluster just before it.
// Once the lesson is done, it stays done.
func (a *Attempt) Observe(m *trace.Model, e *trace.Event) {
	if a.finished {
		return
	}
	a.goal.observe(m, e)
	done := 0
	for _, ticked := range a.goal.steps() {
		if ticked {
			done++
		}
	}
	if done != a.progress {
		a.progress, a.since, a.asked = done, e.At, false
	}
	a.finish()
}

// Predict takes down the learner's prediction. It may be changed until the
// lesson is done.
func (a *Attempt) Predict(choice int) error {
	if choice < 0 || choice >= len(a.Lesson.Words.Choices) {
		return fmt.Errorf("there is no choice %d: there are %d", choice+1, len(a.Lesson.Words.Choices))
	}
	if a.finished {
		return fmt.Errorf("the lesson is done: a prediction has to come before")
	}
	a.chosen = choice
	a.finish()
	return nil
}

// finish ends the lesson if all is done and predicted.
func (a *Attempt) finish() {
	if a.chosen == unchosen || a.progress < len(a.Lesson.plan.steps) {
		return
	}
	a.finished = true
	a.right = a.goal.right()
	facts := a.goal.facts()
	a.verdict = fill(a.Lesson.Words.Answers[a.chosen], facts)
	a.reveal = fill(a.Lesson.Words.Reveal, facts)
}

// Introduction is the text that the lesson begins with, in HTML. It speaks of
// the run as it was when it was first asked for.
func (a *Attempt) Introduction() string {
	if a.intro == "" {
		a.intro = fill(a.Lesson.Words.HTML, a.goal.facts())
	}
	return a.intro
}

// Ask asks for a hint, which will be there at once.
func (a *Attempt) Ask() { a.asked = true }

// Chosen is the index of the choice that was predicted, or -1.
func (a *Attempt) Chosen() int { return a.chosen }

// Done reports whether the lesson is done: all its steps, and a prediction.
func (a *Attempt) Done() bool { return a.finished }

// Right is the index of the choice that has turned out right, or -1 as long as
// the lesson is not done.
func (a *Attempt) Right() int { return a.right }

// Verdict is what is said to the prediction in the end, and Reveal what it was
// all about, in HTML. Both are empty as long as the lesson is not done.
func (a *Attempt) Verdict() string { return a.verdict }

// Reveal is described at Verdict.
func (a *Attempt) Reveal() string { return a.reveal }

// Step is a step of the goal as the learner sees it.
type Step struct {
	Text string
	Done bool
}

// Steps are the steps of the goal.
func (a *Attempt) Steps() []Step {
	facts, done := a.goal.facts(), a.goal.steps()
	steps := make([]Step, len(done))
	for i, passage := range a.Lesson.Words.Steps {
		steps[i] = Step{Text: fill(passage.Text, facts), Done: done[i]}
	}
	return steps
}

// unpredicted is what is said to someone who has done it all without a
// prediction.
const unpredicted = "All steps are done. One thing is left: choose your answer to the question above, as you would have before."

// Hint is what to do next, for someone who asked, who has made no progress for some time, or who has
// just gone astray; empty for all others. now is the time of the run.
func (a *Attempt) Hint(now time.Duration) string {
	if a.finished {
		return ""
	}
	if a.progress == len(a.Lesson.plan.steps) {
		return unpredicted
	}
	name, urgent := a.goal.missing()
	if !urgent && !a.asked && now-a.since < patience {
		return ""
	}
	return fill(a.Lesson.Words.Hints[name], a.goal.facts())
}
