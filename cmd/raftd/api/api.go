// Package api lets clients use a node's store over HTTP.
//
//	GET /kv/KEY            the value of KEY; 404 if there is none
//	PUT /kv/KEY            sets KEY to the body
//	PUT /kv/KEY?if=OLD     sets KEY to the body if it holds OLD ("" if it is not there);
//	                       412 with what it holds if not
//	GET /status            how the node is, in JSON; with ?digest, a checksum of its store too
//
// Any node answers a GET, with what was the latest when it came: it asks the
// leader how far it must have come (§8 of the Raft paper), and writes nothing. A PUT on a
// node that does not lead is answered 307 with the address of the one that
// does. 503 says that no one is known to lead, or that an operation could not
// be committed or confirmed in time.
//
// After a 503 to a PUT, or without an answer, a client does not know whether its
// operation was or will be carried out. It may repeat it and have it carried
// out once, if it numbers its operations: with a random number for itself in the
// header Raftd-Client, and the operation's in Raftd-Serial, upwards from 1, one
// operation at a time (§8 of the Raft paper).
//
// api.go says what requests mean, session.go numbers the operations of clients
// who do not.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"raftarium/cmd/raftd/node"
	"raftarium/raft"
	"raftarium/raft/kv"
)

// The headers that this API has of its own.
const (
	ClientHeader = "Raftd-Client" // request: the client's number
	SerialHeader = "Raftd-Serial" // request: the number of its operation
	IfHeader     = "Raftd-If"     // request: the same as ?if=
	FoundHeader  = "Raftd-Found"  // reply to GET and PUT with a condition: whether the key was there, "true" or "false"
)

// What a key and a value may be.
const (
	MaxKey   = 1 << 10
	MaxValue = 1 << 20
)

// patience is how long a client waits for its operation to be committed.
const patience = 3 * time.Second

// Server is what the package asks of a [node.Node].
type Server interface {
	ID() raft.ServerID
	Leader() raft.ServerID
	HTTP(raft.ServerID) string
	Do(operation []byte, patience time.Duration) (result kv.Result, ok bool, leader raft.ServerID)
	Read(key string, patience time.Duration) (value string, found bool, err error)
	Status(digest bool) node.Status
}

// handler serves one node.
type handler struct {
	server   Server
	sessions sessions
}

// New returns the handler for all requests to a node.
func New(server Server) http.Handler { return &handler{server: server} }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	key, isKey := strings.CutPrefix(r.URL.Path, "/kv/")
	switch {
	case !isLoopback(r.Host):
		// A page of another origin has made its own name lead here.
		fail(w, http.StatusForbidden, "this server answers under a loopback address only, not as %q", r.Host)
	case isKey:
		h.serveKey(w, r, key)
	case r.URL.Path == "/status":
		h.serveStatus(w, r)
	case r.URL.Path == "/":
		fmt.Fprintf(w, "This is server %d of a Raft cluster. GET and PUT /kv/KEY, PUT /kv/KEY?if=OLD, GET /status.\n", h.server.ID())
	default:
		fail(w, http.StatusNotFound, "there is nothing at %s: keys are under /kv/, and there is /status", r.URL.Path)
	}
}

// isLoopback reports whether a request's Host names this machine to itself.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func fail(w http.ResponseWriter, code int, format string, args ...any) {
	http.Error(w, fmt.Sprintf(format, args...), code)
}

func (h *handler) serveStatus(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		fail(w, http.StatusMethodNotAllowed, "/status can only be read, with GET")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.Encode(h.server.Status(r.URL.Query().Has("digest"))) // an error is the client's going away
}

// serveKey carries out an operation on a key.
func (h *handler) serveKey(w http.ResponseWriter, r *http.Request, key string) {
	operation, code, err := readOperation(w, r, key)
	if err != nil {
		if code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, PUT")
		}
		fail(w, code, "%v", err)
		return
	}
	if operation.Kind == kv.Get {
		h.read(w, operation)
		return
	}
	if leader := h.server.Leader(); leader != h.server.ID() {
		if !h.redirect(w, r, leader) {
			unavailable(w, "no leader is known at the moment: nothing was done, try again")
		}
		return
	}
	numbered := operation.Serial > 0
	if !numbered {
		own := h.sessions.take()
		defer h.sessions.give(own)
		operation.Client, operation.Serial = own.client, own.serial
	}
	result, ok, leader := h.server.Do(operation.Encode(), patience)
	switch {
	case ok:
		answer(w, operation, result)
	case numbered && h.redirect(w, r, leader):
		// What is not numbered must not be repeated behind the client's back: it
		// could be done twice.
	default:
		unavailable(w, "the operation could not be committed in time, and may yet be. With the headers %s and %s it can be repeated "+
			"and is done once", ClientHeader, SerialHeader)
	}
}

