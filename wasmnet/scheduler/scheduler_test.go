package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"raftarium/wasmnet/random"
)

// In a browser and under Node the runtime keeps a goroutine of its own for events.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("runtime.handleEvent"))
}

// newScheduler makes a scheduler that the test closes, with one group.
func newScheduler(t testing.TB, seed uint64) (*Scheduler, *Group) {
	s := New(random.New(seed, "scheduler"))
	if t, ok := t.(interface{ Cleanup(func()) }); ok {
		t.Cleanup(s.Close)
	}
	return s, s.NewGroup("G")
}

func TestTimePassesOnlyWhenAllSleep(t *testing.T) {
	s, group := newScheduler(t, 1)
	var log []string
	sleeper := func(name string, d time.Duration) {
		group.Go(name, func() {
			for range 3 {
				s.Sleep(d)
				log = append(log, fmt.Sprintf("%s %v", name, s.Now()))
			}
		})
	}
	sleeper("a", 2*time.Second)
	sleeper("b", 3*time.Second)
	s.RunUntil(7*time.Second, nil)
	if got := strings.Join(log[:2], ", "); got != "a 2s, b 3s" {
		t.Errorf("first %s", got)
	}
	if len(log) != 5 || s.Now() != 7*time.Second {
		t.Errorf("by %v: %v", s.Now(), log)
	}
	if at, ok := s.Next(); !ok || at != 9*time.Second {
		t.Errorf("next at %v, %v; want 9s", at, ok)
	}
}

func TestNextWithNothingToDo(t *testing.T) {
	s, group := newScheduler(t, 1)
	if at, ok := s.Next(); ok {
		t.Errorf("an empty scheduler has something due at %v", at)
	}
	group.Go("short", func() {})
	if at, ok := s.Next(); !ok || at != 0 {
		t.Errorf("next at %v, %v; want now", at, ok)
	}
	s.RunUntil(time.Second, nil)
	if _, ok := s.Next(); ok {
		t.Error("something is due after all have ended")
	}
}

// interleaving runs a few goroutines over all kinds of blocking calls and returns what they did.
func interleaving(seed uint64, slices []time.Duration, keepGoing func() bool) string {
	s := New(random.New(seed, "scheduler"))
	defer s.Close()
	group := s.NewGroup("G")
	var log strings.Builder
	lock := group.NewMutex("lock")
	cond := group.NewCond("cond", lock)
	values := NewChan[int](s, "values", 2)
	count := 0
	for i := range 5 {
		group.Go(fmt.Sprint("worker ", i), func() {
			for round := 0; ; round++ {
				lock.Lock()
				count++
				fmt.Fprintf(&log, "%d:%d at %d\n", i, count, s.Now())
				if i == 0 {
					cond.Broadcast()
				}
				if i == 1 {
					cond.Wait()
				}
				lock.Unlock()
				if i == 2 {
					values.Send(round)
				}
				if i == 3 {
					v, ok := values.ReceiveWithin(time.Duration(round % 7))
					fmt.Fprintf(&log, "received %d %v\n", v, ok)
				}
				s.Sleep(time.Duration((i*round)%3) * time.Microsecond)
				if i == 4 {
					group.Go("short", func() {
						lock.Lock()
						defer lock.Unlock()
						count += 100
					})
				}
			}
		})
	}
	for _, t := range slices {
		for !s.RunUntil(t, keepGoing) {
		}
	}
	return log.String()
}

func TestSeedDecidesTheOrder(t *testing.T) {
	end := []time.Duration{100 * time.Microsecond}
	first := interleaving(1, end, nil)
	for range 20 {
		if interleaving(1, end, nil) != first {
			t.Fatal("one seed gave two orders")
		}
	}
	different := map[string]bool{}
	for seed := range uint64(20) {
		different[interleaving(seed, end, nil)] = true
	}
	if len(different) < 19 {
		t.Errorf("20 seeds gave only %d orders", len(different))
	}
}

