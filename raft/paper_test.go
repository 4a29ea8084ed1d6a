package raft

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The tests of this file each take a sentence or two of the paper, bring one
// server to where it applies, and check what it does. The surroundings of the
// server are played by the test.

// §5.1: "If one server's current term is smaller than the other's, then it
// updates its current term to the larger value. If a candidate or leader
// discovers that its term is out of date, it immediately reverts to follower
// state."
func TestHigherTermMakesFollower(t *testing.T) {
	messages := map[string]func(s *single){
		"RequestVote":   func(s *single) { s.handle(RequestVote{Term: 9, Candidate: 2}) },
		"AppendEntries": func(s *single) { s.handle(AppendEntries{Term: 9, Leader: 2}) },
	}
	roles := map[string]func(s *single){
		"follower":  func(*single) {},
		"candidate": func(s *single) { s.TimeOut(); s.sent() },
		"leader":    func(s *single) { s.elect() },
	}
	for role, become := range roles {
		for message, deliver := range messages {
			t.Run(role+" gets "+message, func(t *testing.T) {
				alone(t, state{}, func(s *single) {
					become(s)
					deliver(s)
					status := s.Status()
					s.check(status.Role == Follower && status.HardState.CurrentTerm == 9, "want a follower of term 9")
				})
			})
		}
	}
}

// The same, when the higher term comes in a reply.
func TestHigherTermInReplyMakesFollower(t *testing.T) {
	t.Run("candidate", func(t *testing.T) {
		alone(t, state{}, func(s *single) {
			s.TimeOut()
			s.sent()[0].answer(RequestVoteReply{Term: 7})
			s.check(s.Status().Role == Follower && s.Status().HardState.CurrentTerm == 7, "want a follower of term 7")
		})
	})
	t.Run("leader", func(t *testing.T) {
		alone(t, state{}, func(s *single) {
			s.elect()
			s.sent()[0].answer(AppendEntriesReply{Term: 7})
			s.check(s.Status().Role == Follower && s.Status().HardState.CurrentTerm == 7, "want a follower of term 7")
		})
	})
}

// §5.1: "If a server receives a request with a stale term number, it rejects
// the request."
func TestStaleRequestIsRejected(t *testing.T) {
	alone(t, state{term: 5, log: entries(1, 5)}, func(s *single) {
		vote := s.handle(RequestVote{Term: 4, Candidate: 2, LastLogIndex: 9, LastLogTerm: 4}).(RequestVoteReply)
		s.check(!vote.VoteGranted && vote.Term == 5, "a stale candidate must be refused with the current term")
		heard := s.Status().LastHeard
		time.Sleep(20 * time.Millisecond)
		reply := s.handle(AppendEntries{Term: 4, Leader: 2, Entries: []Entry{{Index: 1, Term: 4}}}).(AppendEntriesReply)
		s.check(!reply.Success && reply.Term == 5, "a stale leader must be refused with the current term")
		s.check(s.Status().LastHeard == heard, "a stale leader must not reset the election timer")
		s.check(slices.Equal(terms(s.Status().Log), []Term{1, 5}), "a stale leader must not touch the log")
	})
}

// §5.2: "If a follower receives no communication over a period of time called
// the election timeout, then it ... begins an election." It "increments its
// current term and transitions to candidate state. It then votes for itself
// and issues RequestVote RPCs in parallel to each of the other servers".
func TestElectionTimeoutBeginsElection(t *testing.T) {
	alone(t, state{term: 3, log: entries(1, 2), servers: 5}, func(s *single) {
		time.Sleep(testTimeoutMin - time.Millisecond)
		s.check(len(s.sent()) == 0 && s.Status().Role == Follower, "no election before the least timeout")
		time.Sleep(testTimeoutMax - testTimeoutMin + defaultPollInterval)
		calls := s.sent()
		s.check(len(calls) == 4, "want a request to each of the four others")
		for _, c := range calls {
			want := RequestVote{Term: 4, Candidate: 1, LastLogIndex: 2, LastLogTerm: 2}
			s.check(c.request == want, "wrong request")
		}
		status := s.Status()
		s.check(status.Role == Candidate && status.HardState == HardState{CurrentTerm: 4, VotedFor: 1}, "want a candidate of term 4 that votes for itself")
	})
}

