package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

const block = 512 // bytes of a tar header, and what members are padded to

// isTar tells whether a stream begins with a tar header.
func isTar(head []byte) bool {
	return len(head) >= block && (sumsUp(head[:block]) || bytes.Count(head[:block], []byte{0}) == block)
}

// sumsUp checks a header's checksum: the sum of its bytes, the checksum's own taken as blanks.
// Some old programs added the bytes up as signed ones.
func sumsUp(h []byte) bool {
	want, ok := tarNumber(h[148:156])
	if !ok {
		return false
	}
	// Eight bytes at a time, in four lanes of 16 bits: a lane takes at most 2*64*255.
	const lanes = 0x00ff00ff00ff00ff
	var even, odd uint64
	for i := 0; i < block; i += 8 {
		v := binary.LittleEndian.Uint64(h[i:])
		even += v & lanes
		odd += v >> 8 & lanes
	}
	sum := int64(8 * ' ')
	for v := even + odd; v != 0; v >>= 16 {
		sum += int64(v & 0xffff)
	}
	for _, c := range h[148:156] {
		sum -= int64(c)
	}
	if want == sum {
		return true
	}
	for i, c := range h[:block] { // some old archives took the bytes as signed
		if c >= 0x80 && (i < 148 || i >= 156) {
			sum -= 256
		}
	}
	return want == sum
}

// tarNumber reads a number field of a header: octal digits, or with its first bit set a
// big-endian number.
func tarNumber(f []byte) (v int64, ok bool) {
	if f[0]&0x80 != 0 {
		v = int64(f[0] & 0x7f)
		for _, c := range f[1:] {
			if v >= 1<<54 {
				return 0, false
			}
			v = v<<8 | int64(c)
		}
		return v, true
	}
	for _, c := range []byte(cstring(bytes.Trim(f, " \x00"))) {
		if c-'0' > 7 {
			return 0, false
		}
		v = v<<3 | int64(c-'0')
	}
	return v, true
}

// tarEntry is one header with what stands before it (PAX records, GNU long names).
type tarEntry struct {
	name    string
	size    int64
	regular bool
	head    int // bytes up to the data
}

const (
	metaBytes = 1 << 20 // of PAX records or a long name; archive/tar has the same limit
	metaCount = 8       // of such headers before one member
)

// parseTar reads the entry at d. need is the number of bytes that must be there first, 0 when
// they are; end tells the zero block that closes an archive.
func parseTar(d []byte) (e tarEntry, need int, end bool, err error) {
	at := 0
	for metas := 0; ; metas++ {
		if len(d) < at+block {
			return e, at + block, false, nil
		}
		h := d[at : at+block]
		if h[0] == 0 && bytes.Count(h, []byte{0}) == block {
			return e, 0, true, nil
		}
		size, ok := tarNumber(h[124:136])
		if !ok || !sumsUp(h) {
			return e, 0, false, fmt.Errorf("no tar header where one should be: %w", ErrDamaged)
		}
		if strings.IndexByte("xgLK", h[156]) >= 0 {
			if size > metaBytes || metas == metaCount {
				return e, 0, false, fmt.Errorf("a tar header of %d bytes: %w", size, ErrDamaged)
			}
			at += block + padded(size)
			continue
		}
		e = tarEntry{size: size, head: at + block}
		if h[156] == 'S' {
			e.head, need = sparseHead(d, at)
			return e, need, false, nil
		}
		if at > 0 || !plainName(h, &e) {
			e, err = unusual(d, at)
			return e, 0, false, err
		}
		e.settle(h[156])
		return e, 0, false, nil
	}
}

// settle tells by the header's type whether the entry is a file, and whether data follow.
func (e *tarEntry) settle(flag byte) {
	folder := strings.HasSuffix(e.name, "/")
	e.regular = (flag == tar.TypeReg || flag == 0) && !folder
	switch flag {
	case tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeDir, tar.TypeFifo:
		e.size = 0
	case 0:
		if folder {
			e.size = 0
		}
	}
}

// plainName reads the name of a header of the usual formats.
func plainName(h []byte, e *tarEntry) bool {
	e.name = cstring(h[:100])
	switch magic := string(h[257:265]); {
	case magic == "ustar  \x00": // GNU, where times stand in place of the prefix
		return h[345] == 0 && h[357] == 0
	case magic[:6] != "ustar\x00":
		return true
	case string(h[508:512]) == "tar\x00": // star, whose prefix is shorter
		return false
	}
	if h[345] != 0 {
		e.name = cstring(h[345:500]) + "/" + e.name
	}
	return true
}

// sparseHead is the length of GNU's header of a sparse file, which we have no use for, with the
// blocks that continue it.
func sparseHead(d []byte, at int) (head, need int) {
	more := d[at+482] != 0
	for at += block; more; at += block {
		if len(d) < at+block {
			return 0, at + block
		}
		more = d[at+504] != 0
	}
	return at, 0
}