func TestSlicingTimeChangesNothing(t *testing.T) {
	end := 50 * time.Microsecond
	whole := interleaving(3, []time.Duration{end}, nil)
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOf(rapid.IntRange(0, int(end))).Draw(t, "cuts")
		stop := rapid.SliceOfN(rapid.Bool(), 1, 50).Draw(t, "stop")
		var slices []time.Duration
		for _, c := range cuts {
			slices = append(slices, time.Duration(c))
		}
		asked := 0
		got := interleaving(3, append(slices, end), func() bool {
			asked++
			return !stop[asked%len(stop)]
		})
		if got != whole {
			t.Fatalf("cut at %v, the run differs", slices)
		}
	})
}

func TestMutexExcludes(t *testing.T) {
	s, group := newScheduler(t, 1)
	lock := group.NewMutex("lock")
	inside, most, overtakes := 0, 0, 0
	for i := range 8 {
		group.Go(fmt.Sprint(i), func() {
			for range 200 {
				lock.Lock()
				inside++
				most = max(most, inside)
				if len(s.ready) > 0 {
					overtakes++
				}
				inner := group.NewMutex("inner")
				inner.Lock() // may let others run while lock is held
				inner.Unlock()
				inside--
				lock.Unlock()
			}
		})
	}
	s.RunUntil(time.Minute, nil)
	if most != 1 {
		t.Errorf("%d goroutines held the lock at once", most)
	}
	if overtakes == 0 {
		t.Error("no goroutine was ever made to stand back at a lock")
	}
}

// A lost update needs another goroutine to run between two critical sections
// that do not block: only standing back at locks lets that happen.
func TestLockIsAPointOfPreemption(t *testing.T) {
	lost := 0
	for seed := range uint64(20) {
		s := New(random.New(seed, "scheduler"))
		group := s.NewGroup("G")
		lock := group.NewMutex("lock")
		count := 0
		for range 2 {
			group.Go("increment", func() {
				for range 10 {
					lock.Lock()
					read := count
					lock.Unlock()
					lock.Lock()
					count = read + 1
					lock.Unlock()
				}
			})
		}
		s.RunUntil(time.Minute, nil)
		if count < 20 {
			lost++
		}
		s.Close()
	}
	if lost == 0 {
		t.Error("no seed of 20 showed the lost update")
	}
}

func TestCondWakesWhoWaits(t *testing.T) {
	s, group := newScheduler(t, 1)
	lock := group.NewMutex("lock")
	cond := group.NewCond("cond", lock)
	woken := 0
	for range 5 {
		group.Go("waiter", func() {
			lock.Lock()
			defer lock.Unlock()
			cond.Wait()
			woken++
		})
	}
	s.RunUntil(time.Second, nil)
	group.Go("signaller", func() { cond.Signal() })
	s.RunUntil(2*time.Second, nil)
	if woken != 1 {
		t.Errorf("one signal woke %d", woken)
	}
	group.Go("broadcaster", func() { cond.Broadcast() })
	s.RunUntil(3*time.Second, nil)
	if woken != 5 {
		t.Errorf("after a broadcast, %d of 5 were woken", woken)
	}
}

func TestChannelKeepsOrderAndLosesNothing(t *testing.T) {
	for room := range 4 {
		s, group := newScheduler(t, uint64(room))
		c := NewChan[int](s, "values", room)
		var got []int
		group.Go("sender", func() {
			for i := range 200 {
				c.Send(i)
				if ahead := i + 1 - len(got); ahead > room+1 {
					t.Errorf("room %d: the sender is %d ahead", room, ahead)
				}
			}
			c.Close()
		})
		group.Go("receiver", func() {
			for {
				v, ok := c.Receive()
				if !ok {
					return
				}
				got = append(got, v)
				s.Sleep(time.Duration(v % 2))
			}
		})
		s.RunUntil(time.Second, nil)
		if len(got) != 200 {
			t.Fatalf("room %d: %d of 200 values came", room, len(got))
		}
		for i, v := range got {
			if v != i {
				t.Fatalf("room %d: value %d came as number %d", room, v, i)
			}
		}
	}
}

func TestUnbufferedSendWaitsForReceiver(t *testing.T) {
	s, group := newScheduler(t, 1)
	c := NewChan[int](s, "values", 0)
	sent := time.Duration(-1)
	group.Go("sender", func() {
		c.Send(1)
		sent = s.Now()
	})
	group.Go("receiver", func() {
		s.Sleep(time.Second)
		c.Receive()
	})
	s.RunUntil(time.Minute, nil)
	if sent != time.Second {
		t.Errorf("Send returned at %v, want 1s", sent)
	}
	if c.TrySend(2) {
		t.Error("TrySend without a receiver succeeded")
	}
}

