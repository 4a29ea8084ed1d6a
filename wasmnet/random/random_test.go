package random

import "testing"

func TestStreamsAreDeterminedBySeedAndName(t *testing.T) {
	first := func(seed uint64, name string) uint64 { return New(seed, name).Uint64() }
	if once, again := first(1, "network"), first(1, "network"); once != again {
		t.Error("the same seed and name gave two different streams")
	}
	if first(1, "network") == first(2, "network") {
		t.Error("two seeds gave the same stream")
	}
	if first(1, "network") == first(1, "disk") {
		t.Error("two names gave the same stream")
	}
}

// The numbers themselves are fixed: a share link must replay the same run in
// every later version.
func TestStreamIsTheSameForever(t *testing.T) {
	s := New(7, "network")
	want := []int64{563096, 2802, 133294}
	for i, w := range want {
		if got := s.Below(1_000_000); got != w {
			t.Errorf("draw %d = %d, want %d", i, got, w)
		}
	}
}

func TestBelowStaysInRangeAndIsEven(t *testing.T) {
	s := New(3, "even")
	var count [10]int
	for range 100_000 {
		n := s.Below(10)
		if n < 0 || n >= 10 {
			t.Fatalf("Below(10) = %d", n)
		}
		count[n]++
	}
	for n, c := range count {
		if c < 9_500 || c > 10_500 {
			t.Errorf("%d was drawn %d times in 100,000, want about 10,000", n, c)
		}
	}
}

func TestBelowOfNothingStillDraws(t *testing.T) {
	a, b := New(1, "x"), New(1, "x")
	if got := a.Below(0); got != 0 {
		t.Errorf("Below(0) = %d, want 0", got)
	}
	b.Uint64()
	if a.Uint64() != b.Uint64() {
		t.Error("Below(0) did not draw exactly once")
	}
}

func TestBetweenReachesBothEnds(t *testing.T) {
	s := New(5, "ends")
	seen := map[int64]bool{}
	for range 1000 {
		seen[s.Between(-1, 1)] = true
	}
	if len(seen) != 3 || !seen[-1] || !seen[0] || !seen[1] {
		t.Errorf("Between(-1, 1) drew %v", seen)
	}
}

func TestChance(t *testing.T) {
	s := New(5, "chance")
	hits := 0
	for range 100_000 {
		if s.Chance(0) {
			t.Fatal("Chance(0) was true")
		}
		if !s.Chance(1) {
			t.Fatal("Chance(1) was false")
		}
		if s.Chance(0.3) {
			hits++
		}
	}
	if hits < 29_000 || hits > 31_000 {
		t.Errorf("Chance(0.3) was true %d times in 100,000", hits)
	}
}
