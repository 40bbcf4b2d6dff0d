package analysis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/ingest"
	"abtool/internal/stat"
	"abtool/schema"
)

// oddStores are stores that lack something, by what they lack.
func oddStores(t *testing.T) map[string]string {
	t.Helper()
	type files = map[string]string
	bare := func(record string) string {
		o := ingest.Options{Sources: []string{"coco_ab.json"}}
		return ingested(t, o, files{"coco_ab.json": "[" + record + "]"})
	}
	page := func(actions string) string {
		return fmt.Sprintf(`{"image_id": 1, "hit_id": "h", "actionHistories": [%s]}`, actions)
	}
	coco := func(actions, size, object string) string { // of one page; its image has one object
		return cocoStore(t, []string{page(actions)},
			[]string{`{"id": 1` + size + `, "file_name": "x.jpg"}`}, []string{object})
	}
	add, remove := iconAction("add", "cat", 0, 0, 1), iconAction("remove", "cat", 0, 0, 1)
	const sized = `, "width": 9, "height": 9`
	object := rectangle(1, 1, 1, 0, 0, 9, 9)

	click := [][3]float64{{0.5, 0.5, 10}}
	shown := shownXML{"A", "1641500200", true, click, click, []int{1}}
	boxed := imageXML([][4]int{{0, 0, 10, 10}}, shown)
	imagenet := func(xml string) string { return imagenetStore(t, []string{xml}) }
	stores := files{
		"imagenet: one record without anything": ingested(t, ingest.Options{Sources: []string{"records.jsonl"}},
			files{"records.jsonl": `{"imageID": "n01440764/n01440764_1"}` + "\n"}),
		"imagenet: one click, no worker, no HIT": recordsAndBoxes(t, "n01440764_1"),
		"imagenet: boxes of other images":        recordsAndBoxes(t, "n01440764_9"),
		"imagenet: no boxes":                     imagenet(imageXML(nil, shown)),
		"imagenet: an image without showings":    imagenet(imageXML([][4]int{{0, 0, 10, 10}})),
		"imagenet: nothing selected":             imagenet(strings.ReplaceAll(boxed, "True", "False")),
		"imagenet: no times":                     imagenet(strings.ReplaceAll(boxed, "<time>", "<time>x")),
		"imagenet: sizes of 0":                   imagenet(strings.ReplaceAll(boxed, "<width>20", "<width>0")),
		"imagenet: a box beyond the image":       imagenet(imageXML([][4]int{{30, 30, 40, 40}}, shown)),

		"coco: one record without anything": bare(`{"image_id": 1}`),
		"coco: no ground truth":             bare(cocoRecord),
		"coco: no objects": cocoStore(t, []string{page(add)},
			[]string{`{"id": 1` + sized + "}"}, nil),
		"coco: no images":                     recordsAndImages(t),
		"coco: objects of other images":       recordsAndImages(t, 5),
		"coco: one class, one page":           recordsAndImages(t, 7),
		"coco: sizes of 0":                    coco(add, `, "width": 0, "height": 0`, object),
		"coco: no sizes":                      coco(add, "", object),
		"coco: a box without area":            coco(add, sized, rectangle(1, 1, 1, 0, 0, 0, 0)),
		"coco: removed, and never added":      coco(remove, sized, object),
		"coco: actions of unknown types only": coco(`{}, {"actionType": "Add"}`, sized, object),
	}
	for set, empty := range map[string]func(dir string){"imagenet": emptyImageNet(t), "coco": emptyCOCO(t)} {
		store := recordsAndBoxes(t)
		if set == "coco" {
			store = recordsAndImages(t, 7)
		}
		empty(filepath.Join(store, set))
		stores[set+": empty tables"] = store
	}
	return stores
}

// emptyImageNet and emptyCOCO return what writes tables without rows in the place of a store's.
func emptyImageNet(t *testing.T) func(dir string) {
	return func(dir string) {
		emptyTable[schema.ImageNetAnnotation](t, dir, "annotations.parquet")
		emptyTable[schema.ImageNetImage](t, dir, "images.parquet")
	}
}

func emptyCOCO(t *testing.T) func(dir string) {
	return func(dir string) {
		emptyTable[schema.COCOAnnotation](t, dir, "annotations.parquet")
		emptyTable[schema.COCOImage](t, dir, "images.parquet")
	}
}

func emptyTable[T any](t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	old, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var options []parquet.WriterOption
	for _, kv := range old.Metadata().KeyValueMetadata {
		options = append(options, parquet.KeyValueMetadata(kv.Key, kv.Value))
	}
	f.Close()
	if err := parquet.WriteFile(path, []T(nil), options...); err != nil {
		t.Fatal(err)
	}
}

// A store that lacks something still has every statistic. A value over no units is undefined, unless it is a
// count, and an undefined value is null in JSON and not NaN or infinite.
func TestOddStores(t *testing.T) {
	ctx := context.Background()
	for what, store := range oddStores(t) {
		both, err := analysis.Compare(ctx, store, store, result.Options{Bootstrap: 20})
		if err == nil {
			_, err = json.Marshal(both)
		}
		if err != nil {
			t.Errorf("%s, compared with itself: %v", what, err)
		}
		if _, err := analysis.Examples(ctx, store, result.ExampleOptions{N: 3}); err != nil {
			t.Errorf("%s: examples of it: %v", what, err)
		}
		for _, by := range append([]string{""}, result.Keys...) {
			if by == "arm" { // no store here is of a study
				continue
			}
			d := run(t, store, result.Options{Bootstrap: 20, By: by})
			if _, err := json.Marshal(d); err != nil {
				t.Errorf("%s, by %q: not to be written as JSON: %v", what, by, err)
			}
			for _, set := range d.DataSets {
				for _, s := range set.Statistics {
					checkOdd(t, fmt.Sprintf("%s: %s", what, s.Name), &s)
				}
			}
		}
	}
}

func checkOdd(t *testing.T, where string, s *result.Statistic) {
	t.Helper()
	for _, v := range s.Values {
		if v.N == 0 && v.Value.Defined() && !(v.Unit == "count" && v.Value == 0) || v.N == 0 && v.Interval != nil {
			t.Errorf("%s.%s is %v over no %s", where, v.Name, v.Value, v.Of)
		}
		if math.IsInf(float64(v.Value), 0) {
			t.Errorf("%s.%s is %v", where, v.Name, v.Value)
		}
		if v.Unit == "fraction" && (v.Value < 0 || v.Value > 1) && v.K != nil {
			t.Errorf("%s.%s is %v, which is not a share", where, v.Name, v.Value)
		}
		if i := v.Interval; i != nil && !(i.Low <= i.High) {
			t.Errorf("%s.%s has an interval from %v to %v", where, v.Name, i.Low, i.High)
		}
	}
	for _, x := range s.Tables {
		for _, row := range x.Rows {
			for c, cell := range row {
				if n, ok := cell.(stat.Number); ok && math.IsInf(float64(n), 0) {
					t.Errorf("%s.%s.%s is %v in the row of %v", where, x.Name, x.Columns[c].Name, n, row[0])
				}
			}
		}
	}
}
