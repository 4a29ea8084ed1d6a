//go:build !js

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// tourSpeed is fast enough for a test and slow enough for a hand.
const tourSpeed = "?seed=7&speed=0.1"

func TestTheTourFromStartToEnd(t *testing.T) {
	v := open(t, tourSpeed, small())
	v.press(`.lessons [data-lesson="leader"]`)
	whoIsInCharge(v)
	v.press(".lesson .buttons .strong")
	killTheLeader(v)
	v.press(".lesson .buttons .strong")
	twoLeaders(v)
	v.press(".lesson .buttons .strong")
	v.wait(`document.querySelectorAll(".lessons .done").length === 3`)

	// It is kept on the device.
	ask[bool](v, "(() => { window.former = true; setTimeout(() => location.reload()); return true })()")
	v.wait("!window.former && document.documentElement?.classList.contains('running')")
	v.wait(`document.querySelectorAll(".lessons .done").length === 3`)
}

func TestALessonByTouch(t *testing.T) {
	v := open(t, tourSpeed+"&lesson=crash", phone())
	killTheLeader(v)
}

func whoIsInCharge(v *visit) {
	v.t.Helper()
	v.title("Who is in charge?")
	v.predict(2)
	v.step(1)
	_, model := v.trace()
	first := leader(model)
	v.choose(first, "Pause")
	v.step(2)
	v.step(3)
	v.choose(first, "Resume")
	v.step(4)
	v.finished("right")
}

func killTheLeader(v *visit) {
	v.t.Helper()
	v.title("Kill the leader")
	v.predict(4)
	_, model := v.trace()
	old := leader(model)
	v.must(v.Press(v.server(old).point()))
	v.step(1)
	v.step(2)
	v.step(3)
	v.must(v.Press(v.server(old).point()))
	v.step(4)
	v.finished("nobody repaired anything")
}

func twoLeaders(v *visit) {
	v.t.Helper()
	v.title("Two leaders?")
	v.predict(1)
	_, model := v.trace()
	old := leader(model)
	mate, before := old%5+1, (old+3)%5+1
	way := v.strokeBetween(mate, mate%5+1, before, old)
	v.must(v.Drag(way...))
	v.step(1)
	v.step(2)
	_, model = v.trace()
	v.choose(old, "Write")
	v.step(3)
	v.choose(leader(model), "Write")
	v.step(4)
	slices.Reverse(way)
	v.must(v.Drag(way...))
	v.step(5)
	v.step(6)
	v.finished("There were two")
	events, _ := v.trace()
	if !slices.ContainsFunc(events, func(e trace.Event) bool { return e.Kind == trace.ServerStep && e.Core.Kind == raft.LogTruncated }) {
		v.t.Error("nothing was torn off")
	}
}

// title waits until a lesson is open.
func (v *visit) title(title string) {
	v.t.Helper()
	v.wait(fmt.Sprintf("document.querySelector('.lesson h2')?.textContent === %q", title))
}

// predict chooses an answer, counted from 1, and with it starts the clock.
func (v *visit) predict(choice int) {
	v.t.Helper()
	v.press(fmt.Sprintf(".lesson fieldset label:nth-of-type(%d)", choice))
	v.wait("document.querySelector('#play').getAttribute('aria-label') === 'Pause'")
}

// step waits until a step has ticked itself off.
func (v *visit) step(n int) {
	v.t.Helper()
	if err := v.Wait(fmt.Sprintf("document.querySelector('.lesson .steps li:nth-child(%d)').classList.contains('done')", n), patience); err != nil {
		v.t.Fatalf("step %d of %q is not done: %v; hint: %q", n, v.text(".lesson h2"), err, v.text(".lesson .hint"))
	}
}

// finished waits for what a lesson was about, and looks at what it says of the
// prediction.
func (v *visit) finished(words string) {
	v.t.Helper()
	v.wait("!document.querySelector('.lesson .reveal').hidden")
	if reveal := v.text(".lesson .reveal"); len(reveal) < 100 || strings.ContainsAny(reveal, "{}") {
		v.t.Errorf("what the lesson was about: %q", reveal)
	}
	if verdict := v.text(".lesson .verdict"); !strings.Contains(strings.ToLower(verdict), strings.ToLower(words)) {
		v.t.Errorf("the verdict %q does not say %q", verdict, words)
	}
}

// choose chooses from the menu of a server.
func (v *visit) choose(id raft.ServerID, deed string) {
	v.t.Helper()
	v.must(v.RightClick(v.server(id).point()))
	v.wait("document.querySelector('raft-menu').matches(':popover-open')")
	marked := ask[bool](v, fmt.Sprintf(`(() => { const item = [...document.querySelectorAll("raft-menu button")].find((b) => b.textContent.startsWith(%q)); if (item) item.id = "chosen"; return Boolean(item) })()`, deed))
	if !marked {
		v.t.Fatalf("the menu of S%d has no %s: %s", id, deed, v.text("raft-menu"))
	}
	v.press("#chosen")
}
