package history

import (
	"maps"
	"math"
	"slices"
	"sort"

	"github.com/anishathalye/porcupine"

	"raftarium/raft/kv"
)

// Verdict tells whether a history is linearizable.
type Verdict struct {
	Linearizable bool
	Key          string      // if not: the key whose operations contradict each other; the first, if there are several
	Operations   []Operation // a small part of them that still does, in the order of their calls
	Text         string      // the same in words; of a linearizable history, how much was checked
}

// Judge decides whether the history so far is linearizable. A store's keys
// have nothing to do with each other, so each is judged by itself.
func (h *History) Judge() Verdict {
	keys := map[string][]Operation{}
	for _, o := range h.operations {
		keys[o.Asked.Key] = append(keys[o.Asked.Key], o)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if operations := relevant(keys[key]); !linearizable(operations) {
			operations = smallest(operations)
			return Verdict{Key: key, Operations: operations, Text: contradiction(key, operations)}
		}
	}
	return Verdict{Linearizable: true, Text: agreement(len(h.operations), len(keys))}
}

// value is what the model of a single key holds.
type value struct {
	text  string
	found bool
}

// model is a single key of a store that does one operation at a time.
func model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return value{} },
		Step: func(state, input, _ any) (bool, any) {
			possible, next := step(state.(value), input.(*Operation))
			return possible, next
		},
	}
}

// step does an operation on a key, and tells whether it would have got the
// answer that the client got.
func step(v value, o *Operation) (possible bool, next value) {
	read := !o.Returned || o.Answer.Value == v.text && o.Answer.Found == v.found
	switch o.Asked.Kind {
	case kv.Put:
		return true, value{o.Asked.Value, true}
	case kv.CompareAndSwap:
		swaps := v.text == o.Asked.Expected
		if o.Returned && swaps != o.Answer.Swapped {
			return false, v
		}
		if swaps {
			return read, value{o.Asked.Value, true}
		}
	}
	return read, v
}

// linearizable asks porcupine about the operations of one key. One that was
// not answered ends after all others: then it can be done at any time after its
// call, or so late that nobody sees it.
func linearizable(operations []Operation) bool {
	in := make([]porcupine.Operation, 0, len(operations))
	for i := range operations {
		o := &operations[i]
		end := int64(math.MaxInt64)
		if o.Returned {
			end = o.end
		}
		in = append(in, porcupine.Operation{ClientId: -int(o.Client) - 1, Input: o, Call: o.call, Return: end})
	}
	return porcupine.CheckOperations(model(), in)
}

// relevant leaves out the unanswered operations that cannot explain anything
// that anyone saw: reads, and writes of a value that no answer has and no
// unanswered compare-and-swap waits for. They could be anywhere, and so would cost
// much time for nothing.
func relevant(operations []Operation) []Operation {
	seen := seenValues(operations)
	kept := make([]Operation, 0, len(operations))
	for _, o := range operations {
		if o.Returned || o.Asked.Kind != kv.Get && seen[o.Asked.Value] {
			kept = append(kept, o)
		}
	}
	return kept
}

// seenValues are the values that answers have or that an unanswered
// compare-and-swap expects.
func seenValues(operations []Operation) map[string]bool {
	seen := map[string]bool{}
	for i := range operations {
		o := &operations[i]
		if o.Returned && o.Asked.Kind != kv.Put {
			seen[o.Answer.Value] = true
		}
		if !o.Returned && o.Asked.Kind == kv.CompareAndSwap {
			seen[o.Asked.Expected] = true
		}
	}
	return seen
}

// smallest makes a contradiction small: it ends with the first answer that
// cannot be explained, and has only the operations that are needed. It
// tries to do without many operations at once, then without fewer and fewer.
func smallest(operations []Operation) []Operation {
	operations = shortest(operations)
	for size := len(operations); size > 0; size /= 2 {
		for first := len(operations); first > 0; {
			first = max(0, first-size)
			without := leaveOut(operations, first, size)
			if len(without) < len(operations) && !linearizable(without) {
				operations = without
				first = min(first, len(operations))
			}
		}
	}
	return operations
}

// leaveOut leaves out those of some operations that can go: leaving one out must
// not make a contradiction where there was none, so only those go that
// change nothing or whose value nobody saw.
func leaveOut(operations []Operation, first, count int) []Operation {
	seen := seenValues(operations)
	without := slices.Clone(operations[:first])
	for i := first; i < len(operations); i++ {
		o := &operations[i]
		writes := o.Asked.Kind == kv.Put || o.Asked.Kind == kv.CompareAndSwap && (!o.Returned || o.Answer.Swapped)
		if i >= first+count || writes && seen[o.Asked.Value] {
			without = append(without, *o)
		}
	}
	return without
}

// shortest cuts the history off after the first answer with which it is not
// linearizable. What was called before and not answered by then counts as
// unanswered.
func shortest(operations []Operation) []Operation {
	var ends []int64
	for _, o := range operations {
		if o.Returned {
			ends = append(ends, o.end)
		}
	}
	slices.Sort(ends)
	first := sort.Search(len(ends), func(i int) bool { return !linearizable(until(operations, ends[i])) })
	return until(operations, ends[first])
}

// until is the history as it was at the given place.
func until(operations []Operation, place int64) []Operation {
	var before []Operation
	for _, o := range operations {
		if o.call > place {
			continue
		}
		if o.Returned && o.end > place {
			o.Returned, o.Answer = false, kv.Result{}
		}
		before = append(before, o)
	}
	return relevant(before)
}
