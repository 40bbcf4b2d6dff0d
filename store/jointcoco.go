package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"abtool/schema"
	"abtool/store/columnar"
)

// coco finds the pages and the images of COCO that several stores have.
func (j *Joint) coco(s *JointSet) (left []leftOut, err error) {
	if err := j.categories(s); err != nil {
		return nil, err
	}
	once := map[int64]int32{}   // by image: the first part that has a page of it
	pages := map[string]int32{} // by page of a study
	studies := 0
	for k := range s.Parts {
		if len(j.Of[s.Parts[k].Store].DataSet("coco").Studies) > 0 {
			studies++
		}
	}
	for k := range s.Parts {
		p := &s.Parts[k]
		t, err := columnar.Open(j.dir(p), "coco", "annotations")
		if err != nil {
			return nil, err
		}
		err = j.cocoPages(s, k, t, once, pages, studies > 1, &left)
		t.Close()
		if err != nil {
			return nil, err
		}
	}
	return left, j.cocoImages(s)
}

// categories merges the lists of classes.
func (j *Joint) categories(s *JointSet) error {
	type named struct{ name, dir string }
	known := map[int64]named{}
	for k := range s.Parts {
		dir := j.dir(&s.Parts[k])
		for _, c := range j.Of[s.Parts[k].Store].DataSet("coco").Categories {
			was, ok := known[c.ID]
			if ok && was.name != c.Name {
				return contradict(was.dir, dir, fmt.Sprintf("category %d is %s in one and %s in the other", c.ID, was.name, c.Name))
			}
			if !ok {
				known[c.ID] = named{c.Name, dir}
				s.categories = append(s.categories, c)
			}
		}
	}
	slices.SortFunc(s.categories, func(a, b Category) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

// cocoPages finds the pages of a part that a part before it has (R4).
func (j *Joint) cocoPages(s *JointSet, k int, t *columnar.Table, once map[int64]int32, pages map[string]int32, studies bool, left *[]leftOut) error {
	p := &s.Parts[k]
	r, err := t.Reader("image_id", "source", "page_uuid")
	if err != nil {
		return err
	}
	study := map[string]bool{}
	for _, x := range j.Of[p.Store].DataSet("coco").Studies {
		study[x.Name] = true
	}
	row := int64(-1)
	for g := range t.Groups() {
		if err := r.Read(g); err != nil {
			return err
		}
		for i := range r.Rows() {
			row++
			source, _ := r.Column("source").Text(i)
			image := r.Column("image_id").Ints[i]
			var first int32
			var ok bool
			switch {
			case !study[source]:
				if first, ok = once[image]; !ok {
					once[image] = int32(k)
				}
			case studies:
				page, _ := r.Column("page_uuid").Text(i)
				if first, ok = pages[page]; !ok {
					pages[strings.Clone(page)] = int32(k)
				}
			}
			if !ok || int(first) == k {
				continue
			}
			s.Common = true
			p.Drop = append(p.Drop, row)
			if s.Repeats.Records == 0 {
				s.Repeats.Example, s.Repeats.From, s.Repeats.Before = fmt.Sprint(image), j.dir(p), j.dir(&s.Parts[first])
			}
			s.Repeats.Records, s.Repeats.Rows = s.Repeats.Records+1, s.Repeats.Rows+1
			count(left, p.Store, source, 1, 1)
		}
	}
	return nil
}

func numberID(r *columnar.Reader, row int) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(r.Column("image_id").Ints[row])^1<<63))
}

// cocoImages finds the images of the ground truth that several stores have. They have to have the same of an
// image, but one of them can have its objects, and another only its size and name.
func (j *Joint) cocoImages(s *JointSet) error {
	tables, err := j.tables(s, "coco", "images")
	defer closeAll(tables)
	if err != nil {
		return err
	}
	several := false
	at := make([][]int64, len(tables)) // by part: rows of images that several stores have, in order
	err = eachID(tables, []string{"image_id"}, numberID, func(rows []*cursor) error {
		for _, c := range rows {
			if len(rows) > 1 {
				several, at[c.part] = true, append(at[c.part], c.at)
			}
		}
		return nil
	})
	if err != nil || !several {
		return err
	}
	s.Common = true
	kept := map[int64]cocoImage{}
	for k, t := range tables {
		if err := j.sameImages(s, k, t, at[k], kept); err != nil {
			return err
		}
	}
	for k := range s.Parts {
		slices.Sort(s.Parts[k].DropImages)
	}
	return nil
}

// cocoImage is an image of the ground truth that several stores have.
type cocoImage struct {
	part    int
	row     int64
	objects bool
	objs    [sha256.Size]byte // of the objects
	known   [3]string         // width, height and name of the file; "" if it is not known
}

// sameImages compares the images in rows of a table with those of the parts before.
func (j *Joint) sameImages(s *JointSet, k int, t *columnar.Table, rows []int64, kept map[int64]cocoImage) error {
	var objects []string
	schema.TableAt("coco/images").Walk(func(c schema.Column) {
		if len(c.Fields) == 0 && strings.HasPrefix(c.Name, "instances.") {
			objects = append(objects, c.Name)
		}
	})
	own := []string{"width", "height", "file_name"}
	r, err := t.Reader(slices.Concat([]string{"image_id"}, own, objects)...)
	if err != nil {
		return err
	}
	var b []byte
	from := int64(0)
	for g := range t.Groups() {
		to := from + t.GroupRows(g)
		if len(rows) > 0 && rows[0] < to {
			if err := r.Read(g); err != nil {
				return err
			}
		}
		for ; len(rows) > 0 && rows[0] < to; rows = rows[1:] {
			i := int(rows[0] - from)
			offsets := r.Column("instances.id").Offsets
			here := cocoImage{part: k, row: rows[0], objects: offsets[i] < offsets[i+1]}
			b = b[:0]
			for _, name := range objects {
				b = r.Column(name).Append(b, i)
			}
			here.objs = sha256.Sum256(b)
			for n, name := range own {
				if c := r.Column(name); name == "file_name" && c.Index[i] >= 0 || name != "file_name" && c.Ints[i] != columnar.Null {
					here.known[n] = string(c.Append(nil, i))
				}
			}
			id := r.Column("image_id").Ints[i]
			was, ok := kept[id]
			switch {
			case !ok:
				kept[id] = here
			case was.objects && here.objects && was.objs != here.objs || !was.agrees(&here):
				return contradict(j.dir(&s.Parts[was.part]), j.dir(&s.Parts[k]), fmt.Sprintf("they have different ground truth of the image %d", id))
			case here.objects && !was.objects:
				s.Parts[was.part].DropImages = append(s.Parts[was.part].DropImages, was.row)
				kept[id] = here
			default:
				s.Parts[k].DropImages = append(s.Parts[k].DropImages, here.row)
			}
		}
		from = to
	}
	return nil
}

// agrees reports whether two stores have the same size and name of an image, where both have them.
func (a *cocoImage) agrees(b *cocoImage) bool {
	for i := range a.known {
		if a.known[i] != "" && b.known[i] != "" && a.known[i] != b.known[i] {
			return false
		}
	}
	return true
}
