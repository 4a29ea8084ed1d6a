// Package trace is the record of a run: every event of every server, packet,
// disk and client, in order, with the virtual time at which it happened.
// It is the only way out of a run. A [Header] and the [Command] events among
// the others determine the whole trace, so a trace can be run again.
//
// The package has three parts: the events, the codec that writes them as JSON
// Lines, and the [Model], which folds them into the state of the cluster.
package trace

import (
	"time"

	"raftarium/raft"
)

// NodeID names an end of a packet: a server, numbered from 1 like its
// [raft.ServerID], or a client, numbered from -1 down.
type NodeID int

// PacketID numbers the packets of a run from 1. A duplicate has a number of
// its own.
type PacketID uint64

// Kind says what an Event reports.
type Kind uint8

// What happens in a run. Beside each stand the fields of Event that it fills
// in, besides At.
const (
	// ServerStep is a step of the core. Core.
	ServerStep Kind = iota + 1

	// CommandTaken is a command that took effect, just before its effects.
	// Command. If the command named something that is no longer there (a packet that
	// has arrived), Reason is Gone and nothing else happens.
	CommandTaken

	// PacketSent is a packet handed to the network. Packet, From, To, Message;
	// InReplyTo for a reply; ArrivesAt when it will be delivered if nothing
	// stops it.
	PacketSent
	// PacketDelivered is a packet that its receiver got. Packet, From, To.
	PacketDelivered
	// PacketDropped is a packet that never arrives. Packet, From, To, Reason.
	PacketDropped
	// PacketDuplicated is a second copy of a packet in flight. Packet: the copy;
	// Original: what it is a copy of; From, To, Message, ArrivesAt, and InReplyTo.
	PacketDuplicated
	// PacketDelayed is a packet held up in flight. Packet, From, To, ArrivesAt:
	// the new time.
	PacketDelayed

	// LinkCut is one direction of a link that carries nothing from now on. From, To.
	LinkCut
	// LinkHealed is that direction working again. From, To.
	LinkHealed
	// NetworkChanged is a change of the network's settings. Network.
	NetworkChanged

	// ServerCrashed is a process that ended where it stood. Server. Survived
	// tells whether a write that was on its way to the disk got there whole.
	ServerCrashed
	// ServerRestarted is a new process on the disk of the old one. Server.
	ServerRestarted
	// ServerPaused is a process that runs no more until it is resumed. Server.
	ServerPaused
	// ServerResumed is a paused process running on. Server.
	ServerResumed

	// ClientInvoked is a client beginning an operation. From: the client;
	// Operation.
	ClientInvoked
	// ClientReturned is a client that got its answer. From: the client;
	// Operation: the same, Result.
	ClientReturned

	// DiskWiped is a crashed server's disk that holds nothing any more. Server.
	DiskWiped
)

// Reason says why a packet was dropped or a command had no effect.
type Reason uint8

// The reasons.
const (
	NoReason   Reason = iota
	Lost              // the network lost it at random
	LinkWasCut        // the direction was cut when it was sent or while it was in flight
	ServerDown        // the receiver had crashed
	ByCommand         // a command dropped it
	Unawaited         // a reply that nobody waits for any longer: the caller gave up, crashed or was answered already
	Gone              // the command named something that is not there any more
)

// ClientRequest is what a client sends a server.
type ClientRequest struct {
	Serial    uint64 `json:"serial"`    // number of the client's operation, from 1
	Operation []byte `json:"operation"` // encoded operation of raft/kv
}

// ClientReply is what a server answers a client.
type ClientReply struct {
	Serial uint64        `json:"serial"`           // number of the operation that this answers
	OK     bool          `json:"ok,omitempty"`     // the operation was committed and applied
	Result []byte        `json:"result,omitempty"` // its encoded result of raft/kv
	Leader raft.ServerID `json:"leader,omitempty"` // without OK: whom to ask instead, or None
}

// Event is one thing that happened in a run. Which fields are filled in
// depends on Kind and is listed there.
type Event struct {
	At        time.Duration // virtual time since the start of the run
	Kind      Kind
	Reason    Reason
	Survived  bool
	Server    raft.ServerID
	From, To  NodeID
	Packet    PacketID
	Original  PacketID
	InReplyTo PacketID
	ArrivesAt time.Duration
	Message   any // a raft.Message, ClientRequest or ClientReply, as a value
	Core      raft.Event
	Command   *Command
	Network   *Network
	Operation []byte // of raft/kv, encoded
	Result    []byte // of raft/kv, encoded
}
