//go:build !js

package main

import (
	"slices"
	"testing"
	"time"

	"raftarium/cmd/internal/browser"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// commands returns the commands of a kind in a trace.
func commands(events []trace.Event, kind trace.CommandKind) []trace.Command {
	var found []trace.Command
	for _, e := range events {
		if e.Kind == trace.CommandTaken && e.Command.Kind == kind {
			found = append(found, *e.Command)
		}
	}
	return found
}

func TestAClickCrashesTheLeaderAndAnotherRestartsIt(t *testing.T) {
	v := open(t, "?seed=7&speed=0.2", small())
	crashAndRestart(v)
}

func TestATapCrashesTheLeaderAndAnotherRestartsIt(t *testing.T) {
	v := open(t, "?seed=7&speed=0.2", phone())
	crashAndRestart(v)
}

func crashAndRestart(v *visit) {
	v.t.Helper()
	old := v.awaitLeader()
	v.must(v.Press(v.server(old).point()))
	events, model := v.await("the crash", func(m *trace.Model) bool { return !m.Servers[old-1].Alive })
	if got := commands(events, trace.Crash); len(got) != 1 || got[0].Server != old {
		v.t.Errorf("pressing S%d gave the commands %+v", old, got)
	}
	before := model.Servers[old-1].Term

	v.await("another leader", func(m *trace.Model) bool {
		now := leader(m)
		return now != raft.None && now != old && m.Servers[now-1].Term > before
	})
	v.must(v.Press(v.server(old).point()))
	events, _ = v.await("the old leader to follow the new one", func(m *trace.Model) bool {
		s := m.Servers[old-1]
		return s.Alive && s.Role == raft.Follower && s.Term > before
	})
	if got := commands(events, trace.Restart); len(got) != 1 || got[0].Server != old {
		v.t.Errorf("pressing the crashed S%d gave the commands %+v", old, got)
	}
}

func TestADragAcrossTheRingCutsWhatItCrosses(t *testing.T) {
	cutAndHeal(open(t, "?seed=7", small()))
}

func TestASwipeAcrossTheRingCutsWhatItCrosses(t *testing.T) {
	cutAndHeal(open(t, "?seed=7", phone()))
}

// cutAndHeal cuts S1 and S2 from S3, S4 and S5 with one stroke, and heals all
// with the heal control.
func cutAndHeal(v *visit) {
	v.t.Helper()
	v.awaitLeader()
	minority := []raft.ServerID{1, 2}
	way := v.strokeBetween(2, 3, 5, 1)
	v.must(v.Drag(way...))
	events, model := v.await("the cut", func(m *trace.Model) bool { return m.IsCut(1, 3) })
	for from := raft.ServerID(1); from <= 5; from++ {
		for to := raft.ServerID(1); to <= 5; to++ {
			want := from != to && slices.Contains(minority, from) != slices.Contains(minority, to)
			if from != to && model.IsCut(from, to) != want {
				v.t.Errorf("after a stroke between {S1, S2} and the others, S%d → S%d is cut: %v", from, to, !want)
			}
		}
	}
	if crashed := commands(events, trace.Crash); len(crashed) > 0 {
		v.t.Errorf("the stroke crashed servers too: %+v", crashed)
	}

	// The control on a wall heals its link, and the list of servers heals all.
	heal := v.spots("heal")
	if len(heal) == 0 {
		v.t.Fatal("nothing on the stage heals the cut")
	}
	one := heal[len(heal)-1]
	a, b := raft.ServerID(one.From), raft.ServerID(one.To)
	v.must(v.Press(one.point()))
	_, model = v.await("the healing of one link", func(m *trace.Model) bool { return !m.IsCut(a, b) && !m.IsCut(b, a) })
	if whole(model) {
		v.t.Errorf("the control of the link between S%d and S%d healed all links", a, b)
	}
	v.press("#tab-servers")
	v.press("#heal-all")
	v.await("the healing", whole)
}

// whole reports whether no link is cut.
func whole(m *trace.Model) bool {
	for from := raft.ServerID(1); int(from) <= len(m.Servers); from++ {
		for to := raft.ServerID(1); int(to) <= len(m.Servers); to++ {
			if from != to && m.IsCut(from, to) {
				return false
			}
		}
	}
	return true
}

func TestADragBackHeals(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	way := v.strokeBetween(2, 3, 5, 1)
	v.must(v.Drag(way...))
	v.await("the cut", func(m *trace.Model) bool { return m.IsCut(1, 3) })
	slices.Reverse(way)
	v.must(v.Drag(way...))
	v.await("the healing", whole)
}

// strokeBetween returns a stroke across the ring that passes between two
// neighbours on one side and two on the other.
func (v *visit) strokeBetween(a, b, c, d raft.ServerID) []browser.Point {
	v.t.Helper()
	centre := browser.Point{}
	all := v.spots("server")
	for _, s := range all {
		centre.X += s.X / float64(len(all))
		centre.Y += s.Y / float64(len(all))
	}
	outside := func(one, other raft.ServerID) browser.Point {
		p, q := v.server(one), v.server(other)
		return browser.Point{X: centre.X + 1.1*((p.X+q.X)/2-centre.X), Y: centre.Y + 1.1*((p.Y+q.Y)/2-centre.Y)}
	}
	return []browser.Point{outside(a, b), centre, outside(c, d)}
}

func TestAClickDropsAPacket(t *testing.T) {
	v := open(t, "?seed=7&speed=0.02", small())
	v.awaitLeader()
	var packets []spot
	for len(packets) == 0 {
		v.tell("play", "{}")
		v.wait("JSON.parse(raftarium.spots()).some((spot) => spot.kind === 'packet')")
		v.tell("pause", "{}") // so that it stands still under the mouse
		packets = v.spots("packet")
	}
	packet := packets[len(packets)-1]
	v.must(v.Press(packet.point()))
	v.wait(`raftarium.trace().includes('"Drop"')`)
	events, _ := v.trace()
	dropped := commands(events, trace.Drop)
	if len(dropped) != 1 || dropped[0].Packet != trace.PacketID(packet.ID) {
		t.Fatalf("pressing packet %d gave the commands %+v", packet.ID, dropped)
	}
	last := events[len(events)-1]
	if last.Kind != trace.PacketDropped || last.Reason != trace.ByCommand || last.Packet != dropped[0].Packet {
		t.Errorf("after that command came %+v", last)
	}
}

func TestTheRightButtonOpensTheMenu(t *testing.T) {
	v := open(t, "?seed=7", small())
	v.awaitLeader()
	v.must(v.RightClick(v.server(2).point()))
	v.wait("document.querySelector('raft-menu').matches(':popover-open')")
	choosePause(v)
}

func TestAHeldFingerOpensTheMenu(t *testing.T) {
	v := open(t, "?seed=7", phone())
	v.awaitLeader()
	v.must(v.Hold(v.server(2).point(), 900*time.Millisecond))
	v.wait("document.querySelector('raft-menu').matches(':popover-open')")
	choosePause(v)
}

// choosePause chooses Pause in the menu of S2.
func choosePause(v *visit) {
	v.t.Helper()
	if title := v.text("raft-menu .title"); title == "" || title[:2] != "S2" {
		v.t.Errorf("the menu of S2 is headed %q", title)
	}
	ask[bool](v, `(() => { const item = [...document.querySelectorAll("raft-menu button")].find((b) => b.textContent === "Pause"); item.id = "the-item"; return true })()`)
	v.press("#the-item")
	events, _ := v.await("the pause", func(m *trace.Model) bool { return m.Servers[1].Paused })
	if crashed := commands(events, trace.Crash); len(crashed) > 0 {
		v.t.Errorf("opening the menu crashed servers too: %+v", crashed)
	}
}
