package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func writeAll(t failer, h Header, events []Event) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, h)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if err := w.Write(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(in io.Reader) (Header, []Event, error) {
	r, err := NewReader(in)
	if err != nil {
		return Header{}, nil, err
	}
	var events []Event
	for {
		var e Event
		err := r.Read(&e)
		if err == io.EOF {
			return r.Header(), events, nil
		}
		if err != nil {
			return r.Header(), events, err
		}
		events = append(events, e)
	}
}

func TestEveryKindOfEventComesBackAsItWas(t *testing.T) {
	for kind := ServerStep; kind <= DiskWiped; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := anyHeader().Draw(t, "header")
				want := anyEvent(t, &h, kind)
				gotHeader, got, err := readAll(bytes.NewReader(writeAll(t, h, []Event{want})))
				if err != nil {
					t.Fatal(err)
				}
				if gotHeader != h {
					t.Fatalf("the header was %+v, and came back as %+v", h, gotHeader)
				}
				if !reflect.DeepEqual(got, []Event{want}) {
					t.Fatalf("the event was\n%+v, and came back as\n%+v", want, got[0])
				}
			})
		})
	}
}

// The writer is written by hand, so a field that someone adds to an event could
// be left out. Here every field of every part is set.
func TestNoFieldIsLeftOut(t *testing.T) {
	h := sampleHeader()
	step := raft.Event{Kind: raft.EntryAppended}
	fill(reflect.ValueOf(&step).Elem())
	step.Kind, step.Entry.Kind, step.Reason = raft.EntryAppended, raft.NoOp, raft.Forced
	events := []Event{{Kind: ServerStep, Core: step}}
	for _, message := range []any{
		raft.RequestVote{}, raft.RequestVoteReply{}, raft.AppendEntries{}, raft.AppendEntriesReply{},
		raft.InstallSnapshot{}, raft.InstallSnapshotReply{}, raft.TimeoutNow{}, raft.TimeoutNowReply{}, raft.ReadIndex{}, raft.ReadIndexReply{}, ClientRequest{}, ClientReply{},
	} {
		full := reflect.New(reflect.TypeOf(message)).Elem()
		fill(full)
		events = append(events, Event{Kind: PacketSent, Packet: 1, From: 1, To: 1, Message: full.Interface()})
	}
	var c Command
	fill(reflect.ValueOf(&c).Elem())
	events = append(events, Event{Kind: CommandTaken, Command: &c})

	_, got, err := readAll(bytes.NewReader(writeAll(t, h, events)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if !reflect.DeepEqual(got[i], events[i]) {
			t.Errorf("it was\n%+v, and came back as\n%+v", events[i], got[i])
		}
	}
}

// fill sets everything in a value to 1, or to something like it.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("1")
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(1)
	default:
		panic(fmt.Sprintf("there is no way to fill in a %v", v.Type()))
	}
}

// What is written by hand is what encoding/json makes of the same values, so
// that the tags beside the fields tell the truth.
func TestHandwrittenFormAgreesWithTheTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := sampleHeader()
		step, command := anyStep(t, &h), anyCommand(t, &h)
		command.At |= 1 // it is the one field that is left out though its tag says otherwise
		var l line
		l.text = append(l.text, '{')
		l.step(&step)
		l.command(command)
		l.close()
		want, err := json.Marshal(struct {
			Core    raft.Event `json:"core"`
			Command *Command   `json:"command"`
		}{step, command})
		if err != nil {
			t.Fatal(err)
		}
		var a, b map[string]map[string]any
		if err := errors.Join(json.Unmarshal(l.text, &a), json.Unmarshal(want, &b)); err != nil {
			t.Fatal(err)
		}
		withoutZeros(b)
		withoutZeros(a)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("by hand:\n%s\nby encoding/json:\n%s", l.text, want)
		}
	})
}

// withoutZeros takes out the settings that are zero, which only the header's
// writer keeps.
func withoutZeros(parts map[string]map[string]any) {
	for _, part := range parts {
		if settings, ok := part["network"].(map[string]any); ok {
			for _, name := range []string{"latency", "jitter"} {
				if settings[name] == 0.0 {
					delete(settings, name)
				}
			}
		}
	}
}

