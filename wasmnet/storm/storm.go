package storm

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/random"
)

// Storm says which storm. Two storms of the same fields are the same, event by
// event.
type Storm struct {
	Seed    uint64
	Servers int           // spare ones included; 0: drawn from the seed
	For     time.Duration // how long it lasts, in virtual time, the calm not counted
}

// Outcome is what came of a storm.
type Outcome struct {
	Run       wasmnet.Run // repeats it
	CalmFrom  int         // index of the first command of the calm
	Violation *Violation  // nil: every rule held
	Events    int
	Completed int // operations of clients that were answered
	Steps     Steps
}

// Steps is how often each step of the core was taken.
type Steps [64]int

// Of is how often the step of that kind was taken.
func (s *Steps) Of(kind raft.EventKind) int { return s[kind] }

// Rage makes the storm happen.
func (s Storm) Rage() (Outcome, error) {
	chance := newChance(s.Seed)
	header := drawHeader(s.Seed, s.Servers, chance)
	judge := newJudge(header)
	world, err := wasmnet.New(header, judge.observe)
	if err != nil {
		return Outcome{}, err
	}
	defer world.Close()
	g := &raging{
		world: world, judge: judge, chance: chance, weather: drawWeather(chance, header),
		servers: header.Servers,
	}
	judge.during(func() {
		g.rage(s.For)
		g.calmDown()
		judge.recover(world, deadAfter(g.commands[g.calmFrom:]))
	})
	judge.finish(world.Now())
	return judge.outcome(wasmnet.Run{Header: header, Commands: g.commands, For: world.Now()}, g.calmFrom), nil
}

// raging is a storm while it happens.
type raging struct {
	world    *wasmnet.World
	judge    *judge
	chance   *random.Stream
	weather  weather
	servers  int
	recovery []trace.Command // what ends faults that have begun, by time
	commands []trace.Command // what was done so far
	calmFrom int
	writes   int
}

// rage lets faults happen until the given time.
func (g *raging) rage(until time.Duration) {
	for g.judge.fine() {
		next := g.world.Now() + g.between(0, 2*g.weather.pause)
		if len(g.recovery) > 0 && g.recovery[0].At <= next {
			c := g.recovery[0]
			g.recovery = g.recovery[1:]
			if c.At > until {
				break
			}
			g.runUntil(c.At)
			g.do(c)
			continue
		}
		if next > until {
			break
		}
		g.runUntil(next)
		if g.judge.fine() {
			g.happen(g.weather.draw(g.chance))
		}
	}
	g.runUntil(until)
}

func (g *raging) runUntil(t time.Duration) {
	g.world.RunUntil(max(t, g.world.Now()), g.judge.fine)
}

// do gives the world a command, which it refuses if an earlier fault has made
// it impossible.
func (g *raging) do(c trace.Command) {
	if !g.judge.fine() || g.world.Do(c) != nil {
		return
	}
	c.At = g.world.Now()
	g.commands = append(g.commands, c)
}

// later has a command done after a random time.
func (g *raging) later(c trace.Command) {
	c.At = g.world.Now() + g.between(time.Millisecond, g.weather.recovery)
	at, _ := slices.BinarySearchFunc(g.recovery, c, func(a, b trace.Command) int { return cmp.Compare(a.At, b.At+1) })
	g.recovery = slices.Insert(g.recovery, at, c)
}

// happen makes one fault happen.
func (g *raging) happen(f fault) {
	switch f {
	case crashOne:
		g.crash(g.anyServer())
	case crashLeader:
		g.crash(g.leader())
	case crashMany:
		for id := range g.servers {
			if g.chance.Chance(0.7) {
				g.crash(raft.ServerID(id + 1))
			}
		}
	case pauseOne:
		g.pause(g.anyServer())
	case pauseLeader:
		g.pause(g.leader())
	case dropPackets:
		g.toPackets(trace.Command{Kind: trace.Drop})
	case duplicatePackets:
		g.toPackets(trace.Command{Kind: trace.Duplicate})
	case delayPackets:
		g.toPackets(trace.Command{Kind: trace.Delay, For: g.between(time.Millisecond, time.Second)})
	case delayReplies:
		g.toPackets(trace.Command{Kind: trace.Delay, For: g.between(100*time.Millisecond, 300*time.Millisecond)})
	case forceElection:
		g.do(trace.Command{Kind: trace.TimeOut, Server: g.anyServer()})
	case changeNetwork:
		settings := drawNetwork(g.chance)
		g.do(trace.Command{Kind: trace.SetNetwork, Network: &settings})
	case userWrites:
		g.write()
	case transferLeadership:
		g.transfer()
	case changeMembership:
		g.changeMembers()
	case removeLeader:
		g.removeLeader()
	case takeSnapshots:
		for id := range g.servers {
			if g.chance.Chance(0.7) {
				g.do(trace.Command{Kind: trace.Snapshot, Server: raft.ServerID(id + 1)})
			}
		}
	default:
		g.scatter(f)
	}
}

