package check

import (
	"slices"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// This chapter has the rules on changes of the membership. They look at leaders
// only, where changes begin.

// checkChange checks a change that a leader appends, and s is the leader as it was
// just before.
func (c *Checker) checkChange(s *trace.Server, step *raft.Event) {
	next, err := raft.DecodeConfiguration(step.Entry.Data)
	if s.Role != raft.Leader || err != nil {
		return
	}
	if last := c.changes[s.ID-1]; last > s.CommitIndex {
		c.breaks(OneChange, s.ID, "S%d begins a change of the membership with entry %d, and the change before, entry %d, is not committed", s.ID, step.Index, last)
	}
	now := &s.Configuration
	leaves := len(now.Outgoing) > 0 && len(next.Outgoing) == 0 && sameServers(now.Voters, next.Voters)
	if term, _ := s.TermAt(s.CommitIndex); term != s.Term && !leaves {
		c.breaks(ChangesWait, s.ID, "S%d leads term %d and begins a change of the membership with entry %d, and has committed no entry of its own term", s.ID, s.Term, step.Index)
	}
	if len(now.Voters) > 0 && !leaves && !overlap(now, &next) {
		c.breaks(MajoritiesOverlap, s.ID, "S%d goes from the voters %s to %s with entry %d: two majorities could decide without each other",
			s.ID, words(now), words(&next), step.Index)
	}
}

// overlap reports whether each majority of one configuration has a server in
// common with each of the other, in all cases where one may follow the other.
func overlap(now, next *raft.Configuration) bool {
	switch {
	case len(now.Outgoing) > 0:
		return false // a joint configuration is only left
	case len(next.Outgoing) > 0:
		return sameServers(next.Outgoing, now.Voters)
	}
	changed := 0
	for _, id := range now.Voters {
		if !slices.Contains(next.Voters, id) {
			changed++
		}
	}
	for _, id := range next.Voters {
		if !slices.Contains(now.Voters, id) {
			changed++
		}
	}
	return changed <= 1
}

func sameServers(a, b []raft.ServerID) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// words names the voters of a configuration.
func words(c *raft.Configuration) string {
	text := names(c.Voters)
	if len(c.Outgoing) > 0 {
		text += " jointly with " + names(c.Outgoing)
	}
	return text
}

func names(ids []raft.ServerID) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += ", "
		}
		text += whom(id)
	}
	return text
}
