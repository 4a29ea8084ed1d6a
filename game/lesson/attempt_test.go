package lesson

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"raftarium/assets"
)

// corrupt are words with one thing wrong.
func corrupt(t *testing.T, change func(all []Words) []Words) string {
	t.Helper()
	var all []Words
	if err := json.Unmarshal([]byte(assets.Lessons), &all); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(change(all))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWordsMustFitTheLessons(t *testing.T) {
	for want, change := range map[string]func(all []Words) []Words{
		"has no words":                           func(all []Words) []Words { return all[1:] },
		"which does not exist":                   func(all []Words) []Words { return append(all, Words{ID: "other"}) },
		"is there twice":                         func(all []Words) []Words { return append(all, all[0]) },
		"is missing":                             func(all []Words) []Words { all[0].Reveal = ""; return all },
		"choices and":                            func(all []Words) []Words { all[0].Answers = nil; return all },
		"the steps are":                          func(all []Words) []Words { all[0].Steps = all[0].Steps[1:]; return all },
		`the hint "crash" is missing`:            func(all []Words) []Words { delete(all[0].Hints, "crash"); return all },
		"the goal gives only":                    func(all []Words) []Words { all[0].Hints["more"] = "x"; return all },
		"there is no fact {colour}":              func(all []Words) []Words { all[0].Steps[0].Text = "Paint {colour}."; return all },
		"there is no fact {leader crashes at 5}": func(all []Words) []Words { all[0].HTML = "{leader crashes at 5}"; return all },
	} {
		if _, err := Load(corrupt(t, change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	if _, err := Load("[{"); err == nil || !strings.Contains(err.Error(), "reading the words") {
		t.Errorf("broken JSON: %v", err)
	}
}

// Whatever state a goal is in, all that it can say has words, and no brace is
// left in them.
func TestAllThatIsSaidHasWords(t *testing.T) {
	course, err := Load(assets.Lessons)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range course.Lessons() {
		a := l.Begin(5)
		facts := a.goal.facts()
		if got := slices.Sorted(maps.Keys(facts)); !slices.Equal(got, slices.Sorted(slices.Values(l.plan.facts))) {
			t.Errorf("%s: the facts are %q, and %q are declared", l.ID, got, l.plan.facts)
		}
		if right := a.goal.right(); right < 0 || right >= len(l.Words.Choices) {
			t.Errorf("%s: choice %d is right, of %d", l.ID, right, len(l.Words.Choices))
		}
		said := []string{a.Introduction(), fill(l.Words.Reveal, facts)}
		for _, s := range a.Steps() {
			said = append(said, s.Text)
		}
		for _, hint := range l.Words.Hints {
			said = append(said, fill(hint, facts))
		}
		for _, text := range said {
			if text == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") {
				t.Errorf("%s: %q", l.ID, text)
			}
		}
	}
}

func TestHintsComeInTime(t *testing.T) {
	x := begin(t, "leader")
	x.untilStep(1)
	ticked := x.since
	if hint := x.Hint(ticked + patience - 1); hint != "" {
		t.Errorf("a hint comes at once: %q", hint)
	}
	if hint := x.Hint(ticked + patience); !strings.Contains(hint, "wears the crown") {
		t.Errorf("after %v the hint is %q", patience, hint)
	}
	x.Ask()
	if x.Hint(ticked) == "" {
		t.Error("who asks gets no hint")
	}
}

func TestCourse(t *testing.T) {
	course, err := Load(assets.Lessons)
	if err != nil {
		t.Fatal(err)
	}
	if got := course.Next("leader"); got != "crash" {
		t.Errorf("after leader comes %q", got)
	}
	if got := course.Next("split"); got != "" {
		t.Errorf("after the last lesson comes %q", got)
	}
	if _, err := course.Find("x"); err == nil || !strings.Contains(err.Error(), "there are leader, crash, split") {
		t.Errorf("%v", err)
	}
}

func TestPredictRefuses(t *testing.T) {
	x := begin(t, "leader")
	for _, choice := range []int{-1, 3, 99} {
		if err := x.Predict(choice); err == nil {
			t.Errorf("choice %d was taken", choice)
		}
	}
	x.predict(0)
	x.predict(2)
	if x.Chosen() != 2 {
		t.Error("a prediction cannot be changed")
	}
}

// The lessons begin soon: the learner does not wait for the run to be ready.
func TestLessonsBeginSoon(t *testing.T) {
	for _, p := range tour() {
		if at := begin(t, p.id).w.Now(); at > 2*time.Second {
			t.Errorf("%s begins at %v", p.id, at)
		}
	}
}

func TestProgress(t *testing.T) {
	var p Progress
	if !p.Empty() {
		t.Error("nothing is not empty")
	}
	p.Note("crash", 2)
	p.Note("leader", 0)
	text := p.JSON()
	if want := `{"done":["crash","leader"],"chosen":{"crash":2,"leader":0}}`; text != want {
		t.Errorf("%s, want %s", text, want)
	}
	q, err := ParseProgress(text)
	if err != nil || q.JSON() != text || !q.Done("crash") || q.Done("split") {
		t.Errorf("%s is read as %s, %v", text, q.JSON(), err)
	}
	var r Progress
	r.Note("split", 1)
	r.Merge(q)
	if !r.Done("split") || !r.Done("leader") {
		t.Errorf("merged: %s", r.JSON())
	}
}

func TestCorruptProgressIsExplained(t *testing.T) {
	for _, text := range []string{"", "{", "7", `{"done":true}`, `{"done":[1]}`} {
		p, err := ParseProgress(text)
		if err == nil || !strings.Contains(err.Error(), "the Tour begins anew") || !p.Empty() {
			t.Errorf("%q is read as %s, %v", text, p.JSON(), err)
		}
	}
}

func FuzzParseProgress(f *testing.F) {
	f.Add(`{"done":["crash"],"chosen":{"crash":2}}`)
	f.Add(`{"done":["",""],"chosen":null}`)
	f.Add(`{"chosen":{"x":-9}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProgress(text)
		if err != nil {
			return
		}
		again, err := ParseProgress(p.JSON())
		if err != nil || again.JSON() != p.JSON() {
			t.Errorf("%q is kept as %s, and that as %s, %v", text, p.JSON(), again.JSON(), err)
		}
	})
}
