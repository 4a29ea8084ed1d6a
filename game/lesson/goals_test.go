package lesson

import (
	"strings"
	"testing"
	"time"

	"raftarium/raft"
	"raftarium/raft/trace"
)

// A learner who only watches reaches no goal, even with all the time in the
// world and the right prediction.
func TestDoingNothingReachesNoGoal(t *testing.T) {
	for _, p := range tour() {
		t.Run(p.id, func(t *testing.T) {
			x := begin(t, p.id)
			x.predict(1)
			x.wait(30 * time.Second)
			if x.Done() {
				t.Error("the lesson was done by doing nothing")
			}
			if ticks := x.ticks(); ticks[len(ticks)-1] {
				t.Errorf("the steps are %v", ticks)
			}
			if x.Hint(x.w.Now()) == "" {
				t.Error("someone who is stuck gets no hint")
			}
		})
	}
}

// Who is in charge?

func TestLeader(t *testing.T) {
	x := begin(t, "leader")
	if x.w.Now() != 0 {
		t.Errorf("the lesson begins at %v, want at time zero", x.w.Now())
	}
	x.wantHint("wait", false)
	x.predict(1)
	x.untilStep(1)
	first := x.leader()
	if first == 1 {
		t.Error("S1 is elected first in this run, which suggests that numbers matter")
	}
	if first != x.timedOut {
		t.Errorf("S%d lost patience first, but S%d was elected: the right choice would be wrong", x.timedOut, first)
	}
	x.wantHint("pause", false)
	x.do(trace.Command{Kind: trace.Pause, Server: first})
	x.wantTicks(true, true, false, false)
	x.wantHint("waitSuccessor", false)
	x.untilStep(3)
	x.wait(time.Second)
	x.wantTicks(true, true, true, false)
	x.wantHint("resume", false)
	x.do(trace.Command{Kind: trace.Resume, Server: first})
	x.wantHint("waitLearned", false)
	x.untilStep(4)
	if !x.Done() || x.Right() != 1 || !strings.HasPrefix(x.Verdict(), "Right. S") {
		t.Errorf("done %v, right %d, verdict %q", x.Done(), x.Right(), x.Verdict())
	}
}

func TestLeaderNearMisses(t *testing.T) {
	for name, deeds := range map[string]func(x *learner, leader raft.ServerID){
		"pausing a follower": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Pause, Server: leader%5 + 1})
			x.wait(2 * time.Second)
			x.do(trace.Command{Kind: trace.Resume, Server: leader%5 + 1})
			x.wantTicks(true, false, false, false)
			x.wantHint("pause", false)
		},
		"resuming too soon": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Pause, Server: leader})
			x.wait(50 * time.Millisecond)
			x.do(trace.Command{Kind: trace.Resume, Server: leader})
			x.wantTicks(true, false, false, false)
			x.wantHint("resumedTooSoon", true)
		},
		"crashing the leader": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.wantHint("crashed", true)
			x.wait(2 * time.Second)
			x.do(trace.Command{Kind: trace.Restart, Server: leader})
			x.wantTicks(true, false, false, false)
		},
		"crashing the paused leader": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Pause, Server: leader})
			x.untilStep(3)
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.wantHint("crashed", true)
			x.do(trace.Command{Kind: trace.Restart, Server: leader})
			x.wantTicks(true, false, false, false)
		},
		"never resuming": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Pause, Server: leader})
			x.wait(5 * time.Second)
			x.wantTicks(true, true, true, false)
			x.wantHint("resume", false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, "leader")
			x.untilStep(1)
			x.predict(0)
			deeds(x, x.leader())
			x.wait(3 * time.Second)
			if x.Done() {
				t.Error("the lesson was done")
			}
		})
	}
}

