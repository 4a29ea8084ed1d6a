package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// The page's program is built with an Ebitengine that differs from the
// published one in three files. Two of them make shader sources with
// text/template, which calls methods by name, and then the linker has to keep
// every exported method of every type that can be reached; the third brings in
// go/build to find a source file in a debugging aid, which in a browser finds
// nothing. Without them the program is a quarter smaller on the wire and draws
// the same pixels.
//
// The changes are made to a copy of the module, in the folder for things that
// were built, and only for files whose content is known here. After an upgrade
// of Ebitengine the program is built unchanged, with a note, until somebody has
// looked at the new files.

const ebitengine = "github.com/hajimehoshi/ebiten/v2"

// change is what is done to one file.
type change struct {
	path    string // in the module
	sha256  string // of the file that the rewriting was written for
	rewrite func(source []byte) ([]byte, error)
}

func changes() []change {
	return []change{
		{"internal/builtinshader/shader.go", "c37e473dfc068aa388ce180d730a56ba149aa1ae7ef1dab7939796a7a90e86a2", precomputeShaders},
		{"internal/colormshader/shader.go", "64d3e7652dfab658e1035362d64d814c747fef693ac66f32684bddba7bc0ae32", precomputeShaders},
		{"internal/debug/caller.go", "3399bb9882b1954d1e94569392ab06d695427b85c84af0c567ca2ffe7f9ffb02", knowNoCaller},
	}
}

// errUnknownEbitengine says that Ebitengine is not the one that the changes
// were written for.
var errUnknownEbitengine = errors.New("this Ebitengine is not the one that the changes in cmd/internal/site/ebitengine.go were written for")

// smallerEbitengine makes the changed copy in the folder build, if it is not
// there yet, and a go.mod that uses it. It returns the path of that go.mod, for
// the go command's -modfile.
func smallerEbitengine(root, build string, run runner) (modfile string, err error) {
	out, err := run.output(root, nil, "go", "mod", "download", "-json", ebitengine)
	if err != nil {
		return "", fmt.Errorf("fetching Ebitengine: %w", err)
	}
	var module struct{ Dir, Version string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", fmt.Errorf("reading where the go command keeps Ebitengine: %w", err)
	}
	files, stamp, err := changedFiles(module.Dir)
	if err != nil {
		return "", err
	}
	copied := filepath.Join(build, "ebitengine-"+module.Version+"-"+stamp)
	if _, err := os.Stat(copied); errors.Is(err, fs.ErrNotExist) {
		if err := copyChanged(module.Dir, copied, files); err != nil {
			return "", fmt.Errorf("copying Ebitengine: %w", err)
		}
	}
	return writeModfile(root, build, copied)
}

// changedFiles returns the new content of each file that changes, and a stamp
// that tells one set of changes from another.
func changedFiles(module string) (map[string][]byte, string, error) {
	files := make(map[string][]byte)
	stamp := sha256.New()
	for _, c := range changes() {
		source, err := os.ReadFile(filepath.Join(module, filepath.FromSlash(c.path)))
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", errUnknownEbitengine, err)
		}
		if sum := sha256.Sum256(source); hex.EncodeToString(sum[:]) != c.sha256 {
			return nil, "", fmt.Errorf("%w: %s differs", errUnknownEbitengine, c.path)
		}
		changed, err := c.rewrite(source)
		if err != nil {
			return nil, "", fmt.Errorf("rewriting %s: %w", c.path, err)
		}
		files[filepath.FromSlash(c.path)] = changed
		stamp.Write(changed)
	}
	return files, hex.EncodeToString(stamp.Sum(nil))[:8], nil
}

// copyChanged copies what of a module can be imported, with some files
// replaced. The copy appears under its name only when it is whole.
func copyChanged(from, to string, replaced map[string][]byte) error {
	partial := to + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	left := map[string]bool{"examples": true, "cmd": true, "misc": true, "skills": true}
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if left[name] || entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(partial, name), 0o755)
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		content, ok := replaced[name]
		if !ok {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		return os.WriteFile(filepath.Join(partial, name), content, 0o644)
	})
	if err != nil {
		return err
	}
	return os.Rename(partial, to)
}

