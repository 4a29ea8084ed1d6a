package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"raftarium/wasmnet/lab/elections"
)

// electionFlags are the flags of raftsim elections.
type electionFlags struct {
	trials int
	seed   uint64
	file   string
}

// fewTrials is how many trials an experiment holds in which each one takes as
// long as it may.
const fewTrials = 100

func parseElections(arguments []string, out io.Writer) (f electionFlags, helped bool, err error) {
	flags := flag.NewFlagSet("elections", flag.ContinueOnError)
	flags.IntVar(&f.trials, "trials", 1000, "how many elections of each `kind`")
	flags.Uint64Var(&f.seed, "seed", 1, "`seed` of the first election; the next has the next")
	flags.StringVar(&f.file, "o", "", "`file` for the curves as an SVG picture")
	if helped, err = parse(flags, arguments, out); helped || err != nil {
		return f, helped, err
	}
	const most = 1_000_000
	if f.trials < 1 || f.trials > most {
		return f, false, badFlags{fmt.Errorf("-trials %d: want 1 to %d", f.trials, most)}
	}
	return f, false, nil
}

// holdElections is the command raftsim elections.
func holdElections(arguments []string, out, complaints io.Writer) error {
	f, helped, err := parseElections(arguments, out)
	if helped || err != nil {
		return err
	}
	var lan, wan []elections.Curve
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "cluster\telections\tfigure\tours\tpublished\t")
	for _, e := range elections.Experiments() {
		fmt.Fprintf(complaints, "%s: electing\n", e.Name)
		trials := f.trials
		if e.Cluster.TimeoutMin == e.Cluster.TimeoutMax {
			trials = min(trials, fewTrials)
		}
		sample := e.Run(trials, f.seed, nil)
		tabulate(table, e, sample)
		curve := elections.Curve{Name: e.Name, Sample: sample}
		if e.Cluster.Crash {
			lan = append(lan, curve)
		} else {
			wan = append(wan, curve)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	fmt.Fprintf(out, "\nElections that were over within a time:\n\n%s\n%s",
		elections.Text(lan, 600*time.Millisecond), elections.Text(wan, 1500*time.Millisecond))
	if f.file == "" {
		return nil
	}
	picture := elections.SVG(append(lan, wan...), 1500*time.Millisecond)
	if err := os.WriteFile(f.file, []byte(picture), 0o644); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// tabulate writes a row for each figure that was published.
func tabulate(table io.Writer, e elections.Experiment, sample elections.Sample) {
	name, count := e.Name, fmt.Sprint(len(sample.Took))
	for _, figure := range e.Published {
		fmt.Fprintln(table, strings.Join([]string{name, count, figure.Name, figure.Ours(sample), figure.String(), ""}, "\t"))
		name, count = "", ""
	}
}
