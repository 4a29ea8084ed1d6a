package raft

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// The tests of this file take the sentences on changing the membership (§6;
// dissertation, chapter 4).

// acknowledge answers all requests that are under way from the given servers,
// and those that follow from that, with success.
func (s *single) acknowledge(servers ...ServerID) {
	s.t.Helper()
	for {
		answered := false
		for _, c := range s.sent() {
			request, ok := c.request.(AppendEntries)
			if ok && slices.Contains(servers, c.to) {
				c.answer(AppendEntriesReply{Term: request.Term, Success: true})
				answered = true
			}
		}
		if !answered {
			return
		}
	}
}

// changing is a leader with a committed entry of its own term, and a learner 4
// that has caught up.
func (s *single) changing() {
	s.t.Helper()
	s.leading()
	s.reconfigure(Configuration{Voters: []ServerID{1, 2, 3}, Learners: []ServerID{4}}, false)
	s.acknowledge(2, 3, 4)
}

func (s *single) reconfigure(next Configuration, joint bool) {
	s.t.Helper()
	if _, _, err := s.Reconfigure(next, joint); err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
}

func (s *single) members(want Configuration) {
	s.t.Helper()
	if got := s.Status().Configuration; fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("configuration %v, want %v", got, want)
	}
}

func voters(ids ...ServerID) Configuration { return Configuration{Voters: ids} }

// §6: "a server always uses the latest configuration in its log, regardless of
// whether the entry is committed", and goes back when the entry is removed.
func TestConfigurationHoldsFromTheLogOn(t *testing.T) {
	alone(t, state{}, func(s *single) {
		change := func(index Index, term Term, c Configuration) Entry {
			return Entry{Index: index, Term: term, Kind: ConfigurationChange, Data: c.Encode()}
		}
		s.handle(AppendEntries{Term: 1, Leader: 2, Entries: []Entry{change(1, 1, voters(1, 2, 3, 4)), change(2, 1, voters(1, 2, 3, 4, 5))}})
		s.members(voters(1, 2, 3, 4, 5))
		s.handle(AppendEntries{Term: 2, Leader: 3, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []Entry{{Index: 2, Term: 2}}})
		s.members(voters(1, 2, 3, 4))
		s.restart(state{})
		s.members(voters(1, 2, 3, 4))
		s.handle(AppendEntries{Term: 3, Leader: 3, Entries: []Entry{{Index: 1, Term: 3}}})
		s.members(voters(1, 2, 3))
	})
}

// A learner gets the log, and its copies and votes do not count.
func TestLearner(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.leading()
		s.reconfigure(Configuration{Voters: []ServerID{1, 2, 3}, Learners: []ServerID{4}}, false)
		calls := s.sentTo(4)
		s.check(len(calls) > 0, "want the learner sent the log")
		s.acknowledge(4)
		s.check(s.Status().CommitIndex == 1, "the copies of leader and learner are no majority of three")
		s.acknowledge(2, 3)
	})
	alone(t, state{}, func(s *single) {
		s.changing()
		s.check(s.Status().CommitIndex == 2, "want the learner added")
		s.handle(AppendEntries{Term: 9, Leader: 3})
		s.sent()
		s.TimeOut()
		for _, c := range s.sent() {
			s.check(c.to != 4, "a learner is not asked for its vote")
		}
	})
}

// A server that is no voter does not stand for election.
func TestNonVoterDoesNotStand(t *testing.T) {
	for name, c := range map[string]Configuration{"learner": {Voters: []ServerID{2, 3}, Learners: []ServerID{1}}, "removed": voters(2, 3)} {
		t.Run(name, func(t *testing.T) {
			alone(t, state{term: 1, snapshot: Snapshot{Index: 1, Term: 1, Configuration: c}}, func(s *single) {
				s.TimeOut()
				s.check(s.Status().Role == Follower && len(s.sent()) == 0, "want it to wait")
				s.check(s.vote(2, 2, 1, 1), "it still votes when asked: its log may be old")
			})
		})
	}
}

