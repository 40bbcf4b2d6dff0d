package features

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"abtool/store/columnar"
)

// npyWriter writes a folder of NumPy arrays (format 1.0), one a column, of as many rows each:
//
//	x.npy            float64 (rows)            null is NaN
//	annotation.npy   int64 (rows)              null is the least int64; of int32 the least int32
//	image_id.npy     unicode (rows)            null is the empty text
//	path_x.npy       float64 (rows, width)     lists, padded with NaN (whole numbers: 0); scribbles at their front
//	columns.json     what each column means
//
// Texts are as wide as the widest of them, which is known at the end alone: they are kept in a
// side file till then.
type npyWriter struct {
	job   *job
	out   *output
	files []*npyFile
	rows  int64
}

// npyFile is an array being written.
type npyFile struct {
	*outputFile
	widest int // of a text, runes
}

// npyHeader is the length of the space for the header; the data begin behind it.
const npyHeader = 128

func openNPY(o *output, j *job) (writer, error) {
	w := &npyWriter{job: j, out: o}
	for i := range j.cols {
		var f *outputFile
		var err error
		if j.cols[i].kind == kindText {
			f, err = o.side()
		} else if f, err = o.create(j.cols[i].Name + ".npy"); err == nil {
			_, err = f.Write(make([]byte, npyHeader))
		}
		if err != nil {
			return nil, err
		}
		w.files = append(w.files, &npyFile{outputFile: f})
	}
	return w, nil
}

// npyChunk is a batch's bytes by column.
type npyChunk struct {
	rows   int
	data   [][]byte
	widest []int
}

func (w *npyWriter) begin() encoder { return &pieces[npyChunk]{encode: w.encode, append: w.append} }

func (w *npyWriter) encode(b *batch) (npyChunk, error) {
	c := npyChunk{b.rows, make([][]byte, len(w.files)), make([]int, len(w.files))}
	for i := range c.data {
		col, v := &w.job.cols[i], &b.cols[i]
		switch {
		case col.kind == kindText:
			for _, s := range v.texts {
				c.widest[i] = max(c.widest[i], utf8.RuneCountInString(s))
				c.data[i] = append(binary.AppendUvarint(c.data[i], uint64(len(s))), s...)
			}
		case col.list:
			for row := range b.rows {
				from, to := v.list(row)
				if to-from > col.width {
					return c, fmt.Errorf("column %s: %d values where %d are the most", col.Name, to-from, col.width)
				}
				for range col.width - (to - from) {
					c.data[i] = appendNPYPad(c.data[i], col.kind)
				}
				for k := from; k < to; k++ {
					c.data[i] = v.appendNPY(c.data[i], col.kind, k)
				}
			}
		default:
			for row := range b.rows {
				c.data[i] = v.appendNPY(c.data[i], col.kind, row)
			}
		}
	}
	return c, nil
}

func (w *npyWriter) append(c npyChunk) error {
	w.rows += int64(c.rows)
	for i, f := range w.files {
		f.widest = max(f.widest, c.widest[i])
		if _, err := f.Write(c.data[i]); err != nil {
			return err
		}
	}
	return nil
}

func appendNPYPad(to []byte, k kind) []byte {
	switch k {
	case kindInt32:
		return append(to, 0, 0, 0, 0)
	case kindFloat32:
		return binary.LittleEndian.AppendUint32(to, math.Float32bits(float32(nan)))
	default:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(nan))
	}
}

func (v *values) appendNPY(to []byte, k kind, at int) []byte {
	switch k {
	case kindInt32:
		n := v.ints[at]
		if n == columnar.Null {
			n = math.MinInt32
		}
		return binary.LittleEndian.AppendUint32(to, uint32(n))
	case kindInt64:
		return binary.LittleEndian.AppendUint64(to, uint64(v.ints[at]))
	case kindFloat32:
		return binary.LittleEndian.AppendUint32(to, math.Float32bits(float32(v.floats[at])))
	default:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(v.floats[at]))
	}
}

func (w *npyWriter) close() error {
	for i := range w.job.cols {
		col, f := &w.job.cols[i], w.files[i]
		var err error
		if col.kind == kindText {
			err = w.texts(i)
		} else {
			shape := fmt.Sprintf("(%d,)", w.rows)
			if col.list {
				shape = fmt.Sprintf("(%d, %d)", w.rows, col.width)
			}
			err = f.overwrite(npyMagic([...]string{kindInt32: "<i4", kindInt64: "<i8", kindFloat64: "<f8", kindFloat32: "<f4"}[col.kind], shape))
		}
		if err != nil {
			return err
		}
	}
	f, err := w.out.create("columns.json")
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"columns": described(w.job.cols), "rules": w.job.rules, "options": w.job.settings(), "rows": w.rows})
}

// npyMagic is the header of an array, padded to npyHeader bytes.
func npyMagic(dtype, shape string) []byte {
	head := "\x93NUMPY\x01\x00" + string([]byte{npyHeader - 10, 0}) + "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }"
	return []byte(head + strings.Repeat(" ", npyHeader-1-len(head)) + "\n")
}

// texts writes the array of a column of texts, from its side file.
func (w *npyWriter) texts(i int) error {
	side := w.files[i]
	in, err := w.out.take(side.outputFile)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := w.out.create(w.job.cols[i].Name + ".npy")
	if err != nil {
		return err
	}
	width := max(side.widest, 1)
	f.Write(npyMagic(fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", w.rows)))
	var text, cell []byte
	for range w.rows {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return err
		}
		if text, err = in.next(text, int(n)); err != nil {
			return err
		}
		cell = cell[:0]
		for _, r := range string(text) {
			cell = binary.LittleEndian.AppendUint32(cell, uint32(r))
		}
		cell = append(cell, make([]byte, 4*width-len(cell))...)
		if _, err := f.Write(cell); err != nil {
			return err
		}
	}
	return nil
}
