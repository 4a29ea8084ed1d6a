package trace

import (
	"time"

	"raftarium/raft"
)

// Model is the state of the whole cluster at one moment of a run: a fold of
// the trace up to there, and of nothing else. Make one with [NewModel] and
// hand it every event in order with [Model.Fold]. Who looks at it must not
// change it; slices in it are good until the next Fold, entries and messages for ever.
type Model struct {
	Header  Header
	Now     time.Duration // time of the last event folded
	Events  int           // how many events were folded
	Network Network       // the settings in force
	Servers []Server      // server i+1 is at i
	Clients []Client      // client -1-i is at i; after those that the header counts comes the user, who acts through Write commands
	Packets []Packet      // in flight, in the order of their numbers
	Ended   []Packet      // packets that arrived or died during the last EndedFor, in the order in which they did
	cut     []bool        // by direction, see IsCut
}

// EndedFor is how long a Model remembers a packet that is no longer in flight.
const EndedFor = 300 * time.Millisecond

// Server is what the trace tells about a server: its state in the sense of
// Figure 2, its process and its disk.
type Server struct {
	ID     raft.ServerID
	Alive  bool // its process runs or is paused
	Paused bool

	// Figure 2. A crashed server shows what its memory held when it ended,
	// which is lost; what it will start from is in Disk.
	Role        raft.Role
	Term        raft.Term
	VotedFor    raft.ServerID
	Log         []raft.Entry // what follows the snapshot: the entry with index SnapshotIndex+i+1 is at i
	CommitIndex raft.Index
	LastApplied raft.Index
	NextIndex   []raft.Index // leaders only: for server i+1 at i
	MatchIndex  []raft.Index // leaders only: for server i+1 at i

	Leader  raft.ServerID   // whom it believes to lead its term, or None
	Votes   []raft.ServerID // candidates and pre-candidates only: who granted their vote, itself included
	Refused []raft.ServerID // candidates and pre-candidates only: who refused

	SnapshotIndex raft.Index // the last entry that a snapshot stands for (§7); 0: there is none
	SnapshotTerm  raft.Term  // its term
	Configuration raft.Configuration

	TimerStart  time.Duration // when the election timer was last reset
	Timeout     time.Duration // what it was set to
	Redrawn     time.Duration // when Timeout last got a new value
	HeartbeatAt time.Duration // leaders only: when the last round of heartbeats went out
	AppliedAt   time.Duration // when an entry was last applied
	ChangedAt   time.Duration // when Role or Term last changed

	Disk    raft.Stored // what is durable; of a snapshot only Index and Term
	Writing *raft.Write // on its way to the disk, or nil

	// Torn are the entries that the last truncation removed, the first of them
	// with the index TornFrom, and TornAt is when.
	Torn     []raft.Entry
	TornAt   time.Duration
	TornFrom raft.Index
}

// Packet is a message on its way, or just off it.
type Packet struct {
	ID        PacketID
	From, To  NodeID
	Message   any // as in Event
	InReplyTo PacketID
	Original  PacketID // of a duplicate: what it is a copy of
	SentAt    time.Duration
	ArrivesAt time.Duration

	// Of a packet in Model.Ended: when it ended, and why if it did not arrive.
	EndedAt time.Duration
	Dropped Reason // NoReason: it arrived
	Stale   bool   // it arrived, and its receiver ignored it because its term is over
}

// Client is what the trace tells about a client.
type Client struct {
	ID        NodeID
	Operation []byte        // the operation that it waits for, encoded as in raft/kv; nil: none
	Since     time.Duration // when it began to wait
	Completed int           // operations answered
	LastOK    time.Duration // when it was last answered
}

// LastIndex is the index of the last entry of the server's log, or of the
// snapshot before it.
func (s *Server) LastIndex() raft.Index { return s.SnapshotIndex + raft.Index(len(s.Log)) }

// TermAt is the term of the entry at index of the server's log, of which ok
// says whether it is known: the entry exists and is not behind a
// snapshot, except as its last one. At index 0 the term is 0.
func (s *Server) TermAt(index raft.Index) (term raft.Term, ok bool) {
	return termAt(s.SnapshotIndex, s.SnapshotTerm, s.Log, index)
}

// DurableTermAt is TermAt for the log on the server's disk.
func (s *Server) DurableTermAt(index raft.Index) (term raft.Term, ok bool) {
	return termAt(s.Disk.Snapshot.Index, s.Disk.Snapshot.Term, s.Disk.Log, index)
}

func termAt(start raft.Index, startTerm raft.Term, log []raft.Entry, index raft.Index) (raft.Term, bool) {
	switch {
	case index == start:
		return startTerm, true
	case index < start || index > start+raft.Index(len(log)):
		return 0, false
	}
	return log[index-start-1].Term, true
}

// IsCut reports whether the direction from one server to another carries
// nothing.
func (m *Model) IsCut(from, to raft.ServerID) bool {
	return m.cut[m.direction(from, to)]
}

func (m *Model) direction(from, to raft.ServerID) int {
	return int(from-1)*len(m.Servers) + int(to-1)
}
