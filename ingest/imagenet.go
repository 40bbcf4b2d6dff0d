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

// imagenet is the part of ingesting that is particular to ImageNet-AB. It remembers the images and showings
// that were read, to find duplicates (R4). Its sets are exact: a hash alone could reject a new record.
type imagenet struct {
	facts *truth.Facts
	mixed bool  // several sources: XML and JSON may have the same showing
	boxed bool  // boxes are given
	xml   idSet // images of XML
	json  idSet // images of JSON, kept when sources are mixed or boxes are given
	boxes idSet // images of --boxes
	bare  idSet // images of XML files with boxes and without a showing

	showing map[showingKey]struct{}
	pairs   map[string]uint32 // numbers of the pairs in showingKey
	odd     map[string]uint64 // numbers of the images whose id cannot be packed
}

// showingKey is an image and one time that it was shown (R4).
type showingKey struct {
	image uint64
	pair  uint32 // number of the assignment, the page, or another text that identifies the showing
	slot  int32
}

func newImageNet(mixed, boxed bool) *imagenet {
	return &imagenet{
		mixed: mixed, boxed: boxed,
		showing: map[showingKey]struct{}{}, pairs: map[string]uint32{}, odd: map[string]uint64{},
	}
}

func (k *imagenet) groups() (annotations, images int) { return store.GroupRows("imagenet"), 65536 }

func (k *imagenet) begin(dir string) { k.facts = truth.NewFacts(dir) }

func (k *imagenet) close() { k.facts.Close() }

func (k *imagenet) take(x *decode.Record) error { return k.facts.Add(x) }

func (k *imagenet) writeImages(ctx context.Context, d *dataset) error {
	return writeImages(ctx, d, k.facts.Each)
}

func (k *imagenet) categories() []store.Category { return nil }

// add remembers a record, and reports whether it is new.
func (k *imagenet) add(b *decode.Batch, x *decode.Record, study bool) bool {
	if study { // its pages have identifiers, and can show an image twice
		x.Pair, x.Slot = b.Place(x.First)
	}
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

// showings remembers a showing of an image, and reports whether it is new.
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

// notes returns a note for each source without anything that it was given for: byproducts without a showing,
// or ground truth without a box. It also returns a note if records and boxes have no image in common.
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
				"If these are the boxes of ILSVRC, give them with --boxes", s.Name, a.Stored))
		case s.Role == source.Boxes && s.boxes == 0:
			notes = append(notes, fmt.Sprintf("%s, given with --boxes, has no box in any of its files (%d)", s.Name, a.Stored))
		}
	}
	return notes
}

// strangers returns the note that records and the ground truth of an option have no image in common, with an
// image of each as an example.
func strangers(option, record, truth string) string {
	return fmt.Sprintf("the records and %s have no image in common: the records have image %s, for example, and %s has %s. "+
		"Results that need ground truth will be empty: check that both are of the same images", option, record, option, truth)
}
