package check

import (
	"slices"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// tape is a run that is made up event by event. Its methods do what a correct
// server would do; with step and send a test does anything else.
type tape struct {
	t       testing.TB
	checker *Checker
	model   *trace.Model // for the tape's own use: the checker has another
	now     time.Duration
	packets trace.PacketID
	events  []trace.Event
	broken  *Violation // what the last event broke
}

func newTape(t testing.TB, servers int) *tape {
	h := trace.Header{Version: trace.Version, Servers: servers, Clients: 1}
	tape := &tape{t: t, checker: New(h), model: trace.NewModel(h)}
	for id := 1; id <= servers; id++ {
		tape.start(raft.ServerID(id))
	}
	return tape
}

func (x *tape) tell(e trace.Event) {
	x.t.Helper()
	if x.broken != nil {
		x.t.Fatalf("already broken: %v", x.broken)
	}
	x.now += time.Millisecond
	e.At = x.now
	if e.ArrivesAt != 0 {
		e.ArrivesAt += x.now
	}
	x.events = append(x.events, e)
	x.broken = x.checker.Observe(&e)
	if err := x.model.Fold(&e); err != nil && (x.broken == nil || x.broken.Rule != CoherentRecord) {
		x.t.Fatalf("the tape makes no sense: %v", err)
	}
}

func (x *tape) step(e raft.Event) {
	x.t.Helper()
	x.tell(trace.Event{Kind: trace.ServerStep, Core: e})
}

func (x *tape) server(id raft.ServerID) *trace.Server { return &x.model.Servers[id-1] }

func (x *tape) start(id raft.ServerID) {
	x.t.Helper()
	disk := &x.server(id).Disk
	x.step(raft.Event{
		Kind: raft.Started, Server: id, Term: disk.HardState.CurrentTerm, VotedFor: disk.HardState.VotedFor,
		LastIndex: disk.Snapshot.Index + raft.Index(len(disk.Log)), SnapshotIndex: disk.Snapshot.Index,
	})
}

func (x *tape) crash(id raft.ServerID, survived bool) {
	x.t.Helper()
	x.tell(trace.Event{Kind: trace.ServerCrashed, Server: id, Survived: survived})
}

// restart is a crash that loses what is not on the disk, and a new start.
func (x *tape) restart(id raft.ServerID) {
	x.t.Helper()
	x.crash(id, false)
	x.tell(trace.Event{Kind: trace.ServerRestarted, Server: id})
	x.start(id)
}

// write begins to write what is in memory and not on the disk.
func (x *tape) write(id raft.ServerID) raft.Event {
	x.t.Helper()
	s := x.server(id)
	e := raft.Event{Kind: raft.WriteStarted, Server: id, Term: s.Term, VotedFor: s.VotedFor}
	if s.SnapshotIndex != s.Disk.Snapshot.Index {
		e.SnapshotIndex, e.EntryTerm = s.SnapshotIndex, s.SnapshotTerm
	}
	same := s.SnapshotIndex
	for {
		term, there := s.TermAt(same + 1)
		durable, ok := s.DurableTermAt(same + 1)
		if !there || !ok || term != durable {
			break
		}
		same++
	}
	if same < s.LastIndex() {
		e.Index, e.LastIndex = same+1, s.LastIndex()
	}
	x.step(e)
	return e
}

// save writes what is in memory and not on the disk.
func (x *tape) save(id raft.ServerID) {
	x.t.Helper()
	e := x.write(id)
	e.Kind = raft.Persisted
	x.step(e)
}

func commonLength(a, b []raft.Entry) int {
	n := 0
	for n < len(a) && n < len(b) && a[n].Term == b[n].Term {
		n++
	}
	return n
}

// sendTo puts a message on its way, and deliver lets it arrive.
func (x *tape) sendTo(from, to raft.ServerID, message raft.Message, inReplyTo trace.PacketID) trace.PacketID {
	x.t.Helper()
	x.packets++
	id := x.packets
	x.tell(trace.Event{
		Kind: trace.PacketSent, Packet: id, From: trace.NodeID(from), To: trace.NodeID(to),
		Message: message, InReplyTo: inReplyTo, ArrivesAt: time.Millisecond,
	})
	return id
}

func (x *tape) deliver(id trace.PacketID) {
	x.t.Helper()
	i := slices.IndexFunc(x.model.Packets, func(p trace.Packet) bool { return p.ID == id })
	p := x.model.Packets[i]
	x.tell(trace.Event{Kind: trace.PacketDelivered, Packet: id, From: p.From, To: p.To})
}

// deliverTo sends a message and lets it arrive.
func (x *tape) deliverTo(from, to raft.ServerID, message raft.Message) trace.PacketID {
	x.t.Helper()
	id := x.sendTo(from, to, message, 0)
	x.deliver(id)
	return id
}

// see makes a server a follower of a higher term.
func (x *tape) see(id raft.ServerID, term raft.Term) {
	x.t.Helper()
	if x.server(id).Term < term {
		x.step(raft.Event{Kind: raft.BecameFollower, Server: id, Term: term, Reason: raft.NewTerm})
	}
}

// stand makes a server a candidate whose own vote is durable.
func (x *tape) stand(id raft.ServerID, term raft.Term) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.BecameCandidate, Server: id, Term: term, VotedFor: id})
	x.save(id)
}

