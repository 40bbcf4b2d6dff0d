package ingest

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// idSet is an exact set of ImageNet image ids. Ids of the usual form are numbers in a bitmap, which takes few
// bytes for each.
type idSet struct {
	usual roaring64.Bitmap
	odd   map[string]struct{}
}

// add puts an id into the set, and reports whether it is new.
func (s *idSet) add(id string) bool {
	if p, ok := packed(id); ok {
		return s.usual.CheckedAdd(p)
	}
	if _, ok := s.odd[id]; ok {
		return false
	}
	if s.odd == nil {
		s.odd = map[string]struct{}{}
	}
	s.odd[string([]byte(id))] = struct{}{}
	return true
}

// meets reports whether two sets have an id in common.
func (s *idSet) meets(t *idSet) bool {
	for id := range s.odd {
		if _, ok := t.odd[id]; ok {
			return true
		}
	}
	return s.usual.Intersects(&t.usual)
}

// any returns an id of the set, always the same one, or "" if the set is empty.
func (s *idSet) any() string {
	if !s.usual.IsEmpty() {
		p := s.usual.Minimum()
		return fmt.Sprintf("n%08d_%d", p>>32, p&math.MaxUint32)
	}
	if len(s.odd) == 0 {
		return ""
	}
	return slices.Min(slices.Collect(maps.Keys(s.odd)))
}

// has reports whether an id is in the set.
func (s *idSet) has(id string) bool {
	if p, ok := packed(id); ok {
		return s.usual.Contains(p)
	}
	_, ok := s.odd[id]
	return ok
}

// packed returns a number below 2^63 for an id of the form n01440764_105. ok is false for any other id. Two
// ids never have the same number, so that digits that begin with a zero are another form.
func packed(id string) (n uint64, ok bool) {
	if len(id) < 11 || len(id) > 20 || id[0] != 'n' || id[9] != '_' || id[10] == '0' && len(id) > 11 {
		return 0, false
	}
	var wnid, num uint64
	for _, c := range []byte(id[1:9]) {
		if c-'0' > 9 {
			return 0, false
		}
		wnid = wnid*10 + uint64(c-'0')
	}
	for _, c := range []byte(id[10:]) {
		if c-'0' > 9 {
			return 0, false
		}
		num = num*10 + uint64(c-'0')
	}
	if num > math.MaxUint32 {
		return 0, false
	}
	return wnid<<32 | num, true
}
