package cam

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"abtool/byproduct/imagenet"
)

// An Image has the ground truth of an image.
type Image struct {
	Path          string // as the ground truth names it
	Class         int    // -1: unknown
	Width, Height int    // px
	Boxes         []Box  // in pixels of the image
}

// On returns the boxes on a view of size × size pixels to which the image was squashed.
func (m *Image) On(size int) []Box {
	list := make([]Box, len(m.Boxes))
	for i, b := range m.Boxes {
		list[i] = b.Scaled(m.Width, m.Height, size)
	}
	return list
}

// ReadMetadata reads the ground truth of clovaai/wsolevaluation from a folder such as metadata/ILSVRC/test:
// image_ids.txt, class_labels.txt, image_sizes.txt and localization.txt, in the order of the first.
func ReadMetadata(dir string) ([]Image, error) {
	var images []Image
	place := map[string]int{}
	err := lines(dir, "image_ids.txt", 1, func(f []string) error {
		if _, ok := place[f[0]]; ok {
			return fmt.Errorf("%s occurs twice", f[0])
		}
		place[f[0]] = len(images)
		images = append(images, Image{Path: f[0], Class: -1})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, file := range []struct {
		name   string
		fields int
		take   func(m *Image, v []int) error
	}{
		{"class_labels.txt", 2, func(m *Image, v []int) error { m.Class = v[0]; return nil }},
		{"image_sizes.txt", 3, func(m *Image, v []int) error { m.Width, m.Height = v[0], v[1]; return nil }},
		{"localization.txt", 5, func(m *Image, v []int) error {
			b := Box{v[0], v[1], v[2], v[3]}
			if b.X0 < 0 || b.Y0 < 0 || b.X1 < b.X0 || b.Y1 < b.Y0 {
				return fmt.Errorf("%v is not a box: want x0,y0,x1,y1", b)
			}
			m.Boxes = append(m.Boxes, b)
			return nil
		}},
	} {
		err := lines(dir, file.name, file.fields, func(f []string) error {
			i, ok := place[f[0]]
			if !ok {
				return fmt.Errorf("%s is not in image_ids.txt", f[0])
			}
			var v []int
			for _, text := range f[1:] {
				n, err := strconv.Atoi(text)
				if err != nil {
					return fmt.Errorf("%q is not a whole number", text)
				}
				v = append(v, n)
			}
			return file.take(&images[i], v)
		})
		if err != nil {
			return nil, err
		}
	}
	for _, m := range images {
		if m.Width < 1 || m.Height < 1 {
			return nil, fmt.Errorf("reading boxes from %s: image_sizes.txt has no size of %s", dir, m.Path)
		}
	}
	return images, nil
}

// lines calls take with the fields of every line of a file.
func lines(dir, name string, fields int, take func([]string) error) error {
	file := filepath.Join(dir, name)
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("reading boxes: %w", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		list := strings.Split(strings.TrimRight(s.Text(), "\r"), ",")
		if len(list) != fields {
			return fmt.Errorf("reading boxes from %s: line %d has %d fields, want %d", file, n, len(list), fields)
		}
		if err := take(list); err != nil {
			return fmt.Errorf("reading boxes from %s: line %d: %w", file, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("reading boxes from %s: %w", file, err)
	}
	return nil
}

// ByPath returns a function that finds an image by its path in another folder: by its name, and by the folder that
// it is in where several images have the name.
func ByPath(images []Image) func(path string) (Image, bool) {
	names, folders := map[string][]int{}, map[string]int{}
	for i, m := range images {
		names[path.Base(m.Path)] = append(names[path.Base(m.Path)], i)
		folders[inFolder(m.Path)] = i
	}
	return func(place string) (Image, bool) {
		list := names[path.Base(place)]
		if len(list) == 1 {
			return images[list[0]], true
		}
		i, ok := folders[inFolder(place)]
		if len(list) == 0 || !ok {
			return Image{}, false
		}
		return images[i], true
	}
}

// inFolder returns the last two parts of a path.
func inFolder(p string) string { return path.Join(path.Base(path.Dir(p)), path.Base(p)) }

// A Store has the boxes of the images of a store of ImageNet-AB.
type Store struct{ images *imagenet.Images }

// OpenStore reads the boxes of a store.
func OpenStore(ctx context.Context, dir string) (*Store, error) {
	images, err := imagenet.ReadImages(ctx, dir, 0)
	if err != nil {
		return nil, err
	}
	return &Store{images}, nil
}

// ByPath returns the ground truth of an image whose id is its name without the ending.
func (s *Store) ByPath(place string) (Image, bool) {
	name := path.Base(place)
	return s.Image(strings.TrimSuffix(name, path.Ext(name)))
}

// Image returns the ground truth of an image by its id. ok is false if the store has no usable box of it.
func (s *Store) Image(id string) (m Image, ok bool) {
	i, ok := s.images.IDs.Find(id, 0)
	if !ok {
		return Image{}, false
	}
	m = Image{Path: id, Class: -1, Width: int(s.images.Width[i]), Height: int(s.images.Height[i])}
	for _, b := range s.images.Boxes(i) {
		w, h := float64(m.Width), float64(m.Height)
		m.Boxes = append(m.Boxes, Box{whole(b.X0 * w), whole(b.Y0 * h), whole(b.X1 * w), whole(b.Y1 * h)})
	}
	return m, len(m.Boxes) > 0
}

// whole returns the pixel of a coordinate, which a division by the image's size may have moved a little.
func whole(v float64) int {
	if n := math.Round(v); math.Abs(v-n) < 1e-6 {
		return int(n)
	}
	return int(v)
}
