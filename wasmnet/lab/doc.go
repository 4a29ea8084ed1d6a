// Package lab tries the core of package raft as a university's lab course on
// distributed systems would: whole clusters on a network that loses and delays
// messages, with servers that crash and come back, and budgets for what may be
// sent. Its 28 tests check what the 28 tests of MIT's course 6.5840 (2026)
// check, each over many seeds, in virtual time.
//
// Read it in this order:
//
//	cluster.go        a cluster, and what can be done to it
//	machine.go        what a server runs on, and its disk
//	network.go        a network of calls, with the faults of the course's
//	lab_test.go       a test over many seeds
//	watch_test.go     the application of each server, and what must hold at all times
//	agree_test.go     how the tests ask for a leader and for agreement
//	*_test.go         the tests: elections, agreement, persistence, snapshots
//
// What is not a test is also what package elections measures elections with.
package lab
