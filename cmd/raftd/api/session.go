package api

import (
	"math/rand/v2"
	"sync"
)

// session numbers an operation.
type session struct {
	client, serial uint64
}

// sessions are clients that this server makes up for those who do not number
// their operations. Each is used for one operation at a time, and then again:
// the store remembers as many as were ever needed at once, and not one an operation. The zero
// sessions are ready for use.
type sessions struct {
	mu   sync.Mutex
	free []session
}

// take returns a session whose serial was never used.
func (s *sessions) take() session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return session{client: rand.Uint64(), serial: 1}
	}
	last := len(s.free) - 1
	taken := s.free[last]
	s.free = s.free[:last]
	return taken
}

// give puts a session back. If its operation may yet be carried out, that is
// no harm: once a later one has been, the store refuses it.
func (s *sessions) give(used session) {
	used.serial++
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, used)
}
