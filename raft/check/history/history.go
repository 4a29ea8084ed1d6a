// Package history checks what the clients of a run saw. A history of
// operations is linearizable if each operation can be given a moment between its call
// and its return, such that all of them, done one at a time at these moments on
// a single store, give just the answers that the clients got.
//
// History collects the operations from a trace; judge.go decides, with
// porcupine; words.go explains what is wrong.
package history

import (
	"fmt"
	"time"

	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// Operation is one operation of a client, from its call to its return.
type Operation struct {
	Client   trace.NodeID
	Asked    kv.Operation
	Answer   kv.Result     // if Returned
	Called   time.Duration // virtual time
	Answered time.Duration // virtual time, if Returned
	Returned bool          // the client got an answer. If not, the operation may have been done or not, and may still be done

	call, end int64 // the places of the call and the return among all
}

// History is what the clients saw in a run. Its zero value is empty; show it
// every event of the run in order.
type History struct {
	operations []Operation
	open       map[name]int // those not answered yet, by index
	events     int64
}

// name names an operation: clients number theirs.
type name struct {
	client trace.NodeID
	serial uint64
}

// Observe takes note of the calls and returns of clients, and of nothing else.
// It returns an error if an event cannot be understood or answers what nobody asked.
func (h *History) Observe(e *trace.Event) error {
	h.events++
	switch e.Kind {
	case trace.ClientInvoked:
		return h.called(e)
	case trace.ClientReturned:
		return h.returned(e)
	}
	return nil
}

func (h *History) called(e *trace.Event) error {
	asked, err := kv.Decode(e.Operation)
	if err != nil {
		return fmt.Errorf("event %d of the history: %w", h.events, err)
	}
	key := name{e.From, asked.Serial}
	if _, twice := h.open[key]; twice {
		return fmt.Errorf("event %d of the history: client %d begins its operation %d a second time", h.events, e.From, asked.Serial)
	}
	if h.open == nil {
		h.open = make(map[name]int)
	}
	h.open[key] = len(h.operations)
	h.operations = append(h.operations, Operation{Client: e.From, Asked: asked, Called: e.At, call: h.events})
	return nil
}

func (h *History) returned(e *trace.Event) error {
	asked, err := kv.Decode(e.Operation)
	if err != nil {
		return fmt.Errorf("event %d of the history: %w", h.events, err)
	}
	answer, err := kv.DecodeResult(e.Result)
	if err != nil {
		return fmt.Errorf("event %d of the history: %w", h.events, err)
	}
	i, ok := h.open[name{e.From, asked.Serial}]
	if !ok || h.operations[i].Asked != asked {
		return fmt.Errorf("event %d of the history: client %d got an answer to operation %d, for which it does not wait", h.events, e.From, asked.Serial)
	}
	delete(h.open, name{e.From, asked.Serial})
	if answer.Refused != kv.Accepted {
		return nil // tells nothing of whether it was done, and when
	}
	o := &h.operations[i]
	o.Answer, o.Answered, o.Returned, o.end = answer, e.At, true, h.events
	return nil
}

// Operations are all operations in the order of their calls. The caller must
// not change them.
func (h *History) Operations() []Operation { return h.operations }
