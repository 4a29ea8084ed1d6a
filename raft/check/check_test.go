package check

import (
	"slices"
	"strings"
	"testing"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// example is a run that breaks a rule with its last event, beside one that is
// nearly the same and breaks none.
type example struct {
	rule   string
	text   string // part of the explanation
	before func(*tape)
	broken func(*tape)
	fine   func(*tape)
}

func nothing(*tape) {}

// replicated has S1 lead term 1 with an entry on its own disk and that of S2.
func replicated(x *tape) {
	x.elect(1, 1, 2)
	x.add(1, 1)
	x.save(1)
	x.replicate(1, 2)
}

// committed has S1 commit that entry as well.
func committed(x *tape) {
	replicated(x)
	x.commit(1, 1, raft.CountedMajority)
}

// conflicting has an entry of term 1 that only S3 holds, and has S1 lead term 2 with
// another at the same index, on its own disk and that of S2.
func conflicting(x *tape) {
	x.elect(3, 1, 2)
	x.add(3, 1)
	x.save(3)
	x.elect(1, 2, 2)
	x.add(1, 2)
	x.save(1)
	x.replicate(1, 2)
}

func electionExamples() []example {
	return []example{{
		rule: ElectionSafety, text: "S3 became leader of term 1, which S1 leads or has led",
		before: func(x *tape) { x.elect(1, 1, 2) },
		broken: func(x *tape) { x.stand(3, 1); x.lead(3, 1) },
		fine:   func(x *tape) { x.elect(3, 2, 2) },
	}, {
		rule: ElectionSafety, text: "S1 became leader of term 1 with 1 durable votes: a majority is 2",
		before: func(x *tape) { x.stand(1, 1) },
		broken: func(x *tape) { x.lead(1, 1) },
		fine:   func(x *tape) { x.vote(2, 1, 1); x.lead(1, 1) },
	}, {
		rule: ElectionSafety, text: "S1 became leader of term 1 with 1 durable votes: a majority is 2",
		before: func(x *tape) { // a joint configuration: S1 and S2 for themselves, S3 with S1 and S2
			x.configure(1, raft.Configuration{Voters: []raft.ServerID{1, 2}, Outgoing: []raft.ServerID{1, 3}})
			x.stand(1, 1)
			x.vote(2, 1, 1)
		},
		broken: func(x *tape) { x.lead(1, 1) },
		fine:   func(x *tape) { x.vote(3, 1, 1); x.lead(1, 1) },
	}, {
		rule: OneVote, text: "S2 votes for S3 in term 1, in which it has voted for S1",
		before: func(x *tape) { x.stand(1, 1); x.stand(3, 1); x.see(2, 1); x.step(x.granted(2, 1, 1)) },
		broken: func(x *tape) { x.step(x.granted(2, 3, 1)) },
		fine:   func(x *tape) { x.step(x.granted(2, 1, 1)); x.see(2, 2); x.step(x.granted(2, 3, 2)) },
	}, {
		rule: OneVote, text: "S2 votes for S3 in term 1, in which it has already sent its vote for S1",
		before: func(x *tape) { x.stand(3, 1) },
		broken: func(x *tape) {
			x.stand(1, 1)
			x.vote(2, 1, 1)
			x.step(raft.Event{Kind: raft.WriteStarted, Server: 2, Term: 1})
			x.step(raft.Event{Kind: raft.Persisted, Server: 2, Term: 1})
			x.restart(2)
			x.step(x.granted(2, 3, 1))
		},
		fine: func(x *tape) { // the vote was lost before anyone heard of it
			x.see(2, 1)
			x.step(x.granted(2, 1, 1))
			x.restart(2)
			x.vote(2, 3, 1)
		},
	}, {
		rule: OneVote, text: "S2 votes for S2 in term 1, in which it has voted for S1",
		before: func(x *tape) { x.stand(1, 1); x.vote(2, 1, 1) },
		broken: func(x *tape) { x.step(raft.Event{Kind: raft.BecameCandidate, Server: 2, Term: 1, VotedFor: 2}) },
		fine:   func(x *tape) { x.stand(2, 2) },
	}, {
		rule: UpToDateVotes, text: "S2 votes for S3, whose log ends with entry 0 of term 0, while its own ends with entry 1 of term 1",
		before: func(x *tape) { replicated(x); x.see(2, 2) },
		broken: func(x *tape) { x.step(x.granted(2, 3, 2)) },
		fine:   func(x *tape) { x.step(x.granted(2, 1, 2)) },
	}, {
		rule: UpToDateVotes, text: "S2 votes for S3, whose log ends with entry 1 of term 1, while its own ends with entry 1 of term 2",
		before: func(x *tape) { conflicting(x); x.see(2, 3) },
		broken: func(x *tape) { x.step(x.granted(2, 3, 3)) },
		fine:   func(x *tape) { x.step(x.granted(2, 1, 3)) },
	}, {
		rule: TermsRise, text: "S1 went back from term 3 to term 2",
		before: func(x *tape) { x.see(1, 3) },
		broken: func(x *tape) { x.step(raft.Event{Kind: raft.TimerReset, Server: 1, Term: 2}) },
		fine:   func(x *tape) { x.step(raft.Event{Kind: raft.TimerReset, Server: 1, Term: 3}) },
	}, {
		rule: TermsRise, text: "S1 starts in term 0 with its vote for nobody, but its disk holds term 1 and a vote for S1",
		before: func(x *tape) {
			x.stand(1, 1)
			x.crash(1, false)
			x.tell(trace.Event{Kind: trace.ServerRestarted, Server: 1})
		},
		broken: func(x *tape) { x.step(raft.Event{Kind: raft.Started, Server: 1}) },
		fine:   func(x *tape) { x.start(1) },
	}, {
		rule: TermsRise, text: "S1 writes term 0 to its disk, which holds term 1 already",
		before: func(x *tape) { x.stand(1, 1) },
		broken: func(x *tape) { x.step(raft.Event{Kind: raft.WriteStarted, Server: 1}) },
		fine:   func(x *tape) { x.save(1) },
	}}
}

func logExamples() []example {
	return []example{{
		rule: LeaderAppendOnly, text: "S1 removed entries 1 to 1 though it leads term 1",
		before: replicated,
		broken: func(x *tape) { x.truncate(1, 1) },
		fine:   func(x *tape) { x.see(1, 2); x.truncate(1, 1) },
	}, {
		rule: LeaderAppendOnly, text: "S1 leads term 2 and appends entry 2 of term 1",
		before: conflicting,
		broken: func(x *tape) { x.add(1, 1) },
		fine:   func(x *tape) { x.add(1, 2) },
	}, {
		rule: LogMatching, text: "entry 1 of term 1 is not the same in the logs of S1 and S3",
		before: func(x *tape) { replicated(x); x.see(3, 1) },
		broken: func(x *tape) { x.step(appended(3, 1, raft.Entry{Index: 1, Term: 1, Data: []byte("other")})) },
		fine:   func(x *tape) { x.step(appended(3, 1, entry(1, 1))) },
	}, {
		rule: LogMatching, text: "entry 1 of term 1 is not the same in the logs of S1 and S3",
		before: func(x *tape) { replicated(x); x.see(3, 1) },
		broken: func(x *tape) {
			x.step(appended(3, 1, raft.Entry{Index: 1, Term: 1, Kind: raft.NoOp, Data: entry(1, 1).Data}))
		},
		fine: func(x *tape) { x.step(appended(3, 1, entry(1, 1))) },
	}, {
		rule: LogMatching, text: "S1 and S3 both hold entry 2 of term 2, but before it S1 holds an entry of term 2 and S3 one of term 1",
		before: func(x *tape) { conflicting(x); x.add(1, 2); x.see(3, 2) },
		broken: func(x *tape) { x.step(appended(3, 2, entry(2, 2))) },
		fine:   func(x *tape) { x.follow(1, 3) },
	}, {
		rule: LogMatching, text: "the disk of S3 holds entry 2 of term 2 after an entry of term 1, but in the log of S1 the entry before it is of term 2",
		before: func(x *tape) { conflicting(x); x.add(1, 2); x.follow(1, 3) },
		broken: func(x *tape) {
			x.step(raft.Event{Kind: raft.WriteStarted, Server: 3, Term: 2, Index: 2, LastIndex: 2})
			x.step(raft.Event{Kind: raft.Persisted, Server: 3, Term: 2, Index: 2, LastIndex: 2})
		},
		fine: func(x *tape) { x.save(3) },
	}, {
		rule: LogMatching, text: "the disk of S3 holds entry 2 of term 2 after an entry of term 1",
		before: func(x *tape) { conflicting(x); x.add(1, 2); x.follow(1, 3) },
		broken: func(x *tape) {
			x.step(raft.Event{Kind: raft.WriteStarted, Server: 3, Term: 2, Index: 2, LastIndex: 2})
			x.crash(3, true)
		},
		fine: func(x *tape) {
			x.step(raft.Event{Kind: raft.WriteStarted, Server: 3, Term: 2, Index: 2, LastIndex: 2})
			x.crash(3, false)
		},
	}, {
		rule: OnlyConflicts, text: "S3 removed entry 1 of term 1 and all behind it, though it did not conflict with its leader's",
		before: func(x *tape) { conflicting(x); x.see(3, 2); x.truncate(3, 1) },
		broken: func(x *tape) { x.step(appended(3, 2, entry(1, 1))) },
		fine:   func(x *tape) { x.step(appended(3, 2, entry(1, 2))) },
	}, {
		rule: ProgressRises, text: "S1 is to send S2 entry 1 next, though S2 is known to match up to entry 1",
		before: replicated,
		broken: func(x *tape) { x.progress(1, 2, 1, 1) },
		fine:   func(x *tape) { x.progress(1, 2, 2, 1) },
	}, {
		rule: ProgressRises, text: "S1 took matchIndex of S2 back from 1 to 0",
		before: replicated,
		broken: func(x *tape) { x.progress(1, 2, 2, 0) },
		fine:   func(x *tape) { x.elect(1, 2, 2); x.progress(1, 2, 2, 0) }, // another reign
	}}
}

func commitExamples() []example {
	return []example{{
		rule: MajorityCommits, text: "S1 committed entry 1 of term 1, which is durable on 1 servers: a majority is 2",
		before: func(x *tape) { x.elect(1, 1, 2); x.add(1, 1); x.save(1); x.follow(1, 2) },
		broken: func(x *tape) { x.commit(1, 1, raft.CountedMajority) },
		fine:   func(x *tape) { x.save(2); x.commit(1, 1, raft.CountedMajority) },
	}, {
		rule: MajorityCommits, text: "S1 committed entry 1 of term 1, which is durable on 1 servers: a majority is 2",
		before: replicated,
		broken: func(x *tape) { // S2 only learns
			x.configure(1, raft.Configuration{Voters: []raft.ServerID{1, 3}, Learners: []raft.ServerID{2}})
			x.commit(1, 1, raft.CountedMajority)
		},
		fine: func(x *tape) {
			x.configure(1, raft.Configuration{Voters: []raft.ServerID{1, 2}, Learners: []raft.ServerID{3}})
			x.commit(1, 1, raft.CountedMajority)
		},
	}, {
		rule: MajorityCommits, text: "S2 takes entries up to 1 for committed, but no leader has committed more than entry 0",
		before: replicated,
		broken: func(x *tape) { x.commit(2, 1, raft.ToldByLeader) },
		fine:   func(x *tape) { x.commit(1, 1, raft.CountedMajority); x.commit(2, 1, raft.ToldByLeader) },
	}, {
		rule: OwnTermCommits, text: "S1 leads term 2 and committed entry 1 of term 1 by counting copies",
		before: func(x *tape) {
			x.elect(1, 1, 2)
			x.add(1, 1)
			x.save(1)
			x.restart(1)
			x.elect(1, 2, 2)
			x.replicate(1, 2)
		},
		broken: func(x *tape) { x.commit(1, 1, raft.CountedMajority) },
		fine: func(x *tape) {
			x.add(1, 2)
			x.save(1)
			x.replicate(1, 2)
			x.commit(1, 2, raft.CountedMajority)
			x.apply(1, entry(1, 1))
		},
	}, {
		rule: CommitRises, text: "S1 took its commitIndex from 1 to 1",
		before: committed,
		broken: func(x *tape) { x.commit(1, 1, raft.CountedMajority) },
		fine:   func(x *tape) { x.add(1, 1); x.save(1); x.replicate(1, 2); x.commit(1, 2, raft.CountedMajority) },
	}, {
		rule: CommitRises, text: "S2 removed entry 1, though it knew that entries up to 1 are committed",
		before: func(x *tape) {
			committed(x)
			x.commit(2, 1, raft.ToldByLeader)
			x.add(1, 1)
			x.replicate(1, 2)
			x.see(2, 2)
		},
		broken: func(x *tape) { x.truncate(2, 1) },
		fine:   func(x *tape) { x.truncate(2, 2) },
	}, {
		rule: LeaderCompleteness, text: "S3 became leader of term 2 without entry 1 of term 1, which S1 committed in term 1",
		before: committed,
		broken: func(x *tape) { x.stand(3, 2); x.forge(2, 3, 2); x.lead(3, 2) },
		fine:   func(x *tape) { x.stand(2, 2); x.forge(1, 2, 2); x.lead(2, 2) },
	}, {
		rule: LeaderCompleteness, text: "S1 committed entry 1 of term 1 in term 1, but S3 had become leader of term 2 without it",
		before: replicated,
		broken: func(x *tape) {
			x.stand(3, 2)
			x.forge(2, 3, 2)
			x.lead(3, 2)
			x.commit(1, 1, raft.CountedMajority)
		},
		fine: func(x *tape) { // the later leader's log has grown and been copied
			x.elect(2, 2, 3)
			x.add(2, 2)
			x.add(2, 2)
			x.save(2)
			x.replicate(2, 3)
			x.elect(3, 3, 2)
			x.commit(1, 1, raft.CountedMajority)
		},
	}, {
		rule: StateMachineSafety, text: "S3 takes entry 1 of term 1 for committed, but S1 committed entry 1 of term 2",
		before: func(x *tape) { conflicting(x); x.commit(1, 1, raft.CountedMajority); x.see(3, 2) },
		broken: func(x *tape) { x.commit(3, 1, raft.ToldByLeader) },
		fine:   func(x *tape) { x.follow(1, 3); x.commit(3, 1, raft.ToldByLeader) },
	}, {
		rule: StateMachineSafety, text: "S1 applied another entry 1 of term 1 than the one in the log of S1",
		before: committed,
		broken: func(x *tape) { x.apply(1, raft.Entry{Index: 1, Term: 1, Data: []byte("other")}) },
		fine:   func(x *tape) { x.apply(1, entry(1, 1)) },
	}, {
		rule: AppliedInOrder, text: "S1 applied entry 2 after entry 0",
		before: func(x *tape) {
			committed(x)
			x.add(1, 1)
			x.save(1)
			x.replicate(1, 2)
			x.commit(1, 2, raft.CountedMajority)
		},
		broken: func(x *tape) { x.apply(1, entry(2, 1)) },
		fine:   func(x *tape) { x.apply(1, entry(1, 1)); x.apply(1, entry(2, 1)) },
	}, {
		rule: AppliedInOrder, text: "S1 applied entry 1 after entry 1",
		before: func(x *tape) { committed(x); x.apply(1, entry(1, 1)) },
		broken: func(x *tape) { x.apply(1, entry(1, 1)) },
		fine: func(x *tape) { // another life of the process
			x.restart(1)
			x.elect(1, 2, 2)
			x.add(1, 2)
			x.save(1)
			x.replicate(1, 2)
			x.commit(1, 2, raft.CountedMajority)
			x.apply(1, entry(1, 1))
		},
	}, {
		rule: AppliedInOrder, text: "S2 applied entry 1, and knows only of entries up to 0 that they are committed",
		before: committed,
		broken: func(x *tape) { x.apply(2, entry(1, 1)) },
		fine:   func(x *tape) { x.commit(2, 1, raft.ToldByLeader); x.apply(2, entry(1, 1)) },
	}, {
		rule: StateMachineSafety, text: "S1 has a snapshot up to entry 1 of term 1, which no leader has committed",
		before: replicated,
		broken: func(x *tape) { x.snapshot(1, raft.SnapshotTaken, 1, 1) },
		fine: func(x *tape) {
			x.commit(1, 1, raft.CountedMajority)
			x.apply(1, entry(1, 1))
			x.snapshot(1, raft.SnapshotTaken, 1, 1)
		},
	}, {
		rule: StateMachineSafety, text: "S3 has a snapshot up to entry 1 of term 1, which no leader has committed",
		before: func(x *tape) { conflicting(x); x.commit(1, 1, raft.CountedMajority); x.see(3, 2) },
		broken: func(x *tape) { x.snapshot(3, raft.SnapshotInstalled, 1, 1) },
		fine: func(x *tape) {
			x.snapshot(3, raft.SnapshotInstalled, 1, 2)
			x.commit(3, 1, raft.SentSnapshot)
			x.snapshot(3, raft.SnapshotRestored, 1, 2)
			x.add(1, 2)
			x.save(1)
			x.follow(1, 3)
			x.save(3)
			x.restart(3)
			x.snapshot(3, raft.SnapshotRestored, 1, 2)
		},
	}, {
		rule: AppliedInOrder, text: "S1 took a snapshot up to entry 1 when it had applied entries up to 0",
		before: committed,
		broken: func(x *tape) { x.snapshot(1, raft.SnapshotTaken, 1, 1) },
		fine:   func(x *tape) { x.apply(1, entry(1, 1)); x.snapshot(1, raft.SnapshotTaken, 1, 1) },
	}, {
		rule: AppliedInOrder, text: "S1 went back to a snapshot up to entry 1 after it had applied entries up to 1",
		before: func(x *tape) { committed(x); x.apply(1, entry(1, 1)); x.snapshot(1, raft.SnapshotTaken, 1, 1) },
		broken: func(x *tape) { x.snapshot(1, raft.SnapshotRestored, 1, 1) },
		fine:   func(x *tape) { x.save(1); x.restart(1); x.snapshot(1, raft.SnapshotRestored, 1, 1) },
	}, {
		rule: AppliedInOrder, text: "S1 applied entry 1 of term 2, which is not in its log",
		before: committed,
		broken: func(x *tape) { x.apply(1, entry(1, 2)) },
		fine:   func(x *tape) { x.apply(1, entry(1, 1)) },
	}}
}

func promiseExamples() []example {
	standing := func(x *tape) { x.step(raft.Event{Kind: raft.BecameCandidate, Server: 1, Term: 1, VotedFor: 1}) }
	ask := func(x *tape) { x.sendTo(1, 2, raft.RequestVote{Term: 1, Candidate: 1}, 0) }
	accept := func(x *tape, request trace.PacketID, term raft.Term) {
		x.sendTo(2, 1, raft.AppendEntriesReply{Term: term, Success: true}, request)
	}
	usurp := func(x *tape) { // S3 leads term 2 and puts another entry into the log of S2
		x.stand(3, 2)
		x.forge(1, 3, 2)
		x.lead(3, 2)
		x.add(3, 2)
		x.save(3)
		x.replicate(3, 2)
	}
	return []example{{
		rule: DurableBeforeAnswer, text: "S1 sent a message of term 1 while its disk held term 0",
		before: standing,
		broken: ask,
		fine:   func(x *tape) { x.save(1); ask(x) },
	}, {
		rule: DurableBeforeAnswer, text: "S1 sent its vote for S1 in term 1, while on its disk the vote of that term was for nobody",
		before: func(x *tape) { x.see(1, 1); x.save(1) },
		broken: ask,
		fine:   func(x *tape) { x.stand(1, 2); x.sendTo(1, 2, raft.RequestVote{Term: 2, Candidate: 1}, 0) },
	}, {
		rule: DurableBeforeAnswer, text: "S2 sent its vote for S1 in term 1, while on its disk the vote of that term was for nobody",
		before: func(x *tape) { x.stand(1, 1); x.see(2, 1); x.save(2); x.step(x.granted(2, 1, 1)); x.write(2) },
		broken: func(x *tape) { x.sendTo(2, 1, raft.RequestVoteReply{Term: 1, VoteGranted: true}, 0) },
		fine:   func(x *tape) { x.sendTo(2, 1, raft.RequestVoteReply{Term: 1}, 0) },
	}, {
		rule: DurableBeforeAnswer, text: "S2 sent a message of term 1 while its disk held term 0",
		before: func(x *tape) { x.stand(1, 1); x.see(2, 1); x.step(x.granted(2, 1, 1)) },
		broken: func(x *tape) { x.sendTo(2, 1, raft.RequestVoteReply{Term: 1, VoteGranted: true}, 0) },
		fine: func(x *tape) { // a later term on the disk keeps the promise of an earlier one
			x.see(2, 2)
			x.save(2)
			x.sendTo(2, 1, raft.RequestVoteReply{Term: 1, VoteGranted: true}, 0)
		},
	}, {
		rule: DurableBeforeAnswer, text: "S2 acknowledged the log up to entry 1 of term 1 before that entry was on its disk",
		before: func(x *tape) { x.elect(1, 1, 2); x.add(1, 1); x.save(1) },
		broken: func(x *tape) {
			request := x.deliverTo(1, 2, x.request(1, 2))
			x.follow(1, 2)
			x.write(2)
			accept(x, request, 1)
		},
		fine: func(x *tape) {
			request := x.deliverTo(1, 2, x.request(1, 2))
			x.follow(1, 2)
			x.save(2)
			accept(x, request, 1)
		},
	}, {
		rule: DurableBeforeAnswer, text: "S2 acknowledged the log up to entry 1 of term 1 before that entry was on its disk",
		before: func(x *tape) { x.elect(1, 1, 2); x.add(1, 1); x.save(1) },
		broken: func(x *tape) { // the entry was never there
			request := x.deliverTo(1, 2, x.request(1, 2))
			usurp(x)
			accept(x, request, 1)
		},
		fine: func(x *tape) { // the answer was on its way to the network while the entry was replaced
			request := x.deliverTo(1, 2, x.request(1, 2))
			x.follow(1, 2)
			x.save(2)
			usurp(x)
			accept(x, request, 1)
		},
	}, {
		rule: DurableBeforeAnswer, text: "S2 acknowledged the log up to entry 1 of term 1 before that entry was on its disk",
		before: func(x *tape) {
			x.elect(1, 1, 2)
			x.add(1, 1)
			x.save(1)
		},
		broken: func(x *tape) { // the twin of a request is a request of its own
			original := x.sendTo(1, 2, x.request(1, 2), 0)
			x.packets++
			x.tell(trace.Event{
				Kind: trace.PacketDuplicated, Packet: x.packets, Original: original, From: 1, To: 2,
				Message: x.request(1, 2), ArrivesAt: 1,
			})
			x.tell(trace.Event{Kind: trace.PacketDropped, Packet: original, From: 1, To: 2, Reason: trace.Lost})
			twin := x.packets
			x.deliver(twin)
			x.follow(1, 2)
			accept(x, twin, 1)
		},
		fine: func(x *tape) { // what the disk finished in the crash is durable
			x.deliverTo(1, 2, x.request(1, 2))
			x.follow(1, 2)
			x.write(2)
			x.crash(2, true)
			x.tell(trace.Event{Kind: trace.ServerRestarted, Server: 2})
			x.start(2)
			again := x.deliverTo(1, 2, x.request(1, 2))
			accept(x, again, 1)
		},
	}, {
		rule: DurableBeforeAnswer, text: "S3 acknowledged the log up to entry 1 of term 1 before that entry was on its disk",
		before: func(x *tape) { committed(x); x.see(3, 1); x.save(3) },
		broken: func(x *tape) { x.installed(func() {}) },
		fine:   func(x *tape) { x.installed(func() { x.snapshot(3, raft.SnapshotInstalled, 1, 1); x.save(3) }) },
	}, {
		rule: DurableBeforeAnswer, text: "S1 sent a message of term 1 while its disk held term 0",
		before: nothing,
		broken: func(x *tape) { x.sendTo(1, 2, raft.RequestVote{Term: 1, Candidate: 1}, 0) },
		fine: func(x *tape) { // only a question
			x.sendTo(1, 2, raft.RequestVote{Term: 1, Candidate: 1, PreVote: true}, 0)
			x.sendTo(2, 1, raft.RequestVoteReply{VoteGranted: true, PreVote: true}, 0)
			x.elect(3, 1, 2)
		},
	}, {
		rule: CoherentRecord, text: "there is no server 9",
		before: nothing,
		broken: func(x *tape) { x.tell(trace.Event{Kind: trace.ServerPaused, Server: 9}) },
		fine:   func(x *tape) { x.tell(trace.Event{Kind: trace.ServerPaused, Server: 3}) },
	}, {
		rule: CoherentRecord, text: "there is no packet 7 in flight",
		before: nothing,
		broken: func(x *tape) { x.tell(trace.Event{Kind: trace.PacketDelivered, Packet: 7, From: 1, To: 2}) },
		fine:   func(x *tape) { x.deliverTo(1, 2, raft.AppendEntriesReply{}) },
	}}
}

func examples() []example {
	return slices.Concat(electionExamples(), logExamples(), commitExamples(), promiseExamples(), memberExamples(), readExamples())
}

func TestRulesAreBrokenByWhatBreaksThemAndByNothingElse(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.rule, func(t *testing.T) {
			x := newTape(t, 3)
			e.before(x)
			if x.broken != nil {
				t.Fatalf("before: %v", x.broken)
			}
			e.broken(x)
			if x.broken == nil || x.broken.Rule != e.rule || !strings.Contains(x.broken.Text, e.text) {
				t.Fatalf("got %v\nwant %s: %s", x.broken, e.rule, e.text)
			}
			if x.broken.At != x.now || x.broken.Event != int(x.now.Milliseconds()) {
				t.Errorf("it is said to be event %d at %v, and was the last, event %d at %v", x.broken.Event, x.broken.At, x.now.Milliseconds(), x.now)
			}

			y := newTape(t, 3)
			e.before(y)
			e.fine(y)
			if y.broken != nil {
				t.Errorf("false alarm: %v", y.broken)
			}
		})
	}
}

