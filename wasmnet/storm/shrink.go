package storm

import (
	"slices"
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// maxReplays bounds the work of one Shrink.
const maxReplays = 600

// slack is how much later than in the whole run the violation may show in a
// run from which commands were left out.
const slack = 5 * time.Second

// Shrink looks for a shorter run that breaks the same rule: first the smallest
// prefix of the commands that does, then what is left of that when single
// commands and stretches of them are left out. The outcome must have a
// violation. Replays is how many runs it took.
func Shrink(outcome Outcome) (smallest Outcome, replays int) {
	s := &shrinking{
		best: outcome, rule: outcome.Violation.Rule, limit: outcome.Violation.At + slack,
		replay: func(run wasmnet.Run, calmFrom int) (Outcome, error) { return Replay(run, calmFrom, nil) },
	}
	return s.shrink()
}

// shrinking is the work of one Shrink.
type shrinking struct {
	best    Outcome
	rule    string
	limit   time.Duration // when each replay ends
	replay  func(run wasmnet.Run, calmFrom int) (Outcome, error)
	replays int
}

func (s *shrinking) shrink() (Outcome, int) {
	s.cutAfterViolation()
	s.findPrefix()
	s.leaveOut()
	return s.best, s.replays
}

// storm are the commands that may be left out: all but the calm, if the
// cluster failed to recover in that.
func (s *shrinking) storm() []trace.Command {
	if s.rule != RecoversInTime {
		return s.best.Run.Commands
	}
	return s.best.Run.Commands[:s.best.CalmFrom]
}

// calm are the commands of the calm, if the cluster failed to recover in it.
// What else is left out, they must end every fault that there may be then, and
// leave the same servers dead.
func (s *shrinking) calm() []trace.Command {
	if s.rule != RecoversInTime || s.best.CalmFrom >= len(s.best.Run.Commands) {
		return nil
	}
	former := s.best.Run.Commands[s.best.CalmFrom:]
	calm := endOfFaults(s.best.Run.Header.Servers, former[0].At)
	for _, c := range former {
		if isDeath(c) {
			calm = append(calm, c)
		}
	}
	return calm
}

// cutAfterViolation leaves out the commands after the violation.
func (s *shrinking) cutAfterViolation() {
	if s.rule == RecoversInTime {
		return
	}
	at := s.best.Violation.At
	commands := s.best.Run.Commands
	first := slices.IndexFunc(commands, func(c trace.Command) bool { return c.At > at })
	if first >= 0 {
		s.try(commands[:first])
	}
}

// findPrefix finds a prefix that breaks the rule while the next shorter one that
// was tried does not.
func (s *shrinking) findPrefix() {
	storm := s.storm()
	tooShort, enough := -1, len(storm)
	for enough-tooShort > 1 {
		middle := (tooShort + enough) / 2
		if s.try(storm[:middle]) {
			enough = middle
		} else {
			tooShort = middle
		}
	}
}

// leaveOut leaves out stretches of commands, long ones first, until no single
// command can be left out any more.
func (s *shrinking) leaveOut() {
	storm := s.storm()
	for size := max(1, len(storm)/2); ; {
		removed := false
		for from := 0; from < len(storm); {
			shorter := slices.Delete(slices.Clone(storm), from, min(from+size, len(storm)))
			if s.try(shorter) {
				removed = true
				storm = s.storm()
			} else {
				from += size
			}
		}
		if s.replays >= maxReplays || size == 1 && !removed {
			return
		}
		size = max(1, size/2)
	}
}

// try replays the run with other commands in the place of the storm's, and
// keeps them if the same rule is broken.
func (s *shrinking) try(storm []trace.Command) bool {
	if s.replays >= maxReplays {
		return false
	}
	s.replays++
	run := wasmnet.Run{
		Header:   s.best.Run.Header,
		Commands: append(slices.Clone(storm), s.calm()...),
		For:      s.limit,
	}
	if s.rule == RecoversInTime {
		run.For = lastOf(run.Commands) // it is judged by how it recovers after that
	}
	outcome, err := s.replay(run, len(storm))
	if err != nil || outcome.Violation == nil || outcome.Violation.Rule != s.rule {
		return false
	}
	outcome.Run.For = max(outcome.Violation.At, lastOf(outcome.Run.Commands))
	s.best = outcome
	return true
}

func lastOf(commands []trace.Command) time.Duration {
	if len(commands) == 0 {
		return 0
	}
	return commands[len(commands)-1].At
}
