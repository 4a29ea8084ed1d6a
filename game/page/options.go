package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"raftarium/game/link"
	"raftarium/game/session"
	"raftarium/wasmnet"
)

// Options are what the page's address asks for.
type Options struct {
	Nodes  int
	Seed   uint64
	Speed  float64
	Embed  bool         // the stage and a minimal transport only
	Lesson string       // ID of a lesson to open, or empty
	Run    *wasmnet.Run // a recorded run to replay, whatever Nodes and Seed say, or nil
}

// The bounds of Options.
const (
	MinNodes = 1
	MaxNodes = 11
	MaxSeed  = 1<<53 - 1 // the greatest number that every script reads exactly
)

// DefaultOptions are those of an address without parameters.
func DefaultOptions() Options {
	return Options{Nodes: 5, Seed: 7, Speed: session.DefaultSpeed}
}

// parameters are what an address may hold. It is a constant table.
var parameters = map[string]func(*Options, string) error{
	"nodes":  setNodes,
	"seed":   setSeed,
	"speed":  setSpeed,
	"embed":  setEmbed,
	"lesson": setLesson,

	link.Parameter: setRun,
}

// ParseOptions reads the parameters of the page's address, a JSON object of
// texts. What it cannot use is left as it is by default, and told in problems, each one
// sentence for the one who typed it.
func ParseOptions(text string) (options Options, problems []string) {
	options = DefaultOptions()
	if strings.TrimSpace(text) == "" {
		return options, nil
	}
	var given map[string]string
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		return options, []string{fmt.Sprintf("The parameters of the address could not be read: %v.", err)}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		set, known := parameters[name]
		if !known {
			problems = append(problems, fmt.Sprintf("The address has a parameter %s, which means nothing here. What it may have: %s.",
				quote(name), strings.Join(slices.Sorted(maps.Keys(parameters)), ", ")))
			continue
		}
		if err := set(&options, strings.TrimSpace(given[name])); err != nil {
			problems = append(problems, fmt.Sprintf("In the address, %s=%s: %v.", name, shorten(given[name]), err))
		}
	}
	return options, problems
}

func setNodes(o *Options, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("that is no number of servers, so there are %d", o.Nodes)
	}
	if err := checkNodes(n); err != nil {
		return fmt.Errorf("%w, so there are %d", err, o.Nodes)
	}
	o.Nodes = n
	return nil
}

func checkNodes(n int) error {
	if n < MinNodes || n > MaxNodes {
		return fmt.Errorf("there can be %d to %d servers", MinNodes, MaxNodes)
	}
	return nil
}

func setSeed(o *Options, text string) error {
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil || seed > MaxSeed {
		return fmt.Errorf("a seed is a whole number from 0 to %d, so it is %d", uint64(MaxSeed), o.Seed)
	}
	o.Seed = seed
	return nil
}

// setSpeed takes a number, 0.05, or a fraction, 1/20.
func setSpeed(o *Options, text string) error {
	above, below, fraction := strings.Cut(text, "/")
	speed, err := strconv.ParseFloat(above, 64)
	if fraction && err == nil {
		var divisor float64
		divisor, err = strconv.ParseFloat(below, 64)
		speed /= divisor
	}
	if err != nil {
		return fmt.Errorf("a speed is a number like 0.05 or 1/20, so it is 1/20")
	}
	if session.CheckSpeed(speed) != nil {
		return fmt.Errorf("a speed goes from 1/1000 to 1, which is real time, so it is 1/20")
	}
	o.Speed = speed
	return nil
}

func setEmbed(o *Options, text string) error {
	switch text {
	case "1":
		o.Embed = true
	case "0":
		o.Embed = false
	default:
		return fmt.Errorf("that is neither 1 nor 0")
	}
	return nil
}

func setLesson(o *Options, text string) error {
	o.Lesson = text
	return nil
}

func setRun(o *Options, text string) error {
	run, err := link.Decode(text)
	if err != nil {
		return fmt.Errorf("%w; so the usual cluster runs", err)
	}
	o.Run = &run
	return nil
}

// quote shows a text of unknown origin in a sentence.
func quote(text string) string { return "“" + shorten(text) + "”" }

// shorten makes a text printable and at most some words long.
func shorten(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '·'
		}
		return r
	}, text))
	if len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return string(runes)
}
