package trace

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"raftarium/raft"
)

// folding is a model with the events that it was made from, so that a
// test reads as a story.
type folding struct {
	*Model
	t *testing.T
}

func newFolding(t *testing.T) folding {
	return folding{NewModel(sampleHeader()), t}
}

func (f folding) tell(e Event) {
	f.t.Helper()
	if err := f.Fold(&e); err != nil {
		f.t.Fatal(err)
	}
}

func (f folding) step(at time.Duration, core raft.Event) {
	f.t.Helper()
	f.tell(Event{At: at, Kind: ServerStep, Core: core})
}

func appendStep(server raft.ServerID, index raft.Index, term raft.Term) raft.Event {
	entry := raft.Entry{Index: index, Term: term}
	return raft.Event{Kind: raft.EntryAppended, Server: server, Term: term, Index: index, EntryTerm: term, Entry: entry}
}

func terms(log []raft.Entry) []raft.Term {
	var terms []raft.Term
	for _, entry := range log {
		terms = append(terms, entry.Term)
	}
	return terms
}

func TestWriteReachesTheDiskOrNot(t *testing.T) {
	for _, c := range []struct {
		name     string
		end      Event
		wantTerm raft.Term
		wantLog  []raft.Term
	}{
		{"it is done", Event{Kind: ServerStep, Core: raft.Event{Kind: raft.Persisted, Server: 1, Term: 2, VotedFor: 3, Index: 2, LastIndex: 3}}, 2, []raft.Term{1, 2, 2}},
		{"it survives a crash", Event{Kind: ServerCrashed, Server: 1, Survived: true}, 2, []raft.Term{1, 2, 2}},
		{"it is lost in a crash", Event{Kind: ServerCrashed, Server: 1}, 1, []raft.Term{1, 1}},
	} {
		f := newFolding(t)
		f.step(0, raft.Event{Kind: raft.Started, Server: 1})
		f.step(0, raft.Event{Kind: raft.BecameFollower, Server: 1, Term: 1})
		f.step(0, appendStep(1, 1, 1))
		f.step(0, appendStep(1, 2, 1))
		f.step(0, raft.Event{Kind: raft.WriteStarted, Server: 1, Term: 1, Index: 1, LastIndex: 2})
		f.step(0, raft.Event{Kind: raft.Persisted, Server: 1, Term: 1, Index: 1, LastIndex: 2})
		f.step(1, raft.Event{Kind: raft.BecameFollower, Server: 1, Term: 2})
		f.step(1, raft.Event{Kind: raft.LogTruncated, Server: 1, Term: 2, Index: 2, LastIndex: 2})
		f.step(1, appendStep(1, 2, 2))
		f.step(1, appendStep(1, 3, 2))
		f.step(1, raft.Event{Kind: raft.WriteStarted, Server: 1, Term: 2, VotedFor: 3, Index: 2, LastIndex: 3})
		s := &f.Servers[0]
		if s.Writing == nil || s.Disk.HardState.CurrentTerm != 1 || len(s.Disk.Log) != 2 {
			t.Fatalf("%s: while the write is on its way: %+v", c.name, s.Disk)
		}
		if got := terms(s.Torn); !slices.Equal(got, []raft.Term{1}) || s.TornFrom != 2 || s.TornAt != 1 {
			t.Errorf("%s: torn is %v from %d at %v", c.name, got, s.TornFrom, s.TornAt)
		}
		c.end.At = 2
		f.tell(c.end)
		if s.Writing != nil || s.Disk.HardState.CurrentTerm != c.wantTerm || !slices.Equal(terms(s.Disk.Log), c.wantLog) {
			t.Errorf("%s: the disk holds %+v", c.name, s.Disk)
		}
		if c.end.Kind != ServerCrashed {
			continue
		}
		if s.Alive || s.Term != 2 || len(s.Log) != 3 {
			t.Errorf("%s: a crashed server shows %+v, want what its memory held", c.name, s)
		}
		f.tell(Event{At: 3, Kind: ServerRestarted, Server: 1})
		f.step(3, raft.Event{Kind: raft.Started, Server: 1, Term: c.wantTerm, LastIndex: raft.Index(len(c.wantLog))})
		if !s.Alive || s.Term != c.wantTerm || !slices.Equal(terms(s.Log), c.wantLog) || s.CommitIndex != 0 || s.Torn != nil {
			t.Errorf("%s: restarted as %+v", c.name, s)
		}
	}
}

