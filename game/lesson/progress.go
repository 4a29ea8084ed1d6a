package lesson

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Progress is what a learner has done, as it is kept on their device. Its
// zero value is nothing done.
type Progress struct {
	done   map[string]bool
	chosen map[string]int // the last prediction of each lesson
}

// kept is the form in which Progress is kept.
type kept struct {
	Done   []string       `json:"done"`
	Chosen map[string]int `json:"chosen,omitempty"`
}

// Done reports whether a lesson was done.
func (p *Progress) Done(id string) bool { return p.done[id] }

// Empty reports whether there is nothing to keep.
func (p *Progress) Empty() bool { return len(p.done) == 0 && len(p.chosen) == 0 }

// Note takes down that a lesson was done, with this prediction.
func (p *Progress) Note(id string, chosen int) {
	if p.done == nil {
		p.done, p.chosen = make(map[string]bool), make(map[string]int)
	}
	p.done[id] = true
	p.chosen[id] = chosen
}

// JSON is the progress as a text for ParseProgress. The same progress is always
// the same text.
func (p *Progress) JSON() string {
	text, err := json.Marshal(kept{Done: slices.Sorted(maps.Keys(p.done)), Chosen: p.chosen})
	if err != nil {
		panic(err) // no map of texts and numbers is refused
	}
	return string(text)
}

// Merge adds what another progress has. Nothing that was done is taken back.
func (p *Progress) Merge(other Progress) {
	for id := range other.done {
		if !p.done[id] {
			p.Note(id, other.chosen[id])
		}
	}
}

// ParseProgress reads what JSON wrote. Lessons that this program does not know are
// kept, for a newer one. A text that cannot be read is an error, in words for the
// learner.
func ParseProgress(text string) (Progress, error) {
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return Progress{}, fmt.Errorf("what this device has kept of your progress cannot be read, so the Tour begins anew (%w)", err)
	}
	var p Progress
	for _, id := range k.Done {
		if id == "" {
			continue
		}
		chosen, ok := k.Chosen[id]
		if !ok {
			chosen = unchosen
		}
		p.Note(id, chosen)
	}
	return p, nil
}
