package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/storm"
)

// call runs the program and returns what it wrote and its result.
func call(arguments ...string) (out, complaints string, result int) {
	var o, c strings.Builder
	result = program(arguments, &o, &c)
	return o.String(), c.String(), result
}

func lastLineOf(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestRunTellsAndHashes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	out, complaints, result := call("run", "-nodes", "5", "-seed", "7", "-for", "10s", "-trace", path)
	if result != exitFine || complaints != "" {
		t.Fatalf("result %d, %s", result, complaints)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("trace sha256 %x", sha256.Sum256(text)); lastLineOf(out) != want {
		t.Errorf("the last line is %q, want %q", lastLineOf(out), want)
	}
	for _, want := range []string{"5 servers, 2 clients, seed 7", "10.000s of virtual time", "leaders   S", "all held"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	again, _, _ := call("run", "--seed=7", "--for=10s")
	if again != out {
		t.Errorf("the same run told\n%sand\n%s", out, again)
	}
	other, _, _ := call("run", "-seed", "8", "-for", "10s")
	if lastLineOf(other) == lastLineOf(out) {
		t.Error("two seeds have the same trace")
	}
}

func TestScenariosHaveTheHashesThatAreWrittenDown(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("..", "..", "wasmnet", "testdata", "scenarios.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range wasmnet.ScenarioNames() {
		out, complaints, result := call("run", "-scenario", name)
		hash, ok := strings.CutPrefix(lastLineOf(out), "trace sha256 ")
		if result != exitFine || !ok {
			t.Fatalf("%s: result %d, %s%s", name, result, out, complaints)
		}
		if !strings.Contains(string(golden), name+" "+hash+"\n") {
			t.Errorf("%s: the hash is %s, but should be\n%s", name, hash, golden)
		}
	}
}

func TestRunWithFeatures(t *testing.T) {
	plain, _, _ := call("run", "-for", "5s")
	out, complaints, result := call("run", "-for", "5s", "-prevote", "-checkquorum", "-stickiness", "-max-in-flight", "2",
		"-max-batch-bytes", "30", "-snapshot-bytes", "100", "-reads", "lease", "-clock-drift", "0.1", "-spares", "1")
	if result != exitFine || complaints != "" || lastLineOf(out) == lastLineOf(plain) {
		t.Errorf("result %d, %s%s", result, complaints, out)
	}
}

// The link that a run prints replays it, from the last word of its line.
func TestTheLinkOfARunReplaysIt(t *testing.T) {
	out, _, _ := call("run", "-scenario", "storm", "-for", "6s")
	page := regexp.MustCompile(`(?m)^page      (index\.html#run=1\.[\w-]+)\ntrace sha256`).FindStringSubmatch(out)
	if page == nil {
		t.Fatalf("there is no link before the last line of\n%s", out)
	}
	again, complaints, result := call("run", "-link", page[1])
	if result != exitFine || lastLineOf(again) != lastLineOf(out) || !strings.Contains(again, page[1]) {
		t.Errorf("result %d, %s: the link tells\n%sand not\n%s", result, complaints, again, out)
	}
	short, _, _ := call("run", "-link", page[1], "-for", "1s")
	if lastLineOf(short) == lastLineOf(out) {
		t.Error("a second of the run is all of it")
	}
}

func TestCheckTellsTheRate(t *testing.T) {
	out, complaints, result := call("check", "-seeds", "1..6", "-for", "3s", "-workers", "3")
	if result != exitFine || complaints != "" {
		t.Fatalf("result %d, %s", result, complaints)
	}
	for _, want := range []string{"6 storms", "seeds/s", "simulated seconds/s"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestBadFlagsAreOneSentence(t *testing.T) {
	for _, c := range []struct {
		arguments string
		want      string
	}{
		{"", `say "run" or "check"`},
		{"flood", `there is no command "flood"`},
		{"run -nodes 0", "-nodes 0: want 1 to 101"},
		{"run -nodes 102", "-nodes 102: want 1 to 101"},
		{"run -nodes many", `invalid value "many" for flag -nodes`},
		{"run -seed -1", `invalid value "-1" for flag -seed`},
		{"run -for 0s", "-for 0s: want a time above zero"},
		{"run -for long", `invalid value "long" for flag -for`},
		{"run -scenario flood", "there is no scenario \"flood\": there are steady, partition, storm"},
		{"run -scenario storm -commands x", "cannot be given together"},
		{"run -scenario storm -seed 7", "-seed cannot be given with -scenario"},
		{"run -link 1.AAAA -commands x", "cannot be given together"},
		{"run -link 1.AAAA -nodes 3", "-nodes cannot be given with -scenario, -commands or -link"},
		{"run -link 1.-42cbxo", "-link: the link is cut off"},
		{"run -link=", "-link: the link is empty"},
		{"run -nodse 5", "flag provided but not defined: -nodse"},
		{"run 5", `"5" is no flag`},
		{"run -spares 5", "5 of 5 servers are spare"},
		{"run -reads lease", "reads by lease need stickiness"},
		{"run -reads tea", `"tea" is no way to read`},
		{"run -clock-drift 2", "a clock drift of 2: want 0 to 0.5"},
		{"run -snapshot-bytes -1", "a bound of -1 is below zero"},
		{"run -scenario storm -prevote", "-prevote cannot be given with -scenario"},
		{"check -seeds 5..1", "the last seed, 1, is before the first, 5"},
		{"check -seeds one", "want seeds like 1..2000"},
		{"check -seeds 1..", "want seeds like 1..2000"},
		{"check -for -1s", "-for -1s: want a time above zero"},
		{"check -nodes -3", "-nodes -3: want 1 to 101, or 0"},
		{"check -workers 0", "-workers 0: want at least 1"},
	} {
		out, complaints, result := call(strings.Fields(c.arguments)...)
		if result != exitBadFlags || out != "" {
			t.Errorf("raftsim %s: result %d, want %d; %s", c.arguments, result, exitBadFlags, out)
		}
		if !strings.Contains(complaints, c.want) || strings.Count(complaints, "\n") != 1 {
			t.Errorf("raftsim %s: got %q, want one line with %q", c.arguments, complaints, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for arguments, want := range map[string]string{"help": "raftsim check", "run -help": "-scenario", "check -h": "-seeds"} {
		out, complaints, result := call(strings.Fields(arguments)...)
		if result != exitFine || complaints != "" || !strings.Contains(out, want) {
			t.Errorf("raftsim %s: result %d, %s%s", arguments, result, out, complaints)
		}
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"run", "-commands", filepath.Join(folder, "none.json")},
		{"run", "-commands", bad},
		{"run", "-for", "1s", "-trace", filepath.Join(folder, "none", "trace")},
	} {
		if _, complaints, result := call(arguments...); result != exitBroken || strings.Count(complaints, "\n") != 1 {
			t.Errorf("%v: result %d, %q", arguments, result, complaints)
		}
	}
}

// aViolation is an outcome of a cluster that cannot recover, since its calm
// brings nobody back.
func aViolation(t *testing.T) storm.Outcome {
	t.Helper()
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(3), For: 2 * time.Second}
	run.Header.Servers = 3
	run.Header.Timing.ClientInterval = 50 * time.Millisecond
	run.Commands = []trace.Command{
		{At: 1000 * time.Millisecond, Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}, {3}}},
		{At: 1100 * time.Millisecond, Kind: trace.Crash, Server: 1},
		{At: 2000 * time.Millisecond, Kind: trace.Cut, From: 1, To: 2},
	}
	outcome, err := storm.Replay(run, 2, nil)
	if err != nil || outcome.Violation == nil {
		t.Fatalf("no violation, %v", err)
	}
	return outcome
}

// What check writes about a violation, run reads, and finds the violation again.
func TestViolationIsReportedSoThatItCanBeReplayed(t *testing.T) {
	folder := t.TempDir()
	f := checkFlags{duration: time.Second, folder: folder}
	var out strings.Builder
	if err := f.report(&out, aViolation(t)); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "raftsim-seed-3.json")
	for _, want := range []string{
		"seed 3, 3 servers: Recovery broken at", "Split S1 S2 | S3", "Crash S1", "Cut S1 to S2",
		"raftsim run -commands " + path, "raftsim check -seeds 3 -for 1s\n", "index.html#run=1.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	told, complaints, result := call("run", "-commands", path)
	if result != exitBroken || !strings.Contains(told, "rules     Recovery broken at") {
		t.Errorf("repeated: result %d\n%s%s", result, told, complaints)
	}
}

func TestSummaryKeepsTheLowestSeed(t *testing.T) {
	var s summary
	for _, seed := range []uint64{9, 4, 7} {
		o := storm.Outcome{Violation: &storm.Violation{}}
		o.Run.Header.Seed = seed
		s.add(o, nil)
	}
	if s.storms != 3 || s.worst.Run.Header.Seed != 4 {
		t.Errorf("%d storms, the worst of seed %d", s.storms, s.worst.Run.Header.Seed)
	}
}

func TestCommandsInWords(t *testing.T) {
	settings := trace.Network{Latency: time.Millisecond, Loss: 0.1}
	for _, c := range []struct {
		command trace.Command
		want    string
	}{
		{trace.Command{At: time.Second, Kind: trace.Crash, Server: 3}, "    1.000s  Crash S3"},
		{trace.Command{Kind: trace.Delay, Packet: 7, For: time.Second}, "Delay packet 7 by 1s"},
		{trace.Command{Kind: trace.Write, Key: "x", Value: "1", Server: 2}, "Write x=1 S2"},
		{trace.Command{Kind: trace.SetNetwork, Network: &settings}, "SetNetwork latency 1ms, jitter 0s, loss 0.1"},
		{trace.Command{Kind: trace.HealAll}, "HealAll"},
		{trace.Command{Kind: trace.Transfer, Server: 2}, "Transfer S2"},
		{trace.Command{Kind: trace.Reconfigure, Voters: []raft.ServerID{1, 2}, Learners: []raft.ServerID{3}, Joint: true}, "Reconfigure to S1 S2, learning S3, jointly"},
	} {
		if got := inWords(c.command); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestProgressInLinesIsSparse(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out, 1000)
	for range 1000 {
		p.done(time.Second)
	}
	p.finish()
	if out.Len() != 0 {
		t.Errorf("work that takes no time tells of its progress: %s", out.String())
	}
}

func FuzzRunFile(f *testing.F) {
	f.Add([]byte(`{"header":{"raftarium":1,"servers":3,"clients":1,"seed":1,"timing":{},"network":{},"disk":{}},"commands":[{"at":5,"kind":"Crash","server":1}],"for":10,"calmFrom":1}`))
	f.Add([]byte(`{"for":1e9}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := decodeRunFile(text)
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "run.json")
		if err := writeRunFile(path, file); err != nil {
			t.Fatal(err)
		}
		again, err := readRunFile(path)
		if err != nil || fmt.Sprintf("%+v", again.Header) != fmt.Sprintf("%+v", file.Header) || len(again.Commands) != len(file.Commands) {
			t.Fatalf("read %+v, %v; wrote %+v", again, err, file)
		}
	})
}
