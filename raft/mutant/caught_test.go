package mutant_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"raftarium/raft/mutant"
)

// The storms of raftsim check notice each of these mutants: with the rule
// broken, some seed ends in a violation. The same seeds find nothing wrong with
// the core as it is, so it is the broken rule that they notice.
func TestStormsNoticeBrokenRules(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("mutants are built with the go command, which does not run here")
	}
	const seeds = "1..100"
	t.Run("the core as it is", func(t *testing.T) {
		if output, err := check(t, nil, seeds); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
	for _, name := range []string{
		"vote-not-persisted", "longer-log-wins", "old-term-committed-by-counting",
		"stale-reply-lowers-nextIndex", "always-truncates", "acknowledged-before-sync",
	} {
		t.Run(name, func(t *testing.T) {
			output, err := check(t, find(t, name), seeds)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !bytes.Contains(output, []byte(" broken at ")) {
				t.Errorf("not noticed: %v\n%s", err, output)
			}
		})
	}
}

func find(t *testing.T, name string) *mutant.Mutant {
	t.Helper()
	for _, m := range mutant.Catalogue() {
		if m.Name == name {
			return &m
		}
	}
	t.Fatalf("there is no mutant %s", name)
	return nil
}

// check builds raftsim on the core, or on a mutant of it, and runs its storms.
func check(t *testing.T, m *mutant.Mutant, seeds string) ([]byte, error) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "raftsim")
	arguments := []string{"build", "-o", program}
	if m != nil {
		core, err := filepath.Abs("..")
		if err != nil {
			t.Fatal(err)
		}
		overlay, err := m.Overlay(core, dir)
		if err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, "-overlay", overlay)
	}
	if output, err := exec.Command("go", append(arguments, "raftarium/cmd/raftsim")...).CombinedOutput(); err != nil {
		t.Fatalf("building raftsim: %v\n%s", err, output)
	}
	command := exec.Command(program, "check", "-seeds", seeds, "-for", "20s")
	command.Dir = dir // where it leaves the commands of what it found
	return command.CombinedOutput()
}
