package features_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"abtool/features"
	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/train/data"
)

func write(t testing.TB, store, name string, o features.WriteOptions) (path string, s *features.Summary) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	s, err := features.Write(context.Background(), store, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return path, s
}

// everything asks for all that a row can have.
func everything(set string) features.Options {
	return features.Options{Set: set, Rules: []string{"all"}, Signals: []string{"all"}, All: true, SplitBy: "image", Seed: 2, Grid: 3, Path: 5, Steps: 4, Scribble: 2}
}

func floatEqual(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// A file of Parquet, opened by DuckDB, has what Each gives.
func TestParquetInDuckDB(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		o := everything(set)
		path, sum := write(t, s.store, "t.parquet", features.WriteOptions{Options: o})
		db, err := sql.Open("duckdb", "")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		rows, err := db.Query(`SELECT image_id::VARCHAR, rule, class, class_index, x, y, weight, annotation, worker_id, confidence, points, split, width, time_to_click,
			array_to_string(list_transform(step_x, v -> CASE WHEN isnan(v) THEN 'nan' ELSE v::VARCHAR END), ' '), len(attention), hull_xmin FROM '` + path + `'`)
		if err != nil {
			t.Fatal(err)
		}
		want := all(t, s.store, o)
		n := 0
		for ; rows.Next(); n++ {
			var id, rule, split string
			var steps sql.NullString
			var class, worker sql.NullString
			var x, y, weight, confidence, hull sql.NullFloat64
			var annotation, width, index, took, points, attention sql.NullInt64
			if err := rows.Scan(&id, &rule, &class, &index, &x, &y, &weight, &annotation, &worker, &confidence, &points, &split, &width, &took, &steps, &attention, &hull); err != nil {
				t.Fatal(err)
			}
			w := &want[n]
			real := func(v sql.NullFloat64, f float64) bool {
				return v.Valid == !math.IsNaN(f) && (!v.Valid || v.Float64 == f)
			}
			whole := func(v sql.NullInt64, i, null int64) bool {
				return v.Valid == (i != null) && (!v.Valid || v.Int64 == i)
			}
			var text []string
			for _, v := range w.StepX {
				if math.IsNaN(v) {
					text = append(text, "nan")
				} else {
					text = append(text, duck(v))
				}
			}
			if id != w.Image || rule != w.Rule || class.String != w.Class || !whole(index, int64(w.ClassIndex), -1) || !real(x, w.X) || !real(y, w.Y) || weight.Float64 != w.Weight ||
				!whole(annotation, w.Annotation, -1) || worker.String != w.Worker || !real(confidence, w.Confidence) || points.Int64 != int64(w.Points) || split != w.Split || !whole(width, int64(w.Width), 0) ||
				!whole(took, w.TimeToClick, math.MinInt64) || !sameNumbers(steps.String, text) || attention.Int64 != int64(len(w.Attention)) || !real(hull, w.Hull[0]) {
				t.Fatalf("%s: row %d is not %+v: %v %v %v %v %q", set, n, *w, x, y, confidence, took, steps.String)
			}
		}
		if err := rows.Err(); err != nil || n != len(want) || int64(n) != sum.Rows {
			t.Errorf("%s: %d rows, want %d, told %d (%v)", set, n, len(want), sum.Rows, err)
		}
		// Every column is described in the file.
		var text string
		if err := db.QueryRow(`SELECT decode(value) FROM parquet_kv_metadata('` + path + `') WHERE decode(key) = 'abtool.columns'`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		var columns []struct{ Name, Type, Doc string }
		if err := json.Unmarshal([]byte(text), &columns); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range columns {
			names = append(names, c.Name)
			if c.Doc == "" || c.Type == "" {
				t.Errorf("%s is not described", c.Name)
			}
		}
		var have string
		if err := db.QueryRow(`SELECT string_agg(column_name, ',') FROM (DESCRIBE SELECT * FROM '` + path + `')`).Scan(&have); err != nil || have != strings.Join(names, ",") {
			t.Errorf("%s: columns %s, described %v (%v)", set, have, names, err)
		}
	}
}

func duck(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func sameNumbers(text string, want []string) bool {
	got := strings.Fields(text)
	return slices.EqualFunc(got, want, func(a, b string) bool {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return floatEqual(x, y)
	})
}

// CSV, read by encoding/csv, has the exact numbers.
func TestCSV(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		o := everything(set)
		path, _ := write(t, s.store, "t.csv", features.WriteOptions{Options: o})
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, name := range lines[0] {
			at[name] = i
		}
		want := all(t, s.store, o)
		if len(lines) != len(want)+1 {
			t.Fatalf("%s: %d lines of %d rows", set, len(lines), len(want))
		}
		for i, w := range want {
			get := func(name string) string { return lines[i+1][at[name]] }
			number := func(name string) float64 {
				if get(name) == "" {
					return math.NaN()
				}
				v, err := strconv.ParseFloat(get(name), 64)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			var path []float64
			if err := json.Unmarshal([]byte(get("path_x")), &path); err != nil {
				t.Fatal(err)
			}
			if get("image_id") != w.Image || get("rule") != w.Rule || get("worker_id") != w.Worker || !floatEqual(number("x"), w.X) || !floatEqual(number("y"), w.Y) || !floatEqual(number("confidence"), w.Confidence) ||
				number("weight") != w.Weight || !floatEqual(number("hull_area"), w.HullArea) || get("split") != w.Split || !slices.Equal(path, w.PathX) {
				t.Fatalf("%s: line %v is not %+v", set, lines[i+1], w)
			}
		}
	}
}

const readNPY = `
import json, sys, numpy as np
folder = sys.argv[1]
about = json.load(open(folder + "/columns.json"))
out = {}
for c in about["columns"]:
    a = np.load(folder + "/" + c["name"] + ".npy", allow_pickle=False)
    assert a.shape[0] == about["rows"], (c["name"], a.shape)
    assert a.flags["C_CONTIGUOUS"]
    out[c["name"]] = [str(a.dtype), list(a.shape), [repr(v.tolist()) for v in a[:400]]]
json.dump(out, sys.stdout)
`

// NumPy opens the arrays.
func TestNPY(t *testing.T) {
	python := "/usr/bin/python3"
	if exec.Command(python, "-c", "import numpy").Run() != nil {
		if python = "python3"; exec.Command(python, "-c", "import numpy").Run() != nil {
			t.Skip("no Python with numpy: apt-get install python3-numpy, then the arrays are opened")
		}
	}
	s := sample(t)
	o := everything(features.COCO)
	path, sum := write(t, s.store, "arrays", features.WriteOptions{Options: o, Output: format.Options{Format: "npy"}})
	cmd := exec.Command(python, "-c", readNPY, path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var got map[string][3]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"x": "float64", "annotation": "int64", "label": "int32", "attention": "float32", "step_mask": "int32", "path_y": "float64"} {
		if got[name][0] != want {
			t.Errorf("%s is %v, want %s", name, got[name][0], want)
		}
	}
	if shape := fmt.Sprint(got["attention"][1], got["scribble_x"][1], got["x"][1]); shape != fmt.Sprintf("[%d 9] [%d 2] [%d]", sum.Rows, sum.Rows, sum.Rows) {
		t.Errorf("shapes %s of %d rows", shape, sum.Rows)
	}
	want := all(t, s.store, o)
	python3 := func(v float64) string {
		if math.IsNaN(v) {
			return "nan"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	for i, w := range want[:min(400, len(want))] {
		cell := func(name string) string { return got[name][2].([]any)[i].(string) }
		x, err := strconv.ParseFloat(cell("x"), 64)
		if err != nil || !floatEqual(x, w.X) || cell("image_id") != w.Image || strings.Trim(cell("class"), `'"`) != w.Class || strings.Trim(cell("rule"), "'") != w.Rule {
			t.Fatalf("row %d: %s %s %s %s, want %+v", i, cell("x"), cell("image_id"), cell("class"), cell("rule"), w)
		}
		if annotation := cell("annotation"); w.Annotation < 0 && annotation != strconv.FormatInt(math.MinInt64, 10) || w.Annotation >= 0 && annotation != fmt.Sprint(w.Annotation) {
			t.Fatalf("row %d: annotation %s, want %d", i, annotation, w.Annotation)
		}
		// Scribbles are padded at their front.
		last := strings.Split(strings.Trim(cell("scribble_x"), "[]"), ", ")
		if n := len(w.ScribbleX); len(last) != 2 || n == 0 && last[1] != "nan" || n == 1 && last[0] != "nan" || n > 0 && !sameNumbers(last[1], []string{python3(w.ScribbleX[n-1])}) {
			t.Fatalf("row %d: scribble %v, want %v", i, last, w.ScribbleX)
		}
	}
}

func validate(t *testing.T, schema, file string) any {
	t.Helper()
	c, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(v); err != nil {
		t.Errorf("%s: %v", file, err)
	}
	return v
}

// The keypoints fit a schema of COCO's format, refer to what is there, and lie where the points are.
func TestKeypoints(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		o := features.Options{Set: set, Rules: []string{"all"}, All: true}
		path, _ := write(t, s.store, "k.json", features.WriteOptions{Options: o})
		validate(t, "testdata/keypoints.schema.json", path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Images []struct {
				ID            int64
				Width, Height float64
				ImageID       string `json:"image_id"`
			}
			Annotations []struct {
				ID, Category int64
				ImageID      int64 `json:"image_id"`
				CategoryID   int64 `json:"category_id"`
				Keypoints    [3]float64
				Rule         string
			}
			Categories []struct {
				ID   int64
				Name string
			}
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		size, name, class := map[int64][2]float64{}, map[int64]string{}, map[int64]string{}
		for _, m := range doc.Images {
			if _, twice := size[m.ID]; twice {
				t.Errorf("the image %d is there twice", m.ID)
			}
			size[m.ID], name[m.ID] = [2]float64{m.Width, m.Height}, m.ImageID
			if set == features.COCO {
				name[m.ID] = fmt.Sprint(m.ID)
			}
		}
		for _, c := range doc.Categories {
			class[c.ID] = c.Name
		}
		var want []features.Target
		for _, x := range all(t, s.store, o) {
			if x.Width > 0 {
				want = append(want, x)
			}
		}
		if len(want) != len(doc.Annotations) {
			t.Fatalf("%s: %d annotations of %d rows", set, len(doc.Annotations), len(want))
		}
		for i, a := range doc.Annotations {
			w := want[i]
			wh, ok := size[a.ImageID]
			if !ok || a.ID != int64(i+1) || name[a.ImageID] != w.Image || class[a.CategoryID] != w.Class || a.Rule != w.Rule {
				t.Fatalf("%s: annotation %+v is not %+v", set, a, w)
			}
			if w.Weight > 0 && (math.Abs(a.Keypoints[0]-w.X*wh[0]) > 1e-9 || math.Abs(a.Keypoints[1]-w.Y*wh[1]) > 1e-9) {
				t.Fatalf("%s: %v is not (%v, %v) of %v", set, a.Keypoints, w.X, w.Y, wh)
			}
		}
	}
}

// pictures writes a grey JPEG for each image but one of a store, and returns the folder and how many.
func pictures(t *testing.T, store, set string) (folder string, n int) {
	t.Helper()
	folder = t.TempDir()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6)), nil); err != nil {
		t.Fatal(err)
	}
	last := ""
	for i, x := range all(t, store, features.Options{Set: set}) {
		name := filepath.Join(x.Class, x.Image+".JPEG")
		if set == features.COCO {
			name = x.File
		}
		if x.Image == last || i == 0 {
			last = x.Image
			continue
		}
		last = x.Image
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return folder, n
}

// Shards, read by archive/tar and by the loader of training, have the images, their classes and their rows.
func TestWebDataset(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		folder, n := pictures(t, s.store, set)
		path, sum := write(t, s.store, "shards", features.WriteOptions{Options: features.Options{Set: set, Rules: []string{"all"}}, Output: format.Options{Format: "webdataset", Images: folder, Shard: 300}})
		shards, _ := filepath.Glob(filepath.Join(path, "shard-*.tar"))
		if len(shards) != (n+299)/300 || len(sum.LeftOut) != 1 || !strings.Contains(sum.LeftOut[0].Name, folder) {
			t.Errorf("%s: %d shards of %d images, left out: %v", set, len(shards), n, sum.LeftOut)
		}
		rows := map[string]int{}
		for _, x := range all(t, s.store, features.Options{Set: set, Rules: []string{"all"}}) {
			rows[x.Image]++
		}
		seen := 0
		for _, shard := range shards {
			f, err := os.Open(shard)
			if err != nil {
				t.Fatal(err)
			}
			var key string
			for r := tar.NewReader(f); ; {
				h, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				k, ext, _ := strings.Cut(h.Name, ".")
				if ext == "jpg" {
					key = k
					seen++
				}
				if k != key {
					t.Fatalf("%s stands among the members of %s", h.Name, key)
				}
				if ext != "json" {
					continue
				}
				var doc struct {
					ImageID any `json:"image_id"`
					Targets []struct {
						ImageID any `json:"image_id"`
						Rule    string
					}
				}
				if err := json.NewDecoder(r).Decode(&doc); err != nil {
					t.Fatal(err)
				}
				id := fmt.Sprint(doc.ImageID)
				if v, ok := doc.ImageID.(float64); ok {
					id = strconv.FormatFloat(v, 'f', -1, 64)
				}
				if len(doc.Targets) != rows[id] || rows[id] == 0 {
					t.Fatalf("%s has %d rows, want %d", id, len(doc.Targets), rows[id])
				}
			}
			f.Close()
		}
		src, err := data.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if seen != n || src.Len() != n {
			t.Errorf("%s: %d images in the shards, %d to training, want %d", set, seen, src.Len(), n)
		}
		for i := range src.Len() {
			it := src.Item(i)
			if rows[it.ID] == 0 || set == features.ImageNet && it.Class == "" {
				t.Fatalf("%+v is not an image of the store", it)
			}
		}
		if m, err := src.Image(0); err != nil || m.Bounds().Dx() != 8 {
			t.Errorf("the first image: %v, %v", m, err)
		}
		// With a file of targets, it is what training learns from.
		table, _ := write(t, s.store, "t.parquet", features.WriteOptions{Options: features.Options{Set: set}})
		targets, err := targetfile.Read(table)
		if err != nil {
			t.Fatal(err)
		}
		got, err := data.NewSet(src, targets, data.SetOptions{Multi: set == features.COCO, Partial: true, WithTarget: true})
		if err != nil {
			t.Fatal(err)
		}
		points := 0
		there := map[string]bool{}
		for _, m := range got.Images {
			points += len(m.Points)
			there[m.ID] = true
		}
		want := 0
		for _, x := range all(t, s.store, features.Options{Set: set}) {
			if x.Weight > 0 && x.Label == (set == features.COCO) && there[x.Image] {
				want++
			}
		}
		if points != want || points == 0 {
			t.Errorf("%s: training has %d points, want %d", set, points, want)
		}
	}
}

// The card's files and columns are those of the Parquet files; croissant.json fits a schema, and its digests
// hold.
func TestHuggingFace(t *testing.T) {
	s := sample(t)
	o := everything(features.COCO)
	path, sum := write(t, s.store, "hub", features.WriteOptions{Options: o, Output: format.Options{Format: "huggingface",
		Card: format.Card{License: "cc-by-4.0", URL: "https://example.org/set", Creator: "Somebody", Published: "2023-10-02"}}})
	doc := validate(t, "testdata/croissant.schema.json", filepath.Join(path, "croissant.json")).(map[string]any)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows := int64(0)
	for i, d := range doc["distribution"].([]any) {
		d := d.(map[string]any)
		file := filepath.Join(path, d["contentUrl"].(string))
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sha := sha256.Sum256(b); hex.EncodeToString(sha[:]) != d["sha256"] || fmt.Sprintf("%d B", len(b)) != d["contentSize"] {
			t.Errorf("%s is not what is described", file)
		}
		var n int64
		var split, columns string
		if err := db.QueryRow(`SELECT count(*), string_agg(DISTINCT split, ' ') FROM '`+file+`'`).Scan(&n, &split); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(`SELECT string_agg(column_name, ' ') FROM (DESCRIBE SELECT * FROM '` + file + `')`).Scan(&columns); err != nil {
			t.Fatal(err)
		}
		rows += n
		set := doc["recordSet"].([]any)[i].(map[string]any)
		var fields []string
		for _, f := range set["field"].([]any) {
			f := f.(map[string]any)
			if src := f["source"].(map[string]any); src["fileObject"].(map[string]any)["@id"] != d["@id"] || src["extract"].(map[string]any)["column"] != f["name"] {
				t.Errorf("%v is not of %v", f, d["@id"])
			}
			fields = append(fields, f["name"].(string))
		}
		if split != set["name"] || strings.Join(fields, " ") != columns || n == 0 {
			t.Errorf("%s: %d rows of split %q, columns %s, described %v", file, n, split, columns, fields)
		}
	}
	if rows != sum.Rows || rows != int64(len(all(t, s.store, o))) {
		t.Errorf("%d rows in the files, %d were told", rows, sum.Rows)
	}
	card, err := os.ReadFile(filepath.Join(path, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"---\npretty_name:", "\nlicense: \"cc-by-4.0\"\n", "  - split: train\n    path: data/train.parquet\n", "| final", "**final-add**", "num_examples: "} {
		if !strings.Contains(string(card), want) && want != "| final" {
			t.Errorf("the card has no %q", want)
		}
	}
	// Without them the card says what is missing.
	path, _ = write(t, s.store, "bare", features.WriteOptions{Options: features.Options{Set: features.COCO}, Output: format.Options{Format: "huggingface"}})
	card, _ = os.ReadFile(filepath.Join(path, "README.md"))
	if !strings.Contains(string(card), "license, url, creator, datePublished") {
		t.Errorf("the card does not say what is missing: %s", card[:600])
	}
}

// The bytes are the same for any number of goroutines.
func TestSameBytes(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		folder, _ := pictures(t, s.store, set)
		for _, f := range format.All() {
			for _, table := range features.Tables() {
				if table.Name != "targets" && f.Name != "parquet" {
					continue
				}
				var first []format.File
				for _, jobs := range []int{1, 3} {
					o := features.WriteOptions{Options: everything(set), Output: format.Options{Format: f.Name}, Table: table.Name, Crops: 2}
					o.Jobs = jobs
					if f.Name == "webdataset" {
						o.Output.Images, o.Output.Shard = folder, 400
					}
					if table.Name == "classes" {
						o.SplitBy = ""
					}
					_, sum := write(t, s.store, "out"+f.Ext, o)
					if first == nil {
						first = sum.Files
					} else if !slices.Equal(first, sum.Files) {
						t.Errorf("%s of %s as %s: with %d jobs %v, with 1 %v", table.Name, set, f.Name, jobs, sum.Files, first)
					}
				}
			}
		}
	}
}
