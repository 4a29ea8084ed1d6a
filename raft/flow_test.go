package raft

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The tests of this file are on how much a leader sends before it hears how
// the first of it fared (dissertation, §10.2.2).

// replicating brings a new leader to where server 2 is known to have its log.
func (s *single) replicating() {
	s.elect()
	for _, c := range s.sentTo(2) {
		c.answer(AppendEntriesReply{Term: s.Status().HardState.CurrentTerm, Success: true})
	}
}

// propose makes a proposal that has nothing to go out together with.
func (s *single) propose(command string) {
	s.Propose([]byte(command))
	synctest.Wait()
}

// batch is the indices of the entries in a request.
func batch(c *call) []Index {
	list := []Index{}
	for _, entry := range c.request.(AppendEntries).Entries {
		list = append(list, entry.Index)
	}
	return list
}

// Once the logs are known to match, a leader does not wait for one reply
// before it sends the next entries.
func TestPipelining(t *testing.T) {
	alone(t, state{change: func(c *Config) { c.MaxInFlight = 3 }}, func(s *single) {
		s.replicating()
		for range 5 {
			s.propose("x")
		}
		calls := s.sentTo(2)
		s.check(len(calls) == 3, "want three RPCs on their way and no more")
		s.check(slices.Equal(batch(calls[0]), []Index{1}) && slices.Equal(batch(calls[2]), []Index{3}), "want an entry each")
		s.check(s.Status().NextIndex[2] == 4, "nextIndex runs ahead")
		calls[0].answer(AppendEntriesReply{Term: 1, Success: true})
		next := s.sentTo(2)
		s.check(len(next) == 1 && slices.Equal(batch(next[0]), []Index{4, 5}), "what waited goes out together")
		next[0].answer(AppendEntriesReply{Term: 1, Success: true})
		calls[1].answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().MatchIndex[2] == 5, "replies may come in any order")
	})
}

// What is proposed at the same moment goes out together.
func TestProposalsOfOneMomentShareARequest(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.replicating()
		s.Server.mu.Lock() // so that no RPC gets away between two proposals
		for range 5 {
			s.appendEntry(Command, []byte("x"))
			s.replicate()
		}
		s.Server.mu.Unlock()
		calls := s.sentTo(2)
		s.check(len(calls) == 1 && slices.Equal(batch(calls[0]), []Index{1, 2, 3, 4, 5}), "want one request with all five")
	})
}

// The bytes on their way are bounded too.
func TestPipeliningIsBoundedInBytes(t *testing.T) {
	alone(t, state{change: func(c *Config) { c.MaxInFlightBytes = 10 }}, func(s *single) {
		s.replicating()
		for range 5 {
			s.propose("123456")
		}
		s.check(len(s.sentTo(2)) == 2, "want no more than passes the bound")
	})
}

// A refusal makes the leader look again where the logs match; what was sent
// ahead does not count any more.
func TestRefusalEndsPipelining(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.replicating()
		for range 3 {
			s.propose("x")
		}
		calls := s.sentTo(2)
		calls[1].answer(AppendEntriesReply{Term: 1, ConflictIndex: 1}) // entry 2 came before entry 1
		again := s.sentTo(2)
		s.check(len(again) == 1 && slices.Equal(batch(again[0]), []Index{1, 2, 3}), "want all from entry 1 on, once")
		calls[2].answer(AppendEntriesReply{Term: 1, ConflictIndex: 1})
		s.check(s.lastIgnored().Reason == NextIndexChanged && len(s.sentTo(2)) == 0, "the second refusal tells nothing new")
		calls[0].answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().MatchIndex[2] == 1, "a success always does")
		again[0].answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().MatchIndex[2] == 3 && s.Status().NextIndex[2] == 4, "want all stored")
	})
}

// To a server that answers nothing, a leader sends the same entries again with
// each heartbeat, and nothing more: what it keeps for it stays bounded.
func TestDeadServerCostsLittle(t *testing.T) {
	alone(t, state{change: func(c *Config) { c.MaxBatchBytes = 1 }}, func(s *single) {
		s.replicating()
		for range 1000 {
			s.Propose([]byte("x"))
		}
		s.check(len(s.sentTo(2)) == defaultMaxInFlight, "want the window and no more")
		for range 3 {
			time.Sleep(testHeartbeat)
		}
		s.check(len(s.sentTo(2)) <= 4, "then one at a time")
	})
}

// Where answers take longer than a heartbeat interval, entries are not taken
// for lost before their answer can have come.
func TestSlowNetworkIsNotTakenForLoss(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		greeting := s.sentTo(2)[0]
		time.Sleep(2*testHeartbeat + time.Millisecond)
		greeting.answer(AppendEntriesReply{Term: 1, Success: true})
		s.sent()
		s.Propose([]byte("x"))
		s.check(len(batch(s.sentTo(2)[0])) == 1, "want the entry sent")
		time.Sleep(4*testHeartbeat - time.Millisecond)
		for _, c := range s.sentTo(2) {
			s.check(len(batch(c)) == 0, "want heartbeats only")
		}
		time.Sleep(2 * testHeartbeat)
		s.check(slices.ContainsFunc(s.sentTo(2), func(c *call) bool { return len(batch(c)) == 1 }), "then it is lost")
	})
}

// A proposal that the leader has no room for is refused, and nothing of it is
// kept; with some committed there is room again.
func TestBackPressure(t *testing.T) {
	alone(t, state{change: func(c *Config) { c.MaxUncommittedBytes = 10 }}, func(s *single) {
		s.replicating()
		_, _, err := s.Propose(make([]byte, 100))
		s.check(err == nil, "one entry always fits")
		_, _, err = s.Propose([]byte("x"))
		s.check(err == ErrTooManyProposals && len(s.Status().Log) == 1, "want it refused")
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 1, Success: true})
		_, _, err = s.Propose([]byte("x"))
		s.check(err == nil, "want it taken")
	})
}
