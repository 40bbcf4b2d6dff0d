package ingest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/google/go-cmp/cmp"

	"abtool/internal/synth"
	"abtool/schema"
)

// --format arrow holds the rows that Parquet holds.
func TestArrowFormat(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 1000, Seed: 9, Dirty: 0.2, Boxes: true})
	co := simulate(t, "coco", synth.Options{Images: 200, Seed: 9, Dirty: 0.2})
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
	if _, err := os.Stat(filepath.Join(arrowStore, table+".parquet")); err == nil {
		t.Errorf("%s is there as Parquet too", table)
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
			if diff := cmp.Diff(named(reflect.ValueOf(want[at])), any(g)); diff != "" {
				t.Fatalf("%s row %d: %.1500s", table, at, diff)
			}
			at++
		}
	}
	if at != len(want) || at == 0 && table != "coco/rejects" {
		t.Errorf("%s: %d rows in Arrow, %d in Parquet", table, at, len(want))
	}
}

// named is a row as JSON would have it, by the names of its columns.
func named(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return named(v.Elem())
	case reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("parquet"), ",")
			m[name] = named(v.Field(i))
		}
		return m
	case reflect.Slice:
		l := []any{}
		for i := range v.Len() {
			l = append(l, named(v.Index(i)))
		}
		return l
	case reflect.Int32, reflect.Int64:
		return float64(v.Int())
	}
	return v.Interface()
}
