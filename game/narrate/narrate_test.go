package narrate

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// cluster is five servers, in which S3 leads term 4.
func cluster() *trace.Model {
	m := trace.NewModel(trace.Header{Version: trace.Version, Servers: 5, Clients: 2})
	for i := range m.Servers {
		m.Servers[i].Alive = true
		m.Servers[i].Term = 4
		m.Servers[i].Leader = 3
	}
	m.Servers[2].Role = raft.Leader
	m.Servers[2].VotedFor = 3
	m.Servers[3].Role = raft.Candidate
	m.Servers[3].VotedFor = 4
	m.Servers[3].Votes = []raft.ServerID{4, 1}
	m.Servers[4].VotedFor = 3
	m.Servers[0].CommitIndex = 3
	m.Packets = []trace.Packet{
		{ID: 7, From: 3, To: 1, Message: raft.AppendEntries{Term: 4}},
		{ID: 8, From: 3, To: 1, Message: raft.AppendEntries{Term: 4, Entries: []raft.Entry{{Index: 5}, {Index: 6}}}},
		{ID: 9, From: 4, To: 1, Message: raft.RequestVote{Term: 4}},
		{ID: 10, From: 1, To: 4, Message: raft.RequestVoteReply{VoteGranted: true}},
		{ID: 11, From: -1, To: 3, Message: trace.ClientRequest{}},
	}
	m.Clients[0].Since = 10 * time.Millisecond
	return m
}

func put(key, value string) []byte {
	return kv.Operation{Kind: kv.Put, Key: key, Value: value}.Encode()
}

func get(key string) []byte { return kv.Operation{Kind: kv.Get, Key: key}.Encode() }

func swap(key, expected, value string) []byte {
	return kv.Operation{Kind: kv.CompareAndSwap, Key: key, Expected: expected, Value: value}.Encode()
}

