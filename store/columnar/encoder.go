package columnar

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// column is one column of a row group being filled. Slices are reused from group to group.
type column interface {
	frame() *base
	reset()
	// take takes the values of cells from the i-th to before the j-th, nulls not counted; they are of the span's rows.
	take(cells *Cells, s Span, i, j int)
	// dictionary appends the dictionary's values in the encoding PLAIN, if there is one.
	dictionary(dst []byte) (_ []byte, n int)
	// page appends the values from the i-th to before the j-th, nulls not counted.
	page(dst []byte, s *scratch, i, j int) []byte
	encoding() format.Encoding
	// limits are the least and greatest value in the encoding PLAIN; nil: not known.
	limits() (least, greatest []byte)
}

// scratch is memory that the columns of a group share.
type scratch struct {
	levels, def, packed, plain, data []byte
	same, more                       []int32 // bytes of texts that the one before has, and that it has not
	dictionary                       rle.DictionaryEncoding
	ints                             delta.BinaryPackedEncoding
}

// base is what all columns have.
type base struct {
	leaf  leaf
	list  *List   // nil: one value a row
	n     int     // values, nulls included
	nulls []int32 // which of them are null
	out   []byte  // its pages
}

func (b *base) frame() *base { return b }

// Null adds a null.
func (b *base) Null() {
	b.nulls = append(b.nulls, int32(b.n))
	b.n++
}

func (b *base) clear() { b.n, b.nulls = 0, b.nulls[:0] }

// List is how many elements each row has in a list; the columns of its fields share it.
type List struct {
	lens             []int32
	levels           []pageLevels // of its pages, once they have been encoded
	bytes            []byte       // of the encoded levels
	rep, def, packed []byte       // for use while encoding
}

// Add begins the list of the next row: n elements follow, in every column of the list.
func (l *List) Add(n int) { l.lens = append(l.lens, int32(n)) }

// Numbers is a column of DOUBLE, INT64 or INT32 that is encoded by a dictionary, unless that
// takes more bytes than the plain values.
type Numbers struct {
	base
	dict  dict
	index []int32
	of    string // the column of rows that has n of its fractions
	fractions
	// Repeats says that many values equal the one before: where runs take fewer bytes, they are written.
	Repeats bool
}

// Add adds a value: the bits of a double, or an integer.
func (c *Numbers) Add(v uint64) {
	c.n++
	c.put(v)
}

func (c *Numbers) put(v uint64) {
	if k := len(c.index) - 1; k >= 0 && c.dict.values[c.index[k]] == v {
		c.index = append(c.index, c.index[k])
		return
	}
	c.index = append(c.index, c.dict.number(v))
}

// putFraction adds a double that probably is a fraction k/n, 0 ≤ k ≤ n, of the n that setWhole was given.
func (c *Numbers) putFraction(v float64) {
	k := int32(v*c.whole + 0.5)
	if uint(k) >= uint(len(c.known)) || float64(k)/c.whole != v {
		c.index = append(c.index, c.dict.number(math.Float64bits(v)))
		return
	}
	i := c.known[k]
	if i == 0 {
		i = c.dict.number(math.Float64bits(v)) + 1
		c.known[k] = i
	}
	c.index = append(c.index, i-1)
}

func (c *Numbers) size() int {
	if c.leaf.kind == format.Int32 {
		return 4
	}
	return 8
}

// coded reports whether the dictionary is worth it.
func (c *Numbers) coded() bool {
	n, d := len(c.index), len(c.dict.values)
	return n == 0 || d*c.size()+n*bits.Len(uint(d))/8 < n*c.size()
}

func (c *Numbers) encoding() format.Encoding {
	if c.coded() {
		return format.RLEDictionary
	}
	return format.Plain
}