// Whoever went astray can still get there.
func TestLeaderAfterACrash(t *testing.T) {
	x := begin(t, "leader")
	x.predict(2)
	x.untilStep(1)
	first := x.leader()
	x.do(trace.Command{Kind: trace.Pause, Server: first})
	x.untilStep(3)
	x.do(trace.Command{Kind: trace.Crash, Server: first})
	x.do(trace.Command{Kind: trace.Restart, Server: first})
	x.wait(time.Second)
	second := x.leader()
	x.do(trace.Command{Kind: trace.Pause, Server: second})
	x.untilStep(3)
	x.do(trace.Command{Kind: trace.Resume, Server: second})
	x.untilStep(4)
	if !x.Done() || x.Right() != 1 || x.Chosen() != 2 {
		t.Errorf("done %v, right %d, chosen %d", x.Done(), x.Right(), x.Chosen())
	}
}

// Kill the leader.

func TestCrash(t *testing.T) {
	x := begin(t, "crash")
	x.predict(halfASecond)
	x.wantHint("crash", false)
	leader := x.leader()
	committed := x.m.Servers[leader-1].CommitIndex
	if committed < 5 {
		t.Errorf("when the learner takes over, %d entries are committed: there is little to lose", committed)
	}
	last := x.m.Clients[0].LastOK
	if other := x.m.Clients[1].LastOK; other > last {
		last = other
	}
	x.do(trace.Command{Kind: trace.Crash, Server: leader})
	x.wantTicks(true, false, false, false)
	x.wantHint("waitElection", false)
	x.untilStep(2)
	x.wantHint("waitAnswer", false)
	x.untilStep(3)
	x.wantHint("restart", false)
	downtime := x.goal.(*killing).downtime
	if upper := x.w.Now() - last; downtime <= 0 || downtime > upper || downtime < upper-60*time.Millisecond {
		t.Errorf("the measured downtime is %v; seen from outside it is about %v", downtime, upper)
	}
	x.wait(time.Second)
	x.do(trace.Command{Kind: trace.Restart, Server: leader})
	x.untilStep(4)
	if s := x.m.Servers[leader-1]; s.Role != raft.Follower || s.Term <= 1 {
		t.Errorf("the old leader is %v in term %d", s.Role, s.Term)
	}
	if !x.Done() || x.Right() != halfASecond {
		t.Errorf("done %v, right %d after %v", x.Done(), x.Right(), downtime)
	}
	if kept := x.goal.facts()["kept"]; !strings.HasPrefix(kept, "all ") || kept == "all 0" {
		t.Errorf("%s committed writes were kept", kept)
	}
	t.Log(x.Verdict())
	t.Log(x.Reveal())
}

func TestCrashNearMisses(t *testing.T) {
	for name, deeds := range map[string]func(x *learner, leader raft.ServerID){
		"crashing a follower": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Crash, Server: leader%5 + 1})
			x.wantHint("follower", true)
			x.wait(2 * time.Second)
			x.do(trace.Command{Kind: trace.Restart, Server: leader%5 + 1})
			x.wantTicks(false, false, false, false)
			x.wantHint("crash", false)
		},
		"crashing a majority": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.do(trace.Command{Kind: trace.Crash, Server: leader%5 + 1})
			x.do(trace.Command{Kind: trace.Crash, Server: (leader+1)%5 + 1})
			x.wait(5 * time.Second)
			x.wantTicks(true, false, false, false)
			x.wantHint("noMajority", true)
		},
		"never restarting": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.wait(5 * time.Second)
			x.wantTicks(true, true, true, false)
		},
		"pausing instead": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Pause, Server: leader})
			x.wait(3 * time.Second)
			x.do(trace.Command{Kind: trace.Resume, Server: leader})
			x.wantTicks(false, false, false, false)
		},
		"restarting only to be cut off": func(x *learner, leader raft.ServerID) {
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.untilStep(3)
			x.do(trace.Command{Kind: trace.Split, Groups: [][]raft.ServerID{{leader}, x.others(leader)}})
			x.do(trace.Command{Kind: trace.Restart, Server: leader})
			x.wait(2 * time.Second)
			x.wantTicks(true, true, true, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, "crash")
			x.predict(never)
			deeds(x, x.leader())
			x.wait(3 * time.Second)
			if x.Done() {
				t.Error("the lesson was done")
			}
		})
	}
}

