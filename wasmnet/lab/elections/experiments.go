package elections

import (
	"fmt"
	"time"
)

// Experiment is a cluster whose elections the dissertation tells of.
type Experiment struct {
	Name      string
	Cluster   Cluster
	Limit     time.Duration // a trial that takes longer is given up
	Published []Figure
}

// Figure is something that was published of an experiment.
type Figure struct {
	Name      string
	Of        func(Sample) float64 // the same of a sample of ours
	Published float64              // milliseconds, or a part of 1
	Tolerance float64              // by what part of it ours may differ, by chance and by rounding
	Bound     Bound
	Unit      string
}

// Bound says how a figure is meant.
type Bound uint8

// The bounds.
const (
	About Bound = iota
	AtMost
	AtLeast
)

// String is how the figure was published.
func (f Figure) String() string {
	sign := map[Bound]string{About: "", AtMost: "at most ", AtLeast: "at least "}[f.Bound]
	return sign + f.format(f.Published)
}

func (f Figure) format(value float64) string {
	if f.Unit == "%" {
		return fmt.Sprintf("%.1f %%", 100*value)
	}
	return fmt.Sprintf("%.0f %s", value, f.Unit)
}

// Ours is the same figure of a sample, in words.
func (f Figure) Ours(s Sample) string { return f.format(f.Of(s)) }

// Agrees reports whether a sample shows what was published.
func (f Figure) Agrees(s Sample) bool {
	ours, slack := f.Of(s), f.Tolerance*f.Published
	switch f.Bound {
	case AtMost:
		return ours <= f.Published+slack
	case AtLeast:
		return ours >= f.Published-slack
	default:
		return f.Published-slack <= ours && ours <= f.Published+slack
	}
}

const (
	ms     = time.Millisecond
	finely = ms / 5 // how often a server in a LAN looks at its timer
)

func median(published, tolerance float64, bound Bound) Figure {
	return Figure{Name: "median", Of: func(s Sample) float64 { return milliseconds(s.Quantile(0.5)) },
		Published: published, Tolerance: tolerance, Bound: bound, Unit: "ms"}
}

func mean(published, tolerance float64) Figure {
	return Figure{Name: "mean", Of: func(s Sample) float64 { return milliseconds(s.Mean()) },
		Published: published, Tolerance: tolerance, Unit: "ms"}
}

// worst is the longest of 1000 trials, which the quantile of 0.999 is like
// however many trials there are.
func worst(published, tolerance float64) Figure {
	return Figure{Name: "worst of 1000", Of: func(s Sample) float64 { return milliseconds(s.Quantile(0.999)) },
		Published: published, Tolerance: tolerance, Unit: "ms"}
}

func within(limit time.Duration) Figure {
	return Figure{Name: fmt.Sprintf("within %v", limit), Of: func(s Sample) float64 { return s.Part(limit) },
		Published: 0.999, Tolerance: 0.003, Bound: AtLeast, Unit: "%"}
}

func splitVotes() Figure {
	return Figure{Name: "split votes", Of: Sample.SplitVotes, Published: 0.4, Bound: AtMost, Unit: "%"}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(ms) }

// Experiments are those of the dissertation. The tolerances of means and
// medians are a few times the error of a sample of a thousand; what is the
// worst of a thousand varies much more.
func Experiments() []Experiment {
	return []Experiment{
		lan("150-150 ms", 150*ms, 150*ms, 12*time.Second, median(10_000, 0, AtLeast)),
		lan("150-155 ms", 150*ms, 155*ms, time.Minute, median(287, 0.08, About)),
		lan("150-200 ms", 150*ms, 200*ms, time.Minute, worst(513, 0.3)),
		lan("12-24 ms", 12*ms, 24*ms, time.Minute, mean(35, 0.08), worst(152, 0.35)),
		wan("all five", 0, splitVotes()),
		wan("one down", 1, mean(475, 0.06), within(1500*ms), splitVotes()),
		wan("two down", 2, mean(650, 0.1), within(3000*ms), splitVotes()),
	}
}

func lan(name string, from, to, limit time.Duration, published ...Figure) Experiment {
	poll := finely
	if from == to {
		// All timers run out at once, and servers that wake just then see it at
		// once. Were they to look more often, out of step, they would differ by chance.
		poll = from
	}
	return Experiment{Name: "LAN, " + name, Limit: limit, Published: published, Cluster: Cluster{
		Servers: 5, Down: 1, UnequalLogs: true, Crash: true,
		TimeoutMin: from, TimeoutMax: to, Poll: poll,
		Latency: ms / 10, SyncJitter: 8500 * time.Microsecond,
	}}
}

func wan(name string, down int, published ...Figure) Experiment {
	return Experiment{Name: "WAN 300-600 ms, " + name, Limit: time.Minute, Published: published, Cluster: Cluster{
		Servers: 5, Down: down,
		TimeoutMin: 300 * ms, TimeoutMax: 600 * ms, Poll: ms,
		Latency: 30 * ms, LatencyJitter: 10 * ms,
	}}
}
