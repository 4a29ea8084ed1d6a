package trace

import (
	"time"

	"raftarium/raft"
)

// Version is the version of the trace format that this package writes.
const Version = 1

// Header opens a trace: what, with the commands, determines all the rest.
type Header struct {
	Version  int      `json:"raftarium"` // Version
	Scenario string   `json:"scenario,omitempty"`
	Servers  int      `json:"servers"` // number of servers, 1 to 101
	Clients  int      `json:"clients"` // number of clients
	Seed     uint64   `json:"seed"`
	Timing   Timing   `json:"timing"`
	Network  Network  `json:"network"`
	Disk     Disk     `json:"disk"`
	Features Features `json:"features,omitzero"`
}

// Features are what the servers do beyond the basic algorithm of Figure 2. The
// zero value is nothing of it; see [raft.Config].
type Features struct {
	PreVote       bool    `json:"preVote,omitempty"`
	CheckQuorum   bool    `json:"checkQuorum,omitempty"`
	Stickiness    bool    `json:"stickiness,omitempty"`
	MaxInFlight   int     `json:"maxInFlight,omitempty"`   // RPCs with entries on their way to a server; 0: as many as the core allows by itself
	MaxBatchBytes int     `json:"maxBatchBytes,omitempty"` // data in one AppendEntries or InstallSnapshot; 0: as much as the core allows by itself
	SnapshotBytes int     `json:"snapshotBytes,omitempty"` // a server takes a snapshot when the data in its log is more than this; 0: never by itself
	Reads         Reads   `json:"reads,omitempty"`
	MaxClockDrift float64 `json:"maxClockDrift,omitempty"` // by which part of 1 the speeds of two servers' clocks differ at most, as the servers believe; for LeaseRead
	ClockDrift    float64 `json:"clockDrift,omitempty"`    // by which part of 1 they really do
	Spares        int     `json:"spares,omitempty"`        // so many of the servers, the last ones, start outside the cluster and wait to be added
}

// Reads says how servers answer what clients only want to read (§8).
type Reads uint8

// The ways to answer a read.
const (
	LogRead   Reads = iota // with an entry in the log, as a write
	IndexRead              // the leader makes sure that it leads; any server can be asked
	LeaseRead              // the same, but while its lease lasts the leader is sure; needs Stickiness
)

// Timing is when servers and clients act.
type Timing struct {
	ElectionTimeoutMin time.Duration `json:"electionTimeoutMin"` // election timeouts are drawn from Min up to Max
	ElectionTimeoutMax time.Duration `json:"electionTimeoutMax"`
	HeartbeatInterval  time.Duration `json:"heartbeatInterval"`
	ClientInterval     time.Duration `json:"clientInterval"` // mean pause between a client's operations
}

// Network is how packets travel. It holds for every link and direction.
type Network struct {
	Latency   time.Duration `json:"latency"`             // least time in flight
	Jitter    time.Duration `json:"jitter"`              // at most this is added, drawn evenly for each packet
	Loss      float64       `json:"loss,omitempty"`      // part of the packets that is lost, 0 to 1
	Duplicate float64       `json:"duplicate,omitempty"` // part of the packets that comes twice, 0 to 1
	Reorder   float64       `json:"reorder,omitempty"`   // part of the packets that is held up by up to ten latencies more, 0 to 1
}

// Disk is how long a write takes to be durable.
type Disk struct {
	SyncLatency time.Duration `json:"syncLatency"`
	SyncJitter  time.Duration `json:"syncJitter"` // at most this is added, drawn evenly for each write
}

// CommandKind says what a Command does.
type CommandKind uint8

// The commands: everything that anyone can do to a run. Beside each stand the
// fields of Command that it needs.
const (
	Crash      CommandKind = iota + 1 // Server
	Restart                           // Server
	Pause                             // Server
	Resume                            // Server
	Cut                               // From, To: one direction
	Heal                              // From, To: one direction
	Split                             // Groups: links between different groups are cut both ways, links within a group healed
	HealAll                           // every link works again
	Drop                              // Packet
	Duplicate                         // Packet
	Delay                             // Packet, For
	TimeOut                           // Server: begin an election now
	Write                             // Key, Value: the client of that name in the page writes once; Server: to which server first, or None for the client's guess
	SetNetwork                        // Network

	Transfer    // Server: hands leadership over to it. From: the leader that is asked, or None for the one of the highest term
	Reconfigure // Voters, Learners: the new membership; Joint: through a joint configuration even if one step would do. From: as for Transfer
	Snapshot    // Server: takes a snapshot of its store now
	Wipe        // Server: is down, and its disk is empty afterwards. No algorithm is safe from that: its promises are forgotten
)

// Command is something done to a run from outside. It is the only way in.
type Command struct {
	At      time.Duration     `json:"at"` // virtual time at which it takes effect
	Kind    CommandKind       `json:"kind"`
	Server  raft.ServerID     `json:"server,omitempty"`
	From    raft.ServerID     `json:"from,omitempty"`
	To      raft.ServerID     `json:"to,omitempty"`
	Groups  [][]raft.ServerID `json:"groups,omitempty"` // a server that no group names is in a group of its own
	Packet  PacketID          `json:"packet,omitempty"`
	For     time.Duration     `json:"for,omitempty"` // Delay: added to the packet's time in flight
	Key     string            `json:"key,omitempty"`
	Value   string            `json:"value,omitempty"`
	Network *Network          `json:"network,omitempty"`

	Voters   []raft.ServerID `json:"voters,omitempty"`
	Learners []raft.ServerID `json:"learners,omitempty"`
	Joint    bool            `json:"joint,omitempty"`
}
