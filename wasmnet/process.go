package wasmnet

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// inboxRoom is how many packets wait for a process that does not take them,
// because it is paused. What comes then is lost.
const inboxRoom = 4096

// process is one server's process, from its start over its crash to its next
// start, with the disk that outlives it. It is also the surroundings
// (raft.Env) in which the core runs, and its way to the network
// (raft.Transport).
type process struct {
	world  *World
	id     raft.ServerID
	disk   *disk
	random *random.Stream
	clock  clock
	names  handlerNames
	voters []raft.ServerID // of the cluster as it begins; none for a spare server

	// Of the present life; a crash ends it.
	alive   bool
	group   *scheduler.Group
	inbox   *scheduler.Chan[*packet]
	server  *raft.Server // nil until the process has begun
	replica *kv.Replica
}

func newProcess(w *World, id raft.ServerID) *process {
	name := nodeName(trace.NodeID(id))
	p := &process{
		world:  w,
		id:     id,
		disk:   newDisk(w, random.New(w.header.Seed, "disk of "+name)),
		random: random.New(w.header.Seed, name),
		clock:  newClock(w.header, name),
		names:  newHandlerNames(w.header.Servers),
	}
	founders := w.header.Servers - w.header.Features.Spares
	for other := 1; other <= founders && int(id) <= founders; other++ {
		p.voters = append(p.voters, raft.ServerID(other))
	}
	return p
}

// start begins a new life on what the disk holds.
func (p *process) start() {
	name := nodeName(trace.NodeID(p.id))
	p.alive = true
	p.group = p.world.scheduler.NewGroup(name)
	p.inbox = scheduler.NewChan[*packet](p.world.scheduler, "inbox", inboxRoom)
	p.group.Go("inbox", p.serve)
}

// crash ends the process where it stands, and tells whether a write that was
// on its way to the disk got there.
func (p *process) crash() (survived bool) {
	p.alive = false
	p.group.Kill()
	p.server, p.replica, p.inbox = nil, nil, nil
	return p.disk.crash()
}

// serve is the main goroutine of the process: it starts the server and then
// takes packets from the inbox, each into a goroutine of its own.
func (p *process) serve() {
	p.replica = kv.NewReplica(p)
	server, err := raft.New(p.config(), p, p.disk, p)
	if err != nil {
		panic(err)
	}
	p.replica.Attach(server)
	p.server = server
	for {
		request, ok := p.inbox.Receive()
		if !ok {
			return
		}
		p.group.Go(p.names.of(request), func() { p.handle(request) })
	}
}

func (p *process) config() raft.Config {
	timing, features := p.world.header.Timing, p.world.header.Features
	return raft.Config{
		ID:                 p.id,
		Servers:            p.voters,
		ElectionTimeoutMin: timing.ElectionTimeoutMin,
		ElectionTimeoutMax: timing.ElectionTimeoutMax,
		HeartbeatInterval:  timing.HeartbeatInterval,
		MaxInFlight:        features.MaxInFlight,
		MaxBatchBytes:      features.MaxBatchBytes,
		NoOp:               true,
		PreVote:            features.PreVote,
		CheckQuorum:        features.CheckQuorum,
		Stickiness:         features.Stickiness,
		LeaseReads:         features.Reads == trace.LeaseRead,
		MaxClockDrift:      features.MaxClockDrift,
		Apply:              p.apply,
		Restore:            p.replica.Restore,
		Observe:            p.observe,
	}
}

// apply carries out a committed entry, and takes a snapshot if the log has
// grown too long.
func (p *process) apply(entry raft.Entry) {
	p.replica.Apply(entry)
	if limit := p.world.header.Features.SnapshotBytes; limit > 0 && p.server.LogBytes() > limit {
		_ = p.takeSnapshot() // can only fail if the server has stopped
	}
}

// takeSnapshot makes what the store has applied so far stand for the log up to
// there.
func (p *process) takeSnapshot() error {
	applied, data := p.replica.DumpAt()
	return p.server.Snapshot(applied, data)
}

