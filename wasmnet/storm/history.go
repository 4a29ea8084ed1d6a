package storm

import (
	"slices"

	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// history is what the clients saw.
type history struct {
	invoked  map[trace.NodeID]uint64 // serial number of the client's last operation
	returned map[trace.NodeID]uint64 // and of the last one that was answered
	answered int
}

func newHistory() *history {
	return &history{invoked: map[trace.NodeID]uint64{}, returned: map[trace.NodeID]uint64{}}
}

func (h *history) observe(e *trace.Event) {
	switch e.Kind {
	case trace.ClientInvoked:
		h.invoked[e.From] = serialOf(e.Operation)
	case trace.ClientReturned:
		h.returned[e.From] = serialOf(e.Operation)
		h.answered++
	}
}

func serialOf(operation []byte) uint64 {
	o, err := kv.Decode(operation)
	if err != nil {
		panic("a client did what is no operation: " + err.Error())
	}
	return o.Serial
}

func (h *history) completed() int { return h.answered }

// waiting are the operations that were begun and not answered yet, one a
// client, by client. What the user gave up does not count.
func (h *history) waiting() map[trace.NodeID]uint64 {
	waiting := map[trace.NodeID]uint64{}
	for client, serial := range h.invoked {
		if h.returned[client] < serial {
			waiting[client] = serial
		}
	}
	return waiting
}

// firstWaiting is a client that waits for one of the given operations.
func (h *history) firstWaiting(operations map[trace.NodeID]uint64) (client trace.NodeID, ok bool) {
	var clients []trace.NodeID
	for client, serial := range operations {
		if h.returned[client] < serial {
			clients = append(clients, client)
		}
	}
	if len(clients) == 0 {
		return 0, false
	}
	return slices.Max(clients), true
}

func (h *history) judge() string { return "" }
