package scan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// errDamaged is wrapped by the errors for an Arrow file that is not as it was written.
var errDamaged = errors.New("the file is damaged, ingest again")

// arrowFile is a table in an Arrow IPC file; its groups are the record batches. It is not read
// with Arrow's own package, which reads every column of a batch, each time into new memory, and
// panics, or asks for more memory than there is, where a file is damaged.
type arrowFile struct {
	from    io.ReaderAt
	batches []batchPlace
	leaves  map[string]arrowLeaf // by dotted name
}

// arrowLeaf is the place of a column in a record batch, where fields and their buffers are
// numbered depth first.
type arrowLeaf struct {
	typ    arrowType
	field  int
	buffer int         // of the null bits; offsets and values follow
	lists  []listPlace // around it, from the outermost
	solid  []int       // the fields around it, none of which is ever null
}

// listPlace is a list's field, and the buffer of its offsets.
type listPlace struct{ field, buffer int }

func openArrow(f *os.File, size int64) (file, error) {
	footer, err := readFooter(f, size)
	if err != nil {
		return nil, err
	}
	a := &arrowFile{from: f, leaves: map[string]arrowLeaf{}}
	if err := footer.schema(&leafWalk{leaves: a.leaves}); err != nil {
		return nil, err
	}
	if a.batches, err = footer.batches(); err != nil {
		return nil, err
	}
	return a, nil
}

// leafWalk numbers the fields and buffers of a schema.
type leafWalk struct {
	leaves          map[string]arrowLeaf
	fields, buffers int
}

// field enters a field, and the fields in it, which children calls field for. The lists and
// structs around it are in around.
func (w *leafWalk) field(name string, t arrowType, around arrowLeaf, children func(arrowLeaf) error) error {
	l := arrowLeaf{typ: t, field: w.fields, buffer: w.buffers, lists: slices.Clip(around.lists), solid: slices.Clip(around.solid)}
	w.fields++
	w.buffers++ // null bits
	switch t {
	case arrowText:
		w.buffers += 2
	case arrowList:
		w.buffers++
		l.lists = append(l.lists, listPlace{l.field, l.buffer + 1})
		l.solid = append(l.solid, l.field)
		return children(l)
	case arrowStruct:
		l.solid = append(l.solid, l.field)
		return children(l)
	default:
		w.buffers++
	}
	w.leaves[name] = l
	return nil
}

func (f *arrowFile) groups() int { return len(f.batches) }

func (f *arrowFile) rows(group int) int64 { return f.batches[group].rows }

func (f *arrowFile) reader(names []string) (groupReader, []*Column, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(math.MaxInt32))
	if err != nil {
		return nil, nil, err
	}
	r := &arrowReader{file: f, zstd: d, offsets: map[int][]int32{}}
	var columns []*Column
	for _, name := range names {
		l, ok := f.leaves[name]
		if !ok {
			return nil, nil, fmt.Errorf("no column %s: %w", name, errNoColumn)
		}
		if len(l.lists) > 2 {
			return nil, nil, fmt.Errorf("the column %s: %w", name, errNoLeaf)
		}
		c := &arrowColumn{name: name, arrowLeaf: l}
		r.columns, columns = append(r.columns, c), append(columns, &c.Column)
	}
	return r, columns, nil
}

// arrowColumn is a Column and its place in the file.
type arrowColumn struct {
	Column
	arrowLeaf
	name  string
	texts texts
}

// arrowReader reads columns of an Arrow table. It keeps its memory from batch to batch.
type arrowReader struct {
	file    *arrowFile
	columns []*arrowColumn
	batch   batch
	zstd    *zstd.Decoder

	offsets       map[int][]int32 // of lists, by their buffer; empty: not read yet
	stored, plain []byte          // a buffer, as stored and decompressed
	there         []byte          // null bits: 1 where there is a value
}

