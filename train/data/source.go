package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An Item is an image of a Source.
type Item struct {
	ID    string // name without folder and extension: as image_id in a store; of COCO's files the digits
	Class string // folder, cls member or label; "": unknown
}

// A Source holds images. Image can be called from several goroutines.
type Source interface {
	Len() int
	Item(i int) Item
	Image(i int) (image.Image, error)
	Close() error
}

// ofFiles are sources whose images are files: read appends one to a buffer.
type ofFiles interface {
	read(i int, to *bytes.Buffer) error
}

// openOf opens an image of a source. The buffer holds its file, if it is one, until the image is decoded.
func openOf(s Source, i int, file *bytes.Buffer) (opened, error) {
	if files, ok := s.(ofFiles); ok {
		file.Reset()
		if err := files.read(i, file); err != nil {
			return opened{}, err
		}
		return open(file.Bytes())
	}
	m, err := s.Image(i)
	if err != nil {
		return opened{}, err
	}
	return whole(m), nil
}

func decodeOf(s ofFiles, i int) (image.Image, error) {
	var b bytes.Buffer
	if err := s.read(i, &b); err != nil {
		return nil, err
	}
	return decode(b.Bytes())
}

// imageFormats are the endings of files that are taken for images.
var imageFormats = []string{".jpeg", ".jpg", ".png", ".gif"}

func isImage(name string) bool {
	return slices.Contains(imageFormats, strings.ToLower(filepath.Ext(name))) && !strings.HasPrefix(filepath.Base(name), "._")
}

// imageID is the id of an image by its file: without extension, and of COCO's names the number without zeros.
func imageID(name string) string {
	id := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	rest, coco := strings.CutPrefix(id, "COCO_")
	if coco {
		if i := strings.LastIndexByte(rest, '_'); i >= 0 {
			rest = rest[i+1:]
		}
		id = rest
	}
	if digits := strings.TrimLeft(id, "0"); (coco || len(id) == 12) && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	return id
}

// Open opens what a path is: a folder of images, a folder or pattern of WebDataset shards (.tar), or an idx file of images
// (as Fashion-MNIST has them; the labels are the file beside it whose name says labels).
func Open(path string) (Source, error) {
	if strings.ContainsAny(path, "*?[") {
		files, err := filepath.Glob(path)
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no file matches %s", path)
		}
		return OpenTars(files)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		if tars, _ := filepath.Glob(filepath.Join(path, "*.tar")); len(tars) > 0 {
			return OpenTars(tars)
		}
		return OpenFolder(path)
	case strings.HasSuffix(path, ".tar"):
		return OpenTars([]string{path})
	case strings.Contains(filepath.Base(path), "idx3"):
		return OpenIDX(path, strings.NewReplacer("images", "labels", "idx3", "idx1").Replace(path))
	}
	return nil, fmt.Errorf("%s is no source of images: give a folder of images, WebDataset shards (.tar), or an idx file (…-images-idx3-ubyte)", path)
}

type folder struct {
	root  string
	files []string
	items []Item
}

// OpenFolder lists the images of a folder and the folders in it; the class is the name of the image's own folder, if it is not root. Ids must differ.
func OpenFolder(root string) (Source, error) {
	s := &folder{root: root}
	seen := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isImage(path) {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		it := Item{ID: imageID(rel)}
		if dir := filepath.Dir(rel); dir != "." {
			it.Class = filepath.Base(dir)
		}
		if other, ok := seen[it.ID]; ok {
			return fmt.Errorf("%s and %s have the same id %s", other, rel, it.ID)
		}
		seen[it.ID] = rel
		s.files, s.items = append(s.files, rel), append(s.items, it)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.files) == 0 {
		return nil, fmt.Errorf("%s holds no images (%s)", root, strings.Join(imageFormats, ", "))
	}
	return s, nil
}

func (s *folder) Len() int        { return len(s.items) }
func (s *folder) Item(i int) Item { return s.items[i] }
func (s *folder) Close() error    { return nil }

func (s *folder) Image(i int) (image.Image, error) { return decodeOf(s, i) }

func (s *folder) read(i int, to *bytes.Buffer) error {
	f, err := os.Open(filepath.Join(s.root, s.files[i]))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = to.ReadFrom(f)
	return err
}

type tars struct {
	files []*os.File
	items []Item
	at    []place
}

// place is where an image lies.
type place struct {
	file         int
	offset, size int64
}

// OpenTars lists the images of WebDataset shards: the members of a key, which is the name up to the first dot of its last part, go
// together. A .cls member is the class, in digits.
func OpenTars(paths []string) (_ Source, err error) {
	s := &tars{}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	slices.Sort(paths)
	seen := map[string]bool{}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
		if err := s.index(f, seen); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if len(s.items) == 0 {
		return nil, fmt.Errorf("%s: no images in the shards", strings.Join(paths, ", "))
	}
	return s, nil
}

