package features

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"abtool/features/format"
	"abtool/internal/parallel"
	"abtool/internal/usage"
)

// SplitKeys are the keys that splits can be made by.
var SplitKeys = []string{"image", "worker", "class"}

// ParseShares parses shares such as "train=0.8,val=0.1,test=0.1".
func ParseShares(text string) (shares []Share, err error) {
	for _, part := range strings.Split(text, ",") {
		name, number, ok := strings.Cut(part, "=")
		v, e := parseFloat(number)
		if !ok || e != nil || name == "" {
			return nil, usage.Errorf("shares %q: write them as train=0.8,val=0.1,test=0.1", text)
		}
		shares = append(shares, Share{name, v})
	}
	return shares, nil
}

func (o *Options) splitDefaults() error {
	if o.SplitBy == "" {
		if len(o.Shares) > 0 {
			return usage.Errorf("there are shares, but no key to split by: give one of %s", strings.Join(SplitKeys, ", "))
		}
	} else {
		if !slices.Contains(SplitKeys, o.SplitBy) {
			return usage.Errorf("split by %q: give one of %s", o.SplitBy, strings.Join(SplitKeys, ", "))
		}
		if len(o.Shares) == 0 {
			o.Shares = slices.Clone(DefaultShares)
		}
	}
	total := 0.0
	seen := map[string]bool{}
	for _, s := range o.Shares {
		total += s.Part
		if !(s.Part > 0 && s.Part <= 1) {
			return usage.Errorf("the share %v of %s: give a number above 0 and at most 1", s.Part, s.Name)
		}
		if seen[s.Name] || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return usage.Errorf("the split %q: a name has only letters, digits, _ and -, and occurs once", s.Name)
		}
		seen[s.Name] = true
	}
	if len(o.Shares) > 0 && math.Abs(total-1) > 1e-9 {
		return usage.Errorf("the shares add up to %v, not to 1", total)
	}
	if o.Fraction == 0 {
		o.Fraction = 1
	}
	if !(o.Fraction > 0 && o.Fraction <= 1) {
		return usage.Errorf("the fraction %v: give a number above 0 and at most 1", o.Fraction)
	}
	if o.Stratify {
		switch {
		case o.Set != ImageNet:
			return usage.Errorf("--stratify works by class, and an image of %s has several classes: leave it out", o.Set)
		case o.SplitBy == "" && o.Fraction == 1:
			return usage.Errorf("--stratify needs --split image or --fraction: give one of them")
		case o.SplitBy != "" && o.SplitBy != "image":
			return usage.Errorf("splits by %s cannot be stratified by class: each image follows its %s", o.SplitBy, o.SplitBy)
		}
	}
	return nil
}

// A splitter decides which images are kept, and which split each image is in. An image that would be in two
// splits, for example because its two annotators are in different ones, is left out.
type splitter struct {
	o     *Options
	out   []bool  // by image: left out of the fraction; nil: decided by hash
	rank  []uint8 // by image: its split; nil: decided by hash
	parts []int   // by annotator or class, depending on SplitBy: its split
	mixed atomic.Int64
}

func newSplitter(o *Options, workers, classes []string) *splitter {
	s := &splitter{o: o}
	for _, name := range map[string][]string{"worker": workers, "class": classes}[o.SplitBy] {
		s.parts = append(s.parts, s.part(name))
	}
	return s
}

// part returns the split of a key.
func (s *splitter) part(key string) int {
	d := digest(s.o.Seed, "split "+s.o.SplitBy, key)
	return s.o.share(unit(&d, 0))
}

// share returns the split that a number in [0, 1) falls in.
func (o *Options) share(u float64) int {
	total := 0.0
	for i, s := range o.Shares {
		if total += s.Part; u < total {
			return i
		}
	}
	return len(o.Shares) - 1
}

// splitName returns the name of a split, "" for −1.
func (o *Options) splitName(part int) string {
	if part < 0 {
		return ""
	}
	return o.Shares[part].Name
}

// kept reports whether an image is in the fraction. A smaller fraction is a subset of a larger one.
func (s *splitter) kept(image string) bool {
	if s.o.Fraction == 1 {
		return true
	}
	d := digest(s.o.Seed, "fraction", image)
	return unit(&d, 0) < s.o.Fraction
}

// of returns the split of an image, −1 for none, and whether the image is kept. keys are its annotators or
// classes, depending on SplitBy.
func (s *splitter) of(image int32, id string, keys []int32) (split int, keep bool) {
	switch {
	case s.out != nil && s.out[image], s.out == nil && !s.kept(id):
		return -1, false
	case s.o.SplitBy == "":
		return -1, true
	case s.rank != nil:
		return int(s.rank[image]), true
	case s.o.SplitBy == "image":
		return s.part(id), true
	case len(keys) == 0:
		return s.part("image " + id), true
	}
	for _, k := range keys[1:] {
		if s.parts[k] != s.parts[keys[0]] {
			s.mixed.Add(1)
			return -1, false
		}
	}
	return s.parts[keys[0]], true
}

// left returns the number of images left out because they were in several splits.
func (s *splitter) left() (out []format.Count) {
	if n := s.mixed.Load(); n > 0 {
		what := map[string]string{"worker": "annotators", "class": "classes"}[s.o.SplitBy]
		out = append(out, format.Count{Name: "images with " + what + " of several splits", Rows: n})
	}
	return out
}

// stratify draws the fraction and the splits within each class. It sorts the images of the class that have a
// row by a hash, and cuts the sorted list at the shares.
func (s *splitter) stratify(set *imagenetSet) {
	byClass := make([][]int32, len(set.images.Classes)+1) // the last list has the images of unknown class
	s.out = make([]bool, len(set.first))
	var f imageFacts
	var t Target
	for i := range set.first {
		f.of(set, int32(i))
		if set.images.Shown[i] < 0 || set.without(int32(i)) || !s.o.All && !slices.ContainsFunc(set.points, func(p point[imageFacts]) bool { return p(&f, &t) }) {
			s.out[i] = true
			continue
		}
		c := set.images.Class[i]
		if c < 0 {
			c = int32(len(byClass) - 1)
		}
		byClass[c] = append(byClass[c], int32(i))
	}
	if s.o.SplitBy != "" {
		s.rank = make([]uint8, len(set.first))
	}
	parallel.For(s.o.Jobs, len(byClass), func(c int) {
		images := byClass[c]
		if s.o.Fraction < 1 {
			s.shuffle(set, images, "fraction")
			n := int(math.RoundToEven(s.o.Fraction * float64(len(images))))
			for _, i := range images[n:] {
				s.out[i] = true
			}
			images = images[:n]
		}
		if s.rank != nil {
			s.shuffle(set, images, "split image")
			for k, i := range images {
				s.rank[i] = uint8(s.o.share((float64(k) + 0.5) / float64(len(images))))
			}
		}
	})
}

// shuffle sorts images by a hash of the seed, the purpose and their ids.
func (s *splitter) shuffle(set *imagenetSet, images []int32, purpose string) {
	type at struct {
		u     float64
		image int32
	}
	order := make([]at, len(images))
	for k, i := range images {
		d := digest(s.o.Seed, purpose, set.images.IDs.At(i))
		order[k] = at{unit(&d, 0), i}
	}
	slices.SortFunc(order, func(a, b at) int { return cmp.Or(cmp.Compare(a.u, b.u), cmp.Compare(a.image, b.image)) })
	for k := range order {
		images[k] = order[k].image
	}
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(strings.TrimSpace(s), 64) }
