// Mutants breaks the rules of the core one by one, each in a copy of its
// source, and runs the test that must fail with it. It prints a table of the
// pitfalls with what catches each, and ends with the result 1 if one is not caught.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"

	"raftarium/raft/mutant"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	names := flag.String("run", "", "regular expression: only mutants whose names match")
	core := flag.String("core", "raft", "folder of the core's source")
	flag.Parse()
	if err := run(ctx, *names, *core); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// outcome is what became of a mutant.
type outcome struct {
	killed bool
	output []byte
	err    error
}

func run(ctx context.Context, names, core string) error {
	matches, err := regexp.Compile(names)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	core, err = filepath.Abs(core)
	if err != nil {
		return fmt.Errorf("-core: %w", err)
	}
	var chosen []mutant.Mutant
	for _, m := range mutant.Catalogue() {
		if matches.MatchString(m.Name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("-run %s: there is no mutant of such a name", names)
	}
	return report(chosen, runAll(ctx, chosen, core))
}

// runAll runs all mutants, as many at a time as there are processors.
func runAll(ctx context.Context, chosen []mutant.Mutant, core string) []outcome {
	outcomes := make([]outcome, len(chosen))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := range next {
				killed, output, err := chosen[i].Killed(ctx, core)
				outcomes[i] = outcome{killed, output, err}
			}
		})
	}
	for i := range chosen {
		next <- i
	}
	close(next)
	workers.Wait()
	return outcomes
}

func report(chosen []mutant.Mutant, outcomes []outcome) error {
	survived := 0
	for _, p := range mutant.Pitfalls() {
		told := false
		for i, m := range chosen {
			if m.Pitfall != p.Number {
				continue
			}
			if !told {
				fmt.Printf("%2d  %s (%s)\n", p.Number, p.Bug, p.Seen)
				told = true
			}
			fmt.Printf("      %-9s %-38s %s\n", verdict(outcomes[i]), m.Name, m.Test)
			if !outcomes[i].killed {
				survived++
				fmt.Printf("%s%v\n", outcomes[i].output, outcomes[i].err)
			}
		}
	}
	fmt.Printf("%d mutants, %d killed\n", len(chosen), len(chosen)-survived)
	if survived > 0 {
		return errors.New("a rule can be broken without a test that fails")
	}
	return nil
}

func verdict(o outcome) string {
	switch {
	case o.err != nil:
		return "not run"
	case o.killed:
		return "killed"
	default:
		return "SURVIVED"
	}
}
