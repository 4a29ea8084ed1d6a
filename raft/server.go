package raft

import (
	"errors"
	"time"
)

// Role is what a server is at a moment (§5.1, Figure 4).
type Role uint8

// The roles.
const (
	Follower Role = iota
	Candidate
	Leader
)

// Config says what a server is and how it behaves. All durations must be
// positive.
type Config struct {
	ID      ServerID   // this server
	Servers []ServerID // all servers of the cluster, this one included

	// Election timeouts are drawn evenly from Min up to but not including Max
	// (§5.2). HeartbeatInterval should be well under Min.
	ElectionTimeoutMin time.Duration
	ElectionTimeoutMax time.Duration
	HeartbeatInterval  time.Duration

	// PollInterval is how long the election goroutine sleeps between two looks at the
	// time since it heard from a leader; 0 means 10 ms.
	PollInterval time.Duration

	// MaxBatchBytes bounds the data of the entries in one AppendEntries; one
	// entry always fits. 0 means 1 MB (dissertation, §10.2.2).
	MaxBatchBytes int

	// NoOp makes a leader open its term with an entry of no effect (§8).
	NoOp bool

	// Apply is handed each committed Command entry, once in the life of a
	// process and in log order. It is called from one goroutine, without the
	// server's lock, and may block.
	Apply func(Entry)

	// Observe, if not nil, is handed every event in the order in which the
	// server took the steps. It is called with the server's lock held, so it must
	// neither block nor call the server.
	Observe func(Event)
}

// ErrNotLeader is what Propose answers on a server that does not lead.
// Status tells which server to ask instead, if this one knows.
var ErrNotLeader = errors.New("this server is not the leader")

// ErrStopped is what a server answers once Stop was called or its disk failed.
var ErrStopped = errors.New("this server has stopped")

// Status is a copy of a server's whole state (Figure 2).
type Status struct {
	ID          ServerID
	Role        Role
	HardState   HardState
	Leader      ServerID // whom the server believes to lead CurrentTerm, or None
	Log         []Entry  // the entry with index i+1 is at i
	CommitIndex Index
	LastApplied Index
	Durable     Index              // last entry that is on the server's own disk
	Votes       map[ServerID]bool  // candidates only: true granted, false refused
	NextIndex   map[ServerID]Index // leaders only
	MatchIndex  map[ServerID]Index // leaders only
	LastHeard   time.Duration      // Env.Now when the election timer was last reset
	Timeout     time.Duration      // the election timeout in force
}

// Server is one server of a Raft cluster. All its methods may be called from
// any goroutine; none may be called with a lock of Config.Observe's held.
type Server struct{}

// New starts a server on what its storage holds. It returns an error if the
// configuration makes no sense or the storage cannot be read.
func New(config Config, env Env, storage Storage, transport Transport) (*Server, error) {
	panic("the core is being written")
}

// Handle answers a request from another server. The transport calls it in a
// goroutine of its own, since it blocks until all that the reply promises is
// durable. It returns false when the server stopped instead, or when the
// request is of no type that it knows.
func (s *Server) Handle(request Message) (reply Message, ok bool) { return nil, false }

// Propose appends a command to the leader's log and starts to replicate it; it
// does not wait (§5.3). The command is committed if and when it comes out of
// Config.Apply with this index and term; if an entry with this index and
// another term comes out, it never will be.
func (s *Server) Propose(command []byte) (Index, Term, error) { return 0, 0, ErrNotLeader }

// TimeOut makes a follower or candidate begin an election now, as if it had
// heard nothing for its whole election timeout. On a leader it does nothing.
func (s *Server) TimeOut() {}

// Status returns a copy of the server's state.
func (s *Server) Status() Status { return Status{} }

// Stop ends the server's goroutines and makes all calls that wait return. It does not
// wait for them.
func (s *Server) Stop() {}
