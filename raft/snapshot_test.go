package raft

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// after makes the entries that follow a snapshot, from their terms.
func after(index Index, terms ...Term) []Entry {
	log := entries(terms...)
	for i := range log {
		log[i].Index += index
	}
	return log
}

// application is a state machine that only remembers what it was handed.
type application struct{ handed []string }

func (a *application) observe(c *Config) {
	c.Apply = func(e Entry) { a.handed = append(a.handed, fmt.Sprint(e.Index)) }
	c.Restore = func(s Snapshot) { a.handed = append(a.handed, fmt.Sprintf("snapshot %d", s.Index)) }
}

// §7: a snapshot lets the server "discard the entire log up through the last
// included index".
func TestSnapshotFreesTheLog(t *testing.T) {
	alone(t, state{}, func(s *single) {
		s.handle(AppendEntries{Term: 1, Leader: 2, Entries: entries(1, 1, 1, 1), LeaderCommit: 3})
		before := s.LogBytes()
		s.check(s.Snapshot(4, nil) != nil, "an entry that was not applied cannot be in a snapshot")
		s.check(s.Snapshot(3, []byte("state")) == nil, "want it taken")
		s.check(s.Snapshot(2, nil) == nil, "an older one changes nothing")
		synctest.Wait()
		status := s.Status()
		s.check(status.Snapshot.Index == 3 && status.Snapshot.Term == 1 && string(status.Snapshot.Data) == "state", "want the snapshot")
		s.check(len(status.Log) == 1 && status.Log[0].Index == 4 && s.LogBytes() == before/4, "want only entry 4 in the log")
		s.check(s.disk.held().Snapshot.Index == 3 && len(s.disk.held().Log) == 1, "want the same on the disk")
		reply := s.handle(AppendEntries{Term: 1, Leader: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: after(1, 1, 1, 1, 1)}).(AppendEntriesReply)
		s.check(reply.Success && len(s.Status().Log) == 2, "entries that the snapshot stands for are there already")
	})
}

// What the snapshot stands for does not stay in memory.
func TestCompactionFreesMemory(t *testing.T) {
	log := newEntryLog(0, 0, entries(1, 1, 1, 1))
	last := &log.entries[3]
	log.compact(3)
	if len(log.entries) != 1 || &log.entries[0] == last {
		t.Errorf("%d entries, in the same array as before: %v", len(log.entries), &log.entries[0] == last)
	}
}

// A server starts from its snapshot and then its log; the application is
// handed the snapshot in the place of what it stands for.
func TestRestartFromSnapshot(t *testing.T) {
	var app application
	start := state{term: 2, snapshot: Snapshot{Index: 5, Term: 2, Data: []byte("s")}, log: after(5, 2, 2), change: app.observe}
	alone(t, start, func(s *single) {
		status := s.Status()
		s.check(status.CommitIndex == 5 && status.LastApplied == 5 && status.Durable == 7, "the snapshot is committed and applied")
		s.handle(AppendEntries{Term: 2, Leader: 2, PrevLogIndex: 7, PrevLogTerm: 2, LeaderCommit: 7})
		s.check(slices.Equal(app.handed, []string{"snapshot 5", "6", "7"}), fmt.Sprint("handed over: ", app.handed))
		s.check(!s.vote(3, 3, 4, 2) && s.vote(3, 3, 7, 2), "its log is as long as ever to voters")
	})
}

// The end of the log is known even when the snapshot is all there is of it.
func TestEmptyLogAfterSnapshot(t *testing.T) {
	alone(t, state{term: 3, snapshot: Snapshot{Index: 5, Term: 2}, change: new(application).observe}, func(s *single) {
		s.TimeOut()
		request := s.sent()[0].request.(RequestVote)
		s.check(request.LastLogIndex == 5 && request.LastLogTerm == 2, "the snapshot is the end of the log")
		reply := s.handle(AppendEntries{Term: 4, Leader: 2, PrevLogIndex: 5, PrevLogTerm: 2, Entries: after(5, 4)}).(AppendEntriesReply)
		s.check(reply.Success, "entries can follow it")
		reply = s.handle(AppendEntries{Term: 4, Leader: 2, PrevLogIndex: 9, PrevLogTerm: 4}).(AppendEntriesReply)
		s.check(!reply.Success && reply.ConflictIndex == 7, "a gap is told")
	})
}

