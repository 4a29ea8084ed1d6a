package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"raftarium/cmd/raftd/node"
	"raftarium/raft"
	"raftarium/raft/kv"
)

// alone is a server with a store and no cluster behind it: it does what a test
// makes it do.
type alone struct {
	store  kv.Store
	leader raft.ServerID  // as asked before an operation
	lost   bool           // operations are not committed
	after  raft.ServerID  // the leader when an operation was not
	done   []kv.Operation // all that were asked for
}

func (s *alone) ID() raft.ServerID     { return 1 }
func (s *alone) Leader() raft.ServerID { return s.leader }

func (s *alone) HTTP(id raft.ServerID) string {
	return map[raft.ServerID]string{1: "127.0.0.1:8001", 2: "127.0.0.1:8002"}[id]
}

func (s *alone) Do(operation []byte, _ time.Duration) (kv.Result, bool, raft.ServerID) {
	o, err := kv.Decode(operation)
	if err != nil {
		panic(err)
	}
	s.done = append(s.done, o)
	if s.lost {
		return kv.Result{}, false, s.after
	}
	return s.store.Apply(operation), true, raft.None
}

func (s *alone) Status(digest bool) node.Status {
	status := node.Status{Server: 1, Role: "Leader", Term: 7}
	if digest {
		status.Digest = "abc"
	}
	return status
}

func ask(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8001"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func expect(t *testing.T, w *httptest.ResponseRecorder, code int, body string) {
	t.Helper()
	if w.Code != code || !strings.Contains(w.Body.String(), body) || body == "" && w.Body.Len() > 0 {
		t.Errorf("got %d %q, want %d %q", w.Code, w.Body, code, body)
	}
}

func TestKeysAreReadAndSet(t *testing.T) {
	h := New(&alone{leader: 1})
	expect(t, ask(h, "GET", "/kv/colour", ""), 404, `there is no key "colour"`)
	expect(t, ask(h, "PUT", "/kv/colour", "blue"), 204, "")
	expect(t, ask(h, "GET", "/kv/colour", ""), 200, "blue")
	expect(t, ask(h, "PUT", "/kv/colour?if=red", "green"), 412, "blue")
	expect(t, ask(h, "PUT", "/kv/colour?if=blue", "green"), 204, "")
	expect(t, ask(h, "PUT", "/kv/colour", "", IfHeader, "green"), 204, "")
	if w := ask(h, "GET", "/kv/colour", ""); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get(FoundHeader) != "true" {
		t.Errorf("an empty value: %d %q", w.Code, w.Body)
	}
	// "" is what a key holds that is not there.
	w := ask(h, "PUT", "/kv/new?if=", "x")
	if expect(t, w, 204, ""); w.Header().Get(FoundHeader) != "false" {
		t.Error("a key that was not there was found")
	}
	for _, key := range []string{"a/b", "/", "..", "a//b/", "é %2F", "?", "a%00b"} {
		target := "/kv/" + strings.NewReplacer("?", "%3F", " ", "%20").Replace(key)
		expect(t, ask(h, "PUT", target, "value of "+key), 204, "")
		expect(t, ask(h, "GET", target, ""), 200, "value of "+key)
	}
	big := strings.Repeat("x", MaxValue)
	expect(t, ask(h, "PUT", "/kv/big", big), 204, "")
	expect(t, ask(h, "PUT", "/kv/big", big+"x"), 413, "too big: at most 1048576 bytes")
	expect(t, ask(h, "GET", "/kv/big", ""), 200, big)
}

func TestANumberedOperationIsDoneOnce(t *testing.T) {
	s := &alone{leader: 1}
	h := New(s)
	first := []string{ClientHeader, "7", SerialHeader, "1"}
	second := []string{ClientHeader, "7", SerialHeader, "2"}
	expect(t, ask(h, "PUT", "/kv/x?if=", "1", first...), 204, "")
	expect(t, ask(h, "PUT", "/kv/x?if=", "1", first...), 204, "")
	expect(t, ask(h, "PUT", "/kv/x?if=", "1", second...), 412, "1")
	expect(t, ask(h, "PUT", "/kv/x?if=", "1", first...), 409, "client 7 has gone on to a later operation than 1")
}

func TestOperationsWithoutANumberGetOneEach(t *testing.T) {
	s := &alone{leader: 1}
	h := New(s)
	for i := range 20 {
		expect(t, ask(h, "PUT", "/kv/x", fmt.Sprint(i)), 204, "")
		expect(t, ask(h, "GET", "/kv/x", ""), 200, fmt.Sprint(i))
	}
	for i, o := range s.done {
		if o.Client != s.done[0].Client || o.Serial != uint64(i+1) {
			t.Fatalf("operation %d is number %d of client %d", i, o.Serial, o.Client)
		}
	}
	var sessions sessions
	a, b := sessions.take(), sessions.take()
	if a.client == b.client {
		t.Error("two operations at once share a session")
	}
	sessions.give(b)
	if c := sessions.take(); c.client != b.client || c.serial != b.serial+1 {
		t.Errorf("after %+v came %+v", b, c)
	}
}

