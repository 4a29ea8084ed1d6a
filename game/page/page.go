package page

import (
	"errors"
	"fmt"
	"io"
	"time"

	"raftarium/assets"
	"raftarium/game/lesson"
	"raftarium/game/link"
	"raftarium/game/narrate"
	"raftarium/game/session"
	"raftarium/raft/check"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// Page is all that is behind the web page: the run, the lesson that is open, and what
// there is to tell. Use [New] to make one. It is not for concurrent use.
type Page struct {
	run      *session.Session
	course   *lesson.Course
	attempt  *lesson.Attempt // nil: no lesson is open
	progress lesson.Progress
	look     Look

	replay    replay
	news      news
	violation *check.Violation // the first of the run, or nil
	problems  []string
	failed    bool // the failure of the run was told
	push      push
}

// New makes a page with a run that plays, or with the recorded run or the lesson that the
// options ask for. Options that cannot be are told as problems, and left out.
func New(options Options) (*Page, error) {
	course, err := lesson.Load(assets.Lessons)
	if err != nil {
		return nil, err
	}
	p := &Page{course: course}
	if err := p.beginFirst(options); err != nil {
		return nil, err
	}
	p.run.Begin()
	if err := p.run.SetSpeed(options.Speed); err != nil {
		return nil, err
	}
	p.run.Play()
	if options.Lesson != "" && p.replay.is {
		p.problems = append(p.problems, "The address asks for a lesson and for a recorded run: this is the run.")
	} else if options.Lesson != "" {
		if err := p.openLesson(options.Lesson); err != nil {
			p.problems = append(p.problems, fmt.Sprintf("In the address, lesson=%s: %v.", shorten(options.Lesson), err))
		}
	}
	return p, nil
}

// beginFirst makes the run that the options ask for.
func (p *Page) beginFirst(options Options) error {
	if options.Run != nil {
		err := p.replayRun(*options.Run)
		if err == nil {
			return nil
		}
		p.problems = append(p.problems, fmt.Sprintf("The recorded run in the address cannot be replayed: %v; so the usual cluster runs.", err))
	}
	header := wasmnet.DefaultHeader(options.Seed)
	header.Servers = options.Nodes
	return p.begin(header)
}

// begin makes a new run at time zero, stopped, in which nothing has happened
// yet.
func (p *Page) begin(header trace.Header) error {
	return p.replayRun(wasmnet.Run{Header: header})
}

// replayRun is begin with the commands that were recorded.
func (p *Page) replayRun(recorded wasmnet.Run) error {
	run, err := session.NewReplay(recorded, p.watch)
	if err != nil {
		return err
	}
	if p.run != nil {
		p.run.Close()
	}
	p.run = run
	p.news = news{}
	p.violation, p.failed = nil, false
	p.beginReplay()
	return nil
}

// watch takes in what happens in the run.
func (p *Page) watch(h session.Happening) {
	if h.Told && (h.Line.Weight > narrate.Whisper || h.Step) {
		p.news.tell(h.Number, h.Event.At, h.Line)
	}
	if p.attempt != nil {
		p.observeLesson(h)
	}
	if h.Violation != nil && p.violation == nil {
		p.violation = h.Violation
		v := h.Violation
		p.news.tell(h.Number, h.Event.At, narrate.Violated(v.Rule, v.Text, v.Server, 0))
	}
}

func (p *Page) observeLesson(h session.Happening) {
	wasDone := p.attempt.Done()
	p.attempt.Observe(h.Before, h.Event)
	p.noteLesson(wasDone)
}

// noteLesson keeps that the lesson was done, if it has just been.
func (p *Page) noteLesson(wasDone bool) {
	if !wasDone && p.attempt.Done() {
		p.progress.Note(p.attempt.Lesson.ID, p.attempt.Chosen())
		p.news.announce("Lesson done: " + p.attempt.Lesson.Title())
	}
}

// What the stage shows.

// Model is the cluster as it is shown.
func (p *Page) Model() *trace.Model { return p.run.Model() }

// Now is the virtual time that is shown.
func (p *Page) Now() time.Duration { return p.run.Now() }

// Playing reports whether time passes.
func (p *Page) Playing() bool { return p.run.Playing() }

// Speed is how many virtual seconds pass in a real second.
func (p *Page) Speed() float64 { return p.run.Speed() }

// Look is how the page wants the stage to look.
func (p *Page) Look() Look { return p.look }

// Command gives a command to the run. A refusal is told as a problem too, since
// the stage has no words.
func (p *Page) Command(c trace.Command) error {
	err := p.command(c)
	if err != nil {
		p.problems = append(p.problems, narrate.Sentence(err.Error()))
	}
	return err
}

func (p *Page) command(c trace.Command) error {
	err := p.run.Do(c)
	if err == nil {
		p.takeOver()
		p.push.looked = false // it is shown at once: there may be no frame after the next
	}
	return err
}

// Advance lets the time pass that belongs to the elapsed real time; keepGoing
// is asked whether there is any left for more.
func (p *Page) Advance(elapsed time.Duration, keepGoing func() bool) {
	p.run.Advance(elapsed, keepGoing)
	p.followReplay()
}

// Break stops the page for good, because of a bug: with what it is, and how the run
// can be repeated.
func (p *Page) Break(cause any) { p.run.Break(fmt.Errorf("%v", cause)) }

// Problems are the sentences to tell the learner that have come up since the last
// call.
func (p *Page) Problems() []string {
	if err := p.run.Err(); err != nil && !p.failed {
		p.failed = true
		p.problems = append(p.problems, err.Error())
	}
	problems := p.problems
	p.problems = nil
	return problems
}

// The record.

// WriteTrace writes the trace of the run up to now, as JSON Lines.
func (p *Page) WriteTrace(out io.Writer) error { return p.run.WriteTrace(out) }

// Hash is the SHA-256 of the trace up to and including a time, in hex.
func (p *Page) Hash(at time.Duration) (string, error) { return p.run.Hash(at) }

// Record is the run as a value that makes it happen again.
func (p *Page) Record() wasmnet.Run { return p.run.Record() }

// Link is the part of an address, from its #, with which a page makes the run
// happen again up to now. A run that is too long for an address is an error that
// says so.
func (p *Page) Link() (string, error) {
	text, err := link.Encode(p.run.Record())
	if err != nil {
		return "", err
	}
	return "#" + link.Parameter + "=" + text, nil
}

// ScenarioHash makes the named scenario happen and returns the SHA-256 of its
// trace, in hex.
func ScenarioHash(name string) (string, error) {
	run, err := wasmnet.Scenario(name)
	if err != nil {
		return "", err
	}
	return session.Hash(run)
}

// Lessons.

// lessonReadyBy is the virtual time by which a lesson's run must have come to where
// the learner takes over.
const lessonReadyBy = time.Minute

var errNoLesson = errors.New("no lesson is open")

// openLesson begins a lesson, or begins it anew, with its own run.
func (p *Page) openLesson(id string) error {
	l, err := p.course.Find(id)
	if err != nil {
		return err
	}
	return p.beginLesson(l, l.Header)
}

// beginLesson begins a lesson in a run, and lets that come to where the learner takes
// over. There it stands still until they have made their prediction.
func (p *Page) beginLesson(l *lesson.Lesson, header trace.Header) error {
	speed := p.run.Speed()
	if err := p.begin(header); err != nil {
		return err
	}
	p.attempt = l.Begin(header.Servers)
	p.run.Begin()
	if err := p.run.SetSpeed(speed); err != nil {
		return err
	}
	ready := func() bool { return l.Ready(p.run.Model()) }
	if !p.run.RunUntil(lessonReadyBy, ready) && p.run.Err() == nil {
		return fmt.Errorf("with these settings the lesson cannot begin: nobody was elected in %v", lessonReadyBy)
	}
	return nil
}

// predict takes the learner's prediction. The first one starts the clock.
func (p *Page) predict(choice int) error {
	if p.attempt == nil {
		return errNoLesson
	}
	first, wasDone := p.attempt.Chosen() < 0, p.attempt.Done()
	if err := p.attempt.Predict(choice); err != nil {
		return err
	}
	p.noteLesson(wasDone)
	if first {
		p.run.Play()
	}
	return nil
}

// restart begins a new run; with a lesson open, that lesson anew.
func (p *Page) restart(nodes int, seed uint64) error {
	if err := checkNodes(nodes); err != nil {
		return err
	}
	if seed > MaxSeed {
		return fmt.Errorf("a seed is a whole number from 0 to %d", uint64(MaxSeed))
	}
	if p.attempt != nil {
		return p.restartLesson(nodes, seed)
	}
	header := wasmnet.DefaultHeader(seed)
	header.Servers = nodes
	speed := p.run.Speed()
	if err := p.begin(header); err != nil {
		return err
	}
	p.run.Begin()
	p.run.Play()
	return p.run.SetSpeed(speed)
}

func (p *Page) restartLesson(nodes int, seed uint64) error {
	if nodes < lesson.LeastServers {
		return fmt.Errorf("this lesson needs %d servers or more: close it first", lesson.LeastServers)
	}
	header := p.attempt.Lesson.Header
	header.Servers, header.Seed = nodes, seed
	return p.beginLesson(p.attempt.Lesson, header)
}