// §5.2: a candidate that neither wins nor loses starts a new election when its
// timeout passes again, by incrementing its term.
func TestCandidateStartsOver(t *testing.T) {
	alone(t, state{}, func(s *single) {
		time.Sleep(3 * (testTimeoutMax + defaultPollInterval))
		s.check(s.Status().Role == Candidate && s.Status().HardState.CurrentTerm >= 3, "want at least three elections")
	})
}

// §5.2: "election timeouts are chosen randomly from a fixed interval".
func TestElectionTimeoutsAreRandom(t *testing.T) {
	alone(t, state{}, func(s *single) {
		for range 50 {
			s.TimeOut()
		}
		drawn := map[time.Duration]bool{}
		for _, e := range s.happened(TimerReset) {
			s.check(e.Timeout >= testTimeoutMin && e.Timeout < testTimeoutMax, "timeout out of its interval")
			drawn[e.Timeout] = true
		}
		s.check(len(drawn) > 40, "timeouts repeat")
	})
}

// §5.2: "A candidate wins an election if it receives votes from a majority of
// the servers in the full cluster for the same term."
func TestMajorityOfVotesElects(t *testing.T) {
	for servers := 1; servers <= 7; servers++ {
		for votes := 0; votes < servers; votes++ { // votes from others
			alone(t, state{servers: servers}, func(s *single) {
				s.TimeOut()
				for i, c := range s.sent() {
					c.answer(RequestVoteReply{Term: 1, VoteGranted: i < votes})
				}
				wins := (votes+1)*2 > servers
				if elected := s.Status().Role == Leader; elected != wins {
					t.Errorf("%d servers, %d votes and its own: leader is %v, want %v", servers, votes, elected, wins)
				}
			})
		}
	}
}

// §5.2: "Each server will vote for at most one candidate in a given term, on a
// first-come-first-served basis".
func TestOneVoteATerm(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.check(s.vote(2, 1, 0, 0), "the first candidate gets the vote")
		s.check(!s.vote(3, 1, 9, 1), "a second candidate of the term does not")
		s.check(s.vote(2, 1, 0, 0), "the first is answered yes again: its reply may have been lost")
		s.check(s.vote(3, 2, 0, 0), "the next term has a vote of its own")
	})
}

// A candidate has given its own vote to itself.
func TestCandidateRefusesOthersOfItsTerm(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.TimeOut()
		s.check(!s.vote(2, 1, 9, 1), "a candidate votes for itself only")
	})
}

// Reverting to follower in the same term does not give the vote back.
func TestVoteIsKeptOnSteppingDownInTheSameTerm(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.TimeOut() // term 1, votes for itself
		s.handle(AppendEntries{Term: 1, Leader: 2})
		s.check(s.Status().Role == Follower, "a candidate follows the leader of its term")
		s.check(!s.vote(3, 1, 9, 1), "the vote of term 1 is given")
	})
}

// §5.2: "If the leader's term ... is at least as large as the candidate's
// current term, then the candidate recognizes the leader as legitimate and
// returns to follower state."
func TestCandidateFallsBack(t *testing.T) {
	for _, term := range []Term{1, 2} {
		alone(t, state{}, func(s *single) {
			s.TimeOut()
			reply := s.handle(AppendEntries{Term: term, Leader: 3}).(AppendEntriesReply)
			status := s.Status()
			s.check(reply.Success && status.Role == Follower && status.Leader == 3 && status.HardState.CurrentTerm == term, "want a follower of the leader")
		})
	}
}

