package history

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"raftarium/raft/kv"
	"raftarium/raft/trace"
)

// script plays events into a history, one a millisecond.
type script struct {
	t       *testing.T
	history History
	now     time.Duration
	serial  map[trace.NodeID]uint64
	asked   map[trace.NodeID]kv.Operation
}

func newScript(t *testing.T) *script {
	return &script{t: t, serial: map[trace.NodeID]uint64{}, asked: map[trace.NodeID]kv.Operation{}}
}

func (s *script) call(client int, o kv.Operation) {
	id := trace.NodeID(-client)
	s.serial[id]++
	o.Client, o.Serial = uint64(client), s.serial[id]
	s.asked[id] = o
	s.tell(trace.Event{Kind: trace.ClientInvoked, From: id, Operation: o.Encode()})
}

func (s *script) answer(client int, r kv.Result) {
	id := trace.NodeID(-client)
	s.tell(trace.Event{Kind: trace.ClientReturned, From: id, Operation: s.asked[id].Encode(), Result: r.Encode()})
}

func (s *script) tell(e trace.Event) {
	s.t.Helper()
	s.now += time.Millisecond
	e.At = s.now
	if err := s.history.Observe(&e); err != nil {
		s.t.Fatal(err)
	}
}

// do calls and answers at once.
func (s *script) do(client int, o kv.Operation, r kv.Result) {
	s.call(client, o)
	s.answer(client, r)
}

func put(key, value string) kv.Operation { return kv.Operation{Kind: kv.Put, Key: key, Value: value} }
func get(key string) kv.Operation        { return kv.Operation{Kind: kv.Get, Key: key} }
func swap(key, from, to string) kv.Operation {
	return kv.Operation{Kind: kv.CompareAndSwap, Key: key, Expected: from, Value: to}
}

var (
	done    = kv.Result{}
	nothing = kv.Result{}
)

func found(value string) kv.Result   { return kv.Result{Value: value, Found: true} }
func swapped(value string) kv.Result { return kv.Result{Value: value, Found: true, Swapped: true} }

func TestHistoriesThatCouldBe(t *testing.T) {
	for name, play := range map[string]func(*script){
		"nothing happened": func(s *script) {},
		"one after the other": func(s *script) {
			s.do(1, get("x"), nothing)
			s.do(1, put("x", "1"), done)
			s.do(2, get("x"), found("1"))
			s.do(2, swap("x", "1", "2"), swapped("1"))
			s.do(1, swap("x", "1", "3"), found("2"))
			s.do(1, get("x"), found("2"))
		},
		"a swap of what was never there": func(s *script) {
			s.do(1, swap("x", "", "1"), kv.Result{Swapped: true})
			s.do(1, get("x"), found("1"))
		},
		"a read during a write sees the old value": func(s *script) {
			s.do(1, put("x", "1"), done)
			s.call(1, put("x", "2"))
			s.do(2, get("x"), found("1"))
			s.answer(1, done)
		},
		"a read during a write sees the new value": func(s *script) {
			s.do(1, put("x", "1"), done)
			s.call(1, put("x", "2"))
			s.do(2, get("x"), found("2"))
			s.answer(1, done)
		},
		"a write without answer was done": func(s *script) {
			s.call(1, put("x", "1"))
			s.do(2, get("x"), found("1"))
		},
		"a write without answer was not done": func(s *script) {
			s.call(1, put("x", "1"))
			s.do(2, get("x"), nothing)
		},
		"a write without answer is done late": func(s *script) {
			s.call(1, put("x", "1"))
			s.do(2, get("x"), nothing)
			s.do(2, put("x", "2"), done)
			s.do(2, get("x"), found("2"))
			s.do(2, get("x"), found("1"))
		},
		"a swap without answer waited for a write without answer": func(s *script) {
			s.call(1, put("x", "1"))
			s.call(2, swap("x", "1", "2"))
			s.do(3, get("x"), found("2"))
		},
		"a client goes on after an operation that it gave up": func(s *script) {
			s.call(1, put("x", "1"))
			s.do(1, put("x", "2"), done)
			s.do(1, get("x"), found("1"))
		},
		"a refused operation tells nothing": func(s *script) {
			s.do(1, put("x", "1"), kv.Result{Refused: kv.SerialTooOld})
			s.do(2, get("x"), found("1"))
		},
		"keys have nothing to do with each other": func(s *script) {
			s.do(1, put("x", "1"), done)
			s.do(1, put("y", "2"), done)
			s.do(2, get("x"), found("1"))
			s.do(2, get("y"), found("2"))
		},
	} {
		s := newScript(t)
		play(s)
		if v := s.history.Judge(); !v.Linearizable || !strings.HasPrefix(v.Text, "linearizable") {
			t.Errorf("%s: %s", name, v.Text)
		}
	}
}

func TestHistoriesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(*script)
		want []string // lines of the explanation
	}{
		{"a read of what was overwritten", func(s *script) {
			s.do(1, put("y", "0"), done)
			s.do(1, put("x", "1"), done)
			s.do(1, put("x", "2"), done)
			s.do(2, get("y"), found("0"))
			s.do(2, get("x"), found("1"))
			s.do(2, get("x"), found("2"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.003000 s to 0.004000 s)`,
			`  C1 sets x to "2" (from 0.005000 s to 0.006000 s)`,
			`  C2 reads x and gets "1" (from 0.009000 s to 0.010000 s)`,
		}},
		{"a lost write", func(s *script) {
			s.do(1, put("x", "1"), done)
			s.do(2, get("x"), nothing)
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.001000 s to 0.002000 s)`,
			`  C2 reads x and gets nothing (from 0.003000 s to 0.004000 s)`,
		}},
		{"a write that came and went", func(s *script) {
			s.do(1, put("x", "1"), done)
			s.call(3, put("x", "2"))
			s.do(1, get("x"), found("2"))
			s.do(2, get("x"), found("1"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.001000 s to 0.002000 s)`,
			`  C3 sets x to "2" (asked at 0.003000 s, not answered)`,
			`  C1 reads x and gets "2" (from 0.004000 s to 0.005000 s)`,
			`  C2 reads x and gets "1" (from 0.006000 s to 0.007000 s)`,
		}},
		{"a value from nowhere", func(s *script) {
			s.do(1, get("x"), found("7"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 reads x and gets "7" (from 0.001000 s to 0.002000 s)`,
		}},
		{"two swaps of the same value", func(s *script) {
			s.do(1, put("x", "1"), done)
			s.call(1, swap("x", "1", "2"))
			s.call(2, swap("x", "1", "3"))
			s.answer(1, swapped("1"))
			s.answer(2, swapped("1"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.001000 s to 0.002000 s)`,
			`  C1 sets x to "2" if it is "1", which it is (from 0.003000 s to 0.005000 s)`,
			`  C2 sets x to "3" if it is "1", which it is (from 0.004000 s to 0.006000 s)`,
		}},
		{"a swap that should have happened", func(s *script) {
			s.do(1, put("x", "1"), done)
			s.do(2, swap("x", "1", "2"), found("1"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.001000 s to 0.002000 s)`,
			`  C2 sets x to "2" if it is "1", but it is "1" (from 0.003000 s to 0.004000 s)`,
		}},
		{"an operation done twice", func(s *script) {
			s.call(1, put("x", "1"))
			s.do(2, get("x"), found("1"))
			s.do(2, put("x", "2"), done)
			s.answer(1, done)
			s.do(2, get("x"), found("1"))
		}, []string{
			`not linearizable: on the key "x" no order of doing these one at a time gives the answers that the clients got`,
			`  C1 sets x to "1" (from 0.001000 s to 0.006000 s)`,
			`  C2 reads x and gets "1" (from 0.002000 s to 0.003000 s)`,
			`  C2 sets x to "2" (from 0.004000 s to 0.005000 s)`,
			`  C2 reads x and gets "1" (from 0.007000 s to 0.008000 s)`,
		}},
	} {
		s := newScript(t)
		c.play(s)
		v := s.history.Judge()
		if v.Linearizable || v.Key != "x" {
			t.Errorf("%s: it was found linearizable, or the key is %q", c.name, v.Key)
			continue
		}
		if got := strings.Split(v.Text, "\n"); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, v.Text, strings.Join(c.want, "\n"))
		}
	}
}