// granted is the step of giving a vote.
func (x *tape) granted(voter, candidate raft.ServerID, term raft.Term) raft.Event {
	index, lastTerm := end(x.server(candidate))
	return raft.Event{
		Kind: raft.VoteGranted, Server: voter, Term: term, Peer: candidate, VotedFor: candidate,
		PeerIndex: index, PeerTerm: lastTerm,
	}
}

// vote has a candidate ask for a vote and get it.
func (x *tape) vote(voter, candidate raft.ServerID, term raft.Term) {
	x.t.Helper()
	index, lastTerm := end(x.server(candidate))
	request := x.deliverTo(candidate, voter, raft.RequestVote{Term: term, Candidate: candidate, LastLogIndex: index, LastLogTerm: lastTerm})
	x.see(voter, term)
	x.step(x.granted(voter, candidate, term))
	x.save(voter)
	x.deliver(x.sendTo(voter, candidate, raft.RequestVoteReply{Term: term, VoteGranted: true}, request))
	x.step(raft.Event{Kind: raft.VoteReceived, Server: candidate, Term: term, Peer: voter})
}

func (x *tape) lead(id raft.ServerID, term raft.Term) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.BecameLeader, Server: id, Term: term})
}

// elect makes a server leader with the votes of others.
func (x *tape) elect(id raft.ServerID, term raft.Term, voters ...raft.ServerID) {
	x.t.Helper()
	x.stand(id, term)
	for _, voter := range voters {
		x.vote(voter, id, term)
	}
	x.lead(id, term)
}

func entry(index raft.Index, term raft.Term) raft.Entry {
	return raft.Entry{Index: index, Term: term, Data: []byte{byte(index), byte(term)}}
}

func appended(id raft.ServerID, term raft.Term, entry raft.Entry) raft.Event {
	return raft.Event{Kind: raft.EntryAppended, Server: id, Term: term, Index: entry.Index, EntryTerm: entry.Term, Entry: entry}
}

// add appends an entry of the given term to a log.
func (x *tape) add(id raft.ServerID, term raft.Term) {
	x.t.Helper()
	s := x.server(id)
	x.step(appended(id, s.Term, entry(s.LastIndex()+1, term)))
}

func (x *tape) truncate(id raft.ServerID, first raft.Index) {
	x.t.Helper()
	s := x.server(id)
	x.step(raft.Event{Kind: raft.LogTruncated, Server: id, Term: s.Term, Index: first, LastIndex: raft.Index(len(s.Log))})
}

