package features_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"abtool/features"
	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/query"
	"abtool/train/data"
)

// table writes a table as CSV and reads it with encoding/csv.
func table(t testing.TB, store string, o features.WriteOptions) (rows []map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if _, err := features.Write(context.Background(), store, path, o); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func number(t testing.TB, row map[string]string, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(row[name], 64)
	if err != nil {
		t.Fatalf("%s of %v: %v", name, row, err)
	}
	return v
}

// The table of crops has the crops that the loader of training takes, in each epoch, and the points that it
// gives to the network.
func TestCropTable(t *testing.T) {
	store := imagenetStore(t)
	src := &data.Memory{}
	for i := range 5 {
		src.Add(data.Item{ID: fmt.Sprint("n01440764_", i+1), Class: map[bool]string{true: "n01440764", false: "n01530575"}[i < 4]}, image.NewGray(image.Rect(0, 0, 100, 200)))
	}
	targets := filepath.Join(t.TempDir(), "t.csv")
	if _, err := features.Write(context.Background(), store, targets, features.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	list, err := targetfile.Read(targets)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].Class = ""
	}
	set, err := data.NewSet(src, list, data.SetOptions{WithTarget: true})
	if err != nil {
		t.Fatal(err)
	}
	crop := features.CropOptions{MinScale: 0.1, FlipShare: 0.3}
	l, err := data.NewLoader(set, data.LoaderOptions{Size: 32, Batch: 4, Train: true, Seed: 11, Crops: crop, PointOutput: 2})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]map[string]string{}
	for _, row := range table(t, store, features.WriteOptions{Options: features.Options{Seed: 11}, Table: "crops", Crops: 3, Crop: crop}) {
		rows[row["image_id"]+" "+row["crop"]] = row
	}
	if len(rows) != 4*3 {
		t.Fatalf("%d rows", len(rows))
	}
	for epoch := range 3 {
		for b := range l.Epoch(context.Background(), epoch, 0) {
			for i, id := range b.IDs {
				row := rows[fmt.Sprint(id, " ", epoch)]
				c := b.Crops[i]
				got := fmt.Sprint(row["crop_x"], row["crop_y"], row["crop_width"], row["crop_height"], row["flip"])
				if want := fmt.Sprint(c.X, c.Y, c.W, c.H, map[bool]int{true: 1}[c.Flip]); got != strings.ReplaceAll(want, " ", "") {
					t.Errorf("%s in epoch %d: training takes %+v, the table has %v", id, epoch, c, row)
				}
				if valid := b.Target.Valid[i]; valid != (row["crop_weight"] == "1") || valid && (b.Target.Points[2*i] != float32(number(t, row, "u")) || b.Target.Points[2*i+1] != float32(number(t, row, "v"))) {
					t.Errorf("%s in epoch %d: training is told %v %v, the table has %v", id, epoch, valid, b.Target.Points[2*i:2*i+2], row)
				}
			}
		}
	}
}

// Labels of crops: the published rule takes those of classes whose point is left out, and no other.
func TestCropLabels(t *testing.T) {
	s := sample(t)
	taken, kept := 0, 0
	for _, row := range table(t, s.store, features.WriteOptions{Options: features.Options{Set: features.COCO, All: true}, Table: "crops", Crops: 3}) {
		want := row["label"]
		if row["x"] != "" && row["crop_weight"] == "0" {
			want = "0"
		}
		if row["label_published"] != want {
			t.Fatalf("%v", row)
		}
		if want != row["label"] {
			taken++
		} else if row["x"] == "" && want == "1" {
			kept++
		}
	}
	if taken == 0 || kept == 0 {
		t.Errorf("%d labels are taken, %d of classes that nobody placed are kept", taken, kept)
	}
}

