package eval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"os"
	"strings"
	"testing"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/eval/metric"
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

// A damaged source has an image that cannot be read.
type damaged struct {
	*data.Memory
	image int
}

func (s damaged) Image(i int) (image.Image, error) {
	if i == s.image {
		return nil, errors.New("the file is damaged")
	}
	return s.Memory.Image(i)
}

// differences returns the differences of two measurements by the names of their numbers.
func differences(t *testing.T, first, second Measurement) map[string]metric.Difference {
	t.Helper()
	list, same := second.minus(first)
	if !same {
		t.Fatal("the images are not the same")
	}
	out := map[string]metric.Difference{}
	for _, d := range list {
		out[d.ID] = d
	}
	return out
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
	removed, masked := map[bool]*Removed{}, map[bool]*Masked{}
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
		r, err := Remove(ctx, o, set, how, ObjectOptions{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		if n := int64(len(set.Images)); r.View != "squash:bilinear" || r.Edits != 2*n || r.Images != n || r.Without != 0 {
			t.Errorf("%+v of %d images", r, n)
		}
		maps, err := Masks(ctx, o, set, ObjectOptions{Store: store})
		if err != nil || maps.View != "squash:bilinear" || maps.Classes != 2 || maps.Pairs != int64(2*len(set.Images)) || maps.Without != 0 {
			t.Fatalf("maps: %+v, %v", maps, err)
		}
		removed[exchanged], masked[exchanged] = r, maps
	}
	if r := removed[false]; r.VAvg.Pairs.Value > 0.2 || r.DeltaAvg.Pairs.Value > 0 {
		t.Errorf("the class's own colour: %+v", r)
	}
	if r := removed[true]; r.VAvg.Pairs.Value < 0.8 || r.DeltaAvg.Pairs.Value < 0 {
		t.Errorf("the other's colour: %+v", r)
	}
	own, other := masked[false].Mean.Value, masked[true].Mean.Value
	if own < 0.3 || own < 2*other {
		t.Errorf("mPxAP %v, of the other class %v", own, other)
	}
	for _, c := range []struct {
		first, second Measurement
		id            string
		want          float64
	}{
		{removed[false], removed[true], "v-avg", removed[true].VAvg.Pairs.Value - removed[false].VAvg.Pairs.Value},
		{masked[false], masked[true], "mpxap", other - own},
	} {
		d := differences(t, c.first, c.second)[c.id]
		if math.Abs(float64(d.Value)-c.want) > 1e-12 || !d.Interval.Covers(c.want) || d.Chance() {
			t.Errorf("%s: %+v, interval %+v, want %v", c.id, d, d.Interval, c.want)
		}
	}
	// An image that cannot be read is an error, or has a map that says nothing.
	memory := set.Source.(*data.Memory)
	set.Images = append(set.Images, data.Image{Source: memory.Len(), ID: "unknown"}) // without ground truth
	memory.Add(data.Item{ID: "unknown"}, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	source := damaged{memory, set.Images[0].Source}
	set.Source = source
	if _, err := Masks(ctx, o, set, ObjectOptions{Store: store}); err == nil || !strings.Contains(err.Error(), "cannot be read: the file is damaged") {
		t.Errorf("an image that cannot be read: %v", err)
	}
	without, err := Masks(ctx, o, set, ObjectOptions{Store: store, Unreadable: true})
	if err != nil {
		t.Fatal(err)
	}
	if without.Unreadable != 1 || without.Without != 1 || without.Images != int64(len(set.Images)-1) || without.Mean.Value <= other {
		t.Errorf("%+v, mPxAP %v, want more than %v, of maps that are on the other class", without, without.Mean.Value, other)
	}
	if notes := strings.Join(without.column().Notes, "; "); !strings.Contains(notes, "1 image without ground truth in the store is left out; 1 image could not be read") {
		t.Errorf("notes %s", notes)
	}
	how := removal.Default(removal.Mean)
	how.Dilation, how.Limit = 0, 1
	if _, err := Remove(ctx, o, set, how, ObjectOptions{Store: store}); err == nil || !strings.Contains(err.Error(), "cannot be read: the file is damaged. An image that is left out changes the number") {
		t.Errorf("an image that cannot be read: %v", err)
	}
	wrong, err := Remove(ctx, o, set, how, ObjectOptions{Store: store, Unreadable: true})
	if err != nil {
		t.Fatal(err)
	}
	all := removed[true] // the network that measured all images
	set.Source, set.Images = memory, set.Images[1:]
	rest, err := Remove(ctx, o, set, how, ObjectOptions{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if wrong.Unreadable != 1 || wrong.Pairs != all.Pairs || wrong.Edits != all.Edits || !wrong.Same(all.Result) {
		t.Errorf("%+v, want the pairs of %+v", wrong, all)
	}
	// The image has two pairs, each with the worst values.
	for name, get := range map[string]func(*Removed) removal.Measure{
		"V_avg": func(r *Removed) removal.Measure { return r.VAvg }, "V_min": func(r *Removed) removal.Measure { return r.VMin },
		"Δ_avg": func(r *Removed) removal.Measure { return r.DeltaAvg }, "Δ_min": func(r *Removed) removal.Measure { return r.DeltaMin },
	} {
		got, want := get(wrong).Pairs.Value, (get(rest).Pairs.Value*float64(rest.Pairs)+2)/float64(rest.Pairs+2)
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if notes := strings.Join(wrong.column().Notes, "; "); !strings.Contains(notes, "1 image could not be read, and counts as wrong") {
		t.Errorf("notes %s", notes)
	}
	if err := os.WriteFile(o.Classes, []byte("red\nblue\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Masks(ctx, o, set, ObjectOptions{Store: store}); err == nil || !strings.Contains(err.Error(), "has none of the classes") {
		t.Errorf("unknown classes: %v", err)
	}
}