func TestStepsOfServers(t *testing.T) {
	write := raft.Entry{Index: 7, Term: 4, Data: put("x", "5")}
	noOp := raft.Entry{Index: 6, Term: 4, Kind: raft.NoOp}
	for _, test := range []struct {
		step   raft.Event
		kind   Kind
		weight Weight
		want   string
	}{
		{raft.Event{Kind: raft.Started, Server: 2}, Process, Plain, "S2 starts with an empty disk, as a follower."},
		{raft.Event{Kind: raft.Started, Server: 2, Term: 3, VotedFor: 1, LastIndex: 5}, Process, Plain, "S2 found on its disk: term 3, its vote for S1, 5 entries. All else it has forgotten."},
		{raft.Event{Kind: raft.Started, Server: 2, Term: 3, VotedFor: 2, LastIndex: 1}, Process, Plain, "S2 found on its disk: term 3, its vote for itself, 1 entry. All else it has forgotten."},
		{raft.Event{Kind: raft.Started, Server: 2, Term: 3}, Process, Plain, "S2 found on its disk: term 3, it has not voted in that term, no entries. All else it has forgotten."},
		{raft.Event{Kind: raft.Stopped, Server: 2}, Process, Plain, "S2 stopped in good order."},
		{raft.Event{Kind: raft.MembershipChanged, Server: 2, Index: 9}, Process, Plain, "S2 goes by the membership in entry 9 from now on."},

		{raft.Event{Kind: raft.ElectionTimedOut, Server: 2, Term: 4, Timeout: 212400 * time.Microsecond}, Election, Plain, "S2 heard nothing from a leader for 212 ms: its election timeout ran out."},
		{raft.Event{Kind: raft.ElectionTimedOut, Server: 2, Reason: raft.Forced}, Election, Plain, "S2 was told to begin an election at once."},
		{raft.Event{Kind: raft.ElectionTimedOut, Server: 2, Reason: raft.HandingOver}, Election, Plain, "S2 begins an election at once, since the leader hands over to it."},
		{raft.Event{Kind: raft.BecamePreCandidate, Server: 2, Term: 4, RequestTerm: 5}, Election, Plain, "S2 first asks whether it would be elected in term 5; its own term stays 4."},
		{raft.Event{Kind: raft.BecameCandidate, Server: 2, Term: 5}, Election, Plain, "S2 begins an election: it moves to term 5, votes for itself and asks the others for their votes."},
		{raft.Event{Kind: raft.BecameLeader, Server: 4, Term: 5}, Election, Loud, "S4 became leader of term 5 with votes from S1 and itself."},
		{raft.Event{Kind: raft.BecameFollower, Server: 3, Term: 5, Reason: raft.SawHigherTerm, Peer: 1}, Election, Loud, "S3 stepped down as leader of term 4: a message from S1 carried the higher term 5."},
		{raft.Event{Kind: raft.BecameFollower, Server: 4, Term: 5, Reason: raft.SawHigherTerm, Peer: 1}, Election, Plain, "S4 gave up its election of term 4: a message from S1 carried the higher term 5."},
		{raft.Event{Kind: raft.BecameFollower, Server: 4, Term: 4, Reason: raft.SawLeader, Peer: 3}, Election, Plain, "S4 gave up its election: S3 already leads term 4."},
		{raft.Event{Kind: raft.BecameFollower, Server: 2, Term: 5, Reason: raft.NewTerm, Peer: 4}, Election, Plain, "S2 moved on to term 5, which it saw in a message from S4."},
		{raft.Event{Kind: raft.BecameFollower, Server: 3, Term: 4, Reason: raft.LostQuorum}, Election, Loud, "S3 stepped down as leader of term 4: it has not heard from a majority."},
		{raft.Event{Kind: raft.BecameFollower, Server: 3, Term: 4, Reason: raft.WasRemoved}, Election, Loud, "S3 stepped down as leader of term 4: it is no longer a member."},

		{raft.Event{Kind: raft.VoteGranted, Server: 2, Term: 5, Peer: 4}, Election, Plain, "S2 voted for S4 in term 5: it had not voted yet, and S4's log is not behind its own."},
		{raft.Event{Kind: raft.VoteGranted, Server: 5, Term: 4, Peer: 3}, Election, Plain, "S5 repeated its vote for S3 in term 4: it was asked again."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Term: 5, Peer: 4, Reason: raft.OlderTerm, RequestTerm: 3}, Election, Plain, "S2 refused its vote to S4: S4 asked for term 3, and S2 is in term 5."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Term: 5, Peer: 4, Reason: raft.AlreadyVoted, VotedFor: 3}, Election, Plain, "S2 refused its vote to S4: in term 5 it has already voted for S3."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Term: 5, Peer: 4, Reason: raft.AlreadyVoted, VotedFor: 2}, Election, Plain, "S2 refused its vote to S4: in term 5 it has already voted for itself."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Peer: 4, Reason: raft.LogBehind, PeerIndex: 9, PeerTerm: 2, LastIndex: 5, EntryTerm: 3}, Election, Plain, "S2 refused its vote to S4: S4's last entry is of term 2, S2's of term 3."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Peer: 4, Reason: raft.LogBehind, PeerIndex: 3, PeerTerm: 3, LastIndex: 5, EntryTerm: 3}, Election, Plain, "S2 refused its vote to S4: S4's log ends at entry 3, S2's at entry 5 of the same term."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Peer: 4, Reason: raft.LogBehind, LastIndex: 5, EntryTerm: 3}, Election, Plain, "S2 refused its vote to S4: S4's log is empty, S2's has 5 entries."},
		{raft.Event{Kind: raft.VoteRefused, Server: 2, Peer: 4, Reason: raft.LeaderAlive}, Election, Plain, "S2 refused its vote to S4: S2 still hears from a leader."},
		{raft.Event{Kind: raft.VoteReceived, Server: 4, Term: 4, Peer: 5}, Election, Plain, "S4 counts S5's vote: it has 3 of 5 and needs 3."},
		{raft.Event{Kind: raft.PreVoteGranted, Server: 2, Peer: 4, RequestTerm: 6}, Election, Plain, "S2 would vote for S4 in term 6."},
		{raft.Event{Kind: raft.PreVoteRefused, Server: 2, Peer: 4, RequestTerm: 6, Reason: raft.LeaderAlive}, Election, Plain, "S2 would not vote for S4 in term 6: S2 still hears from a leader."},
		{raft.Event{Kind: raft.TransferStarted, Server: 3, Peer: 1}, Election, Plain, "S3 hands its leadership over to S1."},
		{raft.Event{Kind: raft.TransferAborted, Server: 3, Peer: 1}, Election, Plain, "S1 did not take over in time, so S3 leads on."},
		{raft.Event{Kind: raft.TransferAsked, Server: 1, Peer: 3}, Election, Plain, "S1 was asked by leader S3 to take over."},
		{raft.Event{Kind: raft.HeartbeatsSent, Server: 3, Term: 4}, Election, Whisper, "S3 sends heartbeats: it leads term 4."},

		{raft.Event{Kind: raft.EntryAppended, Server: 3, Term: 4, Index: 7, EntryTerm: 4, Entry: write}, Log, Plain, "S3 added entry 7 to its log: x = 5."},
		{raft.Event{Kind: raft.EntryAppended, Server: 3, Term: 4, Index: 6, EntryTerm: 4, Entry: noOp}, Log, Plain, "S3 opened term 4 with an empty entry, number 6."},
		{raft.Event{Kind: raft.EntryAppended, Server: 1, Term: 4, Index: 7, EntryTerm: 4, Entry: write}, Log, Whisper, "S1 stored entry 7 of term 4: x = 5."},
		{raft.Event{Kind: raft.EntryAppended, Server: 1, Term: 4, Index: 6, EntryTerm: 4, Entry: noOp}, Log, Whisper, "S1 stored entry 6 of term 4: empty, to open the term."},
		{raft.Event{Kind: raft.LogTruncated, Server: 1, Term: 4, Index: 4, LastIndex: 6, Peer: 3}, Log, Loud, "S1 removed entries 4 to 6 from its log: leader S3 has something else there. None of them was ever committed."},
		{raft.Event{Kind: raft.LogTruncated, Server: 1, Term: 4, Index: 4, LastIndex: 4, Peer: 3}, Log, Loud, "S1 removed entry 4 from its log: leader S3 has something else there. It was never committed."},
		{raft.Event{Kind: raft.LogTruncated, Server: 1, Term: 4, Index: 3, LastIndex: 4, Peer: 3}, Log, Loud, "S1 removed entries 3 to 4 from its log: leader S3 has something else there. But that was committed!"},
		{raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 5, Peer: 3, Reason: raft.OlderTerm, RequestTerm: 4}, Log, Plain, "S2 refused what S3 sent: that was of term 4, and S2 is in term 5."},
		{raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 4, Peer: 3, Reason: raft.MissingEntry, Index: 6, LastIndex: 3}, Log, Plain, "S2 could not add what S3 sent: that comes after entry 6, and S2's log ends at 3."},
		{raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 4, Peer: 3, Reason: raft.ConflictingEntry, Index: 5, PeerTerm: 3, EntryTerm: 2}, Log, Plain, "S2 could not add what S3 sent: that comes after entry 5 of term 3, and S2's entry 5 is of term 2."},
		{raft.Event{Kind: raft.SnapshotTaken, Server: 2, SnapshotIndex: 9}, Log, Plain, "S2 took a snapshot, which stands for all entries up to 9."},
		{raft.Event{Kind: raft.SnapshotInstalled, Server: 2, Peer: 3, SnapshotIndex: 9}, Log, Plain, "S2 got a snapshot from leader S3, which stands for all entries up to 9."},
		{raft.Event{Kind: raft.SnapshotRestored, Server: 2, SnapshotIndex: 9}, Log, Plain, "S2 goes on from its snapshot of all entries up to 9."},

		{raft.Event{Kind: raft.CommitAdvanced, Server: 3, Term: 4, Index: 6, LastIndex: 7, Reason: raft.CountedMajority}, Commit, Plain, "S3 committed entry 7: a majority stores it, in the leader's own term 4."},
		{raft.Event{Kind: raft.CommitAdvanced, Server: 3, Term: 4, Index: 5, LastIndex: 7, Reason: raft.CountedMajority}, Commit, Plain, "S3 committed entries 6 to 7: a majority stores them, in the leader's own term 4."},
		{raft.Event{Kind: raft.CommitAdvanced, Server: 1, Term: 4, Index: 6, LastIndex: 7, Reason: raft.ToldByLeader, Peer: 3}, Commit, Whisper, "S1 hears from S3 that entry 7 is committed."},
		{raft.Event{Kind: raft.CommitAdvanced, Server: 1, Term: 4, Index: 4, LastIndex: 7, Reason: raft.SentSnapshot, Peer: 3}, Commit, Plain, "S1 knows from the snapshot that entries 5 to 7 are committed."},
		{raft.Event{Kind: raft.CommitWithheld, Server: 3, Term: 4, LastIndex: 5, EntryTerm: 2}, Commit, Plain, "S3 did not commit entry 5, though a majority stores it: it is of term 2, and counting commits only entries of the leader's own term 4."},
		{raft.Event{Kind: raft.EntryApplied, Server: 3, Term: 4, Index: 7, EntryTerm: 4, Entry: write}, Commit, Whisper, "S3 applied entry 7: x = 5."},

		{raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 5, Peer: 1, Reason: raft.TermChanged, RequestTerm: 3}, Network, Plain, "S1's reply was ignored by S2: it answers term 3, and now it is term 5."},
		{raft.Event{Kind: raft.ReplyIgnored, Server: 3, Term: 4, Peer: 1, Reason: raft.RoleChanged}, Network, Whisper, "S1's vote came when S3 had won already."},
		{raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 4, Peer: 1, Reason: raft.RoleChanged}, Network, Whisper, "S1's reply was ignored by S2, which is a follower now."},
		{raft.Event{Kind: raft.ReplyIgnored, Server: 3, Term: 4, Peer: 1, Reason: raft.NextIndexChanged}, Network, Whisper, "S1's reply was ignored by S3, which has tried another place of the log meanwhile."},
		{raft.Event{Kind: raft.ReplyIgnored, Server: 3, Term: 4, Peer: 1, Reason: raft.MatchNotHigher}, Network, Whisper, "S1's reply was ignored by S3: a newer one has said more."},
		{raft.Event{Kind: raft.ProposalRefused, Server: 1, Peer: 3}, Client, Plain, "S1 sent a client on to S3: it does not lead itself."},
		{raft.Event{Kind: raft.ProposalRefused, Server: 1}, Client, Plain, "S1 turned a client away: it does not lead, and does not know who does."},
	} {
		e := trace.Event{Kind: trace.ServerStep, Core: test.step}
		line, told := New(cluster().Header).Tell(cluster(), &e)
		want := Line{Kind: test.kind, Weight: test.weight, Of: trace.ServerStep, Server: test.step.Server, Term: test.step.Term, Text: test.want}
		if !told || line != want {
			t.Errorf("%v:\n%+v, want\n%+v", test.step.Kind, line, want)
		}
	}
}

