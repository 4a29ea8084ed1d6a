package wal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
)

// crashDisk is a disk in memory that keeps what was synced apart from what was
// not, and breaks at the operation that a test names.
type crashDisk struct {
	names   map[string]*inode // as processes see them
	durable map[string]*inode // as they are after a crash
	steps   int               // operations so far
	breaks  int               // number of the operation from which on everything fails
	random  *rand.Rand
}

// inode is a file, whatever its name.
type inode struct {
	data   []byte
	synced []byte
}

type openFile struct {
	disk *crashDisk
	node *inode
}

var errBroken = errors.New("the disk is broken")

func newCrashDisk(random *rand.Rand) *crashDisk {
	return &crashDisk{names: map[string]*inode{}, durable: map[string]*inode{}, breaks: -1, random: random}
}

// step counts an operation, and says whether the disk still works.
func (d *crashDisk) step() error {
	d.steps++
	if d.breaks >= 0 && d.steps > d.breaks {
		return errBroken
	}
	return nil
}

// kill is the end of a process, not of the machine: nothing is lost that was
// written, whether it was synced or not.
func (d *crashDisk) kill() { d.breaks = -1 }

// crash leaves of the disk what a power failure does: names that were not made
// durable are as before or as after; of what was written and not synced there
// is a part, with sectors in it that never got there.
func (d *crashDisk) crash() {
	if d.random.IntN(2) == 0 {
		d.durable = maps.Clone(d.names)
	}
	d.names = maps.Clone(d.durable)
	for _, node := range d.names {
		node.data = d.partOf(node)
		node.synced = append([]byte(nil), node.data...)
	}
	d.breaks = -1
}

func (d *crashDisk) partOf(node *inode) []byte {
	if len(node.data) <= len(node.synced) {
		// Nothing was written, or a truncation was not synced.
		if d.random.IntN(2) == 0 {
			return append([]byte(nil), node.synced...)
		}
		return append([]byte(nil), node.data...)
	}
	begin := len(node.synced)
	end := begin + d.random.IntN(len(node.data)-begin+1)
	if d.random.IntN(3) == 0 {
		end = len(node.data)
	}
	data := append([]byte(nil), node.data[:end]...)
	for from := begin; from < end; {
		to := min(from-from%sector+sector, end)
		if d.random.IntN(3) == 0 {
			clear(data[from:to])
		}
		from = to
	}
	return data
}

func (d *crashDisk) MakeDirectory(string) error { return d.step() }

func (d *crashDisk) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

func (d *crashDisk) ReadFile(path string) ([]byte, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	node := d.names[path]
	if node == nil {
		return nil, fs.ErrNotExist
	}
	return append([]byte(nil), node.data...), nil
}

func (d *crashDisk) Create(path string) (file, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	d.names[path] = new(inode)
	return openFile{d, d.names[path]}, nil
}

func (d *crashDisk) Append(path string) (file, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	if d.names[path] == nil {
		return nil, fs.ErrNotExist
	}
	return openFile{d, d.names[path]}, nil
}

func (d *crashDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *crashDisk) Remove(path string) error {
	if err := d.step(); err != nil {
		return err
	}
	if d.names[path] == nil {
		return fs.ErrNotExist
	}
	delete(d.names, path)
	return nil
}

func (d *crashDisk) SyncDirectory(string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.names)
	return nil
}

// Write may break in the middle.
func (f openFile) Write(data []byte) (int, error) {
	if err := f.disk.step(); err != nil {
		n := f.disk.random.IntN(len(data) + 1)
		if f.disk.steps > f.disk.breaks+1 {
			n = 0
		}
		f.node.data = append(f.node.data, data[:n]...)
		return n, err
	}
	f.node.data = append(f.node.data, data...)
	return len(data), nil
}

func (f openFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.node.synced = append([]byte(nil), f.node.data...)
	return nil
}

func (f openFile) Truncate(size int64) error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.node.data = append([]byte(nil), f.node.data[:size]...)
	return nil
}

func (f openFile) Close() error { return nil }
