package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/schema"
)

const block = 512 // size of a tar header in bytes; members are padded to multiples of it

// isTar reports whether a stream begins with a tar header.
func isTar(head []byte) bool {
	return len(head) >= block && (sumsUp(head[:block]) || bytes.Count(head[:block], []byte{0}) == block)
}

// sumsUp reports whether a header's checksum is right: the sum of its bytes, with blanks in place of the
// checksum. Some old programs summed signed bytes, which is accepted too.
func sumsUp(h []byte) bool {
	want, ok := tarNumber(h[148:156])
	if !ok {
		return false
	}
	// Sum eight bytes at a time in four lanes of 16 bits, which cannot overflow: a lane is at most
	// 2*64*255.
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
	for i, c := range h[:block] { // some old programs summed signed bytes
		if c >= 0x80 && (i < 148 || i >= 156) {
			sum -= 256
		}
	}
	return want == sum
}

// tarNumber reads a number field of a header: octal digits or, if its first bit is set, a big-endian
// number.
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

// tarEntry is a header together with the extensions before it (PAX records, GNU long names).
type tarEntry struct {
	name    string
	size    int64
	regular bool
	link    string // for a hard link, the name of the member that has the content
	other   string // for a member without content, its kind for the account
	head    int    // bytes before the data
	use     use
}

// total returns the number of bytes of the entry: headers, data and padding.
func (e tarEntry) total() int64 { return int64(e.head) + padded(e.size) }

const (
	metaBytes = 1 << 20 // largest size of PAX records or a long name; the same as in archive/tar
	metaCount = 8       // largest number of such headers before one member
)

// parseTar reads the entry at the beginning of d. If d is too short, need is the number of bytes that d
// must have, otherwise 0. end reports the zero block that ends an archive.
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
			at += block + int(padded(size))
			continue
		}
		e = tarEntry{size: size, head: at + block}
		if h[156] == 'S' {
			e.head, need = sparseHead(d, at)
			e.other = sparseFile
			return e, need, false, nil
		}
		if at > 0 || !plainName(h, &e) {
			e, err = unusual(d, at)
			return e, 0, false, err
		}
		e.settle(h[156], cstring(h[157:257]))
		return e, 0, false, nil
	}
}

const sparseFile = "sparse files"

// settle sets what follows from the header's type: whether the entry is a file, and whether it has data.
func (e *tarEntry) settle(flag byte, link string) {
	folder := strings.HasSuffix(e.name, "/")
	switch flag {
	case tar.TypeReg, tar.TypeCont, 0:
		e.regular = !folder
		if folder && flag == 0 {
			e.size = 0
		}
	case tar.TypeLink:
		e.size, e.link = 0, link
	case tar.TypeSymlink:
		e.size, e.other = 0, "symbolic links"
	case tar.TypeChar, tar.TypeBlock:
		e.size, e.other = 0, "devices"
	case tar.TypeFifo:
		e.size, e.other = 0, "named pipes"
	case tar.TypeDir:
		e.size = 0
	default:
		e.other = fmt.Sprintf("members of type %q", flag)
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

// sparseHead returns the length of GNU's header of a sparse file with its continuation blocks, which are
// not used.
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

// unusual parses a header that is more than plain ustar with archive/tar. The header is at d[at:], its
// extensions are before it. Sparse files are presented to archive/tar as plain ones, because it does not
// report how many bytes sparse files take in the archive; their content is not used.
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
		e.settle(h.Typeflag, h.Linkname)
		if sparse {
			e.regular, e.other = false, sparseFile
		}
		return e, nil
	}
}

func padded(size int64) int64 { return (size + block - 1) &^ (block - 1) }

func cstring(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// holdsRecords reports whether a file of this name can have records.
func (s *Source) holdsRecords(name string) bool {
	base := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	return !strings.HasPrefix(base, "._") &&
		(strings.HasSuffix(base, ".xml") || s.Role != Boxes && (strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".jsonl")))
}

