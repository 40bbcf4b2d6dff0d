package ingest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"abtool/ingest/decode"
)

// known holds the identifiers that were read, for R4. Its sets are exact.
type known struct {
	mixed   bool  // several sources: XML and JSON may tell of the same showing
	boxed   bool  // boxes are given
	xml     idSet // images of XML
	json    idSet // images of JSON, kept when sources are mixed or boxes are given
	showing map[showingKey]struct{}
	pairs   map[string]uint32
	odd     map[string]uint64
	boxes   idSet // images of --boxes
	bare    idSet // images of XML with boxes and without a showing
	coco    roaring64.Bitmap
	gt      roaring64.Bitmap // images of the ground truth
	objects roaring64.Bitmap // and its objects
}

// showingKey is an image and one time that it was shown (R4).
type showingKey struct {
	image uint64
	pair  uint32 // the assignment, the page, or what else is given
	slot  int32
}

func newKnown(mixed, boxed bool) *known {
	return &known{mixed: mixed, boxed: boxed, showing: map[showingKey]struct{}{}, pairs: map[string]uint32{}, odd: map[string]uint64{}}
}

// add notes a record; false when it was there.
func (k *known) add(b *decode.Batch, x *decode.Record) bool {
	switch x.Kind {
	case decode.JSONRecord:
		if k.mixed || k.boxed {
			k.json.add(x.ID)
		}
		return k.showings(x.ID, x.Pair, x.Slot)
	case decode.VOCRecord:
		return k.boxes.add(x.ID)
	case decode.COCORecord:
		return k.coco.CheckedAdd(uint64(x.Num))
	}
	if x.Fact.Shown == 0 && len(x.Fact.Boxes) > 0 {
		return k.bare.add(x.ID)
	}
	if k.mixed && k.json.has(x.ID) || !k.xml.add(x.ID) {
		return false
	}
	for row := x.First; k.mixed && row < x.End; row++ {
		if pair, slot := b.Pair(row); pair != "" {
			k.showings(x.ID, pair, slot)
		}
	}
	return true
}

// showings notes a showing of an image; false when it was there.
func (k *known) showings(id, pair string, slot int32) bool {
	image, ok := packed(id)
	if !ok {
		if image, ok = k.odd[id]; !ok {
			image = 1<<63 | uint64(len(k.odd))
			k.odd[string([]byte(id))] = image
		}
	}
	n, ok := k.pairs[pair]
	if !ok {
		n = uint32(len(k.pairs))
		k.pairs[string([]byte(pair))] = n
	}
	key := showingKey{image, n, slot}
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

// meets reports whether two sets have an id in common.
func (s *idSet) meets(t *idSet) bool {
	for id := range s.odd {
		if _, ok := t.odd[id]; ok {
			return true
		}
	}
	return s.usual.Intersects(&t.usual)
}

// any returns the first id of the set, "" of an empty one.
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

// strangers returns what to say of a data set whose records and ground truth have no image in
// common, "" for one where they have, or where either is missing.
func (k *known) strangers(set string) string {
	record, truth, option := "", "", "--boxes"
	if set == "coco" {
		if k.coco.IsEmpty() || k.gt.IsEmpty() || k.coco.Intersects(&k.gt) {
			return ""
		}
		record, truth = strconv.FormatInt(int64(k.coco.Minimum()), 10), strconv.FormatInt(int64(k.gt.Minimum()), 10)
		option = "--instances"
	} else {
		if k.boxes.meets(&k.xml) || k.boxes.meets(&k.json) {
			return ""
		}
		record, truth = cmp.Or(k.xml.any(), k.json.any()), k.boxes.any()
		if record == "" || truth == "" {
			return ""
		}
	}
	return fmt.Sprintf("the records and %s have no image in common: the records have image %s, for example, and %s has %s. "+
		"What needs ground truth will be empty: check that both are of the same images", option, record, option, truth)
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