func TestWhoDoesNotLeadSendsToWhoDoes(t *testing.T) {
	s := &alone{leader: 2}
	h := New(s)
	w := ask(h, "PUT", "/kv/a%2Fb?if=old%20one", "new")
	expect(t, w, 307, "server 2 leads, at 127.0.0.1:8002")
	if got := w.Header().Get("Location"); got != "http://127.0.0.1:8002/kv/a%2Fb?if=old%20one" {
		t.Errorf("sent to %s", got)
	}
	for _, unknown := range []raft.ServerID{raft.None, 3} {
		s.leader = unknown
		w = ask(h, "GET", "/kv/x", "")
		if expect(t, w, 503, "no leader is known at the moment: nothing was done"); w.Header().Get("Retry-After") != "1" {
			t.Error("it does not say when to try again")
		}
	}
	if len(s.done) > 0 {
		t.Errorf("a server that does not lead was asked for %+v", s.done)
	}
}

func TestAnOperationThatWasNotCommitted(t *testing.T) {
	numbered := []string{ClientHeader, "7", SerialHeader, "1"}
	s := &alone{leader: 1, lost: true}
	h := New(s)
	for _, after := range []raft.ServerID{raft.None, 1, 3} {
		s.after = after
		w := ask(h, "PUT", "/kv/x", "1", numbered...)
		if expect(t, w, 503, "could not be committed in time, and may yet be"); w.Header().Get("Retry-After") != "1" {
			t.Error("it does not say when to try again")
		}
	}
	s.after = 2
	expect(t, ask(h, "PUT", "/kv/x", "1", numbered...), 307, "server 2 leads")
	expect(t, ask(h, "GET", "/kv/x", ""), 307, "server 2 leads")
	// It could be done twice if it were sent elsewhere.
	expect(t, ask(h, "PUT", "/kv/x", "1"), 503, "could not be committed in time")
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	s := &alone{leader: 1}
	h := New(s)
	for want, w := range map[string]*httptest.ResponseRecorder{
		"400 a key of 0 bytes":                    ask(h, "GET", "/kv/", ""),
		"400 a key of 1025 bytes":                 ask(h, "GET", "/kv/"+strings.Repeat("k", MaxKey+1), ""),
		"405 a key can be read with GET":          ask(h, "DELETE", "/kv/x", ""),
		"400 belong together":                     ask(h, "PUT", "/kv/x", "", ClientHeader, "1"),
		"400 belong together, one":                ask(h, "PUT", "/kv/x", "", ClientHeader, "1", SerialHeader, "1", SerialHeader, "2"),
		`400 Raftd-Client is "me"`:                ask(h, "PUT", "/kv/x", "", ClientHeader, "me", SerialHeader, "1"),
		`400 Raftd-Serial is "0": want a number`:  ask(h, "PUT", "/kv/x", "", ClientHeader, "1", SerialHeader, "0"),
		"400 only a PUT can have a condition":     ask(h, "GET", "/kv/x?if=1", ""),
		"400 there is more than one condition":    ask(h, "PUT", "/kv/x?if=1", "", IfHeader, "1"),
		`400 there is no parameter "fi", only if`: ask(h, "PUT", "/kv/x?fi=1", ""),
		"400 reading what stands behind the ?":    ask(h, "PUT", "/kv/x?if=%zz", ""),
		"404 there is nothing at /favicon.ico":    ask(h, "GET", "/favicon.ico", ""),
		"405 /status can only be read":            ask(h, "PUT", "/status", ""),
		`403 not as "evil.example:8001"`:          ask(h, "GET", "/kv/x", "", "Host", "evil.example:8001"),
	} {
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); !strings.HasPrefix(got, want[:4]) || !strings.Contains(got, want[4:]) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if len(s.done) > 0 {
		t.Errorf("nonsense was carried out: %+v", s.done)
	}
	for _, host := range []string{"localhost", "localhost:8001", "127.0.0.1", "127.1.2.3:80", "[::1]:8001", "[::1]"} {
		expect(t, ask(h, "GET", "/", "", "Host", host), 200, "This is server 1 of a Raft cluster.")
	}
}

func TestStatusIsJSON(t *testing.T) {
	h := New(&alone{})
	for target, digest := range map[string]string{"/status": "", "/status?digest": "abc"} {
		var status node.Status
		if err := json.Unmarshal(ask(h, "GET", target, "").Body.Bytes(), &status); err != nil {
			t.Fatal(err)
		}
		if status.Server != 1 || status.Term != 7 || status.Digest != digest {
			t.Errorf("%s: %+v", target, status)
		}
	}
}

// Any request gets an answer, and only what makes sense is carried out.
func FuzzRequest(f *testing.F) {
	f.Add("PUT", "/kv/x?if=1", "body", "1", "2")
	f.Add("GET", "/status", "", "", "")
	f.Fuzz(func(t *testing.T, method, target, body, client, serial string) {
		r, err := http.NewRequest(method, "http://127.0.0.1:8001"+target, bytes.NewReader([]byte(body)))
		if err != nil {
			return
		}
		r.Header.Set(ClientHeader, client)
		r.Header.Set(SerialHeader, serial)
		s := &alone{leader: 1}
		w := httptest.NewRecorder()
		New(s).ServeHTTP(w, r)
		if w.Code < 200 || w.Code >= 500 || len(s.done) > 1 || w.Code == 400 && len(s.done) > 0 {
			t.Fatalf("%s %s: %d, and did %+v", method, target, w.Code, s.done)
		}
	})
}
