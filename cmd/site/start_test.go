//go:build !js

package main

import (
	"bytes"
	"image/color"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"raftarium/cmd/internal/browser"
	"raftarium/raft"
	"raftarium/raft/trace"
)

func TestTheClusterElectsALeader(t *testing.T) {
	v := open(t, "", small())
	leader := v.awaitLeader()
	v.wait(`document.querySelector(".badge strong").textContent === "Safe"`)
	v.wait(`document.querySelectorAll("raft-feed li").length > 0`)
	v.wait(`[...document.querySelectorAll(".server .role")].some((role) => role.textContent === "leader")`)
	if got := len(v.spots("server")); got != 5 {
		t.Errorf("the stage shows %d servers, with S%d their leader", got, leader)
	}
}

func TestTheAddressSaysWhichRun(t *testing.T) {
	v := open(t, "?nodes=3&seed=42&speed=0.1", small())
	v.awaitLeader()
	_, model := v.trace()
	if model.Header.Servers != 3 || model.Header.Seed != 42 {
		t.Errorf("?nodes=3&seed=42 runs %d servers with seed %d", model.Header.Servers, model.Header.Seed)
	}
	if got := v.text("#speed-label"); got != "1/10 of real time" {
		t.Errorf("?speed=0.1 runs at %s", got)
	}
}

func TestWrongParametersAreExplainedAndTheRestRuns(t *testing.T) {
	for query, words := range map[string][]string{
		"?nodes=99&seed=-1&speed=fast&embed=perhaps&node=3": {"nodes=99", "11", "seed=-1", "speed=fast", "embed=perhaps", "“node”"},
		"?nodes=3&speed=0": {"speed=0", "1/1000"},
	} {
		v := open(t, query, small())
		v.wait(`document.querySelector("#notices .notice")`)
		notice := v.text("#notices")
		for _, word := range words {
			if !strings.Contains(notice, word) {
				t.Errorf("%s is answered with %q, which does not say %q", query, notice, word)
			}
		}
		v.awaitLeader()
		_, model := v.trace()
		want := 5
		if strings.Contains(query, "nodes=3&") {
			want = 3
		}
		if model.Header.Servers != want {
			t.Errorf("%s runs %d servers, want %d", query, model.Header.Servers, want)
		}
		if got := v.text("#speed-label"); got != "1/20 of real time" {
			t.Errorf("%s runs at %s", query, got)
		}
		before := ask[int](v, `document.querySelectorAll("#notices .notice").length`)
		v.press("#notices button")
		v.wait(`document.querySelectorAll("#notices .notice").length === ` + strconv.Itoa(before-1))
	}
}

func TestANewRunStartsFromTheCard(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	v.press(`[popovertarget="new-run"]`)
	v.wait(`document.querySelector("#new-run[data-placed]")`)
	ask[bool](v, `(() => { const nodes = document.getElementById("nodes"); nodes.value = 3; nodes.dispatchEvent(new Event("input")); document.getElementById("seed").value = "nonsense"; return true })()`)
	v.press(`#new-run button[type="submit"]`)
	v.wait(`!document.querySelector("#new-run .error").hidden`)
	ask[bool](v, `(() => { document.getElementById("seed").value = "11"; return true })()`)
	v.press(`#new-run button[type="submit"]`)
	_, model := v.await("the new run", func(m *trace.Model) bool { return m.Header.Seed == 11 })
	if model.Header.Servers != 3 {
		t.Errorf("the new run has %d servers", model.Header.Servers)
	}
	v.wait(`document.querySelectorAll(".server").length === 3`)
	if got := ask[string](v, "location.search"); !strings.Contains(got, "nodes=3") || !strings.Contains(got, "seed=11") {
		t.Errorf("the address of the new run is %s", got)
	}
	v.awaitLeader()
}

func TestTheNetworkIsSetFromTheCard(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	v.press(`[popovertarget="network"]`)
	v.wait(`document.querySelector("#network[data-placed]")`)
	v.press("#loss")
	_, model := v.await("the new settings", func(m *trace.Model) bool { return m.Network.Loss > 0 })
	if model.Network.Loss < 0.2 || model.Network.Loss > 0.3 || model.Network.Latency <= 0 {
		t.Errorf("the middle of a slider from 0 to 50 %% set the network to %+v", model.Network)
	}
}

