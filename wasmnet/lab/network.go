package lab

import (
	"encoding/gob"
	"time"

	"raftarium/raft"
	"raftarium/wasmnet/scheduler"
)

// Network says how calls fare. The zero value is a network that carries
// everything at once.
type Network struct {
	// A request, and in the same way a reply, travels for Latency and at most
	// Jitter more.
	Latency, Jitter time.Duration

	// Unreliable makes the network lose one request in ten and one reply in ten,
	// and delay requests by up to 26 ms.
	Unreliable bool

	// LateReplies makes two of three replies come 0.2 to 2.2 seconds late, and
	// so in another order.
	LateReplies bool

	// LongDelays makes calls to a server that cannot be reached fail only after up to
	// 7 seconds, instead of 100 ms.
	LongDelays bool
}

const (
	lossChance      = 0.1
	shortDelay      = 27 * time.Millisecond
	lateChance      = 2.0 / 3
	lateFrom        = 200 * time.Millisecond
	lateMore        = 2 * time.Second
	failsWithin     = 100 * time.Millisecond
	failsLateWithin = 7 * time.Second
	looksEvery      = 100 * time.Millisecond // a caller looks whether the other side is still there
)

// Traffic counts what was sent since it was last set to zero.
type Traffic struct {
	Calls   int  // requests, also those that got lost
	Bytes   int  // of all requests and replies, if Measure is set
	Measure bool // whether to count bytes
}

// reachable reports whether there is a way between two machines that run.
func reachable(a, b *Machine) bool {
	return a.Connected && b.Connected && a.Server != nil && b.Server != nil
}

// call carries a request to a server and its reply back, on the goroutine of
// the caller.
func (c *Cluster) call(from, to *Machine, request raft.Message) (raft.Message, bool) {
	c.Traffic.count(request)
	if !reachable(from, to) {
		return c.fail()
	}
	network := &c.Settings.Network
	c.travel()
	if network.Unreliable && c.network.Chance(lossChance) {
		return nil, false
	}
	if !reachable(from, to) {
		return c.fail()
	}
	reply, ok := c.ask(from, to, request)
	if !ok {
		return nil, false
	}
	c.Traffic.measure(reply)
	if network.Unreliable && c.network.Chance(lossChance) {
		return nil, false
	}
	if network.LateReplies && c.network.Chance(lateChance) {
		c.Sleep(lateFrom + c.drawBelow(1+c.drawBelow(lateMore)))
	}
	return reply, true
}

// travel is the way of a request.
func (c *Cluster) travel() {
	network := &c.Settings.Network
	if delay := c.flight(); delay > 0 {
		c.Sleep(delay)
	}
	if network.Unreliable {
		c.Sleep(c.drawBelow(shortDelay))
	}
}

// flight draws the time of one way.
func (c *Cluster) flight() time.Duration {
	network := &c.Settings.Network
	return network.Latency + c.drawBelow(network.Jitter+1)
}

// ask lets a server answer a request, and waits for it as long as the server is there.
func (c *Cluster) ask(from, to *Machine, request raft.Message) (raft.Message, bool) {
	process, server := to.process, to.Server
	answer := scheduler.NewChan[raft.Message](c.scheduler, "reply", 1)
	process.group.Go("answer", func() {
		reply, ok := server.Handle(request)
		if !ok {
			return
		}
		if back := c.flight(); back > 0 {
			c.deliverLater(answer, reply, back)
			return
		}
		answer.TrySend(reply)
	})
	for {
		reply, ok := answer.ReceiveWithin(looksEvery)
		if !reachable(from, to) || to.process != process {
			return nil, false
		}
		if ok {
			return reply, true
		}
	}
}

// deliverLater sends a reply that is on its way, whatever happens to its
// sender meanwhile.
func (c *Cluster) deliverLater(answer *scheduler.Chan[raft.Message], reply raft.Message, after time.Duration) {
	c.group.Go("flight", func() {
		c.Sleep(after)
		answer.TrySend(reply)
	})
}

// fail is a call to a server that cannot be reached.
func (c *Cluster) fail() (raft.Message, bool) {
	within := failsWithin
	if c.Settings.Network.LongDelays {
		within = failsLateWithin
	}
	c.Sleep(c.drawBelow(within))
	return nil, false
}

func (c *Cluster) drawBelow(d time.Duration) time.Duration {
	return time.Duration(c.network.Below(int64(d)))
}

func (t *Traffic) count(request raft.Message) {
	t.Calls++
	t.measure(request)
}

// measure adds the size of a message as package gob writes it.
func (t *Traffic) measure(message raft.Message) {
	if t.Measure {
		t.Bytes += encodedSize(message)
	}
}

// encodedSize is how many bytes package gob makes of a value.
func encodedSize(value any) int {
	var written counter
	if err := gob.NewEncoder(&written).Encode(value); err != nil {
		panic(err) // no value of ours is of a type that gob refuses
	}
	return int(written)
}

// counter is a writer that only counts.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
