package wasmnet

import (
	"fmt"
	"slices"
	"time"

	"raftarium/raft"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// disk is a server's disk (raft.Storage). A write takes some time; if the
// process crashes meanwhile, either all of the write is on the disk or none of it.
type disk struct {
	world  *World
	random *random.Stream
	stored raft.Stored // durable

	// The write that is on its way, or that has arrived without the process
	// having said so. A disk works on while its process is paused.
	writing *raft.Write
	written bool // it has arrived
	timer   scheduler.Timer
	done    *scheduler.Chan[struct{}]
}

func newDisk(w *World, chance *random.Stream) *disk {
	return &disk{world: w, random: chance}
}

// Load implements raft.Storage.
func (d *disk) Load() (raft.Stored, error) {
	stored := d.stored
	stored.Log = slices.Clone(stored.Log)
	return stored, nil
}

// Sync implements raft.Storage.
func (d *disk) Sync(write raft.Write) error {
	if err := d.check(write); err != nil {
		return err
	}
	settings := d.world.header.Disk
	takes := settings.SyncLatency + time.Duration(d.random.Below(int64(settings.SyncJitter)+1))
	d.writing, d.written = &write, false
	d.done = scheduler.NewChan[struct{}](d.world.scheduler, "disk", 1)
	d.world.scheduler.SetTimer(&d.timer, d.world.Now()+takes, d)
	d.done.Receive()
	return nil
}

// check refuses a write that would leave a hole in the log.
func (d *disk) check(write raft.Write) error {
	if write.FirstIndex == 0 {
		return nil
	}
	snapshot := d.stored.Snapshot.Index
	if write.Snapshot != nil {
		snapshot = write.Snapshot.Index
	}
	end := max(snapshot, d.lastIndex()) + 1
	if write.FirstIndex <= snapshot || write.FirstIndex > end {
		return fmt.Errorf("writing entries from index %d on: the log on the disk goes from index %d to %d", write.FirstIndex, snapshot+1, end-1)
	}
	for i, entry := range write.Entries {
		if entry.Index != write.FirstIndex+raft.Index(i) {
			return fmt.Errorf("writing entries from index %d on: entry %d has the index %d", write.FirstIndex, i, entry.Index)
		}
	}
	return nil
}

// lastIndex is the index of the last entry that is durable.
func (d *disk) lastIndex() raft.Index {
	return d.stored.Snapshot.Index + raft.Index(len(d.stored.Log))
}

// Due is called when the write is durable.
func (d *disk) Due() {
	d.apply()
	d.done.TrySend(struct{}{})
}

func (d *disk) apply() {
	write := *d.writing
	d.written = true
	if write.Snapshot != nil || write.FirstIndex == 0 {
		d.stored.Apply(write)
		return
	}
	// As Stored.Apply does, but without a copy of the whole log for each write:
	// nobody else has this one.
	d.stored.HardState = write.HardState
	kept := write.FirstIndex - 1 - d.stored.Snapshot.Index
	d.stored.Log = append(d.stored.Log[:kept], write.Entries...)
}

// wipe makes the disk of a process that has crashed a new one.
func (d *disk) wipe() { d.stored = raft.Stored{} }

// acknowledged is called when the process has said that its write is durable.
func (d *disk) acknowledged() {
	if d.written {
		d.writing = nil
	}
}

// crash decides what becomes of the write that is on its way, and tells whether
// it is on the disk.
func (d *disk) crash() (survived bool) {
	d.world.scheduler.StopTimer(&d.timer)
	if d.writing == nil {
		return false
	}
	if !d.written && d.random.Chance(0.5) {
		d.apply()
	}
	survived = d.written
	d.writing = nil
	return survived
}