func TestElectionIsFolded(t *testing.T) {
	h, events := sample()
	f := folding{NewModel(h), t}
	for _, e := range events[:20] {
		f.tell(e)
	}
	s := &f.Servers[0]
	if s.Role != raft.Candidate || s.Term != 1 || s.VotedFor != 1 || !slices.Equal(s.Votes, []raft.ServerID{1}) {
		t.Fatalf("the candidate is %+v", s)
	}
	f.step(20, raft.Event{Kind: raft.VoteDenied, Server: 1, Term: 1, Peer: 2})
	f.step(20, raft.Event{Kind: raft.VoteReceived, Server: 1, Term: 1, Peer: 2})
	f.step(20, raft.Event{Kind: raft.VoteReceived, Server: 1, Term: 1, Peer: 2})
	f.step(20, raft.Event{Kind: raft.VoteDenied, Server: 1, Term: 1, Peer: 3})
	if !slices.Equal(s.Votes, []raft.ServerID{1, 2}) || !slices.Equal(s.Refused, []raft.ServerID{3}) {
		t.Errorf("votes are %v, refused have %v", s.Votes, s.Refused)
	}
	f.step(21, raft.Event{Kind: raft.BecameLeader, Server: 1, Term: 1})
	f.step(21, raft.Event{Kind: raft.ProgressMoved, Server: 1, Term: 1, Peer: 3, Index: 5, LastIndex: 4})
	f.step(22, raft.Event{Kind: raft.HeartbeatsSent, Server: 1, Term: 1})
	if s.Role != raft.Leader || s.Leader != 1 || len(s.Votes) != 0 || s.ChangedAt != 21 || s.HeartbeatAt != 22 ||
		!slices.Equal(s.NextIndex, []raft.Index{0, 0, 5}) || !slices.Equal(s.MatchIndex, []raft.Index{0, 0, 4}) {
		t.Errorf("the leader is %+v", s)
	}
	f.step(23, raft.Event{Kind: raft.BecameFollower, Server: 1, Term: 2, Peer: 3, Reason: raft.SawHigherTerm})
	f.step(23, raft.Event{Kind: raft.TimerReset, Server: 1, Term: 2, Peer: 3, Reason: raft.HeardFromLeader, Timeout: 170 * time.Millisecond})
	if s.Role != raft.Follower || s.Leader != 3 || s.VotedFor != raft.None || len(s.NextIndex) != 0 || s.TimerStart != 23 || s.Redrawn != 0 {
		t.Errorf("the follower is %+v", s)
	}
	f.step(24, raft.Event{Kind: raft.TimerReset, Server: 1, Term: 2, Peer: 3, Reason: raft.GrantedVote, Timeout: 200 * time.Millisecond})
	if s.Redrawn != 24 || s.Timeout != 200*time.Millisecond {
		t.Errorf("the timer is %+v", s)
	}
}

func TestPacketsAreFolded(t *testing.T) {
	f := newFolding(t)
	send := func(at time.Duration, id PacketID) {
		f.tell(Event{At: at, Kind: PacketSent, Packet: id, From: 1, To: 2, ArrivesAt: at + 10, Message: raft.RequestVote{Term: 1}})
	}
	ids := func(packets []Packet) []PacketID {
		var ids []PacketID
		for _, p := range packets {
			ids = append(ids, p.ID)
		}
		return ids
	}
	for id := PacketID(1); id <= 6; id++ {
		send(0, id)
	}
	f.tell(Event{At: 1, Kind: PacketDelayed, Packet: 3, From: 1, To: 2, ArrivesAt: 99})
	f.tell(Event{At: 2, Kind: PacketDropped, Packet: 2, From: 1, To: 2, Reason: Lost})
	f.tell(Event{At: 3, Kind: PacketDelivered, Packet: 5, From: 1, To: 2})
	if got := ids(f.Packets); !slices.Equal(got, []PacketID{1, 3, 4, 6}) || f.Packets[1].ArrivesAt != 99 {
		t.Errorf("in flight are %v: %+v", got, f.Packets[1])
	}
	if got := ids(f.Ended); !slices.Equal(got, []PacketID{2, 5}) || f.Ended[0].Dropped != Lost || f.Ended[1].Dropped != NoReason || f.Ended[1].EndedAt != 3 {
		t.Errorf("ended have %v: %+v", got, f.Ended)
	}
	send(EndedFor+2, 7)
	if got := ids(f.Ended); !slices.Equal(got, []PacketID{2, 5}) {
		t.Errorf("after %v, remembered are %v", EndedFor, got)
	}
	send(EndedFor+3, 8)
	if got := ids(f.Ended); !slices.Equal(got, []PacketID{5}) {
		t.Errorf("after a little more, remembered are %v", got)
	}
}