func TestReceiveWithinGivesUp(t *testing.T) {
	s, group := newScheduler(t, 1)
	c := NewChan[int](s, "values", 1)
	var first, second bool
	var at time.Duration
	group.Go("receiver", func() {
		_, first = c.ReceiveWithin(time.Second)
		at = s.Now()
		_, second = c.ReceiveWithin(time.Hour)
	})
	s.RunUntil(time.Minute, nil)
	if first || at != time.Second {
		t.Errorf("ReceiveWithin gave up: %v, at %v", !first, at)
	}
	if !c.TrySend(1) {
		t.Error("TrySend with room failed")
	}
	s.RunUntil(2*time.Minute, nil)
	if !second {
		t.Error("the value did not come")
	}
	if _, ok := s.Next(); ok {
		t.Error("a timer was left behind")
	}
}

func TestLongBacklogIsKept(t *testing.T) {
	s, group := newScheduler(t, 1)
	c := NewChan[int](s, "values", 1000)
	for i := range 1000 {
		c.TrySend(i)
	}
	if c.TrySend(1000) {
		t.Error("a full channel took one more")
	}
	group.Go("receiver", func() {
		for i := range 2000 {
			if v, _ := c.Receive(); v != i {
				t.Errorf("got %d, want %d", v, i)
				return
			}
			c.TrySend(i + 1000)
		}
	})
	s.RunUntil(time.Second, nil)
	if len(c.values) > 3000 {
		t.Errorf("a channel of 1000 values keeps %d", len(c.values))
	}
}

func TestKillRunsDeferredFunctionsWhereEachStands(t *testing.T) {
	s, group := newScheduler(t, 1)
	lock := group.NewMutex("lock")
	cond := group.NewCond("cond", lock)
	c := NewChan[int](s, "values", 0)
	ended := map[string]bool{}
	begin := func(name string, block func()) {
		group.Go(name, func() {
			defer func() { ended[name] = true }()
			block()
			t.Errorf("%s went on after it was killed", name)
		})
	}
	begin("sleeper", func() { s.Sleep(time.Hour) })
	begin("holder", func() {
		lock.Lock()
		defer lock.Unlock()
		cond.Wait()
	})
	begin("receiver", func() { c.Receive() })
	begin("patient receiver", func() { NewChan[int](s, "never", 1).ReceiveWithin(time.Hour) })
	begin("blocks again while it is unwound", func() {
		defer func() { s.Sleep(time.Second) }()
		defer func() {
			lock.Lock()
			cond.Broadcast()
			lock.Unlock()
			group.Go("late", func() { t.Error("a late goroutine ran") })
		}()
		s.Sleep(time.Hour)
	})
	s.RunUntil(time.Second, nil)
	group.Go("not yet begun", func() { t.Error("it began") })
	group.Kill()
	if len(ended) != 5 {
		t.Errorf("ended: %v", ended)
	}
	if _, ok := s.Next(); ok {
		t.Error("something is due after all were killed")
	}
	group.Go("after the end", func() { t.Error("a goroutine of a killed group ran") })
	other := s.NewGroup("other")
	if c.TrySend(1) {
		t.Error("a killed receiver took a value")
	}
	ran := false
	other.Go("next life", func() { ran = true })
	s.RunUntil(time.Minute, nil)
	if !ran {
		t.Error("a new group does not run")
	}
}

func TestPauseHoldsEverythingUp(t *testing.T) {
	s, group := newScheduler(t, 1)
	other := s.NewGroup("other")
	c := NewChan[int](s, "values", 10)
	ticks, received, others := 0, 0, 0
	group.Go("ticker", func() {
		for {
			s.Sleep(time.Second)
			ticks++
		}
	})
	group.Go("receiver", func() {
		for {
			c.Receive()
			received++
		}
	})
	other.Go("other", func() {
		for {
			s.Sleep(time.Second)
			others++
			c.Send(1)
		}
	})
	s.RunUntil(3*time.Second, nil)
	group.Go("ready when the pause begins", func() { received += 100 })
	group.Pause()
	s.RunUntil(8*time.Second, nil)
	if ticks != 3 || received != 3 || others != 8 {
		t.Errorf("while paused: %d ticks, %d received, other group %d; want 3, 3, 8", ticks, received, others)
	}
	group.Resume()
	s.RunUntil(9*time.Second+time.Second/2, nil)
	if ticks != 5 || received != 109 {
		t.Errorf("after the pause: %d ticks, %d received; want 5, 109", ticks, received)
	}
	group.Pause()
	group.Kill()
	s.RunUntil(20*time.Second, nil)
	if ticks != 5 {
		t.Error("a killed group ticks")
	}
}

