package raft

import (
	"testing"
	"testing/synctest"
	"time"
)

// The tests of this file take the sentences on reading without writing to the
// log (§8; dissertation, §6.4).

// outcome is how a read in a goroutine of its own ended.
type outcome struct {
	done  bool
	index Index
	err   error
}

// read begins a ReadIndex and returns where its outcome will be.
func (s *single) read() *outcome {
	out := new(outcome)
	s.env.Go("read", func() {
		index, err := s.ReadIndex()
		*out = outcome{true, index, err}
	})
	synctest.Wait()
	return out
}

// leading brings a server to lead with one committed entry of its own term.
func (s *single) leading() Term {
	term := s.elect()
	s.sent()
	s.Propose([]byte("x"))
	for _, c := range s.sent() {
		c.answer(AppendEntriesReply{Term: term, Success: true})
	}
	return term
}

// "the leader needs to make sure it hasn't been deposed": by a round of
// heartbeats that began after the read did.
func TestReadWaitsForHeartbeats(t *testing.T) {
	alone(t, state{}, func(s *single) {
		term := s.leading()
		time.Sleep(testHeartbeat) // a round of heartbeats goes out
		old := s.sent()
		read := s.read()
		for _, c := range old {
			c.answer(AppendEntriesReply{Term: term, Success: true})
		}
		s.check(!read.done, "heartbeats sent before the read began do not confirm it")
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: term, Success: true})
		s.check(read.done && read.err == nil && read.index == 1, "those sent afterwards do")
	})
}

// Reads that come while a round is under way share the next one.
func TestReadsShareRounds(t *testing.T) {
	alone(t, state{}, func(s *single) {
		term := s.leading()
		first := s.read()
		round := s.sent()
		s.check(len(round) == 2, "a read begins a round at once")
		var rest []*outcome
		for range 10 {
			rest = append(rest, s.read())
		}
		s.check(len(s.sent()) == 0, "while it is under way no other begins")
		round[0].answer(AppendEntriesReply{Term: term, Success: true})
		s.check(first.done && !rest[0].done, "it confirms the first read only")
		next := s.sent()
		s.check(len(next) == 2, "then one round begins for all that wait")
		next[1].answer(AppendEntriesReply{Term: term, Success: true})
		for _, read := range rest {
			s.check(read.done && read.err == nil, "and confirms them all")
		}
	})
}

// §8: a leader does not know what is committed until it has committed an entry
// of its own term.
func TestReadWaitsForAnEntryOfTheTerm(t *testing.T) {
	alone(t, state{term: 1, log: entries(1), noOp: true}, func(s *single) {
		term := s.elect()
		read := s.read()
		s.check(!read.done, "nothing of term 2 is committed")
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: term, Success: true})
		s.check(!read.done && s.Status().CommitIndex == 2, "now it is, and the read goes on")
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: term, Success: true})
		s.check(read.done && read.index == 2, "want the index of the no-op")
	})
}

// A leader that is cut off, deposed or stopped answers no read.
func TestReadsThatFail(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.leading()
		read := s.read()
		time.Sleep(2*testTimeoutMax + testHeartbeat)
		synctest.Wait()
		s.check(read.done && read.err == ErrUnconfirmed, "a leader without a majority gives up")
	})
	alone(t, state{}, func(s *single) {
		s.leading()
		read := s.read()
		s.handle(AppendEntries{Term: 9, Leader: 2})
		s.check(read.done && read.err == ErrNotLeader, "a deposed leader knows no more")
	})
	alone(t, state{}, func(s *single) {
		s.leading()
		read := s.read()
		s.Stop()
		synctest.Wait()
		s.check(read.done && read.err == ErrStopped, "nor does a stopped one")
		s.check(s.read().err == ErrStopped, "nor later")
	})
	alone(t, state{}, func(s *single) {
		s.check(s.read().err == ErrNotLeader, "without a leader there is nobody to ask")
	})
}

// A single server is a majority.
func TestReadOnASingleServer(t *testing.T) {
	alone(t, state{servers: 1, noOp: true}, func(s *single) {
		s.TimeOut()
		synctest.Wait()
		read := s.read()
		s.check(read.done && read.index == 1, "want it answered at once")
	})
}

// §6.4.2: a follower asks the leader, and reads once it has applied as much.
func TestReadOnAFollower(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		done := false
		s.env.Go("read", func() { done = s.Read() == nil })
		call := s.sentTo(2)[0]
		s.check(call.request == ReadIndex{Term: 1, Server: 1}, "want the leader asked")
		call.answer(ReadIndexReply{Term: 1, Index: 2, OK: true})
		s.check(!done, "index 2 is not here yet")
		s.handle(AppendEntries{Term: 1, Leader: 2, Entries: entries(1, 1), LeaderCommit: 2})
		s.check(done, "now it is")
	})
	alone(t, state{}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		read := s.read()
		s.sentTo(2)[0].answer(ReadIndexReply{Term: 3})
		s.check(read.err == ErrUnconfirmed && s.Status().HardState.CurrentTerm == 3, "who leads no more says so")
	})
}