// §5.4.1: "the voter denies its vote if its own log is more up-to-date than
// that of the candidate."
func TestVoterComparesLogs(t *testing.T) {
	tests := []struct {
		own       []Term
		lastIndex Index
		lastTerm  Term
		granted   bool
	}{
		{nil, 0, 0, true},
		{[]Term{1}, 0, 0, false},
		{[]Term{1}, 1, 1, true},
		{[]Term{1, 1}, 1, 1, false},   // same term, shorter
		{[]Term{1}, 2, 1, true},       // same term, longer
		{[]Term{1, 1, 1}, 1, 2, true}, // shorter, but of a later term
		{[]Term{2}, 5, 1, false},      // longer, but of an earlier term
		{[]Term{1, 2}, 2, 1, false},
	}
	for _, test := range tests {
		alone(t, state{term: 5, log: entries(test.own...)}, func(s *single) {
			if got := s.vote(2, 6, test.lastIndex, test.lastTerm); got != test.granted {
				t.Errorf("log %v, candidate ends with index %d term %d: granted %v, want %v", test.own, test.lastIndex, test.lastTerm, got, test.granted)
			}
		})
	}
}

// Figure 2, rules for followers: only an AppendEntries of the current leader
// or granting a vote keep a follower from standing.
func TestWhatResetsTheTimer(t *testing.T) {
	alone(t, state{term: 2, log: entries(2)}, func(s *single) {
		heard := s.Status().LastHeard
		time.Sleep(10 * time.Millisecond)
		s.check(!s.vote(2, 3, 0, 0), "a candidate with an empty log gets no vote")
		s.check(s.Status().LastHeard == heard, "refusing a vote must not reset the timer, not even with a new term")
		s.check(s.vote(3, 3, 1, 2), "want the vote granted")
		s.check(s.Status().LastHeard == heard+10*time.Millisecond, "granting a vote resets the timer")
		time.Sleep(10 * time.Millisecond)
		s.handle(AppendEntries{Term: 3, Leader: 3, PrevLogIndex: 7, PrevLogTerm: 3})
		s.check(s.Status().LastHeard == heard+20*time.Millisecond, "the leader resets the timer even if its entries do not fit")
	})
}

// A vote that comes after the election it was for is over does not count.
func TestLateVoteDoesNotCount(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.TimeOut()
		late := s.sentTo(2)[0]
		s.TimeOut() // term 2
		late.answer(RequestVoteReply{Term: 1, VoteGranted: true})
		s.check(s.Status().Role == Candidate, "a vote of term 1 must not elect a leader of term 2")
		ignored := s.happened(ReplyIgnored)
		s.check(len(ignored) == 1 && ignored[0].Reason == TermChanged && ignored[0].Peer == 2, "want the reply reported as ignored")
	})
}

// §5.2: a leader "sends heartbeat messages to all of the other servers to
// establish its authority and prevent new elections".
func TestLeaderSendsHeartbeats(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.sent()
		time.Sleep(10*testHeartbeat + time.Millisecond)
		calls := s.sentTo(2)
		s.check(len(calls) == 10, "want a heartbeat each interval, though none is answered")
		for _, c := range calls {
			request := c.request.(AppendEntries)
			s.check(len(request.Entries) == 0 && request.Term == 1 && request.Leader == 1, "want an empty AppendEntries")
		}
	})
}

// §5.3: "The leader appends the command to its log as a new entry, then issues
// AppendEntries RPCs in parallel to each of the other servers", at once.
func TestProposalIsReplicatedAtOnce(t *testing.T) {
	alone(t, state{log: entries(1), term: 1}, func(s *single) {
		s.elect()
		s.sent()
		index, term, err := s.Propose([]byte("x"))
		s.check(index == 2 && term == 2 && err == nil, "want index 2 in term 2")
		calls := s.sent()
		s.check(len(calls) == 2, "want an RPC to each other server at once")
		for _, c := range calls {
			request := c.request.(AppendEntries)
			s.check(request.PrevLogIndex == 1 && request.PrevLogTerm == 1 && len(request.Entries) == 1 && string(request.Entries[0].Data) == "x", "wrong request")
		}
	})
}

// Only a leader takes proposals.
func TestOthersRefuseProposals(t *testing.T) {
	alone(t, state{}, func(s *single) {
		_, _, err := s.Propose([]byte("x"))
		s.check(err == ErrNotLeader, "a follower must refuse")
		s.TimeOut()
		_, _, err = s.Propose([]byte("x"))
		s.check(err == ErrNotLeader, "a candidate must refuse")
	})
}