// A leader that is back at once and elected again was not replaced.
func TestCrashReelected(t *testing.T) {
	x := begin(t, "crash")
	x.predict(atOnce)
	leader := x.leader()
	x.do(trace.Command{Kind: trace.Crash, Server: leader})
	x.do(trace.Command{Kind: trace.Restart, Server: leader})
	x.wait(20 * time.Millisecond)
	x.do(trace.Command{Kind: trace.TimeOut, Server: leader})
	x.wait(time.Second)
	if x.leader() != leader {
		t.Fatalf("S%d leads, want S%d again", x.leader(), leader)
	}
	x.wantTicks(false, false, false, false)
	x.wantHint("reelected", true)
	x.do(trace.Command{Kind: trace.Crash, Server: leader})
	x.untilStep(3)
	x.do(trace.Command{Kind: trace.Restart, Server: leader})
	x.untilStep(4)
	if !x.Done() {
		t.Error("the second crash did not count")
	}
}

// Without a prediction a lesson is not done, and says so.
func TestThePredictionIsPartOfTheLesson(t *testing.T) {
	x := begin(t, "crash")
	leader := x.leader()
	x.do(trace.Command{Kind: trace.Crash, Server: leader})
	x.untilStep(3)
	x.do(trace.Command{Kind: trace.Restart, Server: leader})
	x.untilStep(4)
	if x.Done() || x.Hint(x.w.Now()) != unpredicted || x.Right() != -1 || x.Verdict() != "" {
		t.Errorf("done %v, hint %q, right %d", x.Done(), x.Hint(x.w.Now()), x.Right())
	}
	x.predict(never)
	if !x.Done() || x.Right() != halfASecond || !strings.Contains(x.Verdict(), "nobody repaired anything") {
		t.Errorf("done %v, right %d, verdict %q", x.Done(), x.Right(), x.Verdict())
	}
	if err := x.Predict(halfASecond); err == nil {
		t.Error("a prediction was taken after the reveal")
	}
}

// Two leaders?

// cutOff splits the leader and a neighbour from the rest, as a drag does.
func (x *learner) cutOff(leader raft.ServerID, with ...raft.ServerID) {
	x.t.Helper()
	side := append([]raft.ServerID{leader}, with...)
	for _, a := range side {
		for _, b := range x.others(side...) {
			x.do(trace.Command{Kind: trace.Cut, From: a, To: b})
			x.do(trace.Command{Kind: trace.Cut, From: b, To: a})
		}
	}
}

func (x *learner) write(to raft.ServerID, value string) {
	x.t.Helper()
	x.do(trace.Command{Kind: trace.Write, Server: to, Key: "x", Value: value})
}

func TestSplit(t *testing.T) {
	for name, smallFirst := range map[string]bool{"smaller side first": true, "larger side first": false} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, "split")
			x.predict(2)
			x.wantHint("cut", false)
			old := x.leader()
			x.cutOff(old, old%5+1)
			x.wantTicks(true, false, false, false, false, false)
			x.wantHint("waitTwo", false)
			x.untilStep(2)
			successor := x.leader()
			if smallFirst {
				x.write(old, "smaller")
				x.untilStep(3)
				x.wait(100 * time.Millisecond)
				x.write(successor, "larger")
				x.untilStep(4)
			} else {
				x.write(successor, "larger")
				x.untilStep(4)
				x.write(old, "smaller")
				x.untilStep(3)
			}
			x.wait(time.Second)
			x.wantTicks(true, true, true, true, false, false)
			x.wantHint("heal", false)
			x.do(trace.Command{Kind: trace.HealAll})
			x.wantTicks(true, true, true, true, true, false)
			x.untilStep(6)
			if !x.Done() || x.Right() != 2 {
				t.Errorf("done %v, right %d", x.Done(), x.Right())
			}
			x.wait(3 * time.Second)
			for _, s := range x.m.Servers {
				for _, e := range s.Log {
					if e.Term == x.goal.(*parting).oldTerm && e.Index == x.goal.(*parting).small.entry.Index {
						t.Errorf("S%d still holds what the smaller side stored", s.ID)
					}
				}
			}
			t.Log(x.Verdict())
			t.Log(x.Reveal())
		})
	}
}

