//go:build !js

// Package browser drives a headless Chromium over a page, with the mouse, the
// fingers and the keys of a real visitor. The tests of the built page and the
// measurements of make bench stand on it.
package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is a running Chromium. Close it when done.
type Browser struct {
	ctx   context.Context
	close []context.CancelFunc
}

// Start starts Chromium, drawing WebGL in software so that every machine draws
// the same. The error says so if there is no Chromium.
func Start(parent context.Context) (*Browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // Chromium refuses to run as root with it
		chromedp.Flag("use-angle", "swiftshader"),
		chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.Flag("disable-lcd-text", true),
	)
	allocator, closeAllocator := chromedp.NewExecAllocator(parent, options...)
	ctx, closeContext := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, close: []context.CancelFunc{closeContext, closeAllocator}}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		b.Close()
		return nil, fmt.Errorf("starting Chromium (package chromium of Debian): %w", err)
	}
	return b, nil
}

// Close ends Chromium and all its pages.
func (b *Browser) Close() {
	for _, cancel := range b.close {
		cancel()
	}
}

// Window is the window that a page is opened in.
type Window struct {
	Width, Height int               // in CSS pixels
	Touch         bool              // a phone: fingers, no mouse
	Media         map[string]string // CSS media features, such as "prefers-color-scheme": "light"
	Before        string            // a script that runs before the page's own
}

// Page is an open page. Its methods end with an error when the context that
// the browser was started with ends.
type Page struct {
	ctx   context.Context
	close context.CancelFunc
	touch bool

	mutex    sync.Mutex
	problems []string
	requests []string
}

// Open opens a page as a visitor who was never here before: with storage of
// its own.
func (b *Browser) Open(address string, window Window) (*Page, error) {
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &Page{ctx: ctx, close: cancel, touch: window.Touch}
	if err := p.open(address, window); err != nil {
		cancel()
		return nil, fmt.Errorf("opening %s: %w", address, err)
	}
	return p, nil
}

func (p *Page) open(address string, window Window) error {
	if err := chromedp.Listen(p.ctx, p.observe); err != nil {
		return err
	}
	if _, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	features := make([]*emulation.MediaFeature, 0, len(window.Media))
	for name, value := range window.Media {
		features = append(features, &emulation.MediaFeature{Name: name, Value: value})
	}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		return err
	}
	if window.Before != "" {
		script := page.AddScriptToEvaluateOnNewDocumentParams{Source: window.Before}
		if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
			return err
		}
	}
	var options []chromedp.EmulateViewportOption
	if window.Touch {
		options = append(options, chromedp.EmulateTouch, chromedp.EmulateMobile)
	}
	return chromedp.Do(p.ctx,
		chromedp.EmulateViewport(int64(window.Width), int64(window.Height), options...),
		chromedp.Navigate(address))
}

// Close closes the page.
func (p *Page) Close() { p.close() }

// observe keeps what the page says to the console and what it fetches. It is
// called on the goroutine that reads the browser's messages.
func (p *Page) observe(event any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.problems = append(p.problems, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type != "error" && e.Type != "warning" && e.Type != "assert" {
			return
		}
		text := string(e.Type) + ":"
		for _, argument := range e.Args {
			text += " " + string(argument.Value) + argument.Description
		}
		p.problems = append(p.problems, text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			p.problems = append(p.problems, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Problems returns the errors and warnings that the page has written to the
// console so far, and the exceptions that it did not catch.
func (p *Page) Problems() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.problems...)
}

// Requests returns the addresses that the page has fetched so far.
func (p *Page) Requests() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.requests...)
}

// Evaluate runs a script in the page and returns its value.
func Evaluate[T any](p *Page, script string) (T, error) {
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("evaluating %.80q: %w", script, err)
	}
	return value, nil
}

// Wait waits until a script's value is true, and asks about twenty times a
// second.
func (p *Page) Wait(script string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		done, err := Evaluate[bool](p, "Boolean("+script+")")
		if err != nil {
			return err
		}
		if done {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %v in vain for %s", patience, script)
		}
		if err := p.Pause(50 * time.Millisecond); err != nil {
			return err
		}
	}
}

// Pause lets real time pass.
func (p *Page) Pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// Screenshot returns what the window shows, as a PNG.
func (p *Page) Screenshot() ([]byte, error) {
	return chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
}

// BusySeconds returns for how long the page's main thread has worked so far.
func (p *Page) BusySeconds() (float64, error) {
	if _, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		return 0, err
	}
	metrics, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		return 0, err
	}
	for _, metric := range metrics.Metrics {
		if metric.Name == "TaskDuration" {
			return metric.Value, nil
		}
	}
	return 0, errors.New("Chromium does not tell how long the page has worked")
}
