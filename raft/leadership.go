package raft

// Leadership is the part of [Server.Status] that says who leads: the server's
// role, its current term, and whom it believes to lead it, or None. Unlike Status it
// costs the same however long the log is.
func (s *Server) Leadership() (role Role, term Term, leader ServerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.role, s.currentTerm, s.leader
}