// §5.3: "If the follower does not find an entry in its log with the same index
// and term, then it refuses the new entries." The reply tells where its
// conflicting term begins.
func TestConsistencyCheck(t *testing.T) {
	tests := []struct {
		name string
		own  []Term
		prev Index
		term Term
		want AppendEntriesReply
	}{
		{"empty log, from the start", nil, 0, 0, AppendEntriesReply{Success: true}},
		{"match at the end", []Term{1, 2}, 2, 2, AppendEntriesReply{Success: true}},
		{"match in the middle", []Term{1, 2}, 1, 1, AppendEntriesReply{Success: true}},
		{"too short", []Term{1, 2}, 5, 2, AppendEntriesReply{ConflictIndex: 3}},
		{"other term", []Term{1, 2, 2, 2}, 3, 3, AppendEntriesReply{ConflictTerm: 2, ConflictIndex: 2}},
		{"other term from the first entry on", []Term{2, 2}, 2, 3, AppendEntriesReply{ConflictTerm: 2, ConflictIndex: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alone(t, state{term: 4, log: entries(test.own...)}, func(s *single) {
				test.want.Term = 4
				got := s.handle(AppendEntries{Term: 4, Leader: 2, PrevLogIndex: test.prev, PrevLogTerm: test.term})
				if got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				s.check(slices.Equal(terms(s.Status().Log), append([]Term{}, test.own...)), "a heartbeat must not change the log")
			})
		})
	}
}

// Figure 2, AppendEntries, steps 3 and 4: conflicting entries go with all that
// follow them; entries that are there already stay, and what follows them too.
func TestFollowerStoresEntries(t *testing.T) {
	tests := []struct {
		name string
		own  []Term
		prev Index
		term Term
		sent []Term
		want []Term
	}{
		{"append", []Term{1}, 1, 1, []Term{2, 2}, []Term{1, 2, 2}},
		{"replace a conflicting tail", []Term{1, 2, 2, 2}, 1, 1, []Term{3}, []Term{1, 3}},
		{"conflict after a match", []Term{1, 2, 2}, 0, 0, []Term{1, 2, 3}, []Term{1, 2, 3}},
		{"all there already", []Term{1, 2, 3}, 0, 0, []Term{1}, []Term{1, 2, 3}},
		{"delayed prefix of what is there", []Term{1, 2, 3, 3}, 1, 1, []Term{2, 3}, []Term{1, 2, 3, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alone(t, state{term: 4, log: entries(test.own...)}, func(s *single) {
				request := AppendEntries{Term: 4, Leader: 2, PrevLogIndex: test.prev, PrevLogTerm: test.term}
				for i, term := range test.sent {
					request.Entries = append(request.Entries, Entry{Index: test.prev + Index(i) + 1, Term: term})
				}
				reply := s.handle(request).(AppendEntriesReply)
				s.check(reply.Success, "want success")
				got := terms(s.Status().Log)
				if !slices.Equal(got, test.want) {
					t.Errorf("log %v, want %v", got, test.want)
				}
				s.check(slices.Equal(terms(s.disk.held().Log), test.want), "the disk must hold the same when the reply is sent")
			})
		})
	}
}

// Figure 2, AppendEntries, step 5: commitIndex = min(leaderCommit, index of
// last new entry), and not the follower's last entry, of which the leader
// knows nothing.
func TestFollowerCommitsWhatWasCompared(t *testing.T) {
	tests := []struct {
		prev   Index
		sent   []Term
		commit Index
		want   Index
	}{
		{0, []Term{1}, 1, 1},
		{0, []Term{1, 1}, 1, 1},
		{0, []Term{1}, 9, 1},
		{1, nil, 3, 1}, // entries 2 and 3 were not compared
		{3, nil, 3, 3},
		{3, nil, 0, 0},
	}
	for _, test := range tests {
		alone(t, state{term: 2, log: entries(1, 1, 1)}, func(s *single) {
			request := AppendEntries{Term: 2, Leader: 2, PrevLogIndex: test.prev, LeaderCommit: test.commit}
			if test.prev > 0 {
				request.PrevLogTerm = 1
			}
			for i, term := range test.sent {
				request.Entries = append(request.Entries, Entry{Index: test.prev + Index(i) + 1, Term: term})
			}
			s.handle(request)
			if got := s.Status().CommitIndex; got != test.want {
				t.Errorf("%+v: commitIndex %d, want %d", request, got, test.want)
			}
		})
	}
}

