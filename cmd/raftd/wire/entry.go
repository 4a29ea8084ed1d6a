package wire

import "raftarium/raft"

// This chapter is what stands in a server's log, and the snapshot before it.

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

// AppendSnapshot appends a snapshot: index, term, configuration, data.
func AppendSnapshot(data []byte, snapshot raft.Snapshot) []byte {
	data = AppendNumber(data, snapshot.Index)
	data = AppendNumber(data, snapshot.Term)
	data = appendConfiguration(data, snapshot.Configuration)
	return AppendBytes(data, snapshot.Data)
}

// Snapshot reads what AppendSnapshot wrote.
func (r *Reader) Snapshot() raft.Snapshot {
	return raft.Snapshot{
		Index:         raft.Index(r.Number()),
		Term:          raft.Term(r.Number()),
		Configuration: r.configuration(),
		Data:          r.Bytes(),
	}
}

// appendConfiguration appends the three sets of servers of a configuration, in
// the order in which package raft has them.
func appendConfiguration(data []byte, c raft.Configuration) []byte {
	for _, servers := range [...][]raft.ServerID{c.Voters, c.Outgoing, c.Learners} {
		data = AppendNumber(data, uint64(len(servers)))
		for _, id := range servers {
			data = AppendInteger(data, id)
		}
	}
	return data
}

func (r *Reader) configuration() raft.Configuration {
	return raft.Configuration{Voters: r.servers(), Outgoing: r.servers(), Learners: r.servers()}
}

// servers reads a set of servers; nil stands for none.
func (r *Reader) servers() []raft.ServerID {
	n := r.Number()
	if n > uint64(r.Len()) {
		r.Fail(errShort)
		return nil
	}
	if n == 0 {
		return nil
	}
	servers := make([]raft.ServerID, 0, n)
	for range n {
		servers = append(servers, r.server())
	}
	return servers
}
