package mutant

// Catalogue lists the mutants, in the order of the pitfalls that they are
// examples of.
func Catalogue() []Mutant {
	var all []Mutant
	for _, chapter := range [][]Mutant{commitment(), persistence(), elections(), replies(), following(), snapshots(), applying(), reading(), quiet(), membership()} {
		all = append(all, chapter...)
	}
	return all
}

// one is the usual mutant: a single change.
func one(name string, pitfall int, test, breaks, file, old, new string) Mutant {
	return Mutant{Name: name, Pitfall: pitfall, Test: test, Breaks: breaks, Changes: []Change{{file, old, new}}}
}

// noticed marks a mutant that the storms of raftsim check notice too.
func noticed(m Mutant) Mutant {
	m.Storm = true
	return m
}

func commitment() []Mutant {
	return []Mutant{
		noticed(one("old-term-committed-by-counting", 1, "TestOldTermIsNotCommittedByCounting",
			"only log entries from the leader's current term are committed by counting replicas (§5.4.2)",
			"commit.go", "if s.log.term(index) != s.currentTerm {", "if false {")),
		one("commit-quorum-too-small", 21, "TestLeaderCommitsWithMajority",
			"an entry is committed once it is on a majority of the servers (§5.3)",
			"commit.go", "least := len(s.numbers) - (len(voters)/2 + 1)", "least := len(s.numbers) - max(len(voters)/2, 1)"),
		one("follower-commits-its-own-end", 26, "TestFollowerCommitsWhatWasCompared",
			"commitIndex = min(leaderCommit, index of last new entry) (Figure 2, AppendEntries, step 5)",
			"following.go", "min(request.LeaderCommit, match)", "min(request.LeaderCommit, s.log.lastIndex())"),
		one("follower-commits-all-it-stores", 27, "TestFollowerCommitsWhatWasCompared",
			"a follower learns from leaderCommit what is committed (§5.3)",
			"following.go", "min(request.LeaderCommit, match)", "match"),
	}
}

func persistence() []Mutant {
	return []Mutant{
		noticed(one("vote-not-persisted", 2, "TestRestart",
			"votedFor is updated on stable storage before responding to RPCs (Figure 2)",
			"durability.go", "HardState: HardState{CurrentTerm: s.currentTerm, VotedFor: s.votedFor}, Snapshot: d.snapshot}",
			"HardState: HardState{CurrentTerm: s.currentTerm}, Snapshot: d.snapshot}")),
		one("term-not-persisted", 3, "TestRestart",
			"currentTerm is updated on stable storage before responding to RPCs (Figure 2)",
			"durability.go", "HardState: HardState{CurrentTerm: s.currentTerm, VotedFor: s.votedFor}, Snapshot: d.snapshot}",
			"HardState: HardState{VotedFor: s.votedFor}, Snapshot: d.snapshot}"),
		one("log-not-persisted", 4, "TestRestart",
			"log[] is updated on stable storage before responding to RPCs (Figure 2)",
			"durability.go", "write.Entries = s.log.slice(d.unwritten, s.log.lastIndex())", "write.Entries = nil"),
		one("proposal-not-persisted", 5, "TestLeaderCommitsWithMajority",
			"a leader's own log is on stable storage before it counts (Figure 2)",
			"replication.go", "	s.logChanged(entry.Index)\n", ""),
		noticed(one("acknowledged-before-sync", 6, "TestNothingIsPromisedBeforeItIsDurable",
			"log[] is updated on stable storage before responding to RPCs (Figure 2)",
			"durability.go", "for s.durability.lastIndex < index && s.currentTerm == term && !s.stopped {", "for false {")),
		one("promised-before-sync", 6, "TestNothingIsPromisedBeforeItIsDurable",
			"currentTerm and votedFor are updated on stable storage before responding to RPCs (Figure 2)",
			"durability.go", "for change := d.hardState; d.hardStateDone < change && !s.stopped; {", "for change := d.hardState; change < 0; {"),
		one("leader-counts-itself-before-sync", 6, "TestNothingIsPromisedBeforeItIsDurable",
			"a leader counts its own copy once it is durable (dissertation, §10.2.1)",
			"commit.go", "s.agreed(uint64(s.durability.lastIndex)", "s.agreed(uint64(s.log.lastIndex())"),
		one("replaced-entries-acknowledged", 6, "TestEntriesReplacedWhileBeingWritten",
			"what another leader may have replaced is not acknowledged (structure advice: re-check after waiting)",
			"following.go", "	if s.currentTerm != request.Term {\n		// Another leader", "	if false {\n		// Another leader"),
	}
}

