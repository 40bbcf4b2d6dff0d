package features_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"abtool/features"
)

// The rules of the public loaders, L1 and L2, written from the definitions alone, on the raw files:
// encoding/xml and encoding/json read them, and nothing of the store or of package features is used.

type rawMetadata struct {
	ImageID  string `xml:"imageID"`
	Selected string `xml:"selected"`
	Clicks   []struct {
		X *string `xml:"x"`
		Y *string `xml:"y"`
	} `xml:"selectedRecord"`
}

type rawAnnotation struct {
	XMLName  xml.Name
	Filename *string       `xml:"filename"`
	Metadata []rawMetadata `xml:"metadata"`
}

var xmlNumber = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// coordinate is R5 and R6.
func coordinate(text *string) float64 {
	if text == nil {
		return math.NaN()
	}
	s := strings.TrimSpace(*text)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !xmlNumber.MatchString(s) || math.Abs(v) > 100 {
		return math.NaN()
	}
	return v
}

// usable is R2.
func usable(b []byte) bool {
	if len(b) == 0 || !utf8.Valid(b) {
		return false
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	depth, roots := 0, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		switch x := tok.(type) {
		case xml.Directive:
			return false
		case xml.StartElement:
			if depth == 0 {
				if roots++; roots > 1 || x.Name.Local != "annotation" {
					return false
				}
			}
			if depth++; depth > 256 {
				return false
			}
		case xml.EndElement:
			depth--
		}
	}
}

