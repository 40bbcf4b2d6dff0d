package sets

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"abtool/eval/classes"
	"abtool/internal/closest"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

// A Collection has the sets that a user named.
type Collection struct {
	Sets  []*Set
	Real  *Real    // ReaL's labels of the images of set imagenet; nil if they were not given
	Notes []string // places that were left out, and why
}

// An opener has what opening sets needs in addition to their folders.
type opener struct {
	names    []string // of the network's classes
	imageNet bool     // the network has the classes of ImageNet-1k
	labels   string   // file or folder of labels of ImageNet's validation images
	ids      string   // table of ILSVRC2012_ID
}

// A named place is an argument such as v2=DIR. The name is empty if only a place was given.
type named struct {
	name, place string
	listed      bool // in a file of sets, whose missing places are left out
}

// Names of places that are not sets.
const (
	nameReal   = "real"   // the labels of ImageNet-ReaL
	nameLabels = "labels" // labels of the validation images of ImageNet-1k
	nameIDs    = "ids"    // a table ILSVRC2012_ID to WordNet id
	nameSI     = "si"     // the three sets of SI-Score
)

// Open opens the sets that arguments name: NAME=PLACE, where NAME begins with a kind (v2, v2-threshold-0.7), PLACE
// alone, which shows which set it is, or a TOML file with lines NAME = "PLACE". The names real, labels and ids are
// for files that belong to the set imagenet. names has the classes of the network. Labels are places in the order
// of ImageNet's WordNet ids. The labels of kind Folder are places in names, unless these are ImageNet's, and the
// labels of kind Backgrounds are the nine classes of IN-9, which a network may have instead of ImageNet's.
func Open(args, names []string) (*Collection, error) {
	all, err := split(args)
	if err != nil {
		return nil, err
	}
	o := &opener{names: names, imageNet: isPermutation(names)}
	c := &Collection{}
	var sets []named
	for _, n := range all {
		if n.listed {
			if _, err := os.Stat(n.place); errors.Is(err, fs.ErrNotExist) {
				c.Notes = append(c.Notes, fmt.Sprintf("%s: %s does not exist and is left out", n.name, n.place))
				continue
			}
		}
		switch n.name {
		case nameReal:
			if c.Real, err = ReadReal(n.place); err != nil {
				return nil, err
			}
		case nameLabels:
			o.labels = n.place
		case nameIDs:
			o.ids = n.place
		default:
			sets = append(sets, n)
		}
	}
	for _, n := range sets {
		opened, notes, err := o.open(n)
		if err != nil {
			return nil, err
		}
		c.Sets = append(c.Sets, opened...)
		c.Notes = append(c.Notes, notes...)
	}
	if c.Real != nil && !slices.ContainsFunc(c.Sets, func(s *Set) bool { return s.Kind == ImageNet }) {
		c.Notes = append(c.Notes, "real: the labels are left out, because they belong to the images of set "+
			"imagenet, which was not given")
	}
	return c, unique(c.Sets)
}

// OpenReal opens the labels of ReaL that arguments name as Open takes them. It returns nil if there are none, and an
// error for an argument that names a set.
func OpenReal(args []string) (real *Real, err error) {
	all, err := split(args)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		if n.name != nameReal {
			return nil, usage.Errorf("set %s: give the network to evaluate, a RUN or --arch with --weights. "+
				"With --from alone, only --set real=FILE is used", cmp.Or(n.name, n.place))
		}
		if real, err = ReadReal(n.place); err != nil {
			return nil, err
		}
	}
	return real, nil
}

// unique returns an error if two sets have one name.
func unique(sets []*Set) error {
	seen := map[string]*Set{}
	for _, s := range sets {
		if other := seen[s.Name]; other != nil {
			return usage.Errorf("two sets have the name %s: %s and %s. Give another name, as %s-NAME=DIR",
				s.Name, other.Root, s.Root, s.Kind)
		}
		seen[s.Name] = s
	}
	return nil
}

// split reads arguments and the files of sets among them.
func split(args []string) (all []named, err error) {
	for _, a := range args {
		name, place, ok := strings.Cut(a, "=")
		if _, err := os.Stat(a); err == nil || !ok {
			name, place = "", a
		}
		if place == "" || ok && name == "" && place != a {
			return nil, usage.Errorf("%q is not a set: give NAME=DIR, such as v2=DIR, DIR alone, or a TOML file", a)
		}
		if name == "" && strings.EqualFold(filepath.Ext(place), ".toml") {
			listed, err := readTOML(place)
			if err != nil {
				return nil, err
			}
			all = append(all, listed...)
			continue
		}
		if name == "" && strings.EqualFold(filepath.Ext(place), ".json") {
			name = nameReal // the only label file that is JSON
		}
		all = append(all, named{name: name, place: place})
	}
	return all, nil
}

// readTOML reads a file of sets: lines NAME = "PLACE". Places are relative to the file's folder.
func readTOML(file string) (all []named, err error) {
	var places map[string]string
	m, err := toml.DecodeFile(file, &places)
	if err != nil {
		return nil, fmt.Errorf("reading the sets of %s: each line is NAME = \"DIR\": %w", file, err)
	}
	for _, key := range m.Keys() {
		name := key[0]
		place := filepath.FromSlash(places[name])
		if !filepath.IsAbs(place) {
			place = filepath.Join(filepath.Dir(file), place)
		}
		all = append(all, named{name, place, true})
	}
	return all, nil
}

