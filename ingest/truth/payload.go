package truth

import (
	"encoding/binary"
	"math"

	"abtool/ingest/scan"
)

// payload is the encoded form of an image or object in the spill. Its methods decode the next value and
// remove it. They check nothing, because this package has encoded the bytes.
type payload []byte

func (p *payload) byte() byte {
	v := (*p)[0]
	*p = (*p)[1:]
	return v
}

func (p *payload) uvarint() uint64 {
	v, n := binary.Uvarint(*p)
	*p = (*p)[n:]
	return v
}

func (p *payload) varint() int64 {
	v, n := binary.Varint(*p)
	*p = (*p)[n:]
	return v
}

func (p *payload) opt() *int32 {
	v := p.uvarint()
	if v == 0 {
		return nil
	}
	n := int32(v - 1)
	return &n
}

func (p *payload) float() float64 {
	if v := p.varint(); v != 1 {
		return float64(v>>1) / 100
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(*p))
	*p = (*p)[8:]
	return v
}

func (p *payload) optFloat(there bool) *float64 {
	if !there {
		return nil
	}
	v := p.float()
	return &v
}

// place is the place of an object in the input, for rejects.
type place struct {
	file           int // index of its file
	offset, record int64
}

func (p *payload) place() place {
	return place{int(p.uvarint()), int64(p.uvarint()), int64(p.uvarint())}
}

// appendTo appends the place of the object and the object, in the form that payload.place and
// payload.instance decode.
func (o *object) appendTo(p []byte, at place, id, category int64) []byte {
	p = binary.AppendUvarint(p, uint64(at.file))
	p = binary.AppendUvarint(p, uint64(at.offset))
	p = binary.AppendUvarint(p, uint64(at.record))
	p = binary.AppendVarint(p, id)
	p = binary.AppendVarint(p, category)
	crowd := byte(0)
	if o.crowd.Num == 1 || o.crowd.Yes {
		crowd = 1
	}
	p = append(p, crowd)
	if o.area.Kind == scan.Numeric {
		p = appendFloat(append(p, 1), o.area.Num)
	} else {
		p = append(p, 0)
	}
	if o.hasBox {
		p = append(p, 1)
		for _, v := range o.bbox {
			p = appendFloat(p, v)
		}
	} else {
		p = append(p, 0)
	}
	p = binary.AppendUvarint(p, uint64(len(o.rings)))
	for _, n := range o.rings {
		p = binary.AppendUvarint(p, uint64(n))
	}
	for _, v := range o.polygon {
		p = appendFloat(p, v)
	}
	if !o.hasRLE {
		return append(p, 0)
	}
	p = append(p, 1)
	p = binary.AppendUvarint(p, uint64(o.rleH))
	p = binary.AppendUvarint(p, uint64(o.rleW))
	p = binary.AppendUvarint(p, uint64(len(o.counts)))
	for _, c := range o.counts {
		p = binary.AppendVarint(p, c)
	}
	return p
}

// instance decodes an object, after its place.
func (p *payload) instance() (x instance) {
	x.ID, x.CategoryID = p.varint(), p.varint()
	x.Crowd = p.byte() == 1
	x.Area = p.optFloat(p.byte() == 1)
	box := p.byte() == 1
	x.X, x.Y, x.W, x.H = p.optFloat(box), p.optFloat(box), p.optFloat(box), p.optFloat(box)
	x.Rings = make([]int32, p.uvarint())
	total := 0
	for i := range x.Rings {
		x.Rings[i] = int32(p.uvarint())
		total += int(x.Rings[i])
	}
	x.Polygon = make([]float64, total)
	for i := range x.Polygon {
		x.Polygon[i] = p.float()
	}
	if p.byte() == 1 {
		h, w := int32(p.uvarint()), int32(p.uvarint())
		x.RLEHeight, x.RLEWidth = &h, &w
		x.RLECounts = make([]int64, p.uvarint())
		for i := range x.RLECounts {
			x.RLECounts[i] = p.varint()
		}
	}
	return x
}

func appendOpt(p []byte, v *int32) []byte {
	if v == nil {
		return append(p, 0)
	}
	return binary.AppendUvarint(p, uint64(*v)+1)
}

// appendFloat appends a number with at most two decimals as a short integer, because most coordinates are
// such numbers, and any other number as its eight bytes. Both give the same float64 back.
func appendFloat(p []byte, v float64) []byte {
	if c := math.Round(v * 100); math.Abs(c) < 1<<40 && c/100 == v && !(v == 0 && math.Signbit(v)) {
		return binary.AppendVarint(p, int64(c)<<1)
	}
	return binary.LittleEndian.AppendUint64(append(p, 2), math.Float64bits(v)) // varint 1
}
