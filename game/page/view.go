// Package page is what the web page around the stage shows in words, and what it
// may ask for: plain values with a JSON form, with no browser in sight, so that
// all of it is tested under go test. The program in cmd/raftarium binds it to the
// browser; the scripts in assets only put it on the screen.
package page

import "raftarium/raft/trace"

// View is all that the page shows in words at one moment. The wasm program
// hands it to the page as JSON whenever it has changed, at most five times a
// second.
type View struct {
	Time     string       `json:"time"`     // virtual time, "12.345 s"
	Playing  bool         `json:"playing"`  // the clock runs
	Speed    float64      `json:"speed"`    // virtual seconds a real second that were asked for
	Behind   bool         `json:"behind"`   // the machine cannot keep that speed
	Settings Settings     `json:"settings"` // what the run was started with
	Replay   *ReplayView  `json:"replay"`   // the recorded run that is being replayed, or null
	Servers  []ServerView `json:"servers"`
	Cuts     []CutView    `json:"cuts"` // directions that carry nothing
	Feed     []FeedLine   `json:"feed"` // lines since the last View
	Safety   SafetyView   `json:"safety"`
	Announce string       `json:"announce"` // for the live region; empty: nothing new to say
	Lesson   *LessonView  `json:"lesson"`   // the lesson that is open, or null
	Lessons  []LessonItem `json:"lessons"`  // all lessons, in order
	Progress string       `json:"progress"` // what to keep on this device and to hand to "progress" next time; empty: nothing yet
}

// Settings are what a run starts from, in the words of the page's address.
type Settings struct {
	Nodes   int           `json:"nodes"`
	Seed    uint64        `json:"seed"`
	Network trace.Network `json:"network"` // times in nanoseconds
}

// ReplayView is how far the page is in a recorded run.
type ReplayView struct {
	Text  string `json:"text"`  // "A recorded run: 3 of 12 commands, until 4.500 s"
	Given int    `json:"given"` // commands whose time has come
	Of    int    `json:"of"`    // commands that were recorded
	Ended bool   `json:"ended"` // it stands at its end
}

// ServerView is a server in words.
type ServerView struct {
	ID     int    `json:"id"`
	Name   string `json:"name"` // "S1"
	Role   string `json:"role"` // "follower", "candidate", "leader", "crashed" or "paused"
	Term   uint64 `json:"term"`
	Short  string `json:"short"`  // "4 of 5 committed"
	Detail string `json:"detail"` // "5 entries, 4 committed, voted for S3"
	Label  string `json:"label"`  // all of it as one sentence, for a screen reader
	Alive  bool   `json:"alive"`
	Paused bool   `json:"paused"`
}

// CutView is one direction of a link that is cut.
type CutView struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// FeedLine is one event as an English sentence.
type FeedLine struct {
	Event  int    `json:"event"`  // number of the event in the trace, from 1
	Time   string `json:"time"`   // "12.345"
	Server int    `json:"server"` // whom it is about, 0 for none
	Kind   string `json:"kind"`   // "election", "log", "commit", "network", "process", "client" or "violation"
	Text   string `json:"text"`
	Term   uint64 `json:"term"` // for the term colour beside it, 0 for none
}

// SafetyView is the verdict of the live checks.
type SafetyView struct {
	OK     bool   `json:"ok"`
	Text   string `json:"text"`   // "Safe: 8 rules, 1,234 events checked"
	Detail string `json:"detail"` // of a violation: which rule, and how
}

// LessonItem is a lesson in the list of lessons.
type LessonItem struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

// LessonView is how far the learner is in the open lesson.
type LessonView struct {
	ID         string         `json:"id"`
	Title      string         `json:"title"`
	HTML       string         `json:"html"` // the text, made from the Markdown in assets/lessons
	Prediction PredictionView `json:"prediction"`
	Steps      []StepView     `json:"steps"` // the goal, in steps that tick themselves off
	Done       bool           `json:"done"`
	Hint       string         `json:"hint"`   // shown when stuck; empty: none yet
	Reveal     string         `json:"reveal"` // HTML shown when done: which rule of Figure 2 it was
	Next       string         `json:"next"`   // ID of the next lesson, or empty
}

// PredictionView is the question that comes before the doing.
type PredictionView struct {
	Question string   `json:"question"`
	Choices  []string `json:"choices"`
	Chosen   int      `json:"chosen"` // index of the choice, -1: none yet
	Right    int      `json:"right"`  // index of the right choice once the lesson is done, -1: not yet told
	Verdict  string   `json:"verdict"`
}

// StepView is one step of a lesson's goal.
type StepView struct {
	Text string `json:"text"`
	Done bool   `json:"done"`
}
