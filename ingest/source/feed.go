package source

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

	"abtool/ingest/decode"
	"abtool/ingest/internal/freelist"
	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store"
)

const (
	UnitBytes   = 1 << 18 // bytes of a unit, unless one record needs more
	unitMembers = 4096    // largest number of files in a unit of a folder
)

// Feeder turns sources into units. Units and their batches are recycled.
type Feeder struct {
	stdin     io.Reader
	limits    store.Limits
	Send      func(context.Context, *Unit) error
	Instances func(context.Context, *Source, *Stream) error
	Study     func(context.Context, *Source) error
	units     freelist.List[*Unit]
}

func NewFeeder(limits store.Limits, stdin io.Reader, studies decode.Studies) *Feeder {
	f := &Feeder{stdin: stdin, limits: limits}
	f.units.Make = func() *Unit {
		return &Unit{Chunk: decode.Chunk{Buf: make([]byte, 0, UnitBytes)}, Batch: decode.NewBatch(limits, studies)}
	}
	return f
}

func (f *Feeder) unit(s *Source, form decode.Form) *Unit {
	u := f.units.Get()
	*u = Unit{Src: s, Batch: u.Batch, Done: make(chan struct{}),
		Chunk: decode.Chunk{Form: form, Kind: s.kind(), Set: s.Set, Buf: u.Buf[:0], Files: u.Files[:0]}}
	return u
}

// ReadyUnit returns a unit that the feeder reads itself.
func (f *Feeder) ReadyUnit(s *Source) *Unit {
	u := f.unit(s, decode.Files)
	u.Ready = true
	return u
}

// Recycle takes back a unit whose rows and bytes are no longer needed.
func (f *Feeder) Recycle(u *Unit) {
	if cap(u.Buf) > 2*UnitBytes {
		u.Buf = make([]byte, 0, UnitBytes)
	}
	u.Batch.Reset()
	clear(u.Files)
	f.units.Put(u)
}

