package decode

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"abtool/ingest/scan"
	"abtool/internal/synth"
	"abtool/store/columnar"
)

// benchXML is simulated annotation files, one after the other.
func benchXML(b *testing.B) (files [][]byte, total int64) {
	dir := b.TempDir()
	if _, err := synth.ImageNet(b.Context(), synth.Options{Images: 500, Seed: 1, Format: "folder", Out: dir}); err != nil {
		b.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(dir, "train_xml"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, data)
		total += int64(len(data))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return files, total
}

// BenchmarkXML reads annotation files with the fast scanner and with the judge, encoding/xml.
func BenchmarkXML(b *testing.B) {
	files, total := benchXML(b)
	for _, c := range []struct {
		name string
		read func(*Batch, []byte) bool
	}{
		{"fast", func(x *Batch, d []byte) bool { ok, f := x.xml.fast(d, XMLRecord, nil); return ok && f == nil }},
		{"encoding-xml", func(x *Batch, d []byte) bool { return x.xml.slow(d, XMLRecord, nil) == nil }},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := newBatch()
			b.SetBytes(total)
			b.ReportAllocs()
			for b.Loop() {
				x.Reset()
				for _, f := range files {
					if !c.read(x, f) {
						b.Fatalf("not read: %.200s", f)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(files)), "ns/file")
		})
	}
}

// BenchmarkCOCO reads COCO records with the fast scanner and with the judge, encoding/json.
func BenchmarkCOCO(b *testing.B) {
	dir := b.TempDir()
	if _, err := synth.COCO(b.Context(), synth.Options{Images: 200, Seed: 1, Format: "jsonl", Out: dir}); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "coco_ab.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	s := &scan.Scanner{}
	for _, c := range []struct {
		name string
		read func(*Batch, []byte)
	}{
		{"fast", func(x *Batch, d []byte) {
			s.Data, s.Pos = d, 0
			if ok, f := x.json.fast(s, COCO); !ok || f != nil {
				b.Fatalf("not read: %.200s", d)
			}
		}},
		{"encoding-json", func(x *Batch, d []byte) { x.slowJSON(d, COCO) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := newBatch()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				x.Reset()
				for _, l := range lines {
					c.read(x, l)
				}
				if x.Rows(COCO).Len() != len(lines) {
					b.Fatalf("%d rows of %d records", x.Rows(COCO).Len(), len(lines))
				}
			}
		})
	}
}

// BenchmarkEncode writes rows to Parquet.
func BenchmarkEncode(b *testing.B) {
	files, _ := benchXML(b)
	x := newBatch()
	for _, f := range files {
		x.xml.fast(f, XMLRecord, nil)
	}
	rows := x.Rows(ImageNet)
	for range rows.Len() {
		rows.Column("seq").Add(0)
		rows.Column("source").AddText("a source")
	}
	file := columnar.NewFile(io.Discard, ImageNet.Schema(false), "abtool", nil)
	g := columnar.NewGroup(ImageNet.Schema(false), 1, zstdOf(b))
	g.Lay(ImageNet.Layout())
	b.ReportAllocs()
	for b.Loop() {
		for range 20 {
			g.Add(columnar.Span{Rows: rows, To: rows.Len()})
		}
		if err := errors.Join(g.Encode(), file.Append(g)); err != nil {
			b.Fatal(err)
		}
		g.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(20*b.N*rows.Len()), "ns/row")
}
