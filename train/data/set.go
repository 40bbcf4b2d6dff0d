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
	"abtool/features/targetfile"
	"abtool/internal/imagefile"
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
	SplitFolders  []string // folders of splits, such as train and val, that the images are of, if all are taken
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
	src, list, err := OpenBoth(images, targets)
	if err != nil {
		return nil, err
	}
	return NewSet(src, list, o)
}

// OpenBoth opens images, and their targets if a file of them is named, for several calls of NewSet.
func OpenBoth(images, targets string) (src Source, list []targetfile.Target, err error) {
	if targets != "" {
		if list, err = targetfile.Read(targets); err != nil {
			return nil, nil, err
		}
	}
	src, err = Open(images)
	return src, list, err
}

// NewSet joins a source with targets, which can be nil. Targets must name images of the source and agree with its classes.
func NewSet(src Source, targets []targetfile.Target, o SetOptions) (*Set, error) {
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
	if src.Len() == 0 {
		return nil, fmt.Errorf("the source holds no images")
	}
	o.everywhere = targets == nil
	at := make(map[string]int, src.Len())
	for i := range src.Len() {
		at[src.Item(i).ID] = i
	}
	targets = withIDs(targets, at)
	every := targets // the classes are those of all splits, so that the networks of all are the same
	targets, err := o.choose(targets)
	if err != nil {
		return nil, err
	}
	s := &Set{Source: src, Multi: o.Multi}
	listed := s.survey(every, o)
	byImage := map[int][]targetfile.Target{}
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
		return nil, fmt.Errorf("%d of %d targets name images that are not in the source, such as %s (it has %s): the images of another data set, or only some of them? --partial leaves such targets out",
			s.MissingImages, len(targets), strings.Join(missing, ", "), src.Item(0).ID)
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
	if !o.WithTarget && o.Split == "" {
		s.SplitFolders = splitFolders(src)
	}
	return s, nil
}

// withIDs returns the targets with the ids that their images have in the source: a target can name its image by a path or with an ending.
func withIDs(targets []targetfile.Target, at map[string]int) []targetfile.Target {
	copied := false
	for i, t := range targets {
		if _, ok := at[t.Image]; ok {
			continue
		}
		id := imagefile.ID(t.Image)
		if _, ok := at[id]; !ok {
			continue
		}
		if !copied {
			targets, copied = slices.Clone(targets), true
		}
		targets[i].Image = id
	}
	return targets
}

// splitNames are how folders of splits are called.
var splitNames = []string{"train", "training", "val", "valid", "validation", "dev", "test", "testing"}

// allSplits reports whether names are those of several splits.
func allSplits(names []string) bool {
	for _, n := range names {
		if !slices.Contains(splitNames, strings.ToLower(n)) {
			return false
		}
	}
	return len(names) > 1
}

// splitFolders returns the folders at the top of a source, if they are splits that hold folders of classes.
func splitFolders(src Source) []string {
	if f, ok := src.(files); ok {
		if names, deeper := f.Folders(); deeper && allSplits(names) {
			return names
		}
	}
	return nil
}

// survey finds what a person should know of the targets before the split is chosen, and the images that they name.
func (s *Set) survey(targets []targetfile.Target, o SetOptions) (listed map[string]bool) {
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
	if f, ok := s.Source.(files); ok {
		notes = f.Notes()
	}
	if len(s.SplitFolders) > 0 {
		notes = append(notes, fmt.Sprintf("the images are of the folders %s, and all are taken: to keep them apart give one to --images and another to --val-images", strings.Join(s.SplitFolders, ", ")))
	}
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

// name returns the path of the i-th image in its source, or its id where it has none.
func (s *Set) name(i int) string {
	if f, ok := s.Source.(files); ok {
		return f.Name(s.Images[i].Source)
	}
	return s.Images[i].ID
}

// Picture reads the i-th image of the set, whole.
func (s *Set) Picture(i int) (image.Image, error) { return s.Source.Image(s.Images[i].Source) }

// choose keeps the targets of the rule and split.
func (o *SetOptions) choose(targets []targetfile.Target) (out []targetfile.Target, err error) {
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
func classes(src Source, targets []targetfile.Target, o SetOptions) ([]string, error) {
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
	out := slices.Sorted(maps.Keys(seen))
	switch {
	case len(seen) == 0:
		return nil, fmt.Errorf("no classes: the images lie in no folders of classes and have no .cls members, and the targets name none")
	case len(seen) == 1:
		return nil, fmt.Errorf("1 class (%s): at least 2 are needed", out[0])
	case allSplits(out):
		return nil, fmt.Errorf("the classes would be %s, which are splits: give one of these folders to --images and another to --val-images", strings.Join(out, " and "))
	}
	digits := true
	for _, c := range out {
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

func (s *Set) single(im *Image, it Item, list []targetfile.Target, number map[string]int, o SetOptions) error {
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
	if !ok && class == "" {
		return fmt.Errorf("the image %s has no class: it lies in no folder of one, and no target names it", im.ID)
	}
	if !ok {
		return fmt.Errorf("the image %s is of class %q, which is none of the network's %d", im.ID, class, len(s.Classes))
	}
	im.Label = label
	return nil
}

func (s *Set) multi(im *Image, list []targetfile.Target, number map[string]int, o SetOptions) error {
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
