package raft

import "time"

// EventKind says which step of the protocol an [Event] reports.
type EventKind uint8

// The steps of a server, in the order of the chapters of this package. Beside
// each stand the fields of Event that it fills in, besides Server and Term.
const (
	Started           EventKind = iota + 1 // the server runs. VotedFor, LastIndex: what its disk held
	Stopped                                // the server stopped in good order
	MembershipChanged                      // another configuration is in force, or one for the first time. Index: the entry that brought it, 0: none did. Configuration

	TimerReset         // the election timer starts anew. Reason, Timeout, Peer: the leader heard from or candidate voted for
	ElectionTimedOut   // nothing was heard for Timeout; Reason is Forced when someone asked for it
	BecameFollower     // Reason, Peer: whose message caused it
	BecamePreCandidate // asks whether it would be elected; Term is still the old one. RequestTerm: the term it would stand in
	BecameCandidate    // Term: the new term. VotedFor: itself
	BecameLeader       // Term: the term it leads. LastIndex: its last entry
	VoteGranted        // Peer: the candidate. PeerIndex, PeerTerm: its last entry
	VoteRefused        // Peer: the candidate. Reason. PeerIndex, PeerTerm: its last entry. LastIndex, EntryTerm: the voter's own. VotedFor. RequestTerm
	VoteReceived       // Peer: the voter that granted its vote to this candidate
	VoteDenied         // Peer: the server that refused it
	PreVoteGranted     // Peer: the server that would stand. Fields as for VoteGranted, and RequestTerm
	PreVoteRefused     // Peer: the server that would stand. Fields as for VoteRefused
	TransferStarted    // the leader hands over to Peer
	TransferAborted    // Peer did not take over in time
	TransferAsked      // the leader Peer asked this server to begin an election at once

	HeartbeatsSent  // the leader sent a round of heartbeats
	EntryAppended   // Index, EntryTerm, Entry: the entry now in the log, not yet on disk
	LogTruncated    // Index: first entry removed. LastIndex: last entry removed. Peer: the leader whose entries replace them
	AppendAccepted  // Peer: the leader. Index: PrevLogIndex. LastIndex: the last entry known to match the leader's
	AppendRefused   // Peer: the sender. Reason. Index: its PrevLogIndex. PeerTerm: its PrevLogTerm. EntryTerm: own term there. LastIndex: own last entry. RequestTerm
	ProgressMoved   // the leader's view of Peer. Index: nextIndex. LastIndex: matchIndex
	CommitAdvanced  // Index: former commitIndex. LastIndex: the new one. Reason. Peer: the leader that told
	CommitWithheld  // a majority holds LastIndex, but its EntryTerm is of an earlier term, so counting does not commit it (§5.4.2, Figure 8)
	ReplyIgnored    // Peer: who replied. Reason. RequestTerm: term of the request. PeerTerm: term of the reply
	ProposalRefused // Peer: the leader to ask instead, or None

	WriteStarted // a write is on its way to the disk. VotedFor; Index, LastIndex: the stored log is cut off at Index, and entries Index..LastIndex written; Index 0: the log stays. SnapshotIndex, EntryTerm: the snapshot written, 0: none
	Persisted    // that write is durable. Fields as for WriteStarted

	SnapshotTaken     // the application took a snapshot. SnapshotIndex, EntryTerm: the last entry that it stands for
	SnapshotInstalled // a snapshot of the leader Peer took the place of the log up to SnapshotIndex. EntryTerm; Snapshot; LastIndex: last entry that was kept
	SnapshotRestored  // handed to the application. SnapshotIndex, EntryTerm

	EntryApplied // Index, EntryTerm, Entry: handed to the application

	ReadConfirmed // a leader knows that a read may be answered. Read. Index: once that is applied. Reason
	ReadBegan     // a leader begins to answer a read. Read: its number, counted from 1 in the life of the server
)

// Reason says why a step was taken.
type Reason uint8

// The reasons, with the place in the paper that gives the rule.
const (
	NoReason Reason = iota

	// For TimerReset (§5.2; Figure 2, rules for followers and candidates).
	ServerStarted   // the server has just started
	HeardFromLeader // an AppendEntries of the current leader came
	GrantedVote     // the server gave its vote
	BeganElection   // the server began an election
	SteppedDown     // the server was leader until now

	// For BecameFollower (§5.1; Figure 2, rules for all servers).
	SawHigherTerm // a message carried a higher term
	SawLeader     // a candidate or pre-candidate saw an AppendEntries of its own term
	NewTerm       // a follower moved to a higher term
	LostQuorum    // a leader did not hear from a majority (dissertation, §6.2)
	WasRemoved    // a leader committed a configuration without itself (§6)

	// For ElectionTimedOut.
	Forced      // someone asked for an election at once
	HandingOver // the leader asked for an election at once (dissertation, §3.10)

	// For VoteRefused and AppendRefused (Figure 2, receiver implementation).
	OlderTerm        // the request's term is lower than currentTerm
	AlreadyVoted     // the vote of this term went to VotedFor
	LogBehind        // the candidate's log is not as up to date as the voter's (§5.4.1)
	LeaderAlive      // the voter hears from a leader (§6)
	MissingEntry     // the log ends before PrevLogIndex
	ConflictingEntry // the entry at PrevLogIndex has another term

	// For CommitAdvanced (§5.3, §5.4.2).
	CountedMajority // a majority of matchIndex, and the entry is of the leader's own term
	ToldByLeader    // LeaderCommit of an AppendEntries
	SentSnapshot    // the leader sent a snapshot up to there (§7)

	// For ReplyIgnored (structure advice, last paragraph).
	TermChanged      // currentTerm is no longer the term of the request
	RoleChanged      // the server is no longer candidate or leader
	NextIndexChanged // another reply moved nextIndex since the request was made
	MatchNotHigher   // matchIndex already covers what the reply acknowledges

	// For ReadConfirmed (§8; dissertation, §6.4).
	HeardFromQuorum // a majority answered heartbeats sent after the read began
	HeldLease       // a majority heard from the leader too lately to elect another
)

// Event is one step of a server, reported at the moment when it is taken.
// Term is currentTerm after the step; which other fields are filled in
// depends on Kind and is listed there. For WriteStarted and Persisted, Term is
// the term that is written.
type Event struct {
	Kind          EventKind      `json:"kind"`
	Server        ServerID       `json:"server"`
	Term          Term           `json:"term"`
	Peer          ServerID       `json:"peer,omitempty"`
	Reason        Reason         `json:"reason,omitempty"`
	Index         Index          `json:"index,omitempty"`
	LastIndex     Index          `json:"lastIndex,omitempty"`
	EntryTerm     Term           `json:"entryTerm,omitempty"`
	PeerIndex     Index          `json:"peerIndex,omitempty"`
	PeerTerm      Term           `json:"peerTerm,omitempty"`
	RequestTerm   Term           `json:"requestTerm,omitempty"`
	VotedFor      ServerID       `json:"votedFor,omitempty"`
	Timeout       time.Duration  `json:"timeout,omitempty"`
	Entry         Entry          `json:"entry,omitzero"`
	SnapshotIndex Index          `json:"snapshotIndex,omitempty"`
	Snapshot      *Snapshot      `json:"snapshot,omitempty"`
	Configuration *Configuration `json:"configuration,omitempty"`
	Read          uint64         `json:"read,omitempty"`
}