func TestStepsWithoutWords(t *testing.T) {
	for _, kind := range []raft.EventKind{
		raft.TimerReset, raft.VoteDenied, raft.AppendAccepted, raft.ProgressMoved, raft.WriteStarted, raft.Persisted, raft.MembershipChanged,
	} {
		e := trace.Event{Kind: trace.ServerStep, Core: raft.Event{Kind: kind, Server: 1}}
		if line, told := New(cluster().Header).Tell(cluster(), &e); told {
			t.Errorf("%v: %q, want nothing", kind, line.Text)
		}
	}
	e := trace.Event{Kind: trace.ServerStep, Core: raft.Event{Kind: raft.EntryApplied, Server: 1, Entry: raft.Entry{Kind: raft.NoOp}}}
	if line, told := New(cluster().Header).Tell(cluster(), &e); told {
		t.Errorf("an empty entry applied: %q, want nothing", line.Text)
	}
}

func TestAClusterOfOne(t *testing.T) {
	m := trace.NewModel(trace.Header{Version: trace.Version, Servers: 1})
	m.Servers[0].Votes = []raft.ServerID{1}
	for kind, want := range map[raft.EventKind]string{
		raft.BecameCandidate: "S1 begins an election: it moves to term 1 and votes for itself.",
		raft.BecameLeader:    "S1 became leader of term 1 with its own vote, which is a majority of one.",
	} {
		e := trace.Event{Kind: trace.ServerStep, Core: raft.Event{Kind: kind, Server: 1, Term: 1}}
		if line, _ := New(m.Header).Tell(m, &e); line.Text != want {
			t.Errorf("%v: %q, want %q", kind, line.Text, want)
		}
	}
}