func (g *raging) crash(id raft.ServerID) {
	g.do(trace.Command{Kind: trace.Crash, Server: id})
	g.later(trace.Command{Kind: trace.Restart, Server: id})
}

func (g *raging) pause(id raft.ServerID) {
	g.do(trace.Command{Kind: trace.Pause, Server: id})
	g.later(trace.Command{Kind: trace.Resume, Server: id})
}

// write has the user write, sometimes by way of whoever leads, or led.
func (g *raging) write() {
	g.writes++
	c := trace.Command{Kind: trace.Write, Key: "x", Value: "u" + strconv.Itoa(g.writes)}
	if g.chance.Chance(0.5) {
		c.Server = g.leader()
	}
	g.do(c)
}

// transfer has the leader hand over to any other server.
func (g *raging) transfer() {
	if others := without(g.everybody(), []raft.ServerID{g.world.Leader()}); len(others) > 0 {
		g.do(trace.Command{Kind: trace.Transfer, Server: g.oneOf(others)[0]})
	}
}

// toPackets gives a command to some of the packets in flight.
func (g *raging) toPackets(c trace.Command) {
	inFlight := g.world.PacketsInFlight()
	for range min(int64(len(inFlight)), g.chance.Between(1, 5)) {
		c.Packet = inFlight[g.chance.Below(int64(len(inFlight)))]
		g.do(c)
	}
}

// scatter changes which links work.
func (g *raging) scatter(f fault) {
	switch f {
	case cutOne:
		g.cut(g.anyServer(), g.anyServer())
	case cutIncoming, cutOutgoing:
		id := g.anyServer()
		for other := range g.servers {
			from, to := raft.ServerID(other+1), id
			if f == cutOutgoing {
				from, to = to, from
			}
			if g.chance.Chance(0.8) {
				g.cut(from, to)
			}
		}
	case splitInTwo:
		g.split(func(raft.ServerID) int { return int(g.chance.Below(2)) }, 2)
	case splitAtRandom:
		g.split(func(raft.ServerID) int { return int(g.chance.Below(int64(g.servers))) }, g.servers)
	case splitAroundOne:
		g.bridge(g.anyServer())
	case isolateOne:
		g.isolate(g.anyServer())
	case isolateLeader:
		g.isolate(g.leader())
	case ringOfMajorities:
		g.ring()
	case healEverything:
		g.do(trace.Command{Kind: trace.HealAll})
	}
}

func (g *raging) cut(from, to raft.ServerID) {
	g.do(trace.Command{Kind: trace.Cut, From: from, To: to})
	g.later(trace.Command{Kind: trace.Heal, From: from, To: to})
}

func (g *raging) isolate(id raft.ServerID) {
	g.split(func(other raft.ServerID) int {
		if other == id {
			return 1
		}
		return 0
	}, 2)
}

// split cuts the links between groups; group tells each server's.
func (g *raging) split(group func(raft.ServerID) int, groups int) {
	c := trace.Command{Kind: trace.Split, Groups: make([][]raft.ServerID, groups)}
	for i := range g.servers {
		id := raft.ServerID(i + 1)
		in := group(id)
		c.Groups[in] = append(c.Groups[in], id)
	}
	c.Groups = slices.DeleteFunc(c.Groups, func(ids []raft.ServerID) bool { return len(ids) == 0 })
	g.do(c)
	g.later(trace.Command{Kind: trace.HealAll})
}

// bridge splits the servers in two halves that only one of them can reach.
func (g *raging) bridge(middle raft.ServerID) {
	for from := 1; from <= g.servers; from++ {
		for to := 1; to <= g.servers; to++ {
			a, b := raft.ServerID(from), raft.ServerID(to)
			if a != middle && b != middle && from%2 != to%2 {
				g.do(trace.Command{Kind: trace.Cut, From: a, To: b})
			}
		}
	}
	g.later(trace.Command{Kind: trace.HealAll})
}

// ring leaves each server a majority that it can reach, but each another one.
func (g *raging) ring() {
	reach := (g.servers/2 + 1) / 2 // to each side: with itself that is a majority
	for from := range g.servers {
		for to := range g.servers {
			distance := (to - from + g.servers) % g.servers
			if distance > reach && g.servers-distance > reach {
				g.do(trace.Command{Kind: trace.Cut, From: raft.ServerID(from + 1), To: raft.ServerID(to + 1)})
			}
		}
	}
	g.later(trace.Command{Kind: trace.HealAll})
}

func (g *raging) anyServer() raft.ServerID {
	return raft.ServerID(g.chance.Between(1, int64(g.servers)))
}

// leader is a server that believes to lead, if there is one.
func (g *raging) leader() raft.ServerID {
	for id := raft.ServerID(1); int(id) <= g.servers; id++ {
		if role, ok := g.world.Role(id); ok && role == raft.Leader && g.chance.Chance(0.7) {
			return id
		}
	}
	return g.anyServer()
}

func (g *raging) between(low, high time.Duration) time.Duration {
	return time.Duration(g.chance.Between(int64(low), int64(max(low, high))))
}
