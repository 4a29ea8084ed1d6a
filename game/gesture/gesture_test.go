package gesture

import (
	"slices"
	"testing"
	"time"

	"raftarium/game/scene"
	"raftarium/raft/trace"
)

const ms = time.Millisecond

// feed hands samples to a new recognizer, with a frame each 10 ms, and returns the kinds
// of gestures that come out, hovering aside. A Sample without a Phase only lets time pass.
func feed(samples ...Sample) (kinds []Kind, last Gesture) {
	var r Recognizer
	now := time.Duration(0)
	for _, s := range samples {
		for ; now <= s.At; now += 10 * ms {
			if gesture, ok := r.Tick(now); ok {
				kinds, last = append(kinds, gesture.Kind), gesture
			}
		}
		if gesture, ok := r.Feed(s); ok && gesture.Kind != Hover {
			kinds, last = append(kinds, gesture.Kind), gesture
		}
	}
	return kinds, last
}

func TestGestures(t *testing.T) {
	tests := map[string]struct {
		samples []Sample
		want    []Kind
	}{
		"click": {
			[]Sample{{Phase: Down, X: 10, Y: 10}, {At: 80 * ms, Phase: Up, X: 10, Y: 10}},
			[]Kind{Tap},
		},
		"click of no length": {
			[]Sample{{Phase: Down, X: 10, Y: 10}, {Phase: Up, X: 10, Y: 10}},
			[]Kind{Tap},
		},
		"touch of no length": {
			[]Sample{{Phase: Down, X: 10, Y: 10, Finger: true}, {Phase: Up, X: 10, Y: 10, Finger: true}},
			[]Kind{Tap},
		},
		"slow click of a mouse": {
			[]Sample{{Phase: Down}, {At: 900 * ms}, {At: 950 * ms, Phase: Up}},
			[]Kind{Tap},
		},
		"click that shakes": {
			[]Sample{{Phase: Down, X: 10, Y: 10}, {Phase: Move, X: 14, Y: 12}, {Phase: Up, X: 14, Y: 12}},
			[]Kind{Tap},
		},
		"drag just over the slack": {
			[]Sample{{Phase: Down}, {Phase: Move, X: MouseSlack + 1}, {Phase: Up, X: MouseSlack + 1}},
			[]Kind{Stroke, StrokeEnded},
		},
		"drag that comes back": {
			[]Sample{{Phase: Down}, {Phase: Move, X: 50}, {Phase: Move}, {Phase: Up}},
			[]Kind{Stroke, Stroke, StrokeEnded},
		},
		"drag without a move between": {
			[]Sample{{Phase: Down}, {Phase: Up, X: 50}},
			[]Kind{StrokeEnded},
		},
		"finger that shakes": {
			[]Sample{{Phase: Down, Finger: true}, {Phase: Move, X: 10, Finger: true}, {Phase: Up, X: 10, Finger: true}},
			[]Kind{Tap},
		},
		"finger that drags": {
			[]Sample{{Phase: Down, Finger: true}, {Phase: Move, X: 13, Finger: true}, {At: 900 * ms}, {Phase: Up, X: 60, Finger: true}},
			[]Kind{Stroke, StrokeEnded},
		},
		"long press": {
			[]Sample{{Phase: Down, Finger: true}, {At: 700 * ms, Phase: Up, Finger: true}},
			[]Kind{Menu},
		},
		"press that is just too short": {
			[]Sample{{Phase: Down, Finger: true}, {At: 490 * ms, Phase: Up, Finger: true}},
			[]Kind{Tap},
		},
		"right click": {
			[]Sample{{Phase: Down, Secondary: true}, {Phase: Up, Secondary: true}},
			[]Kind{Menu},
		},
		"two fingers": {
			[]Sample{
				{Phase: Down, Finger: true}, {Phase: Down, Pointer: 1, X: 90, Finger: true}, {Phase: Move, X: 40, Finger: true},
				{Phase: Up, X: 40, Finger: true}, {Phase: Up, Pointer: 1, Finger: true},
			},
			[]Kind{StrokeGivenUp},
		},
		"a touch after two fingers": {
			[]Sample{
				{Phase: Down, Finger: true}, {Phase: Down, Pointer: 1, Finger: true}, {Phase: Up, Finger: true}, {Phase: Up, Pointer: 1, Finger: true},
				{Phase: Down, Pointer: 2, Finger: true}, {Phase: Up, Pointer: 2, Finger: true},
			},
			[]Kind{StrokeGivenUp, Tap},
		},
		"taken away by the browser": {
			[]Sample{{Phase: Down, Finger: true}, {Phase: Move, X: 40, Finger: true}, {Phase: Cancel, X: 40, Finger: true}, {Phase: Up, Finger: true}},
			[]Kind{Stroke, StrokeGivenUp},
		},
		"mouse leaves": {
			[]Sample{{Phase: Move}, {Phase: Cancel}},
			[]Kind{HoverEnded},
		},
	}
	for name, test := range tests {
		kinds, _ := feed(settle(test.samples)...)
		if !slices.Equal(kinds, test.want) {
			t.Errorf("%s: %v, want %v", name, kinds, test.want)
		}
	}
}

