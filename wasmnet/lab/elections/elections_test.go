package elections

import (
	"encoding/xml"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
)

// trials is how many elections each experiment holds: raftsim elections holds more.
func trials(e Experiment) int {
	switch {
	case e.Cluster.TimeoutMin == e.Cluster.TimeoutMax:
		return 20
	case runtime.GOOS == "js" || raceDetector:
		return 200
	default:
		return 1000
	}
}

// The core's elections take as long as the algorithm says, within what chance
// allows: the two-sample test of Kolmogorov and Smirnov, at one in a thousand.
// And they are as published.
func TestElectionsTakeAsLongAsPublished(t *testing.T) {
	const modelTrials = 10_000
	for _, e := range Experiments() {
		t.Run(e.Name, func(t *testing.T) {
			n := trials(e)
			ours := e.Run(n, 1, nil)
			for _, f := range e.Published {
				t.Logf("%s: %s, published %v", f.Name, f.Ours(ours), f)
				if n >= 1000 || e.Cluster.TimeoutMin == e.Cluster.TimeoutMax {
					if !f.Agrees(ours) {
						t.Errorf("%s of %d trials: %s, published %v", f.Name, n, f.Ours(ours), f)
					}
				}
			}
			if e.Cluster.TimeoutMin == e.Cluster.TimeoutMax {
				return // without chance nothing ends an election of the model
			}
			results := make([]Result, modelTrials)
			for i := range results {
				results[i] = e.Cluster.model(uint64(i + 1))
			}
			critical := 1.95 * math.Sqrt(1/float64(n)+1/float64(modelTrials))
			if d := distance(ours, gather(results)); d > critical {
				t.Errorf("the core's elections differ from the algorithm's by %.3f, more than the %.3f that chance explains", d, critical)
			}
		})
	}
}

// distance is the greatest difference between two distributions.
func distance(a, b Sample) float64 {
	greatest := 0.0
	for _, s := range []Sample{a, b} {
		for _, at := range s.Took {
			greatest = max(greatest, math.Abs(a.Part(at)-b.Part(at)))
		}
	}
	return greatest
}

// A test that could not tell other timeouts from those meant would be worth nothing.
func TestDistanceTellsClustersApart(t *testing.T) {
	e := Experiments()[5]
	other := e
	other.Cluster.TimeoutMin += 60 * ms
	if d := distance(e.Run(200, 1, nil), other.Run(200, 1, nil)); d < 1.95*math.Sqrt(2.0/200) {
		t.Errorf("timeouts of 300-600 and 360-600 ms differ by %.3f only", d)
	}
}

func TestSameSeedIsTheSameElection(t *testing.T) {
	e := Experiments()[2]
	for seed := uint64(1); seed <= 5; seed++ {
		if a, b := e.Cluster.Try(seed, e.Limit), e.Cluster.Try(seed, e.Limit); a != b {
			t.Errorf("seed %d: %v, then %v", seed, a, b)
		}
	}
}

func TestSampleTellsItsParts(t *testing.T) {
	s := gather([]Result{{3 * ms, 1, true}, {ms, 2, true}, {2 * ms, 1, true}, {10 * ms, 4, false}})
	if s.Mean() != 4*ms || s.Quantile(0.5) != 3*ms || s.Quantile(1) != 10*ms {
		t.Errorf("mean %v, median %v, worst %v", s.Mean(), s.Quantile(0.5), s.Quantile(1))
	}
	if s.Part(2*ms) != 0.5 || s.Part(0) != 0 || s.Part(time.Hour) != 1 {
		t.Errorf("parts %v %v %v", s.Part(2*ms), s.Part(0), s.Part(time.Hour))
	}
	if s.SplitVotes() != 1-3.0/8 || s.GivenUp != 1 {
		t.Errorf("split votes %v, given up %d", s.SplitVotes(), s.GivenUp)
	}
}

func TestDrawsCurves(t *testing.T) {
	s := gather([]Result{{10 * ms, 1, true}, {20 * ms, 1, true}})
	curves := []Curve{{"one & all", s}, {"two", gather([]Result{{15 * ms, 1, true}})}}
	text := Text(curves, 40*ms)
	for _, want := range []string{" 100 % |", "  50 % |", "a  one & all", "b  two", "40ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	svg := SVG(curves, 40*ms)
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
	}
	if n := strings.Count(svg, "<polyline"); n != 2 {
		t.Errorf("%d curves are drawn, want 2", n)
	}
}