func TestWhatBefallsTheWorld(t *testing.T) {
	command := func(c trace.Command) *trace.Command { return &c }
	for _, test := range []struct {
		e      trace.Event
		kind   Kind
		weight Weight
		want   string
	}{
		{trace.Event{Kind: trace.CommandTaken, Command: command(trace.Command{Kind: trace.Drop, Packet: 3}), Reason: trace.Gone}, Network, Loud, "Too late: that packet is no longer on its way."},
		{trace.Event{Kind: trace.CommandTaken, Command: command(trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1, 2}, {3, 4, 5}}})}, Network, Loud, "The network was split: S1 and S2 | S3, S4 and S5."},
		{trace.Event{Kind: trace.CommandTaken, Command: command(trace.Command{Kind: trace.HealAll})}, Network, Loud, "Every link works again."},
		{trace.Event{Kind: trace.PacketDropped, Packet: 7, From: 3, To: 1, Reason: trace.ByCommand}, Network, Loud, "You dropped S3's heartbeat on its way to S1."},
		{trace.Event{Kind: trace.PacketDropped, Packet: 8, From: 3, To: 1, Reason: trace.Lost}, Network, Plain, "The network lost S3's entries 5 to 6 on its way to S1."},
		{trace.Event{Kind: trace.PacketDropped, Packet: 9, From: 4, To: 1, Reason: trace.LinkWasCut}, Network, Plain, "S4's request for a vote did not get through to S1: the link is cut."},
		{trace.Event{Kind: trace.PacketDropped, Packet: 10, From: 1, To: 4, Reason: trace.ServerDown}, Network, Plain, "S1's vote found nobody at S4, which has crashed."},
		{trace.Event{Kind: trace.PacketDropped, Packet: 11, From: -1, To: 3, Reason: trace.ServerDown}, Network, Plain, "C1's request found nobody at S3, which has crashed."},
		{trace.Event{Kind: trace.PacketDuplicated, Packet: 12, Original: 7, From: 3, To: 1, Message: raft.AppendEntries{}}, Network, Plain, "A second copy of S3's heartbeat is on its way to S1."},
		{trace.Event{Kind: trace.PacketDelayed, Packet: 9, From: 4, To: 1, ArrivesAt: 1234567 * time.Microsecond}, Network, Plain, "You held up S4's request for a vote: it will reach S1 at 1.234 s."},
		{trace.Event{Kind: trace.LinkCut, From: 1, To: 2}, Network, Loud, "The link from S1 to S2 was cut: nothing gets through in that direction."},
		{trace.Event{Kind: trace.LinkHealed, From: 1, To: 2}, Network, Loud, "The link from S1 to S2 works again."},
		{trace.Event{Kind: trace.NetworkChanged, Network: &trace.Network{Latency: 5 * time.Millisecond}}, Network, Loud, "The network now takes 5 ms to 5 ms a packet and loses none."},
		{trace.Event{Kind: trace.NetworkChanged, Network: &trace.Network{Latency: 5 * time.Millisecond, Jitter: 10 * time.Millisecond, Loss: 0.125, Duplicate: 0.1, Reorder: 1}}, Network, Loud, "The network now takes 5 ms to 15 ms a packet, and loses 12.5 %, doubles 10 % and holds up 100 % of them."},
		{trace.Event{Kind: trace.ServerCrashed, Server: 1}, Process, Loud, "S1 crashed."},
		{trace.Event{Kind: trace.ServerCrashed, Server: 3}, Process, Loud, "S3, leader of term 4, crashed."},
		{trace.Event{Kind: trace.ServerCrashed, Server: 4}, Process, Loud, "S4 crashed in the middle of its election."},
		{trace.Event{Kind: trace.ServerRestarted, Server: 1}, Process, Loud, "S1 was started again."},
		{trace.Event{Kind: trace.ServerPaused, Server: 1}, Process, Loud, "S1 was paused: it stands still and does not know it."},
		{trace.Event{Kind: trace.ServerPaused, Server: 3}, Process, Loud, "S3, leader of term 4, was paused: its heartbeats stop."},
		{trace.Event{Kind: trace.DiskWiped, Server: 2}, Process, Loud, "S2's disk was wiped: all that it promised is forgotten."},
		{trace.Event{Kind: trace.ServerResumed, Server: 1}, Process, Loud, "S1 runs on from where it was paused."},
		{trace.Event{Kind: trace.ServerResumed, Server: 3}, Process, Loud, "S3 runs on from where it was paused, and still takes itself for the leader."},
		{trace.Event{Kind: trace.ClientInvoked, From: -1, Operation: put("x", "5")}, Client, Plain, "C1 asks for x = 5."},
		{trace.Event{Kind: trace.ClientInvoked, From: -3, Operation: put("x", "5")}, Client, Plain, "You ask for x = 5."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: put("x", "5"), Result: kv.Result{}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: x = 5 is done."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -3, Operation: put("x", "5"), Result: kv.Result{}.Encode()}, Client, Loud, "You have an answer after 44 ms: x = 5 is done."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: get("x"), Result: kv.Result{Found: true, Value: "5"}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: x holds 5."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: get("x"), Result: kv.Result{}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: x holds nothing."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: swap("x", "4", "5"), Result: kv.Result{Found: true, Swapped: true, Value: "4"}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: x = 5 is done."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: swap("x", "4", "5"), Result: kv.Result{Found: true, Value: "3"}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: x was left alone, since it held 3."},
		{trace.Event{Kind: trace.ClientReturned, At: 44 * time.Millisecond, From: -1, Operation: []byte{9}, Result: kv.Result{Refused: kv.NotUnderstood}.Encode()}, Client, Plain, "C1 got an answer after 34 ms: something that is no operation was not understood."},
	} {
		line, told := New(cluster().Header).Tell(cluster(), &test.e)
		if !told || line.Text != test.want || line.Kind != test.kind || line.Weight != test.weight || line.Of != test.e.Kind {
			t.Errorf("%v:\n%+v, want\n%s, %d, %q", test.e.Kind, line, test.kind, test.weight, test.want)
		}
	}
}

