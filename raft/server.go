package raft

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Role is what a server is at a moment (§5.1, Figure 4).
type Role uint8

// The roles.
const (
	Follower Role = iota
	Candidate
	Leader
	PreCandidate // asks whether it would be elected, without a new term (dissertation, §9.6)
)

// Config says what a server is and how it behaves.
type Config struct {
	ID ServerID // this server

	// Servers are the voters of a new cluster, this one included; or none, for a
	// server that waits to be added to a running one. Once the storage holds a
	// configuration, that one counts.
	Servers []ServerID

	// Election timeouts are drawn evenly from Min up to but not including Max
	// (§5.2). HeartbeatInterval should be well under Min.
	ElectionTimeoutMin time.Duration
	ElectionTimeoutMax time.Duration
	HeartbeatInterval  time.Duration

	// PollInterval is how long the election goroutine sleeps between two looks
	// at the time since it heard from a leader; 0 means 10 ms.
	PollInterval time.Duration

	// MaxBatchBytes bounds the data in one AppendEntries or InstallSnapshot; one
	// entry always fits. 0 means 1 MB (dissertation, §10.2.2).
	MaxBatchBytes int

	// MaxInFlight and MaxInFlightBytes bound what a leader sends to a server
	// before it hears how the first of it fared: how many RPCs, and the data in
	// them. 0 means 64 and 16 MB.
	MaxInFlight      int
	MaxInFlightBytes int

	// MaxUncommittedBytes bounds the data in a leader's log that is not
	// committed; one entry always fits. 0 means 64 MB.
	MaxUncommittedBytes int

	// NoOp makes a leader open its term with an entry of no effect (§8).
	NoOp bool

	// PreVote makes a server ask whether it would be elected before it begins
	// an election, so that one that was cut off does not depose a leader when
	// it comes back (dissertation, §9.6).
	PreVote bool

	// CheckQuorum makes a leader step down when it has not heard from a
	// majority for ElectionTimeoutMax, so that its clients look for another
	// (dissertation, §6.2).
	CheckQuorum bool

	// Stickiness makes a server ignore requests for its vote while it hears from
	// a leader, so that removed servers disturb nobody (§6).
	Stickiness bool

	// LeaseReads lets a leader answer reads without a round of heartbeats while
	// a majority has heard from it within ElectionTimeoutMin, shortened by
	// MaxClockDrift: the most by which the speeds of two servers' clocks differ,
	// as a part of 1 (dissertation, §6.4.1). It needs Stickiness on all servers,
	// and that nobody calls TimeOut.
	LeaseReads    bool
	MaxClockDrift float64

	// Apply is handed each committed Command entry, once in the life of a
	// process and in log order. It is called from one goroutine, without the
	// server's lock, and may block. It may be nil.
	Apply func(Entry)

	// Restore is handed a snapshot in the place of all entries up to its index:
	// first thing when the server starts with one, and when the leader sends one. It is called
	// like Apply and in order with it. It may be nil only if there are no snapshots.
	Restore func(Snapshot)

	// Observe is handed every event in the order in which the server took the
	// steps. It is called with the server's lock held, so it must neither block
	// nor call the server. It may be nil.
	Observe func(Event)
}

const (
	defaultPollInterval        = 10 * time.Millisecond
	defaultMaxBatchBytes       = 1 << 20
	defaultMaxInFlight         = 64
	defaultMaxInFlightBytes    = 16 << 20
	defaultMaxUncommittedBytes = 64 << 20
)

// ErrNotLeader is what Propose answers on a server that does not lead.
// Status tells which server to ask instead, if this one knows.
var ErrNotLeader = errors.New("this server is not the leader")

// ErrStopped is what a server answers once Stop was called or its disk failed.
var ErrStopped = errors.New("this server has stopped")

// Status is a copy of a server's whole state (Figure 2).
type Status struct {
	ID            ServerID
	Role          Role
	HardState     HardState
	Leader        ServerID      // whom the server believes to lead CurrentTerm, or None
	Snapshot      Snapshot      // what stands for the beginning of the log; Index 0: nothing does
	Log           []Entry       // the entries after the snapshot, in index order
	Configuration Configuration // the membership in force
	CommitIndex   Index
	LastApplied   Index              // last entry handed to the application
	Durable       Index              // last entry that is on the server's own disk
	Votes         map[ServerID]bool  // candidates and pre-candidates only: true granted, false refused
	NextIndex     map[ServerID]Index // leaders only: for each other server
	MatchIndex    map[ServerID]Index // leaders only: for each other server
	LastHeard     time.Duration      // Env.Now when the election timer was last reset
	Timeout       time.Duration      // the election timeout in force
	Err           error              // what made the server stop, if its disk failed
}

