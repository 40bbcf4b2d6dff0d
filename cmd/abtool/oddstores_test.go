package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// A record is one of the input, as JSON has it.
type record = map[string]any

// An oddStore lacks something that a store usually has, or has one of what is usually several.
type oddStore struct {
	set   string
	lacks string
	// change takes from the records what the store lacks.
	change func(all []record) []record
	// ofImage is the number in the name of the image whose place number i of the ground truth has.
	ofImage func(i int) int
	noTruth bool // ingested without ground truth
	page    bool // the records are sent as pages of the front end
}

func (o oddStore) name() string { return o.set + ", " + o.lacks }

func same(i int) int { return i }

// oddStores are the stores that every command must get along with.
var oddStores = []oddStore{
	{set: "imagenet", lacks: "nothing"},
	{set: "imagenet", lacks: "records", change: func([]record) []record { return []record{} }},
	{set: "imagenet", lacks: "all but one record", change: func(all []record) []record { return all[:1] }},
	{set: "imagenet", lacks: "workers", change: inEach(without("worker_id"))},
	{set: "imagenet", lacks: "HITs", change: inEach(without("assignment_id", "hit_id", "imagenet_hit_id"))},
	{set: "imagenet", lacks: "boxes", noTruth: true},
	{set: "imagenet", lacks: "boxes of its images", ofImage: func(i int) int { return 500 + i }},
	{set: "imagenet", lacks: "boxes of clicked images", change: inEach(unselectedIf(even)),
		ofImage: func(i int) int { return i - i%2 }},
	{set: "imagenet", lacks: "selected images", change: inEach(unselectedIf(always))},
	{set: "imagenet", lacks: "mouse samples and hovers", change: inEach(without("mouseTracking", "hoveredRecord"))},
	{set: "imagenet", lacks: "times", change: inEach(withoutTimes)},
	{set: "imagenet", lacks: "sizes", change: inEach(withoutSizes)},
	{set: "imagenet", lacks: "what the front end does not send", page: true,
		change: inEach(without("worker_id", "assignment_id", "hit_id", "imagenet_hit_id", "hit_submit_time",
			"page_idx", "image_idx"))},
	{set: "imagenet", lacks: "all but one annotator", change: inEach(set("worker_id", "A1B2C3D4E5"))},
	{set: "imagenet", lacks: "all but one class", change: func(all []record) []record { return filter(all, even) }},
	{set: "imagenet", lacks: "all but one image", change: inEach(ofOneImage)},

	{set: "coco", lacks: "nothing"},
	{set: "coco", lacks: "records", change: func([]record) []record { return []record{} }},
	{set: "coco", lacks: "all but one record", change: func(all []record) []record { return all[:1] }},
	{set: "coco", lacks: "workers", change: inEach(without("worker_id"))},
	{set: "coco", lacks: "HITs", change: inEach(without("hit_id"))},
	{set: "coco", lacks: "instances", noTruth: true},
	{set: "coco", lacks: "instances of its images", ofImage: func(i int) int { return 500 + i }},
	{set: "coco", lacks: "icons", change: inEach(set("actionHistories", []any{}))},
	{set: "coco", lacks: "steps and mouse samples", change: inEach(without("categoryHistories", "mouseTracking"))},
	{set: "coco", lacks: "times", change: inEach(withoutTimes)},
	{set: "coco", lacks: "sizes", change: inEach(withoutSizes)},
	{set: "coco", lacks: "what the front end does not send", page: true,
		change: inEach(without("worker_id", "hit_id", "page_id"))},
	{set: "coco", lacks: "all but one annotator", change: inEach(set("worker_id", "A1B2C3D4E5"))},
	{set: "coco", lacks: "all but one class", change: inEach(onlyDogs)},
}

func even(i int) bool   { return i%2 == 0 }
func always(i int) bool { return true }

func inEach(f func(i int, r record)) func([]record) []record {
	return func(all []record) []record {
		for i, r := range all {
			f(i, r)
		}
		return all
	}
}