func TestWhatASecondWriteSaysOfTheFirst(t *testing.T) {
	m := cluster()
	m.Clients[2].Operation = put("x", "1")
	e := trace.Event{Kind: trace.ClientInvoked, From: -3, Operation: put("x", "2")}
	line, _ := New(m.Header).Tell(m, &e)
	if want := "You gave up waiting for x = 1, which nobody answered, and now ask for x = 2."; line.Text != want {
		t.Errorf("%q, want %q", line.Text, want)
	}
}

func TestCrashTellsOfTheDisk(t *testing.T) {
	for survived, want := range map[bool]string{
		true:  "S1 crashed. What it was writing did reach the disk.",
		false: "S1 crashed. What it was writing did not reach the disk.",
	} {
		m := cluster()
		m.Servers[0].Writing = &raft.Write{}
		e := trace.Event{Kind: trace.ServerCrashed, Server: 1, Survived: survived}
		if line, _ := New(m.Header).Tell(m, &e); line.Text != want {
			t.Errorf("%q, want %q", line.Text, want)
		}
	}
}

// A cut link swallows every heartbeat, but it is told once, until the link has
// worked again.
func TestWhatHappensAgainIsToldOnce(t *testing.T) {
	n, m := New(cluster().Header), cluster()
	tell := func(e trace.Event) bool { _, told := n.Tell(m, &e); return told }
	heartbeat := trace.Event{Kind: trace.PacketDropped, Packet: 7, From: 3, To: 1, Reason: trace.LinkWasCut}
	entries := trace.Event{Kind: trace.PacketDropped, Packet: 8, From: 3, To: 1, Reason: trace.LinkWasCut}
	if !tell(heartbeat) || tell(heartbeat) || !tell(entries) || tell(entries) {
		t.Error("what is lost on a cut link is not told exactly once for each kind of packet")
	}
	tell(trace.Event{Kind: trace.LinkHealed, From: 3, To: 1})
	if !tell(heartbeat) {
		t.Error("after the link has worked again, a loss is not told")
	}
	down := trace.Event{Kind: trace.PacketDropped, Packet: 7, From: 3, To: 1, Reason: trace.ServerDown}
	tell(trace.Event{Kind: trace.ServerRestarted, Server: 1})
	if !tell(down) || tell(down) {
		t.Error("what finds nobody is not told exactly once")
	}
	if tell(trace.Event{Kind: trace.PacketDropped, Packet: 7, From: 3, To: 1, Reason: trace.Unawaited}) {
		t.Error("a reply that nobody waits for is told")
	}
}