// A server that is being removed, and does not know that this is committed, may
// be the only one with a log that lets it be elected.
func TestServerStandsUntilItsRemovalIsCommitted(t *testing.T) {
	removal := Entry{Index: 1, Term: 1, Kind: ConfigurationChange, Data: voters(2, 3).Encode()}
	alone(t, state{term: 1, log: []Entry{removal}}, func(s *single) {
		s.TimeOut()
		s.check(s.Status().Role == Candidate, "want it to stand")
		calls := s.sent()
		s.check(len(calls) == 2, "want both voters asked")
		calls[0].answer(RequestVoteReply{Term: 2, VoteGranted: true})
		s.check(s.Status().Role == Candidate, "its own vote does not count: one of two is no majority")
		calls[1].answer(RequestVoteReply{Term: 2, VoteGranted: true})
		s.check(s.Status().Role == Leader, "two of two are")
	})
	alone(t, state{term: 1, log: []Entry{removal}}, func(s *single) {
		s.Handle(AppendEntries{Term: 1, Leader: 2, PrevLogIndex: 1, PrevLogTerm: 1, LeaderCommit: 1})
		s.TimeOut()
		s.check(s.Status().Role == Follower && len(s.sent()) == 0, "once it knows that the change is committed it waits")
	})
}

// A server that was removed hears that this is committed, and what becomes of
// the last requests to it is no matter any more.
func TestLeaderTakesLeaveOfRemovedServers(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.changing()
		s.reconfigure(voters(1, 2, 3), false)
		removal := s.Status().Log[len(s.Status().Log)-1].Index
		var last []*call
		for _, c := range s.sent() {
			if c.to == 4 {
				last = append(last, c)
			} else {
				c.answer(AppendEntriesReply{Term: 1, Success: true})
			}
		}
		s.check(s.Status().CommitIndex == removal, "want the removal committed")
		told := false
		for _, c := range s.sent() {
			if request, ok := c.request.(AppendEntries); ok && c.to == 4 {
				told = told || request.LeaderCommit == removal
			}
		}
		s.check(told, "want server 4 told")
		before := len(s.happened(ProgressMoved))
		s.check(len(last) == 1, "want one request with the removal to server 4")
		last[0].answer(nil) // as if it were lost
		s.check(len(s.happened(ProgressMoved)) == before, "want nothing more thought of server 4")
	})
}

// A change by one voter takes one step.
func TestSingleServerChange(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.changing()
		s.reconfigure(voters(1, 2, 3, 4), false)
		s.members(voters(1, 2, 3, 4))
		s.acknowledge(2)
		s.check(s.Status().CommitIndex == 2, "two of four are no majority")
		s.acknowledge(4)
		// What server 4 was sent was answered by nobody yet; the next round reaches it.
		s.Propose([]byte("y"))
		s.acknowledge(2, 4)
		s.check(s.Status().CommitIndex >= 3, "three of four are")
		s.check(s.Status().Configuration.Outgoing == nil, "and nothing is left to do")
	})
}

// A change of several voters goes through a joint configuration: "agreement
// requires separate majorities from both the old and new configurations".
func TestJointConsensus(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.leading()
		s.reconfigure(Configuration{Voters: []ServerID{1, 2, 3}, Learners: []ServerID{4, 5}}, false)
		s.acknowledge(2, 3, 4, 5)
		s.check(s.Status().CommitIndex == 2, "want the learners added")
		s.reconfigure(voters(1, 4, 5), false)
		s.members(Configuration{Voters: []ServerID{1, 4, 5}, Outgoing: []ServerID{1, 2, 3}})
		joint := s.sent()
		s.check(len(joint) == 4, "want it sent to old and new")
		answer := func(id ServerID) {
			for _, c := range joint {
				if c.to == id {
					c.answer(AppendEntriesReply{Term: 1, Success: true})
				}
			}
		}
		answer(4)
		answer(5)
		s.check(s.Status().CommitIndex == 2, "all of the new voters are not enough")
		answer(2)
		status := s.Status()
		s.check(status.CommitIndex == 3 && len(status.Log) == 4, "with a majority of the old it is committed, and the new one follows by itself")
		s.members(voters(1, 4, 5))
		s.acknowledge(4, 5)
		s.check(s.Status().CommitIndex == 4, "which needs the new voters only")
		s.Propose([]byte("z"))
		time.Sleep(2 * testHeartbeat)
		for _, c := range s.sent() {
			s.check(c.to == 4 || c.to == 5, "the old servers are sent no more, not even heartbeats")
		}
	})
}

