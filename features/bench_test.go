package features_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"abtool/features"
	"abtool/features/format"
)

// BenchmarkWrite writes every rule of a store: ABTOOL_BENCH_STORE, else a simulated one.
func BenchmarkWrite(b *testing.B) {
	store := os.Getenv("ABTOOL_BENCH_STORE")
	if store == "" {
		store = sample(b).store
	}
	out := filepath.Join(b.TempDir(), "targets.parquet")
	for b.Loop() {
		sum, err := features.Write(context.Background(), store, out, features.WriteOptions{Options: features.Options{Set: features.ImageNet, Rules: []string{"all"}}, Output: format.Options{Force: true}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(sum.Rows), "rows")
	}
}
