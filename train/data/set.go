package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"abtool/features"
)

// Supervision says what the point head learns from.
type Supervision string

// What the point head learns from: nothing; a uniform random point for each image (the paper's Rand baseline) that has a target, or
// without targets for all; the targets.
const (
	None Supervision = "none"
	Rand Supervision = "rand"
	LUAB Supervision = "luab"
)

// Supervisions are all of them.
var Supervisions = []Supervision{None, Rand, LUAB}

// SetOptions say how images and targets are put together.
type SetOptions struct {
	Supervision Supervision // "": LUAB with targets, else None
	Multi       bool        // multi label: a target is of an image and a class
	Rule        string      // of targets with several; "": they must have one
	Split       string      // of targets with splits; "": all
	Classes     []string    // in the order of the outputs; nil: as the targets or the source say
	Seed        uint64      // of random points
	Partial     bool        // leave out targets whose image is missing, instead of failing
	WithTarget  bool        // leave out images without a target

	everywhere bool // random points for all images: there are no targets that say where
}

// A Set is images with their labels and points.
type Set struct {
	Source  Source
	Classes []string
	Multi   bool
	Images  []Image

	MissingImages int      // targets that were left out, with Partial
	Untargeted    int      // images without a point to learn from
	Unlisted      int      // images of the source that were left out because no target of the rule, of any split, names them
	Mixed         []string // splits of the targets, if no split was asked for and they have several
	AllPlaced     bool     // several labels: each label has a point, so that labels that nobody placed may be missing
}

// An Image of a set.
type Image struct {
	Source int // place in the Source
	ID     string
	Label  int     // single label
	Labels []int   // multi label: the classes present
	Points []Point // at most one for a single label, with Class 0
}

// A Point is what the point head should say, in fractions of the image; y points down.
type Point struct {
	Class int
	X, Y  float64
}

// OpenSet opens images, and their targets if a file of them is named, and joins them.
func OpenSet(images, targets string, o SetOptions) (*Set, error) {
	src, err := Open(images)
	if err != nil {
		return nil, err
	}
	var list []Target
	if targets != "" {
		if list, err = ReadTargets(targets); err != nil {
			return nil, err
		}
	}
	return NewSet(src, list, o)
}

// NewSet joins a source with targets, which can be nil. Targets must name images of the source and agree with its classes.
func NewSet(src Source, targets []Target, o SetOptions) (*Set, error) {
	if o.Supervision == "" {
		o.Supervision = None
		if targets != nil {
			o.Supervision = LUAB
		}
	}
	if !slices.Contains(Supervisions, o.Supervision) {
		return nil, fmt.Errorf("supervision %q: it is one of %v", o.Supervision, Supervisions)
	}
	if o.Supervision == LUAB && targets == nil {
		return nil, fmt.Errorf("supervision luab needs targets: abtool targets makes them")
	}
	o.everywhere = targets == nil
	every := targets // the classes are those of all splits, so that the networks of all are the same
	targets, err := o.choose(targets)
	if err != nil {
		return nil, err
	}
	s := &Set{Source: src, Multi: o.Multi}
	at := make(map[string]int, src.Len())
	for i := range src.Len() {
		at[src.Item(i).ID] = i
	}
	listed := s.survey(every, o)
	byImage := map[int][]Target{}
	var missing []string
	for _, t := range targets {
		i, ok := at[t.Image]
		if !ok {
			if len(missing) < 3 && !slices.Contains(missing, t.Image) {
				missing = append(missing, t.Image)
			}
			s.MissingImages++
			continue
		}
		byImage[i] = append(byImage[i], t)
	}
	if s.MissingImages > 0 && (!o.Partial || len(byImage) == 0) {
		return nil, fmt.Errorf("%d of %d targets name images that are not in the source, such as %s: the images of another data set, or only some of them? --partial leaves such targets out",
			s.MissingImages, len(targets), strings.Join(missing, ", "))
	}
	if s.Classes, err = classes(src, every, o); err != nil {
		return nil, err
	}
	number := map[string]int{}
	for i, c := range s.Classes {
		number[c] = i
	}
	var names pairing
	for i := range src.Len() {
		list := byImage[i]
		if len(list) == 0 && (o.WithTarget || o.Split != "") { // an image of another split is not of this one
			if !listed[src.Item(i).ID] {
				s.Unlisted++
			}
			continue
		}
		im := Image{Source: i, ID: src.Item(i).ID, Label: -1}
		if o.Multi {
			err = s.multi(&im, list, number, o)
		} else {
			if len(list) == 1 {
				err = names.add(im.ID, src.Item(i).Class, list[0].Class)
			}
			if err == nil {
				err = s.single(&im, src.Item(i), list, number, o)
			}
		}
		if err != nil {
			return nil, err
		}
		if len(im.Points) == 0 {
			s.Untargeted++
		}
		s.Images = append(s.Images, im)
	}
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("no image is left")
	}
	return s, nil
}

