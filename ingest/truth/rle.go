package truth

import (
	"encoding/json"
	"math"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/schema"
)

// setRLE reads a run-length mask. The runs must cover the size of the mask exactly. Objects.merge later
// compares the size of the mask with the size of the image.
func (o *object) setRLE(seg json.RawMessage) *decode.Fault {
	m, f := fields(seg)
	if f != nil {
		return f
	}
	for _, key := range []string{"size", "counts"} {
		if len(m[key]) == 0 {
			return decode.Faultf(schema.WrongType, "segmentation is an object without %s; wanted size and counts, "+
				"or a list of polygons", key)
		}
	}
	size, ok := numbersOf(m["size"])
	if !ok || len(size) != 2 || !isSide(size[0]) || !isSide(size[1]) || size[0] == 0 || size[1] == 0 {
		return decode.Faultf(schema.WrongType, "size is %s; wanted [height, width] in pixels", scan.Snippet(m["size"]))
	}
	counts, f := runsOf(m["counts"])
	if f != nil {
		return f
	}
	pixels := int64(size[0]) * int64(size[1])
	left := pixels
	for _, n := range counts {
		if n < 0 || n > left {
			return decode.Faultf(schema.BadMask, "the runs cover more than the %d pixels of size %s", pixels, scan.Snippet(m["size"]))
		}
		left -= n
	}
	if left > 0 {
		return decode.Faultf(schema.BadMask, "the runs cover %d of the %d pixels of size %s",
			pixels-left, pixels, scan.Snippet(m["size"]))
	}
	o.rleH, o.rleW, o.counts, o.hasRLE = int32(size[0]), int32(size[1]), counts, true
	return nil
}

// runsOf returns run lengths from a list or from a compressed string of COCO.
func runsOf(raw json.RawMessage) ([]int64, *decode.Fault) {
	if text := scalarOf(raw); text.Kind == scan.String {
		counts, ok := decodeRLE(string(text.Text))
		if !ok {
			return nil, decode.Faultf(schema.WrongType, "counts is a string, but not of compressed run lengths")
		}
		return counts, nil
	}
	if kindOf(raw) != scan.Array {
		return nil, decode.Faultf(schema.WrongType, "counts is %s; wanted run lengths", kindOf(raw))
	}
	runs, ok := numbersOf(raw)
	if !ok {
		return nil, decode.Faultf(schema.WrongType, "counts %s; wanted run lengths", whatHolds(raw))
	}
	counts := make([]int64, len(runs))
	for i, n := range runs {
		if !isSide(n) {
			return nil, decode.Faultf(schema.WrongType, "counts holds %v; wanted whole numbers from 0 to %d", n, math.MaxInt32)
		}
		counts[i] = int64(n)
	}
	return counts, nil
}

// isSide reports whether v can be a side or a run of a mask: a whole number from 0 to 2^31 - 1.
func isSide(v float64) bool { return v >= 0 && v <= math.MaxInt32 && v == math.Trunc(v) }

// decodeRLE decodes the compressed run lengths of COCO. Each character has five bits of a number and a bit
// that says whether the number goes on, plus 48. From the fourth run on, a number is the difference to the
// run two before.
func decodeRLE(s string) (counts []int64, ok bool) {
	for i := 0; i < len(s); {
		var v int64
		for shift := 0; ; shift += 5 {
			if i == len(s) || shift > 55 {
				return nil, false
			}
			c := int64(s[i]) - '0'
			if c < 0 || c > 63 {
				return nil, false
			}
			i++
			v |= (c & 31) << shift
			if c&32 == 0 {
				if c&16 != 0 {
					v |= -1 << (shift + 5)
				}
				break
			}
		}
		if n := len(counts); n > 2 {
			v += counts[n-2]
		}
		counts = append(counts, v)
	}
	return counts, true
}
