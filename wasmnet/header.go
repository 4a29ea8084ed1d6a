package wasmnet

import (
	"errors"
	"fmt"
	"time"

	"raftarium/raft/trace"
)

// maxDuration bounds whatever takes time in a world.
const maxDuration = time.Hour

// DefaultHeader is the cluster that the page shows to someone who has asked for
// nothing in particular: five servers, two clients, and times that can be
// followed by eye at a twentieth of real time.
func DefaultHeader(seed uint64) trace.Header {
	return trace.Header{
		Version: trace.Version,
		Servers: 5,
		Clients: 2,
		Seed:    seed,
		Timing: trace.Timing{
			ElectionTimeoutMin: 150 * time.Millisecond,
			ElectionTimeoutMax: 300 * time.Millisecond,
			HeartbeatInterval:  50 * time.Millisecond,
			ClientInterval:     time.Second,
		},
		Network: trace.Network{Latency: 10 * time.Millisecond, Jitter: 10 * time.Millisecond},
		Disk:    trace.Disk{SyncLatency: 2 * time.Millisecond, SyncJitter: 2 * time.Millisecond},
	}
}

// checkHeader says in words why no world can be made from a header.
func checkHeader(h trace.Header) error {
	if err := h.Validate(); err != nil {
		return err
	}
	if err := checkTiming(h.Timing); err != nil {
		return err
	}
	if err := checkNetwork(h.Network); err != nil {
		return err
	}
	return checkDurations(
		span{"the disk's sync latency", h.Disk.SyncLatency, 0},
		span{"the disk's sync jitter", h.Disk.SyncJitter, 0})
}

func checkTiming(t trace.Timing) error {
	if err := checkDurations(
		span{"the least election timeout", t.ElectionTimeoutMin, 1},
		span{"the greatest election timeout", t.ElectionTimeoutMax, 1},
		span{"the heartbeat interval", t.HeartbeatInterval, 1},
		span{"the clients' interval", t.ClientInterval, 1}); err != nil {
		return err
	}
	if t.ElectionTimeoutMax <= t.ElectionTimeoutMin {
		return fmt.Errorf("election timeouts from %v to %v: the greatest must be more than the least", t.ElectionTimeoutMin, t.ElectionTimeoutMax)
	}
	if t.HeartbeatInterval >= t.ElectionTimeoutMin {
		return errors.New("the heartbeat interval must be less than the least election timeout")
	}
	return nil
}

func checkNetwork(n trace.Network) error {
	if err := n.Validate(); err != nil {
		return err
	}
	return checkDurations(
		span{"the network's latency", n.Latency, 0},
		span{"the network's jitter", n.Jitter, 0})
}

// span is a duration with its name and the least that it may be.
type span struct {
	what        string
	is, atLeast time.Duration
}

func checkDurations(spans ...span) error {
	for _, s := range spans {
		if s.is < s.atLeast || s.is > maxDuration {
			return fmt.Errorf("%s is %v: want %v to %v", s.what, s.is, s.atLeast, maxDuration)
		}
	}
	return nil
}
