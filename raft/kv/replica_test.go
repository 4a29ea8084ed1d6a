package kv

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"raftarium/raft"
)

// state is what a server says of its leadership.
type state struct {
	role   raft.Role
	term   raft.Term
	leader raft.ServerID
}

// script is a server that does what the test tells it: it gives each proposal
// the next index, and commits when commit is called.
type script struct {
	mutex   sync.Mutex // guards state
	replica *Replica
	state   state
	log     []raft.Entry
	refuse  error
	unsure  error // what a read is answered
	eager   bool  // applies a proposal before Propose returns
}

func (s *script) Propose(command []byte) (raft.Index, raft.Term, error) {
	if s.refuse != nil {
		return 0, 0, s.refuse
	}
	_, term, _ := s.Leadership()
	entry := raft.Entry{Index: raft.Index(len(s.log) + 1), Term: term, Data: command}
	s.log = append(s.log, entry)
	if s.eager {
		s.replica.Apply(entry)
	}
	return entry.Index, entry.Term, nil
}

func (s *script) Read() error { return s.unsure }

func (s *script) Leadership() (raft.Role, raft.Term, raft.ServerID) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.state.role, s.state.term, s.state.leader
}

func (s *script) become(state state) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.state = state
}

// leftOver says how much the replica still keeps for operations under way.
func (r *Replica) leftOver() (waiting, proposing, early int, watching bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.waiting), r.proposing, len(r.early), r.watching
}

func leading(term raft.Term) state { return state{raft.Leader, term, 1} }

// inBubble runs test in a time of its own, which then goes on until everybody's
// patience has ended.
func inBubble(t *testing.T, test func(*testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		test(t)
		time.Sleep(2 * time.Hour)
	})
}

type answer struct {
	result Result
	ok     bool
	leader raft.ServerID
	after  time.Duration
}

// handle starts Handle and returns where its answer will be, once synctest
// says that all is quiet.
func handle(r *Replica, o Operation, patience time.Duration) *answer {
	a := new(answer)
	begin := time.Now()
	go func() {
		a.result, a.ok, a.leader = r.Handle(o.Encode(), patience)
		a.after = time.Since(begin)
	}()
	synctest.Wait()
	return a
}

func newScript(state state) (*script, *Replica) {
	r := NewReplica(raft.NewRealEnv())
	s := &script{replica: r, state: state}
	r.attach(s)
	return s, r
}

func put(serial uint64) Operation {
	return Operation{Client: 1, Serial: serial, Kind: Put, Key: "x", Value: "1"}
}

func TestHandleAnswersWhenItsEntryIsApplied(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(3))
		written := handle(r, put(1), time.Second)
		read := handle(r, Operation{Client: 2, Serial: 1, Kind: Get, Key: "x"}, time.Second)
		time.Sleep(25 * time.Millisecond)
		if written.after != 0 || read.after != 0 {
			t.Fatal("answered before the entry was committed")
		}
		r.Apply(s.log[0])
		synctest.Wait()
		if !written.ok || written.after != 25*time.Millisecond || read.after != 0 {
			t.Fatalf("after the first entry: %+v, %+v", written, read)
		}
		r.Apply(s.log[1])
		synctest.Wait()
		if !read.ok || read.result != (Result{Value: "1", Found: true}) {
			t.Fatalf("after the second entry: %+v", read)
		}
	})
}

func TestHandleAnswersWhenItsEntryIsAppliedBeforeProposeReturns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(3))
		s.eager = true
		a := handle(r, put(1), time.Second)
		if !a.ok || a.after != 0 {
			t.Fatalf("got %+v", a)
		}
		if waiting, proposing, early, watching := r.leftOver(); waiting+proposing+early != 0 || watching {
			t.Fatalf("left over: %d waiting, %d proposing, %d outcomes, watching %v", waiting, proposing, early, watching)
		}
	})
}

func TestHandleGivesTheLeaderHint(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(state{leader: 4})
		s.refuse = raft.ErrNotLeader
		if a := handle(r, put(1), time.Second); a.ok || a.leader != 4 || a.after != 0 {
			t.Fatalf("got %+v", a)
		}
		if _, proposing, _, _ := r.leftOver(); proposing != 0 {
			t.Fatal("the refused proposal is still counted")
		}
	})
}

func TestHandleWithoutServerSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := NewReplica(raft.NewRealEnv())
		if a := handle(r, put(1), time.Second); a.ok || a.leader != raft.None {
			t.Fatalf("got %+v", a)
		}
	})
}

func TestHandleNoticesAnotherLeadersEntry(t *testing.T) {
	for name, entry := range map[string]raft.Entry{
		"same index, other term": {Index: 1, Term: 4, Data: put(9).Encode()},
		"a later index":          {Index: 2, Term: 4, Data: put(9).Encode()},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				_, r := newScript(leading(3))
				a := handle(r, put(1), time.Hour)
				r.Apply(entry)
				synctest.Wait()
				if waiting, _, _, _ := r.leftOver(); a.ok || a.after != 0 || waiting != 0 {
					t.Fatalf("got %+v, waiting %d", a, waiting)
				}
			})
		})
	}
}

