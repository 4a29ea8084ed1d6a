package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"raftarium/cmd/raftd/wire"
	"raftarium/raft"
)

// A connection begins with a greeting from who made it, then there are frames in
// both directions: the length in four bytes, little-endian, and that many
// bytes. The first frame of each side is a hello. Those that follow are the
// number of a call as an unsigned varint and a message of package wire: requests
// from who made the connection, replies from the other. A reply without a message says that
// there will be none.
const (
	greeting = "raftd rpc 1\n"
	maxFrame = 16 << 20
)

// hello is how a server introduces itself.
type hello struct {
	From, To raft.ServerID
	Announce string
	Refusal  string // why no calls will be answered; "": they will
}

func appendHello(data []byte, h hello) []byte {
	data = wire.AppendInteger(data, h.From)
	data = wire.AppendInteger(data, h.To)
	data = wire.AppendBytes(data, h.Announce)
	return wire.AppendBytes(data, h.Refusal)
}

func decodeHello(data []byte) (hello, error) {
	r := wire.NewReader(data)
	h := hello{
		From:     raft.ServerID(r.Integer()),
		To:       raft.ServerID(r.Integer()),
		Announce: string(r.Bytes()),
		Refusal:  string(r.Bytes()),
	}
	if err := r.End(); err != nil {
		return hello{}, fmt.Errorf("reading who is there: %w", err)
	}
	return h, nil
}

// appendCall appends what a frame holds for a call; the message may be nil.
func appendCall(data []byte, number uint64, message raft.Message) ([]byte, error) {
	data = wire.AppendNumber(data, number)
	if message == nil {
		return data, nil
	}
	return wire.AppendMessage(data, message)
}

// decodeCall reads what appendCall wrote.
func decodeCall(data []byte) (number uint64, message raft.Message, err error) {
	number, size := binary.Uvarint(data)
	if size <= 0 {
		return 0, nil, errors.New("a call without a number")
	}
	if len(data) == size {
		return number, nil, nil
	}
	message, err = wire.DecodeMessage(data[size:])
	return number, message, err
}

// readFrame reads one frame.
func readFrame(in io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[:])
	if length > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes: at most %d are allowed", length, maxFrame)
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, fmt.Errorf("the connection ended inside a frame: %w", err)
	}
	return data, nil
}

// frame puts the length before data, which begins with four bytes of room for
// it.
func frame(data []byte) ([]byte, error) {
	length := len(data) - 4
	if length > maxFrame {
		return nil, fmt.Errorf("a message of %d bytes: at most %d are allowed", length, maxFrame)
	}
	binary.LittleEndian.PutUint32(data, uint32(length))
	return data, nil
}