// §5.3: "A log entry is committed once the leader that created the entry has
// replicated it on a majority of the servers".
func TestLeaderCommitsWithMajority(t *testing.T) {
	for servers := 1; servers <= 7; servers++ {
		for acks := 0; acks < servers; acks++ {
			alone(t, state{servers: servers}, func(s *single) {
				s.elect()
				s.sent()
				s.Propose([]byte("x"))
				for i, c := range s.sent() {
					if i < acks {
						c.answer(AppendEntriesReply{Term: 1, Success: true})
					}
				}
				want := Index(0)
				if (acks+1)*2 > servers {
					want = 1
				}
				if got := s.Status().CommitIndex; got != want {
					t.Errorf("%d servers, %d copies besides the leader's: commitIndex %d, want %d", servers, acks, got, want)
				}
			})
		}
	}
}

// §5.4.2: "Raft never commits log entries from previous terms by counting
// replicas. Only log entries from the leader's current term are committed by
// counting replicas"; then all before them are committed too.
func TestOldTermIsNotCommittedByCounting(t *testing.T) {
	alone(t, state{term: 2, log: entries(1, 2)}, func(s *single) {
		s.elect() // term 3
		for _, c := range s.sent() {
			c.answer(AppendEntriesReply{Term: 3, Success: true}) // both hold entries 1 and 2
		}
		s.check(s.Status().CommitIndex == 0, "entries of terms 1 and 2 must not be committed by counting in term 3")
		s.check(len(s.happened(CommitWithheld)) == 1, "want it reported, once")
		s.Propose([]byte("x"))
		s.sent()[0].answer(AppendEntriesReply{Term: 3, Success: true})
		s.check(s.Status().CommitIndex == 3, "an entry of term 3 commits all before it")
	})
}

// §8: a leader "has each leader commit a blank no-op entry into the log at the
// start of its term"; the application never sees it.
func TestNoOpOpensTerm(t *testing.T) {
	var applied []Entry
	alone(t, state{noOp: true, term: 2, log: entries(2), apply: func(e Entry) { applied = append(applied, e) }}, func(s *single) {
		s.elect()
		last := s.Status().Log[1]
		s.check(last.Kind == NoOp && last.Term == 3, "want a no-op of term 3")
		s.sent()[0].answer(AppendEntriesReply{Term: 3, Success: true})
		s.check(s.Status().CommitIndex == 2 && s.Status().LastApplied == 2, "it commits what was there before")
		s.check(len(applied) == 1 && applied[0].Index == 1, "the application gets the command and not the no-op")
	})
}

// §5.3: on a refusal "the leader decrements nextIndex and retries", here by a
// whole term at a time (end of §5.3).
func TestLeaderBacksUpByTerms(t *testing.T) {
	tests := []struct {
		name  string
		reply AppendEntriesReply
		next  Index
	}{
		{"follower is short", AppendEntriesReply{ConflictIndex: 2}, 2},
		{"leader has the term", AppendEntriesReply{ConflictTerm: 2, ConflictIndex: 1}, 4},
		{"leader lacks the term", AppendEntriesReply{ConflictTerm: 3, ConflictIndex: 3}, 3},
		{"nonsense does not raise nextIndex", AppendEntriesReply{ConflictIndex: 99}, 5},
		{"nonsense does not lower it below 1", AppendEntriesReply{ConflictIndex: 0}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alone(t, state{term: 4, log: entries(1, 2, 2, 4, 4)}, func(s *single) {
				s.elect() // term 5
				heartbeat := s.sentTo(2)[0]
				s.check(heartbeat.request.(AppendEntries).PrevLogIndex == 5, "a new leader supposes that the others have its log")
				test.reply.Term = 5
				heartbeat.answer(test.reply)
				request := s.sentTo(2)[0].request.(AppendEntries)
				if request.PrevLogIndex != test.next-1 || len(request.Entries) != int(6-test.next) {
					t.Errorf("next request after %d with %d entries, want after %d with the rest", request.PrevLogIndex, len(request.Entries), test.next-1)
				}
			})
		})
	}
}

