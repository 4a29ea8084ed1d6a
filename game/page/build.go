package page

import (
	"fmt"
	"strconv"
	"strings"

	"raftarium/game/narrate"
	"raftarium/raft"
	"raftarium/raft/check"
	"raftarium/raft/trace"
)

// View is all that the page shows now. What has happened since the last View is
// in it, and in no other.
func (p *Page) View() View {
	view := p.viewOfState()
	view.Feed, view.Announce = p.news.take()
	return view
}

// viewOfState is the view without what has happened.
func (p *Page) viewOfState() View {
	header, model := p.run.Header(), p.run.Model()
	view := View{
		Time:     narrate.Clock(p.run.Now()) + " s",
		Playing:  p.run.Playing(),
		Speed:    p.run.Speed(),
		Behind:   p.run.Behind(),
		Settings: Settings{Nodes: header.Servers, Seed: header.Seed, Network: header.Network},
		Replay:   p.replayView(),
		Servers:  make([]ServerView, len(model.Servers)),
		Cuts:     cutViews(model),
		Safety:   p.safety(),
		Lessons:  p.lessonItems(),
	}
	for i := range model.Servers {
		view.Servers[i] = serverView(&model.Servers[i])
	}
	if p.attempt != nil {
		view.Lesson = p.lessonView()
	}
	if !p.progress.Empty() {
		view.Progress = p.progress.JSON()
	}
	return view
}

func cutViews(m *trace.Model) []CutView {
	cuts := []CutView{}
	for from := range m.Servers {
		for to := range m.Servers {
			if from != to && m.IsCut(m.Servers[from].ID, m.Servers[to].ID) {
				cuts = append(cuts, CutView{From: from + 1, To: to + 1})
			}
		}
	}
	return cuts
}

// Servers.

func serverView(s *trace.Server) ServerView {
	v := ServerView{
		ID: int(s.ID), Name: narrate.Server(s.ID), Term: uint64(s.Term),
		Alive: s.Alive, Paused: s.Paused,
	}
	switch {
	case !s.Alive:
		v.Role, v.Term = "crashed", uint64(s.Disk.HardState.CurrentTerm)
		v.Short = narrate.Count(len(s.Disk.Log), "entry", "entries") + " on disk"
		v.Detail = "on its disk: " + onDisk(s)
		v.Label = fmt.Sprintf("%s, crashed, on its disk: term %d, %s", v.Name, v.Term, onDisk(s))
		return v
	case s.Paused:
		v.Role = "paused"
	default:
		v.Role = narrate.Role(s.Role)
	}
	v.Short = fmt.Sprintf("%d of %d committed", s.CommitIndex, s.LastIndex())
	v.Detail = inMemory(s)
	role := v.Role
	if s.Paused && s.Role == raft.Leader {
		role = "paused leader"
	}
	v.Label = fmt.Sprintf("%s, %s of term %d, %s", v.Name, role, v.Term, v.Detail)
	return v
}

func inMemory(s *trace.Server) string {
	detail := narrate.Count(len(s.Log), "entry", "entries")
	if s.CommitIndex > 0 {
		detail += fmt.Sprintf(", %d committed", s.CommitIndex)
	}
	return detail + voted(s.ID, s.VotedFor)
}

func onDisk(s *trace.Server) string {
	return narrate.Count(len(s.Disk.Log), "entry", "entries") + voted(s.ID, s.Disk.HardState.VotedFor)
}

func voted(id, votedFor raft.ServerID) string {
	switch votedFor {
	case raft.None:
		return ""
	case id:
		return ", voted for itself"
	}
	return ", voted for " + narrate.Server(votedFor)
}

// Safety.

func (p *Page) safety() SafetyView {
	if v := p.violation; v != nil {
		return SafetyView{
			Text:   "Not safe: " + v.Rule + " is violated",
			Detail: fmt.Sprintf("%s It happened at %s s, at event %s.", narrate.Sentence(v.Text), narrate.Clock(v.At), thousands(v.Event)),
		}
	}
	return SafetyView{
		OK:   true,
		Text: fmt.Sprintf("Safe: %d rules, %s events checked", len(check.Rules), thousands(p.run.Model().Events)),
	}
}

// thousands writes a number with commas: 1,234,567.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// Lessons.

func (p *Page) lessonItems() []LessonItem {
	items := []LessonItem{}
	for _, l := range p.course.Lessons() {
		items = append(items, LessonItem{ID: l.ID, Title: l.Title(), Done: p.progress.Done(l.ID)})
	}
	return items
}

func (p *Page) lessonView() *LessonView {
	a := p.attempt
	words := &a.Lesson.Words
	view := &LessonView{
		ID: a.Lesson.ID, Title: a.Lesson.Title(), HTML: a.Introduction(),
		Prediction: PredictionView{
			Question: words.Question, Choices: words.Choices,
			Chosen: a.Chosen(), Right: a.Right(), Verdict: a.Verdict(),
		},
		Steps:  []StepView{},
		Done:   a.Done(),
		Hint:   a.Hint(p.run.Now()),
		Reveal: a.Reveal(),
		Next:   p.course.Next(a.Lesson.ID),
	}
	for _, step := range a.Steps() {
		view.Steps = append(view.Steps, StepView{Text: step.Text, Done: step.Done})
	}
	return view
}
