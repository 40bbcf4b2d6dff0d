package synth

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"slices"
	"strings"
	"testing"
)

type xmlPoint struct {
	Time int64   `xml:"time"`
	X    float64 `xml:"x"`
	Y    float64 `xml:"y"`
	Text string  `xml:",chardata"`
}

type xmlFile struct {
	Size struct {
		Width  float64 `xml:"width"`
		Height float64 `xml:"height"`
	} `xml:"size"`
	Objects []struct {
		Box struct {
			XMin float64 `xml:"xmin"`
			YMin float64 `xml:"ymin"`
			XMax float64 `xml:"xmax"`
			YMax float64 `xml:"ymax"`
		} `xml:"bndbox"`
	} `xml:"object"`
	Showings []struct {
		Selected string     `xml:"selected"`
		Submit   int64      `xml:"hit_submit_time"`
		Mouse    []xmlPoint `xml:"mouseTracking"`
		Clicks   []xmlPoint `xml:"selectedRecord"`
	} `xml:"metadata"`
}

func (f *xmlFile) hit(p xmlPoint) bool {
	for _, o := range f.Objects {
		b := o.Box
		if p.X >= b.XMin/f.Size.Width && p.X <= b.XMax/f.Size.Width && p.Y >= b.YMin/f.Size.Height && p.Y <= b.YMax/f.Size.Height {
			return true
		}
	}
	return false
}

func entriesOf(ps []xmlPoint) []xmlPoint {
	if len(ps) == 1 && strings.TrimSpace(ps[0].Text) == "None" {
		return nil
	}
	return ps
}

// TestImageNetStatistics: the simulated data look like the published ones from afar.
func TestImageNetStatistics(t *testing.T) {
	out, res := simulate(t, ImageNet, Options{Images: 6000, Format: "tar"})
	var n, shown, selected, boxed, listed, hits, samples, entryHits, entries float64
	members(t, read(t, out, imagenetForms["tar"].name), func(name string, data []byte) {
		if n++; int(n)%6 != 0 { // a sample is enough
			return
		}
		var f xmlFile
		if err := xml.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		var click *xmlPoint
		var trace []xmlPoint
		for _, s := range f.Showings {
			shown++
			mouse := entriesOf(s.Mouse)
			samples += float64(len(mouse))
			for i := 1; i < len(mouse); i++ {
				if mouse[i].Time < mouse[i-1].Time {
					t.Fatalf("%s: samples out of order", name)
				}
			}
			for _, p := range mouse {
				if p.Time/1000 > s.Submit || p.Time < roundOne {
					t.Fatalf("%s: a sample at %d, submitted at %d s", name, p.Time, s.Submit)
				}
			}
			if c := entriesOf(s.Clicks); s.Selected == "True" {
				click, trace = &c[len(c)-1], mouse
			}
		}
		if len(f.Objects) > 0 {
			listed++
		}
		if click == nil {
			return
		}
		selected++
		if len(f.Objects) == 0 {
			return
		}
		boxed++
		if f.hit(*click) {
			hits++
		}
		if len(trace) > 0 {
			entries++
			if f.hit(trace[0]) {
				entryHits++
			}
		}
	})
	if int64(n) != res.Images {
		t.Errorf("%v members, %d images", n, res.Images)
	}
	n = math.Floor(n / 6)
	within(t, "share selected", selected/n, 0.82, 0.91)
	within(t, "share with boxes", listed/n, 0.39, 0.45)
	within(t, "clicks in a box", hits/boxed, 0.78, 0.88)
	within(t, "first samples in a box", entryHits/entries, 0.25, 0.5)
	within(t, "samples a showing", samples/shown, 12, 20)
	within(t, "showings an image", shown/n, 1.05, 1.2)
}

func within(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	if !(got >= lo && got <= hi) {
		t.Errorf("%s: %.3f, want %.3f to %.3f", what, got, lo, hi)
	}
}

// TestTruthIsTrue: the clicks of each worker scatter as truth/workers.jsonl says.
func TestTruthIsTrue(t *testing.T) {
	p := newPlan(Options{Seed: 3, Images: 20000})
	d := newDice()
	for k := range 6 {
		w := &p.workers[k]
		w.Diligence, w.CentreBias = 1, 0
		s := showing{w: 300, h: 225, content: &content{w: 400, h: 300, boxes: []box{{40, 30, 240, 180}}}}
		d.set(1, stageShowing, uint64(k))
		var sum, squares float64
		const n = 20000
		for range n {
			s.target(w, d)
			u := (s.aim[0]*400 - 40) / 200
			sum += u
			squares += u * u
		}
		mean := sum / n
		within(t, "mean click in the box", mean, 0.49, 0.54)
		within(t, "sd of clicks, of the worker's", math.Sqrt(squares/n-mean*mean)/w.ClickSD, 0.97, 1.03)
	}
}

