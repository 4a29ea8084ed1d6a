package trace

import (
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
)

// Here any valid event is made up, with every field that its kind may have.

func anyHeader() *rapid.Generator[Header] {
	return rapid.Custom(func(t *rapid.T) Header {
		servers := rapid.IntRange(1, MaxServers).Draw(t, "servers")
		return Header{
			Version:  Version,
			Scenario: rapid.String().Draw(t, "scenario"),
			Servers:  servers,
			Clients:  rapid.IntRange(0, MaxClients).Draw(t, "clients"),
			Seed:     rapid.Uint64().Draw(t, "seed"),
			Timing: Timing{
				ElectionTimeoutMin: anyDuration(t, "min"), ElectionTimeoutMax: anyDuration(t, "max"),
				HeartbeatInterval: anyDuration(t, "heartbeat"), ClientInterval: anyDuration(t, "client"),
			},
			Network:  *anyNetwork(t),
			Disk:     Disk{SyncLatency: anyDuration(t, "sync"), SyncJitter: anyDuration(t, "sync jitter")},
			Features: anyFeatures(t, servers),
		}
	})
}

func anyFeatures(t *rapid.T, servers int) Features {
	bound, drift := rapid.IntMin(0), rapid.Float64Range(0, MaxDrift)
	return Features{
		PreVote: rapid.Bool().Draw(t, "preVote"), CheckQuorum: rapid.Bool().Draw(t, "checkQuorum"), Stickiness: true,
		MaxInFlight: bound.Draw(t, "in flight"), MaxBatchBytes: bound.Draw(t, "batch"), SnapshotBytes: bound.Draw(t, "snapshot"),
		Reads:         rapid.SampledFrom([]Reads{LogRead, IndexRead, LeaseRead}).Draw(t, "reads"),
		MaxClockDrift: drift.Draw(t, "believed"), ClockDrift: drift.Draw(t, "real"),
		Spares: rapid.IntRange(0, servers-1).Draw(t, "spares"),
	}
}

func anyDuration(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.Int64Min(0).Draw(t, label))
}

func anyNetwork(t *rapid.T) *Network {
	part := rapid.Float64Range(0, 1)
	return &Network{
		Latency: anyDuration(t, "latency"), Jitter: anyDuration(t, "jitter"),
		Loss: part.Draw(t, "loss"), Duplicate: part.Draw(t, "duplicate"), Reorder: part.Draw(t, "reorder"),
	}
}

func anyServer(t *rapid.T, h *Header, label string) raft.ServerID {
	return raft.ServerID(rapid.IntRange(1, h.Servers).Draw(t, label))
}

func anyServerOrNone(t *rapid.T, h *Header, label string) raft.ServerID {
	return raft.ServerID(rapid.IntRange(0, h.Servers).Draw(t, label))
}

func anyClient(t *rapid.T, h *Header, label string) NodeID {
	return NodeID(-rapid.IntRange(1, h.Clients+1).Draw(t, label))
}

func anyNode(t *rapid.T, h *Header, label string) NodeID {
	if rapid.Bool().Draw(t, label+" is a client") {
		return anyClient(t, h, label)
	}
	return NodeID(anyServer(t, h, label))
}

func anyTerm(t *rapid.T, label string) raft.Term { return raft.Term(rapid.Uint64().Draw(t, label)) }

func anyIndex(t *rapid.T, label string) raft.Index { return raft.Index(rapid.Uint64().Draw(t, label)) }

// anyBytes is nil or has at least one byte: a trace does not tell the two kinds
// of nothing apart.
func anyBytes(t *rapid.T, label string) []byte {
	data := rapid.SliceOf(rapid.Byte()).Draw(t, label)
	if len(data) == 0 {
		return nil
	}
	return data
}

func anyEntry(t *rapid.T) raft.Entry {
	return raft.Entry{
		Index: anyIndex(t, "index") | 1, Term: anyTerm(t, "term"),
		Kind: raft.EntryKind(rapid.IntRange(0, int(raft.NoOp)).Draw(t, "kind")), Data: anyBytes(t, "data"),
	}
}