// loaderMean is L1 for every image of the archive.
func loaderMean(t *testing.T, archive string) map[string][2]float64 {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out, seen := map[string][2]float64{}, map[string]bool{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		name := path.Base(h.Name)
		if h.Typeflag != tar.TypeReg || strings.HasPrefix(name, "._") || !strings.HasSuffix(name, ".xml") {
			continue
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var a rawAnnotation
		if !usable(b) || xml.Unmarshal(b, &a) != nil {
			continue
		}
		id := strings.TrimSuffix(name, ".xml")
		if a.Filename != nil && strings.TrimSpace(*a.Filename) != "" {
			id = strings.TrimSpace(*a.Filename)
		} else if len(a.Metadata) > 0 && a.Metadata[0].ImageID != "" {
			id = path.Base(strings.TrimSpace(a.Metadata[0].ImageID))
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		if x, y, ok := meanOfFirst(a.Metadata); ok {
			out[id] = [2]float64{x, y}
		}
	}
}

func meanOfFirst(all []rawMetadata) (x, y float64, ok bool) {
	n := 0.0
	for _, m := range all {
		if s := strings.TrimSpace(m.Selected); s != "True" && s != "true" {
			continue
		}
		if len(m.Clicks) == 0 {
			return 0, 0, false
		}
		cx, cy := coordinate(m.Clicks[0].X), coordinate(m.Clicks[0].Y)
		if math.IsNaN(cx) || math.IsNaN(cy) {
			return 0, 0, false
		}
		x, y, n = x+cx, y+cy, n+1
	}
	return x / n, y / n, n > 0
}

func TestLoaderMean(t *testing.T) {
	s := sample(t)
	want := loaderMean(t, s.imagenet)
	got := 0
	for _, x := range all(t, s.store, features.Options{Rules: []string{"loader-mean"}}) {
		w, ok := want[x.Image]
		if !ok || math.Abs(x.X-w[0]) > 1e-12 || math.Abs(x.Y-w[1]) > 1e-12 {
			t.Errorf("%s: (%v, %v), the loader has %v", x.Image, x.X, x.Y, w)
		}
		got++
	}
	if got != len(want) || got < 1800 {
		t.Errorf("%d images have a mean, the loader has %d", got, len(want))
	}
}

// cocoNames is the public loader's list of 91 names; a class's number is its place, from 1.
var cocoNames = strings.Split("person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,street sign,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,"+
	"cow,elephant,bear,zebra,giraffe,hat,backpack,umbrella,shoe,eye glasses,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,"+
	"tennis racket,bottle,plate,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,mirror,dining table,"+
	"window,desk,toilet,door,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,blender,book,clock,vase,scissors,teddy bear,hair drier,toothbrush,hair brush", ",")

type rawPlace struct{ X, Y json.RawMessage }

type rawAction struct {
	ActionType json.RawMessage
	IconType   json.RawMessage
	PointTo    json.RawMessage
}

type rawPage struct {
	ImageID json.RawMessage `json:"image_id"`
	Width   json.RawMessage `json:"originalImageWidth"`
	Height  json.RawMessage `json:"originalImageHeight"`
	Actions json.RawMessage `json:"actionHistories"`
}

// jsonNumber is R5 for JSON.
func jsonNumber(b json.RawMessage) float64 {
	if len(b) == 0 || strings.IndexByte("-0123456789", b[0]) < 0 {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

type classPoint struct {
	image string
	class int
}

// loaderAdds is L2 for every page: whole pixels by image and class.
func loaderAdds(t *testing.T, file string) map[classPoint][4]float64 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var records []json.RawMessage
	if err := json.Unmarshal(bytes.ToValidUTF8(b, []byte("\ufffd")), &records); err != nil {
		t.Fatal(err)
	}
	out, seen := map[classPoint][4]float64{}, map[string]bool{}
	for _, r := range records {
		var p rawPage
		if json.Unmarshal(r, &p) != nil {
			continue
		}
		id, err := strconv.ParseInt(string(p.ImageID), 10, 64)
		image := strconv.FormatInt(id, 10)
		if err != nil || seen[image] {
			continue
		}
		seen[image] = true
		width, height := jsonNumber(p.Width), jsonNumber(p.Height)
		var actions []json.RawMessage
		json.Unmarshal(p.Actions, &actions)
		for _, raw := range actions {
			var a rawAction
			var kind, icon string
			var at rawPlace
			if json.Unmarshal(raw, &a) != nil || json.Unmarshal(a.ActionType, &kind) != nil || json.Unmarshal(a.IconType, &icon) != nil || json.Unmarshal(a.PointTo, &at) != nil {
				continue
			}
			x, y := jsonNumber(at.X), jsonNumber(at.Y)
			if kind != "add" || !(math.Abs(x) <= 100) || !(math.Abs(y) <= 100) {
				continue
			}
			for i, name := range cocoNames {
				if name == icon {
					out[classPoint{image, i + 1}] = [4]float64{math.Trunc(y * height), math.Trunc(x * width), y, x}
				}
			}
		}
	}
	return out
}

func TestLoaderAdds(t *testing.T) {
	s := sample(t)
	want := loaderAdds(t, s.coco)
	got := 0
	for _, x := range all(t, s.store, features.Options{Rules: []string{"final-add"}}) {
		w, ok := want[classPoint{x.Image, int(x.ClassIndex)}]
		if !ok || x.Y != w[2] || x.X != w[3] {
			t.Errorf("%s %s (%d): (%v, %v), the loader has %v", x.Image, x.Class, x.ClassIndex, x.Y, x.X, w)
		}
		if !math.IsNaN(w[0]) && !math.IsNaN(w[1]) && (float64(x.PixelY) != w[0] || float64(x.PixelX) != w[1]) {
			t.Errorf("%s %s: pixel (%d, %d), the loader has (%v, %v)", x.Image, x.Class, x.PixelY, x.PixelX, w[0], w[1])
		}
		got++
	}
	if got != len(want) || got < 500 {
		t.Errorf("%d icons have a last add, the loader has %d", got, len(want))
	}
}

// Every point of ImageNet, against the same rules written in SQL.
func TestSQL(t *testing.T) {
	s := sample(t)
	text, err := os.ReadFile("../internal/bench/targets.sql")
	if err != nil {
		t.Fatal(err)
	}
	d := db(t, s.store)
	d.SetMaxOpenConns(1) // that has the temporary tables
	statements := strings.Split(string(text), ";\n")
	last := len(statements) - 2 // after it there is nothing
	for _, statement := range statements[:last] {
		if _, err := d.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := d.Query(statements[last])
	if err != nil {
		t.Fatal(err)
	}
	type point struct {
		x, y, weight float64
		annotation   int64
		worker       string
	}
	want := map[string]point{}
	for rows.Next() {
		var image, rule string
		var annotation sql.NullInt64
		var worker sql.NullString
		var p point
		if err := rows.Scan(&image, &rule, &p.x, &p.y, &annotation, &worker, &p.weight); err != nil {
			t.Fatal(err)
		}
		if p.annotation = -1; annotation.Valid {
			p.annotation = annotation.Int64
		}
		p.worker = worker.String
		want[rule+" "+image] = p
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, x := range all(t, s.store, features.Options{Set: features.ImageNet, Rules: []string{"all"}, Seed: 1}) {
		w, ok := want[x.Rule+" "+x.Image]
		if !ok || math.Abs(x.X-w.x) > 1e-12 || math.Abs(x.Y-w.y) > 1e-12 || x.Weight != w.weight || x.Annotation != w.annotation || x.Worker != w.worker {
			t.Errorf("%s of %s: %+v, SQL has %+v (%v)", x.Rule, x.Image, x, w, ok)
		}
		got++
	}
	if got != len(want) || got < 10_000 {
		t.Errorf("%d points, SQL has %d", got, len(want))
	}
}
