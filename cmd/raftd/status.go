package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"raftarium/cmd/raftd/node"
	"raftarium/raft"
)

// statusTimeout is how long a server may take to say how it is.
const statusTimeout = 5 * time.Second

// row is a line of the table: a server, and what it said or why it did not.
type row struct {
	id     raft.ServerID
	http   string
	status node.Status
	err    error
}

// status shows all servers of a cluster. It asks one of them who the others
// are, and then each how it is.
func status(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("raftd status", flag.ContinueOnError)
	addresses := flags.String("http", "", "`HOST:PORT` at which clients reach a server of the cluster; or several, with commas, of which the first that answers is asked")
	if err := parseFlags(flags, arguments); err != nil {
		return err
	}
	servers := strings.Split(*addresses, ",")
	for _, address := range servers {
		if err := checkAddress(address); err != nil {
			return badUsage("-http: %w", err)
		}
	}
	var failures error
	for _, address := range servers {
		first, err := ask(address)
		if err == nil {
			return printTable(out, askAll(first))
		}
		failures = errors.Join(failures, err)
	}
	return failures
}

// ask asks a server how it is.
func ask(address string) (node.Status, error) {
	limit, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(limit, http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		return node.Status{}, fmt.Errorf("asking %s: %w", address, err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return node.Status{}, fmt.Errorf("no server answers at %s: %w", address, errors.Unwrap(err))
	}
	defer reply.Body.Close()
	var status node.Status
	in := json.NewDecoder(io.LimitReader(reply.Body, 1<<20))
	if reply.StatusCode != http.StatusOK {
		return status, fmt.Errorf("what answers at %s is no raftd: it says %s", address, reply.Status)
	}
	if err := in.Decode(&status); err != nil || status.Server == raft.None {
		return status, fmt.Errorf("what answers at %s is no raftd: it does not say how it is", address)
	}
	return status, nil
}

// askAll asks the servers that the first one knows, all at once.
func askAll(first node.Status) []row {
	rows := make([]row, len(first.Peers))
	var asking sync.WaitGroup
	for i, peer := range first.Peers {
		asking.Go(func() {
			rows[i] = row{id: peer.Server, http: peer.HTTP, err: errors.New("has not been seen yet")}
			if peer.HTTP != "" {
				rows[i].status, rows[i].err = ask(peer.HTTP)
			}
		})
	}
	asking.Wait()
	rows = append(rows, row{id: first.Server, http: first.HTTP, status: first})
	slices.SortFunc(rows, func(a, b row) int { return int(a.id - b.id) })
	return rows
}

func printTable(out io.Writer, rows []row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVER\tROLE\tTERM\tLEADER\tLOG\tDURABLE\tCOMMITTED\tAPPLIED\tSNAPSHOT\tDISK\tHTTP")
	for _, r := range rows {
		if r.err != nil {
			fmt.Fprintf(table, "S%d\tdown\t\t\t\t\t\t\t\t\t%s\n", r.id, r.http)
			continue
		}
		s := r.status
		leader := "none known"
		if s.Leader != raft.None {
			leader = fmt.Sprintf("S%d", s.Leader)
		}
		fmt.Fprintf(table, "S%d\t%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", s.Server, s.Role, s.Term, leader,
			s.LastIndex, s.Durable, s.CommitIndex, s.LastApplied, s.Snapshot, inWords(s.DiskBytes), r.http)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		if r.err != nil {
			fmt.Fprintf(out, "S%d is down: %v\n", r.id, r.err)
		} else if r.status.Error != "" {
			fmt.Fprintf(out, "S%d has stopped: %s\n", r.id, r.status.Error)
		}
	}
	return nil
}

// inWords is a number of bytes, short.
func inWords(bytes int64) string {
	switch {
	case bytes < 10_000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 10_000_000:
		return fmt.Sprintf("%d kB", bytes/1000)
	}
	return fmt.Sprintf("%d MB", bytes/1_000_000)
}