func TestEveryRuleHasAnExample(t *testing.T) {
	shown := map[string]bool{}
	for _, e := range examples() {
		shown[e.rule] = true
		if _, ok := RuleNamed(e.rule); !ok {
			t.Errorf("%s is not among the rules", e.rule)
		}
	}
	for _, rule := range Rules {
		if !shown[rule.Name] {
			t.Errorf("%s has no example", rule.Name)
		}
		if rule.Sentence == "" || rule.Place == "" {
			t.Errorf("%s has no sentence or no place", rule.Name)
		}
	}
	if len(shown) != len(Rules) {
		t.Errorf("there are %d rules, and examples of %d", len(Rules), len(shown))
	}
}

// A leader that hears late from its voters may lead a term that is over for
// others, who have committed entries that it lacks. That is no violation.
func TestLateLeaderNeedNotHoldWhatLaterTermsCommitted(t *testing.T) {
	x := newTape(t, 3)
	x.stand(3, 1)
	x.vote(2, 3, 1)
	x.elect(1, 2, 2)
	x.add(1, 2)
	x.save(1)
	x.replicate(1, 2)
	x.commit(1, 1, raft.CountedMajority)
	x.lead(3, 1)
	if x.broken != nil {
		t.Fatal(x.broken)
	}
}

// A cluster of one server needs nobody's vote but its own, on its disk.
func TestSingleServerLeadsByItsOwnVote(t *testing.T) {
	x := newTape(t, 1)
	x.stand(1, 1)
	x.lead(1, 1)
	x.add(1, 1)
	x.save(1)
	x.commit(1, 1, raft.CountedMajority)
	if x.broken != nil {
		t.Fatal(x.broken)
	}
	x = newTape(t, 1)
	x.step(raft.Event{Kind: raft.BecameCandidate, Server: 1, Term: 1, VotedFor: 1})
	x.lead(1, 1)
	if x.broken == nil || x.broken.Rule != ElectionSafety {
		t.Fatalf("got %v", x.broken)
	}
}

// Requests whose senders or receivers are gone must not be remembered for ever.
func TestRequestsAreForgotten(t *testing.T) {
	x := newTape(t, 3)
	x.elect(1, 1, 2)
	for range 100 {
		lost := x.sendTo(1, 2, x.request(1, 2), 0)
		x.tell(trace.Event{Kind: trace.PacketDropped, Packet: lost, From: 1, To: 2, Reason: trace.Lost})
		answered := x.deliverTo(1, 2, x.request(1, 2))
		x.sendTo(2, 1, raft.AppendEntriesReply{Term: 1, Success: true}, answered)
		x.deliverTo(1, 2, x.request(1, 2))
		x.restart(2)
	}
	if n := len(x.checker.requests); n != 0 || x.broken != nil {
		t.Errorf("%d requests are remembered; %v", n, x.broken)
	}
}
