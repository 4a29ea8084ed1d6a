package mesh_test

import (
	"fmt"
	"testing"
	"time"

	"raftarium/assets/fonts"
	"raftarium/game/mesh"
	"raftarium/game/scene"
	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

const ms = time.Millisecond

// run is the state of a real cluster after so much time.
func run(t testing.TB, servers int, until time.Duration) *trace.Model {
	t.Helper()
	header := trace.Header{
		Version: trace.Version, Servers: servers, Clients: 2, Seed: 7,
		Timing:  trace.Timing{ElectionTimeoutMin: 150 * ms, ElectionTimeoutMax: 300 * ms, HeartbeatInterval: 50 * ms, ClientInterval: 20 * ms},
		Network: trace.Network{Latency: 10 * ms, Jitter: 10 * ms},
		Disk:    trace.Disk{SyncLatency: 2 * ms},
	}
	model := trace.NewModel(header)
	world, err := wasmnet.New(header, func(e *trace.Event) {
		if err := model.Fold(e); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	world.RunUntil(until, nil)
	return model
}

// crowd is a cluster with many packets in flight.
func crowd(t testing.TB, servers, packets int) *trace.Model {
	t.Helper()
	model := run(t, servers, 400*ms)
	for i := range packets {
		from := trace.NodeID(i%servers + 1)
		to := trace.NodeID((i+1+i/servers)%servers + 1)
		if from == to {
			to = to%trace.NodeID(servers) + 1
		}
		event := trace.Event{
			At: model.Now, Kind: trace.PacketSent, Packet: trace.PacketID(1_000_000 + i), From: from, To: to,
			Message:   raft.AppendEntries{Term: raft.Term(i%6 + 1), Leader: raft.ServerID(from)},
			ArrivesAt: model.Now + time.Duration(i+1)*time.Microsecond*10,
		}
		if err := model.Fold(&event); err != nil {
			t.Fatal(err)
		}
	}
	return model
}

// frames returns what draws one frame of a model, each a little later than the
// last.
func frames(t testing.TB, model *trace.Model) (frame func(), m *mesh.Builder) {
	t.Helper()
	family, err := typeface.NewFamily(fonts.StageMedium, fonts.StageSemiBold)
	if err != nil {
		t.Fatal(err)
	}
	s, m := scene.New(family), mesh.New(typeface.NewAtlas(family))
	view := &scene.View{
		Width: 1280, Height: 800, Insets: scene.Insets{Top: 56, Right: 372, Bottom: 76},
		Theme: scene.Theme{Dark: true}, Time: model.Now, Speed: 0.05,
	}
	n := 0
	return func() {
		n++
		view.Time = model.Now + time.Duration(n%30)*100*time.Microsecond
		view.Clock = float64(n) / 60
		s.Build(model, view)
		if err := m.Build(s.Shapes, 1); err != nil {
			t.Fatal(err)
		}
	}, m
}

func TestAFrameCostsNoMemory(t *testing.T) {
	models := map[string]*trace.Model{
		"5 servers":                     run(t, 5, 1200*ms),
		"21 servers":                    run(t, 21, 1200*ms),
		"101 servers and 5,000 packets": crowd(t, 101, 5000),
	}
	for name, model := range models {
		frame, _ := frames(t, model)
		for range 60 {
			frame()
		}
		if allocations := testing.AllocsPerRun(60, frame); allocations > 0 {
			t.Errorf("%s: %g allocations a frame", name, allocations)
		}
	}
}

// BenchmarkFrame measures a frame of ours, all that is left being the graphics
// library's: the scene and its mesh.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []struct{ servers, packets int }{{5, 0}, {5, 50}, {21, 0}, {21, 500}, {101, 5000}} {
		b.Run(fmt.Sprintf("servers=%d/packets=%d", size.servers, size.packets), func(b *testing.B) {
			frame, m := frames(b, crowd(b, size.servers, size.packets))
			for range 60 {
				frame()
			}
			b.ReportAllocs()
			for b.Loop() {
				frame()
			}
			b.ReportMetric(float64(len(m.Vertices)/4), "rectangles")
		})
	}
}
