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

// Objects gathers the images, objects and classes in instances files of COCO.
//
// The sections of a file can be in any order, and in several files. So some faults, such as an object of an
// image that no file lists, can only be found when everything has been read. Objects finds them when it
// brings each image together with its objects, and reports them as Late.
type Objects struct {
	// Images are the images that the files list.
	Images  roaring64.Bitmap
	objects roaring64.Bitmap

	spill      *spill
	spillErr   error
	categories map[int64]string // names by id
	nameless   map[int64]bool   // categories that were rejected for their name
	files      []*file          // in the order of reading
	late       []Late           // rejects that have not been reported
}

// NewObjects returns Objects without images. dir is the folder for data that do not fit into memory.
func NewObjects(dir string) *Objects {
	return &Objects{spill: newSpill(dir), categories: map[int64]string{}, nameless: map[int64]bool{}}
}

// Close removes the files on the disk.
func (o *Objects) Close() { o.spill.close() }

// Categories returns the classes in the order of their ids.
func (o *Objects) Categories() (all []store.Category) {
	for _, id := range slices.Sorted(maps.Keys(o.categories)) {
		all = append(all, store.Category{ID: id, Name: o.categories[id]})
	}
	return all
}

// A Late is a reject of an object that has already been counted as stored, or of a field of such an object.
type Late struct {
	decode.Reject
	From *source.Source
}

// file is an instances file.
type file struct {
	s       *source.Source
	present [sections]bool  // sections that the file has and that are not null
	met     [sections]int64 // number of elements of each section
}

// count returns the number of elements that have been read.
func (f *file) count() (n int64) {
	for _, m := range f.met {
		n += m
	}
	return n
}

// Each visits the images in the order of their ids. It calls late with the rejects that it finds, some at a
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

// merge makes the row of an image from its entry in images and its objects. keep is false if it has neither.
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
		// In a file without images, an image is known by its objects alone.
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

// unlisted rejects an object whose image is not listed in any file.
func (o *Objects) unlisted(at place, image, id int64) {
	o.fault(at, decode.Reject{Kind: "record", Reason: string(schema.UnlistedImage),
		Detail: fmt.Sprintf("object %d is of image %d, which is not in images", id, image)})
}

// nameClass sets the name of the class of an object. If the category has no name because it was rejected, the
// object gets no reject.
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

// fault adds a reject of the object at a place.
func (o *Objects) fault(at place, x decode.Reject) {
	from := o.files[at.file].s
	x.Source, x.Member = from.Name, sectionTexts[objectsSection].key
	x.Offset, x.Record = at.offset, at.record
	o.late = append(o.late, Late{x, from})
}

// lateCount is about the largest number of rejects that are kept until they are reported.
const lateCount = 8192
