// Package session is one run of the world as a person goes through it: at the
// speed that they choose, stopped, or one event at a time, with their
// commands taken in, and everything told that happens.
//
// session.go is the run and its events; clock.go is how it goes on in time;
// record.go is what is left of it: a value that makes it happen again; replay.go
// goes through such a value in a session.
package session

import (
	"fmt"
	"time"

	"raftarium/game/narrate"
	"raftarium/raft/check"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// Session is a run with its clock. Use [New] to make one. It is not for
// concurrent use.
type Session struct {
	header   trace.Header
	world    *wasmnet.World
	model    *trace.Model
	narrator *narrate.Narrator
	checker  *check.Checker
	watch    func(Happening)
	commands []trace.Command
	ahead    []trace.Event // happened in the world, but not yet shown: the rest of an instant that is gone through step by step
	clock    clock
	replay   *replay // the record that is gone through, or nil
	refused  []wasmnet.Refusal
	violated bool // a rule was broken
	broken   error
}

// Happening is one event as it is shown to those who watch a session.
type Happening struct {
	Number int          // of the event in the trace, from 1
	Event  *trace.Event // only valid during the call
	Before *trace.Model // the cluster just before the event; only valid during the call
	Line   narrate.Line // the event in words
	Told   bool         // whether it has words
	Step   bool         // it is what a step was asked for

	Violation *check.Violation // the rule that the event breaks, or nil
}

// New makes a run, stopped at time zero; nothing has happened yet. Every event is shown to watch as
// it becomes part of the run; watch must not call the session. A header that
// makes no sense is an error.
func New(header trace.Header, watch func(Happening)) (*Session, error) {
	s := &Session{
		header:   header,
		narrator: narrate.New(header),
		watch:    watch,
		clock:    newClock(),
	}
	world, err := wasmnet.New(header, s.happened)
	if err != nil {
		return nil, fmt.Errorf("making the cluster: %w", err)
	}
	s.world = world
	s.model = trace.NewModel(header)
	s.checker = check.New(header)
	return s, nil
}

// Begin lets happen what happens at time zero: the servers start.
func (s *Session) Begin() { s.catchUp() }

// Close frees what the run used. The session must not be used any more.
func (s *Session) Close() { s.world.Close() }

// Header is what the run was started with.
func (s *Session) Header() trace.Header { return s.header }

// Model is the cluster as it is shown, at the time Now. It changes with every call
// that lets the run go on, and must not be changed by others.
func (s *Session) Model() *trace.Model { return s.model }

// Now is the virtual time that is shown. Packets in flight are where they are
// at this time.
func (s *Session) Now() time.Duration {
	if len(s.ahead) > 0 {
		return s.model.Now
	}
	return s.world.Now()
}

// Err is why the run cannot go on, or nil. It says how to make the same
// happen again.
func (s *Session) Err() error { return s.broken }

// Do takes in a command at the time that is shown. An impossible one is refused with
// an error that says why.
func (s *Session) Do(c trace.Command) error {
	if s.broken != nil {
		return s.broken
	}
	s.catchUp()
	var err error
	s.guard(func() { err = s.world.Do(c) })
	if err == nil {
		s.replay = nil // from here on it is another run
	}
	s.catchUp() // what happens in the same instant is seen at once, even if the clock stands still
	if s.broken != nil {
		return s.broken
	}
	return err
}

// happened takes an event from the world. It is shown later, since the world
// must not be disturbed while it tells.
func (s *Session) happened(e *trace.Event) { s.ahead = append(s.ahead, *e) }

// catchUp shows what has happened in the world already, so that a command
// meets the cluster that its giver sees.
func (s *Session) catchUp() {
	s.guard(func() { s.runWorld(s.world.Now(), nil) })
	s.showAll()
}

func (s *Session) showAll() {
	for i := range s.ahead {
		s.show(&s.ahead[i], false)
	}
	s.ahead = s.ahead[:0]
}

// showPlaying is showAll while the clock runs: in a replay it stops the clock at
// the first event that breaks a rule, and shows nothing that comes after it.
func (s *Session) showPlaying() {
	if s.replay == nil || s.violated {
		s.showAll()
		return
	}
	for i := range s.ahead {
		if s.show(&s.ahead[i], false); s.violated {
			s.ahead = s.ahead[:copy(s.ahead, s.ahead[i+1:])]
			s.clock.stop()
			return
		}
	}
	s.ahead = s.ahead[:0]
}

// show makes an event part of the run that is seen. It reports whether a step
// ends with it: whether it has words.
func (s *Session) show(e *trace.Event, stepping bool) (endsStep bool) {
	line, told := s.narrator.Tell(s.model, e)
	if e.Kind == trace.CommandTaken {
		s.commands = append(s.commands, *e.Command)
	}
	violation := s.checker.Observe(e)
	s.violated = s.violated || violation != nil
	s.watch(Happening{
		Number: s.model.Events + 1, Event: e, Before: s.model,
		Line: line, Told: told, Step: stepping && told,
		Violation: violation,
	})
	if err := s.model.Fold(e); err != nil {
		s.fail(fmt.Errorf("the run contradicts itself: %w", err))
	}
	return told
}

// guard runs something in the world, and turns a panic there into an error.
func (s *Session) guard(run func()) {
	if s.broken != nil {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.fail(fmt.Errorf("%v", cause))
		}
	}()
	run()
}

// Break stops the run for good, because of a bug around it.
func (s *Session) Break(cause error) { s.fail(cause) }

func (s *Session) fail(cause error) {
	if s.broken == nil {
		s.broken = &Failure{Run: s.Record(), Cause: cause}
		s.clock.playing = false
	}
}
