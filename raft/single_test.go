package raft

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// three is the usual membership.
var three = Configuration{Voters: []ServerID{1, 2, 3}}

// single is one server whose whole surroundings the test plays: it sees every
// request that the server sends, and answers when and what it likes. It runs
// on plain goroutines in the virtual time of a synctest bubble.
type single struct {
	*Server
	t      *testing.T
	disk   *memoryDisk
	wire   *wire
	mu     sync.Mutex
	events []Event
}

const (
	testTimeoutMin = 150 * time.Millisecond
	testTimeoutMax = 300 * time.Millisecond
	testHeartbeat  = 50 * time.Millisecond
)

// memoryDisk is a Storage that keeps what was written, and can be slow or broken.
type memoryDisk struct {
	mu      sync.Mutex
	stored  Stored
	writes  int
	latency time.Duration
	broken  error
}

func (d *memoryDisk) Load() (Stored, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stored, d.broken
}

// held is what is on the disk now.
func (d *memoryDisk) held() Stored {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stored
}

func (d *memoryDisk) Sync(write Write) error {
	if d.latency > 0 {
		time.Sleep(d.latency)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	d.writes++
	d.stored.Apply(write)
	return nil
}

// call is a request that a server sent and waits to see answered.
type call struct {
	to      ServerID
	request Message
	reply   chan Message
}

// answer gives the reply.
func (c *call) answer(reply Message) { c.reply <- reply; synctest.Wait() }

// wire is a Transport whose other end is the test.
type wire struct {
	mu    sync.Mutex
	calls []*call
	ended chan struct{}
}

func (w *wire) Call(to ServerID, request Message) (Message, bool) {
	c := &call{to: to, request: request, reply: make(chan Message)}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	select {
	case reply := <-c.reply:
		return reply, true
	case <-w.ended:
		return nil, false
	}
}

// state is what a single starts from.
type state struct {
	servers  int // cluster size; 0 means 3
	term     Term
	votedFor ServerID
	log      []Entry
	snapshot Snapshot
	noOp     bool
	batch    int
	latency  time.Duration
	apply    func(Entry)
	change   func(*Config) // any other setting
}

// entries makes a log of commands from the terms of its entries.
func entries(terms ...Term) []Entry {
	log := make([]Entry, len(terms))
	for i, term := range terms {
		log[i] = Entry{Index: Index(i + 1), Term: term, Data: []byte{byte(i), byte(term)}}
	}
	return log
}

func terms(log []Entry) []Term {
	list := []Term{}
	for _, entry := range log {
		list = append(list, entry.Term)
	}
	return list
}

// alone runs body with server 1 of a cluster in a bubble of virtual time.
func alone(t *testing.T, start state, body func(s *single)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if start.snapshot.Index > 0 && start.snapshot.Configuration.Voters == nil {
			start.snapshot.Configuration = three
		}
		disk := &memoryDisk{latency: start.latency, stored: Stored{
			HardState: HardState{CurrentTerm: start.term, VotedFor: start.votedFor},
			Log:       start.log,
			Snapshot:  start.snapshot,
		}}
		s := &single{t: t, disk: disk}
		s.boot(start)
		body(s)
		s.halt()
	})
}

func (s *single) boot(start state) {
	servers := []ServerID{1, 2, 3}
	if start.servers > 0 {
		servers = nil
		for id := range start.servers {
			servers = append(servers, ServerID(id+1))
		}
	}
	s.wire = &wire{ended: make(chan struct{})}
	config := Config{
		ID: 1, Servers: servers,
		ElectionTimeoutMin: testTimeoutMin, ElectionTimeoutMax: testTimeoutMax, HeartbeatInterval: testHeartbeat,
		NoOp: start.noOp, MaxBatchBytes: start.batch, Apply: start.apply,
		Observe: func(e Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		},
	}
	if start.change != nil {
		start.change(&config)
	}
	server, err := New(config, NewRealEnv(), s.disk, s.wire)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Server = server
	synctest.Wait()
}

// halt stops the server and lets its goroutines end.
func (s *single) halt() {
	s.Stop()
	close(s.wire.ended)
	time.Sleep(time.Hour) // longer than any disk of these tests takes
	synctest.Wait()
}

// restart ends the server and starts a new one from what the disk holds.
func (s *single) restart(start state) {
	s.halt()
	s.boot(start)
}

// handle gives the server a request and waits for its reply.
func (s *single) handle(request Message) Message {
	s.t.Helper()
	reply, ok := s.Handle(request)
	if !ok {
		s.t.Fatalf("no reply to %+v", request)
	}
	synctest.Wait()
	return reply
}

func (s *single) vote(candidate ServerID, term Term, lastIndex Index, lastTerm Term) bool {
	s.t.Helper()
	reply := s.handle(RequestVote{Term: term, Candidate: candidate, LastLogIndex: lastIndex, LastLogTerm: lastTerm})
	return reply.(RequestVoteReply).VoteGranted
}

// prev is where the entries of an AppendEntries begin. Requests that are sent
// at the same moment get to the wire in any order.
func (c *call) prev() Index {
	request, _ := c.request.(AppendEntries)
	return request.PrevLogIndex
}

// sent takes the requests that are under way and were not taken before.
func (s *single) sent() []*call {
	synctest.Wait()
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	calls := s.wire.calls
	s.wire.calls = nil
	slices.SortStableFunc(calls, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.prev(), b.prev()))
	})
	return calls
}

// sentTo is sent, of which it keeps those to one server.
func (s *single) sentTo(id ServerID) []*call {
	return slices.DeleteFunc(s.sent(), func(c *call) bool { return c.to != id })
}

// elect makes the server leader of the next term with the votes of all others.
func (s *single) elect() Term {
	s.t.Helper()
	s.sent()
	s.TimeOut()
	time.Sleep(s.disk.latency)
	for _, c := range s.sent() {
		request, ok := c.request.(RequestVote)
		if !ok {
			continue
		}
		c.answer(RequestVoteReply{Term: request.Term, VoteGranted: true})
	}
	status := s.Status()
	if status.Role != Leader {
		s.t.Fatalf("not elected: %+v", status)
	}
	return status.HardState.CurrentTerm
}

// happened returns the events of one kind so far.
func (s *single) happened(kind EventKind) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Event
	for _, e := range s.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// lastIgnored is the last reply that was ignored, with the reason.
func (s *single) lastIgnored() Event {
	ignored := s.happened(ReplyIgnored)
	if len(ignored) == 0 {
		return Event{}
	}
	return ignored[len(ignored)-1]
}

func (s *single) check(holds bool, what string) {
	s.t.Helper()
	if !holds {
		s.t.Errorf("%s; status %+v", what, s.Status())
	}
}

var errDisk = errors.New("the disk is broken")
