//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raftarium/cmd/internal/browser"
	"raftarium/game/link"
	"raftarium/game/session"
	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// linkedRun is a run with a network of its own and commands without pause, as a storm
// has it.
func linkedRun() wasmnet.Run {
	h := wasmnet.DefaultHeader(1234)
	h.Network = trace.Network{Latency: 3 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.05, Duplicate: 0.05, Reorder: 0.05}
	h.Timing.ClientInterval = 80 * time.Millisecond
	run := wasmnet.Run{Header: h, For: 3 * time.Second}
	for i := range 30 {
		at := time.Duration(300+80*i) * time.Millisecond
		id := raft.ServerID(i%5 + 1)
		with := func(c trace.Command) { c.At = at; run.Commands = append(run.Commands, c) }
		with(trace.Command{Kind: trace.Write, Key: fmt.Sprintf("k%d", i%3), Value: fmt.Sprint(i)})
		switch i % 5 {
		case 0:
			with(trace.Command{Kind: trace.Crash, Server: id})
		case 1:
			with(trace.Command{Kind: trace.Restart, Server: id - 1})
		case 2:
			with(trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}, {3, 4, 5}}})
			with(trace.Command{Kind: trace.Drop, Packet: trace.PacketID(i)})
		case 3:
			with(trace.Command{Kind: trace.HealAll})
		case 4:
			with(trace.Command{Kind: trace.SetNetwork, Network: &trace.Network{Latency: time.Duration(i) * time.Millisecond, Loss: 0.1}})
		}
	}
	return run
}

// follow opens the page with a link to a run.
func follow(t *testing.T, query string, run wasmnet.Run, window browser.Window) *visit {
	t.Helper()
	text, err := link.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, query+"#run="+text, window)
}

// What a link says happens in another browser as it happened natively, byte for
// byte, and then the clock stands still.
func TestALinkReplaysItsRun(t *testing.T) {
	run := linkedRun()
	if len(run.Commands) < 60 {
		t.Fatalf("there are only %d commands", len(run.Commands))
	}
	v := follow(t, "?speed=1&seed=7&nodes=3", run, small())
	v.wait(`document.querySelector("#replay").checkVisibility() && document.querySelector("#replay").textContent.startsWith("A recorded run: ")`)
	if got := v.text("#latency-label") + ", " + v.text("#loss-label"); got != "2 ms, 5 %" && got != "5 ms, 5 %" {
		t.Errorf("the card of the network says %s", got)
	}
	v.wait(`document.querySelector("#replay").textContent === "The recorded run ends here. Play goes on from it."`)
	v.wait(`document.querySelector("#play").getAttribute("aria-label") === "Play"`)
	want, err := session.Hash(run)
	v.must(err)
	if got := ask[string](v, "raftarium.hash()"); got != want {
		t.Errorf("in Chromium the hash is %s, and natively %s", got, want)
	}
	if got := v.text("#clock"); got != "3.000 s" {
		t.Errorf("the clock stands at %s", got)
	}
	if notices := v.text("#notices"); notices != "" {
		t.Errorf("the page says %q", notices)
	}

	// The page's own link is the one that was opened; another one, put into the
	// address, is opened in its place.
	if again := ask[string](v, "raftarium.link()"); again != ask[string](v, "location.hash") {
		t.Errorf("the link of what was replayed is %s", again)
	}
	run.For = time.Second
	other, err := link.Encode(run)
	v.must(err)
	want, err = session.Hash(run)
	v.must(err)
	ask[bool](v, fmt.Sprintf(`(() => { window.before = true; location.hash = "run=%s"; return true })()`, other))
	v.wait(`!window.before && document.documentElement?.classList.contains("running")`)
	v.wait(`document.querySelector("#replay")?.textContent.startsWith("The recorded run ends here.")`)
	if got := ask[string](v, "raftarium.hash()"); got != want {
		t.Errorf("the other link has the hash %s, and not %s", got, want)
	}
}

