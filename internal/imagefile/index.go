package imagefile

import (
	"path"
	"strings"
)

// An Index finds images by their ids.
type Index struct {
	*Images
	first map[string]int32
	more  map[string][]int32 // further images with the same id
}

// OpenIndex finds the images at a place whose ids are wanted; if wanted is nil, all images. Several images
// may have the same id.
func OpenIndex(place string, wanted func(id string) bool) (*Index, error) {
	m, err := open(place, wanted)
	if err != nil {
		return nil, err
	}
	x := &Index{Images: m, first: make(map[string]int32, len(m.list)), more: map[string][]int32{}}
	for i := range m.list {
		id := m.list[i].id
		if _, ok := x.first[id]; ok {
			x.more[id] = append(x.more[id], int32(i))
			continue
		}
		x.first[id] = int32(i)
	}
	return x, nil
}

// Find returns the index of the image with an id, or −1 if no image has it. If several images have the id, it
// takes the one in the folder of the class or with the file name, either of which can be empty. If that
// leaves several, the error names two of them.
func (x *Index) Find(id, class, file string) (int, error) {
	i, ok := x.first[id]
	if !ok {
		return -1, nil
	}
	more := x.more[id]
	if len(more) == 0 {
		return int(i), nil
	}
	candidates := append([]int32{i}, more...)
	best, at := 0, []int32{}
	for _, c := range candidates {
		score := x.fits(int(c), class, file)
		if score > best {
			best, at = score, nil
		}
		if score == best {
			at = append(at, c)
		}
	}
	if len(at) > 1 {
		return -1, x.twice(int(at[0]), int(at[1]))
	}
	return int(at[0]), nil
}

// fits returns how well an image fits a class and a file name: 2 if its path ends with the file name, 1 if
// a part fits.
func (x *Index) fits(i int, class, file string) int {
	it := &x.list[i]
	switch {
	case file != "" && (it.name == file || strings.HasSuffix(it.name, "/"+file)):
		return 2
	case file != "" && path.Base(it.name) == path.Base(file), class != "" && it.class == class:
		return 1
	}
	return 0
}
