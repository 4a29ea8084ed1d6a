// Package storm looks for faults in the core by making as much go wrong around
// it as possible. A storm is a cluster, drawn from a seed, to which faults
// happen at random: crashes that lose what was not synced, pauses, cuts,
// partitions of all shapes, loss, duplication, reordering, packets dropped, doubled or held
// up one by one, and elections forced at the worst time. What the servers can do is
// drawn too, and done meanwhile: the membership changes, leadership is handed over,
// snapshots take the place of logs, reads rely on leases and clocks that drift. After it comes
// a calm, in which the cluster must recover, sometimes with no more than a quorum of it.
// All that happens is checked at every event.
//
// Whatever a storm does it does by commands, so that a failure is a list of
// commands, which can be repeated, and from which [Shrink] takes out what is
// not needed.
package storm

import (
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
)

// fault is a kind of misfortune.
type fault int

const (
	crashOne fault = iota
	crashLeader
	crashMany
	pauseOne
	pauseLeader
	cutOne
	cutIncoming
	cutOutgoing
	splitInTwo
	splitAtRandom
	splitAroundOne
	isolateOne
	isolateLeader
	ringOfMajorities
	dropPackets
	duplicatePackets
	delayPackets
	delayReplies
	forceElection
	changeNetwork
	userWrites
	transferLeadership
	changeMembership
	removeLeader
	takeSnapshots // so that servers that are behind need them
	healEverything
	faults // how many there are
)

// weather is how bad a storm is, and in which way: each seed has weather of
// its own, so that in one storm servers mostly crash, and in another the
// network is never whole.
type weather struct {
	weight   [faults]int64 // how often each fault happens, relative to the others
	total    int64
	pause    time.Duration // mean time between two faults
	recovery time.Duration // longest time for which a fault lasts
}

// weights are what a fault's weight is drawn from: three of four faults happen
// in a storm, some of them much more often than others.
var weights = [...]int64{0, 1, 1, 2, 2, 4, 8, 0}

func drawWeather(chance *random.Stream, header trace.Header) weather {
	var w weather
	for f := range w.weight {
		w.weight[f] = weights[chance.Below(int64(len(weights)))]
	}
	if header.Features.Reads == trace.LeaseRead {
		w.weight[forceElection] = 0 // leases rely on nobody asking for an election out of turn
	}
	for _, weight := range w.weight {
		w.total += weight
	}
	w.weight[crashOne]++ // no weather is altogether calm
	w.total++
	w.pause = oneOf(chance, 20, 100, 300, 1000) * time.Millisecond
	w.recovery = oneOf(chance, 50, 200, 500, 1500) * time.Millisecond
	return w
}

// draw chooses a fault.
func (w *weather) draw(chance *random.Stream) fault {
	n := chance.Below(w.total)
	for f, weight := range w.weight {
		if n < weight {
			return fault(f)
		}
		n -= weight
	}
	panic("the weights do not add up to their total")
}

func oneOf(chance *random.Stream, values ...time.Duration) time.Duration {
	return values[chance.Below(int64(len(values)))]
}

func part(chance *random.Stream, values ...float64) float64 {
	return values[chance.Below(int64(len(values)))]
}

// drawHeader draws the cluster: of the given number of servers, or of any
// number from 1 to 7 if that is 0, mostly 3 or 5, and up to three spare ones.
func drawHeader(seed uint64, servers int, chance *random.Stream) trace.Header {
	sizes := [...]int{1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 5, 6, 7}
	drawn, spares := sizes[chance.Below(int64(len(sizes)))], int(chance.Below(4))
	if servers == 0 {
		servers = drawn + spares
	}
	return trace.Header{
		Version: trace.Version,
		Servers: servers,
		Clients: int(chance.Between(1, 6)),
		Seed:    seed,
		Timing: trace.Timing{
			ElectionTimeoutMin: 150 * time.Millisecond,
			ElectionTimeoutMax: 300 * time.Millisecond,
			HeartbeatInterval:  oneOf(chance, 25, 50, 100) * time.Millisecond,
			ClientInterval:     oneOf(chance, 20, 50, 100, 300) * time.Millisecond,
		},
		Network: drawNetwork(chance),
		Disk: trace.Disk{
			SyncLatency: oneOf(chance, 0, 1, 2, 10, 30) * time.Millisecond,
			SyncJitter:  oneOf(chance, 0, 1, 2, 10, 30) * time.Millisecond,
		},
		Features: drawFeatures(min(spares, servers-1), chance),
	}
}

// drawFeatures draws what the servers can do; one time in eight, no more than
// Figure 2 asks for.
func drawFeatures(spares int, chance *random.Stream) trace.Features {
	drift := part(chance, 0, 0, 0.01, 0.05, 0.2)
	f := trace.Features{
		PreVote:       chance.Chance(0.5),
		CheckQuorum:   chance.Chance(0.5),
		Stickiness:    chance.Chance(0.5),
		MaxInFlight:   int(chance.Below(4)),
		MaxBatchBytes: int(part(chance, 0, 5, 20, 100, 1000)),
		SnapshotBytes: int(part(chance, 0, 0, 50, 200, 1000)),
		Reads:         trace.Reads(chance.Below(3)),
		MaxClockDrift: drift,
		ClockDrift:    drift,
		Spares:        spares,
	}
	if f.Reads == trace.LeaseRead {
		f.Stickiness = true
	}
	if chance.Chance(0.125) {
		return trace.Features{Spares: spares}
	}
	return f
}

func drawNetwork(chance *random.Stream) trace.Network {
	return trace.Network{
		Latency:   oneOf(chance, 0, 1, 3, 10, 10, 20) * time.Millisecond,
		Jitter:    oneOf(chance, 0, 1, 3, 10, 10, 30) * time.Millisecond,
		Loss:      part(chance, 0, 0, 0.01, 0.05, 0.1, 0.3),
		Duplicate: part(chance, 0, 0, 0.01, 0.1, 0.5),
		Reorder:   part(chance, 0, 0, 0.01, 0.1, 0.3),
	}
}

// calm is the network after the storm.
func calm() trace.Network {
	return trace.Network{Latency: 5 * time.Millisecond, Jitter: 5 * time.Millisecond}
}

// newChance is what a storm draws from.
func newChance(seed uint64) *random.Stream { return random.New(seed, "storm") }
