package removal

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/internal/imagefile"
	"abtool/store"
	"abtool/train/data"
)

// Defaults of Options.
const (
	DefaultDilation = 5
	DefaultLimit    = 0.3
)

// Options say how objects are removed. Default returns the usual ones.
type Options struct {
	Fill     Fill
	Dilation int     // px by which masks are enlarged, in columns and in rows
	Limit    float64 // of the share of an image that is removed, enlarged; above it the edit is left out

	// Given returns the edited image for Given; ok is false if there is none.
	Given func(id string, class int) (m *data.Pixels, ok bool, err error)
	// Seen returns the part of a w × h image that the network sees; nil: all of it.
	Seen func(w, h int) image.Rectangle
}

// Default returns the usual options with a fill.
func Default(fill Fill) Options {
	return Options{Fill: fill, Dilation: DefaultDilation, Limit: DefaultLimit}
}

// Score returns the network's logits for some images.
type Score func([]*data.Pixels) ([][]float32, error)

// An Editor removes objects from images. It reuses its memory, so that it must not be used by two goroutines at
// once.
type Editor struct {
	Options
	raster plane.Raster
}

// Rows returns the rows of an image: one for the image as it is, and one for each class that it has, without the
// objects of that class. numbers has the number that the objects know each of the network's classes by, as
// coco.Truth.Class returns it. An image with fewer than two classes has no rows.
func (e *Editor) Rows(id string, m *data.Pixels, objects *coco.Image, numbers []int32, score Score) ([]Row, error) {
	rows := rowsOf(id, objects, numbers)
	if rows == nil {
		return nil, nil
	}
	if int64(m.W) != objects.Width || int64(m.H) != objects.Height {
		return nil, fmt.Errorf("image %s has %d × %d pixels, but its masks are for %d × %d: give the images that the masks were drawn on", id, m.W, m.H, objects.Width, objects.Height)
	}
	images := []*data.Pixels{m}
	for i := 1; i < len(rows); i++ {
		edited, err := e.edit(&rows[i], m, objects, numbers[rows[i].Class])
		if err != nil {
			return nil, err
		}
		if edited != nil {
			images = append(images, edited)
		}
	}
	scores, err := score(images)
	if err != nil {
		return nil, err
	}
	if len(scores) != len(images) {
		return nil, fmt.Errorf("%d scores for %d versions of image %s", len(scores), len(images), id)
	}
	for i := range rows {
		if rows[i].Left == "" {
			rows[i].Scores, scores = scores[0], scores[1:]
		}
	}
	return rows, nil
}

// Unreadable returns the rows of an image that could not be read and counts as wrong, as Rows does.
func (e *Editor) Unreadable(id string, objects *coco.Image, numbers []int32) ([]Row, error) {
	rows := rowsOf(id, objects, numbers)
	for i := range rows {
		row := &rows[i]
		row.Unreadable = true
		if row.Class < 0 || e.mask(row, objects, numbers[row.Class]) == nil || e.Fill != Given {
			continue
		}
		if _, ok, err := e.Given(id, row.Class); err != nil {
			return nil, err
		} else if !ok {
			row.Left = NotGiven
		}
	}
	return rows, nil
}

// rowsOf returns the rows of an image, without scores; nil if it has fewer than two classes.
func rowsOf(id string, objects *coco.Image, numbers []int32) []Row {
	rows := []Row{{Image: id, Class: -1}}
	for class, number := range numbers {
		if number >= 0 && objects.Has(number, len(objects.Instances)) {
			rows = append(rows, Row{Image: id, Class: class})
		}
	}
	if len(rows) < 3 {
		return nil
	}
	return rows
}

// mask returns the mask of a class, or says in its row why it is not removed.
func (e *Editor) mask(row *Row, objects *coco.Image, number int32) *Mask {
	for i := range objects.Instances {
		if o := &objects.Instances[i]; o.Class == number && o.Mask.Empty() {
			row.Left = NoMask
			return nil
		}
	}
	mask := MaskOf(objects, number, &e.raster)
	mask.Dilate(e.Dilation)
	row.Share = mask.Share()
	if row.Share > e.Limit {
		row.Left = TooLarge
		return nil
	}
	row.Outside = e.Seen != nil && !mask.Within(e.Seen(mask.W, mask.H))
	return mask
}

// edit returns the image without a class, or says in its row why there is none.
func (e *Editor) edit(row *Row, m *data.Pixels, objects *coco.Image, number int32) (*data.Pixels, error) {
	mask := e.mask(row, objects, number)
	if mask == nil {
		return nil, nil
	}
	if e.Fill != Given {
		return e.Fill.Apply(m, mask), nil
	}
	given, ok, err := e.Given(row.Image, row.Class)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		row.Left = NotGiven
		return nil, nil
	case given.W != m.W || given.H != m.H:
		return nil, fmt.Errorf("the given image of %s without class %d has %d × %d pixels, the image itself %d × %d", row.Image, row.Class, given.W, given.H, m.W, m.H)
	}
	return given, nil
}

// Folder returns a Given that reads IMAGE_CATEGORY.jpg or .png from a folder, where IMAGE is the image's id and
// CATEGORY the id of the category that was removed. categories has those of the network's classes.
func Folder(dir string, categories []store.Category) func(id string, class int) (*data.Pixels, bool, error) {
	return func(id string, class int) (*data.Pixels, bool, error) {
		for _, ending := range []string{".jpg", ".png"} {
			path := filepath.Join(dir, fmt.Sprintf("%s_%d%s", id, categories[class].ID, ending))
			file, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, false, fmt.Errorf("reading an edited image: %w", err)
			}
			m, err := imagefile.Decode(file)
			if err != nil {
				return nil, false, fmt.Errorf("reading the edited image %s: %w", path, err)
			}
			return data.PixelsOf(m), true, nil
		}
		return nil, false, nil
	}
}