func elections() []Mutant {
	return []Mutant{
		one("no-log-comparison", 7, "TestVoterComparesLogs",
			"the voter denies its vote if its own log is more up to date (§5.4.1)",
			"log.go", "	if lastTerm != l.lastTerm() {\n", "	if true {\n		return true\n	}\n	if lastTerm != l.lastTerm() {\n"),
		noticed(one("longer-log-wins", 8, "TestVoterComparesLogs",
			"the log with the later last term is more up to date, whatever its length (§5.4.1)",
			"log.go", "if lastTerm != l.lastTerm() {", "if false {")),
		one("later-term-suffices", 9, "TestVoterComparesLogs",
			"of logs that end with the same term, the longer is more up to date (§5.4.1)",
			"log.go", "return lastIndex >= l.lastIndex()", "return true"),
		one("votes-twice", 10, "TestOneVoteATerm",
			"each server votes for at most one candidate in a given term (§5.2)",
			"election.go", "s.votedFor != None && s.votedFor != request.Candidate", "false"),
		one("vote-cleared-in-the-same-term", 11, "TestVoteIsKeptOnSteppingDownInTheSameTerm",
			"a vote holds for the whole term (§5.2)",
			"following.go", "	if s.role != Follower {\n		s.role = Follower\n", "	if s.role != Follower {\n		s.role = Follower\n		s.votedFor = None\n"),
		one("own-vote-not-recorded", 12, "TestCandidateRefusesOthersOfItsTerm",
			"a candidate votes for itself (§5.2)",
			"election.go", "	s.votedFor = s.config.ID\n", "	s.votedFor = None\n"),
		one("late-votes-count", 13, "TestLateVoteDoesNotCount",
			"a candidate needs the votes of a majority for the same term (§5.2)",
			"election.go", "if ignore := s.staleReply(term, role); ignore != NoReason {", "if ignore := s.staleReply(term, role); ignore == RoleChanged {"),
		one("higher-term-in-vote-ignored", 14, "TestHigherTermInReplyMakesFollower",
			"a response with a higher term makes a follower (§5.1)",
			"election.go", "	s.observeTerm(reply.Term, to)\n", ""),
		one("higher-term-in-reply-ignored", 14, "TestHigherTermInReplyMakesFollower",
			"a response with a higher term makes a follower (§5.1)",
			"replication.go", "	s.observeTerm(replied, p.id)\n", ""),
		one("candidate-ignores-the-leader", 15, "TestCandidateFallsBack",
			"a candidate recognizes the leader of its term (§5.2)",
			"following.go", "	if s.role == Leader {\n		return false\n", "	if s.role != Follower {\n		return false\n"),
		one("timer-reset-by-any-candidate", 16, "TestWhatResetsTheTimer",
			"only granting a vote keeps a follower from standing (Figure 2, followers)",
			"election.go", "		s.reportRefusal(VoteRefused, request, refusal)\n", "		s.reportRefusal(VoteRefused, request, refusal)\n		s.resetTimer(GrantedVote, request.Candidate)\n"),
		one("timer-reset-by-a-stale-leader", 17, "TestStaleRequestIsRejected",
			"only the current leader keeps a follower from standing (Figure 2, followers)",
			"following.go", "		s.refuseEntries(request, OlderTerm)\n", "		s.refuseEntries(request, OlderTerm)\n		s.resetTimer(HeardFromLeader, request.Leader)\n"),
		one("timer-not-reset-by-granting", 18, "TestWhatResetsTheTimer",
			"granting a vote keeps a follower from standing (Figure 2, followers)",
			"election.go", "	s.resetTimer(GrantedVote, request.Candidate)\n", ""),
		one("timeouts-not-random", 19, "TestElectionTimeoutsAreRandom",
			"election timeouts are chosen randomly from a fixed interval (§5.2)",
			"election.go", "time.Duration(s.env.Random(int64(spread)))", "time.Duration(0)*spread"),
		one("vote-quorum-too-small", 20, "TestMajorityOfVotesElects",
			"a candidate needs the votes of a majority (§5.2)",
			"membership.go", "return count > len(servers)/2", "return count >= len(servers)/2"),
	}
}