func sampleHeader() Header {
	return Header{
		Version: Version, Scenario: "sample", Servers: 3, Clients: 1, Seed: 18446744073709551615,
		Timing: Timing{
			ElectionTimeoutMin: 150 * time.Millisecond, ElectionTimeoutMax: 300 * time.Millisecond,
			HeartbeatInterval: 50 * time.Millisecond, ClientInterval: time.Second,
		},
		Network: Network{Latency: 10 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.05},
		Disk:    Disk{SyncLatency: 2 * time.Millisecond},
	}
}

// sample has an event of every kind, and is a run that could have been.
func sample() (Header, []Event) {
	entry := raft.Entry{Index: 1, Term: 1, Data: []byte("set x")}
	step := func(at time.Duration, core raft.Event) Event {
		return Event{At: at, Kind: ServerStep, Core: core}
	}
	return sampleHeader(), []Event{
		step(0, raft.Event{Kind: raft.Started, Server: 1}),
		step(0, raft.Event{Kind: raft.TimerReset, Server: 1, Reason: raft.ServerStarted, Timeout: 170 * time.Millisecond}),
		step(0, raft.Event{Kind: raft.Started, Server: 2}),
		step(1, raft.Event{Kind: raft.BecameCandidate, Server: 1, Term: 1, VotedFor: 1}),
		step(1, raft.Event{Kind: raft.WriteStarted, Server: 1, Term: 1, VotedFor: 1}),
		step(2, raft.Event{Kind: raft.Persisted, Server: 1, Term: 1, VotedFor: 1}),
		{At: 2, Kind: PacketSent, Packet: 1, From: 1, To: 2, ArrivesAt: 12, Message: raft.RequestVote{Term: 1, Candidate: 1}},
		{At: 2, Kind: PacketDuplicated, Packet: 2, Original: 1, From: 1, To: 2, ArrivesAt: 14, Message: raft.RequestVote{Term: 1, Candidate: 1}},
		{At: 3, Kind: PacketDelayed, Packet: 1, From: 1, To: 2, ArrivesAt: 13},
		{At: 3, Kind: CommandTaken, Command: &Command{At: 3, Kind: Drop, Packet: 2}},
		{At: 3, Kind: PacketDropped, Packet: 2, From: 1, To: 2, Reason: ByCommand},
		{At: 4, Kind: CommandTaken, Reason: Gone, Command: &Command{At: 4, Kind: Delay, Packet: 2, For: 5}},
		{At: 5, Kind: CommandTaken, Command: &Command{At: 5, Kind: Split, Groups: [][]raft.ServerID{{1, 2}, {}}}},
		{At: 5, Kind: LinkCut, From: 1, To: 3},
		{At: 6, Kind: LinkHealed, From: 1, To: 3},
		{At: 7, Kind: CommandTaken, Command: &Command{At: 7, Kind: Write, Server: 2, Key: "k\"\n", Value: "ünïcode \\"}},
		{At: 8, Kind: NetworkChanged, Network: &Network{Latency: 1, Reorder: 1e-9}},
		{At: 13, Kind: PacketDelivered, Packet: 1, From: 1, To: 2},
		step(13, raft.Event{Kind: raft.VoteGranted, Server: 2, Term: 1, Peer: 1, VotedFor: 1}),
		{At: 14, Kind: PacketSent, Packet: 3, From: 2, To: 1, InReplyTo: 1, ArrivesAt: 20, Message: raft.RequestVoteReply{Term: 1, VoteGranted: true}},
		step(20, raft.Event{Kind: raft.VoteReceived, Server: 1, Term: 1, Peer: 2}),
		step(20, raft.Event{Kind: raft.BecameLeader, Server: 1, Term: 1}),
		{At: 21, Kind: ClientInvoked, From: -1, Operation: []byte{2, 1}},
		{At: 21, Kind: PacketSent, Packet: 4, From: -1, To: 1, ArrivesAt: 22, Message: ClientRequest{Serial: 1, Operation: []byte{2, 1}}},
		step(22, raft.Event{Kind: raft.EntryAppended, Server: 1, Term: 1, Index: 1, EntryTerm: 1, Entry: entry}),
		{At: 22, Kind: PacketSent, Packet: 5, From: 1, To: 2, ArrivesAt: 23, Message: raft.AppendEntries{Term: 1, Leader: 1, Entries: []raft.Entry{entry, {Index: 2, Term: 1, Kind: raft.NoOp}}}},
		{At: 24, Kind: PacketSent, Packet: 6, From: 2, To: 1, InReplyTo: 5, ArrivesAt: 25, Message: raft.AppendEntriesReply{Term: 1, Success: true}},
		step(25, raft.Event{Kind: raft.ProgressMoved, Server: 1, Term: 1, Peer: 2, Index: 2, LastIndex: 1}),
		step(25, raft.Event{Kind: raft.CommitAdvanced, Server: 1, Term: 1, LastIndex: 1, Reason: raft.CountedMajority}),
		step(25, raft.Event{Kind: raft.EntryApplied, Server: 1, Term: 1, Index: 1, EntryTerm: 1, Entry: entry}),
		{At: 26, Kind: PacketSent, Packet: 7, From: 1, To: -1, InReplyTo: 4, ArrivesAt: 27, Message: ClientReply{Serial: 1, OK: true, Result: []byte{0}}},
		{At: 27, Kind: ClientReturned, From: -1, Operation: []byte{2, 1}, Result: []byte{0}},
		{At: 28, Kind: ServerPaused, Server: 2},
		{At: 29, Kind: ServerResumed, Server: 2},
		{At: 30, Kind: ServerCrashed, Server: 1, Survived: true},
		{At: 31, Kind: ServerRestarted, Server: 1},
		{At: 32, Kind: CommandTaken, Command: &Command{At: 32, Kind: Reconfigure, From: 2, Voters: []raft.ServerID{1, 2}, Learners: []raft.ServerID{3}, Joint: true}},
		{At: 33, Kind: CommandTaken, Command: &Command{At: 33, Kind: Wipe, Server: 3}},
		{At: 33, Kind: DiskWiped, Server: 3},
		step(34, raft.Event{Kind: raft.ReadBegan, Server: 2, Term: 2, Read: 1}),
		step(35, raft.Event{Kind: raft.ReadConfirmed, Server: 2, Term: 2, Read: 1, Index: 1, Reason: raft.HeardFromQuorum}),
	}
}

