package wasmnet

import (
	"math/bits"
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet/random"
)

// trueSpeed is the speed of a clock that goes right, in millionths.
const trueSpeed = 1_000_000

// clock is a server's clock. It may run too fast or too slow, always by the
// same part.
type clock struct {
	speed uint64 // in millionths
}

// newClock draws the speed of a server's clock: the speeds of any two differ by
// no more than the drift that the header tells.
func newClock(h trace.Header, server string) clock {
	half := int64(h.Features.ClockDrift / 2 * trueSpeed)
	if half == 0 {
		return clock{trueSpeed}
	}
	return clock{uint64(trueSpeed + random.New(h.Seed, "clock of "+server).Between(-half, half))}
}

// read is what the clock shows at a time since the beginning of the world.
func (c clock) read(at time.Duration) time.Duration {
	if c.speed == trueSpeed {
		return at
	}
	high, low := bits.Mul64(uint64(at), c.speed)
	shown, _ := bits.Div64(high, low, trueSpeed)
	return time.Duration(shown)
}

// stretch is how long it takes until the clock has moved on by d, or a little more.
func (c clock) stretch(d time.Duration) time.Duration {
	if c.speed == trueSpeed || d <= 0 {
		return d
	}
	high, low := bits.Mul64(uint64(d), trueSpeed)
	takes, rest := bits.Div64(high, low, c.speed)
	if rest > 0 {
		takes++
	}
	return time.Duration(takes)
}
