package storm

import (
	"fmt"
	"maps"
	"time"

	"raftarium/raft"
	"raftarium/raft/check"
	"raftarium/raft/check/history"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
	"raftarium/wasmnet/scheduler"
)

// How long after the storm the cluster may take to answer all clients that
// were waiting when it ended and to bring all servers up to date, and how
// often that is looked at.
const (
	patience = 60 * time.Second
	glance   = 100 * time.Millisecond
)

// The rules that a judge adds to those of package check.
const (
	RunsOn         = "Runs On"         // no goroutine panics, and locks are never waited for in a circle
	Linearizable   = "Linearizability" // what clients saw could have come from a single store that does one thing at a time
	RecoversInTime = "Recovery"        // once nothing goes wrong any more, waiting clients are answered and all servers catch up
)

// Violation is a rule that was broken.
type Violation struct {
	Rule  string
	Text  string
	At    time.Duration
	Event int // number of the event that showed it, from 1
}

// Error says which rule was broken and how.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s broken at %v: %s", v.Rule, v.At, v.Text)
}

// judge sees every event of a run and finds out whether a rule is broken.
type judge struct {
	checker   *check.Checker
	history   history.History
	waiting   map[trace.NodeID]uint64 // by client: the number of the operation that it waits for; the user may give one up for the next
	members   members
	completed int
	violation *Violation
	events    int
	steps     Steps
	now       time.Duration
}

func newJudge(header trace.Header) *judge {
	return &judge{checker: check.New(header), waiting: map[trace.NodeID]uint64{}, members: newMembers(header)}
}

func (j *judge) observe(e *trace.Event) {
	j.events++
	j.now = e.At
	j.observeClients(e)
	if e.Kind == trace.ServerStep {
		j.steps[e.Core.Kind]++
		j.members.observe(&e.Core)
	}
	if v := j.checker.Observe(e); v != nil {
		j.find(v.Rule, v.Text)
	}
}

func (j *judge) observeClients(e *trace.Event) {
	if e.Kind != trace.ClientInvoked && e.Kind != trace.ClientReturned {
		return
	}
	if err := j.history.Observe(e); err != nil {
		j.find(Linearizable, err.Error())
		return
	}
	o, err := kv.Decode(e.Operation)
	if err != nil {
		j.find(Linearizable, err.Error())
		return
	}
	if e.Kind == trace.ClientInvoked {
		j.waiting[e.From] = o.Serial
		return
	}
	j.completed++
	if j.waiting[e.From] == o.Serial {
		delete(j.waiting, e.From)
	}
}

// firstWaiting is a client that still waits for one of the given operations.
func (j *judge) firstWaiting(operations map[trace.NodeID]uint64) (client trace.NodeID, ok bool) {
	for c, serial := range operations {
		if j.waiting[c] == serial && (!ok || c > client) {
			client, ok = c, true
		}
	}
	return client, ok
}

// find notes the first violation.
func (j *judge) find(rule, text string) {
	if j.violation == nil {
		j.violation = &Violation{Rule: rule, Text: text, At: j.now, Event: j.events}
	}
}

// fine reports whether no rule has been broken so far.
func (j *judge) fine() bool { return j.violation == nil }

// during runs what makes a world move, and takes note if something in it panics.
func (j *judge) during(move func()) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case *scheduler.Failure:
			j.find(RunsOn, cause.Error())
		default:
			panic(cause)
		}
	}()
	move()
}