// Structure advice: "must account for the possibility that replies from
// concurrent RPCs to the same follower have changed the leader's state (e.g.
// nextIndex)."
func TestOldRepliesTakeNothingBack(t *testing.T) {
	alone(t, state{term: 1, log: entries(1)}, func(s *single) {
		s.elect()               // term 2
		early := s.sentTo(2)[0] // heartbeat after entry 1
		s.Propose([]byte("x"))
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 2, Success: true})
		s.check(s.Status().MatchIndex[2] == 2 && s.Status().NextIndex[2] == 3, "want entry 2 noted")

		early.answer(AppendEntriesReply{Term: 2, ConflictIndex: 1})
		s.check(s.Status().MatchIndex[2] == 2 && s.Status().NextIndex[2] == 3, "an old refusal must not lower nextIndex")
		s.check(s.lastIgnored().Reason == NextIndexChanged, "want the reason reported")
	})
	alone(t, state{term: 1, log: entries(1)}, func(s *single) {
		s.elect()
		early := s.sentTo(2)[0]
		s.Propose([]byte("x"))
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 2, Success: true})
		early.answer(AppendEntriesReply{Term: 2, Success: true}) // matches entry 1 only
		s.check(s.Status().MatchIndex[2] == 2, "an old success must not lower matchIndex")
		s.check(s.lastIgnored().Reason == MatchNotHigher, "want the reason reported")
	})
}

// What a follower stores is told by the request, not by the leader's log at
// the time of the reply.
func TestMatchComesFromTheRequest(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.sent()
		s.Propose([]byte("x"))
		first := s.sentTo(2)[0]
		s.Propose([]byte("y"))
		first.answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().MatchIndex[2] == 1 && s.Status().CommitIndex == 1, "only entry 1 was acknowledged")
		second := s.sentTo(2)[0].request.(AppendEntries)
		s.check(second.PrevLogIndex == 1 && len(second.Entries) == 1, "entry 2 follows at once")
	})
}

// A reply from an earlier reign of the same leader says nothing of this one.
func TestReplyOfFormerReignIsIgnored(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect() // term 1
		s.sent()
		s.Propose([]byte("x"))
		old := s.sentTo(2)[0]
		s.handle(AppendEntries{Term: 2, Leader: 3, Entries: []Entry{{Index: 1, Term: 2}}})
		s.elect() // term 3
		s.sent()
		old.answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().MatchIndex[2] == 0, "the reply of term 1 must not count in term 3")
		ignored := s.lastIgnored()
		s.check(ignored.Reason == TermChanged && ignored.RequestTerm == 1, "want it reported")
	})
}

// §5.5: "the leader retries AppendEntries RPCs indefinitely".
func TestLostEntriesAreSentAgain(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.sent()
		s.Propose([]byte("x"))
		s.sent() // lost
		time.Sleep(2 * testHeartbeat)
		again := s.sentTo(2)
		s.check(slices.ContainsFunc(again, func(c *call) bool { return len(c.request.(AppendEntries).Entries) == 1 }), "want entry 1 sent again")
	})
}

// Batches are bounded, but one entry always fits.
func TestBatchesAreBounded(t *testing.T) {
	alone(t, state{batch: 10, term: 1, log: []Entry{
		{Index: 1, Term: 1, Data: make([]byte, 4)}, {Index: 2, Term: 1, Data: make([]byte, 6)},
		{Index: 3, Term: 1, Data: make([]byte, 50)}, {Index: 4, Term: 1, Data: make([]byte, 1)},
	}}, func(s *single) {
		s.elect()
		sizes := []int{}
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 2, ConflictIndex: 1})
		for {
			calls := s.sentTo(2)
			if len(calls) == 0 {
				break
			}
			for _, c := range calls {
				sizes = append(sizes, len(c.request.(AppendEntries).Entries))
				c.answer(AppendEntriesReply{Term: 2, Success: true})
			}
		}
		s.check(slices.Equal(sizes, []int{2, 1, 1}), "wrong batches")
	})
}

