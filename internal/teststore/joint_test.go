package teststore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/features"
	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/internal/teststudy"
	"abtool/query"
	"abtool/store"
)

// An input is something to ingest: the sources of a store.
type input struct{ sources, boxes, instances []string }

func simulate(t *testing.T, set, form string, n int, seed uint64) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "sim")
	o := synth.Options{Images: n, Seed: seed, Format: form, Out: out, Dirty: 0.05, Boxes: set == "imagenet"}
	var err error
	if set == "imagenet" {
		_, err = synth.ImageNet(context.Background(), o)
	} else {
		_, err = synth.COCO(context.Background(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// linesIn returns the lines of a file.
func linesIn(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// split deals things to n parts. A few go to a second part, too.
func split(dice *rand.Rand, things []string, n int) [][]string {
	parts := make([][]string, n)
	for _, x := range things {
		k := dice.IntN(n)
		parts[k] = append(parts[k], x)
		if again := dice.IntN(n); again != k && dice.IntN(4) == 0 {
			parts[again] = append(parts[again], x)
		}
	}
	return parts
}

// linesTo writes lines to part k of dir, in a file that has the same name in each part.
func linesTo(t *testing.T, dir string, k int, lines []string) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprint("lines", k), "records.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// filesTo links files below from into part k of dir.
func filesTo(t *testing.T, from, dir string, k int, files []string) string {
	t.Helper()
	to := filepath.Join(dir, fmt.Sprint("files", k), "records")
	for _, name := range files {
		at := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(from, name), at); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// filesIn returns the XML files below a folder.
func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".xml") {
			rel, _ := filepath.Rel(dir, path)
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Several stores give what the one store of all sources gives, also where they have the same records.
func TestSeveralStores(t *testing.T) {
	for name, inputs := range map[string]func(t *testing.T, dice *rand.Rand, dir string) []input{
		"XML files and boxes with each": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			sim := simulate(t, "imagenet", "folder", 40, 1)
			boxes := filepath.Join(sim, "boxes.tar.gz")
			from := filepath.Join(sim, "train_xml")
			for k, files := range split(dice, filesIn(t, from), 3) {
				all = append(all, input{sources: []string{filesTo(t, from, dir, k, files)}, boxes: []string{boxes}})
			}
			return all
		},
		"dumps and boxes alone": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			sim := simulate(t, "imagenet", "dump", 300, 2)
			for k, lines := range split(dice, linesIn(t, filepath.Join(sim, "dump.jsonl")), 4) {
				all = append(all, input{sources: []string{linesTo(t, dir, k, lines)}})
			}
			return append(all, input{boxes: []string{filepath.Join(sim, "boxes.tar.gz")}})
		},
		"records without identity": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			sim := simulate(t, "imagenet", "jsonl", 30, 3)
			var bare []string
			for _, line := range linesIn(t, filepath.Join(sim, "imagenet_ab.jsonl")) {
				var m map[string]any
				if json.Unmarshal([]byte(line), &m) != nil {
					continue
				}
				for _, key := range []string{"assignment_id", "worker_id", "hit_id", "imagenet_hit_id", "page_idx", "image_idx", "pageno"} {
					delete(m, key)
				}
				text, _ := json.Marshal(m)
				bare = append(bare, string(text)+"\n")
			}
			for k, lines := range split(dice, bare, 3) {
				all = append(all, input{sources: []string{linesTo(t, dir, k, lines)}})
			}
			return all
		},
		"XML and JSON of the same showings": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			xml, lines := simulate(t, "imagenet", "folder", 30, 4), simulate(t, "imagenet", "jsonl", 30, 4)
			from := filepath.Join(xml, "train_xml")
			files := split(dice, filesIn(t, from), 2)
			json := split(dice, linesIn(t, filepath.Join(lines, "imagenet_ab.jsonl")), 2)
			for k := range 2 {
				all = append(all, input{sources: []string{filesTo(t, from, dir, k, files[k])}},
					input{sources: []string{linesTo(t, dir, k, json[k])}})
			}
			return all
		},
		"COCO and instances with each": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			sim := simulate(t, "coco", "jsonl", 60, 5)
			for k, lines := range split(dice, linesIn(t, filepath.Join(sim, "coco_ab.jsonl")), 3) {
				all = append(all, input{sources: []string{linesTo(t, dir, k, lines)}, instances: []string{filepath.Join(sim, "instances_train2014.json")}})
			}
			return all
		},
		"both and the instances alone": func(t *testing.T, dice *rand.Rand, dir string) []input {
			coco := simulate(t, "coco", "jsonl", 50, 6)
			sim := simulate(t, "imagenet", "dump", 300, 6)
			a := split(dice, linesIn(t, filepath.Join(coco, "coco_ab.jsonl")), 2)
			b := split(dice, linesIn(t, filepath.Join(sim, "dump.jsonl")), 2)
			return []input{
				{sources: []string{linesTo(t, dir, 0, a[0])}},
				{sources: []string{linesTo(t, dir, 1, b[0])}, boxes: []string{filepath.Join(sim, "boxes.tar.gz")}},
				{sources: []string{linesTo(t, dir, 2, a[1]), linesTo(t, dir, 3, b[1])}},
				{instances: []string{filepath.Join(coco, "instances_train2014.json")}},
			}
		},
		"studies and other records": func(t *testing.T, dice *rand.Rand, dir string) (all []input) {
			coco, sim := simulate(t, "coco", "jsonl", 50, 9), simulate(t, "imagenet", "jsonl", 30, 9)
			a := split(dice, linesIn(t, filepath.Join(coco, "coco_ab.jsonl")), 2)
			b := split(dice, linesIn(t, filepath.Join(sim, "imagenet_ab.jsonl")), 2)
			for k, task := range []string{"browse", "tag"} {
				s, err := teststudy.Make(context.Background(), filepath.Join(dir, task), task)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, input{sources: []string{linesTo(t, dir, 2*k, a[k]), linesTo(t, dir, 2*k+1, b[k])}},
					input{sources: []string{s.Dir}})
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			parts := inputs(t, rand.New(rand.NewPCG(7, 8)), dir)
			var dirs []string
			var all input
			for k, p := range parts {
				out := filepath.Join(dir, "stores", fmt.Sprint("s", k))
				makeStore(t, out, p)
				dirs = append(dirs, out)
				all.sources, all.boxes, all.instances = append(all.sources, p.sources...), append(all.boxes, p.boxes...), append(all.instances, p.instances...)
			}
			one := filepath.Join(dir, "one")
			makeStore(t, one, all)
			same(t, one, strings.Join(dirs, ","))
		})
	}
}