// handle answers one packet.
func (p *process) handle(request *packet) {
	switch message := request.message.(type) {
	case trace.ClientRequest:
		p.world.network.reply(request, p.handleClient(message))
	case raft.Message:
		if reply, ok := p.server.Handle(message); ok {
			p.world.network.reply(request, reply)
		}
	}
}

func (p *process) handleClient(request trace.ClientRequest) trace.ClientReply {
	handle := p.replica.Handle
	if p.world.header.Features.Reads != trace.LogRead {
		handle = p.replica.HandleRead
	}
	result, ok, leader := handle(request.Operation, p.world.patience())
	reply := trace.ClientReply{Serial: request.Serial, OK: ok, Leader: leader}
	if ok {
		reply.Result = result.Encode()
		reply.Leader = raft.None
	}
	return reply
}

// observe passes on what the core reports.
func (p *process) observe(event raft.Event) {
	if !p.alive {
		return // a deferred function of a process that is being ended
	}
	if event.Kind == raft.Persisted {
		p.disk.acknowledged()
	}
	p.world.tell(trace.Event{Kind: trace.ServerStep, Core: event})
}

// timeOut makes the server begin an election.
func (p *process) timeOut() {
	p.group.Go("forced timeout", func() { p.server.TimeOut() })
}

// The surroundings of the core.

// Go implements raft.Env.
func (p *process) Go(name string, body func()) { p.group.Go(name, body) }

// Now implements raft.Env.
func (p *process) Now() time.Duration { return p.clock.read(p.world.scheduler.Now()) }

// Sleep implements raft.Env.
func (p *process) Sleep(d time.Duration) { p.world.scheduler.Sleep(p.clock.stretch(d)) }

// NewMutex implements raft.Env.
func (p *process) NewMutex(name string) sync.Locker { return p.group.NewMutex(name) }

// NewCond implements raft.Env.
func (p *process) NewCond(name string, lock sync.Locker) raft.Cond {
	mutex, ok := lock.(*scheduler.Mutex)
	if !ok {
		panic(fmt.Sprintf("the condition variable %s is over a %T, which is no lock of this Env", name, lock))
	}
	return p.group.NewCond(name, mutex)
}

// Random implements raft.Env.
func (p *process) Random(n int64) int64 {
	if n <= 0 {
		panic(fmt.Sprintf("a random number below %d was asked for", n))
	}
	return p.random.Below(n)
}

// Call implements raft.Transport.
func (p *process) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	reply, ok := p.world.network.call(trace.NodeID(p.id), trace.NodeID(to), request, p.world.callLimit())
	if !ok {
		return nil, false
	}
	message, ok := reply.(raft.Message)
	return message, ok
}

// callLimit is how long a server waits for the reply to a call.
func (w *World) callLimit() time.Duration { return w.header.Timing.ElectionTimeoutMax }

// handlerNames are the names of the goroutines that answer packets, made once.
type handlerNames struct {
	requestVote, appendEntries, installSnapshot, timeoutNow, readIndex []string // by server
}

func newHandlerNames(servers int) handlerNames {
	from := func(message string) []string {
		names := make([]string, servers)
		for i := range names {
			names[i] = fmt.Sprintf("%s from S%d", message, i+1)
		}
		return names
	}
	return handlerNames{from("RequestVote"), from("AppendEntries"), from("InstallSnapshot"), from("TimeoutNow"), from("ReadIndex")}
}

func (n handlerNames) of(request *packet) string {
	switch request.message.(type) {
	case raft.RequestVote:
		return n.requestVote[request.from-1]
	case raft.AppendEntries:
		return n.appendEntries[request.from-1]
	case raft.InstallSnapshot:
		return n.installSnapshot[request.from-1]
	case raft.TimeoutNow:
		return n.timeoutNow[request.from-1]
	case raft.ReadIndex:
		return n.readIndex[request.from-1]
	case trace.ClientRequest:
		return "request of a client"
	default:
		return fmt.Sprintf("%s from %s", strings.TrimPrefix(fmt.Sprintf("%T", request.message), "raft."), nodeName(request.from))
	}
}
