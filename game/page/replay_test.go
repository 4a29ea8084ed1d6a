package page

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"raftarium/game/link"
	"raftarium/game/session"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// recorded is a run that a page may have got in its address.
func recorded() wasmnet.Run {
	h := wasmnet.DefaultHeader(42)
	h.Servers, h.Network.Loss = 3, 0.05
	return wasmnet.Run{Header: h, For: 2 * time.Second, Commands: []trace.Command{
		{At: 500 * time.Millisecond, Kind: trace.Crash, Server: 2},
		{At: 900 * time.Millisecond, Kind: trace.Restart, Server: 2},
		{At: 1200 * time.Millisecond, Kind: trace.Write, Key: "x", Value: "1"},
	}}
}

// newReplay opens a page with a link to a run, as the address brings it.
func newReplay(t *testing.T, run wasmnet.Run) *Page {
	t.Helper()
	text, err := link.Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	given, err := json.Marshal(map[string]string{"run": text, "nodes": "5", "speed": "1"})
	if err != nil {
		t.Fatal(err)
	}
	options, problems := ParseOptions(string(given))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return newPage(t, options)
}

func TestALinkedRunIsReplayed(t *testing.T) {
	p := newReplay(t, recorded())
	view := p.View()
	if want := (ReplayView{Text: "A recorded run: 0 of 3 commands, until 2.000 s", Of: 3}); view.Replay == nil || *view.Replay != want {
		t.Fatalf("at the beginning: %+v", view.Replay)
	}
	if view.Settings != (Settings{Nodes: 3, Seed: 42, Network: recorded().Header.Network}) || !view.Playing || view.Announce != "A recorded run is being replayed." {
		t.Errorf("at the beginning: %+v", view)
	}
	pass(p, time.Second)
	if view := p.View(); view.Replay == nil || !strings.HasPrefix(view.Replay.Text, "A recorded run: 2 of 3 commands") {
		t.Errorf("after a second: %+v", view.Replay)
	}
	pass(p, 2*time.Second)
	view = p.View()
	if view.Replay == nil || !view.Replay.Ended || view.Playing || p.Now() != 2*time.Second || !strings.HasSuffix(view.Announce, "The recorded run ends here.") {
		t.Errorf("at the end, %v: %+v, %+v", p.Now(), view, view.Replay)
	}
	want, err := session.Hash(recorded())
	if hash, errHash := p.Hash(p.Now()); err != nil || errHash != nil || hash != want {
		t.Errorf("the hash is %s, %v, want %s, %v", hash, errHash, want, err)
	}
	do(t, p, "play", "{}")
	pass(p, 100*time.Millisecond)
	if view := p.View(); view.Replay != nil || !view.Playing || len(p.Problems()) > 0 {
		t.Errorf("after the end: %+v", view.Replay)
	}
}

// What is copied from a page is what has happened in it.
func TestTheLinkOfAPage(t *testing.T) {
	p := newPage(t, Options{Nodes: 3, Seed: 9, Speed: 1})
	pass(p, 700*time.Millisecond)
	do(t, p, "command", `{"kind":"crash","server":1}`)
	pass(p, 300*time.Millisecond)
	text, err := p.Link()
	if err != nil || !strings.HasPrefix(text, "#run=1.") {
		t.Fatalf("%s, %v", text, err)
	}
	run, err := link.Decode(text)
	if err != nil || len(run.Commands) != 1 || run.For != p.Now() {
		t.Fatalf("%+v, %v", run, err)
	}
	other := newReplay(t, run)
	pass(other, 2*time.Second)
	hash, err := p.Hash(p.Now())
	again, errAgain := other.Hash(other.Now())
	if err != nil || errAgain != nil || hash != again {
		t.Errorf("the hash is %s, %v, and behind the link %s, %v", hash, err, again, errAgain)
	}
}

// When the clock stops by itself no frame may come after that one, so the view
// comes with it.
func TestTheEndOfAReplayIsToldAtOnce(t *testing.T) {
	p := newReplay(t, recorded())
	var last []byte
	for now := time.Duration(0); p.Playing() && now < time.Minute; now += 16 * time.Millisecond {
		p.Advance(16*time.Millisecond, nil)
		if view := p.Poll(now); view != nil {
			last = view
		}
	}
	var view View
	if err := json.Unmarshal(last, &view); err != nil || view.Playing || view.Replay == nil || !view.Replay.Ended {
		t.Errorf("the last view is %s, %v", last, err)
	}
}

func TestTakingAReplayOver(t *testing.T) {
	p := newReplay(t, recorded())
	pass(p, 600*time.Millisecond)
	if err := p.Do("command", `{"kind":"crash","server":2}`); err == nil || p.View().Replay == nil {
		t.Errorf("a refused command: %v, %+v", err, p.View().Replay)
	}
	do(t, p, "command", `{"kind":"crash","server":1}`)
	problems := p.Problems()
	if len(problems) != 1 || problems[0] != "The run is yours from here on: 2 recorded commands that were still to come will not be given." {
		t.Errorf("told: %q", problems)
	}
	pass(p, 3*time.Second)
	if view := p.View(); view.Replay != nil || !view.Playing || view.Servers[1].Alive || len(p.Problems()) > 0 {
		t.Errorf("taken over: %+v", view)
	}
	do(t, p, "restartRun", `{"nodes":3,"seed":1}`)
	if p.View().Replay != nil {
		t.Error("a new run is called a recorded one")
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	impossible := recorded()
	impossible.Header.Timing.HeartbeatInterval = time.Minute
	p := newReplay(t, impossible)
	if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "cannot be replayed: making the cluster: the heartbeat interval") {
		t.Errorf("told: %q", problems)
	}
	if view := p.View(); view.Replay != nil || view.Settings.Nodes != 5 || !view.Playing {
		t.Errorf("the view is %+v", view)
	}

	twice := recorded()
	twice.Commands[1].Kind = trace.Crash
	p = newReplay(t, twice)
	pass(p, 3*time.Second)
	if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "cannot be carried out: S2 has crashed already.") {
		t.Errorf("told: %q", problems)
	}

	run := recorded()
	p = newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1, Lesson: "leader", Run: &run})
	if problems := p.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "a lesson and for a recorded run") || p.View().Lesson != nil {
		t.Errorf("told: %q", problems)
	}
}
