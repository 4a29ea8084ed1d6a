package narrate

import (
	"fmt"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter tells the steps of the core, in the order of its own chapters.

func tellStep(m *trace.Model, e *trace.Event) Line {
	step := &e.Core
	before := &m.Servers[step.Server-1]
	line := Line{Server: step.Server, Term: step.Term}
	switch step.Kind {
	case raft.Started, raft.Stopped, raft.MembershipChanged:
		line.Kind, line.Text = Process, tellLife(step)
	case raft.ElectionTimedOut, raft.BecameFollower, raft.BecamePreCandidate, raft.BecameCandidate, raft.BecameLeader:
		line.Kind, line.Text = Election, tellRole(before, step, len(m.Servers))
	case raft.VoteGranted, raft.VoteRefused, raft.VoteReceived, raft.PreVoteGranted, raft.PreVoteRefused:
		line.Kind, line.Text = Election, tellVote(before, step, len(m.Servers))
	case raft.TransferStarted, raft.TransferAborted, raft.TransferAsked:
		line.Kind, line.Text = Election, tellTransfer(step)
	case raft.HeartbeatsSent:
		line.Kind, line.Text = Election, fmt.Sprintf("%s sends heartbeats: it leads term %d.", Server(step.Server), step.Term)
	case raft.EntryAppended, raft.LogTruncated:
		line.Kind, line.Text = Log, tellLog(before, step)
	case raft.AppendRefused:
		line.Kind, line.Text = Log, tellAppendRefused(step)
	case raft.CommitAdvanced, raft.CommitWithheld, raft.EntryApplied:
		line.Kind, line.Text = Commit, tellCommit(step)
	case raft.SnapshotTaken, raft.SnapshotInstalled, raft.SnapshotRestored:
		line.Kind, line.Text = Log, tellSnapshot(step)
	case raft.ReplyIgnored:
		line.Kind, line.Text = Network, tellIgnored(before, step)
	case raft.ProposalRefused:
		line.Kind, line.Text = Client, tellRedirect(step)
	}
	line.Weight = weigh(before, e)
	return line
}

// weigh says how much a step matters. What every follower does with every
// entry is told only to those who go step by step.
func weigh(before *trace.Server, e *trace.Event) Weight {
	step := &e.Core
	switch step.Kind {
	case raft.BecameLeader, raft.LogTruncated:
		return Loud
	case raft.BecameFollower:
		if before.Role == raft.Leader {
			return Loud
		}
		return Plain
	case raft.HeartbeatsSent, raft.EntryApplied:
		return Whisper
	case raft.EntryAppended:
		if before.Role != raft.Leader {
			return Whisper
		}
	case raft.CommitAdvanced:
		if step.Reason == raft.ToldByLeader {
			return Whisper
		}
	case raft.ReplyIgnored:
		if step.Reason != raft.TermChanged {
			return Whisper
		}
	}
	return Plain
}

func tellLife(step *raft.Event) string {
	name := Server(step.Server)
	switch {
	case step.Kind == raft.Stopped:
		return name + " stopped in good order."
	case step.Kind == raft.MembershipChanged && step.Index == 0:
		return "" // the one that it was started with
	case step.Kind == raft.MembershipChanged:
		return fmt.Sprintf("%s goes by the membership in entry %d from now on.", name, step.Index)
	}
	if step.Term == 0 && step.LastIndex == 0 {
		return name + " starts with an empty disk, as a follower."
	}
	vote := "it has not voted in that term"
	if step.VotedFor != raft.None {
		vote = "its vote for " + Server(step.VotedFor)
		if step.VotedFor == step.Server {
			vote = "its vote for itself"
		}
	}
	return fmt.Sprintf("%s found on its disk: term %d, %s, %s. All else it has forgotten.",
		name, step.Term, vote, Count(int(step.LastIndex), "entry", "entries"))
}

// Elections.

func tellRole(before *trace.Server, step *raft.Event, servers int) string {
	name := Server(step.Server)
	switch step.Kind {
	case raft.ElectionTimedOut:
		switch step.Reason {
		case raft.Forced:
			return name + " was told to begin an election at once."
		case raft.HandingOver:
			return name + " begins an election at once, since the leader hands over to it."
		}
		return fmt.Sprintf("%s heard nothing from a leader for %s: its election timeout ran out.", name, Milliseconds(step.Timeout))
	case raft.BecamePreCandidate:
		return fmt.Sprintf("%s first asks whether it would be elected in term %d; its own term stays %d.", name, step.RequestTerm, step.Term)
	case raft.BecameCandidate:
		if servers == 1 {
			return fmt.Sprintf("%s begins an election: it moves to term %d and votes for itself.", name, step.Term)
		}
		return fmt.Sprintf("%s begins an election: it moves to term %d, votes for itself and asks the others for their votes.", name, step.Term)
	case raft.BecameLeader:
		return fmt.Sprintf("%s became leader of term %d %s.", name, step.Term, withVotes(before))
	}
	return tellFollower(before, step)
}

func withVotes(candidate *trace.Server) string {
	var others []string
	for _, id := range candidate.Votes {
		if id != candidate.ID {
			others = append(others, Server(id))
		}
	}
	if len(others) == 0 {
		return "with its own vote, which is a majority of one"
	}
	return "with votes from " + row(append(others, "itself"))
}

func tellFollower(before *trace.Server, step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch {
	case step.Reason == raft.SawLeader:
		return fmt.Sprintf("%s gave up its election: %s already leads term %d.", name, peer, step.Term)
	case step.Reason == raft.LostQuorum:
		return fmt.Sprintf("%s stepped down as leader of term %d: it has not heard from a majority.", name, before.Term)
	case step.Reason == raft.WasRemoved:
		return fmt.Sprintf("%s stepped down as leader of term %d: it is no longer a member.", name, before.Term)
	case step.Reason == raft.NewTerm:
		return fmt.Sprintf("%s moved on to term %d, which it saw in a message from %s.", name, step.Term, peer)
	case before.Role == raft.Leader:
		return fmt.Sprintf("%s stepped down as leader of term %d: a message from %s carried the higher term %d.", name, before.Term, peer, step.Term)
	case before.Role == raft.Candidate:
		return fmt.Sprintf("%s gave up its election of term %d: a message from %s carried the higher term %d.", name, before.Term, peer, step.Term)
	}
	return fmt.Sprintf("%s became a follower in term %d.", name, step.Term)
}

func tellVote(before *trace.Server, step *raft.Event, servers int) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch step.Kind {
	case raft.VoteGranted:
		if before.Term == step.Term && before.VotedFor == step.Peer {
			return fmt.Sprintf("%s repeated its vote for %s in term %d: it was asked again.", name, peer, step.Term)
		}
		return fmt.Sprintf("%s voted for %s in term %d: it had not voted yet, and %s's log is not behind its own.", name, peer, step.Term, peer)
	case raft.VoteReceived:
		return fmt.Sprintf("%s counts %s's vote: it has %d of %d and needs %d.", name, peer, len(before.Votes)+1, servers, servers/2+1)
	case raft.PreVoteGranted:
		return fmt.Sprintf("%s would vote for %s in term %d.", name, peer, step.RequestTerm)
	case raft.PreVoteRefused:
		return fmt.Sprintf("%s would not vote for %s in term %d: %s.", name, peer, step.RequestTerm, whyNoVote(step))
	}
	return fmt.Sprintf("%s refused its vote to %s: %s.", name, peer, whyNoVote(step))
}

