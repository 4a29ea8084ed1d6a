//go:build !js

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftarium/cmd/raftd/api"
	"raftarium/raft/check/history"
	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// witness keeps what the clients of a campaign saw.
type witness struct {
	began time.Time
	acked atomic.Int64

	mu      sync.Mutex
	history history.History
	err     error
}

func (w *witness) note(kind trace.Kind, client int, o kv.Operation, result []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	event := trace.Event{At: time.Since(w.began), Kind: kind, From: trace.NodeID(-client), Operation: o.Encode(), Result: result}
	w.err = errors.Join(w.err, w.history.Observe(&event))
}

// customer is a client: it does one operation after another, and repeats each
// until it is answered.
type customer struct {
	number  int
	fleet   *fleet
	witness *witness
	id      uint64
	serial  uint64
	server  int    // whom it asks first
	own     string // what its own key holds for certain
}

func newCustomer(number int, f *fleet, w *witness) *customer {
	return &customer{number: number, fleet: f, witness: w, id: rand.Uint64(), server: 1 + number%3}
}

func (c *customer) ownKey() string { return fmt.Sprintf("of client %d", c.number) }

// work does random operations until done says so.
func (c *customer) work(done func() bool) error {
	for !done() {
		if err := c.do(c.randomOperation()); err != nil {
			return err
		}
		time.Sleep(rand.N(4 * time.Millisecond))
	}
	return nil
}

func (c *customer) randomOperation() kv.Operation {
	o := kv.Operation{Key: string('a' + rune(rand.IntN(4)))}
	switch rand.IntN(4) {
	case 0:
		o.Kind = kv.Get
	case 1:
		o.Kind, o.Value = kv.Put, fmt.Sprint(rand.IntN(5))
	case 2:
		o.Kind, o.Expected, o.Value = kv.CompareAndSwap, fmt.Sprint(rand.IntN(5)), fmt.Sprint(rand.IntN(5))
	default:
		o.Kind, o.Key, o.Value = kv.Put, c.ownKey(), fmt.Sprintf("operation %d%s", c.serial, strings.Repeat(".", rand.IntN(300)))
	}
	return o
}

// do does an operation and tells the witness.
func (c *customer) do(o kv.Operation) error {
	c.serial++
	o.Client, o.Serial = c.id, c.serial
	c.witness.note(trace.ClientInvoked, c.number, o, nil)
	for began := time.Now(); time.Since(began) < patience; {
		result, err := c.try(o)
		if errors.Is(err, errTryAgain) {
			c.server = 1 + c.server%3
			time.Sleep(rand.N(40 * time.Millisecond))
			continue
		}
		if err != nil {
			return err
		}
		c.witness.note(trace.ClientReturned, c.number, o, result.Encode())
		c.witness.acked.Add(1)
		if o.Key == c.ownKey() && o.Kind == kv.Put {
			c.own = o.Value
		}
		return nil
	}
	return fmt.Errorf("client %d got no answer to %+v", c.number, o)
}

var errTryAgain = errors.New("try again")

// try asks a server once; redirections are followed.
func (c *customer) try(o kv.Operation) (kv.Result, error) {
	target := "http://" + c.fleet.http[c.server] + "/kv/" + url.PathEscape(o.Key)
	method, body := http.MethodGet, ""
	if o.Kind != kv.Get {
		method, body = http.MethodPut, o.Value
	}
	if o.Kind == kv.CompareAndSwap {
		target += "?if=" + url.QueryEscape(o.Expected)
	}
	request, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return kv.Result{}, err
	}
	request.Header.Set(api.ClientHeader, fmt.Sprint(o.Client))
	request.Header.Set(api.SerialHeader, fmt.Sprint(o.Serial))
	reply, err := c.fleet.client.Do(request)
	if err != nil {
		return kv.Result{}, errTryAgain // the server is down, or went down
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode == http.StatusServiceUnavailable {
		return kv.Result{}, errTryAgain
	}
	return c.understand(o, reply, string(text))
}

func (c *customer) understand(o kv.Operation, reply *http.Response, text string) (kv.Result, error) {
	found := reply.Header.Get(api.FoundHeader) == "true"
	switch {
	case reply.StatusCode == http.StatusOK && o.Kind == kv.Get:
		return kv.Result{Value: text, Found: found}, nil
	case reply.StatusCode == http.StatusNotFound && o.Kind == kv.Get:
		return kv.Result{}, nil
	case reply.StatusCode == http.StatusNoContent && o.Kind == kv.Put:
		return kv.Result{}, nil
	case reply.StatusCode == http.StatusNoContent && o.Kind == kv.CompareAndSwap:
		return kv.Result{Value: o.Expected, Found: found, Swapped: true}, nil
	case reply.StatusCode == http.StatusPreconditionFailed && o.Kind == kv.CompareAndSwap:
		return kv.Result{Value: text, Found: found}, nil
	}
	return kv.Result{}, fmt.Errorf("client %d: %+v was answered %s: %s", c.number, o, reply.Status, text)
}