// Elections in a joint configuration need both majorities too.
func TestElectionInJointConfiguration(t *testing.T) {
	joint := Configuration{Voters: []ServerID{1, 4, 5}, Outgoing: []ServerID{1, 2, 3}}
	start := state{term: 1, log: []Entry{{Index: 1, Term: 1, Kind: ConfigurationChange, Data: joint.Encode()}}}
	alone(t, start, func(s *single) {
		s.TimeOut()
		calls := s.sent()
		s.check(len(calls) == 4, "want all asked")
		calls[2].answer(RequestVoteReply{Term: 2, VoteGranted: true})
		calls[3].answer(RequestVoteReply{Term: 2, VoteGranted: true})
		s.check(s.Status().Role == Candidate, "all of the new voters are not enough")
		calls[0].answer(RequestVoteReply{Term: 2, VoteGranted: true})
		s.check(s.Status().Role == Leader, "with a majority of the old they are")
	})
}

// A new leader finishes the change that it finds.
func TestNewLeaderLeavesJointConfiguration(t *testing.T) {
	joint := Configuration{Voters: []ServerID{1, 2}, Outgoing: []ServerID{1, 2, 3}}
	start := state{term: 1, noOp: true, log: []Entry{{Index: 1, Term: 1, Kind: ConfigurationChange, Data: joint.Encode()}}}
	alone(t, start, func(s *single) {
		s.elect()
		s.acknowledge(2, 3)
		s.members(voters(1, 2))
		s.check(s.Status().CommitIndex == 3, "want the joint one, the no-op and the last one committed")
	})
}

// §6: a leader that is not in the new configuration manages the cluster until
// it is committed, does not count itself, and then steps down.
func TestLeaderRemovesItself(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.leading()
		s.reconfigure(voters(2, 3), false)
		calls := s.sent()
		calls[0].answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().Role == Leader && s.Status().CommitIndex == 1, "its own copy does not count: one of two is no majority")
		calls[1].answer(AppendEntriesReply{Term: 1, Success: true})
		s.check(s.Status().Role == Follower, "want it to step down")
		down := s.happened(BecameFollower)
		s.check(len(down) == 1 && down[0].Reason == WasRemoved, "want the reason reported")
		s.TimeOut()
		s.check(s.Status().Role == Follower, "and it does not stand again")
	})
}