func replies() []Mutant {
	return []Mutant{
		one("match-from-the-log-of-now", 28, "TestMatchComesFromTheRequest",
			"what a follower stores is told by the request (Figure 2, matchIndex)",
			"replication.go", "match := request.PrevLogIndex + Index(len(request.Entries))", "match := s.log.lastIndex()"),
		one("reply-of-an-older-term-used", 29, "TestReplyOfFormerReignIsIgnored",
			"a leader must check that the term hasn't changed since sending the RPC (structure advice)",
			"election.go", "	case s.currentTerm != term:\n", "	case false:\n"),
		one("matchIndex-goes-back", 30, "TestOldRepliesTakeNothingBack",
			"matchIndex increases monotonically (Figure 2)",
			"replication.go", "	if match < p.matchIndex {\n", "	if false {\n"),
		noticed(Mutant{
			Name: "stale-reply-lowers-nextIndex", Pitfall: 31, Test: "TestOldRepliesTakeNothingBack",
			Breaks: "replies from concurrent RPCs to the same follower may have changed nextIndex (structure advice)",
			Changes: []Change{
				{"replication.go", "if sent.round != p.round || !p.asksFor(request) {", "if false {"},
				{"replication.go", "p.probe(max(min(next, request.PrevLogIndex), p.matchIndex+1))", "p.probe(max(min(next, request.PrevLogIndex), 1))"},
			},
		}),
		one("one-entry-a-refusal", 32, "TestLeaderBacksUpByTerms",
			"a refusal can tell the first index of the conflicting term (end of §5.3)",
			"replication.go", "	next := reply.ConflictIndex\n	if reply.ConflictTerm != 0 {", "	next := request.PrevLogIndex\n	if false {"),
		one("lost-entries-not-sent-again", 46, "TestLostEntriesAreSentAgain",
			"the leader retries AppendEntries RPCs indefinitely (§5.5)",
			"progress.go", "return p.inFlight > 0 && now-p.moved >= max(patience, 2*p.delay)", "return false"),
		one("heartbeats-too-often", 46, "TestLeaderSendsHeartbeats",
			"a heartbeat each interval, and no more (§5.2)",
			"replication.go", "s.env.Sleep(s.config.HeartbeatInterval)", "s.env.Sleep(s.config.HeartbeatInterval / 2)"),
		one("proposals-wait-for-heartbeats", 46, "TestProposalIsReplicatedAtOnce",
			"the leader issues AppendEntries RPCs at once (§5.3)",
			"replication.go", "	index := s.appendEntry(Command, command)\n	s.replicate()\n", "	index := s.appendEntry(Command, command)\n"),
		one("lock-held-during-a-call", 45, "TestElectionTimeoutBeginsElection",
			"never wait for an RPC while holding the lock (structure advice)",
			"election.go", "	message, ok := s.transport.Call(to, request)\n	if !ok {\n		return\n	}\n	s.mu.Lock()\n	defer s.mu.Unlock()\n	reply, ok := message.(RequestVoteReply)\n",
			"	s.mu.Lock()\n	defer s.mu.Unlock()\n	message, ok := s.transport.Call(to, request)\n	if !ok {\n		return\n	}\n	reply, ok := message.(RequestVoteReply)\n"),
		one("window-without-bound", 46, "TestPipelining",
			"what is on its way to a follower is bounded (dissertation, §10.2.2)",
			"progress.go", "return p.inFlight < config.MaxInFlight && p.bytes < config.MaxInFlightBytes", "return true"),
		one("proposals-without-bound", 46, "TestBackPressure",
			"what is not committed is bounded",
			"replication.go", "s.uncommitted+bytes > s.config.MaxUncommittedBytes", "false"),
		one("proposal-taken-by-a-follower", 47, "TestOthersRefuseProposals",
			"only the leader appends commands (§5.3)",
			"replication.go", "	case s.role != Leader:\n		s.report(Event{Kind: ProposalRefused, Peer: s.leader})\n		return ErrNotLeader\n", ""),
	}
}

