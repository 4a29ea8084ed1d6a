package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/fsnotify/fsnotify"

	"raftarium/cmd/internal/site"
)

var page = bytes.Repeat([]byte("<p>raft</p>"), 100)

func served(t *testing.T) (*pages, string) {
	t.Helper()
	p := newPages()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.URL
}

func get(t *testing.T, address string, header ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	// A transport of its own shows what is really sent.
	response, err := (&http.Transport{DisableCompression: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestFilesComeInTheSmallestFormThatTheBrowserTakes(t *testing.T) {
	p, address := served(t)
	p.show(&site.Site{Files: map[string][]byte{"assets/x/a.wasm": page, "assets/x/f.woff2": page}})
	for _, c := range []struct{ name, accepted, encoding string }{
		{"a.wasm", "", ""},
		{"a.wasm", "gzip", "gzip"},
		{"a.wasm", "gzip, deflate, br, zstd", "br"},
		{"a.wasm", "br;q=0, gzip;q=0.5", "gzip"},
		{"f.woff2", "gzip, br", ""},
	} {
		response := get(t, address+"/assets/x/"+c.name, "Accept-Encoding", c.accepted)
		if got := response.Header.Get("Content-Encoding"); got != c.encoding {
			t.Errorf("%s for a browser that accepts %q came as %q, want %q", c.name, c.accepted, got, c.encoding)
		}
		var unpacked io.Reader = response.Body
		switch c.encoding {
		case "gzip":
			var err error
			if unpacked, err = gzip.NewReader(response.Body); err != nil {
				t.Fatal(err)
			}
		case "br":
			unpacked = brotli.NewReader(response.Body)
		}
		if got := body(t, unpacked); !bytes.Equal(got, page) {
			t.Errorf("%s as %q unpacks to %d bytes that are not the file", c.name, c.encoding, len(got))
		}
	}
	response := get(t, address+"/assets/x/a.wasm")
	if got := response.Header.Get("Content-Type"); got != "application/wasm" {
		t.Errorf("the program came as %q", got)
	}
	again := get(t, address+"/assets/x/a.wasm", "If-None-Match", response.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("what the browser has came again: %s", again.Status)
	}
}

func TestWhatIsNotThereIsSaidSo(t *testing.T) {
	p, address := served(t)
	p.show(&site.Site{Files: map[string][]byte{"index.html": page}})
	if got := get(t, address+"/nothing.js").StatusCode; got != http.StatusNotFound {
		t.Errorf("a missing file answered %d", got)
	}
	if got := get(t, address+"/../../etc/passwd").StatusCode; got != http.StatusNotFound {
		t.Errorf("a path out of the site answered %d", got)
	}
	response, err := http.Post(address, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST answered %s", response.Status)
	}
}

func TestBeforeTheFirstBuildThePageSaysWhy(t *testing.T) {
	p, address := served(t)
	response := get(t, address)
	if text := string(body(t, response.Body)); response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "Building the page") {
		t.Errorf("before the first build: %s\n%s", response.Status, text)
	}
	p.fail(errors.New("game.go:1: syntax error <here>"))
	text := string(body(t, get(t, address).Body))
	if !strings.Contains(text, "syntax error &lt;here&gt;") {
		t.Errorf("after a failed build the page does not show it:\n%s", text)
	}
}

func TestOpenPagesHearOfBuilds(t *testing.T) {
	p, address := served(t)
	p.show(&site.Site{Files: map[string][]byte{"index.html": []byte("<body></body>")}})
	if text := string(body(t, get(t, address).Body)); !strings.Contains(text, changesPath) {
		t.Errorf("the page does not listen for changes:\n%s", text)
	}
	lines := bufio.NewReader(get(t, address+changesPath).Body)
	next := func() string {
		t.Helper()
		text := ""
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == "\n" {
				return text
			}
			text += line
		}
	}
	p.fail(errors.New("broken\nline"))
	if got := next(); got != "event: failure\ndata: \"broken\\nline\"\n" {
		t.Errorf("a failed build was told as %q", got)
	}
	p.show(&site.Site{Files: map[string][]byte{}})
	if got := next(); !strings.HasPrefix(got, "event: reload\n") {
		t.Errorf("a build was told as %q", got)
	}
}

func TestChangesOfSourcesAreSeenAlsoInNewFolders(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"game", ".build"} {
		if err := os.Mkdir(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	changes, err := watch(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("game/a.go")
	<-changes
	if err := os.Mkdir(filepath.Join(root, "game", "stage"), 0o755); err != nil {
		t.Fatal(err)
	}
	<-changes
	write("game/stage/b.go")
	<-changes
}

func TestOnlySourcesAreAReasonToBuild(t *testing.T) {
	for name, want := range map[string]bool{
		"game/a.go": true, "index.html": true, "assets/lessons/a.md": true, "go.mod": true,
		"game/a_test.go": false, "game/a.go~": false, "game/.a.go.swp": false, "notes.tmp": false,
	} {
		if got := isSource(fsnotify.Event{Name: name, Op: fsnotify.Write}); got != want {
			t.Errorf("a change of %s is a reason to build: %v, want %v", name, got, want)
		}
	}
	if isSource(fsnotify.Event{Name: "game/a.go", Op: fsnotify.Chmod}) {
		t.Error("a change of mode alone is a reason to build")
	}
}

func TestAddressesThatCannotBeAreExplained(t *testing.T) {
	if err := run(context.Background(), "8080", nil); err == nil || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("an address without a colon gave %v", err)
	}
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := run(context.Background(), taken.Addr().String(), nil); err == nil || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("a taken address gave %v", err)
	}
	if err := run(context.Background(), "localhost:0", []string{"now"}); err == nil || !strings.Contains(err.Error(), `"now"`) {
		t.Errorf("a word that is no flag gave %v", err)
	}
}
