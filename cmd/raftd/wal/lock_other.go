//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package wal

import (
	"io"
	"os"
)

// lock only makes the file: where there is no flock, it is left to the people
// who start servers not to start two on one directory.
func lock(path string) (io.Closer, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
