package sets

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
	"abtool/internal/imagefile"
	"abtool/internal/usage"
)

// openV2 opens a set of ImageNet-V2. Its folders are the numbers of the classes; sorted as text they would be
// 0, 1, 10, 100, 101.
func openV2(name, dir string) (*Set, error) {
	dir, l, err := descend(dir)
	if err != nil {
		return nil, err
	}
	s := &Set{Kind: V2, Name: name, Root: dir, Expected: 10000, Geometry: view.ResizeCrop}
	if allWnids(l.dirs) {
		if err := byWnid(s, l, nil); err != nil {
			return nil, err
		}
		if strings.HasPrefix(s.Images[0].name, "ILSVRC2012_val_") {
			return nil, fmt.Errorf("%s has the validation images of ImageNet-1k: give them as imagenet=%s", dir, dir)
		}
	} else {
		g := gatherer{set: s, loose: l.images()}
		for _, d := range l.dirs {
			k, ok := integer(d)
			if !ok {
				g.unknown = append(g.unknown, d)
				continue
			}
			if err := g.folder(d, own[k], nil); err != nil {
				return nil, err
			}
		}
		g.finish()
	}
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("%s has no images in folders 0 to 999, as ImageNet-V2 has them: found %s", dir,
			found(l))
	}
	s.count()
	s.checkClasses(classes.Count, 10)
	return s, nil
}

func allWnids(dirs []string) bool {
	return len(dirs) > 0 && !slices.ContainsFunc(dirs, func(d string) bool { return !isWnid(d) })
}

// expected has the number of images of sets with folders of WordNet ids.
var expected = map[string]int{A: 7500, R: 30000, O: 2000, Sketch: 50889}

// openWnids opens ImageNet-A, -R, -O or -Sketch.
func openWnids(kind, name, dir string) (*Set, error) {
	dir, l, err := descend(dir)
	if err != nil {
		return nil, err
	}
	s := &Set{Kind: kind, Name: name, Root: dir, Expected: expected[kind], Geometry: view.ResizeCrop}
	var group func(string) string
	if kind == R {
		group = rendition
	}
	if err := byWnid(s, l, group); err != nil {
		return nil, err
	}
	want := classes.ImageNet()
	if kind != Sketch {
		want = wnidsOf(subset(kind))
	}
	s.checkFolders(l.dirs, want)
	s.count()
	return s, nil
}

// rendition returns the part of a file's name up to the last _, such as "painting" in painting_3.jpg.
func rendition(file string) string {
	name := stem(file)
	if i := strings.LastIndexByte(name, '_'); i >= 0 {
		return name[:i]
	}
	return ""
}

// checkFolders notes folders of the published set that are missing, and those that it does not have, which are
// removed from the set: the network's answer among the classes of the set cannot be right for them.
func (s *Set) checkFolders(dirs, want []string) {
	var missing, more []string
	for _, w := range want {
		if _, ok := slices.BinarySearch(dirs, w); !ok {
			missing = append(missing, w)
		}
	}
	for _, d := range dirs {
		if _, ok := slices.BinarySearch(want, d); !ok && isWnid(d) {
			more = append(more, d)
		}
	}
	if len(missing) > 0 {
		s.note("%s of the %s folders of the published set %s missing: %s", thousands(len(missing)),
			thousands(len(want)),
			are(len(missing)), some(missing))
	}
	if len(more) > 0 {
		s.note("%s that the published set does not have %s left out: %s", number(len(more), "folder"),
			are(len(more)), some(more))
		s.Images = slices.DeleteFunc(s.Images, func(im Image) bool {
			folder, _, _ := strings.Cut(im.Path(), "/")
			_, found := slices.BinarySearch(more, folder)
			return found
		})
	}
}

// openFolder opens a folder for each class of the network, or shards and files that package imagefile reads.
func (o *opener) openFolder(name, place string) (*Set, error) {
	s := &Set{Kind: Folder, Name: name, Root: place, Geometry: view.ResizeCrop}
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	index := map[string][]int32{}
	for k, c := range o.classOrder() {
		index[c] = []int32{int32(k)}
	}
	if !info.IsDir() {
		return s, o.openFile(s, index)
	}
	dir, l, err := enterUnless(place, index)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(l.files, func(f string) bool { return strings.EqualFold(filepath.Ext(f), ".tar") }) {
		return s, o.openFile(s, index)
	}
	s.Root = dir
	g := gatherer{set: s, loose: l.images()}
	for _, d := range l.dirs {
		labels, ok := index[d]
		if !ok {
			g.unknown = append(g.unknown, d)
			continue
		}
		if err := g.folder(d, labels, nil); err != nil {
			return nil, err
		}
	}
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("%s has no folders with images of the classes of the network, which are %s: found %s",
			dir, some(o.names), found(l))
	}
	if len(g.unknown) > 0 {
		return nil, usage.Errorf("%s has folders that are not classes of the network, so that its number would mean "+
			"something else: %s. The classes are %s", dir, some(g.unknown), some(o.names))
	}
	g.finish()
	var missing []string
	for _, c := range o.names {
		if _, ok := slices.BinarySearch(l.dirs, c); !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		s.note("no folder for %s of the %s classes of the network: %s", thousands(len(missing)),
			thousands(len(o.names)), some(missing))
	}
	return s, nil
}

// classOrder returns the names of the classes in the order of labels: ImageNet's order for its classes.
func (o *opener) classOrder() []string {
	if o.imageNet {
		return classes.ImageNet()
	}
	return o.names
}

// enterUnless follows folders that have one folder, unless that is a class.
func enterUnless(dir string, index map[string][]int32) (string, listing, error) {
	l, err := list(dir)
	if err != nil || len(l.dirs) == 1 && index[l.dirs[0]] != nil {
		return dir, l, err
	}
	return enter(dir, l)
}

// openFile adds the images of shards or of another file that holds images.
func (o *opener) openFile(s *Set, index map[string][]int32) error {
	images, err := imagefile.Open(s.Root)
	if err != nil {
		return err
	}
	for i := range images.Len() {
		labels, ok := index[images.Class(i)]
		if !ok {
			return usage.Errorf("%s of %s has the class %q, which the network does not have. Its classes are %s",
				images.Name(i), s.Root, images.Class(i), some(o.names))
		}
		s.Images = append(s.Images, NewImage(images.Name(i), labels, ""))
	}
	s.Notes = append(s.Notes, images.Notes()...)
	s.read = func(i int, to *bytes.Buffer) error { return images.Read(i, to) }
	return nil
}
