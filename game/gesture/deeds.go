package gesture

import (
	"raftarium/game/scene"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// OnTap appends the commands that a click on a target gives: a server that
// runs crashes, one that is down restarts, one that is paused goes on; a packet is dropped;
// the control of a wall heals its link.
func OnTap(commands []trace.Command, model *trace.Model, target scene.Target) []trace.Command {
	switch target.Kind {
	case scene.OnServer:
		return append(commands, trace.Command{Kind: serverDeed(&model.Servers[target.Server-1]), Server: target.Server})
	case scene.OnPacket:
		return append(commands, trace.Command{Kind: trace.Drop, Packet: target.Packet})
	case scene.OnHeal:
		return heal(commands, model, target.From, target.To)
	}
	return commands
}

func serverDeed(server *trace.Server) trace.CommandKind {
	switch {
	case !server.Alive:
		return trace.Restart
	case server.Paused:
		return trace.Resume
	}
	return trace.Crash
}

// OnStroke appends the commands that a stroke gives: what it crosses is cut
// both ways, or healed if it crosses nothing but cut links.
func OnStroke(commands []trace.Command, model *trace.Model, crossed []scene.Pair, healing bool) []trace.Command {
	for _, pair := range crossed {
		if healing {
			commands = heal(commands, model, pair.From, pair.To)
			continue
		}
		commands = cut(commands, model, pair.From, pair.To)
		commands = cut(commands, model, pair.To, pair.From)
	}
	return commands
}

func cut(commands []trace.Command, model *trace.Model, from, to raft.ServerID) []trace.Command {
	if model.IsCut(from, to) {
		return commands
	}
	return append(commands, trace.Command{Kind: trace.Cut, From: from, To: to})
}

func heal(commands []trace.Command, model *trace.Model, a, b raft.ServerID) []trace.Command {
	if model.IsCut(a, b) {
		commands = append(commands, trace.Command{Kind: trace.Heal, From: a, To: b})
	}
	if model.IsCut(b, a) {
		commands = append(commands, trace.Command{Kind: trace.Heal, From: b, To: a})
	}
	return commands
}
