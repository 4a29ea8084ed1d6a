// Package kv is the application on top of the log: a store of keys and values
// whose clients may repeat an operation as often as they like, and which
// carries it out once (§8; dissertation, chapter 6).
//
// Read it in this order: operation.go and result.go are what a client says and
// hears, store.go is the state machine, replica.go joins it to a server of
// package raft.
package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kind says what an Operation does.
type Kind uint8

// The operations.
const (
	Get            Kind = iota + 1 // read Key
	Put                            // set Key to Value
	CompareAndSwap                 // set Key to Value if it holds Expected; a key that is not there holds ""
)

// String is the operation's name in plain text.
func (k Kind) String() string {
	switch k {
	case Get:
		return "get"
	case Put:
		return "put"
	case CompareAndSwap:
		return "compare-and-swap"
	}
	return fmt.Sprintf("operation kind %d", uint8(k))
}

// Operation is what a client asks of the store. Client and Serial together
// name it: a client numbers its operations upwards, waits for the answer of
// one before it begins the next, and repeats one under the same number.
type Operation struct {
	Client   uint64
	Serial   uint64
	Kind     Kind
	Key      string
	Value    string // Put, CompareAndSwap: what to set
	Expected string // CompareAndSwap: what Key must hold
}

// Encode returns the bytes that stand for the operation in a log entry: the
// kind in one byte; Client and Serial as unsigned varints; then Key, for Put and CompareAndSwap
// Value, and for CompareAndSwap Expected, each as its length in an unsigned varint and
// its bytes. Fields that the kind does not use are left out. Equal operations
// have equal bytes, on every machine.
func (o Operation) Encode() []byte {
	data := make([]byte, 0, 8+len(o.Key)+len(o.Value)+len(o.Expected))
	data = append(data, byte(o.Kind))
	data = binary.AppendUvarint(data, o.Client)
	data = binary.AppendUvarint(data, o.Serial)
	data = appendString(data, o.Key)
	if o.Kind == Put || o.Kind == CompareAndSwap {
		data = appendString(data, o.Value)
	}
	if o.Kind == CompareAndSwap {
		data = appendString(data, o.Expected)
	}
	return data
}

// Decode reads what Operation.Encode wrote. Anything else, one byte too many
// or a number written longer than needed included, is an error.
func Decode(data []byte) (Operation, error) {
	in := decoder{data: data}
	o := Operation{Kind: Kind(in.octet())}
	if in.err == nil && (o.Kind < Get || o.Kind > CompareAndSwap) {
		return Operation{}, fmt.Errorf("reading an operation: there is no %v", o.Kind)
	}
	o.Client = in.number()
	o.Serial = in.number()
	o.Key = in.text()
	if o.Kind == Put || o.Kind == CompareAndSwap {
		o.Value = in.text()
	}
	if o.Kind == CompareAndSwap {
		o.Expected = in.text()
	}
	if err := in.end(); err != nil {
		return Operation{}, fmt.Errorf("reading an operation: %w", err)
	}
	return o, nil
}

func appendString(data []byte, s string) []byte {
	data = binary.AppendUvarint(data, uint64(len(s)))
	return append(data, s...)
}

// decoder reads the encodings of this package from the front of data. After
// the first error it reads only zeros, so callers look at err once, at the
// end.
type decoder struct {
	data []byte
	err  error
}

var (
	errShort    = errors.New("the data ends too early")
	errLong     = errors.New("there is data after the end")
	errNumber   = errors.New("a number is not written in its shortest form or is too big")
	errUnsorted = errors.New("keys or clients are not in ascending order")
)

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.data = nil
}

func (d *decoder) octet() byte {
	if len(d.data) == 0 {
		d.fail(errShort)
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.data)
	if size == 0 {
		d.fail(errShort)
		return 0
	}
	if size < 0 || (size > 1 && d.data[size-1] == 0) {
		d.fail(errNumber)
		return 0
	}
	d.data = d.data[size:]
	return n
}

func (d *decoder) text() string {
	n := d.number()
	if n > uint64(len(d.data)) {
		d.fail(errShort)
		return ""
	}
	s := string(d.data[:n])
	d.data = d.data[n:]
	return s
}

func (d *decoder) end() error {
	if d.err == nil && len(d.data) > 0 {
		d.fail(errLong)
	}
	return d.err
}
