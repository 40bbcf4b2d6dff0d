package decode

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/ingest/internal/randtext"
	"abtool/ingest/scan"
	"abtool/schema"
)

// A second reader of the formats, written from their description alone: simple, slow, and
// only for well-formed input. Whatever it makes of a record, the real one must make of it too.

// plainTree is an XML element as the second reader sees it.
type plainTree struct {
	name, text string
	kids       []*plainTree
}

func plainXML(data []byte) (*plainTree, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	top := &plainTree{}
	open := []*plainTree{top}
	for {
		tok, err := d.Token()
		if tok == nil {
			if len(top.kids) != 1 {
				return nil, fmt.Errorf("%d roots, %v", len(top.kids), err)
			}
			return top.kids[0], nil
		}
		in := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			kid := &plainTree{name: tok.Name.Local}
			in.kids = append(in.kids, kid)
			open = append(open, kid)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			in.text += string(tok)
		}
	}
}

func (p *plainTree) first(name string) *plainTree {
	if p != nil {
		for _, k := range p.kids {
			if k.name == name {
				return k
			}
		}
	}
	return nil
}

func (p *plainTree) all(name string) (list []*plainTree) {
	for _, k := range p.kids {
		if k.name == name {
			list = append(list, k)
		}
	}
	return list
}

// str is the text of a child, "" where there is none.
func (p *plainTree) str(name string) string {
	k := p.first(name)
	if k == nil || len(k.kids) > 0 {
		return ""
	}
	return strings.Trim(k.text, " \t\r\n")
}

var r5 = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

func (p *plainTree) num(name string) *float64 {
	s := p.str(name)
	if !r5.MatchString(s) {
		return nil
	}
	return finite(s)
}

func finite(s string) *float64 {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return &v
	}
	return nil
}

// Columns by rule.

func coordOf(v *float64) *float64 { // R6
	if v == nil || *v > 100 || *v < -100 {
		return nil
	}
	return new(*v + 0)
}

func epochOf(v *float64) *int64 { // R7
	if v != nil && *v < 1e11 {
		v = new(*v * 1000)
	}
	if v != nil && math.Round(*v) >= 7289654400000 { // the year 2201
		return nil
	}
	return spanOf(v)
}

func spanOf(v *float64) *int64 { // R7
	if v == nil || *v < 0 || math.Round(*v) > 1<<53 {
		return nil
	}
	return new(int64(math.Round(*v)))
}

func wholeOf(v *float64) *int32 {
	if v == nil || *v < 0 || *v > math.MaxInt32 || *v != math.Floor(*v) {
		return nil
	}
	return new(int32(*v))
}

func sizeOf(v *float64) *float64 {
	if v == nil || *v < 0 {
		return nil
	}
	return v
}

func textOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// relate makes the times of a row's events relative to the whole second before the first.
func relate(r *schema.ImageNetAnnotation) {
	var times []**int64
	for i := range r.Clicks {
		times = append(times, &r.Clicks[i].T)
	}
	for i := range r.Mouse {
		times = append(times, &r.Mouse[i].T)
	}
	for i := range r.Hovers {
		times = append(times, &r.Hovers[i].T)
	}
	for _, t := range times {
		if *t == nil {
			continue
		}
		if second := int64(math.Floor(float64(**t-1)/1000)) * 1000; r.T0 == nil || second < *r.T0 {
			r.T0 = &second
		}
	}
	for _, t := range times {
		if *t != nil {
			*t = new(**t - *r.T0)
		}
	}
}

func (p *plainTree) entries(name string) (list []*plainTree) {
	for _, e := range p.all(name) {
		if len(e.kids) > 0 {
			list = append(list, e)
		}
	}
	return list
}

func (p *plainTree) points(name string) []schema.Point {
	list := []schema.Point{}
	for _, e := range p.entries(name) {
		list = append(list, schema.Point{T: epochOf(e.num("time")), X: coordOf(e.num("x")), Y: coordOf(e.num("y"))})
	}
	return list
}

