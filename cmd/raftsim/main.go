// Raftsim runs clusters in virtual time without a screen: one of them, to look
// at what happens, or thousands, to look for faults.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

const usage = `raftsim runs a Raft cluster in virtual time.

  raftsim run        runs one cluster and tells what happened
  raftsim check      runs many, with everything going wrong around them, and checks each event
  raftsim elections  times thousands of elections and sets them beside those of Ongaro's dissertation

"raftsim run -help" and "raftsim check -help" tell the flags of each.
`

// The results of the program.
const (
	exitFine     = 0
	exitBroken   = 1 // a rule was broken, or the work could not be done
	exitBadFlags = 2
)

// errBroken is what a command returns when it has found and told of a broken
// rule.
var errBroken = errors.New("a rule was broken")

// badFlags is an error in the flags.
type badFlags struct{ error }

// garbage is how much garbage may gather, in hundredths of what is in use. What
// is in use is little, so a generous bound costs little and saves much time.
const garbage = 400

func main() {
	debug.SetGCPercent(garbage)
	os.Exit(program(os.Args[1:], os.Stdout, os.Stderr))
}

// program is the whole program, with its arguments and its result.
func program(arguments []string, out, complaints io.Writer) int {
	err := choose(arguments, out, complaints)
	var bad badFlags
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errBroken):
		return exitBroken
	case errors.As(err, &bad):
		fmt.Fprintf(complaints, "raftsim: %v\n", err)
		return exitBadFlags
	default:
		fmt.Fprintf(complaints, "raftsim: %v\n", err)
		return exitBroken
	}
}

func choose(arguments []string, out, complaints io.Writer) error {
	if len(arguments) == 0 {
		return badFlags{errors.New(`say "run" or "check"; "raftsim help" tells more`)}
	}
	switch name, rest := arguments[0], arguments[1:]; name {
	case "run":
		return run(rest, out)
	case "check":
		return check(rest, out, complaints)
	case "elections":
		return holdElections(rest, out, complaints)
	case "help", "-help", "--help", "-h":
		_, err := io.WriteString(out, usage)
		return err
	default:
		return badFlags{fmt.Errorf(`there is no command %q: say "run" or "check"`, name)}
	}
}
