package wal

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"raftarium/raft"
)

// randomWrite is a write that a server whose disk holds stored could make.
func randomWrite(random *rand.Rand, stored raft.Stored) raft.Write {
	write := raft.Write{HardState: stored.HardState}
	if random.IntN(3) == 0 {
		write.HardState.CurrentTerm++
		write.HardState.VotedFor = raft.ServerID(random.IntN(4))
	}
	if random.IntN(6) == 0 {
		return write
	}
	start, last := stored.Snapshot.Index, stored.Snapshot.Index+raft.Index(len(stored.Log))
	if random.IntN(15) == 0 {
		// Of what is there, or of more, from a leader.
		start += 1 + raft.Index(random.IntN(len(stored.Log)+5))
		write.Snapshot = &raft.Snapshot{Index: start, Term: write.HardState.CurrentTerm, Data: fmt.Appendf(nil, "snapshot %d", random.Uint64())}
		write.Snapshot.Configuration.Voters = []raft.ServerID{1, 2, raft.ServerID(random.IntN(9))}
		last = max(start, last)
		if random.IntN(2) == 0 {
			return write
		}
	}
	write.FirstIndex = last + 1
	if random.IntN(4) == 0 {
		write.FirstIndex = start + 1 + raft.Index(random.IntN(int(last-start)+1))
	}
	for i := range random.IntN(4) {
		entry := raft.Entry{Index: write.FirstIndex + raft.Index(i), Term: write.HardState.CurrentTerm}
		switch random.IntN(5) {
		case 0:
			entry.Kind = raft.NoOp
		case 1: // more than a sector, most of it zeros
			entry.Data = make([]byte, random.IntN(3*sector))
			entry.Data = append(entry.Data, 'x')
		default:
			entry.Data = fmt.Appendf(nil, "entry %d", random.Uint64())
		}
		write.Entries = append(write.Entries, entry)
	}
	return write
}

// after is what is stored after a write, as package raft has it.
func after(stored raft.Stored, write raft.Write) raft.Stored {
	stored.Apply(write)
	return stored
}

func same(a, b raft.Stored) bool {
	sameLog := len(a.Log) == len(b.Log) && (len(a.Log) == 0 || reflect.DeepEqual(a.Log, b.Log))
	return a.HardState == b.HardState && sameLog && reflect.DeepEqual(a.Snapshot, b.Snapshot)
}

func mustLoad(t interface{ Fatal(...any) }, l *Log) raft.Stored {
	stored, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// A process after another writes to a disk that breaks or crashes at any
// operation, in the middle of recovery and of rewriting too. What the next
// process finds is all that Sync has confirmed, and besides at most the one
// write that it was asked for and did not confirm.
func TestNothingSyncedIsLostInAnyCrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		slack := rapid.Int64Range(100, 5000).Draw(t, "slack")
		d := newCrashDisk(random)
		var confirmed raft.Stored
		var unsure *raft.Write
		for range rapid.IntRange(1, 8).Draw(t, "processes") {
			d.breaks = d.steps + rapid.IntRange(0, 120).Draw(t, "steps")
			l, err := open(d, "data", 1, slack)
			for err == nil {
				found := mustLoad(t, l)
				if unsure != nil && same(found, after(confirmed, *unsure)) {
					confirmed = after(confirmed, *unsure)
				}
				if !same(found, confirmed) {
					t.Fatalf("found %+v\nconfirmed was %+v\nperhaps with %+v", found, confirmed, unsure)
				}
				write := randomWrite(random, confirmed)
				unsure = &write
				if err = l.Sync(write); err == nil {
					confirmed, unsure = after(confirmed, write), nil
				}
			}
			if d.steps <= d.breaks {
				t.Fatalf("on a disk that works: %v", err)
			}
			if l != nil && l.Sync(raft.Write{}) == nil {
				t.Fatal("a log whose disk failed confirmed another write")
			}
			if random.IntN(2) == 0 {
				d.kill()
			} else {
				d.crash()
			}
		}
	})
}