// Server is one server of a Raft cluster. All its methods may be called from
// any goroutine, but not from Config.Observe.
//
// All fields below mu are guarded by it. As the structure advice has it, the
// goroutines of a server share this data under one lock, and none of them
// waits for anything but a condition variable while it holds the lock.
type Server struct {
	config    Config
	env       Env
	storage   Storage
	transport Transport

	mu sync.Locker

	// Persistent state (Figure 2). What of it is on the disk already, the
	// fields in durability tell.
	currentTerm    Term
	votedFor       ServerID
	snapshot       *Snapshot // stands for the beginning of the log, or nil
	log            entryLog
	configurations []adopted // those in force from a place in the log on, the first one from its start
	durability     durability

	// Volatile state (Figure 2).
	role        Role
	leader      ServerID // whom this server believes to lead currentTerm, or None
	commitIndex Index
	lastApplied Index
	committed   Cond // commitIndex rose, or the server stopped

	// The election timer: the last time at which this server heard from a
	// leader, and how long it waits from then.
	lastHeard   time.Duration
	timeout     time.Duration
	leaderHeard time.Duration     // when this server last heard from leader
	votes       map[ServerID]bool // as a candidate or pre-candidate: who has answered, and what
	transfer    transfer          // as a leader

	// The other servers, with what a leader knows of them.
	peers         []*peer
	reads         reads
	settledCommit Index    // commitIndex at the last round of heartbeats, as a leader
	withheld      Index    // last CommitWithheld reported in this term
	uncommitted   int      // bytes of data after commitIndex, as a leader
	numbers       []uint64 // room to sort in
	startedAt     time.Duration

	incoming incoming // as a follower

	stopped bool
	err     error
}

// New starts a server on what its storage holds. It returns an error if the
// configuration makes no sense or the storage cannot be read.
func New(config Config, env Env, storage Storage, transport Transport) (*Server, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	stored, err := storage.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the disk of server %d: %w", config.ID, err)
	}
	s := &Server{
		config:      config,
		env:         env,
		storage:     storage,
		transport:   transport,
		mu:          env.NewMutex("raft"),
		currentTerm: stored.HardState.CurrentTerm,
		votedFor:    stored.HardState.VotedFor,
		log:         newEntryLog(stored.Snapshot.Index, stored.Snapshot.Term, stored.Log),
		commitIndex: stored.Snapshot.Index,
	}
	if stored.Snapshot.Index > 0 {
		s.snapshot = &stored.Snapshot
	}
	s.committed = env.NewCond("committed", s.mu)
	s.reads.moved = env.NewCond("reads", s.mu)
	s.startedAt = env.Now()
	s.durability = newDurability(env, s.mu, s.log.lastIndex())

	if err := s.loadConfigurations(stored); err != nil {
		return nil, fmt.Errorf("reading the disk of server %d: %w", config.ID, err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.report(Event{Kind: Started, VotedFor: s.votedFor, LastIndex: s.log.lastIndex(), SnapshotIndex: s.log.start})
	s.membershipChanged()
	s.drawTimeout()
	s.resetTimer(ServerStarted, None)
	env.Go("election", s.watchForElection)
	env.Go("applier", s.applyCommitted)
	env.Go("persister", s.persist)
	return s, nil
}

// complete checks the configuration and fills in the defaults.
func (c Config) complete() (Config, error) {
	switch {
	case len(c.Servers) > 0 && !slices.Contains(c.Servers, c.ID):
		return c, fmt.Errorf("server %d is not among the servers %v of its own cluster", c.ID, c.Servers)
	case slices.Contains(c.Servers, None):
		return c, errors.New("servers are numbered from 1: there is no server 0")
	case c.ElectionTimeoutMin <= 0 || c.ElectionTimeoutMax <= c.ElectionTimeoutMin:
		return c, fmt.Errorf("election timeouts from %v to %v: want a span of positive durations", c.ElectionTimeoutMin, c.ElectionTimeoutMax)
	case c.HeartbeatInterval <= 0 || c.HeartbeatInterval >= c.ElectionTimeoutMin:
		return c, fmt.Errorf("heartbeats every %v: want a positive duration under the least election timeout, %v", c.HeartbeatInterval, c.ElectionTimeoutMin)
	case c.PollInterval < 0 || min(c.MaxBatchBytes, c.MaxInFlight, c.MaxInFlightBytes, c.MaxUncommittedBytes) < 0:
		return c, errors.New("poll interval and bounds: want none below zero")
	case c.LeaseReads && (!c.Stickiness || !(c.MaxClockDrift >= 0 && c.MaxClockDrift < 1)):
		return c, fmt.Errorf("lease reads with a clock drift of %v: want stickiness, and a part of 0 up to but not including 1", c.MaxClockDrift)
	}
	for i, id := range c.Servers {
		if slices.Contains(c.Servers[:i], id) {
			return c, fmt.Errorf("server %d is in the cluster twice", id)
		}
	}
	c.PollInterval = cmp.Or(c.PollInterval, defaultPollInterval)
	c.MaxBatchBytes = cmp.Or(c.MaxBatchBytes, defaultMaxBatchBytes)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, defaultMaxInFlight)
	c.MaxInFlightBytes = cmp.Or(c.MaxInFlightBytes, defaultMaxInFlightBytes)
	c.MaxUncommittedBytes = cmp.Or(c.MaxUncommittedBytes, defaultMaxUncommittedBytes)
	return c, nil
}

