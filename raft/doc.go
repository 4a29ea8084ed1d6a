// Package raft is the Raft consensus algorithm (Ongaro and Ousterhout, "In
// Search of an Understandable Consensus Algorithm", extended version, 2014;
// the paper, below), written the way the structure advice of MIT's distributed
// systems course gives: shared data under one lock, a goroutine that watches
// for elections, one that sends heartbeats, one that applies, and each remote
// call in a goroutine of its own. Where the paper is silent, the package
// follows Ongaro's dissertation.
//
// Read it in this order:
//
//	rpc.go          what servers say to each other (Figures 2 and 13)
//	server.go       what a server is: its state under its one lock
//	log.go          the log in memory
//	election.go     leader election (§5.2, §5.4.1), with PreVote and CheckQuorum
//	replication.go  the leader's side of log replication (§5.3)
//	progress.go     what a leader knows of each other server, and how much it sends
//	following.go    the follower's side of log replication (§5.3)
//	commit.go       when an entry is committed (§5.3, §5.4.2)
//	durability.go   what must be on disk before anyone is told
//	storage.go      the disk
//	apply.go        handing committed entries to the application
//	snapshot.go     log compaction (§7)
//	membership.go   which servers make up the cluster (§6; dissertation, chapter 4)
//	read.go         reading without writing to the log (§8)
//	transfer.go     handing leadership over, and shutting down
//	event.go        every step of the above, as it is reported
//	names.go        what the steps are called
//	env.go          what the package takes from where it runs
//	realenv.go      the same over plain goroutines and real time
//
// The package imports nothing but the standard library, and has no notion of
// where it runs: time, goroutines, locks and randomness come from an [Env],
// messages go through a [Transport], and the disk is a [Storage].
package raft
