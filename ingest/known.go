package ingest

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// known holds the identifiers that were read, for R4. Its sets are exact.
type known struct {
	mixed   bool  // several sources: XML and JSON may tell of the same showing
	xml     idSet // images of XML
	json    idSet // images of JSON, kept when sources are mixed
	showing map[showingKey]struct{}
	assigns map[string]uint32
	odd     map[string]uint64
	boxes   idSet
	coco    roaring64.Bitmap
	gt      roaring64.Bitmap // images of the ground truth
	objects roaring64.Bitmap // and its objects
}

// showingKey is an image and the assignment that it was shown in.
type showingKey struct {
	image  uint64
	assign uint32
}

func newKnown(mixed bool) *known {
	return &known{mixed: mixed, showing: map[showingKey]struct{}{}, assigns: map[string]uint32{}, odd: map[string]uint64{}}
}

// image notes an XML file's image and its showings; false when it was there.
func (k *known) image(id string, rows []imagenetRow) bool {
	if k.mixed {
		if k.json.has(id) || !k.xml.add(id) {
			return false
		}
		for i := range rows {
			k.showings(id, rows[i].AssignmentID)
		}
		return true
	}
	return k.xml.add(id)
}

// record notes a JSON record; false when its showing was there.
func (k *known) record(id, assignment string) bool {
	if k.mixed {
		k.json.add(id)
	}
	return k.showings(id, assignment)
}

func (k *known) showings(id, assignment string) bool {
	image, ok := packed(id)
	if !ok {
		if image, ok = k.odd[id]; !ok {
			image = 1<<63 | uint64(len(k.odd))
			k.odd[string([]byte(id))] = image
		}
	}
	assign, ok := k.assigns[assignment]
	if !ok {
		assign = uint32(len(k.assigns))
		k.assigns[string([]byte(assignment))] = assign
	}
	key := showingKey{image, assign}
	if _, ok := k.showing[key]; ok {
		return false
	}
	k.showing[key] = struct{}{}
	return true
}

// idSet is a set of ImageNet image ids.
type idSet struct {
	usual roaring64.Bitmap
	odd   map[string]struct{}
}

// add puts an id into the set; false when it was there.
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

func (s *idSet) has(id string) bool {
	if p, ok := packed(id); ok {
		return s.usual.Contains(p)
	}
	_, ok := s.odd[id]
	return ok
}

// packed turns "n01440764_105" into a number below 2^63 that no other id has.
func packed(id string) (uint64, bool) {
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
