package wire

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"raftarium/raft"
)

// messages has one of each type that has an encoding.
var messages = []raft.Message{
	raft.RequestVote{}, raft.RequestVoteReply{}, raft.AppendEntries{}, raft.AppendEntriesReply{},
	raft.InstallSnapshot{}, raft.InstallSnapshotReply{}, raft.TimeoutNow{}, raft.TimeoutNowReply{},
	raft.ReadIndex{}, raft.ReadIndexReply{},
}

// Every type of package raft that is a message has an encoding: a new one
// must not be forgotten.
func TestEveryMessageHasAnEncoding(t *testing.T) {
	known := map[string]bool{}
	for _, m := range messages {
		known[reflect.TypeOf(m).Name()] = true
		if _, err := AppendMessage(nil, m); err != nil {
			t.Error(err)
		}
	}
	sources, err := filepath.Glob("../../../raft/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			method, ok := declaration.(*ast.FuncDecl)
			if !ok || method.Recv == nil || method.Name.Name != "MessageTerm" {
				continue
			}
			found++
			if name := method.Recv.List[0].Type.(*ast.Ident).Name; !known[name] {
				t.Errorf("raft.%s is a message, but has no encoding here", name)
			}
		}
	}
	if found < len(messages) {
		t.Fatalf("found only %d messages in package raft", found)
	}
}

// fill sets every field below v to something that is not its zero value, so
// that a field which the encoding forgets is seen.
func fill(v reflect.Value, random *rand.Rand) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), random)
		}
	case reflect.Slice:
		n := 1 + random.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(v.Index(i), random)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(random.Int64()>>random.IntN(63) | 1)
	case reflect.Uint8:
		v.SetUint(1 + random.Uint64N(255))
	case reflect.Uint64:
		v.SetUint(random.Uint64()>>random.IntN(64) | 1)
	default:
		panic("a field of a kind that the test cannot fill: " + v.Kind().String())
	}
}

func TestMessagesComeBackWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, empty := range messages {
		for i := range 500 {
			value := reflect.New(reflect.TypeOf(empty)).Elem()
			if i > 0 {
				fill(value, random)
			}
			message := value.Interface().(raft.Message)
			data, err := AppendMessage([]byte("before"), message)
			if err != nil {
				t.Fatal(err)
			}
			data = data[len("before"):]
			back, err := DecodeMessage(data)
			if err != nil || !reflect.DeepEqual(back, message) {
				t.Fatalf("wrote %+v, read %+v, %v", message, back, err)
			}
			for n := range data {
				if _, err := DecodeMessage(data[:n]); err == nil {
					t.Fatalf("%d of %d bytes of %+v passed for a message", n, len(data), message)
				}
			}
			if _, err := DecodeMessage(append(data, 0)); err == nil {
				t.Fatalf("a byte too many passed after %+v", message)
			}
		}
	}
}

func TestSnapshotsComeBackWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		var snapshot raft.Snapshot
		fill(reflect.ValueOf(&snapshot).Elem(), random)
		data := AppendSnapshot(nil, snapshot)
		in := NewReader(data)
		if back := in.Snapshot(); in.End() != nil || !reflect.DeepEqual(back, snapshot) {
			t.Fatalf("wrote %+v, read %+v, %v", snapshot, back, in.Err())
		}
		in = NewReader(data[:random.IntN(len(data))])
		if in.Snapshot(); in.End() == nil {
			t.Fatalf("a part of %+v passed for a snapshot", snapshot)
		}
	}
}

type stranger struct{}

func (stranger) MessageTerm() raft.Term { return 1 }

func TestWhatIsNoMessageIsAnError(t *testing.T) {
	if _, err := AppendMessage(nil, stranger{}); err == nil || !strings.Contains(err.Error(), "stranger") {
		t.Errorf("writing an unknown message: %v", err)
	}
	for want, data := range map[string][]byte{
		"no message of type 99":   {99},
		"the data ends too early": {},
		"in its shortest form":    {requestVoteReply, 0x81, 0x00, 0},
		"neither 0 nor 1":         {requestVoteReply, 1, 2, 0},
		"data after the end":      {requestVoteReply, 1, 1, 1, 7},
		"a number is too big":     append([]byte{requestVoteReply}, bytes.Repeat([]byte{255}, 11)...),
		"ends too early":          {appendEntries, 1, 2, 3, 4, 255, 255, 255, 255, 15},
	} {
		if _, err := DecodeMessage(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("reading %v: %v, want %q", data, err, want)
		}
	}
}

func TestServersMayHaveAnyNumber(t *testing.T) {
	for _, id := range []raft.ServerID{0, 1, -1, math.MaxInt32, math.MinInt32} {
		data, err := AppendMessage(nil, raft.RequestVote{Candidate: id})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeMessage(data); err != nil || back.(raft.RequestVote).Candidate != id {
			t.Errorf("server %d came back as %+v, %v", id, back, err)
		}
	}
}

func FuzzDecodeMessage(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, empty := range messages {
		value := reflect.New(reflect.TypeOf(empty)).Elem()
		fill(value, random)
		data, _ := AppendMessage(nil, value.Interface().(raft.Message))
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := DecodeMessage(data)
		if err != nil {
			return
		}
		again, err := AppendMessage(nil, message)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x was read as %+v, which is written %x, %v", data, message, again, err)
		}
	})
}
