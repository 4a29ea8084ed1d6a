// Package site builds the page: it compiles the program to WebAssembly and
// lays out a folder that any static host can serve. The dev server, make site
// and the browser tests all build with it, so what is tested is what is served.
package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Program is the folder of the program that the page runs.
const Program = "./cmd/raftarium"

// Site is a built page: its files by the path that a browser asks for.
type Site struct {
	Files map[string][]byte
	Notes []string // what whoever built it should know
}

// Build builds the page from the module in the folder root. It keeps what it
// needs again in root/.build. The error of a program that does not compile is
// what the compiler said.
func Build(ctx context.Context, root string) (*Site, error) {
	return BuildAround(ctx, root, Program)
}

// BuildAround builds the page around another program than its own, for
// comparison: one that uses Ebitengine, in a folder of the module.
func BuildAround(ctx context.Context, root, main string) (*Site, error) {
	built := &Site{Files: make(map[string][]byte)}
	program, err := built.compile(runner{ctx}, root, main)
	if err != nil {
		return nil, err
	}
	glue, err := wasmExec(runner{ctx}, root)
	if err != nil {
		return nil, err
	}
	assets, err := readAssets(filepath.Join(root, "assets"))
	if err != nil {
		return nil, fmt.Errorf("reading the assets: %w", err)
	}
	assets["raftarium.wasm"] = program
	assets["wasm_exec.js"] = glue
	index, err := os.ReadFile(filepath.Join(root, "index.html"))
	if err != nil {
		return nil, err
	}

	// The assets live in a folder named after their content, so that a browser
	// may keep them for ever and never mixes those of two versions.
	folder := "assets/" + digest(assets) + "/"
	for name, content := range assets {
		built.Files[folder+name] = content
	}
	built.Files["index.html"] = point(index, folder, len(program))
	return built, nil
}

// compile builds the program, with the smaller Ebitengine if it can.
func (s *Site) compile(run runner, root, main string) ([]byte, error) {
	build := filepath.Join(root, ".build")
	output := filepath.Join(build, path.Base(main)+".wasm")
	arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", output}
	modfile, err := smallerEbitengine(root, build, run)
	switch {
	case errors.Is(err, errUnknownEbitengine):
		s.Notes = append(s.Notes, fmt.Sprintf("The program is built with the published Ebitengine, and is larger for it: %v.", err))
	case err != nil:
		return nil, err
	default:
		arguments = append(arguments, "-modfile="+modfile)
	}
	if _, err := run.output(root, []string{"GOOS=js", "GOARCH=wasm"}, "go", append(arguments, main)...); err != nil {
		return nil, err
	}
	return os.ReadFile(output)
}

// wasmExec returns the script of the Go distribution that runs a program in a
// browser. It must be the one of the compiler that built the program.
func wasmExec(run runner, root string) ([]byte, error) {
	goroot, err := run.output(root, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js"))
}

// readAssets reads what the page fetches. Lessons and the font of the stage are
// inside the program.
func readAssets(folder string) (map[string][]byte, error) {
	fetched := []string{".js", ".css", ".svg", ".woff2", ".txt"}
	assets := make(map[string][]byte)
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains(fetched, filepath.Ext(name)) {
			return err
		}
		relative, err := filepath.Rel(folder, name)
		if err != nil {
			return err
		}
		assets[filepath.ToSlash(relative)], err = os.ReadFile(name)
		return err
	})
	return assets, err
}

func digest(files map[string][]byte) string {
	sum := sha256.New()
	for _, name := range names(files) {
		fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		sum.Write(files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:10]
}

// point makes index.html ask for the assets in their folder, and tells it how
// many bytes the program has.
func point(index []byte, folder string, bytesOfProgram int) []byte {
	index = bytes.ReplaceAll(index, []byte(`"assets/`), []byte(`"`+folder))
	return bytes.Replace(index, []byte(`data-bytes="0"`), fmt.Appendf(nil, `data-bytes="%d"`, bytesOfProgram), 1)
}

func names(files map[string][]byte) []string {
	all := make([]string, 0, len(files))
	for name := range files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Immutable reports whether a file of a site never changes under its name.
func Immutable(name string) bool {
	return strings.HasPrefix(name, "assets/")
}

// ContentType returns the MIME type of a file of a site.
func ContentType(name string) string {
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".woff2": "font/woff2", ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8",
		".gz": "application/gzip", ".br": "application/octet-stream",
	}
	if kind, ok := types[path.Ext(name)]; ok {
		return kind
	}
	return "application/octet-stream"
}

// runner runs commands until its context ends.
type runner struct{ ctx context.Context }

// output runs a command in a folder and returns what it printed. If it fails,
// the error is what it complained about.
func (r runner) output(folder string, environment []string, name string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(r.ctx, name, arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		text := strings.TrimSpace(complaints.String())
		return nil, fmt.Errorf("%s %s: %w\n%s", name, arguments[0], err, text)
	}
	return out.Bytes(), nil
}

// Root returns the folder of the module that the working directory is in.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "index.html")); err == nil {
			if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
				return folder, nil
			}
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("run this in the folder of Raftarium's sources, where go.mod and index.html are")
		}
		folder = parent
	}
}
