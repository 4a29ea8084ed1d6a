package link

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// anyRun draws a run as a page or a storm may make it.
func anyRun(t *rapid.T) wasmnet.Run {
	header := wasmnet.DefaultHeader(rapid.Uint64().Draw(t, "seed"))
	header.Servers = rapid.IntRange(1, trace.MaxServers).Draw(t, "servers")
	header.Clients = rapid.IntRange(0, trace.MaxClients).Draw(t, "clients")
	header.Scenario = rapid.StringN(0, 12, -1).Draw(t, "scenario")
	header.Network = anyNetwork(t)
	header.Timing.ClientInterval = anyTime(t, "client interval")
	header.Disk.SyncJitter = anyTime(t, "sync jitter")
	header.Features = trace.Features{
		PreVote: rapid.Bool().Draw(t, "pre-vote"), Stickiness: true,
		SnapshotBytes: rapid.IntRange(0, 4096).Draw(t, "snapshot bytes"),
		Reads:         rapid.SampledFrom([]trace.Reads{trace.LogRead, trace.IndexRead, trace.LeaseRead}).Draw(t, "reads"),
	}
	run := wasmnet.Run{Header: header}
	for range rapid.IntRange(0, 80).Draw(t, "commands") {
		run.For += anyTime(t, "pause")
		run.Commands = append(run.Commands, anyCommand(t, run.For))
	}
	return run
}

func anyTime(t *rapid.T, what string) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, what))
}

func anyNetwork(t *rapid.T) trace.Network {
	return trace.Network{
		Latency: anyTime(t, "latency"), Jitter: anyTime(t, "jitter"),
		Loss:      rapid.Float64Range(0, 1).Draw(t, "loss"),
		Duplicate: rapid.Float64Range(0, 1).Draw(t, "duplicate"),
		Reorder:   rapid.Float64Range(0, 1).Draw(t, "reorder"),
	}
}

func anyCommand(t *rapid.T, at time.Duration) trace.Command {
	kind := trace.CommandKind(rapid.IntRange(int(trace.Crash), int(trace.Wipe)).Draw(t, "kind"))
	server := func() raft.ServerID { return raft.ServerID(rapid.IntRange(1, trace.MaxServers).Draw(t, "server")) }
	c := trace.Command{At: at, Kind: kind}
	switch kind {
	case trace.Cut, trace.Heal:
		c.From, c.To = server(), server()
	case trace.Split:
		c.Groups = [][]raft.ServerID{{server(), server()}, {server()}}
	case trace.Drop, trace.Duplicate, trace.Delay:
		c.Packet = trace.PacketID(rapid.Uint64().Draw(t, "packet"))
		c.For = anyTime(t, "delay")
	case trace.Write:
		c.Key, c.Value = rapid.String().Draw(t, "key"), rapid.String().Draw(t, "value")
	case trace.SetNetwork:
		network := anyNetwork(t)
		c.Network = &network
	case trace.Reconfigure:
		c.Voters, c.Learners, c.Joint = []raft.ServerID{server(), server()}, []raft.ServerID{server()}, rapid.Bool().Draw(t, "joint")
	default:
		c.Server = server()
	}
	return c
}

// What is made a link is read again as it was, from the link and from an
// address with it.
func TestEveryRunComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := anyRun(t)
		text, err := Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse("https://example.org/raft/?speed=0.1#" + Parameter + "=" + text)
		if err != nil || address.EscapedFragment() != Parameter+"="+text {
			t.Fatalf("%s changes in an address: %v, %v", text, address, err)
		}
		for _, given := range []string{text, " " + text + "\n", Parameter + "=" + text, address.String()} {
			got, err := Decode(given)
			if err != nil || !reflect.DeepEqual(got, run) {
				t.Fatalf("%s is read as %+v, %v; want %+v", given, got, err, run)
			}
		}
	})
}

// A link that lost or changed something is told from one that did not.
func TestNoDamageGoesUnnoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := Encode(anyRun(t))
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		if run, err := Decode(text[:at]); err == nil {
			t.Fatalf("cut off after %d of %d characters, it is read as %+v", at, len(text), run)
		}
		other := rapid.SampledFrom([]byte("abcABC019-_.%# ")).Draw(t, "other")
		if other == text[at] || at == len(text)-1 && other == ' ' {
			return
		}
		if run, err := Decode(text[:at] + string(other) + text[at+1:]); err == nil {
			t.Fatalf("with %q in place %d, it is read as %+v", other, at, run)
		}
	})
}

