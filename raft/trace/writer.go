package trace

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"raftarium/raft"
)

// A trace file is JSON Lines: the first line is the [Header], each other line an
// [Event], and every line ends with a newline. Fields that are zero or empty
// are left out, kinds and reasons are written by name, durations are whole
// nanoseconds, and bytes are in base64. A message is an object with one field,
// named after its type. The same trace is always the same bytes.

// MaxLine is the length in bytes of the longest line that is written or read.
const MaxLine = 16 << 20

// flushAt is how much a Writer gathers before it writes on.
const flushAt = 64 << 10

// Writer writes a trace. Use [NewWriter] to make one, and call Flush at the
// end. After an error it writes no more and gives the same error again.
type Writer struct {
	out    io.Writer
	header Header
	line   line
	lines  int
	err    error
}

// NewWriter writes the header to out and returns a Writer for the events.
// A header that makes no sense is an error.
func NewWriter(out io.Writer, header Header) (*Writer, error) {
	if err := header.Validate(); err != nil {
		return nil, fmt.Errorf("writing a trace: %w", err)
	}
	first, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("writing a trace: %w", err)
	}
	w := &Writer{out: out, header: header, lines: 1}
	w.line.text = append(append(make([]byte, 0, flushAt+4096), first...), '\n')
	return w, nil
}

// Write adds an event. An event that could not be read back is refused.
func (w *Writer) Write(e *Event) error {
	if w.err != nil {
		return w.err
	}
	w.lines++
	if err := e.Validate(&w.header); err != nil {
		return w.fail(err)
	}
	start := len(w.line.text)
	w.line.event(e)
	if length := len(w.line.text) - start; length > MaxLine {
		return w.fail(fmt.Errorf("the event needs %d bytes, and a line has at most %d", length, MaxLine))
	}
	if len(w.line.text) >= flushAt {
		return w.Flush()
	}
	return nil
}

// Flush hands what was gathered to the writer underneath.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	_, err := w.out.Write(w.line.text)
	w.line.text = w.line.text[:0]
	if err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("writing line %d of a trace: %w", w.lines, err)
	return w.err
}

// line puts JSON together. Its methods write one field each and leave out what
// is zero.
type line struct {
	text []byte
}

// field begins a field of the object that is open.
func (l *line) field(name string) {
	if l.text[len(l.text)-1] != '{' {
		l.text = append(l.text, ',')
	}
	l.text = append(l.text, '"')
	l.text = append(l.text, name...)
	l.text = append(l.text, '"', ':')
}

func (l *line) open(name string) {
	l.field(name)
	l.text = append(l.text, '{')
}

func (l *line) close() { l.text = append(l.text, '}') }

func (l *line) number(name string, value uint64) {
	if value != 0 {
		l.always(name, value)
	}
}

func (l *line) always(name string, value uint64) {
	l.field(name)
	l.text = strconv.AppendUint(l.text, value, 10)
}

func (l *line) signed(name string, value int64) {
	if value != 0 {
		l.field(name)
		l.text = strconv.AppendInt(l.text, value, 10)
	}
}

func (l *line) part(name string, value float64) {
	if value != 0 {
		l.field(name)
		l.text = strconv.AppendFloat(l.text, value, 'g', -1, 64)
	}
}

func (l *line) flag(name string, value bool) {
	if value {
		l.field(name)
		l.text = append(l.text, "true"...)
	}
}

func (l *line) bytes(name string, value []byte) {
	if len(value) > 0 {
		l.field(name)
		l.text = append(l.text, '"')
		l.text = base64.StdEncoding.AppendEncode(l.text, value)
		l.text = append(l.text, '"')
	}
}

// word writes a text that needs no escapes.
func (l *line) word(name, value string) {
	l.field(name)
	l.text = append(l.text, '"')
	l.text = append(l.text, value...)
	l.text = append(l.text, '"')
}

func (l *line) string(name, value string) {
	if value == "" {
		return
	}
	l.field(name)
	l.text = append(l.text, '"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			l.text = append(l.text, '\\', byte(r))
		case r < ' ':
			const hex = "0123456789abcdef"
			l.text = append(l.text, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			l.text = utf8.AppendRune(l.text, r)
		}
	}
	l.text = append(l.text, '"')
}