// plainImage is what the second reader makes of an annotation file.
type plainImage struct {
	id, class string
	w, h      int32 // that boxes are scaled by
	boxes     []schema.Box
	rows      []schema.ImageNetAnnotation
}

var wnid = regexp.MustCompile(`^n[0-9]{8}_`)

func classOf(id string) string {
	if wnid.MatchString(id) {
		return id[:9]
	}
	return ""
}

func splitID(id string) (class, name string) {
	id, _, _ = strings.Cut(id, "?")
	parts := separator.Split(id, -1)
	if len(parts) == 2 {
		class = parts[0]
	}
	name = parts[len(parts)-1]
	if strings.Contains(name, "%s") {
		name = ""
	}
	return class, imageEnding.ReplaceAllString(name, "")
}

var (
	separator   = regexp.MustCompile(`[/\\]`)
	imageEnding = regexp.MustCompile(`(?i)\.(jpe?g|png|webp|bmp|tiff?|gif)$`)
)

func plainRead(root *plainTree, member string) (x plainImage) {
	showings := root.all("metadata")
	imageID := ""
	for _, m := range showings {
		if imageID == "" {
			imageID = m.str("imageID")
		}
	}
	idClass, idName := splitID(imageID)
	x.id = root.str("filename")
	if x.id == "" {
		x.id = idName
	}
	if x.id == "" {
		x.id = member
	}
	class := root.str("folder")
	if class == "" {
		class = classOf(x.id)
	}
	if x.class = idClass; idClass == "" {
		x.class = class
	}
	if s := root.first("size"); s != nil {
		if w, h := wholeOf(s.num("width")), wholeOf(s.num("height")); w != nil && h != nil && *w > 0 && *h > 0 {
			x.w, x.h = *w, *h
		}
	}
	for _, m := range showings {
		w, h := wholeOf(m.num("originalImageWidth")), wholeOf(m.num("originalImageHeight"))
		if x.w == 0 && w != nil && h != nil && *w > 0 && *h > 0 {
			x.w, x.h = *w, *h
		}
		r := schema.ImageNetAnnotation{
			ImageID: x.id, WorkerID: textOf(m.str("worker_id")), AssignmentID: textOf(m.str("assignment_id")), HITID: textOf(m.str("hit_id")),
			ImageNetHITID: textOf(m.str("imagenet_hit_id")), HITSubmitTime: epochOf(m.num("hit_submit_time")), PageIdx: wholeOf(m.num("page_idx")),
			ImageIdx: wholeOf(m.num("image_idx")), PositionX: m.first("imagePosition").num("x"), PositionY: m.first("imagePosition").num("y"),
			ImageWidth: sizeOf(m.num("imageWidth")), ImageHeight: sizeOf(m.num("imageHeight")), OrigWidth: w, OrigHeight: h,
			SelectedCount: wholeOf(m.num("selectedCount")), HoveredCount: wholeOf(m.num("hoveredCount")), EstimateTime: spanOf(m.num("estimateTime")),
			Clicks: m.points("selectedRecord"), Mouse: m.points("mouseTracking"),
		}
		r.Hovers = []schema.Hover{}
		for _, e := range m.entries("hoveredRecord") {
			r.Hovers = append(r.Hovers, schema.Hover{T: epochOf(e.num("time")), Action: textOf(e.str("action"))})
		}
		switch m.str("selected") {
		case "True", "true":
			r.Selected = new(true)
		case "False", "false":
			r.Selected = new(false)
		}
		own, _ := splitID(m.str("imageID"))
		if own == "" {
			own = class
		}
		r.Class = textOf(own)
		relate(&r)
		x.rows = append(x.rows, r)
	}
	for _, o := range root.all("object") {
		b := o.first("bndbox")
		x0, y0, x1, y1 := b.num("xmin"), b.num("ymin"), b.num("xmax"), b.num("ymax")
		if x0 != nil && y0 != nil && x1 != nil && y1 != nil && *x1 > *x0 && *y1 > *y0 {
			x.boxes = append(x.boxes, schema.Box{XMin: *x0, YMin: *y0, XMax: *x1, YMax: *y1})
		}
	}
	return x
}

