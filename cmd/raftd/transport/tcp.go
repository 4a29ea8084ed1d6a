// Package transport carries the messages of Raft servers over TCP.
//
// From each server to each other there is one connection, which lives as long as
// both do. Any number of calls are under way on it at once; each has a number,
// and its reply comes with the same number, whenever it is ready. Frames and the first
// words of a connection are in frame.go, one connection in connection.go, and
// how they come to be in tcp.go.
package transport

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"raftarium/raft"
)

// How long a server waits before it tries again to reach another. The wait
// doubles from least to most, and each is drawn from its upper half, so that
// servers do not try in step.
const (
	leastWait = 20 * time.Millisecond
	mostWait  = 500 * time.Millisecond
)

// Config says which server this is and where the others are.
type Config struct {
	ID        raft.ServerID
	Addresses map[raft.ServerID]string // host:port of every server, this one included
	Announce  string                   // told to every server that is connected; Peer shows what the others announced

	// CallTimeout is how long a call waits for its reply, and a write for the
	// other side to take it.
	CallTimeout time.Duration

	// Log is told, in a sentence, what happens to connections. It may be
	// called from any goroutine.
	Log func(sentence string)
}

// TCP is a [raft.Transport]. Listen makes one. All its methods may be called
// from any goroutine.
type TCP struct {
	config   Config
	listener net.Listener
	handle   func(raft.Message) (raft.Message, bool)
	peers    map[raft.ServerID]*peer
	closed   chan struct{}
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool // all that are open, so that Close can end them
}

// peer is another server.
type peer struct {
	id      raft.ServerID
	address string
	wake    chan struct{} // there is reason to believe that it can be reached now

	mu        sync.Mutex
	outgoing  *connection // for calls to it; nil: it is not connected
	incoming  net.Conn    // on which it calls
	announced string
}

// Listen begins to listen at the server's own address. Nothing is answered and
// no one is called until Serve.
func Listen(config Config) (*TCP, error) {
	own, known := config.Addresses[config.ID]
	if !known {
		return nil, fmt.Errorf("there is no address for server %d itself", config.ID)
	}
	listener, err := net.Listen("tcp", own)
	if err != nil {
		return nil, fmt.Errorf("listening for other servers: %w", err)
	}
	t := &TCP{
		config:   config,
		listener: listener,
		peers:    make(map[raft.ServerID]*peer),
		closed:   make(chan struct{}),
		conns:    make(map[net.Conn]bool),
	}
	for id, address := range config.Addresses {
		if id != config.ID {
			t.peers[id] = &peer{id: id, address: address, wake: make(chan struct{}, 1)}
		}
	}
	return t, nil
}

// Serve begins to connect to the other servers, and to answer their calls with
// handle, each in a goroutine of its own. It returns at once.
func (t *TCP) Serve(handle func(raft.Message) (reply raft.Message, ok bool)) {
	t.handle = handle
	t.running.Go(t.accept)
	for _, p := range t.peers {
		t.running.Go(func() { t.keepConnected(p) })
	}
}

// Call implements [raft.Transport]. To a server that is not connected it
// returns at once.
func (t *TCP) Call(to raft.ServerID, request raft.Message) (raft.Message, bool) {
	p := t.peers[to]
	if p == nil {
		return nil, false
	}
	p.mu.Lock()
	c := p.outgoing
	p.mu.Unlock()
	if c == nil {
		return nil, false
	}
	return c.call(request)
}

