package scan

import "encoding/binary"

// flat reads a flatbuffer. What lies beyond it is read as 0, and makes it bad.
type flat struct {
	b   []byte
	bad bool
}

func (f *flat) has(at, n int) bool {
	if at < 0 || n < 0 || at > len(f.b) || n > len(f.b)-at {
		f.bad = true
		return false
	}
	return true
}

func (f *flat) u8(at int) byte {
	if !f.has(at, 1) {
		return 0
	}
	return f.b[at]
}

func (f *flat) u16(at int) int {
	if !f.has(at, 2) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(f.b[at:]))
}

func (f *flat) u32(at int) uint32 {
	if !f.has(at, 4) {
		return 0
	}
	return binary.LittleEndian.Uint32(f.b[at:])
}

func (f *flat) i64(at int) int64 {
	if !f.has(at, 8) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(f.b[at:]))
}

// ref is the place that an offset at a place refers to.
func (f *flat) ref(at int) int { return at + int(f.u32(at)) }

// root is the place of the table that a flatbuffer is.
func (f *flat) root() int { return f.ref(0) }

// field is the place of a table's field, 0 where the table has it not.
func (f *flat) field(table, slot int) int {
	v := table - int(int32(f.u32(table))) // its list of fields
	if 4+2*slot+2 > f.u16(v) {
		return 0
	}
	if at := f.u16(v + 4 + 2*slot); at > 0 {
		return table + at
	}
	return 0
}

// table is the place of the table that a field is; it is bad without.
func (f *flat) table(table, slot int) int {
	at := f.field(table, slot)
	if at == 0 {
		f.bad = true
		return 0
	}
	return f.ref(at)
}

// str is the text that a field is, "" for none.
func (f *flat) str(table, slot int) string {
	at, n := f.vector(table, slot, 1)
	return string(f.b[at : at+n])
}

// vector is the place of a table's list of entries of a size, and their number.
func (f *flat) vector(table, slot, size int) (at, n int) {
	p := f.field(table, slot)
	if p == 0 {
		return 0, 0
	}
	at = f.ref(p)
	n = int(f.u32(at))
	if n > len(f.b)/size || !f.has(at+4, n*size) {
		f.bad = true
		return 0, 0
	}
	return at + 4, n
}
