package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestElectionsPrintsAndDraws(t *testing.T) {
	file := filepath.Join(t.TempDir(), "curves.svg")
	var out, complaints bytes.Buffer
	if code := program([]string{"elections", "-trials", "5", "-o", file}, &out, &complaints); code != exitFine {
		t.Fatalf("exit code %d: %s", code, complaints.String())
	}
	for _, want := range []string{"LAN, 150-155 ms", "287 ms", "WAN 300-600 ms, two down", "650 ms", " 100 % |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	picture, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(picture, []byte("<polyline")) {
		t.Errorf("no picture: %v", err)
	}
}

func TestElectionsRefusesBadFlags(t *testing.T) {
	for _, arguments := range [][]string{{"-trials", "0"}, {"-trials", "many"}, {"-seed", "-1"}, {"more"}} {
		var out, complaints bytes.Buffer
		if code := program(append([]string{"elections"}, arguments...), &out, &complaints); code != exitBadFlags {
			t.Errorf("raftsim elections %v: exit code %d, %s", arguments, code, complaints.String())
		}
	}
}