func TestPacketsOfATermThatIsOverAreMarked(t *testing.T) {
	request := raft.AppendEntries{Term: 3, Leader: 1, PrevLogIndex: 4}
	for _, c := range []struct {
		name    string
		message raft.Message
		step    raft.Event
		want    bool
	}{
		{"an AppendEntries of an older term", request,
			raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 5, Peer: 1, Reason: raft.OlderTerm, RequestTerm: 3, Index: 4}, true},
		{"an AppendEntries refused for another reason", request,
			raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 3, Peer: 1, Reason: raft.MissingEntry, RequestTerm: 3, Index: 4}, false},
		{"another AppendEntries", request,
			raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 5, Peer: 1, Reason: raft.OlderTerm, RequestTerm: 2, Index: 4}, false},
		{"an AppendEntries from another server", request,
			raft.Event{Kind: raft.AppendRefused, Server: 2, Term: 5, Peer: 3, Reason: raft.OlderTerm, RequestTerm: 3, Index: 4}, false},
		{"a RequestVote of an older term", raft.RequestVote{Term: 3, Candidate: 1, LastLogIndex: 7},
			raft.Event{Kind: raft.VoteRefused, Server: 2, Term: 5, Peer: 1, Reason: raft.OlderTerm, RequestTerm: 3, PeerIndex: 7}, true},
		{"a RequestVote refused for another reason", raft.RequestVote{Term: 3, Candidate: 1, LastLogIndex: 7},
			raft.Event{Kind: raft.VoteRefused, Server: 2, Term: 3, Peer: 1, Reason: raft.AlreadyVoted, RequestTerm: 3, PeerIndex: 7}, false},
		{"a late vote", raft.RequestVoteReply{Term: 3, VoteGranted: true},
			raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 4, Peer: 1, Reason: raft.TermChanged, RequestTerm: 3, PeerTerm: 3}, true},
		{"a late acknowledgement", raft.AppendEntriesReply{Term: 3, Success: true},
			raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 4, Peer: 1, Reason: raft.TermChanged, RequestTerm: 3, PeerTerm: 3}, true},
		{"a reply that brings news of a higher term", raft.AppendEntriesReply{Term: 4},
			raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 4, Peer: 1, Reason: raft.TermChanged, RequestTerm: 3, PeerTerm: 4}, false},
		{"a vote for one who leads already", raft.RequestVoteReply{Term: 3, VoteGranted: true},
			raft.Event{Kind: raft.ReplyIgnored, Server: 2, Term: 3, Peer: 1, Reason: raft.RoleChanged, RequestTerm: 3, PeerTerm: 3}, false},
	} {
		f := newFolding(t)
		f.tell(Event{Kind: PacketSent, Packet: 1, From: 1, To: 2, ArrivesAt: 1, Message: c.message})
		f.tell(Event{Kind: PacketSent, Packet: 2, From: 1, To: 2, ArrivesAt: 1, Message: c.message})
		f.tell(Event{At: 1, Kind: PacketDropped, Packet: 1, From: 1, To: 2, Reason: Lost})
		f.tell(Event{At: 1, Kind: PacketDelivered, Packet: 2, From: 1, To: 2})
		f.step(1, c.step)
		if got := f.Ended[1].Stale; got != c.want {
			t.Errorf("%s: stale is %v", c.name, got)
		}
		if f.Ended[0].Stale {
			t.Errorf("%s: a packet that never arrived is stale", c.name)
		}
	}
}

