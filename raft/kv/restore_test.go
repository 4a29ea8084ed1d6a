package kv

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"raftarium/raft"
)

func TestRestorePutsASnapshotInThePlaceOfTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		_, other := newScript(leading(3))
		other.Apply(raft.Entry{Index: 1, Term: 3, Data: put(1).Encode()})

		s, r := newScript(leading(3))
		covered := handle(r, Operation{Client: 7, Serial: 1, Kind: Put, Key: "y", Value: "gone"}, time.Minute)
		after := handle(r, Operation{Client: 8, Serial: 1, Kind: Get, Key: "x"}, time.Minute)
		r.Restore(raft.Snapshot{Index: 1, Term: 4, Data: other.Dump()})
		synctest.Wait()
		if covered.ok || covered.after != 0 {
			t.Errorf("an operation that the snapshot stands for was answered: %+v", covered)
		}
		if string(r.Dump()) != string(other.Dump()) {
			t.Error("the store is not the one of the snapshot")
		}
		r.Apply(s.log[1])
		synctest.Wait()
		if !after.ok || after.result.Value != "1" || !after.result.Found {
			t.Errorf("an operation after the snapshot: %+v", after)
		}
		if value, found := r.Value("x"); value != "1" || !found {
			t.Errorf("x holds %q, %v", value, found)
		}
		// The client's session came with the snapshot.
		if result := r.store.Apply(put(1).Encode()); result.Refused != Accepted {
			t.Errorf("repeated after the snapshot: %+v", result)
		}
		if result := r.store.Apply(put(0).Encode()); result.Refused != SerialTooOld {
			t.Errorf("an older operation after the snapshot: %+v", result)
		}
	})
}

func TestRestoreOfWhatIsNoSnapshotPanics(t *testing.T) {
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "the snapshot up to entry 5: reading a store") {
			t.Errorf("recovered %q", text)
		}
	}()
	_, r := newScript(leading(1))
	r.Restore(raft.Snapshot{Index: 5, Data: []byte("nonsense")})
}
