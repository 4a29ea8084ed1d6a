//go:build !js

package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"text/tabwriter"
	"time"

	"raftarium/cmd/internal/browser"
	"raftarium/cmd/internal/site"
)

// measureSize prints how large the page is on the wire.
func measureSize(built *site.Site, w io.Writer) error {
	folder, err := os.MkdirTemp("", "raftarium-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	sizes, err := built.Write(folder, site.Best())
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "Size of the page")
	site.PrintSizes(w, sizes)
	fmt.Fprintln(w)
	return nil
}

// measureFor is how long the frames of one page are measured, and how long the
// page runs before that.
const (
	warmUp     = 4 * time.Second
	measureFor = 8 * time.Second
)

// stopwatch times every frame, and keeps the software that stands in for a
// graphics card out of it: what is measured is the page's own work.
const stopwatch = `(() => {
  const next = window.requestAnimationFrame.bind(window);
  window.frameTimes = [];
  window.requestAnimationFrame = (callback) => next((time) => {
    const began = performance.now();
    callback(time);
    window.frameTimes.push(performance.now() - began);
  });
  WebGL2RenderingContext.prototype.drawElements = () => {};
})()`

// subject is a page to be measured.
type subject struct {
	name  string
	site  *site.Site
	query string
	cost  string // a script whose value is a cost
}

// cost is what a program says of its own work since it was last asked.
type cost struct {
	Median float64 `json:"median"` // milliseconds a frame of updating and drawing
	P95    float64 `json:"p95"`
}

// frames is what the frames of one page cost.
type frames struct {
	mean float64 // milliseconds of the main thread a frame
	own  cost    // of that, the program's own updating and drawing
	rate float64 // frames a second
	busy float64 // part of one core that the page's main thread takes
}

// measurePage prints what a frame costs: of a program that draws nothing, and
// of the page with few and with many servers.
func measurePage(ctx context.Context, root string, built *site.Site, w io.Writer) error {
	bare, err := site.BuildAround(ctx, root, "./cmd/bench/bare")
	if err != nil {
		return err
	}
	crowd, err := site.BuildAround(ctx, root, "./cmd/bench/crowd")
	if err != nil {
		return err
	}
	b, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Fprintln(w, "A frame of the page at 1/20 of real time, 1280×800, without the drawing that a graphics card does")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  \ta frame\tits update + draw\t95 % below\tframes/s\tof one core\t")
	for _, s := range []subject{
		{"Ebitengine alone", bare, "", "({median: 0, p95: 0})"},
		{"the page, 5 servers", built, "?seed=7", "raftarium.cost()"},
		{"the stage, 21 servers", crowd, "?servers=21", "crowdCost()"},
		{"the page, paused", built, "?seed=7", "raftarium.do('pause', '{}') || raftarium.cost()"},
	} {
		f, err := measureFrames(b, s)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", s.name, err)
		}
		fmt.Fprintf(table, "  %s\t%.2f ms\t%.2f ms\t%.2f ms\t%.0f\t%.1f %%\t\n", s.name, f.mean, f.own.Median, f.own.P95, f.rate, 100*f.busy)
	}
	table.Flush()
	fmt.Fprintln(w)
	return nil
}

// measureFrames opens a page and measures its frames.
func measureFrames(b *browser.Browser, s subject) (frames, error) {
	folder, err := os.MkdirTemp("", "raftarium-bench-")
	if err != nil {
		return frames{}, err
	}
	defer os.RemoveAll(folder)
	if _, err := s.site.Write(folder, site.Fast()); err != nil {
		return frames{}, err
	}
	server := httptest.NewServer(site.Host(folder))
	defer server.Close()
	page, err := b.Open(server.URL+"/"+s.query, browser.Window{Width: 1280, Height: 800, Before: stopwatch})
	if err != nil {
		return frames{}, err
	}
	defer page.Close()
	if err := page.Wait("window.frameTimes.length > 10", time.Minute); err != nil {
		return frames{}, err
	}
	if _, err := browser.Evaluate[cost](page, s.cost); err != nil {
		return frames{}, err
	}
	if err := page.Pause(warmUp); err != nil {
		return frames{}, err
	}
	before, err := page.BusySeconds()
	if err != nil {
		return frames{}, err
	}
	if _, err := browser.Evaluate[cost](page, "window.frameTimes.length = 0, "+s.cost); err != nil {
		return frames{}, err
	}
	began := time.Now()
	if err := page.Pause(measureFor); err != nil {
		return frames{}, err
	}
	times, err := browser.Evaluate[[]float64](page, "window.frameTimes")
	if err != nil {
		return frames{}, err
	}
	own, err := browser.Evaluate[cost](page, s.cost)
	if err != nil {
		return frames{}, err
	}
	seconds := time.Since(began).Seconds()
	after, err := page.BusySeconds()
	if err != nil {
		return frames{}, err
	}
	sum := 0.0
	for _, t := range times {
		sum += t
	}
	return frames{
		mean: sum / float64(max(1, len(times))),
		own:  own,
		rate: float64(len(times)) / seconds,
		busy: (after - before) / seconds,
	}, nil
}
