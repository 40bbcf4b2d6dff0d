package analysis_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/ingest"
)

// Stores of a few records that are written out, so that every number can be counted by hand.

// ingested ingests files, by name, into a store.
func ingested(t testing.TB, o ingest.Options, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, list := range []*[]string{&o.Sources, &o.Boxes, &o.Instances} {
		for i, name := range *list {
			(*list)[i] = filepath.Join(dir, name)
		}
	}
	o.Out = filepath.Join(dir, "store")
	if _, err := ingest.Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return o.Out
}

// cocoStore is a store of records, and of a ground truth of images and annotations; the classes
// are cat (1), dog (2), hot dog (5) and kite (90).
func cocoStore(t testing.TB, records, images, annotations []string) string {
	t.Helper()
	list := func(v []string) string { return "[" + strings.Join(v, ",\n") + "]" }
	const source, instances = "coco_ab.json", "instances_train2014.json"
	const categories = `[{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, ` +
		`{"id": 5, "name": "hot dog"}, {"id": 90, "name": "kite"}]`
	truth := fmt.Sprintf(`{"images": %s, "categories": %s, "annotations": %s}`, list(images),
		categories, list(annotations))
	return ingested(t, ingest.Options{Sources: []string{source}, Instances: []string{instances}},
		map[string]string{source: list(records), instances: truth})
}