// agree compares what the two readers made of a record.
func agree(t *testing.T, data []byte, second, got any) {
	t.Helper()
	if reflect.DeepEqual(second, got) { // quick, but an empty list is not a missing one
		return
	}
	if d := cmp.Diff(second, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(plainImage{})); d != "" {
		t.Fatalf("(-second reader +got)\n%s\n%q", d, data)
	}
}

func TestXMLEqualsSecondReader(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for range 500 {
		data := randtext.XML(r, 2+r.IntN(30))
		root, err := plainXML(data)
		if err != nil {
			t.Fatalf("%v\n%q", err, data)
		}
		want := plainRead(root, "n01440764_7")
		b := newBatch()
		b.readXML(data, XMLRecord, "n01440764_7")
		if len(b.Records) != 1 {
			t.Fatalf("left out: %v\n%q", b.Rejects, data)
		}
		x := &b.Records[0]
		got := plainImage{id: x.ID, class: x.Fact.Class, boxes: x.Fact.Boxes, rows: rowsOf(b)}
		if got.w, got.h = x.Fact.SizeW, x.Fact.SizeH; got.w == 0 {
			got.w, got.h = x.Fact.ShownW, x.Fact.OrigH
		}
		agree(t, data, want, got)
	}
}

// object is a JSON object as the second reader sees it.
type plainObject map[string]any

func (o plainObject) num(keys ...string) *float64 {
	for _, k := range keys {
		if o[k] != nil {
			n, ok := o[k].(json.Number)
			if !ok {
				return nil
			}
			return finite(string(n))
		}
	}
	return nil
}

func (o plainObject) str(keys ...string) string {
	for _, k := range keys {
		switch v := o[k].(type) {
		case nil:
			continue
		case string:
			return v
		case json.Number:
			return string(v)
		}
		return ""
	}
	return ""
}

func (o plainObject) flag(key string) *bool {
	if v, ok := o[key].(bool); ok {
		return &v
	}
	return nil
}

func (o plainObject) object(key string) plainObject {
	v, _ := o[key].(map[string]any)
	return v
}

// entries of a list; what is no object among them is an empty one.
func (o plainObject) entries(key string) (list []plainObject) {
	items, _ := o[key].([]any)
	for _, x := range items {
		e, _ := x.(map[string]any)
		list = append(list, e)
	}
	return list
}

func (o plainObject) points(key string) []schema.Point {
	list := []schema.Point{}
	for _, e := range o.entries(key) {
		list = append(list, schema.Point{T: epochOf(e.num("time")), X: coordOf(e.num("x")), Y: coordOf(e.num("y"))})
	}
	return list
}

// plainContext is what stands around a record.
type plainContext struct {
	rec, page, outer plainObject
	slot             *int32
	ended            *float64
}

// id is an identifier: the record's own, else its page's, else the wrapper's, as strings.
func (c plainContext) id(keys ...string) string {
	if s := c.rec.str(keys...); s != "" {
		return s
	}
	for _, o := range []plainObject{c.page, c.outer} {
		for _, k := range keys {
			if s, _ := o[k].(string); s != "" {
				return s
			}
		}
	}
	return ""
}

