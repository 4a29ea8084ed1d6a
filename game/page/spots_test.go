package page

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"raftarium/game/scene"
	"raftarium/raft"
)

func TestSpots(t *testing.T) {
	spots := Spots([]scene.Target{
		{Kind: scene.OnServer, Server: 3, X: 10, Y: 20, R: 30},
		{Kind: scene.OnPacket, Packet: 77, X: 1, Y: 2, R: 3},
		{Kind: scene.OnLink, From: 1, To: 4},
		{Kind: scene.OnHeal, From: 2, To: 5},
		{Kind: scene.OnLogEntry, Server: 2, Index: 9},
		{Kind: scene.OnClient, Client: -1},
	})
	text, err := json.Marshal(spots)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"kind":"server","id":3,"x":10,"y":20,"r":30},{"kind":"packet","id":77,"x":1,"y":2,"r":3},` +
		`{"kind":"link","id":0,"from":1,"to":4,"x":0,"y":0,"r":0},{"kind":"heal","id":0,"from":2,"to":5,"x":0,"y":0,"r":0},` +
		`{"kind":"entry","id":2,"index":9,"x":0,"y":0,"r":0},{"kind":"client","id":-1,"x":0,"y":0,"r":0}]`
	if string(text) != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	if text, _ := json.Marshal(Spots(nil)); string(text) != "[]" {
		t.Errorf("without spots: %s", text)
	}
}

func TestDescribe(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1})
	for len(p.Model().Packets) == 0 {
		pass(p, time.Millisecond)
	}
	packet := p.Model().Packets[0].ID
	words := p.Describe(scene.Target{Kind: scene.OnPacket, Packet: packet})
	if !strings.Contains(words, "request for a vote, term 1") || !strings.Contains(words, " → S") {
		t.Errorf("a packet is %q", words)
	}
	menu := p.Menu(scene.Target{Kind: scene.OnPacket, Packet: packet, X: 5, Y: 5}, 8, 9)
	if menu.Title != words || menu.ID != int(packet) || menu.X != 8 || menu.Y != 9 {
		t.Errorf("the menu of the packet is %+v", menu)
	}

	pass(p, 3*time.Second)
	leader := raft.None
	for i := range p.Model().Servers {
		if s := p.Model().Servers[i]; s.Role == raft.Leader {
			leader = s.ID
		}
	}
	other := leader%5 + 1
	do(t, p, "command", fmt.Sprintf(`{"kind":"cut","from":%d,"to":%d}`, leader, other))
	for _, test := range []struct {
		over scene.Target
		want string
	}{
		{scene.Target{Kind: scene.OnServer, Server: leader}, fmt.Sprintf("S%d, leader of term 1, ", leader)},
		{scene.Target{Kind: scene.OnLogEntry, Server: leader, Index: 1}, fmt.Sprintf("Entry 1 of S%d, term 1, applied: empty, to open the term", leader)},
		{scene.Target{Kind: scene.OnLink, From: leader, To: other}, fmt.Sprintf("Nothing gets from S%d to S%d", leader, other)},
		{scene.Target{Kind: scene.OnLink, From: other, To: leader}, fmt.Sprintf("Nothing gets from S%d to S%d", leader, other)},
		{scene.Target{Kind: scene.OnClient, Client: -1}, "C1: "},
		{scene.Target{Kind: scene.OnClient, Client: -3}, "You: no answers so far"},
	} {
		if got := p.Describe(test.over); !strings.Contains(got, test.want) {
			t.Errorf("%v is %q, want %q", test.over.Kind, got, test.want)
		}
	}
	do(t, p, "command", fmt.Sprintf(`{"kind":"cut","from":%d,"to":%d}`, other, leader))
	if got := p.Describe(scene.Target{Kind: scene.OnHeal, From: leader, To: other}); !strings.Contains(got, "are cut off from each other") {
		t.Errorf("a cut link is %q", got)
	}
	for _, gone := range []scene.Target{{}, {Kind: scene.OnPacket, Packet: 1 << 40}, {Kind: scene.OnLogEntry, Server: 1, Index: 999}} {
		if got := p.Describe(gone); got != "" {
			t.Errorf("what is not there is %q", got)
		}
	}
}
