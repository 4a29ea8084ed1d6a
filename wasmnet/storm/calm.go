package storm

import (
	"slices"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter is the calm after a storm. All faults end, or they end for a
// core of servers that can go on by themselves, and the others stay dead for good.

// calmDown ends the storm.
func (g *raging) calmDown() {
	g.calmFrom = len(g.commands)
	commands := endOfFaults(g.servers, g.world.Now())
	if g.chance.Chance(0.5) {
		commands = append(commands, g.deaths()...)
	}
	for _, c := range commands {
		g.do(c)
	}
}

// endOfFaults are the commands that end every fault there may be. Those that
// end none are refused.
func endOfFaults(servers int, at time.Duration) []trace.Command {
	settings := calm()
	commands := []trace.Command{
		{At: at, Kind: trace.SetNetwork, Network: &settings},
		{At: at, Kind: trace.HealAll},
	}
	for id := raft.ServerID(1); int(id) <= servers; id++ {
		commands = append(commands,
			trace.Command{At: at, Kind: trace.Resume, Server: id},
			trace.Command{At: at, Kind: trace.Restart, Server: id})
	}
	return commands
}

// deaths are the commands after which only a core of the servers goes on: some
// crash, some are paused, some are cut off, all for good.
func (g *raging) deaths() []trace.Command {
	var dead, alone []raft.ServerID
	var commands []trace.Command
	for _, id := range g.inAnyOrder() {
		up := func(other raft.ServerID) bool { return other != id && !slices.Contains(dead, other) }
		if g.chance.Chance(0.3) || !g.judge.members.canDecide(up) {
			continue
		}
		dead = append(dead, id)
		switch g.chance.Below(3) {
		case 0:
			commands = append(commands, trace.Command{Kind: trace.Crash, Server: id})
		case 1:
			commands = append(commands, trace.Command{Kind: trace.Pause, Server: id})
		default:
			alone = append(alone, id)
		}
	}
	if len(alone) > 0 {
		commands = append(commands, g.cutOff(alone))
	}
	return commands
}

func (g *raging) inAnyOrder() []raft.ServerID {
	var ids []raft.ServerID
	for id := 1; id <= g.servers; id++ {
		ids = slices.Insert(ids, int(g.chance.Below(int64(id))), raft.ServerID(id))
	}
	return ids
}

// cutOff puts some servers each on its own.
func (g *raging) cutOff(alone []raft.ServerID) trace.Command {
	c := trace.Command{Kind: trace.Split, Groups: make([][]raft.ServerID, 1)}
	for id := raft.ServerID(1); int(id) <= g.servers; id++ {
		if slices.Contains(alone, id) {
			c.Groups = append(c.Groups, []raft.ServerID{id})
		} else {
			c.Groups[0] = append(c.Groups[0], id)
		}
	}
	return c
}

// isDeath reports whether a command of a calm is one after which a server is
// dead.
func isDeath(c trace.Command) bool {
	return c.Kind == trace.Crash || c.Kind == trace.Pause || c.Kind == trace.Split
}

// deadAfter are the servers that the commands of a calm leave dead.
func deadAfter(calm []trace.Command) map[raft.ServerID]bool {
	dead := map[raft.ServerID]bool{}
	for _, c := range calm {
		switch c.Kind {
		case trace.Crash, trace.Pause:
			dead[c.Server] = true
		case trace.Split:
			for _, group := range c.Groups[1:] {
				for _, id := range group {
					dead[id] = true
				}
			}
		}
	}
	return dead
}
