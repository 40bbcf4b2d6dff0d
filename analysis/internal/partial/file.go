package partial

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"

	"github.com/klauspost/compress/gzip"
)

// ErrDamaged is returned, wrapped, for a file that is cut off or that no writer wrote.
var ErrDamaged = errors.New("the file is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Types of columns.
const (
	typeInt   = "int"
	typeFloat = "float"
	typeText  = "text"
)

// A head is the line before the columns of a table, or the last line of a file.
type head struct {
	Table   string    `json:"table,omitempty"`
	Rows    int       `json:"rows"`
	Columns []*column `json:"columns,omitempty"`
	End     bool      `json:"end,omitempty"`
	Tables  int       `json:"tables,omitempty"`
}

// A column has the values of a field in all rows of a table.
type column struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Of    string `json:"of,omitempty"`
	List  bool   `json:"list,omitempty"`
	Delta bool   `json:"delta,omitempty"`
	Bytes int64  `json:"bytes"`

	ends   []int // of the lists, by row
	ints   []int64
	floats []float64
	texts  []string
	data   []byte
}

// A Writer writes a file.
type Writer struct {
	w      *gzip.Writer
	tables int
}

// NewWriter begins a file with a header.
func NewWriter(w io.Writer, header any) (*Writer, error) {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	to := &Writer{w: z}
	return to, to.line(header)
}

func (w *Writer) line(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = w.w.Write(append(b, '\n'))
	}
	return err
}

// table writes a table.
func (w *Writer) table(name string, rows int, columns []*column) error {
	w.tables++
	for _, c := range columns {
		c.encode()
	}
	if err := w.line(head{Table: name, Rows: rows, Columns: columns}); err != nil {
		return err
	}
	for _, c := range columns {
		if _, err := w.w.Write(c.data); err != nil {
			return err
		}
		c.data = nil
	}
	return nil
}

// Close ends the file.
func (w *Writer) Close() error {
	if err := w.line(head{End: true, Tables: w.tables}); err != nil {
		return err
	}
	return w.w.Close()
}

// encode makes the bytes of a column.
func (c *column) encode() {
	var lengths []byte
	if c.List {
		from := 0
		for _, to := range c.ends {
			lengths = binary.AppendUvarint(lengths, uint64(to-from))
			from = to
		}
	}
	switch c.Type {
	case typeInt:
		plain, delta := make([]byte, 0, len(c.ints)*2), make([]byte, 0, len(c.ints)*2)
		last := int64(0)
		for _, v := range c.ints {
			plain, delta = binary.AppendVarint(plain, v), binary.AppendVarint(delta, v-last)
			last = v
		}
		c.choose(lengths, plain, delta)
	case typeFloat:
		plain, delta := make([]byte, 0, len(c.floats)*8), make([]byte, 0, len(c.floats)*8)
		last := int64(0)
		for _, f := range c.floats {
			v := int64(math.Float64bits(f))
			plain, delta = binary.LittleEndian.AppendUint64(plain, uint64(v)), binary.AppendVarint(delta, v-last)
			last = v
		}
		c.choose(lengths, plain, delta)
	default:
		for _, s := range c.texts {
			lengths = append(binary.AppendUvarint(lengths, uint64(len(s))), s...)
		}
		c.data = lengths
	}
	c.Bytes = int64(len(c.data))
}

// choose takes the shorter of the two codes of the values.
func (c *column) choose(lengths, plain, delta []byte) {
	if c.Delta = len(delta) < len(plain); c.Delta {
		plain = delta
	}
	c.data = append(lengths, plain...)
}

// A Reader reads a file.
type Reader struct {
	all    *bufio.Reader // compressed
	z      *gzip.Reader
	r      *bufio.Reader
	tables int
}

// mostOfLine is the greatest length of a line, in bytes: the header names all stores.
const mostOfLine = 1 << 26

// NewReader begins to read a file, and reads its header.
func NewReader(r io.Reader, header any) (*Reader, error) {
	all := bufio.NewReader(r)
	z, err := gzip.NewReader(all)
	var read *fs.PathError
	if errors.As(err, &read) {
		return nil, err // the file may be whole
	}
	if err != nil {
		return nil, damaged("it does not begin as a file of abtool stats --partial does: %v", err)
	}
	z.Multistream(false)
	from := &Reader{all: all, z: z, r: bufio.NewReaderSize(z, 1<<16)}
	return from, from.line(header)
}