// A split speaks for all the links that it cuts, but not for those cut after it.
func TestASplitSpeaksForItsLinks(t *testing.T) {
	n, m := New(cluster().Header), cluster()
	tell := func(e trace.Event) bool { _, told := n.Tell(m, &e); return told }
	split := trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{1}}}
	tell(trace.Event{Kind: trace.CommandTaken, Command: &split})
	if tell(trace.Event{Kind: trace.LinkCut, From: 1, To: 2}) {
		t.Error("a link of the split is told by itself")
	}
	cut := trace.Command{Kind: trace.Cut, From: 3, To: 4}
	tell(trace.Event{Kind: trace.CommandTaken, Command: &cut})
	if !tell(trace.Event{Kind: trace.LinkCut, From: 3, To: 4}) {
		t.Error("a link that was cut at the same time, but not by the split, is not told")
	}
}

func TestValuesAreShownSafely(t *testing.T) {
	for _, test := range []struct{ key, value, want string }{
		{"x", "", "x = “”"},
		{"x", "two words", "x = “two words”"},
		{"x", "a\nb", "x = “a·b”"},
		{"größe", "5.2", "größe = 5.2"},
		{"x", "<b>", "x = “<b>”"},
	} {
		if got := Operation(put(test.key, test.value)); got != test.want {
			t.Errorf("%q = %q is shown as %q, want %q", test.key, test.value, got, test.want)
		}
	}
	if got := Operation(swap("x", "", "5")); got != "x = 5 if it is not set yet" {
		t.Errorf("a swap of nothing: %q", got)
	}
	if got := Operation(get("x")); got != "read x" {
		t.Errorf("a read: %q", got)
	}
}

