package page

import (
	"fmt"
	"strings"
	"time"

	"raftarium/game/narrate"
	"raftarium/raft/trace"
)

// The most that gathers between two views.
const (
	mostLines         = 400
	mostAnnouncements = 5
)

// news is what has happened since the last view.
type news struct {
	lines  []FeedLine
	spoken []string // for the live region
	links  [2]int   // how many announcements were about links cut and healed
}

// tell takes in an event in words.
func (n *news) tell(event int, at time.Duration, line narrate.Line) {
	if len(n.lines) == mostLines {
		n.lines = n.lines[:copy(n.lines, n.lines[1:])] // nobody could have read it
	}
	n.lines = append(n.lines, FeedLine{
		Event: event, Time: narrate.Clock(at), Server: int(line.Server),
		Kind: string(line.Kind), Text: line.Text, Term: uint64(line.Term),
	})
	if line.Weight < narrate.Loud {
		return
	}
	switch line.Of {
	case trace.LinkCut:
		n.links[0]++
	case trace.LinkHealed:
		n.links[1]++
	default:
		n.announce(line.Text)
	}
}

// announce says something in the live region.
func (n *news) announce(text string) {
	if len(n.spoken) == mostAnnouncements {
		n.spoken = n.spoken[:copy(n.spoken, n.spoken[1:])]
	}
	n.spoken = append(n.spoken, text)
}

func (n *news) empty() bool {
	return len(n.lines) == 0 && len(n.spoken) == 0 && n.links == [2]int{}
}

// take hands over what there is, and begins anew.
func (n *news) take() (lines []FeedLine, announcement string) {
	for i, what := range [2]string{"cut", "healed"} {
		if count := n.links[i]; count > 0 {
			n.announce(fmt.Sprintf("%s of links %s %s.", narrate.Count(count, "direction", "directions"), wasWere(count), what))
		}
	}
	lines, announcement = n.lines, strings.Join(n.spoken, " ")
	if lines == nil {
		lines = []FeedLine{} // an empty list, not null, to the scripts
	}
	*n = news{}
	return lines, announcement
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
