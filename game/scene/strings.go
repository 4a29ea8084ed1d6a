package scene

import (
	"strconv"

	"raftarium/raft"
	"raftarium/raft/kv"
)

// mostStrings bounds how many texts of one sort are kept.
const mostStrings = 4096

// strings keeps the texts of earlier pictures, so that none is made twice.
type strings struct {
	numbers    []string // "0", "1", ...
	names      []string // "S1" at 1
	clients    []string // "C1" at 1
	terms      []string // "T1" at 1
	operations map[string]string
	terms2     map[[2]raft.Term]string
}

func newStrings() strings {
	return strings{operations: map[string]string{}, terms2: map[[2]raft.Term]string{}}
}

// numbered returns the text at n of a list that grows as far as it must.
func numbered(list *[]string, prefix string, n int) string {
	if n < 0 || n > 1_000_000 {
		return prefix + strconv.Itoa(n)
	}
	for len(*list) <= n {
		*list = append(*list, prefix+strconv.Itoa(len(*list)))
	}
	return (*list)[n]
}

func (s *strings) number(n int) string            { return numbered(&s.numbers, "", n) }
func (s *strings) server(id raft.ServerID) string { return numbered(&s.names, "S", int(id)) }
func (s *strings) client(n int) string            { return numbered(&s.clients, "C", n) }
func (s *strings) term(t raft.Term) string        { return numbered(&s.terms, "T", int(t)) }

// older is the words for a term that is over: "T3 < T5".
func (s *strings) older(old, current raft.Term) string {
	key := [2]raft.Term{old, current}
	if words, ok := s.terms2[key]; ok {
		return words
	}
	if len(s.terms2) >= mostStrings {
		clear(s.terms2)
	}
	words := s.term(old) + " < " + s.term(current)
	s.terms2[key] = words
	return words
}

// operation is an encoded operation in a few characters: "x=4", "x?", or
// "x 4→5" for setting x to 5 if it is 4.
func (s *strings) operation(data []byte) string {
	if words, ok := s.operations[string(data)]; ok {
		return words
	}
	if len(s.operations) >= mostStrings {
		clear(s.operations)
	}
	words := operationInShort(data)
	s.operations[string(data)] = words
	return words
}

func operationInShort(data []byte) string {
	o, err := kv.Decode(data)
	if err != nil {
		return "…"
	}
	switch o.Kind {
	case kv.Put:
		return o.Key + "=" + o.Value
	case kv.CompareAndSwap:
		return o.Key + " " + o.Expected + "→" + o.Value
	}
	return o.Key + "?"
}
