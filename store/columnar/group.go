package columnar

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// pageSlots is the largest number of values in a page, unless a single row has more.
const pageSlots = 1 << 16

// Group is a row group that is being filled. Its columns are in the order of the schema. It is reused for
// the next row group.
type Group struct {
	schema   *Schema
	columns  []column
	lists    []*List
	compress func(dst, src []byte) []byte
	scratch  []scratch // one per worker
	rows     int
	slots    int // largest number of values in a page
	meta     []format.ColumnMetaData
	order    []int // of encoding: long columns first, so that no worker waits for another at the end
}

// NewGroup returns a group without columns. compress compresses with zstd; several workers call it at the
// same time. The bytes that are written do not depend on the number of workers.
func NewGroup(s *Schema, workers int, compress func(dst, src []byte) []byte) *Group {
	return &Group{schema: s, compress: compress, scratch: make([]scratch, workers), slots: pageSlots}
}

// List adds a list. Pass it to the functions that add the columns of its fields.
func (g *Group) List() *List {
	l := &List{}
	g.lists = append(g.lists, l)
	return l
}

// The functions below add columns, which must be in the order of the schema. list is nil for a column with
// one value per row.

// Numbers adds a column of numbers that repeat.
func (g *Group) Numbers(list *List) *Numbers { return addColumn(g, list, &Numbers{}) }

// Plain adds a column of numbers most of which differ.
func (g *Group) Plain(list *List) *Plain { return addColumn(g, list, &Plain{}) }

// Ints adds a column of whole numbers that grow or are close to each other.
func (g *Group) Ints(list *List) *Ints { return addColumn(g, list, &Ints{}) }

// Texts adds a column of texts that repeat.
func (g *Group) Texts(list *List) *Texts { return addColumn(g, list, &Texts{}) }

// IDs adds a column of texts, each of which begins like the one before.
func (g *Group) IDs(list *List) *IDs { return addColumn(g, list, &IDs{}) }

// Bools adds a column of truth values.
func (g *Group) Bools(list *List) *Bools { return addColumn(g, list, &Bools{}) }

// addColumn makes c the next column. It panics if the schema has a column of another kind there, which is a
// mistake of the caller.
func addColumn[C column](g *Group, list *List, c C) C {
	l := g.schema.leaves[len(g.columns)]
	fits := false
	switch any(c).(type) {
	case *Numbers:
		fits = l.kind == format.Double || l.kind == format.Int64 || l.kind == format.Int32
	case *Plain:
		fits = l.kind == format.Double || l.kind == format.Float || l.kind == format.Int64 || l.kind == format.Int32
	case *Ints:
		fits = l.kind == format.Int64
	case *Texts, *IDs:
		fits = l.kind == format.ByteArray
	case *Bools:
		fits = l.kind == format.Boolean
	}
	if !fits || (list != nil) != (l.rep == 1) {
		panic(fmt.Sprintf("column %v cannot be a %T", l, c))
	}
	b := c.frame()
	b.leaf, b.list = l, list
	g.columns = append(g.columns, c)
	return c
}

// EndRow ends a row. Every column must have its value or list.
func (g *Group) EndRow() { g.rows++ }

// Rows returns the number of rows.
func (g *Group) Rows() int { return g.rows }

// Reset empties the group.
func (g *Group) Reset() {
	g.rows = 0
	for _, c := range g.columns {
		c.reset()
		c.frame().out = c.frame().out[:0]
	}
	for _, l := range g.lists {
		l.lens, l.levels, l.bytes = l.lens[:0], l.levels[:0], l.bytes[:0]
	}
}

