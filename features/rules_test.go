package features_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"abtool/features"
	"abtool/internal/usage"
)

// showing is one <metadata>: its clicks as "x y" with ";" between them.
type showing struct {
	worker   string
	submit   int64 // s; 0: missing
	selected bool
	clicks   string
	more     string // other elements
}

// annotation is a file of the release: boxes in px on an image of 100 × 200.
func annotation(id string, boxes [][4]int, showings ...showing) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<annotation><filename>%s</filename><size><width>100</width><height>200</height></size>", id)
	for _, x := range boxes {
		fmt.Fprintf(&b, "<object><bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox></object>", x[0], x[1], x[2], x[3])
	}
	for _, s := range showings {
		fmt.Fprintf(&b, "<metadata><imageID>%s/%s</imageID><worker_id>%s</worker_id><assignment_id>HIT %s</assignment_id><page_idx>0</page_idx>", id[:9], id, s.worker, s.worker)
		if s.submit > 0 {
			fmt.Fprintf(&b, "<hit_submit_time>%d</hit_submit_time>", s.submit)
		}
		fmt.Fprintf(&b, "<selected>%s</selected>", map[bool]string{true: "True", false: "False"}[s.selected])
		for i, c := range strings.Split(s.clicks, ";") {
			if f := strings.Fields(c); len(f) == 2 {
				fmt.Fprintf(&b, "<selectedRecord><time>%d</time><x>%s</x><y>%s</y></selectedRecord>", 1641431010000+100*i, f[0], f[1])
			}
		}
		b.WriteString(s.more + "</metadata>")
	}
	return b.String() + "</annotation>"
}

// imagenetStore has five images of a class, by their number.
func imagenetStore(t testing.TB) string {
	files := map[string]string{}
	for id, text := range map[string]string{
		"1": annotation("n01440764_1", [][4]int{{10, 20, 60, 180}, {70, 10, 90, 30}},
			showing{"A", 1641432000, true, "0.1 0.2; 0.3 0.4", ""}, showing{"B", 1641431500, true, "0.5 0.6", ""}),
		"2": annotation("n01440764_2", nil, showing{"A", 1641432000, true, "", ""}, showing{"B", 1641431000, true, "NaN 0.3; 0.25 0.75", ""}),
		"3": annotation("n01440764_3", [][4]int{{0, 0, 100, 100}}, showing{"A", 1641432000, false, "0.5 0.5", ""}),
		"4": annotation("n01440764_4", nil, showing{"A", 0, true, "0.9 0.9", ""}, showing{"B", 1641432000, true, "0.1 0.1", ""}, showing{"C", 1641432000, true, "1.25 0.5", ""}),
		"5": annotation("n01440764_5", nil, showing{"A", 1641432000, true, "0.5 0.5; 0.75 nothing", ""}),
	} {
		files["train_xml/n01440764/n01440764_"+id+".xml"] = text
	}
	return madeStore(t, files, "")
}

