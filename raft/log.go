package raft

// entryLog is a server's log in memory. Entries are never changed in place,
// so slices of it can be sent and written without a copy.
type entryLog struct {
	entries []Entry // the entry with index i+1 is at i
}

func (l *entryLog) lastIndex() Index { return Index(len(l.entries)) }

func (l *entryLog) lastTerm() Term { return l.term(l.lastIndex()) }

// term is the term of the entry at index, and 0 at index 0.
func (l *entryLog) term(index Index) Term {
	if index == 0 {
		return 0
	}
	return l.entries[index-1].Term
}

// holds reports whether there is an entry at index whose term is term. By the
// Log Matching Property all entries up to there are then the same as in any
// other log that holds it (§5.3).
func (l *entryLog) holds(index Index, term Term) bool {
	return index <= l.lastIndex() && l.term(index) == term
}

// slice returns the entries from first to last, both included. The caller must
// not change them.
func (l *entryLog) slice(first, last Index) []Entry {
	return l.entries[first-1 : last : last]
}

// from returns the entries from first to the end of the log, or fewer: as many
// as fit in maxBytes of data, but at least one if there is one.
func (l *entryLog) from(first Index, maxBytes int) []Entry {
	last, bytes := first-1, 0
	for last < l.lastIndex() {
		bytes += len(l.entries[last].Data)
		if bytes > maxBytes && last >= first {
			break
		}
		last++
	}
	if last < first {
		return nil
	}
	return l.slice(first, last)
}

func (l *entryLog) append(entry Entry) { l.entries = append(l.entries, entry) }

// truncate removes the entries from first on. What is appended afterwards goes
// to a new array, since others may still read the old one.
func (l *entryLog) truncate(first Index) {
	l.entries = l.entries[: first-1 : first-1]
}

// firstIndexOf returns the first index of the run of entries of one term in
// which the entry at index stands.
func (l *entryLog) firstIndexOf(index Index) Index {
	for index > 1 && l.term(index-1) == l.term(index) {
		index--
	}
	return index
}

// lastIndexOf returns the last index, at most before, that holds an entry of
// term; 0 if there is none. Terms never fall along a log.
func (l *entryLog) lastIndexOf(term Term, before Index) Index {
	index := min(before, l.lastIndex())
	for index > 0 && l.term(index) > term {
		index--
	}
	if index > 0 && l.term(index) == term {
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
