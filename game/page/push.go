package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// pushInterval is the least real time between two views. Each costs the page some
// milliseconds, and words need not move as fast as the picture.
const pushInterval = 200 * time.Millisecond

// push knows what the page has been told last.
type push struct {
	at      time.Duration // real time of the last look
	looked  bool
	playing bool   // time passed then
	last    []byte // the last view as JSON, without what had happened
}

// Poll returns the view as JSON, if it has changed and if the last look was
// long enough ago; otherwise nil. When the clock has stopped or begun to run it does not
// wait, since there may be no frame after this one. now is real time from any fixed
// moment on.
func (p *Page) Poll(now time.Duration) []byte {
	playing := p.run.Playing()
	if p.push.looked && now-p.push.at < pushInterval && playing == p.push.playing {
		return nil
	}
	p.push.at, p.push.looked, p.push.playing = now, true, playing
	view := p.viewOfState()
	standing, err := json.Marshal(view)
	if err == nil && p.news.empty() && bytes.Equal(standing, p.push.last) {
		return nil
	}
	view.Feed, view.Announce = p.news.take()
	text, errView := json.Marshal(view)
	if err := errors.Join(err, errView); err != nil {
		p.problems = append(p.problems, "The page's words could not be written: "+err.Error()+".")
		return nil
	}
	p.push.last = standing
	return text
}
