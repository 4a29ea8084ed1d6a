package raft

import (
	"encoding"
	"testing"
)

// Every constant must have a name, and the name must lead back to it.
func TestNamesLeadBackToTheirConstants(t *testing.T) {
	for k := Started; k <= ReadBegan; k++ {
		namesLeadBack(t, k, new(EventKind))
	}
	for r := NoReason; r <= HeldLease; r++ {
		namesLeadBack(t, r, new(Reason))
	}
	for r := Follower; r <= PreCandidate; r++ {
		namesLeadBack(t, r, new(Role))
	}
	for k := Command; k <= ConfigurationChange; k++ {
		namesLeadBack(t, k, new(EntryKind))
	}
}

type named interface {
	comparable
	encoding.TextMarshaler
	String() string
}

type unmarshaler[T any] interface {
	*T
	encoding.TextUnmarshaler
}

func namesLeadBack[T named, P unmarshaler[T]](t *testing.T, value T, back P) {
	t.Helper()
	text, err := value.MarshalText()
	if err != nil {
		t.Errorf("%v: %v", value, err)
		return
	}
	if string(text) != value.String() {
		t.Errorf("it is written %s but shown as %s", text, value)
	}
	if err := back.UnmarshalText(text); err != nil || *back != value {
		t.Errorf("%s leads back to %v, %v", text, *back, err)
	}
}

func TestWhatHasNoNameIsRefused(t *testing.T) {
	if got := EventKind(200).String(); got != "EventKind(200)" {
		t.Errorf("got %s", got)
	}
	if _, err := EventKind(0).MarshalText(); err == nil {
		t.Error("the zero kind was written")
	}
	if _, err := (HeldLease + 1).MarshalText(); err == nil {
		t.Error("a reason past the last was written")
	}
	var k EventKind
	for _, text := range []string{"", "started", "Elected"} {
		if err := k.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for %v", text, k)
		}
	}
}
