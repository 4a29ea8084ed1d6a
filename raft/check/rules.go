// Package check watches a run of a cluster and tells when a rule of Raft is
// broken. It looks at every event of the trace, and knows more than any server can: what
// all of them hold, in memory and on disk, and what each has ever promised.
//
// A check costs about as much for the millionth event as for the first: rules
// over whole histories are kept as facts that each event adds to. The
// files are: rules.go, what is checked; checker.go, how events come in;
// and then the rules on elections, on logs, on commitment, on promises, on
// changes of the membership and on reads.
package check

import (
	"fmt"
	"time"

	"raftarium/raft"
)

// The names of the rules.
const (
	ElectionSafety      = "Election Safety"
	OneVote             = "One Vote a Term"
	UpToDateVotes       = "Votes for Up-to-date Logs"
	TermsRise           = "Terms Never Go Back"
	LeaderAppendOnly    = "Leader Append-Only"
	LogMatching         = "Log Matching"
	OnlyConflicts       = "Only Conflicts Are Removed"
	ProgressRises       = "Progress Never Goes Back"
	MajorityCommits     = "A Majority Commits"
	OwnTermCommits      = "Counting Commits the Own Term Only"
	CommitRises         = "Commitment Never Goes Back"
	LeaderCompleteness  = "Leader Completeness"
	StateMachineSafety  = "State Machine Safety"
	AppliedInOrder      = "Applied Once and in Order"
	DurableBeforeAnswer = "Durable before Answered"
	ChangesWait         = "Changes Wait for the Own Term"
	OneChange           = "One Change at a Time"
	MajoritiesOverlap   = "Majorities Overlap"
	ReadsAreCurrent     = "Reads See What Is Committed"
	CoherentRecord      = "Coherent Record"
)

// Rule is something that must hold at every moment of every run.
type Rule struct {
	Name     string
	Sentence string // what must hold
	Place    string // where the paper says so
}

// Rules are all rules that a [Checker] checks. The table never changes.
var Rules = [...]Rule{
	{ElectionSafety, "At most one leader is elected in a term, and with the votes of a majority.", "Figure 3, §5.2"},
	{OneVote, "A server votes for at most one candidate in a term, even if it crashes and restarts in between.", "§5.2, Figure 2: RequestVote RPC"},
	{UpToDateVotes, "A server votes only for a candidate whose log is at least as up to date as its own.", "§5.4.1, Figure 2: RequestVote RPC"},
	{TermsRise, "A server's current term never falls, not even over a restart.", "§5.1, Figure 2: persistent state"},
	{LeaderAppendOnly, "A leader never overwrites or removes entries of its log; it only appends entries of its own term.", "Figure 3, §5.3"},
	{LogMatching, "If two logs hold an entry with the same index and term, they are the same up to there.", "Figure 3, §5.3"},
	{OnlyConflicts, "A server removes an entry only if it conflicts with one that its leader has at the same index.", "§5.3, Figure 2: AppendEntries RPC, step 3"},
	{ProgressRises, "While a leader leads, matchIndex never falls, and nextIndex stays above it.", "Figure 2: volatile state on leaders"},
	{MajorityCommits, "An entry is committed only once it is durable on a majority of the servers.", "§5.3, Figure 2: rules for leaders"},
	{OwnTermCommits, "A leader counts copies only for entries of its own term; earlier ones are committed with them.", "§5.4.2, Figure 8"},
	{CommitRises, "While a server runs its commitIndex never falls, and no committed entry leaves its log.", "Figure 2: volatile state on all servers"},
	{LeaderCompleteness, "An entry that is committed in a term is in the logs of the leaders of all higher terms.", "Figure 3, §5.4"},
	{StateMachineSafety, "If a server applies an entry at an index, no other server ever applies another one there.", "Figure 3, §5.4.3"},
	{AppliedInOrder, "A running server applies committed entries one by one, in log order, each once.", "§5.3, Figure 2: rules for all servers"},
	{DurableBeforeAnswer, "What a message promises is on the sender's disk before the message is sent.", "Figure 2: persistent state; §5.6"},
	{ChangesWait, "A leader begins a change of the membership only after it has committed an entry of its own term.", "Ongaro, raft-dev, 2015; dissertation, chapter 4"},
	{OneChange, "A leader begins a change of the membership only when the one before is committed.", "dissertation, §4.1"},
	{MajoritiesOverlap, "A change adds or removes at most one voter, or goes through a joint configuration.", "§6; dissertation, §4.1 and §4.3"},
	{ReadsAreCurrent, "A read that needs no entry in the log sees all that was committed when it began.", "§8; dissertation, §6.4"},
	{CoherentRecord, "Every event can follow those before it.", "the record itself"},
}

// Violation is a rule that an event broke.
type Violation struct {
	Rule   string        // its name, one of those in Rules
	At     time.Duration // virtual time of the event
	Event  int           // number of the event in the trace, from 1
	Server raft.ServerID // whose step broke the rule, or None
	Text   string        // what happened, as an English sentence
}

// Error is the rule and what happened.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s is broken at %v by event %d: %s", v.Rule, v.At, v.Event, v.Text)
}

// RuleNamed returns the rule with the given name.
func RuleNamed(name string) (rule Rule, ok bool) {
	for _, rule := range Rules {
		if rule.Name == name {
			return rule, true
		}
	}
	return Rule{}, false
}
