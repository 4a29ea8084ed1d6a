package raft

// ServerID names a server of the cluster. Servers are numbered from 1.
type ServerID int

// None is no server: a vote not given, a leader not known.
const None ServerID = 0

// Term numbers the elections of a cluster (§5.1). The first election is of
// term 1; a server that has never run is in term 0.
type Term uint64

// Index is a position in the log. The first entry has index 1; index 0 is the
// position before it.
type Index uint64

// EntryKind tells what a log entry is for.
type EntryKind uint8

const (
	// Command is an entry that the application proposed.
	Command EntryKind = iota
	// NoOp is the empty entry with which a leader opens its term (§8). It is
	// never handed to the application.
	NoOp
	// ConfigurationChange is an entry that changes the membership (§6). Its data
	// is a Configuration.Encode. It is never handed to the application.
	ConfigurationChange
)

// Entry is one entry of the log (§5.3, Figure 6).
type Entry struct {
	Index Index     `json:"index"`
	Term  Term      `json:"term"`
	Kind  EntryKind `json:"kind,omitempty"`
	Data  []byte    `json:"data,omitempty"`
}

// Message is what one server sends another: a request or its reply.
// The types that implement it are in this package, and are the RPCs of
// Figure 2. A message is never changed once it is sent.
type Message interface {
	// MessageTerm is the term that the message carries: the sender's
	// currentTerm at the moment the message was made.
	MessageTerm() Term
}

// RequestVote asks for a vote (Figure 2, §5.2).
type RequestVote struct {
	Term         Term     `json:"term"`         // candidate's term
	Candidate    ServerID `json:"candidate"`    // candidate requesting the vote
	LastLogIndex Index    `json:"lastLogIndex"` // index of the candidate's last log entry
	LastLogTerm  Term     `json:"lastLogTerm"`  // term of the candidate's last log entry

	// PreVote asks whether the vote would be given, and changes nothing
	// (dissertation, §9.6). Term is then the one that the server would stand in.
	PreVote bool `json:"preVote,omitempty"`
	// Transfer says that the leader itself asked for this election, so that
	// having heard from it is no reason to refuse (dissertation, §3.10).
	Transfer bool `json:"transfer,omitempty"`
}

// RequestVoteReply answers a RequestVote.
type RequestVoteReply struct {
	Term        Term `json:"term"`                  // the voter's currentTerm, for the candidate to update itself
	VoteGranted bool `json:"voteGranted,omitempty"` // true means the candidate received the vote
	PreVote     bool `json:"preVote,omitempty"`     // true means it answers a PreVote, and the vote would be granted or not
}

// AppendEntries replicates log entries; without entries it is a heartbeat
// (Figure 2, §5.3).
type AppendEntries struct {
	Term         Term     `json:"term"`              // leader's term
	Leader       ServerID `json:"leader"`            // so that followers can redirect clients
	PrevLogIndex Index    `json:"prevLogIndex"`      // index of the entry just before the new ones
	PrevLogTerm  Term     `json:"prevLogTerm"`       // term of the entry at PrevLogIndex
	Entries      []Entry  `json:"entries,omitempty"` // entries to store, none for a heartbeat
	LeaderCommit Index    `json:"leaderCommit"`      // leader's commitIndex
}

// AppendEntriesReply answers an AppendEntries. When the follower's log does
// not hold PrevLogIndex and PrevLogTerm, the Conflict fields let the leader
// step back over a whole term at once (end of §5.3).
type AppendEntriesReply struct {
	Term          Term  `json:"term"`                    // the follower's currentTerm, for the leader to update itself
	Success       bool  `json:"success,omitempty"`       // the follower held an entry matching PrevLogIndex and PrevLogTerm
	ConflictTerm  Term  `json:"conflictTerm,omitempty"`  // term of the follower's entry at PrevLogIndex, or 0 when it has none there
	ConflictIndex Index `json:"conflictIndex,omitempty"` // first index that the follower stores of ConflictTerm; without a ConflictTerm, the index after its last entry
}

