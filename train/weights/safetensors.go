package weights

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"abtool/internal/filetype"
	"abtool/internal/replace"
)

// MaxHeader is the length of the longest header that is accepted, in bytes. It is the limit of the
// reference implementation.
const MaxHeader = 100_000_000

// ErrFormat is wrapped by errors about files that are not valid safetensors files.
var ErrFormat = errors.New("not a valid safetensors file")

type entry struct {
	DType   string  `json:"dtype"`
	Shape   []int64 `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

type placed struct {
	entry
	name string
}

var widths = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
	"F8_E4M3": 1, "F8_E5M2": 1,
}

// ReadFile reads a safetensors file. Errors name the file and what was found; those about the format wrap
// ErrFormat.
func ReadFile(path string) (*Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading weights: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("reading weights: %s is a folder: give the .safetensors file in it", path)
	}
	s, err := Read(bufio.NewReaderSize(f, 1<<20), info.Size())
	if err != nil {
		return nil, fmt.Errorf("reading weights from %s: %w", path, explain(path, err))
	}
	return s, nil
}

// explain adds what kind of file the rejected file is, if that can be recognised.
func explain(path string, err error) error {
	if !errors.Is(err, ErrFormat) {
		return err
	}
	kind := filetype.OfFile(path)
	switch {
	case kind.Name == "" || kind.Name == "a safetensors file":
		return err
	case kind.Advice == "":
		return fmt.Errorf("%w: it is %s", ErrFormat, kind.Name)
	}
	return fmt.Errorf("%w, but %s", ErrFormat, kind)
}

// Read reads a safetensors file of size bytes from r.
func Read(r io.Reader, size int64) (*Set, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	metadata, order, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	end, err := checkLayout(order)
	if err != nil {
		return nil, err
	}
	if have := size - 8 - int64(len(header)); have != end {
		return nil, fmt.Errorf("%w: the header describes %d bytes of tensors, but the file has %d: it is truncated or has bytes after its end", ErrFormat, end, have)
	}
	s := &Set{Metadata: metadata}
	for _, p := range order {
		t, err := readTensor(r, p)
		if err != nil {
			return nil, err
		}
		if t.Data == nil && p.Offsets[1] > p.Offsets[0] {
			s.Skipped = append(s.Skipped, p.name)
			continue
		}
		s.Put(t)
	}
	slices.Sort(s.Skipped)
	return s, nil
}

func readHeader(r io.Reader, size int64) ([]byte, error) {
	var length [8]byte
	if size < 8 {
		return nil, fmt.Errorf("%w: %d bytes are too few for the header's length", ErrFormat, size)
	}
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("%w: header length: %w", ErrFormat, err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	switch {
	case n > MaxHeader:
		if length[0] == '{' {
			return nil, fmt.Errorf("%w, but JSON, such as the index of weights in several files: give one of those files", ErrFormat)
		}
		return nil, fmt.Errorf("%w: a header of %d bytes is over the limit of %d", ErrFormat, n, MaxHeader)
	case int64(n) > size-8:
		return nil, fmt.Errorf("%w: the header should have %d bytes, but the file ends after %d", ErrFormat, n, size-8)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	return header, nil
}

// parseHeader returns the metadata and the tensors sorted by offset.
func parseHeader(header []byte) (map[string]string, []placed, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimRight(header, " "), &raw); err != nil {
		return nil, nil, fmt.Errorf("%w: the header is not a JSON object: %w", ErrFormat, err)
	}
	var metadata map[string]string
	var order []placed
	for name, body := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(body, &metadata); err != nil {
				return nil, nil, fmt.Errorf("%w: __metadata__: %w", ErrFormat, err)
			}
			continue
		}
		if name == "" {
			return nil, nil, fmt.Errorf("%w: a tensor without a name", ErrFormat)
		}
		p := placed{name: name}
		if err := json.Unmarshal(body, &p.entry); err != nil {
			return nil, nil, fmt.Errorf("%w: tensor %q: %w", ErrFormat, name, err)
		}
		if err := p.check(); err != nil {
			return nil, nil, fmt.Errorf("%w: tensor %q: %w", ErrFormat, name, err)
		}
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b placed) int {
		if a.Offsets[0] != b.Offsets[0] {
			return int(min(1, max(-1, a.Offsets[0]-b.Offsets[0])))
		}
		if a.Offsets[1] != b.Offsets[1] {
			return int(min(1, max(-1, a.Offsets[1]-b.Offsets[1])))
		}
		return strings.Compare(a.name, b.name)
	})
	return metadata, order, nil
}

func (p placed) check() error {
	width, ok := widths[p.DType]
	if !ok {
		return fmt.Errorf("unknown type %q", p.DType)
	}
	if len(p.Offsets) != 2 || p.Offsets[0] < 0 || p.Offsets[1] < p.Offsets[0] {
		return fmt.Errorf("data_offsets %v are not a range", p.Offsets)
	}
	bytes := width
	for _, d := range p.Shape {
		if d < 0 || d > 0 && bytes > math.MaxInt64/d {
			return fmt.Errorf("impossible shape %v", p.Shape)
		}
		bytes *= d
	}
	if bytes != p.Offsets[1]-p.Offsets[0] {
		return fmt.Errorf("shape %v of %s needs %d bytes, but data_offsets span %d", p.Shape, p.DType, bytes, p.Offsets[1]-p.Offsets[0])
	}
	return nil
}

// checkLayout checks that the tensors follow each other without gaps, and returns where the last one ends.
func checkLayout(order []placed) (int64, error) {
	end := int64(0)
	for i, p := range order {
		switch {
		case p.Offsets[0] < end:
			return 0, fmt.Errorf("%w: tensors %q and %q overlap at byte %d", ErrFormat, order[i-1].name, p.name, p.Offsets[0])
		case p.Offsets[0] > end:
			return 0, fmt.Errorf("%w: bytes %d to %d before tensor %q belong to no tensor", ErrFormat, end, p.Offsets[0], p.name)
		}
		end = p.Offsets[1]
	}
	return end, nil
}

func readTensor(r io.Reader, p placed) (Tensor, error) {
	t := Tensor{Name: p.name, Shape: make([]int, len(p.Shape))}
	for i, d := range p.Shape {
		t.Shape[i] = int(d)
	}
	size := p.Offsets[1] - p.Offsets[0]
	convert, ok := decoders[p.DType]
	if !ok {
		if _, err := io.CopyN(io.Discard, r, size); err != nil {
			return t, fmt.Errorf("%w: tensor %q: %w", ErrFormat, p.name, err)
		}
		return t, nil
	}
	width := widths[p.DType]
	t.Data = make([]float32, size/width)
	var buf [1 << 16]byte
	for at := 0; at < len(t.Data); {
		n := min(len(buf)/int(width), len(t.Data)-at)
		chunk := buf[:n*int(width)]
		if _, err := io.ReadFull(r, chunk); err != nil {
			return t, fmt.Errorf("%w: tensor %q: %w", ErrFormat, p.name, err)
		}
		convert(t.Data[at:at+n], chunk)
		at += n
	}
	return t, nil
}

var decoders = map[string]func(dst []float32, src []byte){
	"F64": func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	},
	"F32": func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	},
	"BF16": func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	},
	"F16": func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = half(binary.LittleEndian.Uint16(src[2*i:]))
		}
	},
}

// half converts an IEEE 754 binary16 to float32.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero and subnormal: frac · 2⁻²⁴
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// Write writes s as a safetensors file with F32 tensors sorted by name. The same set always gives the same
// bytes.
func Write(w io.Writer, s *Set) error {
	order := s.Tensors()
	slices.SortFunc(order, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	header := map[string]any{}
	if len(s.Metadata) > 0 {
		header["__metadata__"] = s.Metadata
	}
	at := int64(0)
	for _, t := range order {
		count := 1
		shape := make([]int64, len(t.Shape))
		for i, d := range t.Shape {
			count *= d
			shape[i] = int64(d)
		}
		if count != len(t.Data) || t.Name == "" || t.Name == "__metadata__" {
			return fmt.Errorf("tensor %q of shape %v has %d values", t.Name, t.Shape, len(t.Data))
		}
		end := at + 4*int64(count)
		header[t.Name] = entry{DType: "F32", Shape: shape, Offsets: []int64{at, end}}
		at = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // pad, so that the data is aligned as in the reference implementation
		text = append(text, ' ')
	}
	bw := bufio.NewWriterSize(w, 1<<20)
	if err := binary.Write(bw, binary.LittleEndian, uint64(len(text))); err != nil {
		return err
	}
	if _, err := bw.Write(text); err != nil {
		return err
	}
	var word [4]byte
	for _, t := range order {
		for _, v := range t.Data {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			if _, err := bw.Write(word[:]); err != nil {
				return err
			}
		}
	}
	return bw.Flush()
}

// WriteFile writes s to path. It writes a temporary file next to path, which is synced and renamed when it
// is complete, so that readers see the old file or the new one. If it fails, even for a full disk, the old
// file is unchanged and the temporary file is removed.
func WriteFile(path string, s *Set) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing weights to %s: %w", path, err)
		}
	}()
	return replace.File(path, func(w io.Writer) error { return Write(w, s) })
}