func following() []Mutant {
	return []Mutant{
		noticed(one("always-truncates", 22, "TestFollowerStoresEntries",
			"entries are deleted only if an existing entry conflicts with a new one (Figure 2, AppendEntries, step 3)",
			"following.go", "if s.log.holds(entry.Index, entry.Term) {", "if false {")),
		{
			Name: "tail-kept-after-a-conflict", Pitfall: 23, Test: "TestFollowerStoresEntries",
			Breaks: "a conflicting entry goes with all that follow it (Figure 2, AppendEntries, step 3)",
			Changes: []Change{
				{"following.go", "		if entry.Index <= s.log.lastIndex() {\n", "		var tail []Entry\n		if end := request.PrevLogIndex + Index(len(request.Entries)); end < s.log.lastIndex() {\n			tail = s.log.slice(end+1, s.log.lastIndex())\n		}\n		if entry.Index <= s.log.lastIndex() {\n"},
				{"following.go", "		s.logChanged(entry.Index)\n", "		for _, entry := range tail {\n			s.storeEntry(entry)\n		}\n		s.logChanged(entry.Index)\n"},
			},
		},
		one("no-term-in-the-consistency-check", 24, "TestConsistencyCheck",
			"a follower refuses entries if it has none with the same index and term before them (§5.3)",
			"following.go", "	case s.log.holds(request.PrevLogIndex, request.PrevLogTerm):\n", "	case request.PrevLogIndex <= s.log.lastIndex():\n"),
		one("heartbeat-skips-the-check", 25, "TestConsistencyCheck",
			"a heartbeat is checked like any AppendEntries (§5.3)",
			"following.go", "	switch {\n	case s.log.holds(request.PrevLogIndex", "	switch {\n	case len(request.Entries) == 0:\n		return NoReason\n	case s.log.holds(request.PrevLogIndex"),
		one("older-term-accepted", 47, "TestStaleRequestIsRejected",
			"a request with a stale term number is rejected (§5.1)",
			"following.go", "	if request.Term < s.currentTerm {\n		s.refuseEntries", "	if false {\n		s.refuseEntries"),
	}
}

func snapshots() []Mutant {
	return []Mutant{
		one("matching-suffix-dropped", 33, "TestInstallSnapshot",
			"entries after the snapshot stay if the log holds its last entry (Figure 13, step 6)",
			"snapshot.go", "replaced := !s.log.holds(snapshot.Index, snapshot.Term)", "replaced := true"),
		one("conflicting-suffix-kept", 34, "TestInstallSnapshot",
			"the entire log goes if it does not hold the snapshot's last entry (Figure 13, step 7)",
			"snapshot.go", "replaced := !s.log.holds(snapshot.Index, snapshot.Term)", "replaced := snapshot.Index > s.log.lastIndex()"),
		one("older-snapshot-installed", 35, "TestInstallSnapshot",
			"a snapshot of what is committed already changes nothing (§7)",
			"snapshot.go", "if request.LastIncludedIndex <= s.commitIndex {", "if false {"),
		one("snapshot-not-persisted", 36, "TestSnapshotFreesTheLog",
			"a snapshot is on stable storage before the log goes (§7)",
			"durability.go", "VotedFor: s.votedFor}, Snapshot: d.snapshot}", "VotedFor: s.votedFor}}"),
		one("last-included-term-lost", 37, "TestEmptyLogAfterSnapshot",
			"a snapshot carries the term of its last entry (§7)",
			"server.go", "newEntryLog(stored.Snapshot.Index, stored.Snapshot.Term, stored.Log)", "newEntryLog(stored.Snapshot.Index, 0, stored.Log)"),
		one("memory-not-freed", 38, "TestCompactionFreesMemory",
			"the log up to the snapshot is discarded (§7)",
			"log.go", "l.entries = slices.Clone(l.entries[gone:])", "l.entries = slices.Clip(l.entries[gone:])"),
		one("lagging-follower-not-served", 39, "TestLeaderSendsSnapshot",
			"the leader sends a snapshot to followers that lag behind (§7)",
			"replication.go", "			p.install(s.snapshot)\n", "			return\n"),
		one("installed-snapshot-not-noted", 39, "TestLeaderSendsSnapshot",
			"a follower that installed a snapshot has all that it stands for (§7)",
			"snapshot.go", "		s.noteInstalled(p, request.LastIncludedIndex)\n", ""),
		one("chunks-are-no-sign-of-life", 40, "TestChunksAreSignsOfLife",
			"InstallSnapshot comes from the leader, whatever its length (§7)",
			"snapshot.go", "	if !s.follow(request.Term, request.Leader) {\n		return nil, false\n	}\n	if request.LastIncludedIndex", "	s.observeTerm(request.Term, request.Leader)\n	if request.LastIncludedIndex"),
		one("conflict-counted-from-the-snapshot", 41, "TestEmptyLogAfterSnapshot",
			"indices count from the beginning of the log, trimmed or not (§7)",
			"following.go", "ConflictIndex: s.log.lastIndex() + 1}", "ConflictIndex: Index(len(s.log.entries)) + 1}"),
		one("chunk-in-the-wrong-place", 40, "TestChunksResume",
			"chunks are put together in order (Figure 13, step 3)",
			"snapshot.go", "	if request.Offset != len(in.data) {\n		return false\n	}\n", ""),
		one("chunks-of-two-leaders-mixed", 40, "TestChunksOfAnotherLeader",
			"each leader sends its own snapshot (Figure 13)",
			"snapshot.go", "if in.term != request.Term || in.index != request.LastIncludedIndex {", "if in.index != request.LastIncludedIndex {"),
		one("former-log-counts-as-durable", 36, "TestSnapshotReplacesEntriesBeingWritten",
			"what was written of a log that a snapshot replaced says nothing of the new one (Figure 2, durable before responding)",
			"durability.go", "if n := len(write.Entries); n > 0 && current {", "if n := len(write.Entries); n > 0 {"),
	}
}

