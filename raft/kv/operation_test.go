package kv

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"
)

func anyOperation() *rapid.Generator[Operation] {
	return rapid.Custom(func(t *rapid.T) Operation {
		o := Operation{
			Client: rapid.Uint64().Draw(t, "client"),
			Serial: rapid.Uint64().Draw(t, "serial"),
			Kind:   Kind(rapid.IntRange(int(Get), int(CompareAndSwap)).Draw(t, "kind")),
			Key:    rapid.String().Draw(t, "key"),
		}
		if o.Kind != Get {
			o.Value = rapid.String().Draw(t, "value")
		}
		if o.Kind == CompareAndSwap {
			o.Expected = rapid.String().Draw(t, "expected")
		}
		return o
	})
}

func anyResult() *rapid.Generator[Result] {
	return rapid.Custom(func(t *rapid.T) Result {
		return Result{
			Value:   rapid.String().Draw(t, "value"),
			Found:   rapid.Bool().Draw(t, "found"),
			Swapped: rapid.Bool().Draw(t, "swapped"),
			Refused: Refusal(rapid.IntRange(0, int(NotUnderstood)).Draw(t, "refused")),
		}
	})
}

func TestOperationsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyOperation().Draw(t, "operation")
		got, err := Decode(want.Encode())
		if err != nil || got != want {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}

func TestResultsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyResult().Draw(t, "result")
		got, err := DecodeResult(want.Encode())
		if err != nil || got != want {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}

// The encoding is part of every trace, so it may not change by accident.
func TestEncodingIsStable(t *testing.T) {
	for _, c := range []struct {
		data []byte
		want string
	}{
		{Operation{Client: 1, Serial: 2, Kind: Get, Key: "x"}.Encode(), "0101020178"},
		{Operation{Client: 1, Serial: 300, Kind: Put, Key: "x", Value: "17"}.Encode(), "0201ac020178023137"},
		{Operation{Client: 3, Serial: 4, Kind: CompareAndSwap, Key: "x", Value: "b", Expected: "a"}.Encode(), "030304017801620161"},
		{Result{Value: "v", Found: true}.Encode(), "0176"},
		{Result{Found: true, Swapped: true}.Encode(), "03"},
		{Result{Refused: SerialTooOld}.Encode(), "04"},
	} {
		if got := hex.EncodeToString(c.data); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestDamagedOperationsAreRefused(t *testing.T) {
	whole := Operation{Client: 1, Serial: 2, Kind: CompareAndSwap, Key: "key", Value: "value", Expected: "old"}.Encode()
	for i := range whole {
		if _, err := Decode(whole[:i]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for an operation", i, len(whole))
		}
	}
	for name, data := range map[string][]byte{
		"a byte too many":                 append(bytes.Clone(whole), 0),
		"an unknown kind":                 {9, 1, 1, 0},
		"a number longer than needed":     {1, 0x81, 0x00, 1, 0},
		"a number of more than 64 bits":   {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0},
		"a key longer than the rest":      {1, 1, 1, 200, 1, 'x'},
		"a key of nearly 64 bits' length": {1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	} {
		if o, err := Decode(data); err == nil {
			t.Errorf("%s was taken for %+v", name, o)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Operation{Client: 1, Serial: 2, Kind: Put, Key: "x", Value: "y"}.Encode())
	f.Add(Operation{Client: 1, Serial: 2, Kind: CompareAndSwap, Key: "x", Value: "y", Expected: "z"}.Encode())
	f.Add([]byte{1, 0x81, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := Decode(data)
		if err == nil && !bytes.Equal(o.Encode(), data) {
			t.Fatalf("%x was read as %+v, which is written as %x", data, o, o.Encode())
		}
	})
}

func FuzzDecodeResult(f *testing.F) {
	f.Add(Result{Value: "v", Found: true}.Encode())
	f.Add(Result{Refused: NotUnderstood}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := DecodeResult(data)
		if err == nil && !bytes.Equal(r.Encode(), data) {
			t.Fatalf("%x was read as %+v, which is written as %x", data, r, r.Encode())
		}
	})
}

func FuzzLoad(f *testing.F) {
	var s Store
	s.Apply(Operation{Client: 1, Serial: 1, Kind: Put, Key: "x", Value: "y"}.Encode())
	f.Add(s.Dump())
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Load(data)
		if err == nil && !bytes.Equal(s.Dump(), data) {
			t.Fatalf("%x was read as a store that is written as %x", data, s.Dump())
		}
	})
}
