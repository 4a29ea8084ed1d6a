package lesson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Words are the words of a lesson, as they come out of its Markdown file.
// Texts may hold facts of the run in braces, like {leader}.
type Words struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	HTML     string            `json:"html"` // the introduction
	Question string            `json:"question"`
	Choices  []string          `json:"choices"`
	Answers  []string          `json:"answers"` // for each choice, what is said to it in the end
	Steps    []Passage         `json:"steps"`
	Hints    map[string]string `json:"hints"`
	Reveal   string            `json:"reveal"` // HTML
}

// Passage is a text with a name.
type Passage struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func readWords(text string) (map[string]Words, error) {
	var list []Words
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("reading the words of the lessons: %w", err)
	}
	all := make(map[string]Words, len(list))
	for _, w := range list {
		if _, twice := all[w.ID]; twice {
			return nil, fmt.Errorf("reading the words of the lessons: the lesson %q is there twice", w.ID)
		}
		all[w.ID] = w
	}
	return all, nil
}

// check compares the words with what the lesson needs.
func (w *Words) check(p plan) error {
	switch {
	case w.Title == "" || w.HTML == "" || w.Question == "" || w.Reveal == "":
		return fmt.Errorf("the title, the introduction, the question or the reveal is missing")
	case len(w.Choices) < 2 || len(w.Answers) != len(w.Choices):
		return fmt.Errorf("there are %d choices and %d answers", len(w.Choices), len(w.Answers))
	}
	var steps []string
	for _, s := range w.Steps {
		steps = append(steps, s.Name)
	}
	if !slices.Equal(steps, p.steps) {
		return fmt.Errorf("the steps are %q, and the goal's are %q", steps, p.steps)
	}
	for _, name := range p.hints {
		if w.Hints[name] == "" {
			return fmt.Errorf("the hint %q is missing", name)
		}
	}
	if len(w.Hints) != len(p.hints) {
		return fmt.Errorf("there are %d hints, and the goal gives only %q", len(w.Hints), p.hints)
	}
	return w.checkFacts(p.facts)
}

func (w *Words) checkFacts(known []string) error {
	texts := append([]string{w.HTML, w.Question, w.Reveal}, w.Choices...)
	texts = append(texts, w.Answers...)
	for _, s := range w.Steps {
		texts = append(texts, s.Text)
	}
	for _, hint := range w.Hints {
		texts = append(texts, hint)
	}
	for _, text := range texts {
		for _, piece := range strings.Split(text, "{")[1:] {
			name, _, closed := strings.Cut(piece, "}")
			if !closed || !slices.Contains(known, name) {
				return fmt.Errorf("there is no fact {%s}", name)
			}
		}
	}
	return nil
}

// fill puts facts into a text.
func fill(text string, facts map[string]string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(facts[name])
		text = after
	}
}
