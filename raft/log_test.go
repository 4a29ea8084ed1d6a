package raft

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawLog draws a log as Raft makes them: terms never fall along it.
func drawLog(t *rapid.T, name string) entryLog {
	list := rapid.SliceOfN(rapid.Uint64Range(1, 5), 0, 12).Draw(t, name)
	slices.Sort(list)
	var log entryLog
	for i, term := range list {
		log.append(Entry{Index: Index(i + 1), Term: Term(term), Data: make([]byte, term)})
	}
	return log
}

// The runs of one term are what a plain search over the log finds.
func TestRunsOfATerm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t, "log")
		term := Term(rapid.Uint64Range(1, 6).Draw(t, "term"))
		before := Index(rapid.Uint64Range(0, 14).Draw(t, "before"))
		first, last := Index(0), Index(0)
		for _, entry := range log.entries {
			if entry.Term != term {
				continue
			}
			if first == 0 {
				first = entry.Index
			}
			if entry.Index <= before {
				last = entry.Index
			}
		}
		if got := log.lastIndexOf(term, before); got != last {
			t.Errorf("last entry of term %d up to %d: got %d, want %d", term, before, got, last)
		}
		if first != 0 {
			if got := log.firstIndexOf(log.lastIndexOf(term, log.lastIndex())); got != first {
				t.Errorf("first entry of term %d: got %d, want %d", term, got, first)
			}
		}
	})
}

// Of two logs at least one is as up to date as the other, and both only if
// they end alike (§5.4.1).
func TestUpToDateIsATotalOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawLog(t, "a"), drawLog(t, "b")
		ab, ba := a.upToDate(b.lastIndex(), b.lastTerm()), b.upToDate(a.lastIndex(), a.lastTerm())
		alike := a.lastIndex() == b.lastIndex() && a.lastTerm() == b.lastTerm()
		if !ab && !ba || (ab && ba) != alike {
			t.Errorf("b is as up to date as a: %v; a as b: %v; they end alike: %v", ab, ba, alike)
		}
	})
}

// A batch is the longest run of entries that fits, and never empty while there
// is something to send.
func TestBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t, "log")
		first := Index(rapid.Uint64Range(1, uint64(log.lastIndex())+1).Draw(t, "first"))
		room := rapid.IntRange(0, 30).Draw(t, "bytes")
		batch, size := log.from(first, room)
		bytes := 0
		for i, entry := range batch {
			if entry.Index != first+Index(i) {
				t.Fatalf("entry %d of the batch has index %d", i, entry.Index)
			}
			bytes += len(entry.Data)
		}
		if bytes != size {
			t.Errorf("%d bytes, said to be %d", bytes, size)
		}
		if bytes > room && len(batch) > 1 {
			t.Errorf("%d bytes in %d entries, room for %d", bytes, len(batch), room)
		}
		if next := first + Index(len(batch)); next <= log.lastIndex() && (len(batch) == 0 || bytes+len(log.entries[next-1].Data) <= room) {
			t.Errorf("entry %d would have fitted", next)
		}
	})
}

// What was handed out of a log does not change when the log does.
func TestSlicesOutliveTruncation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := drawLog(t, "log")
		if log.lastIndex() == 0 {
			return
		}
		out := log.slice(1, log.lastIndex())
		want := slices.Clone(out)
		first := Index(rapid.Uint64Range(1, uint64(log.lastIndex())).Draw(t, "first"))
		log.truncate(first)
		for i := first; i < first+3; i++ {
			log.append(Entry{Index: i, Term: 9})
		}
		for i := range want {
			if out[i].Index != want[i].Index || out[i].Term != want[i].Term {
				t.Fatalf("entry %d became %+v", i+1, out[i])
			}
		}
	})
}