func applying() []Mutant {
	return []Mutant{
		one("applied-under-the-lock", 42, "TestApplierMayBlock",
			"handing entries over can block (structure advice)",
			"apply.go", "	s.mu.Unlock()\n	if entry.Kind == Command", "	defer s.mu.Unlock()\n	if entry.Kind == Command"),
		one("two-appliers", 43, "TestApplierMayBlock",
			"it must be a single goroutine, so that entries are applied in log order (structure advice)",
			"server.go", "	env.Go(\"applier\", s.applyCommitted)\n", "	env.Go(\"applier\", s.applyCommitted)\n	env.Go(\"applier\", s.applyCommitted)\n"),
		one("snapshot-handed-over-twice", 44, "TestInstallSnapshot",
			"entries and snapshots reach the application by one way, in order (structure advice)",
			"snapshot.go", "	s.setCommitIndex(snapshot.Index, SentSnapshot, leader)\n", "	s.setCommitIndex(snapshot.Index, SentSnapshot, leader)\n	s.config.Restore(*snapshot)\n"),
		one("no-op-handed-over", 47, "TestNoOpOpensTerm",
			"a no-op has no effect (§8)",
			"apply.go", "if entry.Kind == Command && s.config.Apply != nil {", "if s.config.Apply != nil {"),
	}
}

func reading() []Mutant {
	return []Mutant{
		one("read-before-the-term-commits", 48, "TestReadWaitsForAnEntryOfTheTerm",
			"a leader must have the latest information on which entries are committed (§8)",
			"read.go", "for s.log.term(s.commitIndex) != term {", "for false {"),
		noticed(one("read-without-a-quorum", 49, "TestReadWaitsForHeartbeats",
			"a leader must check whether it has been deposed before a read (§8)",
			"read.go", "for s.reads.confirmed < round {", "for false {")),
		one("read-confirmed-by-old-heartbeats", 49, "TestReadWaitsForHeartbeats",
			"the heartbeats must be sent after the read began (dissertation, §6.4)",
			"read.go", "round := s.reads.round + 1", "round := s.reads.round"),
		one("answers-counted-before-the-membership-changed", 49, "TestReadAfterTheMembershipShrank",
			"a leader exchanges heartbeats with a majority of the cluster as it is (§8)",
			"read.go", "	s.countConfirmations() // those", "	// those"),
		one("lease-outlives-a-transfer", 50, "TestTransferEndsTheLease",
			"a handing over ends the lease (dissertation, §6.4.1)",
			"transfer.go", "	s.reads.noLease = true // the other's election asks nobody to wait\n", ""),
		one("lease-ignores-clock-drift", 50, "TestLeaseRead",
			"a lease is shorter than the election timeout by the clock drift (dissertation, §6.4.1)",
			"read.go", "* (1 - s.config.MaxClockDrift)", "* 1"),
		one("lease-counts-from-the-reply", 50, "TestLeaseCountsFromTheRequest",
			"a lease begins when the heartbeats are sent (dissertation, §6.4.1)",
			"read.go", "p.leased = max(p.leased, sent)", "p.leased = max(sent, s.env.Now())"),
		one("lease-forgotten-by-a-restart", 50, "TestRestartedServerHonoursLeases",
			"nobody votes within an election timeout of hearing from a leader (dissertation, §6.4.1)",
			"election.go", "s.role == Leader || s.config.LeaseReads && now-s.startedAt < s.config.ElectionTimeoutMin", "s.role == Leader"),
		one("read-does-not-wait-for-the-application", 49, "TestReadWaitsForTheApplication",
			"a read waits until the state machine has applied the read index (dissertation, §6.4)",
			"read.go", "for s.reads.settled < index {", "for s.lastApplied < index {"),
	}
}

