package lesson

import (
	"fmt"
	"time"

	"raftarium/game/narrate"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// killingPlan is "Kill the leader": clients write all the time; the learner
// crashes the leader, and sees how long nobody is answered, that nothing answered is
// lost, and that the old leader comes back as a follower.
func killingPlan() plan {
	return plan{
		id:     "crash",
		header: header(killingSeed, 2, 100*time.Millisecond),
		ready:  func(m *trace.Model) bool { return answered(m) >= 6 },
		goal:   func(servers int) goal { return newKilling(servers) },
		steps:  []string{"crashed", "elected", "answered", "back"},
		hints:  []string{"wait", "crash", "follower", "noMajority", "waitElection", "reelected", "waitAnswer", "restart", "waitBack"},
		facts:  []string{"leader", "victim", "term", "successor", "newTerm", "downtime", "electionTime", "kept"},
	}
}

const killingSeed = 7

// answered is how many operations clients have had answered.
func answered(m *trace.Model) int {
	n := 0
	for i := range m.Clients {
		n += m.Clients[i].Completed
	}
	return n
}

// killing is the goal of "Kill the leader".
type killing struct {
	down       []bool          // by server
	answeredBy []raft.ServerID // by client: who sent the last answer that it got
	leader     raft.ServerID   // who leads, or None
	term       raft.Term

	victim    raft.ServerID // the leader that was crashed, or None
	crashedAt time.Duration
	lastOK    time.Duration // the last answer before the outage
	committed []raft.Entry  // what the victim had committed

	successor raft.ServerID
	newTerm   raft.Term
	electedAt time.Duration
	kept      int // how many of the committed writes the successor's log holds

	downtime  time.Duration // 0: not over yet
	restarted bool
	back      bool
	astray    string
}

func newKilling(servers int) *killing {
	return &killing{down: make([]bool, servers)}
}

func (g *killing) observe(m *trace.Model, e *trace.Event) {
	switch e.Kind {
	case trace.ServerCrashed:
		g.onCrash(m, e)
	case trace.ServerRestarted:
		g.onRestart(e.Server)
	case trace.PacketDelivered:
		g.onDelivered(m, e)
	case trace.ClientReturned:
		g.onAnswer(e)
	case trace.ServerStep:
		g.onStep(m, e)
	}
}

func (g *killing) onStep(m *trace.Model, e *trace.Event) {
	step := &e.Core
	switch step.Kind {
	case raft.BecameLeader:
		g.onLeader(m, step.Server, step.Term, e.At)
	case raft.AppendAccepted:
		// It takes a leader's word, in the new term: it follows.
		if step.Server == g.victim && g.restarted && g.successor != raft.None && step.Term >= g.newTerm {
			g.back = true
		}
	}
}

func (g *killing) onCrash(m *trace.Model, e *trace.Event) {
	g.down[e.Server-1] = true
	switch {
	case e.Server == g.victim:
		g.restarted, g.back = false, false // down once more
	case g.victim == raft.None && e.Server == g.leader:
		s := &m.Servers[e.Server-1]
		g.victim, g.crashedAt = e.Server, e.At
		g.committed = s.Log[:s.CommitIndex:s.CommitIndex]
		g.astray = ""
	case g.victim == raft.None:
		g.astray = "follower"
	}
	if g.successor == raft.None && !g.majorityUp() {
		g.astray = "noMajority"
	}
}

func (g *killing) onRestart(id raft.ServerID) {
	g.down[id-1] = false
	if id == g.victim {
		g.restarted = true
	}
	if g.astray == "noMajority" && g.majorityUp() || g.astray == "follower" {
		g.astray = ""
	}
}

func (g *killing) majorityUp() bool {
	up := 0
	for _, down := range g.down {
		if !down {
			up++
		}
	}
	return up > len(g.down)/2
}

func (g *killing) onLeader(m *trace.Model, id raft.ServerID, term raft.Term, at time.Duration) {
	switch {
	case g.victim == raft.None:
		g.leader, g.term = id, term
	case g.successor != raft.None || term <= g.term:
	case id == g.victim: // restarted in time to be elected once more
		*g = killing{down: g.down, answeredBy: g.answeredBy, leader: id, term: term, lastOK: g.lastOK, astray: "reelected"}
	default:
		g.successor, g.newTerm, g.electedAt = id, term, at
		g.kept = countKept(g.committed, m.Servers[id-1].Log)
	}
}

// countKept is how many of the committed writes are still in a log.
func countKept(committed, log []raft.Entry) int {
	kept := 0
	for i, entry := range committed {
		if entry.Kind == raft.Command && i < len(log) && log[i].Term == entry.Term {
			kept++
		}
	}
	return kept
}

// onDelivered remembers which server answered a client.
func (g *killing) onDelivered(m *trace.Model, e *trace.Event) {
	if e.To >= 0 || e.From <= 0 {
		return
	}
	for len(g.answeredBy) < len(m.Clients) {
		g.answeredBy = append(g.answeredBy, raft.None)
	}
	g.answeredBy[-1-e.To] = raft.ServerID(e.From)
}

// onAnswer measures the outage: from the last answer before it to the first
// one from another leader than the victim.
func (g *killing) onAnswer(e *trace.Event) {
	client := int(-1 - e.From)
	by := raft.None
	if client < len(g.answeredBy) {
		by = g.answeredBy[client]
	}
	switch {
	case g.downtime > 0:
	case g.successor != raft.None && by != g.victim:
		g.downtime = e.At - g.lastOK
	default:
		g.lastOK = e.At
	}
}

func (g *killing) steps() []bool {
	return []bool{g.victim != raft.None, g.successor != raft.None, g.downtime > 0, g.back}
}

func (g *killing) missing() (string, bool) {
	switch {
	case g.astray != "":
		return g.astray, true
	case g.leader == raft.None:
		return "wait", false
	case g.victim == raft.None:
		return "crash", false
	case g.successor == raft.None:
		return "waitElection", false
	case g.downtime == 0:
		return "waitAnswer", false
	case !g.restarted:
		return "restart", false
	}
	return "waitBack", false
}

// The choices of the prediction, in the order of the words.
const (
	atOnce = iota
	halfASecond
	fiveSeconds
	never
)

// right judges by the measured time. The lesson is done only when a client was
// answered again, so never is never right.
func (g *killing) right() int {
	switch {
	case g.downtime < 50*time.Millisecond:
		return atOnce
	case g.downtime < 1500*time.Millisecond:
		return halfASecond
	}
	return fiveSeconds
}

// keptWords is how many committed writes outlived the victim: "all 6".
func (g *killing) keptWords() string {
	all := countKept(g.committed, g.committed)
	if g.kept == all {
		return fmt.Sprintf("all %d", all)
	}
	return fmt.Sprintf("%d of the %d", g.kept, all)
}

func (g *killing) facts() map[string]string {
	return map[string]string{
		"leader":       nameOr(g.leader, "the leader"),
		"victim":       nameOr(g.victim, "the leader"),
		"successor":    nameOr(g.successor, "another server"),
		"term":         termOr(g.term, "its term"),
		"newTerm":      termOr(g.newTerm, "a higher term"),
		"downtime":     narrate.Milliseconds(g.downtime),
		"electionTime": narrate.Milliseconds(g.electedAt - g.crashedAt),
		"kept":         g.keptWords(),
	}
}