func filter(all []record, keep func(i int) bool) (kept []record) {
	for i, r := range all {
		if keep(i) {
			kept = append(kept, r)
		}
	}
	return kept
}

func without(keys ...string) func(int, record) {
	return func(_ int, r record) {
		for _, k := range keys {
			delete(r, k)
		}
	}
}

func set(key string, value any) func(int, record) {
	return func(_ int, r record) { r[key] = value }
}

func unselectedIf(odd func(i int) bool) func(int, record) {
	return func(i int, r record) {
		if odd(i) {
			r["selected"], r["selectedCount"], r["selectedRecord"] = false, 0, []any{}
		}
	}
}

func withoutTimes(_ int, r record) {
	without("hit_submit_time", "estimateTime", "timeSpent")(0, r)
	for _, v := range r {
		list, _ := v.([]any)
		for _, event := range list {
			without("time", "timeAt")(0, event.(record))
		}
	}
}

func withoutSizes(_ int, r record) {
	for _, k := range []string{"imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight"} {
		r[k] = 0
	}
}

func ofOneImage(i int, r record) {
	r["imageID"], r["assignment_id"] = "n00000001/n00000001_0", fmt.Sprint("assignment", i)
}

func onlyDogs(_ int, r record) {
	for _, a := range r["actionHistories"].([]any) {
		a.(record)["iconType"] = "dog"
	}
}

// oddRecords is the number of records of a store that lacks none.
const oddRecords = 16

// wholeRecord is record i of a store that lacks nothing, of one of two classes and three annotators.
func wholeRecord(dataSet string, i int) record {
	worker, hit := fmt.Sprintf("0A0B0C0D0%d", i%3), fmt.Sprintf("hit%d", i/6)
	x, y := 0.2+0.04*float64(i), 0.9-0.05*float64(i)
	r := record{"worker_id": worker, "hit_id": hit,
		"imageWidth": 300, "imageHeight": 225, "originalImageWidth": 400, "originalImageHeight": 300}
	if dataSet == "coco" {
		r["image_id"], r["page_id"], r["timeSpent"] = i+1, i%6, 15000+100*i
		r["actionHistories"] = []any{
			record{"actionType": "add", "iconType": "dog", "pointTo": record{"x": x, "y": y}, "timeAt": 2000},
			record{"actionType": "add", "iconType": "cup", "pointTo": record{"x": y, "y": x}, "timeAt": 3000},
			record{"actionType": "move", "iconType": "cup", "pointFrom": record{"x": y, "y": x},
				"pointTo": record{"x": 0.5, "y": 0.5}, "timeAt": 4000},
		}
		r["categoryHistories"] = []any{
			record{"categoryIndex": 1, "categoryName": "Animal", "timeAt": 1000, "usingKeyboard": even(i)},
		}
		r["mouseTracking"] = way("timeAt", 1500, x, y)
		return r
	}
	at := int64(1641431000000 + 20000*i)
	r["assignment_id"], r["imagenet_hit_id"], r["hit_submit_time"] = "assignment"+hit, "list"+hit, at/1000+600
	r["page_idx"], r["image_idx"] = i/8, i%8
	r["imageID"] = fmt.Sprintf("n0000000%d/n0000000%[1]d_%d", 1+i%2, i)
	r["selected"], r["selectedCount"], r["estimateTime"], r["hoveredCount"] = true, 1, 600+i, 1
	r["selectedRecord"] = []any{record{"time": at + 900, "x": x, "y": y}}
	r["hoveredRecord"] = []any{record{"action": "enter", "time": at}, record{"action": "leave", "time": at + 1200}}
	r["mouseTracking"] = way("time", at, x, y)
	return r
}

// way is a trace from the left of the image to a place, 70 ms between samples.
func way(key string, from int64, x, y float64) (samples []any) {
	const n = 12
	for i := range n {
		way := float64(i) / n
		samples = append(samples, record{key: from + int64(70*i), "x": x * way, "y": 0.5 + (y-0.5)*way})
	}
	return samples
}

