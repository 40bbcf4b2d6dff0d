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

// Supervision names what the point head learns from.
type Supervision string

// The kinds of supervision. None: no points. LUAB: the targets. Rand, the paper's baseline: a uniform
// random point for each image that has a target or, without targets, for every image.
const (
	None Supervision = "none"
	Rand Supervision = "rand"
	LUAB Supervision = "luab"
)

// Supervisions lists all kinds.
var Supervisions = []Supervision{None, Rand, LUAB}

// SetOptions choose the images and targets of a Set.
type SetOptions struct {
	Supervision Supervision // "": LUAB with targets, otherwise None
	Multi       bool        // multi label: a target belongs to an image and a class
	Rule        string      // rule of the targets, if the file has several; "": it must have one
	Split       string      // split of the targets; "": all splits
	Classes     []string    // in the order of the outputs; nil: from the source or the targets
	Seed        uint64      // for random points
	Partial     bool        // leave out targets whose image is missing instead of failing
	WithTarget  bool        // leave out images without a target

	everywhere bool // random points for all images, because there are no targets
}

// A Set has images with their labels and points.
type Set struct {
	Source  Source
	Classes []string
	Multi   bool
	Images  []Image

	MissingImages int      // targets that were left out because their image is missing (Partial)
	Untargeted    int      // images without a point to learn from
	Unlisted      int      // images of the source that were left out because no target of the rule, of any split, names them
	Mixed         []string // splits of the targets, if they have several and no split was chosen
	SplitFolders  []string // folders of splits, such as train and val, if the images of all of them are taken
	AllPlaced     bool     // several labels: every label has a point, so that classes that nobody placed may be missing
}

// An Image is an image of a Set.
type Image struct {
	Source int // index in the Source
	ID     string
	Label  int     // single label
	Labels []int   // multi label: the classes present
	Points []Point // at most one for a single label, with Class 0
}

// A Point is the target of the point head, in fractions of the image; y points down.
type Point struct {
	Class int
	X, Y  float64
}

// OpenSet opens images and joins them with the targets of a file. An empty name means no targets.
func OpenSet(images, targets string, o SetOptions) (*Set, error) {
	src, list, err := OpenBoth(images, targets)
	if err != nil {
		return nil, err
	}
	return NewSet(src, list, o)
}

// OpenBoth opens images and reads their targets, for several calls of NewSet. An empty name means no
// targets.
func OpenBoth(images, targets string) (src Source, list []targetfile.Target, err error) {
	if targets != "" {
		if list, err = targetfile.Read(targets); err != nil {
			return nil, nil, err
		}
	}
	src, err = Open(images)
	return src, list, err
}

