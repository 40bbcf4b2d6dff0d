package ingest

import (
	"context"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/ingest/truth"
	"abtool/store"
)

// coco is the part of ingesting that is particular to COCO-AB.
type coco struct {
	r       *runner
	objects *truth.Objects
	images  roaring64.Bitmap // ids of the images that records are of
	once    roaring64.Bitmap // of these, images that were annotated in a source that is not a study
	pages   map[string]bool  // pages of studies
}

func (k *coco) groups() (annotations, images int) { return store.GroupRows("coco"), 2048 }

func (k *coco) begin(dir string) { k.objects = truth.NewObjects(dir) }

func (k *coco) close() { k.objects.Close() }

// add remembers a record, and reports whether it is new. In a study several annotators can have an image.
func (k *coco) add(_ *decode.Batch, x *decode.Record, study bool) bool {
	k.images.Add(uint64(x.Num))
	if !study {
		return k.once.CheckedAdd(uint64(x.Num))
	}
	if k.pages == nil {
		k.pages = map[string]bool{}
	}
	was := k.pages[x.Pair]
	k.pages[strings.Clone(x.Pair)] = true
	return !was
}

func (k *coco) take(*decode.Record) error { return nil }

// read reads an instances file.
func (k *coco) read(ctx context.Context, s *source.Source, st *source.Stream) error {
	if _, err := k.r.dataset(decode.COCO); err != nil {
		return err
	}
	return k.objects.Read(ctx, s, st, k.r.feeder, k.r.limits.Member)
}

func (k *coco) writeImages(ctx context.Context, d *dataset) error {
	return writeImages(ctx, d, func(visit func(truth.COCOImage) error) error {
		return k.objects.Each(visit, func(late []truth.Late) error { return k.settleLate(d, late) })
	})
}

// settleLate rejects objects, or fields of objects, whose fault shows only when all of the ground truth has
// been read. Until then these objects are counted as stored.
func (k *coco) settleLate(d *dataset, late []truth.Late) error {
	rejects := make([]decode.Reject, len(late))
	for i, x := range late {
		rejects[i] = x.Reject
		if x.Kind != "record" {
			continue
		}
		if a := k.r.inputs[x.From].accounts[decode.COCO]; a != nil {
			a.Stored--
			a.Rejected++
		}
		k.r.rejected.Add(1)
	}
	if err := d.reject(rejects); err != nil {
		return err
	}
	return k.r.checkRejects(rejects)
}

func (k *coco) categories() []store.Category { return k.objects.Categories() }

func (k *coco) notes([]*input) []string {
	if k.images.IsEmpty() || k.objects.Images.IsEmpty() || k.images.Intersects(&k.objects.Images) {
		return nil
	}
	first := func(b *roaring64.Bitmap) string { return strconv.FormatInt(int64(b.Minimum()), 10) }
	return []string{strangers("--instances", first(&k.images), first(&k.objects.Images))}
}