func anyMessage(t *rapid.T, h *Header) any {
	switch rapid.IntRange(0, 11).Draw(t, "type") {
	case 0:
		return raft.RequestVote{
			Term: anyTerm(t, "term"), Candidate: anyServer(t, h, "candidate"),
			LastLogIndex: anyIndex(t, "last"), LastLogTerm: anyTerm(t, "lastTerm"),
			PreVote: rapid.Bool().Draw(t, "preVote"), Transfer: rapid.Bool().Draw(t, "transfer"),
		}
	case 1:
		return raft.RequestVoteReply{Term: anyTerm(t, "term"), VoteGranted: rapid.Bool().Draw(t, "granted")}
	case 2:
		m := raft.AppendEntries{
			Term: anyTerm(t, "term"), Leader: anyServer(t, h, "leader"), PrevLogIndex: anyIndex(t, "prev"),
			PrevLogTerm: anyTerm(t, "prevTerm"), LeaderCommit: anyIndex(t, "commit"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			m.Entries = append(m.Entries, anyEntry(t))
		}
		return m
	case 3:
		return raft.AppendEntriesReply{
			Term: anyTerm(t, "term"), Success: rapid.Bool().Draw(t, "success"),
			ConflictTerm: anyTerm(t, "conflictTerm"), ConflictIndex: anyIndex(t, "conflictIndex"),
		}
	case 4:
		return ClientRequest{Serial: rapid.Uint64().Draw(t, "serial"), Operation: anyBytes(t, "operation")}
	case 5:
		return raft.InstallSnapshot{
			Term: anyTerm(t, "term"), Leader: anyServer(t, h, "leader"),
			LastIncludedIndex: anyIndex(t, "index"), LastIncludedTerm: anyTerm(t, "lastTerm"),
			Offset: rapid.IntMin(0).Draw(t, "offset"), Data: anyBytes(t, "data"), Done: rapid.Bool().Draw(t, "done"),
		}
	case 6:
		return raft.InstallSnapshotReply{
			Term: anyTerm(t, "term"), Received: rapid.IntMin(0).Draw(t, "received"), Installed: rapid.Bool().Draw(t, "installed"),
		}
	case 7:
		return raft.TimeoutNow{Term: anyTerm(t, "term"), Leader: anyServer(t, h, "leader")}
	case 9:
		return raft.ReadIndex{Term: anyTerm(t, "term"), Server: anyServer(t, h, "server")}
	case 10:
		return raft.ReadIndexReply{Term: anyTerm(t, "term"), Index: anyIndex(t, "index"), OK: rapid.Bool().Draw(t, "ok")}
	case 8:
		return raft.TimeoutNowReply{Term: anyTerm(t, "term")}
	}
	return ClientReply{
		Serial: rapid.Uint64().Draw(t, "serial"), OK: rapid.Bool().Draw(t, "ok"),
		Result: anyBytes(t, "result"), Leader: anyServerOrNone(t, h, "leader"),
	}
}

func anyCommand(t *rapid.T, h *Header) *Command {
	c := &Command{
		At:     anyDuration(t, "at"),
		Kind:   CommandKind(rapid.IntRange(int(Crash), int(Wipe)).Draw(t, "command")),
		Server: anyServerOrNone(t, h, "server"), From: anyServerOrNone(t, h, "from"), To: anyServerOrNone(t, h, "to"),
		Packet: PacketID(rapid.Uint64().Draw(t, "packet")), For: anyDuration(t, "for"),
		Key: rapid.String().Draw(t, "key"), Value: rapid.String().Draw(t, "value"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "groups") {
		group := []raft.ServerID{}
		for range rapid.IntRange(0, 3).Draw(t, "group") {
			group = append(group, anyServer(t, h, "member"))
		}
		c.Groups = append(c.Groups, group)
	}
	if rapid.Bool().Draw(t, "has settings") {
		c.Network = anyNetwork(t)
	}
	if rapid.Bool().Draw(t, "has members") {
		c.Voters, c.Learners = []raft.ServerID{anyServer(t, h, "voter")}, []raft.ServerID{anyServer(t, h, "learner")}
		c.Joint = rapid.Bool().Draw(t, "joint")
	}
	return c
}

func anyConfiguration(t *rapid.T, h *Header) *raft.Configuration {
	c := &raft.Configuration{Voters: []raft.ServerID{anyServer(t, h, "voter")}}
	if rapid.Bool().Draw(t, "joint") {
		c.Outgoing = []raft.ServerID{anyServer(t, h, "outgoing")}
	}
	if rapid.Bool().Draw(t, "has learners") {
		c.Learners = []raft.ServerID{anyServer(t, h, "learner"), anyServer(t, h, "learner")}
	}
	return c
}

func anyStep(t *rapid.T, h *Header) raft.Event {
	step := raft.Event{
		Kind:   raft.EventKind(rapid.IntRange(int(raft.Started), int(raft.ReadBegan)).Draw(t, "step")),
		Server: anyServer(t, h, "server"), Term: anyTerm(t, "term"), Peer: anyServer(t, h, "peer"),
		Reason: raft.Reason(rapid.IntRange(0, int(raft.HeldLease)).Draw(t, "why")),
		Index:  anyIndex(t, "index") | 1, EntryTerm: anyTerm(t, "entryTerm"),
		PeerIndex: anyIndex(t, "peerIndex"), PeerTerm: anyTerm(t, "peerTerm"), RequestTerm: anyTerm(t, "requestTerm"),
		VotedFor: anyServerOrNone(t, h, "votedFor"), Timeout: anyDuration(t, "timeout"),
		Read: rapid.Uint64().Draw(t, "read"),
	}
	step.LastIndex = max(step.Index, anyIndex(t, "lastIndex"))
	step.SnapshotIndex = anyIndex(t, "snapshotIndex")
	if step.Kind == raft.MembershipChanged || rapid.Bool().Draw(t, "has members") {
		step.Configuration = anyConfiguration(t, h)
	}
	if rapid.Bool().Draw(t, "has a snapshot") {
		step.Snapshot = &raft.Snapshot{Index: anyIndex(t, "snapshot") | 1, Term: anyTerm(t, "snapshot term") | 1, Configuration: *anyConfiguration(t, h), Data: []byte{1}}
	}
	if step.Kind == raft.EntryAppended || step.Kind == raft.EntryApplied {
		step.Entry = anyEntry(t)
		step.Entry.Index, step.Entry.Term = step.Index, step.EntryTerm
	}
	return step
}

// anyEvent is any event of the given kind that is valid by itself.
func anyEvent(t *rapid.T, h *Header, kind Kind) Event {
	e := Event{
		At: anyDuration(t, "at"), Kind: kind,
		Reason:   Reason(rapid.IntRange(int(Lost), int(Gone)).Draw(t, "reason")),
		Survived: rapid.Bool().Draw(t, "survived"),
		Server:   anyServer(t, h, "server"), From: anyNode(t, h, "from"), To: anyNode(t, h, "to"),
		Packet: PacketID(rapid.Uint64Min(1).Draw(t, "packet")), Original: PacketID(rapid.Uint64().Draw(t, "original")),
		InReplyTo: PacketID(rapid.Uint64().Draw(t, "inReplyTo")),
		Operation: anyBytes(t, "operation"), Result: anyBytes(t, "result"),
	}
	e.ArrivesAt = max(e.At, anyDuration(t, "arrivesAt"))
	switch kind {
	case ServerStep:
		e.Core = anyStep(t, h)
	case CommandTaken:
		e.Command = anyCommand(t, h)
	case PacketSent, PacketDuplicated:
		e.Message = anyMessage(t, h)
	case NetworkChanged:
		e.Network = anyNetwork(t)
	case LinkCut, LinkHealed:
		e.From, e.To = NodeID(anyServer(t, h, "cut from")), NodeID(anyServer(t, h, "cut to"))
	case ClientInvoked, ClientReturned:
		e.From = anyClient(t, h, "client")
	}
	return e
}