// flatten lists the records within a JSON value.
func flatten(o plainObject) (list []plainContext) {
	page := func(p, outer plainObject, ended *float64) {
		if p["endedAt"] != nil {
			ended = p.num("endedAt")
		}
		if rec := p.object("annotation"); rec != nil {
			list = append(list, plainContext{rec: rec, page: p, outer: outer, ended: ended})
			return
		}
		items, _ := p["annotations"].([]any)
		for i, x := range items {
			if rec, ok := x.(map[string]any); ok {
				list = append(list, plainContext{rec: rec, page: p, outer: outer, slot: new(int32(i)), ended: ended})
			}
		}
	}
	if pages, ok := o["pages"].([]any); ok {
		for _, p := range pages {
			if p, ok := p.(map[string]any); ok {
				page(p, o, nil)
			}
		}
		return list
	}
	_, many := o["annotations"]
	_, one := o["annotation"]
	switch p := o.object("page"); {
	case p != nil:
		page(p, o, o.num("endedAt"))
	case many || one:
		page(o, nil, nil)
	default:
		return []plainContext{{rec: o}}
	}
	return list
}

func plainImageNet(c plainContext) (schema.ImageNetAnnotation, bool) {
	o := c.rec
	imageID, _ := o["imageID"].(string)
	class, id := splitID(imageID)
	if class == "" {
		class = classOf(id)
	}
	r := schema.ImageNetAnnotation{
		ImageID: id, Class: textOf(class), WorkerID: textOf(c.id("worker_id", "workerID")), AssignmentID: textOf(c.id("assignment_id", "assignmentID")),
		HITID: textOf(c.id("hit_id", "hitID")), ImageNetHITID: textOf(c.id("imagenet_hit_id", "imageNetHitID")),
		HITSubmitTime: epochOf(o.num("hit_submit_time")), PageIdx: wholeOf(o.num("page_idx", "pageno")), ImageIdx: wholeOf(o.num("image_idx")),
		PageStarted: epochOf(c.page.num("startedAt")), PageEnded: epochOf(c.ended),
		PositionX: o.object("imagePosition").num("x"), PositionY: o.object("imagePosition").num("y"),
		ImageWidth: sizeOf(o.num("imageWidth")), ImageHeight: sizeOf(o.num("imageHeight")),
		OrigWidth: wholeOf(o.num("originalImageWidth")), OrigHeight: wholeOf(o.num("originalImageHeight")), Selected: o.flag("selected"),
		SelectedCount: wholeOf(o.num("selectedCount")), HoveredCount: wholeOf(o.num("hoveredCount")), EstimateTime: spanOf(o.num("estimateTime")),
		Clicks: o.points("selectedRecord"), Mouse: o.points("mouseTracking"),
	}
	if count := r.SelectedCount; o["selectedRecord"] == nil && count != nil && *count > 0 {
		r.Clicks = o.points("mousePoint")
		if p := o.object("mousePoint"); p != nil {
			r.Clicks = plainObject{"p": []any{map[string]any(p)}}.points("p")
		}
	}
	r.Hovers = []schema.Hover{}
	for _, e := range o.entries("hoveredRecord") {
		r.Hovers = append(r.Hovers, schema.Hover{T: epochOf(e.num("time")), Action: textOf(e.str("action"))})
	}
	if r.PageIdx == nil {
		r.PageIdx = wholeOf(c.page.num("pageno"))
	}
	if r.ImageIdx == nil {
		r.ImageIdx = c.slot
	}
	if s, ok := c.page["id"].(string); ok {
		r.PageUUID = textOf(s)
	}
	relate(&r)
	return r, id != ""
}

var numberInURL = regexp.MustCompile(`(?:^|[^0-9])([0-9]+)(\.[^./]*)?$`)

// plainID is an integer id: a JSON number or digits in quotes, exactly.
func plainID(v any) (int64, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = string(v)
	case string:
		if !regexp.MustCompile(`^[0-9]+$`).MatchString(v) {
			return 0, false
		}
		text = v
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok || !n.IsInt() || !n.Num().IsInt64() {
		return 0, false
	}
	return n.Num().Int64(), true
}

