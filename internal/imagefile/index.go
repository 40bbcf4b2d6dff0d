package imagefile

import (
	"path"
	"strings"
)

// An Index finds images by their ids.
type Index struct {
	*Images
	first map[string]int32
	more  map[string][]int32 // other images of the same id
}

// OpenIndex finds the images at a place whose ids are wanted; nil wants all. Several images can have one id.
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

// Find returns the image of an id. Of several it takes the one in the folder of the class, or of the file name,
// either of which can be empty; if that leaves several, it returns an error that names two. It returns −1 if
// there is none.
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

// fits returns how well an image fits a class and a file name: 2 for its whole path, 1 for a part.
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