func TestHandleNoticesThatTheLeadIsLost(t *testing.T) {
	for name, state := range map[string]state{
		"stepped down": {raft.Follower, 3, 2},
		"newer term":   {raft.Leader, 4, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s, r := newScript(leading(3))
				a := handle(r, put(1), time.Hour)
				s.become(state)
				time.Sleep(watchInterval)
				synctest.Wait()
				if a.ok || a.leader != 2 || a.after != watchInterval {
					t.Fatalf("got %+v", a)
				}
			})
		})
	}
}

func TestStatusFromBeforeTheLeadIsNoReasonToGiveUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(3))
		a := handle(r, put(1), time.Hour)
		r.giveUp(raft.Follower, 2, 0)
		r.Apply(s.log[0])
		synctest.Wait()
		if !a.ok {
			t.Fatalf("got %+v", a)
		}
	})
}

func TestHandleEndsWithItsPatience(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(3))
		short := handle(r, put(1), 30*time.Millisecond)
		long := handle(r, put(2), time.Second)
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if short.ok || short.after != 30*time.Millisecond || short.leader != 1 || long.after != 0 {
			t.Fatalf("got %+v and %+v", short, long)
		}
		r.Apply(s.log[0])
		r.Apply(s.log[1])
		synctest.Wait()
		if !long.ok {
			t.Fatalf("got %+v", long)
		}
		time.Sleep(watchInterval)
		synctest.Wait()
		if _, _, _, watching := r.leftOver(); watching {
			t.Fatal("the watcher runs on though nobody waits")
		}
		again := handle(r, put(3), time.Second)
		time.Sleep(time.Second)
		synctest.Wait()
		if again.ok || again.after != time.Second {
			t.Fatalf("the watcher did not come back: %+v", again)
		}
	})
}

func TestNonsenseIsNeverProposed(t *testing.T) {
	s, r := newScript(leading(3))
	result, ok, _ := r.Handle([]byte{7}, time.Second)
	if !ok || result.Refused != NotUnderstood || len(s.log) != 0 {
		t.Fatalf("got %+v, %v; proposed %d", result, ok, len(s.log))
	}
}

// Of two proposals at the same index, from two reigns of the same server, only
// that of the committed term is answered.
func TestTwoReignsAtOneIndex(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(3))
		former := handle(r, put(1), time.Hour)
		s.log = nil
		s.become(leading(5))
		later := handle(r, put(2), time.Hour)
		r.Apply(s.log[0])
		synctest.Wait()
		if former.ok || !later.ok {
			t.Fatalf("got %+v and %+v", former, later)
		}
	})
}

func TestManyClientsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s, r := newScript(leading(1))
		var answers []*answer
		for client := range uint64(50) {
			answers = append(answers, handle(r, Operation{Client: client, Serial: 1, Kind: Put, Key: "x"}, time.Hour))
		}
		for _, entry := range s.log {
			r.Apply(entry)
		}
		synctest.Wait()
		for i, a := range answers {
			if !a.ok {
				t.Errorf("client %d got no answer", i)
			}
		}
		if len(r.Dump()) == 0 {
			t.Error("nothing was stored")
		}
	})
}

func TestReadsAreAnsweredWithoutTheLog(t *testing.T) {
	s, r := newScript(state{raft.Follower, 3, 2})
	r.Apply(raft.Entry{Index: 1, Term: 3, Data: put(1).Encode()})
	get := Operation{Client: 2, Serial: 1, Kind: Get, Key: "x"}.Encode()
	if result, ok, _ := r.HandleRead(get, time.Second); !ok || result != (Result{Value: "1", Found: true}) || len(s.log) != 0 {
		t.Errorf("read by a follower: %+v, %v, with %d entries in the log", result, ok, len(s.log))
	}
	s.unsure = raft.ErrUnconfirmed
	if result, ok, leader := r.HandleRead(get, time.Second); ok || leader != 2 || result != (Result{}) {
		t.Errorf("an unconfirmed read: %+v, %v, go to S%d", result, ok, leader)
	}
	s.refuse = raft.ErrNotLeader
	if _, ok, leader := r.HandleRead(put(2).Encode(), time.Second); ok || leader != 2 {
		t.Errorf("a write by a follower: %v, go to S%d", ok, leader)
	}
	if result, ok, _ := r.HandleRead([]byte{9}, time.Second); !ok || result.Refused != NotUnderstood {
		t.Errorf("nonsense: %+v, %v", result, ok)
	}
	if _, ok, _ := NewReplica(raft.NewRealEnv()).HandleRead(get, time.Second); ok {
		t.Error("answered without a server")
	}
	if applied, data := r.DumpAt(); applied != 1 || string(data) != string(r.Dump()) {
		t.Errorf("dumped at entry %d", applied)
	}
}
