package narrate

import (
	"fmt"
	"sort"
	"strings"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// This chapter tells what befalls processes, packets and links from outside,
// and what clients see.

// tellCommand tells only the commands whose effects do not speak for
// themselves.
func (n *Narrator) tellCommand(e *trace.Event) Line {
	line := Line{Kind: Network, Weight: Loud}
	n.silentAt = -1
	switch {
	case e.Reason == trace.Gone:
		line.Text = "Too late: that packet is no longer on its way."
	case e.Command.Kind == trace.Split:
		n.silentAt = e.At
		line.Text = "The network was split: " + groups(e.Command.Groups) + "."
	case e.Command.Kind == trace.HealAll:
		n.silentAt = e.At
		line.Text = "Every link works again."
	}
	return line
}

func groups(ids [][]raft.ServerID) string {
	words := make([]string, len(ids))
	for i, group := range ids {
		words[i] = Servers(group)
	}
	return strings.Join(words, " | ")
}

// Links.

func (n *Narrator) tellLink(e *trace.Event) Line {
	line := Line{Kind: Network, Weight: Loud, Server: raft.ServerID(e.From)}
	n.forgetLosses(func(l loss) bool { return l.from == e.From && l.to == e.To })
	if n.silentAt == e.At {
		return Line{} // the command said it
	}
	if e.Kind == trace.LinkHealed {
		line.Text = fmt.Sprintf("The link from %s to %s works again.", Node(e.From), Node(e.To))
	} else {
		line.Text = fmt.Sprintf("The link from %s to %s was cut: nothing gets through in that direction.", Node(e.From), Node(e.To))
	}
	return line
}

func tellNetwork(settings *trace.Network) string {
	text := fmt.Sprintf("The network now takes %s to %s a packet", Milliseconds(settings.Latency), Milliseconds(settings.Latency+settings.Jitter))
	var more []string
	for _, part := range []struct {
		part float64
		does string
	}{{settings.Loss, "loses"}, {settings.Duplicate, "doubles"}, {settings.Reorder, "holds up"}} {
		if part.part > 0 {
			more = append(more, fmt.Sprintf("%s %.3g %%", part.does, 100*part.part))
		}
	}
	if len(more) == 0 {
		return text + " and loses none."
	}
	return text + ", and " + row(more) + " of them."
}

// Packets.

// tellDrop tells how a packet died. What happens again with every heartbeat,
// as on a cut link, is told once for each kind of packet.
func (n *Narrator) tellDrop(m *trace.Model, e *trace.Event) Line {
	what := packetName(m, e)
	line := Line{Kind: Network, Weight: Plain, Server: sender(e.From)}
	again := loss{from: e.From, to: e.To, what: what}
	switch e.Reason {
	case trace.ByCommand:
		line.Weight = Loud
		line.Text = fmt.Sprintf("You dropped %s on its way to %s.", what, Node(e.To))
		return line
	case trace.Lost:
		line.Text = fmt.Sprintf("The network lost %s on its way to %s.", what, Node(e.To))
		return line
	case trace.LinkWasCut:
		line.Text = fmt.Sprintf("%s did not get through to %s: the link is cut.", what, Node(e.To))
	case trace.ServerDown:
		line.Text = fmt.Sprintf("%s found nobody at %s, which has crashed.", what, Node(e.To))
	default:
		return Line{}
	}
	if n.told[again] {
		return Line{}
	}
	n.told[again] = true
	return line
}

func (n *Narrator) forgetLosses(over func(loss) bool) {
	for l := range n.told {
		if over(l) {
			delete(n.told, l)
		}
	}
}

func tellPacket(m *trace.Model, e *trace.Event) Line {
	what := packetName(m, e)
	line := Line{Kind: Network, Weight: Plain, Server: sender(e.From)}
	if e.Kind == trace.PacketDuplicated {
		line.Text = fmt.Sprintf("A second copy of %s is on its way to %s.", what, Node(e.To))
		return line
	}
	line.Text = fmt.Sprintf("You held up %s: it will reach %s at %s s.", what, Node(e.To), Clock(e.ArrivesAt))
	return line
}

func sender(from trace.NodeID) raft.ServerID {
	if from < 0 {
		return raft.None
	}
	return raft.ServerID(from)
}

// packetName is what a packet is: "S1's heartbeat", "S3's vote".
func packetName(m *trace.Model, e *trace.Event) string {
	message := e.Message
	if message == nil {
		message = inFlight(m, e.Packet)
	}
	return Node(e.From) + "'s " + Message(message)
}

func inFlight(m *trace.Model, id trace.PacketID) any {
	place := sort.Search(len(m.Packets), func(i int) bool { return m.Packets[i].ID >= id })
	if place == len(m.Packets) || m.Packets[place].ID != id {
		return nil
	}
	return m.Packets[place].Message
}

// Message is what a packet carries, in two or three words: "heartbeat",
// "request for a vote".
func Message(message any) string {
	switch message := message.(type) {
	case raft.RequestVote:
		return "request for a vote"
	case raft.RequestVoteReply:
		if message.VoteGranted {
			return "vote"
		}
		return "refusal to vote"
	case raft.AppendEntries:
		if len(message.Entries) == 0 {
			return "heartbeat"
		}
		return entries(message.Entries[0].Index, message.Entries[len(message.Entries)-1].Index)
	case raft.AppendEntriesReply:
		return "answer"
	case raft.InstallSnapshot:
		return "snapshot"
	case raft.TimeoutNow:
		return "call to take over"
	case raft.ReadIndex:
		return "question about a read"
	case raft.InstallSnapshotReply, raft.TimeoutNowReply, raft.ReadIndexReply:
		return "answer"
	case trace.ClientRequest:
		return "request"
	case trace.ClientReply:
		return "answer to a client"
	}
	return "packet"
}

// Processes.

func (n *Narrator) tellProcess(m *trace.Model, e *trace.Event) Line {
	s := &m.Servers[e.Server-1]
	line := Line{Kind: Process, Weight: Loud, Server: e.Server, Term: s.Term}
	name := Server(e.Server)
	switch e.Kind {
	case trace.ServerCrashed:
		line.Text = tellCrash(s, e.Survived)
	case trace.ServerRestarted:
		n.forgetLosses(func(l loss) bool { return l.to == trace.NodeID(e.Server) })
		line.Text = name + " was started again."
	case trace.DiskWiped:
		line.Text = name + "'s disk was wiped: all that it promised is forgotten."
	case trace.ServerPaused:
		line.Text = name + " was paused: it stands still and does not know it."
		if s.Role == raft.Leader {
			line.Text = fmt.Sprintf("%s, leader of term %d, was paused: its heartbeats stop.", name, s.Term)
		}
	case trace.ServerResumed:
		line.Text = name + " runs on from where it was paused."
		if s.Role == raft.Leader {
			line.Text = name + " runs on from where it was paused, and still takes itself for the leader."
		}
	}
	return line
}

func tellCrash(s *trace.Server, survived bool) string {
	text := Server(s.ID) + " crashed."
	switch s.Role {
	case raft.Leader:
		text = fmt.Sprintf("%s, leader of term %d, crashed.", Server(s.ID), s.Term)
	case raft.Candidate:
		text = fmt.Sprintf("%s crashed in the middle of its election.", Server(s.ID))
	}
	switch {
	case s.Writing == nil:
		return text
	case survived:
		return text + " What it was writing did reach the disk."
	}
	return text + " What it was writing did not reach the disk."
}

// Clients.

func (n *Narrator) tellClient(m *trace.Model, e *trace.Event) Line {
	client := &m.Clients[-1-e.From]
	line := Line{Kind: Client, Weight: Plain}
	mine := e.From == n.user
	what := Operation(e.Operation)
	switch {
	case e.Kind == trace.ClientReturned:
		line.Text = tellAnswer(n.who(e.From), what, e, client)
		if mine {
			line.Weight = Loud
		}
	case mine && client.Operation != nil:
		line.Text = fmt.Sprintf("You gave up waiting for %s, which nobody answered, and now ask for %s.", Operation(client.Operation), what)
	case mine:
		line.Text = fmt.Sprintf("You ask for %s.", what)
	default:
		line.Text = fmt.Sprintf("%s asks for %s.", Node(e.From), what)
	}
	return line
}

// who is a client's name at the start of a sentence.
func (n *Narrator) who(id trace.NodeID) string {
	if id == n.user {
		return "You"
	}
	return Node(id)
}

func tellAnswer(who, what string, e *trace.Event, client *trace.Client) string {
	got := "got an answer"
	if who == "You" {
		got = "have an answer"
	}
	after := Milliseconds(e.At - client.Since)
	return fmt.Sprintf("%s %s after %s: %s.", who, got, after, outcome(what, e))
}

// outcome is what an answer says.
func outcome(what string, e *trace.Event) string {
	o, err := kv.Decode(e.Operation)
	r, errResult := kv.DecodeResult(e.Result)
	switch {
	case err != nil || errResult != nil || r.Refused != kv.Accepted:
		return what + " was not understood"
	case o.Kind == kv.Put:
		return what + " is done"
	case o.Kind == kv.CompareAndSwap && r.Swapped:
		return value(o.Key) + " = " + value(o.Value) + " is done"
	case o.Kind == kv.CompareAndSwap:
		return value(o.Key) + " was left alone, since it held " + held(r)
	}
	return value(o.Key) + " holds " + held(r)
}

func held(r kv.Result) string {
	if !r.Found {
		return "nothing"
	}
	return value(r.Value)
}