// Handle answers a request from another server. The transport calls it in a
// goroutine of its own, since it blocks until all that the reply promises is
// durable. It returns false when the server stopped instead, or when the
// message is not a request.
func (s *Server) Handle(request Message) (reply Message, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil, false
	}
	switch request := request.(type) {
	case RequestVote:
		return s.handleRequestVote(request)
	case AppendEntries:
		return s.handleAppendEntries(request)
	case ReadIndex:
		return s.handleReadIndex(request)
	case InstallSnapshot:
		return s.handleInstallSnapshot(request)
	case TimeoutNow:
		return s.handleTimeoutNow(request)
	default:
		return nil, false
	}
}

// Status returns a copy of the server's state.
func (s *Server) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{
		ID:            s.config.ID,
		Role:          s.role,
		HardState:     HardState{CurrentTerm: s.currentTerm, VotedFor: s.votedFor},
		Leader:        s.leader,
		Log:           slices.Clone(s.log.entries),
		CommitIndex:   s.commitIndex,
		LastApplied:   s.lastApplied,
		Durable:       s.durability.lastIndex,
		Configuration: s.configuration(),
		LastHeard:     s.lastHeard,
		Timeout:       s.timeout,
		Err:           s.err,
	}
	if s.snapshot != nil {
		status.Snapshot = *s.snapshot
	}
	switch s.role {
	case Candidate, PreCandidate:
		status.Votes = make(map[ServerID]bool, len(s.votes))
		for id, granted := range s.votes {
			status.Votes[id] = granted
		}
	case Leader:
		status.NextIndex = make(map[ServerID]Index, len(s.peers))
		status.MatchIndex = make(map[ServerID]Index, len(s.peers))
		for _, p := range s.peers {
			status.NextIndex[p.id] = p.nextIndex
			status.MatchIndex[p.id] = p.matchIndex
		}
	}
	return status
}

// Stop ends the server's goroutines and makes all calls that wait return. It
// does not wait for them.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(nil)
}

// stop is Stop with the lock held; err is what made the server stop, or nil.
func (s *Server) stop(err error) {
	if s.stopped {
		return
	}
	s.stopped, s.err = true, err
	s.report(Event{Kind: Stopped})
	s.committed.Broadcast()
	s.durability.changed.Broadcast()
	s.durability.advanced.Broadcast()
	s.reads.moved.Broadcast()
}

// report hands an event to the observer, with this server's number on it and,
// unless it has one, its current term. The caller holds the lock.
func (s *Server) report(event Event) {
	if s.config.Observe == nil {
		return
	}
	event.Server = s.config.ID
	if event.Term == 0 {
		event.Term = s.currentTerm
	}
	s.config.Observe(event)
}

// assert panics if a rule that the rest of the code relies on does not hold.
// To go on would be to break a promise made to a client.
func (s *Server) assert(holds bool, rule string) {
	if !holds {
		panic(fmt.Sprintf("server %d in term %d: %s", s.config.ID, s.currentTerm, rule))
	}
}
