package mutant_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"raftarium/raft/mutant"
)

// Every mutant fits the core as it is, and is still Go; every pitfall has one.
func TestCatalogueFitsTheCore(t *testing.T) {
	names := map[string]bool{}
	covered := map[int]bool{}
	for _, m := range mutant.Catalogue() {
		if names[m.Name] || m.Breaks == "" || m.Test == "" {
			t.Errorf("mutant %q: want a name of its own, the rule that it breaks and the test that fails with it", m.Name)
		}
		names[m.Name], covered[m.Pitfall] = true, true
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
	for i, p := range mutant.Pitfalls() {
		if p.Number != i+1 || p.Bug == "" || p.Seen == "" {
			t.Errorf("pitfall %d is told as %+v", i+1, p)
		}
		if !covered[p.Number] {
			t.Errorf("pitfall %d has no mutant", p.Number)
		}
	}
}

// A sample of the mutants is killed by the tests that they name. All of them
// take some minutes: make mutants.
func TestSampleIsKilled(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("mutants are built with the go command, which does not run here")
	}
	core, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mutant.Catalogue() {
		if i%16 != 0 {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			killed, output, err := m.Killed(t.Context(), core)
			if err != nil || !killed {
				t.Errorf("killed: %v, %v\n%s", killed, err, output)
			}
		})
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