var update = flag.Bool("update", false, "write the golden file anew")

// The format is a promise to everyone who has kept a trace. If this fails, either the
// change was not meant, or Version must go up.
func TestFormatIsStable(t *testing.T) {
	const golden = "testdata/sample.jsonl"
	h, events := sample()
	got := writeAll(t, h, events)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i, line := range wantLines {
		if i >= len(gotLines) || gotLines[i] != line {
			t.Fatalf("line %d is\n%s\nwant\n%s", i+1, slices.Concat(gotLines, []string{"", ""})[i], line)
		}
	}
	readHeader, readEvents, err := readAll(bytes.NewReader(want))
	if err != nil || readHeader != h || !reflect.DeepEqual(readEvents, events) {
		t.Fatalf("the golden file is not read as what was written: %v", err)
	}
	kinds := map[Kind]bool{}
	for _, e := range events {
		kinds[e.Kind] = true
	}
	if len(kinds) != int(DiskWiped) {
		t.Errorf("the sample has %d kinds of events, want all %d", len(kinds), DiskWiped)
	}
}

func TestDamagedTracesAreRefusedInWords(t *testing.T) {
	h, events := sample()
	whole := string(writeAll(t, h, events[:3]))
	header := whole[:strings.Index(whole, "\n")+1]
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "there is nothing in it"},
		{"a picture", "\x89PNG\r\n", "line 1 of a trace: it is no Raftarium trace"},
		{"other JSON", "{\"a\":1}\n", `line 1 of a trace: it is no Raftarium trace: a trace begins with`},
		{"an older version", "{\"raftarium\":0,\"servers\":1}\n", "line 1 of a trace: the trace is of version 0, and this program knows version 1"},
		{"a newer version", "{\"raftarium\":2,\"wings\":1}\n", "the trace is of version 2"},
		{"an unknown field in the header", "{\"raftarium\":1,\"servers\":3,\"wings\":2}\n", `line 1 of a trace: unknown field "wings"`},
		{"too many servers", "{\"raftarium\":1,\"servers\":102}\n", "there are 102 servers: want 1 to 101"},
		{"a header that is cut off", header[:20], "line 1 of a trace: the line is cut off"},
		{"a line that is cut off", whole[:len(whole)-5], "line 4 of a trace: the line is cut off: it has no newline at its end"},
		{"an object that is cut off", header + "{\"at\":1,\"kind\":\n", "line 2 of a trace: the line ends in the middle of an object"},
		{"an empty line", header + "\n", "line 2 of a trace: the line is empty"},
		{"an unknown field", header + `{"at":1,"kind":"ServerPaused","server":1,"wings":2}` + "\n", `line 2 of a trace: unknown field "wings"`},
		{"an unknown field within", header + `{"at":1,"kind":"ServerStep","core":{"kind":"Started","wings":1}}` + "\n", `unknown field "wings"`},
		{"an unknown kind", header + `{"at":1,"kind":"ServerFlew"}` + "\n", `line 2 of a trace: "ServerFlew" is no kind of event`},
		{"an unknown step", header + `{"at":1,"kind":"ServerStep","core":{"kind":"Flew"}}` + "\n", `"Flew" is no kind of step`},
		{"an unknown message", header + `{"at":1,"kind":"PacketSent","packet":1,"from":1,"to":2,"arrivesAt":2,"message":{"fly":{}}}` + "\n", `unknown field "fly"`},
		{"two messages", header + `{"at":1,"kind":"PacketSent","packet":1,"from":1,"to":2,"arrivesAt":2,"message":{"requestVote":{},"clientReply":{}}}` + "\n", "here 2 are given"},
		{"no message", header + `{"at":1,"kind":"PacketSent","packet":1,"from":1,"to":2,"arrivesAt":2}` + "\n", "PacketSent: the message is missing"},
		{"no time", header + `{"kind":"ServerPaused","server":1}` + "\n", `the field "at" is missing`},
		{"no kind", header + `{"at":1}` + "\n", `the field "kind" is missing`},
		{"a wrong type", header + `{"at":"now","kind":"ServerPaused"}` + "\n", `the field "at" cannot hold a JSON string`},
		{"no object", header + "[1]\n", "it is a JSON array where an object belongs"},
		{"two objects", header + `{"at":1,"kind":"ServerPaused","server":1}{}` + "\n", "there is something after the end of the object"},
		{"no such server", header + `{"at":1,"kind":"ServerPaused","server":99}` + "\n", "line 2 of a trace: ServerPaused: there is no server 99: the servers are 1 to 3"},
		{"time going back", header + `{"at":2,"kind":"ServerPaused","server":1}` + "\n" + `{"at":1,"kind":"ServerResumed","server":1}` + "\n", "line 3 of a trace: it happens at 1ns, earlier"},
		{"a very long line", header + strings.Repeat(" ", MaxLine+1) + "\n", "line 2 of a trace: the line is longer than 16777216 bytes"},
	} {
		_, _, err := readAll(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestErrorsOfReaderAndWriterStay(t *testing.T) {
	h, events := sample()
	text := writeAll(t, h, events)
	r, err := NewReader(io.MultiReader(bytes.NewReader(text[:len(text)-1]), strings.NewReader("x\n")))
	if err != nil {
		t.Fatal(err)
	}
	var first error
	for first == nil {
		first = r.Read(new(Event))
	}
	if again := r.Read(new(Event)); again != first || first == io.EOF {
		t.Errorf("the reader said %v and then %v", first, again)
	}

	w, err := NewWriter(new(bytes.Buffer), h)
	if err != nil {
		t.Fatal(err)
	}
	first = w.Write(&Event{Kind: ServerCrashed, Server: 4})
	if first == nil || first.Error() != "writing line 2 of a trace: ServerCrashed: there is no server 4: the servers are 1 to 3" {
		t.Errorf("got %v", first)
	}
	if again := w.Flush(); again != first {
		t.Errorf("the writer said %v and then %v", first, again)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestWriterTellsWhatTheWriterUnderneathSays(t *testing.T) {
	h, events := sample()
	w, err := NewWriter(full{}, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&events[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeReadBackIsNotWritten(t *testing.T) {
	h, _ := sample()
	for name, e := range map[string]Event{
		"no kind":                     {},
		"an unknown kind":             {Kind: ClientReturned + 1},
		"an unknown reason":           {Kind: ServerCrashed, Server: 1, Reason: Gone + 1},
		"a time before the run":       {Kind: ServerCrashed, Server: 1, At: -1},
		"an unknown type of message":  {Kind: PacketSent, Packet: 1, From: 1, To: 2, Message: "hello"},
		"a message by pointer":        {Kind: PacketSent, Packet: 1, From: 1, To: 2, Message: &raft.RequestVote{}},
		"an entry of no kind":         {Kind: PacketSent, Packet: 1, From: 1, To: 2, Message: raft.AppendEntries{Entries: []raft.Entry{{Kind: 9}}}},
		"a drop without reason":       {Kind: PacketDropped, Packet: 1, From: 1, To: 2},
		"an arrival before departure": {Kind: PacketSent, Packet: 1, From: 1, To: 2, At: 5, ArrivesAt: 4, Message: raft.RequestVote{}},
		"a missing command":           {Kind: CommandTaken},
		"a command of another kind":   {Kind: ServerCrashed, Server: 1, Command: &Command{Kind: Crash}},
		"text that is no UTF-8":       {Kind: CommandTaken, Command: &Command{Kind: Write, Key: "\xff"}},
		"more loss than there is":     {Kind: NetworkChanged, Network: &Network{Loss: 1.5}},
		"a client too many":           {Kind: ClientInvoked, From: -3},
		"a step of no server":         {Kind: ServerStep, Core: raft.Event{Kind: raft.Stopped}},
		"a step of no kind":           {Kind: ServerStep, Core: raft.Event{Server: 1}},
	} {
		var out bytes.Buffer
		w, err := NewWriter(&out, h)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&e); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	for name, h := range map[string]Header{
		"no version":      {Servers: 1},
		"no servers":      {Version: Version},
		"too many":        {Version: Version, Servers: 1, Clients: 101},
		"negative times":  {Version: Version, Servers: 1, Timing: Timing{HeartbeatInterval: -1}},
		"no UTF-8":        {Version: Version, Servers: 1, Scenario: "\xff"},
		"negative losses": {Version: Version, Servers: 1, Network: Network{Loss: -0.1}},
	} {
		if _, err := NewWriter(new(bytes.Buffer), h); err == nil {
			t.Errorf("a header with %s was written", name)
		}
	}
}

// FuzzReader feeds the reader anything. Whatever it takes for a trace must be
// written as something that is read as the same, and must not upset the model.
func FuzzReader(f *testing.F) {
	h, events := sample()
	whole := writeAll(f, h, events)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	for i := range events {
		f.Add(writeAll(f, h, events[i:i+1]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, events, err := readAll(bytes.NewReader(data))
		if err != nil && len(events) == 0 {
			return
		}
		again, back, err := readAll(bytes.NewReader(writeAll(t, h, events)))
		if err != nil || again != h || len(back) != len(events) {
			t.Fatalf("%d events were read, written, and read as %d: %v", len(events), len(back), err)
		}
		m := NewModel(h)
		for i := range events {
			if m.Fold(&events[i]) == nil {
				m = m.Clone()
			}
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	h, events := sample()
	w, err := NewWriter(sha256.New(), h)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	bytes := len(writeAll(b, h, events)) / len(events)
	b.SetBytes(int64(bytes))
	for i := range b.N {
		if err := w.Write(&events[i%len(events)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	h, events := sample()
	var many []Event
	for range 100 {
		many = append(many, events...)
	}
	for i := range many {
		many[i].At = 0
	}
	text := writeAll(b, h, many)
	b.ResetTimer()
	for done := 0; done < b.N; {
		r, err := NewReader(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		for err == nil && done < b.N {
			err = r.Read(new(Event))
			done++
		}
	}
}