func TestImageNetRules(t *testing.T) {
	store := imagenetStore(t)
	nan := math.NaN()
	got := map[string]features.Target{}
	for _, x := range all(t, store, features.Options{Rules: []string{"all"}, Seed: 9}) {
		got[x.Rule+" "+x.Image[10:]] = x
	}
	rx, ry := features.Uniform(9, "n01440764_1", "")
	for _, c := range []struct {
		rule, image string
		x, y        float64 // NaN: no row
		weight      float64
		worker      string
		points      int32
	}{
		{"final-click", "1", 0.3, 0.4, 1, "A", 1}, {"final-click-document", "1", 0.5, 0.6, 1, "B", 1}, {"first-click", "1", 0.1, 0.2, 1, "A", 1},
		{"loader-mean", "1", (0.1 + 0.5) / 2, (0.2 + 0.6) / 2, 1, "B", 2}, {"loader-mean-valid", "1", (0.1 + 0.5) / 2, (0.2 + 0.6) / 2, 1, "B", 2},
		{"random", "1", rx, ry, 1, "", 0}, {"box-centre", "1", 0.35, 0.5, 1, "", 0},
		{"final-click", "2", 0.25, 0.75, 1, "B", 1}, {"loader-mean", "2", nan, nan, 0, "", 0}, {"loader-mean-valid", "2", 0.25, 0.75, 1, "B", 1}, {"box-centre", "2", nan, nan, 0, "", 0},
		{"final-click", "3", nan, nan, 0, "", 0}, {"random", "3", nan, nan, 0, "", 0}, {"box-centre", "3", 0.5, 0.25, 1, "", 0},
		{"final-click", "4", 1.25, 0.5, 0, "C", 1}, {"final-click-document", "4", 1.25, 0.5, 0, "C", 1}, {"loader-mean", "4", (0.9 + 0.1 + 1.25) / 3, 0.5, 1, "C", 3},
		{"final-click", "5", 0.5, 0.5, 1, "A", 1}, {"loader-mean", "5", 0.5, 0.5, 1, "A", 1},
	} {
		x, ok := got[c.rule+" "+c.image]
		if ok == math.IsNaN(c.x) {
			t.Errorf("%s of %s: a row is there: %v", c.rule, c.image, ok)
			continue
		}
		if ok && (math.Abs(x.X-c.x) > 1e-15 || math.Abs(x.Y-c.y) > 1e-15 || x.Weight != c.weight || x.Worker != c.worker || x.Points != c.points || x.Width != 100 || x.Height != 200 || x.Class != "n01440764") {
			t.Errorf("%s of %s: %+v, want (%v, %v) weight %v worker %q points %d", c.rule, c.image, x, c.x, c.y, c.weight, c.worker, c.points)
		}
	}
	// With All, each image that was shown has a row of each rule; without a point, of no weight.
	rows := all(t, store, features.Options{Rules: []string{"final-click", "loader-mean"}, All: true})
	if len(rows) != 10 {
		t.Errorf("%d rows with All, want 10: one for each of 5 images and 2 rules", len(rows))
	}
	for _, x := range rows {
		if x.Image == "n01440764_3" && (x.X == x.X || x.Weight != 0 || x.Points != 0) {
			t.Errorf("an image that was not selected has a point: %+v", x)
		}
	}
}

// The annotation that a point comes from is its row in the store.
func TestAnnotation(t *testing.T) {
	store := imagenetStore(t)
	rows := all(t, store, features.Options{})
	for _, x := range rows {
		want := map[string]int64{"1": 0, "2": 3, "4": 7, "5": 8}[x.Image[10:]]
		if x.Annotation != want {
			t.Errorf("%s comes from row %d, want %d", x.Image, x.Annotation, want)
		}
	}
	if len(rows) != 4 {
		t.Errorf("%d targets, want 4: one for each image with a final click", len(rows))
	}
}

const instances = `{"images":[{"id":7,"width":10,"height":20,"file_name":"COCO_train2014_000000000007.jpg"},{"id":8,"width":10,"height":10,"file_name":"eight.jpg"}],
"categories":[{"id":1,"name":"person"},{"id":17,"name":"cat"},{"id":61,"name":"cake"}],
"annotations":[
{"id":1,"image_id":7,"category_id":61,"bbox":[2,4,4,8],"area":32,"iscrowd":0,"segmentation":[[2,4,6,4,6,12,2,12]]},
{"id":2,"image_id":7,"category_id":61,"bbox":[8,0,2,2],"area":4,"iscrowd":0,"segmentation":[[8,0,10,0,10,2,8,2]]},
{"id":3,"image_id":7,"category_id":17,"bbox":[0,0,10,20],"area":150,"iscrowd":1,"segmentation":{"size":[20,10],"counts":[40,60,100]}},
{"id":4,"image_id":8,"category_id":17,"bbox":[0,0,4,4],"area":6,"iscrowd":0,"segmentation":[[0,0,4,0,0,4]]},
{"id":5,"image_id":8,"category_id":17,"bbox":[0,0,10,10],"area":100,"iscrowd":1,"segmentation":{"size":[10,10],"counts":[0,100]}}]}`

