package transport

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"raftarium/raft"
)

// patience is long enough for what must happen on a very slow machine.
const patience = time.Minute

// notes gathers what a transport says of its connections.
type notes struct {
	mu        sync.Mutex
	sentences []string
}

func (n *notes) add(sentence string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sentences = append(n.sentences, sentence)
}

func (n *notes) contain(text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.sentences, func(s string) bool { return strings.Contains(s, text) })
}

// addresses finds a free address for each of n servers.
func addresses(t *testing.T, n int) map[raft.ServerID]string {
	t.Helper()
	found := map[raft.ServerID]string{}
	for id := range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		found[raft.ServerID(id+1)] = listener.Addr().String()
	}
	return found
}

func start(t *testing.T, config Config, handle func(raft.Message) (raft.Message, bool)) (*TCP, *notes) {
	t.Helper()
	n := new(notes)
	config.Log = n.add
	if config.CallTimeout == 0 {
		config.CallTimeout = patience
	}
	server, err := Listen(config)
	if err != nil {
		t.Fatal(err)
	}
	server.Serve(handle)
	return server, n
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range int(patience / (5 * time.Millisecond)) {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

func verifyNoLeaks(t *testing.T) {
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, others, goleak.IgnoreAnyFunction("runtime.handleEvent")) })
}

// answerWithIndex answers a vote request with what it asked about, so that each reply shows
// to which request it belongs.
func answerWithIndex(request raft.Message) (raft.Message, bool) {
	vote, ok := request.(raft.RequestVote)
	return raft.AppendEntriesReply{Term: vote.Term, ConflictIndex: vote.LastLogIndex}, ok
}

func TestManyCallsAtOnceEachGetTheirReply(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	held := make(chan struct{})
	slow := func(request raft.Message) (raft.Message, bool) {
		if vote, ok := request.(raft.RequestVote); ok && vote.LastLogIndex%2 == 0 {
			<-held // until calls that came later have been answered
		}
		return answerWithIndex(request)
	}
	a, _ := start(t, Config{ID: 1, Addresses: all, Announce: "one"}, slow)
	defer a.Close()
	b, _ := start(t, Config{ID: 2, Addresses: all, Announce: "two"}, slow)
	defer b.Close()
	for _, end := range []struct {
		from      *TCP
		to        raft.ServerID
		announced string
	}{{a, 2, "two"}, {b, 1, "one"}} {
		eventually(t, "connected", func() bool {
			announced, connected := end.from.Peer(end.to)
			return connected && announced == end.announced
		})
	}
	var early, late sync.WaitGroup
	for i := range raft.Index(500) {
		wait := []*sync.WaitGroup{&late, &early}[i%2]
		wait.Go(func() {
			want := raft.AppendEntriesReply{Term: 3, ConflictIndex: i}
			if reply, ok := a.Call(2, raft.RequestVote{Term: 3, Candidate: 1, LastLogIndex: i}); !ok || reply != raft.Message(want) {
				t.Errorf("call %d: %+v, %v", i, reply, ok)
			}
		})
	}
	early.Wait()
	close(held)
	late.Wait()
}

func TestEntriesArriveWhole(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	var mu sync.Mutex
	var got raft.Message
	a, _ := start(t, Config{ID: 1, Addresses: all}, answerWithIndex)
	defer a.Close()
	b, _ := start(t, Config{ID: 2, Addresses: all}, func(request raft.Message) (raft.Message, bool) {
		mu.Lock()
		defer mu.Unlock()
		got = request
		return raft.AppendEntriesReply{Success: true}, true
	})
	defer b.Close()
	eventually(t, "connected", func() bool { _, connected := a.Peer(2); return connected })
	request := raft.AppendEntries{Term: 1, Leader: 1}
	for i := range 100 {
		data := bytes.Repeat([]byte{byte(i)}, 20000)
		request.Entries = append(request.Entries, raft.Entry{Index: raft.Index(i + 1), Term: 1, Data: data})
	}
	if reply, ok := a.Call(2, request); !ok || reply != raft.Message(raft.AppendEntriesReply{Success: true}) {
		t.Fatalf("%+v, %v", reply, ok)
	}
	if !reflect.DeepEqual(got, request) {
		t.Error("the request arrived changed")
	}
	// What does not fit in a frame is not sent, and does not harm the connection.
	request.Entries = []raft.Entry{{Index: 1, Data: make([]byte, maxFrame)}}
	if _, ok := a.Call(2, request); ok {
		t.Error("a message that is too big was answered")
	}
	if _, ok := a.Call(2, raft.AppendEntries{}); !ok {
		t.Error("a call after one that was too big failed")
	}
}

