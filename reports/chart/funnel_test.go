package chart

import (
	"bytes"
	"testing"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

// A table of annotators need not have flags, and the axis names what is counted.
func TestFunnelWithoutFlags(t *testing.T) {
	number := func(v float64) stat.Number { return stat.Number(v) }
	s := NewSource(&result.DataSet{Statistics: []result.Statistic{{Name: "workers", Tables: []result.Table{{
		Name: "by_worker", Columns: []result.Column{{Name: "judged"}, {Name: "precision"}},
		Rows: [][]any{{int64(20), number(0.9)}, {int64(300), number(0.7)}},
	}}}}})
	f := Funnel{Name: "workers", Units: "judged", Share: "precision", Noun: "icons"}.Figure(s)
	if f.Missing != "" {
		t.Fatalf("it lacks %q", f.Missing)
	}
	var b bytes.Buffer
	if err := f.Write(&b, "svg", false); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b.Bytes(), []byte("icons with ground truth")) {
		t.Error("the axis does not say that it counts icons")
	}
	if bytes.Contains(b.Bytes(), []byte("with a flag")) {
		t.Error("an annotator has a flag")
	}
}
