package ingest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"abtool/internal/filetype"
	"abtool/internal/gunzip"
	"abtool/schema"
)

// ErrUnknownInput is wrapped by the error for a source that is none of the accepted shapes.
var ErrUnknownInput = errors.New("not a byproduct file")

// ErrDamaged is wrapped by the error for a source that ends early or fails its checksum.
var ErrDamaged = errors.New("the input is damaged")

const accepted = "accepted are: ImageNet-AB (.tar.gz, .tar, a folder of .xml files or archives), ImageNet or COCO byproducts as JSON " +
	"(an object, an array, JSON Lines, a folder of .json files, front-end pages and dumps), and with --instances COCO's instances_*.json; any of them gzip'd"

// source is one input of a run.
type source struct {
	path   string // as given; "-" is standard input
	name   string // as the store calls it
	as     string // "", or what --as says
	role   role
	coco   bool   // JSON records that do not tell are of COCO
	told   bool   // a record has told
	shape  string // in words, for the summary
	size   int64  // bytes to read, 0 when unknown
	digest hash.Hash
	apart  map[string]bool // files of a folder that are sources of their own

	read  atomic.Int64 // bytes read of it, compressed as they are
	skips struct {
		apple, other int64
		kinds        map[string]int64 // of archive members without content, and the like, by what they are
	}
}

// role is what a source was given as.
type role uint8

const (
	byproducts role = iota
	boxesRole       // --boxes
	instancesRole
)

func (r role) String() string { return [...]string{"byproducts", "boxes", "instances"}[r] }

func (s *source) kind() recordKind {
	if s.role == boxesRole {
		return vocRecord
	}
	return xmlRecord
}

// stream is an opened source: plain bytes, already decompressed.
type stream struct {
	*bufio.Reader
	file io.Closer
	raw  io.Reader       // what Reader reads
	path string          // of the file, "-" for standard input
	in   *countingReader // what is read of the file
	gz   *gunzip.Reader  // what undoes gzip, nil for a stream without it
	base int64           // offset of the next byte in the source, or in the member that this is
}

const (
	headBytes = 4 << 10   // to look for gzip
	peekBytes = 256 << 10 // to look for the shape
	lineBytes = 16 << 10  // afterwards
)

// openStream opens a file of the source, "-" for standard input, and undoes gzip.
func (s *source) openStream(ctx context.Context, path string, stdin io.Reader) (*stream, error) {
	st := &stream{path: path}
	var r io.Reader = stdin
	regular := false
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening the source: %w", err)
		}
		info, err := f.Stat()
		regular = err == nil && info.Mode().IsRegular()
		st.file, r = f, f
	}
	if !regular { // reading can wait for ever
		r = newAside(ctx, r)
	}
	st.in = &countingReader{r: r, s: s}
	counted := bufio.NewReaderSize(st.in, headBytes)
	st.raw = counted
	head, _ := counted.Peek(2)
	if len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		gz, err := gunzip.NewReader(counted)
		if err != nil {
			st.Close()
			return nil, fmt.Errorf("%s: gzip header: %w: %w", s.name, err, ErrDamaged)
		}
		st.gz, st.raw = gz, gz
	}
	st.Reader = bufio.NewReaderSize(st.raw, peekBytes)
	return st, nil
}

// told goes on with a small buffer, so that what is read into a unit is read directly.
func (st *stream) told() {
	head, _ := st.Peek(st.Buffered())
	st.raw = io.MultiReader(bytes.NewReader(bytes.Clone(head)), st.raw)
	st.Reader = bufio.NewReaderSize(st.raw, lineBytes)
}

func (st *stream) Close() error {
	if st.file == nil {
		return nil
	}
	return st.file.Close()
}

// countingReader counts and hashes what is read of a source.
type countingReader struct {
	r io.Reader
	s *source
	n int64 // bytes read
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.s.count(p[:n])
	return n, err
}

func (s *source) count(p []byte) {
	s.read.Add(int64(len(p)))
	s.digest.Write(p)
}