// chunks sends a snapshot to the server as a leader would, and returns the
// last reply.
func (s *single) chunks(term Term, index Index, lastTerm Term, parts ...string) InstallSnapshotReply {
	s.t.Helper()
	var reply InstallSnapshotReply
	offset := 0
	for i, part := range parts {
		reply = s.handle(InstallSnapshot{
			Configuration: three, Term: term, Leader: 2, LastIncludedIndex: index, LastIncludedTerm: lastTerm,
			Offset: offset, Data: []byte(part), Done: i == len(parts)-1,
		}).(InstallSnapshotReply)
		offset += len(part)
	}
	return reply
}

// Figure 13: the receiver puts the chunks together, installs the snapshot, and
// keeps what follows it only if the log holds its last entry.
func TestInstallSnapshot(t *testing.T) {
	tests := []struct {
		name      string
		own       []Term
		commit    Index
		index     Index
		term      Term
		wantLog   []Term
		wantStart Index
	}{
		{"into an empty log", nil, 0, 4, 2, []Term{}, 4},
		{"beyond a short log", []Term{1, 1}, 1, 4, 2, []Term{}, 4},
		{"matching suffix is kept", []Term{1, 1, 2, 2, 2}, 1, 3, 2, []Term{2, 2}, 3},
		{"conflicting suffix goes", []Term{1, 1, 1, 1, 1}, 1, 3, 2, []Term{}, 3},
		{"older than what is committed", []Term{1, 1, 2, 2}, 3, 2, 1, []Term{1, 1, 2, 2}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var app application
			alone(t, state{term: 2, log: entries(test.own...), change: app.observe}, func(s *single) {
				if n := len(test.own); n > 0 {
					s.handle(AppendEntries{Term: 2, Leader: 2, PrevLogIndex: Index(n), PrevLogTerm: test.own[n-1], LeaderCommit: test.commit})
				}
				reply := s.chunks(3, test.index, test.term, "ab", "cd", "e")
				s.check(reply.Installed && reply.Term == 3, "want it acknowledged")
				status := s.Status()
				s.check(slices.Equal(terms(status.Log), test.wantLog) && status.Snapshot.Index == test.wantStart, "wrong log")
				s.check(slices.Equal(terms(s.disk.held().Log), test.wantLog) && s.disk.held().Snapshot.Index == test.wantStart, "wrong disk")
				if test.wantStart > 0 {
					s.check(string(status.Snapshot.Data) == "abcde", "wrong data")
					s.check(app.handed[len(app.handed)-1] == fmt.Sprintf("snapshot %d", test.index), "want it handed over")
					s.check(len(app.handed) == int(test.commit)+1, fmt.Sprint("want it handed over once: ", app.handed))
				}
				s.check(status.CommitIndex == max(test.commit, test.index) && status.LastApplied == status.CommitIndex, "want all of it committed and applied")
			})
		})
	}
}

// A chunk that is lost or comes twice does not spoil the snapshot: the reply
// tells where to go on.
func TestChunksResume(t *testing.T) {
	alone(t, state{change: new(application).observe}, func(s *single) {
		chunk := func(offset int, data string, done bool) InstallSnapshotReply {
			return s.handle(InstallSnapshot{Configuration: three, Term: 1, Leader: 2, LastIncludedIndex: 4, LastIncludedTerm: 1, Offset: offset, Data: []byte(data), Done: done}).(InstallSnapshotReply)
		}
		s.check(chunk(2, "cd", false).Received == 0, "want it from the start")
		s.check(chunk(0, "ab", false).Received == 2, "want 2 bytes")
		s.check(chunk(0, "ab", false).Received == 2, "a duplicate adds nothing")
		reply := chunk(4, "e", true)
		s.check(reply.Received == 2 && !reply.Installed, "the end without the middle installs nothing")
		s.check(chunk(2, "cd", false).Received == 4 && chunk(4, "e", true).Installed, "want it installed")
		s.check(string(s.Status().Snapshot.Data) == "abcde", "wrong data")
	})
}

