package gunzip

import (
	"encoding/binary"
	"io"
)

const (
	history  = 32 << 10
	outBytes = history + 128<<10
	inBytes  = 128 << 10
	slack    = 16  // bytes beyond the valid ones that may be read or written
	maxMatch = 258 // bytes of a match
)

// inflater decodes one DEFLATE stream after another.
type inflater struct {
	src  io.Reader
	in   []byte // in[at:end] has not been read yet; zeros follow
	at   int
	end  int
	eof  bool  // src has ended
	fail error // the error of src

	bits  uint64 // the next count bits; bits above may already be set, to the values that they will have
	count uint

	out    []byte // out[:put] has been decoded; the last 32 KiB of it are the history
	put    int
	member int // a position in out at or after the beginning of the stream

	state   state
	last    bool // this is the last block
	stored  int  // bytes left in a stored block
	lengths [literals + distances]uint8
	lit     []entry
	dist    []entry
}

type state uint8

const (
	atBlock state = iota
	inStored
	inCodes
	atEnd
)

func newInflater(src io.Reader) *inflater {
	return &inflater{src: src, in: make([]byte, inBytes+2*slack), out: make([]byte, outBytes+maxMatch+slack)}
}

// load makes the buffer have at least n bytes, unless the source ends before.
func (z *inflater) load(n int) {
	if z.end-z.at >= n || z.eof {
		return
	}
	kept := min(z.at, 8) // align may give these bytes back
	z.end = copy(z.in, z.in[z.at-kept:z.end])
	z.at = kept
	for empty := 0; z.end-z.at < n && !z.eof; {
		m, err := z.src.Read(z.in[z.end:inBytes])
		z.end += m
		if err != nil {
			z.eof = true
			if err != io.EOF {
				z.fail = err
			}
		}
		if empty++; m > 0 {
			empty = 0
		}
		if empty == 100 {
			z.eof, z.fail = true, io.ErrNoProgress
		}
	}
	clear(z.in[z.end : z.end+slack])
}

// refill makes at least 56 bits available; after the end of the source they are zeros.
func (z *inflater) refill() {
	if z.at+8 <= len(z.in) {
		z.bits |= binary.LittleEndian.Uint64(z.in[z.at:]) << z.count
	}
	z.at += int(63-z.count) >> 3
	z.count |= 56
}

// take returns the next n bits, n ≤ 32.
func (z *inflater) take(n uint) uint {
	v := uint(z.bits & (1<<n - 1))
	z.bits >>= n
	z.count -= n
	return v
}

// overrun returns an error if the stream needed more bits than the source has.
func (z *inflater) overrun() error {
	if z.at-int(z.count/8) <= z.end {
		return nil
	}
	if z.fail != nil {
		return z.fail
	}
	return io.ErrUnexpectedEOF
}

// align returns whole bytes of bits to the buffer and drops the bits before the next byte.
func (z *inflater) align() {
	z.at -= int(z.count / 8)
	z.bits, z.count = 0, 0
}

// more decodes at least one byte and at most as many as there is room for; out[from:put] is new. It returns
// io.EOF at the end of the stream.
func (z *inflater) more() (from int, err error) {
	if z.put > outBytes-maxMatch {
		shift := z.put - history
		copy(z.out, z.out[shift:z.put])
		z.put, z.member = history, max(z.member-shift, 0)
	}
	from = z.put
	for z.put <= outBytes-maxMatch {
		switch z.state {
		case atBlock:
			err = z.block()
		case inStored:
			err = z.copyStored()
		case inCodes:
			err = z.codes()
		case atEnd:
			return from, io.EOF
		}
		if err != nil {
			return from, err
		}
	}
	return from, nil
}