// TestCOCOStatistics reads the release and the instances as a user would.
func TestCOCOStatistics(t *testing.T) {
	out, res := simulate(t, COCO, Options{Images: 900})
	var records []struct {
		ImageID int64 `json:"image_id"`
		Actions []struct {
			Type string `json:"actionType"`
			Icon string `json:"iconType"`
			To   *struct{ X, Y float64 }
		} `json:"actionHistories"`
		Steps []struct {
			CategoryIndex int
		} `json:"categoryHistories"`
		Mouse []struct{ X *float64 } `json:"mouseTracking"`
	}
	if err := json.Unmarshal(read(t, out, cocoForms["json"].name), &records); err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Images []struct {
			ID            int64
			Width, Height int
		}
		Categories  []struct{ Name string }
		Annotations []struct {
			ID           int64
			ImageID      int64 `json:"image_id"`
			Area         float64
			IsCrowd      int
			Segmentation any
		}
	}
	if err := json.Unmarshal(read(t, out, "instances_train2014.json"), &truth); err != nil {
		t.Fatal(err)
	}
	if len(truth.Images) != 900 || len(truth.Categories) != 80 || int64(len(records)) != res.Records {
		t.Fatalf("%d images, %d categories, %d records", len(truth.Images), len(truth.Categories), len(records))
	}
	pixels, ids := map[int64]int{}, map[int64]bool{}
	for _, i := range truth.Images {
		pixels[i.ID] = i.Width * i.Height
	}
	crowds := 0
	for _, a := range truth.Annotations {
		if ids[a.ID] {
			t.Fatalf("annotation id %d twice", a.ID)
		}
		ids[a.ID] = true
		if a.IsCrowd == 0 {
			continue
		}
		crowds++
		var counts []uint32
		switch c := a.Segmentation.(map[string]any)["counts"].(type) {
		case string:
			counts = appendCounts(nil, []byte(c))
		case []any:
			for _, v := range c {
				counts = append(counts, uint32(v.(float64)))
			}
		}
		all, set := 0, 0
		for i, n := range counts {
			all += int(n)
			set += int(n) * (i % 2)
		}
		if all != pixels[a.ImageID] || float64(set) != a.Area {
			t.Errorf("a crowd of %d runs covers %d of %d pixels and has %d set, area %v", len(counts), all, pixels[a.ImageID], set, a.Area)
		}
	}
	within(t, "share of crowds", float64(crowds)/float64(len(truth.Annotations)), 0.005, 0.02)
	simple, kept, icons := 0.0, 0.0, 0.0
	for _, r := range records {
		histories := map[string][]string{}
		for _, a := range r.Actions {
			histories[a.Icon] = append(histories[a.Icon], a.Type)
		}
		for _, h := range histories {
			icons++
			if h[0] != "add" {
				t.Errorf("a history %v", h)
			}
			if h[len(h)-1] != "remove" {
				kept++
				if len(h) == 1 {
					simple++
				}
			}
		}
		if n := len(r.Steps); n < 10 || r.Steps[n-1].CategoryIndex != 10 {
			t.Errorf("image %d: %d steps", r.ImageID, n)
		}
	}
	within(t, "icons with history add", simple/kept, 0.92, 0.98)
	within(t, "icons a page", icons/float64(len(records)), 1.4, 2.4)
	within(t, "bytes a record", float64(res.Files[0].Bytes)/float64(res.Records), 4000, 5600)
}

// TestDamageLedger: each damaged record is in the ledger, and shows its damage.
func TestDamageLedger(t *testing.T) {
	for _, c := range everything {
		o := c.o
		o.Images, o.Dirty = 300, 0.4
		if o.Format == "folder" {
			o.Images = 150
		}
		out, res := simulate(t, c.run, o)
		seen := map[string]int{}
		lines := bytes.Split(bytes.TrimSuffix(read(t, out, "truth", "damage.jsonl"), []byte("\n")), []byte("\n"))
		if int64(len(lines)) != res.Damaged {
			t.Errorf("%s: %d lines, %d damaged", c.name, len(lines), res.Damaged)
		}
		for _, l := range lines {
			var i injury
			if err := json.Unmarshal(l, &i); err != nil {
				t.Fatal(err)
			}
			if i.Record < 1 || i.Record > res.Records || i.Image == "" || i.Reason == "" {
				t.Errorf("%s: an odd line %s", c.name, l)
			}
			seen[i.Effect]++
			seen[i.Kind]++
		}
		undamaged := res.Records - int64(seen["duplicate"])
		within(t, c.name+": share damaged", float64(res.Damaged)/float64(undamaged), 0.33, 0.47)
		if seen[effectReject] == 0 || seen[effectNull] == 0 || seen[effectRepair] == 0 {
			t.Errorf("%s: effects %v", c.name, seen)
		}
	}
}

// TestDamagedXML: what the ledger calls malformed does not parse; what should be read does.
func TestDamagedXML(t *testing.T) {
	out, _ := simulate(t, ImageNet, Options{Images: 1200, Format: "tar", Dirty: 1})
	malformed := []string{"truncated", "unclosed", "empty_member", "not_xml", "entity", "not_utf8", "two_roots"}
	injuries := map[string]injury{}
	for line := range bytes.Lines(read(t, out, "truth", "damage.jsonl")) {
		var i injury
		if err := json.Unmarshal(line, &i); err != nil {
			t.Fatal(err)
		}
		injuries[i.Member] = i
	}
	kinds := map[string]bool{}
	members(t, read(t, out, imagenetForms["tar"].name), func(name string, data []byte) {
		i := injuries[name]
		kinds[i.Kind] = true
		if i.Kind == "doctype" { // encoding/xml does not expand the entity that the DOCTYPE declares
			return
		}
		if want := !slices.Contains(malformed, i.Kind); wellFormed(data) != want {
			t.Errorf("%s, %s: well-formed %t, want %t\n%s", name, i.Kind, !want, want, data)
		}
	})
	for _, f := range xmlDefects {
		if !kinds[f.kind] {
			t.Errorf("no record has defect %s", f.kind)
		}
	}
}