// recover lets a calm world run until it has recovered, but for the servers that are
// dead. Nothing is asked of a cluster that cannot go on without those.
func (j *judge) recover(world *wasmnet.World, dead map[raft.ServerID]bool) {
	if len(dead) > 0 && !j.members.canDecide(func(id raft.ServerID) bool { return !dead[id] }) {
		return
	}
	waiting := maps.Clone(j.waiting)
	wanted := highestCommit(world) + 1
	limit := world.Now() + patience
	for j.fine() {
		var behind string
		if client, ok := j.firstWaiting(waiting); ok {
			behind = fmt.Sprintf("C%d still waits for the answer to an operation that it began in the storm", -client)
		} else if id := j.firstBehind(world, wanted, dead); id != raft.None {
			behind = fmt.Sprintf("S%d has not applied entry %d, the first to be committed after the storm", id, wanted)
		}
		if behind == "" {
			return
		}
		if world.Now() >= limit && mayDisturb(world, &j.members) {
			return
		}
		if world.Now() >= limit {
			j.find(RecoversInTime, fmt.Sprintf("after %v of calm %s", patience, behind))
			return
		}
		world.RunUntil(world.Now()+glance, j.fine)
	}
}

// mayDisturb reports whether there is a server that was removed and does not know
// it, and nothing keeps it from disturbing the others for ever: that is what
// PreVote and Stickiness are for (§6).
func mayDisturb(world *wasmnet.World, m *members) bool {
	if f := world.Header().Features; f.PreVote || f.Stickiness {
		return false
	}
	for id := raft.ServerID(1); int(id) <= world.Header().Servers; id++ {
		if _, up := world.Role(id); up && m.removed(id) {
			return true
		}
	}
	return false
}

func highestCommit(world *wasmnet.World) raft.Index {
	var highest raft.Index
	for id := 1; id <= world.Header().Servers; id++ {
		if status, ok := world.Status(raft.ServerID(id)); ok {
			highest = max(highest, status.CommitIndex)
		}
	}
	return highest
}

// firstBehind is a member that is not dead and has not applied all entries up to
// index, or None.
func (j *judge) firstBehind(world *wasmnet.World, index raft.Index, dead map[raft.ServerID]bool) raft.ServerID {
	for _, id := range j.members.committed.configuration.Members() {
		status, ok := world.Status(id)
		if !dead[id] && (!ok || status.LastApplied < index) {
			return id
		}
	}
	return raft.None
}

// finish judges what can only be judged at the end.
func (j *judge) finish(now time.Duration) {
	if !j.fine() {
		return
	}
	j.now = max(j.now, now)
	if verdict := j.history.Judge(); !verdict.Linearizable {
		j.find(Linearizable, verdict.Text)
	}
}

func (j *judge) outcome(run wasmnet.Run, calmFrom int) Outcome {
	return Outcome{
		Run: run, CalmFrom: calmFrom, Violation: j.violation,
		Events: j.events, Completed: j.completed, Steps: j.steps,
	}
}

// Replay makes a run happen again, whose commands are in the order of their
// times, and judges it as a storm is judged. CalmFrom
// is the index of the first command of the calm in which the cluster must
// recover; if it is the number of commands, or more, there is none. Every event is
// shown to observe too, unless that is nil. Commands that the world refuses are
// not in the outcome's run.
func Replay(run wasmnet.Run, calmFrom int, observe func(*trace.Event)) (Outcome, error) {
	judge := newJudge(run.Header)
	world, err := wasmnet.New(run.Header, func(e *trace.Event) {
		if observe != nil {
			observe(e)
		}
		judge.observe(e)
	})
	if err != nil {
		return Outcome{}, err
	}
	defer world.Close()
	commands, calmBegan := run.Commands, calmFrom
	run.Commands = nil
	judge.during(func() {
		for i, c := range commands {
			if c.At > run.For || !world.RunUntil(max(c.At, world.Now()), judge.fine) {
				break
			}
			if i == calmBegan {
				calmFrom = len(run.Commands)
			}
			if world.Do(c) == nil {
				run.Commands = append(run.Commands, c)
			}
		}
		if calmBegan < len(commands) {
			judge.recover(world, deadAfter(run.Commands[min(calmFrom, len(run.Commands)):]))
		}
		if judge.fine() {
			world.RunUntil(max(run.For, world.Now()), judge.fine)
		}
	})
	judge.finish(world.Now())
	return judge.outcome(run, min(calmFrom, len(run.Commands))), nil
}
