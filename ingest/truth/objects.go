package truth

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/schema"
	"abtool/store"
)

// What an instances file says of its images, objects and categories can only be held against each
// other when all has been read: the sections stand in any order, and in several files. So these
// faults are found here, where each image comes together with its objects.

// Objects gathers what instances files of COCO say of images and objects.
type Objects struct {
	// Images are the images that the files list.
	Images  roaring64.Bitmap
	objects roaring64.Bitmap

	spill      *spill
	spillErr   error
	categories map[int64]string // names by id
	nameless   map[int64]bool   // categories that were rejected for their name
	files      []*file          // in the order of reading
	late       []Late           // faults of objects that were found with their image
}

// NewObjects begins to gather; dir is for what does not fit into memory.
func NewObjects(dir string) *Objects {
	return &Objects{spill: newSpill(dir), categories: map[int64]string{}, nameless: map[int64]bool{}}
}

// Close removes what is on the disk.
func (o *Objects) Close() { o.spill.close() }

// Categories returns the classes in the order of their ids.
func (o *Objects) Categories() (all []store.Category) {
	for _, id := range slices.Sorted(maps.Keys(o.categories)) {
		all = append(all, store.Category{ID: id, Name: o.categories[id]})
	}
	return all
}

// Late is a reject of an object that had been read without one: the record, which was counted as stored,
// or a field.
type Late struct {
	decode.Reject
	From *source.Source
}

// file is one instances file.
type file struct {
	s       *source.Source
	present [sections]bool  // sections that are there and not null
	met     [sections]int64 // elements of each
}

// count returns how many elements were met.
func (f *file) count() (n int64) {
	for _, m := range f.met {
		n += m
	}
	return n
}

// Each visits the images in the order of their ids. It gives the faults that it finds to late, some at a
// time.
func (o *Objects) Each(visit func(COCOImage) error, late func([]Late) error) error {
	settle := func() error {
		found := o.late
		o.late = nil
		if len(found) == 0 {
			return nil
		}
		return late(found)
	}
	err := o.spill.each(func(key []byte, payloads [][]byte) error {
		row, keep := o.merge(key, payloads)
		if len(o.late) >= lateCount {
			if err := settle(); err != nil {
				return err
			}
		}
		if !keep {
			return nil
		}
		return visit(row)
	})
	if err != nil {
		return err
	}
	return settle()
}

// merge makes the image's row of its line and its objects. Without either there is none.
func (o *Objects) merge(key []byte, payloads [][]byte) (row COCOImage, keep bool) {
	row.ImageID = int64(binary.BigEndian.Uint64(key) ^ 1<<63)
	listed := false
	for _, raw := range payloads {
		p := payload(raw)
		if p.byte() == imagePayload {
			listed = true
			row.Width, row.Height = p.opt(), p.opt()
			row.FileName = string(p)
			break
		}
	}
	for _, raw := range payloads {
		p := payload(raw)
		if p.byte() == imagePayload {
			continue
		}
		at := p.place()
		x := p.instance()
		// A file without images lists none: there, objects are all that is known of an image.
		if !listed && o.files[at.file].met[imagesSection] > 0 {
			o.unlisted(at, row.ImageID, x.ID)
			continue
		}
		o.nameClass(at, &x)
		o.fitMask(at, &row, &x)
		row.Instances = append(row.Instances, x)
	}
	return row, listed || len(row.Instances) > 0
}

// unlisted leaves out an object whose image no file lists.
func (o *Objects) unlisted(at place, image, id int64) {
	o.fault(at, decode.Reject{Kind: "record", Reason: string(schema.UnlistedImage),
		Detail: fmt.Sprintf("object %d is of image %d, which is not in images", id, image)})
}

// nameClass gives an object the name of its class. A category that was rejected has its reject already.
func (o *Objects) nameClass(at place, x *instance) {
	name, ok := o.categories[x.CategoryID]
	switch {
	case ok:
		x.Category = &name
	case o.files[at.file].met[categoriesSection] > 0 && !o.nameless[x.CategoryID]:
		o.fault(at, decode.Reject{Kind: "field", Field: "annotations.category_id", Reason: string(schema.UnlistedCategory),
			Detail: fmt.Sprintf("object %d is of category %d, which is not in categories", x.ID, x.CategoryID)})
	}
}

// fitMask drops a run-length mask of another size than its image.
func (o *Objects) fitMask(at place, row *COCOImage, x *instance) {
	if x.RLEHeight == nil || row.Width == nil || row.Height == nil {
		return
	}
	if *x.RLEHeight == *row.Height && *x.RLEWidth == *row.Width {
		return
	}
	o.fault(at, decode.Reject{Kind: "field", Field: "annotations.segmentation", Reason: string(schema.BadMask),
		Detail: fmt.Sprintf("the mask of object %d is %d x %d pixels (width x height), and image %d is %d x %d",
			x.ID, *x.RLEWidth, *x.RLEHeight, row.ImageID, *row.Width, *row.Height)})
	x.RLEHeight, x.RLEWidth, x.RLECounts = nil, nil, nil
}

// fault keeps a reject of the object at a place until there are enough to write.
func (o *Objects) fault(at place, x decode.Reject) {
	from := o.files[at.file].s
	x.Source, x.Member = from.Name, sectionTexts[objectsSection].key
	x.Offset, x.Record = at.offset, at.record
	o.late = append(o.late, Late{x, from})
}

// lateCount is how many rejects are kept.
const lateCount = 8192
