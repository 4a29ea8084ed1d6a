package mutant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Killed runs the mutant's test on a copy of the core with the rule broken, and
// reports whether it fails, as it should. Core is the folder of the core's
// source, as an absolute path. It is an error if the test could not be run; output is
// what the go command said.
func (m Mutant) Killed(ctx context.Context, core string) (killed bool, output []byte, err error) {
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return false, nil, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	overlay, err := m.Overlay(core, dir)
	if err != nil {
		return false, nil, err
	}
	program := filepath.Join(dir, "raft.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, ".")
	build.Dir = core
	if output, err := build.CombinedOutput(); err != nil {
		return false, output, fmt.Errorf("mutant %s: building: %w", m.Name, err)
	}
	test := exec.CommandContext(ctx, program, "-test.run", "^"+m.Test+"$", "-test.v", "-test.timeout", "60s")
	test.Dir = core
	output, err = test.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && !bytes.Contains(output, []byte("--- PASS: "+m.Test)):
		return false, output, fmt.Errorf("mutant %s: there is no test %s", m.Name, m.Test)
	case err == nil:
		return false, output, nil
	case errors.As(err, &exit) && ctx.Err() == nil:
		return true, output, nil
	default:
		return false, output, fmt.Errorf("mutant %s: running %s: %w", m.Name, m.Test, err)
	}
}
