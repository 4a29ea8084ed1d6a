package raft

import (
	"fmt"
	"slices"
)

// The names under which kinds, reasons and roles are written in a trace and
// shown to people are those of the constants.

var eventKindNames = [...]string{
	Started: "Started", Stopped: "Stopped", MembershipChanged: "MembershipChanged",
	TimerReset: "TimerReset", ElectionTimedOut: "ElectionTimedOut",
	BecameFollower: "BecameFollower", BecamePreCandidate: "BecamePreCandidate", BecameCandidate: "BecameCandidate", BecameLeader: "BecameLeader",
	VoteGranted: "VoteGranted", VoteRefused: "VoteRefused", VoteReceived: "VoteReceived", VoteDenied: "VoteDenied",
	PreVoteGranted: "PreVoteGranted", PreVoteRefused: "PreVoteRefused",
	TransferStarted: "TransferStarted", TransferAborted: "TransferAborted", TransferAsked: "TransferAsked",
	HeartbeatsSent: "HeartbeatsSent", EntryAppended: "EntryAppended", LogTruncated: "LogTruncated",
	AppendAccepted: "AppendAccepted", AppendRefused: "AppendRefused", ProgressMoved: "ProgressMoved",
	CommitAdvanced: "CommitAdvanced", CommitWithheld: "CommitWithheld",
	ReplyIgnored: "ReplyIgnored", ProposalRefused: "ProposalRefused",
	WriteStarted: "WriteStarted", Persisted: "Persisted",
	SnapshotTaken: "SnapshotTaken", SnapshotInstalled: "SnapshotInstalled", SnapshotRestored: "SnapshotRestored",
	EntryApplied:  "EntryApplied",
	ReadConfirmed: "ReadConfirmed", ReadBegan: "ReadBegan",
}

var reasonNames = [...]string{
	NoReason:      "NoReason",
	ServerStarted: "ServerStarted", HeardFromLeader: "HeardFromLeader", GrantedVote: "GrantedVote",
	BeganElection: "BeganElection", SteppedDown: "SteppedDown",
	SawHigherTerm: "SawHigherTerm", SawLeader: "SawLeader", NewTerm: "NewTerm", LostQuorum: "LostQuorum", WasRemoved: "WasRemoved",
	Forced: "Forced", HandingOver: "HandingOver",
	OlderTerm: "OlderTerm", AlreadyVoted: "AlreadyVoted", LogBehind: "LogBehind", LeaderAlive: "LeaderAlive",
	MissingEntry: "MissingEntry", ConflictingEntry: "ConflictingEntry",
	CountedMajority: "CountedMajority", ToldByLeader: "ToldByLeader", SentSnapshot: "SentSnapshot",
	TermChanged: "TermChanged", RoleChanged: "RoleChanged",
	NextIndexChanged: "NextIndexChanged", MatchNotHigher: "MatchNotHigher",
	HeardFromQuorum: "HeardFromQuorum", HeldLease: "HeldLease",
}

var roleNames = [...]string{Follower: "Follower", Candidate: "Candidate", Leader: "Leader", PreCandidate: "PreCandidate"}

var entryKindNames = [...]string{Command: "Command", NoOp: "NoOp", ConfigurationChange: "ConfigurationChange"}

// String is the name of the constant.
func (k EventKind) String() string { return nameOf(eventKindNames[:], uint8(k), "EventKind") }

// MarshalText writes the name of the constant.
func (k EventKind) MarshalText() ([]byte, error) {
	return marshalName(eventKindNames[:], uint8(k), "EventKind")
}

// UnmarshalText reads the name of a constant.
func (k *EventKind) UnmarshalText(text []byte) error {
	return unmarshalName(eventKindNames[:], text, (*uint8)(k), "kind of step")
}

// String is the name of the constant.
func (r Reason) String() string { return nameOf(reasonNames[:], uint8(r), "Reason") }

// MarshalText writes the name of the constant.
func (r Reason) MarshalText() ([]byte, error) {
	return marshalName(reasonNames[:], uint8(r), "Reason")
}

// UnmarshalText reads the name of a constant.
func (r *Reason) UnmarshalText(text []byte) error {
	return unmarshalName(reasonNames[:], text, (*uint8)(r), "reason")
}

// String is the name of the constant.
func (r Role) String() string { return nameOf(roleNames[:], uint8(r), "Role") }

// MarshalText writes the name of the constant.
func (r Role) MarshalText() ([]byte, error) { return marshalName(roleNames[:], uint8(r), "Role") }

// UnmarshalText reads the name of a constant.
func (r *Role) UnmarshalText(text []byte) error {
	return unmarshalName(roleNames[:], text, (*uint8)(r), "role")
}

// String is the name of the constant.
func (k EntryKind) String() string { return nameOf(entryKindNames[:], uint8(k), "EntryKind") }

// MarshalText writes the name of the constant.
func (k EntryKind) MarshalText() ([]byte, error) {
	return marshalName(entryKindNames[:], uint8(k), "EntryKind")
}

// UnmarshalText reads the name of a constant.
func (k *EntryKind) UnmarshalText(text []byte) error {
	return unmarshalName(entryKindNames[:], text, (*uint8)(k), "kind of entry")
}

func known(names []string, value uint8) bool {
	return int(value) < len(names) && names[value] != ""
}

func nameOf(names []string, value uint8, kind string) string {
	if !known(names, value) {
		return fmt.Sprintf("%s(%d)", kind, value)
	}
	return names[value]
}

func marshalName(names []string, value uint8, kind string) ([]byte, error) {
	if !known(names, value) {
		return nil, fmt.Errorf("%s(%d) has no name", kind, value)
	}
	return []byte(names[value]), nil
}

func unmarshalName(names []string, text []byte, value *uint8, kind string) error {
	i := slices.Index(names, string(text))
	if i < 0 || len(text) == 0 {
		return fmt.Errorf("%q is no %s", text, kind)
	}
	*value = uint8(i)
	return nil
}
