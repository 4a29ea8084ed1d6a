package scheduler

import (
	"testing"
	"time"

	"raftarium/wasmnet/random"
)

// BenchmarkSwitch is the plain cost of a switch: two goroutines hand the
// processor to each other.
func BenchmarkSwitch(b *testing.B) {
	s := New(random.New(1, "switch"))
	defer s.Close()
	group := s.NewGroup("bench")
	for range 2 {
		group.Go("yielder", func() {
			for {
				s.Sleep(0)
			}
		})
	}
	measureSwitches(b, s)
}

// BenchmarkSleepers is 100 goroutines that sleep for different times: each
// switch moves a timer.
func BenchmarkSleepers(b *testing.B) {
	s := New(random.New(1, "switch"))
	defer s.Close()
	group := s.NewGroup("bench")
	for i := range 100 {
		group.Go("sleeper", func() {
			for {
				s.Sleep(time.Duration(1000 + i))
			}
		})
	}
	measureSwitches(b, s)
}

// BenchmarkStart is goroutines that are started, take a lock and end.
func BenchmarkStart(b *testing.B) {
	s := New(random.New(1, "switch"))
	defer s.Close()
	group := s.NewGroup("bench")
	lock := group.NewMutex("lock")
	group.Go("starter", func() {
		for {
			group.Go("short", func() {
				lock.Lock()
				lock.Unlock()
			})
			s.Sleep(0)
		}
	})
	measureSwitches(b, s)
}

// BenchmarkChannel is a value sent and received through a channel without a buffer.
func BenchmarkChannel(b *testing.B) {
	s := New(random.New(1, "switch"))
	defer s.Close()
	group := s.NewGroup("bench")
	values := NewChan[int](s, "values", 0)
	group.Go("sender", func() {
		for i := 0; ; i++ {
			values.Send(i)
		}
	})
	group.Go("receiver", func() {
		for {
			values.Receive()
		}
	})
	measureSwitches(b, s)
}

func measureSwitches(b *testing.B, s *Scheduler) {
	b.ReportAllocs()
	left := b.N
	s.RunUntil(time.Hour, func() bool {
		left--
		return left > 0
	})
	b.ReportMetric(float64(s.Switches())/b.Elapsed().Seconds(), "switches/s")
}
