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

// A column is one column of a row group that is being filled. Its slices are reused for the next group.
type column interface {
	frame() *base
	reset()
	// take appends the values of cells from the i-th to before the j-th, not counting nulls. They belong to
	// the rows of the span.
	take(cells *Cells, s Span, i, j int)
	// dictionary appends the dictionary's values in the encoding PLAIN, if there is one.
	dictionary(dst []byte) (_ []byte, n int)
	// page appends the values from the i-th to before the j-th, not counting nulls.
	page(dst []byte, s *scratch, i, j int) []byte
	encoding() format.Encoding
	// limits returns the least and the greatest value in the encoding PLAIN, or nil if they are unknown.
	limits() (least, greatest []byte)
}

// scratch is memory that the columns of a group share.
type scratch struct {
	levels, def, packed, plain, data []byte
	same, more                       []int32 // for each text, how many bytes it shares with the text before, and how many it adds
	dictionary                       rle.DictionaryEncoding
	ints                             delta.BinaryPackedEncoding
}

// base has the fields that all columns have.
type base struct {
	leaf  leaf
	list  *List   // nil for a column with one value per row
	n     int     // number of values, including nulls
	nulls []int32 // indexes of the nulls
	out   []byte  // encoded pages
}

func (b *base) frame() *base { return b }

// Null adds a null.
func (b *base) Null() {
	b.nulls = append(b.nulls, int32(b.n))
	b.n++
}

func (b *base) clear() { b.n, b.nulls = 0, b.nulls[:0] }

// List has the number of elements of each row in a list. The columns of the list's fields share it.
type List struct {
	lens             []int32
	levels           []pageLevels // of its pages, after they have been encoded
	bytes            []byte       // the encoded levels
	rep, def, packed []byte       // buffers for encoding
}

// Add begins the list of the next row. n elements must follow in every column of the list.
func (l *List) Add(n int) { l.lens = append(l.lens, int32(n)) }

// Numbers is a column of DOUBLE, INT64 or INT32 with a dictionary, or with plain values if they take fewer
// bytes.
type Numbers struct {
	base
	dict  dict
	index []int32
	of    string // in a column of fractions, the column of rows with their denominator n
	fractions
	// Repeats says that many values equal the one before. They are then written as runs if that takes fewer
	// bytes.
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

// putFraction adds a double that probably is a fraction k/n with 0 ≤ k ≤ n and the n that setWhole was
// given.
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

// coded reports whether the dictionary takes fewer bytes than plain values.
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

// appendIndex appends a page of indexes into the dictionary. It uses runs if many indexes repeat.
func (s *scratch) appendIndex(dst []byte, index []int32, repeats bool) []byte {
	if repeats {
		if runs, ok := appendRuns(dst, index); ok {
			return runs
		}
	}
	packed, err := s.dictionary.EncodeInt32(s.packed, index)
	if err != nil {
		panic(err) // cannot happen with these arguments
	}
	s.packed = packed
	return append(dst, packed...)
}

// appendRuns appends indexes into the dictionary as runs of equal ones. ok is false if packing their bits
// takes fewer bytes.
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

// Plain is a column of DOUBLE, FLOAT, INT64 or INT32 in the encoding PLAIN, for numbers most of which
// differ.
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

// limits returns nil for floats, and for doubles that include a NaN, which has no order.
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

// Ints is a column of INT64 that is stored as differences between values.
type Ints struct {
	base
	values []int64
	// Steady says that most differences are similar, as between the times of a long list.
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
		panic(err) // cannot happen with these arguments
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

// Texts is a column of strings with a dictionary.
type Texts struct {
	base
	numbers map[string]int32
	dict    []string
	index   []int32
	recent  [64]int32 // by mix: number + 1 of a text that was added recently
	Repeats bool      // as in Numbers
}

// Add adds a copy of a value.
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

// mix returns a hash that distinguishes most short words.
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

const longLimit = 64 // bytes of a text; longer limits do not help to skip row groups

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

// IDs is a column of strings. Of each string, only the bytes after its common beginning with the string
// before are stored.
type IDs struct {
	base
	bytes []byte   // the values, without values that equal the one before
	ends  []uint32 // 0, and the end of each value in bytes
	index []int32  // for each value, its number among the values in bytes
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

// at returns the k-th of the values that differ from the one before.
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

// appendInts appends numbers as differences.
func (s *scratch) appendInts(dst []byte, values []int32) []byte {
	packed, err := s.ints.EncodeInt32(s.packed[:0], values)
	if err != nil {
		panic(err) // cannot happen with these arguments
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

// leaf is the position of a column in the schema.
type leaf struct {
	name     string // the path without the names that Parquet inserts between a list and its fields
	path     []string
	kind     format.Type
	def, rep int // greatest definition and repetition levels
}

func (l leaf) String() string { return fmt.Sprintf("%s (%v)", strings.Join(l.path, "."), l.kind) }
