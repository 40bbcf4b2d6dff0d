package features_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"abtool/features"
	"abtool/features/format"
	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/query"
	"abtool/store/notes"
)

// A noted is a store with tags: odd on a showing, an image, an annotator and a HIT, spare on some showings more. less is
// the store of the records that have none of them, where an image that is shown by no record is not known at all.
type noted struct {
	set        string
	more, less string
	parts      string         // the records of more in two stores, with a file of notes each
	rows       map[string]int // by tag: rows that it leaves out
	images     map[string]bool
}

func makeNoted(t *testing.T, set string) noted {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	o := synth.Options{Images: 300, Seed: 8, Format: "jsonl", Out: filepath.Join(dir, "sim"), Boxes: true}
	simulate := synth.ImageNet
	if set == "coco" {
		o.Images, simulate = 120, synth.COCO
	}
	if _, err := simulate(ctx, o); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(o.Out, set+"_ab.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	made := func(name string, lines []string) string {
		source := filepath.Join(dir, name, "records.jsonl")
		if err := os.MkdirAll(filepath.Dir(source), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(source, []byte(strings.Join(lines, "")), 0o666); err != nil {
			t.Fatal(err)
		}
		in := ingest.Options{Sources: []string{source}, Out: filepath.Join(dir, "stores", name)}
		if set == "coco" {
			in.Instances = []string{filepath.Join(o.Out, "instances_train2014.json")}
		} else {
			in.Boxes = []string{filepath.Join(o.Out, "boxes.tar.gz")}
		}
		if _, err := ingest.Run(ctx, in); err != nil {
			t.Fatal(err)
		}
		return in.Out
	}
	n := noted{set: set, more: made("more", lines), rows: map[string]int{}, images: map[string]bool{}}
	a, b := made("a", lines[:len(lines)/3]), made("b", lines[len(lines)/3:])
	n.parts = a + "," + b

	db, err := query.Open(ctx, n.more, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ids := notes.SQL(set, false)
	table, err := db.Table(ctx, "SELECT "+strings.Join(ids[:], ", ")+" FROM "+set+"_annotations ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != len(lines) {
		t.Fatalf("%d rows of %d records", len(table.Rows), len(lines))
	}
	id := func(kind, row int) string { return fmt.Sprint(table.Rows[row][kind]) }
	odd := [4]int{11, 40, 70, 95} // a row with each kind of thing
	tags := make([]string, len(lines))
	for row := range lines {
		for kind, at := range odd {
			if id(kind, row) == id(kind, at) {
				tags[row] = "odd"
			}
		}
		if tags[row] == "" && row%9 == 0 {
			tags[row] = "spare"
		}
	}
	var left []string
	shown := map[string]bool{}
	for row, tag := range tags {
		n.rows[tag]++
		if tag == "" {
			left = append(left, lines[row])
			shown[id(1, row)] = true
		}
	}
	for row := range tags {
		if image := id(1, row); !shown[image] {
			n.images[image] = true
		}
	}
	n.less = made("less", left)

	var acts []notes.Act
	for kind, row := range odd {
		acts = append(acts, notes.Act{Act: notes.Tag, Tag: "odd", Kind: notes.Kinds[kind], Of: []string{id(kind, row)}})
	}
	spare := notes.Act{Act: notes.Tag, Tag: "spare", Kind: notes.Showing}
	for row := range tags {
		if row%9 == 0 {
			spare.Of = append(spare.Of, id(0, row))
		}
	}
	acts = append(acts, spare, notes.Act{Act: notes.Tag, Tag: "fine", Kind: notes.Image, Of: []string{id(1, 0)}})
	for i, a := range acts {
		for _, file := range []string{n.more, strings.Split(n.parts, ",")[i%2]} {
			book, err := notes.At(file, "")
			if err != nil {
				t.Fatal(err)
			}
			a.Set, a.Of = set, slices.Clone(a.Of)
			if err := book.Add(a); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}

// What has a tag is left out as if its records were not in the store: every table has the rows of the store without
// them, and images without any other showing have no row. Several stores give the same file as one.
func TestExcludeTag(t *testing.T) {
	for _, set := range []string{"imagenet", "coco"} {
		n := makeNoted(t, set)
		if n.rows["odd"] < 12 || n.rows["spare"] < 5 || len(n.images) < 2 {
			t.Fatalf("the test has too little to leave out: %v, %d images", n.rows, len(n.images))
		}
		every := features.Options{Rules: []string{features.AllRules}, Signals: []string{"all"}, All: true}
		byWorker := every
		byWorker.SplitBy = "worker"
		cases := map[string]features.WriteOptions{
			"targets": {Options: every}, "splits": {Options: byWorker}, "paper": {}, "crops": {Table: "crops", Crops: 2}, "pairs": {Table: "pairs"}, "classes": {Table: "classes"},
		}
		if set == "imagenet" {
			stratified := every
			stratified.SplitBy, stratified.Stratify, stratified.Fraction = "image", true, 0.5
			cases["stratified"] = features.WriteOptions{Options: stratified}
		}
		for name, o := range cases {
			var got, want []map[string]string
			excluding := o
			excluding.Exclude = []string{"odd", "spare"}
			got = table(t, n.more, excluding)
			for _, row := range table(t, n.less, o) {
				if !n.images[row["image_id"]] {
					want = append(want, row)
				}
			}
			for _, rows := range [][]map[string]string{got, want} {
				for _, row := range rows {
					delete(row, "annotation") // its number
					delete(row, "partner_annotation")
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: %d rows, and %d in the store without the records", set, name, len(got), len(want))
				for i := range min(len(got), len(want)) {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Errorf("row %d is\n%v, want\n%v", i, got[i], want[i])
						break
					}
				}
			}
		}

		o := features.WriteOptions{Options: features.Options{Exclude: []string{"odd", "spare"}}}
		one, sum := write(t, n.more, "one.parquet", o)
		several, _ := write(t, n.parts, "several.parquet", o)
		a, err := os.ReadFile(one)
		if err != nil {
			t.Fatal(err)
		}
		rowsOf := func(path string) string {
			db, err := query.Open(context.Background(), n.more, query.Options{AllowFiles: true})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			x, err := db.Table(context.Background(), "FROM '"+path+"'")
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(x.Rows)
		}
		if rowsOf(one) != rowsOf(several) {
			t.Errorf("%s: two stores give other targets", set)
		}
		what := map[string]string{"imagenet": "showings", "coco": "pages"}[set]
		want := []format.Count{{Name: what + " excluded by the tag odd", Rows: int64(n.rows["odd"])}, {Name: what + " excluded by the tag spare", Rows: int64(n.rows["spare"])}}
		if len(sum.LeftOut) < 2 || !reflect.DeepEqual(sum.LeftOut[:2], want) {
			t.Errorf("%s: left out %v, want %v", set, sum.LeftOut, want)
		}
		for _, text := range []string{`"exclude_tags":["odd","spare"]`, fmt.Sprintf(`"excluded":[{"name":"%s excluded by the tag odd","rows":%d}`, what, n.rows["odd"])} {
			if !strings.Contains(string(a), text) {
				t.Errorf("%s: the file does not say %s", set, text)
			}
		}
		for _, tags := range [][]string{{"od"}, {"odd", "odd"}} {
			_, err := features.Write(context.Background(), n.more, filepath.Join(t.TempDir(), "x.csv"), features.WriteOptions{Options: features.Options{Exclude: tags}})
			if err == nil || len(tags) == 1 && !strings.Contains(err.Error(), "did you mean odd") {
				t.Errorf("%s: tags %v: %v", set, tags, err)
			}
		}
	}
}
