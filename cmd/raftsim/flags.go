package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// parse reads flags. What is wrong with them comes back as one sentence; help
// that was asked for is written to out, and then helped is true.
func parse(flags *flag.FlagSet, arguments []string, out io.Writer) (helped bool, err error) {
	flags.SetOutput(io.Discard)
	err = flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		fmt.Fprintf(out, "Flags of raftsim %s:\n", flags.Name())
		flags.PrintDefaults()
		return true, nil
	case err != nil:
		text := strings.TrimSuffix(err.Error(), ": parse error")
		return false, badFlags{fmt.Errorf("%s (see raftsim %s -help)", text, flags.Name())}
	case flags.NArg() > 0:
		return false, badFlags{fmt.Errorf("%q is no flag (see raftsim %s -help)", flags.Arg(0), flags.Name())}
	}
	return false, nil
}

// seedRange is the value of a flag like 1..2000.
type seedRange struct{ first, last uint64 }

// String implements flag.Value.
func (r *seedRange) String() string {
	if r.first == r.last {
		return strconv.FormatUint(r.first, 10)
	}
	return fmt.Sprintf("%d..%d", r.first, r.last)
}

// Set implements flag.Value.
func (r *seedRange) Set(text string) error {
	first, last, isRange := strings.Cut(text, "..")
	if !isRange {
		last = first
	}
	var err error
	if r.first, err = strconv.ParseUint(first, 10, 64); err == nil {
		r.last, err = strconv.ParseUint(last, 10, 64)
	}
	if err != nil {
		return errors.New("want seeds like 1..2000, or one like 7")
	}
	if r.last < r.first {
		return fmt.Errorf("the last seed, %d, is before the first, %d", r.last, r.first)
	}
	return nil
}

// count is how many seeds there are.
func (r *seedRange) count() uint64 { return r.last - r.first + 1 }