// block reads the header of a block.
func (z *inflater) block() error {
	if z.last {
		z.align()
		z.state = atEnd
		return nil
	}
	z.load(1 << 10) // more than the 4 + 14 + 19 + 320 * 7 bits that a header can have
	z.refill()
	z.last = z.take(1) == 1
	kind := z.take(2)
	if err := z.overrun(); err != nil {
		return err
	}
	switch kind {
	case 0:
		z.align()
		if z.load(4); z.end-z.at < 4 {
			z.at = z.end + 1
			return z.overrun()
		}
		n := binary.LittleEndian.Uint16(z.in[z.at:])
		if n != ^binary.LittleEndian.Uint16(z.in[z.at+2:]) {
			return ErrCorrupt
		}
		z.at += 4
		z.stored, z.state = int(n), inStored
		return nil
	case 1:
		return z.fixed()
	case 2:
		return z.dynamic()
	}
	return ErrCorrupt
}

func (z *inflater) copyStored() error {
	if z.stored == 0 {
		z.state = atBlock
		return nil
	}
	if z.load(1); z.at == z.end {
		z.at++
		return z.overrun()
	}
	n := copy(z.out[z.put:outBytes], z.in[z.at:min(z.end, z.at+z.stored)])
	z.at, z.put, z.stored = z.at+n, z.put+n, z.stored-n
	return nil
}

func (z *inflater) fixed() error {
	l := z.lengths[:literals]
	for i := range l {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		default:
			l[i] = 8
		}
	}
	for i := range distances {
		z.lengths[literals+i] = 5
	}
	z.lit, _ = buildTable(z.lit, l, literalMeaning[:], literalBits)
	z.dist, _ = buildTable(z.dist, z.lengths[literals:literals+distances], distanceMeaning[:], distanceBits)
	z.state = inCodes
	return nil
}

// lengthOrder is the order of the lengths of the code of lengths in the stream.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

var lengthMeaning = func() (m [19]entry) {
	for i := range m {
		m[i] = entry(i) << 16
	}
	return m
}()

// dynamic reads the codes of a block.
func (z *inflater) dynamic() error {
	nlit, ndist, ncode := int(z.take(5))+257, int(z.take(5))+1, int(z.take(4))+4
	if nlit > 286 || ndist > 30 {
		return z.corrupt()
	}
	var lengths [19]uint8
	for _, i := range lengthOrder[:ncode] {
		z.refill()
		lengths[i] = uint8(z.take(3))
	}
	var ok bool
	if z.lit, ok = buildTable(z.lit, lengths[:], lengthMeaning[:], 7); !ok {
		return z.corrupt()
	}
	for i := 0; i < nlit+ndist; {
		z.refill()
		e := z.lit[z.bits&(1<<7-1)]
		z.take(uint(e & 0xff))
		if e&isInvalid != 0 {
			return z.corrupt()
		}
		symbol := uint8(e >> 16)
		if symbol < 16 {
			z.lengths[i] = symbol
			i++
			continue
		}
		var n int
		v := uint8(0)
		switch symbol {
		case 16:
			if i == 0 {
				return z.corrupt()
			}
			v, n = z.lengths[i-1], 3+int(z.take(2))
		case 17:
			n = 3 + int(z.take(3))
		default:
			n = 11 + int(z.take(7))
		}
		if i+n > nlit+ndist {
			return z.corrupt()
		}
		for range n {
			z.lengths[i] = v
			i++
		}
	}
	if err := z.overrun(); err != nil {
		return err
	}
	if z.lengths[256] == 0 {
		return ErrCorrupt // without a code for the end, the block could not end
	}
	var okay bool
	z.lit, ok = buildTable(z.lit, z.lengths[:nlit], literalMeaning[:], literalBits)
	z.dist, okay = buildTable(z.dist, z.lengths[nlit:nlit+ndist], distanceMeaning[:], distanceBits)
	if !ok || !okay {
		return ErrCorrupt
	}
	z.state = inCodes
	return nil
}

// corrupt returns ErrCorrupt, unless the source ended before the damage.
func (z *inflater) corrupt() error {
	if err := z.overrun(); err != nil {
		return err
	}
	return ErrCorrupt
}

