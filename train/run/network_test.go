package run

import (
	"context"
	"path/filepath"
	"reflect"
	"testing"

	"abtool/train/engine/gorgonia"
)

// Predict returns predictions in the order of the images, with their ids.
func TestPredict(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := tiny()
	r.Epochs, r.Warmup, r.EMA = 1, 0, 0
	o := options(t, dir, r)
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	n, err := Trained(dir, "", gorgonia.New)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	all, err := n.Predict(context.Background(), o.Val, 0)
	if err != nil || len(all) != len(o.Val.Images) {
		t.Fatalf("%d predictions, %v", len(all), err)
	}
	for i, p := range all {
		if p.ID != o.Val.Images[i].ID || len(p.Points) != 2 || p.Logits[p.Best()] < p.Logits[1-p.Best()] {
			t.Errorf("image %d: %+v", i, p)
		}
	}
	if reflect.DeepEqual(all[0].Logits, all[1].Logits) {
		t.Error("two images have the same logits: they share their memory")
	}
	some, err := n.Predict(context.Background(), o.Val, 5)
	if err != nil || len(some) != 5 || some[4].ID != all[4].ID {
		t.Errorf("%d predictions, %v", len(some), err)
	}
	if _, err := Trained(t.TempDir(), "", gorgonia.New); err == nil {
		t.Error("Trained of a folder that is not a run returns no error")
	}
}
