//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package wal

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lock takes a lock that the operating system gives back when the process
// ends, however it ends.
func lock(path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another process is using it")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