func (c *Numbers) plain(dst []byte, v uint64) []byte {
	if c.size() == 4 {
		return binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(dst, v)
}

func (c *Numbers) dictionary(dst []byte) ([]byte, int) {
	for _, v := range c.dict.values {
		dst = c.plain(dst, v)
	}
	return dst, len(c.dict.values)
}

func (c *Numbers) page(dst []byte, s *scratch, i, j int) []byte {
	if c.coded() {
		return s.appendIndex(dst, c.index[i:j], c.Repeats)
	}
	for _, k := range c.index[i:j] {
		dst = c.plain(dst, c.dict.values[k])
	}
	return dst
}

func (c *Numbers) limits() (least, greatest []byte) {
	if len(c.dict.values) == 0 {
		return nil, nil
	}
	lo, hi := bounds(c.dict.values, c.leaf.kind == format.Double)
	return c.plain(nil, lo), c.plain(nil, hi)
}

func (c *Numbers) reset() {
	c.clear()
	c.fractions.reset()
	c.dict.reset()
	c.index = c.index[:0]
}

// appendIndex appends a page of places in the dictionary, in runs if many are repeated.
func (s *scratch) appendIndex(dst []byte, index []int32, repeats bool) []byte {
	if repeats {
		if runs, ok := appendRuns(dst, index); ok {
			return runs
		}
	}
	packed, err := s.dictionary.EncodeInt32(s.packed, index)
	if err != nil {
		panic(err) // it has no reason for one
	}
	s.packed = packed
	return append(dst, packed...)
}

// appendRuns appends places in the dictionary as runs of equal ones, unless that takes more bytes than packing their bits.
func appendRuns(dst []byte, index []int32) (_ []byte, ok bool) {
	runs, top := 0, int32(0)
	for i, k := range index {
		if i == 0 || k != index[i-1] {
			runs, top = runs+1, max(top, k)
		}
	}
	wide := bits.Len32(uint32(top))
	if wide == 0 || runs*(1+(wide+7)/8) > len(index)*wide/8 {
		return dst, false
	}
	dst = append(dst, byte(wide))
	for from := 0; from < len(index); {
		to, k := from+1, index[from]
		for to < len(index) && index[to] == k {
			to++
		}
		dst = binary.AppendUvarint(dst, uint64(to-from)<<1)
		for n := wide; n > 0; n -= 8 {
			dst = append(dst, byte(k))
			k >>= 8
		}
		from = to
	}
	return dst, true
}

// Plain is a column of DOUBLE, FLOAT, INT64 or INT32 that is not encoded: of numbers most of which differ.
type Plain struct {
	base
	values []uint64
}

// Add adds a value: the bits of a double or a float, or an integer.
func (c *Plain) Add(v uint64) {
	c.n++
	c.values = append(c.values, v)
}

func (c *Plain) encoding() format.Encoding { return format.Plain }

func (c *Plain) dictionary(dst []byte) ([]byte, int) { return dst, 0 }

func (c *Plain) page(dst []byte, _ *scratch, i, j int) []byte {
	if c.leaf.kind == format.Int32 || c.leaf.kind == format.Float {
		for _, v := range c.values[i:j] {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(v))
		}
		return dst
	}
	for _, v := range c.values[i:j] {
		dst = binary.LittleEndian.AppendUint64(dst, v)
	}
	return dst
}

// limits are not told of floats, nor of doubles with a NaN among them, which is not in any order.
func (c *Plain) limits() (least, greatest []byte) {
	if len(c.values) == 0 || c.leaf.kind == format.Float {
		return nil, nil
	}
	lo, hi := bounds(c.values, c.leaf.kind == format.Double)
	if f := math.Float64frombits(lo); c.leaf.kind == format.Double && f != f {
		return nil, nil
	}
	if c.leaf.kind == format.Int32 {
		return binary.LittleEndian.AppendUint32(nil, uint32(lo)), binary.LittleEndian.AppendUint32(nil, uint32(hi))
	}
	return binary.LittleEndian.AppendUint64(nil, lo), binary.LittleEndian.AppendUint64(nil, hi)
}

