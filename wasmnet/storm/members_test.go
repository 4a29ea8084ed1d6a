package storm

import (
	"slices"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

func up(ids ...raft.ServerID) func(raft.ServerID) bool {
	return func(id raft.ServerID) bool { return slices.Contains(ids, id) }
}

func TestMembersCanDecide(t *testing.T) {
	header := wasmnet.DefaultHeader(1)
	header.Features.Spares = 2
	m := newMembers(header)
	changed := func(id raft.ServerID, index raft.Index, c raft.Configuration) {
		m.observe(&raft.Event{Kind: raft.MembershipChanged, Server: id, Index: index, Configuration: &c})
	}
	committed := func(id raft.ServerID, index raft.Index) {
		m.observe(&raft.Event{Kind: raft.CommitAdvanced, Server: id, LastIndex: index})
	}
	want := func(what string, is, want bool) {
		t.Helper()
		if is != want {
			t.Errorf("%s: %v, want %v", what, is, want)
		}
	}
	want("two of the three founders", m.canDecide(up(1, 2)), true)
	want("one of them and the spare ones", m.canDecide(up(1, 4, 5)), false)
	joint := raft.Configuration{Voters: []raft.ServerID{3, 4, 5}, Outgoing: []raft.ServerID{1, 2, 3}}
	changed(1, 5, joint)
	changed(2, 5, joint)
	want("the founders, while their change may be committed", m.canDecide(up(1, 2)), false)
	want("the new ones, while it may be forgotten", m.canDecide(up(3, 4, 5)), false)
	want("majorities of both", m.canDecide(up(2, 3, 4)), true)
	committed(1, 4)
	committed(1, 5)
	want("still joint", m.canDecide(up(3, 4, 5)), false)
	changed(1, 6, raft.Configuration{Voters: []raft.ServerID{3, 4, 5}})
	changed(1, 6, raft.Configuration{Voters: []raft.ServerID{3, 4, 5}})
	if len(m.later) != 1 {
		t.Errorf("the same change is kept %d times", len(m.later))
	}
	committed(1, 7)
	want("the new ones", m.canDecide(up(4, 5)), true)
	want("S1 was removed", m.removed(1), true)
	want("S3 was not", m.removed(3), false)
}

// Whatever a calm leaves dead, the rest can go on, and the shrinker brings about the
// same deaths.
func TestDeathsLeaveACore(t *testing.T) {
	deaths := 0
	for seed := range uint64(60) {
		o := rage(t, Storm{Seed: seed, Servers: 5, For: 500 * time.Millisecond})
		dead := deadAfter(o.Run.Commands[o.CalmFrom:])
		deaths += len(dead)
		s := &shrinking{best: o, rule: RecoversInTime}
		if again := deadAfter(s.calm()); len(again) != len(dead) {
			t.Errorf("seed %d: dead are %v, and in the shrunk run %v", seed, dead, again)
		}
		if o.Violation != nil {
			t.Errorf("seed %d: %v", seed, o.Violation)
		}
	}
	if deaths < 30 {
		t.Errorf("%d servers stayed dead in 60 storms", deaths)
	}
}

// Of a cluster that cannot go on nothing is asked.
func TestNothingIsAskedWithoutAQuorum(t *testing.T) {
	run := wasmnet.Run{Header: wasmnet.DefaultHeader(1), For: 3 * time.Second}
	for id := raft.ServerID(1); id <= 3; id++ {
		run.Commands = append(run.Commands, trace.Command{At: time.Second, Kind: trace.Crash, Server: id})
	}
	o, err := Replay(run, 0, nil)
	if err != nil || o.Violation != nil || o.Run.For > 10*time.Second {
		t.Errorf("got %v, %v after %v", o.Violation, err, o.Run.For)
	}
}