func cocoStore(t testing.TB, truth string) string {
	action := func(kind, icon string, x, y any, at int) string {
		to := fmt.Sprintf(`{"x":%v,"y":%v}`, x, y)
		if x == nil {
			to = "null"
		}
		return fmt.Sprintf(`{"actionType":%q,"iconType":%q,"pointFrom":null,"pointTo":%s,"timeAt":%d}`, kind, icon, to, at)
	}
	page := func(image, w, h int, worker string, actions ...string) string {
		return fmt.Sprintf(`{"image_id":%d,"originalImageHeight":%d,"originalImageWidth":%d,"imageHeight":450,"imageWidth":450,"timeSpent":9,"actionHistories":[%s],"categoryHistories":[],"mouseTracking":[],"worker_id":%q,"hit_id":"h","page_id":1}`,
			image, h, w, strings.Join(actions, ","), worker)
	}
	return madeStore(t, map[string]string{"coco_ab.json": "[" + strings.Join([]string{
		page(7, 10, 20, "A", action("add", "cake", 0.39, 0.48, 100), action("move", "cake", 0.5, 0.25, 200), action("add", "person", 0.5, 0.5, 300),
			action("add", "person", 0.55, -0.06, 500), action("remove", "person", nil, nil, 600), action("add", "unicorn", 0.5, 0.5, 700), action("add", "cat", "null", 0.5, 800)),
		page(8, 0, 0, "B", action("add", "cat", 0.75, 0.99, 50)),
		page(9, 30, 30, "A", action("add", "cat", 0.1, 0.1, 50), action("remove", "cat", nil, nil, 60), action("add", "cat", 0.9, 0.999999, 70)),
	}, ",") + "]"}, truth)
}

func TestCOCORules(t *testing.T) {
	store := cocoStore(t, instances)
	got := map[string]features.Target{}
	for _, x := range all(t, store, features.Options{Rules: []string{"all"}, All: true}) {
		got[x.Rule+" "+x.Image+" "+x.Class] = x
	}
	nan := math.NaN()
	null := int64(math.MinInt64)
	for _, c := range []struct {
		row    string
		x, y   float64
		px, py int64
		weight float64
		label  bool
		index  int
	}{
		{"final-add 7 cake", 0.39, 0.48, 3, 9, 1, true, 61}, {"final-position 7 cake", 0.5, 0.25, 5, 5, 1, true, 61},
		{"final-add 7 person", 0.55, -0.06, 5, -1, 0, false, 1}, {"final-position 7 person", nan, nan, null, null, 0, false, 1},
		{"final-add 7 cat", nan, nan, null, null, 0, true, 17}, // it is on the image; its add has no place
		{"box-centre 7 cake", 0.4, 0.4, 4, 8, 1, true, 61}, {"mask-centroid 7 cake", 0.4, 0.4, 4, 8, 1, true, 61},
		// The crowd's runs: columns 2, 3, 4 of ten.
		{"box-centre 7 cat", 0.5, 0.5, 5, 10, 1, true, 17}, {"mask-centroid 7 cat", 0.35, 0.5, 3, 10, 1, true, 17},
		{"final-add 8 cat", 0.75, 0.99, 0, 0, 1, true, 17},
		// No crowd, where there is another; the pixels of the triangle are 3 + 2 + 1, on its edge none.
		{"box-centre 8 cat", 0.2, 0.2, 0, 0, 1, true, 17}, {"mask-centroid 8 cat", 7. / 60, 7. / 60, 0, 0, 1, true, 17},
		{"final-add 9 cat", 0.9, 0.999999, 27, 29, 1, true, 17}, {"final-position 9 cat", 0.9, 0.999999, 27, 29, 1, true, 17},
	} {
		x, ok := got[c.row]
		if !ok {
			t.Errorf("%s is missing", c.row)
			continue
		}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-15 || math.IsNaN(a) && math.IsNaN(b) }
		if !same(x.X, c.x) || !same(x.Y, c.y) || x.PixelX != c.px || x.PixelY != c.py || x.Weight != c.weight || x.Label != c.label || x.ClassIndex != c.index {
			t.Errorf("%s: %+v, want %+v", c.row, x, c)
		}
	}
	for row, x := range got {
		if strings.Contains(row, "unicorn") || x.Image == "8" && x.File != "eight.jpg" || x.Image == "9" && x.File != "COCO_train2014_000000000009.jpg" {
			t.Errorf("%s: %+v", row, x)
		}
	}
	for _, x := range all(t, store, features.Options{GTSize: true}) {
		if x.Image == "8" && (x.PixelX != 7 || x.PixelY != 9) {
			t.Errorf("with the size of the ground truth, %d, %d", x.PixelX, x.PixelY)
		}
	}
}

