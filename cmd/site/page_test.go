//go:build !js

// The tests of the built page: it is built as a host would get it, served as the
// plainest host would serve it, and visited in Chromium with a real mouse, real
// fingers and real keys. What happened is read from the trace.
//
// page_test.go is how a test visits the page. The other files are the visits.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftarium/cmd/internal/browser"
	"raftarium/cmd/internal/site"
	"raftarium/raft"
	"raftarium/raft/trace"
)

// withoutBrowser is the environment variable that leaves these tests out.
const withoutBrowser = "RAFTARIUM_NO_BROWSER"

// patience is how long a visit waits for what has to come. Nothing is asserted
// about how long it takes.
const patience = 90 * time.Second

// host is the built page on its host, and the browser that visits it.
type host struct {
	browser *browser.Browser
	origin  string // its address; the page is in the folder some/where, as it may be anywhere
}

// around is somebody's page with Raftarium in it.
const around = `<!doctype html><title>A page about Raft</title><link rel="icon" href="data:,">
<body style="margin:0"><iframe src="some/where/?embed=1&seed=7" style="width:800px;height:580px;border:0;display:block"></iframe>
<div style="height:3000px">and much text</div></body>`

// theHost is set by TestMain, before the tests.
var theHost *host

func TestMain(m *testing.M) {
	if os.Getenv(withoutBrowser) != "" {
		os.Exit(m.Run())
	}
	os.Exit(withHost(m.Run))
}

// withHost builds the page, serves it, starts the browser, runs the tests and
// returns their exit code.
func withHost(run func() int) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, "preparing the tests of the page:", err)
		return 1
	}
	root, err := site.Root()
	if err != nil {
		return fail(err)
	}
	built, err := site.Build(ctx, root)
	if err != nil {
		return fail(err)
	}
	folder, err := os.MkdirTemp("", "raftarium-page-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(folder)
	if _, err := built.Write(filepath.Join(folder, "some", "where"), site.Fast()); err != nil {
		return fail(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "around.html"), []byte(around), 0o644); err != nil {
		return fail(err)
	}
	server := httptest.NewServer(site.Host(folder))
	defer server.Close()
	b, err := browser.Start(ctx)
	if err != nil {
		return fail(err)
	}
	defer b.Close()
	theHost = &host{browser: b, origin: server.URL + "/"}
	return run()
}

// visit is a page that is open in a test.
type visit struct {
	*browser.Page
	t *testing.T
}

// withoutDrawing leaves out what a graphics card does, which takes software so
// long that everything else would wait for it. The trace does not depend on it;
// TestTheStageIsDrawn looks at the picture.
const withoutDrawing = `WebGL2RenderingContext.prototype.drawElements = () => {};`

// small is a window of a computer.
func small() browser.Window {
	return browser.Window{Width: 900, Height: 600, Before: withoutDrawing}
}

// phone is a telephone.
func phone() browser.Window {
	return browser.Window{Width: 375, Height: 667, Touch: true, Before: withoutDrawing}
}

// open opens the page with a query such as "?nodes=3" and waits for its
// cluster. When the test is over, the page must not have complained, and must
// not have fetched anything from elsewhere.
func open(t *testing.T, query string, window browser.Window) *visit {
	t.Helper()
	v := load(t, "some/where/"+query, window)
	v.wait("document.documentElement.classList.contains('running')")
	return v
}

// load opens any page of the host, and waits for nothing.
func load(t *testing.T, name string, window browser.Window) *visit {
	t.Helper()
	if theHost == nil {
		t.Skipf("%s is set: the tests of the page in a browser are left out; make test-browser runs them", withoutBrowser)
	}
	page, err := theHost.browser.Open(theHost.origin+name, window)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Page: page, t: t}
	t.Cleanup(func() {
		defer page.Close()
		for _, problem := range page.Problems() {
			t.Errorf("the page complained: %s", problem)
		}
		for _, request := range page.Requests() {
			if !strings.HasPrefix(request, theHost.origin) && !strings.HasPrefix(request, "data:") {
				t.Errorf("the page fetched something from elsewhere: %s", request)
			}
		}
		if t.Failed() {
			v.keepPicture()
		}
	})
	return v
}

// keepPicture keeps what a failed test saw, where the environment says so.
func (v *visit) keepPicture() {
	folder := os.Getenv("RAFTARIUM_PICTURES")
	if folder == "" {
		return
	}
	picture, err := v.Screenshot()
	if err != nil {
		v.t.Logf("no picture: %v", err)
		return
	}
	name := filepath.Join(folder, strings.ReplaceAll(v.t.Name(), "/", "-")+".png")
	if err := os.WriteFile(name, picture, 0o644); err != nil {
		v.t.Log(err)
	}
}

