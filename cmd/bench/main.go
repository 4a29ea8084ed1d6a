//go:build !js

// Bench measures what users of Raftarium feel: how fast the world runs, natively
// and as WebAssembly, how large the page is, and what one of its frames costs.
// Times depend on the machine; the ratios hardly do.
//
// Usage:
//
//	go run ./cmd/bench [-only world,size,page]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"raftarium/cmd/internal/site"
)

func main() {
	only := flag.String("only", strings.Join(sections(), ","), "what to measure, with commas between")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, strings.Split(*only, ","), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func sections() []string { return []string{"world", "size", "page"} }

func run(ctx context.Context, only, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is not a flag; bench takes only flags (see -h)", rest[0])
	}
	for _, name := range only {
		if !slices.Contains(sections(), name) {
			return fmt.Errorf("there is nothing called %q to measure: there are %s", name, strings.Join(sections(), ", "))
		}
	}
	root, err := site.Root()
	if err != nil {
		return err
	}
	if slices.Contains(only, "world") {
		if err := measureWorld(ctx, root, os.Stdout); err != nil {
			return err
		}
	}
	if !slices.Contains(only, "size") && !slices.Contains(only, "page") {
		return nil
	}
	built, err := site.Build(ctx, root)
	if err != nil {
		return err
	}
	if slices.Contains(only, "size") {
		if err := measureSize(built, os.Stdout); err != nil {
			return err
		}
	}
	if slices.Contains(only, "page") {
		return measurePage(ctx, root, built, os.Stdout)
	}
	return nil
}