// writeModfile writes a copy of the module's go.mod that replaces Ebitengine,
// with its go.sum beside it as the go command wants.
func writeModfile(root, build, ebitengineDir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return "", err
	}
	where, err := filepath.Rel(root, ebitengineDir)
	if err != nil {
		return "", err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => ./%s\n", ebitengine, filepath.ToSlash(where))
	modfile := filepath.Join(build, "go.mod")
	if err := writeIfChanged(modfile, mod); err != nil {
		return "", err
	}
	return modfile, writeIfChanged(filepath.Join(build, "go.sum"), sum)
}

// precomputeShaders replaces a template that makes nine shader sources by the
// nine sources that it makes.
func precomputeShaders(source []byte) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "shader.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	text, err := templateText(file)
	if err != nil {
		return nil, err
	}
	var made bytes.Buffer
	made.WriteString("\n// sources are what the template of the published Ebitengine makes.\n")
	made.WriteString("var sources = [FilterCount][AddressCount]string{\n")
	for filter := range 3 {
		made.WriteString("{\n")
		for address := range 3 {
			shader, err := executeShader(text, filter, address)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&made, "%q,\n", shader)
		}
		made.WriteString("},\n")
	}
	made.WriteString("}\n\n// ShaderSource returns the shader source for the given parameters.\n")
	made.WriteString("func ShaderSource(filter Filter, address Address) []byte {\n\treturn []byte(sources[filter][address])\n}\n")

	kept := without(source, files, file, "imports", "shaders", "tmpl", "ShaderSource")
	return format.Source(append(kept, made.Bytes()...))
}

// executeShader makes one shader source as Ebitengine's ShaderSource does.
func executeShader(text string, filter, address int) (string, error) {
	parsed, err := template.New("tmpl").Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, map[string]int{
		"Filter": filter, "FilterNearest": 0, "FilterLinear": 1, "FilterPixelated": 2,
		"Address": address, "AddressUnsafe": 0, "AddressClampToZero": 1, "AddressRepeat": 2,
	})
	return out.String(), err
}

// templateText finds the text in `var tmpl = template.Must(….Parse("…"))`.
func templateText(file *ast.File) (string, error) {
	var text string
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || selector.Sel.Name != "Parse" || len(call.Args) != 1 {
			return true
		}
		if literal, ok := call.Args[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ = strconv.Unquote(literal.Value)
		}
		return true
	})
	if text == "" {
		return "", errors.New("there is no template in it")
	}
	return text, nil
}

// knowNoCaller replaces FirstCaller by one that finds none, as it does in a
// browser, where there are no source files.
func knowNoCaller(source []byte) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "caller.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	kept := without(source, files, file, "imports", "ebitengineFileDir", "FirstCaller")
	kept = append(kept, `
// FirstCaller finds no caller: there are no source files in a browser.
func FirstCaller() (file string, line int, callerType CallerType) {
	return "", 0, CallerTypeNone
}
`...)
	return format.Source(kept)
}

// without returns a source without its imports (named "imports") and without
// the top-level declarations that declare one of the names.
func without(source []byte, files *token.FileSet, file *ast.File, names ...string) []byte {
	drop := make(map[string]bool)
	for _, name := range names {
		drop[name] = true
	}
	var kept []byte
	at := 0
	for _, declaration := range file.Decls {
		if !declares(declaration, drop) {
			continue
		}
		start, end := declaration.Pos(), declaration.End()
		if function, ok := declaration.(*ast.FuncDecl); ok && function.Doc != nil {
			start = function.Doc.Pos()
		}
		kept = append(kept, source[at:files.Position(start).Offset]...)
		at = files.Position(end).Offset
	}
	return append(kept, source[at:]...)
}

func declares(declaration ast.Decl, names map[string]bool) bool {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		return names[d.Name.Name]
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			return names["imports"]
		}
		for _, spec := range d.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok && names[value.Names[0].Name] {
				return true
			}
		}
	}
	return false
}

// writeIfChanged writes a file unless it has that content already, so that the
// go command's cache stays warm.
func writeIfChanged(path string, content []byte) error {
	old, err := os.Open(path)
	if err == nil {
		defer old.Close()
		if had, err := io.ReadAll(old); err == nil && bytes.Equal(had, content) {
			return nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
