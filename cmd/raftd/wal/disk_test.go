package wal

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"raftarium/raft"
)

func TestALogOnTheRealDisk(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "not", "there", "yet")
	var want raft.Stored
	for round := range 4 {
		l, err := Open(directory, 3)
		if err != nil {
			t.Fatal(err)
		}
		l.slack = 200 // so that the file is rewritten now and then
		if got := mustLoad(t, l); !same(got, want) {
			t.Fatalf("round %d: %+v, want %+v", round, got, want)
		}
		for i := range 20 {
			index := raft.Index(i/2 + 1)
			write := raft.Write{
				HardState:  raft.HardState{CurrentTerm: raft.Term(round + 1), VotedFor: 2},
				FirstIndex: index, Entries: []raft.Entry{{Index: index, Term: raft.Term(round + 1), Data: []byte("some data")}},
			}
			if err := l.Sync(write); err != nil {
				t.Fatal(err)
			}
			want = after(want, write)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if l.Sync(raft.Write{}) == nil {
			t.Error("a closed log took a write")
		}
		// A crash in the middle of the next write leaves a part of it.
		appendTo(t, l.path(), "half a wri")
	}
	names, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("the directory holds %v, %v: want the log and the lock", names, err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryIsOneServersAndOneProcesss(t *testing.T) {
	directory := t.TempDir()
	l, err := Open(directory, 1)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "js" {
		if _, err := Open(directory, 1); err == nil || !strings.Contains(err.Error(), "another process is using it") {
			t.Errorf("opened twice: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(directory, 2); err == nil || !strings.Contains(err.Error(), "belongs to server 1, not to server 2") {
		t.Errorf("opened as another server: %v", err)
	}
}

func TestWhatIsNoLogIsAnError(t *testing.T) {
	later := preamble(salt{})
	later[len(magic)] = 2
	later = append(later[:16], 0, 0, 0, 0)
	fresh := record(t, 1, 1)
	for want, data := range map[string][]byte{
		"is not a log of raftd":     []byte("my diary"),
		"first 20 bytes are damage": later,
		"a later raftd wrote it":    withRecord(t, fresh.data, 77, nil),
		"not say to which server":   withRecord(t, preamble(salt{}), hardStateRecord, []byte{1, 2}),
		"to server 1 and then to":   withRecord(t, fresh.data, serverRecord, []byte{8}),
		"damaged at byte 20":        append(preamble(salt{}), "nonsense that is long enough"...),
	} {
		directory := t.TempDir()
		if err := os.WriteFile(filepath.Join(directory, "log"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(directory, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
		if now, err := os.ReadFile(filepath.Join(directory, "log")); err != nil || string(now) != string(data) {
			t.Errorf("%q: the file was changed", want)
		}
	}
	occupied := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(occupied, 1); err == nil || !strings.Contains(err.Error(), "there is a file of that name") {
		t.Errorf("a file in place of the directory: %v", err)
	}
}

// withRecord is a file with one more frame, whose checksums are right.
func withRecord(t *testing.T, data []byte, kind byte, body []byte) []byte {
	t.Helper()
	s, err := readPreamble(data)
	if err != nil {
		t.Fatal(err)
	}
	data, err = appendFrame(slices.Clone(data), s, int64(len(data)), appendRecord(nil, kind, body))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func BenchmarkSync(b *testing.B) {
	l, err := Open(b.TempDir(), 1)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	data := make([]byte, 128)
	for i := range b.N {
		index := raft.Index(i + 1)
		if err := l.Sync(raft.Write{FirstIndex: index, Entries: []raft.Entry{{Index: index, Term: 1, Data: data}}}); err != nil {
			b.Fatal(err)
		}
	}
}
