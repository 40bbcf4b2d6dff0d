package format

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"abtool/features/targetfile"
	"abtool/store/columnar"
)

// An npyWriter writes a folder of NumPy arrays (format 1.0), one for each column, all with the same number of
// rows:
//
//	x.npy            float64 (rows)            null is NaN
//	annotation.npy   int64 (rows)              null is the smallest int64 (int32: the smallest int32)
//	image_id.npy     unicode (rows)            null is the empty text
//	path_x.npy       float64 (rows, width)     short lists are padded at the front with NaN (whole numbers: 0)
//	columns.json     description of each column
//
// All texts of a column are as wide as the widest, which is known only at the end. Until then they are kept
// in a side file.
type npyWriter struct {
	table *Table
	out   *Output
	files []*npyFile
	rows  int64
}

// An npyFile is an array that is being written.
type npyFile struct {
	*outputFile
	widest int // length of the longest text, in runes
}

// npyHeader is the number of bytes reserved for the header. The data begin after it.
const npyHeader = 128

func openNPY(o *Output, t *Table) (targetfile.Writer, error) {
	w := &npyWriter{table: t, out: o}
	for i := range t.Columns {
		var f *outputFile
		var err error
		if t.Columns[i].Kind == targetfile.KindText {
			f, err = o.side()
		} else if f, err = o.create(t.Columns[i].Name + ".npy"); err == nil {
			_, err = f.Write(make([]byte, npyHeader))
		}
		if err != nil {
			return nil, err
		}
		w.files = append(w.files, &npyFile{outputFile: f})
	}
	return w, nil
}

// An npyChunk holds the bytes of a batch, by column.
type npyChunk struct {
	rows   int
	data   [][]byte
	widest []int
}

func (w *npyWriter) Begin() targetfile.Encoder { return targetfile.NewPieces(w.encode, w.append) }

func (w *npyWriter) encode(b *targetfile.Batch) (npyChunk, error) {
	c := npyChunk{b.Rows, make([][]byte, len(w.files)), make([]int, len(w.files))}
	for i := range c.data {
		col, v := &w.table.Columns[i], &b.Cols[i]
		switch {
		case col.Kind == targetfile.KindText:
			for _, s := range v.Texts {
				c.widest[i] = max(c.widest[i], utf8.RuneCountInString(s))
				c.data[i] = append(binary.AppendUvarint(c.data[i], uint64(len(s))), s...)
			}
		case col.List:
			for row := range b.Rows {
				from, to := v.List(row)
				if to-from > col.Width {
					return c, fmt.Errorf("column %s: a list has %d values, and at most %d fit", col.Name, to-from, col.Width)
				}
				for range col.Width - (to - from) {
					c.data[i] = appendNPYPad(c.data[i], col.Kind)
				}
				for k := from; k < to; k++ {
					c.data[i] = appendNPY(v, c.data[i], col.Kind, k)
				}
			}
		default:
			for row := range b.Rows {
				c.data[i] = appendNPY(v, c.data[i], col.Kind, row)
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

func appendNPYPad(to []byte, k targetfile.Kind) []byte {
	switch k {
	case targetfile.KindInt32:
		return append(to, 0, 0, 0, 0)
	case targetfile.KindFloat32:
		return binary.LittleEndian.AppendUint32(to, math.Float32bits(float32(math.NaN())))
	default:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(math.NaN()))
	}
}

func appendNPY(v *targetfile.Values, to []byte, k targetfile.Kind, at int) []byte {
	switch k {
	case targetfile.KindInt32:
		n := v.Ints[at]
		if n == columnar.Null {
			n = math.MinInt32
		}
		return binary.LittleEndian.AppendUint32(to, uint32(n))
	case targetfile.KindInt64:
		return binary.LittleEndian.AppendUint64(to, uint64(v.Ints[at]))
	case targetfile.KindFloat32:
		return binary.LittleEndian.AppendUint32(to, math.Float32bits(float32(v.Floats[at])))
	default:
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(v.Floats[at]))
	}
}

func (w *npyWriter) Close() error {
	for i := range w.table.Columns {
		col, f := &w.table.Columns[i], w.files[i]
		var err error
		if col.Kind == targetfile.KindText {
			err = w.texts(i)
		} else {
			shape := fmt.Sprintf("(%d,)", w.rows)
			if col.List {
				shape = fmt.Sprintf("(%d, %d)", w.rows, col.Width)
			}
			err = f.overwrite(npyMagic([...]string{targetfile.KindInt32: "<i4", targetfile.KindInt64: "<i8", targetfile.KindFloat64: "<f8", targetfile.KindFloat32: "<f4"}[col.Kind], shape))
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
	return e.Encode(map[string]any{"columns": targetfile.Described(w.table.Columns), "rules": w.table.Rules, "options": w.table.Options, "rows": w.rows})
}

// npyMagic returns the header of an array, padded to npyHeader bytes.
func npyMagic(dtype, shape string) []byte {
	head := "\x93NUMPY\x01\x00" + string([]byte{npyHeader - 10, 0}) + "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }"
	return []byte(head + strings.Repeat(" ", npyHeader-1-len(head)) + "\n")
}

// texts writes the array of column i, which has texts, from its side file.
func (w *npyWriter) texts(i int) error {
	side := w.files[i]
	in, err := w.out.take(side.outputFile)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := w.out.create(w.table.Columns[i].Name + ".npy")
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
