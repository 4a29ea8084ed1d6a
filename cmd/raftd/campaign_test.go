//go:build !js

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raftarium/cmd/raftd/node"
	"raftarium/cmd/raftd/wal"
	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

var rounds = flag.Int("rounds", 12, "how often the campaign kills processes; 90 take about a minute")

// Three processes, five clients, and kill -9 again and again, of one, two or all three
// processes at any moment. Then nothing that was answered is lost, what
// clients saw is linearizable, and all servers hold the same.
func TestKillingProcessesLosesNothing(t *testing.T) {
	f := newFleet(t, "-snapshot", "40000", "-heartbeat", "20ms")
	for id := 1; id <= 3; id++ {
		f.start(id)
	}
	w := &witness{began: time.Now()}
	var stopped atomic.Bool
	var working sync.WaitGroup
	customers := make([]*customer, 5)
	for i := range customers {
		customers[i] = newCustomer(i+1, f, w)
		working.Go(func() {
			if err := customers[i].work(stopped.Load); err != nil {
				t.Error(err)
			}
		})
	}
	kills := harass(t, f, w)
	stopped.Store(true)
	working.Wait()

	last := newCustomer(len(customers)+1, f, w)
	for _, key := range []string{"a", "b", "c", "d"} {
		if err := last.do(kv.Operation{Kind: kv.Get, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	digest := agreement(t, f)
	for id := 1; id <= 3; id++ {
		if code, output := f.interrupt(id); code != 0 {
			t.Errorf("server %d, interrupted, ended with %d:\n%s", id, code, output)
		}
	}
	checkDisks(t, f, customers)
	checkTraces(t, f)
	if w.err != nil {
		t.Fatal(w.err)
	}
	verdict := w.history.Judge()
	t.Logf("%d kills, %d operations answered; all stores are %.8s; %s", kills, w.acked.Load(), digest, verdict.Text)
	if !verdict.Linearizable {
		t.Errorf("what clients saw is not linearizable: %s", verdict.Text)
	}
}

// harass kills and restarts processes, and each time waits until operations
// are answered again.
func harass(t *testing.T, f *fleet, w *witness) (kills int) {
	t.Helper()
	for round := range *rounds {
		seen := w.acked.Load()
		eventually(t, fmt.Sprintf("operations are answered in round %d", round), func() bool { return w.acked.Load() > seen+20 })
		time.Sleep(rand.N(300 * time.Millisecond))
		victims := rand.Perm(3)[:1+rand.IntN(3)]
		if round%3 > 0 {
			victims = victims[:1]
		}
		for _, victim := range victims {
			f.kill(victim + 1)
			kills++
		}
		time.Sleep(rand.N(400 * time.Millisecond))
		for _, victim := range victims {
			f.start(victim + 1)
		}
	}
	return kills
}

// agreement waits until all servers have applied the same, and returns the
// digest of their stores.
func agreement(t *testing.T, f *fleet) (digest string) {
	t.Helper()
	eventually(t, "all servers agree", func() bool {
		var all [3]node.Status
		for id := 1; id <= 3; id++ {
			reply, err := f.client.Get("http://" + f.http[id] + "/status?digest")
			if err != nil {
				return false
			}
			err = json.NewDecoder(reply.Body).Decode(&all[id-1])
			io.Copy(io.Discard, reply.Body)
			reply.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
		}
		digest = all[0].Digest
		return digest != "" && all[1].Digest == digest && all[2].Digest == digest &&
			all[0].LastApplied == all[1].LastApplied && all[1].LastApplied == all[2].LastApplied
	})
	return digest
}

// checkDisks reads what the servers have left on their disks: on each, the
// latest answered write of each client to its own key.
func checkDisks(t *testing.T, f *fleet, customers []*customer) {
	t.Helper()
	snapshots := 0
	for id := 1; id <= 3; id++ {
		log, err := wal.Open(f.data(id), raft.ServerID(id))
		if err != nil {
			t.Fatal(err)
		}
		stored, err := log.Load()
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		store := new(kv.Store)
		if stored.Snapshot.Index > 0 {
			snapshots++
			if store, err = kv.Load(stored.Snapshot.Data); err != nil {
				t.Fatal(err)
			}
		}
		for _, entry := range stored.Log {
			if entry.Kind == raft.Command {
				store.Apply(entry.Data)
			}
		}
		for _, c := range customers {
			if got, _ := store.Value(c.ownKey()); got != c.own {
				t.Errorf("on the disk of server %d client %d has %q, and was told that it has %q", id, c.number, got, c.own)
			}
		}
	}
	if snapshots == 0 {
		t.Error("no server has taken a snapshot: the campaign is too short to say anything of them")
	}
}

// checkTraces reads the traces of all processes. All but the last line of a
// killed one must be whole.
func checkTraces(t *testing.T, f *fleet) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(f.directory, "trace-*"))
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole := text[:strings.LastIndex(string(text), "\n")+1]
		if len(whole) == 0 {
			continue // it was killed before it wrote anything
		}
		reader, err := trace.NewReader(strings.NewReader(string(whole)))
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(name), err)
		}
		for {
			var event trace.Event
			if err := reader.Read(&event); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", filepath.Base(name), err)
			}
			steps++
		}
	}
	if len(names) != f.starts || steps < 100*f.starts {
		t.Errorf("%d traces with %d steps of %d processes", len(names), steps, f.starts)
	}
}
