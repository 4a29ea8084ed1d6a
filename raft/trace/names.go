package trace

import (
	"fmt"
	"slices"
)

// As in package raft, what is numbered in the program is named in the record.

var kindNames = [...]string{
	ServerStep: "ServerStep", CommandTaken: "CommandTaken",
	PacketSent: "PacketSent", PacketDelivered: "PacketDelivered", PacketDropped: "PacketDropped",
	PacketDuplicated: "PacketDuplicated", PacketDelayed: "PacketDelayed",
	LinkCut: "LinkCut", LinkHealed: "LinkHealed", NetworkChanged: "NetworkChanged",
	ServerCrashed: "ServerCrashed", ServerRestarted: "ServerRestarted",
	ServerPaused: "ServerPaused", ServerResumed: "ServerResumed",
	ClientInvoked: "ClientInvoked", ClientReturned: "ClientReturned",
	DiskWiped: "DiskWiped",
}

var reasonNames = [...]string{
	NoReason: "NoReason", Lost: "Lost", LinkWasCut: "LinkWasCut", ServerDown: "ServerDown",
	ByCommand: "ByCommand", Unawaited: "Unawaited", Gone: "Gone",
}

var commandNames = [...]string{
	Crash: "Crash", Restart: "Restart", Pause: "Pause", Resume: "Resume",
	Cut: "Cut", Heal: "Heal", Split: "Split", HealAll: "HealAll",
	Drop: "Drop", Duplicate: "Duplicate", Delay: "Delay",
	TimeOut: "TimeOut", Write: "Write", SetNetwork: "SetNetwork",
	Transfer: "Transfer", Reconfigure: "Reconfigure", Snapshot: "Snapshot", Wipe: "Wipe",
}

var readsNames = [...]string{LogRead: "log", IndexRead: "index", LeaseRead: "lease"}

// String is the name of the constant.
func (k Kind) String() string { return nameOf(kindNames[:], uint8(k), "Kind") }

// MarshalText writes the name of the constant.
func (k Kind) MarshalText() ([]byte, error) { return marshalName(kindNames[:], uint8(k), "Kind") }

// UnmarshalText reads the name of a constant.
func (k *Kind) UnmarshalText(text []byte) error {
	return unmarshalName(kindNames[:], text, (*uint8)(k), "kind of event")
}

// String is the name of the constant.
func (r Reason) String() string { return nameOf(reasonNames[:], uint8(r), "Reason") }

// MarshalText writes the name of the constant.
func (r Reason) MarshalText() ([]byte, error) {
	return marshalName(reasonNames[:], uint8(r), "Reason")
}

// UnmarshalText reads the name of a constant.
func (r *Reason) UnmarshalText(text []byte) error {
	return unmarshalName(reasonNames[:], text, (*uint8)(r), "reason")
}

// String is the name of the constant.
func (k CommandKind) String() string { return nameOf(commandNames[:], uint8(k), "CommandKind") }

// MarshalText writes the name of the constant.
func (k CommandKind) MarshalText() ([]byte, error) {
	return marshalName(commandNames[:], uint8(k), "CommandKind")
}

// UnmarshalText reads the name of a constant.
func (k *CommandKind) UnmarshalText(text []byte) error {
	return unmarshalName(commandNames[:], text, (*uint8)(k), "kind of command")
}

// String is the way's name: log, index or lease.
func (r Reads) String() string { return nameOf(readsNames[:], uint8(r), "Reads") }

// MarshalText writes the way's name.
func (r Reads) MarshalText() ([]byte, error) { return marshalName(readsNames[:], uint8(r), "Reads") }

// UnmarshalText reads the name of a way.
func (r *Reads) UnmarshalText(text []byte) error {
	return unmarshalName(readsNames[:], text, (*uint8)(r), "way to read")
}

func known(names []string, value uint8) bool {
	return int(value) < len(names) && names[value] != ""
}

func nameOf(names []string, value uint8, kind string) string {
	if !known(names, value) {
		return fmt.Sprintf("%s(%d)", kind, value)
	}
	return names[value]
}

func marshalName(names []string, value uint8, kind string) ([]byte, error) {
	if !known(names, value) {
		return nil, fmt.Errorf("%s(%d) has no name", kind, value)
	}
	return []byte(names[value]), nil
}

func unmarshalName(names []string, text []byte, value *uint8, kind string) error {
	i := slices.Index(names, string(text))
	if i < 0 || len(text) == 0 {
		return fmt.Errorf("%q is no %s", text, kind)
	}
	*value = uint8(i)
	return nil
}