// fill reads until the unit is full; eof reports that the input has ended. The size of a unit depends only
// on the input.
func (f *Feeder) fill(u *Unit, r io.Reader) (eof bool, err error) {
	full := max(UnitBytes, u.want)
	u.grow(full)
	for len(u.Buf) < full {
		n, err := r.Read(u.Buf[len(u.Buf):full])
		u.Buf = u.Buf[:len(u.Buf)+n]
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
func (u *Unit) grow(n int) {
	if n > cap(u.Buf) {
		u.Buf = append(make([]byte, 0, n), u.Buf...)
	}
}

func (f *Feeder) cut(u *Unit, n int) *Unit {
	u.Buf = u.Buf[:n]
	return u
}

func (f *Feeder) Emit(ctx context.Context, u *Unit) error {
	if !u.Ready && len(u.Buf) == 0 && len(u.Files) == 0 && !u.Last {
		f.Recycle(u)
		return ctx.Err()
	}
	u.Set = u.Src.Set
	return f.Send(ctx, u)
}

// feedFile sends a stream, an XML file, as one member.
func (s *Source) feedFile(ctx context.Context, f *Feeder, st *Stream, name string) error {
	s.show(decode.ImageNet)
	u := f.unit(s, decode.Files)
	data, err := io.ReadAll(io.LimitReader(st, int64(f.limits.Member)+1))
	if err != nil {
		return s.Damaged(err, int64(len(data)))
	}
	if name == "" {
		name = s.Name
	}
	m := decode.File{Name: name, N: len(data)}
	if len(data) > f.limits.Member {
		m = decode.File{Name: name, Fault: decode.Faultf(schema.TooLarge, "more than %d bytes", f.limits.Member)}
		data = nil
	}
	u.Buf = append(u.Buf, data...)
	u.Files = append(u.Files, m)
	return f.Emit(ctx, u)
}

// feedJSON cuts JSON between lines or elements.
func (s *Source) feedJSON(ctx context.Context, f *Feeder, st *Stream, form decode.Form, name string) error {
	base := st.base
	if form == decode.Elements {
		open, err := st.ReadBytes('[')
		base += int64(len(open))
		if err != nil {
			return s.Damaged(err, base)
		}
	}
	head, _ := st.Peek(4096)
	opener := openerOf(head)
	u := f.unit(s, form)
	u.Name = name
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		eof, err := f.fill(u, st)
		if err != nil {
			f.Emit(ctx, u)
			return s.Damaged(err, base+int64(len(u.Buf)))
		}
		u.Base, u.Last = base, eof
		if eof {
			return f.Emit(ctx, u)
		}
		at, sure := len(u.Buf), form == decode.Lines
		if form == decode.Lines {
			at = bytes.LastIndexByte(u.Buf, '\n') + 1
			if at == 0 {
				if len(u.Buf) > f.limits.Member {
					if base, err = s.dropLine(ctx, f, u, st, base); err != nil {
						return err
					}
					u = f.unit(s, form)
					u.Name = name
					continue
				}
				u.want = 2 * len(u.Buf)
				continue
			}
		} else if n := cutAt(u.Buf, opener); n > 0 {
			at, sure = n, true
		}
		next := f.unit(s, form)
		next.Name, next.Unsure = name, !sure
		next.Buf = append(next.Buf, u.Buf[at:]...)
		base += int64(at)
		if err := f.Emit(ctx, f.cut(u, at)); err != nil {
			return err
		}
		u = next
	}
}

// FeedRecords reads records as JSON Lines that were made from what the source has.
func (s *Source) FeedRecords(ctx context.Context, f *Feeder, r io.Reader, shape string) error {
	s.setShape(shape)
	return s.feedJSON(ctx, f, &Stream{Reader: bufio.NewReaderSize(r, lineBytes)}, decode.Lines, "")
}

// Count counts and hashes bytes of the source.
func (s *Source) Count(b []byte) { s.count(b) }

// dropLine rejects a line that exceeds the limit and moves to the next one.
func (s *Source) dropLine(ctx context.Context, f *Feeder, u *Unit, st *Stream, base int64) (int64, error) {
	at := base + int64(len(u.Buf))
	for {
		part, err := st.ReadSlice('\n')
		at += int64(len(part))
		if err == nil || err == io.EOF {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return at, s.Damaged(err, at)
		}
	}
	u.Form = decode.Files
	u.Files = append(u.Files, decode.File{Name: u.Name, N: min(len(u.Buf), scan.SnippetBytes), At: base,
		Fault: decode.Faultf(schema.TooLarge, "a line of %d bytes; the limit is %d", at-base, f.limits.Member)})
	return at, f.Emit(ctx, u)
}

// openerOf returns how records begin: a brace and the first key. Where this occurs in the text a record
// probably begins; later steps check whether it does.
func openerOf(head []byte) []byte {
	head = scan.Trim(head)
	if len(head) == 0 || head[0] != '{' {
		return nil
	}
	s := scan.Scanner{Data: head, Pos: 1}
	s.Space()
	if _, ok := s.Str(); !ok {
		return nil
	}
	return bytes.Clone(head[:s.Pos])
}

// cutAt returns where the last record in buf probably begins, or 0 if no such place is found.
func cutAt(buf, opener []byte) int {
	if opener == nil {
		return 0
	}
	return max(0, bytes.LastIndex(buf, opener))
}

// feedFolder reads the files of a folder in the order of their paths: small files as members of units,
// large ones as separate streams.
func (s *Source) feedFolder(ctx context.Context, f *Feeder) error {
	s.setShape("folder")
	u, found := f.unit(s, decode.Files), len(s.Apart)
	w := folder{name: s.Name, other: func() { s.Skips.Other++ }, file: func(path, rel string) (err error) {
		if s.Apart[path] || !s.wanted(strings.TrimSuffix(rel, ".gz")) {
			return nil
		}
		found++
		u, err = s.feedEntry(ctx, f, u, path, rel)
		return err
	}}
	if err := w.walk(ctx, s.Path, "", nil); err != nil {
		return err
	}
	if found == 0 {
		return fmt.Errorf("%s: %w: no .xml or .json file in this folder, nor an archive of them; %s", s.Path, ErrUnknownInput, accepted)
	}
	return f.Emit(ctx, u)
}

// feedEntry adds a file of a folder to the unit and returns the unit for the next file.
func (s *Source) feedEntry(ctx context.Context, f *Feeder, u *Unit, path, rel string) (*Unit, error) {
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
	if size > UnitBytes/2 && !strings.HasSuffix(strings.ToLower(rel), ".xml") || strings.HasSuffix(rel, ".gz") {
		if err := f.Emit(ctx, u); err != nil {
			return nil, err
		}
		st, err := s.openStream(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		defer st.Close()
		u := f.unit(s, decode.Files)
		err = s.feedStream(ctx, f, st, rel)
		if errors.Is(err, ErrUnknownInput) {
			u.refuse(rel, 0, decode.Faultf(schema.Malformed, "%v", err))
			err = nil
		}
		return u, err
	}
	if size > int64(f.limits.Member) {
		u.refuse(rel, 0, decode.Faultf(schema.TooLarge, "%d bytes; the limit is %d", size, f.limits.Member))
		return u, nil
	}
	if len(u.Buf)+int(size) > UnitBytes && len(u.Buf) > 0 || len(u.Files) == unitMembers {
		if err := f.Emit(ctx, u); err != nil {
			return nil, err
		}
		u = f.unit(s, decode.Files)
	}
	off := len(u.Buf)
	u.grow(off + int(size))
	n, err := io.ReadFull(file, u.Buf[off:off+int(size)])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return u.unreadable(rel, err)
	}
	u.Buf = u.Buf[:off+n]
	s.count(u.Buf[off:])
	s.sniff(rel, u.Buf[off:])
	u.Files = append(u.Files, decode.File{Name: rel, Off: off, N: n})
	return u, nil
}

// unreadable rejects a file that cannot be opened or read.
func (u *Unit) unreadable(rel string, err error) (*Unit, error) {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	u.refuse(rel, 0, decode.Faultf(schema.Unread, "%v", err))
	return u, nil
}
