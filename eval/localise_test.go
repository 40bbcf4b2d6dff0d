package eval

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/eval/cam"
	"abtool/eval/sets"
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/weights"
)

// redAndBlue writes the weights of a network of the catalogue that sees red (class 0) and blue (class 1): its
// convolutions pass the channels on, and its head adds up one of them. It returns the options that open it.
func redAndBlue(t *testing.T, dir string) NetworkOptions {
	t.Helper()
	a, err := arch.New("cnn3", arch.Options{Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	set := weights.NewSet()
	for _, p := range a.Params() {
		data := make([]float32, p.Len())
		switch {
		case len(p.Shape) == 4:
			for c := range 3 {
				data[(c*p.Shape[1]+c)*9+4] = 1
			}
		case p.Name == "fc.weight":
			data[0], data[p.Shape[1]+2] = 1, 1
		case strings.HasPrefix(p.Name, "bn") && (strings.HasSuffix(p.Name, ".weight") || strings.HasSuffix(p.Name, "_var")):
			for i := range data {
				data[i] = 1
			}
		}
		set.Put(weights.Tensor{Name: p.Name, Shape: p.Shape, Data: data})
	}
	o := NetworkOptions{Arch: "cnn3", Weights: filepath.Join(dir, "w.safetensors"), Classes: filepath.Join(dir, "classes.txt"), Workers: 2}
	if err := weights.WriteFile(o.Weights, set); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.Classes, []byte("red\nblue\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.New = func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }
	return o
}

// paint writes a black image with rectangles.
func paint(t *testing.T, path string, w, h int, rectangles map[image.Rectangle]color.Color) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Rect, image.Black, image.Point{}, draw.Src)
	for r, c := range rectangles {
		draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

var red, blue = color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}

// Objects of known places in images that are not squares: the maps must be on them, and the boxes of the ground
// truth are on the view.
func TestLocalise(t *testing.T) {
	dir := t.TempDir()
	o := redAndBlue(t, dir)
	object := image.Rect(32, 0, 64, 24) // a quarter of 64 × 48, at the top right
	paint(t, filepath.Join(dir, "red", "1.png"), 64, 48, map[image.Rectangle]color.Color{object: red})
	// More blue than red: the answer is wrong, but the map of red is on its object.
	paint(t, filepath.Join(dir, "red", "2.png"), 64, 48, map[image.Rectangle]color.Color{object: red, image.Rect(0, 0, 32, 48): blue})
	paint(t, filepath.Join(dir, "blue", "3.png"), 64, 48, map[image.Rectangle]color.Color{object: blue})
	s := &sets.Set{Kind: sets.Folder, Name: "some", Root: dir, Images: []sets.Image{
		sets.NewImage("red/1.png", []int32{0}, ""), sets.NewImage("red/2.png", []int32{0}, ""), sets.NewImage("blue/3.png", []int32{1}, ""),
	}}
	truth := cam.ByPath([]cam.Image{
		{Path: "val/1.png", Width: 64, Height: 48, Boxes: []cam.Box{{X0: 32, Y0: 0, X1: 63, Y1: 23}}},
		{Path: "val/2.png", Width: 64, Height: 48, Boxes: []cam.Box{{X0: 32, Y0: 0, X1: 63, Y1: 23}}},
	})
	var seen []int
	l, err := Localise(context.Background(), o, s, LocaliseOptions{Truth: truth, Batch: 2, Each: func(l Looked) {
		seen = append(seen, l.Image)
		if !slices.Equal(l.Truth, []cam.Box{{X0: 16, Y0: 0, X1: 31, Y1: 15}}) || l.Size != 32 || l.Right != (l.Image == 0) || l.Class != 0 {
			t.Errorf("%+v", l)
		}
		if largest, _ := l.Overlaps.At(0.5); largest < 0.8 {
			t.Errorf("image %d: IoU %v", l.Image, largest)
		}
		if at := 3 * (8*32 + 24); l.Pixels[at] < 250 || l.Pixels[at+2] > 5 {
			t.Errorf("image %d: the pixels of the view are %v", l.Image, l.Pixels[at:at+3])
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int{0, 1}) || l.Images != 2 || l.Without != 1 || l.MaxBoxAcc.K != 2 || l.MaxTop1.K != 1 || l.View != "squash:bilinear" {
		t.Errorf("%+v of %v", l.Localised, seen)
	}
	if _, err := Localise(context.Background(), o, s, LocaliseOptions{Truth: truth, Rollout: true}); err == nil || !strings.Contains(err.Error(), "rollout is for transformers") {
		t.Errorf("rollout of a network without attention: %v", err)
	}
	s.Images[0].Labels[0] = 2
	if _, err := Localise(context.Background(), o, s, LocaliseOptions{Truth: truth}); err == nil || !strings.Contains(err.Error(), "red/1.png has class 2 of 2") {
		t.Errorf("an unknown class: %v", err)
	}
}
