//go:build !js

package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// try runs a command line that is expected to end by itself.
func try(arguments ...string) (code int, out, errout string) {
	var stdout, stderr bytes.Buffer
	code = run(arguments, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestBadCommandLinesAreExplained(t *testing.T) {
	const peers = "1=127.0.0.1:7001,2=127.0.0.1:7002"
	good := []string{"serve", "-id", "1", "-peers", peers, "-http", "127.0.0.1:8001", "-data", "d"}
	but := func(changes ...string) []string { return append(good[:len(good):len(good)], changes...) }
	for want, arguments := range map[string][]string{
		"say what to do: serve or status":                     nil,
		`there is no command "server"`:                        {"server"},
		"-peers is missing: want all servers of the cluster":  {"serve"},
		"-id is 0: want the number of one of the servers":     {"serve", "-peers", peers},
		"-id is 3: want the number":                           but("-id", "3"),
		"invalid value \"one\" for flag -id":                  but("-id", "one"),
		"flag provided but not defined: -color":               but("-color"),
		`"now" is no flag`:                                    but("now"),
		`-peers has "x": want NUMBER=HOST:PORT`:               but("-peers", "x"),
		`-peers has server "0": want a number from 1 to 101`:  but("-peers", "0=127.0.0.1:7001"),
		"-peers has server 1 twice":                           but("-peers", peers+",1=127.0.0.1:7003"),
		"servers 2 and 3 at the same address":                 but("-peers", peers+",3=127.0.0.1:7002"),
		`-peers, server 2: "10.0.0.1:7002" is not on this ma`: but("-peers", "1=127.0.0.1:7001,2=10.0.0.1:7002"),
		`-peers, server 1: "here" is no address`:              but("-peers", "1=here"),
		`has port "0": want a number from 1 to 65535`:         but("-http", "127.0.0.1:0"),
		`-http: ":8001" is not on this machine`:               but("-http", ":8001"),
		"-http: the address is missing":                       but("-http", ""),
		"reached by the others: clients need another port":    but("-http", "127.0.0.1:7002"),
		"-data is missing":                                    but("-data", ""),
		"-heartbeat is 1µs: want 1ms to 1m":                   but("-heartbeat", "1us"),
		"-snapshot is 0: want a number of bytes above 0":      but("-snapshot", "0"),
		"the flags of raftd serve are:":                       {"serve", "-h"},
		"the flags of raftd status are:":                      {"status", "-h"},
		"-http: the address is missing: want one like":        {"status"},
		`-http: "example.com:80" is not on this machine`:      {"status", "-http", "127.0.0.1:1,example.com:80"},
	} {
		code, _, errout := try(arguments...)
		if code != exitUsage || !strings.Contains(errout, want) {
			t.Errorf("raftd %v: exit %d, %q; want %q", arguments, code, errout, want)
		}
	}
	if code, out, _ := try("help"); code != 0 || out != usage {
		t.Errorf("raftd help: exit %d, %q", code, out)
	}
}

func TestWhatKeepsAServerFromStarting(t *testing.T) {
	ports := freePorts(t, 2)
	directory := t.TempDir()
	serve := func(http, raft string, more ...string) []string {
		data := filepath.Join(directory, "data")
		return append([]string{"serve", "-id", "1", "-peers", "1=" + raft, "-http", http, "-data", data}, more...)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(directory, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, arguments := range map[string][]string{
		"listening for clients:":                      serve(taken.Addr().String(), ports[0]),
		"listening for other servers:":                serve(ports[0], taken.Addr().String()),
		"already: each trace needs a new one":         serve(ports[0], ports[1], "-trace", file),
		"making the trace: ":                          serve(ports[0], ports[1], "-trace", filepath.Join(file, "x")),
		"making the directory of the log: ":           serve(ports[0], ports[1], "-data", file),
		"no server answers at " + ports[0] + ": dial": {"status", "-http", ports[0]},
	} {
		code, _, errout := try(arguments...)
		if code != exitFailed || !strings.Contains(errout, want) {
			t.Errorf("raftd %v: exit %d, %q; want %q", arguments, code, errout, want)
		}
	}
}

func TestStatusOfSomethingElse(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"is no raftd: it says 404 Not Found":     http.NotFound,
		"is no raftd: it does not say how it is": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") },
		"no raftd: it does not say how it is":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") },
	} {
		other := httptest.NewServer(answer)
		code, _, errout := try("status", "-http", other.Listener.Addr().String())
		if code != exitFailed || !strings.Contains(errout, want) {
			t.Errorf("exit %d, %q; want %q", code, errout, want)
		}
		other.Close()
	}
}

func TestStatusShowsAllServers(t *testing.T) {
	f := newFleet(t)
	for id := 1; id <= 3; id++ {
		f.start(id)
	}
	table := regexp.MustCompile(`^SERVER +ROLE +TERM .*
S1 +(Follower|Leader) +\d+ +S\d .* ` + f.http[1] + `
S2 +(Follower|Leader) +\d+ +S\d .* ` + f.http[2] + `
S3 +(Follower|Leader) +\d+ +S\d .* ` + f.http[3] + `
$`)
	var code int
	var out string
	eventually(t, "the table shows a cluster with a leader", func() bool {
		code, out, _ = try("status", "-http", f.http[1])
		return code == 0 && table.MatchString(out) && strings.Count(out, "Leader") == 1
	})
	f.kill(3)
	eventually(t, "the table shows who is down", func() bool {
		// Of several addresses the first that answers is asked.
		code, out, _ = try("status", "-http", f.http[3]+","+f.http[2])
		return code == 0 && strings.Contains(out, "S3      down") && strings.Contains(out, "S3 is down: no server answers at "+f.http[3])
	})
}

func TestASecondProcessOnADirectoryIsRefused(t *testing.T) {
	f := newFleet(t)
	f.start(1)
	eventually(t, "server 1 answers", func() bool { code, _, _ := try("status", "-http", f.http[1]); return code == 0 })
	ports := freePorts(t, 2)
	code, _, errout := try("serve", "-id", "1", "-peers", "1="+ports[0], "-http", ports[1], "-data", f.data(1))
	if code != exitFailed || !strings.Contains(errout, "another process is using it") {
		t.Errorf("exit %d, %q", code, errout)
	}
	if code, output := f.interrupt(1); code != 0 || !strings.Contains(output, "interrupted: handing over and stopping") {
		t.Errorf("exit %d, %q", code, output)
	}
	code, _, errout = try("serve", "-id", "2", "-peers", "1="+ports[1]+",2="+ports[0], "-http", f.http[1], "-data", f.data(1))
	if code != exitFailed || !strings.Contains(errout, "belongs to server 1, not to server 2") {
		t.Errorf("exit %d, %q", code, errout)
	}
}
