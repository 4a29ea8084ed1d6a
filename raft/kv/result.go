package kv

import "fmt"

// Refusal says why the store did not carry out an operation.
type Refusal uint8

// The refusals.
const (
	Accepted      Refusal = iota // it was carried out
	SerialTooOld                 // the client has had the answer to a later operation already
	NotUnderstood                // the bytes are no operation
)

// String is the refusal as a short phrase.
func (r Refusal) String() string {
	switch r {
	case Accepted:
		return "accepted"
	case SerialTooOld:
		return "serial number too old"
	case NotUnderstood:
		return "not understood"
	}
	return fmt.Sprintf("refusal %d", uint8(r))
}

// Result is the answer to an Operation.
type Result struct {
	Value   string  // Get: what the key holds; CompareAndSwap: what it held before; Put: ""
	Found   bool    // Get, CompareAndSwap: the key was there
	Swapped bool    // CompareAndSwap: the value was set
	Refused Refusal // if not Accepted, nothing was done and the other fields say nothing
}

// The first byte of an encoded result.
const (
	foundBit    = 1 << 0
	swappedBit  = 1 << 1
	refusedBits = 2 // how far Refused is shifted
)

// Encode returns the result as bytes: one byte with Found in bit 0, Swapped in bit 1 and
// Refused above, then the bytes of Value. Equal results have equal bytes, on every
// machine.
func (r Result) Encode() []byte {
	flags := byte(r.Refused) << refusedBits
	if r.Found {
		flags |= foundBit
	}
	if r.Swapped {
		flags |= swappedBit
	}
	return append([]byte{flags}, r.Value...)
}

// DecodeResult reads what Result.Encode wrote; anything else is an error.
func DecodeResult(data []byte) (Result, error) {
	if len(data) == 0 {
		return Result{}, fmt.Errorf("reading a result: %w", errShort)
	}
	flags := data[0]
	r := Result{
		Value:   string(data[1:]),
		Found:   flags&foundBit != 0,
		Swapped: flags&swappedBit != 0,
		Refused: Refusal(flags >> refusedBits),
	}
	if r.Refused > NotUnderstood {
		return Result{}, fmt.Errorf("reading a result: there is no %v", r.Refused)
	}
	return r, nil
}
