package source

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

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/ingest/source/gunzip"
	"abtool/ingest/study"
	"abtool/internal/filetype"
	"abtool/schema"
)

// ErrUnknownInput is wrapped by the error for a source that has none of the accepted forms.
var ErrUnknownInput = errors.New("not a byproduct file")

// ErrDamaged is wrapped by the error for a source that ends early or fails its checksum.
var ErrDamaged = errors.New("the input is damaged")

const accepted = "accepted are: ImageNet-AB (.tar.gz, .tar, a folder of .xml files or archives), ImageNet or COCO byproducts as JSON " +
	"(an object, an array, JSON Lines, a folder of .json files, front-end pages and dumps), a study of abtool collect, and with --instances COCO's instances_*.json; any of them gzip'd"

// Source is one input of a run.
type Source struct {
	Path   string // as given; "-" is standard input
	Name   string // its name in the store
	as     string // "", or the value of --as
	Role   Role
	Set    decode.Set // data set of JSON records that do not show theirs; zero until something has shown it
	Shape  string     // in words, for the summary
	Size   int64      // bytes to read, 0 when unknown
	digest hash.Hash
	Apart  map[string]bool // files of a folder that are separate sources
	Study  bool            // it is the folder of a study

	Read  atomic.Int64 // bytes read of it, before decompression
	Skips struct {
		Apple, Other int64
		Kinds        map[string]int64 // numbers of skipped things, such as symbolic links in an archive, by kind
	}
}

// Role says which option a source was given with.
type Role uint8

const (
	Byproducts Role = iota
	Boxes           // --boxes
	Instances
)

func (r Role) String() string { return [...]string{"byproducts", "boxes", "instances"}[r] }

func (s *Source) kind() decode.RecordKind {
	if s.Role == Boxes {
		return decode.VOCRecord
	}
	return decode.XMLRecord
}

// Stream is an opened source: plain bytes, already decompressed.
type Stream struct {
	*bufio.Reader
	file io.Closer
	raw  io.Reader       // what Reader reads
	path string          // path of the file, "-" for standard input
	in   *countingReader // reads the file
	gz   *gunzip.Reader  // decompresses the file; nil if it is not gzip
	base int64           // offset of the next byte in the source, or in the member that this stream is
}

const (
	headBytes = 4 << 10   // size of the buffer to recognise gzip
	peekBytes = 256 << 10 // size of the buffer to recognise the form of the content
	lineBytes = 16 << 10  // size of the buffer afterwards
)

// openStream opens a file of the source, "-" for standard input, and decompresses it if it is gzip.
func (s *Source) openStream(ctx context.Context, path string, stdin io.Reader) (*Stream, error) {
	st := &Stream{path: path}
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
	if !regular { // reading can block without end
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
			return nil, fmt.Errorf("%s: gzip header: %w: %w", s.Name, err, ErrDamaged)
		}
		st.gz, st.raw = gz, gz
	}
	st.Reader = bufio.NewReaderSize(st.raw, peekBytes)
	return st, nil
}

// shrink replaces the large buffer for recognising the form by a small one, so that units are read without a
// copy.
func (st *Stream) shrink() {
	head, _ := st.Peek(st.Buffered())
	st.raw = io.MultiReader(bytes.NewReader(bytes.Clone(head)), st.raw)
	st.Reader = bufio.NewReaderSize(st.raw, lineBytes)
}

func (st *Stream) Close() error {
	if st.file == nil {
		return nil
	}
	return st.file.Close()
}

// countingReader counts and hashes the bytes that are read of a source.
type countingReader struct {
	r io.Reader
	s *Source
	n int64 // bytes read
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.s.count(p[:n])
	return n, err
}

func (s *Source) count(p []byte) {
	s.Read.Add(int64(len(p)))
	s.digest.Write(p)
}

// New returns the source at a path. It examines the path, but does not read the file.
func New(path, as string, r Role) (*Source, error) {
	s := &Source{Path: path, as: as, Role: r, Name: filepath.Base(path), Set: decode.SetOf(as), digest: sha256.New()}
	if r == Boxes {
		s.Set = decode.ImageNet
	}
	if path == "-" {
		s.Name = "stdin"
		return s, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", path, err)
	}
	if !info.IsDir() {
		s.Size = info.Size()
		return s, nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		s.Name = filepath.Base(abs)
	}
	s.Study = r == Byproducts && study.Is(path)
	return s, nil
}

