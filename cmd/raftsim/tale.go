package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/storm"
)

// maxReigns is how many leaders a tale names one by one.
const maxReigns = 8

// tale gathers what is worth telling of a run, and the trace and its hash.
type tale struct {
	run      wasmnet.Run
	digest   hash.Hash
	writer   *trace.Writer
	err      error
	reigns   []string // "S3 in term 1 at 0.273s"
	elected  int
	commit   raft.Index
	sent     int
	dropped  map[trace.Reason]int
	invoked  map[trace.NodeID]time.Duration
	answered []time.Duration // how long each operation took
}

func newTale(run wasmnet.Run, file io.Writer) (*tale, error) {
	t := &tale{
		run: run, digest: sha256.New(),
		dropped: map[trace.Reason]int{}, invoked: map[trace.NodeID]time.Duration{},
	}
	var err error
	t.writer, err = trace.NewWriter(io.MultiWriter(t.digest, file), run.Header)
	return t, err
}

func (t *tale) observe(e *trace.Event) {
	if err := t.writer.Write(e); err != nil && t.err == nil {
		t.err = err
	}
	switch e.Kind {
	case trace.ServerStep:
		t.observeStep(e.At, &e.Core)
	case trace.PacketSent, trace.PacketDuplicated:
		t.sent++
	case trace.PacketDropped:
		t.dropped[e.Reason]++
	case trace.ClientInvoked:
		t.invoked[e.From] = e.At
	case trace.ClientReturned:
		t.answered = append(t.answered, e.At-t.invoked[e.From])
	}
}

func (t *tale) observeStep(at time.Duration, step *raft.Event) {
	switch step.Kind {
	case raft.BecameLeader:
		t.elected++
		if len(t.reigns) < maxReigns {
			t.reigns = append(t.reigns, fmt.Sprintf("S%d in term %d at %s", step.Server, step.Term, seconds(at)))
		}
	case raft.CommitAdvanced:
		t.commit = max(t.commit, step.LastIndex)
	}
}

// tell writes the summary, whose last line is the hash of the trace.
func (t *tale) tell(out io.Writer, outcome storm.Outcome) error {
	if t.err == nil {
		t.err = t.writer.Flush()
	}
	if t.err != nil {
		return t.err
	}
	h := t.run.Header
	var text strings.Builder
	fmt.Fprintf(&text, "cluster   %s, %s, seed %d", count(h.Servers, "server"), count(h.Clients, "client"), h.Seed)
	if h.Scenario != "" {
		fmt.Fprintf(&text, ", scenario %s", h.Scenario)
	}
	fmt.Fprintf(&text, "\ntime      %s of virtual time, %s, %s\n", seconds(t.run.For), count(outcome.Events, "event"), count(len(t.run.Commands), "command"))
	fmt.Fprintf(&text, "leaders   %s\n", t.leaders())
	fmt.Fprintf(&text, "log       %s committed\n", entries(int(t.commit)))
	fmt.Fprintf(&text, "clients   %s\n", t.clients())
	fmt.Fprintf(&text, "packets   %s\n", t.packets())
	fmt.Fprintf(&text, "rules     %s\n", verdict(outcome.Violation))
	fmt.Fprintf(&text, "page      %s\n", onThePage(outcome.Run))
	fmt.Fprintf(&text, "trace sha256 %x\n", t.digest.Sum(nil))
	_, err := io.WriteString(out, text.String())
	return err
}

func (t *tale) leaders() string {
	if t.elected == 0 {
		return "none"
	}
	text := strings.Join(t.reigns, "; ")
	if more := t.elected - len(t.reigns); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

func (t *tale) clients() string {
	if len(t.answered) == 0 {
		return "no operation answered"
	}
	slices.Sort(t.answered)
	n := len(t.answered)
	return fmt.Sprintf("%s answered, half of them within %s, the slowest in %s",
		count(n, "operation"), milliseconds(t.answered[n/2]), milliseconds(t.answered[n-1]))
}

func (t *tale) packets() string {
	text := fmt.Sprintf("%d sent", t.sent)
	for reason := trace.Lost; reason <= trace.Unawaited; reason++ {
		if n := t.dropped[reason]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, fates[reason])
		}
	}
	return text
}

// fates are what a packet died of, in words.
var fates = map[trace.Reason]string{
	trace.Lost:       "lost",
	trace.LinkWasCut: "stopped by a cut",
	trace.ServerDown: "to a server that was down",
	trace.ByCommand:  "dropped by command",
	trace.Unawaited:  "replies that nobody waited for",
}

func verdict(v *storm.Violation) string {
	if v == nil {
		return "all held"
	}
	return v.Error()
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1fms", float64(d)/1e6) }