// §5.6, Figure 2: currentTerm, votedFor and log survive a restart, nothing else does.
func TestRestart(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.handle(AppendEntries{Term: 3, Leader: 2, Entries: entries(1, 3), LeaderCommit: 2})
		s.check(s.vote(3, 4, 2, 3), "want the vote granted")
		s.check(s.Status().CommitIndex == 2, "want 2 committed")
		s.restart(state{})
		status := s.Status()
		s.check(status.HardState == HardState{CurrentTerm: 4, VotedFor: 3}, "term and vote must survive")
		s.check(slices.Equal(terms(status.Log), []Term{1, 3}), "the log must survive")
		s.check(status.Role == Follower && status.CommitIndex == 0 && status.LastApplied == 0, "the rest starts anew")
		s.check(!s.vote(2, 4, 9, 4), "the vote of term 4 is given")
	})
}

// Figure 2: "Updated on stable storage before responding to RPCs".
func TestNothingIsPromisedBeforeItIsDurable(t *testing.T) {
	const slow = 20 * time.Millisecond
	t.Run("vote", func(t *testing.T) {
		alone(t, state{latency: slow}, func(s *single) {
			before := time.Now()
			s.check(s.vote(2, 1, 0, 0), "want the vote granted")
			s.check(time.Since(before) >= slow && s.disk.held().HardState.VotedFor == 2, "the vote must be on disk before the reply")
		})
	})
	t.Run("entries", func(t *testing.T) {
		alone(t, state{latency: slow, term: 1}, func(s *single) {
			s.handle(AppendEntries{Term: 1, Leader: 2, Entries: entries(1, 1)})
			s.check(len(s.disk.held().Log) == 2, "the entries must be on disk before the reply")
		})
	})
	t.Run("candidacy", func(t *testing.T) {
		alone(t, state{latency: slow}, func(s *single) {
			s.TimeOut()
			s.check(len(s.sent()) == 0, "no request before the own vote is on disk")
			time.Sleep(slow)
			s.check(len(s.sent()) == 2 && s.disk.held().HardState == HardState{CurrentTerm: 1, VotedFor: 1}, "then to all")
		})
	})
	t.Run("the leader's own copy", func(t *testing.T) {
		alone(t, state{latency: slow}, func(s *single) {
			s.elect()
			s.sent()
			s.Propose([]byte("x"))
			s.sentTo(2)[0].answer(AppendEntriesReply{Term: 1, Success: true})
			s.check(s.Status().CommitIndex == 0, "one durable copy of three is no majority")
			time.Sleep(slow)
			synctest.Wait()
			s.check(s.Status().CommitIndex == 1, "with the leader's own it is")
		})
	})
}

// A slow disk holds up neither heartbeats nor answers that promise nothing new.
func TestSlowDiskBlocksNobodyElse(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.elect()
		s.disk.latency = time.Minute
		s.sent()
		s.Propose([]byte("x"))
		time.Sleep(10*testHeartbeat + time.Millisecond)
		s.check(len(s.sentTo(2)) >= 10, "heartbeats must go on")
	})
	alone(t, state{term: 1, log: entries(1)}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2})
		s.disk.latency = time.Minute
		s.env.Go("slow", func() {
			s.Handle(AppendEntries{Term: 1, Leader: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []Entry{{Index: 2, Term: 1}}})
		})
		synctest.Wait()
		before := time.Now()
		s.handle(AppendEntries{Term: 1, Leader: 2, PrevLogIndex: 1, PrevLogTerm: 1})
		s.check(time.Since(before) == 0, "a heartbeat that promises nothing new is answered at once")
	})
}

// A new leader's entries may replace those that the disk is still writing.
// What the former leader is told then is not success.
func TestEntriesReplacedWhileBeingWritten(t *testing.T) {
	const slow = 20 * time.Millisecond
	alone(t, state{latency: slow}, func(s *single) {
		replies := make(chan Message, 1)
		s.env.Go("first leader", func() {
			reply, _ := s.Handle(AppendEntries{Term: 1, Leader: 2, Entries: entries(1, 1, 1)})
			replies <- reply
		})
		synctest.Wait()
		time.Sleep(slow / 2)
		second := s.handle(AppendEntries{Term: 2, Leader: 3, Entries: entries(2)}).(AppendEntriesReply)
		s.check(second.Success, "the second leader's entry is stored")
		first := (<-replies).(AppendEntriesReply)
		s.check(!first.Success && first.Term == 2, "the first leader's entries are gone, so they are not acknowledged")
		time.Sleep(slow)
		synctest.Wait()
		s.check(slices.Equal(terms(s.disk.held().Log), []Term{2}), "the disk holds the second leader's log")
		s.check(s.Status().Durable == 1, "and the server knows")
	})
}

