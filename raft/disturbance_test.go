package raft

import (
	"testing"
	"testing/synctest"
	"time"
)

// The tests of this file take the sentences on elections that do not disturb:
// PreVote (dissertation, §9.6), CheckQuorum (§6.2), the leader that is stuck to
// (paper, §6), and handing leadership over (§3.10).

func preVote(c *Config)     { c.PreVote = true }
func checkQuorum(c *Config) { c.CheckQuorum = true }
func stickiness(c *Config)  { c.Stickiness = true }

// "a candidate only increments its term if it first learns from a majority of
// the cluster that they would be willing to grant the candidate their votes"
func TestPreVoteComesBeforeTheTerm(t *testing.T) {
	alone(t, state{term: 3, log: entries(3), servers: 5, change: preVote}, func(s *single) {
		s.TimeOut()
		calls := s.sent()
		want := RequestVote{Term: 4, Candidate: 1, LastLogIndex: 1, LastLogTerm: 3, PreVote: true}
		s.check(len(calls) == 4 && calls[0].request == want, "want everyone asked about term 4")
		s.check(s.Status().HardState == HardState{CurrentTerm: 3}, "the term and the vote stay as they are")
		s.check(s.Status().Role == PreCandidate, "want a pre-candidate")
		calls[0].answer(RequestVoteReply{Term: 3, VoteGranted: true, PreVote: true})
		s.check(s.Status().HardState.CurrentTerm == 3, "two of five are no majority")
		calls[1].answer(RequestVoteReply{Term: 3, VoteGranted: true, PreVote: true})
		s.check(s.Status().Role == Candidate && s.Status().HardState == HardState{CurrentTerm: 4, VotedFor: 1}, "then it stands")
		real := s.sent()
		s.check(len(real) == 4 && real[0].request.(RequestVote) == RequestVote{Term: 4, Candidate: 1, LastLogIndex: 1, LastLogTerm: 3}, "and asks for real votes")
		calls[2].answer(RequestVoteReply{Term: 3, VoteGranted: true, PreVote: true})
		s.check(s.lastIgnored().Peer == 4, "a late pre-vote is no vote")
	})
}

// A server that nobody would elect keeps its term, however long it tries.
func TestCutOffServerKeepsItsTermWithPreVote(t *testing.T) {
	alone(t, state{term: 3, change: preVote}, func(s *single) {
		time.Sleep(20 * testTimeoutMax)
		s.check(s.Status().HardState.CurrentTerm == 3, "the term must not grow")
		s.check(len(s.happened(BecamePreCandidate)) > 10, "though it tries")
		s.check(s.disk.writes == 0, "and nothing is written")
	})
}

// A refusal tells a pre-candidate of a higher term, without which one with an
// old term and the best log would never be elected.
func TestPreVoteRefusalCarriesTheTerm(t *testing.T) {
	alone(t, state{term: 3, change: preVote}, func(s *single) {
		s.TimeOut()
		s.sent()[0].answer(RequestVoteReply{Term: 9, PreVote: true})
		s.check(s.Status().Role == Follower && s.Status().HardState.CurrentTerm == 9, "want a follower of term 9")
		s.TimeOut()
		s.check(s.sent()[0].request.(RequestVote).Term == 10, "the next try is for term 10")
	})
}

// A voter grants a pre-vote if it would grant the vote and hears no leader;
// it does not change its state either way.
func TestPreVoteIsGranted(t *testing.T) {
	tests := []struct {
		name      string
		term      Term // of the request
		lastIndex Index
		lastTerm  Term
		prepare   func(s *single)
		granted   bool
	}{
		{"next term", 6, 1, 5, nil, true},
		{"old term", 4, 1, 5, nil, false},
		{"this term, vote not given", 5, 1, 5, nil, true},
		{"this term, vote given", 5, 1, 5, func(s *single) { s.vote(3, 5, 1, 5) }, false},
		{"next term, vote of this one given", 6, 1, 5, func(s *single) { s.vote(3, 5, 1, 5) }, true},
		{"log behind", 6, 9, 4, nil, false},
		{"leader alive", 6, 1, 5, func(s *single) { s.handle(AppendEntries{Term: 5, Leader: 3}) }, false},
		{"leader silent", 6, 1, 5, func(s *single) { s.handle(AppendEntries{Term: 5, Leader: 3}); time.Sleep(testTimeoutMin) }, true},
		{"is leader itself", 9, 9, 9, func(s *single) { s.elect() }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alone(t, state{term: 5, log: entries(5)}, func(s *single) {
				if test.prepare != nil {
					test.prepare(s)
				}
				before := s.Status()
				reply := s.handle(RequestVote{Term: test.term, Candidate: 2, LastLogIndex: test.lastIndex, LastLogTerm: test.lastTerm, PreVote: true}).(RequestVoteReply)
				after := s.Status()
				s.check(reply.VoteGranted == test.granted && reply.PreVote && reply.Term == before.HardState.CurrentTerm, "wrong answer")
				s.check(after.HardState == before.HardState && after.Role == before.Role && after.LastHeard == before.LastHeard, "a pre-vote changes nothing")
			})
		})
	}
}