// skip counts something that is skipped, such as a symbolic link in an archive.
func (s *Source) skip(kind string) {
	if s.Skips.Kinds == nil {
		s.Skips.Kinds = map[string]int64{}
	}
	s.Skips.Kinds[kind]++
}

func (s *Source) Sum() string { return hex.EncodeToString(s.digest.Sum(nil)) }

// Feed cuts the source into units and sends them in order.
func (s *Source) Feed(ctx context.Context, f *Feeder) error {
	if s.Path != "-" {
		info, err := os.Stat(s.Path)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Path, err)
		}
		if s.Study {
			return f.Study(ctx, s)
		}
		if info.IsDir() {
			return s.feedFolder(ctx, f)
		}
	}
	st, err := s.openStream(ctx, s.Path, f.stdin)
	if err != nil {
		return err
	}
	defer st.Close()
	return s.feedStream(ctx, f, st, "")
}

// feedStream reads a stream to its end, whatever its content. member is its name within a folder.
func (s *Source) feedStream(ctx context.Context, f *Feeder, st *Stream, member string) error {
	if err := s.feedShape(ctx, f, st, member); err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, st); err != nil { // the rest of a file that exceeds a limit, because gzip's checksum is at the end
		return s.Damaged(err, st.base+n)
	}
	if st.gz == nil {
		return nil
	}
	n, head, err := st.gz.Trailing()
	if err != nil {
		return s.Damaged(err, st.base)
	}
	if n == 0 {
		return nil
	}
	u := f.unit(s, decode.Files)
	u.refuseBytes(cmp.Or(member, s.Name), st.in.n-n, head,
		decode.Faultf(schema.Trailing, "%d bytes after the gzip data that are not gzip", n))
	return f.Emit(ctx, u)
}

// feedShape recognises the content of a stream by its beginning and cuts it into units.
func (s *Source) feedShape(ctx context.Context, f *Feeder, st *Stream, member string) error {
	head, err := st.Peek(peekBytes)
	if err != nil && err != io.EOF && len(head) < 512 {
		return s.Damaged(err, int64(len(head)))
	}
	suffix := ""
	if st.gz != nil {
		suffix = ", gzip"
	}
	text := scan.Trim(bytes.TrimPrefix(head, scan.BOM))
	switch {
	case len(scan.Trim(head)) == 0:
		return fmt.Errorf("%s is empty: %w", s.Name, ErrUnknownInput)
	case len(text) == 0:
		return fmt.Errorf("%s has only a byte-order mark: %w", s.Name, ErrUnknownInput)
	case !isTar(head) && isTarArchive(head):
		if len(head) < block {
			return s.Damaged(io.ErrUnexpectedEOF, int64(len(head)))
		}
		return fmt.Errorf("%s: the first header of this tar archive fails its checksum: %w: get it again",
			s.Name, ErrDamaged)
	case !isTar(head) && notData(head):
		return s.unknown(st, head)
	case s.Role == Instances && text[0] != '{':
		return fmt.Errorf("%s: %w: --instances needs COCO's instances_*.json, an object with images, annotations and categories; this begins with \"%s\"",
			s.Name, ErrUnknownInput, scan.Snippet(head[:min(len(head), 24)]))
	case s.Role == Boxes && text[0] != '<' && !isTar(head):
		return fmt.Errorf("%s: %w: --boxes needs ILSVRC's boxes, a folder or archive of Pascal VOC files; this begins with \"%s\"",
			s.Name, ErrUnknownInput, scan.Snippet(head[:min(len(head), 24)]))
	case isTar(head):
		s.setShape("tar" + suffix)
		st.shrink()
		return s.feedTar(ctx, f, st)
	case text[0] == '<':
		s.setShape("XML file" + suffix)
		return s.feedFile(ctx, f, st, member)
	}
	if what := decode.ResultsIn(bytes.TrimPrefix(head, scan.BOM)); what != "" {
		return fmt.Errorf("%s: %w: it is %s", s.Name, ErrUnknownInput, what)
	}
	j := decode.LookAtJSON(bytes.TrimPrefix(head, scan.BOM))
	if s.Role == Instances {
		j.Instances = true
	}
	if !j.Instances && decode.BeginsContainer(bytes.TrimPrefix(head, scan.BOM)) {
		s.unpackStream(st)
		j.Form = decode.Elements
	}
	switch {
	case !j.IsJSON:
		return s.unknown(st, head)
	case j.Instances:
		s.setShape("COCO instances" + suffix)
		return f.Instances(ctx, s, st)
	case !j.Known && s.as == "":
		keys := "without records that have keys"
		if len(j.Keys) > 0 {
			keys = "but with the keys " + strings.Join(j.Keys, ", ")
		}
		return fmt.Errorf("%s: %w: JSON, %s; %s. If it is one of them, say which with --as imagenet or --as coco", s.Name, ErrUnknownInput, keys, accepted)
	}
	s.show(j.Set)
	set := "ImageNet"
	if s.Set == decode.COCO {
		set = "COCO"
	}
	if j.Form == decode.Values && decode.IsLines(s.Path) {
		j.Form = decode.Lines
	}
	s.setShape(set + " JSON " + j.Form.Words() + suffix)
	hasBOM := bytes.HasPrefix(head, scan.BOM)
	st.shrink()
	if hasBOM {
		n, _ := st.Discard(len(scan.BOM))
		st.base += int64(n)
	}
	return s.feedJSON(ctx, f, st, j.Form, member)
}

