package wal

import (
	"errors"
	"fmt"
	"io/fs"
)

// A crash leaves a file in one of few ways. All that was synced is there, and
// after it at most one write, since each is synced before the next begins. Of that one
// write the file holds any part: it may end anywhere, and where a whole sector
// never reached the disk there are zeros. This is a torn tail; no one was told
// that the write is durable, so it is cut off.
//
// Anything else is damage, by the medium or by someone, and may concern what
// was promised to others. A server that forgot a vote or an entry
// would break Raft, so it must not start.

// sector is the unit in which a disk writes: all of it or nothing.
const sector = 512

// recover brings the log to what the file says, or begins a new one.
func (l *Log) recover() error {
	if err := l.disk.Remove(l.newPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing an unfinished log: %w", err)
	}
	data, err := l.disk.ReadFile(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		l.state.server = l.server
		if err := l.rewrite(); err != nil {
			return fmt.Errorf("beginning the log %s: %w", l.path(), err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	end, err := l.read(data)
	if err != nil {
		return fmt.Errorf("the log %s cannot be used: %w", l.path(), err)
	}
	if l.state.server != l.server {
		return fmt.Errorf("the log %s belongs to server %d, not to server %d", l.path(), l.state.server, l.server)
	}
	if err := l.cutOff(end, len(data)); err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	return nil
}

// read takes in the frames of a file and returns where the last of them ends.
func (l *Log) read(data []byte) (end int, err error) {
	l.salt, err = readPreamble(data)
	if err != nil {
		return 0, err
	}
	end = preambleSize
	frames := 0
	for ; end < len(data); frames++ {
		payload, next, condition := frameAt(data, l.salt, end)
		if condition != whole && l.state.named && isTorn(data, l.salt, end, next, condition) {
			break
		}
		if condition != whole {
			return 0, fmt.Errorf("it is damaged at byte %d, after %d intact writes, and not in the way in which a crash leaves an "+
				"unfinished write at the end. Nothing was changed. Restore the file from a copy; a server that started without what "+
				"it has promised could make the cluster lose data", end, frames)
		}
		if err := l.state.replay(payload); err != nil {
			return 0, fmt.Errorf("the write at byte %d makes no sense: %w", end, err)
		}
		end = next
	}
	if !l.state.named {
		return 0, fmt.Errorf("it ends after %d bytes, before all that was there when it got its name", len(data))
	}
	return end, nil
}

// isTorn reports whether a frame that is not whole is the write during which a
// crash came. end is where the frame ends if its condition is badPayload.
func isTorn(data []byte, s salt, offset, end int, c condition) bool {
	switch c {
	case cutShort:
		return true
	case badPayload:
		return end == len(data) && hasEmptySector(data, offset, end)
	case badHeader:
		return hasEmptySector(data, offset, offset+headerSize) && !hasLaterFrame(data, s, offset)
	}
	return false
}

// hasEmptySector reports whether the bytes from begin to end touch a sector in
// which there is nothing but zeros from begin on.
func hasEmptySector(data []byte, begin, end int) bool {
	for from := begin; from < end; {
		to := min(from-from%sector+sector, len(data))
		if isZero(data[from:to]) {
			return true
		}
		from = to
	}
	return false
}

func isZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// hasLaterFrame reports whether a frame begins after offset: what stands there
// was then synced before, and is no torn tail.
func hasLaterFrame(data []byte, s salt, offset int) bool {
	for offset++; offset <= len(data)-headerSize; offset++ {
		if _, _, c := frameAt(data, s, offset); c != badHeader {
			return true
		}
	}
	return false
}

// cutOff opens the file for writing, without what stands after end, and makes
// sure that the rest is durable, and its name too: the process before may have been
// killed between a step and the sync that belongs to it, which this one cannot
// see.
func (l *Log) cutOff(end, size int) error {
	file, err := l.disk.Append(l.path())
	if err != nil {
		return err
	}
	l.file = file
	if end < size {
		if err := file.Truncate(int64(end)); err != nil {
			return err
		}
	}
	l.torn = int64(size - end)
	l.size.Store(int64(end))
	if err := file.Sync(); err != nil {
		return err
	}
	return l.disk.SyncDirectory(l.directory)
}
