//go:build !js

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"raftarium/raft/mutant"
	"raftarium/wasmnet/storm"
)

// The checks notice rules that are broken on purpose: raftsim, built around a
// broken copy of the core, finds a violation within a few storms, shrinks it, and
// repeats it from what it wrote.
func TestCheckCatchesMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds raftsim once for each mutant")
	}
	core, err := filepath.Abs(filepath.Join("..", "..", "raft"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutant.Catalogue() {
		if !m.Storm {
			continue
		}
		t.Run(m.Name, func(t *testing.T) { catch(t, m, core) })
	}
}

var pageLink = regexp.MustCompile(`(?m)^on the page: (index\.html#run=1\.[\w-]+)$`)

var brokenRule = regexp.MustCompile(`(?m)^rules     .* broken at .*$`)

func catch(t *testing.T, m mutant.Mutant, core string) {
	folder := t.TempDir()
	overlay, err := m.Overlay(core, folder)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "raftsim")
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	found := broken(t, program, "check", "-seeds", "1..500", "-for", "20s", "-out", folder)
	t.Logf("%s: %s\n%s", m.Name, m.Breaks, found)
	files, err := filepath.Glob(filepath.Join(folder, "raftsim-seed-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("it wrote %v, %v; want one file", files, err)
	}
	if told := broken(t, program, "run", "-commands", files[0]); !brokenRule.Match(told) {
		t.Errorf("repeated from the file, the violation does not show:\n%s", told)
	}
	if bytes.Contains(found, []byte(": "+storm.RecoversInTime+" broken")) {
		return // judged only where the calm begins, which a link does not tell
	}
	link := pageLink.FindSubmatch(found)
	if link == nil {
		t.Fatalf("there is no link to the page in\n%s", found)
	}
	if told := broken(t, program, "run", "-link", string(link[1])); !brokenRule.Match(told) {
		t.Errorf("repeated from the link, the violation does not show:\n%s", told)
	}
}

// broken runs a raftsim that must find a broken rule, and returns what it
// tells.
func broken(t *testing.T, program string, arguments ...string) []byte {
	t.Helper()
	command := exec.Command(program, arguments...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	command.Env = append(os.Environ(), "GOTRACEBACK=none")
	out, err := command.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitBroken {
		t.Fatalf("raftsim %v: %v, want the result %d\n%s%s", arguments, err, exitBroken, out, complaints.Bytes())
	}
	return out
}
