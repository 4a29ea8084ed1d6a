package session

import (
	"fmt"
	"time"
)

// The bounds of Speed, in virtual seconds a real second.
const (
	MinSpeed     = 1.0 / 1000
	MaxSpeed     = 1.0
	DefaultSpeed = 1.0 / 20
)

// longestFrame is the most real time that one Advance makes up for. A page that
// was hidden for an hour goes on where it was.
const longestFrame = 250 * time.Millisecond

// clock is how virtual time follows real time.
type clock struct {
	playing bool
	speed   float64
	rest    float64 // nanoseconds of virtual time that are owed, less than one

	// Of about the last second of real time, in virtual nanoseconds.
	asked, reached float64
}

func newClock() clock { return clock{speed: DefaultSpeed} }

// Playing reports whether the run goes on by itself.
func (s *Session) Playing() bool { return s.clock.playing && s.broken == nil }

// Play lets the run go on, and Pause stops it.
func (s *Session) Play() {
	if s.broken == nil {
		s.clock.playing = true
	}
}

// Pause stops the run, at the end of a moment.
func (s *Session) Pause() {
	if s.Playing() {
		s.catchUp()
	}
	s.clock.stop()
}

func (c *clock) stop() {
	c.playing = false
	c.asked, c.reached = 0, 0
}

// Speed is how many virtual seconds pass in a real second.
func (s *Session) Speed() float64 { return s.clock.speed }

// SetSpeed sets the speed, which must be from MinSpeed to MaxSpeed.
func (s *Session) SetSpeed(speed float64) error {
	if err := CheckSpeed(speed); err != nil {
		return err
	}
	s.clock.speed = speed
	s.clock.asked, s.clock.reached = 0, 0
	return nil
}

// CheckSpeed says in words why a speed is none, or returns nil.
func CheckSpeed(speed float64) error {
	if !(speed >= MinSpeed && speed <= MaxSpeed) {
		return fmt.Errorf("the speed %v: want %v (a thousandth of real time) to %v (real time)", speed, MinSpeed, MaxSpeed)
	}
	return nil
}

// Advance lets as much virtual time pass as belongs to the elapsed real time.
// keepGoing is asked now and then whether there is real time left for more;
// when it says no, what is missing is left out, and the run goes slower than asked.
func (s *Session) Advance(elapsed time.Duration, keepGoing func() bool) {
	if !s.Playing() || elapsed <= 0 {
		return
	}
	s.showAll()
	c := &s.clock
	due := float64(min(elapsed, longestFrame))*c.speed + c.rest
	whole := time.Duration(due)
	c.rest = due - float64(whole)
	from := s.world.Now()
	s.guard(func() { s.runWorld(from+whole, keepGoing) })
	if s.showPlaying(); !s.Playing() {
		return
	}
	c.note(elapsed, float64(whole), float64(s.world.Now()-from))
}

// note keeps the account of the last second.
func (c *clock) note(elapsed time.Duration, asked, reached float64) {
	kept := max(0, 1-elapsed.Seconds())
	c.asked = c.asked*kept + asked
	c.reached = c.reached*kept + reached
}

// Behind reports whether the machine could not keep the speed during the last second
// or so.
func (s *Session) Behind() bool {
	return s.Playing() && s.clock.reached < 0.9*s.clock.asked
}

// Step lets the run go on to the next event that has words, and shows nothing that
// comes after it, even at the same moment: one step is one line of the feed.
// What has no words (a packet that arrives, a timer that starts anew, a
// progress of the disk) is passed over. keepGoing is asked now and then whether to
// look further; Step reports whether it found an event.
func (s *Session) Step(keepGoing func() bool) bool {
	s.Pause()
	for s.broken == nil {
		if s.showNext() {
			return true
		}
		at, ok := s.nextAt()
		if !ok || !keepGoing() {
			return false
		}
		s.guard(func() { s.runWorld(at, nil) })
	}
	return false
}

// showNext shows what has happened in the world already, up to and including the
// first event that has words.
func (s *Session) showNext() bool {
	for i := range s.ahead {
		if s.show(&s.ahead[i], true) {
			s.ahead = s.ahead[:copy(s.ahead, s.ahead[i+1:])]
			return true
		}
	}
	s.ahead = s.ahead[:0]
	return false
}

// RunUntil lets the run go on at once, as fast as it can, up to a time, or
// until found says of the cluster that it is as wanted. It reports whether found did.
func (s *Session) RunUntil(t time.Duration, found func() bool) bool {
	for s.broken == nil {
		s.showAll()
		if found() {
			return true
		}
		at, ok := s.nextAt()
		if !ok || at > t {
			s.guard(func() { s.runWorld(t, nil) })
			s.showAll()
			return false
		}
		s.guard(func() { s.runWorld(at, nil) })
	}
	return false
}
