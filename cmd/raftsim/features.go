package main

import (
	"flag"

	"raftarium/raft/trace"
)

// featureNames are the flags that say what the servers can do.
var featureNames = [...]string{"prevote", "checkquorum", "stickiness", "max-in-flight", "max-batch-bytes", "snapshot-bytes", "reads", "clock-drift", "spares"}

// defineFeatures makes the flags that say what the servers can do.
func defineFeatures(flags *flag.FlagSet, f *trace.Features) {
	flags.BoolVar(&f.PreVote, "prevote", false, "servers ask before they begin an election")
	flags.BoolVar(&f.CheckQuorum, "checkquorum", false, "a leader that hears from no majority steps down")
	flags.BoolVar(&f.Stickiness, "stickiness", false, "servers that hear from a leader vote for nobody else")
	flags.IntVar(&f.MaxInFlight, "max-in-flight", 0, "`number` of requests with entries on their way to a server; 0: the core's own bound")
	flags.IntVar(&f.MaxBatchBytes, "max-batch-bytes", 0, "`bytes` of data in one request; 0: the core's own bound")
	flags.IntVar(&f.SnapshotBytes, "snapshot-bytes", 0, "take a snapshot when the log holds more `bytes` than this; 0: never")
	flags.TextVar(&f.Reads, "reads", trace.LogRead, "how reads are answered, a `way` of log, index and lease")
	flags.Float64Var(&f.ClockDrift, "clock-drift", 0, "the `part` of 1 by which the speeds of two servers' clocks differ, as the servers know")
	flags.IntVar(&f.Spares, "spares", 0, "`number` of servers that start outside the cluster")
}

// setFeatures fills in what follows from the flags.
func setFeatures(h *trace.Header, f trace.Features) error {
	f.MaxClockDrift = f.ClockDrift
	h.Features = f
	if err := h.Validate(); err != nil {
		return badFlags{err}
	}
	return nil
}