// anyHistory is a history of one key with any answers, few enough operations to
// try out all orders.
func anyHistory(t *rapid.T) []Operation {
	values := rapid.SampledFrom([]string{"", "1", "2"})
	operations := make([]Operation, rapid.IntRange(1, 5).Draw(t, "operations"))
	places := rapid.Permutation([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}).Draw(t, "places")
	for i := range operations {
		o := &operations[i]
		o.Client = trace.NodeID(-1 - i)
		o.Asked = kv.Operation{
			Kind: kv.Kind(rapid.IntRange(int(kv.Get), int(kv.CompareAndSwap)).Draw(t, "kind")), Key: "x",
			Value: values.Draw(t, "value"), Expected: values.Draw(t, "expected"),
		}
		o.call = min(places[2*i], places[2*i+1])
		if o.Returned = rapid.IntRange(0, 3).Draw(t, "returned") > 0; o.Returned {
			o.end = max(places[2*i], places[2*i+1])
			o.Answer = kv.Result{
				Value: values.Draw(t, "answer"), Found: rapid.Bool().Draw(t, "found"),
				Swapped: o.Asked.Kind == kv.CompareAndSwap && rapid.Bool().Draw(t, "swapped"),
			}
		}
	}
	return operations
}

// possible tries out all orders, with and without each unanswered operation.
func possible(left []Operation, v value) bool {
	if !slices.ContainsFunc(left, func(o Operation) bool { return o.Returned }) {
		return true
	}
	for i := range left {
		early := !slices.ContainsFunc(left, func(o Operation) bool { return o.Returned && o.end < left[i].call })
		if !early {
			continue
		}
		rest := slices.Delete(slices.Clone(left), i, i+1)
		if ok, next := step(v, &left[i]); ok && possible(rest, next) {
			return true
		}
	}
	return false
}

func TestJudgementAgreesWithTryingAllOrders(t *testing.T) {
	yes, no := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		operations := anyHistory(t)
		h := History{operations: operations}
		want := possible(operations, value{})
		verdict := h.Judge()
		if verdict.Linearizable != want {
			t.Fatalf("judged %v, but trying all orders says %v:\n%v", verdict.Linearizable, want, operations)
		}
		if !verdict.Linearizable && possible(verdict.Operations, value{}) {
			t.Fatalf("the part that is shown has no contradiction:\n%v\nof\n%v", verdict.Operations, operations)
		}
		if want {
			yes++
		} else {
			no++
		}
	})
	if yes < 5 || no < 5 {
		t.Errorf("%d histories were possible and %d were not: that is no test", yes, no)
	}
}

func TestEventsThatMakeNoHistoryAreRefused(t *testing.T) {
	o := kv.Operation{Client: 1, Serial: 1, Kind: kv.Get, Key: "x"}
	asked := trace.Event{Kind: trace.ClientInvoked, From: -1, Operation: o.Encode()}
	answered := trace.Event{Kind: trace.ClientReturned, From: -1, Operation: o.Encode(), Result: nothing.Encode()}
	for name, events := range map[string][]trace.Event{
		"an answer to nothing":    {answered},
		"an answer twice":         {asked, answered, answered},
		"a call twice":            {asked, asked},
		"an operation of nothing": {{Kind: trace.ClientInvoked, From: -1}},
		"an answer of nothing":    {asked, {Kind: trace.ClientReturned, From: -1, Operation: o.Encode()}},
		"an answer to another":    {asked, {Kind: trace.ClientReturned, From: -1, Operation: []byte{9}, Result: nothing.Encode()}},
	} {
		var h History
		var err error
		for i := range events {
			if err != nil {
				t.Errorf("%s: refused too early: %v", name, err)
			}
			err = h.Observe(&events[i])
		}
		if err == nil {
			t.Errorf("%s was taken in", name)
		}
	}
}

// Writes that nobody answered and nobody saw must not make judging slow.
func TestManyLostWritesAreJudgedSoon(t *testing.T) {
	s := newScript(t)
	for i := range 500 {
		s.call(1, put("x", "lost"+string(rune('a'+i%26))+time.Duration(i).String()))
		s.do(2, put("x", time.Duration(i).String()), done)
		s.do(2, get("x"), found(time.Duration(i).String()))
	}
	if v := s.history.Judge(); !v.Linearizable {
		t.Fatal(v.Text)
	}
	s.do(2, get("x"), found("0s"))
	if v := s.history.Judge(); v.Linearizable || len(v.Operations) > 3 {
		t.Fatalf("got %v", v)
	}
}
