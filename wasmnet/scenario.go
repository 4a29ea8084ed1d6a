package wasmnet

import (
	"fmt"
	"strings"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// ScenarioNames are the names that Scenario knows.
func ScenarioNames() []string { return []string{"steady", "partition", "storm"} }

// Scenario is a run that has a name, and whose trace is the same on every
// platform for ever: it is compared with a hash that is written down.
func Scenario(name string) (Run, error) {
	var run Run
	switch name {
	case "steady":
		run = steady()
	case "partition":
		run = partition()
	case "storm":
		run = storm()
	default:
		return Run{}, fmt.Errorf("there is no scenario %q: there are %s", name, strings.Join(ScenarioNames(), ", "))
	}
	run.Header.Scenario = name
	run.inOrder()
	return run, nil
}

// steady is a cluster that nothing befalls.
func steady() Run {
	return Run{
		Header: DefaultHeader(1),
		Commands: []trace.Command{
			{At: 2 * time.Second, Kind: trace.Write, Key: "colour", Value: "blue"},
		},
		For: 10 * time.Second,
	}
}

// partition is a cluster that is split in two, written to on both sides, and
// healed; and then one in which two servers can be heard but hear nothing.
func partition() Run {
	at := func(tenths int) time.Duration { return time.Duration(tenths) * 100 * time.Millisecond }
	return Run{
		Header: DefaultHeader(2),
		Commands: []trace.Command{
			{At: at(20), Kind: trace.Write, Key: "colour", Value: "blue"},
			{At: at(30), Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}, {3, 4, 5}}},
			{At: at(31), Kind: trace.Write, Key: "colour", Value: "red", Server: 1},
			{At: at(32), Kind: trace.Write, Key: "colour", Value: "green", Server: 3},
			{At: at(60), Kind: trace.HealAll},
			{At: at(80), Kind: trace.Split, Groups: [][]raft.ServerID{{1, 3, 5}, {2, 4}}},
			{At: at(85), Kind: trace.Write, Key: "colour", Value: "black", Server: 4},
			{At: at(110), Kind: trace.HealAll},
			{At: at(120), Kind: trace.Cut, From: 1, To: 2},
			{At: at(120), Kind: trace.Cut, From: 3, To: 2},
			{At: at(120), Kind: trace.Cut, From: 4, To: 2},
			{At: at(120), Kind: trace.Cut, From: 5, To: 2},
			{At: at(121), Kind: trace.Cut, From: 2, To: 5},
			{At: at(150), Kind: trace.Heal, From: 1, To: 2},
			{At: at(160), Kind: trace.HealAll},
		},
		For: 20 * time.Second,
	}
}

// storm is a cluster to which everything happens.
func storm() Run {
	run := Run{Header: DefaultHeader(3), For: 30 * time.Second}
	run.Header.Network = trace.Network{
		Latency: 5 * time.Millisecond, Jitter: 20 * time.Millisecond,
		Loss: 0.1, Duplicate: 0.1, Reorder: 0.1,
	}
	run.Header.Timing.ClientInterval = 200 * time.Millisecond
	do := func(at time.Duration, c trace.Command) {
		c.At = at
		run.Commands = append(run.Commands, c)
	}
	for i := range 27 {
		at := time.Second + time.Duration(i)*time.Second
		victim := raft.ServerID(i*3%5 + 1)
		next := victim%5 + 1
		do(at, trace.Command{Kind: trace.Crash, Server: victim})
		do(at+137*time.Millisecond, trace.Command{Kind: trace.Pause, Server: next})
		do(at+250*time.Millisecond, trace.Command{Kind: trace.Cut, From: victim, To: next})
		do(at+311*time.Millisecond, trace.Command{Kind: trace.Write, Key: "storm", Value: fmt.Sprint(i)})
		do(at+400*time.Millisecond, trace.Command{Kind: trace.Resume, Server: next})
		do(at+501*time.Millisecond, trace.Command{Kind: trace.TimeOut, Server: next})
		do(at+700*time.Millisecond, trace.Command{Kind: trace.Restart, Server: victim})
		do(at+900*time.Millisecond, trace.Command{Kind: trace.Heal, From: victim, To: next})
	}
	// Some of these packets are in flight then; the rest have arrived.
	for i := range 60 {
		kind := [...]trace.CommandKind{trace.Drop, trace.Duplicate, trace.Delay}[i%3]
		do(1300*time.Millisecond, trace.Command{Kind: kind, Packet: trace.PacketID(280 + i), For: 50 * time.Millisecond})
	}
	calm := run.Header.Network
	calm.Loss = 0
	do(29*time.Second, trace.Command{Kind: trace.SetNetwork, Network: &calm})
	return run
}
