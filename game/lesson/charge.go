package lesson

import (
	"fmt"
	"time"

	"raftarium/game/narrate"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// chargePlan is "Who is in charge?": a leader is elected; the learner pauses
// it, so that its heartbeats stop; another takes over; and the first one, resumed, learns that
// it has been replaced.
func chargePlan() plan {
	return plan{
		id:     "leader",
		header: header(chargeSeed, 0, time.Second),
		ready:  func(*trace.Model) bool { return true },
		goal:   func(int) goal { return &charge{} },
		steps:  []string{"elected", "paused", "replaced", "learned"},
		hints:  []string{"wait", "pause", "crashed", "resumedTooSoon", "waitSuccessor", "resume", "waitLearned"},
		facts:  []string{"first", "leader", "paused", "term", "successor", "newTerm"},
	}
}

// chargeSeed is a run in which the first server to lose patience is elected,
// and is not S1.
const chargeSeed = 4

// charge is the goal of "Who is in charge?".
type charge struct {
	first     raft.ServerID // who led first of all
	leader    raft.ServerID // who leads, or None
	term      raft.Term
	paused    raft.ServerID // the leader that was paused, or None
	successor raft.ServerID // who took over from it, or None
	newTerm   raft.Term
	resumed   bool
	learned   bool
	astray    string // the hint for what has gone wrong, or empty
}

func (g *charge) observe(_ *trace.Model, e *trace.Event) {
	switch e.Kind {
	case trace.ServerPaused:
		g.onPause(e.Server)
	case trace.ServerResumed:
		g.onResume(e.Server)
	case trace.ServerCrashed:
		g.onCrash(e.Server)
	case trace.ServerStep:
		g.onStep(&e.Core)
	}
}

func (g *charge) onStep(step *raft.Event) {
	switch {
	case step.Kind == raft.BecameLeader:
		g.onLeader(step.Server, step.Term)
	case step.Kind == raft.BecameFollower && step.Server == g.paused && g.resumed && step.Term >= g.newTerm:
		g.learned = true
	}
}

func (g *charge) onLeader(id raft.ServerID, term raft.Term) {
	if g.first == raft.None {
		g.first = id
	}
	switch {
	case g.paused == raft.None:
		g.leader, g.term = id, term
		g.astray = ""
	case g.successor == raft.None && id != g.paused && term > g.term:
		g.successor, g.newTerm = id, term
	}
}

func (g *charge) onPause(id raft.ServerID) {
	if id == g.leader && g.paused == raft.None {
		g.paused = id
		g.astray = ""
	}
}

func (g *charge) onResume(id raft.ServerID) {
	switch {
	case id != g.paused:
	case g.successor == raft.None:
		g.paused = raft.None // its heartbeats have come back in time
		g.astray = "resumedTooSoon"
	default:
		g.resumed = true
	}
}

// onCrash begins anew when one of those that matter is gone: a crash forgets
// that it ever led.
func (g *charge) onCrash(id raft.ServerID) {
	if g.learned || id != g.leader && id != g.paused {
		return
	}
	leader, term := g.successor, g.newTerm
	*g = charge{first: g.first, leader: leader, term: term, astray: "crashed"}
}

func (g *charge) steps() []bool {
	return []bool{g.first != raft.None, g.paused != raft.None, g.successor != raft.None, g.learned}
}

func (g *charge) missing() (string, bool) {
	switch {
	case g.astray != "":
		return g.astray, true
	case g.leader == raft.None:
		return "wait", false
	case g.paused == raft.None:
		return "pause", false
	case g.successor == raft.None:
		return "waitSuccessor", false
	case !g.resumed:
		return "resume", false
	}
	return "waitLearned", false
}

func (g *charge) facts() map[string]string {
	return map[string]string{
		"first":     nameOr(g.first, "the first leader"),
		"leader":    nameOr(g.leader, "the leader"),
		"paused":    nameOr(g.paused, "the paused server"),
		"successor": nameOr(g.successor, "another server"),
		"term":      termOr(g.term, "its term"),
		"newTerm":   termOr(g.newTerm, "a higher term"),
	}
}

// right is the second choice: whoever loses patience first.
func (g *charge) right() int { return 1 }

func nameOr(id raft.ServerID, words string) string {
	if id == raft.None {
		return words
	}
	return narrate.Server(id)
}

func termOr(term raft.Term, words string) string {
	if term == 0 {
		return words
	}
	return fmt.Sprintf("term %d", term)
}