func TestEmbeddedThereIsTheStageAndAClock(t *testing.T) {
	v := open(t, "?embed=1&seed=7", browser.Window{Width: 800, Height: 580, Before: withoutDrawing})
	v.awaitLeader()
	for selector, want := range map[string]bool{".column": false, "h1": false, ".tools": false, "#play": true, "#step": true, "#speed": true, ".badge": true, "#open-full": true} {
		if got := ask[bool](v, "document.querySelector('"+selector+"').checkVisibility()"); got != want {
			t.Errorf("embedded, %s is shown: %v", selector, got)
		}
	}
	if ask[bool](v, "document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth") {
		t.Error("an embedded page of 800×580 scrolls")
	}
	for _, s := range v.spots("server") {
		if s.X-s.R < 0 || s.Y-s.R < 0 || s.X+s.R > 800 || s.Y+s.R > 580 {
			t.Errorf("S%d is not whole in the window: %+v", s.ID, s)
		}
	}
	if href := ask[string](v, "document.getElementById('open-full').href"); strings.Contains(href, "embed") || !strings.Contains(href, "seed=7") {
		t.Errorf("the whole page is at %s", href)
	}
}

func TestThePanelsDoNotCoverTheServers(t *testing.T) {
	for _, window := range []browser.Window{{Width: 1280, Height: 800}, {Width: 800, Height: 580}, {Width: 375, Height: 812, Touch: true}} {
		window.Before = withoutDrawing
		v := open(t, "?seed=7&nodes=11", window)
		v.wait("JSON.parse(raftarium.spots()).some((spot) => spot.kind === 'server')")
		for _, s := range v.spots("server") {
			covered := ask[string](v, "(() => { const e = document.elementFromPoint("+number(s.X)+","+number(s.Y)+"); return e.id === 'stage' ? '' : e.outerHTML.slice(0, 80) })()")
			if covered != "" {
				t.Errorf("%dx%d: S%d lies under %s", window.Width, window.Height, s.ID, covered)
			}
		}
		if ask[bool](v, "document.documentElement.scrollWidth > innerWidth") {
			t.Errorf("%dx%d: the page is wider than its window", window.Width, window.Height)
		}
	}
}

func TestWithoutWebGLThePageSaysSo(t *testing.T) {
	window := small()
	window.Before += `HTMLCanvasElement.prototype.getContext = () => null`
	v := load(t, "some/where/", window)
	v.wait(`document.getElementById("loading").classList.contains("failed")`)
	if got := v.text("#loading-text"); !strings.Contains(got, "WebGL 2") {
		t.Errorf("without WebGL the page says %q", got)
	}
	if v.text("h1") != "Raftarium" {
		t.Error("without WebGL the page cannot be read")
	}
}

func TestWithoutWebAssemblyThePageSaysSo(t *testing.T) {
	window := small()
	window.Before += `delete globalThis.WebAssembly`
	v := load(t, "some/where/", window)
	v.wait(`document.getElementById("loading").classList.contains("failed")`)
	if got := v.text("#loading-text"); !strings.Contains(got, "WebAssembly") {
		t.Errorf("without WebAssembly the page says %q", got)
	}
}

func TestOneServerLeadsItself(t *testing.T) {
	v := open(t, "?nodes=1", small())
	if got := v.awaitLeader(); got != raft.ServerID(1) {
		t.Errorf("alone, S%d leads", got)
	}
}

func TestTheStageIsDrawn(t *testing.T) {
	v := open(t, "?seed=7&embed=1", browser.Window{Width: 480, Height: 360})
	v.awaitLeader()
	v.tell("pause", "{}")
	picture, err := v.Screenshot()
	v.must(err)
	drawn, err := png.Decode(bytes.NewReader(picture))
	v.must(err)
	for _, s := range v.spots("server") {
		// Along a line through a server there are its rings, its ground and its name.
		colours := make(map[color.Color]bool)
		for x := s.X - s.R; x <= s.X+s.R; x++ {
			colours[drawn.At(int(x), int(s.Y))] = true
		}
		if len(colours) < 4 {
			t.Errorf("where S%d should be, the picture has %d colours", s.ID, len(colours))
		}
	}
}