// Without ground truth, names are COCO's, ids those of the loader, labels what was placed.
func TestWithoutTruth(t *testing.T) {
	store := cocoStore(t, "")
	rows := all(t, store, features.Options{Rules: []string{"all"}})
	var got []string
	for _, x := range rows {
		got = append(got, fmt.Sprint(x.Rule, " ", x.Image, " ", x.ClassIndex, " ", x.Label))
	}
	want := []string{"final-add 7 1 true", "random 7 1 true", "final-add 7 61 true", "final-position 7 61 true", "random 7 61 true", "final-add 8 17 true", "final-position 8 17 true",
		"random 8 17 true", "final-add 9 17 true", "final-position 9 17 true", "random 9 17 true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, rule := range []string{"box-centre", "mask-centroid", "calibrated"} {
		err := features.Each(context.Background(), store, features.Options{Rules: []string{rule}}, func(*features.Target) error { return nil })
		if !usage.Is(err) || !strings.Contains(err.Error(), "ingest with --instances") {
			t.Errorf("%s without ground truth: %v", rule, err)
		}
	}
}

// A bias that all annotators have is taken away: it is fitted on others, in parts of the box.
func TestCalibrated(t *testing.T) {
	files := map[string]string{}
	for i := range 60 {
		id := fmt.Sprintf("n01440764_%d", i)
		// Every click is a quarter of the box to the right of its middle, and an eighth above it.
		files["train_xml/n01440764/"+id+".xml"] = annotation(id, [][4]int{{20, 40, 60, 120}}, showing{fmt.Sprint("W", i%12), 1641432000, true, "0.5 0.35", ""})
	}
	rows := all(t, madeStore(t, files, ""), features.Options{Rules: []string{"calibrated"}})
	if len(rows) != 60 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, x := range rows {
		if math.Abs(x.X-0.4) > 1e-12 || math.Abs(x.Y-0.4) > 1e-12 {
			t.Errorf("%s: (%v, %v), the box's centre is (0.4, 0.4)", x.Image, x.X, x.Y)
		}
	}
	// One annotator's clicks alone cannot be calibrated by others.
	one := map[string]string{}
	for i := range 5 {
		id := fmt.Sprintf("n01440764_%d", i)
		one["train_xml/n01440764/"+id+".xml"] = annotation(id, [][4]int{{20, 40, 60, 120}}, showing{"W", 1641432000, true, "0.5 0.35", ""})
	}
	if rows := all(t, madeStore(t, one, ""), features.Options{Rules: []string{"calibrated"}}); len(rows) != 0 {
		t.Errorf("the clicks of a single annotator are calibrated by themselves: %+v", rows[0])
	}
}
