package wasmnet

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// drawHeader draws a small world of any kind.
func drawHeader(t *rapid.T) trace.Header {
	header := DefaultHeader(rapid.Uint64().Draw(t, "seed"))
	header.Servers = rapid.IntRange(1, 6).Draw(t, "servers")
	header.Clients = rapid.IntRange(0, 3).Draw(t, "clients")
	header.Timing.ClientInterval = time.Duration(rapid.IntRange(1, 500).Draw(t, "client interval")) * time.Millisecond
	header.Network = drawNetwork(t)
	header.Disk.SyncLatency = time.Duration(rapid.IntRange(0, 20).Draw(t, "sync latency")) * time.Millisecond
	header.Disk.SyncJitter = time.Duration(rapid.IntRange(0, 20).Draw(t, "sync jitter")) * time.Millisecond
	if rapid.Bool().Draw(t, "features") {
		header.Features = trace.Features{
			PreVote: rapid.Bool().Draw(t, "preVote"), CheckQuorum: rapid.Bool().Draw(t, "checkQuorum"), Stickiness: true,
			MaxInFlight: rapid.IntRange(0, 3).Draw(t, "in flight"), MaxBatchBytes: rapid.IntRange(0, 50).Draw(t, "batch"),
			SnapshotBytes: rapid.IntRange(0, 300).Draw(t, "snapshots"), Reads: trace.Reads(rapid.IntRange(0, 2).Draw(t, "reads")),
			MaxClockDrift: 0.1, ClockDrift: rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "drift"),
			Spares: rapid.IntRange(0, header.Servers-1).Draw(t, "spares"),
		}
	}
	return header
}

func drawNetwork(t *rapid.T) trace.Network {
	part := rapid.SampledFrom([]float64{0, 0, 0.01, 0.1, 0.3, 1})
	return trace.Network{
		Latency:   time.Duration(rapid.IntRange(0, 30).Draw(t, "latency")) * time.Millisecond,
		Jitter:    time.Duration(rapid.IntRange(0, 30).Draw(t, "jitter")) * time.Millisecond,
		Loss:      part.Draw(t, "loss"),
		Duplicate: part.Draw(t, "duplicate"),
		Reorder:   part.Draw(t, "reorder"),
	}
}

// drawCommand draws a command, possible or not.
func drawCommand(t *rapid.T, w *World) trace.Command {
	server := func(name string) raft.ServerID {
		return raft.ServerID(rapid.IntRange(-1, w.header.Servers+1).Draw(t, name))
	}
	c := trace.Command{
		Kind:   trace.CommandKind(rapid.IntRange(0, int(trace.Wipe)+1).Draw(t, "kind")),
		Server: server("server"),
		From:   server("from"),
		To:     server("to"),
	}
	switch c.Kind {
	case trace.Split:
		for range rapid.IntRange(0, 3).Draw(t, "groups") {
			c.Groups = append(c.Groups, []raft.ServerID{server("a"), server("b")})
		}
	case trace.Transfer:
		c.From = max(c.From, 0)
	case trace.Reconfigure:
		c.From = raft.None
		for id := raft.ServerID(1); int(id) <= w.header.Servers; id++ {
			switch rapid.IntRange(0, 3).Draw(t, "member") {
			case 0:
				c.Learners = append(c.Learners, id)
			case 1, 2:
				c.Voters = append(c.Voters, id)
			}
		}
		c.Joint = rapid.Bool().Draw(t, "joint")
	case trace.Drop, trace.Duplicate, trace.Delay:
		c.Packet = trace.PacketID(max(0, int(w.network.lastID)-rapid.IntRange(-2, 20).Draw(t, "packet")))
		c.For = time.Duration(rapid.IntRange(-1, 100).Draw(t, "for")) * time.Millisecond
	case trace.Write:
		c.Key = rapid.SampledFrom([]string{"", "k", "x"}).Draw(t, "key")
		c.Value = rapid.StringN(0, 70, 70).Draw(t, "value")
	case trace.SetNetwork:
		settings := drawNetwork(t)
		c.Network = &settings
	}
	return c
}