func db(t *testing.T, store string) *sql.DB {
	t.Helper()
	d, err := query.Open(context.Background(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d.DB
}

// Pairs share what they say, and no more: looked up in the store by SQL. As many as there are, or as asked
// for.
func TestPairs(t *testing.T) {
	s := sample(t)
	const partners = 2
	for _, set := range []string{features.ImageNet, features.COCO} {
		d := db(t, s.store)
		hit := map[string]string{features.ImageNet: "assignment_id", features.COCO: "hit_id"}[set]
		type place struct {
			image, worker, hit string
			page               int64
		}
		at := map[string]place{}
		rows, err := d.Query("SELECT seq::VARCHAR, image_id::VARCHAR, coalesce(worker_id, ''), coalesce(" + hit + ", ''), coalesce(page_idx, -1) FROM " + set + "_annotations")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var seq string
			var p place
			if err := rows.Scan(&seq, &p.image, &p.worker, &p.hit, &p.page); err != nil {
				t.Fatal(err)
			}
			at[seq] = p
		}
		o := features.Options{Set: set, SplitBy: "image", Seed: 3}
		split := map[string]string{}
		groups := map[string]int{} // members with the same split and worker; with HIT; with page
		final := map[string]place{}
		for _, x := range all(t, s.store, o) {
			if _, again := final[x.Image]; again {
				continue
			}
			p := at[fmt.Sprint(x.Annotation)]
			final[x.Image], split[x.Image] = p, x.Split
			groups[x.Split+"|"+p.worker]++
			groups[x.Split+"|"+p.worker+"|"+p.hit]++
			groups[fmt.Sprint(x.Split, "|", p.worker, "|", p.hit, "|", p.page)]++
		}
		count := map[string]int{}
		seen := map[string]bool{}
		for _, row := range table(t, s.store, features.WriteOptions{Options: o, Table: "pairs", Partners: partners}) {
			a, b := at[row["annotation"]], at[row["partner_annotation"]]
			if a.image != row["image_id"] || b.image != row["partner_id"] || a.image == b.image || final[a.image] != a || final[b.image] != b || split[a.image] != split[b.image] || row["split"] != split[a.image] {
				t.Fatalf("%v: %v and %v", row, a, b)
			}
			page, hit, worker := a.hit != "" && a.page >= 0 && a.hit == b.hit && a.page == b.page, a.hit != "" && a.hit == b.hit, a.worker != "" && a.worker == b.worker
			ok := map[string]bool{"page": page, "hit": hit && !page, "worker": worker && !hit}[row["relation"]]
			key := row["image_id"] + " " + row["relation"] + " " + row["partner_id"]
			if !ok || seen[key] {
				t.Fatalf("%v: %v and %v", row, a, b)
			}
			seen[key] = true
			count[row["image_id"]+" "+row["relation"]]++
		}
		for image, p := range final {
			w, h, g := groups[split[image]+"|"+p.worker], groups[split[image]+"|"+p.worker+"|"+p.hit], groups[fmt.Sprint(split[image], "|", p.worker, "|", p.hit, "|", p.page)]
			if p.hit == "" || p.page < 0 || p.worker == "" {
				continue
			}
			for relation, others := range map[string]int{"page": g - 1, "hit": h - g, "worker": w - h} {
				if got := count[image+" "+relation]; got != min(others, partners) {
					t.Fatalf("%s %s: %d %ss of %d", set, image, got, relation, others)
				}
			}
		}
	}
}

// Statistics of classes, against SQL.
func TestClasses(t *testing.T) {
	s := sample(t)
	d := db(t, s.store)
	rows := table(t, s.store, features.WriteOptions{Options: features.Options{Set: features.ImageNet}, Table: "classes"})
	for i, row := range rows {
		var images, found, points, judged, hits int64
		var x, sd float64
		err := d.QueryRow(`SELECT count(*) FILTER (shown IS NOT NULL), count(*) FILTER (image_id IN (SELECT image_id FROM imagenet_annotations WHERE selected)) FROM imagenet_images WHERE class = ?`, row["class"]).Scan(&images, &found)
		if err != nil {
			t.Fatal(err)
		}
		err = d.QueryRow(`SELECT count(*), avg(x), stddev_pop(x) FROM imagenet_final_clicks JOIN imagenet_images USING (image_id) WHERE imagenet_images.class = ?`, row["class"]).Scan(&points, &x, &sd)
		if err != nil {
			t.Fatal(err)
		}
		err = d.QueryRow(`SELECT count(*), count(*) FILTER (hit) FROM imagenet_localization l JOIN imagenet_images i USING (image_id) WHERE i.class = ?`, row["class"]).Scan(&judged, &hits)
		if err != nil {
			t.Fatal(err)
		}
		got := []float64{number(t, row, "class_index"), number(t, row, "images"), number(t, row, "found"), number(t, row, "points"), number(t, row, "judged"), number(t, row, "x_mean"), number(t, row, "x_sd"), number(t, row, "accuracy")}
		want := []float64{float64(i), float64(images), float64(found), float64(points), float64(judged), x, sd, float64(hits) / float64(judged)}
		if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%s: %v, want %v", row["class"], got, want)
		}
	}
	if len(rows) == 0 {
		t.Error("no classes")
	}
	coco := table(t, s.store, features.WriteOptions{Options: features.Options{Set: features.COCO}, Table: "classes"})
	if len(coco) != 80 {
		t.Errorf("%d classes of COCO", len(coco))
	}
	points := 0.0
	for _, row := range coco {
		points += number(t, row, "points")
	}
	if want := len(all(t, s.store, features.Options{Set: features.COCO})); int(points) != want {
		t.Errorf("%v points of all classes, want %d", points, want)
	}
}

