package mutant

// Catalogue lists the mutants.
func Catalogue() []Mutant {
	return []Mutant{
		{
			Name:   "vote-not-persisted",
			Breaks: "votedFor is updated on stable storage before responding to RPCs (Figure 2)",
			Changes: []Change{{
				File: "durability.go",
				Old:  `HardState: HardState{CurrentTerm: s.currentTerm, VotedFor: s.votedFor}, Snapshot: d.snapshot}`,
				New:  `HardState: HardState{CurrentTerm: s.currentTerm}, Snapshot: d.snapshot}`,
			}},
		},
		{
			Name:   "longer-log-wins",
			Breaks: "the log with the later last term is more up to date, whatever its length (§5.4.1)",
			Changes: []Change{{
				File: "log.go",
				Old:  `if lastTerm != l.lastTerm() {`,
				New:  `if false {`,
			}},
		},
		{
			Name:   "old-term-committed-by-counting",
			Breaks: "only log entries from the leader's current term are committed by counting replicas (§5.4.2)",
			Changes: []Change{{
				File: "commit.go",
				Old:  `if s.log.term(index) != s.currentTerm {`,
				New:  `if false {`,
			}},
		},
		{
			Name:   "stale-reply-lowers-nextIndex",
			Breaks: "replies from concurrent RPCs to the same follower may have changed nextIndex (structure advice)",
			Changes: []Change{{
				File: "replication.go",
				Old:  `if sent.round != p.round || !p.asksFor(request) {`,
				New:  `if false {`,
			}, {
				File: "replication.go",
				Old:  `p.probe(max(min(next, request.PrevLogIndex), p.matchIndex+1))`,
				New:  `p.probe(max(min(next, request.PrevLogIndex), 1))`,
			}},
		},
		{
			Name:   "always-truncates",
			Breaks: "entries are deleted only if an existing entry conflicts with a new one (Figure 2, AppendEntries, step 3)",
			Changes: []Change{{
				File: "following.go",
				Old:  `if s.log.holds(entry.Index, entry.Term) {`,
				New:  `if false {`,
			}},
		},
		{
			Name:   "acknowledged-before-sync",
			Breaks: "log[] is updated on stable storage before responding to RPCs (Figure 2)",
			Changes: []Change{{
				File: "durability.go",
				Old:  `for s.durability.lastIndex < index && s.currentTerm == term && !s.stopped {`,
				New:  `for false {`,
			}},
		},
	}
}
