package decode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/ingest/internal/randtext"
	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store"
)

// readJSONText reads one value as the only one of its source.
func readJSONText(text string, set Set, limits store.Limits) *Batch {
	b := limitedBatch(limits)
	b.readValue(&scan.Scanner{Data: []byte(text)}, set, []byte(text))
	return b
}

func cocoRowsOf(b *Batch) []schema.COCOAnnotation {
	return rowsIn[schema.COCOAnnotation](b.Rows(COCO))
}

// jsonCase is a text, the rows that come of it and what is said of the rest.
type jsonCase struct {
	name, text string
	in         []schema.ImageNetAnnotation
	co         []schema.COCOAnnotation
	rejects    []schema.Reason
	headers    int
	nulled     []string
}

func (c jsonCase) run(t *testing.T, set Set) {
	t.Run(c.name, func(t *testing.T) {
		b := readJSONText(c.text, set, store.Limits{List: 1000})
		if d := cmp.Diff(c.in, rowsOf(b), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("ImageNet rows (-want +got):\n%s", d)
		}
		if d := cmp.Diff(c.co, cocoRowsOf(b), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("COCO rows (-want +got):\n%s", d)
		}
		var rejects []schema.Reason
		for _, x := range b.Rejects {
			if x.Kind == "record" {
				rejects = append(rejects, schema.Reason(x.Reason))
			}
		}
		if d := cmp.Diff(c.rejects, rejects, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("rejects (-want +got):\n%s", d)
		}
		if d := cmp.Diff(c.nulled, nulledOf(b), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("nulled fields (-want +got):\n%s", d)
		}
		if b.Headers != c.headers || b.Count != b.Rows(ImageNet).Len()+b.Rows(COCO).Len()+len(rejects) {
			t.Errorf("%d headers, want %d; %d records counted", b.Headers, c.headers, b.Count)
		}
		checkJSON(t, []byte(c.text), set, store.Limits{List: 1000})
	})
}

func annotationRows(sets ...func(*schema.ImageNetAnnotation)) (rows []schema.ImageNetAnnotation) {
	for _, set := range sets {
		rows = append(rows, annotationRow(set))
	}
	return rows
}

// withID is a record of one image with more keys.
func withID(more string) string { return `{"imageID":"n01440764/n01440764_105"` + more + `}` }

