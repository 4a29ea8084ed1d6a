package check

import (
	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rule on reads that are answered without an entry in the
// log. A read that is answered once the log is applied up to an index sees all
// that was committed when it began only if that was not more than up to there.

func (c *Checker) readBegan(step *raft.Event) {
	begun := c.reads[step.Server-1]
	if begun == nil {
		begun = make(map[uint64]raft.Index)
		c.reads[step.Server-1] = begun
	}
	begun[step.Read] = raft.Index(len(c.committed))
}

// checkRead checks a read that a leader confirms. One that holds a lease
// claims that nobody else leads, so all that is committed it has committed itself.
func (c *Checker) checkRead(s *trace.Server, step *raft.Event) {
	begun, known := c.reads[s.ID-1][step.Read]
	delete(c.reads[s.ID-1], step.Read)
	if known && step.Index < begun {
		c.breaks(ReadsAreCurrent, s.ID, "S%d answers a read once entry %d is applied, but entries up to %d were committed when the read began", s.ID, step.Index, begun)
	}
	if all := raft.Index(len(c.committed)); step.Reason == raft.HeldLease && step.Index < all {
		c.breaks(ReadsAreCurrent, s.ID, "S%d relies on its lease to answer a read once entry %d is applied, but S%d has committed entry %d",
			s.ID, step.Index, c.committed[all-1].server, all)
	}
}