// codes decodes symbols until the block ends or the room is used up.
//
// Every round begins with 56 bits, which suffice for three literals of the first table and a length of any
// kind; the distance is read after another refill. A match is copied eight bytes at a time and can be
// copied beyond its end, where later output overwrites it.
func (z *inflater) codes() (err error) {
	in, at := z.in, z.at
	bits, count := z.bits, z.count
	out, put := z.out, z.put
	lit, dist := z.lit[:1<<literalBits], z.dist[:1<<distanceBits]
	good := put // bytes decoded before the source can have ended
	done, corrupt := false, false
	for put <= outBytes-maxMatch {
		if at > z.end-slack {
			z.at, z.bits, z.count = at, bits, count
			if err = z.overrun(); err != nil {
				break
			}
			z.load(2 * slack)
			at, good = z.at, put
		}
		bits |= binary.LittleEndian.Uint64(in[at:at+8]) << (count & 63)
		at += int(63-count) >> 3
		count |= 56
		e := lit[bits&(1<<literalBits-1)]
		if e&isLiteral != 0 {
			out[put] = byte(e >> 16)
			put++
			bits, count = bits>>(e&63), count-uint(e&63)
			e = lit[bits&(1<<literalBits-1)]
			if e&isLiteral != 0 {
				out[put] = byte(e >> 16)
				put++
				bits, count = bits>>(e&63), count-uint(e&63)
				e = lit[bits&(1<<literalBits-1)]
				if e&isLiteral != 0 {
					out[put] = byte(e >> 16)
					put++
					bits, count = bits>>(e&63), count-uint(e&63)
					continue
				}
			}
		}
		if e&(isLonger|isEnd|isInvalid) != 0 {
			if e&isLonger != 0 {
				bits, count = bits>>(e&63), count-uint(e&63)
				e = z.lit[int(e>>16)+int(bits&(1<<(e>>8&31)-1))]
			}
			bits, count = bits>>(e&63), count-uint(e&63)
			if e&isInvalid != 0 {
				corrupt = true
				break
			}
			if e&isEnd != 0 {
				done = true
				break
			}
			if e&isLiteral != 0 {
				out[put] = byte(e >> 16)
				put++
				continue
			}
		} else {
			bits, count = bits>>(e&63), count-uint(e&63)
		}
		extra := e >> 8 & 31
		length := int(e>>16) + int(bits&(1<<extra-1))
		bits, count = bits>>extra, count-uint(extra)

		bits |= binary.LittleEndian.Uint64(in[at:at+8]) << (count & 63)
		at += int(63-count) >> 3
		count |= 56
		e = dist[bits&(1<<distanceBits-1)]
		if e&(isLonger|isInvalid) != 0 {
			if e&isLonger != 0 {
				bits, count = bits>>(e&63), count-uint(e&63)
				e = z.dist[int(e>>16)+int(bits&(1<<(e>>8&31)-1))]
			}
			if e&isInvalid != 0 {
				corrupt = true
				break
			}
		}
		bits, count = bits>>(e&63), count-uint(e&63)
		extra = e >> 8 & 31
		back := int(e>>16) + int(bits&(1<<extra-1))
		bits, count = bits>>extra, count-uint(extra)
		from := put - back
		if from < z.member {
			corrupt = true
			break
		}
		end := put + length
		if back >= 8 {
			for put < end {
				binary.LittleEndian.PutUint64(out[put:put+8], binary.LittleEndian.Uint64(out[from:from+8]))
				put, from = put+8, from+8
			}
		} else {
			for put < end {
				out[put] = out[from]
				put, from = put+1, from+1
			}
		}
		put = end
	}
	z.at, z.bits, z.count = at, bits, count
	switch {
	case err != nil:
	case corrupt:
		err = z.corrupt()
	case done:
		z.state = atBlock
		err = z.overrun()
	}
	if err != nil {
		put = good // later bytes may come from bits beyond the end
	}
	z.put = put
	return err
}