// A snapshot of another leader begins anew: its bytes may differ.
func TestChunksOfAnotherLeader(t *testing.T) {
	alone(t, state{change: new(application).observe}, func(s *single) {
		s.handle(InstallSnapshot{Configuration: three, Term: 1, Leader: 2, LastIncludedIndex: 4, LastIncludedTerm: 1, Data: []byte("xx")})
		reply := s.handle(InstallSnapshot{Configuration: three, Term: 2, Leader: 3, LastIncludedIndex: 4, LastIncludedTerm: 1, Offset: 2, Data: []byte("yy"), Done: true}).(InstallSnapshotReply)
		s.check(!reply.Installed && reply.Received == 0, "want it from the start")
	})
}

// Each chunk resets the election timer, and a stale leader's does not.
func TestChunksAreSignsOfLife(t *testing.T) {
	alone(t, state{term: 2}, func(s *single) {
		time.Sleep(20 * time.Millisecond)
		heard := s.Status().LastHeard
		reply := s.handle(InstallSnapshot{Configuration: three, Term: 1, Leader: 2, LastIncludedIndex: 4}).(InstallSnapshotReply)
		s.check(reply.Term == 2 && s.Status().LastHeard == heard, "a stale leader is refused")
		s.handle(InstallSnapshot{Configuration: three, Term: 2, Leader: 2, LastIncludedIndex: 4, LastIncludedTerm: 1, Data: []byte("x")})
		s.check(s.Status().LastHeard == heard+20*time.Millisecond, "a chunk is a sign of life")
	})
}

// A snapshot is acknowledged only once it is durable, and so is what an
// AppendEntries says of the entries that it stands for.
func TestSnapshotIsDurableBeforeItIsAcknowledged(t *testing.T) {
	const slow = 20 * time.Millisecond
	alone(t, state{term: 2, latency: slow, log: entries(1, 1, 1), change: new(application).observe}, func(s *single) {
		s.env.Go("install", func() {
			s.Handle(InstallSnapshot{Configuration: three, Term: 2, Leader: 2, LastIncludedIndex: 5, LastIncludedTerm: 2, Done: true})
		})
		synctest.Wait()
		s.check(s.Status().Snapshot.Index == 5 && s.disk.held().Snapshot.Index == 0, "it is in memory and not on disk")
		reply := s.handle(AppendEntries{Term: 2, Leader: 2, PrevLogIndex: 5, PrevLogTerm: 2}).(AppendEntriesReply)
		s.check(reply.Success && s.disk.held().Snapshot.Index == 5, "a heartbeat after entry 5 is acknowledged only when the snapshot is on disk")
		s.check(len(s.disk.held().Log) == 0, "which then holds nothing of the former log")
	})
}

// The same when the disk is still writing entries that the snapshot replaces.
func TestSnapshotReplacesEntriesBeingWritten(t *testing.T) {
	const slow = 20 * time.Millisecond
	alone(t, state{latency: slow, change: new(application).observe}, func(s *single) {
		s.env.Go("entries", func() { s.Handle(AppendEntries{Term: 1, Leader: 3, Entries: entries(1, 1, 1, 1, 1, 1)}) })
		synctest.Wait()
		time.Sleep(slow / 2)
		s.env.Go("install", func() {
			s.Handle(InstallSnapshot{Configuration: three, Term: 2, Leader: 2, LastIncludedIndex: 4, LastIncludedTerm: 2, Done: true})
		})
		synctest.Wait()
		time.Sleep(slow/2 + time.Millisecond) // the entries are on disk, the snapshot is not
		s.check(s.disk.held().Snapshot.Index == 0 && len(s.disk.held().Log) == 6, "want the former log on disk")
		s.check(s.Status().Durable == 0, "which says nothing of the new one")
		time.Sleep(2 * slow)
		synctest.Wait()
		s.check(s.disk.held().Snapshot.Index == 4 && len(s.disk.held().Log) == 0 && s.Status().Durable == 4, "want the snapshot alone")
	})
}