// NewSet joins a source with targets, which can be nil. It fails if targets name images that the source
// lacks, unless Partial is set, or if their classes contradict the source's.
func NewSet(src Source, targets []targetfile.Target, o SetOptions) (*Set, error) {
	if o.Supervision == "" {
		o.Supervision = None
		if targets != nil {
			o.Supervision = LUAB
		}
	}
	if !slices.Contains(Supervisions, o.Supervision) {
		return nil, fmt.Errorf("supervision %q: it must be one of %v", o.Supervision, Supervisions)
	}
	if o.Supervision == LUAB && targets == nil {
		return nil, fmt.Errorf("supervision luab needs a file of targets, which abtool targets writes")
	}
	if src.Len() == 0 {
		return nil, fmt.Errorf("the source has no images")
	}
	o.everywhere = targets == nil
	at := make(map[string]int, src.Len())
	for i := range src.Len() {
		at[src.Item(i).ID] = i
	}
	targets = withIDs(targets, at)
	every := targets // classes come from all splits, so that the networks of all splits have the same outputs
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
		return nil, fmt.Errorf("%d of %d targets name images that are not in the source, such as %s (it has %s): the images may be those of another data set or only a part; --partial leaves such targets out",
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
		if len(list) == 0 && (o.WithTarget || o.Split != "") { // without a target, or in another split
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
		return nil, fmt.Errorf("no image is left: none of the source's has a target of this rule and split")
	}
	if !o.WithTarget && o.Split == "" {
		s.SplitFolders = splitFolders(src)
	}
	return s, nil
}

// withIDs returns the targets with the ids of the source. In a file of targets, an image can have a path or
// an extension.
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

// splitNames are common names of folders of splits.
var splitNames = []string{"train", "training", "val", "valid", "validation", "dev", "test", "testing"}

// allSplits reports whether names are two or more names of splits.
func allSplits(names []string) bool {
	for _, n := range names {
		if !slices.Contains(splitNames, strings.ToLower(n)) {
			return false
		}
	}
	return len(names) > 1
}

// splitFolders returns the folders at the top of a source if all are named like splits and have folders of
// classes in them, otherwise nil.
func splitFolders(src Source) []string {
	if f, ok := src.(files); ok {
		if names, deeper := f.Folders(); deeper && allSplits(names) {
			return names
		}
	}
	return nil
}

// survey records in s what users should know about the targets of all splits, and returns the images that
// they name.
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

// Notes returns sentences about anything unexpected that changes what a network learns or what it is
// measured on.
func (s *Set) Notes() (notes []string) {
	if f, ok := s.Source.(files); ok {
		notes = f.Notes()
	}
	if len(s.SplitFolders) > 0 {
		notes = append(notes, fmt.Sprintf("the images of all folders of splits (%s) are used: to keep them apart, give one folder to --images and another to --val-images", strings.Join(s.SplitFolders, ", ")))
	}
	if len(s.Mixed) > 0 {
		notes = append(notes, fmt.Sprintf("the targets of all splits (%s) are used: --split chooses one", strings.Join(s.Mixed, ", ")))
	}
	notes = append(notes, s.LeftOut()...)
	if s.AllPlaced {
		notes = append(notes, "every label of the targets has a point: only abtool targets --all writes the labels of classes that nobody placed")
	}
	return notes
}

// LeftOut returns sentences about images and targets that are not in the set. Notes returns them too.
func (s *Set) LeftOut() (notes []string) {
	if s.Unlisted > 0 {
		who := "for images that nobody clicked"
		if s.Multi {
			who = "for classes that nobody placed, but no row for an image without any class"
		}
		notes = append(notes, fmt.Sprintf("%d images are left out, because no target names them: abtool targets --all writes rows %s", s.Unlisted, who))
	}
	if s.MissingImages > 0 {
		notes = append(notes, fmt.Sprintf("%d targets are left out, because their image is missing", s.MissingImages))
	}
	return notes
}

// Digest returns the SHA-256 of the images in their order with their labels and points: all that a run
// learns from except the pixels.
func (s *Set) Digest() string {
	h := sha256.New()
	for _, im := range s.Images {
		fmt.Fprintf(h, "%q %d %v %v\n", im.ID, im.Label, im.Labels, im.Points)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A pairing maps the classes that images have by folder or shard to the classes that their targets name,
// and back. The names may differ, but each name must stand for one class.
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
		return fmt.Errorf("the image %s has class %s by its folder or shard and %s by its target, but class %s was %s before", image, folder, target, f, t)
	}
	return nil
}

// name returns the path of the i-th image in its source, or its id if it has no path.
func (s *Set) name(i int) string {
	if f, ok := s.Source.(files); ok {
		return f.Name(s.Images[i].Source)
	}
	return s.Images[i].ID
}

// Picture reads the i-th image of the set, uncropped.
func (s *Set) Picture(i int) (image.Image, error) { return s.Source.Image(s.Images[i].Source) }

// choose returns the targets of the chosen rule and split.
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
		return nil, fmt.Errorf("the targets have %d rules (%s): choose one", len(rules), strings.Join(sorted(rules), ", "))
	case len(out) == 0 && o.Split != "":
		return nil, fmt.Errorf("no target has the split %q: the splits are %s", o.Split, strings.Join(sorted(splits), ", "))
	case len(out) == 0:
		return nil, fmt.Errorf("no target has the rule %q", o.Rule)
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

// classes returns the classes of the outputs: those given; otherwise the source's, sorted, in numerical
// order if all are numbers; otherwise those of the targets.
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
				return nil, fmt.Errorf("the network's %d classes do not include %s: it was trained on other data", len(o.Classes), c)
			}
		}
		return o.Classes, nil
	}
	out := slices.Sorted(maps.Keys(seen))
	switch {
	case len(seen) == 0:
		return nil, fmt.Errorf("no classes: the images are not in folders of classes and have no .cls members, and the targets name no classes")
	case len(seen) == 1:
		return nil, fmt.Errorf("only one class (%s): at least 2 are needed", out[0])
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
		return fmt.Errorf("the image %s has %d targets: if they have several labels, set multi = true in the recipe (--set multi=true)", im.ID, len(list))
	}
	class := it.Class
	if len(list) == 1 {
		t := list[0]
		_, known := number[t.Class]
		switch {
		case class == "":
			class = t.Class
		case t.Class != "" && t.Class != class && known:
			return fmt.Errorf("the image %s has class %s by its folder or shard, but %s by its target", im.ID, class, t.Class)
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
		return fmt.Errorf("the image %s has no class: it is not in a folder of a class, and no target names it", im.ID)
	}
	if !ok {
		return fmt.Errorf("the image %s has class %q, which is not one of the network's %d", im.ID, class, len(s.Classes))
	}
	im.Label = label
	return nil
}

func (s *Set) multi(im *Image, list []targetfile.Target, number map[string]int, o SetOptions) error {
	for _, t := range list {
		c, ok := number[t.Class]
		if !ok {
			return fmt.Errorf("a target of %s has class %q, which is not one of the network's %d", im.ID, t.Class, len(s.Classes))
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
