package wasmnet

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// What a Write command may carry, in bytes.
const (
	maxKeyLength   = 32
	maxValueLength = 64
)

// maxDelay is the longest that one Delay command may hold up a packet.
const maxDelay = time.Minute

// maxInFlight is how many packets may be in flight for a Duplicate command to
// be taken.
const maxInFlight = 100_000

// Do carries out a command now: after all that is due by now, which Do lets
// happen first if RunUntil has left it undone, so that the same command at the
// same time always means the same. c.At is set to the present time.
//
// A command that cannot be carried out is refused with an error that says why,
// and leaves no trace; if it is the server that refuses, in the server's own words. A Drop, Duplicate or Delay of a packet that is no
// longer in flight is not refused: it is recorded with the reason Gone and
// has no effect.
func (w *World) Do(c trace.Command) error {
	if w.broken != nil {
		return w.broken
	}
	if w.telling || w.scheduler.Running() {
		return errors.New("a command cannot be given while the world is telling what happens: give it after RunUntil has returned")
	}
	w.RunUntil(w.Now(), nil)
	order, ok := orders[c.Kind]
	if !ok {
		return fmt.Errorf("there is no command of kind %d", c.Kind)
	}
	if err := order.check(w, c); err != nil {
		return err
	}
	c = ownCopy(c)
	c.At = w.Now()
	if order.attempt != nil {
		return w.attempt(c, order.attempt)
	}
	reason := trace.NoReason
	if order.aboutPacket && w.network.find(c.Packet) == nil {
		reason = trace.Gone
	}
	w.tell(trace.Event{Kind: trace.CommandTaken, Command: &c, Reason: reason})
	if reason == trace.NoReason {
		order.carryOut(w, c)
	}
	return nil
}

// attempt carries out a command that a server may refuse. Whether it does shows
// only when it is asked, so what it reports meanwhile is told afterwards or, if it
// refuses, not at all: then nothing has changed.
func (w *World) attempt(c trace.Command, attempt func(*World, trace.Command) error) error {
	var reported []trace.Event
	w.held = &reported
	err := attempt(w, c)
	w.held = nil
	if err != nil {
		return err
	}
	w.tell(trace.Event{Kind: trace.CommandTaken, Command: &c})
	for _, event := range reported {
		w.tell(event)
	}
	return nil
}

// ownCopy copies what a command says, and what that points to, since its
// giver may change it. Fields that its kind does not use are left out.
func ownCopy(c trace.Command) trace.Command {
	own := trace.Command{Kind: c.Kind}
	switch c.Kind {
	case trace.Crash, trace.Restart, trace.Pause, trace.Resume, trace.TimeOut, trace.Snapshot, trace.Wipe:
		own.Server = c.Server
	case trace.Cut, trace.Heal:
		own.From, own.To = c.From, c.To
	case trace.Split:
		for _, group := range c.Groups {
			own.Groups = append(own.Groups, slices.Clone(group))
		}
	case trace.Drop, trace.Duplicate:
		own.Packet = c.Packet
	case trace.Delay:
		own.Packet, own.For = c.Packet, c.For
	case trace.Write:
		own.Server, own.Key, own.Value = c.Server, c.Key, c.Value
	case trace.SetNetwork:
		settings := *c.Network
		own.Network = &settings
	case trace.Transfer:
		own.Server, own.From = c.Server, c.From
	case trace.Reconfigure:
		own.From, own.Joint = c.From, c.Joint
		own.Voters, own.Learners = slices.Clone(c.Voters), slices.Clone(c.Learners)
	}
	return own
}

// order is how commands of one kind are checked and carried out.
type order struct {
	check       func(*World, trace.Command) error
	carryOut    func(*World, trace.Command)
	attempt     func(*World, trace.Command) error // in the place of carryOut, for what a server may refuse
	aboutPacket bool
}

// orders is a constant table: nothing changes it.
var orders = map[trace.CommandKind]order{
	trace.Crash:       {check: checkAlive, carryOut: (*World).crash},
	trace.Restart:     {check: checkCrashed, carryOut: (*World).restart},
	trace.Pause:       {check: checkRunning, carryOut: (*World).pause},
	trace.Resume:      {check: checkPaused, carryOut: (*World).resume},
	trace.Wipe:        {check: checkWipe, carryOut: (*World).wipe},
	trace.Cut:         {check: checkCut, carryOut: (*World).cutLink},
	trace.Heal:        {check: checkHeal, carryOut: (*World).healLink},
	trace.Split:       {check: checkSplit, carryOut: (*World).split},
	trace.HealAll:     {check: checkNothing, carryOut: (*World).healAll},
	trace.Drop:        {check: checkPacket, carryOut: (*World).dropPacket, aboutPacket: true},
	trace.Duplicate:   {check: checkDuplicate, carryOut: (*World).duplicatePacket, aboutPacket: true},
	trace.Delay:       {check: checkDelay, carryOut: (*World).delayPacket, aboutPacket: true},
	trace.TimeOut:     {check: checkTimeOut, carryOut: (*World).timeOut},
	trace.Transfer:    {check: checkTransfer, attempt: (*World).transfer},
	trace.Reconfigure: {check: checkReconfigure, attempt: (*World).reconfigure},
	trace.Snapshot:    {check: checkRunning, attempt: (*World).takeSnapshot},
	trace.Write:       {check: checkWrite, carryOut: (*World).write},
	trace.SetNetwork:  {check: checkSetNetwork, carryOut: (*World).setNetwork},
}

