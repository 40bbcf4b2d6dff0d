package sets

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
)

// Corruptions of ImageNet-C, in the order of its mean, and those that the mean leaves out.
var (
	meanCorruptions = strings.Fields("gaussian_noise shot_noise impulse_noise defocus_blur glass_blur motion_blur " +
		"zoom_blur snow frost fog brightness contrast elastic_transform pixelate jpeg_compression")
	extraCorruptions = strings.Fields("speckle_noise gaussian_blur spatter saturate")
)

func isCorruption(name string) bool {
	return slices.Contains(meanCorruptions, name) || slices.Contains(extraCorruptions, name)
}

// isC reports whether a folder is ImageNet-C, or a part of it with whole corruptions.
func isC(place string, l listing) bool {
	for _, d := range l.dirs {
		if isCorruption(d) {
			return true
		}
		if slices.Contains([]string{"noise", "blur", "weather", "digital", "extra"}, d) {
			in, err := list(filepath.Join(place, d))
			if err == nil && slices.ContainsFunc(in.dirs, isCorruption) {
				return true
			}
		}
		if severity.MatchString(d) && isCorruption(folderName(place)) {
			return true
		}
	}
	return false
}

var severity = regexp.MustCompile(`^[1-5]$`)

// corruptions returns the folders of ImageNet-C, as <corruption>/<severity>, with the folders that the archives put
// around them.
func corruptions(root string) (folders []string, err error) {
	var visit func(rel, corruption string, depth int) error
	visit = func(rel, corruption string, depth int) error {
		l, err := list(filepath.Join(root, filepath.FromSlash(rel)))
		if err != nil {
			return err
		}
		for _, d := range l.dirs {
			at := d
			if rel != "" {
				at = rel + "/" + d
			}
			switch {
			case corruption != "" && severity.MatchString(d):
				folders = append(folders, at)
			case isCorruption(d):
				err = visit(at, d, depth+1)
			case depth < 3 && len(l.dirs) < 100:
				err = visit(at, corruption, depth+1)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	corruption := ""
	if name := folderName(root); isCorruption(name) {
		corruption = name // the folder of one corruption was given
	}
	return folders, visit("", corruption, 0)
}

// openC opens ImageNet-C.
func openC(name, root string) (*Set, error) {
	folders, err := corruptions(root)
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 {
		return nil, fmt.Errorf("%s has no folders <corruption>/<severity>, such as fog/3", root)
	}
	s := &Set{Kind: C, Name: name, Root: root, Geometry: view.Crop}
	sizes := map[string]int{}
	g := gatherer{set: s}
	for _, f := range folders {
		group := cell(root, f)
		if sizes[group] > 0 {
			return nil, fmt.Errorf("%s has two folders of %s, one of which is %s", root, group, f)
		}
		before := len(s.Images)
		if err := g.wnids(f, group); err != nil {
			return nil, err
		}
		sizes[group] = len(s.Images) - before
	}
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("the folders of %s, such as %s, have no folders of WordNet ids with images",
			root, folders[0])
	}
	g.finish()
	s.checkCorruptions(sizes)
	return s, nil
}

// wnids adds the images in a folder's folders, which have WordNet ids as names, to one group.
func (g *gatherer) wnids(folder, group string) error {
	l, err := list(filepath.Join(g.set.Root, filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	for _, d := range l.dirs {
		k, ok := classes.Index(d)
		if !ok {
			g.unknown = append(g.unknown, folder+"/"+d)
			continue
		}
		if err := g.folder(folder+"/"+d, own[k], func(string) string { return group }); err != nil {
			return err
		}
	}
	return nil
}

// checkCorruptions compares the number of images in each group with the published set, which has the extra corruptions
// that are there.
func (s *Set) checkCorruptions(sizes map[string]int) {
	want := slices.Clone(meanCorruptions)
	for _, c := range extraCorruptions {
		for group := range sizes {
			if strings.HasPrefix(group, c+"/") && !slices.Contains(want, c) {
				want = append(want, c)
			}
		}
	}
	s.Expected = len(want) * 5 * validationImages
	s.count()
	var missing, odd []string
	for _, c := range want {
		for severity := 1; severity <= 5; severity++ {
			group := fmt.Sprintf("%s/%d", c, severity)
			if n := sizes[group]; n == 0 {
				missing = append(missing, group)
			} else if n != validationImages {
				odd = append(odd, fmt.Sprintf("%s has %s", group, thousands(n)))
			}
		}
	}
	if n := len(missing); n > 0 {
		s.note("%d of the %d folders <corruption>/<severity> %s missing: %s", n, 5*len(want), are(n), some(missing))
	}
	if len(odd) > 0 {
		s.note("expected %s images in every folder <corruption>/<severity>: %s", thousands(validationImages), some(odd))
	}
}

// cell returns the group of a folder of ImageNet-C, such as fog/3.
func cell(root, folder string) string {
	parts := strings.Split(folderName(root)+"/"+folder, "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if isCorruption(parts[i]) {
			return parts[i] + "/" + parts[len(parts)-1]
		}
	}
	return folder
}
