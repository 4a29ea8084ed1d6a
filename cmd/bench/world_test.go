//go:build !js

package main

import (
	"slices"
	"strings"
	"testing"
)

const printed = `goos: linux
pkg: raftarium/wasmnet
BenchmarkWorld/5-2   	      50	  99000000 ns/op	   20000 switches/s	     512 B/op	       7 allocs/op
BenchmarkWorld/5-2   	     100	  11000000 ns/op	 2500000 switches/s	      33 rectangles	     512 B/op	       7 allocs/op
PASS
pkg: raftarium/raft/trace
BenchmarkWriter 	 1000000	       300 ns/op
`

func TestFiguresAreReadFromWhatGoTestPrints(t *testing.T) {
	want := []figure{
		{"wasmnet World/5", "ns/op", 11e6},
		{"wasmnet World/5", "switches/s", 2.5e6},
		{"raft/trace Writer", "ns/op", 300},
	}
	if got := parseFigures(printed); !slices.Equal(got, want) {
		t.Errorf("read\n%v\nwant\n%v", got, want)
	}
}

func TestRatiosSayHowMuchFasterWhateverTheUnit(t *testing.T) {
	native := []figure{{"a", "ns/op", 100}, {"b", "switches/s", 300}, {"c", "ns/op", 5}}
	node := []figure{{"a", "ns/op", 250}, {"b", "switches/s", 100}}
	var out strings.Builder
	printSideBySide(&out, native, node)
	for _, want := range []string{"2.5 times", "3.0 times", "–"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestWhatCannotBeMeasuredIsSaid(t *testing.T) {
	if err := run(t.Context(), []string{"everything"}, nil); err == nil || !strings.Contains(err.Error(), "world, size, page") {
		t.Errorf("measuring everything gave %v", err)
	}
	if err := run(t.Context(), nil, []string{"page"}); err == nil || !strings.Contains(err.Error(), "not a flag") {
		t.Errorf("an argument gave %v", err)
	}
}
