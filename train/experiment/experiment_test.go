package experiment

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/features"
	"abtool/ingest"
	"abtool/internal/stat"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/run"
)

func readSimulated(ctx context.Context, byproducts, boxes, store string) error {
	sum, err := ingest.Run(ctx, ingest.Options{Sources: []string{byproducts}, Boxes: []string{boxes}, Out: store, Force: true})
	if err == nil && sum.Rejected() > 0 {
		err = fmt.Errorf("%d records were rejected", sum.Rejected())
	}
	return err
}

// wardrobeAt writes files of Fashion-MNIST's names and format: garments are rectangles, wider by class.
func wardrobeAt(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range []struct {
		name string
		n    int
	}{{"train", 120}, {"t10k", 40}} {
		images := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(f.n))
		images = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(images, garment), garment)
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(f.n))
		for i := range f.n {
			class := i % 10
			pixels := make([]byte, garment*garment)
			for y := 4; y < 24; y++ {
				for x := 3; x < 8+2*class; x++ {
					pixels[y*garment+x] = byte(150 + i%100)
				}
			}
			images, labels = append(images, pixels...), append(labels, byte(class))
		}
		for name, b := range map[string][]byte{f.name + "-images-idx3-ubyte": images, f.name + "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

const small = `
title = "small"
supervision = ["none", "rand", "luab"]
lambda = [1, 10]
seed = [1, 2]
choose = "validation"
[garments]
images = 120
validation = 20
test = 20
correlation = 0.5
amplitude = 0.2
[recipe]
arch = "cnn5"
size = 32
epochs = 1
batch = 20
warmup_epochs = 0
min_scale = 0.5
crop_ratio = 1
`

func plan(t testing.TB, text string) *Plan {
	t.Helper()
	p, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if p.Garments != nil {
		p.Garments.Folder = wardrobeAt(t)
	}
	return p
}

func newEngine(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }

// untimed returns results as text, without the times, which differ from run to run.
func untimed(r *Result) string {
	for _, a := range r.Arms {
		a.Seconds = 0
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Run trains all arms and writes all tables. Results are the same for any number of jobs, and a second call
// trains nothing.
func TestGarments(t *testing.T) {
	p := plan(t, small)
	out := filepath.Join(t.TempDir(), "out")
	r, err := Run(t.Context(), p, Options{Out: out, New: newEngine, Ingest: readSimulated, Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Arms) != 8 || len(r.Cells) != 3*4 || len(r.Differences) != 3*(3+1) {
		t.Errorf("%d arms, %d cells, %d differences", len(r.Arms), len(r.Cells), len(r.Differences))
	}
	if r.Lambda != 1 && r.Lambda != 10 {
		t.Errorf("Run chose lambda %v, which is not in the plan", r.Lambda)
	}
	for _, c := range r.Cells {
		if c.Supervision == data.Rand && c.Lambda != r.Lambda {
			t.Errorf("rand was trained with lambda %v, want the chosen one", c.Lambda)
		}
		if (c.Localised == nil) != (c.Supervision == data.None) {
			t.Errorf("%s: points on objects %v", c.Supervision, c.Localised)
		}
	}
	for _, name := range []string{"results.json", "results.md", planName, "data/seed-2/targets.parquet", "data/seed-2/store/store.json", "arms/luab-10-seed-2/epoch-0001.safetensors"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	again, err := Run(t.Context(), p, Options{Out: out, New: func(engine.Config) (engine.Engine, error) { return nil, errors.New("an arm is trained twice") }})
	if err != nil || untimed(again) != untimed(r) {
		t.Errorf("Run for the second time: error %v, or other results, or an arm was trained again", err)
	}
	alone, err := Run(t.Context(), p, Options{Out: filepath.Join(t.TempDir(), "alone"), New: newEngine, Ingest: readSimulated, Jobs: 1})
	if err != nil || untimed(alone) != untimed(r) {
		t.Errorf("Run with 1 job: error %v, or other results than with several jobs", err)
	}
	other := plan(t, strings.Replace(small, "epochs = 1", "epochs = 2", 1))
	other.Garments.Folder = p.Garments.Folder
	if _, err := Run(t.Context(), other, Options{Out: out, New: newEngine, Ingest: readSimulated}); err == nil || !strings.Contains(err.Error(), "holds another experiment") {
		t.Errorf("Run of another experiment in the same folder: error %v, want a refusal", err)
	}
}

// An interrupted experiment continues and ends with the same results.
func TestInterrupted(t *testing.T) {
	text := strings.NewReplacer("epochs = 1", "epochs = 2", "seed = [1, 2]", "seed = [3]", `"none", "rand", "luab"`, `"luab"`).Replace(small)
	p := plan(t, text)
	out := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Out: out, New: newEngine, Ingest: readSimulated, Jobs: 1}
	o.New = func(c engine.Config) (engine.Engine, error) { // the second arm's is the third engine
		e, err := newEngine(c)
		return &stopping{Engine: e, after: 5, stop: cancel}, err
	}
	if _, err := Run(ctx, p, o); !errors.Is(err, run.ErrStopped) {
		t.Fatalf("interrupted: %v", err)
	}
	o.New = newEngine
	r, err := Run(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Run(t.Context(), p, Options{Out: filepath.Join(t.TempDir(), "whole"), New: newEngine, Ingest: readSimulated, Jobs: 1})
	if err != nil || untimed(whole) != untimed(r) {
		t.Errorf("Run after an interruption: error %v, or other results than without one", err)
	}
}

// stopping is an engine that interrupts the experiment after some steps.
type stopping struct {
	engine.Engine
	after int
	stop  func()
}

func (s *stopping) Step(lr float64, b ...*engine.Batch) (engine.Result, error) {
	if s.after--; s.after == 0 {
		s.stop()
	}
	return s.Engine.Step(lr, b...)
}

// An experiment can use existing files: images in folders, and targets from a file.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	p := plan(t, small)
	w, err := openWardrobe(p.Garments.Folder)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Garments.composer(w, "train", 1)
	csv := "image_id,x,y,class\n"
	for i := range 40 {
		class := i % 2
		if err := savePNG(filepath.Join(dir, "images", garmentClasses[class], c.at(i, class).id+".png"), c.draw(i, class)); err != nil {
			t.Fatal(err)
		}
		csv += c.at(i, class).id + ",0.25,0.5," + garmentClasses[class] + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "targets.csv"), []byte(csv), 0o666); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(`
title = "files"
supervision = ["none", "luab", "rand"]
lambda = [2]
seed = [1]
choose = "again"
[data]
images = "DIR/images"
targets = "DIR/targets.csv"
[[evaluation]]
name = "again"
images = "DIR/images"
targets = "DIR/targets.csv"
[recipe]
arch = "cnn3"
size = 32
epochs = 1
batch = 20
warmup_epochs = 0
`, "DIR", dir)
	r, err := Run(t.Context(), plan(t, text), Options{Out: filepath.Join(dir, "out"), New: newEngine, Ingest: readSimulated})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Arms) != 3 || r.Arms[0].Evaluations["again"].Images != 40 || !strings.Contains(r.Markdown(), "| **luab, λ = 2** (chosen) |") || strings.Contains(r.Markdown(), "±  ") {
		t.Errorf("%d arms:\n%s", len(r.Arms), r.Markdown())
	}
	again, err := parse(plan(t, text).TOML())
	if err != nil || again.TOML() != plan(t, text).TOML() {
		t.Errorf("reading a plan that TOML wrote: %v", err)
	}
}

// Boxes fit garments exactly, textures agree with classes as often as Correlation says, and no two sets
// share a garment.
func TestCompose(t *testing.T) {
	p := plan(t, small)
	w, err := openWardrobe(p.Garments.Folder)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[*byte]string{}
	for _, set := range append([]string{"train"}, garmentSets...) {
		c := p.Garments.composer(w, set, 1)
		own := 0
		const n = 4000
		for i := range n {
			class := i % 10
			m := c.at(i, class)
			fits := m.box[2]-m.box[0] == 5+2*class && m.box[0] == m.x+3 && m.box[3] == m.y+24
			if side := m.garment.Rect.Dx(); side != garment { // scaled, with a soft edge
				fits = side-m.box[3]+m.box[1] > 0 && m.box[0] >= m.x && m.box[2] <= m.x+side && m.box[3] <= m.y+side && m.box[2] > m.box[0]
			}
			if !fits {
				t.Fatalf("the box of the garment at %d, %d is %v, want the box of its pixels", m.x, m.y, m.box)
			}
			if m.texture == class {
				own++
			}
			if i < 400 && set != sizeSet { // scaled garments are copies
				kind := map[string]string{"train": "first", validationSet: "last"}[set]
				if other, ok := seen[&m.garment.Pix[0]]; ok && other != kind {
					t.Fatalf("%s has a garment that is also in %q", set, other)
				}
				seen[&m.garment.Pix[0]] = kind
			}
		}
		want := 0.55 // half of them on purpose, a tenth of the others by chance
		switch set {
		case shiftedSet, sizeSet, locationSet:
			want = 0.1
		case ownSet:
			want = 1
		case otherSet:
			want = 0
		}
		if got := float64(own) / n; math.Abs(got-want) > 0.03 {
			t.Errorf("%s: a share of %.3f of the images has the texture of their class, want %.2f", set, got, want)
		}
	}
	c := p.Garments.composer(w, "train", 1)
	m, img := c.at(7, 7), c.draw(7, 7)
	if v := img.GrayAt(m.x+10, m.y+10).Y; v != m.garment.Pix[10*m.garment.Stride+10] {
		t.Errorf("a pixel of the garment is %d in the image", v)
	}
	if string(img.Pix) != string(c.draw(7, 7).Pix) {
		t.Error("two drawings of the same image differ")
	}
}

// The sets that vary one thing vary that thing alone, and all its values equally often.
func TestFactors(t *testing.T) {
	p := plan(t, small)
	w, err := openWardrobe(p.Garments.Folder)
	if err != nil {
		t.Fatal(err)
	}
	own, other := p.Garments.composer(w, ownSet, 1), p.Garments.composer(w, otherSet, 1)
	for i := range 500 {
		a, b := own.at(i, i%10), other.at(i, i%10)
		if a.x != b.x || a.y != b.y || &a.garment.Pix[0] != &b.garment.Pix[0] || a.texture == b.texture {
			t.Fatalf("image %d of own and of other: places (%d, %d) and (%d, %d), textures %d and %d", i, a.x, a.y, b.x, b.y, a.texture, b.texture)
		}
	}
	sides, places := map[[2]int]int{}, map[[3]int]int{}
	size, location := p.Garments.composer(w, sizeSet, 1), p.Garments.composer(w, locationSet, 1)
	const n = 1600 // of ten classes, four sides and sixteen places
	for i := range n {
		sides[[2]int{i % 10, size.at(i, i%10).garment.Rect.Dx()}]++
		m := location.at(i, i%10)
		places[[3]int{i % 10, m.x, m.y}]++
		if m.x < 0 || m.x > photo-garment || m.y < 0 || m.y > photo-garment {
			t.Fatalf("image %d: the garment at (%d, %d) leaves the image", i, m.x, m.y)
		}
	}
	if len(sides) != 40 || len(places) != 160 {
		t.Errorf("%d pairs of a class and a side, want 40; %d of a class and a place, want 160", len(sides), len(places))
	}
	for k, count := range sides {
		if count != n/40 {
			t.Errorf("class and side %v occur %d times, want %d", k, count, n/40)
		}
	}
	filled := 0
	occluded := p.Garments.composer(w, occludedSet, 1).draw(3, 3)
	for y := range photo {
		for x := range photo {
			grey := occluded.GrayAt(x, y).Y == meanGrey
			if inside := x >= 16 && x < 48 && y >= 16 && y < 48; inside && !grey {
				t.Fatalf("the pixel at (%d, %d) is not filled", x, y)
			} else if !inside && grey {
				filled++
			}
		}
	}
	if filled > 300 { // some have this grey by chance
		t.Errorf("%d pixels outside of the middle quarter are filled", filled)
	}
}

// A mirrored texture is the same pattern with another phase, so that flips cannot turn one texture into
// another.
func TestTextures(t *testing.T) {
	for k := range 10 {
		a := newTexture(k, features.Rand(1, "t", 0))
		square, largest := 0.0, 0.0
		for i := range 64 * 64 {
			x, y := float64(i%64), float64(i/64)
			v := a.at(x, y)
			square += v * v / (64 * 64)
			largest = max(largest, math.Abs(v))
			if m := a.at(2*a.u-x, y); math.Abs(math.Abs(m)-math.Abs(v)) > 1e-9 {
				t.Fatalf("texture %d is %v at a place and %v in the mirror", k, v, m)
			}
		}
		if largest > 1 || square < 0.15 {
			t.Errorf("texture %d: up to %v, mean square %v", k, largest, square)
		}
	}
}

// Student's intervals against a table, the choice of lambda, and its ties.
func TestSamples(t *testing.T) {
	s := newSample([]float64{1, 2, 3, 4, 5})
	half := 2.776445105 * math.Sqrt(2.5/5)
	if s.Mean != 3 || math.Abs(float64(s.SD)-math.Sqrt(2.5)) > 1e-12 || math.Abs(s.Interval.High-3-half) > 1e-8 || math.Abs(s.Interval.Low-3+half) > 1e-8 {
		t.Errorf("%+v, %+v", s, s.Interval)
	}
	if one := newSample([]float64{7}); one.Interval != nil || one.SD.Defined() {
		t.Errorf("one seed has a standard deviation or an interval: %+v", one)
	}
	p := plan(t, strings.Replace(small, "lambda = [1, 10]", "lambda = [10, 1, 3]", 1))
	var results []*ArmResult
	for _, x := range []struct {
		s      data.Supervision
		lambda float64
		values [2]float64
	}{{data.LUAB, 1, [2]float64{0.5, 0.7}}, {data.LUAB, 3, [2]float64{0.7, 0.5}}, {data.LUAB, 10, [2]float64{0.9, 0.2}}, {data.None, 0, [2]float64{0.4, 0.8}}, {data.Rand, 10, [2]float64{1, 1}}} {
		for i, seed := range p.Seed {
			results = append(results, &ArmResult{Arm: Arm{Supervision: x.s, Lambda: x.lambda, Seed: seed}, Evaluations: map[string]*run.Metrics{"validation": {Top1: &run.Measure{Value: stat.Number(x.values[i])}}}})
		}
	}
	if l := choose(p, results); l != 1 {
		t.Errorf("choose returns lambda %v, want 1: the smaller of the two with the best mean", l)
	}
	r := summarise(p, 1, results)
	d := r.Differences[0]
	if d.Of != "luab" || d.Minus != "none" || d.Lambda != 1 || math.Abs(float64(d.Score.Mean)) > 1e-12 || math.Abs(float64(d.Score.Values[0])-0.1) > 1e-12 {
		t.Errorf("%+v", d)
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"seed = [1, 2]", "seed = []", "seed: give at least one"},
		{"seed = [1, 2]", "seed = [1, 1]", "each once"},
		{"lambda = [1, 10]", "lambda = [0]", "above 0"},
		{`"none", "rand"`, `"none", "random"`, `supervision "random"`},
		{`"none", "rand", "luab"`, `"none", "rand"`, "add luab to supervision"},
		{`choose = "validation"`, `choose = "val"`, "one of validation, same, shifted"},
		{"images = 120", "images = 3", "at least 100"},
		{"correlation = 0.5", "correlation = 2", "correlation: must be from 0 to 1"},
		{"[recipe]", "[recipe]\nlambda = 3", "belong to the experiment"},
		{"[recipe]", "[recipes]", "no key recipes"},
		{"batch = 20", "batch = 0", "batch: must be at least 1"},
		{"[garments]", "[[evaluation]]\nname = \"x\"\nimages = \"y\"\n[garments]", "remove [[evaluation]]"},
		{"[garments]", "[data]\nimages = \"x\"\n[garments]", "or [garments]"},
	} {
		if _, err := parse(strings.Replace(small, c.old, c.new, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("parse with %s: error %v, want one that contains %q", c.new, err, c.want)
		}
	}
	if _, err := Load("nothing"); err == nil || !strings.Contains(err.Error(), "garments, garments-smoke") && !strings.Contains(err.Error(), "garments-smoke, garments") {
		t.Errorf("Load of an unknown experiment: error %v, want one that lists the known ones", err)
	}
	for _, name := range Names() {
		if _, err := Load(name); err != nil {
			t.Error(err)
		}
	}
	p := plan(t, small)
	p.Garments.Folder = t.TempDir()
	if _, err := Run(t.Context(), p, Options{Out: filepath.Join(t.TempDir(), "x"), New: newEngine, Ingest: readSimulated}); err == nil || !strings.Contains(err.Error(), "apt-get install dataset-fashion-mnist") {
		t.Errorf("Run without Fashion-MNIST: error %v, want one with the command that installs it", err)
	}
	busy := t.TempDir()
	if err := os.WriteFile(filepath.Join(busy, "thesis.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), plan(t, small), Options{Out: busy, New: newEngine, Ingest: readSimulated}); err == nil || !strings.Contains(err.Error(), "files that do not belong to an experiment") {
		t.Errorf("Run in a folder with other files: error %v, want a refusal", err)
	}
}

func TestSigned(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{{0.0123, "+1.2"}, {-0.0123, "-1.2"}, {0.0004, "0.0"}, {-0.0004, "0.0"}, {0, "0.0"}, {math.Copysign(0, -1), "0.0"}} {
		if got := Signed(c.v, 1); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
}
