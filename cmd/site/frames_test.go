//go:build !js

package main

import (
	"strconv"
	"testing"
	"time"

	"raftarium/cmd/internal/browser"
)

func number(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// counting counts the frames that the page draws.
const counting = `(() => {
  const next = window.requestAnimationFrame.bind(window);
  window.frameCount = 0;
  window.requestAnimationFrame = (callback) => next((time) => { window.frameCount++; callback(time); });
})()`

func counted() browser.Window {
	window := small()
	window.Before += counting
	return window
}

// framesDuring returns how many frames the page draws while real time passes.
func (v *visit) framesDuring(d time.Duration) int {
	v.t.Helper()
	before := ask[int](v, "window.frameCount")
	v.must(v.Pause(d))
	return ask[int](v, "window.frameCount") - before
}

// settled waits until what still moved has come to rest: a second without a
// frame.
func settled(t *testing.T, framesDuring func(time.Duration) int) {
	t.Helper()
	for range 30 {
		if framesDuring(time.Second) == 0 {
			return
		}
	}
	t.Fatal("frames do not stop coming")
}

func TestAPausedPageDrawsNothing(t *testing.T) {
	v := open(t, "?seed=7", counted())
	v.awaitLeader()
	if v.framesDuring(time.Second) == 0 {
		t.Error("the playing page draws nothing")
	}
	v.press("#play")
	settled(t, v.framesDuring)
	if n := v.framesDuring(2 * time.Second); n != 0 {
		t.Errorf("the paused page drew %d frames in 2 s", n)
	}
	v.press("#step")
	v.wait("window.frameCount > 0")
	before := ask[int](v, "window.frameCount")
	v.press("#play")
	v.wait("window.frameCount > " + strconv.Itoa(before+5))
}

func TestAPageOffTheScreenDrawsNothing(t *testing.T) {
	window := browser.Window{Width: 900, Height: 700, Before: withoutDrawing + counting}
	v := load(t, "around.html", window)
	ask[bool](v, "(() => { window.inner = () => frames[0]; return true })()")
	v.wait("window.inner().frameCount > 20 && window.inner().raftarium")
	ask[bool](v, "(() => { scrollTo(0, 2000); return true })()")
	frames := func(d time.Duration) int {
		before := ask[int](v, "window.inner().frameCount")
		v.must(v.Pause(d))
		return ask[int](v, "window.inner().frameCount") - before
	}
	settled(t, frames)
	if n := frames(2 * time.Second); n != 0 {
		t.Errorf("scrolled off the screen, the embedded page drew %d frames in 2 s", n)
	}
	ask[bool](v, "(() => { scrollTo(0, 0); return true })()")
	before := ask[int](v, "window.inner().frameCount")
	v.wait("window.inner().frameCount > " + strconv.Itoa(before+5))

	// And the wheel over it scrolls the page around it.
	v.must(v.Wheel(browser.Point{X: 400, Y: 300}, 200))
	v.wait("scrollY > 0")
}
