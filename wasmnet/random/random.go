// Package random gives a simulated world its chance: many streams of numbers,
// all drawn from one seed. Each part of the world draws from a stream of its
// own, so that a change in one part (a higher loss rate, one more client) does
// not change what the others draw.
package random

import (
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
)

// Stream is an endless sequence of numbers that its seed and name determine, on
// every platform. It is not for concurrent use.
type Stream struct {
	source rand.PCG
}

// New returns the stream of that name under that seed, at its beginning.
// Streams of different names have nothing to do with each other.
func New(seed uint64, name string) *Stream {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	return &Stream{source: *rand.NewPCG(seed, hash.Sum64())}
}

// Uint64 draws 64 even bits.
func (s *Stream) Uint64() uint64 { return s.source.Uint64() }

// Below draws a number from 0 up to but not including n. Without room to draw,
// that is for n of 1 or less, it is 0. It draws exactly once in any case.
func (s *Stream) Below(n int64) int64 {
	draw := s.source.Uint64()
	if n <= 1 {
		return 0
	}
	// The high half of draw * n. It is even to within n in 2^64.
	high, _ := bits.Mul64(draw, uint64(n))
	return int64(high)
}

// Between draws a number from low up to and including high, which must not be
// less than low.
func (s *Stream) Between(low, high int64) int64 {
	return low + s.Below(high-low+1)
}

// Chance is true with the given probability: never for 0, always for 1.
func (s *Stream) Chance(probability float64) bool {
	const steps = 1 << 53 // every float64 from 0 to 1 that is a multiple of 2^-53
	return float64(s.source.Uint64()>>11)/steps < probability
}
