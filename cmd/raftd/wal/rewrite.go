package wal

import (
	"crypto/rand"
	"path/filepath"

	"raftarium/raft"
)

// rewriteBytes is about how many bytes of entries go into one frame of a new
// file.
const rewriteBytes = 1 << 20

// rewrite replaces the file by one that holds the state of now and nothing
// else. The new file takes the place of the old one only when all of it is
// durable, so a crash leaves one or the other, each whole.
func (l *Log) rewrite() error {
	var fresh salt
	rand.Read(fresh[:]) // which never fails
	file, err := l.disk.Create(l.newPath())
	if err != nil {
		return err
	}
	size, err := writeState(file, fresh, l.state)
	if err != nil {
		file.Close()
		return err
	}
	former := l.file
	l.file, l.salt = file, fresh
	l.size.Store(size)
	if former != nil {
		if err := former.Close(); err != nil {
			return err
		}
	}
	if err := l.disk.Rename(l.newPath(), l.path()); err != nil {
		return err
	}
	return l.disk.SyncDirectory(l.directory)
}

// writeState writes a whole file, syncs it, and returns its size.
func writeState(file file, s salt, state state) (size int64, err error) {
	if _, err := file.Write(preamble(s)); err != nil {
		return 0, err
	}
	size = preambleSize
	for payload := range state.payloads {
		frame, err := appendFrame(nil, s, size, payload)
		if err != nil {
			return 0, err
		}
		if _, err := file.Write(frame); err != nil {
			return 0, err
		}
		size += int64(len(frame))
	}
	return size, file.Sync()
}

// payloads yields what the frames of a new file hold, which together make the
// state.
func (s *state) payloads(yield func([]byte) bool) {
	write := raft.Write{HardState: s.stored.HardState}
	if s.stored.Snapshot.Index > 0 {
		write.Snapshot = &s.stored.Snapshot
	}
	if !yield(encodeServer(s.server)) || !yield(encodeWrite(write)) {
		return
	}
	write.Snapshot = nil
	for rest := s.stored.Log; len(rest) > 0; {
		n := fitting(rest)
		write.FirstIndex, write.Entries = rest[0].Index, rest[:n]
		if !yield(encodeWrite(write)) {
			return
		}
		rest = rest[n:]
	}
	yield(encodeNamed())
}

// fitting is how many of the entries go into one frame: as many as have
// rewriteBytes together, but at least one if there is one.
func fitting(entries []raft.Entry) (n int) {
	for size := int64(0); n < len(entries) && size < rewriteBytes; n++ {
		size += sizeOf(entries[n : n+1])
	}
	return n
}

func (l *Log) newPath() string { return filepath.Join(l.directory, "log.new") }
