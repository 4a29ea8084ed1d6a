package mutant

// Pitfall is a rule that implementations of Raft have broken in the wild.
type Pitfall struct {
	Number int
	Bug    string
	Seen   string // where, with the number of the report
}

// Pitfalls lists them. Each has at least one mutant in the Catalogue, and with
// it the test that catches it.
func Pitfalls() []Pitfall {
	return []Pitfall{
		{1, "entries of an old term are committed by counting", "logcabin 44, canonical/raft 220, async-raft 108, PySyncObj 169"},
		{2, "votedFor is not persisted", "cornerstone 65, raft-java 57"},
		{3, "currentTerm is not persisted", "raft-java 57, WRaft"},
		{4, "a follower's log is not persisted", "classic"},
		{5, "a leader does not persist what is proposed", "classic"},
		{6, "a reply or request is sent before what it says is durable", "openraft 1410, rabbitmq/ra 637, etcd 14370"},
		{7, "votes are given without comparing logs", "classic"},
		{8, "logs are compared by length only", "classic"},
		{9, "logs are compared by term only", "classic"},
		{10, "a server votes twice in a term", "daos-raft 70, camunda 5368"},
		{11, "stepping down in the same term gives the vote back", "akka-raft 56, etcd 2461, CCF 8094"},
		{12, "a candidate's own vote is not recorded", "nebula 3415, xraft 29, xraft 33"},
		{13, "votes of an earlier term are counted", "little-raft 44, akka-raft 46, eatonphil/raft-rs 3"},
		{14, "a higher term in a reply is ignored", "classic"},
		{15, "a candidate ignores the leader of its own term", "classic"},
		{16, "any RequestVote resets the election timer", "the Students' Guide to Raft"},
		{17, "a stale leader's AppendEntries resets the election timer", "the Students' Guide to Raft"},
		{18, "granting a vote does not reset the election timer", "the Students' Guide to Raft"},
		{19, "election timeouts are not random", "the dissertation, chapter 9"},
		{20, "half of the votes elect a leader", "classic"},
		{21, "half of the copies commit an entry", "classic"},
		{22, "AppendEntries always truncates", "akka-raft 66, old-raft-rs 113, willemt/raft 118"},
		{23, "what follows a conflicting entry is kept", "mofa 1151"},
		{24, "the consistency check does not look at the term", "classic"},
		{25, "heartbeats skip the consistency check", "the Students' Guide to Raft, c5 263, Ratis 2605"},
		{26, "a follower commits up to the end of its own log", "ScyllaDB 9965, rabbitmq/ra 508, CCF 8172"},
		{27, "a follower commits without regard to leaderCommit", "classic"},
		{28, "matchIndex is taken from the leader's log when the reply comes", "classic"},
		{29, "the reply to a request of an older term is used", "the structure advice"},
		{30, "matchIndex goes back", "PySyncObj 167, raftos 25, raft.tla 18"},
		{31, "a stale refusal lowers nextIndex to what is known to match", "etcd 1207, WRaft, Truxify 8670"},
		{32, "a leader backs up by one entry a refusal", "classic"},
		{33, "installing a snapshot drops the entries after it", "Figure 13, step 6"},
		{34, "a conflicting entry at the snapshot's index keeps what follows it", "hashicorp 697, hashicorp 704, ScyllaDB 9965"},
		{35, "an older snapshot moves the state back", "openraft 560, hashicorp 248, NuRaft 407"},
		{36, "a snapshot is lost at a restart", "classic"},
		{37, "the term of a snapshot's last entry is lost", "classic"},
		{38, "what a snapshot stands for stays in memory", "classic"},
		{39, "a follower behind the snapshot is not served", "hashicorp 212, yugabyte 32876"},
		{40, "a snapshot that takes long lets the election timer end, or is put together wrongly", "NuRaft 118, NuRaft 121"},
		{41, "indices are counted from the trimmed log", "classic"},
		{42, "entries are handed over with the lock held", "the structure advice"},
		{43, "two goroutines hand entries over", "the structure advice"},
		{44, "snapshots and entries are handed over by two ways", "classic"},
		{45, "the lock is held during an RPC", "the structure advice"},
		{46, "too many messages, or too few, or too late", "classic"},
		{47, "a server that does not lead takes proposals, a stale leader is obeyed, or a no-op is visible", "classic"},
		{48, "a leader answers reads before it has committed in its own term", "etcd 7331, RedisRaft 22, jmsadair 65"},
		{49, "a read is answered before a majority confirms the leader", "d-engine 381, etcd and Consul in Jepsen's tests of 2014"},
		{50, "a lease outlives a transfer, a restart or a fast clock", "tikv 1593, raft-rs 234, openraft 1748, etcd 20418"},
		{51, "a transfer of leadership blocks writes, or loses them", "openraft 1747, openraft 1839"},
		{52, "with PreVote a server of a lower term is never elected, or disturbs", "etcd 8243, etcd 8501, etcd 9586, etcd 10355"},
		{53, "a leader without a majority stays, or a live one is deposed", "cockroach 104042, Cloudflare 2020"},
		{54, "the membership is changed before an entry of the term is committed, or twice at once", "raft-dev 2015, copycat 23, braft 182, openraft 2051"},
		{55, "a configuration counts too late, too early, or by one majority only", "etcd 11284, etcd 12359, camunda 60086"},
		{56, "a server that lacks the log counts, or is remembered wrongly", "etcd 21178"},
		{57, "a server that was removed disrupts, or leads on", "dissertation, §4.2.2, §4.2.3"},
	}
}
