package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../assets/lessons"

func TestTheCommittedWordsAreCurrent(t *testing.T) {
	want, err := convert(folder)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "lessons.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("lessons.json is not what the .md files make: run go generate ./assets")
	}
}

func TestParse(t *testing.T) {
	words, err := parse("# T\n\nIn *troduction*.\n\n## Prediction\n\nWho?\n\n### A\n\nNo,\nno.\n\n### B\n\nYes.\n\n## Steps\n\n### one\n\nDo it.\n\n## Hints\n\n### h\n\nHint.\n\n## Reveal\n\n> rule\n")
	if err != nil {
		t.Fatal(err)
	}
	if words.Title != "T" || words.HTML != "<p>In <em>troduction</em>.</p>" || words.Question != "Who?" {
		t.Errorf("title %q, introduction %q, question %q", words.Title, words.HTML, words.Question)
	}
	if len(words.Choices) != 2 || words.Choices[1] != "B" || words.Answers[0] != "No, no." {
		t.Errorf("choices %q, answers %q", words.Choices, words.Answers)
	}
	if len(words.Steps) != 1 || words.Steps[0].Name != "one" || words.Steps[0].Text != "Do it." || words.Hints["h"] != "Hint." {
		t.Errorf("steps %v, hints %v", words.Steps, words.Hints)
	}
	if words.Reveal != "<blockquote>\n<p>rule</p>\n</blockquote>" {
		t.Errorf("reveal %q", words.Reveal)
	}
}

func TestParseRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"no title": "one title",
		"# T\n## Prediction\n## Steps\n## Reveal\n":                               "want Prediction, Steps, Hints, Reveal",
		"# T\n## Prediction\n## Steps\n## Hints\n### h\na\n### h\nb\n## Reveal\n": "twice",
	} {
		if _, err := parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", source, err, want)
		}
	}
}

func TestConvertWithoutLessons(t *testing.T) {
	if _, err := convert(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no .md file") {
		t.Errorf("an empty folder: %v", err)
	}
}
