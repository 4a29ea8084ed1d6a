package raft

import "slices"

// HardState is the part of the state in Figure 2, "persistent state on all
// servers", that is not the log.
type HardState struct {
	CurrentTerm Term     `json:"term"`               // latest term the server has seen
	VotedFor    ServerID `json:"votedFor,omitempty"` // candidate that received the vote in CurrentTerm, or None
}

// Snapshot stands for a prefix of the log (§7, Figure 12).
type Snapshot struct {
	Index         Index         `json:"index"`                  // last entry that it stands for; 0: there is no snapshot
	Term          Term          `json:"term"`                   // term of that entry
	Configuration Configuration `json:"configuration,omitzero"` // the membership at that entry (§7)
	Data          []byte        `json:"data"`                   // the application's state after applying that entry
}

// Stored is what a server finds on its disk when it starts.
type Stored struct {
	HardState HardState
	Snapshot  Snapshot
	Log       []Entry // in index order, starting after the snapshot
}

// Write is one atomic change of what is on the disk: after a crash either all
// of it or none of it is there. [Stored.Apply] says exactly what it changes.
type Write struct {
	HardState  HardState // replaces the former one
	Snapshot   *Snapshot // if not nil, replaces the former one, and the stored entries up to its Index go
	FirstIndex Index     // if not 0, the stored log is cut off at FirstIndex and Entries put there
	Entries    []Entry   // the entries from FirstIndex on; may be empty, which only cuts off
}

// Apply changes what is stored as a write says. Entries that are stored
// already are not changed in place.
func (s *Stored) Apply(write Write) {
	s.HardState = write.HardState
	if write.Snapshot != nil {
		s.Snapshot = *write.Snapshot
		gone := 0
		for gone < len(s.Log) && s.Log[gone].Index <= s.Snapshot.Index {
			gone++
		}
		s.Log = slices.Clone(s.Log[gone:])
	}
	if write.FirstIndex > 0 {
		kept := len(s.Log)
		for kept > 0 && s.Log[kept-1].Index >= write.FirstIndex {
			kept--
		}
		if kept < len(s.Log) {
			s.Log = s.Log[:kept:kept] // others may still look at what comes after
		}
		s.Log = append(s.Log, write.Entries...)
	}
}

// Storage is a server's disk. A server calls Load once, before anything else,
// and then Sync from one goroutine at a time.
type Storage interface {
	// Load returns what the disk holds; a new disk holds the zero Stored.
	Load() (Stored, error)

	// Sync returns when the write is durable: whatever happens to the process
	// afterwards, a later Load finds it. It blocks, so it is never called with
	// a lock held. A server whose disk fails stops, since it can no longer keep
	// its promises.
	Sync(write Write) error
}
