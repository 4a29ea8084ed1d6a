package lesson

import (
	"bytes"
	"fmt"
	"time"

	"raftarium/game/narrate"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// partingPlan is "Two leaders?": the learner cuts the leader off from a majority, sees
// two leaders at once, writes to both sides, heals, and sees which write has
// survived.
func partingPlan() plan {
	return plan{
		id:     "split",
		header: header(partingSeed, 0, time.Second),
		ready:  leads,
		goal:   func(servers int) goal { return newParting(servers) },
		steps:  []string{"cut", "two", "small", "large", "heal", "torn"},
		hints: []string{"wait", "cut", "incomplete", "wrongSide", "healedEarly", "crashed",
			"waitTwo", "small", "large", "waitLarge", "heal", "waitTorn"},
		facts: []string{"old", "oldTerm", "new", "newTerm", "side", "others", "smallEntry", "largeEntry", "votes"},
	}
}

const partingSeed = 3

// leads reports whether a leader has committed the entry that opens its term,
// on every server.
func leads(m *trace.Model) bool {
	for i := range m.Servers {
		if m.Servers[i].CommitIndex == 0 {
			return false
		}
	}
	return true
}

// parting is the goal of "Two leaders?".
type parting struct {
	cut        []bool // by direction, from first
	servers    int
	committed  []raft.Index             // by server: how far it knows its log to be committed
	votes      map[ballot]raft.ServerID // whom each server voted for in each term
	votedTwice bool                     // a server has voted for two candidates in one term

	leader raft.ServerID // of the highest term so far
	term   raft.Term

	// Since the leader was cut off.
	side         []raft.ServerID // on its side, itself included; nil: it is not cut off
	old          raft.ServerID
	oldTerm      raft.Term
	successor    raft.ServerID // leader of the larger side, while the old one still leads its own
	newTerm      raft.Term
	small, large write
	healed       bool
	torn         bool
	astray       string
}

// ballot is a server's vote in a term.
type ballot struct {
	voter raft.ServerID
	term  raft.Term
}

// write is an entry that the learner's write became.
type write struct {
	entry    raft.Entry // with index 0: none yet
	answered bool
}

func newParting(servers int) *parting {
	return &parting{
		servers:   servers,
		cut:       make([]bool, servers*servers),
		committed: make([]raft.Index, servers),
		votes:     make(map[ballot]raft.ServerID),
	}
}

func (g *parting) observe(m *trace.Model, e *trace.Event) {
	switch e.Kind {
	case trace.LinkCut, trace.LinkHealed:
		g.cut[g.direction(raft.ServerID(e.From), raft.ServerID(e.To))] = e.Kind == trace.LinkCut
		g.onLinks()
	case trace.ServerCrashed:
		if !g.torn && (e.Server == g.old || e.Server == g.successor) && g.side != nil {
			g.startOver("crashed")
		}
	case trace.ClientReturned:
		g.onAnswer(e)
	case trace.ServerStep:
		g.onStep(m, &e.Core)
	}
}

func (g *parting) direction(from, to raft.ServerID) int { return int(from-1)*g.servers + int(to-1) }

func (g *parting) onStep(m *trace.Model, step *raft.Event) {
	switch step.Kind {
	case raft.VoteGranted:
		g.onVote(ballot{step.Server, step.Term}, step.Peer)
	case raft.BecameCandidate:
		g.onVote(ballot{step.Server, step.Term}, step.Server)
	case raft.BecameLeader:
		g.onLeader(m, step.Server, step.Term)
	case raft.EntryAppended:
		g.onAppend(step)
	case raft.CommitAdvanced:
		g.onCommit(m, step)
	case raft.LogTruncated:
		if g.healed && step.Server == g.old && step.Index <= g.small.entry.Index && g.small.entry.Index <= step.LastIndex {
			g.torn = true
		}
	}
}

// Links.

// onLinks looks at who is cut off from whom.
func (g *parting) onLinks() {
	switch {
	case g.torn || g.leader == raft.None:
	case g.side == nil:
		g.lookForCut()
	case !g.anyCut() && g.written():
		g.healed = true
	case !g.written() && !g.closed(g.side):
		g.startOver("healedEarly")
		g.lookForCut()
	}
}

// lookForCut sees whether the leader is cut off with a minority.
func (g *parting) lookForCut() {
	if !g.anyCut() {
		return
	}
	side := g.sideOf(g.leader)
	if g.astray == "wrongSide" {
		g.astray = ""
	}
	switch {
	case len(side) > g.servers/2 && g.someoneOff():
		g.astray = "wrongSide"
	case len(side) <= g.servers/2 && g.closed(side):
		g.side, g.old, g.oldTerm = side, g.leader, g.term
		g.astray = ""
	}
}

// sideOf are the servers with which a server can talk both ways, and itself.
func (g *parting) sideOf(id raft.ServerID) []raft.ServerID {
	var side []raft.ServerID
	for other := raft.ServerID(1); int(other) <= g.servers; other++ {
		if other == id || !g.cut[g.direction(id, other)] && !g.cut[g.direction(other, id)] {
			side = append(side, other)
		}
	}
	return side
}

// closed reports whether nothing gets into the group or out of it.
func (g *parting) closed(group []raft.ServerID) bool {
	inside := make([]bool, g.servers)
	for _, id := range group {
		inside[id-1] = true
	}
	for from := raft.ServerID(1); int(from) <= g.servers; from++ {
		for to := raft.ServerID(1); int(to) <= g.servers; to++ {
			if inside[from-1] != inside[to-1] && !g.cut[g.direction(from, to)] {
				return false
			}
		}
	}
	return true
}

// someoneOff reports whether the leader's side is closed: others are cut off.
func (g *parting) someoneOff() bool {
	side := g.sideOf(g.leader)
	return len(side) < g.servers && g.closed(side)
}

func (g *parting) anyCut() bool {
	for _, cut := range g.cut {
		if cut {
			return true
		}
	}
	return false
}

func (g *parting) onSide(id raft.ServerID) bool {
	for _, member := range g.side {
		if member == id {
			return true
		}
	}
	return false
}

// startOver forgets what was done since the cut.
func (g *parting) startOver(why string) {
	*g = parting{
		cut: g.cut, servers: g.servers, committed: g.committed, votes: g.votes,
		votedTwice: g.votedTwice, leader: g.leader, term: g.term, astray: why,
	}
}

// Leaders and writes.

func (g *parting) onLeader(m *trace.Model, id raft.ServerID, term raft.Term) {
	if term > g.term {
		g.leader, g.term = id, term
	}
	switch {
	case g.side == nil:
		g.lookForCut() // it may have been cut off before it was elected
	case g.successor == raft.None && !g.onSide(id) && term > g.oldTerm:
		old := &m.Servers[g.old-1]
		if old.Alive && old.Role == raft.Leader && old.Term == g.oldTerm {
			g.successor, g.newTerm = id, term
		}
	case !g.onSide(id) && term > g.newTerm && !g.large.answered:
		g.successor, g.newTerm, g.large = id, term, write{} // the larger side has elected once more
	}
}

// onVote notes whom a server votes for. A second vote in the same term would
// break the rule on which all this rests.
func (g *parting) onVote(b ballot, candidate raft.ServerID) {
	if former, voted := g.votes[b]; voted && former != candidate {
		g.votedTwice = true
	}
	g.votes[b] = candidate
}

func (g *parting) onAppend(step *raft.Event) {
	entry := step.Entry
	switch {
	case g.side == nil || g.healed || entry.Kind != raft.Command:
	case step.Server == g.old && entry.Term == g.oldTerm && g.small.entry.Index == 0:
		g.small.entry = entry
	case step.Server == g.successor && entry.Term == g.newTerm && !g.large.answered && !bytes.Equal(entry.Data, g.small.entry.Data):
		g.large.entry = entry
	}
}

// onAnswer notes that the write to the larger side was answered.
func (g *parting) onAnswer(e *trace.Event) {
	if g.large.entry.Index > 0 && !g.healed && bytes.Equal(e.Operation, g.large.entry.Data) {
		g.large.answered = true
	}
}

// onCommit notes how far each server has committed, if there is in its log what was
// written to the larger side.
func (g *parting) onCommit(m *trace.Model, step *raft.Event) {
	log := m.Servers[step.Server-1].Log
	at := int(g.large.entry.Index) - 1
	if at >= 0 && at < len(log) && log[at].Term == g.newTerm {
		g.committed[step.Server-1] = step.LastIndex
	}
}

// written reports whether there is a write on both sides.
func (g *parting) written() bool {
	return g.successor != raft.None && g.small.entry.Index > 0 && g.large.answered
}

// everywhere reports whether all servers have committed the write to the
// larger side.
func (g *parting) everywhere() bool {
	for _, committed := range g.committed {
		if committed < g.large.entry.Index {
			return false
		}
	}
	return g.large.entry.Index > 0
}

func (g *parting) steps() []bool {
	return []bool{
		g.side != nil, g.successor != raft.None, g.small.entry.Index > 0, g.large.answered,
		g.healed, g.torn && g.everywhere() && !g.votedTwice,
	}
}

func (g *parting) missing() (string, bool) {
	switch {
	case g.astray != "":
		return g.astray, true
	case g.leader == raft.None:
		return "wait", false
	case g.side == nil && g.anyCut():
		return "incomplete", false
	case g.side == nil:
		return "cut", false
	case g.successor == raft.None:
		return "waitTwo", false
	case g.small.entry.Index == 0:
		return "small", false
	case g.large.entry.Index == 0:
		return "large", false
	case !g.large.answered:
		return "waitLarge", false
	case !g.healed:
		return "heal", false
	}
	return "waitTorn", false
}

func (g *parting) facts() map[string]string {
	old := g.old
	if old == raft.None {
		old = g.leader
	}
	return map[string]string{
		"old":        nameOr(old, "the leader"),
		"oldTerm":    termOr(g.oldTerm, "its term"),
		"new":        nameOr(g.successor, "the leader of the larger side"),
		"newTerm":    termOr(g.newTerm, "a higher term"),
		"side":       narrate.Servers(g.side),
		"others":     narrate.Servers(g.others()),
		"smallEntry": fmt.Sprintf("entry %d", g.small.entry.Index),
		"largeEntry": fmt.Sprintf("entry %d", g.large.entry.Index),
		"votes":      narrate.Count(len(g.votes), "vote", "votes"),
	}
}

func (g *parting) others() []raft.ServerID {
	var others []raft.ServerID
	for id := raft.ServerID(1); int(id) <= g.servers; id++ {
		if !g.onSide(id) {
			others = append(others, id)
		}
	}
	return others
}

// right is the third choice: two leaders, each in a term of its own.
func (g *parting) right() int { return 2 }
