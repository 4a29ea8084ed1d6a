package page

import (
	"fmt"
	"time"

	"raftarium/game/narrate"
	"raftarium/game/session"
)

// replay is what the page has seen of the recorded run that is replayed in it. Its zero
// value is of a run that is no recorded one.
type replay struct {
	is      bool           // it is being replayed
	last    session.Replay // how far it was when last looked at
	ended   bool           // it came to its end
	endedAt time.Duration
	refused bool // that a command was refused has been told
}

// beginReplay takes note of what the new run is.
func (p *Page) beginReplay() {
	p.replay = replay{}
	p.replay.last, p.replay.is = p.run.Replay()
	if p.replay.is {
		p.news.announce("A recorded run is being replayed.")
	}
}

// followReplay looks how far the replay has come by itself.
func (p *Page) followReplay() {
	r := &p.replay
	if !r.is {
		return
	}
	if refused := p.run.Refused(); len(refused) > 0 && !r.refused {
		r.refused = true
		p.problems = append(p.problems, fmt.Sprintf("A recorded command cannot be carried out: %v. The link may come from another version of Raftarium, and this may not be the run that was recorded.", refused[0].Err))
	}
	if now, replaying := p.run.Replay(); replaying {
		r.last = now
		return
	}
	r.is, r.ended, r.endedAt = false, r.last.Until > 0, p.run.Now()
	if r.ended {
		p.news.announce("The recorded run ends here.")
	}
}

// takeOver ends the replay after the learner has given a command.
func (p *Page) takeOver() {
	r := &p.replay
	if !r.is {
		return
	}
	left := r.last.Of - r.last.Given
	*r = replay{}
	text := "The run is yours from here on: it goes on past the end of the recorded one."
	if left > 0 {
		text = fmt.Sprintf("The run is yours from here on: %s that %s still to come will not be given.",
			narrate.Count(left, "recorded command", "recorded commands"), wasWere(left))
	}
	p.problems = append(p.problems, text)
}

// replayView is how far the replay is, in words; nil if there is none.
func (p *Page) replayView() *ReplayView {
	r := &p.replay
	if r.ended && p.run.Now() == r.endedAt && !p.run.Playing() {
		return &ReplayView{Text: "The recorded run ends here. Play goes on from it.", Given: r.last.Of, Of: r.last.Of, Ended: true}
	}
	if !r.is {
		return nil
	}
	text := fmt.Sprintf("A recorded run: %d of %s", r.last.Given, narrate.Count(r.last.Of, "command", "commands"))
	if r.last.Until > 0 {
		text += fmt.Sprintf(", until %s s", narrate.Clock(r.last.Until))
	}
	return &ReplayView{Text: text, Given: r.last.Given, Of: r.last.Of}
}
