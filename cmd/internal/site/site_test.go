package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestTheChangesOfEbitengineFitTheVersionInUse(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	build := filepath.Join(root, ".build") // as the replacement is written relative to the module
	modfile, err := smallerEbitengine(root, build, runner{context.Background()})
	if err != nil {
		t.Fatalf("the page would be built with the larger Ebitengine: %v", err)
	}
	run := runner{context.Background()}
	packages := []string{ebitengine + "/internal/builtinshader", ebitengine + "/internal/colormshader", ebitengine + "/internal/debug"}
	arguments := append([]string{"list", "-modfile=" + modfile, "-deps"}, packages...)
	out, err := run.output(root, []string{"GOOS=js", "GOARCH=wasm"}, "go", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if name == "text/template" || name == "go/build" {
			t.Errorf("the changed files still import %s", name)
		}
	}
	if out, err := run.output(root, []string{"GOOS=js", "GOARCH=wasm"}, "go", append([]string{"vet", "-modfile=" + modfile}, packages...)...); err != nil {
		t.Errorf("the changed files: %v\n%s", err, out)
	}
}

func TestPrecomputedShadersAreThoseOfTheTemplate(t *testing.T) {
	source := "package p\n\nimport \"text/template\"\n\nvar tmpl = template.Must(template.New(\"tmpl\").Parse(`" +
		"{{if eq .Filter .FilterLinear}}linear{{else if eq .Filter .FilterPixelated}}pixelated{{else}}nearest{{end}} " +
		"{{if eq .Address .AddressRepeat}}repeat{{else if eq .Address .AddressClampToZero}}clamp{{else}}unsafe{{end}}`))\n\n" +
		"// ShaderSource makes a source.\nfunc ShaderSource() []byte { return nil }\n\nconst Other = 1\n"
	changed, err := precomputeShaders([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, want := range []string{
		`"nearest unsafe"`, `"nearest clamp"`, `"nearest repeat"`,
		`"linear unsafe"`, `"linear clamp"`, `"linear repeat"`,
		`"pixelated unsafe"`, `"pixelated clamp"`, `"pixelated repeat"`,
	} {
		next := bytes.Index(changed, []byte(want))
		if next <= at {
			t.Errorf("%s is missing or out of order in:\n%s", want, changed)
		}
		at = next
	}
	for _, gone := range []string{"template.Must", "import", "makes a source"} {
		if bytes.Contains(changed, []byte(gone)) {
			t.Errorf("%q is still in:\n%s", gone, changed)
		}
	}
	if !bytes.Contains(changed, []byte("const Other = 1")) {
		t.Errorf("what has nothing to do with it went away:\n%s", changed)
	}
}

func TestUnknownFilesOfEbitengineAreLeftAlone(t *testing.T) {
	module := t.TempDir()
	for _, c := range changes() {
		name := filepath.Join(module, filepath.FromSlash(c.path))
		if err := writeIfChanged(name, []byte("package changed\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := changedFiles(module); !errors.Is(err, errUnknownEbitengine) {
		t.Errorf("changing files that nobody has looked at gave %v", err)
	}
	if _, _, err := changedFiles(t.TempDir()); !errors.Is(err, errUnknownEbitengine) {
		t.Errorf("changing files that are not there gave %v", err)
	}
}

func TestIndexPointsAtTheAssetsOfItsVersion(t *testing.T) {
	index := []byte(`<meta content="assets/raftarium.wasm" data-bytes="0"><link href="assets/styles/a.css">`)
	got := string(point(index, "assets/0123456789/", 42))
	want := `<meta content="assets/0123456789/raftarium.wasm" data-bytes="42"><link href="assets/0123456789/styles/a.css">`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDigestTellsVersionsApart(t *testing.T) {
	one := digest(map[string][]byte{"a": []byte("x"), "b": nil})
	for _, other := range []map[string][]byte{
		{"a": []byte("y"), "b": nil},
		{"a": nil, "b": []byte("x")},
		{"a": []byte("x")},
	} {
		if digest(other) == one {
			t.Errorf("%v has the digest of another version", other)
		}
	}
}

func TestWrittenSiteUnpacksToWhatItWas(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "site")
	content := bytes.Repeat([]byte("raft "), 1000)
	built := &Site{Files: map[string][]byte{"index.html": content, "assets/x/font.woff2": content}}
	for range 2 { // the second time over the first
		sizes, err := built.Write(folder, Fast())
		if err != nil {
			t.Fatal(err)
		}
		if len(sizes) != 2 || sizes[1].Raw != 5000 || sizes[1].Gzip >= 200 || sizes[0].Gzip != 5000 {
			t.Errorf("sizes %+v", sizes)
		}
	}
	gz, err := gzip.NewReader(bytes.NewReader(read(t, filepath.Join(folder, "index.html.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	br := brotli.NewReader(bytes.NewReader(read(t, filepath.Join(folder, "index.html.br"))))
	for name, reader := range map[string]io.Reader{".gz": gz, ".br": br} {
		if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, content) {
			t.Errorf("index.html%s holds %d bytes (%v), not the %d of index.html", name, len(got), err, len(content))
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "assets/x/font.woff2.gz")); err == nil {
		t.Error("a font was compressed that cannot get smaller")
	}
}

func TestAFolderThatIsNoSiteIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	precious := filepath.Join(folder, "thesis.txt")
	if err := os.WriteFile(precious, []byte("three years"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := (&Site{Files: map[string][]byte{"index.html": nil}}).Write(folder, Fast())
	if err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("writing over a folder with other things gave %v", err)
	}
	if got := read(t, precious); string(got) != "three years" {
		t.Error("it is gone")
	}
}

func TestContentTypes(t *testing.T) {
	for name, want := range map[string]string{
		"index.html": "text/html; charset=utf-8", "a/b.wasm": "application/wasm", "x.js": "text/javascript; charset=utf-8",
		"x.woff2": "font/woff2", "x": "application/octet-stream",
	} {
		if got := ContentType(name); got != want {
			t.Errorf("%s is served as %s, want %s", name, got, want)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