// wanted is like holdsRecords, but also counts the other files, except AppleDouble companions (R1).
func (s *Source) wanted(name string) bool {
	switch {
	case s.holdsRecords(name):
		return true
	case strings.HasPrefix(name[strings.LastIndexByte(name, '/')+1:], "._"):
		s.Skips.Apple++
	default:
		s.Skips.Other++
	}
	return false
}

// tarFeed cuts a tar stream at member boundaries.
type tarFeed struct {
	*Source
	f     *Feeder
	st    *Stream
	u     *Unit // the unit that is being filled
	base  int64 // offset of u.buf
	pos   int   // of the next header in u.buf
	found int   // members with records
	links []hardLink
}

func (s *Source) feedTar(ctx context.Context, f *Feeder, st *Stream) error {
	t := &tarFeed{Source: s, f: f, st: st, u: f.unit(s, decode.Files), base: st.base}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		eof, broken := f.fill(t.u, st)
		if broken == nil && eof {
			broken = io.ErrUnexpectedEOF
		}
		e, need, ended, err := t.members()
		switch {
		case err != nil:
			f.Emit(ctx, f.cut(t.u, t.pos))
			return fmt.Errorf("%s at byte %d of its content: %w: get it again", s.Name, t.base+int64(t.pos), err)
		case ended:
			more, err := t.another(ctx)
			if err != nil {
				return err
			}
			if more {
				continue
			}
			if t.found == 0 {
				return fmt.Errorf("%s: %w: no .xml or .json file in this archive; %s", s.Name, ErrUnknownInput, accepted)
			}
			if err := t.emit(ctx, 0); err != nil {
				return err
			}
			f.Recycle(t.u)
			return t.feedLinks(ctx)
		case need > 0 && broken != nil:
			if e.head > 0 {
				t.fault(e, decode.Faultf(schema.Cut, "the archive ends within this member"))
			}
			at := t.base + int64(len(t.u.Buf))
			f.Emit(ctx, f.cut(t.u, t.pos))
			return s.Damaged(broken, at)
		case need > 0:
			if err := t.emit(ctx, need); err != nil {
				return err
			}
		default:
			if err := t.pass(ctx, e); err != nil {
				return err
			}
		}
	}
}

// members adds the members that are complete in the buffer to the unit. It stops at a member that is not
// complete (need is the number of bytes that the buffer must have), at a member that must be skipped or
// streamed (e), or at the archive's end.
func (t *tarFeed) members() (e tarEntry, need int, ended bool, err error) {
	for {
		d := t.u.Buf[t.pos:]
		if e, need, ended, err = parseTar(d); err != nil || ended || need > 0 {
			return tarEntry{}, need, ended, err
		}
		e.use = t.useOf(e)
		total := e.total()
		switch {
		case e.use == streamed, e.use == passOver && total > int64(len(d)):
			return e, 0, false, nil
		case e.use == readWhole && total > int64(len(d)):
			return e, int(total), false, nil
		}
		t.meet(e)
		if e.use == readWhole {
			t.sniff(e.name, d[e.head:e.head+int(e.size)])
			t.u.Files = append(t.u.Files, decode.File{Name: e.name, Off: t.pos + e.head, N: int(e.size), At: t.base + int64(t.pos+e.head)})
		}
		t.pos += int(total)
	}
}

// use says what is done with a member.
type use uint8

const (
	passOver  use = iota
	readWhole     // a file of records
	streamed      // a JSON file that is larger than a unit
)

func (t *tarFeed) useOf(e tarEntry) use {
	switch {
	case !e.regular || !t.holdsRecords(e.name):
		return passOver
	case e.size > UnitBytes && !strings.HasSuffix(strings.ToLower(e.name), ".xml"):
		return streamed
	case e.size > int64(t.f.limits.Member):
		return passOver
	}
	return readWhole
}