// counter counts the bytes that a tar reader has taken.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (s *tars) index(f *os.File, seen map[string]bool) error {
	c := &counter{r: f}
	tr := tar.NewReader(c)
	classes := map[string]string{}
	first := len(s.items)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the shard: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		base := filepath.Base(h.Name)
		key, _, _ := strings.Cut(base, ".")
		switch {
		case isImage(base):
			id := imageID(key + filepath.Ext(base))
			if seen[id] {
				return fmt.Errorf("the image %s is twice in the shards", id)
			}
			seen[id] = true
			s.items, s.at = append(s.items, Item{ID: id}), append(s.at, place{len(s.files) - 1, c.n, h.Size})
		case strings.HasSuffix(base, ".cls") && h.Size < 256:
			b, err := io.ReadAll(tr)
			if err != nil {
				return err
			}
			classes[imageID(key+".x")] = strings.TrimSpace(string(b))
		}
	}
	for i := first; i < len(s.items); i++ {
		s.items[i].Class = classes[s.items[i].ID]
	}
	return nil
}

func (s *tars) Len() int        { return len(s.items) }
func (s *tars) Item(i int) Item { return s.items[i] }

func (s *tars) Close() (err error) {
	for _, f := range s.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (s *tars) Image(i int) (image.Image, error) { return decodeOf(s, i) }

func (s *tars) read(i int, to *bytes.Buffer) error {
	p := s.at[i]
	n, err := to.ReadFrom(io.NewSectionReader(s.files[p.file], p.offset, p.size))
	if err == nil && n < p.size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

type idx struct {
	w, h   int
	pixels []byte
	labels []byte
}

// OpenIDX opens images and labels in the idx format of MNIST, gzip'd or not: images are grey, ids are their numbers from 0, classes the
// labels in digits. An empty name of labels leaves the classes out.
func OpenIDX(images, labels string) (Source, error) {
	dims, pixels, err := readIDX(images)
	if err != nil {
		return nil, err
	}
	if len(dims) != 3 {
		return nil, fmt.Errorf("%s: an idx file of %d dimensions, images have 3", images, len(dims))
	}
	s := &idx{w: dims[2], h: dims[1], pixels: pixels}
	if labels == "" {
		return s, nil
	}
	dims, s.labels, err = readIDX(labels)
	if err != nil {
		return nil, err
	}
	if len(dims) != 1 || len(s.labels) != s.Len() {
		return nil, fmt.Errorf("%s: %d labels for %d images", labels, len(s.labels), s.Len())
	}
	return s, nil
}

// readIDX reads an idx file of bytes: two zeros, 8 for bytes, the number of dimensions, each of them in four bytes, the values.
func readIDX(path string) (dims []int, values []byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		if b, err = io.ReadAll(z); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if len(b) < 4 || b[0] != 0 || b[1] != 0 || b[2] != 8 {
		return nil, nil, fmt.Errorf("%s is no idx file of bytes", path)
	}
	n, total := int(b[3]), 1
	b = b[4:]
	for range n {
		if len(b) < 4 {
			return nil, nil, fmt.Errorf("%s ends in its header", path)
		}
		d := int(binary.BigEndian.Uint32(b))
		if d < 1 || total > math.MaxInt32/d {
			return nil, nil, fmt.Errorf("%s claims a dimension of %d", path, d)
		}
		dims, total, b = append(dims, d), total*d, b[4:]
	}
	if len(b) != total {
		return nil, nil, fmt.Errorf("%s has %d values where its header says %d", path, len(b), total)
	}
	return dims, b, nil
}

func (s *idx) Len() int     { return len(s.pixels) / (s.w * s.h) }
func (s *idx) Close() error { return nil }

func (s *idx) Item(i int) Item {
	it := Item{ID: strconv.Itoa(i)}
	if s.labels != nil {
		it.Class = strconv.Itoa(int(s.labels[i]))
	}
	return it
}

func (s *idx) Image(i int) (image.Image, error) {
	n := s.w * s.h
	return &image.Gray{Pix: s.pixels[i*n : (i+1)*n : (i+1)*n], Stride: s.w, Rect: image.Rect(0, 0, s.w, s.h)}, nil
}

// Memory is a Source of images that the program made.
type Memory struct {
	mu     sync.Mutex
	items  []Item
	images []image.Image
}

// Add adds an image.
func (m *Memory) Add(it Item, img image.Image) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items, m.images = append(m.items, it), append(m.images, img)
}

// Len is the number of images.
func (m *Memory) Len() int { return len(m.items) }

// Item is the i-th image's.
func (m *Memory) Item(i int) Item { return m.items[i] }

// Image is the i-th image.
func (m *Memory) Image(i int) (image.Image, error) { return m.images[i], nil }

// Close does nothing.
func (m *Memory) Close() error { return nil }