// witness checks each event against those before it: what a network, a disk
// and a process may do at all, whatever they carry.
type witness struct {
	clients int
	now     time.Duration
	flying  map[trace.PacketID]trace.Event // with ArrivesAt as it is now
	last    trace.PacketID
	cut     map[[2]trace.NodeID]bool
	down    map[raft.ServerID]bool
	paused  map[raft.ServerID]bool
	taken   int // commands
	pending map[trace.NodeID]bool
	err     error
}

func newWitness(clients int) *witness {
	return &witness{
		clients: clients,
		flying:  map[trace.PacketID]trace.Event{},
		cut:     map[[2]trace.NodeID]bool{},
		down:    map[raft.ServerID]bool{},
		paused:  map[raft.ServerID]bool{},
		pending: map[trace.NodeID]bool{},
	}
}

func (w *witness) observe(e *trace.Event) {
	if w.err != nil {
		return
	}
	if text := w.check(e); text != "" {
		w.err = fmt.Errorf("%s: %+v", text, *e)
	}
}

func (w *witness) check(e *trace.Event) string {
	if e.At < w.now {
		return "time goes backwards"
	}
	w.now = e.At
	switch e.Kind {
	case trace.ServerStep:
		if id := e.Core.Server; w.down[id] || w.paused[id] {
			return "a server that does not run takes a step"
		}
	case trace.CommandTaken:
		w.taken++
		if e.Command.At != e.At {
			return "a command is recorded at another time than its own"
		}
	case trace.PacketSent, trace.PacketDuplicated:
		return w.checkSent(e)
	case trace.PacketDelivered, trace.PacketDropped, trace.PacketDelayed:
		return w.checkFlying(e)
	case trace.LinkCut, trace.LinkHealed:
		link := [2]trace.NodeID{e.From, e.To}
		if w.cut[link] == (e.Kind == trace.LinkCut) {
			return "a link is cut or healed twice"
		}
		w.cut[link] = e.Kind == trace.LinkCut
	default:
		return w.checkProcess(e)
	}
	return ""
}

func (w *witness) checkSent(e *trace.Event) string {
	if e.Packet != w.last+1 {
		return "packets are not numbered one by one"
	}
	w.last = e.Packet
	if e.Message == nil || e.ArrivesAt < e.At {
		return "a packet without a message or from the future"
	}
	if id := raft.ServerID(e.From); e.Kind == trace.PacketSent && (w.down[id] || w.paused[id]) {
		return "a server that does not run sends"
	}
	if _, ok := w.flying[e.Original]; e.Kind == trace.PacketDuplicated && !ok {
		return "a copy of what is not in flight"
	}
	w.flying[e.Packet] = *e
	return ""
}

func (w *witness) checkFlying(e *trace.Event) string {
	p, ok := w.flying[e.Packet]
	if !ok || p.From != e.From || p.To != e.To {
		return "a packet that is not in flight, or not there"
	}
	if e.Kind == trace.PacketDelayed {
		if e.ArrivesAt <= p.ArrivesAt {
			return "a delay that is none"
		}
		p.ArrivesAt = e.ArrivesAt
		w.flying[e.Packet] = p
		return ""
	}
	delete(w.flying, e.Packet)
	isCut, isDown := w.cut[[2]trace.NodeID{e.From, e.To}], w.down[raft.ServerID(e.To)]
	switch {
	case e.Kind == trace.PacketDelivered && (e.At != p.ArrivesAt || isCut || isDown):
		return "delivered at the wrong time, over a cut link or to a crashed server"
	case e.Kind == trace.PacketDropped && (e.Reason == trace.NoReason || e.At > p.ArrivesAt):
		return "dropped for no reason or after its arrival"
	case e.Reason == trace.ServerDown && !isDown:
		return "dropped because of a server that is up"
	}
	return ""
}

