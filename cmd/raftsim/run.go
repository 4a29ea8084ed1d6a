package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"raftarium/game/link"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/storm"
)

// runFlags are the flags of raftsim run.
type runFlags struct {
	nodes    int
	seed     uint64
	duration time.Duration
	scenario string
	commands string
	link     string
	trace    string
	features trace.Features
	given    map[string]bool // which flags were given
}

func parseRun(arguments []string, out io.Writer) (f runFlags, helped bool, err error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.IntVar(&f.nodes, "nodes", 5, "number of servers, 1 to 101")
	flags.Uint64Var(&f.seed, "seed", 1, "what decides everything that is left to chance")
	flags.DurationVar(&f.duration, "for", time.Minute, "how long to run, in virtual `time`")
	flags.StringVar(&f.scenario, "scenario", "", "run the scenario of this `name`: "+strings.Join(wasmnet.ScenarioNames(), ", "))
	flags.StringVar(&f.commands, "commands", "", "run what this `file` says, as raftsim check writes it")
	flags.StringVar(&f.link, "link", "", "run what this `link` of the page says")
	flags.StringVar(&f.trace, "trace", "", "write the trace to this `file`")
	defineFeatures(flags, &f.features)
	if helped, err = parse(flags, arguments, out); helped || err != nil {
		return f, helped, err
	}
	f.given = map[string]bool{}
	flags.Visit(func(g *flag.Flag) { f.given[g.Name] = true })
	return f, false, f.validate()
}

func (f *runFlags) validate() error {
	whole := 0 // flags that say a whole run
	for _, name := range []string{"scenario", "commands", "link"} {
		if f.given[name] {
			whole++
		}
	}
	if whole > 1 {
		return badFlags{errors.New("-scenario, -commands and -link cannot be given together")}
	}
	for _, name := range append([]string{"nodes", "seed"}, featureNames[:]...) {
		if f.given[name] && whole > 0 {
			return badFlags{fmt.Errorf("-%s cannot be given with -scenario, -commands or -link, which say it already", name)}
		}
	}
	if f.nodes < 1 || f.nodes > trace.MaxServers {
		return badFlags{fmt.Errorf("-nodes %d: want 1 to %d", f.nodes, trace.MaxServers)}
	}
	if f.duration <= 0 {
		return badFlags{fmt.Errorf("-for %v: want a time above zero", f.duration)}
	}
	return nil
}

// theRun is the run that the flags tell, and where in its commands the calm
// begins in which it must recover, if anywhere.
func (f *runFlags) theRun() (run wasmnet.Run, calmFrom int, err error) {
	switch {
	case f.scenario != "":
		if run, err = wasmnet.Scenario(f.scenario); err != nil {
			return run, 0, badFlags{err}
		}
		calmFrom = len(run.Commands)
	case f.commands != "":
		file, err := readRunFile(f.commands)
		if err != nil {
			return run, 0, err
		}
		run, calmFrom = file.Run, file.CalmFrom
	case f.given["link"]:
		if run, err = link.Decode(f.link); err != nil {
			return run, 0, badFlags{fmt.Errorf("-link: %w", err)}
		}
		calmFrom = len(run.Commands) // a page does not judge how a cluster recovers
	default:
		run = wasmnet.Run{Header: wasmnet.DefaultHeader(f.seed), For: f.duration}
		run.Header.Servers = f.nodes
		if err := setFeatures(&run.Header, f.features); err != nil {
			return run, 0, err
		}
	}
	if f.given["for"] {
		run.For = f.duration
	}
	return run, calmFrom, nil
}

// run is the command raftsim run.
func run(arguments []string, out io.Writer) error {
	f, helped, err := parseRun(arguments, out)
	if helped || err != nil {
		return err
	}
	run, calmFrom, err := f.theRun()
	if err != nil {
		return err
	}
	return f.play(run, calmFrom, out)
}

// onThePage is the address that replays a run on the page.
func onThePage(run wasmnet.Run) string {
	text, err := link.Encode(run)
	if err != nil {
		return "none: " + err.Error()
	}
	return "index.html#" + link.Parameter + "=" + text
}

// play makes the run happen, and tells of it on out.
func (f *runFlags) play(run wasmnet.Run, calmFrom int, out io.Writer) (err error) {
	file := io.Discard
	if f.trace != "" {
		created, err := os.Create(f.trace)
		if err != nil {
			return fmt.Errorf("writing the trace: %w", err)
		}
		defer func() { err = errors.Join(err, created.Close()) }()
		buffered := bufio.NewWriter(created)
		defer func() { err = errors.Join(err, buffered.Flush()) }()
		file = buffered
	}
	tale, err := newTale(run, file)
	if err != nil {
		return err
	}
	outcome, err := storm.Replay(run, calmFrom, tale.observe)
	if err != nil {
		return err
	}
	if err := tale.tell(out, outcome); err != nil {
		return err
	}
	if outcome.Violation != nil {
		return errBroken
	}
	return nil
}

// runFile is a run in a file, as raftsim check writes it.
type runFile struct {
	wasmnet.Run
	CalmFrom int `json:"calmFrom"` // index of the first command of the calm
}

func readRunFile(path string) (file runFile, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return file, fmt.Errorf("reading the commands: %w", err)
	}
	if file, err = decodeRunFile(text); err != nil {
		return file, fmt.Errorf("reading the commands in %s: %w", path, err)
	}
	return file, nil
}

// maxFor is the longest that a run in a file may last.
const maxFor = 1000 * time.Hour

func decodeRunFile(text []byte) (file runFile, err error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return runFile{}, fmt.Errorf("it is not a run: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return runFile{}, errors.New("there is something after its end")
	}
	if err := file.Header.Validate(); err != nil {
		return runFile{}, err
	}
	if file.For <= 0 || file.For > maxFor {
		return runFile{}, fmt.Errorf("it lasts %v: want more than zero and at most %v", file.For, maxFor)
	}
	if file.CalmFrom < 0 || file.CalmFrom > len(file.Commands) {
		return runFile{}, fmt.Errorf("its calm begins with command %d, and there are %d", file.CalmFrom, len(file.Commands))
	}
	var last time.Duration
	for i, c := range file.Commands {
		if c.At < last {
			return runFile{}, fmt.Errorf("command %d is given at %v, before the one before it", i+1, c.At)
		}
		last = c.At
	}
	return file, nil
}

func writeRunFile(path string, file runFile) error {
	text, err := json.MarshalIndent(file, "", " ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing the commands: %w", err)
	}
	return nil
}
