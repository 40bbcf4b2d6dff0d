package synth

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/flate"

	"abtool/internal/replace"
)

// sink is a file, or a folder of small files, under a temporary name until commit.
type sink struct {
	name        string // under Out
	final, temp string
	file        *os.File // nil for a folder
	packed      bool     // gzip
	crc         uint32   // of the plain bytes
	plain       uint32   // plain bytes modulo 2^32
	bytes       int64
	records     int64
	started     bool // something was appended: a separator is due
}

// piece is what one chunk adds to a sink.
type piece struct {
	plain     []byte
	packed    bytes.Buffer // plain deflated, up to a byte boundary
	separator int          // bytes at the beginning that the first record of a file goes without
	records   int64
	written   int64 // bytes in small files, for a folder
}

func (p *piece) reset() {
	p.plain = p.plain[:0]
	p.packed.Reset()
	p.separator, p.records, p.written = 0, 0, 0
}

// gzipLevel trades size for speed; the release's archive has the size of level 5 to 6.
const gzipLevel = 5

// pack deflates the piece. Each piece begins without a dictionary and ends with a flush, so
// that pieces made in parallel can follow each other in a single gzip member, and the bytes do
// not depend on the goroutine that made them.
func (p *piece) pack(w *flate.Writer) error {
	w.Reset(&p.packed)
	if _, err := w.Write(p.plain); err != nil {
		return err
	}
	return w.Flush()
}

var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}

func (s *sink) write(b []byte) error {
	n, err := s.file.Write(b)
	s.bytes += int64(n)
	if err != nil {
		return fmt.Errorf("writing %s: %w; make room or choose another folder", s.temp, err)
	}
	return nil
}

// raw appends bytes outside of any piece; to a packed file as a stored block.
func (s *sink) raw(b []byte) error {
	if !s.packed {
		return s.write(b)
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, b)
	s.plain += uint32(len(b))
	for len(b) > 0 {
		n := min(len(b), 0xffff)
		head := []byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}
		if err := s.write(append(head, b[:n]...)); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// add appends a piece.
func (s *sink) add(p *piece) error {
	s.records += p.records
	if s.file == nil {
		s.bytes += p.written
		return nil
	}
	if len(p.plain) == 0 {
		return nil
	}
	if s.packed {
		s.crc = crc32.Update(s.crc, crc32.IEEETable, p.plain)
		s.plain += uint32(len(p.plain))
		return s.write(p.packed.Bytes())
	}
	b := p.plain
	if !s.started {
		b = b[p.separator:]
		s.started = true
	}
	return s.write(b)
}

// end closes the file.
func (s *sink) end() error {
	if s.file == nil {
		return nil
	}
	if s.packed {
		tail := []byte{3, 0} // an empty last block
		tail = binary.LittleEndian.AppendUint32(tail, s.crc)
		tail = binary.LittleEndian.AppendUint32(tail, s.plain)
		if err := s.write(tail); err != nil {
			return err
		}
	}
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", s.temp, err)
	}
	return nil
}

// outputs are all sinks of a run.
type outputs struct {
	opt   Options
	made  bool // the folder was made by this run
	sinks []*sink
}

const tempSuffix = ".partial"

func (o *outputs) open(name string, packed bool) (*sink, error) {
	s, err := o.begin(name)
	if err != nil {
		return nil, err
	}
	s.packed = packed
	if s.file, err = os.Create(s.temp); err != nil {
		return nil, fmt.Errorf("making %s: %w; choose a folder that can be written", s.temp, err)
	}
	if packed {
		return s, s.write(gzipHeader)
	}
	return s, nil
}

func (o *outputs) openFolder(name string) (*sink, error) {
	s, err := o.begin(name)
	if err != nil {
		return nil, err
	}
	return s, s.makeFolder()
}

// openPictures makes the folder of the rendered images. Into one that has files, which needs force,
// images are written at once; nothing that is there is removed.
func (o *outputs) openPictures() (*sink, error) {
	s := &sink{name: "images", final: filepath.Clean(o.opt.ImagesOut)}
	s.temp = s.final + tempSuffix
	entries, err := os.ReadDir(s.final)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("looking into the folder for images %s: %w; give a folder, not a file", s.final, err)
	case len(entries) > 0 && !o.opt.Force:
		return nil, fmt.Errorf("rendering into %s: %w; choose another folder, or use force", s.final, ErrOutNotEmpty)
	case len(entries) > 0:
		s.temp = s.final
		o.sinks = append(o.sinks, s)
		return s, nil
	}
	o.sinks = append(o.sinks, s)
	return s, s.makeFolder()
}

func (s *sink) makeFolder() error {
	if err := os.RemoveAll(s.temp); err != nil {
		return fmt.Errorf("removing the remains of an earlier run, %s: %w", s.temp, err)
	}
	if err := os.MkdirAll(s.temp, 0o777); err != nil {
		return fmt.Errorf("making %s: %w; choose a folder that can be written", s.temp, err)
	}
	return nil
}

func (o *outputs) begin(name string) (*sink, error) {
	s := &sink{name: name, final: o.opt.path(name)}
	s.temp = s.final + tempSuffix
	o.sinks = append(o.sinks, s)
	if err := os.MkdirAll(filepath.Dir(s.temp), 0o777); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w; choose a folder that can be written", s.final, err)
	}
	return s, nil
}

// commit gives all files their final names.
func (o *outputs) commit() ([]File, error) {
	for _, s := range o.sinks {
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	var files []File
	for _, s := range o.sinks {
		if err := s.place(); err != nil {
			return nil, fmt.Errorf("giving %s its name: %w; the data are complete under %s", s.final, err, s.temp)
		}
		files = append(files, File{s.final, s.bytes, s.records})
	}
	return files, nil
}

// place gives the sink its final name.
func (s *sink) place() error {
	switch {
	case s.temp == s.final:
		return nil
	case s.file != nil:
		return replace.Move(s.temp, s.final)
	}
	if err := replace.Dir(s.temp, s.final, s.temp+".old"); err != nil {
		return err
	}
	return os.RemoveAll(s.temp) // what was there
}

// abort removes what is unfinished, and the folders if this run made them.
func (o *outputs) abort() {
	for _, s := range o.sinks {
		if s.file != nil {
			s.file.Close()
		}
		if s.temp != s.final {
			os.RemoveAll(s.temp)
		}
	}
	for _, s := range o.sinks {
		if dir := filepath.Dir(s.final); s.name != "images" && dir != filepath.Clean(o.opt.Out) {
			os.Remove(dir) // only if empty
		}
	}
	if o.made {
		os.Remove(o.opt.Out)
	}
}

// small writes a file of a folder of them.
func (s *sink) small(p *piece, name string, data []byte) error {
	p.written += int64(len(data))
	return writeFile(filepath.Join(s.temp, name), data)
}

// writeFile is os.WriteFile for one of very many files.
func writeFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return fmt.Errorf("making the folder of %s: %w; choose a folder that can be written", path, err)
		}
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	}
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w; make room or choose another folder", path, err)
	}
	return nil
}
