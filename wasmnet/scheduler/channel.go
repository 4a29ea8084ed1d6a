package scheduler

import "time"

// Chan is a Go channel in virtual time. Use [NewChan] to make one. Goroutines of
// different groups may share it.
type Chan[T any] struct {
	scheduler *Scheduler
	name      string
	room      int // how many values it holds before Send blocks
	values    []T // from first on
	first     int
	taken     uint64 // values received so far
	sent      uint64 // values sent so far
	closed    bool
	senders   queue
	receivers queue
	handovers queue // of a channel without a buffer: senders whose value is not yet taken
}

// NewChan makes a channel with a buffer for room values. With no room, Send
// blocks until its value is received. The name is for people who watch.
func NewChan[T any](s *Scheduler, name string, room int) *Chan[T] {
	return &Chan[T]{scheduler: s, name: name, room: room}
}

// Len is how many values are in the channel.
func (c *Chan[T]) Len() int { return len(c.values) - c.first }

// Send puts a value into the channel, and blocks while there is no room.
func (c *Chan[T]) Send(value T) {
	s := c.scheduler
	g := s.mustRun("Send")
	for c.Len() >= max(c.room, 1) && !c.closed {
		g.mustHoldNoLock("waits to send on " + c.name)
		c.wait(g, &c.senders, WaitsSend)
	}
	c.put(value)
	if c.room > 0 {
		return
	}
	for number := c.sent; c.taken < number; {
		g.mustHoldNoLock("waits to send on " + c.name)
		c.wait(g, &c.handovers, WaitsSend)
	}
}

// TrySend puts a value into the channel unless there is no room for it. It
// never blocks and may be called from outside of all goroutines, for instance
// by a [Due].
func (c *Chan[T]) TrySend(value T) bool {
	if c.scheduler.isUnwinding() || c.closed {
		return false
	}
	if c.room == 0 && len(c.receivers.goroutines) <= c.Len() || c.room > 0 && c.Len() >= c.room {
		return false
	}
	c.put(value)
	return true
}

func (c *Chan[T]) put(value T) {
	if c.closed {
		panic("send on the channel " + c.name + ", which is closed")
	}
	c.sent++
	c.values = append(c.values, value)
	c.receivers.wakeOne(c.scheduler)
}

// Receive takes the oldest value out of the channel, and blocks while there is
// none. It returns false once the channel is closed and empty.
func (c *Chan[T]) Receive() (value T, ok bool) {
	g := c.scheduler.mustRun("Receive")
	for c.Len() == 0 {
		if c.closed {
			return value, false
		}
		g.mustHoldNoLock("waits to receive from " + c.name)
		c.wait(g, &c.receivers, WaitsReceive)
	}
	return c.take(), true
}

// ReceiveWithin is Receive with a time limit: it returns false also when
// nothing has come for that long.
func (c *Chan[T]) ReceiveWithin(limit time.Duration) (value T, ok bool) {
	s := c.scheduler
	g := s.mustRun("ReceiveWithin")
	for end := s.now + limit; c.Len() == 0; {
		if c.closed || s.now >= end {
			return value, false
		}
		g.mustHoldNoLock("waits to receive from " + c.name)
		s.timers.push(&g.timer, end)
		c.wait(g, &c.receivers, WaitsReceive)
	}
	return c.take(), true
}

func (c *Chan[T]) wait(g *Goroutine, q *queue, state State) {
	g.waitsFor = c.name
	q.add(g)
	c.scheduler.park(g, state)
}

func (c *Chan[T]) take() T {
	var none T
	value := c.values[c.first]
	c.values[c.first] = none
	c.first++
	c.taken++
	if c.first == len(c.values) {
		c.values, c.first = c.values[:0], 0
	} else if c.first > 64 && c.first > len(c.values)/2 {
		left := copy(c.values, c.values[c.first:])
		clear(c.values[left:])
		c.values, c.first = c.values[:left], 0
	}
	c.senders.wakeOne(c.scheduler)
	c.handovers.wakeAll(c.scheduler)
	return value
}

// Close lets receivers know that no more values will come. Sending on a closed
// channel panics.
func (c *Chan[T]) Close() {
	if c.scheduler.isUnwinding() {
		return
	}
	if c.closed {
		panic("close of the channel " + c.name + ", which is closed")
	}
	c.closed = true
	c.receivers.wakeAll(c.scheduler)
	c.senders.wakeAll(c.scheduler)
}