// show sets the source's data set unless an earlier record has shown it.
func (s *Source) show(set decode.Set) { s.Set = cmp.Or(s.Set, set) }

// sniff examines a JSON file of a folder or archive for the data set of its records, which is also taken
// for later records that do not show theirs.
func (s *Source) sniff(name string, data []byte) {
	switch {
	case s.Set != 0:
	case strings.HasSuffix(name, ".xml"):
		s.Set = decode.ImageNet
	case decode.ResultsIn(data) != "":
	default:
		s.Set = decode.DataSetIn(data)
	}
}

// unpackStream replaces the stream by the list of records in its container.
func (s *Source) unpackStream(st *Stream) {
	st.raw = decode.NewUnpacker(st.Reader, func() { s.skip(NextToRecords) })
	st.Reader = bufio.NewReaderSize(st.raw, peekBytes)
}

const NextToRecords = "values next to the records"

func (s *Source) setShape(shape string) {
	if s.Shape == "" {
		s.Shape = shape
	}
}

// unknown returns the error for a source that begins with head and has none of the accepted forms.
func (s *Source) unknown(st *Stream, head []byte) error {
	switch k := filetype.Of(head); {
	case k.Name == "gzip" && st.gz != nil:
		return fmt.Errorf("%s: %w: its content is gzip again: decompress it once with gunzip", s.Name, ErrUnknownInput)
	case k.Name == "Parquet" || k.Name == "an Arrow file":
		return fmt.Errorf("%s: %w: it is %s, perhaps already a table of a store: see abtool info", s.Name, ErrUnknownInput, k.Name)
	case k.Name != "":
		return fmt.Errorf("%s: %w: it is %s", s.Name, ErrUnknownInput, k)
	}
	return fmt.Errorf("%s: %w: it begins with \"%s\"; %s", s.Name, ErrUnknownInput, scan.Snippet(head[:min(len(head), 24)]), accepted)
}

// isTarArchive reports whether a source looks like a tar archive, even if its checksum is wrong.
func isTarArchive(head []byte) bool { return filetype.Of(head).Name == "a tar archive" }

// notData reports whether a source is of a well-known kind that has no annotations.
func notData(head []byte) bool {
	return filetype.Of(head).Name != "" && !isTarArchive(head)
}

func (s *Source) Damaged(err error, at int64) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%s ends early, at byte %d of its content: %w: get it again", s.Name, at, ErrDamaged)
	}
	if errors.Is(err, gunzip.ErrHeader) {
		return fmt.Errorf("%s: a later part of the gzip data, at byte %d of its content, has a damaged header: %w: get it again", s.Name, at, ErrDamaged)
	}
	if errors.Is(err, gunzip.ErrChecksum) {
		return fmt.Errorf("%s fails its gzip checksum by byte %d of its content: %w: get it again", s.Name, at, ErrDamaged)
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("reading %s: %w", s.Name, err)
	}
	return fmt.Errorf("%s cannot be read beyond byte %d of its content: %w: %w", s.Name, at, err, ErrDamaged)
}
