package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"raftarium/raft"
)

// maxCalls is how many calls may be under way on a connection.
const maxCalls = 1024

// connection is one end of a connection: of the side that calls, or of the side
// that answers.
type connection struct {
	conn    net.Conn
	in      *bufio.Reader
	timeout time.Duration
	atEnd   func()
	ended   chan struct{}
	once    sync.Once

	writing sync.Mutex // one frame is written at a time

	mu      sync.Mutex
	number  uint64                       // of the last call
	pending map[uint64]chan raft.Message // calls that wait for a reply
}

func newConnection(conn net.Conn, timeout time.Duration, atEnd func()) *connection {
	return &connection{
		conn:    conn,
		in:      bufio.NewReaderSize(conn, 64<<10),
		timeout: timeout,
		atEnd:   atEnd,
		ended:   make(chan struct{}),
		pending: make(map[uint64]chan raft.Message),
	}
}

// close ends the connection; calls that wait return.
func (c *connection) close() {
	c.once.Do(func() {
		close(c.ended)
		c.conn.Close()
		c.atEnd()
	})
}

// introduce says who calls and reads who answers.
func (c *connection) introduce(h hello) (hello, error) {
	c.conn.SetDeadline(time.Now().Add(c.timeout))
	answer, err := c.exchange(h)
	if err != nil {
		return hello{}, fmt.Errorf("no server of a cluster answers there: %w", err)
	}
	if answer.Refusal != "" {
		return hello{}, fmt.Errorf("it refused: %s", answer.Refusal)
	}
	return answer, c.conn.SetDeadline(time.Time{})
}

func (c *connection) exchange(h hello) (hello, error) {
	if _, err := io.WriteString(c.conn, greeting); err != nil {
		return hello{}, err
	}
	if err := c.write(appendHello(nil, h)); err != nil {
		return hello{}, err
	}
	data, err := readFrame(c.in)
	if err != nil {
		return hello{}, err
	}
	return decodeHello(data)
}

// readHello reads what introduce wrote.
func (c *connection) readHello() (hello, error) {
	c.conn.SetReadDeadline(time.Now().Add(c.timeout))
	words := make([]byte, len(greeting))
	if _, err := io.ReadFull(c.in, words); err != nil {
		return hello{}, err
	}
	if string(words) != greeting {
		return hello{}, errors.New("the caller is not a server of a cluster, or one of another version")
	}
	data, err := readFrame(c.in)
	if err != nil {
		return hello{}, err
	}
	h, err := decodeHello(data)
	if err != nil {
		return hello{}, err
	}
	return h, c.conn.SetReadDeadline(time.Time{})
}

// write writes a frame with these bytes in it.
func (c *connection) write(data []byte) error {
	return c.writeFrame(append(make([]byte, 4, 4+len(data)), data...))
}

func (c *connection) writeMessage(number uint64, message raft.Message) error {
	data, err := appendCall(make([]byte, 4, 128), number, message)
	if err != nil {
		return err
	}
	return c.writeFrame(data)
}

// writeFrame writes a frame whose first four bytes are room for the length. If
// the other side does not take it in time, the connection ends.
func (c *connection) writeFrame(data []byte) error {
	data, err := frame(data)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
	if _, err := c.conn.Write(data); err != nil {
		c.close()
		return err
	}
	return nil
}

// call sends a request and waits for its reply.
func (c *connection) call(request raft.Message) (raft.Message, bool) {
	number, reply := c.begin()
	if reply == nil {
		return nil, false
	}
	defer c.end(number)
	if err := c.writeMessage(number, request); err != nil {
		return nil, false
	}
	patience := time.NewTimer(c.timeout)
	defer patience.Stop()
	select {
	case message := <-reply:
		return message, message != nil
	case <-c.ended:
	case <-patience.C:
	}
	return nil, false
}

// begin gives a call a number and a channel for its reply, or nil if too many
// calls are under way.
func (c *connection) begin() (number uint64, reply chan raft.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) >= maxCalls {
		return 0, nil
	}
	c.number++
	reply = make(chan raft.Message, 1)
	c.pending[c.number] = reply
	return c.number, reply
}

func (c *connection) end(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, number)
}

// readReplies hands replies to the calls that wait for them, until the
// connection ends; it says why it did.
func (c *connection) readReplies() error {
	defer c.close()
	for {
		number, message, err := c.readMessage()
		if err != nil {
			return fmt.Errorf("the connection ended: %w", err)
		}
		c.mu.Lock()
		reply := c.pending[number]
		delete(c.pending, number)
		c.mu.Unlock()
		if reply != nil {
			reply <- message
		}
	}
}

// answerCalls answers calls until the connection ends, each in a goroutine of
// its own, and returns when all have ended.
func (c *connection) answerCalls(handle func(raft.Message) (raft.Message, bool)) error {
	var answering sync.WaitGroup
	defer answering.Wait()
	defer c.close()
	room := make(chan struct{}, maxCalls)
	for {
		number, request, err := c.readMessage()
		if err != nil {
			return err
		}
		if request == nil {
			return errors.New("a call without a message")
		}
		room <- struct{}{}
		answering.Go(func() {
			defer func() { <-room }()
			reply, ok := handle(request)
			if !ok {
				reply = nil
			}
			if err := c.writeMessage(number, reply); err != nil {
				c.close() // the other side sees it end, and gives up waiting
			}
		})
	}
}

func (c *connection) readMessage() (number uint64, message raft.Message, err error) {
	data, err := readFrame(c.in)
	if err != nil {
		return 0, nil, err
	}
	return decodeCall(data)
}