// Commands about a server's process.

func checkServer(w *World, id raft.ServerID) error {
	if w.process(id) == nil {
		return fmt.Errorf("there is no server %d: the cluster has S1 to S%d", id, len(w.processes))
	}
	return nil
}

func checkAlive(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	if !w.process(c.Server).alive {
		return fmt.Errorf("S%d has crashed already", c.Server)
	}
	return nil
}

func checkCrashed(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	if w.process(c.Server).alive {
		return fmt.Errorf("S%d has not crashed, so it cannot be restarted", c.Server)
	}
	return nil
}

func checkWipe(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	if w.process(c.Server).alive {
		return fmt.Errorf("S%d runs: crash it before its disk is wiped", c.Server)
	}
	return nil
}

func checkRunning(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	p := w.process(c.Server)
	if !p.alive {
		return fmt.Errorf("S%d has crashed: restart it first", c.Server)
	}
	if p.group.Paused() {
		return fmt.Errorf("S%d is paused: resume it first", c.Server)
	}
	return nil
}

func checkPaused(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	if p := w.process(c.Server); !p.alive || !p.group.Paused() {
		return fmt.Errorf("S%d is not paused, so it cannot be resumed", c.Server)
	}
	return nil
}

func checkTimeOut(w *World, c trace.Command) error {
	if err := checkRunning(w, c); err != nil {
		return err
	}
	status, begun := w.Status(c.Server)
	if !begun {
		return fmt.Errorf("S%d is only just starting, and has no election timeout yet", c.Server)
	}
	if status.Role == raft.Leader {
		return fmt.Errorf("S%d leads, and a leader has no election timeout", c.Server)
	}
	return nil
}

func (w *World) crash(c trace.Command) {
	survived := w.process(c.Server).crash()
	w.tell(trace.Event{Kind: trace.ServerCrashed, Server: c.Server, Survived: survived})
}

func (w *World) restart(c trace.Command) {
	w.tell(trace.Event{Kind: trace.ServerRestarted, Server: c.Server})
	w.process(c.Server).start()
}

func (w *World) pause(c trace.Command) {
	w.process(c.Server).group.Pause()
	w.tell(trace.Event{Kind: trace.ServerPaused, Server: c.Server})
}

func (w *World) resume(c trace.Command) {
	w.process(c.Server).group.Resume()
	w.tell(trace.Event{Kind: trace.ServerResumed, Server: c.Server})
}

func (w *World) wipe(c trace.Command) {
	w.process(c.Server).disk.wipe()
	w.tell(trace.Event{Kind: trace.DiskWiped, Server: c.Server})
}

func (w *World) timeOut(c trace.Command) { w.process(c.Server).timeOut() }

// Commands to the servers, which may refuse them.

// asked is the server that a command to a leader is given to.
func (w *World) asked(c trace.Command) raft.ServerID {
	if c.From != raft.None {
		return c.From
	}
	return w.Leader()
}

func checkLeader(w *World, c trace.Command) error {
	id := w.asked(c)
	if id == raft.None {
		return errors.New("no server that runs leads: there is nobody to ask")
	}
	c.Server = id
	if err := checkRunning(w, c); err != nil {
		return err
	}
	if status, ok := w.Status(id); !ok || status.Role != raft.Leader {
		return fmt.Errorf("S%d does not lead", id)
	}
	return nil
}

func checkTransfer(w *World, c trace.Command) error {
	if err := checkServer(w, c.Server); err != nil {
		return err
	}
	return checkLeader(w, c)
}

func checkReconfigure(w *World, c trace.Command) error {
	for _, id := range slices.Concat(c.Voters, c.Learners) {
		if err := checkServer(w, id); err != nil {
			return err
		}
	}
	return checkLeader(w, c)
}

func (w *World) transfer(c trace.Command) error {
	id := w.asked(c)
	return refusedBy(id, w.process(id).server.TransferLeadership(c.Server))
}

func (w *World) reconfigure(c trace.Command) error {
	id := w.asked(c)
	_, _, err := w.process(id).server.Reconfigure(raft.Configuration{Voters: c.Voters, Learners: c.Learners}, c.Joint)
	return refusedBy(id, err)
}

func (w *World) takeSnapshot(c trace.Command) error {
	p := w.process(c.Server)
	if p.server == nil {
		return fmt.Errorf("S%d has not begun to run", c.Server)
	}
	return refusedBy(c.Server, p.takeSnapshot())
}

func refusedBy(id raft.ServerID, err error) error {
	if err != nil {
		return fmt.Errorf("S%d refuses: %w", id, err)
	}
	return nil
}

// Commands about links and the network.