func makeStore(t *testing.T, out string, in input) {
	t.Helper()
	_, err := ingest.Run(context.Background(), ingest.Options{Sources: in.sources, Boxes: in.boxes, Instances: in.instances, Out: out})
	if err != nil {
		t.Fatal(err)
	}
}

// same compares what is computed of two places.
func same(t *testing.T, one, several string) {
	t.Helper()
	ctx := context.Background()
	want, err := store.Read(one)
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.Read(several)
	if err != nil {
		t.Fatal(err)
	}
	repeats := int64(0)
	for i := range want.DataSets {
		a, b := &want.DataSets[i], &got.DataSets[i]
		if a.Name != b.Name || a.Rows["annotations"] != b.Rows["annotations"] || a.Rows["images"] != b.Rows["images"] {
			t.Errorf("%s: rows %v, want %v", a.Name, b.Rows, a.Rows)
		}
		for k := range a.Sources {
			x, y := a.Sources[k], b.Sources[k]
			if x.Name != y.Name || x.Records != y.Records || x.Role == "byproducts" && (x.Stored != y.Stored || x.Rejected != y.Rejected || x.Rows != y.Rows) {
				t.Errorf("%s: source %+v, want %+v", a.Name, y, x)
			}
			if y.Records != y.Stored+y.Rejected {
				t.Errorf("%s: source %+v does not add up", a.Name, y)
			}
		}
		if len(a.Sources) != len(b.Sources) || len(a.Categories) != len(b.Categories) {
			t.Errorf("%s: %d sources and %d categories, want %d and %d", a.Name, len(b.Sources), len(b.Categories), len(a.Sources), len(a.Categories))
		}
		j, err := store.Join(several)
		if err != nil {
			t.Fatal(err)
		}
		repeats += j.Set(a.Name).Repeats.Records

		var files [2][]byte
		for k, place := range []string{one, several} {
			out := filepath.Join(t.TempDir(), "targets.parquet")
			o := features.WriteOptions{Options: features.Options{Set: a.Name, Rules: []string{features.AllRules}, Signals: []string{"all"}, All: true}}
			if _, err := features.Write(ctx, place, out, o); err != nil {
				t.Fatal(err)
			}
			if files[k], err = os.ReadFile(out); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Errorf("%s: other targets", a.Name)
		}
	}
	if repeats == 0 {
		t.Error("the stores have no record in common: the test tests nothing")
	}
	if a, b := statsOf(t, one), statsOf(t, several); a != b {
		t.Errorf("other statistics:\n%s", firstDifference(a, b))
	}
	if os.Getenv("NOSQL") == "" {
		compareSQL(t, one, several)
	}
}