func whyNoVote(step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch step.Reason {
	case raft.OlderTerm:
		return fmt.Sprintf("%s asked for term %d, and %s is in term %d", peer, step.RequestTerm, name, step.Term)
	case raft.AlreadyVoted:
		whom := Server(step.VotedFor)
		if step.VotedFor == step.Server {
			whom = "itself"
		}
		return fmt.Sprintf("in term %d it has already voted for %s", step.Term, whom)
	case raft.LogBehind:
		return whyBehind(step)
	case raft.LeaderAlive:
		return name + " still hears from a leader"
	}
	return "it gave no reason"
}

// whyBehind compares the ends of two logs (§5.4.1).
func whyBehind(step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	if step.PeerIndex == 0 {
		return fmt.Sprintf("%s's log is empty, %s's has %s", peer, name, Count(int(step.LastIndex), "entry", "entries"))
	}
	if step.PeerTerm == step.EntryTerm {
		return fmt.Sprintf("%s's log ends at entry %d, %s's at entry %d of the same term", peer, step.PeerIndex, name, step.LastIndex)
	}
	return fmt.Sprintf("%s's last entry is of term %d, %s's of term %d", peer, step.PeerTerm, name, step.EntryTerm)
}

func tellTransfer(step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch step.Kind {
	case raft.TransferStarted:
		return fmt.Sprintf("%s hands its leadership over to %s.", name, peer)
	case raft.TransferAborted:
		return fmt.Sprintf("%s did not take over in time, so %s leads on.", peer, name)
	}
	return fmt.Sprintf("%s was asked by leader %s to take over.", name, peer)
}

// Logs.

func tellLog(before *trace.Server, step *raft.Event) string {
	name := Server(step.Server)
	if step.Kind == raft.LogTruncated {
		return tellTruncated(before, step)
	}
	if before.Role != raft.Leader {
		return fmt.Sprintf("%s stored entry %d of term %d: %s.", name, step.Index, step.EntryTerm, Entry(step.Entry))
	}
	if step.Entry.Kind == raft.NoOp {
		return fmt.Sprintf("%s opened term %d with an empty entry, number %d.", name, step.Term, step.Index)
	}
	return fmt.Sprintf("%s added entry %d to its log: %s.", name, step.Index, Entry(step.Entry))
}

