package check

import "raftarium/raft"

// change appends a change of the membership to a leader's log, and takes it into
// force.
func (x *tape) change(id raft.ServerID, next raft.Configuration) {
	x.t.Helper()
	s := x.server(id)
	entry := raft.Entry{Index: s.LastIndex() + 1, Term: s.Term, Kind: raft.ConfigurationChange, Data: next.Encode()}
	x.step(appended(id, s.Term, entry))
	if x.broken == nil {
		x.step(raft.Event{Kind: raft.MembershipChanged, Server: id, Term: s.Term, Index: entry.Index, Configuration: &next})
	}
}

// settled has S1 lead term 1 with the voters S1 to S3 and a committed entry.
func settled(x *tape) {
	committed(x)
	x.configure(1, three())
}

// commitAll has S1 commit all of its log.
func (x *tape) commitAll() {
	x.t.Helper()
	x.save(1)
	x.replicate(1, 2)
	x.commit(1, x.server(1).LastIndex(), raft.CountedMajority)
}

func three() raft.Configuration { return voters(1, 2, 3) }

func voters(ids ...raft.ServerID) raft.Configuration { return raft.Configuration{Voters: ids} }

func learning() raft.Configuration {
	return raft.Configuration{Voters: []raft.ServerID{1, 2}, Learners: []raft.ServerID{3}}
}

func jointly(outgoing, ids []raft.ServerID) raft.Configuration {
	return raft.Configuration{Voters: ids, Outgoing: outgoing}
}

func memberExamples() []example {
	all := []raft.ServerID{1, 2, 3}
	return []example{{
		rule: ChangesWait, text: "S1 leads term 2 and begins a change of the membership with entry 2, and has committed no entry of its own term",
		before: func(x *tape) { settled(x); x.elect(1, 2, 2) },
		broken: func(x *tape) { x.change(1, learning()) },
		fine: func(x *tape) {
			x.add(1, 2)
			x.commitAll()
			x.change(1, learning())
		},
	}, {
		rule: ChangesWait, text: "S1 leads term 2 and begins a change of the membership with entry 3",
		before: func(x *tape) { settled(x); x.change(1, jointly(all, all)); x.commitAll(); x.elect(1, 2, 2) },
		broken: func(x *tape) { x.change(1, learning()) },
		fine:   func(x *tape) { x.change(1, three()) }, // only leaves what it finds
	}, {
		rule: OneChange, text: "S1 begins a change of the membership with entry 3, and the change before, entry 2, is not committed",
		before: func(x *tape) { settled(x); x.change(1, learning()) },
		broken: func(x *tape) { x.change(1, three()) },
		fine:   func(x *tape) { x.commitAll(); x.change(1, three()) },
	}, {
		rule: OneChange, text: "the change before, entry 2, is not committed",
		before: func(x *tape) { settled(x); x.change(1, jointly(all, []raft.ServerID{1, 2})) },
		broken: func(x *tape) { x.change(1, voters(1, 2)) },
		fine:   func(x *tape) { x.commitAll(); x.change(1, voters(1, 2)) },
	}, {
		rule: MajoritiesOverlap, text: "S1 goes from the voters S1, S2, S3 to S1 with entry 2: two majorities could decide without each other",
		before: settled,
		broken: func(x *tape) { x.change(1, voters(1)) },
		fine:   func(x *tape) { x.change(1, voters(2, 1)) },
	}, {
		rule: MajoritiesOverlap, text: "from the voters S1, S2, S3 to S1 jointly with S1, S2",
		before: settled,
		broken: func(x *tape) { x.change(1, jointly([]raft.ServerID{1, 2}, []raft.ServerID{1})) },
		fine:   func(x *tape) { x.change(1, jointly([]raft.ServerID{3, 2, 1}, []raft.ServerID{1})) },
	}, {
		rule: MajoritiesOverlap, text: "from the voters S1, S2 jointly with S1, S2, S3 to S1",
		before: func(x *tape) { settled(x); x.change(1, jointly(all, []raft.ServerID{1, 2})); x.commitAll() },
		broken: func(x *tape) { x.change(1, voters(1)) },
		fine:   func(x *tape) { x.change(1, voters(1, 2)); x.commitAll(); x.change(1, voters(1)) },
	}}
}

// reads has a leader begin a read; confirms is how that ends.
func (x *tape) reads(id raft.ServerID, number uint64) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.ReadBegan, Server: id, Term: x.server(id).Term, Read: number})
}

func (x *tape) confirms(id raft.ServerID, number uint64, index raft.Index, reason raft.Reason) {
	x.t.Helper()
	x.step(raft.Event{Kind: raft.ReadConfirmed, Server: id, Term: x.server(id).Term, Read: number, Index: index, Reason: reason})
}

// deposed has S1 lead term 1 with an entry that is committed, while S2 leads term 2
// with another one after it that is on two disks.
func deposed(x *tape) {
	committed(x)
	x.elect(2, 2, 3)
	x.add(2, 2)
	x.save(2)
	x.replicate(2, 3)
}

func readExamples() []example {
	return []example{{
		rule: ReadsAreCurrent, text: "S1 answers a read once entry 1 is applied, but entries up to 2 were committed when the read began",
		before: deposed,
		broken: func(x *tape) {
			x.commit(2, 2, raft.CountedMajority)
			x.reads(1, 1)
			x.confirms(1, 1, 1, raft.HeardFromQuorum)
		},
		fine: func(x *tape) { // it began before
			x.reads(1, 1)
			x.commit(2, 2, raft.CountedMajority)
			x.confirms(1, 1, 1, raft.HeardFromQuorum)
		},
	}, {
		rule: ReadsAreCurrent, text: "S1 relies on its lease to answer a read once entry 1 is applied, but S2 has committed entry 2",
		before: func(x *tape) { deposed(x); x.reads(1, 1); x.commit(2, 2, raft.CountedMajority) },
		broken: func(x *tape) { x.confirms(1, 1, 1, raft.HeldLease) },
		fine:   func(x *tape) { x.reads(2, 1); x.confirms(2, 1, 2, raft.HeldLease) },
	}}
}
