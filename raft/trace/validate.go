package trace

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"raftarium/raft"
)

// The bounds of what a trace can be about.
const (
	MaxServers = 101
	MaxClients = 100
)

// Validate says in words what makes no sense in a header, or returns nil.
func (h Header) Validate() error {
	switch {
	case h.Version != Version:
		return fmt.Errorf("the trace is of version %d, and this program knows version %d", h.Version, Version)
	case h.Servers < 1 || h.Servers > MaxServers:
		return fmt.Errorf("there are %d servers: want 1 to %d", h.Servers, MaxServers)
	case h.Clients < 0 || h.Clients > MaxClients:
		return fmt.Errorf("there are %d clients: want 0 to %d", h.Clients, MaxClients)
	case !utf8.ValidString(h.Scenario):
		return errors.New("the scenario's name is not UTF-8 text")
	}
	least := min(h.Timing.ElectionTimeoutMin, h.Timing.ElectionTimeoutMax, h.Timing.HeartbeatInterval,
		h.Timing.ClientInterval, h.Disk.SyncLatency, h.Disk.SyncJitter)
	if least < 0 {
		return fmt.Errorf("a time of %v is below zero", least)
	}
	if err := h.Network.Validate(); err != nil {
		return err
	}
	return h.validateFeatures()
}

// MaxDrift is the most by which clocks may drift, as a part of 1.
const MaxDrift = 0.5

func (h Header) validateFeatures() error {
	f := h.Features
	switch {
	case min(f.MaxInFlight, f.MaxBatchBytes, f.SnapshotBytes) < 0:
		return fmt.Errorf("a bound of %d is below zero", min(f.MaxInFlight, f.MaxBatchBytes, f.SnapshotBytes))
	case !known(readsNames[:], uint8(f.Reads)):
		return fmt.Errorf("there is no way %d to read", f.Reads)
	case f.Reads == LeaseRead && !f.Stickiness:
		return errors.New("reads by lease need stickiness")
	case f.Spares < 0 || f.Spares > 0 && f.Spares >= h.Servers:
		return fmt.Errorf("%d of %d servers are spare: want at least one that is not", f.Spares, h.Servers)
	}
	for _, part := range [...]float64{f.MaxClockDrift, f.ClockDrift} {
		if !(part >= 0 && part <= MaxDrift) {
			return fmt.Errorf("a clock drift of %v: want 0 to %v", part, MaxDrift)
		}
	}
	return nil
}

// Validate says in words what makes no sense in the settings, or returns nil.
func (n Network) Validate() error {
	if least := min(n.Latency, n.Jitter); least < 0 {
		return fmt.Errorf("a latency or jitter of %v is below zero", least)
	}
	for _, part := range [...]float64{n.Loss, n.Duplicate, n.Reorder} {
		if !(part >= 0 && part <= 1) {
			return fmt.Errorf("%v of the packets is no part: want 0 to 1", part)
		}
	}
	return nil
}

// Validate says in words why an event cannot stand in a trace with the given
// header, or returns nil. It looks at the event alone; whether it fits what
// happened before, [Model.Fold] finds out.
func (e *Event) Validate(h *Header) error {
	switch {
	case !known(kindNames[:], uint8(e.Kind)):
		return fmt.Errorf("there is no event of kind %d", e.Kind)
	case !known(reasonNames[:], uint8(e.Reason)):
		return fmt.Errorf("there is no reason %d", e.Reason)
	case e.At < 0:
		return fmt.Errorf("it happens at %v, before the run began", e.At)
	}
	err := e.validateParts()
	if err == nil {
		err = e.validateKind(h)
	}
	if err != nil {
		return fmt.Errorf("%v: %w", e.Kind, err)
	}
	return nil
}

// validateParts refuses parts that belong to events of another kind.
func (e *Event) validateParts() error {
	switch {
	case e.Core.Kind != 0 && e.Kind != ServerStep:
		return errors.New("it has a step of a server")
	case e.Command != nil && e.Kind != CommandTaken:
		return errors.New("it has a command")
	case e.Network != nil && e.Kind != NetworkChanged:
		return errors.New("it has settings of the network")
	case e.Message != nil && e.Kind != PacketSent && e.Kind != PacketDuplicated:
		return errors.New("it has a message")
	}
	return nil
}

func (e *Event) validateKind(h *Header) error {
	switch e.Kind {
	case ServerStep:
		return validateStep(&e.Core, h)
	case CommandTaken:
		return validateCommand(e.Command, h)
	case PacketSent, PacketDuplicated, PacketDelayed:
		return e.validateFlight(h)
	case PacketDelivered, PacketDropped:
		return e.validatePacket(h)
	case LinkCut, LinkHealed:
		return errors.Join(h.validateServer(raft.ServerID(e.From)), h.validateServer(raft.ServerID(e.To)))
	case NetworkChanged:
		if e.Network == nil {
			return errors.New("the settings are missing")
		}
		return e.Network.Validate()
	case ServerCrashed, ServerRestarted, ServerPaused, ServerResumed, DiskWiped:
		return h.validateServer(e.Server)
	case ClientInvoked, ClientReturned:
		if e.From >= 0 || -int64(e.From) > int64(h.Clients)+1 {
			return fmt.Errorf("there is no client %d", e.From)
		}
	}
	return nil
}