// must ends the test if an action failed.
func (v *visit) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// wait waits until a script's value is true.
func (v *visit) wait(script string) {
	v.t.Helper()
	v.must(v.Wait(script, patience))
}

// ask returns the value of a script.
func ask[T any](v *visit, script string) T {
	v.t.Helper()
	value, err := browser.Evaluate[T](v.Page, script)
	v.must(err)
	return value
}

// tell asks the program to do something, as the page does.
func (v *visit) tell(name, value string) {
	v.t.Helper()
	if why := ask[string](v, fmt.Sprintf("raftarium.do(%q, %q) ?? ''", name, value)); why != "" {
		v.t.Fatalf("%s %s: %s", name, value, why)
	}
}

// trace returns the events of the run so far, and the cluster that they make.
func (v *visit) trace() ([]trace.Event, *trace.Model) {
	v.t.Helper()
	reader, err := trace.NewReader(strings.NewReader(ask[string](v, "raftarium.trace()")))
	v.must(err)
	model := trace.NewModel(reader.Header())
	var events []trace.Event
	for {
		var e trace.Event
		err := reader.Read(&e)
		if errors.Is(err, io.EOF) {
			return events, model
		}
		v.must(err)
		v.must(model.Fold(&e))
		events = append(events, e)
	}
}

// await waits until the cluster is in some state, and returns the trace up to
// there.
func (v *visit) await(what string, is func(*trace.Model) bool) ([]trace.Event, *trace.Model) {
	v.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		events, model := v.trace()
		if is(model) {
			return events, model
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("waited %v in vain for %s", patience, what)
		}
		v.must(v.Pause(100 * time.Millisecond))
	}
}

// awaitLeader waits for a leader and returns it.
func (v *visit) awaitLeader() raft.ServerID {
	v.t.Helper()
	_, model := v.await("a leader", func(m *trace.Model) bool { return leader(m) != raft.None })
	return leader(model)
}

// leader returns the running leader with the newest term, or None.
func leader(m *trace.Model) raft.ServerID {
	best, newest := raft.None, raft.Term(0)
	for _, s := range m.Servers {
		if s.Alive && !s.Paused && s.Role == raft.Leader && s.Term > newest {
			best, newest = s.ID, s.Term
		}
	}
	return best
}

// spot is a thing on the stage, where a hand can find it.
type spot struct {
	Kind string  `json:"kind"`
	ID   int     `json:"id"`
	From int     `json:"from"`
	To   int     `json:"to"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	R    float64 `json:"r"`
}

func (s spot) point() browser.Point { return browser.Point{X: s.X, Y: s.Y} }

// spots returns the things of a kind on the stage.
func (v *visit) spots(kind string) []spot {
	v.t.Helper()
	var all []spot
	v.must(json.Unmarshal([]byte(ask[string](v, "raftarium.spots()")), &all))
	var found []spot
	for _, s := range all {
		if s.Kind == kind {
			found = append(found, s)
		}
	}
	return found
}

// server returns where a server is on the stage.
func (v *visit) server(id raft.ServerID) spot {
	v.t.Helper()
	for _, s := range v.spots("server") {
		if s.ID == int(id) {
			return s
		}
	}
	v.t.Fatalf("server %d is not on the stage", id)
	return spot{}
}

// element returns the middle of an element of the page, scrolled into view.
func (v *visit) element(selector string) browser.Point {
	v.t.Helper()
	type box struct{ X, Y, Width, Height float64 }
	b := ask[box](v, fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		if (!element) throw new Error("there is no " + %[1]q);
		element.scrollIntoView({block: "nearest"});
		const {x, y, width, height} = element.getBoundingClientRect();
		return {X: x, Y: y, Width: width, Height: height};
	})()`, selector))
	if b.Width == 0 || b.Height == 0 {
		v.t.Fatalf("%s cannot be seen", selector)
	}
	return browser.Point{X: b.X + b.Width/2, Y: b.Y + b.Height/2}
}

// press presses an element of the page with the mouse or a finger.
func (v *visit) press(selector string) {
	v.t.Helper()
	v.must(v.Press(v.element(selector)))
}

// text returns the text of an element.
func (v *visit) text(selector string) string {
	v.t.Helper()
	return ask[string](v, fmt.Sprintf("document.querySelector(%q)?.textContent ?? ''", selector))
}
