package raft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// This chapter is membership: which servers make up the cluster, and how that
// changes while it runs. Changes by one server are made in one step
// (dissertation, chapter 4); any other goes through a joint configuration, in which
// every decision needs a majority of the old voters and one of the new (paper, §6).

// Configuration says which servers make up a cluster.
type Configuration struct {
	Voters   []ServerID `json:"voters"`             // whose votes and copies count
	Outgoing []ServerID `json:"outgoing,omitempty"` // joint consensus only: the voters that are being replaced, who must agree too
	Learners []ServerID `json:"learners,omitempty"` // who receive the log and do not vote
}

// The errors of Reconfigure for what may be tried again later.
var (
	// ErrChangePending says that the last change is not committed yet.
	ErrChangePending = errors.New("the last change of the membership is not committed yet")
	// ErrTermNotCommitted says that the leader has not committed an entry of its
	// own term yet. Without that rule, changes of two leaders could elect two
	// more in one term (Ongaro, 2015).
	ErrTermNotCommitted = errors.New("the leader has not committed an entry of its own term yet")
	// ErrNotCaughtUp says that a server that is to vote lacks entries that were
	// committed a heartbeat ago, so that it would hold up the cluster.
	ErrNotCaughtUp = errors.New("a server that is to vote has not caught up with the log yet")
)

// adopted is a configuration with the place in the log from which it holds.
type adopted struct {
	index         Index
	configuration Configuration
}

// IsVoter reports whether a server's vote counts.
func (c Configuration) IsVoter(id ServerID) bool {
	return slices.Contains(c.Voters, id) || slices.Contains(c.Outgoing, id)
}

// Members returns all servers, in the order of their numbers.
func (c Configuration) Members() []ServerID {
	members := slices.Concat(c.Voters, c.Outgoing, c.Learners)
	slices.Sort(members)
	return slices.Compact(members)
}

// decides reports whether the servers for which yes is true are a majority: in
// a joint configuration, of the old voters and of the new.
func (c Configuration) decides(yes func(ServerID) bool) bool {
	return majority(c.Voters, yes) && (len(c.Outgoing) == 0 || majority(c.Outgoing, yes))
}

func majority(servers []ServerID, yes func(ServerID) bool) bool {
	count := 0
	for _, id := range servers {
		if yes(id) {
			count++
		}
	}
	return count > len(servers)/2
}

// check says what makes no sense in a configuration that someone asks for.
func (c Configuration) check() error {
	if len(c.Voters) == 0 {
		return errors.New("a cluster needs at least one server that votes")
	}
	members := slices.Concat(c.Voters, c.Learners)
	slices.Sort(members)
	for i, id := range members {
		if id < 1 {
			return fmt.Errorf("servers are numbered from 1: there is no server %d", id)
		}
		if i > 0 && members[i-1] == id {
			return fmt.Errorf("server %d is in the configuration twice", id)
		}
	}
	return nil
}

// Encode returns the configuration as the data of a ConfigurationChange entry:
// three lists, each as its length and its numbers, all unsigned varints.
func (c Configuration) Encode() []byte {
	var data []byte
	for _, list := range [][]ServerID{c.Voters, c.Outgoing, c.Learners} {
		data = binary.AppendUvarint(data, uint64(len(list)))
		for _, id := range list {
			data = binary.AppendUvarint(data, uint64(id))
		}
	}
	return data
}

// DecodeConfiguration is the reverse of Encode.
func DecodeConfiguration(data []byte) (Configuration, error) {
	var c Configuration
	rest := data
	for _, list := range []*[]ServerID{&c.Voters, &c.Outgoing, &c.Learners} {
		var err error
		if *list, rest, err = decodeServers(rest); err != nil {
			return Configuration{}, fmt.Errorf("reading a configuration: %w", err)
		}
	}
	if len(rest) > 0 {
		return Configuration{}, fmt.Errorf("reading a configuration: %d bytes too many", len(rest))
	}
	return c, nil
}

func decodeServers(data []byte) (servers []ServerID, rest []byte, err error) {
	count, n := binary.Uvarint(data)
	if n <= 0 || count > uint64(len(data)) {
		return nil, nil, errors.New("it is cut off")
	}
	for range count {
		data = data[n:]
		var id uint64
		if id, n = binary.Uvarint(data); n <= 0 || id > 1<<31 {
			return nil, nil, errors.New("it is cut off, or a number in it is too large")
		}
		servers = append(servers, ServerID(id))
	}
	return servers, data[n:], nil
}

// Reconfigure makes the leader change the membership to next, of which
// Outgoing is not used. It does not wait for the change to be committed. A
// change of at most one voter is made in one step, unless joint asks for joint
// consensus; one of several goes through joint consensus anyway. Servers that are
// to vote must be members, as learners, and have caught up. A leader that is not
// in next steps down once the change is committed. Beside those of Propose,
// the errors are ErrChangePending, ErrTermNotCommitted, ErrNotCaughtUp and one
// for a configuration that makes no sense.
func (s *Server) Reconfigure(next Configuration, joint bool) (Index, Term, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next.Outgoing = nil
	if err := s.refusesChange(next); err != nil {
		return 0, 0, err
	}
	if joint || changedVoters(s.configuration().Voters, next.Voters) > 1 {
		next.Outgoing = s.configuration().Voters
	}
	index := s.changeConfiguration(next)
	return index, s.currentTerm, nil
}

// refusesChange says why a change of the membership is not made, or nil.
func (s *Server) refusesChange(next Configuration) error {
	if err := s.refusesProposal(0); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	switch {
	case s.changePending():
		return ErrChangePending
	case s.log.term(s.commitIndex) != s.currentTerm:
		return ErrTermNotCommitted
	}
	for _, id := range next.Voters {
		if s.configuration().IsVoter(id) {
			continue
		}
		if p := s.peer(id); p == nil || p.matchIndex < max(s.settledCommit, s.configurations[len(s.configurations)-1].index) {
			return ErrNotCaughtUp
		}
	}
	return nil
}

