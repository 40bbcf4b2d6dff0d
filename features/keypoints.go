package features

import (
	"io"
	"slices"
	"strconv"

	"abtool/internal/usage"
	"abtool/store/columnar"
)

// keypointWriter writes COCO keypoints JSON: images, an annotation with one keypoint for each
// row that has a point, and categories. Keypoints are x, y in pixels of the image, from its
// upper left corner, and the visibility, 2; or 0, 0, 0 where the point has no weight. The box is
// the whole image: it is where the point was looked for. Annotations are kept in a side file
// till the images are written.
type keypointWriter struct {
	job         *job
	out         *output
	file, side  *outputFile
	images      int64
	annotations int64
	unsized     int64
	cols        map[string]int // places by name
}

func openKeypoints(o *output, j *job) (writer, error) {
	f, err := o.create("")
	if err != nil {
		return nil, err
	}
	w := &keypointWriter{job: j, out: o, file: f, cols: map[string]int{}}
	if w.side, err = o.side(); err != nil {
		return nil, err
	}
	for i := range j.cols {
		w.cols[j.cols[i].Name] = i
	}
	for _, name := range []string{"x", "y", "weight", "width", "height", "image_id"} {
		if _, ok := w.cols[name]; !ok {
			return nil, usage.Errorf("--format coco-keypoints is of targets, not of %s", j.Table)
		}
	}
	_, err = f.WriteString(`{"info":{"description":` + string(appendJSONText(nil, "Points of "+j.Set+" by "+rulesText(j))) + `,"version":"1"},"licenses":[],"images":[`)
	return w, err
}

func rulesText(j *job) string {
	text := ""
	for i, r := range j.rules {
		if i > 0 {
			text += ", "
		}
		text += r.Name
	}
	return text
}

// keypointChunk is a batch's images and annotations, without their numbers.
type keypointChunk struct {
	images  []keypointImage
	unsized int64
}

type keypointImage struct {
	id          string
	json        []byte // fields, without id
	annotations [][]byte
}

func (w *keypointWriter) begin() encoder {
	return &pieces[keypointChunk]{encode: w.encode, append: w.append}
}

func (w *keypointWriter) encode(b *batch) (c keypointChunk, err error) {
	col := func(name string) *values { return &b.cols[w.cols[name]] }
	var extra []int // columns that stay with the annotation
	for i := range w.job.cols {
		if name := w.job.cols[i].Name; !slices.Contains([]string{"image_id", "file_name", "width", "height", "x", "y", "weight"}, name) {
			extra = append(extra, i)
		}
	}
	for row := range b.rows {
		width, height := col("width").ints[row], col("height").ints[row]
		if width == columnar.Null || height == columnar.Null {
			c.unsized++
			continue
		}
		id := w.id(b, row)
		if k := len(c.images); k == 0 || c.images[k-1].id != id {
			c.images = append(c.images, w.imageOf(b, row, id, width, height))
		}
		m := &c.images[len(c.images)-1]
		a := append([]byte(nil), `"category_id":`...)
		category := col("class_index").ints[row]
		if category == columnar.Null {
			category = -1
		}
		if w.job.Set == ImageNet {
			category++ // category ids begin at 1
		}
		a = strconv.AppendInt(a, category, 10)
		x, y := col("x").floats[row]*float64(width), col("y").floats[row]*float64(height)
		if col("weight").floats[row] > 0 {
			a = append(a, `,"num_keypoints":1,"keypoints":[`...)
			a = append(appendFloat(append(appendFloat(a, x, 64), ','), y, 64), ",2]"...)
		} else {
			a = append(a, `,"num_keypoints":0,"keypoints":[0,0,0]`...)
		}
		area := width * height
		a = append(strconv.AppendInt(append(a, `,"iscrowd":0,"area":`...), area, 10), `,"bbox":[0,0,`...)
		a = append(strconv.AppendInt(append(strconv.AppendInt(a, width, 10), ','), height, 10), ']')
		for _, i := range extra {
			a = append(appendJSONText(append(a, ','), w.job.cols[i].Name), ':')
			a = w.job.cols[i].appendJSON(a, &b.cols[i], row)
		}
		m.annotations = append(m.annotations, a)
	}
	return c, nil
}

// id is the image's id as text.
func (w *keypointWriter) id(b *batch, row int) string {
	v := &b.cols[w.cols["image_id"]]
	if w.job.Set == COCO {
		return strconv.FormatInt(v.ints[row], 10)
	}
	return v.texts[row]
}

func (w *keypointWriter) imageOf(b *batch, row int, id string, width, height int64) keypointImage {
	name := wnid(id) + "/" + id + ".JPEG"
	if w.job.Set == COCO {
		name = b.cols[w.cols["file_name"]].texts[row]
	} else if c := b.cols[w.cols["class"]].texts[row]; c != "" {
		name = c + "/" + id + ".JPEG"
	}
	m := appendJSONText([]byte(`"file_name":`), name)
	m = strconv.AppendInt(append(m, `,"width":`...), width, 10)
	m = strconv.AppendInt(append(m, `,"height":`...), height, 10)
	if w.job.Set == ImageNet {
		m = appendJSONText(append(m, `,"image_id":`...), id)
	}
	return keypointImage{id: id, json: m}
}

func (w *keypointWriter) append(c keypointChunk) error {
	w.unsized += c.unsized
	var line []byte
	for i := range c.images {
		m := &c.images[i]
		w.images++
		id := strconv.FormatInt(w.images, 10) // ImageNet's ids are text, and COCO's format wants numbers
		if w.job.Set == COCO {
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

func (w *keypointWriter) close() error {
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
	for i, c := range w.job.classes {
		line := []byte(",\n")
		if i == 0 {
			line = line[1:]
		}
		id := c.ID
		if w.job.Set == ImageNet {
			id++
		}
		line = strconv.AppendInt(append(line, `{"id":`...), id, 10)
		line = appendJSONText(append(line, `,"name":`...), c.Name)
		w.file.Write(append(line, `,"supercategory":"","keypoints":["point"],"skeleton":[]}`...))
	}
	if w.unsized > 0 {
		w.job.sum.LeftOut = append(w.job.sum.LeftOut, Count{"rows of images whose size is unknown", w.unsized})
	}
	_, err = w.file.WriteString("\n]}\n")
	return err
}
