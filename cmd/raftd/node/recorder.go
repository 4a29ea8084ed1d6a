package node

import (
	"errors"
	"io"
	"sync"

	"raftarium/raft/trace"
)

// maxUnwritten is how many events may wait to be written to a trace.
const maxUnwritten = 1 << 20

// recorder writes a server's steps to a trace. They come with the server's
// lock held, so they are only put in a row; a goroutine of the recorder's own
// writes them.
type recorder struct {
	writer *trace.Writer
	ended  chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	events  []trace.Event
	closed  bool
	err     error // why nothing is recorded any more
}

func newRecorder(out io.Writer, header trace.Header) (*recorder, error) {
	writer, err := trace.NewWriter(out, header)
	if err != nil {
		return nil, err
	}
	r := &recorder{writer: writer, ended: make(chan struct{})}
	r.changed = sync.NewCond(&r.mu)
	go r.write()
	return r, nil
}

func (r *recorder) observe(e trace.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed || r.err != nil:
		return
	case len(r.events) == maxUnwritten:
		r.err = errors.New("the disk is too slow for the trace: it ends here")
		return
	}
	r.events = append(r.events, e)
	r.changed.Signal()
}

// write is the goroutine that writes. What has come while it wrote goes out
// together.
func (r *recorder) write() {
	defer close(r.ended)
	for {
		events, last := r.take()
		if err := r.writeAll(events); err != nil {
			r.mu.Lock()
			r.err = errors.Join(r.err, err)
			r.mu.Unlock()
			return
		}
		if last {
			return
		}
	}
}

func (r *recorder) take() (events []trace.Event, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.events) == 0 && !r.closed {
		r.changed.Wait()
	}
	events, r.events = r.events, nil
	return events, r.closed
}

func (r *recorder) writeAll(events []trace.Event) error {
	for i := range events {
		if err := r.writer.Write(&events[i]); err != nil {
			return err
		}
	}
	return r.writer.Flush()
}

// close writes what is left and returns what went wrong, now or before.
func (r *recorder) close() error {
	r.mu.Lock()
	r.closed = true
	r.changed.Signal()
	r.mu.Unlock()
	<-r.ended
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
