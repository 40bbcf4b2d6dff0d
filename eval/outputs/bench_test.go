package outputs

import (
	"iter"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkLogits writes and reads rows with 1,000 logits.
func BenchmarkLogits(b *testing.B) {
	const n = 2000
	r := rand.New(rand.NewPCG(1, 1))
	row := Row{Set: "imagenet", Labels: []int32{1}, Top5: []int32{1, 2, 3, 4, 5}, Logits: make([]float32, 1000)}
	for i := range row.Logits {
		row.Logits[i] = float32(r.NormFloat64())
	}
	path := filepath.Join(b.TempDir(), "outputs.parquet")
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := Write(path, func(w *Writer) (*About, error) {
				for range n {
					if err := w.Add(row); err != nil {
						return nil, err
					}
				}
				return &About{}, nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*b.N), "µs/row")
	})
	for name, rows := range map[string]func(*File) iter.Seq2[*Row, error]{"read": (*File).Rows, "read with logits": (*File).WithLogits} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range rows(f) {
					if err != nil {
						b.Fatal(err)
					}
				}
				f.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*b.N), "µs/row")
		})
	}
}