// newSource looks at what a path is, without reading it.
func newSource(path, as string, r role) (*source, error) {
	s := &source{path: path, as: as, role: r, name: filepath.Base(path), coco: as == "coco", told: as != "" || r == boxesRole, digest: sha256.New()}
	if path == "-" {
		s.name = "stdin"
		return s, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", path, errors.Unwrap(err))
	}
	if !info.IsDir() {
		s.size = info.Size()
		return s, nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		s.name = filepath.Base(abs)
	}
	return s, nil
}

// skip counts something that is read over, such as a symbolic link in an archive.
func (s *source) skip(kind string) {
	if s.skips.kinds == nil {
		s.skips.kinds = map[string]int64{}
	}
	s.skips.kinds[kind]++
}

func (s *source) sum() string { return hex.EncodeToString(s.digest.Sum(nil)) }

// feed cuts the source into units and hands them on, in order.
func (s *source) feed(ctx context.Context, f *feeder) error {
	if s.path != "-" {
		info, err := os.Stat(s.path)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.path, err)
		}
		if info.IsDir() {
			return s.feedFolder(ctx, f)
		}
	}
	st, err := s.openStream(ctx, s.path, f.stdin)
	if err != nil {
		return err
	}
	defer st.Close()
	return s.feedStream(ctx, f, st, "")
}

// feedStream reads a stream to its end, whatever it holds. member is its name within a folder.
func (s *source) feedStream(ctx context.Context, f *feeder, st *stream, member string) error {
	if err := s.feedShape(ctx, f, st, member); err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, st); err != nil { // of a file over the limit; gzip's checksum is at the end
		return s.damaged(err, st.base+n)
	}
	if st.gz == nil {
		return nil
	}
	n, head, err := st.gz.Trailing()
	if err != nil {
		return s.damaged(err, st.base)
	}
	if n == 0 {
		return nil
	}
	u := f.unit(s, formMembers)
	u.refuseBytes(cmp.Or(member, s.name), st.in.n-n, head,
		faultf(schema.Trailing, "%d bytes after the gzip data that are not gzip", n))
	return f.emit(ctx, u)
}

// feedShape finds out what a stream holds by looking at its beginning, and cuts it into units.
func (s *source) feedShape(ctx context.Context, f *feeder, st *stream, member string) error {
	head, err := st.Peek(peekBytes)
	if err != nil && err != io.EOF && len(head) < 512 {
		return s.damaged(err, int64(len(head)))
	}
	suffix := ""
	if st.gz != nil {
		suffix = ", gzip"
	}
	text := trim(bytes.TrimPrefix(head, bom))
	switch {
	case len(trim(head)) == 0:
		return fmt.Errorf("%s is empty: %w", s.name, ErrUnknownInput)
	case len(text) == 0:
		return fmt.Errorf("%s holds nothing but a byte-order mark: %w", s.name, ErrUnknownInput)
	case !isTar(head) && isTarArchive(head):
		if len(head) < block {
			return s.damaged(io.ErrUnexpectedEOF, int64(len(head)))
		}
		return fmt.Errorf("%s: the first header of this tar archive fails its checksum: %w: get it again, the old store is unchanged",
			s.name, ErrDamaged)
	case !isTar(head) && notData(head):
		return s.unknown(st, head)
	case s.role == instancesRole && text[0] != '{':
		return fmt.Errorf("%s: %w: --instances wants COCO's instances_*.json, an object with images, annotations and categories; this begins with \"%s\"",
			s.name, ErrUnknownInput, snippet(head[:min(len(head), 24)]))
	case s.role == boxesRole && text[0] != '<' && !isTar(head):
		return fmt.Errorf("%s: %w: --boxes wants ILSVRC's boxes, a folder or archive of Pascal VOC files; this begins with \"%s\"",
			s.name, ErrUnknownInput, snippet(head[:min(len(head), 24)]))
	case isTar(head):
		s.setShape("tar" + suffix)
		st.told()
		return s.feedTar(ctx, f, st)
	case text[0] == '<':
		s.setShape("XML file" + suffix)
		return s.feedFile(ctx, f, st, member)
	}
	if what := resultsIn(bytes.TrimPrefix(head, bom)); what != "" {
		return fmt.Errorf("%s: %w: it is %s", s.name, ErrUnknownInput, what)
	}
	j := lookAtJSON(bytes.TrimPrefix(head, bom))
	if s.role == instancesRole {
		j.instances = true
	}
	if !j.instances && beginsContainer(bytes.TrimPrefix(head, bom)) {
		s.unpackStream(st)
		j.form = formElements
	}
	switch {
	case !j.isJSON:
		return s.unknown(st, head)
	case j.instances:
		s.setShape("COCO instances" + suffix)
		return f.instances(ctx, s, st)
	case !j.known && s.as == "":
		keys := "without records that have keys"
		if len(j.keys) > 0 {
			keys = "but with the keys " + strings.Join(j.keys, ", ")
		}
		return fmt.Errorf("%s: %w: JSON, %s; %s. If it is one of them, say which with --as imagenet or --as coco", s.name, ErrUnknownInput, keys, accepted)
	}
	if s.as == "" && !s.told {
		s.coco, s.told = j.coco, j.told
	}
	set := "ImageNet"
	if s.coco {
		set = "COCO"
	}
	if j.form == formValues && isLines(s.path) {
		j.form = formLines
	}
	s.setShape(set + " JSON " + j.form.words() + suffix)
	hasBOM := bytes.HasPrefix(head, bom)
	st.told()
	if hasBOM {
		n, _ := st.Discard(len(bom))
		st.base += int64(n)
	}
	return s.feedJSON(ctx, f, st, j.form, member)
}

