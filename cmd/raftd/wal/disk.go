package wal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// disk is what the package asks of the operating system. Tests have one that
// crashes.
type disk interface {
	// MakeDirectory makes a directory, and those above it, if they are not
	// there, and makes their names durable.
	MakeDirectory(path string) error
	// Lock keeps other processes away until it is closed. It fails if one
	// has the lock.
	Lock(path string) (io.Closer, error)
	ReadFile(path string) ([]byte, error)
	// Create makes an empty file, in place of one that is there.
	Create(path string) (file, error)
	// Append opens a file to write at its end.
	Append(path string) (file, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDirectory makes the names in a directory durable.
	SyncDirectory(path string) error
}

// file is an open file of a disk.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// operatingSystem is the disk that the operating system gives.
type operatingSystem struct{}

func (d operatingSystem) MakeDirectory(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		// Who made it may have been killed before its name was durable.
		return d.SyncDirectory(filepath.Dir(path))
	}
	if err == nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("there is a file of that name")}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.MakeDirectory(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.SyncDirectory(filepath.Dir(path))
}

func (operatingSystem) Lock(path string) (io.Closer, error) { return lock(path) }

func (operatingSystem) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

func (operatingSystem) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}

func (operatingSystem) Append(path string) (file, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
}

func (operatingSystem) Rename(from, to string) error { return os.Rename(from, to) }

func (operatingSystem) Remove(path string) error { return os.Remove(path) }

func (operatingSystem) SyncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
