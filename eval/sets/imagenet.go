package sets

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
)

// The numbers of validation images of ImageNet-1k: all, and in each class.
const (
	validationImages   = 50000
	validationOfAClass = 50
)

// firstLabels has the published labels of the first five validation images. Labels in another order, such as
// the ids of ILSVRC's development kit, differ from them.
var firstLabels = []int32{65, 970, 230, 809, 516}

// valNumber returns the number of a validation image, from 1, by its file's name.
func valNumber(name string) (n int, ok bool) {
	rest, ok := strings.CutPrefix(path.Base(name), "ILSVRC2012_val_")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

// own has one list of labels for each class of ImageNet-1k, which images share.
var own = func() [][]int32 {
	all := make([][]int32, classes.Count)
	for k := range all {
		all[k] = []int32{int32(k)}
	}
	return all
}()

// openImageNet opens the validation images of ImageNet-1k: in folders by WordNet id, or in one folder, with a
// file of labels.
func (o *opener) openImageNet(name, dir string) (*Set, error) {
	dir, l, err := descend(dir, valFolders...)
	if err != nil {
		return nil, err
	}
	s := &Set{Kind: ImageNet, Name: name, Root: dir, Expected: validationImages, Geometry: view.ResizeCrop}
	if flat := l.images(); len(flat) > 0 && len(l.dirs) == 0 {
		err = o.flat(s, flat)
	} else {
		err = byWnid(s, l, nil)
	}
	if err != nil {
		return nil, err
	}
	s.count()
	s.checkFirst()
	s.checkClasses(classes.Count, validationOfAClass)
	return s, nil
}

// flat adds the images of a folder without subfolders, with the labels of a file.
func (o *opener) flat(s *Set, names []string) error {
	labels, err := o.labelsFor(s.Root, names)
	if err != nil {
		return err
	}
	var without []string
	for _, n := range names {
		k, ok := labels.of(n)
		if !ok {
			without = append(without, n)
			continue
		}
		s.Images = append(s.Images, NewImage(n, own[k], ""))
	}
	if len(s.Images) == 0 {
		return fmt.Errorf("%s has labels for none of the %s images of %s, such as %s",
			labels.file, thousands(len(names)), s.Root, names[0])
	}
	if len(without) > 0 {
		s.note("%s without a label in %s %s left out: %s", number(len(without), "image"), labels.file,
			are(len(without)), some(without))
	}
	s.note("labels are from %s (%s)", labels.file, labels.format)
	return nil
}

// checkFirst notes that the labels of the first images are not the published ones.
func (s *Set) checkFirst() {
	for i := range s.Images {
		n, ok := valNumber(s.Images[i].Path())
		if !ok || n > len(firstLabels) {
			continue
		}
		if k := s.Images[i].Labels[0]; k != firstLabels[n-1] {
			s.note("%s is of class %d (%s) in the published labels, and of class %d (%s) here: the labels may be "+
				"in another order", s.Images[i].Path(), firstLabels[n-1], classes.ImageNet()[firstLabels[n-1]],
				k, classes.ImageNet()[k])
			return
		}
	}
}

// checkClasses notes classes that do not have the published number of images.
func (s *Set) checkClasses(want, each int) {
	count := map[int32]int{}
	for i := range s.Images {
		count[s.Images[i].Labels[0]]++
	}
	if len(count) != want {
		s.note("expected images of %s classes, found images of %s", thousands(want), thousands(len(count)))
	}
	var odd []string
	for k := range int32(classes.Count) {
		if n, ok := count[k]; ok && n != each {
			odd = append(odd, fmt.Sprintf("%s has %d", classes.ImageNet()[k], n))
		}
	}
	if len(odd) > 0 {
		s.note("expected %d images in every class: %s", each, some(odd))
	}
}

// byWnid adds the images of folders that have the names of WordNet ids.
func byWnid(s *Set, l listing, group func(name string) string) error {
	g := gatherer{set: s, loose: l.images()}
	known := 0
	for _, d := range l.dirs {
		k, ok := classes.Index(d)
		if !ok {
			g.unknown = append(g.unknown, d)
			continue
		}
		known++
		if err := g.folder(d, own[k], group); err != nil {
			return err
		}
	}
	if known == 0 {
		return fmt.Errorf("%s has no folder with the name of a WordNet id, such as n01440764: found %s",
			s.Root, found(l))
	}
	g.finish()
	if len(s.Images) == 0 {
		return fmt.Errorf("the class folders of %s have no images", s.Root)
	}
	return nil
}

// integer reads the name of a folder as a class of ImageNet-1k.
func integer(name string) (k int, ok bool) {
	k, err := strconv.Atoi(name)
	return k, err == nil && k >= 0 && k < classes.Count && strconv.Itoa(k) == name
}

// descend returns a folder that has class folders or images: the given one, or the first below it by one of
// some paths. Below it, a folder that has only one folder is entered.
func descend(dir string, below ...string) (string, listing, error) {
	l, err := list(dir)
	if err != nil {
		return dir, l, err
	}
	for _, b := range below {
		at := filepath.Join(dir, filepath.FromSlash(b))
		first, _, _ := strings.Cut(b, "/")
		if !l.hasDir(first) {
			continue
		}
		if in, err := list(at); err == nil && (len(in.dirs) > 0 || len(in.images()) > 0) {
			return at, in, nil
		}
	}
	return enter(dir, l)
}

// enter follows folders that have one folder and no images, as unpacked archives often do.
func enter(dir string, l listing) (string, listing, error) {
	for depth := 0; depth < 3 && len(l.dirs) == 1 && len(l.images()) == 0; depth++ {
		if _, ok := classes.Index(l.dirs[0]); ok {
			break // a single class folder
		}
		if _, ok := integer(l.dirs[0]); ok {
			break
		}
		at := filepath.Join(dir, l.dirs[0])
		in, err := list(at)
		if err != nil {
			return dir, l, err
		}
		if len(in.dirs) == 0 {
			break // a single class folder with another kind of name
		}
		dir, l = at, in
	}
	return dir, l, nil
}

// found says in a few words what is in a folder.
func found(l listing) string {
	switch {
	case len(l.dirs) > 0:
		return fmt.Sprintf("the folders %s", some(l.dirs))
	case len(l.files) > 0:
		return fmt.Sprintf("the files %s", some(l.files))
	}
	return "nothing"
}