// A follower that is cut off after it has heard the index gives up.
func TestReadOnAFollowerThatIsCutOff(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		var err error
		s.env.Go("read", func() { err = s.Read() })
		s.sentTo(2)[0].answer(ReadIndexReply{Term: 1, Index: 2, OK: true})
		time.Sleep(2*testTimeoutMax + 2*defaultPollInterval)
		synctest.Wait()
		s.check(err == ErrUnconfirmed, "want it given up")
	})
}

// The leader's part of that.
func TestLeaderAnswersReadIndex(t *testing.T) {
	alone(t, state{}, func(s *single) {
		reply := s.handle(ReadIndex{Server: 2}).(ReadIndexReply)
		s.check(!reply.OK, "a follower cannot say")
		term := s.leading()
		var message Message
		s.env.Go("ReadIndex", func() { message, _ = s.Handle(ReadIndex{Term: term, Server: 2}) })
		s.sentTo(3)[0].answer(AppendEntriesReply{Term: term, Success: true})
		s.check(message == ReadIndexReply{Term: term, Index: 1, OK: true}, "want it confirmed")
	})
}

// Read waits until the application is done with the entry, not only handed it.
func TestReadWaitsForTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &single{t: t, disk: &memoryDisk{}}
		s.boot(state{servers: 1, apply: func(Entry) { <-release }})
		s.TimeOut()
		synctest.Wait()
		s.Propose([]byte("x"))
		synctest.Wait()
		done := false
		s.env.Go("read", func() { done = s.Read() == nil })
		synctest.Wait()
		s.check(!done && s.Status().LastApplied == 1, "the entry is handed over, and the application busy with it")
		close(release)
		synctest.Wait()
		s.check(done, "now it is done")
		s.halt()
	})
}

func leases(c *Config) { c.Stickiness, c.LeaseReads, c.MaxClockDrift = true, true, 0.2 }

// §6.4.1: a majority that heard from the leader within an election timeout
// elects nobody else.
func TestLeaseRead(t *testing.T) {
	alone(t, state{change: leases}, func(s *single) {
		s.leading()
		s.check(s.read().done, "a leader that was heard just now answers at once")
		lease := testTimeoutMin - testTimeoutMin/5
		time.Sleep(lease - time.Millisecond)
		s.check(s.read().done, "and until the lease ends")
		time.Sleep(time.Millisecond)
		s.check(!s.read().done, "and then no more without a round of heartbeats")
	})
}

// The lease counts from when the request was sent, not from its reply.
func TestLeaseCountsFromTheRequest(t *testing.T) {
	alone(t, state{change: leases}, func(s *single) {
		term := s.elect()
		s.sent()
		s.Propose([]byte("x"))
		slow := s.sentTo(2)[0]
		time.Sleep(testTimeoutMin)
		slow.answer(AppendEntriesReply{Term: term, Success: true})
		s.check(s.Status().CommitIndex == 1 && !s.read().done, "the reply is new, but what it answers is old")
	})
}

// A handing over ends the lease for the whole reign: a TimeoutNow that the
// network holds up may start an election that waits for nobody.
func TestTransferEndsTheLease(t *testing.T) {
	alone(t, state{change: leases}, func(s *single) {
		term := s.leading()
		s.check(s.TransferLeadership(2) == nil, "want it begun")
		s.sent() // TimeoutNow is held up
		time.Sleep(testTimeoutMax + 2*defaultPollInterval)
		s.check(len(s.happened(TransferAborted)) == 1, "want it given up")
		for _, c := range s.sent() {
			if _, ok := c.request.(AppendEntries); ok {
				c.answer(AppendEntriesReply{Term: term, Success: true})
			}
		}
		s.check(!s.read().done, "want a round of heartbeats")
	})
}

// A server that was restarted may have heard from a leader just before: with
// leases it votes for nobody until that cannot matter any more.
func TestRestartedServerHonoursLeases(t *testing.T) {
	alone(t, state{change: leases}, func(s *single) {
		s.check(!s.vote(2, 1, 0, 0), "no vote at once")
		time.Sleep(testTimeoutMin)
		s.check(s.vote(2, 1, 0, 0), "but later")
	})
}

// A round that nobody answered, and that by now this server confirms alone, keeps
// no later read waiting.
func TestReadAfterTheMembershipShrank(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.leading()
		unanswered := s.read()
		removal := Entry{Index: 2, Term: 2, Kind: ConfigurationChange, Data: voters(1).Encode()}
		s.handle(AppendEntries{Term: 2, Leader: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []Entry{removal}, LeaderCommit: 2})
		synctest.Wait()
		s.check(unanswered.done && unanswered.err == ErrNotLeader, "the first read ends with the term")
		s.TimeOut()
		synctest.Wait()
		s.Propose([]byte("y"))
		synctest.Wait()
		read := s.read()
		s.check(read.done && read.err == nil && read.index == 3, "want it answered at once")
	})
}
