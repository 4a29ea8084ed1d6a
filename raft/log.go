package raft

import "slices"

// entryLog is a server's log in memory: what follows the last snapshot.
// Entries are never changed in place, so slices of it can be sent and written
// without a copy.
type entryLog struct {
	start     Index   // the last entry that the snapshot stands for; 0 without one
	startTerm Term    // its term
	entries   []Entry // the entry with index start+1+i is at i
	bytes     int     // of data in entries
}

// newEntryLog makes the log of entries that follow a snapshot.
func newEntryLog(start Index, startTerm Term, entries []Entry) entryLog {
	log := entryLog{start: start, startTerm: startTerm}
	for _, entry := range entries {
		log.append(entry)
	}
	return log
}

func (l *entryLog) lastIndex() Index { return l.start + Index(len(l.entries)) }

func (l *entryLog) lastTerm() Term { return l.term(l.lastIndex()) }

// term is the term of the entry at index, which is at least start.
func (l *entryLog) term(index Index) Term {
	if index == l.start {
		return l.startTerm
	}
	return l.entries[index-l.start-1].Term
}

// holds reports whether there is an entry at index whose term is term. By the
// Log Matching Property all entries up to there are then the same as in any
// other log that holds it (§5.3). What a snapshot stands for is committed, so
// it is the same as in the log of any leader.
func (l *entryLog) holds(index Index, term Term) bool {
	if index < l.start {
		return true
	}
	return index <= l.lastIndex() && l.term(index) == term
}

// slice returns the entries from first to last, both included. The caller must
// not change them.
func (l *entryLog) slice(first, last Index) []Entry {
	return l.entries[first-l.start-1 : last-l.start : last-l.start]
}

// from returns the entries from first to the end of the log, or fewer: as many
// as fit in maxBytes of data, but at least one if there is one. It returns the
// bytes of data too.
func (l *entryLog) from(first Index, maxBytes int) (batch []Entry, bytes int) {
	last := first - 1
	for last < l.lastIndex() {
		size := len(l.entries[last-l.start].Data)
		if bytes+size > maxBytes && last >= first {
			break
		}
		bytes += size
		last++
	}
	if last < first {
		return nil, 0
	}
	return l.slice(first, last), bytes
}

func (l *entryLog) append(entry Entry) {
	l.entries = append(l.entries, entry)
	l.bytes += len(entry.Data)
}

// truncate removes the entries from first on. What is appended afterwards goes
// to a new array, since others may still read the old one.
func (l *entryLog) truncate(first Index) {
	kept := first - l.start - 1
	l.bytes -= dataBytes(l.entries[kept:])
	l.entries = l.entries[:kept:kept]
}

// compact forgets the entries up to index, for which a snapshot stands now.
// The rest moves to a new array, so that the memory of the old one is freed.
func (l *entryLog) compact(index Index) {
	gone := index - l.start
	l.startTerm = l.term(index)
	l.start = index
	l.bytes -= dataBytes(l.entries[:gone])
	l.entries = slices.Clone(l.entries[gone:])
}

// firstIndexOf returns the first index of the run of entries of one term in
// which the entry at index stands.
func (l *entryLog) firstIndexOf(index Index) Index {
	for index > l.start+1 && l.term(index-1) == l.term(index) {
		index--
	}
	return index
}

// lastIndexOf returns the last index, at most before, that holds an entry of
// term; 0 if there is none. Terms never fall along a log.
func (l *entryLog) lastIndexOf(term Term, before Index) Index {
	index := min(before, l.lastIndex())
	for index > l.start && l.term(index) > term {
		index--
	}
	if index > 0 && index >= l.start && l.term(index) == term {
		return index
	}
	return 0
}

// upToDate reports whether a log that ends with lastIndex and lastTerm is at
// least as up to date as this one (§5.4.1).
func (l *entryLog) upToDate(lastIndex Index, lastTerm Term) bool {
	if lastTerm != l.lastTerm() {
		return lastTerm > l.lastTerm()
	}
	return lastIndex >= l.lastIndex()
}

// dataBytes is the number of bytes of data in entries.
func dataBytes(entries []Entry) int {
	bytes := 0
	for _, entry := range entries {
		bytes += len(entry.Data)
	}
	return bytes
}