// settle makes times go on where a test leaves them out.
func settle(samples []Sample) []Sample {
	for i := 1; i < len(samples); i++ {
		samples[i].At = max(samples[i].At, samples[i-1].At)
	}
	return samples
}

func TestSlowFrames(t *testing.T) {
	for lifted, want := range map[time.Duration]Kind{80 * ms: Tap, 600 * ms: Tap, 900 * ms: Menu} {
		var r Recognizer
		r.Feed(Sample{Phase: Down, Finger: true})
		for _, now := range []time.Duration{400 * ms, 1300 * ms} { // the second frame comes before the finger's news
			if gesture, ok := r.Tick(now); ok {
				t.Fatalf("at %v: %+v", now, gesture)
			}
		}
		if gesture, ok := r.Feed(Sample{At: lifted, Phase: Up, Finger: true}); !ok || gesture.Kind != want {
			t.Errorf("lifted at %v: %+v, want %v", lifted, gesture, want)
		}
	}
}

func TestAStrokeKnowsItsEnds(t *testing.T) {
	_, last := feed(Sample{Phase: Down, X: 3, Y: 4}, Sample{Phase: Move, X: 50, Y: 60}, Sample{Phase: Up, X: 70, Y: 80})
	if want := (Gesture{Kind: StrokeEnded, X: 3, Y: 4, ToX: 70, ToY: 80}); last != want {
		t.Errorf("%+v, want %+v", last, want)
	}
}

func TestARecognizerIsBusyOnlyWhileAPointerIsDown(t *testing.T) {
	var r Recognizer
	steps := []struct {
		sample Sample
		busy   bool
	}{{Sample{Phase: Move}, false}, {Sample{Phase: Down}, true}, {Sample{Phase: Move, X: 90}, true}, {Sample{Phase: Up}, false}}
	for _, step := range steps {
		r.Feed(step.sample)
		if r.Busy() != step.busy {
			t.Errorf("after %+v busy is %v", step.sample, r.Busy())
		}
	}
}

// model is a cluster of four, in which S2 is down, S3 is paused and S1 does not
// reach S4.
func model(t *testing.T) *trace.Model {
	t.Helper()
	m := trace.NewModel(trace.Header{Version: trace.Version, Servers: 4})
	for i := range m.Servers {
		m.Servers[i].Alive = i != 1
	}
	m.Servers[2].Paused = true
	if err := m.Fold(&trace.Event{Kind: trace.LinkCut, From: 1, To: 4}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTaps(t *testing.T) {
	m := model(t)
	tests := []struct {
		target scene.Target
		want   []trace.Command
	}{
		{scene.Target{Kind: scene.OnServer, Server: 1}, []trace.Command{{Kind: trace.Crash, Server: 1}}},
		{scene.Target{Kind: scene.OnServer, Server: 2}, []trace.Command{{Kind: trace.Restart, Server: 2}}},
		{scene.Target{Kind: scene.OnServer, Server: 3}, []trace.Command{{Kind: trace.Resume, Server: 3}}},
		{scene.Target{Kind: scene.OnPacket, Packet: 9}, []trace.Command{{Kind: trace.Drop, Packet: 9}}},
		{scene.Target{Kind: scene.OnHeal, From: 1, To: 4}, []trace.Command{{Kind: trace.Heal, From: 1, To: 4}}},
		{scene.Target{Kind: scene.OnLink, From: 1, To: 2}, nil},
		{scene.Target{Kind: scene.OnLogEntry, Server: 1, Index: 1}, nil},
		{scene.Target{}, nil},
	}
	for _, test := range tests {
		if got := OnTap(nil, m, test.target); !slices.EqualFunc(got, test.want, sameCommand) {
			t.Errorf("%+v: %+v, want %+v", test.target, got, test.want)
		}
	}
}

func TestAStrokeCutsWhatIsNotCutYet(t *testing.T) {
	got := OnStroke(nil, model(t), []scene.Pair{{From: 1, To: 2}, {From: 1, To: 4}}, false)
	want := []trace.Command{{Kind: trace.Cut, From: 1, To: 2}, {Kind: trace.Cut, From: 2, To: 1}, {Kind: trace.Cut, From: 4, To: 1}}
	if !slices.EqualFunc(got, want, sameCommand) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAStrokeHealsOnlyWhatIsCut(t *testing.T) {
	got := OnStroke(nil, model(t), []scene.Pair{{From: 1, To: 4}}, true)
	want := []trace.Command{{Kind: trace.Heal, From: 1, To: 4}}
	if !slices.EqualFunc(got, want, sameCommand) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func sameCommand(a, b trace.Command) bool {
	return a.Kind == b.Kind && a.Server == b.Server && a.Packet == b.Packet && a.From == b.From && a.To == b.To
}