// survey finds what a person should know of the targets before the split is chosen, and the images that they name.
func (s *Set) survey(targets []Target, o SetOptions) (listed map[string]bool) {
	listed = make(map[string]bool, len(targets))
	splits := map[string]bool{}
	s.AllPlaced = o.Multi && len(targets) > 0
	for _, t := range targets {
		if o.Rule != "" && t.Rule != "" && t.Rule != o.Rule {
			continue
		}
		listed[t.Image], splits[t.Split] = true, true
		s.AllPlaced = s.AllPlaced && !math.IsNaN(t.X)
	}
	if o.Split == "" && len(splits) > 1 {
		s.Mixed = slices.Sorted(maps.Keys(splits))
	}
	return listed
}

// Notes say in whole sentences what is unexpected in the set and changes what a network learns or what it is measured on.
func (s *Set) Notes() (notes []string) {
	if len(s.Mixed) > 0 {
		notes = append(notes, fmt.Sprintf("the targets are of the splits %s, and all are taken: --split takes one", strings.Join(s.Mixed, ", ")))
	}
	if s.Unlisted > 0 {
		who := "to images that nobody clicked"
		if s.Multi {
			who = "for classes that nobody placed; images without any class have none"
		}
		notes = append(notes, fmt.Sprintf("%d images are left out, as no target names them: abtool targets --all gives rows %s", s.Unlisted, who))
	}
	if s.AllPlaced {
		notes = append(notes, "every label of the targets has a point: classes that nobody placed are labels only with abtool targets --all")
	}
	if s.MissingImages > 0 {
		notes = append(notes, fmt.Sprintf("%d targets are left out, as their image is missing", s.MissingImages))
	}
	return notes
}

