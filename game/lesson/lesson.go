// Package lesson is the Tour: lessons on the living cluster. Each asks for a prediction,
// then for deeds, and ticks off by itself what the learner has done: a goal is
// a predicate over the trace, fed event by event.
//
// lesson.go is what a lesson is; attempt.go is a learner going through one;
// charge.go, killing.go and parting.go are the goals; words.go reads the words,
// which come from assets/lessons; progress.go is what is kept on the learner's device.
package lesson

import (
	"fmt"
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// Lesson is one lesson of the Tour.
type Lesson struct {
	ID     string
	Words  Words
	Header trace.Header // the run that it begins with

	plan plan
}

// Title is the name of the lesson.
func (l *Lesson) Title() string { return l.Words.Title }

// Ready reports whether the run has come to where the learner takes over.
func (l *Lesson) Ready(m *trace.Model) bool { return l.plan.ready(m) }

// LeastServers is how many servers the lesson needs.
const LeastServers = 3

// plan is the part of a lesson that is written in Go.
type plan struct {
	id     string
	header trace.Header
	ready  func(*trace.Model) bool
	goal   func(servers int) goal
	steps  []string // the names of the goal's steps, as the words use them
	hints  []string // the names of all hints that the goal may give
	facts  []string // the names of all facts that the words may use
}

// goal watches a run for what a lesson wants to be done in it.
type goal interface {
	// observe takes in the next event; m is the cluster just before it.
	observe(m *trace.Model, e *trace.Event)
	// steps tells which steps are done.
	steps() []bool
	// missing names the hint for what is to be done next. With urgent, the learner
	// has just done something that leads away from the goal.
	missing() (hint string, urgent bool)
	// facts are words for what was seen and measured.
	facts() map[string]string
	// right is the choice of the prediction that has turned out to be right.
	right() int
}

// tour are the lessons in their order.
func tour() []plan {
	return []plan{chargePlan(), killingPlan(), partingPlan()}
}

// header is a run for a lesson: like that of the page, but with a seed and
// clients of its own.
func header(seed uint64, clients int, interval time.Duration) trace.Header {
	h := wasmnet.DefaultHeader(seed)
	h.Clients = clients
	h.Timing.ClientInterval = interval
	return h
}

// Course is all lessons, with their words.
type Course struct {
	lessons []*Lesson
}

// Load joins the lessons with their words, a JSON text. Words that are missing or that no lesson
// uses are an error.
func Load(words string) (*Course, error) {
	all, err := readWords(words)
	if err != nil {
		return nil, err
	}
	course := &Course{}
	for _, p := range tour() {
		w, ok := all[p.id]
		if !ok {
			return nil, fmt.Errorf("the lesson %q has no words", p.id)
		}
		if err := w.check(p); err != nil {
			return nil, fmt.Errorf("the words of the lesson %q: %w", p.id, err)
		}
		delete(all, p.id)
		course.lessons = append(course.lessons, &Lesson{ID: p.id, Words: w, Header: p.header, plan: p})
	}
	for id := range all {
		return nil, fmt.Errorf("there are words for a lesson %q, which does not exist", id)
	}
	return course, nil
}

// Lessons are all lessons in order. The slice must not be changed.
func (c *Course) Lessons() []*Lesson { return c.lessons }

// Find returns the lesson with the given ID, or an error that names those that
// there are.
func (c *Course) Find(id string) (*Lesson, error) {
	var known string
	for i, l := range c.lessons {
		if l.ID == id {
			return l, nil
		}
		if i > 0 {
			known += ", "
		}
		known += l.ID
	}
	return nil, fmt.Errorf("there is no lesson %q: there are %s", id, known)
}

// Next is the ID of the lesson after the given one, or "" after the last.
func (c *Course) Next(id string) string {
	for i, l := range c.lessons {
		if l.ID == id && i+1 < len(c.lessons) {
			return c.lessons[i+1].ID
		}
	}
	return ""
}