// §7: the leader sends a snapshot "when the leader has already discarded the
// next log entry that it needs to send", in chunks, and then the log.
func TestLeaderSendsSnapshot(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 25)
	start := state{term: 2, snapshot: Snapshot{Index: 5, Term: 2, Data: data}, log: after(5, 2), batch: 10, change: new(application).observe}
	alone(t, start, func(s *single) {
		s.elect() // term 3
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 3, ConflictIndex: 1})
		offsets := []int{}
		for len(offsets) < 3 {
			calls := s.sentTo(2)
			s.check(len(calls) == 1, "one chunk at a time")
			chunk := calls[0].request.(InstallSnapshot)
			s.check(chunk.LastIncludedIndex == 5 && chunk.LastIncludedTerm == 2 && chunk.Done == (len(offsets) == 2), "wrong chunk")
			offsets = append(offsets, chunk.Offset)
			calls[0].answer(InstallSnapshotReply{Term: 3, Received: chunk.Offset + len(chunk.Data), Installed: chunk.Done})
		}
		s.check(slices.Equal(offsets, []int{0, 10, 20}), fmt.Sprint("offsets ", offsets))
		s.check(s.Status().MatchIndex[2] == 5, "the snapshot counts as stored")
		request := s.sentTo(2)[0].request.(AppendEntries)
		s.check(request.PrevLogIndex == 5 && request.PrevLogTerm == 2 && len(request.Entries) == 1, "then the log follows")
	})
}

// A lost chunk is sent again; heartbeats go on meanwhile, and their refusal
// disturbs nothing.
func TestLostChunkIsSentAgain(t *testing.T) {
	start := state{term: 2, snapshot: Snapshot{Index: 5, Term: 2, Data: []byte("abc")}, change: new(application).observe}
	alone(t, start, func(s *single) {
		s.elect()
		s.sentTo(2)[0].answer(AppendEntriesReply{Term: 3, ConflictIndex: 1})
		s.check(len(s.sentTo(2)) == 1, "want a chunk")
		for _, c := range s.sentTo(2) {
			c.answer(AppendEntriesReply{Term: 3, ConflictIndex: 1})
		}
		time.Sleep(2*testHeartbeat + time.Millisecond)
		chunks := slices.DeleteFunc(s.sentTo(2), func(c *call) bool { _, ok := c.request.(InstallSnapshot); return !ok })
		s.check(len(chunks) > 0, "want the chunk again")
	})
}

// A follower that has the snapshot already says so at the first chunk.
func TestKnownSnapshotIsNotSentWhole(t *testing.T) {
	alone(t, state{change: new(application).observe}, func(s *single) {
		s.chunks(1, 4, 1, "state")
		reply := s.handle(InstallSnapshot{Configuration: three, Term: 1, Leader: 2, LastIncludedIndex: 4, LastIncludedTerm: 1, Data: []byte("st")}).(InstallSnapshotReply)
		s.check(reply.Installed, "want it told at once")
	})
}

// What a write does to a disk is the same, whether the disk applies writes one
// by one or the server builds its log in memory.
func TestStoredApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stored Stored
		var start, last Index
		memory := map[Index]Entry{}
		for range rapid.IntRange(1, 20).Draw(t, "writes") {
			write := Write{HardState: HardState{CurrentTerm: Term(rapid.IntRange(1, 9).Draw(t, "term"))}}
			if rapid.Bool().Draw(t, "snapshot") && last > start {
				index := start + 1 + Index(rapid.IntRange(0, int(last-start)-1).Draw(t, "index"))
				write.Snapshot = &Snapshot{Index: index, Term: memory[index].Term}
				start = index
			}
			first := start + 1 + Index(rapid.IntRange(0, int(last-start)).Draw(t, "first"))
			n := rapid.IntRange(0, 4).Draw(t, "entries")
			write.FirstIndex = first
			for i := range n {
				entry := Entry{Index: first + Index(i), Term: write.HardState.CurrentTerm}
				write.Entries = append(write.Entries, entry)
				memory[entry.Index] = entry
			}
			last = first + Index(n) - 1
			stored.Apply(write)
			if stored.Snapshot.Index != start || len(stored.Log) != int(last-start) {
				t.Fatalf("snapshot %d and %d entries, want %d and %d", stored.Snapshot.Index, len(stored.Log), start, last-start)
			}
			for i, entry := range stored.Log {
				if want := start + 1 + Index(i); entry.Index != want || entry.Term != memory[want].Term {
					t.Fatalf("entry %d is %+v, want %+v", i, entry, memory[want])
				}
			}
		}
	})
}