// Digest is the SHA-256 of the images in their order, with their labels and points: what a run learns from, but for the pixels.
func (s *Set) Digest() string {
	h := sha256.New()
	for _, im := range s.Images {
		fmt.Fprintf(h, "%q %d %v %v\n", im.ID, im.Label, im.Labels, im.Points)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A pairing holds the classes that images have by their folder or shard against those that their targets name. They can have other
// names there, but not one name for two classes.
type pairing struct{ target, folder map[string]string }

func (p *pairing) add(image, folder, target string) error {
	if folder == "" || target == "" {
		return nil
	}
	if p.target == nil {
		p.target, p.folder = map[string]string{}, map[string]string{}
	}
	t, f := p.target[folder], p.folder[target]
	if t == "" && f == "" {
		p.target[folder], p.folder[target] = target, folder
		return nil
	}
	if t != target || f != folder {
		if t == "" || t == target {
			t = target
		} else {
			f = folder
		}
		return fmt.Errorf("the image %s is of class %s by its folder or shard, and of %s by its target, where %s was %s before", image, folder, target, f, t)
	}
	return nil
}

// Picture reads the i-th image of the set, whole.
func (s *Set) Picture(i int) (image.Image, error) { return s.Source.Image(s.Images[i].Source) }

// choose keeps the targets of the rule and split.
func (o *SetOptions) choose(targets []Target) (out []Target, err error) {
	rules := map[string]bool{}
	splits := map[string]bool{}
	for _, t := range targets {
		if o.Rule != "" && t.Rule != "" && t.Rule != o.Rule {
			continue
		}
		if o.Split != "" && t.Split != o.Split {
			splits[t.Split] = true
			continue
		}
		rules[t.Rule] = true
		out = append(out, t)
	}
	switch {
	case targets == nil:
		return nil, nil
	case len(rules) > 1:
		return nil, fmt.Errorf("the targets are of %d rules (%s): name one", len(rules), strings.Join(sorted(rules), ", "))
	case len(out) == 0 && o.Split != "":
		return nil, fmt.Errorf("no target is of the split %q: they are of %s", o.Split, strings.Join(sorted(splits), ", "))
	case len(out) == 0:
		return nil, fmt.Errorf("no target is of the rule %q", o.Rule)
	}
	return out, nil
}

func sorted(m map[string]bool) (out []string) {
	for k := range m {
		out = append(out, strconv.Quote(k))
	}
	slices.Sort(out)
	return out
}

// classes are those of the outputs: as given; else those of the source, sorted, numbers by their value; else those of the targets.
func classes(src Source, targets []Target, o SetOptions) ([]string, error) {
	seen := map[string]bool{}
	for i := range src.Len() {
		if c := src.Item(i).Class; c != "" && !o.Multi {
			seen[c] = true
		}
	}
	if len(seen) == 0 {
		for _, t := range targets {
			if t.Class != "" {
				seen[t.Class] = true
			}
		}
	}
	if o.Classes != nil {
		for c := range seen {
			if !slices.Contains(o.Classes, c) {
				return nil, fmt.Errorf("the class %s is none of the %d of the network: the data are others than it was made for", c, len(o.Classes))
			}
		}
		return o.Classes, nil
	}
	if len(seen) < 2 {
		return nil, fmt.Errorf("%d classes: the source gives none (folders, cls members), and neither do the targets", len(seen))
	}
	var out []string
	digits := true
	for c := range seen {
		out = append(out, c)
		digits = digits && strings.Trim(c, "0123456789") == ""
	}
	slices.SortFunc(out, func(a, b string) int {
		if digits && len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return out, nil
}

func (s *Set) single(im *Image, it Item, list []Target, number map[string]int, o SetOptions) error {
	if len(list) > 1 {
		return fmt.Errorf("the image %s has %d targets: are they of several labels? then set multi = true in the recipe (--set multi=true)", im.ID, len(list))
	}
	class := it.Class
	if len(list) == 1 {
		t := list[0]
		_, known := number[t.Class]
		switch {
		case class == "":
			class = t.Class
		case t.Class != "" && t.Class != class && known:
			return fmt.Errorf("the image %s is of class %s by its folder or shard, and of %s by its target", im.ID, class, t.Class)
		}
		switch {
		case t.Weight <= 0:
		case o.Supervision == LUAB:
			im.Points = []Point{{0, t.X, t.Y}}
		case o.Supervision == Rand:
			x, y := features.Uniform(o.Seed, im.ID, "")
			im.Points = []Point{{0, x, y}}
		}
	} else if o.Supervision == Rand && o.everywhere {
		x, y := features.Uniform(o.Seed, im.ID, "")
		im.Points = []Point{{0, x, y}}
	}
	label, ok := number[class]
	if !ok {
		return fmt.Errorf("the image %s is of class %q, which is none of the network's %d", im.ID, class, len(s.Classes))
	}
	im.Label = label
	return nil
}

func (s *Set) multi(im *Image, list []Target, number map[string]int, o SetOptions) error {
	for _, t := range list {
		c, ok := number[t.Class]
		if !ok {
			return fmt.Errorf("a target of %s is of class %q, which is none of the network's %d", im.ID, t.Class, len(s.Classes))
		}
		if !t.Label {
			continue
		}
		if slices.Contains(im.Labels, c) {
			return fmt.Errorf("the image %s has two targets of class %s", im.ID, t.Class)
		}
		im.Labels = append(im.Labels, c)
		if t.Weight <= 0 || math.IsNaN(t.X) {
			continue
		}
		switch o.Supervision {
		case LUAB:
			im.Points = append(im.Points, Point{c, t.X, t.Y})
		case Rand:
			x, y := features.Uniform(o.Seed, im.ID, t.Class)
			im.Points = append(im.Points, Point{c, x, y})
		}
	}
	return nil
}