func (r *arrowReader) read(group int) (rows int, err error) {
	if err := r.batch.read(r.file.from, r.file.batches[group]); err != nil {
		return 0, err
	}
	for b, o := range r.offsets {
		r.offsets[b] = o[:0]
	}
	for _, c := range r.columns {
		if err := r.column(c); err != nil {
			return 0, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return int(r.batch.rows), nil
}

// column reads the lists around a column, then its values.
func (r *arrowReader) column(c *arrowColumn) (err error) {
	for _, f := range c.solid {
		if node, err := r.batch.field(f); err != nil {
			return err
		} else if node.nulls != 0 {
			return fmt.Errorf("it has %d lists or structs that are null: %w", node.nulls, errDamaged)
		}
	}
	n := int(r.batch.rows)
	for i, l := range c.lists {
		o, err := r.list(l, n)
		if err != nil {
			return err
		}
		if n = int(o[len(o)-1]); i == 0 {
			c.Offsets = o
		} else {
			c.Inner = o
		}
	}
	node, err := r.batch.field(c.field)
	if err != nil {
		return err
	}
	if node.length != int64(n) {
		return fmt.Errorf("%d values where %d are announced: %w", node.length, n, errDamaged)
	}
	if err := r.nulls(c, n, node.nulls); err != nil {
		return err
	}
	switch c.typ {
	case arrowReal:
		return r.reals(c, n)
	case arrowText:
		return r.text(c, n)
	default:
		return r.whole(c, n)
	}
}

// list reads the offsets of n lists. Columns of the same list have them in common.
func (r *arrowReader) list(l listPlace, n int) ([]int32, error) {
	out := r.offsets[l.buffer]
	if len(out) > 0 {
		return out, nil
	}
	node, err := r.batch.field(l.field)
	if err != nil {
		return nil, err
	}
	if node.length != int64(n) {
		return nil, fmt.Errorf("%d lists where %d are announced: %w", node.length, n, errDamaged)
	}
	out, err = r.ends(out[:0], l.buffer, n)
	r.offsets[l.buffer] = out
	return out, err
}

// ends reads the n+1 offsets that part n lists or texts.
func (r *arrowReader) ends(out []int32, buffer, n int) ([]int32, error) {
	out = append(out, 0)
	if n == 0 {
		return out, nil
	}
	b, err := r.buffer(buffer, 4*(n+1))
	if err != nil {
		return nil, err
	}
	if first := binary.LittleEndian.Uint32(b); first != 0 {
		return nil, fmt.Errorf("the first offset is %d: %w", first, errDamaged)
	}
	out = slices.Grow(out, n)[:n+1]
	b = b[4 : 4*(n+1)]
	for i := range n {
		out[i+1] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		if out[i+1] < out[i] {
			return nil, fmt.Errorf("the offset %d follows %d: %w", out[i+1], out[i], errDamaged)
		}
	}
	return out, nil
}

// nulls reads which of n values are there into r.there; it is empty where all are.
func (r *arrowReader) nulls(c *arrowColumn, n int, nulls int64) error {
	r.there = r.there[:0]
	if nulls == 0 {
		return nil
	}
	b, err := r.buffer(c.buffer, (n+7)/8)
	if err != nil {
		return err
	}
	r.there = append(r.there, b[:(n+7)/8]...)
	if n%8 != 0 {
		r.there[n/8] &= 1<<(n%8) - 1
	}
	some := 0
	for _, x := range r.there {
		some += bits.OnesCount8(x)
	}
	if int64(n-some) != nulls {
		return fmt.Errorf("%d nulls where %d are announced: %w", n-some, nulls, errDamaged)
	}
	return nil
}

// setNull puts null where the bits say that there is no value.
func setNull[T any](values []T, there []byte, null T) {
	for k, x := range there {
		if x == 0xff {
			continue
		}
		part := values[8*k : min(8*k+8, len(values))]
		for i := range part {
			if x>>i&1 == 0 {
				part[i] = null
			}
		}
	}
}

func (r *arrowReader) reals(c *arrowColumn, n int) error {
	b, err := r.buffer(c.buffer+1, 8*n)
	if err != nil {
		return err
	}
	c.Floats = slices.Grow(c.Floats[:0], n)[:n]
	for i := range c.Floats {
		c.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	setNull(c.Floats, r.there, math.NaN())
	return nil
}

func (r *arrowReader) whole(c *arrowColumn, n int) error {
	size := map[arrowType]int{arrowInt64: 64, arrowInt32: 32, arrowBool: 1}[c.typ]
	b, err := r.buffer(c.buffer+1, (n*size+7)/8)
	if err != nil {
		return err
	}
	c.Ints = slices.Grow(c.Ints[:0], n)[:n]
	switch c.typ {
	case arrowInt64:
		for i := range c.Ints {
			c.Ints[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case arrowInt32:
		for i := range c.Ints {
			c.Ints[i] = int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
		}
	default:
		for i := range c.Ints {
			c.Ints[i] = int64(b[i/8] >> (i % 8) & 1)
		}
	}
	setNull(c.Ints, r.there, Null)
	return nil
}

func (r *arrowReader) text(c *arrowColumn, n int) error {
	ends, err := r.ends(c.texts.ends[:0], c.buffer+1, n)
	if err != nil {
		return err
	}
	c.texts.ends = ends
	b, err := r.buffer(c.buffer+2, int(ends[n]))
	if err != nil {
		return err
	}
	c.Index = slices.Grow(c.Index[:0], n)[:n]
	c.Dict = c.texts.number(c.Index, c.Dict[:0], b, r.there)
	return nil
}

// padding is how much longer than its values a buffer can be.
const padding = 64

// buffer is a buffer of the batch, of at least want bytes; it is valid until the next call.
func (r *arrowReader) buffer(i, want int) ([]byte, error) {
	if want == 0 {
		return nil, nil
	}
	at, err := r.batch.buffer(i)
	if err != nil {
		return nil, err
	}
	r.stored = slices.Grow(r.stored[:0], at.length)[:at.length]
	if _, err := r.file.from.ReadAt(r.stored, at.from); err != nil {
		return nil, err
	}
	b := r.stored
	if r.batch.packed {
		if b, err = r.unpack(b, want); err != nil {
			return nil, err
		}
	}
	if len(b) < want {
		return nil, fmt.Errorf("%d bytes of values where there should be %d: %w", len(b), want, errDamaged)
	}
	return b, nil
}

// unpack decompresses a buffer: its length stands before it, −1 if it is as it was.
func (r *arrowReader) unpack(b []byte, want int) ([]byte, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%d bytes are no compressed values: %w", len(b), errDamaged)
	}
	n := int64(binary.LittleEndian.Uint64(b))
	if b = b[8:]; n == -1 {
		return b, nil
	}
	if n < int64(want) || n > int64(want)+padding {
		return nil, fmt.Errorf("%d bytes of values where there should be %d: %w", n, want, errDamaged)
	}
	r.plain = slices.Grow(r.plain[:0], int(min(n, firstBytes)))
	plain, err := r.zstd.DecodeAll(b, r.plain)
	if err != nil {
		return nil, fmt.Errorf("decompressing it: %w: %w", err, errDamaged)
	}
	if r.plain = plain; int64(len(plain)) != n {
		return nil, fmt.Errorf("%d bytes of values where %d are announced: %w", len(plain), n, errDamaged)
	}
	return plain, nil
}

// firstBytes are made room for because the file says that they follow; for more, they must.
const firstBytes = 16 << 20