// unusual leaves a header that is more than plain ustar to archive/tar. It stands at d[at:],
// its extensions before it. Sparse files are passed off as plain ones, since archive/tar does not
// tell how many bytes they take; nobody has a use for them.
func unusual(d []byte, at int) (tarEntry, error) {
	head := d[:at+block]
	sparse := bytes.Contains(head[:at], []byte("GNU.sparse."))
	if sparse {
		head = bytes.ReplaceAll(head, []byte("GNU.sparse."), []byte("not.sparse."))
	}
	r := tar.NewReader(bytes.NewReader(head))
	for {
		h, err := r.Next()
		if err != nil {
			return tarEntry{}, fmt.Errorf("tar header: %w: %w", err, ErrDamaged)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if h.Size > 1<<60 {
			return tarEntry{}, fmt.Errorf("a tar member of %d bytes: %w", h.Size, ErrDamaged)
		}
		e := tarEntry{name: h.Name, size: h.Size, head: at + block}
		e.settle(h.Typeflag)
		e.regular = e.regular && !sparse
		return e, nil
	}
}

func padded(size int64) int { return int((size + block - 1) &^ (block - 1)) }

func cstring(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// wanted tells the members that hold records; AppleDouble companions are counted (R1).
func (s *source) wanted(name string) bool {
	base := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case strings.HasPrefix(base, "._"):
		s.skips.apple++
		return false
	case strings.HasSuffix(base, ".xml"), s.role != boxesRole && (strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".jsonl")):
		return true
	}
	s.skips.other++
	return false
}

// feedTar cuts a tar stream at member boundaries.
func (s *source) feedTar(ctx context.Context, f *feeder, st *stream) error {
	u := f.unit(s, formMembers)
	base := int64(0) // offset of u.buf
	for ended := false; !ended; {
		if err := ctx.Err(); err != nil {
			return err
		}
		eof, broken := f.fill(u, st)
		pos, need, skip := 0, 0, int64(0)
		var cut string // the wanted member that does not end in the buffer
		for !ended && need == 0 && skip == 0 {
			var e tarEntry
			var err error
			if e, need, ended, err = parseTar(u.buf[pos:]); err != nil {
				f.emit(ctx, f.cut(u, pos))
				return fmt.Errorf("%s at byte %d of its content: %w: get it again, the old store is unchanged", s.name, base+int64(pos), err)
			}
			if ended || need > 0 {
				break
			}
			total := int64(e.head) + (e.size+block-1)&^(block-1)
			wanted := e.regular && s.wanted(e.name)
			tooLarge := e.size > int64(f.limits.Member)
			switch {
			case (!wanted || tooLarge) && total > int64(len(u.buf)-pos):
				skip = total - int64(len(u.buf)-pos)
			case total > int64(len(u.buf)-pos):
				if need = int(total); wanted {
					cut = e.name
				}
				continue
			}
			s.sniff(e.name, u.buf[min(pos+e.head, len(u.buf)):min(pos+e.head+int(e.size), len(u.buf))])
			if wanted && tooLarge {
				u.members = append(u.members, member{name: e.name, at: base + int64(pos+e.head),
					fault: faultf(TooLarge, "%d bytes; the limit is %d", e.size, f.limits.Member)})
			} else if wanted {
				u.members = append(u.members, member{name: e.name, off: pos + e.head, n: int(e.size), at: base + int64(pos+e.head)})
			}
			pos = min(pos+int(total), len(u.buf))
		}
		if broken == nil && eof {
			broken = io.ErrUnexpectedEOF
		}
		if broken != nil && !ended && skip == 0 {
			if cut != "" {
				u.members = append(u.members, member{name: cut, at: base + int64(pos), fault: faultf(Cut, "the archive ends within this member")})
			}
			at := base + int64(len(u.buf))
			f.emit(ctx, f.cut(u, pos))
			return s.damaged(broken, at)
		}
		rest := u.buf[pos:]
		next := f.unit(s, formMembers)
		next.buf = append(next.buf, rest...)
		next.want = need
		base += int64(pos)
		if err := f.emit(ctx, f.cut(u, pos)); err != nil {
			return err
		}
		u = next
		if skip > 0 {
			n, err := io.CopyN(io.Discard, st, skip)
			base += n
			if err != nil {
				return s.damaged(err, base)
			}
		}
	}
	f.recycle(u)
	return s.drainTar(st, base)
}

// drainTar reads what stands behind the end of the archive, so that gzip's checksum is seen.
func (s *source) drainTar(st *stream, base int64) error {
	n, err := io.Copy(io.Discard, st)
	if err != nil && !strings.Contains(err.Error(), "invalid header") { // something that is no gzip member follows: as gzip, we ignore it
		return s.damaged(err, base+n)
	}
	return nil
}
