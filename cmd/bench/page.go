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

// frames is what the frames of one page cost.
type frames struct {
	mean float64 // milliseconds of the main thread a frame
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
	b, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Fprintln(w, "A frame of the page, 1280×800, without the drawing that a graphics card does")
	floor, err := measureFrames(b, bare, "", "true")
	if err != nil {
		return fmt.Errorf("measuring Ebitengine alone: %w", err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  \ta frame\tof that Raftarium's own\tframes/s\tof one core\t")
	floor.print(table, "Ebitengine alone", frames{})
	for _, servers := range []int{5, 21} {
		restart := fmt.Sprintf(`(() => { const why = raftarium.do("restartRun", '{"nodes":%d,"seed":7}'); if (why) throw Error(why); raftarium.do("play", "{}"); return true })()`, servers)
		one, err := measureFrames(b, built, "?seed=7", restart)
		if err != nil {
			return fmt.Errorf("measuring the page with %d servers: %w", servers, err)
		}
		one.print(table, fmt.Sprintf("%d servers at 1/20 of real time", servers), floor)
	}
	table.Flush()
	fmt.Fprintln(w)
	return nil
}

func (f frames) print(w io.Writer, name string, floor frames) {
	own := "–"
	if floor.mean > 0 {
		own = fmt.Sprintf("%.2f ms", f.mean-floor.mean)
	}
	fmt.Fprintf(w, "  %s\t%.2f ms\t%s\t%.0f\t%.1f %%\t\n", name, f.mean, own, f.rate, 100*f.busy)
}

// measureFrames opens a built page, runs a script in it once its program runs,
// and measures its frames.
func measureFrames(b *browser.Browser, built *site.Site, query, script string) (frames, error) {
	folder, err := os.MkdirTemp("", "raftarium-bench-")
	if err != nil {
		return frames{}, err
	}
	defer os.RemoveAll(folder)
	if _, err := built.Write(folder, site.Fast()); err != nil {
		return frames{}, err
	}
	server := httptest.NewServer(site.Host(folder))
	defer server.Close()
	page, err := b.Open(server.URL+"/"+query, browser.Window{Width: 1280, Height: 800, Before: stopwatch})
	if err != nil {
		return frames{}, err
	}
	defer page.Close()
	if err := page.Wait("window.frameTimes.length > 10", time.Minute); err != nil {
		return frames{}, err
	}
	if _, err := browser.Evaluate[bool](page, script); err != nil {
		return frames{}, err
	}
	if err := page.Pause(warmUp); err != nil {
		return frames{}, err
	}
	before, err := page.BusySeconds()
	if err != nil {
		return frames{}, err
	}
	if _, err := browser.Evaluate[int](page, "window.frameTimes.length = 0"); err != nil {
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
	seconds := time.Since(began).Seconds()
	after, err := page.BusySeconds()
	if err != nil {
		return frames{}, err
	}
	sum := 0.0
	for _, t := range times {
		sum += t
	}
	return frames{mean: sum / float64(max(1, len(times))), rate: float64(len(times)) / seconds, busy: (after - before) / seconds}, nil
}