// Options that cannot be are wrong use, and leave nothing behind.
func TestWrongUse(t *testing.T) {
	s := sample(t)
	for _, c := range []struct {
		o    features.WriteOptions
		name string
		say  string
	}{
		{features.WriteOptions{}, "t.parquet", "say which with --set"},
		{features.WriteOptions{Options: features.Options{Set: "mnist"}}, "t.parquet", "no such data set"},
		{features.WriteOptions{Options: features.Options{Rules: []string{"middle"}, Set: "coco"}}, "t.parquet", "no such rule"},
		{features.WriteOptions{Options: features.Options{Rules: []string{"final-click"}, Set: "coco"}}, "t.parquet", "is for imagenet, not for coco"},
		{features.WriteOptions{Options: features.Options{Signals: []string{"smell"}, Set: "coco"}}, "t.parquet", "no such signal"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}}, "t.txt", "does not show the format"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Output: format.Options{Format: "hdf5"}}, "t", "no such format"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Output: format.Options{Format: "webdataset"}}, "t", "--images"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Output: format.Options{Images: "x"}}, "t.csv", "--images is only for"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Table: "crops"}, "t.csv", "crops 0"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Table: "crops", Crops: 1, Crop: features.CropOptions{MinScale: 3}}, "t.csv", "crops of 3"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Table: "pairs"}, "t.json", "is for targets"},
		{features.WriteOptions{Options: features.Options{Set: "coco"}, Table: "things"}, "t.csv", "no such table"},
		{features.WriteOptions{Options: features.Options{Set: "coco", SplitBy: "moon"}}, "t.csv", "split by"},
		{features.WriteOptions{Options: features.Options{Set: "coco", SplitBy: "image", Shares: []features.Share{{Name: "a", Part: 0.5}}}}, "t.csv", "add up to 0.5"},
		{features.WriteOptions{Options: features.Options{Set: "coco", Shares: features.DefaultShares}}, "t.csv", "no key to split by"},
		{features.WriteOptions{Options: features.Options{Set: "coco", Stratify: true, Fraction: 0.5}}, "t.csv", "--stratify works by class"},
		{features.WriteOptions{Options: features.Options{Set: "imagenet", Stratify: true, SplitBy: "worker"}}, "t.csv", "cannot be stratified"},
		{features.WriteOptions{Options: features.Options{Set: "coco", Fraction: 1.5}}, "t.csv", "the fraction 1.5"},
		{features.WriteOptions{Options: features.Options{Set: "coco", Sigma: -1}}, "t.csv", "sigma"},
		{features.WriteOptions{Options: features.Options{Set: "coco", Path: 1}}, "t.csv", "path 1"},
		{features.WriteOptions{Options: features.Options{Set: "coco", SplitBy: "image", Shares: []features.Share{{Name: "a-b", Part: 1}}}, Output: format.Options{Format: "huggingface"}}, "t", "allows no -"},
	} {
		dir := t.TempDir()
		_, err := features.Write(context.Background(), s.store, filepath.Join(dir, c.name), c.o)
		if !usage.Is(err) || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.say)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%+v leaves %v behind", c.o, left)
		}
	}
}

// What is there is replaced with Force alone, and a folder of others never; a failure leaves it as it was.
func TestReplace(t *testing.T) {
	store := imagenetStore(t)
	dir := t.TempDir()
	file, folder, others := filepath.Join(dir, "t.csv"), filepath.Join(dir, "arrays"), filepath.Join(dir, "others")
	if err := os.Mkdir(others, 0o777); err != nil {
		t.Fatal(err)
	}
	again := func(path string, o features.WriteOptions) error {
		_, err := features.Write(context.Background(), store, path, o)
		return err
	}
	for _, path := range []string{file, folder} {
		o := features.WriteOptions{}
		if path == folder {
			o.Output.Format = "npy"
		}
		if err := again(path, o); err != nil {
			t.Fatal(err)
		}
		if err := again(path, o); !errors.Is(err, format.ErrExists) || !strings.Contains(err.Error(), "--force") {
			t.Errorf("again: %v", err)
		}
		if o.Output.Force = true; again(path, o) != nil {
			t.Errorf("%s is not replaced", path)
		}
	}
	if err := again(others, features.WriteOptions{Output: format.Options{Format: "npy", Force: true}}); !errors.Is(err, format.ErrExists) {
		t.Errorf("a folder of others is replaced: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := features.Write(ctx, store, file, features.WriteOptions{Output: format.Options{Force: true}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	names, _ := os.ReadDir(dir)
	if len(names) != 3 {
		t.Errorf("%v is left behind", names)
	}
}
