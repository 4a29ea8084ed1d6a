package elections

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Sample is what came of many trials.
type Sample struct {
	Took    []time.Duration // sorted
	Terms   int             // of all trials together
	GivenUp int             // trials that had no leader within the limit
}

// Run holds so many elections, with the seeds from first on. It calls
// done after each, from any goroutine, unless that is nil.
func (e Experiment) Run(trials int, first uint64, done func()) Sample {
	results := make([]Result, trials)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(trials); i = next.Add(1) - 1 {
				results[i] = e.Cluster.Try(first+uint64(i), e.Limit)
				if done != nil {
					done()
				}
			}
		})
	}
	workers.Wait()
	return gather(results)
}

func gather(results []Result) Sample {
	var s Sample
	for _, r := range results {
		s.Took = append(s.Took, r.Took)
		s.Terms += r.Terms
		if !r.Over {
			s.GivenUp++
		}
	}
	slices.Sort(s.Took)
	return s
}

// Mean is the average.
func (s Sample) Mean() time.Duration {
	var sum time.Duration
	for _, d := range s.Took {
		sum += d
	}
	return sum / time.Duration(max(len(s.Took), 1))
}

// Quantile is the time within which the given part of the trials was over.
func (s Sample) Quantile(part float64) time.Duration {
	if len(s.Took) == 0 {
		return 0
	}
	return s.Took[min(int(part*float64(len(s.Took))), len(s.Took)-1)]
}

// Part is the part of the trials that were over within a time.
func (s Sample) Part(within time.Duration) float64 {
	count, _ := slices.BinarySearch(s.Took, within+1)
	return float64(count) / float64(max(len(s.Took), 1))
}

// SplitVotes is the part of the terms that ended without a leader.
func (s Sample) SplitVotes() float64 {
	if s.Terms == 0 {
		return 0
	}
	return 1 - float64(len(s.Took)-s.GivenUp)/float64(s.Terms)
}