func checkLink(w *World, c trace.Command) error {
	if err := checkServer(w, c.From); err != nil {
		return err
	}
	if err := checkServer(w, c.To); err != nil {
		return err
	}
	if c.From == c.To {
		return fmt.Errorf("there is no link from S%d to itself", c.From)
	}
	return nil
}

func checkCut(w *World, c trace.Command) error {
	if err := checkLink(w, c); err != nil {
		return err
	}
	if w.network.isCut(trace.NodeID(c.From), trace.NodeID(c.To)) {
		return fmt.Errorf("the link from S%d to S%d is cut already", c.From, c.To)
	}
	return nil
}

func checkHeal(w *World, c trace.Command) error {
	if err := checkLink(w, c); err != nil {
		return err
	}
	if !w.network.isCut(trace.NodeID(c.From), trace.NodeID(c.To)) {
		return fmt.Errorf("the link from S%d to S%d is not cut, so it cannot be healed", c.From, c.To)
	}
	return nil
}

func checkSplit(w *World, c trace.Command) error {
	if len(c.Groups) == 0 {
		return errors.New("a split needs at least one group of servers")
	}
	named := make([]bool, len(w.processes))
	for _, group := range c.Groups {
		for _, id := range group {
			if err := checkServer(w, id); err != nil {
				return err
			}
			if named[id-1] {
				return fmt.Errorf("S%d is named twice in the split", id)
			}
			named[id-1] = true
		}
	}
	return nil
}

func checkNothing(*World, trace.Command) error { return nil }

func checkSetNetwork(_ *World, c trace.Command) error {
	if c.Network == nil {
		return errors.New("the new settings of the network are missing")
	}
	return checkNetwork(*c.Network)
}

func (w *World) cutLink(c trace.Command) {
	w.network.setCut(trace.NodeID(c.From), trace.NodeID(c.To), true)
}

func (w *World) healLink(c trace.Command) {
	w.network.setCut(trace.NodeID(c.From), trace.NodeID(c.To), false)
}

func (w *World) split(c trace.Command) {
	group := make([]int, len(w.processes)) // by server; unnamed servers get numbers of their own
	for i := range group {
		group[i] = -1 - i
	}
	for number, ids := range c.Groups {
		for _, id := range ids {
			group[id-1] = number
		}
	}
	w.setAllCuts(func(from, to int) bool { return group[from-1] != group[to-1] })
}

func (w *World) healAll(trace.Command) {
	w.setAllCuts(func(int, int) bool { return false })
}

func (w *World) setAllCuts(cut func(from, to int) bool) {
	for from := 1; from <= len(w.processes); from++ {
		for to := 1; to <= len(w.processes); to++ {
			if from != to {
				w.network.setCut(trace.NodeID(from), trace.NodeID(to), cut(from, to))
			}
		}
	}
}

func (w *World) setNetwork(c trace.Command) {
	w.network.settings = *c.Network
	w.tell(trace.Event{Kind: trace.NetworkChanged, Network: c.Network})
}

// Commands about one packet.

func checkPacket(w *World, c trace.Command) error {
	if c.Packet < 1 || c.Packet > w.network.lastID {
		return fmt.Errorf("there is no packet %d: %d were sent so far", c.Packet, w.network.lastID)
	}
	return nil
}

func checkDuplicate(w *World, c trace.Command) error {
	if len(w.network.inFlight) >= maxInFlight {
		return fmt.Errorf("there are %d packets in flight: no more can be duplicated", len(w.network.inFlight))
	}
	return checkPacket(w, c)
}

func checkDelay(w *World, c trace.Command) error {
	if err := checkPacket(w, c); err != nil {
		return err
	}
	if c.For <= 0 || c.For > maxDelay {
		return fmt.Errorf("a packet cannot be delayed by %v: want more than 0 and at most %v", c.For, maxDelay)
	}
	return nil
}

func (w *World) dropPacket(c trace.Command) {
	w.network.drop(w.network.find(c.Packet), trace.ByCommand)
}

func (w *World) duplicatePacket(c trace.Command) {
	w.network.duplicateNow(w.network.find(c.Packet))
}

func (w *World) delayPacket(c trace.Command) {
	w.network.delay(w.network.find(c.Packet), c.For)
}

// Commands to the user.

func checkWrite(w *World, c trace.Command) error {
	if c.Server != raft.None {
		if err := checkServer(w, c.Server); err != nil {
			return err
		}
	}
	if len(c.Key) < 1 || len(c.Key) > maxKeyLength || !utf8.ValidString(c.Key) {
		return fmt.Errorf("the key %q: want 1 to %d bytes of UTF-8 text", c.Key, maxKeyLength)
	}
	if len(c.Value) > maxValueLength || !utf8.ValidString(c.Value) {
		return fmt.Errorf("the value %q: want at most %d bytes of UTF-8 text", c.Value, maxValueLength)
	}
	if w.user().todo.Len() >= todoRoom {
		return fmt.Errorf("%d writes are waiting already", todoRoom)
	}
	return nil
}

func (w *World) write(c trace.Command) {
	w.user().todo.TrySend(errand{key: c.Key, value: c.Value, server: c.Server})
}
