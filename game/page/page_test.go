package page

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"raftarium/game/session"
	"raftarium/raft/trace"
)

func newPage(t *testing.T, options Options) *Page {
	t.Helper()
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.run.Close)
	return p
}

// pass lets virtual time pass, in frames.
func pass(p *Page, d time.Duration) {
	end := p.Now() + d
	for p.Now() < end && p.Playing() {
		p.Advance(time.Duration(float64(min(end-p.Now(), 5*time.Millisecond))/p.Speed())+1, nil)
	}
}

func do(t *testing.T, p *Page, name, value string) {
	t.Helper()
	if err := p.Do(name, value); err != nil {
		t.Fatalf("%s %s: %v", name, value, err)
	}
}

func TestAFirstLeaderIsThereWithinSixSeconds(t *testing.T) {
	p := newPage(t, DefaultOptions())
	for range 6 * 60 {
		p.Advance(time.Second/60, nil)
	}
	view := p.View()
	leaders := 0
	for _, s := range view.Servers {
		if s.Role == "leader" {
			leaders++
		}
	}
	if leaders != 1 {
		t.Errorf("after six seconds at the usual speed there are %d leaders: %+v", leaders, view.Servers)
	}
	if !strings.HasPrefix(view.Safety.Text, "Safe: ") || !view.Safety.OK || !view.Playing || view.Behind {
		t.Errorf("safety %+v, playing %v, behind %v", view.Safety, view.Playing, view.Behind)
	}
	if !strings.Contains(view.Announce, "became leader of term 1 with votes from") {
		t.Errorf("announced: %q", view.Announce)
	}
}

func TestViewOfServers(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1})
	pass(p, 2*time.Second)
	leader := 0
	for _, s := range p.View().Servers {
		if s.Role == "leader" {
			leader = s.ID
			if !strings.Contains(s.Label, "leader of term 1") || !strings.Contains(s.Detail, "committed, voted for itself") {
				t.Errorf("the leader is %+v", s)
			}
		}
	}
	value := func(id int) string { return `{"kind":"crash","server":` + string(rune('0'+id)) + `}` }
	do(t, p, "command", value(leader))
	view := p.View()
	s := view.Servers[leader-1]
	if s.Role != "crashed" || s.Alive || !strings.Contains(s.Label, "crashed, on its disk: term 1") {
		t.Errorf("the crashed leader is %+v", s)
	}
	if !strings.Contains(view.Announce, "leader of term 1, crashed.") {
		t.Errorf("announced: %q", view.Announce)
	}
	if err := p.Do("command", value(leader)); err == nil || err.Error() != s.Name+" has crashed already." {
		t.Errorf("crashing it twice: %v", err)
	}
}

func TestFeedNumbersRise(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1})
	last := 0
	for range 30 {
		pass(p, 100*time.Millisecond)
		for _, line := range p.View().Feed {
			if line.Event <= last || line.Text == "" || line.Kind == "" || line.Time == "" {
				t.Fatalf("after event %d comes %+v", last, line)
			}
			last = line.Event
		}
	}
	if last == 0 {
		t.Error("nothing was told")
	}
	do(t, p, "restartRun", `{"nodes":3,"seed":8}`)
	pass(p, 100*time.Millisecond)
	view := p.View()
	if len(view.Servers) != 3 || view.Settings != (Settings{Nodes: 3, Seed: 8, Network: p.run.Header().Network}) || len(view.Feed) == 0 || view.Feed[0].Event > 10 {
		t.Errorf("after the restart: %+v", view)
	}
}

func TestFeedIsBounded(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1})
	pass(p, 60*time.Second)
	if n := len(p.View().Feed); n != mostLines {
		t.Errorf("the feed has %d lines, want %d", n, mostLines)
	}
}

func TestCutsAreAnnouncedTogether(t *testing.T) {
	p := newPage(t, DefaultOptions())
	p.View()
	for _, to := range []string{"2", "3", "4"} {
		do(t, p, "command", `{"kind":"cut","from":1,"to":`+to+`}`)
	}
	view := p.View()
	if view.Announce != "3 directions of links were cut." || len(view.Cuts) != 3 || view.Cuts[2] != (CutView{1, 4}) {
		t.Errorf("announced %q, cuts %v", view.Announce, view.Cuts)
	}
	do(t, p, "command", `{"kind":"healAll"}`)
	if view := p.View(); view.Announce != "Every link works again." || len(view.Cuts) != 0 {
		t.Errorf("announced %q, cuts %v", view.Announce, view.Cuts)
	}
}