// Encode encodes the rows as pages in memory, for File.Append.
func (g *Group) Encode() error {
	for _, c := range g.columns {
		b := c.frame()
		rows := b.n
		if b.list != nil {
			rows = len(b.list.lens)
			if len(b.list.levels) == 0 {
				b.list.cut(b.leaf.def, g.slots)
			}
		}
		if rows != g.rows {
			return fmt.Errorf("internal error: %d rows in the column %v of %d", rows, b.leaf, g.rows)
		}
	}
	g.meta = slices.Grow(g.meta[:0], len(g.columns))[:len(g.columns)]
	faults := make([]error, len(g.columns))
	g.order = g.order[:0]
	for i := range g.columns {
		g.order = append(g.order, i)
	}
	slices.SortStableFunc(g.order, func(i, j int) int { return cmp.Compare(g.columns[j].frame().n, g.columns[i].frame().n) })
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range g.scratch {
		workers.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= len(g.order) {
					return
				}
				k := g.order[at]
				g.meta[k], faults[k] = g.encode(g.columns[k], &g.scratch[i])
			}
		})
	}
	workers.Wait()
	return errors.Join(faults...)
}

// pageLevels has the levels of a page without nulls.
type pageLevels struct {
	first, rows   int // first row and number of rows
	slots, values int
	rep, def      []byte // encoded levels
}

// encode writes the pages of a column. Offsets in the result are relative to the column's bytes.
func (g *Group) encode(c column, s *scratch) (format.ColumnMetaData, error) {
	b := c.frame()
	w := pageWriter{compress: g.compress, scratch: s, out: b.out[:0]}
	least, greatest := c.limits()
	m := format.ColumnMetaData{
		Type: b.leaf.kind, PathInSchema: b.leaf.path, Codec: format.Zstd,
		Encoding: []format.Encoding{format.RLE, c.encoding()},
	}
	if c.encoding() == format.RLEDictionary { // even without values, because readers expect a dictionary
		var n int
		s.plain, n = c.dictionary(s.plain[:0])
		m.Encoding = append(m.Encoding, format.Plain)
		m.DictionaryPageOffset = -1 // at the beginning, as a mark for Append
		w.dictionary(s.plain, n)
	}
	m.DataPageOffset = int64(len(w.out))
	at, nulls := 0, b.nulls
	for p := range b.pages(g.rows, g.slots) {
		here := 0
		for here < len(nulls) && int(nulls[here]) < at+p.values {
			here++
		}
		first := at - (len(b.nulls) - len(nulls))
		s.data = c.page(s.data[:0], s, first, first+p.values-here)
		def := p.def
		if b.leaf.def > 0 && (here > 0 || def == nil) {
			def = b.levelsWithNulls(s, p, nulls[:here], at)
		}
		w.data(c.encoding(), p, def, s.data, p.slots-p.values+here)
		m.NumValues += int64(p.slots)
		m.Statistics.NullCount += int64(p.slots - p.values + here)
		at, nulls = at+p.values, nulls[here:]
	}
	m.Statistics.MinValue, m.Statistics.MaxValue = least, greatest
	b.out = w.out
	m.TotalCompressedSize, m.TotalUncompressedSize = int64(len(w.out)), w.plain
	if w.err != nil {
		return m, fmt.Errorf("column %v: %w", b.leaf, w.err)
	}
	return m, nil
}

// pages returns the pages of a column. The pages of a list are the same for all its columns; they have been
// cut and their levels encoded before.
func (b *base) pages(rows, slots int) func(yield func(pageLevels) bool) {
	return func(yield func(pageLevels) bool) {
		if b.list == nil {
			for at := 0; at < rows; at += slots {
				n := min(rows-at, slots)
				if !yield(pageLevels{first: at, rows: n, slots: n, values: n}) {
					return
				}
			}
			return
		}
		for _, p := range b.list.levels {
			if !yield(p) {
				return
			}
		}
	}
}

// cut divides the rows of a list into pages of whole rows, and computes their levels.
func (l *List) cut(top, slots int) {
	rep, def := l.rep[:0], l.def[:0]
	var p pageLevels
	end := func() {
		p.slots, p.rep, p.def = len(rep), l.encode(rep, 1), l.encode(def, top)
		l.levels = append(l.levels, p)
		p = pageLevels{first: p.first + p.rows}
		rep, def = rep[:0], def[:0]
	}
	for _, n := range l.lens {
		if p.rows > 0 && len(rep)+int(n) > slots {
			end()
		}
		p.rows, p.values = p.rows+1, p.values+int(n)
		rep, def = append(rep, 0), append(def, byte(top))
		if n == 0 {
			def[len(def)-1] = 0
		}
		for range n - 1 {
			rep, def = append(rep, 1), append(def, byte(top))
		}
	}
	if p.rows > 0 {
		end()
	}
	l.rep, l.def = rep, def
}

