package ingest

import (
	"encoding/binary"
	"fmt"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/schema"
)

// What an instances file says of its images, objects and categories can only be held against each
// other when all has been read: the sections stand in any order, and in several files. So these
// faults are found here, where each image comes together with its objects.

// truthFile is one instances file.
type truthFile struct {
	s       *source.Source
	r       *runner
	present [truthSections]bool  // sections that are there and not null
	met     [truthSections]int64 // elements of each
}

// count returns how many elements were met.
func (f *truthFile) count() (n int64) {
	for _, m := range f.met {
		n += m
	}
	return n
}

// beginTruth notes that an instances file is about to be read.
func (d *dataset) beginTruth(r *runner, s *source.Source) (f *truthFile, index int) {
	f = &truthFile{s: s, r: r}
	d.truth = append(d.truth, f)
	return f, len(d.truth) - 1
}

// mergeObjects makes the image's row of its line and its objects. Without either there is none.
func (d *dataset) mergeObjects(key []byte, payloads [][]byte) (row cocoImageRow, keep bool, err error) {
	row.ImageID = int64(binary.BigEndian.Uint64(key) ^ 1<<63)
	listed := false
	for _, raw := range payloads {
		p := gtPayload(raw)
		if p.byte() == gtImage {
			listed = true
			row.Width, row.Height = p.opt(), p.opt()
			row.FileName = string(p)
			break
		}
	}
	for _, raw := range payloads {
		p := gtPayload(raw)
		if p.byte() == gtImage {
			continue
		}
		at := p.place()
		x := p.instance()
		// A file without images lists none: there, objects are all that is known of an image.
		if !listed && d.truth[at.file].met[imagesSection] > 0 {
			d.unlisted(at, row.ImageID, x.ID)
			continue
		}
		d.nameClass(at, &x)
		d.fitMask(at, &row, &x)
		row.Instances = append(row.Instances, x)
	}
	if len(d.late) >= lateCount {
		err = d.settleLate()
	}
	return row, listed || len(row.Instances) > 0, err
}

// unlisted leaves out an object whose image no file lists.
func (d *dataset) unlisted(at place, image, id int64) {
	f := d.truth[at.file]
	if k := f.r.inputs[f.s].stats[d.name]; k != nil { // it was counted as stored when it was read
		k.Stored--
		k.Rejected++
	}
	f.r.rejected.Add(1)
	d.fault(at, decode.Reject{Kind: "record", Reason: string(schema.UnlistedImage),
		Detail: fmt.Sprintf("object %d is of image %d, which is not in images", id, image)})
}

// nameClass gives an object the name of its class. A category that was rejected has its reject already.
func (d *dataset) nameClass(at place, x *instance) {
	name, ok := d.categories[x.CategoryID]
	switch {
	case ok:
		x.Category = &name
	case d.truth[at.file].met[categoriesSection] > 0 && !d.nameless[x.CategoryID]:
		d.fault(at, decode.Reject{Kind: "field", Field: "annotations.category_id", Reason: string(schema.UnlistedCategory),
			Detail: fmt.Sprintf("object %d is of category %d, which is not in categories", x.ID, x.CategoryID)})
	}
}

// fitMask drops a run-length mask of another size than its image.
func (d *dataset) fitMask(at place, row *cocoImageRow, x *instance) {
	if x.RLEHeight == nil || row.Width == nil || row.Height == nil {
		return
	}
	if *x.RLEHeight == *row.Height && *x.RLEWidth == *row.Width {
		return
	}
	d.fault(at, decode.Reject{Kind: "field", Field: "annotations.segmentation", Reason: string(schema.BadMask),
		Detail: fmt.Sprintf("the mask of object %d is %d x %d pixels (width x height), and image %d is %d x %d",
			x.ID, *x.RLEWidth, *x.RLEHeight, row.ImageID, *row.Width, *row.Height)})
	x.RLEHeight, x.RLEWidth, x.RLECounts = nil, nil, nil
}

// fault keeps a reject of the object at a place until there are enough to write.
func (d *dataset) fault(at place, x decode.Reject) {
	x.Source, x.Member = d.truth[at.file].s.Name, sectionTexts[objectsSection].key
	x.Offset, x.Record = at.offset, at.record
	d.late = append(d.late, x)
}

// lateCount is how many rejects are kept.
const lateCount = 8192

// settleLate writes the rejects that were kept, and stops the run where the options say so.
func (d *dataset) settleLate() error {
	if len(d.late) == 0 {
		return nil
	}
	err := d.reject(d.late)
	if err == nil {
		err = d.truth[0].r.judge(d.late)
	}
	d.late = nil
	return err
}
