package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"

	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/eval/view"
	"abtool/internal/imagefile"
	"abtool/internal/synth/evalsets"
	"abtool/train/engine"
)

// A colourEngine is a network with known answers: the class of the colour at a pixel of the image.
type colourEngine struct {
	engine.Engine // only Name and Evaluate may be called
	classes, size int
	at            int // the pixel
	mean, std     [3]float32
	batches       []int // sizes of the batches
}

func (e *colourEngine) Name() string { return "colours" }
func (e *colourEngine) Close() error { return nil }

func (e *colourEngine) Evaluate(b *engine.Batch, _ bool) (*engine.Output, error) {
	e.batches = append(e.batches, b.N)
	logits := make([]float32, b.N*e.classes)
	for i := range b.N {
		var rgb [3]float64
		for c := range rgb {
			at := 3*(i*e.size*e.size+e.at) + c
			if b.Images == nil {
				rgb[c] = float64(b.Pixels[at])
			} else {
				rgb[c] = float64((b.Images[at]*e.std[c] + e.mean[c]) * 255)
			}
		}
		k := evalsets.Class(rgb[0], rgb[1], rgb[2]) % e.classes
		logits[i*e.classes+k] = 2
		logits[i*e.classes+(k+1)%e.classes] = 1
	}
	return &engine.Output{Logits: logits}, nil
}

// colours returns a network that names the colour in the middle of an image.
func colours(size int) (*Network, *colourEngine) {
	e := &colourEngine{classes: classes.Count, size: size, at: size*size/2 + size/2, mean: view.ImageNet[0], std: view.ImageNet[1]}
	return &Network{
		Name: "colours", Arch: "none", Classes: classes.ImageNet(), ImageNet: true, View: view.Default(size), engine: e, outputs: classes.Count,
	}, e
}

