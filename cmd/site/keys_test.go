//go:build !js

package main

import (
	"fmt"
	"testing"

	"raftarium/raft/trace"
)

func TestTheClockObeysKeys(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.must(v.Key(" "))
	v.wait("document.getElementById('play').getAttribute('aria-label') === 'Play'")

	// One event at a time: each step tells at least one more event.
	before, _ := v.trace()
	v.must(v.Key("."))
	v.wait(fmt.Sprintf("raftarium.trace().trim().split('\\n').length > %d", len(before)+1))

	label := v.text("#speed-label")
	v.must(v.Key("["))
	v.wait(fmt.Sprintf("document.getElementById('speed-label').textContent !== %q", label))
	v.must(v.Key("]"))
	v.wait(fmt.Sprintf("document.getElementById('speed-label').textContent === %q", label))

	v.must(v.Key(" "))
	v.wait("document.getElementById('play').getAttribute('aria-label') === 'Pause'")
}

func TestAServerIsCrashedAndRestartedByKeysAlone(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	v.must(v.Key("3"))
	v.wait("document.activeElement.closest('.server')?.querySelector('.name').textContent === 'S3'")
	v.must(v.Key("c"))
	v.await("the crash of S3", func(m *trace.Model) bool { return !m.Servers[2].Alive })
	v.wait("document.activeElement.getAttribute('aria-label').includes('crashed')")

	// And the same by the buttons that Tab leads to.
	v.must(v.Key("Tab"))
	v.wait("document.activeElement.textContent === 'Restart'")
	v.must(v.Key("Enter"))
	v.await("the restart of S3", func(m *trace.Model) bool { return m.Servers[2].Alive })
	v.wait("document.activeElement.textContent === 'Crash'")
}

func TestTabLeadsThroughThePageAndOutOfIt(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	v.must(v.Press(v.server(1).point())) // the canvas has the focus now
	seen := make(map[string]bool)
	for range 60 {
		v.must(v.Key("Tab"))
		name := ask[string](v, "document.activeElement.id || document.activeElement.closest('.server')?.querySelector('.name').textContent || document.activeElement.tagName")
		if name == "BODY" { // past the last control
			break
		}
		seen[name] = true
	}
	for _, want := range []string{"play", "step", "speed"} {
		if !seen[want] {
			t.Errorf("Tab does not lead to the control %q; it led to %v", want, seen)
		}
	}
	if seen["stage"] {
		t.Error("Tab stops at the canvas, which has nothing to say")
	}
}

func TestKeysCanBeSwitchedOff(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.must(v.Key("?"))
	v.wait("document.querySelector('#help[data-placed]')")
	v.press("#single-keys")
	v.must(v.Key("Escape"))
	v.wait("!document.getElementById('help').matches(':popover-open')")
	label := v.text("#speed-label")
	v.must(v.Key("["))
	if got := v.text("#speed-label"); got != label {
		t.Errorf("a key that was switched off changed the speed from %s to %s", label, got)
	}
}

func TestTheFirstFocusIsThePagesOwn(t *testing.T) {
	v := open(t, "?seed=7", small())
	if tag := ask[string](v, "document.activeElement.tagName"); tag != "BODY" {
		t.Errorf("the page starts with the focus on %s", tag)
	}
}