// isPermutation reports whether names are the 1,000 WordNet ids of ImageNet-1k, in any order.
func isPermutation(names []string) bool {
	return classes.IsImageNet(slices.Sorted(slices.Values(names)))
}

// aliases has other names of kinds.
var aliases = map[string]string{
	"imagenet-1k": ImageNet, "in-1k": ImageNet, "val": ImageNet,
	"imagenetv2": V2, "imagenet-v2": V2, "imagenet-a": A, "imagenet-r": R, "imagenet-o": O, "imagenet-c": C,
	"imagenet-sketch": Sketch, "size": SISize, "location": SILocation, "rotation": SIRotation,
	"bg": Backgrounds, "backgrounds-challenge": Backgrounds, "bg_challenge": Backgrounds, "bgc": Backgrounds,
}

// kinds are the kinds of sets that folders can be, in the order of the paper's columns.
var kinds = []string{ImageNet, V2, A, C, O, Sketch, R, ObjectNet, SISize, SILocation, SIRotation, Backgrounds, Folder}

// kindOf returns the kind that a name begins with, or "".
func kindOf(name string) string {
	name = strings.ToLower(name)
	best, length := "", 0
	try := func(prefix, kind string) {
		if (name == prefix || strings.HasPrefix(name, prefix+"-")) && len(prefix) > length {
			best, length = kind, len(prefix)
		}
	}
	for _, k := range kinds {
		try(k, k)
	}
	for a, k := range aliases {
		try(a, k)
	}
	return best
}

// open opens the sets of a place.
func (o *opener) open(n named) (opened []*Set, notes []string, err error) {
	name := n.name
	if _, err := os.Stat(n.place); err != nil {
		if name == "" {
			name = n.place
		}
		return nil, nil, fmt.Errorf("opening set %s: %w", name, err)
	}
	if name == nameSI || name == "si-score" {
		opened, err = o.openAllSI(n.place)
		return opened, nil, err
	}
	if k := kindOf(name); k != "" {
		s, err := o.openAs(k, name, n.place)
		if err != nil {
			return nil, nil, fmt.Errorf("opening set %s: %w", name, err)
		}
		return []*Set{s}, nil, nil
	}
	if name != "" {
		near := closest.DidYouMean(name, slices.Concat(kinds, slices.Sorted(maps.Keys(aliases)), []string{nameReal, nameLabels, nameIDs, nameSI}))
		return nil, nil, usage.Errorf("opening set %s: its name begins with no kind of set%s The kinds are %s", name, cmp.Or(near, "."),
			strings.Join(kinds, ", "))
	}
	s, err := o.look(n.place)
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w", n.place, err)
	}
	if s != nil {
		return []*Set{s}, nil, nil
	}
	return o.lookBelow(n)
}

// lookBelow opens the sets in the folders of a folder.
func (o *opener) lookBelow(n named) (opened []*Set, notes []string, err error) {
	l, err := list(n.place)
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w", n.place, err)
	}
	for _, d := range l.dirs {
		at := filepath.Join(n.place, d)
		s, err := o.look(at)
		if err == nil && s == nil {
			if in, err := list(at); err == nil && len(siFolders(in)) > 0 {
				all, err := o.openAllSI(at)
				if err != nil {
					return nil, nil, fmt.Errorf("opening %s: %w", at, err)
				}
				opened = append(opened, all...)
				continue
			}
			err = errors.New("it is not a known set")
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s is left out: %v", at, err))
			continue
		}
		opened = append(opened, s)
	}
	if l.hasFile("real.json") {
		notes = append(notes, fmt.Sprintf("%[1]s is not used: give it as real=%[1]s",
			filepath.Join(n.place, "real.json")))
	}
	if len(opened) == 0 {
		return nil, nil, fmt.Errorf("%s is not a known set (%s): name the set, as KIND=DIR with one of %s",
			n.place, found(l), strings.Join(kinds, ", "))
	}
	return opened, notes, nil
}

// openAs opens a place as a set of a kind. A network with nine classes is taken to have the classes of the
// Backgrounds Challenge.
func (o *opener) openAs(kind, name, place string) (s *Set, err error) {
	nine := kind == Backgrounds && len(o.names) == len(classes.IN9())
	if kind != Folder && !o.imageNet && !nine {
		return nil, usage.Errorf("it needs a network for the 1,000 classes of ImageNet-1k, and this one has %s "+
			"classes (%s). Give a folder of images of these classes as folder=DIR",
			ui.Thousands(int64(len(o.names))), some(o.names))
	}
	switch kind {
	case ImageNet:
		return o.openImageNet(name, place)
	case V2:
		return openV2(name, place)
	case A, R, O, Sketch:
		return openWnids(kind, name, place)
	case C:
		return openC(name, place)
	case ObjectNet:
		return openObjectNet(name, place)
	case SISize, SILocation, SIRotation:
		return openSI(kind, name, place)
	case Backgrounds:
		return openBackgrounds(name, place)
	}
	return o.openFolder(name, place)
}

func thousands(n int) string { return ui.Thousands(int64(n)) }