func TestErrorsAreInTheWordsOfTheUser(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(7), For: time.Minute, Commands: []trace.Command{{At: 1, Kind: trace.Crash, Server: 2}}}
	whole, err := Encode(run)
	if err != nil {
		t.Fatal(err)
	}
	later := run
	later.Commands = []trace.Command{{At: 2, Kind: trace.HealAll}, {At: 1, Kind: trace.HealAll}}
	for text, want := range map[string]string{
		"":                              "the link is empty",
		"https://example.org/#run=":     "the link is empty",
		"1":                             "the link is cut off",
		"1.":                            "the link is cut off",
		whole[:20]:                      "the link is cut off",
		whole[:len(whole)-1]:            "the link is cut off",
		whole + "AAAA":                  "the link is damaged",
		"1." + strings.Repeat("A", 40):  "the link is ",
		"2.AAAA":                        "the link is of version 2, and this program knows version 1",
		"hello":                         "it is no link to a run",
		".AAAA":                         "it is no link to a run",
		whole + "…":                     "the character '…'",
		whole[:9] + "%20" + whole[9:]:   "the character '%'",
		whole + "." + whole:             "the link is damaged",
		"1." + strings.Repeat("A", 1e6): "longer than any link",
		pack(t, later):                  "command 2: it is given at 1ns, before",
		pack(t, wasmnet.Run{}):          "the link's run cannot be: the trace is of version 0",
		packText(t, `{"header":{"raftarium":1},"weather":"bad"}`): "the link says something that this program does not know",
		packText(t, `{"header":{}} {}`):                           "the link is damaged",
		packText(t, ``):                                           "does not know: EOF",
		packText(t, strings.Repeat(" ", maxJSON+1)):               "longer than any link",
	} {
		_, err := Decode(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}

// pack makes a link of any run, however senseless.
func pack(t *testing.T, run wasmnet.Run) string {
	t.Helper()
	text, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	return packText(t, string(text))
}

func packText(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	packed.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
	w, err := flate.NewWriterDict(&packed, flate.BestCompression, []byte(dictionary))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return version + "." + encoding.EncodeToString(packed.Bytes())
}

func TestEncodeRefusesWhatCannotBeRead(t *testing.T) {
	good := wasmnet.DefaultHeader(7)
	bad := good
	bad.Servers = 0
	many := make([]trace.Command, 100_000)
	for i := range many {
		many[i] = trace.Command{At: time.Duration(i) * 12_345, Kind: trace.Crash, Server: 1}
	}
	for want, run := range map[string]wasmnet.Run{
		"there are 0 servers":           {Header: bad},
		"it lasts":                      {Header: good, For: -1},
		"command 1: it says no kind":    {Header: good, Commands: []trace.Command{{}}},
		"is not UTF-8":                  {Header: good, Commands: []trace.Command{{Kind: trace.Write, Key: "\xff"}}},
		"too long for a link: it has 1": {Header: good, Commands: many},
	} {
		if text, err := Encode(run); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s, %v; want %q", text, err, want)
		}
	}
}

// Links are short enough to be sent: the cluster of someone who has asked for
// nothing in particular is a few words, and a long storm less than many addresses.
func TestLinksAreShort(t *testing.T) {
	storm, err := wasmnet.Scenario("storm")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		run  wasmnet.Run
		most int
	}{
		{wasmnet.Run{Header: wasmnet.DefaultHeader(7)}, 120},
		{storm, 30 * (10 + len(storm.Commands))},
	} {
		text, err := Encode(test.run)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d commands: %d characters: %.80s", len(test.run.Commands), len(text), text)
		if len(text) > test.most {
			t.Errorf("a link with %d commands has %d characters, want at most %d", len(test.run.Commands), len(text), test.most)
		}
	}
}

// A link that was ever made is read for ever.
func TestOldLinksAreRead(t *testing.T) {
	const old = `1.fL3NBSI36EyMRnDYIdxAas41wtQJKyDg5RG2suLwypLDK5XwmAIvCWKhEWuMCCdAAAAA__8`
	run, err := Decode(old)
	if err != nil {
		t.Fatal(err)
	}
	header := trace.Header{
		Version: 1, Servers: 5, Clients: 2, Seed: 42,
		Timing: trace.Timing{
			ElectionTimeoutMin: 150 * time.Millisecond, ElectionTimeoutMax: 300 * time.Millisecond,
			HeartbeatInterval: 50 * time.Millisecond, ClientInterval: time.Second,
		},
		Network: trace.Network{Latency: 10 * time.Millisecond, Jitter: 10 * time.Millisecond},
		Disk:    trace.Disk{SyncLatency: 2 * time.Millisecond, SyncJitter: 2 * time.Millisecond},
	}
	want := wasmnet.Run{Header: header, For: 3 * time.Second, Commands: []trace.Command{
		{At: time.Second, Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}, {3, 4, 5}}},
		{At: 2 * time.Second, Kind: trace.Write, Server: 1, Key: "x", Value: "été"},
		{At: 2 * time.Second, Kind: trace.HealAll},
	}}
	if !reflect.DeepEqual(run, want) {
		now, err := Encode(want)
		t.Errorf("it is read as %+v, want %+v, which is now %s, %v", run, want, now, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("1.AAAA")
	f.Add("https://example.org/#run=1.")
	f.Add("2.x")
	for _, name := range wasmnet.ScenarioNames() {
		run, err := wasmnet.Scenario(name)
		if err != nil {
			f.Fatal(err)
		}
		text, err := Encode(run)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		run, err := Decode(text)
		if err != nil {
			return
		}
		again, err := Encode(run)
		if err != nil {
			t.Fatalf("%q is read, but cannot be written: %v", text, err)
		}
		if back, err := Decode(again); err != nil || !reflect.DeepEqual(back, run) {
			t.Fatalf("%q: %+v becomes %+v, %v", text, run, back, err)
		}
	})
}

// FuzzRead goes on behind the checksum, which nobody guesses.
func FuzzRead(f *testing.F) {
	for _, name := range wasmnet.ScenarioNames() {
		run, err := wasmnet.Scenario(name)
		if err != nil {
			f.Fatal(err)
		}
		text, err := json.Marshal(run)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		run, err := read(text)
		if err != nil {
			return
		}
		link, err := Encode(run)
		if err != nil {
			t.Fatalf("%q is read, but cannot be written: %v", text, err)
		}
		if _, err := Decode(link); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
