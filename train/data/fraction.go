package data

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Fraction returns a set with a share of the images of each class: the first ⌊share·n + ½⌋ of its n images in
// the order of SHA-256 of the seed in decimal, a line feed and the image's id. The set of a smaller share is a
// part of the set of a larger one, and neither depends on the other classes or on the order of images. With
// several labels, all images are one class.
func (s *Set) Fraction(share float64, seed uint64) *Set {
	type place struct {
		hash  [sha256.Size]byte
		image int
	}
	classes := map[int][]place{}
	for i := range s.Images {
		class := 0
		if !s.Multi {
			class = s.Images[i].Label
		}
		hash := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", seed, s.Images[i].ID))
		classes[class] = append(classes[class], place{hash, i})
	}
	var kept []int
	for _, list := range classes {
		slices.SortFunc(list, func(a, b place) int { return bytes.Compare(a.hash[:], b.hash[:]) })
		for _, p := range list[:int(share*float64(len(list))+0.5)] {
			kept = append(kept, p.image)
		}
	}
	slices.Sort(kept)
	part := *s
	part.Images = make([]Image, len(kept))
	for i, k := range kept {
		part.Images[i] = s.Images[k]
	}
	return &part
}