// sniff looks at a JSON file of a folder or archive for the data set that its records, and
// those behind it that do not tell, belong to.
func (s *source) sniff(name string, data []byte) {
	switch {
	case s.told:
	case strings.HasSuffix(name, ".xml"):
		s.told = true
	case resultsIn(data) != "":
	default:
		s.coco, s.told = dataSetIn(data)
	}
}

// unpackStream makes the stream the list of the records that its container holds.
func (s *source) unpackStream(st *stream) {
	st.raw = newUnpacker(st.Reader, func() { s.skip(nextToRecords) })
	st.Reader = bufio.NewReaderSize(st.raw, peekBytes)
}

const nextToRecords = "values next to the records"

func (s *source) setShape(shape string) {
	if s.shape == "" {
		s.shape = shape
	}
}

// unknown is the error for a source that begins with head and is none of the accepted shapes.
func (s *source) unknown(st *stream, head []byte) error {
	switch k := filetype.Of(head); {
	case k.Name == "gzip" && st.gz != nil:
		return fmt.Errorf("%s: %w: its content is gzip again: undo one of the two with gunzip", s.name, ErrUnknownInput)
	case k.Name == "Parquet" || k.Name == "an Arrow file":
		return fmt.Errorf("%s: %w: it is %s, perhaps a table of a store already: see abtool info", s.name, ErrUnknownInput, k.Name)
	case k.Name != "":
		return fmt.Errorf("%s: %w: it is %s", s.name, ErrUnknownInput, k)
	}
	return fmt.Errorf("%s: %w: it begins with \"%s\"; %s", s.name, ErrUnknownInput, snippet(head[:min(len(head), 24)]), accepted)
}

// isTarArchive reports whether a source is recognised as a tar archive, whatever its checksum.
func isTarArchive(head []byte) bool { return filetype.Of(head).Name == "a tar archive" }

// notData reports whether a source is of a well-known kind that holds no annotations.
func notData(head []byte) bool {
	return filetype.Of(head).Name != "" && !isTarArchive(head)
}

func (s *source) damaged(err error, at int64) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%s ends early, at byte %d of its content: %w: get it again, the old store is unchanged", s.name, at, ErrDamaged)
	}
	if errors.Is(err, gunzip.ErrHeader) {
		return fmt.Errorf("%s: a later part of the gzip data, at byte %d of its content, has a damaged header: %w: get it again, the old store is unchanged", s.name, at, ErrDamaged)
	}
	if errors.Is(err, gunzip.ErrChecksum) {
		return fmt.Errorf("%s fails its gzip checksum by byte %d of its content: %w: get it again, the old store is unchanged", s.name, at, ErrDamaged)
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("reading %s: %w", s.name, err)
	}
	return fmt.Errorf("%s cannot be read on from byte %d of its content: %w: %w", s.name, at, err, ErrDamaged)
}
