// Peerbench measures the core side by side with the libraries that Go programs
// use most: go.etcd.io/raft/v3, through its Node and as a bare RawNode loop, and
// github.com/hashicorp/raft. Each runs three servers in one process, in memory,
// with no disk; clients propose 128 bytes and propose again when the leader's
// state machine has applied them and told the client so.
//
// It is a module of its own, so that the libraries never enter the project's.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// contender is a running cluster of three servers.
type contender interface {
	// propose starts to replicate a command. Once the leader's state machine
	// has applied it, applied is told.
	propose(command []byte) error
	close()
}

// library is something to measure.
type library struct {
	name  string
	start func(applied func(command []byte)) (contender, error)
}

var libraries = []library{
	{"raftarium", startOurs},
	{"etcd Node", startNode},
	{"etcd RawNode", startRawNode},
	{"hashicorp", startHashicorp},
}

func main() {
	duration := flag.Duration("for", time.Second, "how long each measurement takes")
	rounds := flag.Int("rounds", 5, "how many times everything is measured; the median is told")
	clientList := flag.String("clients", "1,64,256", "numbers of concurrent clients")
	flag.Parse()
	if err := compare(*duration, *rounds, *clientList); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

// compare measures all libraries in turn, round after round, so that a slow
// moment of the machine meets them all.
func compare(duration time.Duration, rounds int, clientList string) error {
	fmt.Printf("three servers in memory, 128-byte commands; committed and applied a second, median of %d rounds of %v\n", rounds, duration)
	for _, field := range strings.Split(clientList, ",") {
		clients, err := strconv.Atoi(field)
		if err != nil || clients < 1 {
			return fmt.Errorf("-clients %s: want numbers above 0 with commas between", clientList)
		}
		results := make([][]result, len(libraries))
		for range rounds {
			for i, l := range libraries {
				r, err := measure(l, clients, duration)
				if err != nil {
					return fmt.Errorf("%s with %d clients: %w", l.name, clients, err)
				}
				results[i] = append(results[i], r)
			}
		}
		report(clients, results)
	}
	return nil
}

func report(clients int, results [][]result) {
	fmt.Printf("\n%d clients\n%-14s %10s %22s %10s %10s %10s %8s\n", clients, "", "a second", "range", "p50", "p99", "allocs", "ratio")
	ours := median(results[0])
	for i, l := range libraries {
		m := median(results[i])
		slices.SortFunc(results[i], byRate)
		low, high := results[i][0], results[i][len(results[i])-1]
		fmt.Printf("%-14s %10.0f %10.0f..%10.0f %10v %10v %10.1f %8.2f\n", l.name, m.rate, low.rate, high.rate, m.p50, m.p99, m.allocs, ours.rate/m.rate)
	}
}

// result is one measurement.
type result struct {
	rate     float64 // commands a second
	p50, p99 time.Duration
	allocs   float64 // allocations a command
}

func byRate(a, b result) int {
	switch {
	case a.rate < b.rate:
		return -1
	case a.rate > b.rate:
		return 1
	}
	return 0
}

func median(results []result) result {
	sorted := slices.Clone(results)
	slices.SortFunc(sorted, byRate)
	return sorted[len(sorted)/2]
}

// client proposes one command at a time.
type client struct {
	applied   chan struct{}
	latencies []time.Duration
}

// measure runs a library with a number of clients.
func measure(l library, count int, duration time.Duration) (result, error) {
	clients := make([]*client, count)
	for i := range clients {
		clients[i] = &client{applied: make(chan struct{}, 1)}
	}
	c, err := l.start(func(command []byte) {
		if len(command) == commandBytes {
			clients[clientOf(command)].applied <- struct{}{}
		}
	})
	if err != nil {
		return result{}, err
	}
	defer c.close()
	for i := range clients { // one each first, to warm up
		if err := proposeAndWait(c, i, clients[i]); err != nil {
			return result{}, err
		}
	}

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	errs := make(chan error, count)
	for i, each := range clients {
		go func() {
			for time.Since(began) < duration {
				sent := time.Now()
				if err := proposeAndWait(c, i, each); err != nil {
					errs <- err
					return
				}
				each.latencies = append(each.latencies, time.Since(sent))
			}
			errs <- nil
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			return result{}, err
		}
	}
	elapsed := time.Since(began)
	runtime.ReadMemStats(&after)

	var latencies []time.Duration
	for _, each := range clients {
		latencies = append(latencies, each.latencies...)
	}
	slices.Sort(latencies)
	return result{
		rate:   float64(len(latencies)) / elapsed.Seconds(),
		p50:    latencies[len(latencies)/2],
		p99:    latencies[len(latencies)*99/100],
		allocs: float64(after.Mallocs-before.Mallocs) / float64(len(latencies)),
	}, nil
}

func proposeAndWait(c contender, number int, each *client) error {
	if err := c.propose(newCommand(number)); err != nil {
		return err
	}
	<-each.applied
	return nil
}

const commandBytes = 128

// newCommand is a command that names its client.
func newCommand(client int) []byte {
	command := make([]byte, commandBytes)
	command[0], command[1] = byte(client), byte(client>>8)
	return command
}

func clientOf(command []byte) int { return int(command[0]) | int(command[1])<<8 }