func (w *witness) checkProcess(e *trace.Event) string {
	id := e.Server
	switch e.Kind {
	case trace.ServerCrashed:
		if w.down[id] {
			return "crashed twice"
		}
		w.down[id], w.paused[id] = true, false
	case trace.ServerRestarted:
		if !w.down[id] {
			return "restarted while up"
		}
		w.down[id] = false
	case trace.ServerPaused, trace.ServerResumed:
		if w.down[id] || w.paused[id] == (e.Kind == trace.ServerPaused) {
			return "paused or resumed out of turn"
		}
		w.paused[id] = e.Kind == trace.ServerPaused
	case trace.ClientInvoked:
		w.pending[e.From] = true // the user may have given up what it asked before
	case trace.ClientReturned:
		if !w.pending[e.From] {
			return "a client is answered unasked"
		}
		w.pending[e.From] = false
	}
	return ""
}

// Whatever commands are thrown at a world: it refuses or records each, it never does
// what no network and no process can do, and the run can be repeated from
// its header and its recorded commands, event by event.
func TestAnyCommandsAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := Run{Header: drawHeader(t)}
		seen, watch := newRecorder(run.Header), newWitness(run.Header.Clients)
		w, err := New(run.Header, func(e *trace.Event) { watch.observe(e); seen.observe(e) })
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		accepted := 0
		for range rapid.IntRange(0, 40).Draw(t, "commands") {
			// A run may be stopped after any event, in the middle of an instant.
			until := len(seen.events) + rapid.IntRange(0, 300).Draw(t, "events")
			w.RunUntil(w.Now()+time.Duration(rapid.IntRange(0, 400).Draw(t, "wait"))*time.Millisecond,
				func() bool { return len(seen.events) < until })
			before := len(seen.events)
			if w.Do(drawCommand(t, w)) == nil {
				accepted++
			} else if watch.taken != accepted {
				t.Fatalf("a refused command was recorded: %+v", seen.events[before:])
			}
		}
		run.For = w.Now() + time.Second
		w.RunUntil(run.For, nil)
		if watch.err != nil {
			t.Fatal(watch.err)
		}
		if watch.taken != accepted || len(watch.flying) != len(w.PacketsInFlight()) {
			t.Fatalf("%d commands were accepted and %d recorded; %d packets in flight, %d told",
				accepted, watch.taken, len(w.PacketsInFlight()), len(watch.flying))
		}
		repeat(t, run, seen)
	})
}

// repeat plays a run again from the commands that were recorded, and wants the
// same trace.
func repeat(t *rapid.T, run Run, first *recorder) {
	for i := range first.events {
		if c := first.events[i].Command; c != nil {
			run.Commands = append(run.Commands, *c)
		}
	}
	second := newRecorder(run.Header)
	refused, err := run.Play(second.observe, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(refused) > 0 {
		t.Fatalf("refused when repeated: %v", refused)
	}
	if first.sum(t) == second.sum(t) {
		return
	}
	for i := range min(len(first.events), len(second.events)) {
		if a, b := fmt.Sprintf("%+v", first.events[i]), fmt.Sprintf("%+v", second.events[i]); a != b && first.events[i].Command == nil {
			t.Fatalf("event %d was\n%s\nand is when repeated\n%s", i+1, a, b)
		}
	}
	t.Fatal("the repeated run differs")
}

func TestSlicingTimeChangesNothing(t *testing.T) {
	header := DefaultHeader(1)
	header.Network.Loss, header.Network.Duplicate, header.Network.Reorder = 0.1, 0.1, 0.1
	whole := newHasher(header)
	run := Run{Header: header, For: 2 * time.Second}
	if _, err := run.Play(whole.observe, nil); err != nil {
		t.Fatal(err)
	}
	want := whole.sum(t)
	rapid.Check(t, func(t *rapid.T) {
		sliced := newHasher(header)
		w, err := New(header, sliced.observe)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		asked, stride := 0, rapid.IntRange(1, 50).Draw(t, "stride")
		for w.Now() < run.For {
			to := w.Now() + time.Duration(rapid.IntRange(0, int(200*time.Millisecond)).Draw(t, "slice"))
			for !w.RunUntil(min(to, run.For), func() bool { asked++; return asked%stride != 0 }) {
			}
		}
		if sliced.sum(t) != want {
			t.Fatal("the sliced run differs")
		}
	})
}