func plainCOCO(c plainContext) (schema.COCOAnnotation, bool) {
	o := c.rec
	r := schema.COCOAnnotation{
		WorkerID: textOf(c.id("worker_id", "workerID")), AssignmentID: textOf(c.id("assignment_id", "assignmentID")),
		HITID: textOf(c.id("hit_id", "hitID")), PageIdx: wholeOf(o.num("page_id", "pageno")),
		PageStarted: epochOf(c.page.num("startedAt")), PageEnded: epochOf(c.ended),
		ImageWidth: sizeOf(o.num("imageWidth")), ImageHeight: sizeOf(o.num("imageHeight")),
		OrigWidth: wholeOf(o.num("originalImageWidth")), OrigHeight: wholeOf(o.num("originalImageHeight")), TimeSpent: spanOf(o.num("timeSpent", "timeSpend")),
	}
	if r.HITID == nil {
		r.HITID = r.AssignmentID
	}
	for _, page := range []*float64{o.num("page_idx"), c.page.num("pageno")} {
		if r.PageIdx == nil {
			r.PageIdx = wholeOf(page)
		}
	}
	if s, ok := c.page["id"].(string); ok {
		r.PageUUID = textOf(s)
	}
	for _, e := range o.entries("actionHistories") {
		from, to := e.object("pointFrom"), e.object("pointTo")
		r.Actions = append(r.Actions, schema.Action{
			Type: textOf(e.str("actionType")), Icon: textOf(e.str("iconType")), T: spanOf(e.num("timeAt")),
			FromX: coordOf(from.num("x")), FromY: coordOf(from.num("y")), ToX: coordOf(to.num("x")), ToY: coordOf(to.num("y")),
		})
	}
	for _, e := range o.entries("categoryHistories") {
		r.Browsing = append(r.Browsing, schema.Browse{CategoryIdx: wholeOf(e.num("categoryIndex")), Category: textOf(e.str("categoryName")),
			Keyboard: e.flag("usingKeyboard"), T: spanOf(e.num("timeAt"))})
	}
	for _, e := range o.entries("mouseTracking") {
		r.Mouse = append(r.Mouse, schema.Sample{T: spanOf(e.num("timeAt")), X: coordOf(e.num("x")), Y: coordOf(e.num("y"))})
	}
	names, _ := o["categories"].([]any)
	for _, n := range names {
		if s, ok := n.(string); ok {
			r.Categories = append(r.Categories, s)
		}
	}
	url, _ := o["imageURL"].(string)
	url = regexp.MustCompile(`[?#].*`).ReplaceAllString(url, "")
	if id, ok := plainID(o["image_id"]); ok {
		r.ImageID = id
		return r, true
	} else if m := numberInURL.FindStringSubmatch(url); o["image_id"] == nil && m != nil {
		id, err := strconv.ParseInt(m[1], 10, 64)
		r.ImageID = id
		return r, err == nil
	}
	return r, false
}

func TestJSONEqualsSecondReader(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	rows := 0
	for i := range 1600 {
		coco := i%2 == 0
		data := randtext.Wrapped(r, coco, 2+r.IntN(30))
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var o map[string]any
		if err := d.Decode(&o); err != nil {
			t.Fatalf("%v\n%q", err, data)
		}
		var in []schema.ImageNetAnnotation
		var co []schema.COCOAnnotation
		for _, c := range flatten(o) {
			if coco {
				if row, ok := plainCOCO(c); ok {
					co = append(co, row)
				}
			} else if row, ok := plainImageNet(c); ok {
				in = append(in, row)
			}
		}
		b := newBatch()
		b.readValue(&scan.Scanner{Data: data}, setIf(coco), data)
		agree(t, data, in, rowsOf(b))
		agree(t, data, co, cocoRowsOf(b))
		rows += len(in) + len(co)
	}
	if rows < 1000 {
		t.Errorf("only %d rows were compared", rows)
	}
}
