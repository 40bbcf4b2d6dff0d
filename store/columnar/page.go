package columnar

import (
	"bytes"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// decoder decodes the pages of one column of one row group.
type decoder struct {
	dict    parquet.Dictionary // the dictionary that ints, floats and the column's Dict come from
	ints    []int64
	floats  []float64
	textsAt int32 // where the dictionary begins in the column's Dict

	presentInts   []int64
	presentFloats []float64
	presentTexts  []int32
}

// page appends the values of a page to the column, with nulls and lists according to the levels.
func (d *decoder) page(c *fileColumn, p parquet.Page) error {
	if dict := p.Dictionary(); dict != nil && dict != d.dict {
		d.setDictionary(c, dict)
	}
	l := levels{n: int(p.NumValues()), def: p.DefinitionLevels(), rep: p.RepetitionLevels()}
	if len(l.def) != l.n && (len(l.def) > 0 || c.leaf.MaxDefinitionLevel > 0) || len(c.list) > 0 &&
		len(l.rep) != l.n {
		return fmt.Errorf("a page of %d values has %d definition levels and %d repetition levels", l.n,
			len(l.def), len(l.rep))
	}
	values, coded := p.Data(), p.Dictionary() != nil
	switch c.kind {
	case parquet.Double:
		c.Floats = spread(c, c.Floats, d.reals(&values, coded), l, math.NaN())
	case parquet.Int32, parquet.Int64, parquet.Boolean:
		c.Ints = spread(c, c.Ints, d.whole(c.kind, &values, coded, l.present(c)), l, Null)
	case parquet.ByteArray:
		c.Index = spread(c, c.Index, d.texts(c, &values, coded), l, -1)
	default:
		return fmt.Errorf("values of the type %v cannot be read", c.kind)
	}
	return nil
}

func (d *decoder) reals(v *encoding.Values, coded bool) []float64 {
	if !coded {
		return v.Double()
	}
	d.presentFloats = d.presentFloats[:0]
	for _, i := range v.Int32() {
		d.presentFloats = append(d.presentFloats, d.floats[i])
	}
	return d.presentFloats
}

func (d *decoder) whole(kind parquet.Kind, v *encoding.Values, coded bool, n int) []int64 {
	out := d.presentInts[:0]
	switch {
	case coded:
		for _, i := range v.Int32() {
			out = append(out, d.ints[i])
		}
	case kind == parquet.Int64:
		return v.Int64()
	case kind == parquet.Int32:
		for _, x := range v.Int32() {
			out = append(out, int64(x))
		}
	default:
		bits := v.Boolean()
		for i := range n {
			out = append(out, int64(bits[i/8]>>(i%8)&1))
		}
	}
	d.presentInts = out
	return out
}

func (d *decoder) texts(c *fileColumn, v *encoding.Values, coded bool) []int32 {
	out := d.presentTexts[:0]
	if coded {
		for _, i := range v.Int32() {
			out = append(out, d.textsAt+i)
		}
	} else {
		at := len(c.Dict)
		c.Dict = appendTexts(c.Dict, v)
		for i := at; i < len(c.Dict); i++ {
			out = append(out, int32(i))
		}
	}
	d.presentTexts = out
	return out
}

func (d *decoder) setDictionary(c *fileColumn, dict parquet.Dictionary) {
	d.dict = dict
	values := dict.Page().Data()
	switch c.kind {
	case parquet.Double:
		d.floats = values.Double()
	case parquet.Int64:
		d.ints = values.Int64()
	case parquet.Int32:
		d.ints = nil
		for _, x := range values.Int32() {
			d.ints = append(d.ints, int64(x))
		}
	case parquet.ByteArray:
		d.textsAt = int32(len(c.Dict))
		c.Dict = appendTexts(c.Dict, &values)
	}
}

// appendTexts appends copies of the texts of a page, whose memory is reused. It allocates once for all of
// them.
func appendTexts(to []string, v *encoding.Values) []string {
	data, offsets := v.ByteArray()
	all := string(data)
	for i := range max(len(offsets), 1) - 1 {
		to = append(to, all[offsets[i]:offsets[i+1]])
	}
	return to
}

// levels has the levels of n values and nulls. def is empty for a column with a value in every row.
type levels struct {
	n        int
	def, rep []byte
}

// present returns the number of values that are not null.
func (l levels) present(c *fileColumn) int {
	if len(l.def) == 0 {
		return l.n
	}
	return bytes.Count(l.def, []byte{byte(c.leaf.MaxDefinitionLevel)})
}

// spread appends the values of a page, with null where the levels have no value, and the offsets of lists.
func spread[T any](c *fileColumn, out, present []T, l levels, null T) []T {
	top := byte(c.leaf.MaxDefinitionLevel)
	k := 0
	switch len(c.list) {
	case 0:
		if len(present) == l.n {
			return append(out, present...)
		}
		for _, v := range l.def {
			if v == top {
				out = append(out, present[k])
				k++
			} else {
				out = append(out, null)
			}
		}
	case 1:
		element := byte(c.list[0])
		rep := l.rep[:len(l.def)]
		for i, v := range l.def {
			if rep[i] == 0 {
				c.Offsets = append(c.Offsets, int32(len(out)))
			}
			if v == top {
				out = append(out, present[k])
				k++
			} else if v >= element {
				out = append(out, null)
			}
		}
	case 2:
		outer, inner := byte(c.list[0]), byte(c.list[1])
		rep := l.rep[:len(l.def)]
		for i, v := range l.def {
			if rep[i] == 0 {
				c.Offsets = append(c.Offsets, int32(len(c.Inner)))
			}
			if rep[i] <= 1 && v >= outer {
				c.Inner = append(c.Inner, int32(len(out)))
			}
			if v == top {
				out = append(out, present[k])
				k++
			} else if v >= inner {
				out = append(out, null)
			}
		}
	}
	return out
}
