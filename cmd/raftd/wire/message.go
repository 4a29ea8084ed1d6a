package wire

import (
	"fmt"

	"raftarium/raft"
)

// The first byte of an encoded message says which it is. The numbers are part
// of what servers of different builds agree on: a new message gets a new one.
const (
	requestVote          = 1
	requestVoteReply     = 2
	appendEntries        = 3
	appendEntriesReply   = 4
	installSnapshot      = 5
	installSnapshotReply = 6
	timeoutNow           = 7
	timeoutNowReply      = 8
	readIndex            = 9
	readIndexReply       = 10
)

// AppendMessage appends a message: one byte for its type, then its fields in
// the order in which package raft has them. A message of a type that the
// package does not know is an error.
func AppendMessage(data []byte, message raft.Message) ([]byte, error) {
	switch m := message.(type) {
	case raft.RequestVote:
		data = append(data, requestVote)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Candidate)
		data = AppendNumber(data, m.LastLogIndex)
		data = AppendNumber(data, m.LastLogTerm)
		data = AppendBoolean(data, m.PreVote)
		data = AppendBoolean(data, m.Transfer)
	case raft.RequestVoteReply:
		data = append(data, requestVoteReply)
		data = AppendNumber(data, m.Term)
		data = AppendBoolean(data, m.VoteGranted)
		data = AppendBoolean(data, m.PreVote)
	case raft.AppendEntries:
		data = append(data, appendEntries)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Leader)
		data = AppendNumber(data, m.PrevLogIndex)
		data = AppendNumber(data, m.PrevLogTerm)
		data = AppendEntries(data, m.Entries)
		data = AppendNumber(data, m.LeaderCommit)
	case raft.AppendEntriesReply:
		data = append(data, appendEntriesReply)
		data = AppendNumber(data, m.Term)
		data = AppendBoolean(data, m.Success)
		data = AppendNumber(data, m.ConflictTerm)
		data = AppendNumber(data, m.ConflictIndex)
	case raft.InstallSnapshot:
		data = append(data, installSnapshot)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Leader)
		data = AppendNumber(data, m.LastIncludedIndex)
		data = AppendNumber(data, m.LastIncludedTerm)
		data = appendConfiguration(data, m.Configuration)
		data = AppendInteger(data, m.Offset)
		data = AppendBytes(data, m.Data)
		data = AppendBoolean(data, m.Done)
	case raft.InstallSnapshotReply:
		data = append(data, installSnapshotReply)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Received)
		data = AppendBoolean(data, m.Installed)
	case raft.TimeoutNow:
		data = append(data, timeoutNow)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Leader)
	case raft.TimeoutNowReply:
		data = append(data, timeoutNowReply)
		data = AppendNumber(data, m.Term)
	case raft.ReadIndex:
		data = append(data, readIndex)
		data = AppendNumber(data, m.Term)
		data = AppendInteger(data, m.Server)
	case raft.ReadIndexReply:
		data = append(data, readIndexReply)
		data = AppendNumber(data, m.Term)
		data = AppendNumber(data, m.Index)
		data = AppendBoolean(data, m.OK)
	default:
		return data, fmt.Errorf("writing a message: there is no encoding for a %T", message)
	}
	return data, nil
}

// DecodeMessage reads what AppendMessage wrote. The entries of the message are
// parts of data and no copies.
func DecodeMessage(data []byte) (raft.Message, error) {
	r := NewReader(data)
	message := r.message()
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("reading a message: %w", err)
	}
	return message, nil
}

func (r *Reader) message() raft.Message {
	switch kind := r.Octet(); kind {
	case requestVote:
		return raft.RequestVote{
			Term:         r.term(),
			Candidate:    r.server(),
			LastLogIndex: r.index(),
			LastLogTerm:  r.term(),
			PreVote:      r.Boolean(),
			Transfer:     r.Boolean(),
		}
	case requestVoteReply:
		return raft.RequestVoteReply{Term: r.term(), VoteGranted: r.Boolean(), PreVote: r.Boolean()}
	case appendEntries:
		return raft.AppendEntries{
			Term:         r.term(),
			Leader:       r.server(),
			PrevLogIndex: r.index(),
			PrevLogTerm:  r.term(),
			Entries:      r.Entries(),
			LeaderCommit: r.index(),
		}
	case appendEntriesReply:
		return raft.AppendEntriesReply{
			Term:          r.term(),
			Success:       r.Boolean(),
			ConflictTerm:  r.term(),
			ConflictIndex: r.index(),
		}
	case installSnapshot:
		return raft.InstallSnapshot{
			Term:              r.term(),
			Leader:            r.server(),
			LastIncludedIndex: r.index(),
			LastIncludedTerm:  r.term(),
			Configuration:     r.configuration(),
			Offset:            r.Integer(),
			Data:              r.Bytes(),
			Done:              r.Boolean(),
		}
	case installSnapshotReply:
		return raft.InstallSnapshotReply{Term: r.term(), Received: r.Integer(), Installed: r.Boolean()}
	case timeoutNow:
		return raft.TimeoutNow{Term: r.term(), Leader: r.server()}
	case timeoutNowReply:
		return raft.TimeoutNowReply{Term: r.term()}
	case readIndex:
		return raft.ReadIndex{Term: r.term(), Server: r.server()}
	case readIndexReply:
		return raft.ReadIndexReply{Term: r.term(), Index: r.index(), OK: r.Boolean()}
	default:
		r.Fail(fmt.Errorf("there is no message of type %d", kind))
		return nil
	}
}

func (r *Reader) term() raft.Term       { return raft.Term(r.Number()) }
func (r *Reader) index() raft.Index     { return raft.Index(r.Number()) }
func (r *Reader) server() raft.ServerID { return raft.ServerID(r.Integer()) }
