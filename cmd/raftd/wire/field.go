// Package wire turns what Raft servers say to each other, and what they keep
// on their disks, into bytes and back. One value has one encoding, the same on
// every machine; anything else is an error when it is read, never a crash.
//
// Read it in this order: field.go has the few building blocks, entry.go entries
// and snapshots, message.go the messages of package raft.
package wire

import (
	"encoding/binary"
	"errors"
)

// What can be wrong with bytes that are read.
var (
	errShort   = errors.New("the data ends too early")
	errLong    = errors.New("there is data after the end")
	errNumber  = errors.New("a number is too big or not written in its shortest form")
	errBoolean = errors.New("a yes or no is neither 0 nor 1")
)

// AppendNumber appends n as an unsigned varint.
func AppendNumber[N ~uint64](data []byte, n N) []byte {
	return binary.AppendUvarint(data, uint64(n))
}

// AppendInteger appends n, which may be negative, as a signed varint.
func AppendInteger[N ~int](data []byte, n N) []byte {
	return binary.AppendVarint(data, int64(n))
}

// AppendBytes appends the length of b and b itself.
func AppendBytes[B ~string | ~[]byte](data []byte, b B) []byte {
	data = binary.AppendUvarint(data, uint64(len(b)))
	return append(data, b...)
}

// AppendBoolean appends one byte, 0 or 1.
func AppendBoolean(data []byte, yes bool) []byte {
	if yes {
		return append(data, 1)
	}
	return append(data, 0)
}

// Reader reads fields from the front of some bytes. After the first error it
// reads only zero values, so whoever uses it looks at the error once, at the
// end. The zero Reader has nothing to read.
type Reader struct {
	data []byte
	err  error
}

// NewReader returns a Reader of data. What it reads as bytes are parts of data
// and no copies, so data must not be changed as long as they are used.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// Len is the number of bytes that were not read yet; after an error it is 0.
func (r *Reader) Len() int { return len(r.data) }

// Err is the first error, or nil.
func (r *Reader) Err() error { return r.err }

// End returns the first error; data that was not read is one.
func (r *Reader) End() error {
	if len(r.data) > 0 {
		r.Fail(errLong)
	}
	return r.err
}

// Fail makes err the error of the reader unless it has one already.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.data = nil
}

// Octet reads one byte.
func (r *Reader) Octet() byte {
	if len(r.data) == 0 {
		r.Fail(errShort)
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// Boolean reads what AppendBoolean wrote.
func (r *Reader) Boolean() bool {
	b := r.Octet()
	if b > 1 {
		r.Fail(errBoolean)
	}
	return b == 1
}

// Number reads what AppendNumber wrote.
func (r *Reader) Number() uint64 {
	n, size := binary.Uvarint(r.data)
	if !r.take(size) {
		return 0
	}
	return n
}

// Integer reads what AppendInteger wrote.
func (r *Reader) Integer() int {
	n, size := binary.Varint(r.data)
	if !r.take(size) {
		return 0
	}
	if int64(int(n)) != n {
		r.Fail(errNumber)
		return 0
	}
	return int(n)
}

// take moves past a varint of the given size, and says whether it was one.
func (r *Reader) take(size int) bool {
	switch {
	case size == 0:
		r.Fail(errShort)
		return false
	case size < 0 || size > 1 && r.data[size-1] == 0:
		r.Fail(errNumber)
		return false
	}
	r.data = r.data[size:]
	return true
}

// Bytes reads what AppendBytes wrote; nil stands for no bytes.
func (r *Reader) Bytes() []byte {
	n := r.Number()
	if n > uint64(len(r.data)) {
		r.Fail(errShort)
		return nil
	}
	if n == 0 {
		return nil
	}
	b := r.data[:n:n]
	r.data = r.data[n:]
	return b
}