// InstallSnapshot brings a follower a chunk of a snapshot, when it lacks
// entries that the leader has no longer (Figure 13, §7).
type InstallSnapshot struct {
	Term              Term          `json:"term"`                   // leader's term
	Leader            ServerID      `json:"leader"`                 // so that followers can redirect clients
	LastIncludedIndex Index         `json:"lastIncludedIndex"`      // the snapshot stands for all entries up to and with this one
	LastIncludedTerm  Term          `json:"lastIncludedTerm"`       // term of that entry
	Configuration     Configuration `json:"configuration,omitzero"` // the membership at that entry
	Offset            int           `json:"offset,omitempty"`       // byte offset of the chunk in the snapshot
	Data              []byte        `json:"data,omitempty"`         // the chunk
	Done              bool          `json:"done,omitempty"`         // it is the last one
}

// InstallSnapshotReply answers an InstallSnapshot.
type InstallSnapshotReply struct {
	Term      Term `json:"term"`                // the follower's currentTerm, for the leader to update itself
	Received  int  `json:"received,omitempty"`  // bytes of the snapshot that the follower has: where to go on
	Installed bool `json:"installed,omitempty"` // the follower has all that the snapshot stands for, and it is durable
}

// TimeoutNow tells a server to begin an election at once, because the leader
// wants to hand its leadership over to it (dissertation, §3.10).
type TimeoutNow struct {
	Term   Term     `json:"term"`   // leader's term
	Leader ServerID `json:"leader"` // who hands over
}

// TimeoutNowReply answers a TimeoutNow.
type TimeoutNowReply struct {
	Term Term `json:"term"` // the server's currentTerm
}

// ReadIndex asks the leader up to which index the log must be applied to answer
// a read (dissertation, §6.4.2).
type ReadIndex struct {
	Term   Term     `json:"term"`   // the asking server's currentTerm
	Server ServerID `json:"server"` // who asks
}

// ReadIndexReply answers a ReadIndex.
type ReadIndexReply struct {
	Term  Term  `json:"term"`            // the asked server's currentTerm
	Index Index `json:"index,omitempty"` // the leader's commitIndex when the read began
	OK    bool  `json:"ok,omitempty"`    // the asked server leads, and made sure of it
}

// MessageTerm is the candidate's term.
func (m RequestVote) MessageTerm() Term { return m.Term }

// MessageTerm is the voter's term.
func (m RequestVoteReply) MessageTerm() Term { return m.Term }

// MessageTerm is the leader's term.
func (m AppendEntries) MessageTerm() Term { return m.Term }

// MessageTerm is the follower's term.
func (m AppendEntriesReply) MessageTerm() Term { return m.Term }

// MessageTerm is the leader's term.
func (m InstallSnapshot) MessageTerm() Term { return m.Term }

// MessageTerm is the follower's term.
func (m InstallSnapshotReply) MessageTerm() Term { return m.Term }

// MessageTerm is the leader's term.
func (m TimeoutNow) MessageTerm() Term { return m.Term }

// MessageTerm is the server's term.
func (m TimeoutNowReply) MessageTerm() Term { return m.Term }

// MessageTerm is the asking server's term.
func (m ReadIndex) MessageTerm() Term { return m.Term }

// MessageTerm is the asked server's term.
func (m ReadIndexReply) MessageTerm() Term { return m.Term }

// Transport carries requests to other servers.
type Transport interface {
	// Call sends request to a server and waits for its reply. It returns
	// false when no reply has come by the transport's own time limit: the
	// request may then have been lost, may have been handled and its reply
	// lost, or may yet arrive. A request may be delivered more than once and
	// out of order. Call blocks, so it is never called with a lock held.
	Call(to ServerID, request Message) (reply Message, ok bool)
}