// encode returns the encoded levels. They are valid until the list is reset.
func (l *List) encode(levels []byte, top int) []byte {
	l.packed = encodeLevels(l.packed, levels, top)
	at := len(l.bytes)
	l.bytes = append(l.bytes, l.packed...)
	return l.bytes[at:]
}

// levelsWithNulls encodes the definition levels of a page with nulls. The page begins with value number at.
func (b *base) levelsWithNulls(s *scratch, p pageLevels, nulls []int32, at int) []byte {
	top := byte(b.leaf.def)
	s.levels = s.levels[:0]
	if b.list == nil {
		for range p.values {
			s.levels = append(s.levels, top)
		}
		for _, k := range nulls {
			s.levels[int(k)-at] = top - 1
		}
		s.def = encodeLevels(s.def, s.levels, int(top))
		return s.def
	}
	value := at
	for _, n := range b.list.lens[p.first : p.first+p.rows] {
		if n == 0 {
			s.levels = append(s.levels, 0)
		}
		for range n {
			v := top
			if len(nulls) > 0 && int(nulls[0]) == value {
				v, nulls = top-1, nulls[1:]
			}
			s.levels = append(s.levels, v)
			value++
		}
	}
	s.def = encodeLevels(s.def, s.levels, int(top))
	return s.def
}

// encodeLevels encodes levels up to top as RLE. It uses the memory of dst.
func encodeLevels(dst, levels []byte, top int) []byte {
	e := rle.Encoding{BitWidth: 1}
	if top > 1 {
		e.BitWidth = 2
	}
	packed, err := e.EncodeLevels(dst, levels)
	if err != nil {
		panic(err) // cannot happen with these arguments
	}
	return packed
}

// pageWriter appends pages to a column's bytes.
type pageWriter struct {
	compress func(dst, src []byte) []byte
	scratch  *scratch
	out      []byte
	plain    int64 // bytes before compression, including headers
	err      error
}

func (w *pageWriter) dictionary(values []byte, n int) {
	w.page(format.PageHeader{
		Type: format.DictionaryPage, UncompressedPageSize: int32(len(values)),
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(n), Encoding: format.Plain}),
	}, nil, nil, values)
}

func (w *pageWriter) data(e format.Encoding, p pageLevels, def, values []byte, nulls int) {
	w.page(format.PageHeader{
		Type: format.DataPageV2, UncompressedPageSize: int32(len(p.rep) + len(def) + len(values)),
		DataPageHeaderV2: thrift.New(format.DataPageHeaderV2{
			NumValues: int32(p.slots), NumNulls: int32(nulls), NumRows: int32(p.rows), Encoding: e,
			RepetitionLevelsByteLength: int32(len(p.rep)), DefinitionLevelsByteLength: int32(len(def)),
			IsCompressed: thrift.New(true),
		}),
	}, p.rep, def, values)
}

// page compresses the values and writes the header, the levels and the values.
func (w *pageWriter) page(h format.PageHeader, rep, def, values []byte) {
	s := w.scratch
	s.packed = w.compress(s.packed[:0], values)
	h.CompressedPageSize = int32(len(rep) + len(def) + len(s.packed))
	sum := crc32.Update(crc32.Update(crc32.ChecksumIEEE(rep), crc32.IEEETable, def), crc32.IEEETable, s.packed)
	h.CRC = int32(sum)
	head, err := thrift.Marshal(&thrift.CompactProtocol{}, h)
	if err != nil {
		w.err = err
		return
	}
	w.out = append(append(append(append(w.out, head...), rep...), def...), s.packed...)
	w.plain += int64(len(head)) + int64(h.UncompressedPageSize)
}