func runOf(t *testing.T, n *Network, list []*sets.Set, o Options) ([]outputs.Row, *outputs.About) {
	t.Helper()
	o.Out = filepath.Join(t.TempDir(), "outputs.parquet")
	about, err := Run(context.Background(), n, list, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := outputs.Open(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(*about, f.About); diff != "" {
		t.Errorf("the file's metadata differ:\n%s", diff)
	}
	rows, err := f.All()
	if err != nil {
		t.Fatal(err)
	}
	return rows, about
}

// The answers to sets of all layouts are those that evalsets painted.
func TestRunLayouts(t *testing.T) {
	dir := t.TempDir()
	const size = 56
	written, err := evalsets.Write(evalsets.Options{Out: dir, Seed: 3, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := sets.Open([]string{filepath.Join(dir, "sets.toml")}, classes.ImageNet())
	if err != nil {
		t.Fatal(err)
	}
	const most = 400 // of images, so that the test is quick; the larger sets are other folders of the same kinds
	list := slices.DeleteFunc(opened.Sets, func(s *sets.Set) bool { return len(s.Images) > most })
	t.Logf("%d of the sets are small", len(list))
	n, _ := colours(size)
	rows, about := runOf(t, n, list, Options{})
	right, images := map[string]int{}, map[string]int{}
	nine := classes.ToIN9()
	for _, r := range rows {
		images[r.Set]++
		set, _ := about.Set(r.Set)
		best := r.Best
		if set.Kind == sets.Backgrounds {
			best = nine[best]
		}
		if slices.Contains(r.Labels, best) {
			right[r.Set]++
		}
	}
	compared := 0
	for _, a := range written.Sets {
		if _, ok := about.Set(a.Set); !ok {
			continue
		}
		compared++
		if images[a.Set] != a.Images || right[a.Set] != a.Right {
			t.Errorf("%s: %d of %d right, want %d of %d", a.Set, right[a.Set], images[a.Set], a.Right, a.Images)
		}
	}
	if compared < 5 {
		t.Errorf("only %d sets were compared", compared)
	}
}

// picture returns a PNG with the colour of a class, and another one in the right half.
func picture(size int, class, right int32) []byte {
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.Draw(m, m.Rect, image.NewUniform(evalsets.Colour(int(class))), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(size/2, 0, size, size), image.NewUniform(evalsets.Colour(int(right))), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func write(t *testing.T, root, name string, data []byte) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
		t.Fatal(err)
	}
}

// folder writes images of the colours of classes, of which every third has another label, and returns them as a
// set.
func folder(t *testing.T, images int) *sets.Set {
	t.Helper()
	s := &sets.Set{Kind: sets.ImageNet, Name: "imagenet", Root: t.TempDir(), Expected: 50000, Geometry: view.ResizeCrop}
	for i := range images {
		class := int32(i * 7 % classes.Count)
		im := sets.NewImage(fmt.Sprintf("%d.png", i), []int32{class}, "")
		if i%3 == 0 {
			im.Labels = []int32{class + 1, class + 2}
		}
		write(t, s.Root, im.Path(), picture(20+i%5, class, class))
		s.Images = append(s.Images, im)
	}
	return s
}

// The rows do not depend on the number of workers or the size of batches.
func TestRunWorkers(t *testing.T) {
	s := folder(t, 45)
	n, _ := colours(16)
	want, about := runOf(t, n, []*sets.Set{s}, Options{Workers: 1, Batch: 1, Logits: true})
	for i, r := range want {
		class := int32(i * 7 % classes.Count)
		if r.Path != s.Images[i].Path() || r.Best != class || fmt.Sprint(r.Top5[:3]) != fmt.Sprint([]int32{class, class + 1, top3(class)}) || len(r.Logits) != classes.Count {
			t.Errorf("row %d: %s answers %d, %v", i, r.Path, r.Best, r.Top5)
		}
	}
	if s := about.Sets[0]; s.Images != 45 || s.Expected != 50000 || s.View != "resize-crop:18:bilinear" {
		t.Errorf("%+v", s)
	}
	for _, o := range []Options{{Workers: 3, Batch: 7, Logits: true}, {Batch: 100, Logits: true}} {
		n, _ := colours(16)
		if got, _ := runOf(t, n, []*sets.Set{s}, o); !cmp.Equal(want, got) {
			t.Errorf("%+v: the rows differ", o)
		}
	}
}

// top3 returns the third class in the order of a colourEngine's answer: the lowest of the others.
func top3(class int32) int32 {
	if class == 0 {
		return 2
	}
	return 0
}

func TestRunUnreadable(t *testing.T) {
	s := folder(t, 10)
	write(t, s.Root, "4.png", []byte("no image"))
	write(t, s.Root, "6.png", nil)
	n, _ := colours(16)
	_, err := Run(context.Background(), n, []*sets.Set{s}, Options{Out: filepath.Join(t.TempDir(), "x"), Batch: 3, Workers: 3})
	if err == nil || !strings.Contains(err.Error(), "4.png cannot be read") {
		t.Errorf("%v, want an error about 4.png", err)
	}
	rows, about := runOf(t, n, []*sets.Set{s}, Options{Batch: 3, Unreadable: true})
	for i, r := range rows {
		if bad := i == 4 || i == 6; r.Unreadable != bad || bad != (r.Best == -1) || bad != (len(r.Top5) == 0) || len(r.Labels) == 0 {
			t.Errorf("%s: %+v", r.Path, r)
		}
	}
	if len(rows) != 10 || about.Sets[0].Images != 10 || about.Sets[0].Unreadable != 2 {
		t.Errorf("%d rows, %+v", len(rows), about.Sets[0])
	}
}

// With a hole in the middle the network sees the fill there: black, or the mean colour for zeros.
func TestRunOcclusion(t *testing.T) {
	s := folder(t, 5)
	list := []*sets.Set{s, s.Occluded(0), s.Occluded(4)}
	for _, black := range []bool{false, true} {
		n, e := colours(16)
		rows, about := runOf(t, n, list, Options{Black: black, Batch: 2})
		fill := int32(evalsets.Class(255*.485, 255*.456, 255*.406))
		if black {
			fill = int32(evalsets.Class(0, 0, 0))
		}
		seen := map[string]int{}
		for _, r := range rows {
			seen[r.Set+r.Group]++
			want := int32(0)
			if fmt.Sscanf(r.Path, "%d.png", &want); r.Group == "4" {
				want = fill
			} else {
				want *= 7
			}
			if r.Best != want {
				t.Errorf("%s, hole %s, black %v: the answer is %d, want %d", r.Path, r.Group, black, r.Best, want)
			}
		}
		if want := map[string]int{"imagenet": 5, "occlusion-00": 5, "occlusion-44": 5}; !cmp.Equal(want, seen) {
			t.Errorf("rows by set: %v", seen)
		}
		if want := []int{2, 2, 2, 2, 2, 2, 1, 1, 1}; !slices.Equal(e.batches, want) {
			t.Errorf("batches of %v images, want %v: the sets are read together", e.batches, want)
		}
		if v := about.Sets[2].View; v != "resize-crop:18:bilinear, hole 4 "+map[bool]string{false: "zero", true: "black"}[black] {
			t.Errorf("the view is %s", v)
		}
	}
}

// npy returns a mask of the left part of an image as a numpy file.
func npy(size, columns int, typ string, width int) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", typ, size, size)
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	out = append(out, header...)
	for i := range size * size {
		value := make([]byte, width)
		if i%size < columns {
			value[0] = 1
		}
		out = append(out, value...)
	}
	return out
}

// A network that looks at a pixel sees the foreground inside the mask and the background outside of it. Its
// answer is one of IN-9's classes: 151 is a dog, 7 a bird, 33 a reptile, 999 has no class there.
func TestChallenge(t *testing.T) {
	const size = 16
	s := &sets.Set{Kind: sets.Backgrounds, Name: "backgrounds", Root: t.TempDir(), Geometry: view.AsIs}
	background := func(name string, class int32) {
		write(t, s.Root, name, picture(size, class, class))
		s.Images = append(s.Images, sets.NewImage(name, []int32{0}, "only_bg_t"))
	}
	background("only_bg_t/val/01_bird/b.JPEG", 7)
	background("only_bg_t/val/00_dog/c.JPEG", 152)
	background("only_bg_t/val/00_dog/a.JPEG", 151)
	background("only_bg_t/val/01_bird/d.JPEG", 999)
	s.Images = append(s.Images, sets.NewImage("original/val/00_dog/in.JPEG", []int32{0}, "original"))
	object := func(name string, class int32, columns int, typ string, width int) {
		write(t, s.Root, "original/val/"+name+".JPEG", picture(size, class, class))
		write(t, s.Root, "fg_mask/val/"+name+".npy", npy(size, columns, typ, width))
	}
	object("00_dog/in", 151, 12, "|b1", 1)    // the pixel is inside of the mask: right on every background
	object("00_dog/out", 151, 8, "<i8", 8)    // outside: wrong on the first bird
	object("01_bird/in", 33, 12, "|u1", 1)    // inside, but the object looks like a reptile
	object("01_bird/out", 7, 3, "|b1", 1)     // outside: wrong on the first dog
	object("08_fish/full", 0, size, "|b1", 1) // everything is the object
	n, _ := colours(size)
	n.View = view.Default(size)
	rows, about := runOf(t, n, []*sets.Set{s}, Options{Foregrounds: -1, Batch: 2})
	var got []string
	for _, r := range rows {
		if r.Group == Challenge {
			got = append(got, fmt.Sprint(r.Set, " ", r.Path, " ", r.Labels, " ", r.Best))
		}
	}
	want := []string{
		"backgrounds fg_mask/val/00_dog/in.npy [0] 151",
		"backgrounds fg_mask/val/00_dog/out.npy [0] 7",
		"backgrounds fg_mask/val/01_bird/in.npy [1] 33",
		"backgrounds fg_mask/val/01_bird/out.npy [1] 151",
		"backgrounds fg_mask/val/08_fish/full.npy [8] 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows of the challenge differ:\n%s", diff)
	}
	if a := about.Sets[0]; a.Images != len(rows) || len(rows) != len(s.Images)+5 || fmt.Sprint(a.Protocol) != "[challenge: all 5 foregrounds on 4 backgrounds]" {
		t.Errorf("%d rows, %+v", len(rows), a)
	}

	small, _ := runOf(t, n, []*sets.Set{s}, Options{Foregrounds: 2, Seed: 1})
	large, about := runOf(t, n, []*sets.Set{s}, Options{Foregrounds: 3, Seed: 1})
	in := func(rows []outputs.Row) (paths []string) {
		for _, r := range rows {
			if r.Group == Challenge {
				paths = append(paths, r.Path)
			}
		}
		return paths
	}
	if len(in(small)) != 2 || len(in(large)) != 3 || slices.ContainsFunc(in(small), func(p string) bool { return !slices.Contains(in(large), p) }) {
		t.Errorf("samples %v and %v", in(small), in(large))
	}
	if fmt.Sprint(about.Sets[0].Protocol) != "[challenge: a sample of 3 of 5 foregrounds (seed 1) on 4 backgrounds]" {
		t.Error(about.Sets[0].Protocol)
	}

	write(t, s.Root, "fg_mask/val/00_dog/out.npy", npy(size-1, 3, "|b1", 1))
	_, err := Run(context.Background(), n, []*sets.Set{s}, Options{Out: filepath.Join(t.TempDir(), "x"), Foregrounds: -1})
	if err == nil || !strings.Contains(err.Error(), "fg_mask/val/00_dog/out.npy: a mask of 15 × 15 pixels") {
		t.Error(err)
	}
	rows, about = runOf(t, n, []*sets.Set{s}, Options{Foregrounds: -1, Unreadable: true})
	if r := rows[len(s.Images)+1]; !r.Unreadable || r.Best != -1 || about.Sets[0].Unreadable != 1 {
		t.Errorf("%+v", r)
	}
}

func TestReadMask(t *testing.T) {
	good := npy(3, 1, "|b1", 1)
	mask, height, width, err := readMask(good)
	if err != nil || height != 3 || width != 3 || fmt.Sprint(mask) != "[true false false true false false true false false]" {
		t.Errorf("%v, %d × %d, %v", mask, width, height, err)
	}
	replaced := func(old, new string) []byte {
		b := bytes.Replace(good, []byte(old), []byte(new), 1)
		b[8] = byte(len(b) - 10 - 9)
		return b
	}
	for want, file := range map[string][]byte{
		"not a numpy file":         []byte("PNG or something else"),
		"ends within its header":   good[:20],
		"format 3.0":               append([]byte("\x93NUMPY\x03"), good[7:]...),
		"values of type <f4":       replaced("|b1", "<f4"),
		"of a 2-d array":           replaced("False", "True"),
		"array, row by row":        replaced("(3, 3)", "(9,)"),
		"does not have":            good[:len(good)-1],
		"value 8 is neither":       append(slices.Clone(good[:len(good)-1]), 2),
		"3 × 99999999999999999999": replaced("(3, 3)", "(3, 99999999999999999999)"),
	} {
		if _, _, _, err := readMask(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What the network cannot answer is an error before it runs.
func TestRunErrors(t *testing.T) {
	n, _ := colours(16)
	small := *n
	small.ImageNet, small.Classes, small.outputs = false, []string{"a", "b", "c", "d"}, 4
	s := folder(t, 1)
	outside := *s
	outside.Images = []sets.Image{sets.NewImage("0.png", []int32{1000}, "")}
	for _, c := range []struct {
		n    *Network
		s    *sets.Set
		want string
	}{
		{&small, s, "colours has 4 others (a, b, c, …)"},
		{n, &outside, "0.png has class 1000 of 1000"},
		{n, &sets.Set{Name: "v2"}, "set v2 has no images"},
		{n, s.Occluded(17), "a hole of 17 pixels in an image of 16"},
	} {
		out := filepath.Join(t.TempDir(), "x")
		_, err := Run(context.Background(), c.n, []*sets.Set{c.s}, Options{Out: out})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("there is a file after an error")
		}
	}
	if _, err := Run(context.Background(), n, []*sets.Set{s, s}, Options{Out: filepath.Join(t.TempDir(), "x")}); err == nil || !strings.Contains(err.Error(), "two sets have the name imagenet") {
		t.Error(err)
	}
	several := *n
	several.Multi = true
	if _, err := Run(context.Background(), &several, []*sets.Set{s}, Options{Out: filepath.Join(t.TempDir(), "x")}); err == nil || !strings.Contains(err.Error(), "finds several classes") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, n, []*sets.Set{s}, Options{Out: filepath.Join(t.TempDir(), "x")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Scores are the logits of images of any size, in their order.
func TestScores(t *testing.T) {
	n, _ := colours(16)
	var images []*imagefile.RGB
	for i, class := range []int32{3, 500, 77} {
		m := &imagefile.RGB{W: 20 + i, H: 31}
		c := evalsets.Colour(int(class))
		for range m.W * m.H {
			m.Pix = append(m.Pix, c.R, c.G, c.B)
		}
		images = append(images, m)
	}
	scores, err := n.Scores(images)
	if err != nil || len(scores) != 3 || scores[0][3] != 2 || scores[1][500] != 2 || scores[2][77] != 2 || scores[2][78] != 1 || len(scores[2]) != classes.Count {
		t.Errorf("%v, %d scores", err, len(scores))
	}
	if scores, err := n.Scores(nil); err != nil || len(scores) != 0 {
		t.Error(scores, err)
	}
}

func FuzzReadMask(f *testing.F) {
	f.Add(npy(3, 1, "|b1", 1))
	f.Add(npy(2, 1, "<i8", 8))
	f.Fuzz(func(t *testing.T, file []byte) {
		if mask, height, width, err := readMask(file); err == nil && len(mask) != height*width {
			t.Errorf("%d values of %d × %d", len(mask), height, width)
		}
	})
}

func TestFill(t *testing.T) {
	n, _ := colours(16)
	logits := make([]float32, classes.Count)
	logits[5], logits[6], logits[11], logits[1] = 9, 8, 8, 7
	var r outputs.Row
	if err := n.fill(&r, logits, false); err != nil {
		t.Fatal(err)
	}
	// 6 and 11 are in A and R, 1 in R and O; equal values go to the lower class.
	if r.Best != 5 || fmt.Sprint(r.Top5) != "[5 6 11 1 0]" || r.BestA != 6 || r.BestR != 6 || r.BestO != 1 || r.BestObjectNet != 409 || r.Logits != nil {
		t.Errorf("%+v", r)
	}
	if want := softmaxOf(logits, nil, 5); diff(r.Confidence, want) > 1e-6 {
		t.Errorf("confidence %v, want %v", r.Confidence, want)
	}
	if want := softmaxOf(logits, classes.O(), 1); diff(r.ConfidenceO, want) > 1e-6 {
		t.Errorf("confidence %v, want %v", r.ConfidenceO, want)
	}
	logits[3] = float32(math.NaN())
	if err := n.fill(&r, logits, false); err == nil || !strings.Contains(err.Error(), "NaN for class n01491361") {
		t.Error(err)
	}
}

// softmaxOf computes a softmax from its definition.
func softmaxOf(values []float32, list []int32, k int32) float32 {
	sum := 0.0
	if list == nil {
		for _, v := range values {
			sum += math.Exp(float64(v))
		}
	}
	for _, i := range list {
		sum += math.Exp(float64(values[i]))
	}
	return float32(math.Exp(float64(values[k])) / sum)
}

func diff(a, b float32) float64 { return math.Abs(float64(a) - float64(b)) }