func statsOf(t *testing.T, place string) string {
	t.Helper()
	d, err := analysis.Run(context.Background(), place, result.Options{Bootstrap: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.Store = ""
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return strings.Join(x[max(0, i-12):i+1], "\n") + "\nbut\n" + strings.Join(y[min(i, len(y)):min(i+3, len(y))], "\n")
		}
	}
	return "more lines"
}

// compareSQL compares every view of two places, except the rejects, which are those of each store.
func compareSQL(t *testing.T, one, several string) {
	t.Helper()
	ctx := context.Background()
	var dbs [2]*query.DB
	for k, place := range []string{one, several} {
		db, err := query.Open(ctx, place, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		dbs[k] = db
	}
	hidden, err := query.Open(ctx, several, query.Options{Hide: true})
	if err != nil {
		t.Fatal(err)
	}
	defer hidden.Close()
	for _, set := range dbs[1].Sets {
		text := "SELECT DISTINCT worker_id FROM " + set + "_annotations WHERE worker_id IS NOT NULL"
		a, err1 := dbs[1].Table(ctx, text)
		b, err2 := hidden.Table(ctx, text)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, id := range a.Texts("worker_id") {
			if len(a.Rows) != len(b.Rows) || slices.Contains(b.Texts("worker_id"), id) {
				t.Errorf("%s: %d annotators are %d with pseudonyms, one of them %s", set, len(a.Rows), len(b.Rows), id)
			}
		}
	}
	for _, v := range dbs[0].Views() {
		if strings.HasSuffix(v.Name, "_rejects") {
			continue
		}
		text := fmt.Sprintf("SELECT count(*) AS n, sum(hash(v)::HUGEINT)::VARCHAR AS content FROM (SELECT %s FROM %s) v",
			columnsOf(t, dbs[0], v), v.Name)
		var got [2]string
		for k, db := range dbs {
			r, err := db.Table(ctx, text)
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			got[k] = fmt.Sprint(r.Rows)
		}
		if got[0] != got[1] {
			t.Errorf("the view %s has %s, want %s", v.Name, got[1], got[0])
		}
	}
}

// columnsOf returns the columns of a view. Real numbers are rounded, as sums of them depend on the order.
func columnsOf(t *testing.T, db *query.DB, v query.View) string {
	t.Helper()
	r, err := db.Table(context.Background(), "FROM "+v.Name+" LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.Columns {
		name := `"` + c.Name + `"`
		if c.Type.Name == "DOUBLE" {
			name = "round(" + name + ", 9) AS " + name
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// Stores that contradict each other, or cannot be read together, are an error that names both.
func TestStoresThatContradict(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, "in", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	boxes := func(size, xmax string) string {
		return "<annotation><filename>n01440764_1</filename><size><width>" + size + "</width><height>90</height></size><object><bndbox>" +
			"<xmin>1</xmin><ymin>1</ymin><xmax>" + xmax + "</xmax><ymax>9</ymax></bndbox></object></annotation>"
	}
	instances := func(name, width, box string) string {
		return `{"images":[{"id":1,"width":` + width + `,"height":50}],"categories":[{"id":1,"name":"` + name + `"}],"annotations":[` +
			`{"id":5,"image_id":1,"category_id":1,"bbox":` + box + `}]}`
	}
	made := func(name string, in input) string {
		out := filepath.Join(dir, name)
		makeStore(t, out, in)
		return out
	}
	b0 := made("b0", input{boxes: []string{filepath.Dir(write("x0/n01440764_1.xml", boxes("100", "50")))}})
	b1 := made("b1", input{boxes: []string{filepath.Dir(write("x1/n01440764_1.xml", boxes("100", "50")))}})
	b2 := made("b2", input{boxes: []string{filepath.Dir(write("x2/n01440764_1.xml", boxes("100", "60")))}})
	b3 := made("b3", input{boxes: []string{filepath.Dir(write("x3/n01440764_1.xml", boxes("200", "50")))}})
	c0 := made("c0", input{instances: []string{write("i0.json", instances("dog", "60", "[1,2,3,4]"))}})
	c1 := made("c1", input{instances: []string{write("i1.json", instances("cat", "60", "[1,2,3,4]"))}})
	c2 := made("c2", input{instances: []string{write("i2.json", instances("dog", "60", "[1,2,3,5]"))}})
	c3 := made("c3", input{instances: []string{write("i3.json", instances("dog", "70", "[1,2,3,4]"))}})
	c4 := made("c4", input{instances: []string{write("i4.json", `{"images":[{"id":1}],"annotations":[]}`)}})
	c5 := made("c5", input{instances: []string{write("i5.json", instances("dog", "60", "[1,2,3,4]"))}})
	newer := made("newer", input{instances: []string{write("i6.json", instances("dog", "60", "[1,2,3,4]"))}})
	account := filepath.Join(newer, store.File)
	text, err := os.ReadFile(account)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(account, bytes.Replace(text, []byte(`"format_version": 1`), []byte(`"format_version": 999`), 1), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ a, b, want string }{
		{b0, b2, "they have different boxes of the image n01440764_1"},
		{b0, b3, "the image n01440764_1 is 100 × 90 in one and 200 × 90 in the other"},
		{c0, c1, "category 1 is dog in one and cat in the other"},
		{c0, c2, "they have different ground truth of the image 1"},
		{c0, c3, "they have different ground truth of the image 1"},
		{c0, newer, "newer: the store was written by a newer abtool"},
	} {
		_, err := store.Read(c.a + "," + c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.b) {
			t.Errorf("%s and %s: %v, want %s", c.a, c.b, err, c.want)
		}
	}
	for place, images := range map[string]int64{b0 + "," + b1: 1, c0 + "," + c5: 1, c4 + "," + c0: 1, c0 + "," + c4: 1} {
		a, err := store.Read(place)
		if err != nil {
			t.Errorf("%s: %v", place, err)
			continue
		}
		if n := a.DataSets[0].Rows["images"]; n != images {
			t.Errorf("%s: %d images, want %d", place, n, images)
		}
		db, err := query.Open(context.Background(), place, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		set := a.DataSets[0].Name
		r, err := db.Table(context.Background(), "SELECT count(*) AS n, sum(width)::INT AS width FROM "+set+"_images")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(r.Rows), map[string]string{"imagenet": "[[1 100]]", "coco": "[[1 60]]"}[set]; got != want {
			t.Errorf("%s: %s in SQL, want %s", place, got, want)
		}
		db.Close()
	}
}