func (l *line) event(e *Event) {
	l.text = append(l.text, '{')
	l.always("at", uint64(e.At))
	l.word("kind", kindNames[e.Kind])
	if e.Reason != NoReason {
		l.word("reason", reasonNames[e.Reason])
	}
	l.flag("survived", e.Survived)
	l.signed("server", int64(e.Server))
	l.signed("from", int64(e.From))
	l.signed("to", int64(e.To))
	l.number("packet", uint64(e.Packet))
	l.number("original", uint64(e.Original))
	l.number("inReplyTo", uint64(e.InReplyTo))
	l.signed("arrivesAt", int64(e.ArrivesAt))
	if e.Message != nil {
		l.message(e.Message)
	}
	if e.Core.Kind != 0 {
		l.step(&e.Core)
	}
	if e.Command != nil {
		l.command(e.Command)
	}
	if e.Network != nil {
		l.network(e.Network)
	}
	l.bytes("operation", e.Operation)
	l.bytes("result", e.Result)
	l.text = append(l.text, '}', '\n')
}

func (l *line) message(message any) {
	l.open("message")
	switch m := message.(type) {
	case raft.RequestVote:
		l.open("requestVote")
		l.always("term", uint64(m.Term))
		l.signed("candidate", int64(m.Candidate))
		l.number("lastLogIndex", uint64(m.LastLogIndex))
		l.number("lastLogTerm", uint64(m.LastLogTerm))
		l.flag("preVote", m.PreVote)
		l.flag("transfer", m.Transfer)
	case raft.RequestVoteReply:
		l.open("requestVoteReply")
		l.always("term", uint64(m.Term))
		l.flag("voteGranted", m.VoteGranted)
		l.flag("preVote", m.PreVote)
	case raft.AppendEntries:
		l.open("appendEntries")
		l.always("term", uint64(m.Term))
		l.signed("leader", int64(m.Leader))
		l.number("prevLogIndex", uint64(m.PrevLogIndex))
		l.number("prevLogTerm", uint64(m.PrevLogTerm))
		l.entries(m.Entries)
		l.number("leaderCommit", uint64(m.LeaderCommit))
	case raft.AppendEntriesReply:
		l.open("appendEntriesReply")
		l.always("term", uint64(m.Term))
		l.flag("success", m.Success)
		l.number("conflictTerm", uint64(m.ConflictTerm))
		l.number("conflictIndex", uint64(m.ConflictIndex))
	case ClientRequest:
		l.open("clientRequest")
		l.always("serial", m.Serial)
		l.bytes("operation", m.Operation)
	case ClientReply:
		l.open("clientReply")
		l.always("serial", m.Serial)
		l.flag("ok", m.OK)
		l.bytes("result", m.Result)
		l.signed("leader", int64(m.Leader))
	default:
		l.furtherMessage(message)
	}
	l.close()
	l.close()
}

// furtherMessage writes the messages that Figure 2 does not have.
func (l *line) furtherMessage(message any) {
	switch m := message.(type) {
	case raft.InstallSnapshot:
		l.open("installSnapshot")
		l.always("term", uint64(m.Term))
		l.signed("leader", int64(m.Leader))
		l.number("lastIncludedIndex", uint64(m.LastIncludedIndex))
		l.number("lastIncludedTerm", uint64(m.LastIncludedTerm))
		l.configuration(&m.Configuration)
		l.signed("offset", int64(m.Offset))
		l.bytes("data", m.Data)
		l.flag("done", m.Done)
	case raft.InstallSnapshotReply:
		l.open("installSnapshotReply")
		l.always("term", uint64(m.Term))
		l.signed("received", int64(m.Received))
		l.flag("installed", m.Installed)
	case raft.TimeoutNow:
		l.open("timeoutNow")
		l.always("term", uint64(m.Term))
		l.signed("leader", int64(m.Leader))
	case raft.TimeoutNowReply:
		l.open("timeoutNowReply")
		l.always("term", uint64(m.Term))
	case raft.ReadIndex:
		l.open("readIndex")
		l.always("term", uint64(m.Term))
		l.signed("server", int64(m.Server))
	case raft.ReadIndexReply:
		l.open("readIndexReply")
		l.always("term", uint64(m.Term))
		l.number("index", uint64(m.Index))
		l.flag("ok", m.OK)
	}
}

