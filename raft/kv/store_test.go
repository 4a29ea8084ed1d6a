package kv

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestStoreCarriesOutOperations(t *testing.T) {
	var s Store
	for _, step := range []struct {
		o    Operation
		want Result
	}{
		{Operation{Kind: Get, Key: "x"}, Result{}},
		{Operation{Kind: Put, Key: "x", Value: "1"}, Result{}},
		{Operation{Kind: Get, Key: "x"}, Result{Value: "1", Found: true}},
		{Operation{Kind: CompareAndSwap, Key: "x", Expected: "0", Value: "2"}, Result{Value: "1", Found: true}},
		{Operation{Kind: Get, Key: "x"}, Result{Value: "1", Found: true}},
		{Operation{Kind: CompareAndSwap, Key: "x", Expected: "1", Value: "2"}, Result{Value: "1", Found: true, Swapped: true}},
		{Operation{Kind: Get, Key: "x"}, Result{Value: "2", Found: true}},
		{Operation{Kind: CompareAndSwap, Key: "new", Expected: "", Value: "3"}, Result{Swapped: true}},
		{Operation{Kind: Put, Key: "empty"}, Result{}},
		{Operation{Kind: Get, Key: "empty"}, Result{Found: true}},
	} {
		step.o.Client = 1
		step.o.Serial = s.sessions[1].serial + 1
		if got := s.Apply(step.o.Encode()); got != step.want {
			t.Fatalf("%+v gave %+v, want %+v", step.o, got, step.want)
		}
	}
	if s.Len() != 3 {
		t.Errorf("the store has %d keys, want 3", s.Len())
	}
	if value, found := s.Value("new"); value != "3" || !found {
		t.Errorf("Value gave %q, %v", value, found)
	}
}

func TestRepeatedOperationIsAnsweredButDoneOnce(t *testing.T) {
	var s Store
	swap := Operation{Client: 1, Serial: 5, Kind: CompareAndSwap, Key: "x", Value: "1"}.Encode()
	first := s.Apply(swap)
	s.Apply(Operation{Client: 2, Serial: 1, Kind: Put, Key: "x", Value: "2"}.Encode())
	if again := s.Apply(swap); again != first || !again.Swapped {
		t.Fatalf("the first answer was %+v, the second %+v", first, again)
	}
	if value, _ := s.Value("x"); value != "2" {
		t.Fatalf("repeating an operation set x to %q", value)
	}
}

func TestOlderSerialIsRefused(t *testing.T) {
	var s Store
	s.Apply(Operation{Client: 1, Serial: 5, Kind: Put, Key: "x", Value: "new"}.Encode())
	late := Operation{Client: 1, Serial: 4, Kind: Put, Key: "x", Value: "old"}
	if got := s.Apply(late.Encode()); got != (Result{Refused: SerialTooOld}) {
		t.Fatalf("got %+v", got)
	}
	if value, _ := s.Value("x"); value != "new" {
		t.Fatalf("an old operation set x to %q", value)
	}
	late.Client = 2
	if got := s.Apply(late.Encode()); got.Refused != Accepted {
		t.Fatalf("another client was refused: %v", got.Refused)
	}
}

func TestBytesThatAreNoOperationChangeNothing(t *testing.T) {
	var s, empty Store
	if got := s.Apply([]byte("nonsense")); got.Refused != NotUnderstood {
		t.Fatalf("got %+v", got)
	}
	if !bytes.Equal(s.Dump(), empty.Dump()) {
		t.Fatal("the store changed")
	}
}

// Stores that apply the same operations are equal, whatever order their maps
// are walked in; and a store comes back from its dump and goes on the same.
func TestEqualHistoriesGiveEqualStores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Operation {
			o := anyOperation().Draw(t, "operation")
			o.Client %= 4
			o.Serial %= 64
			return o
		})).Draw(t, "history")
		split := rapid.IntRange(0, len(history)).Draw(t, "split")
		var one Store
		other := new(Store)
		for i, o := range history {
			if i == split {
				reloaded, err := Load(other.Dump())
				if err != nil {
					t.Fatal(err)
				}
				other = reloaded
			}
			if a, b := one.Apply(o.Encode()), other.Apply(o.Encode()); a != b {
				t.Fatalf("%+v gave %+v and %+v", o, a, b)
			}
		}
		if !bytes.Equal(one.Dump(), other.Dump()) {
			t.Fatal("the stores differ")
		}
	})
}

func TestDamagedDumpsAreRefused(t *testing.T) {
	var s Store
	s.Apply(Operation{Client: 1, Serial: 1, Kind: Put, Key: "a", Value: "1"}.Encode())
	s.Apply(Operation{Client: 2, Serial: 1, Kind: Put, Key: "b", Value: "2"}.Encode())
	whole := s.Dump()
	for i := range whole {
		if _, err := Load(whole[:i]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a store", i, len(whole))
		}
	}
	for name, data := range map[string][]byte{
		"keys out of order":         {2, 1, 'b', 0, 1, 'a', 0, 0},
		"a key twice":               {2, 1, 'a', 0, 1, 'a', 0, 0},
		"clients out of order":      {0, 2, 2, 1, 1, 0, 1, 1, 1, 0},
		"a refusal that is none":    {0, 1, 1, 1, 1, 0xfc},
		"more keys than data":       {0xff, 0xff, 0xff, 0xff, 0x0f, 0},
		"an answer with no content": {0, 1, 1, 1, 0},
	} {
		if _, err := Load(data); err == nil {
			t.Errorf("%s: taken for a store", name)
		}
	}
}