func (r *Reader) line(to any) error {
	var line []byte
	for {
		part, err := r.r.ReadSlice('\n')
		if line = append(line, part...); len(line) > mostOfLine {
			return damaged("a line has more than %d bytes", mostOfLine)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return cut(err)
		}
	}
	if err := json.Unmarshal(line, to); err != nil {
		return damaged("%v", err)
	}
	return nil
}

// cut returns the error of a file that ends too early, or whose checksum is wrong.
func cut(err error) error {
	var read *fs.PathError
	if errors.As(err, &read) {
		return err // the file may be whole
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it is cut off")
	}
	return damaged("%v", err)
}

// table reads the table of a name, which has to be the next.
func (r *Reader) table(name string) (*head, error) {
	var h head
	if err := r.line(&h); err != nil {
		return nil, err
	}
	if h.Table != name || h.End {
		return nil, damaged("it has the table %q in the place of %q", h.Table, name)
	}
	if h.Rows < 0 || h.Rows > 0 && len(h.Columns) == 0 {
		return nil, damaged("the table %s claims %d rows of %d columns", name, h.Rows, len(h.Columns))
	}
	r.tables++
	for _, c := range h.Columns {
		if err := r.column(c, h.Rows); err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
	}
	return &h, nil
}

// column reads the bytes of a column. What a file claims allocates no more than what is there.
func (r *Reader) column(c *column, rows int) error {
	if c == nil {
		return damaged("a column is null")
	}
	if c.Bytes < int64(rows) || c.Bytes > math.MaxInt32*64 {
		return damaged("the column %q claims %d bytes for %d rows", c.Name, c.Bytes, rows)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r.r, c.Bytes); err != nil {
		return cut(err)
	}
	if !c.decode(b.Bytes(), rows) {
		return damaged("the column %q cannot be decoded", c.Name)
	}
	return nil
}

// decode reads the values of a column; ok is false if the bytes are not of so many rows.
func (c *column) decode(b []byte, rows int) (ok bool) {
	n := rows
	if c.List {
		c.ends, n = make([]int, rows), 0
		for i := range c.ends {
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)) || n+int(size) > len(b) {
				return false
			}
			b, n = b[k:], n+int(size)
			c.ends[i] = n
		}
		if n > len(b) {
			return false
		}
	}
	switch {
	case c.Type == typeInt:
		c.ints = make([]int64, n)
		b, ok = varints(b, c.ints, c.Delta)
	case c.Type == typeFloat && c.Delta:
		bits := make([]int64, n)
		b, ok = varints(b, bits, true)
		c.floats = make([]float64, n)
		for i, v := range bits {
			c.floats[i] = math.Float64frombits(uint64(v))
		}
	case c.Type == typeFloat:
		if len(b) != 8*n {
			return false
		}
		c.floats = make([]float64, n)
		for i := range c.floats {
			c.floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return true
	case c.Type == typeText:
		c.texts = make([]string, n)
		all := string(b) // the texts share its memory
		at := 0
		for i := range c.texts {
			size, k := binary.Uvarint(b[at:])
			if k <= 0 || size > uint64(len(b)-at-k) {
				return false
			}
			at += k
			c.texts[i] = all[at : at+int(size)]
			at += int(size)
		}
		return at == len(b)
	}
	return ok && len(b) == 0
}

// varints reads zigzag varints, and adds up differences.
func varints(b []byte, to []int64, delta bool) (rest []byte, ok bool) {
	last := int64(0)
	for i := range to {
		v, k := binary.Varint(b)
		if k <= 0 {
			return b, false
		}
		b = b[k:]
		if delta {
			v += last
			last = v
		}
		to[i] = v
	}
	return b, true
}

// Close reads the end of the file, and compares its checksum.
func (r *Reader) Close() error {
	var h head
	if err := r.line(&h); err != nil {
		return err
	}
	if !h.End || h.Tables != r.tables {
		return damaged("it has %d tables that this version does not know, beginning with %q", max(h.Tables-r.tables, 1), h.Table)
	}
	if _, err := r.r.ReadByte(); !errors.Is(err, io.EOF) { // the checksum comes with the end
		return damaged("its end is not where it should be: %v", err)
	}
	if _, err := r.all.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged("something follows its end: are two files in it?")
	}
	return r.z.Close()
}
