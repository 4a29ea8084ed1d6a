//go:build !js

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"net/http/httptest"

	"raftarium/cmd/internal/browser"
	"raftarium/cmd/internal/site"
	"raftarium/game/session"
	"raftarium/raft/trace"
	"raftarium/wasmnet"
)

// The run that a hand has made in the page happens again natively, byte for
// byte, from its header and its commands.
func TestARunOfThePageIsTheSameNatively(t *testing.T) {
	v := open(t, "?seed=3", small())
	leader := v.awaitLeader()
	v.must(v.Press(v.server(leader).point()))
	v.await("the crash", func(m *trace.Model) bool { return !m.Servers[leader-1].Alive })
	v.must(v.Drag(v.strokeBetween(2, 3, 5, 1)...))
	v.await("the cut", func(m *trace.Model) bool { return m.IsCut(1, 3) })
	v.tell("pause", "{}")

	inChromium := ask[string](v, "raftarium.trace()")
	reader, err := trace.NewReader(strings.NewReader(inChromium))
	v.must(err)
	run := wasmnet.Run{Header: reader.Header()}
	var e trace.Event
	for reader.Read(&e) == nil {
		run.For = e.At
		if e.Kind == trace.CommandTaken {
			run.Commands = append(run.Commands, *e.Command)
		}
	}
	if len(run.Commands) < 2 {
		t.Fatalf("the run has the commands %+v", run.Commands)
	}
	var natively bytes.Buffer
	v.must(session.WriteTrace(run, &natively))
	if natively.String() != inChromium {
		t.Errorf("the trace differs:\n%s", firstDifference(inChromium, natively.String()))
	}
}

func firstDifference(one, other string) string {
	ones, others := strings.Split(one, "\n"), strings.Split(other, "\n")
	for i := range min(len(ones), len(others)) {
		if ones[i] != others[i] {
			return "in Chromium " + ones[i] + "\nnatively    " + others[i]
		}
	}
	return "one is longer than the other"
}

// testPage runs a Go test in a page, as wasm_exec_node.js does under Node.
const testPage = `<!doctype html><title>go test</title><link rel="icon" href="data:,"><script src="wasm_exec.js"></script><script>
(async () => {
	const go = new Go();
	go.argv = ["wasmnet.test", "-test.run=^TestScenariosAreTheSameEverywhere$", "-test.v"];
	go.exit = (code) => { window.exitCode = code; };
	const { instance } = await WebAssembly.instantiateStreaming(fetch("wasmnet.wasm"), go.importObject);
	await go.run(instance);
})();
</script>`

// The scenarios have the hashes in wasmnet/testdata in Chromium too: the very
// test that compares them natively and under Node runs in a page.
func TestScenariosHaveTheirHashesInChromium(t *testing.T) {
	if theHost == nil {
		t.Skipf("%s is set", withoutBrowser)
	}
	root, err := site.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	compile := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", filepath.Join(folder, "wasmnet.wasm"), "./wasmnet")
	compile.Dir = root
	compile.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compiling the test: %v\n%s", err, out)
	}
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	glue, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"wasm_exec.js": glue, "index.html": []byte(testPage)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(site.Host(folder))
	defer server.Close()
	window := browser.Window{Width: 400, Height: 300, Before: `window.printed = ""; for (const name of ["log", "error"]) console[name] = (text) => { window.printed += text + "\n"; }`}
	page, err := theHost.browser.Open(server.URL, window)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Page: page, t: t}
	defer page.Close()
	v.wait("window.exitCode !== undefined || window.printed.includes('exit code') || window.printed.includes('\\nPASS')")
	printed := ask[string](v, "window.printed")
	if !strings.Contains(printed, "--- PASS: TestScenariosAreTheSameEverywhere") || ask[int](v, "window.exitCode ?? 0") != 0 {
		t.Errorf("in Chromium the test says:\n%s", printed)
	}
}
