package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// options are the flags of raftd serve.
type options struct {
	id            int
	addresses     map[raft.ServerID]string
	http          string
	data          string
	trace         string
	heartbeat     time.Duration
	snapshotBytes int
}

// parseFlags parses arguments, of which there must be none besides the flags.
func parseFlags(flags *flag.FlagSet, arguments []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		var text strings.Builder
		flags.SetOutput(&text)
		flags.PrintDefaults()
		return badUsage("the flags of %s are:\n%s", flags.Name(), text.String())
	case err != nil:
		return usageError{err}
	case flags.NArg() > 0:
		return badUsage("%q is no flag", flags.Arg(0))
	}
	return nil
}

// readOptions reads the flags of raftd serve.
func readOptions(arguments []string) (o options, err error) {
	flags := flag.NewFlagSet("raftd serve", flag.ContinueOnError)
	flags.IntVar(&o.id, "id", 0, "`number` of this server, one of those in -peers")
	peers := flags.String("peers", "", "all servers of the cluster, this one included, as `NUMBER=HOST:PORT,...`")
	flags.StringVar(&o.http, "http", "", "`HOST:PORT` at which clients reach this server")
	flags.StringVar(&o.data, "data", "", "`directory` in which this server keeps its state; made if it is not there")
	flags.StringVar(&o.trace, "trace", "", "new `file` for a trace of all that the server does")
	flags.DurationVar(&o.heartbeat, "heartbeat", 50*time.Millisecond, "how often a leader says that it is there; elections begin after 6 to 12 times that")
	flags.IntVar(&o.snapshotBytes, "snapshot", 4<<20, "`bytes` by which the log may grow before a snapshot replaces it")
	if err := parseFlags(flags, arguments); err != nil {
		return o, err
	}
	if o.addresses, err = readPeers(*peers); err != nil {
		return o, err
	}
	return o, o.check()
}

func (o options) check() error {
	if _, known := o.addresses[raft.ServerID(o.id)]; !known {
		return badUsage("-id is %d: want the number of one of the servers in -peers", o.id)
	}
	if err := checkAddress(o.http); err != nil {
		return badUsage("-http: %w", err)
	}
	for id, address := range o.addresses {
		if address == o.http {
			return badUsage("-http %s is the address at which server %d is reached by the others: clients need another port", o.http, id)
		}
	}
	switch {
	case o.data == "":
		return badUsage("-data is missing: want the directory in which this server keeps its state")
	case o.heartbeat < time.Millisecond || o.heartbeat > time.Minute:
		return badUsage("-heartbeat is %v: want 1ms to 1m", o.heartbeat)
	case o.snapshotBytes < 1:
		return badUsage("-snapshot is %d: want a number of bytes above 0", o.snapshotBytes)
	}
	return nil
}

// readPeers reads the addresses of all servers.
func readPeers(text string) (map[raft.ServerID]string, error) {
	if text == "" {
		return nil, badUsage("-peers is missing: want all servers of the cluster, as 1=127.0.0.1:7001,2=127.0.0.1:7002,3=127.0.0.1:7003")
	}
	addresses, taken := map[raft.ServerID]string{}, map[string]int{}
	for peer := range strings.SplitSeq(text, ",") {
		number, address, found := strings.Cut(peer, "=")
		id, err := strconv.Atoi(number)
		switch {
		case !found:
			return nil, badUsage("-peers has %q: want NUMBER=HOST:PORT", peer)
		case err != nil || id < 1 || id > trace.MaxServers:
			return nil, badUsage("-peers has server %q: want a number from 1 to %d", number, trace.MaxServers)
		case addresses[raft.ServerID(id)] != "":
			return nil, badUsage("-peers has server %d twice", id)
		case taken[address] > 0:
			return nil, badUsage("-peers has servers %d and %d at the same address, %s", taken[address], id, address)
		}
		if err := checkAddress(address); err != nil {
			return nil, badUsage("-peers, server %d: %w", id, err)
		}
		addresses[raft.ServerID(id)], taken[address] = address, id
	}
	return addresses, nil
}

// checkAddress says what is wrong with an address, if anything.
func checkAddress(address string) error {
	if address == "" {
		return errors.New("the address is missing: want one like 127.0.0.1:8001")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address: want one like 127.0.0.1:8001", address)
	}
	if number, err := strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
		return fmt.Errorf("%q has port %q: want a number from 1 to 65535", address, port)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q is not on this machine: raftd has no authentication, so it uses loopback addresses only, like 127.0.0.1", address)
	}
	return nil
}
