package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"raftarium/raft"
)

// Reader reads a trace that a [Writer] wrote. It is strict: what it does not know
// is an error, and every error names the line and says in words what is wrong with
// it. Use [NewReader] to make one.
type Reader struct {
	lines  *bufio.Scanner
	header Header
	number int // of the line last read
	last   time.Duration
	err    error
}

// NewReader reads the header of a trace.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{lines: bufio.NewScanner(in)}
	r.lines.Buffer(make([]byte, 0, 64<<10), MaxLine)
	r.lines.Split(wholeLines)
	text, err := r.next()
	if err == io.EOF {
		return nil, errors.New("reading a trace: there is nothing in it")
	}
	if err != nil {
		return nil, err
	}
	if err := readHeader(text, &r.header); err != nil {
		return nil, r.fail(err)
	}
	return r, nil
}

// Header is the first line of the trace.
func (r *Reader) Header() Header { return r.header }

// Read reads the next event into e, or returns io.EOF after the last one.
// After an error it gives the same error again.
func (r *Reader) Read(e *Event) error {
	if r.err != nil {
		return r.err
	}
	text, err := r.next()
	if err != nil {
		return err
	}
	var in eventLine
	if err := decodeStrictly(text, &in); err != nil {
		return r.fail(err)
	}
	if err := in.event(e); err != nil {
		return r.fail(err)
	}
	if err := e.Validate(&r.header); err != nil {
		return r.fail(err)
	}
	if e.At < r.last {
		return r.fail(fmt.Errorf("it happens at %v, earlier than the line before, at %v", e.At, r.last))
	}
	r.last = e.At
	return nil
}

func (r *Reader) next() ([]byte, error) {
	r.number++
	if r.lines.Scan() {
		return r.lines.Bytes(), nil
	}
	switch err := r.lines.Err(); {
	case err == nil:
		r.err = io.EOF
		return nil, r.err
	case errors.Is(err, bufio.ErrTooLong):
		return nil, r.fail(fmt.Errorf("the line is longer than %d bytes", MaxLine))
	default:
		return nil, r.fail(err)
	}
}

func (r *Reader) fail(err error) error {
	r.err = fmt.Errorf("reading line %d of a trace: %w", r.number, err)
	return r.err
}

var errCutOff = errors.New("the line is cut off: it has no newline at its end")

// wholeLines splits into lines that end with a newline, all of them.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errCutOff
	}
	return 0, nil, nil
}

func readHeader(text []byte, h *Header) error {
	var version struct {
		Version *int `json:"raftarium"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return fmt.Errorf("it is no Raftarium trace: %w", inWords(err))
	}
	if version.Version == nil {
		return errors.New(`it is no Raftarium trace: a trace begins with {"raftarium":1`)
	}
	if *version.Version != Version {
		return fmt.Errorf("the trace is of version %d, and this program knows version %d", *version.Version, Version)
	}
	if err := decodeStrictly(text, h); err != nil {
		return err
	}
	return h.Validate()
}

func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return inWords(err)
	}
	if rest := bytes.TrimSpace(text[decoder.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("there is something after the end of the object: %.20q", rest)
	}
	return nil
}

// inWords says what encoding/json found in the words of someone who looks at the
// file and not at the program.
func inWords(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the line is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the line ends in the middle of an object")
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return fmt.Errorf("it is a JSON %s where an object belongs", wrongType.Value)
	case errors.As(err, &wrongType):
		return fmt.Errorf("the field %q cannot hold a JSON %s", wrongType.Field, wrongType.Value)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// eventLine is the form in which encoding/json reads an Event.
type eventLine struct {
	At        *time.Duration `json:"at"`
	Kind      Kind           `json:"kind"`
	Reason    Reason         `json:"reason"`
	Survived  bool           `json:"survived"`
	Server    raft.ServerID  `json:"server"`
	From      NodeID         `json:"from"`
	To        NodeID         `json:"to"`
	Packet    PacketID       `json:"packet"`
	Original  PacketID       `json:"original"`
	InReplyTo PacketID       `json:"inReplyTo"`
	ArrivesAt time.Duration  `json:"arrivesAt"`
	Message   *messageLine   `json:"message"`
	Core      raft.Event     `json:"core"`
	Command   *Command       `json:"command"`
	Network   *Network       `json:"network"`
	Operation []byte         `json:"operation"`
	Result    []byte         `json:"result"`
}

// messageLine has one field for each type of message, of which one is there.
type messageLine struct {
	RequestVote          *raft.RequestVote          `json:"requestVote"`
	RequestVoteReply     *raft.RequestVoteReply     `json:"requestVoteReply"`
	AppendEntries        *raft.AppendEntries        `json:"appendEntries"`
	AppendEntriesReply   *raft.AppendEntriesReply   `json:"appendEntriesReply"`
	InstallSnapshot      *raft.InstallSnapshot      `json:"installSnapshot"`
	InstallSnapshotReply *raft.InstallSnapshotReply `json:"installSnapshotReply"`
	TimeoutNow           *raft.TimeoutNow           `json:"timeoutNow"`
	TimeoutNowReply      *raft.TimeoutNowReply      `json:"timeoutNowReply"`
	ReadIndex            *raft.ReadIndex            `json:"readIndex"`
	ReadIndexReply       *raft.ReadIndexReply       `json:"readIndexReply"`
	ClientRequest        *ClientRequest             `json:"clientRequest"`
	ClientReply          *ClientReply               `json:"clientReply"`
}

func (in *eventLine) event(e *Event) error {
	if in.At == nil {
		return errors.New(`the field "at" is missing`)
	}
	if in.Kind == 0 {
		return errors.New(`the field "kind" is missing`)
	}
	*e = Event{
		At: *in.At, Kind: in.Kind, Reason: in.Reason, Survived: in.Survived,
		Server: in.Server, From: in.From, To: in.To,
		Packet: in.Packet, Original: in.Original, InReplyTo: in.InReplyTo, ArrivesAt: in.ArrivesAt,
		Core: in.Core, Command: in.Command, Network: in.Network,
		Operation: in.Operation, Result: in.Result,
	}
	if in.Message == nil {
		return nil
	}
	message, err := in.Message.message()
	e.Message = message
	return err
}

func (in *messageLine) message() (message any, err error) {
	count := 0
	if in.RequestVote != nil {
		message, count = *in.RequestVote, count+1
	}
	if in.RequestVoteReply != nil {
		message, count = *in.RequestVoteReply, count+1
	}
	if in.AppendEntries != nil {
		message, count = *in.AppendEntries, count+1
	}
	if in.AppendEntriesReply != nil {
		message, count = *in.AppendEntriesReply, count+1
	}
	if in.InstallSnapshot != nil {
		message, count = *in.InstallSnapshot, count+1
	}
	if in.InstallSnapshotReply != nil {
		message, count = *in.InstallSnapshotReply, count+1
	}
	if in.TimeoutNow != nil {
		message, count = *in.TimeoutNow, count+1
	}
	if in.TimeoutNowReply != nil {
		message, count = *in.TimeoutNowReply, count+1
	}
	if in.ReadIndex != nil {
		message, count = *in.ReadIndex, count+1
	}
	if in.ReadIndexReply != nil {
		message, count = *in.ReadIndexReply, count+1
	}
	if in.ClientRequest != nil {
		message, count = *in.ClientRequest, count+1
	}
	if in.ClientReply != nil {
		message, count = *in.ClientReply, count+1
	}
	if count != 1 {
		return nil, fmt.Errorf("a message is of one type: here %d are given", count)
	}
	return message, nil
}