func TestPollOnlyWhenChanged(t *testing.T) {
	p := newPage(t, DefaultOptions())
	do(t, p, "pause", "{}")
	if p.Poll(0) == nil {
		t.Fatal("there is no first view")
	}
	if p.Poll(time.Second) != nil {
		t.Error("a view came though nothing had changed")
	}
	do(t, p, "speed", `{"value":0.1}`)
	text := p.Poll(time.Second + time.Millisecond) // what was done is shown at once
	var view View
	if err := json.Unmarshal(text, &view); err != nil || view.Speed != 0.1 || view.Playing {
		t.Errorf("%s: %v", text, err)
	}
	for _, list := range []string{`"servers":[`, `"cuts":[`, `"feed":[`, `"lessons":[`, `"lesson":null`} {
		if !strings.Contains(string(text), list) {
			t.Errorf("the view has no %s", list)
		}
	}
	do(t, p, "play", "{}")
	views := 0
	for now := 2 * time.Second; now < 4*time.Second; now += time.Second / 60 {
		p.Advance(time.Second/60, nil)
		if p.Poll(now) != nil {
			views++
		}
	}
	if views < 8 || views > 10 {
		t.Errorf("%d views came in two seconds, want at most 5 a second", views)
	}
}

func TestStepIsOneLine(t *testing.T) {
	p := newPage(t, DefaultOptions())
	do(t, p, "pause", "")
	for range 200 {
		before := p.Now()
		p.View()
		do(t, p, "step", "")
		view := p.View()
		if len(view.Feed) != 1 || view.Playing {
			t.Fatalf("a step from %v brought %d lines: %+v", before, len(view.Feed), view.Feed)
		}
	}
	if p.Now() < 100*time.Millisecond {
		t.Errorf("200 steps led to %v", p.Now())
	}
}

func TestRefusalsAreSentences(t *testing.T) {
	p := newPage(t, DefaultOptions())
	for _, test := range []struct{ name, value, want string }{
		{"explode", "{}", "There is nothing called “explode” to do"},
		{"speed", `{"value":2}`, "The speed 2: want 0.001"},
		{"speed", `{"velocity":2}`, "unknown field"},
		{"speed", ``, "there is nothing"},
		{"command", `{"kind":"crash","server":9}`, "There is no server 9"},
		{"command", `{"kind":"restart","server":1}`, "S1 has not crashed"},
		{"restartRun", `{"nodes":12,"seed":1}`, "There can be 1 to 11 servers."},
		{"restartRun", `{"nodes":5,"seed":9007199254740992}`, "A seed is a whole number from 0"},
		{"lesson.open", `{"id":"none"}`, "There is no lesson \"none\": there are leader, crash, split."},
		{"lesson.predict", `{"choice":1}`, "No lesson is open."},
		{"lesson.hint", `{}`, "No lesson is open."},
		{"select", `{"server":6}`, "There is no server 6."},
		{"progress", `{"done":7}`, "What this device has kept of your progress cannot be read"},
	} {
		err := p.Do(test.name, test.value)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v, want %q", test.name, test.value, err, test.want)
		}
	}
}

func TestLook(t *testing.T) {
	p := newPage(t, DefaultOptions())
	do(t, p, "theme", `{"dark":true,"contrast":false}`)
	do(t, p, "motion", `{"reduced":true}`)
	do(t, p, "insets", `{"top":10,"right":372.5,"bottom":60,"left":0}`)
	do(t, p, "select", `{"server":2}`)
	want := Look{Dark: true, Reduced: true, Insets: Insets{10, 372.5, 60, 0}, Selected: 2}
	if got := p.Look(); got != want {
		t.Errorf("the look is %+v, want %+v", got, want)
	}
}

func TestALessonFromStartToEnd(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1, Lesson: "leader"})
	view := p.View()
	if view.Playing || view.Lesson == nil || view.Lesson.ID != "leader" || view.Lesson.Prediction.Chosen != -1 || p.Now() != 0 {
		t.Fatalf("the lesson begins with %+v at %v", view.Lesson, p.Now())
	}
	for _, s := range view.Servers {
		if s.Role != "follower" {
			t.Errorf("at time zero %s is %s", s.Name, s.Role)
		}
	}
	do(t, p, "lesson.predict", `{"choice":0}`)
	if !p.Playing() {
		t.Fatal("the prediction did not start the clock")
	}
	pass(p, time.Second)
	view = p.View()
	if !view.Lesson.Steps[0].Done || view.Lesson.Steps[1].Done || strings.Contains(view.Lesson.Steps[1].Text, "{") {
		t.Fatalf("after a second: %+v", view.Lesson)
	}
	leader := ""
	for _, s := range view.Servers {
		if s.Role == "leader" {
			leader = string(rune('0' + s.ID))
		}
	}
	do(t, p, "lesson.hint", "{}")
	if hint := p.View().Lesson.Hint; !strings.HasPrefix(hint, "S"+leader+" wears the crown") {
		t.Errorf("the hint is %q", hint)
	}
	do(t, p, "command", `{"kind":"pause","server":`+leader+`}`)
	pass(p, 2*time.Second)
	do(t, p, "command", `{"kind":"resume","server":`+leader+`}`)
	pass(p, time.Second)
	view = p.View()
	l := view.Lesson
	if !l.Done || l.Prediction.Right != 1 || l.Prediction.Chosen != 0 || l.Reveal == "" || l.Next != "crash" || !view.Lessons[0].Done {
		t.Errorf("in the end: %+v, %+v", l, view.Lessons)
	}
	if view.Progress != `{"done":["leader"],"chosen":{"leader":0}}` || !strings.Contains(view.Announce, "Lesson done: Who is in charge?") {
		t.Errorf("to keep: %s; announced: %s", view.Progress, view.Announce)
	}
	do(t, p, "lesson.open", `{"id":"`+l.Next+`"}`)
	if view := p.View(); view.Lesson.ID != "crash" || view.Playing || p.Now() == 0 {
		t.Errorf("the next lesson: %+v at %v", view.Lesson, p.Now())
	}
	do(t, p, "lesson.close", "")
	if p.View().Lesson != nil {
		t.Error("the lesson is still open")
	}
}

