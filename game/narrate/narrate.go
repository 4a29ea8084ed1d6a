// Package narrate puts a run into words: it makes one English sentence of every
// event of the trace that deserves one, with the reason why it happened.
//
// line.go says what a sentence carries; core.go tells the steps of the servers,
// world.go what befalls processes, packets, links and clients; words.go has the
// small change of the language.
package narrate

import (
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// Kind says what a sentence is about, for the reader to sort by.
type Kind string

// The kinds.
const (
	Election  Kind = "election"
	Log       Kind = "log"
	Commit    Kind = "commit"
	Network   Kind = "network"
	Process   Kind = "process"
	Client    Kind = "client"
	Violation Kind = "violation"
)

// Weight says how much a sentence matters.
type Weight uint8

// The weights.
const (
	Whisper Weight = iota // worth a line only for someone who goes through the run step by step
	Plain                 // worth a line
	Loud                  // worth being read out to someone who cannot see
)

// Line is an event in words.
type Line struct {
	Kind   Kind
	Weight Weight
	Of     trace.Kind    // what kind of event it tells
	Server raft.ServerID // whom it is about, or None
	Term   raft.Term     // the term it belongs to, or 0
	Text   string        // one sentence, or two short ones
}

// Narrator tells one run. It remembers a little of what it has told, so as
// not to tell the same thing at every heartbeat. Use [New] to make one.
type Narrator struct {
	user     trace.NodeID
	silentAt time.Duration // when a command spoke for all links that it changed
	told     map[loss]bool
}

// loss is one way in which packets get lost again and again.
type loss struct {
	from, to trace.NodeID
	what     string
}

// New returns the narrator of a run with the given header.
func New(h trace.Header) *Narrator {
	return &Narrator{user: trace.NodeID(-h.Clients - 1), silentAt: -1, told: make(map[loss]bool)}
}

// Tell puts an event into words; false if it deserves none. m is the cluster
// as it was just before the event.
func (n *Narrator) Tell(m *trace.Model, e *trace.Event) (Line, bool) {
	line := n.tell(m, e)
	line.Of = e.Kind
	return line, line.Text != ""
}

func (n *Narrator) tell(m *trace.Model, e *trace.Event) Line {
	switch e.Kind {
	case trace.ServerStep:
		return tellStep(m, e)
	case trace.CommandTaken:
		return n.tellCommand(e)
	case trace.PacketDropped:
		return n.tellDrop(m, e)
	case trace.PacketDuplicated, trace.PacketDelayed:
		return tellPacket(m, e)
	case trace.LinkCut, trace.LinkHealed:
		return n.tellLink(e)
	case trace.NetworkChanged:
		return Line{Kind: Network, Weight: Loud, Text: tellNetwork(e.Network)}
	case trace.ServerCrashed, trace.ServerRestarted, trace.ServerPaused, trace.ServerResumed, trace.DiskWiped:
		return n.tellProcess(m, e)
	case trace.ClientInvoked, trace.ClientReturned:
		return n.tellClient(m, e)
	}
	return Line{}
}

// Violated is the line of a rule that was broken.
func Violated(rule, text string, server raft.ServerID, term raft.Term) Line {
	return Line{
		Kind: Violation, Weight: Loud, Server: server, Term: term,
		Text: "Not safe! " + rule + " was violated: " + Sentence(text),
	}
}