func TestConnectionsComeBack(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	a, _ := start(t, Config{ID: 1, Addresses: all}, answerWithIndex)
	defer a.Close()
	for round := range 5 {
		announce := fmt.Sprintf("round %d", round)
		b, _ := start(t, Config{ID: 2, Addresses: all, Announce: announce}, answerWithIndex)
		eventually(t, "connected in "+announce, func() bool {
			announced, connected := a.Peer(2)
			_, back := b.Peer(1)
			return connected && back && announced == announce
		})
		if _, ok := a.Call(2, raft.RequestVote{}); !ok {
			t.Errorf("%s: no reply", announce)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end is noticed", func() bool { _, connected := a.Peer(2); return !connected })
		if _, ok := a.Call(2, raft.RequestVote{}); ok {
			t.Error("a server that has ended replied")
		}
	}
}

func TestACallHasATimeLimit(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	held := make(chan struct{})
	a, _ := start(t, Config{ID: 1, Addresses: all, CallTimeout: 300 * time.Millisecond}, answerWithIndex)
	defer a.Close()
	b, _ := start(t, Config{ID: 2, Addresses: all}, func(request raft.Message) (raft.Message, bool) {
		if request.MessageTerm() == 1 {
			<-held
		}
		return answerWithIndex(request)
	})
	defer b.Close()
	defer close(held)
	eventually(t, "connected", func() bool { _, connected := a.Peer(2); return connected })
	if _, ok := a.Call(2, raft.RequestVote{Term: 1}); ok {
		t.Error("a call that nobody answers was answered")
	}
	eventually(t, "a reply on the same connection", func() bool {
		_, ok := a.Call(2, raft.RequestVote{Term: 2})
		return ok
	})
	// What the handler does not answer is known at once, without waiting.
	if _, ok := a.Call(2, raft.AppendEntries{}); ok {
		t.Error("a message without an answer was answered")
	}
	if _, ok := a.Call(7, raft.RequestVote{}); ok {
		t.Error("a server that does not exist replied")
	}
}

func TestCallsEndWhenTheTransportDoes(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	held, arrived := make(chan struct{}), make(chan struct{})
	a, _ := start(t, Config{ID: 1, Addresses: all}, answerWithIndex)
	b, _ := start(t, Config{ID: 2, Addresses: all}, func(raft.Message) (raft.Message, bool) {
		close(arrived)
		<-held
		return nil, false
	})
	eventually(t, "connected", func() bool { _, connected := a.Peer(2); return connected })
	ended := make(chan bool)
	go func() {
		_, ok := a.Call(2, raft.RequestVote{})
		ended <- ok
	}()
	<-arrived
	a.Close()
	if <-ended {
		t.Error("a call on a closed transport was answered")
	}
	close(held)
	b.Close()
}

func TestServersThatDoNotBelongTogether(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 3)
	swapped := map[raft.ServerID]string{1: all[1], 3: all[2], 2: all[3]}
	a, _ := start(t, Config{ID: 1, Addresses: map[raft.ServerID]string{1: all[1], 2: all[2]}}, answerWithIndex)
	defer a.Close()
	b, said := start(t, Config{ID: 3, Addresses: swapped}, answerWithIndex)
	defer b.Close()
	eventually(t, "a stranger is refused", func() bool {
		return said.contain("it refused: server 3 is not one of those that server 1 was started with")
	})
	if _, connected := b.Peer(1); connected {
		t.Error("a refused connection counts as one")
	}
	// Server 1 believes that server 2 is where server 3 listens.
	c, said := start(t, Config{ID: 2, Addresses: map[raft.ServerID]string{1: all[2], 2: all[3]}}, answerWithIndex)
	defer c.Close()
	eventually(t, "a wrong address is noticed", func() bool {
		return said.contain("it refused: this is server 3, not server 1")
	})
}

