package analysis

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/internal/teststore"
)

// TestArrowStore gets the same from the same data in both formats, whose row groups differ.
func TestArrowStore(t *testing.T) {
	results := map[string]string{}
	for _, format := range []string{"parquet", "arrow"} {
		store, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Images: 6000, Pages: 400, Seed: 5, Dirty: 0.03, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		d, err := Run(context.Background(), store, Options{Bootstrap: 50, Jobs: 3})
		if err != nil {
			t.Fatal(err)
		}
		d.Store = ""
		text, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		results[format] = string(text)
	}
	if d := cmp.Diff(results["parquet"], results["arrow"]); d != "" {
		t.Errorf("%.2000s", d)
	}
	if len(results["arrow"]) < 10_000 {
		t.Errorf("only %d bytes of results", len(results["arrow"]))
	}
}
