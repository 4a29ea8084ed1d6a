package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftarium/game/lesson"
	"raftarium/game/narrate"
	"raftarium/raft"
)

// Look is how the page wants the stage to look.
type Look struct {
	Dark     bool
	Contrast bool          // more than usual
	Reduced  bool          // less motion than usual
	Insets   Insets        // what the panels cover
	Selected raft.ServerID // the server that is open in the list, or None
}

// Insets are how far panels reach over the canvas from each side, in CSS
// pixels.
type Insets struct {
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
	Left   float64 `json:"left"`
}

// deeds are all that the page's scripts can ask for by name, each with a JSON
// value. It is a constant table.
var deeds = map[string]func(p *Page, value string) error{
	"play":           func(p *Page, _ string) error { p.run.Play(); return p.run.Err() },
	"pause":          func(p *Page, _ string) error { p.run.Pause(); return nil },
	"step":           func(p *Page, _ string) error { return p.step() },
	"speed":          setPageSpeed,
	"command":        doCommand,
	"restartRun":     doRestart,
	"lesson.open":    openLesson,
	"lesson.close":   func(p *Page, _ string) error { p.attempt = nil; return nil },
	"lesson.predict": doPredict,
	"lesson.hint":    askHint,
	"theme":          setTheme,
	"motion":         setMotion,
	"insets":         setInsets,
	"select":         selectServer,
	"progress":       restoreProgress,
}

// Do carries out what the page's scripts ask for. What cannot be done is
// refused with an error in the words of the learner.
func (p *Page) Do(name, value string) error {
	deed, known := deeds[name]
	if !known {
		return fmt.Errorf("There is nothing called %s to do: there are %s.", quote(name), strings.Join(slices.Sorted(maps.Keys(deeds)), ", "))
	}
	if err := deed(p, value); err != nil {
		return fmt.Errorf("%s", narrate.Sentence(err.Error()))
	}
	p.followReplay()
	p.push.looked = false // what was done is shown at once: there may be no frame after the next
	return nil
}

// mostSteps bounds how far a step looks for the next event.
const mostSteps = 100_000

func (p *Page) step() error {
	left := mostSteps
	found := p.run.Step(func() bool { left--; return left > 0 })
	p.followReplay()
	if !found && p.run.Err() == nil {
		return fmt.Errorf("nothing more happens by itself")
	}
	return p.run.Err()
}

func setPageSpeed(p *Page, text string) error {
	var given struct {
		Value float64 `json:"value"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	return p.run.SetSpeed(given.Value)
}

func doCommand(p *Page, text string) error {
	command, err := ParseCommand(text)
	if err != nil {
		return err
	}
	return p.command(command)
}

func doRestart(p *Page, text string) error {
	given := struct {
		Nodes int    `json:"nodes"`
		Seed  uint64 `json:"seed"`
	}{Nodes: p.run.Header().Servers, Seed: p.run.Header().Seed}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	return p.restart(given.Nodes, given.Seed)
}

func openLesson(p *Page, text string) error {
	var given struct {
		ID string `json:"id"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	return p.openLesson(given.ID)
}

func doPredict(p *Page, text string) error {
	var given struct {
		Choice int `json:"choice"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	return p.predict(given.Choice)
}

func askHint(p *Page, _ string) error {
	if p.attempt == nil {
		return errNoLesson
	}
	p.attempt.Ask()
	return nil
}

func setTheme(p *Page, text string) error {
	var given struct {
		Dark     bool `json:"dark"`
		Contrast bool `json:"contrast"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	p.look.Dark, p.look.Contrast = given.Dark, given.Contrast
	return nil
}

func setMotion(p *Page, text string) error {
	var given struct {
		Reduced bool `json:"reduced"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	p.look.Reduced = given.Reduced
	return nil
}

func setInsets(p *Page, text string) error {
	var given Insets
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	p.look.Insets = given
	return nil
}

func selectServer(p *Page, text string) error {
	var given struct {
		Server raft.ServerID `json:"server"`
	}
	if err := decodeValue(text, &given); err != nil {
		return err
	}
	if given.Server < 0 || int(given.Server) > p.run.Header().Servers {
		return fmt.Errorf("there is no server %d", given.Server)
	}
	p.look.Selected = given.Server
	return nil
}

// restoreProgress takes what the device has kept, as an object or as the text
// of one.
func restoreProgress(p *Page, text string) error {
	var inner string
	if json.Unmarshal([]byte(text), &inner) == nil {
		text = inner
	}
	kept, err := lesson.ParseProgress(text)
	if err != nil {
		return err
	}
	p.progress.Merge(kept)
	return nil
}

func decodeValue(text string, into any) error {
	if err := decode(text, into); err != nil {
		return fmt.Errorf("%s cannot be read: %w", quote(string(bytes.TrimSpace([]byte(text)))), err)
	}
	return nil
}
