package eval

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"os"
	"strings"
	"testing"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/eval/removal"
	"abtool/internal/teststore"
	"abtool/store/columnar"
	"abtool/train/data"
)

// painted returns the images of a store that have objects of both classes, black with the objects of the first in
// red and those of the second in blue where they are not red.
func painted(t *testing.T, store string, classes [2]string) *data.Set {
	t.Helper()
	truth, err := coco.ReadTruth(store, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	table, err := columnar.Open(store, "coco", "images")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	r, err := table.Reader(coco.ImageColumns...)
	if err != nil {
		t.Fatal(err)
	}
	memory, set := &data.Memory{}, &data.Set{Classes: classes[:], Multi: true}
	set.Source = memory
	for g := range table.Groups() {
		if err := r.Read(g); err != nil {
			t.Fatal(err)
		}
		images := coco.NewImages(r)
		for i := range r.Rows() {
			id := fmt.Sprint(images.ID(i))
			m := truth.Image(id)
			first, second := truth.Class(classes[0]), truth.Class(classes[1])
			if !m.Sized() || !m.Has(first, len(m.Instances)) || !m.Has(second, len(m.Instances)) {
				continue
			}
			picture := image.NewRGBA(image.Rect(0, 0, int(m.Width), int(m.Height)))
			draw.Draw(picture, picture.Rect, image.Black, image.Point{}, draw.Src)
			a, b := removal.MaskOf(m, first, new(plane.Raster)), removal.MaskOf(m, second, new(plane.Raster))
			for k := range a.On {
				switch {
				case a.On[k]:
					picture.Set(k%a.W, k/a.W, red)
				case b.On[k]:
					picture.Set(k%a.W, k/a.W, blue)
				}
			}
			set.Images = append(set.Images, data.Image{Source: memory.Len(), ID: id, Labels: []int{0, 1}})
			memory.Add(data.Item{ID: id}, picture)
		}
	}
	return set
}

// A network whose score of a class is the amount of its colour has no violation, and maps that are on the objects.
// With the names of the classes exchanged, a score depends only on the other class.
func TestObjects(t *testing.T) {
	ctx := context.Background()
	store, err := teststore.Make(ctx, t.TempDir(), teststore.Options{Pages: 60, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	o := redAndBlue(t, t.TempDir())
	o.View = "squash" // so that all objects are in the view
	names := [2]string{"person", "chair"}
	set := painted(t, store, names)
	if len(set.Images) < 2 {
		t.Fatalf("%d images have both classes", len(set.Images))
	}
	v, px := map[bool]*removal.Result{}, map[bool]float64{}
	for _, exchanged := range []bool{false, true} {
		text := names[0] + "\n" + names[1] + "\n"
		if exchanged {
			text = names[1] + "\n" + names[0] + "\n"
		}
		if err := os.WriteFile(o.Classes, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		how := removal.Default(removal.Mean)
		how.Dilation = 0
		how.Limit = 1
		rows, view, err := Remove(ctx, o, set, how, ObjectOptions{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		if view != "squash:bilinear" || len(rows) != 3*len(set.Images) {
			t.Errorf("view %s, %d rows for %d images", view, len(rows), len(set.Images))
		}
		v[exchanged] = removal.Reduce(rows)
		maps, view, err := Masks(ctx, o, set, ObjectOptions{Store: store})
		if err != nil || view != "squash:bilinear" || maps.Classes != 2 || maps.Pairs != int64(2*len(set.Images)) {
			t.Errorf("maps: %+v, %s, %v", maps, view, err)
		}
		px[exchanged] = maps.Mean
	}
	if r := v[false]; r.VAvg.Value > 0.2 || r.DeltaAvg.Value > 0 {
		t.Errorf("the class's own colour: %+v", r)
	}
	if r := v[true]; r.VAvg.Value < 0.8 || r.DeltaAvg.Value < 0 {
		t.Errorf("the other's colour: %+v", r)
	}
	if px[false] < 0.3 || px[false] < 2*px[true] {
		t.Errorf("mPxAP %v, of the other class %v", px[false], px[true])
	}
	if err := os.WriteFile(o.Classes, []byte("red\nblue\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Masks(ctx, o, set, ObjectOptions{Store: store}); err == nil || !strings.Contains(err.Error(), "has none of the classes") {
		t.Errorf("unknown classes: %v", err)
	}
}