// Step by step, a replay gives its commands too; a command by hand takes it over.
func TestAReplayIsSteppedAndTakenOver(t *testing.T) {
	v := follow(t, "?speed=0.001", linkedRun(), small())
	v.tell("pause", "{}")
	commands := func() int {
		events, _ := v.trace()
		n := 0
		for _, e := range events {
			if e.Kind == trace.CommandTaken {
				n++
			}
		}
		return n
	}
	for commands() < 4 {
		ask[string](v, `(() => { for (let i = 0; i < 20; i++) raftarium.do("step", "{}"); return "" })()`)
	}
	given := commands()
	v.tell("command", `{"kind":"healAll"}`)
	v.wait(`document.querySelector("#notices").textContent.includes("The run is yours from here on")`)
	v.wait(`!document.querySelector("#replay").checkVisibility()`)
	v.tell("speed", `{"value":1}`)
	v.tell("play", "{}")
	v.await("five seconds", func(m *trace.Model) bool { return m.Now > 5*time.Second })
	if got := commands(); got != given+1 {
		t.Errorf("%d commands were given after the run was taken over", got-given-1)
	}
}

func TestACorruptLinkIsExplainedAndTheUsualClusterRuns(t *testing.T) {
	text, err := link.Encode(linkedRun())
	if err != nil {
		t.Fatal(err)
	}
	for given, words := range map[string]string{
		text[:len(text)/2]:                     "the link is cut off",
		text[:30] + "%3Cscript%3E" + text[30:]: "which no link to a run has",
	} {
		v := open(t, "?nodes=3#run="+given, small())
		v.wait(`document.querySelector("#notices .notice")`)
		if notice := v.text("#notices"); !strings.Contains(notice, words) {
			t.Errorf("%.20s… is answered with %q, which does not say %q", given, notice, words)
		}
		v.awaitLeader()
		if _, model := v.trace(); model.Header.Servers != 3 || model.Header.Seed != 7 {
			t.Errorf("the page runs %+v", model.Header)
		}
	}
}

// The card of the link gives the run up to now, by the clipboard or, where there is none, to
// be copied by hand; a new run takes the link out of the address.
func TestTheLinkIsCopied(t *testing.T) {
	window := small()
	window.Before += `Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { if (window.refuse) throw new Error("no"); window.copied = text; } } });`
	v := follow(t, "?speed=1&nodes=3&embed=0", linkedRun(), window)
	v.await("two seconds", func(m *trace.Model) bool { return m.Now > 2*time.Second })
	v.tell("pause", "{}")
	hash := ask[string](v, "raftarium.hash()")
	v.press(`[popovertarget="share"]`)
	v.wait(`document.querySelector("#share[data-placed]")`)
	v.press("#copy-link")
	v.wait(`document.querySelector("#share .said").textContent === "Copied."`)
	copied := ask[string](v, "window.copied")
	if copied != ask[string](v, `document.querySelector("#share-link").value`) || !strings.Contains(copied, "/some/where/?speed=1#run=1.") {
		t.Errorf("copied was %s", copied)
	}
	run, err := link.Decode(copied)
	v.must(err)
	if got, err := session.Hash(run); err != nil || got != hash {
		t.Errorf("what was copied has the hash %s, %v, and the page %s", got, err, hash)
	}
	ask[bool](v, "window.refuse = true")
	v.press("#copy-link")
	v.wait(`document.querySelector("#share .said").textContent.includes("is selected")`)
	if got := ask[string](v, "getSelection().toString() || (() => { const f = document.activeElement; return f.value.slice(f.selectionStart, f.selectionEnd) })()"); got != copied {
		t.Errorf("selected is %q", got)
	}
	v.must(v.Key("Escape"))
	v.press(`[popovertarget="new-run"]`)
	v.wait(`document.querySelector("#new-run[data-placed]")`)
	v.press(`#new-run button[type="submit"]`)
	v.wait(`location.hash === "" && !document.querySelector("#replay").checkVisibility()`)
}