// Peer tells whether another server can be called now, and what it announced
// when it was last connected; "" if it never was.
func (t *TCP) Peer(id raft.ServerID) (announced string, connected bool) {
	p := t.peers[id]
	if p == nil {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.announced, p.outgoing != nil
}

// Close ends all connections and waits until every goroutine of the transport
// has ended; calls that wait return false. The handler must return: a server
// is stopped first.
func (t *TCP) Close() error {
	close(t.closed)
	err := t.listener.Close()
	t.mu.Lock()
	for conn := range t.conns {
		conn.Close()
	}
	t.mu.Unlock()
	t.running.Wait()
	return err
}

// keepConnected is the goroutine that has a connection to a peer made, again
// and again.
func (t *TCP) keepConnected(p *peer) {
	wait, said := leastWait, ""
	for !t.isClosed() {
		c, err := t.connect(p)
		if err == nil {
			t.config.Log(fmt.Sprintf("connected to S%d at %s", p.id, p.address))
			err = c.readReplies()
			p.use(nil)
			wait, said = leastWait, ""
		}
		if t.isClosed() {
			return
		}
		if sentence := fmt.Sprintf("S%d at %s: %v", p.id, p.address, err); sentence != said {
			t.config.Log(sentence)
			said = sentence
		}
		pause := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-p.wake:
			wait = leastWait
		case <-pause.C:
			wait = min(2*wait, mostWait)
		case <-t.closed:
		}
		pause.Stop()
	}
}

// connect makes a connection to a peer that is ready for calls.
func (t *TCP) connect(p *peer) (*connection, error) {
	dialer := net.Dialer{Timeout: t.config.CallTimeout}
	conn, err := dialer.Dial("tcp", p.address)
	if err != nil {
		return nil, err
	}
	if !t.register(conn) {
		return nil, net.ErrClosed
	}
	c := newConnection(conn, t.config.CallTimeout, func() { t.unregister(conn) })
	answer, err := c.introduce(hello{From: t.config.ID, To: p.id, Announce: t.config.Announce})
	if err != nil {
		c.close()
		return nil, err
	}
	p.announce(answer.Announce)
	p.use(c)
	return c, nil
}

// accept is the goroutine that takes connections of others.
func (t *TCP) accept() {
	for {
		conn, err := t.listener.Accept()
		if t.isClosed() {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil {
			// Too many open files, for one: it may pass.
			t.config.Log(fmt.Sprintf("accepting a connection: %v", err))
			time.Sleep(leastWait)
			continue
		}
		if t.register(conn) {
			t.running.Go(func() { t.answer(conn) })
		}
	}
}

// answer serves a connection on which another server calls.
func (t *TCP) answer(conn net.Conn) {
	c := newConnection(conn, t.config.CallTimeout, func() { t.unregister(conn) })
	defer c.close()
	p, err := t.receive(c)
	if err == nil {
		p.calls(conn)
		err = c.answerCalls(t.handle)
	}
	if err != io.EOF && !errors.Is(err, net.ErrClosed) {
		t.config.Log(fmt.Sprintf("a connection from %s: %v", conn.RemoteAddr(), err))
	}
}

// receive reads who is calling, and answers who was reached.
func (t *TCP) receive(c *connection) (*peer, error) {
	theirs, err := c.readHello()
	if err != nil {
		return nil, err
	}
	p := t.peers[theirs.From]
	ours := hello{From: t.config.ID, To: theirs.From, Announce: t.config.Announce}
	switch {
	case theirs.To != t.config.ID:
		ours.Refusal = fmt.Sprintf("this is server %d, not server %d: the servers were started with different addresses", t.config.ID, theirs.To)
	case p == nil:
		ours.Refusal = fmt.Sprintf("server %d is not one of those that server %d was started with", theirs.From, t.config.ID)
	}
	if err := c.write(appendHello(nil, ours)); err != nil {
		return nil, err
	}
	if ours.Refusal != "" {
		return nil, fmt.Errorf("server %d was refused: %s", theirs.From, ours.Refusal)
	}
	p.announce(theirs.Announce)
	// Who calls can be called: the other direction need not wait.
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return p, nil
}

// use makes c the connection for calls to the peer; nil: there is none.
func (p *peer) use(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outgoing = c
}

// calls notes the connection on which a peer calls. There is one: a former one
// is of a process that has ended.
func (p *peer) calls(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.incoming != nil {
		p.incoming.Close()
	}
	p.incoming = conn
}

func (p *peer) announce(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.announced = text
}

func (t *TCP) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

// register notes an open connection, or closes it if the transport is closed.
func (t *TCP) register(conn net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.isClosed() {
		conn.Close()
		return false
	}
	t.conns[conn] = true
	return true
}

func (t *TCP) unregister(conn net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.conns, conn)
}
