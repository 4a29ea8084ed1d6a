package page

import (
	"slices"
	"time"
)

// Cost is what the last frames have cost: the real time of this program's own
// updating and drawing. Its zero value has seen none.
type Cost struct {
	frames  int
	samples [600]time.Duration // a ring
}

// Add notes what a frame has cost.
func (c *Cost) Add(d time.Duration) {
	c.samples[c.frames%len(c.samples)] = d
	c.frames++
}

// Frames is how many frames were noted.
func (c *Cost) Frames() int { return c.frames }

// Forget begins anew.
func (c *Cost) Forget() { c.frames = 0 }

// Quantile is the cost that the given part of the last 600 frames has not exceeded: 0.5
// for the median. Without any frames it is 0.
func (c *Cost) Quantile(part float64) time.Duration {
	sorted := slices.Clone(c.samples[:min(c.frames, len(c.samples))])
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}
