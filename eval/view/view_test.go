package view

import (
	"image"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"resize-crop":                  "resize-crop:256:bilinear",
		"resize-crop:248:bicubic":      "resize-crop:248:bicubic",
		"resize-crop:bicubic:248":      "resize-crop:248:bicubic",
		"resize-crop:248:bicubic:half": "resize-crop:248:bicubic:half",
		"crop":                         "crop",
		"crop:half":                    "crop:half",
		"asis":                         "asis",
		"squash":                       "squash:bilinear",
		"squash:bicubic":               "squash:bicubic",
	} {
		v, err := Parse(text, 224)
		if err != nil || v.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, v, err, want)
		}
		if again, err := Parse(v.String(), 224); err != nil || again != v {
			t.Errorf("%s: read again it is %s, %v", v, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                  "unknown view",
		"resize":            "unknown view",
		"resize-crop:200":   "at least the network's 224",
		"resize-crop:99999": "at most",
		"crop:256":          "only resize-crop has a side",
		"asis:bicubic":      "has no filter",
		"resize-crop:cubic": `"cubic" is neither`,
		"resize-crop:":      `"" is neither`,
	} {
		if _, err := Parse(text, 224); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestString(t *testing.T) {
	v := Default(224).Of("", 2)
	if got, want := v.String(), "border 2, resize-crop:256:bilinear"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	v = Default(224).Of(Crop, 0)
	v.Hole = 112
	if got, want := v.String(), "crop, hole 112 zero"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := v.Of(Squash, 1).String(); got != "border 1, crop, hole 112 zero" {
		t.Errorf("the view of a set to squash is %s", got)
	}
	v.Black, v.Mean = true, [3]float32{0.25, 0.5, 0.75}
	if got, want := v.String(), "crop, mean [0.25 0.5 0.75], std [0.229 0.224 0.225], hole 112 black"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSeen(t *testing.T) {
	v := Default(224) // resize to 256: 7/8 of the shorter side
	for _, c := range []struct {
		view View
		w, h int
		want image.Rectangle
	}{
		{v, 640, 480, image.Rect(110, 30, 530, 450)}, {v, 480, 640, image.Rect(30, 110, 450, 530)},
		{v.Of(Squash, 0), 640, 480, image.Rect(0, 0, 640, 480)}, {v.Of(Squash, 2), 640, 480, image.Rect(2, 2, 638, 478)},
		{v.Of(Crop, 0), 300, 224, image.Rect(38, 0, 262, 224)},
	} {
		if got := c.view.Seen(c.w, c.h); got != c.want {
			t.Errorf("%s of %d × %d: %v, want %v", c.view, c.w, c.h, got, c.want)
		}
	}
}