// failure runs body and returns what RunUntil panicked with.
func failure(t *testing.T, start func(s *Scheduler, group *Group)) (text string) {
	t.Helper()
	s := New(random.New(1, "scheduler"))
	defer s.Close()
	start(s, s.NewGroup("S1"))
	defer func() {
		t.Helper()
		f, ok := recover().(*Failure)
		if !ok {
			t.Fatal("RunUntil did not panic with a Failure")
		}
		text = f.Error()
	}()
	s.RunUntil(time.Hour, nil)
	return ""
}

func TestFailuresNameTheGoroutine(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(s *Scheduler, group *Group)
		want  string
	}{
		{"panic", func(s *Scheduler, group *Group) {
			group.Go("applier", func() { panic(errors.New("no such entry")) })
		}, `goroutine "applier" of S1: no such entry`},
		{"sleep with a lock", func(s *Scheduler, group *Group) {
			lock := group.NewMutex("raft")
			group.Go("election", func() { lock.Lock(); s.Sleep(1) })
		}, `goroutine "election" of S1: sleeps while it holds the lock raft`},
		{"wait with another lock", func(s *Scheduler, group *Group) {
			lock, other := group.NewMutex("raft"), group.NewMutex("store")
			cond := group.NewCond("committed", lock)
			group.Go("applier", func() { other.Lock(); lock.Lock(); cond.Wait() })
		}, `waits on committed while it holds the lock store`},
		{"receive with a lock", func(s *Scheduler, group *Group) {
			lock := group.NewMutex("raft")
			c := NewChan[int](s, "reply", 1)
			group.Go("call", func() { lock.Lock(); c.Receive() })
		}, `waits to receive from reply while it holds the lock raft`},
		{"wait without the lock", func(s *Scheduler, group *Group) {
			cond := group.NewCond("committed", group.NewMutex("raft"))
			group.Go("applier", func() { cond.Wait() })
		}, `waits on committed without holding the lock raft`},
		{"unlock of nothing", func(s *Scheduler, group *Group) {
			group.Go("applier", func() { group.NewMutex("raft").Unlock() })
		}, `unlock of the lock raft, which is not locked`},
		{"lock twice", func(s *Scheduler, group *Group) {
			lock := group.NewMutex("raft")
			group.Go("applier", func() { lock.Lock(); lock.Lock() })
		}, `deadlock: "applier" waits for the lock raft, which "applier" holds`},
		{"holder ended", func(s *Scheduler, group *Group) {
			lock := group.NewMutex("raft")
			group.Go("careless", func() { lock.Lock() })
			s.RunUntil(0, nil)
			group.Go("applier", func() { lock.Lock() })
		}, `deadlock: "applier" waits for the lock raft, which "careless" held when it ended`},
		{"send on closed", func(s *Scheduler, group *Group) {
			c := NewChan[int](s, "reply", 1)
			group.Go("call", func() { c.Close(); c.Send(1) })
		}, `send on the channel reply, which is closed`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := failure(t, c.start); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestDeadlockNamesTheCircle(t *testing.T) {
	got := failure(t, func(s *Scheduler, group *Group) {
		a, b, c := group.NewMutex("a"), group.NewMutex("b"), group.NewMutex("c")
		next := map[*Mutex]*Mutex{a: b, b: c, c: a}
		for i, first := range []*Mutex{a, b, c} {
			group.Go(fmt.Sprint(i), func() {
				for {
					first.Lock()
					next[first].Lock()
					next[first].Unlock()
					first.Unlock()
					s.Sleep(1)
				}
			})
		}
	})
	for _, want := range []string{"deadlock:", `"0" holds`, `"1" holds`, `"2" holds`, "lock a", "lock b", "lock c"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

func TestBlockingCallsOutsideOfGoroutines(t *testing.T) {
	s, group := newScheduler(t, 1)
	lock := group.NewMutex("lock")
	lock.Lock() // a look from outside
	lock.Unlock()
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "must be called from a goroutine") {
			t.Errorf("Sleep outside of goroutines: %s", text)
		}
	}()
	s.Sleep(1)
}

func TestGoroutinesTellWhatTheyWaitFor(t *testing.T) {
	s, group := newScheduler(t, 1)
	lock, free := group.NewMutex("raft"), group.NewMutex("store")
	cond := group.NewCond("committed", free)
	c := NewChan[int](s, "inbox", 1)
	group.Go("sleeper", func() { s.Sleep(time.Minute) })
	group.Go("waiter", func() { free.Lock(); cond.Wait() })
	group.Go("receiver", func() { c.Receive() })
	s.RunUntil(time.Second, nil)
	group.Go("holder", func() {
		lock.Lock()
		group.Go("blocked", func() { lock.Lock(); lock.Unlock() })
		for range 10 {
			s.standBack(s.running)
		}
		lock.Unlock()
	})
	var blocked, holder Info
	s.RunUntil(2*time.Second, func() bool {
		for _, info := range group.Goroutines() {
			if info.State == WaitsLock {
				blocked = info
			}
			if info.Name == "holder" {
				holder = info
			}
		}
		return true
	})
	if blocked.Name != "blocked" || blocked.On != "raft" || blocked.HeldBy != "holder" {
		t.Errorf("who waits for the lock: %+v", blocked)
	}
	if fmt.Sprint(holder.Holds) != "[raft]" {
		t.Errorf("who holds the lock: %+v", holder)
	}
	seen := map[string]Info{}
	for _, info := range group.Goroutines() {
		seen[info.Name] = info
	}
	if i := seen["sleeper"]; i.State != Sleeping || i.Until != time.Minute {
		t.Errorf("sleeper: %+v", i)
	}
	if i := seen["waiter"]; i.State != WaitsCond || i.On != "committed" {
		t.Errorf("waiter: %+v", i)
	}
	if i := seen["receiver"]; i.State != WaitsReceive || i.On != "inbox" {
		t.Errorf("receiver: %+v", i)
	}
}

func TestTimersOfTheSameTimeAreDueInOrder(t *testing.T) {
	s, _ := newScheduler(t, 1)
	var order []int
	timers := make([]Timer, 20)
	for i := range timers {
		s.SetTimer(&timers[i], time.Second, dueFunc(func() { order = append(order, i) }))
	}
	s.StopTimer(&timers[7])
	s.StopTimer(&timers[7])
	s.RunUntil(time.Second, nil)
	want := "[0 1 2 3 4 5 6 8 9 10 11 12 13 14 15 16 17 18 19]"
	if got := fmt.Sprint(order); got != want {
		t.Errorf("order %s", got)
	}
}

// The timers come out in the order of their times, whatever is set and stopped
// in between.
func TestTimersComeOutInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ts timers
		var set []*Timer // in the order in which they were set
		now := time.Duration(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch action := rapid.IntRange(0, 4).Draw(t, "action"); {
			case action <= 2:
				timer := new(Timer)
				ts.push(timer, now+time.Duration(rapid.IntRange(0, 20).Draw(t, "after")))
				set = append(set, timer)
			case len(set) == 0:
			case action == 3:
				i := rapid.IntRange(0, len(set)-1).Draw(t, "stop")
				ts.remove(set[i])
				set = slices.Delete(set, i, i+1)
			default:
				earliest := slices.MinFunc(set, func(a, b *Timer) int { return cmp.Compare(a.at, b.at) })
				if got := ts.pop(); got != earliest {
					t.Fatalf("the timer of %v came, but one of %v is set", got.at, earliest.at)
				}
				now = earliest.at
				set = slices.DeleteFunc(set, func(u *Timer) bool { return u == earliest })
			}
			if len(ts.heap) != len(set) {
				t.Fatalf("%d timers are set, but %d are known", len(set), len(ts.heap))
			}
		}
	})
}

type dueFunc func()

func (f dueFunc) Due() { f() }
