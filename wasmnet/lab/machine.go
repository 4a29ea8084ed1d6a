package lab

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"raftarium/raft"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// Machine is what a server runs on: its process, which comes and goes, its
// disk, which stays, and its cable.
type Machine struct {
	ID        raft.ServerID
	Server    *raft.Server // nil: it is crashed
	Connected bool         // its cable is in
	Disk      Disk

	cluster *Cluster
	random  *random.Stream
	process *process
}

// process is one life of a machine. It is the surroundings in which the core
// runs (raft.Env).
type process struct {
	machine *Machine
	group   *scheduler.Group
	alive   bool
}

func newMachine(c *Cluster, id raft.ServerID) *Machine {
	name := fmt.Sprintf("S%d", id)
	m := &Machine{ID: id, cluster: c, random: random.New(c.Settings.Seed, name), Connected: true}
	m.Disk.machine = m
	m.Disk.random = random.New(c.Settings.Seed, "disk of "+name)
	return m
}

// Start begins a new life of the server, on what its disk holds. It panics if
// the server cannot start.
func (m *Machine) Start() {
	p := &process{machine: m, group: m.cluster.scheduler.NewGroup(fmt.Sprintf("S%d", m.ID)), alive: true}
	m.process = p
	settings := &m.cluster.Settings
	config := settings.Config
	config.ID, config.Servers = m.ID, m.cluster.ids
	if settings.Apply != nil {
		config.Apply = func(entry raft.Entry) { settings.Apply(m, entry) }
	}
	if settings.Restore != nil {
		config.Restore = func(snapshot raft.Snapshot) { settings.Restore(m, snapshot) }
	}
	if settings.Observe != nil {
		config.Observe = func(event raft.Event) {
			if p.alive { // not a deferred function of a process that is being ended
				settings.Observe(m, event)
			}
		}
	}
	server, err := raft.New(config, p, &m.Disk, p)
	if err != nil {
		panic(err)
	}
	m.Server = server
}

// Crash ends the server where it stands. What was not synced is lost, but for a
// write that is on its way, which may just have arrived.
func (m *Machine) Crash() {
	m.process.alive = false
	m.process.group.Kill()
	m.Server, m.process = nil, nil
	m.Disk.crash()
}

// Status is the server's own account; false if it is crashed.
func (m *Machine) Status() (raft.Status, bool) {
	if m.Server == nil {
		return raft.Status{}, false
	}
	return m.Server.Status(), true
}

// Go implements raft.Env.
func (p *process) Go(name string, body func()) { p.group.Go(name, body) }

// Now implements raft.Env.
func (p *process) Now() time.Duration { return p.machine.cluster.scheduler.Now() }

// Sleep implements raft.Env.
func (p *process) Sleep(d time.Duration) { p.machine.cluster.scheduler.Sleep(d) }

// NewMutex implements raft.Env.
func (p *process) NewMutex(name string) sync.Locker { return p.group.NewMutex(name) }

// NewCond implements raft.Env.
func (p *process) NewCond(name string, lock sync.Locker) raft.Cond {
	return p.group.NewCond(name, lock.(*scheduler.Mutex))
}

// Random implements raft.Env.
func (p *process) Random(n int64) int64 { return p.machine.random.Below(n) }

// Call implements raft.Transport.
func (p *process) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	return p.machine.cluster.call(p.machine, p.machine.cluster.machine(to), request)
}

// Disk is a server's disk (raft.Storage): it keeps what was synced.
type Disk struct {
	Stored raft.Stored

	machine *Machine
	random  *random.Stream
	writing *raft.Write // it is on its way
}

// Load implements raft.Storage.
func (d *Disk) Load() (raft.Stored, error) {
	stored := d.Stored
	stored.Log = slices.Clone(stored.Log)
	return stored, nil
}

// Sync implements raft.Storage.
func (d *Disk) Sync(write raft.Write) error {
	settings := &d.machine.cluster.Settings
	d.writing = &write
	d.machine.cluster.Sleep(settings.SyncLatency + time.Duration(d.random.Below(int64(settings.SyncJitter)+1)))
	d.writing = nil
	d.Stored.Apply(write)
	return nil
}

// crash decides what becomes of a write that is on its way.
func (d *Disk) crash() {
	if d.writing != nil && d.random.Chance(0.5) {
		d.Stored.Apply(*d.writing)
	}
	d.writing = nil
}
