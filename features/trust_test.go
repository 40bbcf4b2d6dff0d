package features_test

import (
	"fmt"
	"math"
	"testing"

	"abtool/features"
)

// trustStore has 80 images of 10 annotators, some better than others; the first image's click is on its box
// or not.
func trustStore(t *testing.T, first string) string {
	files := map[string]string{}
	for i := range 80 {
		click := "0.4 0.4"
		if i%10*7 > i/10*9 {
			click = "0.9 0.9"
		}
		if i == 0 {
			click = first
		}
		id := fmt.Sprintf("n01440764_%d", i)
		files[id+".xml"] = annotation(id, [][4]int{{20, 40, 60, 120}}, showing{fmt.Sprint("W", i%10), 1641432000, true, click, ""})
	}
	return madeStore(t, files, "")
}

// The trust in an image's annotator does not know the image, and ranks annotators by the others.
func TestTrust(t *testing.T) {
	read := func(first string) map[string]features.Target {
		out := map[string]features.Target{}
		for _, x := range all(t, trustStore(t, first), features.Options{Signals: []string{"trust"}}) {
			out[x.Image] = x
		}
		return out
	}
	hit, miss := read("0.4 0.4"), read("0.9 0.9")
	const first = "n01440764_0"
	if a, b := hit[first].Confidence, miss[first].Confidence; a != b || !(a > 0 && a < 1) {
		t.Errorf("the confidence in the first click is %v if it hits, and %v if not", a, b)
	}
	if a, b := hit["n01440764_10"].Confidence, miss["n01440764_10"].Confidence; !(a > b) {
		t.Errorf("the confidence in the same annotator's next click is %v if the first hits, and %v if not", a, b)
	}
	for image, x := range hit {
		if x.TrustN != 7 {
			t.Errorf("%s: judged by %d others, want 7", image, x.TrustN)
		}
	}
	if a, b := hit["n01440764_20"].Confidence, hit["n01440764_29"].Confidence; !(a > b) {
		t.Errorf("an annotator who always hits has %v, and one who seldom does %v", a, b)
	}
}

// On a simulated store every known annotator has a confidence, and no other.
func TestConfidence(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		n := 0
		for _, x := range all(t, s.store, features.Options{Set: set, Signals: []string{"trust"}}) {
			if x.Worker == "" {
				if !math.IsNaN(x.Confidence) {
					t.Errorf("%s: an unknown annotator is trusted with %v", x.Image, x.Confidence)
				}
				continue
			}
			if !(x.Confidence > 0 && x.Confidence < 1) || x.TrustN < 0 {
				t.Errorf("%s: confidence %v of %d", x.Image, x.Confidence, x.TrustN)
			}
			n++
		}
		if n == 0 {
			t.Error("nobody is trusted")
		}
	}
}
