package sets

import (
	"fmt"
	"path/filepath"
	"slices"

	"abtool/eval/classes"
	"abtool/eval/view"
)

// variants are the variants of the Backgrounds Challenge that have images.
var variants = []string{"original", "mixed_same", "mixed_rand", "mixed_next", "only_bg_b", "only_bg_t",
	"only_fg", "no_fg"}

// variantImages is the number of images of a variant.
const variantImages = 4050

// isBackgrounds reports whether a folder has variants of the Backgrounds Challenge.
func isBackgrounds(place string, l listing) bool {
	return slices.ContainsFunc(variantsOf(l), func(v string) bool {
		in, err := list(filepath.Join(place, v))
		return err == nil && (in.hasDir("val") || slices.ContainsFunc(classes.IN9(),
			func(e classes.Entry) bool { return in.hasDir(e.Name) }))
	})
}

func variantsOf(l listing) (names []string) {
	for _, v := range variants {
		if l.hasDir(v) {
			names = append(names, v)
		}
	}
	return names
}

func backgroundsRoot(place string, l listing) (string, listing, error) {
	if len(variantsOf(l)) == 0 && l.hasDir("bg_challenge") {
		place = filepath.Join(place, "bg_challenge")
		in, err := list(place)
		return place, in, err
	}
	return place, l, nil
}

// openBackgrounds opens the variants of the Backgrounds Challenge. Labels are the nine classes of IN-9.
func openBackgrounds(name, place string) (*Set, error) {
	l, err := list(place)
	if err != nil {
		return nil, err
	}
	root, l, err := backgroundsRoot(place, l)
	if err != nil {
		return nil, err
	}
	present := variantsOf(l)
	if len(present) == 0 {
		return nil, fmt.Errorf("%s has none of the variants of the Backgrounds Challenge, such as mixed_same: found %s",
			root, found(l))
	}
	s := &Set{Kind: Backgrounds, Name: name, Root: root, Expected: len(present) * variantImages, Geometry: view.AsIs}
	g := gatherer{set: s}
	var odd []string
	for _, v := range present {
		before := len(s.Images)
		below := v
		in, err := list(filepath.Join(root, v))
		if err != nil {
			return nil, err
		}
		if in.hasDir("val") {
			below = v + "/val"
			if in, err = list(filepath.Join(root, v, "val")); err != nil {
				return nil, err
			}
		}
		for _, d := range in.dirs {
			c := slices.IndexFunc(classes.IN9(), func(e classes.Entry) bool { return e.Name == d })
			if c < 0 {
				g.unknown = append(g.unknown, below+"/"+d)
				continue
			}
			if err := g.folder(below+"/"+d, own[c], func(string) string { return v }); err != nil {
				return nil, err
			}
		}
		if n := len(s.Images) - before; n != variantImages {
			odd = append(odd, fmt.Sprintf("%s has %s", v, thousands(n)))
		}
	}
	g.finish()
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("%s has no images in folders such as mixed_same/val/00_dog", root)
	}
	if len(odd) > 0 {
		s.note("expected %s images in every variant: %s", thousands(variantImages), some(odd))
	}
	for _, need := range []string{"mixed_same", "mixed_rand"} {
		if !slices.Contains(present, need) {
			s.note("variant %s is missing, and the gap between backgrounds needs it", need)
		}
	}
	return s, nil
}
