package storm

import (
	"slices"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter changes the membership, in the middle of everything else. Most of
// the changes are refused, because the one before is under way or a server has
// not caught up.

func (g *raging) changeMembers() {
	status, ok := g.world.Status(g.world.Leader())
	if !ok {
		return
	}
	now := status.Configuration
	c := trace.Command{
		Kind: trace.Reconfigure, Joint: g.chance.Chance(0.3),
		Voters: slices.Clone(now.Voters), Learners: slices.Clone(now.Learners),
	}
	switch g.chance.Below(6) {
	case 0, 1:
		c.Learners = append(c.Learners, g.oneOf(g.outside(now))...)
	case 2, 3:
		promoted := g.oneOf(now.Learners)
		c.Voters = append(c.Voters, promoted...)
		c.Learners = without(c.Learners, promoted)
	case 4:
		g.retire(&c, g.oneOf(now.Voters))
	default:
		g.shuffle(&c)
	}
	g.do(c)
}

// removeLeader has the leader remove itself.
func (g *raging) removeLeader() {
	leader := g.world.Leader()
	if status, ok := g.world.Status(leader); ok {
		now := status.Configuration
		c := trace.Command{Kind: trace.Reconfigure, Voters: slices.Clone(now.Voters), Learners: slices.Clone(now.Learners)}
		g.retire(&c, []raft.ServerID{leader})
		g.do(c)
	}
}

// retire takes the vote from servers, and lets them learn on or go.
func (g *raging) retire(c *trace.Command, ids []raft.ServerID) {
	c.Voters = without(c.Voters, ids)
	if g.chance.Chance(0.3) {
		c.Learners = append(c.Learners, ids...)
	}
}

// shuffle lets every member be anything.
func (g *raging) shuffle(c *trace.Command) {
	all := append(c.Voters, c.Learners...)
	c.Voters, c.Learners = nil, nil
	for _, id := range all {
		switch chance := g.chance.Below(10); {
		case chance < 7:
			c.Voters = append(c.Voters, id)
		case chance < 9:
			c.Learners = append(c.Learners, id)
		}
	}
}

// outside are the servers that are no members.
func (g *raging) outside(c raft.Configuration) []raft.ServerID {
	return without(g.everybody(), c.Members())
}

func (g *raging) everybody() []raft.ServerID {
	var ids []raft.ServerID
	for id := raft.ServerID(1); int(id) <= g.servers; id++ {
		ids = append(ids, id)
	}
	return ids
}

// oneOf draws one of some servers; of none, none.
func (g *raging) oneOf(ids []raft.ServerID) []raft.ServerID {
	if len(ids) == 0 {
		return nil
	}
	i := g.chance.Below(int64(len(ids)))
	return ids[i : i+1]
}

func without(ids, gone []raft.ServerID) []raft.ServerID {
	return slices.DeleteFunc(slices.Clone(ids), func(id raft.ServerID) bool { return slices.Contains(gone, id) })
}
