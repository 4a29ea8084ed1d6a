package page

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"raftarium/game/session"
	"raftarium/raft/trace"
)

func TestParseOptions(t *testing.T) {
	for text, want := range map[string]Options{
		``:   {Nodes: 5, Seed: 7, Speed: 0.05},
		`{}`: {Nodes: 5, Seed: 7, Speed: 0.05},
		`{"nodes":"11","seed":"9007199254740991","speed":"1/200","embed":"1","lesson":"split"}`: {Nodes: 11, Seed: MaxSeed, Speed: 0.005, Embed: true, Lesson: "split"},
		`{"nodes":" 1 ","speed":"0.5","embed":"0"}`:                                             {Nodes: 1, Seed: 7, Speed: 0.5},
	} {
		got, problems := ParseOptions(text)
		if got != want || len(problems) > 0 {
			t.Errorf("%s: %+v, %q; want %+v", text, got, problems, want)
		}
	}
}

func TestParseOptionsTellsProblems(t *testing.T) {
	for text, want := range map[string]string{
		`[1]`:                "The parameters of the address could not be read",
		`{"nodes":"12"}`:     "In the address, nodes=12: there can be 1 to 11 servers, so there are 5.",
		`{"nodes":"0"}`:      "there can be 1 to 11 servers",
		`{"nodes":"five"}`:   "In the address, nodes=five: that is no number of servers, so there are 5.",
		`{"nodes":""}`:       "no number of servers",
		`{"seed":"-1"}`:      "a seed is a whole number from 0 to 9007199254740991, so it is 7.",
		`{"seed":"1e3"}`:     "a seed is a whole number",
		`{"speed":"fast"}`:   "a speed is a number like 0.05 or 1/20",
		`{"speed":"1/0"}`:    "a speed goes from 1/1000 to 1",
		`{"speed":"NaN"}`:    "a speed goes from 1/1000 to 1",
		`{"speed":"2"}`:      "a speed goes from 1/1000 to 1",
		`{"embed":"yes"}`:    "that is neither 1 nor 0",
		`{"node":"3"}`:       "The address has a parameter “node”, which means nothing here. What it may have: embed, lesson, nodes, run, seed, speed.",
		`{"seed":"\u0000x"}`: "seed=·x",
		`{"run":""}`:         "In the address, run=: the link is empty; so the usual cluster runs.",
		`{"run":"1.-42cbx"}`: "In the address, run=1.-42cbx: the link is cut off: copy it again, to its very end; so the usual cluster runs.",
	} {
		got, problems := ParseOptions(text)
		if len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("%s: %q, want one with %q", text, problems, want)
		}
		if got != DefaultOptions() {
			t.Errorf("%s: %+v, want what is by default", text, got)
		}
	}
}

func FuzzParseOptions(f *testing.F) {
	f.Add(`{"nodes":"3","seed":"4","speed":"1/7","embed":"1","lesson":"leader"}`)
	f.Add(`{"nodes":"-3","x":"y"}`)
	f.Add(`{"run":"1.-42cbxoNOhKCLq80Jwcabga1gAAAAP__","nodes":"3"}`)
	f.Add(`{"speed":"1e-400/-0"}`)
	f.Fuzz(func(t *testing.T, text string) {
		o, problems := ParseOptions(text)
		if o.Nodes < MinNodes || o.Nodes > MaxNodes || o.Seed > MaxSeed || session.CheckSpeed(o.Speed) != nil {
			t.Errorf("%q: %+v", text, o)
		}
		for _, problem := range problems {
			if !utf8.ValidString(problem) || !strings.HasSuffix(problem, ".") {
				t.Errorf("%q: the problem %q is no sentence", text, problem)
			}
		}
	})
}

func TestParseCommand(t *testing.T) {
	for text, want := range map[string]trace.Command{
		`{"kind":"crash","server":3}`:                {Kind: trace.Crash, Server: 3},
		`{"kind":"timeOut","server":1}`:              {Kind: trace.TimeOut, Server: 1},
		`{"kind":"healAll"}`:                         {Kind: trace.HealAll},
		`{"kind":"delay","packet":7,"for":50000000}`: {Kind: trace.Delay, Packet: 7, For: 50 * time.Millisecond},
		`{"kind":"write","key":"x","value":"1"}`:     {Kind: trace.Write, Key: "x", Value: "1"},
		` {"kind":"cut","from":1,"to":2} `:           {Kind: trace.Cut, From: 1, To: 2},
	} {
		got, err := ParseCommand(text)
		if a, b := show(t, got), show(t, want); err != nil || a != b {
			t.Errorf("%s: %s, %v; want %s", text, a, err, b)
		}
	}
	split, err := ParseCommand(`{"kind":"split","groups":[[1,2],[3]]}`)
	if err != nil || len(split.Groups) != 2 || len(split.Groups[0]) != 2 {
		t.Errorf("split: %+v, %v", split, err)
	}
	network, err := ParseCommand(`{"kind":"setNetwork","network":{"latency":1000000,"jitter":0,"loss":0.1,"duplicate":0,"reorder":0}}`)
	if err != nil || network.Network == nil || network.Network.Loss != 0.1 {
		t.Errorf("setNetwork: %+v, %v", network, err)
	}
}

func show(t *testing.T, c trace.Command) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestParseCommandRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                   "there is nothing",
		`{`:                                  "unexpected EOF",
		`{}`:                                 "it says no kind",
		`{"kind":"explode"}`:                 "there is no command “explode”",
		`{"kind":"Crash","server":1}`:        "there is no command “Crash”",
		`{"kind":""}`:                        "there is no command “”",
		`{"kind":"crash","server":1} 2`:      "there is more after its end",
		`{"kind":"crash","sever":1}`:         "unknown field",
		`{"kind":"crash","server":"one"}`:    "cannot unmarshal",
		`{"kind":"crash","server":1,"at":5}`: "it says when it takes effect",
	} {
		_, err := ParseCommand(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add(`{"kind":"split","groups":[[1,2],[3]]}`)
	f.Add(`{"kind":"setNetwork","network":{"latency":-1,"loss":1e9}}`)
	f.Add(`{"kind":"write","server":2,"key":"\ud800","value":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := New(DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		defer p.run.Close()
		if _, err := ParseCommand(text); err != nil {
			return
		}
		// What can be read is taken or refused by the world, which survives it.
		err = p.Do("command", text)
		p.Advance(100*time.Millisecond, nil)
		if p.run.Err() != nil || err == nil && p.Model().Events == 0 {
			t.Errorf("%q: %v, %v", text, err, p.run.Err())
		}
	})
}