// "a leader steps down if an election timeout elapses without a successful
// round of heartbeats to a majority of its cluster"
func TestLeaderWithoutQuorumStepsDown(t *testing.T) {
	alone(t, state{servers: 5, change: checkQuorum}, func(s *single) {
		s.elect()
		answer := func(servers ...ServerID) {
			for range 10 {
				time.Sleep(testHeartbeat)
				for _, c := range s.sent() {
					for _, id := range servers {
						if c.to == id {
							c.answer(AppendEntriesReply{Term: 1, Success: true})
						}
					}
				}
			}
		}
		answer(2, 3)
		s.check(s.Status().Role == Leader, "with two of four others it leads on")
		answer(2)
		status := s.Status()
		s.check(status.Role != Leader, "with one it does not")
		s.check(len(s.happened(BecameFollower)) == 1 && s.happened(BecameFollower)[0].Reason == LostQuorum, "want it reported")
	})
	alone(t, state{servers: 5}, func(s *single) {
		s.elect()
		time.Sleep(10 * testTimeoutMax)
		s.check(s.Status().Role == Leader, "without CheckQuorum it leads for ever")
	})
}

// §6: "if a server receives a RequestVote RPC within the minimum election
// timeout of hearing from a current leader, it does not update its term or
// grant its vote."
func TestStickiness(t *testing.T) {
	alone(t, state{change: stickiness}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		s.check(!s.vote(3, 7, 9, 6), "no vote against a leader that is alive")
		s.check(s.Status().HardState.CurrentTerm == 1, "and no new term")
		reply := s.handle(RequestVote{Term: 7, Candidate: 3, LastLogIndex: 9, LastLogTerm: 6, Transfer: true}).(RequestVoteReply)
		s.check(reply.VoteGranted, "but a vote if the leader itself asked for it")
	})
	alone(t, state{change: stickiness}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		time.Sleep(testTimeoutMin)
		s.check(s.vote(3, 7, 9, 6), "a leader not heard for the least timeout is no reason")
	})
	alone(t, state{change: stickiness}, func(s *single) {
		s.elect()
		s.check(!s.vote(3, 7, 9, 6) && s.Status().Role == Leader, "nor does a leader depose itself")
	})
}

// §3.10: the leader stops taking proposals, brings the other up to date, and
// sends TimeoutNow.
func TestLeadershipTransfer(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.sent()
		s.Propose([]byte("x"))
		entriesTo2 := s.sentTo(2)[0]
		s.check(s.TransferLeadership(2) == nil, "want it begun")
		_, _, err := s.Propose([]byte("y"))
		s.check(err == ErrTransferring, "no proposals meanwhile")
		s.check(s.TransferLeadership(3) == ErrTransferring, "and no second transfer")
		s.check(len(s.sentTo(2)) == 0, "not before server 2 has the whole log")
		entriesTo2.answer(AppendEntriesReply{Term: 1, Success: true})
		calls := s.sentTo(2)
		s.check(len(calls) == 1 && calls[0].request == TimeoutNow{Term: 1, Leader: 1}, "then TimeoutNow")
		calls[0].answer(TimeoutNowReply{Term: 2})
		s.check(s.Status().Role == Follower && s.Status().HardState.CurrentTerm == 2, "its reply carries the new term")
	})
}

// A transfer to a dead server is given up, and proposals are taken again.
func TestLeadershipTransferIsGivenUp(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.check(s.TransferLeadership(2) == nil, "want it begun")
		time.Sleep(testTimeoutMax + 2*defaultPollInterval)
		_, _, err := s.Propose([]byte("x"))
		s.check(err == nil && len(s.happened(TransferAborted)) == 1, "want it given up")
	})
}

// Only a leader can hand over, and only to another server of the cluster.
func TestImpossibleTransfers(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.check(s.TransferLeadership(2) == ErrNotLeader, "a follower has nothing to hand over")
		s.elect()
		s.check(s.TransferLeadership(1) != nil && s.TransferLeadership(9) != nil, "want both refused")
		s.Stop()
		s.check(s.TransferLeadership(2) == ErrStopped, "want it refused")
	})
}

// The server that takes over stands at once, without a pre-vote, and says that
// it was asked to.
func TestTimeoutNow(t *testing.T) {
	alone(t, state{term: 4, change: preVote}, func(s *single) {
		s.handle(AppendEntries{Term: 4, Leader: 2})
		s.handle(TimeoutNow{Term: 4, Leader: 2})
		request := s.sent()[0].request.(RequestVote)
		s.check(request.Term == 5 && request.Transfer && !request.PreVote, "want an election of term 5 at once")
	})
	alone(t, state{term: 4}, func(s *single) {
		reply := s.handle(TimeoutNow{Term: 3, Leader: 2}).(TimeoutNowReply)
		s.check(reply.Term == 4 && s.Status().Role == Follower, "an old leader has nothing to hand over")
	})
}

// Shutdown hands over first, to the server with the best log.
func TestShutdownHandsOver(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.sent()
		s.Propose([]byte("x"))
		for _, c := range s.sentTo(3) {
			c.answer(AppendEntriesReply{Term: 1, Success: true})
		}
		s.env.Go("shutdown", s.Shutdown)
		synctest.Wait()
		calls := s.sentTo(3)
		s.check(len(calls) == 1 && calls[0].request == TimeoutNow{Term: 1, Leader: 1}, "want server 3 asked to take over")
		s.check(s.Status().Err == nil && len(s.happened(Stopped)) == 0, "it waits for that")
		s.handle(RequestVote{Term: 2, Candidate: 3, LastLogIndex: 1, LastLogTerm: 1, Transfer: true})
		time.Sleep(2 * defaultPollInterval)
		s.check(len(s.happened(Stopped)) == 1, "and stops")
	})
	alone(t, state{}, func(s *single) {
		s.Shutdown()
		s.check(len(s.happened(Stopped)) == 1, "a follower just stops")
	})
}
