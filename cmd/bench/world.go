//go:build !js

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figure is one number that a benchmark printed.
type figure struct {
	benchmark string // package and name
	unit      string
	value     float64
}

// measureWorld runs the module's own benchmarks natively and under Node, and
// prints them side by side.
func measureWorld(ctx context.Context, root string, w io.Writer) error {
	packages, err := benchmarked(ctx, root)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "Speed of the parts, natively and as WebAssembly under Node")
	native, err := benchmark(ctx, root, packages, nil)
	if err != nil {
		return err
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("asking for GOROOT: %w", err)
	}
	// Node hands the environment to the program, which has room for 8 kB.
	runner := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "go_js_wasm_exec")
	on := fmt.Sprintf("-exec=env -i PATH=%s HOME=%s %s", os.Getenv("PATH"), os.Getenv("HOME"), runner)
	node, err := benchmark(ctx, root, packages, []string{"GOOS=js", "GOARCH=wasm"}, on)
	if err != nil {
		return err
	}
	printSideBySide(w, native, node)
	return nil
}

// benchmarked returns the packages outside cmd that have benchmarks.
func benchmarked(ctx context.Context, root string) ([]string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-f", "{{$dir := .Dir}}{{$path := .ImportPath}}{{range .TestGoFiles}}{{$path}} {{$dir}}/{{.}}\n{{end}}{{range .XTestGoFiles}}{{$path}} {{$dir}}/{{.}}\n{{end}}", "./...")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w", err)
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		name, file, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || strings.Contains(name, "/cmd/") || strings.HasSuffix(name, "/game/stage") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(source, []byte("\nfunc Benchmark")) && (len(packages) == 0 || packages[len(packages)-1] != name) {
			packages = append(packages, name)
		}
	}
	return packages, nil
}

func benchmark(ctx context.Context, root string, packages, environment []string, flags ...string) ([]figure, error) {
	arguments := append([]string{"test", "-run=^$", "-bench=.", "-benchtime=0.5s", "-count=3", "-p=1"}, flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, packages...)...)
	command.Dir = root
	command.Env = append(os.Environ(), environment...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("running the benchmarks: %w\n%s", err, out.String())
	}
	return parseFigures(out.String()), nil
}

var processors = regexp.MustCompile(`-\d+$`)

// parseFigures reads what go test prints of benchmarks: the last time that each
// ran. Before that, a browser or Node may still be compiling.
func parseFigures(out string) []figure {
	var figures []figure
	in := ""
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == "pkg:" {
			_, in, _ = strings.Cut(fields[1], "/")
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil || !strings.Contains(fields[i+1], "/") || fields[i+1] == "B/op" || fields[i+1] == "allocs/op" {
				continue
			}
			figures = put(figures, figure{benchmark: in + " " + name, unit: fields[i+1], value: value})
		}
	}
	return figures
}

// put adds a figure, in the place of the one from the time before.
func put(figures []figure, f figure) []figure {
	for i := range figures {
		if figures[i].benchmark == f.benchmark && figures[i].unit == f.unit {
			figures[i] = f
			return figures
		}
	}
	return append(figures, f)
}

func printSideBySide(w io.Writer, native, node []figure) {
	other := make(map[[2]string]float64)
	for _, f := range node {
		other[[2]string{f.benchmark, f.unit}] = f.value
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  benchmark\tnative\tNode\tunit\tnative is\t")
	for _, f := range native {
		on, ok := other[[2]string{f.benchmark, f.unit}]
		ratio := "–"
		if ok && on > 0 && f.value > 0 {
			factor := on / f.value
			if strings.HasSuffix(f.unit, "/s") { // more is better
				factor = f.value / on
			}
			ratio = fmt.Sprintf("%.1f times faster", factor)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t\n", f.benchmark, short(f.value), short(on), f.unit, ratio)
	}
	table.Flush()
	fmt.Fprintln(w)
}

// short prints a number with about three digits that matter.
func short(value float64) string {
	switch {
	case value >= 1e6:
		return fmt.Sprintf("%.2f M", value/1e6)
	case value >= 1e4:
		return fmt.Sprintf("%.1f k", value/1e3)
	case value >= 100:
		return fmt.Sprintf("%.0f", value)
	default:
		return fmt.Sprintf("%.3g", value)
	}
}
