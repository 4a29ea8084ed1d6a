package kv

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Store is the state machine: a map of keys to values, and for each client the
// number of its latest operation with the answer to it. Two stores that
// applied the same operations in the same order are equal. The zero Store is empty and ready
// to use. It has no lock of its own.
type Store struct {
	values   map[string]string
	sessions map[uint64]session
}

// session is what the store remembers of a client, so that an operation that
// comes again is answered and not carried out again (§8).
type session struct {
	serial uint64
	result Result
}

// Apply carries out the operation that data encodes. If the client's latest
// operation has the same serial number, that one's answer is given again and
// nothing is done; if it has a higher one, the operation is refused as
// SerialTooOld. Bytes that encode no operation are refused as NotUnderstood.
func (s *Store) Apply(data []byte) Result {
	o, err := Decode(data)
	if err != nil {
		return Result{Refused: NotUnderstood}
	}
	last, known := s.sessions[o.Client]
	if known && o.Serial == last.serial {
		return last.result
	}
	if known && o.Serial < last.serial {
		return Result{Refused: SerialTooOld}
	}
	if s.values == nil {
		s.values = make(map[string]string)
		s.sessions = make(map[uint64]session)
	}
	result := s.carryOut(o)
	s.sessions[o.Client] = session{serial: o.Serial, result: result}
	return result
}

func (s *Store) carryOut(o Operation) Result {
	value, found := s.values[o.Key]
	switch o.Kind {
	case Put:
		s.values[o.Key] = o.Value
		return Result{}
	case CompareAndSwap:
		swap := value == o.Expected
		if swap {
			s.values[o.Key] = o.Value
		}
		return Result{Value: value, Found: found, Swapped: swap}
	}
	return Result{Value: value, Found: found}
}

// Value returns what key holds, and whether it is there.
func (s *Store) Value(key string) (value string, found bool) {
	value, found = s.values[key]
	return value, found
}

// Len is the number of keys.
func (s *Store) Len() int { return len(s.values) }

// Dump returns the whole store as bytes, the same for equal stores on every machine:
// the number of keys, then each key and its value in the order of the keys;
// the number of clients, then each client's number, serial and encoded result in the
// order of the clients. Numbers are unsigned varints, and texts stand behind
// their length.
func (s *Store) Dump() []byte {
	data := binary.AppendUvarint(nil, uint64(len(s.values)))
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		data = appendString(data, key)
		data = appendString(data, s.values[key])
	}
	data = binary.AppendUvarint(data, uint64(len(s.sessions)))
	for _, client := range slices.Sorted(maps.Keys(s.sessions)) {
		last := s.sessions[client]
		data = binary.AppendUvarint(data, client)
		data = binary.AppendUvarint(data, last.serial)
		data = appendString(data, string(last.result.Encode()))
	}
	return data
}

// Load makes the store that Dump was called on. Bytes that Dump cannot have
// written are an error.
func Load(data []byte) (*Store, error) {
	in := decoder{data: data}
	s := &Store{values: make(map[string]string), sessions: make(map[uint64]session)}
	s.loadValues(&in)
	s.loadSessions(&in)
	if err := in.end(); err != nil {
		return nil, fmt.Errorf("reading a store: %w", err)
	}
	return s, nil
}

func (s *Store) loadValues(in *decoder) {
	count := in.number()
	former := ""
	for i := uint64(0); i < count && in.err == nil; i++ {
		key, value := in.text(), in.text()
		if i > 0 && key <= former {
			in.fail(errUnsorted)
		}
		s.values[key] = value
		former = key
	}
}

func (s *Store) loadSessions(in *decoder) {
	count := in.number()
	former := uint64(0)
	for i := uint64(0); i < count && in.err == nil; i++ {
		client, serial, encoded := in.number(), in.number(), in.text()
		if in.err == nil && i > 0 && client <= former {
			in.fail(errUnsorted)
		}
		result, err := DecodeResult([]byte(encoded))
		if err != nil {
			in.fail(err)
		}
		s.sessions[client] = session{serial: serial, result: result}
		former = client
	}
}
