package store

import (
	"bytes"
	"cmp"
	"container/heap"
	"crypto/sha256"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"abtool/schema"
	"abtool/store/columnar"
)

// imagenet finds the records of ImageNet that several stores have, and merges the tables of images.
func (j *Joint) imagenet(s *JointSet) (left []leftOut, err error) {
	images, err := j.tables(s, "imagenet", "images")
	defer closeAll(images)
	if err != nil {
		return nil, err
	}
	common, err := commonImages(images)
	if err != nil {
		return nil, err
	}
	f := &showingFinder{j: j, s: s, images: common, gone: make([]map[int32]goneRows, len(s.Parts))}
	for k := range f.gone {
		f.gone[k] = map[int32]goneRows{}
	}
	if err := f.find(); err != nil {
		return nil, err
	}
	return f.left, j.mergeImages(s, images, f)
}

// A cursor is at a row of a table that is sorted by id.
type cursor struct {
	part  int
	table *columnar.Table
	read  *columnar.Reader
	id    string
	ids   func(r *columnar.Reader, row int) string
	group int
	row   int   // in the row group
	at    int64 // in the table
}

// next moves to the next row; more is false at the end.
func (c *cursor) next() (more bool, err error) {
	c.row++
	c.at++
	for c.row >= c.read.Rows() {
		if c.group == c.table.Groups() {
			return false, nil
		}
		if err := c.read.Read(c.group); err != nil {
			return false, err
		}
		c.group, c.row = c.group+1, 0
	}
	c.id = c.ids(c.read, c.row)
	return true, nil
}

// cursors are ordered by id, then by part.
type cursors []*cursor

