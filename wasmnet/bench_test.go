package wasmnet

import (
	"testing"
	"time"
)

// BenchmarkWorld runs the cluster that the page shows by default; one
// operation is a second of its life.
func BenchmarkWorld(b *testing.B) {
	for _, servers := range []struct {
		name   string
		number int
	}{{"5servers", 5}, {"21servers", 21}} {
		b.Run(servers.name, func(b *testing.B) { benchmarkWorld(b, servers.number) })
	}
}

func benchmarkWorld(b *testing.B, servers int) {
	header := DefaultHeader(1)
	header.Servers = servers
	w, err := New(header, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	w.RunUntil(5*time.Second, nil)
	switches := w.Switches()
	b.ReportAllocs()
	for b.Loop() {
		w.RunUntil(w.Now()+time.Second, nil)
	}
	elapsed := b.Elapsed().Seconds()
	b.ReportMetric(float64(w.Switches()-switches)/elapsed, "switches/s")
	b.ReportMetric(float64(b.N)/elapsed, "simulated-s/s")
}
