package storm

import (
	"testing"
	"time"
)

func TestStorms(t *testing.T) {
	for seed := range uint64(20) {
		o, err := Storm{Seed: seed, For: 10 * time.Second}.Rage()
		if err != nil {
			t.Fatal(err)
		}
		t.Log(seed, o.Run.Header.Servers, o.Run.Header.Clients, len(o.Run.Commands), o.CalmFrom, o.Events, o.Completed, o.Leaders, o.Run.For)
		if o.Violation != nil {
			t.Errorf("seed %d: %v", seed, o.Violation)
		}
	}
}