// A server whose disk fails stops: it could no longer keep its promises.
func TestBrokenDiskStopsServer(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.disk.broken = errDisk
		_, ok := s.Handle(RequestVote{Term: 1, Candidate: 2})
		s.check(!ok, "want no answer")
		s.check(s.Status().Err == errDisk, "want the reason kept")
		_, _, err := s.Propose(nil)
		s.check(err == ErrStopped, "want proposals refused")
		s.check(len(s.happened(Stopped)) == 1, "want the stop reported once")
	})
}

// Structure advice: handing an entry over can block, and must not hold up
// anything else.
func TestApplierMayBlock(t *testing.T) {
	release := make(chan struct{})
	var applied []Index
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		s := &single{t: t, disk: &memoryDisk{}}
		s.boot(state{apply: func(e Entry) { <-release; applied = append(applied, e.Index) }})
		s.handle(AppendEntries{Term: 1, Leader: 2, Entries: entries(1, 1, 1), LeaderCommit: 3})
		s.check(s.vote(3, 2, 3, 1), "a server whose application blocks still votes")
		reply := s.handle(AppendEntries{Term: 2, Leader: 3, PrevLogIndex: 3, PrevLogTerm: 1}).(AppendEntriesReply)
		s.check(reply.Success, "and answers its leader")
		close(release)
		synctest.Wait()
		s.check(slices.Equal(applied, []Index{1, 2, 3}), "want all applied in order")
		s.halt()
	})
}

// A message that is not a request, and any request after Stop, get no answer.
func TestNoAnswer(t *testing.T) {
	alone(t, state{}, func(s *single) {
		_, ok := s.Handle(RequestVoteReply{Term: 9})
		s.check(!ok && s.Status().HardState.CurrentTerm == 0, "a reply is not handled as a request")
		s.Stop()
		_, ok = s.Handle(RequestVote{Term: 1, Candidate: 2})
		s.check(!ok, "a stopped server answers nothing")
		s.TimeOut()
		s.check(s.Status().Role == Follower, "nor does it stand for election")
	})
}

// A configuration that makes no sense is refused in words.
func TestBadConfig(t *testing.T) {
	good := Config{ID: 1, Servers: []ServerID{1, 2, 3}, ElectionTimeoutMin: 100, ElectionTimeoutMax: 200, HeartbeatInterval: 10}
	bad := map[string]func(*Config){
		"not a member":   func(c *Config) { c.ID = 4 },
		"server 0":       func(c *Config) { c.Servers = []ServerID{0, 1} },
		"twice":          func(c *Config) { c.Servers = []ServerID{1, 2, 2} },
		"empty span":     func(c *Config) { c.ElectionTimeoutMax = 100 },
		"no timeout":     func(c *Config) { c.ElectionTimeoutMin = 0 },
		"no heartbeat":   func(c *Config) { c.HeartbeatInterval = 0 },
		"slow heartbeat": func(c *Config) { c.HeartbeatInterval = 100 },
		"negative poll":  func(c *Config) { c.PollInterval = -1 },
		"negative batch": func(c *Config) { c.MaxBatchBytes = -1 },
		"lease alone":    func(c *Config) { c.LeaseReads = true },
		"wild clocks":    func(c *Config) { c.LeaseReads, c.Stickiness, c.MaxClockDrift = true, true, 1 },
	}
	for name, spoil := range bad {
		c := good
		spoil(&c)
		if _, err := New(c, NewRealEnv(), &memoryDisk{}, &wire{}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if _, err := New(good, NewRealEnv(), &memoryDisk{broken: errDisk}, &wire{}); err == nil {
		t.Error("unreadable disk: want an error")
	}
}
