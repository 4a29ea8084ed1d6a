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
	data := preamble(s)
	flush := func() error {
		size += int64(len(data))
		_, err := file.Write(data)
		data = data[:0]
		return err
	}
	payloads := [][]byte{encodeServer(state.server)}
	payloads = append(payloads, encodeWrite(raft.Write{HardState: state.hardState}))
	for rest := state.entries; len(payloads) > 0; {
		for _, payload := range payloads {
			if data, err = appendFrame(data, s, size+int64(len(data)), payload); err != nil {
				return 0, err
			}
			if err := flush(); err != nil {
				return 0, err
			}
		}
		payloads = payloads[:0]
		if n := fitting(rest); n > 0 {
			write := raft.Write{HardState: state.hardState, FirstIndex: rest[0].Index, Entries: rest[:n]}
			payloads = append(payloads, encodeWrite(write))
			rest = rest[n:]
		}
	}
	return size, file.Sync()
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
