package ingest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/schema"
)

var update = flag.Bool("update", false, "write the golden rows again")

// The rows of a small input of every shape, half of it damaged, do not change. After an intended change, run
// with -update and read the difference.
func TestGolden(t *testing.T) {
	const dir = "testdata/golden"
	in := func(name string) string { return filepath.Join(dir, name) }
	store, s := mustRun(t, Options{
		Sources:   []string{in("train_xml"), in("imagenet_ab.jsonl"), in("coco_ab.json"), in("coco_pages")},
		Instances: []string{in("instances_train2014.json")},
	})
	var b bytes.Buffer
	for _, d := range s.DataSets {
		d.Bytes = nil // a matter of the encoder
		print1(t, &b, d.Name, d)
	}
	printRows[schema.ImageNetAnnotation](t, &b, store, "imagenet/annotations")
	printRows[schema.ImageNetImage](t, &b, store, "imagenet/images")
	printRows[schema.Reject](t, &b, store, "imagenet/rejects")
	printRows[schema.COCOAnnotation](t, &b, store, "coco/annotations")
	printRows[schema.COCOImage](t, &b, store, "coco/images")
	printRows[schema.Reject](t, &b, store, "coco/rejects")
	golden := in("rows.jsonl")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%.3000s", diff)
	}
}

func printRows[S any](t *testing.T, b *bytes.Buffer, store, table string) {
	for _, row := range readTable[S](t, store, table) {
		print1(t, b, table, named(reflect.ValueOf(row), false))
	}
}

func print1(t *testing.T, b *bytes.Buffer, what string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "%s %s\n", what, text)
}
