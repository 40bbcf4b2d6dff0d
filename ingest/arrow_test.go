package ingest

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"abtool/internal/synth"
	"abtool/schema"
)

// --format arrow holds the rows that Parquet holds.
func TestArrowFormat(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 250, Seed: 9, Dirty: 0.2, Boxes: true})
	co := simulate(t, "coco", synth.Options{Images: 40, Seed: 9, Dirty: 0.2})
	o := Options{
		Sources:   []string{filepath.Join(in, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json")},
		Boxes:     []string{filepath.Join(in, "boxes.tar.gz")},
		Instances: []string{filepath.Join(co, "instances_train2014.json")},
	}
	p, _ := mustRun(t, o)
	o.Format = "arrow"
	a, _ := mustRun(t, o)
	b, _ := mustRun(t, o)
	if diff := cmp.Diff(contents(t, a), contents(t, b)); diff != "" {
		t.Errorf("two runs differ: %s", diff)
	}
	sameRows[schema.ImageNetAnnotation](t, p, a, "imagenet/annotations")
	sameRows[schema.ImageNetImage](t, p, a, "imagenet/images")
	sameRows[schema.Reject](t, p, a, "imagenet/rejects")
	sameRows[schema.COCOAnnotation](t, p, a, "coco/annotations")
	sameRows[schema.COCOImage](t, p, a, "coco/images")
}

// sameRows compares a Parquet table with an Arrow one through Arrow's own JSON.
func sameRows[S any](t *testing.T, parquetStore, arrowStore, table string) {
	t.Helper()
	if d := cmp.Diff(readTable[S](t, parquetStore, table), readTable[S](t, arrowStore, table)); d != "" {
		t.Errorf("%s: the Parquet files differ: %.1500s", table, d)
	}
	f, err := os.Open(filepath.Join(arrowStore, table+".arrow"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := readTable[S](t, parquetStore, table)
	at := 0
	for i := range r.NumRecords() {
		rec, err := r.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		text, err := rec.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for _, g := range got {
			if diff := cmp.Diff(named(reflect.ValueOf(want[at]), r.Schema().HasField("arm")), any(g)); diff != "" {
				t.Fatalf("%s row %d: %.1500s", table, at, diff)
			}
			at++
		}
	}
	if at != len(want) || at == 0 && table != "coco/rejects" {
		t.Errorf("%s: %d rows in Arrow, %d in Parquet", table, at, len(want))
	}
}

// named is a row as JSON would have it, by the names of its columns, with the columns of studies or without.
func named(v reflect.Value, study bool) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return named(v.Elem(), study)
	case reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag; tag.Get("study") == "" || study {
				name, _, _ := strings.Cut(tag.Get("parquet"), ",")
				m[name] = named(v.Field(i), study)
			}
		}
		return m
	case reflect.Slice:
		l := []any{}
		for i := range v.Len() {
			l = append(l, named(v.Index(i), study))
		}
		return l
	case reflect.Int32, reflect.Int64:
		return float64(v.Int())
	}
	return v.Interface()
}

// Whatever is null, zero or empty in the rows, lists within lists too, is so in Arrow.
func TestArrowRandomRows(t *testing.T) {
	testArrowRows[schema.ImageNetAnnotation](t, "imagenet/annotations")
	testArrowRows[schema.ImageNetImage](t, "imagenet/images")
	testArrowRows[schema.COCOAnnotation](t, "coco/annotations")
	testArrowRows[schema.COCOImage](t, "coco/images")
	testArrowRows[schema.Reject](t, "coco/rejects")
}

func testArrowRows[S any](t *testing.T, table string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]S, 500)
	for i := range rows[1:] { // the first is all null, zero and empty
		fill(r, reflect.ValueOf(&rows[1+i]).Elem())
	}
	as, ps := t.TempDir(), t.TempDir()
	putRows(t, ps, table, rows)
	putRows(t, as, table, rows)
	if err := arrowFile(table, filepath.Join(as, filepath.Dir(table)), nil, true); err != nil {
		t.Fatal(err)
	}
	sameRows[S](t, ps, as, table)
}

// fill sets v to something random: often null, zero or empty.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), max(0, r.IntN(6)-2), 5))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(5) - 2)
	case reflect.Float64:
		v.SetFloat(float64(r.IntN(5)-2) / 4)
	case reflect.String:
		v.SetString([]string{"", "a", "Grüße"}[r.IntN(3)])
	}
}

