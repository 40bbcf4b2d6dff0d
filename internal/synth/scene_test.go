package synth

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// Annotators of images that exist click where the objects are, on images of the given names and classes.
func TestScenes(t *testing.T) {
	classes := []string{"cat", "dog", "owl"}
	scene := func(i, class int) Scene {
		x, y := i*7%50, i*13%50
		return Scene{ID: fmt.Sprintf("%s-%d", classes[class], i), Width: 100, Height: 100, Box: [4]int{x, y, x + 50, y + 50}}
	}
	o := Options{Images: 600, Seed: 4, Classes: classes, Scene: scene, Boxes: true}
	dir, res := simulate(t, ImageNet, o)
	if res.Images != 600 {
		t.Errorf("%d images", res.Images)
	}
	classOf := ClassOf(o)
	lines := strings.Split(strings.TrimSpace(string(read(t, filepath.Join(dir, "truth", "images.jsonl")))), "\n")
	counts := map[string]int{}
	aims, off := 0, 0.0
	for i, line := range lines {
		var row struct {
			ID       string `json:"image_id"`
			Class    string `json:"class"`
			Objects  []struct{ Xmin, Ymin, Xmax, Ymax int }
			Showings []struct{ Aim *struct{ X, Y float64 } }
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		want := scene(i, classOf(i))
		if row.ID != want.ID || row.Class != classes[classOf(i)] || len(row.Objects) != 1 || [4]int{row.Objects[0].Xmin, row.Objects[0].Ymin, row.Objects[0].Xmax, row.Objects[0].Ymax} != want.Box {
			t.Fatalf("image %d is %+v, want %+v", i, row, want)
		}
		counts[row.Class]++
		for _, s := range row.Showings {
			if s.Aim != nil {
				aims++
				off += math.Hypot(s.Aim.X-float64(want.Box[0]+25)/100, s.Aim.Y-float64(want.Box[1]+25)/100)
			}
		}
	}
	for _, c := range classes {
		if counts[c] < 190 || counts[c] > 210 {
			t.Errorf("%d images of class %s", counts[c], c)
		}
	}
	if mean := off / float64(aims); aims < 250 || mean > 0.2 {
		t.Errorf("%d clicks are aimed %.3f away from the middle of their object on average", aims, mean)
	}
	if !strings.Contains(string(read(t, filepath.Join(dir, "imagenet_ab.tar.gz"))), "train_xml/owl/owl-599.xml") {
		t.Error("the archive does not have the given names")
	}
	for want, wrong := range map[string]Options{
		"cannot be rendered":   {Images: 600, Scene: scene, ImagesOut: filepath.Join(t.TempDir(), "x"), Out: filepath.Join(t.TempDir(), "y")},
		"a page has one class": {Images: 10, Classes: classes, Out: filepath.Join(t.TempDir(), "z")},
	} {
		if _, err := ImageNet(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
