package main

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet/storm"
)

// checkFlags are the flags of raftsim check.
type checkFlags struct {
	seeds    seedRange
	duration time.Duration
	nodes    int
	folder   string
	workers  int
}

func parseCheck(arguments []string, out io.Writer) (f checkFlags, helped bool, err error) {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	f.seeds = seedRange{1, 100}
	flags.Var(&f.seeds, "seeds", "which `seeds`, like 1..2000")
	flags.DurationVar(&f.duration, "for", 20*time.Second, "how long each storm lasts, in virtual `time`")
	flags.IntVar(&f.nodes, "nodes", 0, "number of servers; 0 lets each seed decide")
	flags.StringVar(&f.folder, "out", ".", "`folder` for the commands that replay a violation")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many storms at once")
	if helped, err = parse(flags, arguments, out); helped || err != nil {
		return f, helped, err
	}
	switch {
	case f.duration <= 0:
		return f, false, badFlags{fmt.Errorf("-for %v: want a time above zero", f.duration)}
	case f.nodes < 0 || f.nodes > trace.MaxServers:
		return f, false, badFlags{fmt.Errorf("-nodes %d: want 1 to %d, or 0 to let each seed decide", f.nodes, trace.MaxServers)}
	case f.workers < 1:
		return f, false, badFlags{fmt.Errorf("-workers %d: want at least 1", f.workers)}
	}
	return f, false, nil
}

// check is the command raftsim check.
func check(arguments []string, out, complaints io.Writer) error {
	f, helped, err := parseCheck(arguments, out)
	if helped || err != nil {
		return err
	}
	began := time.Now()
	sum := f.rageAll(newProgress(complaints, f.seeds.count()))
	if sum.err != nil {
		return sum.err
	}
	fmt.Fprintln(out, sum.text(time.Since(began)))
	if sum.worst == nil {
		return nil
	}
	return f.report(out, *sum.worst)
}

// summary adds up what came of all storms.
type summary struct {
	mutex     sync.Mutex
	storms    int
	simulated time.Duration
	events    int
	completed int
	commands  int
	steps     map[raft.EventKind]int
	worst     *storm.Outcome // of the lowest seed that broke a rule
	err       error
}

func (s *summary) add(o storm.Outcome, err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err != nil {
		s.err = err
		return
	}
	s.storms++
	s.simulated += o.Run.For
	s.events += o.Events
	s.completed += o.Completed
	if s.steps == nil {
		s.steps = map[raft.EventKind]int{}
	}
	for _, kind := range told {
		s.steps[kind] += o.Steps.Of(kind)
	}
	s.commands += len(o.Run.Commands)
	if o.Violation != nil && (s.worst == nil || o.Run.Header.Seed < s.worst.Run.Header.Seed) {
		s.worst = &o
	}
}

func (s *summary) text(took time.Duration) string {
	rate := took.Seconds()
	text := fmt.Sprintf("%d storms in %.1fs: %.1f seeds/s, %.0f simulated seconds/s; %d events checked, %d faults, %d operations of clients",
		s.storms, rate, float64(s.storms)/rate, s.simulated.Seconds()/rate, s.events, s.commands, s.completed)
	for _, kind := range told {
		text += fmt.Sprintf(", %d × %v", s.steps[kind], kind)
	}
	return text
}

// told are the steps of which a summary tells how often they were taken.
var told = [...]raft.EventKind{
	raft.BecameLeader, raft.TransferStarted, raft.SnapshotTaken, raft.SnapshotInstalled, raft.MembershipChanged, raft.ReadConfirmed,
}

// rageAll lets the storms of all seeds happen, on all processors, until one of them breaks
// a rule.
func (f *checkFlags) rageAll(p progress) *summary {
	var sum summary
	var taken atomic.Uint64 // seeds
	var stop atomic.Bool
	var workers sync.WaitGroup
	for range f.workers {
		workers.Go(func() {
			for !stop.Load() {
				n := taken.Add(1) - 1
				if n >= f.seeds.count() {
					return
				}
				o, err := storm.Storm{Seed: f.seeds.first + n, Servers: f.nodes, For: f.duration}.Rage()
				sum.add(o, err)
				p.done(o.Run.For)
				if err != nil || o.Violation != nil {
					stop.Store(true)
				}
			}
		})
	}
	workers.Wait()
	p.finish()
	return &sum
}

// report tells of a violation, with the smallest run that shows it and how to
// repeat that.
func (f *checkFlags) report(out io.Writer, worst storm.Outcome) error {
	h := worst.Run.Header
	fmt.Fprintf(out, "\nseed %d, %s: %v\n", h.Seed, count(h.Servers, "server"), worst.Violation)
	smallest, replays := storm.Shrink(worst)
	fmt.Fprintf(out, "\nOf its %s, %d are enough (found in %s): %v\n",
		count(len(worst.Run.Commands), "command"), len(smallest.Run.Commands), count(replays, "replay"), smallest.Violation)
	for _, c := range smallest.Run.Commands {
		fmt.Fprintf(out, "  %s\n", inWords(c))
	}
	path := filepath.Join(f.folder, fmt.Sprintf("raftsim-seed-%d.json", h.Seed))
	if err := writeRunFile(path, runFile{smallest.Run, smallest.CalmFrom}); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nreplay it:   raftsim run -commands %s\n", path)
	fmt.Fprintf(out, "the whole:   raftsim check -seeds %d -for %v%s\n", h.Seed, f.duration, f.nodesFlag())
	fmt.Fprintf(out, "on the page: %s\n", onThePage(smallest.Run))
	return errBroken
}

func (f *checkFlags) nodesFlag() string {
	if f.nodes == 0 {
		return ""
	}
	return fmt.Sprintf(" -nodes %d", f.nodes)
}

// inWords is a command as one line of text.
func inWords(c trace.Command) string {
	text := fmt.Sprintf("%10s  %v", seconds(c.At), c.Kind)
	switch c.Kind {
	case trace.Cut, trace.Heal:
		text += fmt.Sprintf(" S%d to S%d", c.From, c.To)
	case trace.Split:
		text += " " + groupsInWords(c.Groups)
	case trace.Drop, trace.Duplicate:
		text += fmt.Sprintf(" packet %d", c.Packet)
	case trace.Delay:
		text += fmt.Sprintf(" packet %d by %v", c.Packet, c.For)
	case trace.SetNetwork:
		n := c.Network
		text += fmt.Sprintf(" latency %v, jitter %v, loss %v, duplicate %v, reorder %v", n.Latency, n.Jitter, n.Loss, n.Duplicate, n.Reorder)
	case trace.Reconfigure:
		text += " to " + groupsInWords([][]raft.ServerID{c.Voters})
		if len(c.Learners) > 0 {
			text += ", learning " + groupsInWords([][]raft.ServerID{c.Learners})
		}
		if c.Joint {
			text += ", jointly"
		}
	case trace.Write:
		text += fmt.Sprintf(" %s=%s", c.Key, c.Value)
	}
	if c.Server != raft.None {
		text += fmt.Sprintf(" S%d", c.Server)
	}
	return text
}

func groupsInWords(groups [][]raft.ServerID) string {
	var words []string
	for _, group := range groups {
		var names []string
		for _, id := range group {
			names = append(names, fmt.Sprintf("S%d", id))
		}
		words = append(words, strings.Join(names, " "))
	}
	return strings.Join(words, " | ")
}
