package trace

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"raftarium/raft"
)

// NewModel returns the state of a cluster before its first event: no server
// has started yet. The header must be valid.
func NewModel(h Header) *Model {
	m := &Model{
		Header:  h,
		Network: h.Network,
		Servers: make([]Server, h.Servers),
		Clients: make([]Client, h.Clients+1),
		cut:     make([]bool, h.Servers*h.Servers),
	}
	for i := range m.Servers {
		m.Servers[i].ID = raft.ServerID(i + 1)
	}
	for i := range m.Clients {
		m.Clients[i].ID = NodeID(-1 - i)
	}
	return m
}

// Fold takes in the next event. An event that cannot follow those before it is
// an error, which says why in words; the model is then as it was before. That
// never happens with a trace of a real run, but a file may hold anything.
func (m *Model) Fold(e *Event) error {
	if err := e.Validate(&m.Header); err != nil {
		return fmt.Errorf("event %d: %w", m.Events+1, err)
	}
	if e.At < m.Now {
		return fmt.Errorf("event %d: %v happens at %v, earlier than the event before, at %v", m.Events+1, e.Kind, e.At, m.Now)
	}
	if err := m.fold(e); err != nil {
		return fmt.Errorf("event %d: %v: %w", m.Events+1, e.Kind, err)
	}
	m.Now = e.At
	m.Events++
	m.forgetEnded()
	return nil
}

func (m *Model) fold(e *Event) error {
	switch e.Kind {
	case ServerStep:
		return m.foldStep(e)
	case PacketSent, PacketDuplicated:
		return m.foldSent(e)
	case PacketDelivered, PacketDropped:
		return m.foldEnd(e)
	case PacketDelayed:
		return m.foldDelay(e)
	case LinkCut, LinkHealed:
		m.cut[m.direction(raft.ServerID(e.From), raft.ServerID(e.To))] = e.Kind == LinkCut
	case NetworkChanged:
		m.Network = *e.Network
	case ServerCrashed, ServerRestarted, ServerPaused, ServerResumed:
		m.foldProcess(e)
	case DiskWiped:
		return m.foldWipe(e)
	case ClientInvoked:
		c := &m.Clients[-1-e.From]
		c.Operation, c.Since = e.Operation, e.At
	case ClientReturned:
		c := &m.Clients[-1-e.From]
		c.Operation = nil
		c.Completed++
		c.LastOK = e.At
	}
	return nil
}

// Packets.

// find returns where the packet with the given number is or belongs.
func (m *Model) find(id PacketID) (place int, found bool) {
	place = sort.Search(len(m.Packets), func(i int) bool { return m.Packets[i].ID >= id })
	return place, place < len(m.Packets) && m.Packets[place].ID == id
}

func (m *Model) foldSent(e *Event) error {
	place, found := m.find(e.Packet)
	if found {
		return fmt.Errorf("there is a packet %d already", e.Packet)
	}
	m.Packets = slices.Insert(m.Packets, place, Packet{
		ID: e.Packet, From: e.From, To: e.To, Message: e.Message,
		InReplyTo: e.InReplyTo, Original: e.Original,
		SentAt: e.At, ArrivesAt: e.ArrivesAt,
	})
	return nil
}

func (m *Model) foldEnd(e *Event) error {
	place, found := m.find(e.Packet)
	if !found {
		return fmt.Errorf("there is no packet %d in flight", e.Packet)
	}
	p := m.Packets[place]
	m.removePacket(place)
	p.EndedAt = e.At
	if e.Kind == PacketDropped {
		p.Dropped = e.Reason
	}
	m.Ended = append(m.Ended, p)
	return nil
}

// removePacket takes a packet out. Packets end roughly in the order in which
// they were sent, so moving those before it is less work than those behind.
func (m *Model) removePacket(place int) {
	if place > len(m.Packets)/2 {
		m.Packets = slices.Delete(m.Packets, place, place+1)
		return
	}
	copy(m.Packets[1:place+1], m.Packets[:place])
	m.Packets[0] = Packet{}
	m.Packets = m.Packets[1:]
}

func (m *Model) foldDelay(e *Event) error {
	place, found := m.find(e.Packet)
	if !found {
		return fmt.Errorf("there is no packet %d in flight", e.Packet)
	}
	m.Packets[place].ArrivesAt = e.ArrivesAt
	return nil
}