// A leader that is cut off alone shows the same.
func TestSplitAlone(t *testing.T) {
	x := begin(t, "split")
	x.predict(0)
	old := x.leader()
	x.cutOff(old)
	x.untilStep(2)
	x.write(x.leader(), "larger")
	x.untilStep(4)
	x.write(old, "smaller")
	x.untilStep(3)
	x.do(trace.Command{Kind: trace.HealAll})
	x.untilStep(6)
	if !x.Done() || !strings.Contains(x.Verdict(), "There were two") {
		t.Errorf("done %v, verdict %q", x.Done(), x.Verdict())
	}
}

func TestSplitNearMisses(t *testing.T) {
	for name, deeds := range map[string]func(x *learner, leader raft.ServerID){
		"cutting followers off": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader%5 + 1)
			x.wait(2 * time.Second)
			x.wantTicks(false, false, false, false, false, false)
			x.wantHint("wrongSide", true)
		},
		"leaving one direction open": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.do(trace.Command{Kind: trace.Heal, From: leader, To: (leader+1)%5 + 1})
			x.wait(2 * time.Second)
			x.wantTicks(false, false, false, false, false, false)
		},
		"healing before writing": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.do(trace.Command{Kind: trace.HealAll})
			x.wantTicks(false, false, false, false, false, false)
			x.wantHint("healedEarly", true)
		},
		"writing to the smaller side only": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.write(leader, "smaller")
			x.wait(5 * time.Second)
			x.wantTicks(true, true, true, false, false, false)
			x.wantHint("large", false)
			x.do(trace.Command{Kind: trace.HealAll})
		},
		"writing to the larger side only": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.write(x.leader(), "larger")
			x.untilStep(4)
			x.wantHint("small", false)
			x.do(trace.Command{Kind: trace.HealAll})
		},
		"writing before the cut": func(x *learner, leader raft.ServerID) {
			x.write(leader, "before")
			x.wait(time.Second)
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.wantTicks(true, true, false, false, false, false)
		},
		"crashing the old leader": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.do(trace.Command{Kind: trace.Crash, Server: leader})
			x.wantTicks(false, false, false, false, false, false)
			x.wantHint("crashed", true)
		},
		"never healing": func(x *learner, leader raft.ServerID) {
			x.cutOff(leader, leader%5+1)
			x.untilStep(2)
			x.write(x.leader(), "larger")
			x.untilStep(4)
			x.write(leader, "smaller")
			x.wait(5 * time.Second)
			x.wantTicks(true, true, true, true, false, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, "split")
			x.predict(1)
			deeds(x, x.leader())
			x.wait(3 * time.Second)
			if x.Done() {
				t.Error("the lesson was done")
			}
		})
	}
}

// Every run with its own seed can be used for a lesson, and other sizes.
func TestLessonsInOtherRuns(t *testing.T) {
	for servers := LeastServers; servers <= 11; servers += 2 {
		for seed := uint64(1); seed <= 3; seed++ {
			h := begin(t, "split").Lesson.Header
			h.Servers, h.Seed = servers, seed
			x := beginIn(t, begin(t, "split").Lesson, h)
			x.predict(0)
			old := x.leader()
			x.cutOff(old)
			x.untilStep(2)
			x.write(x.leader(), "larger")
			x.untilStep(4)
			x.write(old, "smaller")
			x.untilStep(3)
			x.do(trace.Command{Kind: trace.HealAll})
			x.untilStep(6)
		}
	}
}