func (l *line) entries(entries []raft.Entry) {
	if len(entries) == 0 {
		return
	}
	l.field("entries")
	l.text = append(l.text, '[')
	for i := range entries {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		l.text = append(l.text, '{')
		l.entryFields(&entries[i])
		l.close()
	}
	l.text = append(l.text, ']')
}

func (l *line) entryFields(entry *raft.Entry) {
	l.always("index", uint64(entry.Index))
	l.always("term", uint64(entry.Term))
	if entry.Kind != raft.Command {
		l.word("kind", entry.Kind.String())
	}
	l.bytes("data", entry.Data)
}

func (l *line) step(step *raft.Event) {
	l.open("core")
	l.word("kind", step.Kind.String())
	l.signed("server", int64(step.Server))
	l.always("term", uint64(step.Term))
	l.signed("peer", int64(step.Peer))
	if step.Reason != raft.NoReason {
		l.word("reason", step.Reason.String())
	}
	l.number("index", uint64(step.Index))
	l.number("lastIndex", uint64(step.LastIndex))
	l.number("entryTerm", uint64(step.EntryTerm))
	l.number("peerIndex", uint64(step.PeerIndex))
	l.number("peerTerm", uint64(step.PeerTerm))
	l.number("requestTerm", uint64(step.RequestTerm))
	l.signed("votedFor", int64(step.VotedFor))
	l.signed("timeout", int64(step.Timeout))
	if entry := &step.Entry; entry.Index != 0 || entry.Term != 0 || entry.Kind != raft.Command || len(entry.Data) > 0 {
		l.open("entry")
		l.entryFields(entry)
		l.close()
	}
	l.number("snapshotIndex", uint64(step.SnapshotIndex))
	if step.Snapshot != nil {
		l.open("snapshot")
		l.number("index", uint64(step.Snapshot.Index))
		l.number("term", uint64(step.Snapshot.Term))
		l.configuration(&step.Snapshot.Configuration)
		l.bytes("data", step.Snapshot.Data)
		l.close()
	}
	if step.Configuration != nil {
		l.memberFields(step.Configuration)
	}
	l.number("read", step.Read)
	l.close()
}

// configuration writes a membership, unless there is nobody in it.
func (l *line) configuration(c *raft.Configuration) {
	if len(c.Voters)+len(c.Outgoing)+len(c.Learners) == 0 {
		return
	}
	l.memberFields(c)
}

func (l *line) memberFields(c *raft.Configuration) {
	l.open("configuration")
	l.servers("voters", c.Voters)
	l.servers("outgoing", c.Outgoing)
	l.servers("learners", c.Learners)
	l.close()
}

func (l *line) servers(name string, servers []raft.ServerID) {
	if len(servers) == 0 {
		return
	}
	l.field(name)
	l.list(servers)
}

func (l *line) list(servers []raft.ServerID) {
	l.text = append(l.text, '[')
	for i, id := range servers {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		l.text = strconv.AppendInt(l.text, int64(id), 10)
	}
	l.text = append(l.text, ']')
}

func (l *line) command(c *Command) {
	l.open("command")
	l.signed("at", int64(c.At))
	l.word("kind", commandNames[c.Kind])
	l.signed("server", int64(c.Server))
	l.signed("from", int64(c.From))
	l.signed("to", int64(c.To))
	l.groups(c.Groups)
	l.number("packet", uint64(c.Packet))
	l.signed("for", int64(c.For))
	l.string("key", c.Key)
	l.string("value", c.Value)
	if c.Network != nil {
		l.network(c.Network)
	}
	l.servers("voters", c.Voters)
	l.servers("learners", c.Learners)
	l.flag("joint", c.Joint)
	l.close()
}

func (l *line) groups(groups [][]raft.ServerID) {
	if len(groups) == 0 {
		return
	}
	l.field("groups")
	l.text = append(l.text, '[')
	for i, group := range groups {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		l.list(group)
	}
	l.text = append(l.text, ']')
}

func (l *line) network(n *Network) {
	l.open("network")
	l.signed("latency", int64(n.Latency))
	l.signed("jitter", int64(n.Jitter))
	l.part("loss", n.Loss)
	l.part("duplicate", n.Duplicate)
	l.part("reorder", n.Reorder)
	l.close()
}
