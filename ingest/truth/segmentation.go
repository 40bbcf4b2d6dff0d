package truth

import (
	"encoding/json"
	"fmt"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/schema"
)

// This file reads masks of the ground truth.
//
// A segmentation is a list of polygons, each a list x0, y0, x1, y1, …, or a run-length object (rle.go). Two
// other forms can have only one meaning, and are read as well: a single polygon without the list around it,
// and a polygon as a list of points [x, y]. A ring of fewer than three points covers nothing, and four
// numbers are probably a box, so these are dropped. If several parts of a segmentation are wrong, the object
// has one fault, which describes the first.

// ringPoints is the least number of points in a ring.
const ringPoints = 3

// setMask reads a segmentation. The fault describes the part that is dropped.
func (o *object) setMask(seg json.RawMessage) *decode.Fault {
	switch k := kindOf(seg); k {
	case scan.Null:
		return nil
	case scan.Array:
		return o.setPolygons(seg)
	case scan.Object:
		return o.setRLE(seg)
	default:
		return decode.Faultf(schema.WrongType, "segmentation is %s; wanted polygons or run lengths", k)
	}
}

func (o *object) setPolygons(seg json.RawMessage) *decode.Fault {
	list := listOf(seg)
	if len(list) == 0 {
		return nil
	}
	if kindOf(list[0]) == scan.Numeric { // a single polygon without the list around it
		return o.addRing("segmentation", seg)
	}
	if ring, ok := pairsOf(list); ok {
		o.keepRing(ring)
		return nil
	}
	var first *decode.Fault
	dropped := 0
	for i, raw := range list {
		if f := o.addRing(fmt.Sprintf("ring %d", i), raw); f != nil {
			dropped++
			if first == nil {
				first = f
			}
		}
	}
	if len(list) > 1 && dropped > 0 {
		first.Detail += fmt.Sprintf("; %d of %d rings are dropped", dropped, len(list))
	}
	return first
}

// addRing adds a polygon. name is its name in faults.
func (o *object) addRing(name string, raw json.RawMessage) *decode.Fault {
	if kindOf(raw) != scan.Array {
		return decode.Faultf(schema.WrongType, "%s is %s; wanted a list of numbers", name, kindOf(raw))
	}
	ring, ok := numbersOf(raw)
	if !ok {
		if ring, ok = pairsOf(listOf(raw)); !ok {
			return decode.Faultf(schema.WrongType, "%s %s; wanted numbers", name, whatHolds(raw))
		}
	}
	switch n := len(ring); {
	case n%2 != 0:
		return decode.Faultf(schema.BadMask, "%s has %d numbers; wanted an x and a y of every point", name, n)
	case n == 4:
		return decode.Faultf(schema.BadMask, "%s has 2 points; wanted at least %d: four numbers are probably a box",
			name, ringPoints)
	case n < 2*ringPoints:
		return decode.Faultf(schema.BadMask, "%s has %d points; wanted at least %d", name, n/2, ringPoints)
	}
	o.keepRing(ring)
	return nil
}

func (o *object) keepRing(ring []float64) {
	o.rings = append(o.rings, len(ring))
	o.polygon = append(o.polygon, ring...)
}

// listOf returns the elements of an array, or nil for any other value.
func listOf(raw json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

// pairsOf returns the ring of a list of points [x, y]. ok is false if there are too few for a ring.
func pairsOf(list []json.RawMessage) (ring []float64, ok bool) {
	for _, raw := range list {
		point, ok := numbersOf(raw)
		if !ok || len(point) != 2 {
			return nil, false
		}
		ring = append(ring, point...)
	}
	return ring, len(list) >= ringPoints
}

// numbersOf returns an array of finite numbers; ok is false for anything else.
func numbersOf(raw json.RawMessage) (list []float64, ok bool) {
	s := scan.Scanner{Data: raw}
	_, ok = s.Numbers(func(_ int, v float64) { list = append(list, v) })
	return list, ok
}

// whatHolds returns words for the first element of an array that numbersOf does not accept.
func whatHolds(raw json.RawMessage) string {
	for _, v := range listOf(raw) {
		switch s := scalarOf(v); {
		case s.Kind != scan.Numeric:
			return "holds " + s.Kind.String()
		case scan.IsInf(s.Num):
			return "holds " + scan.Snippet(s.Text) + ", which is not finite"
		}
	}
	return "does not hold numbers"
}

func (o *object) fastPolygons(s *scan.Scanner) bool {
	if !s.Is('[') {
		return false
	}
	for first := true; ; first = false {
		more, ok := s.Next(']', first)
		if !ok || !more {
			return ok
		}
		n, ok := s.Numbers(func(_ int, v float64) { o.polygon = append(o.polygon, v) })
		if !ok || n%2 != 0 || n < 2*ringPoints {
			return false
		}
		o.rings = append(o.rings, n)
	}
}
