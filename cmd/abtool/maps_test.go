package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"abtool/eval"
)

// The maps that are drawn depend on the seed and the images, and not on the order or on the maps.
func TestGallery(t *testing.T) {
	names := func(seed uint64, most int) (list []string) {
		g := &gallery{most: most, seed: seed}
		for _, i := range rand.Perm(100) {
			g.offer(fmt.Sprint(i), eval.Looked{Image: i})
		}
		for _, k := range g.kept {
			if k.name != fmt.Sprint(k.Image) {
				t.Errorf("%s has the map of image %d", k.name, k.Image)
			}
			list = append(list, k.name)
		}
		return list
	}
	eight := names(1, 8)
	if again := names(1, 8); len(eight) != 8 || !slices.Equal(eight, again) {
		t.Errorf("%v and %v", eight, again)
	}
	if five := names(1, 5); !slices.Equal(five, eight[:5]) {
		t.Errorf("%v are not the first of %v", five, eight)
	}
	if slices.Equal(names(2, 8), eight) {
		t.Errorf("another seed chooses the same: %v", eight)
	}
	if all := names(1, 200); len(all) != 100 {
		t.Errorf("%d of 100 images", len(all))
	}
	if none := names(1, 0); len(none) > 0 {
		t.Errorf("%v, want none", none)
	}
}

func TestMapTitle(t *testing.T) {
	for _, c := range []struct{ class, id, want string }{
		{"dog", "9", "dog 9: IoU 0.50, right"},
		{"n01440764", "n01440764_112", "n01440764_112: IoU 0.50, right"},
		{"n01440764", "ILSVRC2012_val_00000293", "…64 ILSVRC2012_val_00000293: IoU 0.50, right"},
	} {
		if got := mapTitle(c.class, c.id, "IoU 0.50, right"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
