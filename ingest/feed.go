package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"abtool/schema"
	"abtool/store"
)

const (
	unitBytes   = 1 << 18 // bytes of a unit, unless a record needs more
	unitMembers = 4096    // files of a folder's unit, however small
)

// feeder turns sources into units. Units and their batches are recycled.
type feeder struct {
	stdin     io.Reader
	limits    store.Limits
	send      func(context.Context, *unit) error
	instances func(context.Context, *source, *stream) error
	units     freelist[*unit]
}

func newFeeder(limits store.Limits, stdin io.Reader) *feeder {
	f := &feeder{stdin: stdin, limits: limits}
	f.units.make = func() *unit {
		return &unit{chunk: chunk{buf: make([]byte, 0, unitBytes)}, batch: &batch{limits: limits}}
	}
	return f
}

func (f *feeder) unit(s *source, form form) *unit {
	u := f.units.get()
	*u = unit{src: s, batch: u.batch, done: make(chan struct{}),
		chunk: chunk{form: form, kind: s.kind(), coco: s.coco, buf: u.buf[:0], members: u.members[:0]}}
	return u
}

// readyUnit is a unit that the feeder reads itself.
func (f *feeder) readyUnit(s *source) *unit {
	u := f.unit(s, formMembers)
	u.ready = true
	return u
}

// recycle takes back a unit whose rows and bytes nobody needs any more.
func (f *feeder) recycle(u *unit) {
	if cap(u.buf) > 2*unitBytes {
		u.buf = make([]byte, 0, unitBytes)
	}
	u.batch.reset()
	clear(u.members)
	f.units.put(u)
}