func TestViolated(t *testing.T) {
	line := Violated("Election Safety", "S1 and S2 both lead term 3", 2, 3)
	if line.Text != "Not safe! Election Safety was violated: S1 and S2 both lead term 3." || line.Weight != Loud || line.Kind != Violation {
		t.Errorf("%+v", line)
	}
}

func TestSmallWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Servers(nil), ""}, {Servers([]raft.ServerID{2}), "S2"}, {Servers([]raft.ServerID{1, 2, 3}), "S1, S2 and S3"},
		{Milliseconds(1500 * time.Microsecond), "1.5 ms"}, {Milliseconds(2 * time.Millisecond), "2 ms"}, {Milliseconds(0), "0 ms"},
		{Clock(61*time.Second + 2*time.Millisecond), "61.002"},
		{Sentence("s1 is down"), "S1 is down."}, {Sentence("Really?"), "Really?"}, {Sentence(""), ""},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

// Every line of every scenario is a sentence, and no event makes the narrator
// fall.
func TestScenariosInWords(t *testing.T) {
	for _, name := range wasmnet.ScenarioNames() {
		run, err := wasmnet.Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		run.For = min(run.For, 15*time.Second)
		n, m := New(run.Header), trace.NewModel(run.Header)
		lines, events := 0, 0
		_, err = run.Play(func(e *trace.Event) {
			events++
			if line, told := n.Tell(m, e); told {
				lines++
				first, _ := utf8.DecodeRuneInString(line.Text)
				if !unicode.IsUpper(first) || !strings.ContainsAny(line.Text[len(line.Text)-1:], ".!") || line.Kind == "" ||
					strings.Contains(line.Text, "  ") || strings.Contains(line.Text, "S0") || strings.Contains(line.Text, "%!") {
					t.Errorf("%s: %v is told as %q", name, e.Kind, line.Text)
				}
			}
			if err := m.Fold(e); err != nil {
				t.Error(err)
			}
		}, nil)
		if err != nil || lines < 50 || lines > events {
			t.Errorf("%s: %d lines for %d events, %v", name, lines, events, err)
		}
	}
}
