// Raftd is a server of a key-value cluster: the Raft core of this repository,
// as it is, on goroutines, TCP and a disk. It has no authentication, so it
// serves on loopback addresses only.
//
// A cluster of three, started by hand in one terminal (go install ./cmd/raftd
// makes the program):
//
//	P=1=127.0.0.1:7001,2=127.0.0.1:7002,3=127.0.0.1:7003
//	for i in 1 2 3; do raftd serve -id $i -peers $P -http 127.0.0.1:800$i -data data/$i & done
//	raftd status -http 127.0.0.1:8001
//
// And used; -L follows to the leader (package api has the rest):
//
//	curl -L -X PUT -d blue http://127.0.0.1:8001/kv/colour
//	curl -L http://127.0.0.1:8002/kv/colour
//	curl -L -X PUT -d green "http://127.0.0.1:8003/kv/colour?if=blue"
//
// Kill any of them with kill -9 and start it again: nothing that was answered
// is lost. Package node puts a server together; below it, wal is its disk,
// transport its network, wire the bytes of both, and api its HTTP.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

const usage = `raftd is a server of a key-value cluster on this machine.

  raftd serve -id 1 -peers 1=127.0.0.1:7001,2=127.0.0.1:7002,3=127.0.0.1:7003 \
              -http 127.0.0.1:8001 -data DIRECTORY [-trace FILE]
        runs one server of a cluster until it is interrupted
  raftd status -http 127.0.0.1:8001
        shows all servers of a running cluster in a table

raftd serve -h and raftd status -h list all flags.
`

// The exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is what someone wrote wrongly on the command line.
type usageError struct{ error }

func badUsage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run carries out a command line and returns the exit code.
func run(arguments []string, out, errout io.Writer) int {
	err := command(arguments, out, errout)
	if err == nil {
		return 0
	}
	fmt.Fprintf(errout, "raftd: %v\n", err)
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

func command(arguments []string, out, errout io.Writer) error {
	if len(arguments) == 0 {
		fmt.Fprint(errout, usage)
		return badUsage("say what to do: serve or status")
	}
	switch arguments[0] {
	case "serve":
		return serve(arguments[1:], errout)
	case "status":
		return status(arguments[1:], out)
	case "help", "-h", "-help", "--help":
		_, err := fmt.Fprint(out, usage)
		return err
	}
	return badUsage("there is no command %q: want serve or status", arguments[0])
}
