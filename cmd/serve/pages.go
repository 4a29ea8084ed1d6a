package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"path"
	"strings"
	"sync"

	"raftarium/cmd/internal/site"
)

// changesPath is where open pages hear of changes.
const changesPath = "/-/changes"

// pages serves the page as it was last built, and tells open pages when that
// changes.
type pages struct {
	mutex   sync.Mutex
	site    *site.Site
	failure string            // why the last build failed, or empty
	packed  map[string][]byte // compressed files of the site, by encoding and name
	changed chan struct{}     // closed at the next change
}

func newPages() *pages {
	return &pages{changed: make(chan struct{})}
}

// show serves another site from now on.
func (p *pages) show(built *site.Site) {
	p.change(func() {
		p.site, p.failure, p.packed = built, "", make(map[string][]byte)
	})
}

// fail tells open pages that the build failed. The last site stays.
func (p *pages) fail(err error) {
	p.change(func() { p.failure = err.Error() })
}

func (p *pages) change(apply func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	apply()
	close(p.changed)
	p.changed = make(chan struct{})
}

// ServeHTTP answers a browser.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This server only hands out files.", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == changesPath {
		p.tellChanges(w, r)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	content, encoding, state := p.file(name, r.Header.Get("Accept-Encoding"))
	switch state {
	case http.StatusOK:
		serveFile(w, r, name, content, encoding)
	case http.StatusServiceUnavailable:
		w.Header().Set("Content-Type", site.ContentType("index.html"))
		w.WriteHeader(state)
		w.Write(content)
	default:
		http.Error(w, fmt.Sprintf("The page has no file %q.", name), state)
	}
}

func serveFile(w http.ResponseWriter, r *http.Request, name string, content []byte, encoding string) {
	header := w.Header()
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	header.Set("Content-Type", site.ContentType(name))
	header.Set("ETag", tag)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	if site.Immutable(name) {
		header.Set("Cache-Control", "max-age=31536000, immutable")
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method == http.MethodGet {
		w.Write(content)
	}
}

// file returns a file of the site, in the smallest form that the browser
// accepts, and the status to answer with.
func (p *pages) file(name, accepted string) (content []byte, encoding string, status int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.site == nil {
		return waitingPage(p.failure), "", http.StatusServiceUnavailable
	}
	content, ok := p.site.Files[name]
	if !ok {
		return nil, "", http.StatusNotFound
	}
	if name == "index.html" {
		content = withScript(content)
	}
	encoding = chooseEncoding(name, accepted)
	if encoding == "" {
		return content, "", http.StatusOK
	}
	key := encoding + " " + name
	if _, ok := p.packed[key]; !ok {
		if encoding == "br" {
			p.packed[key] = site.Fast().BrotliBytes(content)
		} else {
			p.packed[key] = site.Fast().GzipBytes(content)
		}
	}
	return p.packed[key], encoding, http.StatusOK
}

// chooseEncoding returns "br", "gzip" or "" for a file, by what the browser
// says that it accepts.
func chooseEncoding(name, accepted string) string {
	if !site.Packable(name) {
		return ""
	}
	for _, encoding := range []string{"br", "gzip"} {
		for one := range strings.SplitSeq(accepted, ",") {
			token, parameters, _ := strings.Cut(strings.TrimSpace(one), ";")
			if token == encoding && strings.ReplaceAll(parameters, " ", "") != "q=0" {
				return encoding
			}
		}
	}
	return ""
}

// tellChanges tells one open page about every change, as server-sent events:
// "reload", or "failure" with what the compiler said.
func (p *pages) tellChanges(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "This connection cannot stream.", http.StatusInternalServerError)
		return
	}
	p.mutex.Lock()
	failure, changed := p.failure, p.changed
	p.mutex.Unlock()
	if failure != "" {
		writeEvent(w, "failure", failure)
	}
	flusher.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
		p.mutex.Lock()
		failure, changed = p.failure, p.changed
		p.mutex.Unlock()
		if failure != "" {
			writeEvent(w, "failure", failure)
		} else {
			writeEvent(w, "reload", "")
		}
		flusher.Flush()
	}
}

func writeEvent(w http.ResponseWriter, name, text string) {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
}

// script is added to index.html by this server alone; a built site does not
// have it.
const script = `<script>
(function () {
  var changes = new EventSource("` + changesPath + `");
  changes.addEventListener("reload", function () { location.reload(); });
  changes.addEventListener("failure", function (event) {
    var box = document.getElementById("build-failure");
    if (!box) {
      box = document.createElement("pre");
      box.id = "build-failure";
      box.setAttribute("role", "alert");
      box.style.cssText = "position:fixed;inset:auto 16px 16px 16px;z-index:9;max-height:50%;overflow:auto;margin:0;padding:16px;" +
        "border:2px solid #D33;border-radius:8px;background:#FFF;color:#16202E;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap";
      document.body.append(box);
    }
    box.textContent = "The build failed, so this is the page as it was before.\n\n" + JSON.parse(event.data);
  });
})();
</script>
`

func withScript(index []byte) []byte {
	return bytes.Replace(index, []byte("</body>"), []byte(script+"</body>"), 1)
}

// waitingPage is shown before the first build is done, or if it failed.
func waitingPage(failure string) []byte {
	words := "Building the page. It opens here when it is done."
	if failure != "" {
		words = "The build failed. Mend it, and the page opens here."
	}
	return fmt.Appendf(nil, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Raftarium</title>
<body style="font:16px/1.5 system-ui;margin:48px;max-width:900px"><h1 style="font-size:20px">%s</h1>
<pre style="white-space:pre-wrap">%s</pre>
<script>new EventSource("%s").addEventListener("reload", function () { location.reload(); });</script></body></html>`,
		words, html.EscapeString(failure), changesPath)
}