func TestRestartInALessonIsTheLessonAnew(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1, Lesson: "split"})
	do(t, p, "restartRun", `{"nodes":3,"seed":11}`)
	view := p.View()
	if view.Lesson == nil || view.Settings != (Settings{Nodes: 3, Seed: 11, Network: p.run.Header().Network}) || view.Playing {
		t.Errorf("after the restart: %+v", view)
	}
	if err := p.Do("restartRun", `{"nodes":2,"seed":11}`); err == nil || !strings.Contains(err.Error(), "needs 3 servers") {
		t.Errorf("with two servers: %v", err)
	}
}

func TestProgressComesBack(t *testing.T) {
	p := newPage(t, DefaultOptions())
	do(t, p, "progress", `{"done":["crash","lesson of the future"]}`)
	view := p.View()
	if !view.Lessons[1].Done || view.Lessons[0].Done || !strings.Contains(view.Progress, "lesson of the future") {
		t.Errorf("lessons %+v, progress %s", view.Lessons, view.Progress)
	}
	do(t, p, "progress", `"{\"done\":[\"leader\"]}"`)
	if view := p.View(); !view.Lessons[0].Done || !view.Lessons[1].Done {
		t.Errorf("lessons %+v", view.Lessons)
	}
}

func TestUnknownLessonInTheAddress(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1, Lesson: "no\x00such"})
	problems := p.Problems()
	if len(problems) != 1 || !strings.Contains(problems[0], "lesson=no·such: there is no lesson") {
		t.Errorf("problems: %q", problems)
	}
	if len(p.Problems()) != 0 || !p.Playing() {
		t.Error("the problem was told twice, or the page does not play")
	}
}

func TestTraceAndHash(t *testing.T) {
	p := newPage(t, Options{Nodes: 5, Seed: 7, Speed: 1})
	pass(p, time.Second)
	do(t, p, "command", `{"kind":"crash","server":1}`)
	pass(p, time.Second)
	var text strings.Builder
	if err := p.WriteTrace(&text); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(text.String(), "\n"); lines != p.Model().Events+1 {
		t.Errorf("the trace has %d lines, and %d events were shown", lines, p.Model().Events)
	}
	hash, err := p.Hash(p.Now())
	if err != nil || len(hash) != 64 {
		t.Errorf("hash %q: %v", hash, err)
	}
	again, err := session.Hash(p.Record())
	if err != nil || again != hash {
		t.Errorf("the recorded run has the hash %s, %v; want %s", again, err, hash)
	}
	if _, err := p.Hash(p.Now() + 1); err == nil {
		t.Error("there is a hash of the future")
	}
}

// The page makes the scenarios happen with the very hashes that are written
// down.
func TestScenarioHash(t *testing.T) {
	golden, err := os.ReadFile("../../wasmnet/testdata/scenarios.sha256")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		if hash, err := ScenarioHash(name); err != nil || hash != want {
			t.Errorf("%s has the hash %s, %v; want %s", name, hash, err, want)
		}
	}
	if _, err := ScenarioHash("calm"); err == nil || !strings.Contains(err.Error(), "no scenario") {
		t.Errorf("an unknown scenario: %v", err)
	}
}

// A command from the stage that is refused is told in words.
func TestRefusedCommandOfTheStage(t *testing.T) {
	p := newPage(t, DefaultOptions())
	if err := p.Command(trace.Command{Kind: trace.Restart, Server: 1}); err == nil {
		t.Error("a running server was restarted")
	}
	if problems := p.Problems(); len(problems) != 1 || problems[0] != "S1 has not crashed, so it cannot be restarted." {
		t.Errorf("problems: %q", problems)
	}
}

// After a bug the page says so once, with what is needed to see it again, and
// stands still.
func TestBreak(t *testing.T) {
	p := newPage(t, DefaultOptions())
	p.Break("nil map")
	problems := p.Problems()
	if len(problems) != 1 || !strings.Contains(problems[0], "a bug in Raftarium: nil map") || !strings.Contains(problems[0], `"seed":7`) {
		t.Errorf("problems: %q", problems)
	}
	p.Advance(time.Second, nil)
	if len(p.Problems()) != 0 || p.Playing() || p.Now() != 0 {
		t.Error("the page goes on")
	}
	if err := p.Do("play", ""); err == nil {
		t.Error("a broken run can be played")
	}
	do(t, p, "restartRun", `{"nodes":5,"seed":8}`)
	p.Advance(time.Second, nil)
	if !p.Playing() || p.Now() == 0 {
		t.Error("a new run does not play")
	}
}