// putRows writes a table into a store, in row groups that no record batch ends with.
func putRows[S any](t *testing.T, store, table string, rows []S) {
	t.Helper()
	path := filepath.Join(store, table+".parquet")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(777)); err != nil {
		t.Fatal(err)
	}
}

// A table without rows is a file without record batches, with the schema and its metadata.
func TestArrowEmpty(t *testing.T) {
	store := t.TempDir()
	putRows(t, store, "coco/images", []schema.COCOImage{})
	if err := arrowFile("coco/images", filepath.Join(store, "coco"), []string{"a.json", "b.json"}, true); err != nil {
		t.Fatal(err)
	}
	batches, s := batchRows(t, filepath.Join(store, "coco/images.arrow"))
	if len(batches) != 0 {
		t.Errorf("record batches of %v rows", batches)
	}
	want := schema.TableOf(schema.COCOImage{}).Arrow(schema.Metadata("coco/images", []string{"a.json", "b.json"}))
	if !s.Schema().Equal(want) || s.Schema().Metadata().String() != want.Metadata().String() {
		t.Errorf("schema %v, want %v", s.Schema(), want)
	}
	if doc, ok := s.Schema().Field(0).Metadata.GetValue("doc"); !ok || doc == "" {
		t.Error("the columns say nothing of themselves")
	}
}

// batchRows are the numbers of rows of a file's record batches.
func batchRows(t *testing.T, path string) ([]int64, *ipc.FileReader) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r, err := ipc.NewFileReader(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	var rows []int64
	for i := range r.NumRecords() {
		rec, err := r.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, rec.NumRows())
	}
	return rows, r
}

// Record batches are bounded in rows, and with long lists in values, so that memory is too.
func TestArrowBatches(t *testing.T) {
	store := t.TempDir()
	putRows(t, store, "coco/rejects", make([]schema.Reject, 2*arrowRows+1))
	if err := arrowFile("coco/rejects", filepath.Join(store, "coco"), nil, true); err != nil {
		t.Fatal(err)
	}
	got, _ := batchRows(t, filepath.Join(store, "coco/rejects.arrow"))
	if diff := cmp.Diff([]int64{arrowRows, arrowRows, 1}, got); diff != "" {
		t.Errorf("short rows: %s", diff)
	}

	long := schema.COCOAnnotation{Mouse: make([]schema.Sample, arrowValues/3+1)} // a batch of its own
	putRows(t, store, "coco/annotations", []schema.COCOAnnotation{{}, long, long, {}, {}, long, {}})
	if err := arrowFile("coco/annotations", filepath.Join(store, "coco"), nil, true); err != nil {
		t.Fatal(err)
	}
	got, _ = batchRows(t, filepath.Join(store, "coco/annotations.arrow"))
	if diff := cmp.Diff([]int64{2, 1, 3, 1}, got); diff != "" {
		t.Errorf("long lists: %s", diff)
	}
}

// A file with other columns is an error, and stays.
func TestArrowOtherColumns(t *testing.T) {
	for table, want := range map[string]string{"coco/images": "no column [image_id]", "coco/rejects": "lacks the column [more]"} {
		store := t.TempDir()
		type other struct {
			schema.Reject
			More int64 `parquet:"more"`
		}
		putRows(t, store, table, []other{{}})
		err := arrowFile(table, filepath.Join(store, "coco"), nil, true)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", table, err)
		}
		if _, err := os.Stat(filepath.Join(store, table+".parquet")); err != nil {
			t.Errorf("%s is gone: %v", table, err)
		}
	}
}

func BenchmarkArrow(b *testing.B) {
	rows := make([]schema.COCOAnnotation, 2000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		rows[i].Mouse = make([]schema.Sample, 90)
		fill(r, reflect.ValueOf(&rows[i].Actions).Elem())
		for k := range rows[i].Mouse {
			fill(r, reflect.ValueOf(&rows[i].Mouse[k]).Elem())
		}
	}
	path := filepath.Join(b.TempDir(), "rows.parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		b.Fatal(err)
	}
	s := schema.TableOf(rows[0]).Arrow(nil)
	b.ReportAllocs()
	for b.Loop() {
		if err := toArrow(path, path+".arrow", s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds(), "rows/s")
}
