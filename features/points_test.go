package features

import "testing"

// Every rule has a point in each of its data sets, and every point a rule.
func TestPoints(t *testing.T) {
	n := 0
	for _, r := range rules() {
		n += len(r.Sets)
		if (imagenetPoints[r.Name] != nil) != r.has(ImageNet) || (cocoPoints[r.Name] != nil) != r.has(COCO) {
			t.Errorf("%s is of %v, and has other points", r.Name, r.Sets)
		}
	}
	if n != len(imagenetPoints)+len(cocoPoints) {
		t.Errorf("%d points of %d rules", len(imagenetPoints)+len(cocoPoints), n)
	}
}