// read answers a GET.
func (h *handler) read(w http.ResponseWriter, operation kv.Operation) {
	value, found, err := h.server.Read(operation.Key, patience)
	switch {
	case errors.Is(err, raft.ErrNotLeader):
		unavailable(w, "no leader is known at the moment: try again")
	case err != nil:
		unavailable(w, "the read could not be confirmed: %v; try again", err)
	default:
		answer(w, operation, kv.Result{Value: value, Found: found})
	}
}

// redirect sends a client to the leader. It returns false, and has done
// nothing, if that is this server or is not known.
func (h *handler) redirect(w http.ResponseWriter, r *http.Request, leader raft.ServerID) bool {
	address := h.server.HTTP(leader)
	if leader == raft.None || leader == h.server.ID() || address == "" {
		return false
	}
	target := url.URL{Scheme: "http", Host: address, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", target.String())
	fail(w, http.StatusTemporaryRedirect, "server %d leads, at %s", leader, address)
	return true
}

func unavailable(w http.ResponseWriter, format string, args ...any) {
	w.Header().Set("Retry-After", "1")
	fail(w, http.StatusServiceUnavailable, format, args...)
}

// answer tells a client what came of its operation.
func answer(w http.ResponseWriter, operation kv.Operation, result kv.Result) {
	if result.Refused == kv.SerialTooOld {
		fail(w, http.StatusConflict, "client %d has gone on to a later operation than %d: nothing was done now, and what came of that one is "+
			"not known any more", operation.Client, operation.Serial)
		return
	}
	if operation.Kind != kv.Put {
		w.Header().Set(FoundHeader, strconv.FormatBool(result.Found))
	}
	switch {
	case operation.Kind == kv.Get && !result.Found:
		fail(w, http.StatusNotFound, "there is no key %q", operation.Key)
	case operation.Kind == kv.Get:
		w.Header().Set("Content-Type", "application/octet-stream")
		io.WriteString(w, result.Value)
	case operation.Kind == kv.CompareAndSwap && !result.Swapped:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(http.StatusPreconditionFailed)
		io.WriteString(w, result.Value)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// readOperation says what a request asks for; or which code and error answer
// it. An operation without a number has Serial 0.
func readOperation(w http.ResponseWriter, r *http.Request, key string) (o kv.Operation, code int, err error) {
	if key == "" || len(key) > MaxKey {
		return o, http.StatusBadRequest, fmt.Errorf("a key of %d bytes: want 1 to %d", len(key), MaxKey)
	}
	o.Key = key
	switch r.Method {
	case http.MethodGet:
		o.Kind = kv.Get
	case http.MethodPut:
		o.Kind = kv.Put
	default:
		return o, http.StatusMethodNotAllowed, fmt.Errorf("a key can be read with GET and set with PUT, not %s", r.Method)
	}
	if o.Client, o.Serial, err = readNumbers(r.Header); err != nil {
		return o, http.StatusBadRequest, err
	}
	if err := readCondition(r, &o); err != nil {
		return o, http.StatusBadRequest, err
	}
	if o.Kind == kv.Get {
		return o, 0, nil
	}
	value, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxValue))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return o, http.StatusRequestEntityTooLarge, fmt.Errorf("the value is too big: at most %d bytes are allowed", MaxValue)
	}
	if err != nil {
		return o, http.StatusBadRequest, fmt.Errorf("reading the value: %w", err)
	}
	o.Value = string(value)
	return o, 0, nil
}

// readCondition makes a PUT with ?if= or the header for it a compare-and-swap.
func readCondition(r *http.Request, o *kv.Operation) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("reading what stands behind the ?: %w", err)
	}
	for name := range query {
		if name != "if" {
			return fmt.Errorf("there is no parameter %q, only if", name)
		}
	}
	conditions := append(query["if"], r.Header.Values(IfHeader)...)
	switch {
	case len(conditions) == 0:
		return nil
	case o.Kind == kv.Get:
		return errors.New("only a PUT can have a condition")
	case len(conditions) > 1:
		return errors.New("there is more than one condition: want one, with ?if= or the header " + IfHeader)
	}
	o.Kind, o.Expected = kv.CompareAndSwap, conditions[0]
	return nil
}

// readNumbers reads the headers with which a client numbers its operations; 0
// and 0 without.
func readNumbers(header http.Header) (client, serial uint64, err error) {
	clients, serials := header.Values(ClientHeader), header.Values(SerialHeader)
	if len(clients) == 0 && len(serials) == 0 {
		return 0, 0, nil
	}
	if len(clients) != 1 || len(serials) != 1 {
		return 0, 0, fmt.Errorf("the headers %s and %s belong together, one of each", ClientHeader, SerialHeader)
	}
	if client, err = strconv.ParseUint(clients[0], 10, 64); err != nil {
		return 0, 0, fmt.Errorf("%s is %q: want a number from 0 up", ClientHeader, clients[0])
	}
	if serial, err = strconv.ParseUint(serials[0], 10, 64); err != nil || serial == 0 {
		return 0, 0, fmt.Errorf("%s is %q: want a number from 1 up", SerialHeader, serials[0])
	}
	return client, serial, nil
}