func quiet() []Mutant {
	return []Mutant{
		one("transfer-without-end", 51, "TestLeadershipTransferIsGivenUp",
			"a transfer that takes longer than an election timeout is aborted (dissertation, §3.10)",
			"transfer.go", "if s.transfer.to == None || s.env.Now()-s.transfer.since < s.config.ElectionTimeoutMax {", "if true {"),
		one("transfer-to-a-server-behind", 51, "TestLeadershipTransfer",
			"the other server gets the whole log first (dissertation, §3.10)",
			"transfer.go", "|| p.matchIndex < s.log.lastIndex() {", "{"),
		one("proposals-during-a-transfer", 51, "TestLeadershipTransfer",
			"the leader stops accepting client requests (dissertation, §3.10)",
			"replication.go", "	case s.transfer.to != None:\n		return ErrTransferring\n", ""),
		one("pre-vote-refusal-without-the-term", 52, "TestPreVoteIsGranted",
			"a refusal carries the term, for the candidate to update itself (Figure 2)",
			"election.go", "reply := RequestVoteReply{Term: s.currentTerm, VoteGranted: refusal == NoReason, PreVote: true}", "reply := RequestVoteReply{VoteGranted: refusal == NoReason, PreVote: true}"),
		one("pre-vote-changes-the-term", 52, "TestPreVoteIsGranted",
			"a pre-vote changes nothing on the voter (dissertation, §9.6)",
			"election.go", "	refusal := s.refusesVote(request)\n	if refusal == NoReason && s.hearsLeader() {", "	s.observeTerm(request.Term, request.Candidate)\n	refusal := s.refusesVote(request)\n	if refusal == NoReason && s.hearsLeader() {"),
		one("pre-vote-against-a-live-leader", 52, "TestPreVoteIsGranted",
			"no pre-vote while a leader is heard (dissertation, §9.6)",
			"election.go", "if refusal == NoReason && s.hearsLeader() {", "if false {"),
		one("leader-without-a-quorum-stays", 53, "TestLeaderWithoutQuorumStepsDown",
			"a leader steps down if it hears from no majority (dissertation, §6.2)",
			"election.go", "	if !s.config.CheckQuorum {\n", "	if true {\n"),
		one("vote-against-a-live-leader", 53, "TestStickiness",
			"a vote is not granted within the minimum election timeout of hearing from a leader (§6)",
			"election.go", "if s.config.Stickiness && !request.Transfer && s.hearsLeader() && request.Term >= s.currentTerm {", "if false {"),
		one("transfer-refused-by-stickiness", 51, "TestStickiness",
			"an election that the leader asked for is not refused (dissertation, §3.10)",
			"election.go", "s.config.Stickiness && !request.Transfer &&", "s.config.Stickiness &&"),
	}
}

