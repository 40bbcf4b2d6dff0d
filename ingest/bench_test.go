package ingest

import (
	"context"
	"path/filepath"
	"testing"

	"abtool/internal/synth"
)

// BenchmarkRun is a whole ingest of an archive.
func BenchmarkRun(b *testing.B) {
	dir := simulate(b, "imagenet", synth.Options{Images: 20000, Seed: 1})
	source := filepath.Join(dir, "imagenet_ab.tar.gz")
	for b.Loop() {
		if _, err := Run(context.Background(), Options{Sources: []string{source}, Out: filepath.Join(b.TempDir(), "store")}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
