// Package wal keeps a Raft server's state on disk so that no crash harms it:
// a write-ahead file of checksummed frames, each an atomic change, which is
// rewritten when much of it is out of date.
//
// Read it in this order: log.go is what a server of package raft sees; frame.go
// says how the file is laid out; record.go, what is in a frame; recovery.go,
// how a file is read after a crash; rewrite.go, how it is made new; disk.go,
// what the package asks of the operating system.
//
// The file is small and of this one purpose. A general store such as bbolt
// would do, too, but writes several pages of a tree, twice synced, where a log
// appends a few bytes and syncs once.
package wal

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync/atomic"

	"raftarium/raft"
)

// defaultSlack is how many bytes of a file may be out of date, besides three
// times the live state, before it is rewritten.
const defaultSlack = 1 << 20

// Log is a server's state on disk, a [raft.Storage]. Open makes one. Its
// methods are called from one goroutine at a time, except Size.
type Log struct {
	disk      disk
	directory string
	server    raft.ServerID
	slack     int64
	lock      io.Closer

	file  file
	salt  salt
	size  atomic.Int64
	state state
	torn  int64
	err   error // what made the file unusable
}

// Open opens the log in a directory, or makes the directory and an empty log.
// What a crash left unfinished at the end of the file is cut off. Errors are a
// directory that another process uses or that belongs to another server, a
// file that is damaged other than by a crash, and failures of the disk; after
// an error the file is as it was.
func Open(directory string, server raft.ServerID) (*Log, error) {
	return open(operatingSystem{}, directory, server, defaultSlack)
}

func open(d disk, directory string, server raft.ServerID, slack int64) (*Log, error) {
	l := &Log{disk: d, directory: directory, server: server, slack: slack}
	if err := d.MakeDirectory(directory); err != nil {
		return nil, fmt.Errorf("making the directory of the log: %w", err)
	}
	lock, err := d.Lock(filepath.Join(directory, "lock"))
	if err != nil {
		return nil, fmt.Errorf("taking the directory %s: %w", directory, err)
	}
	l.lock = lock
	if err := l.recover(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Load returns what is on the disk. The caller may keep it, but not change the
// data of the entries.
func (l *Log) Load() (raft.Stored, error) {
	if l.err != nil {
		return raft.Stored{}, l.err
	}
	stored := l.state.stored
	stored.Log = slices.Clone(stored.Log)
	return stored, nil
}

// Sync returns when the write is durable. It appends it to the file; a
// snapshot makes most of the file out of date, so with one the file is written
// anew. After an error what the disk holds is not known, so every later call
// fails, too.
func (l *Log) Sync(write raft.Write) error {
	if l.err != nil {
		return l.err
	}
	if err := l.state.accepts(write); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	if write.Snapshot == nil {
		if err := l.append(write); err != nil {
			l.err = fmt.Errorf("writing the log %s: %w", l.path(), err)
			return l.err
		}
	}
	l.state.change(write)
	if write.Snapshot != nil || l.size.Load() > l.slack+4*l.state.size {
		if err := l.rewrite(); err != nil {
			l.err = fmt.Errorf("rewriting the log %s: %w", l.path(), err)
			return l.err
		}
	}
	return nil
}

func (l *Log) append(write raft.Write) error {
	frame, err := appendFrame(nil, l.salt, l.size.Load(), encodeWrite(write))
	if err != nil {
		return err
	}
	if _, err := l.file.Write(frame); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.size.Add(int64(len(frame)))
	return nil
}

// Size is the length of the file in bytes. It may be called from any
// goroutine.
func (l *Log) Size() int64 { return l.size.Load() }

// Torn is how many bytes of an unfinished write Open found at the end of the
// file and cut off.
func (l *Log) Torn() int64 { return l.torn }

// Close closes the file and lets other processes have the directory. The Log
// must not be used afterwards.
func (l *Log) Close() error {
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	if l.err == nil {
		l.err = errors.New("the log is closed")
	}
	return errors.Join(err, l.lock.Close())
}

func (l *Log) path() string { return filepath.Join(l.directory, "log") }
