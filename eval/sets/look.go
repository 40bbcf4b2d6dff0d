package sets

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"abtool/eval/classes"
)

// look finds out which set a place is, and opens it. It returns nil if the place is not a known set.
func (o *opener) look(place string) (*Set, error) {
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		if err != nil {
			return nil, err
		}
		return o.openFolder(Folder, place)
	}
	kind, err := o.kindOfFolder(place)
	if err != nil || kind == "" {
		return nil, err
	}
	return o.openAs(kind, nameOf(kind, place), place)
}

// nameOf returns the name of a set that was only given by its folder. The three sets of ImageNet-V2 differ.
func nameOf(kind, place string) string {
	if kind == V2 {
		for _, v := range []string{"threshold-0.7", "threshold0.7", "top-images", "topimages"} {
			if strings.Contains(strings.ToLower(filepath.ToSlash(place)), v) {
				return V2 + "-" + strings.Replace(strings.Replace(v, "threshold0", "threshold-0", 1), "topi",
					"top-i", 1)
			}
		}
	}
	return kind
}

// kindOfFolder returns the kind of a folder, or "".
func (o *opener) kindOfFolder(place string) (string, error) {
	top, err := list(place)
	if err != nil {
		return "", err
	}
	switch {
	case isObjectNet(place, top):
		return ObjectNet, nil
	case isBackgrounds(place, top):
		return Backgrounds, nil
	case isC(place, top):
		return C, nil
	}
	if k := looksLikeSI(place, top); k != "" {
		return k, nil
	}
	at, l := place, top
	if slices.ContainsFunc(top.dirs, func(d string) bool { return !slices.Contains(ilsvrcFolders, d) }) {
		at, l, err = enter(place, top)
	} else {
		at, l, err = descend(place, valFolders...)
	}
	if err != nil {
		return "", err
	}
	if len(l.dirs) == 0 {
		if slices.ContainsFunc(l.images(), func(n string) bool { _, ok := valNumber(n); return ok }) {
			return ImageNet, nil
		}
		return "", nil
	}
	if o.imageNet && allIntegers(l.dirs) {
		if len(l.dirs) < classes.Count {
			return "", fmt.Errorf("its folders are numbers, as in ImageNet-V2, but it has %d of them, and "+
				"ImageNet-V2 has 1,000: if it is a part of it, give it as v2=%s", len(l.dirs), place)
		}
		return V2, nil
	}
	if k, err := kindOfWnids(at, l); err != nil || k != "" && o.imageNet {
		return k, err
	}
	if o.areClasses(l.dirs) {
		return Folder, nil
	}
	return "", nil
}

// Folders that ILSVRC's archives have, and the places of the validation images in them.
var (
	ilsvrcFolders = []string{"ILSVRC", "Data", "Annotations", "ImageSets", "CLS-LOC", "train", "val", "test",
		"validation"}
	valFolders = []string{"val", "CLS-LOC/val", "Data/CLS-LOC/val", "ILSVRC/Data/CLS-LOC/val", "validation"}
)

// allIntegers reports whether all folders have the numbers of classes as names.
func allIntegers(dirs []string) bool {
	return !slices.ContainsFunc(dirs, func(d string) bool { _, ok := integer(d); return !ok })
}

// areClasses reports whether all folders are classes of the network.
func (o *opener) areClasses(dirs []string) bool {
	for _, d := range dirs {
		if !slices.Contains(o.names, d) {
			return false
		}
	}
	return len(dirs) > 0
}

// Names of files that only one of the sets with folders of WordNet ids has.
var (
	sketchFile    = regexp.MustCompile(`^sketch_\d+\.`)
	renditionFile = regexp.MustCompile(`^[a-z]+_\d+\.`)
	aFile         = regexp.MustCompile(`^\d\.\d+_.+_\d`)
)

// kindOfWnids returns the kind of a folder whose folders have WordNet ids as names: by the hash of the names, or by
// the names of the first files. It returns "" if other folders are there.
func kindOfWnids(dir string, l listing) (string, error) {
	for _, d := range l.dirs {
		if _, ok := classes.Index(d); !ok {
			return "", nil
		}
	}
	for _, k := range []string{A, R, O} {
		if classes.Hash(l.dirs) == classes.Hash(wnidsOf(subset(k))) {
			return k, nil
		}
	}
	var first string
	for _, d := range l.dirs {
		in, err := list(filepath.Join(dir, d))
		if err != nil {
			return "", err
		}
		if names := in.images(); len(names) > 0 {
			first = names[0]
			break
		}
	}
	base := strings.ToLower(filepath.ToSlash(dir))
	switch _, val := valNumber(first); {
	case val:
		return ImageNet, nil
	case sketchFile.MatchString(first) && (len(l.dirs) > 200 || strings.Contains(base, "sketch")):
		return Sketch, nil
	case renditionFile.MatchString(first) && within(l.dirs, R):
		return R, nil
	case aFile.MatchString(first) && within(l.dirs, A):
		return A, nil
	case strings.Contains(base, "imagenet-o") && within(l.dirs, O):
		return O, nil
	case strings.Contains(base, "imagenet-a") && within(l.dirs, A):
		return A, nil
	case sketchFile.MatchString(first):
		return Sketch, nil
	case len(l.dirs) == classes.Count:
		return ImageNet, nil
	}
	return Folder, nil
}

// within reports whether all folders are of the 200 classes of a set.
func within(dirs []string, kind string) bool {
	names := wnidsOf(subset(kind))
	return !slices.ContainsFunc(dirs, func(d string) bool { _, ok := slices.BinarySearch(names, d); return !ok })
}

// subset returns the 200 classes of set A, R or O.
func subset(kind string) []int32 {
	switch kind {
	case A:
		return classes.A()
	case R:
		return classes.R()
	case O:
		return classes.O()
	}
	return nil
}

func wnidsOf(indices []int32) (names []string) {
	for _, k := range indices {
		names = append(names, classes.ImageNet()[k])
	}
	return names
}
