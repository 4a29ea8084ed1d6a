package wasmnet

import (
	"fmt"
	"strconv"
	"time"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
	"raftarium/wasmnet/scheduler"
)

// client uses the cluster as a plain client does: one operation at a time, at
// whichever server it believes to lead. If it gets no answer in time, or one
// that it cannot use, it repeats the operation under the same number.
//
// The last client of a world is the user: it does only what Write commands tell.
// Told something new while it waits in vain, it gives up what it was told before
// and never learns what became of it.
type client struct {
	world  *World
	id     trace.NodeID
	random *random.Stream
	group  *scheduler.Group
	todo   *scheduler.Chan[errand] // of the user
	serial uint64
	server raft.ServerID     // whom it believes to lead
	vain   int               // how often the present operation was asked for in vain
	seen   map[string]string // by key: the last value that it read or set
}

// errand is an operation that the user was told to do.
type errand struct {
	key, value string
	server     raft.ServerID // whom to ask first, or None
}

// keys are what the clients read and write.
var keys = [...]string{"x", "y", "z"}

// todoRoom is how many Write commands may wait.
const todoRoom = 1000

// hurriedLooks is for how many heartbeat intervals the user waits for an
// answer when it was told something new.
const hurriedLooks = 3

func newClient(w *World, number int) *client {
	id := trace.NodeID(-number)
	name := nodeName(id)
	c := &client{
		world:  w,
		id:     id,
		random: random.New(w.header.Seed, name),
		group:  w.scheduler.NewGroup(name),
		seen:   make(map[string]string),
	}
	c.server = raft.ServerID(c.random.Between(1, int64(w.header.Servers)))
	return c
}

// user is the client that does what Write commands tell.
func (w *World) user() *client { return w.clients[len(w.clients)-1] }

func (c *client) start() {
	if c == c.world.user() {
		c.todo = scheduler.NewChan[errand](c.world.scheduler, "to do", todoRoom)
		c.group.Go("user", c.runErrands)
		return
	}
	c.group.Go("client", c.work)
}

// work is the life of a client: think, ask, think, ask.
func (c *client) work() {
	mean := int64(c.world.header.Timing.ClientInterval)
	for {
		c.world.scheduler.Sleep(time.Duration(c.random.Between(mean/2, mean+mean/2)))
		c.do(c.nextOperation())
	}
}

// runErrands is the life of the user.
func (c *client) runErrands() {
	for {
		next, ok := c.todo.Receive()
		if !ok {
			return
		}
		if next.server != raft.None {
			c.server = next.server
		}
		c.do(kv.Operation{Kind: kv.Put, Key: next.key, Value: next.value})
	}
}

// nextOperation makes up an operation: half of them writes, the rest reads and
// compare-and-swaps. No value is written twice.
func (c *client) nextOperation() kv.Operation {
	o := kv.Operation{Key: keys[c.random.Below(int64(len(keys)))]}
	switch c.random.Below(10) {
	case 0, 1, 2:
		o.Kind = kv.Get
		return o
	case 3, 4:
		o.Kind = kv.CompareAndSwap
		o.Expected = c.seen[o.Key]
	default:
		o.Kind = kv.Put
	}
	c.world.values++
	o.Value = strconv.Itoa(c.world.values)
	return o
}

// do carries one operation through, however long it takes.
func (c *client) do(o kv.Operation) {
	c.serial++
	c.vain = 0
	o.Client, o.Serial = uint64(-c.id), c.serial
	operation := o.Encode()
	c.world.tell(trace.Event{Kind: trace.ClientInvoked, From: c.id, Operation: operation})
	if o.Kind == kv.Get && c.world.header.Features.Reads != trace.LogRead {
		c.server = raft.ServerID(c.random.Between(1, int64(c.world.header.Servers))) // any server can answer
	}
	for {
		reply, ok := c.ask(operation)
		if ok && reply.OK {
			c.world.tell(trace.Event{Kind: trace.ClientReturned, From: c.id, Operation: operation, Result: reply.Result})
			c.note(o, reply.Result)
			return
		}
		if !ok && c.toldMore() {
			return
		}
		c.chooseServer(reply.Leader)
		if ok {
			c.world.scheduler.Sleep(c.retryPause(reply.Leader))
		}
	}
}

// ask sends the operation to the server that is believed to lead.
func (c *client) ask(operation []byte) (trace.ClientReply, bool) {
	request := trace.ClientRequest{Serial: c.serial, Operation: operation}
	call := c.world.network.begin(c.id, trace.NodeID(c.server), request)
	defer call.end()
	reply, ok := c.await(call)
	if !ok {
		return trace.ClientReply{}, false
	}
	return reply.(trace.ClientReply), true
}

// await waits for an answer: a client for its limit, the user for longer, but
// once told something new no longer than a few heartbeats, in which a leader that has a
// majority answers.
func (c *client) await(call *call) (any, bool) {
	limit := c.world.clientLimit()
	if c.todo == nil {
		return call.reply.ReceiveWithin(limit)
	}
	limit += c.world.patience() // a person waits longer: until the server itself gives up
	look := c.world.header.Timing.HeartbeatInterval
	for waited := time.Duration(0); waited < limit; waited += look {
		if waited >= hurriedLooks*look && c.toldMore() {
			return nil, false
		}
		if reply, ok := call.reply.ReceiveWithin(look); ok {
			return reply, true
		}
	}
	return nil, false
}

// toldMore reports whether this is the user and has been told something new.
func (c *client) toldMore() bool { return c.todo != nil && c.todo.Len() > 0 }

// trust is how many times over all servers a client lets itself be sent about.
const trust = 3

// chooseServer follows a redirect, or tries the next server. Redirected too
// often, it tries all servers in turn: servers that were removed from the cluster
// may send it from one to the other for ever.
func (c *client) chooseServer(leader raft.ServerID) {
	c.vain++
	if c.vain/(trust*c.world.header.Servers)%2 == 1 {
		leader = raft.None
	}
	insists := leader == c.server && c.todo != nil // the user takes a server's word that it leads
	if leader == raft.None || leader == c.server && !insists {
		leader = c.server%raft.ServerID(c.world.header.Servers) + 1
	}
	c.server = leader
}

// retryPause is how long to wait after an answer that is of no use: a moment
// if it told whom to ask instead, and otherwise long enough for an election to get on.
func (c *client) retryPause(leader raft.ServerID) time.Duration {
	interval := c.world.header.Timing.HeartbeatInterval
	if leader != raft.None {
		return min(time.Millisecond, interval)
	}
	return interval
}

// note remembers what an answer tells about the key.
func (c *client) note(o kv.Operation, encoded []byte) {
	result, err := kv.DecodeResult(encoded)
	if err != nil {
		panic(fmt.Sprintf("reading the answer to operation %d: %v", c.serial, err))
	}
	switch {
	case o.Kind == kv.Put, o.Kind == kv.CompareAndSwap && result.Swapped:
		c.seen[o.Key] = o.Value
	default:
		c.seen[o.Key] = result.Value
	}
}

// clientLimit is how long a client waits for an answer before it tries
// another server; patience, how long a server keeps it waiting.
func (w *World) clientLimit() time.Duration { return 2 * w.header.Timing.ElectionTimeoutMax }

func (w *World) patience() time.Duration { return w.clientLimit() }
