package mutant_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"raftarium/raft/mutant"
)

// Every mutant fits the core as it is, and is still Go.
func TestCatalogueFitsTheCore(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutant.Catalogue() {
		if names[m.Name] || m.Breaks == "" {
			t.Errorf("mutant %q: want a name of its own and the rule that it breaks", m.Name)
		}
		names[m.Name] = true
		files, err := m.Apply(func(file string) ([]byte, error) { return os.ReadFile(filepath.Join("..", file)) })
		if err != nil {
			t.Error(err)
		}
		for name, text := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
				t.Errorf("mutant %s: %v", m.Name, err)
			}
		}
	}
}

// A change that does not fit is told, not skipped.
func TestChangeThatDoesNotFit(t *testing.T) {
	source := func(string) ([]byte, error) { return []byte("a b a"), nil }
	for _, old := range []string{"a", "c"} {
		m := mutant.Mutant{Name: "m", Changes: []mutant.Change{{File: "f.go", Old: old, New: "x"}}}
		if _, err := m.Apply(source); err == nil {
			t.Errorf("%q stands there not exactly once: want an error", old)
		}
	}
	m := mutant.Mutant{Name: "m", Changes: []mutant.Change{{File: "f.go", Old: "b", New: "x"}}}
	files, err := m.Apply(source)
	if err != nil || string(files["f.go"]) != "a x a" {
		t.Errorf("got %q, %v", files["f.go"], err)
	}
}
