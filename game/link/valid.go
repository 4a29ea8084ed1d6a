package link

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// maxFor is the longest that a run may last.
const maxFor = 1000 * time.Hour

// validate says in words why a run makes no sense, or returns nil. Which
// commands are possible only the world can tell, when their time has come.
func validate(run wasmnet.Run) error {
	if err := run.Header.Validate(); err != nil {
		return err
	}
	if run.For < 0 || run.For > maxFor {
		return fmt.Errorf("it lasts %v: want at most %v", run.For, maxFor)
	}
	last := time.Duration(0)
	for i, c := range run.Commands {
		if err := validateCommand(c, last); err != nil {
			return fmt.Errorf("command %d: %w", i+1, err)
		}
		last = c.At
	}
	return nil
}

func validateCommand(c trace.Command, last time.Duration) error {
	switch {
	case c.Kind == 0:
		return errors.New("it says no kind")
	case c.At < last:
		return fmt.Errorf("it is given at %v, before what comes before it", c.At)
	case !utf8.ValidString(c.Key) || !utf8.ValidString(c.Value):
		return errors.New("the key or the value is not UTF-8 text")
	}
	if c.Network != nil {
		return c.Network.Validate()
	}
	return nil
}
