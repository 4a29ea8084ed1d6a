package scene_test

import (
	"testing"
	"time"

	"raftarium/assets/fonts"
	"raftarium/game/scene"
	"raftarium/game/typeface"
	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

const ms = time.Millisecond

// cluster is a real run and the model that follows it.
type cluster struct {
	t     testing.TB
	world *wasmnet.World
	model *trace.Model
}

func newCluster(t testing.TB, servers int) *cluster {
	t.Helper()
	header := trace.Header{
		Version: trace.Version, Servers: servers, Clients: 2, Seed: 7,
		Timing:  trace.Timing{ElectionTimeoutMin: 150 * ms, ElectionTimeoutMax: 300 * ms, HeartbeatInterval: 50 * ms, ClientInterval: 60 * ms},
		Network: trace.Network{Latency: 10 * ms, Jitter: 10 * ms},
		Disk:    trace.Disk{SyncLatency: 2 * ms, SyncJitter: 2 * ms},
	}
	c := &cluster{t: t, model: trace.NewModel(header)}
	world, err := wasmnet.New(header, func(e *trace.Event) {
		if err := c.model.Fold(e); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	c.world = world
	return c
}

func (c *cluster) runTo(at time.Duration) { c.world.RunUntil(at, nil) }

// runUntil lets the run go on, millisecond by millisecond, until something is so.
func (c *cluster) runUntil(what string, isSo func() bool) {
	c.t.Helper()
	for limit := c.world.Now() + 20*time.Second; !isSo(); {
		if c.world.Now() > limit {
			c.t.Fatalf("in 20 s there was never %s", what)
		}
		c.runTo(c.world.Now() + ms)
	}
}

func (c *cluster) do(command trace.Command) {
	c.t.Helper()
	if err := c.world.Do(command); err != nil {
		c.t.Fatal(err)
	}
}

// leader is the leader of the newest term, or raft.None.
func (c *cluster) leader() raft.ServerID {
	best := raft.None
	for i := range c.model.Servers {
		server := &c.model.Servers[i]
		if server.Alive && server.Role == raft.Leader && (best == raft.None || server.Term > c.model.Servers[best-1].Term) {
			best = server.ID
		}
	}
	return best
}

func newScene(t testing.TB) *scene.Scene {
	t.Helper()
	return scene.New(newFamily(t))
}

func newFamily(t testing.TB) *typeface.Family {
	t.Helper()
	family, err := typeface.NewFamily(fonts.StageMedium, fonts.StageSemiBold)
	if err != nil {
		t.Fatal(err)
	}
	return family
}

// desktop is the view that the page has in a window of 1280 by 800.
func desktop(c *cluster) *scene.View {
	return &scene.View{
		Width: 1280, Height: 800, Insets: scene.Insets{Top: 56, Right: 372, Bottom: 76},
		Theme: scene.Theme{Dark: true}, Time: c.world.Now(), Speed: 0.05,
	}
}
