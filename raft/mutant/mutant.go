// Package mutant breaks the core on purpose, one rule at a time, to show that
// the checks would notice. A mutant is a small change to the core's own source,
// made in a copy while a program is built; the core knows nothing of mutants,
// and a change to the core that a mutant does not fit any more is an error here.
package mutant

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Mutant is one rule broken.
type Mutant struct {
	Name    string // short and unique: "vote-not-persisted"
	Pitfall int    // number of the pitfall in Pitfalls that it is an example of
	Breaks  string // the rule, in the words of the paper or of the structure advice
	Test    string // the test of package raft that fails with it
	Storm   bool   // the storms of raftsim check notice it too
	Changes []Change
}

// Change replaces a piece of a source file that occurs in it exactly once.
type Change struct {
	File     string // of the core, such as "election.go"
	Old, New string
}

// Apply returns the mutant's version of each file that it changes. Source
// returns a file of the core. It is an error if a change does not fit.
func (m Mutant) Apply(source func(file string) ([]byte, error)) (map[string][]byte, error) {
	changed := map[string][]byte{}
	for _, change := range m.Changes {
		text, ok := changed[change.File]
		if !ok {
			var err error
			if text, err = source(change.File); err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
			}
		}
		if n := strings.Count(string(text), change.Old); n != 1 {
			return nil, fmt.Errorf("mutant %s: what it changes in %s stands there %d times, want once:\n%s", m.Name, change.File, n, change.Old)
		}
		changed[change.File] = []byte(strings.Replace(string(text), change.Old, change.New, 1))
	}
	return changed, nil
}

// Overlay writes the mutant's files into dir, together with an overlay file
// for go build -overlay that puts them in the place of the core's, and returns
// the path of that file. Core is the folder of the core's source, as an absolute path.
func (m Mutant) Overlay(core, dir string) (string, error) {
	files, err := m.Apply(func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(core, file)) })
	if err != nil {
		return "", err
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return "", fmt.Errorf("writing mutant %s: %w", m.Name, err)
		}
		overlay.Replace[filepath.Join(core, name)] = path
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", fmt.Errorf("writing mutant %s: %w", m.Name, err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", fmt.Errorf("writing mutant %s: %w", m.Name, err)
	}
	return path, nil
}