// input writes the records, and returns the file.
func (o oddStore) input(t *testing.T, dir string) string {
	all := []record{}
	for i := range oddRecords {
		all = append(all, wholeRecord(o.set, i))
	}
	if o.change != nil {
		all = o.change(all)
	}
	var value any = all
	switch {
	case o.page && o.set == "coco":
		var pages []record
		for i, r := range all {
			r["imageURL"] = fmt.Sprintf("https://example.org/train2014/COCO_train2014_%012d.jpg", r["image_id"])
			r["timeSpend"] = r["timeSpent"]
			without("image_id", "timeSpent")(i, r)
			pages = append(pages, pageOf(i, "annotation", r))
		}
		value = pages
	case o.page:
		value = pageOf(0, "annotations", all)
	}
	return writeJSON(t, filepath.Join(dir, "records.json"), value)
}

// pageOf is a page as the front ends send it.
func pageOf(n int, key string, what any) record {
	page := record{"id": fmt.Sprint("page", n), "pageno": n, "startedAt": 1641431000000, key: what}
	return record{"page": page, "endedAt": 1641431900000, "isDone": false}
}

// boxesXML are the boxes of an image.
const boxesXML = `<annotation><filename>%[2]s</filename><size><width>400</width><height>300</height></size>
	<object><name>%[1]s</name><bndbox><xmin>100</xmin><ymin>75</ymin><xmax>300</xmax><ymax>225</ymax></bndbox></object>
</annotation>`

// truth writes the ground truth, and returns the arguments of ingest for it.
func (o oddStore) truth(t *testing.T, dir string) []string {
	image := same
	switch {
	case o.noTruth:
		return nil
	case o.ofImage != nil:
		image = o.ofImage
	}
	if o.set == "imagenet" {
		for i := range oddRecords {
			wnid := fmt.Sprintf("n0000000%d", 1+i%2)
			id := fmt.Sprintf("%s_%d", wnid, image(i))
			writeFile(t, filepath.Join(dir, "boxes", wnid, id+".xml"), fmt.Appendf(nil, boxesXML, wnid, id))
		}
		return []string{"--boxes", filepath.Join(dir, "boxes")}
	}
	categories := []record{{"id": 18, "name": "dog"}, {"id": 47, "name": "cup"}}
	var images, objects []record
	for i := range oddRecords {
		id := image(i) + 1
		name := fmt.Sprintf("COCO_train2014_%012d.jpg", id)
		images = append(images, record{"id": id, "file_name": name, "width": 400, "height": 300})
		for k, c := range categories {
			left := 100 + 100*k
			objects = append(objects, record{"id": 10*i + k, "image_id": id, "category_id": c["id"], "iscrowd": 0,
				"area": 15000, "bbox": []int{left, 75, 100, 150},
				"segmentation": [][]int{{left, 75, left + 100, 75, left + 100, 225, left, 225}}})
		}
	}
	all := record{"images": images, "categories": categories, "annotations": objects}
	return []string{"--instances", writeJSON(t, filepath.Join(dir, "instances.json"), all)}
}

// images writes a small picture for each record of a store that lacks nothing.
func oddImages(t *testing.T, dir, dataSet string) string {
	dir = filepath.Join(dir, "images")
	m := image.NewGray(image.Rect(0, 0, 32, 24))
	m.Set(3, 3, color.White)
	var pictures [oddRecords]string
	for i := range pictures {
		pictures[i] = fmt.Sprintf("%v.JPEG", wholeRecord(dataSet, i)["imageID"])
		if dataSet == "coco" {
			pictures[i] = fmt.Sprintf("COCO_train2014_%012d.jpg", i+1)
		}
	}
	for _, name := range pictures {
		file := createFile(t, filepath.Join(dir, name))
		if err := jpeg.Encode(file, m, nil); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	return dir
}

func createFile(t *testing.T, path string) *os.File {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func writeFile(t *testing.T, path string, data []byte) string {
	f := createFile(t, path)
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeJSON(t *testing.T, path string, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, path, data)
}