func (c *Plain) reset() {
	c.clear()
	c.values = c.values[:0]
}

// Ints is a column of INT64 that is encoded by differences.
type Ints struct {
	base
	values []int64
	// Steady says that most differences are much alike, as those of times in a long list are.
	Steady bool
}

// Add adds a value.
func (c *Ints) Add(v int64) {
	c.n++
	c.values = append(c.values, v)
}

func (c *Ints) encoding() format.Encoding { return format.DeltaBinaryPacked }

func (c *Ints) dictionary(dst []byte) ([]byte, int) { return dst, 0 }

func (c *Ints) page(dst []byte, s *scratch, i, j int) []byte {
	if c.Steady {
		return appendDelta(dst, c.values[i:j])
	}
	packed, err := s.ints.EncodeInt64(s.packed[:0], c.values[i:j])
	if err != nil {
		panic(err) // it has no reason for one
	}
	s.packed = packed
	return append(dst, packed...)
}

func (c *Ints) limits() (least, greatest []byte) {
	if len(c.values) == 0 {
		return nil, nil
	}
	lo, hi := c.values[0], c.values[0]
	for _, v := range c.values {
		lo, hi = min(lo, v), max(hi, v)
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(lo)), binary.LittleEndian.AppendUint64(nil, uint64(hi))
}

func (c *Ints) reset() {
	c.clear()
	c.values = c.values[:0]
}

// Texts is a column of strings that is encoded by a dictionary.
type Texts struct {
	base
	numbers map[string]int32
	dict    []string
	index   []int32
	recent  [64]int32 // by mix: number + 1 of a text that was added lately
	Repeats bool      // as of Numbers
}

// Add adds a value, of which it keeps a copy.
func (c *Texts) Add(s string) {
	c.n++
	c.put(s)
}

func (c *Texts) put(s string) {
	at := &c.recent[mix(s)%len(c.recent)]
	if k := *at - 1; k >= 0 && c.dict[k] == s {
		c.index = append(c.index, k)
		return
	}
	k, ok := c.numbers[s]
	if !ok {
		if c.numbers == nil {
			c.numbers = map[string]int32{}
		}
		k = int32(len(c.dict))
		s = strings.Clone(s)
		c.dict = append(c.dict, s)
		c.numbers[s] = k
	}
	*at = k + 1
	c.index = append(c.index, k)
}

// mix tells short words apart, mostly.
func mix(s string) int {
	n := len(s)
	if n == 0 {
		return 0
	}
	return n + 3*int(s[0]) + 5*int(s[n/2]) + 7*int(s[n-1])
}

func (c *Texts) encoding() format.Encoding { return format.RLEDictionary }

func (c *Texts) dictionary(dst []byte) ([]byte, int) {
	for _, s := range c.dict {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
		dst = append(dst, s...)
	}
	return dst, len(c.dict)
}

func (c *Texts) page(dst []byte, s *scratch, i, j int) []byte {
	return s.appendIndex(dst, c.index[i:j], c.Repeats)
}

const longLimit = 64 // bytes of a text; longer ones are no use for leaving out row groups

func (c *Texts) limits() (least, greatest []byte) {
	if len(c.dict) == 0 {
		return nil, nil
	}
	lo, hi := c.dict[0], c.dict[0]
	for _, s := range c.dict {
		lo, hi = min(lo, s), max(hi, s)
	}
	return textLimits(lo, hi)
}

func textLimits(lo, hi string) (least, greatest []byte) {
	if len(lo) > longLimit || len(hi) > longLimit {
		return nil, nil
	}
	return []byte(lo), []byte(hi)
}

func (c *Texts) reset() {
	c.clear()
	clear(c.numbers)
	clear(c.dict)
	clear(c.recent[:])
	c.dict, c.index = c.dict[:0], c.index[:0]
}