func tellTruncated(before *trace.Server, step *raft.Event) string {
	fate := "It was never committed."
	if step.Index != step.LastIndex {
		fate = "None of them was ever committed."
	}
	if step.Index <= before.CommitIndex {
		fate = "But that was committed!"
	}
	return fmt.Sprintf("%s removed %s from its log: leader %s has something else there. %s",
		Server(step.Server), entries(step.Index, step.LastIndex), Server(step.Peer), fate)
}

func tellAppendRefused(step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch step.Reason {
	case raft.OlderTerm:
		return fmt.Sprintf("%s refused what %s sent: that was of term %d, and %s is in term %d.", name, peer, step.RequestTerm, name, step.Term)
	case raft.MissingEntry:
		return fmt.Sprintf("%s could not add what %s sent: that comes after entry %d, and %s's log ends at %d.", name, peer, step.Index, name, step.LastIndex)
	case raft.ConflictingEntry:
		return fmt.Sprintf("%s could not add what %s sent: that comes after entry %d of term %d, and %s's entry %d is of term %d.",
			name, peer, step.Index, step.PeerTerm, name, step.Index, step.EntryTerm)
	}
	return fmt.Sprintf("%s refused what %s sent.", name, peer)
}

func tellSnapshot(step *raft.Event) string {
	name := Server(step.Server)
	switch step.Kind {
	case raft.SnapshotTaken:
		return fmt.Sprintf("%s took a snapshot, which stands for all entries up to %d.", name, step.SnapshotIndex)
	case raft.SnapshotInstalled:
		return fmt.Sprintf("%s got a snapshot from leader %s, which stands for all entries up to %d.", name, Server(step.Peer), step.SnapshotIndex)
	}
	return fmt.Sprintf("%s goes on from its snapshot of all entries up to %d.", name, step.SnapshotIndex)
}

// Commits.

func tellCommit(step *raft.Event) string {
	name := Server(step.Server)
	switch step.Kind {
	case raft.EntryApplied:
		if step.Entry.Kind != raft.Command {
			return ""
		}
		return fmt.Sprintf("%s applied entry %d: %s.", name, step.Index, Entry(step.Entry))
	case raft.CommitWithheld:
		return fmt.Sprintf("%s did not commit entry %d, though a majority stores it: it is of term %d, and counting commits only entries of the leader's own term %d.",
			name, step.LastIndex, step.EntryTerm, step.Term)
	}
	what := entries(step.Index+1, step.LastIndex)
	switch step.Reason {
	case raft.SentSnapshot:
		return fmt.Sprintf("%s knows from the snapshot that %s %s committed.", name, what, isAre(step))
	case raft.ToldByLeader:
		return fmt.Sprintf("%s hears from %s that %s %s committed.", name, Server(step.Peer), what, isAre(step))
	}
	return fmt.Sprintf("%s committed %s: a majority stores %s, in the leader's own term %d.", name, what, itThem(step), step.Term)
}

func isAre(step *raft.Event) string {
	if step.Index+1 == step.LastIndex {
		return "is"
	}
	return "are"
}

func itThem(step *raft.Event) string {
	if step.Index+1 == step.LastIndex {
		return "it"
	}
	return "them"
}

// Replies and clients.

func tellIgnored(before *trace.Server, step *raft.Event) string {
	name, peer := Server(step.Server), Server(step.Peer)
	switch step.Reason {
	case raft.TermChanged:
		return fmt.Sprintf("%s's reply was ignored by %s: it answers term %d, and now it is term %d.", peer, name, step.RequestTerm, step.Term)
	case raft.RoleChanged:
		if before.Role == raft.Leader {
			return fmt.Sprintf("%s's vote came when %s had won already.", peer, name)
		}
		return fmt.Sprintf("%s's reply was ignored by %s, which is a %s now.", peer, name, Role(before.Role))
	case raft.NextIndexChanged:
		return fmt.Sprintf("%s's reply was ignored by %s, which has tried another place of the log meanwhile.", peer, name)
	}
	return fmt.Sprintf("%s's reply was ignored by %s: a newer one has said more.", peer, name)
}

// Role is a role in lower case: "leader".
func Role(r raft.Role) string {
	switch r {
	case raft.Leader:
		return "leader"
	case raft.Candidate:
		return "candidate"
	case raft.PreCandidate:
		return "pre-candidate"
	}
	return "follower"
}

func tellRedirect(step *raft.Event) string {
	if step.Peer == raft.None {
		return fmt.Sprintf("%s turned a client away: it does not lead, and does not know who does.", Server(step.Server))
	}
	return fmt.Sprintf("%s sent a client on to %s: it does not lead itself.", Server(step.Server), Server(step.Peer))
}
