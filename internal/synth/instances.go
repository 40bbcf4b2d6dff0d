package synth

import "fmt"

// instancesHead, instancesMid and instancesTail are what stands around the images and
// annotations of instances_train2014.json.
func instancesHead() []byte {
	return []byte(`{"info": {"description": "Simulated images in the form of COCO 2014", "url": "", "version": "1.0", "year": 2014, ` +
		`"contributor": "simulator", "date_created": "2015/01/27"}, "images": [`)
}

func instancesMid() []byte {
	return []byte(`], "licenses": [{"url": "http://creativecommons.org/licenses/by-nc-sa/2.0/", "id": 1, ` +
		`"name": "Attribution-NonCommercial-ShareAlike License"}], "annotations": [`)
}

func instancesTail() []byte {
	b := []byte(`], "categories": [`)
	for i, c := range categories {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, `{"supercategory": %q, "id": %d, "name": %q}`, c.super, c.id, c.name)
	}
	return append(b, `]}`...)
}

// appendImage writes an entry of images.
func appendImage(b []byte, id int64, w, h int) []byte {
	b = append(b, `{"license": 1, "file_name": "`...)
	b = appendImageName(b, id)
	b = appendInt(append(b, `", "coco_url": "http://mscoco.org/images/`...), id)
	b = appendInt(append(b, `", "height": `...), h)
	b = appendInt(append(b, `, "width": `...), w)
	return append(appendInt(append(b, `, "date_captured": "2013-11-14 16:28:13", "flickr_url": "", "id": `...), id), '}')
}

// appendImageName writes COCO_train2014_000000057870.jpg.
func appendImageName(b []byte, id int64) []byte {
	return fmt.Appendf(b, "COCO_train2014_%012d.jpg", id)
}

// appendInstance writes an entry of annotations.
func appendInstance(b []byte, o *instance, s *scene, id int64) []byte {
	b = append(b, `{"segmentation": `...)
	if o.crowd {
		b = o.appendCrowd(b, s)
	} else {
		b = append(b, '[')
		for i, p := range o.polygons {
			if len(p) == 0 {
				continue
			}
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendHundredths(b, p)
		}
		b = append(b, ']')
	}
	b = appendFloat(append(b, `, "area": `...), o.area)
	if o.crowd {
		b = append(b, `, "iscrowd": 1`...)
	} else {
		b = append(b, `, "iscrowd": 0`...)
	}
	b = appendInt(append(b, `, "image_id": `...), s.id)
	b = appendHundredths(append(b, `, "bbox": `...), o.bbox[:])
	b = appendInt(append(b, `, "category_id": `...), categories[o.category].id)
	return append(appendInt(append(b, `, "id": `...), id), '}')
}

// appendCrowd writes run lengths, as numbers or as a string.
func (o *instance) appendCrowd(b []byte, s *scene) []byte {
	b = append(b, `{"counts": `...)
	if o.packed {
		b = append(b, '"')
		start := len(b)
		b = appendRLE(b, o.counts)
		b = escapeBackslash(b, start)
		b = append(b, '"')
	} else {
		b = append(b, '[')
		for i, c := range o.counts {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendInt(b, int64(c))
		}
		b = append(b, ']')
	}
	b = appendInt(append(b, `, "size": [`...), s.h)
	return append(appendInt(append(b, ", "...), s.w), "]}"...)
}

// escapeBackslash doubles the backslashes in b[start:]: the one character of the compressed
// alphabet that JSON does not take as it is.
func escapeBackslash(b []byte, start int) []byte {
	for i := start; i < len(b); i++ {
		if b[i] == '\\' {
			b = append(b, 0)
			copy(b[i+1:], b[i:])
			i++
		}
	}
	return b
}

func appendHundredths(b []byte, vs []int32) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendFloat(b, float64(v)/100)
		if v%100 == 0 {
			b = append(b, ".0"...)
		}
	}
	return append(b, ']')
}