// A process that is killed at any step leaves to the next one things that are
// there, but would not be after a power failure. What the next one confirms must not
// rest on them.
func TestWhatAKilledProcessLeftIsMadeDurable(t *testing.T) {
	for steps := range 40 {
		for seed := range uint64(3) {
			d := newCrashDisk(rand.New(rand.NewPCG(seed, 3)))
			d.breaks = steps
			l, err := open(d, "data", 1, 50)
			for i := 1; err == nil; i++ {
				entry := raft.Entry{Index: raft.Index(i), Data: make([]byte, 40)}
				// Every other write replaces the log, so that the file is soon out of date.
				write := raft.Write{FirstIndex: entry.Index, Entries: []raft.Entry{entry}}
				if i%2 == 0 {
					write, i = raft.Write{FirstIndex: 1}, 0
				}
				err = l.Sync(write)
			}
			d.kill()
			if l, err = open(d, "data", 1, 1000); err != nil {
				t.Fatal(err)
			}
			write := raft.Write{HardState: raft.HardState{CurrentTerm: 7}}
			want := after(mustLoad(t, l), write)
			if err := l.Sync(write); err != nil {
				t.Fatal(err)
			}
			d.crash()
			if l, err = open(d, "data", 1, 1000); err != nil {
				t.Fatal(err)
			}
			if got := mustLoad(t, l); !same(got, want) {
				t.Fatalf("killed after %d steps: %+v, want %+v", steps, got, want)
			}
		}
	}
}

// recorded is a file, and what is stored after each of its writes.
type recorded struct {
	data   []byte
	ends   []int         // the file up to ends[i] ...
	states []raft.Stored // ... holds states[i]
}