func (m *Model) forgetEnded() {
	old := 0
	for old < len(m.Ended) && m.Ended[old].EndedAt+EndedFor < m.Now {
		m.Ended[old] = Packet{}
		old++
	}
	m.Ended = m.Ended[old:]
}

// markStale marks the packet that told a server of a term that is over: the
// last one that arrived there from the sender and that matches.
func (m *Model) markStale(to, from raft.ServerID, matches func(message any) bool) {
	for i := len(m.Ended) - 1; i >= 0; i-- {
		p := &m.Ended[i]
		if p.To == NodeID(to) && p.From == NodeID(from) && p.Dropped == NoReason && !p.Stale && matches(p.Message) {
			p.Stale = true
			return
		}
	}
}

// Processes and disks.

func (m *Model) foldProcess(e *Event) {
	s := &m.Servers[e.Server-1]
	switch e.Kind {
	case ServerPaused:
		s.Paused = true
	case ServerResumed:
		s.Paused = false
	case ServerCrashed:
		if e.Survived {
			s.reachDisk()
		}
		s.Writing = nil
		s.Alive, s.Paused = false, false
	case ServerRestarted:
		s.reload(e.At)
	}
}

func (m *Model) foldWipe(e *Event) error {
	s := &m.Servers[e.Server-1]
	if s.Alive {
		return fmt.Errorf("S%d runs, and its disk cannot be wiped under it", s.ID)
	}
	s.Disk = raft.Stored{}
	return nil
}

// reachDisk makes the write that is on its way durable.
func (s *Server) reachDisk() {
	write := s.Writing
	if write == nil {
		return
	}
	s.Disk.HardState = write.HardState
	if write.Snapshot != nil {
		gone := min(int(write.Snapshot.Index-s.Disk.Snapshot.Index), len(s.Disk.Log))
		s.Disk.Log = slices.Clone(s.Disk.Log[gone:])
		s.Disk.Snapshot = *write.Snapshot
	}
	if write.FirstIndex != 0 {
		kept := write.FirstIndex - s.Disk.Snapshot.Index - 1
		if int(kept) < len(s.Disk.Log) {
			s.Disk.Log = s.Disk.Log[:kept:kept] // others may look at what comes after
		}
		s.Disk.Log = append(s.Disk.Log, write.Entries...)
	}
	s.Writing = nil
}

// reload begins a new life of the process, on what the disk holds. How the
// last truncation looked is no longer known then.
func (s *Server) reload(now time.Duration) {
	*s = Server{
		ID:            s.ID,
		Alive:         true,
		Term:          s.Disk.HardState.CurrentTerm,
		VotedFor:      s.Disk.HardState.VotedFor,
		Log:           slices.Clip(s.Disk.Log),
		SnapshotIndex: s.Disk.Snapshot.Index,
		SnapshotTerm:  s.Disk.Snapshot.Term,
		CommitIndex:   s.Disk.Snapshot.Index,
		TimerStart:    now,
		Redrawn:       now,
		ChangedAt:     now,
		Disk:          s.Disk,
	}
}

// Clone returns a copy: folding into one of the two does not change the other.
// Entries, messages and operations are shared, since they never change.
func (m *Model) Clone() *Model {
	c := *m
	c.Servers = slices.Clone(m.Servers)
	for i := range c.Servers {
		c.Servers[i].unshare()
	}
	c.Clients = slices.Clone(m.Clients)
	c.Packets = slices.Clone(m.Packets)
	c.Ended = slices.Clone(m.Ended)
	c.cut = slices.Clone(m.cut)
	return &c
}

// unshare makes a server that was copied independent of the original. Logs
// only grow at the end or are cut, so it is enough that growing moves the copy's away.
func (s *Server) unshare() {
	s.Log = slices.Clip(s.Log)
	s.Disk.Log = slices.Clip(s.Disk.Log)
	s.NextIndex = slices.Clone(s.NextIndex)
	s.MatchIndex = slices.Clone(s.MatchIndex)
	s.Votes = slices.Clone(s.Votes)
	s.Refused = slices.Clone(s.Refused)
}
