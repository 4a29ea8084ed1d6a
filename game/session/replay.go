package session

import (
	"cmp"
	"slices"
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// Replay is a recorded run that a session goes through again: how far it is.
type Replay struct {
	Given int           // commands of the record whose time has come
	Of    int           // commands of the record
	Until time.Duration // virtual time of its end; 0: it has none
}

// replay is what is left to do of a record.
type replay struct {
	commands []trace.Command // in the order of their times
	given    int
	until    time.Duration
}

// NewReplay makes a session like [New], in which the commands of a recorded run
// are given at their times. However time goes on in it, at once or in small steps, the
// trace is that of [wasmnet.Run.Play]. At the record's end, if it has one, and
// when a rule is broken before that, the clock stops; after the end the run goes on as
// any other. The first command that is given with Do ends the replay: what
// is left of the record is dropped.
func NewReplay(run wasmnet.Run, watch func(Happening)) (*Session, error) {
	s, err := New(run.Header, watch)
	if err != nil {
		return nil, err
	}
	commands := slices.Clone(run.Commands)
	slices.SortStableFunc(commands, func(a, b trace.Command) int { return cmp.Compare(a.At, b.At) })
	if run.For > 0 {
		past := func(c trace.Command) bool { return c.At > run.For }
		commands = slices.DeleteFunc(commands, past)
	}
	if run.For > 0 || len(commands) > 0 {
		s.replay = &replay{commands: commands, until: run.For}
	}
	return s, nil
}

// Replay reports whether a recorded run is being replayed, and how far it
// is.
func (s *Session) Replay() (r Replay, replaying bool) {
	if s.replay == nil {
		return Replay{}, false
	}
	return Replay{Given: s.replay.given, Of: len(s.replay.commands), Until: s.replay.until}, true
}

// Refused are the commands of the record that were refused so far. There are none in
// a record that this very program has made.
func (s *Session) Refused() []wasmnet.Refusal { return s.refused }

// runWorld lets the world go on up to a time, as [wasmnet.World.RunUntil] does, and gives it
// the commands of the record on the way. It goes no further than the end of the record.
func (s *Session) runWorld(t time.Duration, keepGoing func() bool) {
	if s.replay != nil && s.replay.until > 0 {
		t = min(t, s.replay.until)
	}
	for s.replay != nil {
		c, ok := s.replay.next()
		if !ok || c.At > t {
			break
		}
		if !s.world.RunUntil(max(c.At, s.world.Now()), keepGoing) {
			return
		}
		s.replay.given++
		if err := s.world.Do(c); err != nil {
			s.refused = append(s.refused, wasmnet.Refusal{Command: c, Err: err}) // and left out, as in Play
		}
	}
	if s.world.RunUntil(t, keepGoing) {
		s.noteEnd(t)
	}
}

// noteEnd ends the replay once all of the record has happened.
func (s *Session) noteEnd(reached time.Duration) {
	r := s.replay
	if r == nil {
		return
	}
	if r.until > 0 && reached < r.until || r.given < len(r.commands) {
		return
	}
	s.replay = nil
	if r.until > 0 {
		s.clock.stop()
	}
}

// next is the next command of the record.
func (r *replay) next() (c trace.Command, ok bool) {
	if r.given >= len(r.commands) {
		return trace.Command{}, false
	}
	return r.commands[r.given], true
}

// nextAt is when the next thing happens, by itself or because the record says
// so; false if nothing ever will.
func (s *Session) nextAt() (at time.Duration, ok bool) {
	at, ok = s.world.Next()
	if s.replay == nil {
		return at, ok
	}
	if c, more := s.replay.next(); more && (!ok || c.At < at) {
		return max(c.At, s.world.Now()), true
	}
	if until := s.replay.until; until > 0 && (!ok || until < at) {
		return until, true
	}
	return at, ok
}
