package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"abtool/internal/imagefile"
)

// An Item is an image of a Source.
type Item struct {
	ID    string // name without folder and extension, as image_id in a store; for COCO's files its digits
	Class string // from the folder, the cls member or the label file; "": unknown
}

// A Source has images. Several goroutines can call Image at the same time.
type Source interface {
	Len() int
	Item(i int) Item
	Image(i int) (image.Image, error)
	Close() error
}

// ofFiles is a source whose images are files. read appends the bytes of one to a buffer.
type ofFiles interface {
	read(i int, to *bytes.Buffer) error
}

// openOf opens an image of a source. If the image is a file, the buffer holds it until it is decoded.
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

// Open opens the images at a place: those that package imagefile finds (a folder, a pattern, or WebDataset
// shards), or an idx file of images such as Fashion-MNIST's. The labels of an idx file are in the file with
// "labels" in place of "images" in its name.
func Open(place string) (Source, error) {
	if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() && strings.Contains(filepath.Base(place), "idx3") {
		return OpenIDX(place, strings.NewReplacer("images", "labels", "idx3", "idx1").Replace(place))
	}
	found, err := imagefile.Open(place)
	if err != nil {
		return nil, err
	}
	return files{found}, nil
}

// files has images in files or in shards.
type files struct{ *imagefile.Images }

// Item returns the id and class of the i-th image.
func (f files) Item(i int) Item { return Item{ID: f.ID(i), Class: f.Class(i)} }

// Image decodes the i-th image.
func (f files) Image(i int) (image.Image, error) { return decodeOf(f, i) }

func (f files) read(i int, to *bytes.Buffer) error { return f.Read(i, to) }

type idx struct {
	w, h   int
	pixels []byte
	labels []byte
}

// OpenIDX opens images and labels in the idx format of MNIST, with or without gzip. Images are grey; ids
// are their numbers from 0; classes are the labels as digits. If labels is empty, the images have no
// classes.
func OpenIDX(images, labels string) (Source, error) {
	dims, pixels, err := readIDX(images)
	if err != nil {
		return nil, err
	}
	if len(dims) != 3 {
		return nil, fmt.Errorf("%s: the idx file has %d dimensions, images need 3", images, len(dims))
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

// readIDX reads an idx file of bytes: two zero bytes, an 8 for bytes, the number of dimensions, each
// dimension in four bytes, and the values.
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
		return nil, nil, fmt.Errorf("%s is not an idx file of bytes", path)
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
		return nil, nil, fmt.Errorf("%s has %d values, but its header says %d", path, len(b), total)
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

// Memory is a Source of images in memory.
type Memory struct {
	mu     sync.Mutex
	items  []Item
	images []image.Image
}

// Add appends an image.
func (m *Memory) Add(it Item, img image.Image) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items, m.images = append(m.items, it), append(m.images, img)
}

// Len returns the number of images.
func (m *Memory) Len() int { return len(m.items) }

// Item returns the id and class of the i-th image.
func (m *Memory) Item(i int) Item { return m.items[i] }

// Image returns the i-th image.
func (m *Memory) Image(i int) (image.Image, error) { return m.images[i], nil }

// Close does nothing.
func (m *Memory) Close() error { return nil }