func TestLinksClientsAndSettingsAreFolded(t *testing.T) {
	f := newFolding(t)
	f.tell(Event{At: 1, Kind: LinkCut, From: 1, To: 3})
	if !f.IsCut(1, 3) || f.IsCut(3, 1) || f.IsCut(1, 2) {
		t.Error("more or less was cut than one direction")
	}
	f.tell(Event{At: 2, Kind: LinkHealed, From: 1, To: 3})
	if f.IsCut(1, 3) {
		t.Error("the link is still cut")
	}
	f.tell(Event{At: 3, Kind: NetworkChanged, Network: &Network{Loss: 0.5}})
	if f.Network.Loss != 0.5 || f.Header.Network.Loss != 0.05 {
		t.Errorf("the settings are %+v, and in the header %+v", f.Network, f.Header.Network)
	}
	f.tell(Event{At: 4, Kind: ClientInvoked, From: -2, Operation: []byte{1}})
	if c := f.Clients[1]; c.ID != -2 || c.Operation == nil || c.Since != 4 {
		t.Errorf("the client that waits is %+v", c)
	}
	f.tell(Event{At: 5, Kind: ClientReturned, From: -2, Operation: []byte{1}, Result: []byte{0}})
	if c := f.Clients[1]; c.Operation != nil || c.Completed != 1 || c.LastOK != 5 {
		t.Errorf("the client that was answered is %+v", c)
	}
	f.step(6, raft.Event{Kind: raft.Started, Server: 2})
	f.tell(Event{At: 6, Kind: ServerPaused, Server: 2})
	if s := f.Servers[1]; !s.Alive || !s.Paused {
		t.Errorf("the paused server is %+v", s)
	}
	f.tell(Event{At: 7, Kind: ServerResumed, Server: 2})
	f.step(8, raft.Event{Kind: raft.Stopped, Server: 2})
	if s := f.Servers[1]; s.Alive || s.Paused {
		t.Errorf("the stopped server is %+v", s)
	}
}

func TestEventsThatCannotFollowChangeNothing(t *testing.T) {
	entry := appendStep(1, 1, 1)
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{Kind: ServerPaused, Server: 99}, "there is no server 99"},
		{Event{At: 1, Kind: ServerPaused, Server: 1}, "earlier than the event before"},
		{Event{Kind: PacketSent, Packet: 1, From: 1, To: 2, ArrivesAt: 40, Message: raft.RequestVote{}}, "there is a packet 1 already"},
		{Event{Kind: PacketDelivered, Packet: 9, From: 1, To: 2}, "there is no packet 9 in flight"},
		{Event{Kind: PacketDelayed, Packet: 9, From: 1, To: 2, ArrivesAt: 40}, "there is no packet 9 in flight"},
		{Event{Kind: ServerStep, Core: appendStep(1, 3, 1)}, "S1 appends entry 3 to a log that ends with entry 1"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.LogTruncated, Server: 1, Index: 1, LastIndex: 2}}, "S1 removes entries up to 2 from a log that ends with entry 1"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.CommitAdvanced, Server: 1, LastIndex: 2}}, "S1 commits or applies entry 2 of a log that ends with entry 1"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.ProgressMoved, Server: 1, Peer: 2}}, "the first entry is entry 1"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.Persisted, Server: 1}}, "S1 has no write on its way to the disk"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.WriteStarted, Server: 1, Index: 2, LastIndex: 2}}, "entries are written that are not there"},
		{Event{Kind: ServerStep, Core: raft.Event{Kind: raft.Started, Server: 1, LastIndex: 1}}, "S1 starts with a log that ends with entry 1, and on its disk it ends with entry 0"},
	} {
		f := newFolding(t)
		f.step(0, raft.Event{Kind: raft.Started, Server: 1})
		f.step(2, entry)
		f.tell(Event{At: 2, Kind: PacketSent, Packet: 1, From: 1, To: 2, ArrivesAt: 30, Message: raft.RequestVote{}})
		before := f.Clone()
		if c.event.At == 0 {
			c.event.At = 3
			c.event.ArrivesAt = max(c.event.ArrivesAt, 3)
		}
		err := f.Fold(&c.event)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "event 4: ") {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
		if !reflect.DeepEqual(f.Model, before) {
			t.Errorf("%s: the model has changed", c.want)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	h, events := sample()
	b.ReportAllocs()
	for i := 0; i < b.N; {
		m := NewModel(h)
		for j := 0; j < len(events) && i < b.N; j++ {
			if err := m.Fold(&events[j]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	}
}