// fill reads until the unit is full; eof when there is no more. How much a unit holds depends
// on the input alone.
func (f *feeder) fill(u *unit, r io.Reader) (eof bool, err error) {
	full := max(unitBytes, u.want)
	u.grow(full)
	for len(u.buf) < full {
		n, err := r.Read(u.buf[len(u.buf):full])
		u.buf = u.buf[:len(u.buf)+n]
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// grow makes the unit's buffer hold at least n bytes.
func (u *unit) grow(n int) {
	if n > cap(u.buf) {
		u.buf = append(make([]byte, 0, n), u.buf...)
	}
}

func (f *feeder) cut(u *unit, n int) *unit {
	u.buf = u.buf[:n]
	return u
}

func (f *feeder) emit(ctx context.Context, u *unit) error {
	if !u.ready && len(u.buf) == 0 && len(u.members) == 0 && !u.last {
		f.recycle(u)
		return ctx.Err()
	}
	u.coco, u.told = u.src.coco, u.src.told
	return f.send(ctx, u)
}

// feedFile hands a stream on as one member: an XML file.
func (s *source) feedFile(ctx context.Context, f *feeder, st *stream, name string) error {
	s.told = true
	u := f.unit(s, formMembers)
	data, err := io.ReadAll(io.LimitReader(st, int64(f.limits.Member)+1))
	if err != nil {
		return s.damaged(err, int64(len(data)))
	}
	if name == "" {
		name = s.name
	}
	m := member{name: name, n: len(data)}
	if len(data) > f.limits.Member {
		m = member{name: name, fault: faultf(schema.TooLarge, "more than %d bytes", f.limits.Member)}
		data = nil
	}
	u.buf = append(u.buf, data...)
	u.members = append(u.members, m)
	return f.emit(ctx, u)
}

// feedJSON cuts JSON at lines or elements.
func (s *source) feedJSON(ctx context.Context, f *feeder, st *stream, form form, name string) error {
	base := st.base
	if form == formElements {
		open, err := st.ReadBytes('[')
		base += int64(len(open))
		if err != nil {
			return s.damaged(err, base)
		}
	}
	head, _ := st.Peek(4096)
	opener := openerOf(head)
	u := f.unit(s, form)
	u.name = name
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		eof, err := f.fill(u, st)
		if err != nil {
			f.emit(ctx, u)
			return s.damaged(err, base+int64(len(u.buf)))
		}
		u.base, u.last = base, eof
		if eof {
			return f.emit(ctx, u)
		}
		at, sure := len(u.buf), form == formLines
		if form == formLines {
			at = bytes.LastIndexByte(u.buf, '\n') + 1
			if at == 0 {
				if len(u.buf) > f.limits.Member {
					if base, err = s.dropLine(ctx, f, u, st, base); err != nil {
						return err
					}
					u = f.unit(s, form)
					u.name = name
					continue
				}
				u.want = 2 * len(u.buf)
				continue
			}
		} else if n := cutAt(u.buf, opener); n > 0 {
			at, sure = n, true
		}
		next := f.unit(s, form)
		next.name, next.unsure = name, !sure
		next.buf = append(next.buf, u.buf[at:]...)
		base += int64(at)
		if err := f.emit(ctx, f.cut(u, at)); err != nil {
			return err
		}
		u = next
	}
}

// dropLine rejects a line over the limit and steps to the next one.
func (s *source) dropLine(ctx context.Context, f *feeder, u *unit, st *stream, base int64) (int64, error) {
	at := base + int64(len(u.buf))
	for {
		part, err := st.ReadSlice('\n')
		at += int64(len(part))
		if err == nil || err == io.EOF {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return at, s.damaged(err, at)
		}
	}
	u.form = formMembers
	u.members = append(u.members, member{name: u.name, n: min(len(u.buf), snippetBytes), at: base,
		fault: faultf(schema.TooLarge, "a line of %d bytes; the limit is %d", at-base, f.limits.Member)})
	return at, f.emit(ctx, u)
}

// openerOf is how records begin: a brace and the first key. Where it is found in the text a
// record probably begins; whether it does is checked later.
func openerOf(head []byte) []byte {
	head = trim(head)
	if len(head) == 0 || head[0] != '{' {
		return nil
	}
	s := jsonScan{d: head, p: 1}
	s.space()
	if _, ok := s.str(); !ok {
		return nil
	}
	return bytes.Clone(head[:s.p])
}

// cutAt is where the last record in buf probably begins, 0 if that cannot be told.
func cutAt(buf, opener []byte) int {
	if opener == nil {
		return 0
	}
	return max(0, bytes.LastIndex(buf, opener))
}

// feedFolder reads the files of a folder, in the order of their paths: small ones as members,
// large ones as streams of their own.
func (s *source) feedFolder(ctx context.Context, f *feeder) error {
	s.setShape("folder")
	u, found := f.unit(s, formMembers), len(s.apart)
	w := folder{name: s.name, other: func() { s.skips.other++ }, file: func(path, rel string) (err error) {
		if s.apart[path] || !s.wanted(strings.TrimSuffix(rel, ".gz")) {
			return nil
		}
		found++
		u, err = s.feedEntry(ctx, f, u, path, rel)
		return err
	}}
	if err := w.walk(ctx, s.path, "", nil); err != nil {
		return err
	}
	if found == 0 {
		return fmt.Errorf("%s: %w: no .xml or .json file in this folder, nor an archive of them; %s", s.path, ErrUnknownInput, accepted)
	}
	return f.emit(ctx, u)
}

// feedEntry adds a file of a folder to the unit, and returns the unit to go on with.
func (s *source) feedEntry(ctx context.Context, f *feeder, u *unit, path, rel string) (*unit, error) {
	file, err := os.Open(path)
	if err != nil {
		return u.unreadable(rel, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return u.unreadable(rel, err)
	}
	size := info.Size()
	if size > unitBytes/2 && !strings.HasSuffix(strings.ToLower(rel), ".xml") || strings.HasSuffix(rel, ".gz") {
		if err := f.emit(ctx, u); err != nil {
			return nil, err
		}
		st, err := s.openStream(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		defer st.Close()
		u := f.unit(s, formMembers)
		err = s.feedStream(ctx, f, st, rel)
		if errors.Is(err, ErrUnknownInput) {
			u.refuse(rel, 0, faultf(schema.Malformed, "%v", err))
			err = nil
		}
		return u, err
	}
	if size > int64(f.limits.Member) {
		u.refuse(rel, 0, faultf(schema.TooLarge, "%d bytes; the limit is %d", size, f.limits.Member))
		return u, nil
	}
	if len(u.buf)+int(size) > unitBytes && len(u.buf) > 0 || len(u.members) == unitMembers {
		if err := f.emit(ctx, u); err != nil {
			return nil, err
		}
		u = f.unit(s, formMembers)
	}
	off := len(u.buf)
	u.grow(off + int(size))
	n, err := io.ReadFull(file, u.buf[off:off+int(size)])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return u.unreadable(rel, err)
	}
	u.buf = u.buf[:off+n]
	s.count(u.buf[off:])
	s.sniff(rel, u.buf[off:])
	u.members = append(u.members, member{name: rel, off: off, n: n})
	return u, nil
}

// unreadable rejects a file that cannot be opened or read.
func (u *unit) unreadable(rel string, err error) (*unit, error) {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	u.refuse(rel, 0, faultf(schema.Unread, "%v", err))
	return u, nil
}
