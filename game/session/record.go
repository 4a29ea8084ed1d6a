package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// A session does not keep the events that it has shown: an hour of a run would
// be millions. The header and the commands determine them all, so
// whoever wants the trace makes the run happen again.

// Record is the run up to now as a value that makes the same happen again.
func (s *Session) Record() wasmnet.Run {
	return wasmnet.Run{Header: s.header, Commands: slices.Clone(s.commands), For: s.world.Now()}
}

// WriteTrace writes the trace of all that was shown, as JSON Lines. It makes the whole
// run happen again, as fast as it can.
func (s *Session) WriteTrace(out io.Writer) error {
	return s.writeTrace(s.Record(), out)
}

// writeTrace writes of a run that is a beginning of this one what was shown of
// it.
func (s *Session) writeTrace(run wasmnet.Run, out io.Writer) error {
	refused, err := writeTrace(run, out, s.model.Events)
	if err == nil && len(refused) > 0 {
		return fmt.Errorf("repeating the run: a command that was taken is now refused: %w", refused[0].Err)
	}
	return err
}

// Hash is the SHA-256 of the trace up to and including the time at, in hex. It
// makes the run happen again; the time must not be later than now.
func (s *Session) Hash(at time.Duration) (string, error) {
	run := s.Record()
	if at < 0 || at > s.Now() {
		return "", fmt.Errorf("the run has come to %d ns: there is no trace yet up to %d ns", s.Now(), at)
	}
	run.For = at
	digest := sha256.New()
	if err := s.writeTrace(run, digest); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// Hash is the SHA-256 of the trace of a run, in hex.
func Hash(run wasmnet.Run) (string, error) {
	digest := sha256.New()
	if err := WriteTrace(run, digest); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// WriteTrace makes a run happen and writes its trace. Commands of the run that
// the world refuses are left out, as in [wasmnet.Run.Play].
func WriteTrace(run wasmnet.Run, out io.Writer) error {
	_, err := writeTrace(run, out, math.MaxInt)
	return err
}

// writeTrace is WriteTrace up to a number of events.
func writeTrace(run wasmnet.Run, out io.Writer, events int) (refused []wasmnet.Refusal, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &Failure{Run: run, Cause: fmt.Errorf("%v", cause)}
		}
	}()
	w, err := trace.NewWriter(out, run.Header)
	if err != nil {
		return nil, err
	}
	write := func(e *trace.Event) {
		if err == nil && events > 0 {
			err = w.Write(e)
		}
		events--
	}
	refused, errPlay := run.Play(write, nil)
	if errPlay != nil {
		return nil, fmt.Errorf("repeating the run: %w", errPlay)
	}
	if err != nil {
		return nil, err
	}
	return refused, w.Flush()
}

// Failure is a run that broke down: a bug in Raftarium, never in what its user
// did.
type Failure struct {
	Run   wasmnet.Run // what to repeat to see it again
	Cause error
}

// Error says what happened, and all that is needed to make it happen again.
func (f *Failure) Error() string {
	run, err := json.Marshal(f.Run)
	if err != nil {
		run = fmt.Append(nil, err)
	}
	return fmt.Sprintf("The cluster broke down, which is a bug in Raftarium: %v. To repeat it: %s", f.Cause, run)
}

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Cause }