func record(t testing.TB, seed uint64, writes int) recorded {
	random := rand.New(rand.NewPCG(seed, 2))
	d := newCrashDisk(random)
	l, err := open(d, "data", 1, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{ends: []int{int(l.Size())}, states: []raft.Stored{{}}}
	for range writes {
		former := r.states[len(r.states)-1]
		write := randomWrite(random, former)
		if write.Snapshot != nil {
			continue // would begin a new file
		}
		if err := l.Sync(write); err != nil {
			t.Fatal(err)
		}
		r.ends = append(r.ends, int(l.Size()))
		r.states = append(r.states, after(former, write))
	}
	r.data = d.names["data/log"].data
	return r
}

// reopen opens a log over the bytes of a file.
func reopen(data []byte) (*Log, error) {
	d := newCrashDisk(rand.New(rand.NewPCG(0, 0)))
	d.names["data/log"] = &inode{data: slices.Clone(data)}
	return open(d, "data", 1, 1<<30)
}

func TestAFileCutAnywhereHoldsAllWritesBeforeTheCut(t *testing.T) {
	for seed := range uint64(2) {
		r := record(t, seed, 20)
		for cut := range len(r.data) + 1 {
			l, err := reopen(r.data[:cut])
			if cut < r.ends[0] {
				// The file got its name when that much of it was durable.
				if err == nil {
					t.Fatalf("the first %d bytes pass for a file", cut)
				}
				continue
			}
			if err != nil {
				t.Fatalf("cut at %d of %d: %v", cut, len(r.data), err)
			}
			n, _ := slices.BinarySearch(r.ends, cut+1)
			if got := mustLoad(t, l); !same(got, r.states[n-1]) {
				t.Fatalf("cut at %d: %+v, want %+v", cut, got, r.states[n-1])
			}
			if want := int64(cut - r.ends[n-1]); l.Torn() != want || l.Size() != int64(r.ends[n-1]) {
				t.Fatalf("cut at %d: %d bytes were torn, want %d", cut, l.Torn(), want)
			}
		}
	}
}

// A byte that is not what was written is an error; only where it cannot be told
// from the work of a crash, at the very end, the last write goes.
func TestADamagedByteIsNeverTakenForTheTruth(t *testing.T) {
	for seed := range uint64(2) {
		r := record(t, seed, 12)
		last := len(r.states) - 1
		for i := range r.data {
			for _, value := range []byte{0, r.data[i] ^ 1<<(i%8)} {
				if value == r.data[i] {
					continue
				}
				data := slices.Clone(r.data)
				data[i] = value
				l, err := reopen(data)
				switch {
				case err != nil:
				case i < r.ends[last-1]:
					t.Fatalf("byte %d, in the middle, became %d unnoticed", i, value)
				case !same(mustLoad(t, l), r.states[last-1]):
					t.Fatalf("byte %d became %d: %+v", i, value, mustLoad(t, l))
				case !hasEmptySector(data, r.ends[last-1], len(data)):
					t.Fatalf("byte %d, in the last write, became %d and passed for the work of a crash", i, value)
				}
			}
		}
	}
}

func TestALostSectorInTheMiddleIsAnError(t *testing.T) {
	r := record(t, 4, 60)
	for from := sector; from+sector < r.ends[len(r.ends)-2]; from += sector {
		if isZero(r.data[from : from+sector]) {
			continue
		}
		data := slices.Clone(r.data)
		clear(data[from : from+sector])
		if _, err := reopen(data); err == nil || !strings.Contains(err.Error(), "is damaged at byte") {
			t.Fatalf("without the sector at %d: %v", from, err)
		}
	}
}

// What a client stores may be a copy of a log, of this one even: inside a
// write it is only data.
func TestALogInsideALogIsData(t *testing.T) {
	r := record(t, 5, 5)
	d := newCrashDisk(rand.New(rand.NewPCG(0, 0)))
	d.names["data/log"] = &inode{data: slices.Clone(r.data)}
	l, err := open(d, "data", 1, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	stored := mustLoad(t, l)
	index := raft.Index(len(stored.Log) + 1)
	write := raft.Write{HardState: stored.HardState, FirstIndex: index, Entries: []raft.Entry{{Index: index, Data: slices.Concat(r.data, r.data)}}}
	if err := l.Sync(write); err != nil {
		t.Fatal(err)
	}
	// The first sector of the write never got to the disk.
	data := d.names["data/log"].data
	clear(data[len(r.data) : len(r.data)-len(r.data)%sector+sector])
	l, err = reopen(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustLoad(t, l); !same(got, stored) {
		t.Errorf("found %+v, want %+v", got, stored)
	}
}

func TestTheFileStaysInProportion(t *testing.T) {
	d := newCrashDisk(rand.New(rand.NewPCG(0, 0)))
	l, err := open(d, "data", 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	most, stored := int64(0), raft.Stored{}
	for i := range 2000 {
		// The log stays at ten entries of 100 bytes, overwritten again and again.
		index := raft.Index(i%10 + 1)
		write := raft.Write{
			HardState:  raft.HardState{CurrentTerm: raft.Term(i)},
			FirstIndex: index, Entries: []raft.Entry{{Index: index, Term: raft.Term(i), Data: make([]byte, 100)}},
		}
		if err := l.Sync(write); err != nil {
			t.Fatal(err)
		}
		stored = after(stored, write)
		most = max(most, l.Size())
	}
	if limit := int64(1000 + 4*10*(100+perEntry)); most > limit {
		t.Errorf("the file grew to %d bytes for a state of 1200, the limit is %d", most, limit)
	}
	if l, err = open(d, "data", 1, 1000); err != nil || !same(mustLoad(t, l), stored) {
		t.Errorf("after many rewrites: %v", err)
	}
}

func TestAWriteThatLeavesAGapIsRefused(t *testing.T) {
	l, err := open(newCrashDisk(nil), "data", 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for want, write := range map[string]raft.Write{
		"entry 2 cannot follow entry 0":            {FirstIndex: 2},
		"entry 5 stands where entry 1 belongs":     {FirstIndex: 1, Entries: []raft.Entry{{Index: 5}}},
		"there are entries, but no place for them": {Entries: []raft.Entry{{Index: 1}}},
		"up to entry 0 cannot follow":              {Snapshot: &raft.Snapshot{}},
		"entry 3 cannot stand in a log that begi":  {Snapshot: &raft.Snapshot{Index: 3}, FirstIndex: 3},
	} {
		if err := l.Sync(write); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", write, err, want)
		}
	}
	if err := l.Sync(raft.Write{FirstIndex: 1, Entries: []raft.Entry{{Index: 1}}}); err != nil {
		t.Errorf("after refusals: %v", err)
	}
}

// Any bytes as a file: an error, or a log that can be used; never a crash.
func FuzzOpen(f *testing.F) {
	r := record(f, 6, 4)
	f.Add(r.data, []byte{})
	f.Add(r.data[:r.ends[2]], encodeWrite(raft.Write{FirstIndex: 1, Entries: []raft.Entry{{Index: 1, Data: []byte("x")}}}))
	f.Add(preamble(salt{}), slices.Concat(encodeServer(1), encodeNamed()))
	f.Add(r.data, encodeWrite(raft.Write{Snapshot: &raft.Snapshot{Index: 2, Data: []byte("x")}, FirstIndex: 3}))
	f.Fuzz(func(t *testing.T, data, payload []byte) {
		// One more frame with right checksums, so that what is in it is read.
		if s, err := readPreamble(data); err == nil {
			data, err = appendFrame(slices.Clone(data), s, int64(len(data)), payload)
			if err != nil {
				t.Fatal(err)
			}
		}
		l, err := reopen(data)
		if err != nil {
			return
		}
		stored := mustLoad(t, l)
		for i, entry := range stored.Log {
			if want := stored.Snapshot.Index + raft.Index(i+1); entry.Index != want {
				t.Fatalf("entry %d stands at %d", entry.Index, want)
			}
		}
		write := raft.Write{HardState: raft.HardState{CurrentTerm: 9}, FirstIndex: stored.Snapshot.Index + raft.Index(len(stored.Log)+1)}
		if err := l.Sync(write); err != nil {
			t.Fatal(err)
		}
		again, err := open(l.disk, "data", 1, 1<<30)
		if err != nil || !same(mustLoad(t, again), after(stored, write)) {
			t.Fatalf("opened again: %v", err)
		}
	})
}
