package ingest

import (
	"cmp"
	"context"
	"fmt"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/ingest/truth"
	"abtool/store"
)

// imagenet is what is particular to ImageNet-AB. It holds the identifiers that were read, for R4; its sets
// are exact.
type imagenet struct {
	facts *truth.Facts
	mixed bool  // several sources: XML and JSON may have the same showing
	boxed bool  // boxes are given
	xml   idSet // images of XML
	json  idSet // images of JSON, kept when sources are mixed or boxes are given
	boxes idSet // images of --boxes
	bare  idSet // images of XML with boxes and without a showing

	showing map[showingKey]struct{}
	pairs   map[string]uint32
	odd     map[string]uint64
}

// showingKey is an image and one time that it was shown (R4).
type showingKey struct {
	image uint64
	pair  uint32 // the assignment, the page, or what else is given
	slot  int32
}

func newImageNet(mixed, boxed bool) *imagenet {
	return &imagenet{
		mixed: mixed, boxed: boxed,
		showing: map[showingKey]struct{}{}, pairs: map[string]uint32{}, odd: map[string]uint64{},
	}
}

func (k *imagenet) groups() (annotations, images int) { return 16384, 65536 }

func (k *imagenet) begin(dir string) { k.facts = truth.NewFacts(dir) }

func (k *imagenet) close() { k.facts.Close() }

func (k *imagenet) take(x *decode.Record) error { return k.facts.Add(x) }

func (k *imagenet) writeImages(ctx context.Context, d *dataset) error {
	return writeImages(ctx, d, k.facts.Each)
}

func (k *imagenet) categories() []store.Category { return nil }

// add notes a record; false when it was there.
func (k *imagenet) add(b *decode.Batch, x *decode.Record) bool {
	switch x.Kind {
	case decode.JSONRecord:
		if k.mixed || k.boxed {
			k.json.add(x.ID)
		}
		return k.showings(x.ID, x.Pair, x.Slot)
	case decode.VOCRecord:
		return k.boxes.add(x.ID)
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
func (k *imagenet) showings(id, pair string, slot int32) bool {
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

// notes says of sources that they hold none of what they were given for: byproducts without a showing,
// ground truth without a box; or of all that records and boxes have no image in common.
func (k *imagenet) notes(sources []*input) (notes []string) {
	if !k.boxes.meets(&k.xml) && !k.boxes.meets(&k.json) {
		record, box := cmp.Or(k.xml.any(), k.json.any()), k.boxes.any()
		if record != "" && box != "" {
			notes = append(notes, strangers("--boxes", record, box))
		}
	}
	for _, s := range sources {
		a := s.accounts[decode.ImageNet]
		switch {
		case a == nil || a.Stored == 0:
		case s.Role == source.Byproducts && a.Rows == 0:
			notes = append(notes, fmt.Sprintf("%s has no byproducts: none of its files (%d) has a <metadata>. "+
				"If it is ILSVRC's boxes, give it with --boxes", s.Name, a.Stored))
		case s.Role == source.Boxes && s.boxes == 0:
			notes = append(notes, fmt.Sprintf("%s, given with --boxes, has no box in any of its files (%d)", s.Name, a.Stored))
		}
	}
	return notes
}

// strangers says that records and the ground truth of an option have no image in common, but for example
// these.
func strangers(option, record, truth string) string {
	return fmt.Sprintf("the records and %s have no image in common: the records have image %s, for example, and %s has %s. "+
		"What needs ground truth will be empty: check that both are of the same images", option, record, option, truth)
}
