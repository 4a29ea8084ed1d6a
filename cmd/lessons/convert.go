package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"

	"raftarium/game/lesson"
)

// A lesson's file has a title, an introduction, and four sections:
//
//	# Title
//	introduction
//	## Prediction
//	question, then for each choice: ### choice, and what is said to it in the end
//	## Steps
//	for each step: ### name, and its text
//	## Hints
//	for each hint: ### name, and its text
//	## Reveal
//	text
//
// The introduction and the reveal are Markdown; all else is plain text.

// convert makes the JSON text of all lessons in a folder, in the order of their
// files' names.
func convert(folder string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return nil, fmt.Errorf("looking for lessons: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("looking for lessons: there is no .md file in %s", folder)
	}
	var all []lesson.Words
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a lesson: %w", err)
		}
		words, err := parse(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		words.ID = strings.TrimSuffix(filepath.Base(file), ".md")
		all = append(all, words)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return nil, fmt.Errorf("writing the lessons: %w", err)
	}
	return out.Bytes(), nil
}

// section is a part of a file: its heading, the text under it, and the parts
// of the next level.
type section struct {
	heading string
	text    string
	parts   []section
}

// split divides a text at the headings of a level and below.
func split(text string, level int) section {
	mark := "\n" + strings.Repeat("#", level) + " "
	pieces := strings.Split("\n"+text, mark)
	s := section{text: strings.TrimSpace(pieces[0])}
	for _, piece := range pieces[1:] {
		heading, body, _ := strings.Cut(piece, "\n")
		part := split(body, level+1)
		part.heading = strings.TrimSpace(heading)
		s.parts = append(s.parts, part)
	}
	return s
}

func parse(source string) (lesson.Words, error) {
	whole := split(source, 1)
	if len(whole.parts) != 1 || whole.text != "" {
		return lesson.Words{}, errors.New("a lesson has one title, in its first line")
	}
	title := whole.parts[0]
	words := lesson.Words{Title: title.heading, Hints: make(map[string]string)}
	if want := "Prediction, Steps, Hints, Reveal"; headings(title.parts) != want {
		return words, fmt.Errorf("the sections are %s: want %s", headings(title.parts), want)
	}
	prediction, steps, hints, reveal := title.parts[0], title.parts[1], title.parts[2], title.parts[3]
	words.Question = plain(prediction.text)
	for _, choice := range prediction.parts {
		words.Choices = append(words.Choices, choice.heading)
		words.Answers = append(words.Answers, plain(choice.text))
	}
	for _, step := range steps.parts {
		words.Steps = append(words.Steps, lesson.Passage{Name: step.heading, Text: plain(step.text)})
	}
	for _, hint := range hints.parts {
		if _, twice := words.Hints[hint.heading]; twice {
			return words, fmt.Errorf("the hint %q is there twice", hint.heading)
		}
		words.Hints[hint.heading] = plain(hint.text)
	}
	var err error
	if words.HTML, err = html(title.text); err != nil {
		return words, err
	}
	words.Reveal, err = html(reveal.text)
	return words, err
}

func headings(parts []section) string {
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = part.heading
	}
	return strings.Join(names, ", ")
}

// plain puts a text on one line and takes the marks of emphasis away.
func plain(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "*", "")
}

func html(markdown string) (string, error) {
	var out strings.Builder
	if err := goldmark.Convert([]byte(markdown), &out); err != nil {
		return "", fmt.Errorf("converting to HTML: %w", err)
	}
	return strings.TrimSpace(out.String()), nil
}
