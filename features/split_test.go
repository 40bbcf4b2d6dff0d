package features_test

import (
	"math"
	"strings"
	"testing"

	"abtool/features"
)

// splitsOf has the set of splits of each key.
func splitsOf(rows []features.Target, key func(*features.Target) string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for i := range rows {
		k := key(&rows[i])
		if k == "" {
			continue
		}
		if out[k] == nil {
			out[k] = map[string]bool{}
		}
		out[k][rows[i].Split] = true
	}
	return out
}

// No image, and nothing that the splits are by, is in two of them.
func TestNoLeakage(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		for _, by := range features.SplitKeys {
			rows := all(t, s.store, features.Options{Set: set, Rules: []string{"all"}, SplitBy: by, All: true, Seed: 4})
			keys := map[string]func(*features.Target) string{"image": func(x *features.Target) string { return x.Image }}
			switch by {
			case "worker":
				keys["worker"] = func(x *features.Target) string { return x.Worker }
			case "class":
				keys["class"] = func(x *features.Target) string { return x.Class }
			}
			seen := map[string]int{}
			for name, key := range keys {
				for k, splits := range splitsOf(rows, key) {
					if len(splits) != 1 || splits[""] {
						t.Errorf("%s by %s: the %s %s is in the splits %v, want exactly one", set, by, name, k, splits)
					}
				}
			}
			for _, x := range rows {
				seen[x.Split]++
			}
			if len(seen) < 2 {
				t.Errorf("%s by %s: rows by split are %v, want at least two splits", set, by, seen)
			}
		}
	}
}

// Splits have their shares, other seeds make others, and an image stays where it is whatever else is asked
// for.
func TestShares(t *testing.T) {
	s := sample(t)
	o := features.Options{Set: features.ImageNet, SplitBy: "image", Shares: []features.Share{{Name: "a", Part: 0.5}, {Name: "b", Part: 0.3}, {Name: "c", Part: 0.2}}, Seed: 4}
	rows := all(t, s.store, o)
	at := map[string]string{}
	count := map[string]float64{}
	for _, x := range rows {
		at[x.Image] = x.Split
		count[x.Split]++
	}
	for _, share := range o.Shares {
		if got := count[share.Name] / float64(len(rows)); math.Abs(got-share.Part) > 4*math.Sqrt(share.Part*(1-share.Part)/float64(len(rows))) {
			t.Errorf("%s has %v of the rows, want %v", share.Name, got, share.Part)
		}
	}
	moved := 0
	for _, x := range all(t, s.store, features.Options{Set: features.ImageNet, SplitBy: "image", Shares: o.Shares, Seed: 5}) {
		if at[x.Image] != x.Split {
			moved++
		}
	}
	if moved < len(rows)/2 {
		t.Errorf("another seed moves %d of %d images to another split, want at least half", moved, len(rows))
	}
	o.Fraction, o.Rules = 0.4, []string{"random"}
	for _, x := range all(t, s.store, o) {
		if at[x.Image] != x.Split {
			t.Errorf("%s moves from %s to %s with a fraction", x.Image, at[x.Image], x.Split)
		}
	}
}

// A smaller fraction is a part of a larger one, of about its size.
func TestFraction(t *testing.T) {
	s := sample(t)
	for _, set := range []string{features.ImageNet, features.COCO} {
		var before map[string]bool
		whole := len(splitsOf(all(t, s.store, features.Options{Set: set}), func(x *features.Target) string { return x.Image }))
		for _, f := range []float64{0.95, 0.5, 0.05} {
			now := map[string]bool{}
			for _, x := range all(t, s.store, features.Options{Set: set, Fraction: f, Seed: 4}) {
				if before != nil && !before[x.Image] {
					t.Errorf("%s is in %v and not in more", x.Image, f)
				}
				now[x.Image] = true
			}
			if got := float64(len(now)) / float64(whole); math.Abs(got-f) > 4*math.Sqrt(f*(1-f)/float64(whole)) {
				t.Errorf("%s: %v of the images, want %v", set, got, f)
			}
			before = now
		}
	}
}

// Strata: every class has its shares, to within one image.
func TestStratified(t *testing.T) {
	s := sample(t)
	count := func(o features.Options) map[string]map[string]int {
		out := map[string]map[string]int{}
		for _, x := range all(t, s.store, o) {
			if out[x.Class] == nil {
				out[x.Class] = map[string]int{}
			}
			out[x.Class][x.Split]++
			out[x.Class]["all"]++
		}
		return out
	}
	plain := count(features.Options{Set: features.ImageNet})
	for class, n := range count(features.Options{Set: features.ImageNet, SplitBy: "image", Stratify: true, Fraction: 0.5}) {
		if half := float64(plain[class]["all"]) / 2; math.Abs(float64(n["all"])-half) > 0.5 {
			t.Errorf("%s: %d of %d are half", class, n["all"], plain[class]["all"])
		}
		for _, share := range features.DefaultShares {
			if want := share.Part * float64(n["all"]); math.Abs(float64(n[share.Name])-want) > 1 {
				t.Errorf("%s: %d of %d in %s", class, n[share.Name], n["all"], share.Name)
			}
		}
	}
}

func TestParseShares(t *testing.T) {
	got, err := features.ParseShares("train=0.9, val=.1")
	if err != nil || len(got) != 2 || got[0] != (features.Share{Name: "train", Part: 0.9}) {
		t.Errorf("parsing shares with a space and .1 gives %v, %v", got, err)
	}
	for _, text := range []string{"", "train", "train=", "=1", "train=x"} {
		if _, err := features.ParseShares(text); err == nil || !strings.Contains(err.Error(), "train=0.8") {
			t.Errorf("shares %q: error %v, want one that shows how to write shares", text, err)
		}
	}
}