// What cannot be changed now, or makes no sense, is refused in words.
func TestRefusedChanges(t *testing.T) {
	alone(t, state{}, func(s *single) {
		_, _, err := s.Reconfigure(voters(1, 2), false)
		s.check(err == ErrNotLeader, "only a leader changes the membership")
	})
	alone(t, state{term: 1, log: entries(1)}, func(s *single) {
		s.elect()
		_, _, err := s.Reconfigure(voters(1, 2), false)
		s.check(err == ErrTermNotCommitted, "nothing of the leader's own term is committed")
	})
	alone(t, state{}, func(s *single) {
		s.leading()
		_, _, err := s.Reconfigure(voters(1, 2, 3, 4), false)
		s.check(err == ErrNotCaughtUp, "a server that nobody knows cannot vote")
		s.reconfigure(Configuration{Voters: []ServerID{1, 2, 3}, Learners: []ServerID{4}}, false)
		_, _, err = s.Reconfigure(voters(1, 2), false)
		s.check(err == ErrChangePending, "one change at a time")
		s.acknowledge(2, 3)
		_, _, err = s.Reconfigure(voters(1, 2, 3, 4), false)
		s.check(err == ErrNotCaughtUp, "a learner that lacks committed entries cannot vote yet")
		for name, c := range map[string]Configuration{"empty": {}, "twice": voters(1, 1), "voter and learner": {Voters: []ServerID{1}, Learners: []ServerID{1}}, "server 0": voters(0, 1)} {
			if _, _, err := s.Reconfigure(c, false); err == nil || errors.Is(err, ErrChangePending) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

// A snapshot carries the membership at its last entry, and a server that
// starts from it, or is sent it, uses it.
func TestSnapshotCarriesTheMembership(t *testing.T) {
	alone(t, state{change: new(application).observe}, func(s *single) {
		c := voters(1, 2, 3, 4)
		later := voters(1, 2, 3, 4, 5)
		s.handle(AppendEntries{Term: 1, Leader: 2, LeaderCommit: 2, Entries: []Entry{
			{Index: 1, Term: 1, Kind: ConfigurationChange, Data: c.Encode()}, {Index: 2, Term: 1},
			{Index: 3, Term: 1, Kind: ConfigurationChange, Data: later.Encode()},
		}})
		s.check(s.Snapshot(2, nil) == nil, "want it taken")
		s.check(fmt.Sprint(s.Status().Snapshot.Configuration) == fmt.Sprint(c), "want the membership at index 2")
		s.members(later)
		s.restart(state{change: new(application).observe})
		s.members(later)
		s.handle(AppendEntries{Term: 2, Leader: 3, PrevLogIndex: 2, PrevLogTerm: 1, Entries: []Entry{{Index: 3, Term: 2}}})
		s.members(c)
	})
	alone(t, state{change: new(application).observe}, func(s *single) {
		s.handle(InstallSnapshot{Term: 1, Leader: 2, LastIncludedIndex: 5, LastIncludedTerm: 1, Configuration: voters(1, 2), Done: true})
		s.members(voters(1, 2))
	})
}

// A server that starts with no membership waits until a leader adds it.
func TestServerThatJoins(t *testing.T) {
	alone(t, state{change: func(c *Config) { c.Servers = nil }}, func(s *single) {
		s.TimeOut()
		s.check(s.Status().Role == Follower, "it does not stand")
		c := Configuration{Voters: []ServerID{2, 3}, Learners: []ServerID{1}}
		s.handle(AppendEntries{Term: 1, Leader: 2, Entries: []Entry{{Index: 1, Term: 1, Kind: ConfigurationChange, Data: c.Encode()}}})
		s.members(c)
	})
}

// What agreed finds by sorting is what counting finds, in any configuration.
func TestAgreedIsWhatAMajorityReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.IntRange(1, 7), rapid.ID[int])
		toServers := func(list []int) (servers []ServerID) {
			for _, id := range list {
				servers = append(servers, ServerID(id))
			}
			return servers
		}
		c := Configuration{Voters: toServers(ids.Filter(func(l []int) bool { return len(l) > 0 }).Draw(t, "voters")), Outgoing: toServers(ids.Draw(t, "outgoing"))}
		s := &Server{config: Config{ID: 1}, configurations: []adopted{{0, c}}}
		reached := map[ServerID]uint64{}
		for id := ServerID(1); id <= 7; id++ {
			reached[id] = rapid.Uint64Range(0, 5).Draw(t, "reached")
			if id != 1 {
				s.peers = append(s.peers, &peer{id: id})
			}
		}
		want := uint64(0)
		for n := uint64(1); n <= 5; n++ {
			if c.decides(func(id ServerID) bool { return reached[id] >= n }) {
				want = n
			}
		}
		if got := s.agreed(reached[1], func(p *peer) uint64 { return reached[p.id] }); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	})
}

func TestConfigurationEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.Custom(func(t *rapid.T) []ServerID {
			var list []ServerID
			for _, id := range rapid.SliceOf(rapid.IntRange(1, 1<<31)).Draw(t, "ids") {
				list = append(list, ServerID(id))
			}
			return list
		})
		c := Configuration{Voters: ids.Draw(t, "voters"), Outgoing: ids.Draw(t, "outgoing"), Learners: ids.Draw(t, "learners")}
		got, err := DecodeConfiguration(c.Encode())
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v became %+v, %v", c, got, err)
		}
	})
}

func FuzzDecodeConfiguration(f *testing.F) {
	f.Add(voters(1, 2, 3).Encode())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeConfiguration(data)
		if err != nil {
			return
		}
		again, err := DecodeConfiguration(c.Encode())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%+v became %+v, %v", c, again, err)
		}
	})
}
