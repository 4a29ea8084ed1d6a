package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"raftarium/raft/trace"
)

// ParseCommand reads a command as the page's scripts write it: a JSON object like
// {"kind":"crash","server":3}, with the fields of [trace.Command], times in
// nanoseconds, and no time at which it takes effect, since that is now.
func ParseCommand(text string) (trace.Command, error) {
	var given struct {
		trace.Command
		At   *json.RawMessage `json:"at"`
		Kind lowerCommandKind `json:"kind"`
	}
	if err := decode(text, &given); err != nil {
		return trace.Command{}, fmt.Errorf("the command cannot be read: %w", err)
	}
	if given.At != nil {
		return trace.Command{}, errors.New("the command cannot be read: it says when it takes effect, but that is always now")
	}
	command := given.Command
	command.Kind = trace.CommandKind(given.Kind)
	if command.Kind == 0 {
		return trace.Command{}, errors.New("the command cannot be read: it says no kind")
	}
	return command, nil
}

// lowerCommandKind is a kind of command that is written with a small first
// letter, as is usual in scripts.
type lowerCommandKind trace.CommandKind

// UnmarshalText reads the kind.
func (k *lowerCommandKind) UnmarshalText(text []byte) error {
	first, size := utf8.DecodeRune(text)
	name := string(unicode.ToUpper(first)) + string(text[size:])
	if size == 0 || !unicode.IsLower(first) || (*trace.CommandKind)(k).UnmarshalText([]byte(name)) != nil {
		return fmt.Errorf("there is no command %s", quote(string(text)))
	}
	return nil
}

// decode reads one JSON value strictly: no unknown fields, and nothing after
// it.
func decode(text string, into any) error {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("there is nothing")
		}
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after its end")
	}
	return nil
}
