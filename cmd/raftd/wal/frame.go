package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The file begins with a preamble of 20 bytes:
//
//	0   "raftlog", and the version of the layout in one byte
//	8   the salt: 8 random bytes of this file
//	16  CRC-32C of the above
//
// Frames follow one another to the end of the file, numbers are little-endian:
//
//	0   length of the payload
//	4   CRC-32C of the payload
//	8   CRC-32C of the salt, the position of the frame in the file (8 bytes), and the 8 bytes above
//	12  the payload
//
// The checksum of the header tells a payload that was cut short from a length
// that was damaged. Salt and position make a frame valid in one file at one
// place only: nothing that a client stores, and no old copy, passes for one.
const (
	magic        = "raftlog"
	version      = 1
	preambleSize = 20
	headerSize   = 12
	maxPayload   = 1 << 30
)

type salt [8]byte

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

func preamble(s salt) []byte {
	data := append([]byte(magic), version)
	data = append(data, s[:]...)
	return binary.LittleEndian.AppendUint32(data, checksum(data))
}

// readPreamble returns the salt of a file.
func readPreamble(data []byte) (salt, error) {
	switch {
	case len(data) < preambleSize || string(data[:len(magic)]) != magic:
		return salt{}, fmt.Errorf("it is not a log of raftd")
	case binary.LittleEndian.Uint32(data[16:]) != checksum(data[:16]):
		return salt{}, fmt.Errorf("its first %d bytes are damaged", preambleSize)
	case data[len(magic)] != version:
		return salt{}, fmt.Errorf("it has layout %d, and this program reads layout %d: a later raftd wrote it", data[len(magic)], version)
	}
	return salt(data[8:16]), nil
}

// appendFrame appends a frame that stands at offset in its file.
func appendFrame(data []byte, s salt, offset int64, payload []byte) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("one write of %d bytes is too big, %d are allowed", len(payload), maxPayload)
	}
	var header [headerSize]byte
	binary.LittleEndian.PutUint32(header[0:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(header[4:], checksum(payload))
	binary.LittleEndian.PutUint32(header[8:], headerChecksum(s, offset, header[:8]))
	return append(append(data, header[:]...), payload...), nil
}

func headerChecksum(s salt, offset int64, fields []byte) uint32 {
	place := binary.LittleEndian.AppendUint64(s[:], uint64(offset))
	return crc32.Update(checksum(place), castagnoli, fields)
}

// condition is what can be said of a frame on its own.
type condition uint8

const (
	whole      condition = iota
	cutShort             // the file ends before the frame does
	badHeader            // all of the header is there, but not as it was written
	badPayload           // all of the frame is there, but not the payload as it was written
)

// frameAt looks at the frame at offset. The payload is there only if it is
// whole; end is where the frame ends, if its header can be relied on.
func frameAt(data []byte, s salt, offset int) (payload []byte, end int, c condition) {
	if len(data)-offset < headerSize {
		return nil, 0, cutShort
	}
	header, rest := data[offset:offset+headerSize], data[offset+headerSize:]
	if binary.LittleEndian.Uint32(header[8:]) != headerChecksum(s, int64(offset), header[:8]) {
		return nil, 0, badHeader
	}
	length := binary.LittleEndian.Uint32(header)
	if uint64(length) > uint64(len(rest)) {
		return nil, 0, cutShort
	}
	end = offset + headerSize + int(length)
	payload = rest[:length:length]
	if binary.LittleEndian.Uint32(header[4:]) != checksum(payload) {
		return nil, end, badPayload
	}
	return payload, end, whole
}