// changePending reports whether the last change is under way: not committed,
// or committed and still joint.
func (s *Server) changePending() bool {
	last := s.configurations[len(s.configurations)-1]
	return last.index > s.commitIndex || len(last.configuration.Outgoing) > 0
}

// changedVoters is how many servers are in one of the lists only.
func changedVoters(a, b []ServerID) int {
	count := 0
	for _, id := range a {
		if !slices.Contains(b, id) {
			count++
		}
	}
	for _, id := range b {
		if !slices.Contains(a, id) {
			count++
		}
	}
	return count
}

// changeConfiguration appends a change of the membership to the leader's log.
func (s *Server) changeConfiguration(next Configuration) Index {
	index := s.appendEntry(ConfigurationChange, next.Encode())
	s.replicate()
	return index
}

// configuration is the membership in force: the latest in the log, whether it
// is committed or not (§6).
func (s *Server) configuration() Configuration {
	return s.configurations[len(s.configurations)-1].configuration
}

// loadConfigurations finds the configurations in the stored state. Without any
// the cluster is the one that the server was started with.
func (s *Server) loadConfigurations(stored Stored) error {
	base := Configuration{Voters: s.config.Servers}
	if stored.Snapshot.Index > 0 {
		base = stored.Snapshot.Configuration
	}
	s.configurations = []adopted{{stored.Snapshot.Index, base}}
	for _, entry := range stored.Log {
		if entry.Kind != ConfigurationChange {
			continue
		}
		configuration, err := DecodeConfiguration(entry.Data)
		if err != nil {
			return fmt.Errorf("entry %d: %w", entry.Index, err)
		}
		s.configurations = append(s.configurations, adopted{entry.Index, configuration})
	}
	return nil
}

// adopt puts the configuration in an entry in force, from the moment at which
// the entry is in the log. An entry that holds none changes nothing.
func (s *Server) adopt(entry Entry) {
	configuration, err := DecodeConfiguration(entry.Data)
	if err != nil {
		return
	}
	s.configurations = append(s.configurations, adopted{entry.Index, configuration})
	s.membershipChanged()
}

// dropConfigurations goes back to the configuration before index first, when
// the entries from there on are removed.
func (s *Server) dropConfigurations(first Index) {
	kept := len(s.configurations)
	for kept > 1 && s.configurations[kept-1].index >= first {
		kept--
	}
	if kept < len(s.configurations) {
		s.configurations = s.configurations[:kept]
		s.membershipChanged()
	}
}

// configurationAt is the configuration in force at an index of the log that is
// not before its start.
func (s *Server) configurationAt(index Index) Configuration {
	at := s.configurations[0].configuration
	for _, c := range s.configurations {
		if c.index <= index {
			at = c.configuration
		}
	}
	return at
}

// compactConfigurations forgets those before the snapshot's.
func (s *Server) compactConfigurations(snapshot *Snapshot) {
	kept := []adopted{{snapshot.Index, snapshot.Configuration}}
	for _, c := range s.configurations {
		if c.index > snapshot.Index {
			kept = append(kept, c)
		}
	}
	s.configurations = kept
}

// membershipChanged takes another configuration into force.
func (s *Server) membershipChanged() {
	last := s.configurations[len(s.configurations)-1]
	s.report(Event{Kind: MembershipChanged, Index: last.index, Configuration: &last.configuration})
	s.updatePeers()
}

// updatePeers makes the list of peers that of the members. A leader also keeps
// those of the last committed configuration, so that a server that is removed
// hears of it.
func (s *Server) updatePeers() {
	members := s.configuration().Members()
	for i := len(s.configurations) - 1; i >= 0 && s.role == Leader; i-- {
		members = append(members, s.configurations[i].configuration.Members()...)
		if s.configurations[i].index <= s.commitIndex {
			break
		}
	}
	for _, p := range s.peers {
		p.gone = !slices.Contains(members, p.id)
	}
	s.peers = slices.DeleteFunc(s.peers, func(p *peer) bool { return p.gone })
	for _, id := range members {
		if id != s.config.ID && s.peer(id) == nil {
			p := newPeer(id)
			s.peers = append(s.peers, p)
			if s.role == Leader {
				// From the entry that made it a member on, so that it is sent at once.
				p.lead(s.log.lastIndex()-1, s.env.Now())
				s.reportProgress(p)
			}
		}
	}
	slices.SortFunc(s.peers, func(a, b *peer) int { return int(a.id - b.id) })
}

// takeLeave tells servers that are no members any more that this is committed, so
// that they need not stand for election (see mayStand). It is told once, and may be lost.
func (s *Server) takeLeave(configuration Configuration) {
	members := configuration.Members()
	for _, p := range s.peers {
		if !slices.Contains(members, p.id) {
			s.sendHeartbeat(p)
		}
	}
}

// continueChange is what a leader does when the last configuration is
// committed: leave a joint one, let go of servers that were removed, and step
// down if it was removed itself.
func (s *Server) continueChange() {
	last := s.configurations[len(s.configurations)-1]
	if s.role != Leader || last.index > s.commitIndex {
		return
	}
	if len(last.configuration.Outgoing) > 0 {
		next := last.configuration
		next.Outgoing = nil
		s.changeConfiguration(next)
		return
	}
	s.takeLeave(last.configuration)
	s.updatePeers()
	if !last.configuration.IsVoter(s.config.ID) {
		s.stepDown(WasRemoved)
	}
}
