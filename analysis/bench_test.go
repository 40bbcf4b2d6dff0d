package analysis_test

import (
	"context"
	"os"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
)

// BenchmarkRun computes every statistic of a data set, with and without the bootstrap, and reports ns per row.
// ABTOOL_BENCH_STORE names another store than the small simulated one.
func BenchmarkRun(b *testing.B) {
	store := os.Getenv("ABTOOL_BENCH_STORE")
	if store == "" {
		store = sampleStore(b)
	}
	for _, set := range []string{"imagenet", "coco"} {
		for _, mode := range []struct {
			name    string
			samples int
		}{{"values", -1}, {"bootstrap", result.DefaultBootstrap}} {
			b.Run(set+"/"+mode.name, func(b *testing.B) {
				var rows int64
				for b.Loop() {
					rows = 0
					_, err := analysis.Run(context.Background(), store, result.Options{
						Names: []string{set}, Bootstrap: mode.samples, Progress: func(_, total int64) { rows = total }, Jobs: 0,
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(max(rows, 1)), "ns/row")
			})
		}
	}
}
