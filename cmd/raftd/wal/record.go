package wal

import (
	"errors"
	"fmt"
	"slices"

	"raftarium/cmd/raftd/wire"
	"raftarium/raft"
)

// A payload is a row of records, each its kind in one byte and a body as
// package wire writes bytes. All records of a payload take effect together. A
// program that meets a kind it does not know must not go on, since it cannot tell
// what it would miss.
const (
	serverRecord    = 1 // number of the server to which the file belongs; in the first frame only
	hardStateRecord = 2 // current term, vote
	entriesRecord   = 3 // first index at which the log is cut off; entries that are put there
	snapshotRecord  = 4 // a snapshot; it takes the place of the entries up to its index
	namedRecord     = 5 // nothing; all before it was durable when the file got its name
)

// perEntry is about what an entry takes in the file besides its data.
const perEntry = 16

// state is what the records of a file say, taken together.
type state struct {
	server raft.ServerID // 0: not said yet
	named  bool          // a crash can have harmed only what comes now
	stored raft.Stored
	size   int64 // about what all this takes in a file that holds nothing else
}

func encodeServer(id raft.ServerID) []byte {
	return appendRecord(nil, serverRecord, wire.AppendInteger(nil, id))
}

func encodeNamed() []byte { return appendRecord(nil, namedRecord, nil) }

func encodeWrite(write raft.Write) []byte {
	body := wire.AppendNumber(nil, write.HardState.CurrentTerm)
	body = wire.AppendInteger(body, write.HardState.VotedFor)
	payload := appendRecord(nil, hardStateRecord, body)
	if write.Snapshot != nil {
		payload = appendRecord(payload, snapshotRecord, wire.AppendSnapshot(nil, *write.Snapshot))
	}
	if write.FirstIndex > 0 {
		body = wire.AppendNumber(body[:0], write.FirstIndex)
		body = wire.AppendEntries(body, write.Entries)
		payload = appendRecord(payload, entriesRecord, body)
	}
	return payload
}

func appendRecord(payload []byte, kind byte, body []byte) []byte {
	return wire.AppendBytes(append(payload, kind), body)
}

// replay makes the changes that a payload holds.
func (s *state) replay(payload []byte) error {
	for r := wire.NewReader(payload); r.Len() > 0; {
		kind, body := r.Octet(), wire.NewReader(r.Bytes())
		if err := r.Err(); err != nil {
			return fmt.Errorf("reading a record: %w", err)
		}
		if err := s.replayRecord(kind, body); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) replayRecord(kind byte, body *wire.Reader) error {
	if s.server == raft.None && kind != serverRecord {
		return errors.New("it does not say to which server it belongs")
	}
	write := raft.Write{HardState: s.stored.HardState}
	switch kind {
	case serverRecord:
		id := raft.ServerID(body.Integer())
		if s.server != raft.None && s.server != id {
			body.Fail(fmt.Errorf("it belongs to server %d and then to server %d", s.server, id))
		}
		s.server = id
	case hardStateRecord:
		write.HardState.CurrentTerm = raft.Term(body.Number())
		write.HardState.VotedFor = raft.ServerID(body.Integer())
	case snapshotRecord:
		snapshot := body.Snapshot()
		write.Snapshot = &snapshot
	case entriesRecord:
		write.FirstIndex = raft.Index(body.Number())
		write.Entries = body.Entries()
	case namedRecord:
		s.named = true
	default:
		return fmt.Errorf("there is a record of kind %d, which this program does not know: a later raftd wrote it", kind)
	}
	if err := body.End(); err != nil {
		return fmt.Errorf("reading a record of kind %d: %w", kind, err)
	}
	if err := s.accepts(write); err != nil {
		return err
	}
	s.change(write)
	return nil
}

// accepts says what is wrong with a write, if anything: entries follow one
// another, and the snapshot before them, without a gap.
func (s *state) accepts(write raft.Write) error {
	start, last := s.stored.Snapshot.Index, s.lastIndex()
	if write.Snapshot != nil {
		if write.Snapshot.Index < start || write.Snapshot.Index == 0 {
			return fmt.Errorf("a snapshot up to entry %d cannot follow one up to entry %d", write.Snapshot.Index, start)
		}
		start = write.Snapshot.Index
		last = max(last, start)
	}
	if write.FirstIndex == 0 {
		if len(write.Entries) > 0 {
			return errors.New("there are entries, but no place for them in the log")
		}
		return nil
	}
	if write.FirstIndex > last+1 {
		return fmt.Errorf("entry %d cannot follow entry %d", write.FirstIndex, last)
	}
	if write.FirstIndex <= start {
		return fmt.Errorf("entry %d cannot stand in a log that begins after entry %d", write.FirstIndex, start)
	}
	for i, entry := range write.Entries {
		if want := write.FirstIndex + raft.Index(i); entry.Index != want {
			return fmt.Errorf("entry %d stands where entry %d belongs", entry.Index, want)
		}
	}
	return nil
}

func (s *state) lastIndex() raft.Index {
	return s.stored.Snapshot.Index + raft.Index(len(s.stored.Log))
}

// change makes an accepted write: in effect [raft.Stored.Apply], but without a
// copy of the whole log each time.
func (s *state) change(write raft.Write) {
	s.stored.HardState = write.HardState
	if write.Snapshot != nil {
		s.replaceSnapshot(*write.Snapshot)
	}
	if write.FirstIndex == 0 {
		return
	}
	log := s.stored.Log
	kept := write.FirstIndex - 1 - s.stored.Snapshot.Index
	s.size -= sizeOf(log[kept:])
	clear(log[kept:])
	s.stored.Log = append(log[:kept], write.Entries...)
	s.size += sizeOf(write.Entries)
}

func (s *state) replaceSnapshot(snapshot raft.Snapshot) {
	gone := min(snapshot.Index-s.stored.Snapshot.Index, raft.Index(len(s.stored.Log)))
	s.size += int64(len(snapshot.Data)) - int64(len(s.stored.Snapshot.Data)) - sizeOf(s.stored.Log[:gone])
	s.stored.Snapshot = snapshot
	s.stored.Log = slices.Clone(s.stored.Log[gone:])
}

func sizeOf(entries []raft.Entry) (size int64) {
	for _, entry := range entries {
		size += perEntry + int64(len(entry.Data))
	}
	return size
}
