package raft

import "fmt"

// This chapter is log compaction (§7): snapshots stand for prefixes of the log,
// and a follower that lacks entries which are gone gets the snapshot instead,
// chunk by chunk.

// incoming is a snapshot of which a follower has received the beginning.
type incoming struct {
	term  Term // the leader's, whose chunks these are: another leader's may differ
	index Index
	data  []byte
}

// Snapshot tells the server that data is the application's state after it
// applied the entry at index, so that the log up to there can go. Any server
// may take one at any time; an index that a snapshot covers already changes
// nothing. It is an error if the entry was not applied yet. The caller must
// not change data afterwards, and may call this from within Config.Apply.
func (s *Server) Snapshot(index Index, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return ErrStopped
	case index > s.lastApplied:
		return fmt.Errorf("a snapshot up to index %d, of which only %d are applied", index, s.lastApplied)
	case index <= s.log.start:
		return nil
	}
	s.snapshot = &Snapshot{Index: index, Term: s.log.term(index), Configuration: s.configurationAt(index), Data: data}
	s.log.compact(index)
	s.compactConfigurations(s.snapshot)
	s.report(Event{Kind: SnapshotTaken, SnapshotIndex: index, EntryTerm: s.snapshot.Term})
	s.snapshotChanged(s.snapshot, false)
	return nil
}

// LogBytes is the size of the data in the log, by which an application decides
// when to take a snapshot.
func (s *Server) LogBytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.bytes
}

// sendChunk sends a peer the next chunk of the snapshot that it needs.
func (s *Server) sendChunk(p *peer) {
	end := min(p.offset+s.config.MaxBatchBytes, len(p.snapshot.Data))
	request := InstallSnapshot{
		Term:              s.currentTerm,
		Leader:            s.config.ID,
		LastIncludedIndex: p.snapshot.Index,
		LastIncludedTerm:  p.snapshot.Term,
		Configuration:     p.snapshot.Configuration,
		Offset:            p.offset,
		Data:              p.snapshot.Data[p.offset:end:end],
		Done:              end == len(p.snapshot.Data),
	}
	p.noteSent(len(request.Data), s.env.Now())
	sent := s.sending(p, len(request.Data))
	s.env.Go(p.installSnapshot, func() { s.sendInstallSnapshot(p, request, sent) })
}

// sendInstallSnapshot sends one InstallSnapshot and processes its reply.
func (s *Server) sendInstallSnapshot(p *peer, request InstallSnapshot, sent sent) {
	message, ok := s.transport.Call(p.id, request)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if s.currentTerm == request.Term {
		p.answered(sent)
	}
	reply, isReply := message.(InstallSnapshotReply)
	if !ok || !isReply || !s.useReply(p, sent, request.Term, reply.Term) {
		return
	}
	switch {
	case reply.Installed:
		s.noteInstalled(p, request.LastIncludedIndex)
	case p.mode != installing || p.snapshot.Index != request.LastIncludedIndex || sent.round != p.round:
		s.ignoreReply(p, request.Term, reply.Term, NextIndexChanged)
		return
	default:
		p.offset = min(max(reply.Received, 0), len(p.snapshot.Data))
	}
	if s.role == Leader { // it may have committed that it is removed
		s.send(p)
	}
}

// noteInstalled takes note that a peer has all that a snapshot stands for.
func (s *Server) noteInstalled(p *peer, index Index) {
	if p.mode == installing {
		p.probe(max(index, p.matchIndex) + 1)
		p.mode = replicating
	}
	s.advanceMatch(p, max(index, p.matchIndex))
}

// handleInstallSnapshot stores a chunk of a leader's snapshot, and installs
// the snapshot with the last of them (Figure 13, receiver implementation).
// Every chunk is a sign of life of the leader: a snapshot may take longer than
// an election timeout.
func (s *Server) handleInstallSnapshot(request InstallSnapshot) (Message, bool) {
	if request.Term < s.currentTerm {
		return InstallSnapshotReply{Term: s.currentTerm}, s.awaitHardState()
	}
	if !s.follow(request.Term, request.Leader) {
		return nil, false
	}
	if request.LastIncludedIndex <= s.commitIndex {
		// All that it stands for is here already.
		return s.installed(request)
	}
	if !s.receive(request) {
		return InstallSnapshotReply{Term: s.currentTerm, Received: len(s.incoming.data)}, s.awaitHardState()
	}
	s.install(&Snapshot{
		Index: request.LastIncludedIndex, Term: request.LastIncludedTerm,
		Configuration: request.Configuration, Data: s.incoming.data,
	}, request.Leader)
	s.incoming = incoming{}
	return s.installed(request)
}

// receive adds a chunk to what has come of a snapshot. It returns true when
// the snapshot is whole. A chunk that does not follow the last one is passed
// over: the reply tells the leader from where to go on.
func (s *Server) receive(request InstallSnapshot) bool {
	in := &s.incoming
	if in.term != request.Term || in.index != request.LastIncludedIndex {
		*in = incoming{term: request.Term, index: request.LastIncludedIndex}
	}
	if request.Offset != len(in.data) {
		return false
	}
	in.data = append(in.data, request.Data...)
	return request.Done
}

// install puts a snapshot in the place of the log that it stands for. Entries
// after it stay if the log holds its last entry, and go if not (Figure 13,
// steps 6 and 7).
func (s *Server) install(snapshot *Snapshot, leader ServerID) {
	replaced := !s.log.holds(snapshot.Index, snapshot.Term)
	if replaced {
		s.log = entryLog{start: snapshot.Index, startTerm: snapshot.Term}
	} else {
		s.log.compact(snapshot.Index)
	}
	s.snapshot = snapshot
	if replaced {
		s.configurations = nil
	}
	s.compactConfigurations(snapshot)
	s.report(Event{
		Kind: SnapshotInstalled, Peer: leader, SnapshotIndex: snapshot.Index, EntryTerm: snapshot.Term,
		LastIndex: s.log.lastIndex(), Snapshot: snapshot,
	})
	s.membershipChanged()
	s.snapshotChanged(snapshot, replaced)
	s.setCommitIndex(snapshot.Index, SentSnapshot, leader)
}

// installed answers that this server has all that the snapshot stands for, once
// it is durable.
func (s *Server) installed(request InstallSnapshot) (Message, bool) {
	if !s.awaitHardState() || !s.awaitEntries(request.LastIncludedIndex, request.Term) {
		return nil, false
	}
	if s.currentTerm != request.Term {
		return InstallSnapshotReply{Term: s.currentTerm}, s.awaitHardState()
	}
	return InstallSnapshotReply{Term: request.Term, Installed: true}, true
}