// meet counts a member, and rejects it if it is too large.
func (t *tarFeed) meet(e tarEntry) {
	if e.other != "" {
		t.skip(e.other)
	}
	if !e.regular && e.link == "" || !t.wanted(e.name) {
		return
	}
	t.found++
	if e.link != "" {
		t.links = append(t.links, hardLink{e.name, e.link})
		return
	}
	if e.use == passOver {
		t.fault(e, decode.Faultf(schema.TooLarge, "%d bytes; the limit is %d (--max-record-bytes)", e.size, t.f.limits.Member))
	}
}

// fault rejects the member whose header comes next.
func (t *tarFeed) fault(e tarEntry, f *decode.Fault) {
	t.u.refuse(e.name, t.base+int64(t.pos+e.head), f)
}

// emit sends the members. The next unit begins with the rest of the buffer.
func (t *tarFeed) emit(ctx context.Context, want int) error {
	next := t.f.unit(t.Source, decode.Files)
	next.Buf = append(next.Buf, t.u.Buf[t.pos:]...)
	next.want = want
	t.base += int64(t.pos)
	u := t.f.cut(t.u, t.pos)
	t.u, t.pos = next, 0
	return t.f.Emit(ctx, u)
}

// pass skips a member that is not in the buffer, or streams its records.
func (t *tarFeed) pass(ctx context.Context, e tarEntry) error {
	t.meet(e)
	data := t.pos + e.head
	have := bytes.Clone(t.u.Buf[data:min(int64(len(t.u.Buf)), int64(data)+e.size)])
	at, end := t.base+int64(data), t.base+int64(t.pos)+e.total()
	t.pos = int(min(int64(len(t.u.Buf)), int64(t.pos)+e.total()))
	if err := t.emit(ctx, 0); err != nil {
		return err
	}
	left := end - t.base // bytes of the member and its padding that have not been read
	if e.use == streamed {
		body := io.LimitReader(t.st, e.size-int64(len(have)))
		left -= e.size - int64(len(have))
		in := *t.st
		in.gz = nil
		in.raw = io.MultiReader(bytes.NewReader(have), body)
		in.Reader, in.base = bufio.NewReaderSize(in.raw, peekBytes), at
		err := t.feedStream(ctx, t.f, &in, e.name)
		if errors.Is(err, ErrUnknownInput) {
			t.u.refuse(e.name, at, decode.Faultf(schema.Malformed, "%v", err))
		} else if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return t.Damaged(err, at)
		}
	}
	n, err := io.CopyN(io.Discard, t.st, left)
	if err != nil {
		return t.Damaged(err, end-left+n)
	}
	t.base = end
	return nil
}

// another skips the zeros that end an archive. It reports whether another archive follows, as in
// concatenated archives. It rejects other bytes that follow.
func (t *tarFeed) another(ctx context.Context) (bool, error) {
	for eof := false; ; {
		rest := bytes.TrimLeft(t.u.Buf[t.pos:], "\x00")
		t.pos = len(t.u.Buf) - len(rest)
		switch {
		case len(rest) == 0 && eof:
			return false, nil
		case len(rest) >= block && (t.base+int64(t.pos)-t.st.base)%block == 0 && sumsUp(rest[:block]):
			return true, nil
		case len(rest) >= block || eof:
			return false, t.trailing(rest)
		}
		if err := t.emit(ctx, block); err != nil {
			return false, err
		}
		var err error
		if eof, err = t.f.fill(t.u, t.st); err != nil {
			return false, t.Damaged(err, t.base+int64(len(t.u.Buf)))
		}
	}
}

// trailing rejects the bytes after the archive, which begin with rest.
func (t *tarFeed) trailing(rest []byte) error {
	n, err := io.Copy(io.Discard, t.st)
	if err != nil {
		return t.Damaged(err, t.base+int64(len(t.u.Buf))+n)
	}
	found := decode.Faultf(schema.Trailing, "%d bytes after the end of the archive", int64(len(rest))+n)
	at := t.base + int64(t.pos)
	t.u.Files = append(t.u.Files, decode.File{Name: t.Name, Off: t.pos, N: min(len(rest), scan.SnippetBytes+1), At: at, Fault: found})
	t.pos = len(t.u.Buf)
	return nil
}
