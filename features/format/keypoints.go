package format

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store/columnar"
)

// A keypointWriter writes COCO keypoints JSON: images, an annotation with one keypoint for each row, and
// categories. A keypoint is x and y in pixels from the upper left corner of the image, and the visibility 2;
// it is 0, 0, 0 if the point has weight 0. The bounding box is the whole image, which is where annotators
// could click. Annotations are kept in a side file until all images are written, because the file lists
// images first.
type keypointWriter struct {
	table       *Table
	out         *Output
	file, side  *outputFile
	images      int64
	annotations int64
	unsized     int64
	numbered    bool // ids of images are numbers, as in COCO; otherwise images are numbered here, and class indices begin at 0
}

func openKeypoints(o *Output, t *Table) (targetfile.Writer, error) {
	f, err := o.create("")
	if err != nil {
		return nil, err
	}
	w := &keypointWriter{table: t, out: o, file: f}
	if w.side, err = o.side(); err != nil {
		return nil, err
	}
	for _, name := range []string{"x", "y", "weight", "width", "height", "image_id"} {
		if t.Column(name) < 0 {
			return nil, usage.Errorf("--format coco-keypoints is for targets, not for %s", t.Table)
		}
	}
	w.numbered = t.Columns[t.Column("image_id")].Kind == targetfile.KindInt64
	_, err = f.WriteString(`{"info":{"description":` + string(targetfile.AppendJSONText(nil, "Points of "+t.Set+" by "+t.rules())) + `,"version":"1"},"licenses":[],"images":[`)
	return w, err
}

// A keypointChunk holds the images and annotations of a batch, without their numbers.
type keypointChunk struct {
	images  []keypointImage
	unsized int64
}

type keypointImage struct {
	id          string
	json        []byte // fields as JSON, without the id
	annotations [][]byte
}

func (w *keypointWriter) Begin() targetfile.Encoder {
	return targetfile.NewPieces(w.encode, w.append)
}

func (w *keypointWriter) encode(b *targetfile.Batch) (c keypointChunk, err error) {
	col := func(name string) *targetfile.Values { return &b.Cols[w.table.Column(name)] }
	var extra []int // columns that are written as fields of the annotation
	for i := range w.table.Columns {
		if name := w.table.Columns[i].Name; !slices.Contains([]string{"image_id", "file_name", "width", "height", "x", "y", "weight"}, name) {
			extra = append(extra, i)
		}
	}
	widths, heights, xs, ys, weights, classes := col("width"), col("height"), col("x"), col("y"), col("weight"), col("class_index")
	for row := range b.Rows {
		width, height := widths.Ints[row], heights.Ints[row]
		if width == columnar.Null || height == columnar.Null {
			c.unsized++
			continue
		}
		id, file := w.nameOf(col, row)
		if k := len(c.images); k == 0 || c.images[k-1].id != id {
			c.images = append(c.images, w.imageOf(id, file, width, height))
		}
		m := &c.images[len(c.images)-1]
		a := append([]byte(nil), `"category_id":`...)
		category := classes.Ints[row]
		if category == columnar.Null {
			category = -1
		}
		if !w.numbered {
			category++ // category ids begin at 1
		}
		a = strconv.AppendInt(a, category, 10)
		x, y := xs.Floats[row]*float64(width), ys.Floats[row]*float64(height)
		if weights.Floats[row] > 0 {
			a = append(a, `,"num_keypoints":1,"keypoints":[`...)
			a = append(targetfile.AppendFloat(append(targetfile.AppendFloat(a, x, 64), ','), y, 64), ",2]"...)
		} else {
			a = append(a, `,"num_keypoints":0,"keypoints":[0,0,0]`...)
		}
		area := width * height
		a = append(strconv.AppendInt(append(a, `,"iscrowd":0,"area":`...), area, 10), `,"bbox":[0,0,`...)
		a = append(strconv.AppendInt(append(strconv.AppendInt(a, width, 10), ','), height, 10), ']')
		for _, i := range extra {
			a = append(targetfile.AppendJSONText(append(a, ','), w.table.Columns[i].Name), ':')
			a = w.table.Columns[i].AppendJSON(a, &b.Cols[i], row)
		}
		m.annotations = append(m.annotations, a)
	}
	return c, nil
}

// nameOf returns the id of a row's image as text, and the name of its file.
func (w *keypointWriter) nameOf(col func(name string) *targetfile.Values, row int) (id, file string) {
	if w.numbered {
		return strconv.FormatInt(col("image_id").Ints[row], 10), col("file_name").Texts[row]
	}
	id, class := col("image_id").Texts[row], col("class").Texts[row]
	if class == "" {
		class, _, _ = strings.Cut(id, "_")
	}
	return id, class + "/" + id + ".JPEG"
}

func (w *keypointWriter) imageOf(id, file string, width, height int64) keypointImage {
	m := targetfile.AppendJSONText([]byte(`"file_name":`), file)
	m = strconv.AppendInt(append(m, `,"width":`...), width, 10)
	m = strconv.AppendInt(append(m, `,"height":`...), height, 10)
	if !w.numbered {
		m = targetfile.AppendJSONText(append(m, `,"image_id":`...), id)
	}
	return keypointImage{id: id, json: m}
}

func (w *keypointWriter) append(c keypointChunk) error {
	w.unsized += c.unsized
	var line []byte
	for i := range c.images {
		m := &c.images[i]
		w.images++
		id := strconv.FormatInt(w.images, 10) // COCO's format needs numbers, and ImageNet's ids are texts
		if w.numbered {
			id = m.id
		}
		line = line[:0]
		if w.images > 1 {
			line = append(line, ',')
		}
		line = append(append(append(append(append(line, "\n{\"id\":"...), id...), ','), m.json...), '}')
		if _, err := w.file.Write(line); err != nil {
			return err
		}
		for _, a := range m.annotations {
			w.annotations++
			line = line[:0]
			if w.annotations > 1 {
				line = append(line, ',')
			}
			line = strconv.AppendInt(append(line, "\n{\"id\":"...), w.annotations, 10)
			line = append(append(append(line, `,"image_id":`...), id...), ',')
			line = append(append(line, a...), '}')
			if _, err := w.side.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *keypointWriter) Close() error {
	w.file.WriteString("\n],\"annotations\":[")
	in, err := w.out.take(w.side)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(w.file, in); err != nil {
		return err
	}
	w.file.WriteString("\n],\"categories\":[")
	for i, c := range w.table.Classes {
		line := []byte(",\n")
		if i == 0 {
			line = line[1:]
		}
		id := c.ID
		if !w.numbered {
			id++
		}
		line = strconv.AppendInt(append(line, `{"id":`...), id, 10)
		line = targetfile.AppendJSONText(append(line, `,"name":`...), c.Name)
		w.file.Write(append(line, `,"supercategory":"","keypoints":["point"],"skeleton":[]}`...))
	}
	if w.unsized > 0 {
		w.out.account.LeftOut = append(w.out.account.LeftOut, Count{"rows of images whose size is unknown", w.unsized})
	}
	_, err = w.file.WriteString("\n]}\n")
	return err
}