func (c cursors) Len() int      { return len(c) }
func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c cursors) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(c[i].id, c[j].id), c[i].part-c[j].part) < 0
}
func (c *cursors) Push(x any) { *c = append(*c, x.(*cursor)) }
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// eachID visits the ids in tables that are sorted by id, in order, with the rows that have it.
func eachID(tables []*columnar.Table, columns []string, ids func(*columnar.Reader, int) string, visit func(rows []*cursor) error) error {
	var ahead cursors
	push := func(c *cursor) error {
		more, err := c.next()
		if more {
			heap.Push(&ahead, c)
		}
		return err
	}
	for i, t := range tables {
		r, err := t.Reader(columns...)
		if err != nil {
			return err
		}
		if err := push(&cursor{part: i, table: t, read: r, ids: ids, row: -1, at: -1}); err != nil {
			return err
		}
	}
	var rows []*cursor
	for len(ahead) > 0 {
		rows = rows[:0]
		for len(ahead) > 0 && (len(rows) == 0 || ahead[0].id == rows[0].id) {
			rows = append(rows, heap.Pop(&ahead).(*cursor))
		}
		if err := visit(rows); err != nil {
			return err
		}
		for _, c := range rows {
			if err := push(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func textID(r *columnar.Reader, row int) string {
	id, _ := r.Column("image_id").Text(row)
	return id
}

// common are the images of which several stores have records.
type common struct {
	number map[string]int32
	shown  []int64   // by number: rows in all stores
	first  []int     // by number: the first part that has a record
	empty  [][]int32 // by part: images of XML files without a showing or a box
}

// commonImages finds the images of which several stores have records.
func commonImages(tables []*columnar.Table) (*common, error) {
	c := &common{number: map[string]int32{}, empty: make([][]int32, len(tables))}
	err := eachID(tables, []string{"image_id", "shown", "boxes.xmin"}, textID, func(rows []*cursor) error {
		known, shown, first := 0, int64(0), 0
		for _, at := range rows {
			if n := at.read.Column("shown").Ints[at.row]; n != columnar.Null {
				if known++; known == 1 {
					first = at.part
				}
				shown += n
			}
		}
		if known < 2 {
			return nil
		}
		n := int32(len(c.shown))
		c.number[strings.Clone(rows[0].id)], c.shown, c.first = n, append(c.shown, shown), append(c.first, first)
		for _, at := range rows {
			boxes := at.read.Column("boxes.xmin").Offsets
			if at.read.Column("shown").Ints[at.row] == 0 && boxes[at.row] == boxes[at.row+1] {
				c.empty[at.part] = append(c.empty[at.part], n)
			}
		}
		return nil
	})
	return c, err
}

// goneRows counts the rows of an image in a store that are left out.
type goneRows struct {
	rows int64
	xml  bool // they are of an XML file
}

// showingFinder finds the showings that a store has and a store before it, too (R4). What is found within a
// store was left out when it was made.
type showingFinder struct {
	j      *Joint
	s      *JointSet
	images *common
	gone   []map[int32]goneRows // by part and image
	left   []leftOut

	from, to int32 // images that are looked at
	key      map[showingKey]int32
	pairs    map[string]uint32
	xml      []bool // by image from from on: a store before has an XML file of it
	json     []bool // or a JSON record
	bare     []bareRow
}

// showingKey is an image and one time that it was shown, as package ingest identifies it.
type showingKey struct {
	image int32
	pair  uint32
	slot  int32
}

// A bareRow is of a JSON record that only its content identifies.
type bareRow struct {
	part  int
	row   int64
	image int32
}

// keysAtOnce bounds the memory: with more rows of common images, several passes look at a part of the images
// each.
var keysAtOnce int64 = 8 << 20

func (f *showingFinder) find() error {
	for n := int32(len(f.images.shown)); f.to < n; {
		f.from = f.to
		for rows := int64(0); f.to < n && (f.to == f.from || rows+f.images.shown[f.to] <= keysAtOnce); f.to++ {
			rows += f.images.shown[f.to]
		}
		f.key, f.pairs, f.bare = map[showingKey]int32{}, map[string]uint32{}, nil
		f.xml, f.json = make([]bool, f.to-f.from), make([]bool, f.to-f.from)
		for k := range f.s.Parts {
			if err := f.part(k); err != nil {
				return err
			}
		}
		if err := f.content(); err != nil {
			return err
		}
	}
	for k := range f.s.Parts {
		slices.Sort(f.s.Parts[k].Drop)
	}
	return nil
}

// identifying are the columns that identify a showing.
var identifying = []string{"source", "image_id", "assignment_id", "page_uuid", "worker_id", "hit_id", "imagenet_hit_id", "page_idx", "image_idx"}

// part looks at the rows of a part.
func (f *showingFinder) part(k int) error {
	dir := f.j.dir(&f.s.Parts[k])
	t, err := columnar.Open(dir, "imagenet", "annotations")
	if err != nil {
		return err
	}
	defer t.Close()
	r, err := t.Reader(identifying...)
	if err != nil {
		return err
	}
	shapes := map[string]string{}
	for _, s := range f.j.Of[f.s.Parts[k].Store].DataSet("imagenet").Sources {
		shapes[s.Name] = s.Shape
	}
	x := showingRows{r: r}
	var xml, json []int32 // images that this part has
	row, near, image := int64(-1), "", int32(-1)
	for g := range t.Groups() {
		if err := r.Read(g); err != nil {
			return err
		}
		for i := range r.Rows() {
			row++
			if id := textID(r, i); id != near {
				n, ok := f.images.number[id]
				near, image = id, n
				if !ok || n < f.from || n >= f.to {
					image = -1
				}
			}
			if image < 0 {
				continue
			}
			source, _ := r.Column("source").Text(i)
			shape, at := shapes[source], image-f.from
			study := strings.HasPrefix(shape, "study")
			pair, slot := x.pair(i, study)
			if !study && !strings.Contains(shape, "JSON") { // XML, whose rows of an image are of one file
				if f.xml[at] || f.json[at] {
					first := !f.gone[k][image].xml
					f.leave(k, f.images.first[image], row, image, source, first, true)
				} else {
					xml = append(xml, at)
					if pair != "" {
						f.known(k, showingKey{image, f.number(pair), slot})
					}
				}
				continue
			}
			json = append(json, at)
			if pair == "" {
				f.bare = append(f.bare, bareRow{k, row, image})
			} else if before := f.known(k, showingKey{image, f.number(pair), slot}); before < k {
				f.leave(k, before, row, image, source, true, false)
			}
		}
	}
	for _, at := range xml {
		f.xml[at] = true
	}
	for _, at := range json {
		f.json[at] = true
	}
	for _, n := range f.images.empty[k] {
		if n >= f.from && n < f.to {
			f.xml[n-f.from] = true
		}
	}
	return nil
}

func (f *showingFinder) number(pair string) uint32 {
	n, ok := f.pairs[pair]
	if !ok {
		n = uint32(len(f.pairs))
		f.pairs[strings.Clone(pair)] = n
	}
	return n
}

// known remembers a showing, and returns the first part that has it.
func (f *showingFinder) known(k int, key showingKey) int {
	first, ok := f.key[key]
	if !ok {
		f.key[key] = int32(k)
		return k
	}
	return int(first)
}

// leave leaves out a row of part k that the part before has, too. record says whether it is the first row of its record.
func (f *showingFinder) leave(k, before int, row int64, image int32, source string, record, xml bool) {
	p, r := &f.s.Parts[k], &f.s.Repeats
	p.Drop = append(p.Drop, row)
	gone := f.gone[k][image]
	gone.rows++
	gone.xml = gone.xml || xml
	f.gone[k][image] = gone
	records := int64(0)
	if record {
		records = 1
	}
	if r.Records == 0 {
		r.Example, r.From, r.Before = f.nameOf(image), f.j.dir(p), f.j.dir(&f.s.Parts[before])
	}
	r.Records, r.Rows = r.Records+records, r.Rows+1
	count(&f.left, p.Store, source, records, 1)
}

// nameOf returns the id of a common image.
func (f *showingFinder) nameOf(image int32) string {
	for id, n := range f.images.number {
		if n == image {
			return id
		}
	}
	return ""
}

// content leaves out records that only their content identifies, and that a part before has. The content is
// all that is stored of them.
func (f *showingFinder) content() error {
	if len(f.bare) == 0 {
		return nil
	}
	var columns []string
	schema.TableAt("imagenet/annotations").WithoutStudy().Walk(func(c schema.Column) {
		if len(c.Fields) == 0 && c.Name != "seq" && c.Name != "source" {
			columns = append(columns, c.Name)
		}
	})
	first := map[[sha256.Size]byte]int{}
	for len(f.bare) > 0 {
		k := f.bare[0].part
		t, err := columnar.Open(f.j.dir(&f.s.Parts[k]), "imagenet", "annotations")
		if err != nil {
			return err
		}
		err = f.contentOf(k, t, columns, first)
		t.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *showingFinder) contentOf(k int, t *columnar.Table, columns []string, first map[[sha256.Size]byte]int) error {
	r, err := t.Reader(append([]string{"source"}, columns...)...)
	if err != nil {
		return err
	}
	var b []byte
	from := int64(0)
	for g := range t.Groups() {
		to := from + t.GroupRows(g)
		if len(f.bare) > 0 && f.bare[0].part == k && f.bare[0].row < to {
			if err := r.Read(g); err != nil {
				return err
			}
		}
		for ; len(f.bare) > 0 && f.bare[0].part == k && f.bare[0].row < to; f.bare = f.bare[1:] {
			x := f.bare[0]
			b = b[:0]
			for _, name := range columns {
				b = r.Column(name).Append(b, int(x.row-from))
			}
			sum := sha256.Sum256(b)
			if was, ok := first[sum]; !ok {
				first[sum] = k
			} else if was < k {
				source, _ := r.Column("source").Text(int(x.row - from))
				f.leave(k, was, x.row, x.image, source, true, false)
			}
		}
		from = to
	}
	return nil
}

// showingRows gives the identities of rows of annotations.
type showingRows struct{ r *columnar.Reader }

// noSlot is the slot of a showing that its assignment identifies without a slot.
const noSlot = -1

// pair returns the identity of the showing in which a row was made: in a study the page and the slot, else as
// in R4. It returns "" for a row that only its content identifies.
func (x showingRows) pair(row int, study bool) (pair string, slot int32) {
	slot = noSlot
	if n := x.r.Column("image_idx").Ints[row]; n != columnar.Null {
		slot = int32(n)
	}
	text := func(column string) string {
		s, _ := x.r.Column(column).Text(row)
		return s
	}
	if study {
		return "page\x00" + text("page_uuid"), max(slot, 0)
	}
	if assignment := text("assignment_id"); assignment != "" {
		return assignment, noSlot
	}
	if page := text("page_uuid"); page != "" {
		return "page\x00" + page, slot
	}
	worker, hit, page := text("worker_id"), cmp.Or(text("hit_id"), text("imagenet_hit_id")), ""
	if n := x.r.Column("page_idx").Ints[row]; n != columnar.Null {
		page = strconv.FormatInt(n, 10)
	}
	if slot == noSlot && worker == "" && hit == "" && page == "" {
		return "", slot
	}
	return "place\x00" + worker + "\x00" + hit + "\x00" + page, slot
}

// imageFacts are what the stores have of an image.
type imageFacts struct {
	class         string
	width, height int64
	shown         int64
	boxes         [][4]float64
	boxed         string // folder of the store that the boxes are from
	sized         bool   // the size is from a store with boxes
}

// mergeImages merges the tables of images. The numbers of showings are added up. Ground truth is of the store
// that has it; stores that contradict each other are an error.
func (j *Joint) mergeImages(s *JointSet, tables []*columnar.Table, f *showingFinder) error {
	var out bytes.Buffer
	to, err := newImageWriter(&out)
	if err != nil {
		return err
	}
	given := make([]bool, len(s.Parts)) // whether boxes were given apart from the records
	for k := range s.Parts {
		given[k] = slices.ContainsFunc(j.Of[s.Parts[k].Store].DataSet("imagenet").Sources, func(s Source) bool { return s.Role == "boxes" })
	}
	columns := []string{"image_id", "class", "width", "height", "shown", "boxes.xmin", "boxes.ymin", "boxes.xmax", "boxes.ymax"}
	err = eachID(tables, columns, textID, func(rows []*cursor) error {
		s.Common = s.Common || len(rows) > 1
		number, common := f.images.number[rows[0].id]
		m := imageFacts{width: columnar.Null, height: columnar.Null, shown: columnar.Null}
		for _, recorded := range []bool{true, false} { // a class in records goes before one in files of boxes
			for _, c := range rows {
				if n := c.read.Column("shown").Ints[c.row]; (n != columnar.Null) == recorded && m.class == "" {
					if gone := f.gone[c.part][number]; !common || gone.rows < n || n == 0 || given[c.part] {
						m.class, _ = c.read.Column("class").Text(c.row)
					}
				}
			}
		}
		for _, c := range rows {
			var gone goneRows
			if common {
				gone = f.gone[c.part][number]
			}
			n := c.read.Column("shown").Ints[c.row]
			if n != columnar.Null {
				m.shown = max(m.shown, 0) + n - gone.rows
			}
			if gone.rows > 0 && gone.rows == n && !given[c.part] {
				continue // nothing of the records counts
			}
			if err := m.take(c, j.dir(&s.Parts[c.part]), !gone.xml || given[c.part]); err != nil {
				return err
			}
		}
		return to.add(rows[0].id, &m)
	})
	if err == nil {
		err = to.close()
	}
	s.Images, s.imageRows = out.Bytes(), to.rows
	return err
}

// take takes the size and, if boxes is set, the boxes that a store has of an image.
func (m *imageFacts) take(c *cursor, dir string, boxes bool) error {
	col := c.read.Column
	width, height := col("width").Ints[c.row], col("height").Ints[c.row]
	x := col("boxes.xmin")
	from, to := x.Offsets[c.row], x.Offsets[c.row+1]
	if !boxes {
		to = from
	}
	sized := width != columnar.Null && height != columnar.Null
	if from < to {
		var here [][4]float64
		for k := from; k < to; k++ {
			here = append(here, [4]float64{x.Floats[k], col("boxes.ymin").Floats[k], col("boxes.xmax").Floats[k], col("boxes.ymax").Floats[k]})
		}
		switch {
		case m.boxes == nil:
			m.boxes, m.boxed = here, dir
		case !slices.Equal(m.boxes, here):
			return contradict(m.boxed, dir, fmt.Sprintf("they have different boxes of the image %s", c.id))
		case sized && m.sized && (width != m.width || height != m.height):
			return contradict(m.boxed, dir, fmt.Sprintf("the image %s is %d × %d in one and %d × %d in the other", c.id, m.width, m.height, width, height))
		}
	}
	if sized && (m.width == columnar.Null || from < to && !m.sized) {
		m.width, m.height, m.sized = width, height, from < to
	}
	return nil
}

// imageWriter writes a table of images of ImageNet.
type imageWriter struct {
	file                 *columnar.File
	group                *columnar.Group
	id                   *columnar.IDs
	class                *columnar.Texts
	width, height, shown *columnar.Plain
	boxes                *columnar.List
	sides                [4]*columnar.Plain
	rows                 int64
}

// imageRows is the number of images in a row group.
const imageRows = 1 << 16

func newImageWriter(out *bytes.Buffer) (*imageWriter, error) {
	s, err := columnar.NewSchema[schema.ImageNetImage]()
	if err != nil {
		return nil, err
	}
	g := columnar.NewGroup(s, runtime.GOMAXPROCS(0), func(dst, src []byte) []byte { return fastest().EncodeAll(src, dst) })
	w := &imageWriter{file: columnar.NewFile(out, s, "abtool", schema.Metadata("imagenet/images", nil)), group: g}
	w.id, w.class, w.width, w.height, w.shown = g.IDs(nil), g.Texts(nil), g.Plain(nil), g.Plain(nil), g.Plain(nil)
	w.boxes = g.List()
	for i := range w.sides {
		w.sides[i] = g.Plain(w.boxes)
	}
	return w, nil
}

// add adds an image.
func (w *imageWriter) add(id string, m *imageFacts) error {
	w.id.Add(id)
	if m.class == "" {
		w.class.Null()
	} else {
		w.class.Add(m.class)
	}
	for _, x := range []struct {
		to *columnar.Plain
		n  int64
	}{{w.width, m.width}, {w.height, m.height}, {w.shown, m.shown}} {
		if x.n == columnar.Null {
			x.to.Null()
		} else {
			x.to.Add(uint64(x.n))
		}
	}
	w.boxes.Add(len(m.boxes))
	for _, box := range m.boxes {
		for i, side := range box {
			w.sides[i].Add(math.Float64bits(side))
		}
	}
	w.group.EndRow()
	if w.rows++; w.group.Rows() == imageRows {
		return w.flush()
	}
	return nil
}

func (w *imageWriter) flush() error {
	err := w.group.Encode()
	if err == nil {
		err = w.file.Append(w.group)
	}
	w.group.Reset()
	return err
}

func (w *imageWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.file.Close()
}

// fastest compresses with zstd at its fastest level.
var fastest = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})