func (h *Header) validateServer(id raft.ServerID) error {
	if id < 1 || int(id) > h.Servers {
		return fmt.Errorf("there is no server %d: the servers are 1 to %d", id, h.Servers)
	}
	return nil
}

func (h *Header) validateServerOrNone(id raft.ServerID) error {
	if id == raft.None {
		return nil
	}
	return h.validateServer(id)
}

// validateNode takes one client more than the header counts: the user, who acts
// through Write commands.
func (h *Header) validateNode(id NodeID) error {
	if id == 0 || int64(id) > int64(h.Servers) || int64(id) < -int64(h.Clients)-1 {
		return fmt.Errorf("there is no server or client %d", id)
	}
	return nil
}

func (e *Event) validatePacket(h *Header) error {
	if e.Packet == 0 {
		return errors.New("packets are numbered from 1: there is no packet 0")
	}
	if e.Kind == PacketDropped && e.Reason == NoReason {
		return errors.New("the reason is missing")
	}
	if err := h.validateNode(e.From); err != nil {
		return err
	}
	return h.validateNode(e.To)
}

func (e *Event) validateFlight(h *Header) error {
	if err := e.validatePacket(h); err != nil {
		return err
	}
	if e.ArrivesAt < e.At {
		return fmt.Errorf("packet %d arrives at %v, before it is sent", e.Packet, e.ArrivesAt)
	}
	if e.Kind == PacketDelayed {
		return nil
	}
	switch m := e.Message.(type) {
	case raft.AppendEntries:
		for i := range m.Entries {
			if err := validateEntry(&m.Entries[i]); err != nil {
				return err
			}
		}
		return nil
	case raft.RequestVote, raft.RequestVoteReply, raft.AppendEntriesReply, raft.InstallSnapshot, raft.InstallSnapshotReply,
		raft.TimeoutNow, raft.TimeoutNowReply, raft.ReadIndex, raft.ReadIndexReply, ClientRequest, ClientReply:
		return nil
	case nil:
		return errors.New("the message is missing")
	}
	return fmt.Errorf("a %T is no message", e.Message)
}

func validateCommand(c *Command, h *Header) error {
	if c == nil {
		return errors.New("the command is missing")
	}
	if !known(commandNames[:], uint8(c.Kind)) {
		return fmt.Errorf("there is no command of kind %d", c.Kind)
	}
	for _, id := range [...]raft.ServerID{c.Server, c.From, c.To} {
		if err := h.validateServerOrNone(id); err != nil {
			return err
		}
	}
	for _, group := range append([][]raft.ServerID{c.Voters, c.Learners}, c.Groups...) {
		for _, id := range group {
			if err := h.validateServer(id); err != nil {
				return err
			}
		}
	}
	if !utf8.ValidString(c.Key) || !utf8.ValidString(c.Value) {
		return errors.New("the key or the value is not UTF-8 text")
	}
	if c.Network != nil {
		return c.Network.Validate()
	}
	return nil
}

func validateStep(step *raft.Event, h *Header) error {
	if step.Kind < raft.Started || step.Kind > raft.ReadBegan {
		return fmt.Errorf("there is no step of kind %d", step.Kind)
	}
	if step.Reason > raft.HeldLease {
		return fmt.Errorf("there is no reason %d", step.Reason)
	}
	if err := h.validateServer(step.Server); err != nil {
		return err
	}
	for _, id := range [...]raft.ServerID{step.Peer, step.VotedFor} {
		if err := h.validateServerOrNone(id); err != nil {
			return err
		}
	}
	if err := validateEntry(&step.Entry); err != nil {
		return err
	}
	if step.Configuration != nil {
		for _, id := range step.Configuration.Members() {
			if err := h.validateServer(id); err != nil {
				return err
			}
		}
	}
	if err := validateStepFields(step); err != nil {
		return fmt.Errorf("%v: %w", step.Kind, err)
	}
	return nil
}

func validateEntry(entry *raft.Entry) error {
	if entry.Kind > raft.ConfigurationChange {
		return fmt.Errorf("there is no entry of kind %d", entry.Kind)
	}
	return nil
}

func validateStepFields(step *raft.Event) error {
	switch step.Kind {
	case raft.EntryAppended, raft.EntryApplied:
		if step.Entry.Index != step.Index || step.Entry.Term != step.EntryTerm || step.Index == 0 {
			return fmt.Errorf("entry %d of term %d is called entry %d of term %d",
				step.Entry.Index, step.Entry.Term, step.Index, step.EntryTerm)
		}
	case raft.LogTruncated:
		if step.Index == 0 || step.Index > step.LastIndex {
			return fmt.Errorf("there are no entries from %d to %d", step.Index, step.LastIndex)
		}
	case raft.WriteStarted, raft.Persisted:
		if step.Index > step.LastIndex && step.Index-1 > step.LastIndex || step.Index == 0 && step.LastIndex != 0 {
			return fmt.Errorf("there are no entries from %d to %d", step.Index, step.LastIndex)
		}
	case raft.MembershipChanged:
		if step.Configuration == nil {
			return errors.New("the configuration is missing")
		}
	case raft.VoteReceived, raft.VoteDenied, raft.ProgressMoved:
		if step.Peer == raft.None {
			return errors.New("the other server is missing")
		}
	case raft.TimerReset, raft.ElectionTimedOut:
		if step.Timeout < 0 {
			return fmt.Errorf("a timeout of %v is below zero", step.Timeout)
		}
	}
	return nil
}