// IDs is a column of strings that is encoded by what each adds to the one before.
type IDs struct {
	base
	bytes []byte   // without what equals the one before
	ends  []uint32 // and a 0 before the first
	index []int32  // of each value
}

// Add adds a value.
func (c *IDs) Add(s string) {
	c.n++
	c.put(s)
}

func (c *IDs) put(s string) {
	if len(c.ends) == 0 {
		c.ends = append(c.ends, 0)
	}
	k := int32(len(c.ends)) - 2
	if k < 0 || string(c.at(k)) != s {
		c.bytes = append(c.bytes, s...)
		c.ends = append(c.ends, uint32(len(c.bytes)))
		k++
	}
	c.index = append(c.index, k)
}

// at returns the k-th of those that are not equal to the one before.
func (c *IDs) at(k int32) []byte { return c.bytes[c.ends[k]:c.ends[k+1]] }

func (c *IDs) encoding() format.Encoding { return format.DeltaByteArray }

func (c *IDs) dictionary(dst []byte) ([]byte, int) { return dst, 0 }

func (c *IDs) page(dst []byte, s *scratch, i, j int) []byte {
	s.same, s.more, s.plain = s.same[:0], s.more[:0], s.plain[:0]
	before := int32(-1)
	for _, k := range c.index[i:j] {
		v, same := c.at(k), 0
		switch {
		case k == before:
			same = len(v)
		case before >= 0:
			for last := c.at(before); same < min(len(v), len(last)) && v[same] == last[same]; same++ {
			}
		}
		s.same, s.more = append(s.same, int32(same)), append(s.more, int32(len(v)-same))
		s.plain = append(s.plain, v[same:]...)
		before = k
	}
	return append(s.appendInts(s.appendInts(dst, s.same), s.more), s.plain...)
}

// appendInts appends numbers by their differences.
func (s *scratch) appendInts(dst []byte, values []int32) []byte {
	packed, err := s.ints.EncodeInt32(s.packed[:0], values)
	if err != nil {
		panic(err) // it has no reason for one
	}
	s.packed = packed
	return append(dst, packed...)
}

func (c *IDs) limits() (least, greatest []byte) {
	if len(c.index) == 0 {
		return nil, nil
	}
	lo, hi := c.at(0), c.at(0)
	for k := range int32(len(c.ends) - 1) {
		if v := c.at(k); string(v) < string(lo) {
			lo = v
		} else if string(v) > string(hi) {
			hi = v
		}
	}
	return textLimits(string(lo), string(hi))
}

func (c *IDs) reset() {
	c.clear()
	c.bytes, c.ends, c.index = c.bytes[:0], c.ends[:0], c.index[:0]
}

// Bools is a column of BOOLEAN.
type Bools struct {
	base
	values []bool
}

// Add adds a value.
func (c *Bools) Add(v bool) {
	c.n++
	c.values = append(c.values, v)
}

func (c *Bools) encoding() format.Encoding { return format.Plain }

func (c *Bools) dictionary(dst []byte) ([]byte, int) { return dst, 0 }

func (c *Bools) page(dst []byte, _ *scratch, i, j int) []byte {
	for at := i; at < j; at += 8 {
		packed := byte(0)
		for k, v := range c.values[at:min(at+8, j)] {
			if v {
				packed |= 1 << k
			}
		}
		dst = append(dst, packed)
	}
	return dst
}

func (c *Bools) limits() (least, greatest []byte) { return nil, nil }

func (c *Bools) reset() {
	c.clear()
	c.values = c.values[:0]
}

// leaf is a column's place in the schema.
type leaf struct {
	name     string // the path without what Parquet puts between a list and its fields
	path     []string
	kind     format.Type
	def, rep int // greatest levels
}

func (l leaf) String() string { return fmt.Sprintf("%s (%v)", strings.Join(l.path, "."), l.kind) }