func TestCallersThatAreNoServers(t *testing.T) {
	verifyNoLeaks(t)
	all := addresses(t, 2)
	a, said := start(t, Config{ID: 1, Addresses: all}, answerWithIndex)
	defer a.Close()
	introduction := greeting + string(framed(t, appendHello(nil, hello{From: 2, To: 1})))
	for want, sent := range map[string]string{
		"the caller is not a server of a cluster": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"at most 16777216 are allowed":            introduction + "\xff\xff\xff\xff",
		"reading who is there":                    greeting + string(framed(t, []byte("who"))),
		"there is no message of type 99":          introduction + string(framed(t, []byte{1, 99})),
		"a call without a message":                introduction + string(framed(t, []byte{1})),
		"a call without a number":                 introduction + string(framed(t, nil)),
		"the connection ended inside a frame":     introduction + string(framed(t, make([]byte, 100)))[:50],
	} {
		conn, err := net.Dial("tcp", all[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(want, "the connection") {
			conn.Close()
		}
		eventually(t, want, func() bool { return said.contain(want) })
		conn.Close()
	}
	other, err := net.Listen("tcp", all[2])
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
			conn.Close()
		}
	}()
	defer other.Close()
	eventually(t, "another service is not a server", func() bool { return said.contain("no server of a cluster answers there") })
}

func TestAnAddressThatIsTaken(t *testing.T) {
	all := addresses(t, 1)
	a, _ := start(t, Config{ID: 1, Addresses: all}, answerWithIndex)
	defer a.Close()
	if _, err := Listen(Config{ID: 1, Addresses: all}); err == nil || !strings.Contains(err.Error(), "listening for other servers") {
		t.Errorf("listening twice: %v", err)
	}
	if _, err := Listen(Config{ID: 2, Addresses: all}); err == nil || !strings.Contains(err.Error(), "no address for server 2") {
		t.Errorf("without an address: %v", err)
	}
}

func framed(t testing.TB, data []byte) []byte {
	t.Helper()
	data, err := frame(append(make([]byte, 4), data...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whatever comes on a connection is either understood or refused.
func FuzzFrames(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	call, _ := appendCall(nil, random.Uint64(), raft.AppendEntries{Term: 3, Entries: []raft.Entry{{Index: 1, Data: []byte("x")}}})
	f.Add(slices.Concat(framed(f, appendHello(nil, hello{From: 1, To: 2, Announce: "here"})), framed(f, call)))
	f.Add([]byte{255, 255, 255, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4 && data[3] > 0 {
			return // would only make a lot of room
		}
		in := bytes.NewReader(data)
		if first, err := readFrame(in); err == nil {
			if h, err := decodeHello(first); err == nil && !bytes.Equal(appendHello(nil, h), first) {
				t.Fatalf("%x was read as %+v", first, h)
			}
		}
		for {
			next, err := readFrame(in)
			if err != nil {
				return
			}
			number, message, err := decodeCall(next)
			if err != nil {
				continue
			}
			again, err := appendCall(nil, number, message)
			if err != nil || len(again) > len(next) {
				t.Fatalf("%x was read as %d, %+v", next, number, message)
			}
		}
	})
}
