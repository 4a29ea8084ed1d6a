package narrate

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"raftarium/raft"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// Server is a server's name: "S1".
func Server(id raft.ServerID) string { return fmt.Sprintf("S%d", id) }

// Node is the name of a server or a client: "S1", "C1".
func Node(id trace.NodeID) string {
	if id < 0 {
		return fmt.Sprintf("C%d", -id)
	}
	return Server(raft.ServerID(id))
}

// Servers are names in a row: "S1", "S1 and S2", "S1, S2 and S3".
func Servers(ids []raft.ServerID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = Server(id)
	}
	return row(names)
}

func row(names []string) string {
	if len(names) <= 1 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Count is a number of things: "1 entry", "5 entries", "no entries".
func Count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Milliseconds is a length of time in whole milliseconds, "212 ms", or below
// 10 ms with one decimal.
func Milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 && d%time.Millisecond != 0 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Clock is a moment of a run in seconds: "12.345".
func Clock(at time.Duration) string {
	return fmt.Sprintf("%d.%03d", at/time.Second, at%time.Second/time.Millisecond)
}

// Operation is what a client asks for: "x = 5", "read x",
// "x = 5 if it holds 4".
func Operation(encoded []byte) string {
	o, err := kv.Decode(encoded)
	if err != nil {
		return "something that is no operation"
	}
	switch o.Kind {
	case kv.Get:
		return "read " + value(o.Key)
	case kv.CompareAndSwap:
		if o.Expected == "" {
			return value(o.Key) + " = " + value(o.Value) + " if it is not set yet"
		}
		return value(o.Key) + " = " + value(o.Value) + " if it holds " + value(o.Expected)
	}
	return value(o.Key) + " = " + value(o.Value)
}

// value shows a key or value; one that could be mistaken for words of the
// sentence stands in quotation marks.
func value(s string) string {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' {
			return fmt.Sprintf("“%s”", strings.Map(printable, s))
		}
	}
	if s == "" {
		return "“”"
	}
	return s
}

func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '·'
	}
	return r
}

// entries is a stretch of the log: "entry 4", "entries 4 to 6".
func entries(first, last raft.Index) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d to %d", first, last)
}

// Entry is what an entry holds, in words.
func Entry(e raft.Entry) string {
	switch e.Kind {
	case raft.NoOp:
		return "empty, to open the term"
	case raft.ConfigurationChange:
		return "a change of the membership"
	}
	return Operation(e.Data)
}

// Sentence makes a text begin with a capital letter and end with a full stop.
func Sentence(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if last := s[len(s)-1]; last != '.' && last != '!' && last != '?' {
		s += "."
	}
	return s
}
