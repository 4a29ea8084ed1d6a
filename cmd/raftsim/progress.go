package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far the work has got.
type progress interface {
	// done notes that one more storm is over, which lasted that long in virtual
	// time. It may be called from any goroutine.
	done(simulated time.Duration)
	// finish ends the showing.
	finish()
}

// newProgress shows a bar on a terminal, and elsewhere a line now and then.
func newProgress(to io.Writer, total uint64) progress {
	if file, ok := to.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return &bar{bar: progressbar.NewOptions64(int64(total),
			progressbar.OptionSetWriter(to),
			progressbar.OptionSetDescription("storms"),
			progressbar.OptionSetItsString("seeds"),
			progressbar.OptionShowIts(),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)}
	}
	return &lines{to: to, total: total, began: time.Now(), next: firstLine}
}

// bar is a progress bar.
type bar struct {
	mutex sync.Mutex
	bar   *progressbar.ProgressBar
}

func (b *bar) done(time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	_ = b.bar.Add(1) // a bar that cannot be drawn is no reason to stop
}

func (b *bar) finish() { _ = b.bar.Clear() }

// firstLine is the time to the first line of progress; each next one takes
// twice as long, up to lastLine.
const (
	firstLine = 5 * time.Second
	lastLine  = time.Minute
)

// lines is progress in lines of text, few of them.
type lines struct {
	mutex     sync.Mutex
	to        io.Writer
	total     uint64
	over      uint64
	simulated time.Duration
	began     time.Time
	next      time.Duration // since the beginning
	step      time.Duration
}

func (l *lines) done(simulated time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.over++
	l.simulated += simulated
	took := time.Since(l.began)
	if took < l.next {
		return
	}
	l.step = min(max(2*l.step, firstLine), lastLine)
	l.next = took + l.step
	fmt.Fprintf(l.to, "%d of %d storms, %.1f seeds/s, %.0f simulated seconds/s\n",
		l.over, l.total, float64(l.over)/took.Seconds(), l.simulated.Seconds()/took.Seconds())
}

func (l *lines) finish() {}