func membership() []Mutant {
	return []Mutant{
		one("change-before-the-term-commits", 54, "TestRefusedChanges",
			"a leader changes the membership only after committing an entry of its term (Ongaro, 2015)",
			"membership.go", "	case s.log.term(s.commitIndex) != s.currentTerm:\n		return ErrTermNotCommitted\n", ""),
		one("two-changes-at-once", 54, "TestRefusedChanges",
			"one change at a time (dissertation, §4.1)",
			"membership.go", "	case s.changePending():\n		return ErrChangePending\n", ""),
		one("configuration-not-used-from-the-log", 55, "TestConfigurationHoldsFromTheLogOn",
			"a server uses the latest configuration in its log, committed or not (§6)",
			"replication.go", "		s.adopt(entry)\n", ""),
		one("configuration-kept-after-truncation", 55, "TestConfigurationHoldsFromTheLogOn",
			"a server uses the latest configuration in its log (§6)",
			"following.go", "	s.dropConfigurations(first)\n", ""),
		one("joint-left-before-it-commits", 55, "TestJointConsensus",
			"the new configuration follows once the joint one is committed (§6)",
			"membership.go", "	index := s.changeConfiguration(next)\n", "	index := s.changeConfiguration(next)\n	if next.Outgoing != nil {\n		next.Outgoing = nil\n		s.changeConfiguration(next)\n	}\n"),
		noticed(one("joint-commits-by-the-new-voters", 55, "TestJointConsensus",
			"agreement requires separate majorities of old and new (§6)",
			"commit.go", "	if len(configuration.Outgoing) > 0 {\n", "	if false {\n")),
		one("joint-elects-by-the-new-voters", 55, "TestElectionInJointConfiguration",
			"elections require separate majorities of old and new (§6)",
			"membership.go", "(len(c.Outgoing) == 0 || majority(c.Outgoing, yes))", "true"),
		one("joint-never-left", 55, "TestNewLeaderLeavesJointConfiguration",
			"a leader finishes the change that it finds (§6)",
			"membership.go", "	if len(last.configuration.Outgoing) > 0 {\n		next := last.configuration\n", "	if false {\n		next := last.configuration\n"),
		one("removed-servers-still-served", 56, "TestJointConsensus",
			"a server that is removed is forgotten, with what was known of its log (§6)",
			"membership.go", "p.gone = !slices.Contains(members, p.id)", "p.gone = false"),
		one("behind-and-yet-voting", 56, "TestRefusedChanges",
			"a new server catches up before it votes (§6)",
			"membership.go", "			return ErrNotCaughtUp\n", "			continue\n"),
		one("learner-stands", 57, "TestNonVoterDoesNotStand",
			"servers without a vote do not stand (§6)",
			"election.go", "if s.stopped || s.role == Leader || !s.mayStand() {", "if s.stopped || s.role == Leader {"),
		one("removal-counts-before-it-commits", 57, "TestServerStandsUntilItsRemovalIsCommitted",
			"a server that is not in its latest configuration still begins elections: it may be needed until that is committed (dissertation, §4.2.2)",
			"election.go", "		if c.index <= s.commitIndex {\n			break\n		}\n	}\n	return false", "		break\n	}\n	return false"),
		one("removed-servers-not-told", 57, "TestLeaderTakesLeaveOfRemovedServers",
			"a server that is not in the new configuration stops standing once that is committed (dissertation, §4.2.3)",
			"membership.go", "	s.takeLeave(last.configuration)\n", ""),
		one("losses-of-removed-servers-count", 56, "TestLeaderTakesLeaveOfRemovedServers",
			"a server that is removed is forgotten, with what was known of its log (§6)",
			"replication.go", "s.role == Leader && !p.gone && sent.round", "s.role == Leader && sent.round"),
		one("removed-leader-stays", 57, "TestLeaderRemovesItself",
			"a leader that is not in the new configuration steps down once it is committed (§6)",
			"membership.go", "		s.stepDown(WasRemoved)\n", ""),
		one("removed-leader-counts-itself", 57, "TestLeaderRemovesItself",
			"a leader that is not in the configuration does not count itself (§6)",
			"commit.go", "	for _, id := range voters {\n		if id == s.config.ID {\n			s.numbers = append(s.numbers, own)\n		} else", "	s.numbers = append(s.numbers, own)\n	for _, id := range voters {\n		if id == s.config.ID {\n			continue\n		} else"),
		one("snapshot-without-membership", 55, "TestSnapshotCarriesTheMembership",
			"a snapshot includes the latest configuration as of its last index (§7)",
			"snapshot.go", "Configuration: s.configurationAt(index), Data: data}", "Configuration: s.configuration(), Data: data}"),
	}
}
