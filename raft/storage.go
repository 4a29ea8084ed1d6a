package raft

// HardState is the part of the state in Figure 2, "persistent state on all
// servers", that is not the log.
type HardState struct {
	CurrentTerm Term     `json:"term"`               // latest term the server has seen
	VotedFor    ServerID `json:"votedFor,omitempty"` // candidate that received the vote in CurrentTerm, or None
}

// Stored is what a server finds on its disk when it starts.
type Stored struct {
	HardState HardState
	Log       []Entry // in index order, starting at index 1
}

// Write is one atomic change of what is on the disk: after a crash either all
// of it or none of it is there.
type Write struct {
	HardState  HardState // replaces the former one
	FirstIndex Index     // the stored log is cut off at FirstIndex and Entries put there; 0 leaves the log alone
	Entries    []Entry   // the entries from FirstIndex on; may be empty, which only truncates
}

// Storage is a server's disk. A server calls Load once, before anything else,
// and then Sync from one goroutine at a time.
type Storage interface {
	// Load returns what the disk holds; a new disk holds the zero Stored.
	Load() (Stored, error)

	// Sync returns when the write is durable: whatever happens to the process
	// afterwards, a later Load finds it. It blocks, so it is never called with a lock
	// held. A server whose disk fails stops, since it can no longer keep its promises.
	Sync(write Write) error
}
