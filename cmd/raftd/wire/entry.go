package wire

import "raftarium/raft"

// leastEntry is the least number of bytes of an encoded entry.
const leastEntry = 4

// AppendEntry appends a log entry: index, term, kind, data.
func AppendEntry(data []byte, entry raft.Entry) []byte {
	data = AppendNumber(data, entry.Index)
	data = AppendNumber(data, entry.Term)
	data = append(data, byte(entry.Kind))
	return AppendBytes(data, entry.Data)
}

// Entry reads what AppendEntry wrote.
func (r *Reader) Entry() raft.Entry {
	return raft.Entry{
		Index: raft.Index(r.Number()),
		Term:  raft.Term(r.Number()),
		Kind:  raft.EntryKind(r.Octet()),
		Data:  r.Bytes(),
	}
}

// AppendEntries appends the number of entries and the entries.
func AppendEntries(data []byte, entries []raft.Entry) []byte {
	data = AppendNumber(data, uint64(len(entries)))
	for _, entry := range entries {
		data = AppendEntry(data, entry)
	}
	return data
}

// Entries reads what AppendEntries wrote; nil stands for no entries.
func (r *Reader) Entries() []raft.Entry {
	n := r.Number()
	// Room is made only for as many as the bytes at hand can hold.
	if n > uint64(r.Len()/leastEntry) {
		r.Fail(errShort)
		return nil
	}
	if n == 0 {
		return nil
	}
	entries := make([]raft.Entry, 0, n)
	for range n {
		entries = append(entries, r.Entry())
	}
	return entries
}