// request is what a leader sends to make another log like its own.
func (x *tape) request(leader, follower raft.ServerID) raft.AppendEntries {
	l, f := x.server(leader), x.server(follower)
	same := commonLength(l.Log, f.Log)
	prevTerm, _ := l.TermAt(raft.Index(same))
	return raft.AppendEntries{
		Term: l.Term, Leader: leader, PrevLogIndex: raft.Index(same), PrevLogTerm: prevTerm,
		Entries: slices.Clone(l.Log[same:]), LeaderCommit: l.CommitIndex,
	}
}

// follow makes a server's log in memory like its leader's.
func (x *tape) follow(leader, follower raft.ServerID) {
	x.t.Helper()
	l, f := x.server(leader), x.server(follower)
	x.see(follower, l.Term)
	same := f.SnapshotIndex + raft.Index(commonLength(l.Log[f.SnapshotIndex:], f.Log))
	if same < f.LastIndex() && same < l.LastIndex() {
		x.truncate(follower, same+1)
	}
	for _, entry := range l.Log[same:] {
		x.step(appended(follower, l.Term, entry))
	}
}

// replicate makes a server's log like its leader's, on its disk too, and tells the leader.
func (x *tape) replicate(leader, follower raft.ServerID) {
	x.t.Helper()
	request := x.deliverTo(leader, follower, x.request(leader, follower))
	x.follow(leader, follower)
	x.save(follower)
	l := x.server(leader)
	x.deliver(x.sendTo(follower, leader, raft.AppendEntriesReply{Term: l.Term, Success: true}, request))
	x.progress(leader, follower, raft.Index(len(l.Log)+1), raft.Index(len(l.Log)))
}

func (x *tape) progress(leader, follower raft.ServerID, next, match raft.Index) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.ProgressMoved, Server: leader, Term: x.server(leader).Term, Peer: follower, Index: next, LastIndex: match})
}

func (x *tape) commit(id raft.ServerID, index raft.Index, reason raft.Reason) {
	x.t.Helper()
	s := x.server(id)
	x.step(raft.Event{Kind: raft.CommitAdvanced, Server: id, Term: s.Term, Index: s.CommitIndex, LastIndex: index, Reason: reason})
}

func (x *tape) apply(id raft.ServerID, entry raft.Entry) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.EntryApplied, Server: id, Term: x.server(id).Term, Index: entry.Index, EntryTerm: entry.Term, Entry: entry})
}

// snapshot is a step with a snapshot.
func (x *tape) snapshot(id raft.ServerID, kind raft.EventKind, index raft.Index, term raft.Term) {
	x.t.Helper()
	x.step(raft.Event{Kind: kind, Server: id, Term: x.server(id).Term, SnapshotIndex: index, EntryTerm: term})
}

// installed has S1 send S3 a snapshot up to entry 1 of term 1, and S3 answer that it is
// installed, after it has done what it does about it.
func (x *tape) installed(install func()) {
	x.t.Helper()
	request := x.deliverTo(1, 3, raft.InstallSnapshot{Term: 1, Leader: 1, LastIncludedIndex: 1, LastIncludedTerm: 1, Done: true})
	install()
	x.sendTo(3, 1, raft.InstallSnapshotReply{Term: 1, Installed: true}, request)
}

func (x *tape) configure(id raft.ServerID, c raft.Configuration) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.MembershipChanged, Server: id, Term: x.server(id).Term, Configuration: &c})
}

// forge puts a vote on a server's disk and sends it, without the server ever
// having decided on it.
func (x *tape) forge(voter, candidate raft.ServerID, term raft.Term) {
	x.t.Helper()
	x.see(voter, term)
	x.step(raft.Event{Kind: raft.WriteStarted, Server: voter, Term: term, VotedFor: candidate})
	x.step(raft.Event{Kind: raft.Persisted, Server: voter, Term: term, VotedFor: candidate})
	x.sendTo(voter, candidate, raft.RequestVoteReply{Term: term, VoteGranted: true}, 0)
}