// ImageNet byproducts as JSON, bare records: R3, R5 to R9.
func TestJSONImageNet(t *testing.T) {
	type row = schema.ImageNetAnnotation
	for _, c := range []jsonCase{
		{name: "what the front end writes", text: withID(`,"selected":true,"selectedCount":1,"selectedRecord":[{"x":0.5,"y":0.25,"time":1641431028640}],
			"hoveredCount":1,"hoveredRecord":[{"action":"enter","time":1641431028323},{"action":"leave","time":1641431029001}],
			"imagePosition":{"x":134,"y":-390},"imageWidth":324,"imageHeight":243.5,"originalImageWidth":500,"originalImageHeight":375,
			"estimateTime":616,"mouseTracking":[{"x":0,"y":1,"time":1641431028400},{"x":0.25,"y":-0.004,"time":1641431028433}]`),
			in: annotationRows(func(r *row) {
				r.Selected, r.SelectedCount, r.HoveredCount, r.EstimateTime = new(true), new(int32(1)), new(int32(1)), new(int64(616))
				r.PositionX, r.PositionY, r.ImageWidth, r.ImageHeight = new(134.0), new(-390.0), new(324.0), new(243.5)
				r.OrigWidth, r.OrigHeight, r.T0 = new(int32(500)), new(int32(375)), new(int64(1641431028000))
				r.Clicks, r.Mouse = points(at(640, 0.5, 0.25)), points(at(400, 0, 1), at(433, 0.25, -0.004))
				r.Hovers = []schema.Hover{{T: new(int64(323)), Action: new("enter")}, {T: new(int64(1001)), Action: new("leave")}}
			})},
		{name: "with identifiers", text: withID(`,"worker_id":"W","assignment_id":"A","hit_id":"H","imagenet_hit_id":"I","hit_submit_time":1641431258,"page_idx":3,"image_idx":47`),
			in: annotationRows(func(r *row) {
				r.WorkerID, r.AssignmentID, r.HITID, r.ImageNetHITID = new("W"), new("A"), new("H"), new("I")
				r.HITSubmitTime, r.PageIdx, r.ImageIdx = new(int64(1641431258000)), new(int32(3)), new(int32(47))
			})},
		{name: "the other spelling of identifiers", text: withID(`,"workerID":"W","assignmentID":"A","hitID":"H","imageNetHitID":"I","pageno":0`),
			in: annotationRows(func(r *row) {
				r.WorkerID, r.AssignmentID, r.HITID, r.ImageNetHITID, r.PageIdx = new("W"), new("A"), new("H"), new("I"), new(int32(0))
			})},
		{name: "of two spellings the first that is not null", text: withID(`,"workerID":"W","worker_id":null,"hit_id":"H","hitID":"h","pageno":2,"page_idx":1`),
			in: annotationRows(func(r *row) { r.WorkerID, r.HITID, r.PageIdx = new("W"), new("H"), new(int32(1)) })},
		{name: "numbers as identifiers", text: withID(`,"worker_id":47,"hit_id":true`),
			in: annotationRows(func(r *row) { r.WorkerID = new("47") }), nulled: []string{"hit_id wrong_type"}},
		{name: "times in seconds", text: withID(`,"mouseTracking":[{"x":0.5,"y":0.5,"time":1641431028.5}],"hoveredRecord":[{"action":"enter","time":1641431028}]`),
			in: annotationRows(func(r *row) {
				r.T0, r.Mouse, r.Hovers = new(int64(1641431027000)), points(at(1500, 0.5, 0.5)), []schema.Hover{{T: new(int64(1000)), Action: new("enter")}}
			})},
		{name: "the older route", text: withID(`,"assignment_id":"A","selectedCount":1,"mousePoint":[{"x":0.5,"y":0.25}],"mouseTracking":[{"x":0.1,"y":0.2},{"x":0.3,"y":0.4}]`),
			in: annotationRows(func(r *row) {
				r.AssignmentID, r.SelectedCount, r.Clicks = new("A"), new(int32(1)), points(schema.Point{X: new(0.5), Y: new(0.25)})
				r.Mouse = points(schema.Point{X: new(0.1), Y: new(0.2)}, schema.Point{X: new(0.3), Y: new(0.4)})
			})},
		{name: "the older route, one point", text: withID(`,"mousePoint":{"x":0.5,"y":0.25},"selectedRecord":null,"selectedCount":2`),
			in: annotationRows(func(r *row) {
				r.SelectedCount, r.Clicks = new(int32(2)), points(schema.Point{X: new(0.5), Y: new(0.25)})
			})},
		{name: "the older route, an image that nobody clicked", text: withID(`,"mousePoint":{"x":0,"y":0},"selectedCount":0`),
			in: annotationRows(func(r *row) { r.SelectedCount = new(int32(0)) })},
		{name: "the older route without a count", text: withID(`,"mousePoint":[{"x":0.5,"y":0.25}]`), in: annotationRows(nil)},
		{name: "selectedRecord before mousePoint", text: withID(`,"mousePoint":[{"x":0.5,"y":0.25}],"selectedRecord":[]`), in: annotationRows(nil)},
		{name: "only a number is a number", text: withID(`,"imageWidth":"324","imageHeight":true,"originalImageWidth":[500],"originalImageHeight":{"a":1},
			"selectedCount":"1","hit_submit_time":"1641431258","mouseTracking":[{"x":"0.5","y":false,"time":"1"}]`),
			in: annotationRows(func(r *row) { r.Mouse = points(schema.Point{}) }),
			nulled: []string{"hit_submit_time not_a_number", "imageHeight not_a_number", "imageWidth not_a_number", "mouseTracking[0].time not_a_number",
				"mouseTracking[0].x not_a_number", "mouseTracking[0].y not_a_number", "originalImageHeight not_a_number",
				"originalImageWidth not_a_number", "selectedCount not_a_number"}},
		{name: "null and missing are null without a word", text: withID(`,"selected":null,"imageWidth":null,"page_idx":null,"imagePosition":null,"mouseTracking":[{"x":null,"time":null}]`),
			in: annotationRows(func(r *row) { r.Mouse = points(schema.Point{}) })},
		{name: "out of range", text: withID(`,"hit_submit_time":-1,"estimateTime":-0.5,"page_idx":-1,"image_idx":1.5,"imageWidth":-1,"originalImageWidth":3e9,
			"imagePosition":{"x":1e999,"y":-1e3},"selectedRecord":[{"x":100.01,"y":-100,"time":-1},{"x":1e999,"y":1e-999,"time":1e300}]`),
			in: annotationRows(func(r *row) {
				r.PositionY, r.Clicks = new(-1000.0), points(schema.Point{Y: new(-100.0)}, schema.Point{Y: new(0.0)})
			}),
			nulled: []string{"estimateTime negative", "hit_submit_time negative", "imagePosition.x out_of_range", "imageWidth negative",
				"image_idx not_an_integer", "originalImageWidth out_of_range", "page_idx negative", "selectedRecord[0].time negative",
				"selectedRecord[0].x out_of_range", "selectedRecord[1].time out_of_range", "selectedRecord[1].x out_of_range"}},
		{name: "selected is a boolean", text: withID(`,"selected":"True"`), in: annotationRows(nil), nulled: []string{"selected not_boolean"}},
		{name: "selected false", text: withID(`,"selected":false`), in: annotationRows(func(r *row) { r.Selected = new(false) })},
		{name: "lists of another type are empty", text: withID(`,"selectedRecord":null,"mouseTracking":"None","hoveredRecord":{"action":"enter"}`),
			in: annotationRows(nil), nulled: []string{"hoveredRecord wrong_type", "mouseTracking wrong_type"}},
		{name: "an entry that is no object keeps its place", text: withID(`,"mouseTracking":[{"x":0.5},null,7,[],{"x":"a","y":1}],"hoveredRecord":["enter"]`),
			in: annotationRows(func(r *row) {
				r.Mouse = points(schema.Point{X: new(0.5)}, schema.Point{}, schema.Point{}, schema.Point{}, schema.Point{Y: new(1.0)})
				r.Hovers = []schema.Hover{{}}
			}),
			nulled: []string{"hoveredRecord[0] wrong_type", "mouseTracking[1] wrong_type", "mouseTracking[2] wrong_type", "mouseTracking[3] wrong_type", "mouseTracking[4].x not_a_number"}},
		{name: "a point that is none", text: withID(`,"imagePosition":[1,2]`), in: annotationRows(nil), nulled: []string{"imagePosition wrong_type"}},
		{name: "of a key that is there twice the last counts", text: withID(`,"page_idx":1,"selectedRecord":[{"x":0.1,"x":0.2}],"page_idx":2`),
			in: annotationRows(func(r *row) { r.PageIdx, r.Clicks = new(int32(2)), points(schema.Point{X: new(0.2)}) })},
		{name: "keys are exact", text: withID(`,"Selected":true,"IMAGEID":"x"`), in: annotationRows(nil)},
		{name: "escapes", text: `{"image\u0049D":"n01440764\/n01440764_105","worker_id":"a\"b\\","hit_id":"\u00e9\ud83d\ude00"}`,
			in: annotationRows(func(r *row) { r.WorkerID, r.HITID = new(`a"b\`), new("é😀") })},
		{name: "unknown keys", text: withID(`,"new":{"a":[1,{"b":null}]},"z":"é"`), in: annotationRows(nil)},
		{name: "an image id without its class", text: `{"imageID":"n01440764_105"}`, in: annotationRows(nil)},
		{name: "no image id", text: `{"selected":true,"mouseTracking":[]}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "an image id that is a number", text: `{"imageID":5}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "an image id that ends in nothing", text: `{"imageID":"n01440764/"}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "not UTF-8", text: withID(`,"worker_id":"` + "\xff" + `"`), rejects: []schema.Reason{schema.NotUTF8}},
		{name: "not UTF-8, nor JSON", text: "{\xff}", rejects: []schema.Reason{schema.NotUTF8}},
		{name: "NaN", text: withID(`,"imageWidth":NaN`), rejects: []schema.Reason{schema.Malformed}},
		{name: "Infinity", text: withID(`,"mouseTracking":[{"x":-Infinity}]`), rejects: []schema.Reason{schema.Malformed}},
		{name: "leading zeros", text: withID(`,"imageWidth":0324`), rejects: []schema.Reason{schema.Malformed}},
		{name: "plus", text: withID(`,"imageWidth":+324`), rejects: []schema.Reason{schema.Malformed}},
		{name: "a bare point", text: withID(`,"imageWidth":.5`), rejects: []schema.Reason{schema.Malformed}},
		{name: "a trailing comma", text: withID(`,`), rejects: []schema.Reason{schema.Malformed}},
		{name: "a comment", text: withID(`/**/`), rejects: []schema.Reason{schema.Malformed}},
		{name: "control character in a string", text: withID(",\"a\":\"\t\""), rejects: []schema.Reason{schema.Malformed}},
		{name: "cut", text: `{"imageID":"a"`, rejects: []schema.Reason{schema.Malformed}},
		{name: "two values", text: withID("") + withID(""), rejects: []schema.Reason{schema.Malformed}},
		{name: "no object", text: `[1]`, rejects: []schema.Reason{schema.NotObject}},
		{name: "a number", text: `5`, rejects: []schema.Reason{schema.NotObject}},
		{name: "null", text: `null`, rejects: []schema.Reason{schema.NotObject}},
		{name: "blank", text: " ", rejects: []schema.Reason{schema.Empty}},
		{name: "256 levels", text: withID(`,"a":` + strings.Repeat("[", 255) + strings.Repeat("]", 255)), in: annotationRows(nil)},
		{name: "257 levels", text: withID(`,"a":` + strings.Repeat("[", 256) + strings.Repeat("]", 256)), rejects: []schema.Reason{schema.TooDeep}},
		{name: "brackets in strings are no levels", text: withID(`,"a":"` + strings.Repeat("[", 300) + `\""`), in: annotationRows(nil)},
		{name: "a list too long", text: withID(`,"mouseTracking":[` + strings.Repeat(`{"x":1,"y":1,"time":1},`, 1000) + `{}]`), rejects: []schema.Reason{schema.TooLong}},
		{name: "a list too long in what is no JSON", text: withID(`,"mouseTracking":[` + strings.Repeat(`{"x":1,"y":1,"time":1},`, 1000) + `{}],}`), rejects: []schema.Reason{schema.Malformed}},
	} {
		c.run(t, ImageNet)
	}
}

// Front-end pages, dumps and headers of ImageNet.
func TestJSONImageNetPages(t *testing.T) {
	type row = schema.ImageNetAnnotation
	record := func(more string) string { return withID(more) }
	slot := func(i int32, set func(*row)) func(*row) {
		return func(r *row) {
			r.ImageIdx = new(i)
			if set != nil {
				set(r)
			}
		}
	}
	paged := func(r *row) {
		r.PageIdx, r.PageUUID = new(int32(4)), new("P")
		r.PageStarted, r.PageEnded = new(int64(1641431000000)), new(int64(1641431009000))
	}
	page := `{"id":"P","pageno":4,"startedAt":1641431000000,"annotations":[` + record("") + `,` + record(`,"page_idx":7,"image_idx":9`) + `],"endedAt":1641431009000}`
	pageRows := annotationRows(slot(0, paged), func(r *row) { paged(r); r.PageIdx, r.ImageIdx = new(int32(7)), new(int32(9)) })
	dumped := func(r *row) {
		r.WorkerID, r.HITID, r.AssignmentID, r.ImageNetHITID = new("W"), new("H"), new("A"), new("I")
	}
	ids := `"hitDatasetName":"d","imageNetHitID":"I","id":"D","annotatorID":"","workerID":"W","hitID":"H","assignmentID":"A","version":"v"`
	for _, c := range []jsonCase{
		{name: "header", text: `{"id":"D","annotatorID":"","version":"v","assignmentID":"A","hitID":"H","workerID":"W","startedAt":1641431000000}`, headers: 1},
		{name: "header without identifiers", text: `{"id":"D","startedAt":1641431000000}`, headers: 1},
		{name: "page", text: `{"page":` + page + `,"endedAt":1641431010000,"isDone":false}`, in: pageRows},
		{name: "page without its wrapper", text: page, in: pageRows},
		{name: "dump", text: `{` + ids + `,"createdAt":1,"pages":[` + page + `,{"id":"Q","annotations":[` + record(`,"workerID":"w"`) + `]}],"isDone":true}`,
			in: append(annotationRows(slot(0, func(r *row) { paged(r); dumped(r) }), func(r *row) { paged(r); dumped(r); r.PageIdx, r.ImageIdx = new(int32(7)), new(int32(9)) }),
				annotationRow(slot(0, func(r *row) { dumped(r); r.WorkerID, r.PageUUID = new("w"), new("Q") })))},
		{name: "dump without pages", text: `{` + ids + `,"pages":[]}`, headers: 1},
		{name: "dump with null for pages", text: `{` + ids + `,"pages":null}`, headers: 1},
		{name: "page without annotations", text: `{"page":{"id":"P","pageno":1,"annotations":[]}}`, headers: 1},
		{name: "page with null for annotations", text: `{"page":{"id":"P","pageno":1,"annotations":null}}`, headers: 1},
		{name: "the older route", text: `{"annotations":[` + record(`,"assignment_id":"A"`) + `,` + record(`,"assignment_id":"B"`) + `]}`,
			in: annotationRows(slot(0, func(r *row) { r.AssignmentID = new("A") }), slot(1, func(r *row) { r.AssignmentID = new("B") }))},
		{name: "an annotation that is no object keeps its slot", text: `{"annotations":[null,` + record("") + `,{}]}`,
			in: annotationRows(slot(1, nil)), rejects: []schema.Reason{schema.NotObject, schema.NoImageID}},
		{name: "annotations that are no list", text: `{"annotations":5}`, rejects: []schema.Reason{schema.NotObject}},
		{name: "pages that are no objects", text: `{"pages":[1,` + page + `]}`, in: pageRows, rejects: []schema.Reason{schema.NotObject}},
		{name: "page times that are none", text: `{"annotations":[` + record("") + `],"startedAt":-1,"endedAt":"x"}`, in: annotationRows(slot(0, nil)),
			nulled: []string{"endedAt not_a_number", "startedAt negative"}},
	} {
		c.run(t, ImageNet)
	}
}

func cocoRows(sets ...func(*schema.COCOAnnotation)) (rows []schema.COCOAnnotation) {
	for _, set := range sets {
		r := schema.COCOAnnotation{ImageID: 459214}
		if set != nil {
			set(&r)
		}
		rows = append(rows, r)
	}
	return rows
}

// COCO records, bare and within pages: R5 to R9, R12.
func TestJSONCOCO(t *testing.T) {
	type row = schema.COCOAnnotation
	id := func(more string) string { return `{"image_id":459214` + more + `}` }
	for _, c := range []jsonCase{
		{name: "what the release holds", text: id(`,"originalImageHeight":428,"originalImageWidth":640,"imageHeight":450,"imageWidth":450.5,"timeSpent":22283,
			"actionHistories":[{"actionType":"add","iconType":"cake","pointFrom":null,"pointTo":{"x":0.70,"y":0},"timeAt":0},
				{"actionType":"move","iconType":"cake","pointFrom":{"x":0.7,"y":0.81},"pointTo":{"x":0.66,"y":0.54},"timeAt":17789},
				{"actionType":"remove","iconType":"cup","pointFrom":{"x":0.2,"y":0.2},"timeAt":18020}],
			"categoryHistories":[{"categoryIndex":1,"categoryName":"Animal","timeAt":10815,"usingKeyboard":false}],
			"mouseTracking":[{"x":0.679,"y":0.862,"timeAt":15725},{"x":null,"y":null,"timeAt":1}],
			"worker_id":"00AA3B5E80","hit_id":"0123","page_id":7`),
			co: cocoRows(func(r *row) {
				r.OrigHeight, r.OrigWidth, r.ImageHeight, r.ImageWidth, r.TimeSpent = new(int32(428)), new(int32(640)), new(450.0), new(450.5), new(int64(22283))
				r.WorkerID, r.HITID, r.PageIdx = new("00AA3B5E80"), new("0123"), new(int32(7))
				r.Actions = []schema.Action{
					{Type: new("add"), Icon: new("cake"), ToX: new(0.7), ToY: new(0.0), T: new(int64(0))},
					{Type: new("move"), Icon: new("cake"), FromX: new(0.7), FromY: new(0.81), ToX: new(0.66), ToY: new(0.54), T: new(int64(17789))},
					{Type: new("remove"), Icon: new("cup"), FromX: new(0.2), FromY: new(0.2), T: new(int64(18020))},
				}
				r.Browsing = []schema.Browse{{CategoryIdx: new(int32(1)), Category: new("Animal"), Keyboard: new(false), T: new(int64(10815))}}
				r.Mouse = []schema.Sample{{T: new(int64(15725)), X: new(0.679), Y: new(0.862)}, {T: new(int64(1))}}
			})},
		{name: "the paper's spelling", text: id(`,"page_idx":3,"assignment_id":"A","categories":["cake","dining table"]`),
			co: cocoRows(func(r *row) {
				r.PageIdx, r.AssignmentID, r.HITID, r.Categories = new(int32(3)), new("A"), new("A"), []string{"cake", "dining table"}
			})},
		{name: "both spellings", text: id(`,"page_idx":3,"page_id":7,"assignment_id":"A","hit_id":"H"`),
			co: cocoRows(func(r *row) { r.PageIdx, r.AssignmentID, r.HITID = new(int32(7)), new("A"), new("H") })},
		{name: "the first spelling null", text: id(`,"page_id":null,"page_idx":3,"hit_id":null,"assignment_id":"A","timeSpent":null,"timeSpend":5`),
			co: cocoRows(func(r *row) {
				r.PageIdx, r.AssignmentID, r.HITID, r.TimeSpent = new(int32(3)), new("A"), new("A"), new(int64(5))
			})},
		{name: "the first spelling no number", text: id(`,"page_id":"7","page_idx":3`),
			co: cocoRows(func(r *row) { r.PageIdx = new(int32(3)) }), nulled: []string{"page_id not_a_number"}},
		{name: "never seconds", text: id(`,"timeSpent":22.4,"mouseTracking":[{"timeAt":1.5}]`),
			co: cocoRows(func(r *row) { r.TimeSpent, r.Mouse = new(int64(22)), []schema.Sample{{T: new(int64(2))}} })},
		{name: "out of range", text: id(`,"timeSpent":-1,"imageWidth":-1,"originalImageWidth":1.5,"page_id":-1,"mouseTracking":[{"x":101,"y":-100,"timeAt":-1}],
			"actionHistories":[{"pointTo":{"x":-100.5,"y":1e999},"timeAt":"1"}],"categoryHistories":[{"categoryIndex":-1,"usingKeyboard":1}]`),
			co: cocoRows(func(r *row) {
				r.Mouse, r.Actions, r.Browsing = []schema.Sample{{Y: new(-100.0)}}, []schema.Action{{}}, []schema.Browse{{}}
			}),
			nulled: []string{"actionHistories[0].pointTo.x out_of_range", "actionHistories[0].pointTo.y out_of_range", "actionHistories[0].timeAt not_a_number",
				"categoryHistories[0].categoryIndex negative", "categoryHistories[0].usingKeyboard not_boolean", "imageWidth negative",
				"mouseTracking[0].timeAt negative", "mouseTracking[0].x out_of_range", "originalImageWidth not_an_integer", "page_id negative", "timeSpent negative"}},
		{name: "points and entries of another type", text: id(`,"actionHistories":[{"actionType":"add","pointTo":[0.5,0.5]},"add",{"actionType":7,"iconType":[]}],"mouseTracking":[null,{"x":1}],"categoryHistories":5,"categories":["a",1]`),
			co: cocoRows(func(r *row) {
				r.Actions, r.Mouse = []schema.Action{{Type: new("add")}, {}, {Type: new("7")}}, []schema.Sample{{}, {X: new(1.0)}}
				r.Categories = []string{"a"}
			}),
			nulled: []string{"actionHistories[0].pointTo wrong_type", "actionHistories[1] wrong_type", "actionHistories[2].iconType wrong_type",
				"categories[1] wrong_type", "categoryHistories wrong_type", "mouseTracking[0] wrong_type"}},
		{name: "sizes of zero", text: id(`,"originalImageHeight":0,"originalImageWidth":0,"imageHeight":0,"imageWidth":0,"mouseTracking":[]`),
			co: cocoRows(func(r *row) {
				r.OrigHeight, r.OrigWidth, r.ImageHeight, r.ImageWidth = new(int32(0)), new(int32(0)), new(0.0), new(0.0)
			})},
		{name: "bytes that are not UTF-8", text: id(`,"worker_id":"a` + "\xff" + `b","categories":["` + "\xc3" + `"]`),
			co: cocoRows(func(r *row) { r.WorkerID, r.Categories = new("a\ufffdb"), []string{"\ufffd"} })},
		{name: "bytes that are not UTF-8 outside of strings", text: "{\"image_id\":1,\xff}", rejects: []schema.Reason{schema.Malformed}},
		{name: "imageURL", text: `{"imageURL":"http://h/train2014/COCO_train2014_000000459214.jpg?x=1.png","timeSpend":5}`,
			co: cocoRows(func(r *row) { r.TimeSpent = new(int64(5)) })},
		{name: "imageURL with a path in its query", text: `{"imageURL":"http://h/459214.jpg?a=b/c.d"}`, co: cocoRows(nil)},
		{name: "image_id before imageURL", text: `{"imageURL":"COCO_000000000009.jpg","image_id":459214}`, co: cocoRows(nil)},
		{name: "imageURL without a number", text: `{"imageURL":"http://h/COCO_x.jpg"}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "an image id in quotes", text: `{"image_id":"459214","imageURL":"9.jpg"}`, co: cocoRows(nil)},
		{name: "an image id as in a file name", text: `{"image_id":"000000459214"}`, co: cocoRows(nil)},
		{name: "an image id that is a string", text: `{"image_id":"nine","imageURL":"9.jpg"}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "an image id that is a fraction", text: `{"image_id":459214.5}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "no image id", text: `{"actionHistories":[]}`, rejects: []schema.Reason{schema.NoImageID}},
		{name: "NaN", text: id(`,"timeSpent":NaN`), rejects: []schema.Reason{schema.Malformed}},
		{name: "no object", text: `"a"`, rejects: []schema.Reason{schema.NotObject}},
		{name: "header", text: `{"id":"D","annotatorID":"","assignmentID":"A","hitID":"H","workerID":"W","startedAt":1795448364158}`, headers: 1},
		{name: "page", text: `{"page":{"id":"P","annotation":{"imageURL":"a/COCO_000000459214.jpg","timeSpend":9},"pageno":2,"startedAt":1795448364158},"endedAt":1795448374158,"isDone":true}`,
			co: cocoRows(func(r *row) {
				r.TimeSpent, r.PageIdx, r.PageUUID = new(int64(9)), new(int32(2)), new("P")
				r.PageStarted, r.PageEnded = new(int64(1795448364158)), new(int64(1795448374158))
			})},
		{name: "dump", text: `{"id":"D","workerID":"W","hitID":"H","assignmentID":"A","pages":[{"id":"P","annotation":` + id("") + `,"pageno":2},{"id":"Q","annotation":` + id(`,"hit_id":"h"`) + `}]}`,
			co: cocoRows(func(r *row) {
				r.WorkerID, r.HITID, r.AssignmentID, r.PageIdx, r.PageUUID = new("W"), new("H"), new("A"), new(int32(2)), new("P")
			}, func(r *row) { r.WorkerID, r.HITID, r.AssignmentID, r.PageUUID = new("W"), new("h"), new("A"), new("Q") })},
		{name: "page without an annotation", text: `{"page":{"id":"P","annotation":null,"pageno":2}}`, headers: 1},
		{name: "page with an annotation that is none", text: `{"page":{"id":"P","annotation":"x","pageno":2}}`, rejects: []schema.Reason{schema.NotObject}},
		{name: "an ImageNet record among them", text: withID(`,"selected":true`),
			in: annotationRows(func(r *schema.ImageNetAnnotation) { r.Selected = new(true) })},
	} {
		c.run(t, COCO)
	}
}

// A file is an object, an array, or values one a line; a source may be read by elements.
func TestJSONDocuments(t *testing.T) {
	one := `{"image_id":1}`
	for _, c := range []struct {
		name, text string
		rows       int
		rejects    []schema.Reason
	}{
		{"object", one, 1, nil},
		{"byte order mark", "\xef\xbb\xbf" + one, 1, nil},
		{"array", "[" + one + ",\n{\"image_id\":2} ]\n", 2, nil},
		{"empty array", " [ ] ", 0, nil},
		{"lines", one + "\n\n" + one + "\r\n", 2, nil},
		{"lines with a faulty one", one + "\n{\"image_id\":}\n" + one, 2, []schema.Reason{schema.Malformed}},
		{"array with what is no object", "[" + one + ",null,3,[3],\"a\"]", 1, []schema.Reason{schema.NotObject, schema.NotObject, schema.NotObject, schema.NotObject}},
		{"array of arrays", "[[" + one + ",3,{\"image_id\":2}],[]]", 2, []schema.Reason{schema.NotObject, schema.NotObject}},
		{"a list under a key", `{"version":1,"records":[` + one + `, {"image_id":2}],"meta":{"a":[{}]}}`, 2, nil},
		{"lists under two keys", `{"train":[` + one + `],"val":[],"test": [{"image_id":2} ]}`, 2, nil},
		{"a list under a key with what is no object", `{"records":[` + one + `,3,"a",[],{"image_id":2}]}`, 2, []schema.Reason{schema.NotObject, schema.NotObject, schema.NotObject}},
		{"records keyed by id", "{\"1\": " + one + ",\n\"2\":{\"image_id\":2}, \"n\":2}", 2, nil},
		{"records keyed by id, cut", "{\"1\": " + one + ",\"2\":{\"image_id\":2", 0, []schema.Reason{schema.Malformed}},

		{"array with a faulty element", "[{\"image_id\":1,},{\"image_id\":NaN}," + one + "]", 1, []schema.Reason{schema.Malformed, schema.Malformed}},
		{"array that does not end", "[" + one, 1, []schema.Reason{schema.Cut}},
		{"array cut in an element", "[" + one + `,{"image_id"`, 1, []schema.Reason{schema.Cut}},
		{"text behind an array", "[" + one + "]" + one, 1, []schema.Reason{schema.Malformed}},
		{"blank", " \n", 0, []schema.Reason{schema.Empty}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch()
			b.readDocument(COCO, []byte(c.text))
			var rejects []schema.Reason
			for _, x := range b.Rejects {
				rejects = append(rejects, schema.Reason(x.Reason))
			}
			if d := cmp.Diff(c.rejects, rejects, cmpopts.EquateEmpty()); d != "" || b.Rows(COCO).Len() != c.rows || b.Count != c.rows+len(rejects) {
				t.Errorf("%d rows, want %d; %d records; rejects (-want +got):\n%s", b.Rows(COCO).Len(), c.rows, b.Count, d)
			}
		})
	}
}

// What one record taught the scanner must not change how another one is read.
func TestJSONTemplateOfAnotherRecord(t *testing.T) {
	sample := func(format string, x, y, at any) string {
		return withID(`,"mouseTracking":[` + strings.Repeat(fmt.Sprintf(format, x, y, at)+",", 2) + fmt.Sprintf(format, x, y, at) + "]")
	}
	plain, turned := `{"x":%v,"y":%v,"time":%v}`, `{"y": %[2]v, "x": %[1]v, "time": %[3]v}`
	lines := []string{
		sample(plain, 0.25, 0.5, 1641431028001),
		sample(turned, `"\u0041"`, 0.5, 1641431028001), // is given up in the middle of the entry
		sample(plain, 0.25, 0.5, 1641431028001),
		sample(turned, 0.25, 0.5, 1641431028001),
		sample(plain, 0.25, 0.5, 1641431028001),
	}
	b := newBatch()
	b.Read(&Chunk{Buf: []byte(strings.Join(lines, "\n")), Form: Lines})
	want := at(1, 0.25, 0.5)
	for i, r := range rowsOf(b) {
		if i == 1 {
			continue
		}
		if d := cmp.Diff(points(want, want, want), r.Mouse); d != "" {
			t.Errorf("record %d (-want +got):\n%s", i, d)
		}
	}
}

// What is no JSON is rejected, whatever was read before it. The position of the record before stands in no list: its parts belong to no
// spelling.
func TestJSONAfterPosition(t *testing.T) {
	odd := make([]string, 8)
	for i := range odd {
		odd[i] = fmt.Sprintf(`{"action":%s"enter","time":1641431028323}`, strings.Repeat(" ", i))
	}
	for _, c := range []struct{ position, wrong string }{{`{"x":1}`, `1641431028323-5`}, {`{"x":"abc"}`, `1641431028323"abc"`}, {`{"x":true}`, `1641431028323true`}} {
		lines := []string{
			withID(`,"hoveredRecord":[` + strings.Join(odd, ",") + `],"imagePosition":` + c.position),
			withID(`,"hoveredRecord":[{"action":"enter","time":` + c.wrong + `}]`),
		}
		b := newBatch()
		b.Read(&Chunk{Buf: []byte(strings.Join(lines, "\n")), Form: Lines})
		if n, r := b.Rows(ImageNet).Len(), b.Rejects; n != 1 || len(r) == 0 || r[len(r)-1].Reason != string(schema.Malformed) {
			t.Errorf("%s: %d rows, rejects %+v", c.wrong, n, r)
		}
	}
}

// Records of both data sets are read as each would be by itself, whatever the batch has read before.
func TestJSONInOneBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	b := newBatch()
	s := &scan.Scanner{}
	for i := range 4000 {
		coco := r.IntN(2) == 0
		d := randtext.Wrapped(r, coco, 1+r.IntN(20))
		if i%4 == 3 {
			d = randtext.Mutate(r, d)
		}
		one := newBatch()
		one.slowJSON(d, setIf(coco))
		b.Reset()
		s.Data, s.Pos = d, 0
		b.readValue(s, setIf(coco), d)
		sameOutcome(t, "a batch that was used and slowJSON", d, outcomeOf(b), outcomeOf(one))
	}
}

// The fields of a sample that are rejected are told in one order, also where the sample is read by the spelling of another.
func TestOrderOfRejects(t *testing.T) {
	wrong := []byte(`{"image_id": 7, "mouseTracking": [{"x": 250.5, "y": 180.5, "timeAt": 99999999999999999}], "imageURL": "` + strings.Repeat("room ", 60) + `"}`)
	plain := bytes.Replace(wrong, []byte(`"x": 250.5, "y": 180.5, "timeAt": 99999999999999999`), []byte(`"x": 0.5, "y": 0.5, "timeAt": 9`), 1)
	fields := func(before ...[]byte) (all []string) {
		b := newBatch()
		for _, d := range append(before, wrong) {
			b.Reset()
			b.readValue(&scan.Scanner{Data: d}, COCO, d)
		}
		for _, r := range b.Rejects {
			all = append(all, r.Field)
		}
		return all
	}
	alone, after := fields(), fields(plain)
	if d := cmp.Diff(alone, after); d != "" || len(alone) != 3 {
		t.Errorf("alone %v, behind another record (-alone +behind):\n%s", alone, d)
	}
}

// Samples in a row, which are read by the spelling of the last one, are as they would be each by itself: with
// numbers that the loop takes and others, zeros, nulls, a change of spelling, a comma without a space.
func TestSamplesInARow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	numbers := []string{"0", "0.0", "-0.25", "1", "1.0", "0.5", "1e-3", "0.0333333333333333", "0.9983333333333333", "0.08333333333333333",
		"0.12345678901234567890123", "101", "null", `"0.5"`, "12345678", "1641431028001", "0.016", "99999999999999999999", "00", "0.", "true"}
	spellings := []string{`{"x": %s, "y": %s, "timeAt": %s}`, `{"x":%s,"y":%s,"timeAt":%s}`, `{"y": %[2]s, "x": %[1]s, "timeAt": %[3]s}`, `{"timeAt": %[3]s, "x" : %[1]s, "y": %[2]s}`}
	fast := 0
	for range 2000 {
		var list []string
		spelling := spellings[r.IntN(len(spellings))]
		for range r.IntN(12) {
			if r.IntN(10) == 0 {
				spelling = spellings[r.IntN(len(spellings))]
			}
			n := func() string {
				if r.IntN(8) == 0 {
					return numbers[r.IntN(len(numbers))]
				}
				return strconv.FormatFloat(float64(1+r.IntN(600))/600, 'f', -1, 64)
			}
			at := strconv.Itoa(1 + r.IntN(100000))
			if r.IntN(12) == 0 {
				at = numbers[r.IntN(len(numbers))]
			}
			list = append(list, fmt.Sprintf(spelling, n(), n(), at))
		}
		sep := []string{", ", ",", " , "}[r.IntN(3)]
		text := fmt.Appendf(nil, `{"image_id": 7, "mouseTracking": [%s], "imageURL": %q}`, strings.Join(list, sep), strings.Repeat("room ", 60))
		checkJSON(t, text, COCO, store.Limits{})
		b := newBatch()
		if ok, _ := b.json.fast(&scan.Scanner{Data: text}, COCO); ok && len(list) > 3 && b.json.shapes.sample.known {
			fast++
		}
	}
	if fast < 300 {
		t.Errorf("%d of 2000 records were read by their spelling", fast)
	}
}