// imagenetStore is a store of XML files, which are n01440764_0 and so on; in another order if one
// is given.
func imagenetStore(t testing.TB, files []string, order ...int) string {
	t.Helper()
	if order == nil {
		for i := range files {
			order = append(order, i)
		}
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range order {
		name := fmt.Sprintf("train_xml/n01440764/n01440764_%d.xml", i)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[i]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const source = "imagenet_ab.tar"
	return ingested(t, ingest.Options{Sources: []string{source}}, map[string]string{source: b.String()})
}

// A counted is a number that is counted by hand, at a path as at takes it.
type counted struct {
	path string
	want float64
}

// expect compares the statistics of a store with numbers that are counted by hand; rule says
// what makes them so.
func expect(t *testing.T, rule, store, set string, list ...counted) {
	t.Helper()
	d := run(t, store, result.Options{Bootstrap: -1})
	for _, k := range list {
		if have := at(t, d, set, k.path); !near(have, k.want) {
			t.Errorf("%s: %s.%s is %v, want %v", rule, set, k.path, have, k.want)
		}
	}
}

// C2: an action of unknown type is counted only as that, whatever its icon. Names match exactly. Actions of an
// unknown type or icon change no other value.
func TestUnknownActions(t *testing.T) {
	actions := strings.Join([]string{
		iconAction("Add", "unicorn", 0.5, 0.5, 100), // neither type nor icon: unknown_type once
		iconAction("add", "Cat", 0.5, 0.5, 200),     // not the name of a class
		iconAction("move", "Cat", 0.5, 0.5, 300),
		iconAction("add", "cat", 0.5, 0.5, 500),
		iconAction("remove", "cat ", 0.5, 0.5, 600), // nor is a name with a space
	}, ",")
	page := `{"image_id": 1, "worker_id": "A", "timeSpent": 9000, "actionHistories": [` + actions + `]}`
	store := cocoStore(t, []string{page}, []string{`{"id": 1, "width": 10, "height": 10}`},
		[]string{rectangle(1, 1, 1, 0, 0, 10, 10)})
	expect(t, "actions of unknown type or icon are counted once and left out", store, "coco",
		counted{"counts.actions", 5}, counted{"counts.unknown_type", 1}, counted{"counts.unknown_icon", 3},
		counted{"counts.icons", 1},
		counted{"icon_precision.on_mask#n", 1}, counted{"icon_precision.on_mask", 1},
		counted{"class_recall.recall", 1},
		counted{"sequences.icons", 1}, counted{"sequences.by_sequence[add].n", 1},
		counted{"workers.by_worker[A].moves", 0}, counted{"workers.by_worker[A].removes", 0},
		counted{"workers.by_worker[A].first_add", 500},
	)
}

// C13: the share of the keyboard is over all steps, including steps that do not record the key.
func TestKeyboardShare(t *testing.T) {
	steps := func(keys ...string) string {
		var list []string
		for i, k := range keys {
			list = append(list, fmt.Sprintf(`{"categoryIndex": %d, "usingKeyboard": %s, "timeAt": %d}`, 1+i%2, k, 10*i))
		}
		return strings.Join(list, ",")
	}
	pages := []string{
		`{"image_id": 1, "worker_id": "A", "categoryHistories": [` + steps("true", "true", "false", "null") + `]}`,
		`{"image_id": 2, "worker_id": "A", "categoryHistories": [` + steps(`"yes"`) + `]}`,
	}
	store := cocoStore(t, pages, []string{`{"id": 1, "width": 10, "height": 10}`}, nil)
	expect(t, "two of five steps are by the keyboard, two are unknown", store, "coco",
		counted{"browsing.events", 5}, counted{"browsing.keyboard_share", 2. / 5},
		counted{"browsing.keyboard_share#n", 5},
		counted{"browsing.keyboard_share.known", 2. / 3}, counted{"browsing.keyboard_share.known#n", 3},
		counted{"browsing.keyboard_unknown", 2}, counted{"browsing.keyboard_unknown#n", 5},
		counted{"browsing.records_with_keyboard", 1. / 2},
		counted{"browsing.by_superclass[1].keyboard_share", 1. / 3},
		counted{"browsing.by_superclass[2].keyboard_unknown", 1},
		counted{"workers.by_worker[A].keyboard_share", 2. / 5},
	)
}

const (
	imagenetRecord = `{"imageID": "n01440764/n01440764_1", "selected": true,
"selectedRecord": [{"time": 1641431028640, "x": 0.75, "y": 0.5}]}`
	cocoRecord = `{"image_id": 7, "actionHistories": [
{"actionType": "add", "iconType": "cat", "pointTo": {"x": 0.5, "y": 0.5}, "timeAt": 3}]}`
)

// recordsAndBoxes is a store of one ImageNet record and of boxes of images that are named.
func recordsAndBoxes(t *testing.T, boxed ...string) string {
	files := map[string]string{"records.jsonl": strings.ReplaceAll(imagenetRecord, "\n", " ") + "\n"}
	for _, name := range boxed {
		files["boxes/n01440764/"+name+".xml"] = imageXML([][4]int{{10, 0, 20, 10}})
	}
	o := ingest.Options{Sources: []string{"records.jsonl"}}
	if len(boxed) > 0 {
		o.Boxes = []string{"boxes"}
	}
	return ingested(t, o, files)
}

// recordsAndImages is a store of one COCO record and of a ground truth with images that are
// numbered, with an object each.
func recordsAndImages(t *testing.T, ids ...int) string {
	var images, objects []string
	for _, id := range ids {
		images = append(images, fmt.Sprintf(`{"id": %d, "width": 10, "height": 10}`, id))
		objects = append(objects, rectangle(id, id, 1, 0, 0, 9, 9))
	}
	return cocoStore(t, []string{cocoRecord}, images, objects)
}

// If records and ground truth share no image, a warning names an example of each, for every statistic. There is
// no warning if they share one image, or if the store lacks records or ground truth.
func TestNoSharedImage(t *testing.T) {
	for _, c := range []struct {
		what, store string
		statistic   string
		want        []string // of the warning; nil: no warning
	}{
		{"boxes of other images", recordsAndBoxes(t, "n01440764_9", "n01440764_8"), "box_frame",
			[]string{"share no image", "n01440764_1,", "n01440764_8", "--boxes"}},
		{"a shared box", recordsAndBoxes(t, "n01440764_9", "n01440764_1"), "counts", nil},
		{"no boxes", recordsAndBoxes(t), "counts", nil},
		{"objects of other images", recordsAndImages(t, 12, 5), "sequences",
			[]string{"share no image", "of 7,", "on 5", "--instances"}},
		{"a shared image", recordsAndImages(t, 12, 7), "counts", nil},
		{"no images", recordsAndImages(t), "counts", nil},
	} {
		o := result.Options{Bootstrap: -1, Names: []string{c.statistic}}
		have := strings.Join(run(t, c.store, o).DataSets[0].Warnings, "\n")
		if c.want == nil && have != "" {
			t.Errorf("%s: a warning that no image is shared: %s", c.what, have)
		}
		for _, w := range c.want {
			if !strings.Contains(have, w) {
				t.Errorf("%s: the warning %q lacks %q", c.what, have, w)
			}
		}
		both, err := analysis.Compare(context.Background(), c.store, c.store, o)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(both.DataSets[0].Warnings); n != 2*min(1, len(c.want)) {
			t.Errorf("%s: a comparison with itself has %d warnings", c.what, n)
		}
	}
}

// A shownXML is a showing of an image, as the release has it in XML; lists are of x, y and ms.
type shownXML struct {
	assignment, submit string
	selected           bool
	clicks, mouse      [][3]float64
	enters             []int
}

// imageXML is the file of an image of 20 × 10 px with boxes, in px, and showings.
func imageXML(boxes [][4]int, showings ...shownXML) string {
	const midnight = 1641427200000
	var b strings.Builder
	b.WriteString("<annotation><size><width>20</width><height>10</height></size>")
	for _, x := range boxes {
		fmt.Fprintf(&b, "<object><bndbox><xmin>%d</xmin><ymin>%d</ymin>", x[0], x[1])
		fmt.Fprintf(&b, "<xmax>%d</xmax><ymax>%d</ymax></bndbox></object>", x[2], x[3])
	}
	for _, s := range showings {
		fmt.Fprintf(&b, "<metadata><assignment_id>%s</assignment_id>", s.assignment)
		fmt.Fprintf(&b, "<hit_submit_time>%s</hit_submit_time>", s.submit)
		fmt.Fprintf(&b, "<selected>%s</selected>", map[bool]string{true: "True", false: "False"}[s.selected])
		for _, list := range []struct {
			name   string
			points [][3]float64
		}{{"selectedRecord", s.clicks}, {"mouseTracking", s.mouse}} {
			for _, p := range list.points {
				fmt.Fprintf(&b, "<%s><x>%v</x><y>%v</y><time>%d</time></%[1]s>", list.name, p[0], p[1],
					midnight+int(p[2]))
			}
		}
		for _, at := range s.enters {
			fmt.Fprintf(&b, "<hoveredRecord><action>enter</action><time>%d</time></hoveredRecord>", midnight+at)
		}
		b.WriteString("</metadata>")
	}
	b.WriteString("</annotation>")
	return b.String()
}

// Four images: the first selected twice, so that the order decides whether its final click hits;
// one selected with two clicks; one not selected, with one; and one selected twice, without a box.
func handmadeImageNet(t *testing.T) string {
	click := func(x float64, ms float64) [][3]float64 { return [][3]float64{{x, 0.5, ms}} }
	mouse := [][3]float64{{.1, .1, 100}, {.1, .2, 500}, {.2, .4, 600}, {.2, .5, 2000}}
	return imagenetStore(t, []string{
		imageXML([][4]int{{0, 0, 10, 10}},
			shownXML{"A", "1641500200", true, click(0.2, 1000), mouse, []int{50, 400, 1500}},
			shownXML{"A", "1641500100", true, click(0.9, 900), nil, nil}),
		imageXML([][4]int{{0, 0, 20, 10}},
			shownXML{"A", "1641500300", true, append(click(0.4, 10), click(0.5, 20)...), nil, nil}),
		imageXML([][4]int{{0, 0, 10, 5}},
			shownXML{"B", "1641500300", false, click(0.1, 10), nil, nil}),
		imageXML(nil,
			shownXML{"B", "1641500400", true, click(0.1, 10), nil, nil},
			shownXML{"B", "", true, click(0.2, 20), nil, nil}),
	})
}

func TestHandmadeImageNet(t *testing.T) {
	store := handmadeImageNet(t)
	expect(t, "two of four images are selected in two showings", store, "imagenet",
		counted{"rounds.selected_twice#k", 2}, counted{"rounds.selected_twice#n", 4},
		counted{"rounds.by_times_selected[0].images", 1}, counted{"rounds.by_times_selected[2].share", 0.5})
	expect(t, "document order ends with another showing on two of three images, one of BC", store, "imagenet",
		counted{"click_accuracy.accuracy", 1}, counted{"click_accuracy.accuracy.document", 0.5},
		counted{"click_accuracy.order_differs#k", 2}, counted{"click_accuracy.order_differs#n", 3},
		counted{"click_accuracy.order_differs.bc#k", 1}, counted{"click_accuracy.order_differs.bc#n", 2},
		counted{"click_accuracy.order_disagrees", 0.5})
	expect(t, "the two kinds of disagreement on parity add up", store, "imagenet",
		counted{"quality.parity", 2}, counted{"quality.selected_even", 1},
		counted{"quality.unselected_odd", 1},
		counted{"quality.parity#n", 6}, counted{"quality.selected_even#n", 6},
		counted{"quality.unselected_odd#n", 6})
	expect(t, "a trace ends with the click, a segment begins with the last enter before it", store, "imagenet",
		counted{"trace_lengths.recorded_median#n", 6}, counted{"trace_lengths.quantile[1].recorded", 4},
		counted{"trace_lengths.before_median", 0}, counted{"trace_lengths.before_median#n", 3},
		counted{"trace_lengths.quantile[1].before", 3},
		counted{"trace_lengths.segment_median", 2}, counted{"trace_lengths.segment_median#n", 1},
		counted{"trace_lengths.duration_median", 600},
		counted{"trace_lengths.quantile[0.75].before", 1.5})
	expect(t, "σ does not matter to half an image and to a whole one", store, "imagenet",
		counted{"random_clicks.uniform.single_box#n", 3}, counted{"random_clicks.uniform.single_box_bc#n", 2},
		counted{"random_clicks.uniform.single_box_bc", 0.75},
		counted{"random_clicks.by_sigma[0.3].truncated_single_box_bc", 0.75},
		counted{"random_clicks.by_sigma[2].truncated_single_box_bc", 0.75},
		counted{"random_clicks.centre.single_box_bc", 1})
	expect(t, "two HITs of three showings have recalls of 1 and 2/3", store, "imagenet",
		counted{"hits.recall", 5. / 6}, counted{"hits.recall_median", 5. / 6},
		counted{"hits.recall_std", 1. / 6}, counted{"hits.recall_skew", 0},
		counted{"hits.images_median", 3}, counted{"hits.images_median#n", 2},
		counted{"hits.quantile[0.25].recall", 0.75}, counted{"hits.quantile[0.99].images", 3})
	expect(t, "n of a mode is the number of all units", store, "imagenet",
		counted{"box_frame.nearest_box.mode_u#n", 2}, counted{"box_frame.nearest_box.mode_count", 1},
		counted{"box_frame.nearest_box.mode_count#n", 2})
}

// iconAction is an action with an icon, at a point and a time in ms.
func iconAction(kind, icon string, x, y float64, ms int) string {
	return fmt.Sprintf(`{"actionType": %q, "iconType": %q, "pointTo": {"x": %v, "y": %v}, "timeAt": %d}`,
		kind, icon, x, y, ms)
}

// rectangle is an object of a class whose mask is its box.
func rectangle(id, image, category int, x, y, w, h float64) string {
	return fmt.Sprintf(`{"id": %d, "image_id": %d, "category_id": %d, "bbox": [%v, %v, %v, %v], `,
		id, image, category, x, y, w, h) +
		fmt.Sprintf(`"segmentation": [[%v, %v, %v, %v, %v, %v, %v, %v]]}`, x, y, x+w, y, x+w, y+h, x, y+h)
}

// Two pages. On the first, an image with a cat, a dog and a kite, the cat is added elsewhere and
// moved to the rim of its mask, the dog is added and removed, the kite never placed, and a hot
// dog stays that the image does not have. On the second nothing is done.
func handmadeCOCO(t *testing.T) string {
	actions := strings.Join([]string{
		iconAction("add", "cat", 0.9, 0.5, 10),
		iconAction("add", "dog", 0.75, 0.75, 20),
		iconAction("move", "cat", 0.47, 0.5, 40),
		iconAction("remove", "dog", 0, 0, 30),
		iconAction("add", "hot dog", 0.1, 0.1, 50),
	}, ",")
	return cocoStore(t,
		[]string{
			`{"image_id": 1, "hit_id": "h", "mouseTracking": [{"x": 0.1, "y": 0.1, "timeAt": 1}],
"actionHistories": [` + actions + `]}`,
			`{"image_id": 2, "hit_id": "g"}`,
		},
		[]string{`{"id": 1, "width": 10, "height": 10}`, `{"id": 2, "width": 10, "height": 10}`},
		[]string{
			rectangle(1, 1, 1, 0, 0, 4.6, 10), rectangle(2, 1, 2, 5, 5, 5, 5),
			rectangle(3, 1, 90, 5, 0, 1, 1), rectangle(4, 2, 1, 0, 0, 1, 1),
		})
}

func TestHandmadeCOCO(t *testing.T) {
	store := handmadeCOCO(t)
	expect(t, "the last add decides: of three icons the dog's is on its object", store, "coco",
		counted{"icon_precision.on_mask", 1. / 3}, counted{"icon_precision.on_box", 1. / 3},
		counted{"icon_precision.on_mask.placed", 0})
	// The cat ends at x = 4.7 px: in pixel 4, whose middle its mask covers, but right of the edge at 4.6.
	expect(t, "of icons that stay, where they were put last", store, "coco",
		counted{"icon_precision.on_mask.final", 1. / 2}, counted{"icon_precision.on_mask.final#n", 2},
		counted{"icon_precision.on_mask.class_present_final", 1},
		counted{"icon_precision.on_mask.class_present_final#n", 1},
		counted{"icon_precision.on_mask.continuous_final", 0},
		counted{"icon_precision.on_mask.continuous_final#n", 2},
		counted{"icon_precision.on_box.final", 0}, counted{"icon_precision.on_box.final#n", 2},
		counted{"icon_precision.on_box.class_present_final", 0},
		counted{"icon_precision.on_box.class_present_final#n", 1})
	expect(t, "of four pairs one is retrieved, one taken away and two were never placed", store, "coco",
		counted{"missed_classes.never_placed", 2. / 4}, counted{"missed_classes.taken_away", 1. / 4},
		counted{"missed_classes.images_with_never_placed", 1},
		counted{"missed_classes.images_with_never_placed#n", 2},
		counted{"missed_classes.by_class[cat].n", 2}, counted{"missed_classes.by_class[cat].never_placed", 1},
		counted{"missed_classes.by_class[cat].share", 1. / 2},
		counted{"missed_classes.by_class[cat].retrieved", 1},
		counted{"missed_classes.by_class[dog].taken_away", 1},
		counted{"missed_classes.by_class[kite].share", 1},
		counted{"missed_classes.by_number[0].pages", 0}, counted{"missed_classes.by_number[1].pages", 2})
	expect(t, "one page has actions out of order, the other neither action nor mouse", store, "coco",
		counted{"quality.actions_backwards", 1}, counted{"quality.actions_backwards#n", 1},
		counted{"quality.no_action", 1}, counted{"quality.no_action#n", 2}, counted{"quality.no_mouse", 1},
		counted{"quality.no_mouse#n", 2})
	expect(t, "the HITs' recalls are 1/3 and 0", store, "coco",
		counted{"hits.recall", 1. / 6}, counted{"hits.recall_median", 1. / 6}, counted{"hits.recall_skew", 0},
		counted{"hits.pages_median", 1}, counted{"hits.quantile[0.75].recall", 1. / 4},
		counted{"hits.quantile[0.5].precision", 1. / 3})
}

// Recalls of 0, 1/3 and 1 lie on a line over the sides 0.1, 0.2 and 0.4, but not over the areas.
func TestRecallOverRootOfSize(t *testing.T) {
	var records, images, objects []string
	for id := 1; id <= 3; id++ {
		actions := iconAction("add", "kite", 0.5, 0.5, 1)
		if id == 1 {
			actions += "," + iconAction("add", "dog", 0.5, 0.5, 2)
		}
		records = append(records, fmt.Sprintf(`{"image_id": %d, "actionHistories": [%s]}`, id, actions))
		images = append(images, fmt.Sprintf(`{"id": %d, "width": 10, "height": 10}`, id))
		objects = append(objects, rectangle(3*id, id, 1, 0, 0, 1, 1), rectangle(3*id+1, id, 2, 0, 0, 2, 2),
			rectangle(3*id+2, id, 90, 0, 0, 4, 4))
	}
	// The areas' distances from their mean are −6, −3 and 9 hundredths, the recalls' −4, −1 and 5 ninths.
	expect(t, "Pearson's correlation with the side is 1", cocoStore(t, records, images, objects), "coco",
		counted{"category_recall.correlation_root", 1}, counted{"category_recall.correlation_root#n", 3},
		counted{"category_recall.correlation", 72 / math.Sqrt(126*42)})
}
