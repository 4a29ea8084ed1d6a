// Site builds the page into a folder that any static host can serve.
//
// Usage:
//
//	go run ./cmd/site [-o site]
//
// Beside every file that gets smaller there are a .gz and a .br, for hosts that
// hand those over; the page unpacks the .gz itself where the host does not
// compress.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"raftarium/cmd/internal/site"
)

func main() {
	folder := flag.String("o", "site", "folder to write; what it had before is replaced")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *folder, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is not a flag; site takes only flags (see -h)", rest[0])
	}
	root, err := site.Root()
	if err != nil {
		return err
	}
	fmt.Println("Building the page …")
	built, err := site.Build(ctx, root)
	if err != nil {
		return err
	}
	for _, note := range built.Notes {
		fmt.Println(note)
	}
	sizes, err := built.Write(folder, site.Best())
	if err != nil {
		return err
	}
	site.PrintSizes(os.Stdout, sizes)
	where, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	fmt.Printf("The page is in %s. Put it anywhere on any static host.\n", where)
	return nil
}
