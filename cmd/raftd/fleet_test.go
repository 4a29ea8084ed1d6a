//go:build !js

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asRaftd makes the test program be raftd itself: so the processes of these
// tests have the race detector when the tests have it.
const asRaftd = "RAFTD_TEST_AS_RAFTD"

func TestMain(m *testing.M) {
	if os.Getenv(asRaftd) == "" {
		os.Exit(m.Run())
	}
	go func() {
		// The test that started this process holds the other end: when it is
		// gone, however it went, nothing stays behind.
		io.Copy(io.Discard, os.Stdin)
		os.Exit(99)
	}()
	main()
}

// patience is how long a test waits for what must happen, on the slowest of
// machines.
const patience = 90 * time.Second

// fleet is a cluster of three processes.
type fleet struct {
	t         *testing.T
	directory string
	peers     string
	http      map[int]string
	flags     []string // further flags of raftd serve
	client    *http.Client

	mu        sync.Mutex
	processes map[int]*process
	starts    int
}

type process struct {
	command *exec.Cmd
	stdin   io.Closer
	output  *bytes.Buffer
	ended   chan error
}

func newFleet(t *testing.T, flags ...string) *fleet {
	t.Helper()
	f := &fleet{
		t: t, directory: t.TempDir(), http: map[int]string{}, flags: flags,
		client: loopbackClient(t), processes: map[int]*process{},
	}
	ports := freePorts(t, 6)
	var peers []string
	for id := 1; id <= 3; id++ {
		peers = append(peers, fmt.Sprintf("%d=%s", id, ports[id-1]))
		f.http[id] = ports[id+2]
	}
	f.peers = strings.Join(peers, ",")
	t.Cleanup(func() {
		for id := 1; id <= 3; id++ {
			f.kill(id)
		}
	})
	return f
}

// freePorts finds addresses at which nobody listens. They are below those that
// systems give to outgoing connections, so that nobody takes one while
// its server is down.
func freePorts(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		defer listener.Close()
		if addresses = append(addresses, address); len(addresses) == n {
			return addresses
		}
	}
	t.Fatal("there are no free ports")
	return nil
}

// loopbackClient makes requests to this machine only, and not without end.
func loopbackClient(t *testing.T) *http.Client {
	var requests atomic.Int64
	dialer := net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		MaxIdleConnsPerHost: 16,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if !strings.HasPrefix(address, "127.0.0.1:") {
				return nil, fmt.Errorf("%s is not on this machine", address)
			}
			return dialer.DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	count := roundTripper(func(r *http.Request) (*http.Response, error) {
		if requests.Add(1) > 2_000_000 {
			return nil, errors.New("too many requests for one test")
		}
		return transport.RoundTrip(r)
	})
	return &http.Client{Transport: count, Timeout: 10 * time.Second}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (f *fleet) data(id int) string { return filepath.Join(f.directory, fmt.Sprint(id)) }

// start starts a server's process.
func (f *fleet) start(id int) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts++
	arguments := append([]string{"serve", "-id", fmt.Sprint(id), "-peers", f.peers, "-http", f.http[id], "-data", f.data(id)}, f.flags...)
	arguments = append(arguments, "-trace", filepath.Join(f.directory, fmt.Sprintf("trace-%d-%d", id, f.starts)))
	p := &process{command: raftdCommand(f.t, arguments...), output: new(bytes.Buffer), ended: make(chan error, 1)}
	p.command.Stderr = p.output
	stdin, err := p.command.StdinPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	p.stdin = stdin
	if err := p.command.Start(); err != nil {
		f.t.Fatal(err)
	}
	go func() { p.ended <- p.command.Wait() }()
	f.processes[id] = p
}

func raftdCommand(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, arguments...)
	command.Env = append(os.Environ(), asRaftd+"=1")
	return command
}

// kill ends a server's process as kill -9 does, and waits until it is gone. A
// process that has ended before by itself is an error.
func (f *fleet) kill(id int) {
	f.t.Helper()
	f.mu.Lock()
	p := f.processes[id]
	delete(f.processes, id)
	f.mu.Unlock()
	if p == nil {
		return
	}
	select {
	case err := <-p.ended:
		f.t.Errorf("server %d ended by itself: %v\n%s", id, err, p.output)
		return
	default:
	}
	p.command.Process.Kill()
	<-p.ended
	p.stdin.Close()
	if output := p.output.String(); strings.Contains(output, "DATA RACE") || strings.Contains(output, "panic") {
		f.t.Errorf("server %d:\n%s", id, output)
	}
}

// interrupt asks a server to stop, and returns its exit code and output.
func (f *fleet) interrupt(id int) (code int, output string) {
	f.t.Helper()
	f.mu.Lock()
	p := f.processes[id]
	delete(f.processes, id)
	f.mu.Unlock()
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		f.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.command.Process.Kill()
		<-p.ended
		f.t.Errorf("server %d does not stop:\n%s", id, p.output)
	}
	p.stdin.Close()
	return p.command.ProcessState.ExitCode(), p.output.String()
}

// eventually waits until holds says true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range int(patience / (10 * time.Millisecond)) {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}
