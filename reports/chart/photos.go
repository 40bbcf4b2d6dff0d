package chart

import (
	"bytes"
	"fmt"
	"image"
	"slices"

	"abtool/analysis/result"
	"abtool/internal/imagefile"
)

// Photos finds the pictures of examples by their ids. It is nil without --images.
type Photos struct {
	images *imagefile.Index
	place  string
	sought int
	absent int      // number of pictures that were not found
	faults []string // why pictures that were found cannot be shown
}

// OpenPhotos opens a place with the pictures of examples. For an empty place it returns nil.
func OpenPhotos(place string, list []result.Example) (*Photos, error) {
	if place == "" {
		return nil, nil
	}
	ids := map[string]bool{}
	for i := range list {
		ids[list[i].Image] = true
	}
	images, err := imagefile.OpenIndex(place, func(id string) bool { return ids[id] })
	if err != nil {
		return nil, fmt.Errorf("--images: %w", err)
	}
	return &Photos{images: images, place: place}, nil
}

// of returns the picture of an example, or nil if it cannot be shown.
func (p *Photos) of(x *result.Example) image.Image {
	if p == nil {
		return nil
	}
	p.sought++
	i, err := p.images.Find(x.Image, x.Class, "")
	if err == nil && i < 0 {
		p.absent++
		return nil
	}
	var m image.Image
	name := x.Image
	if err == nil {
		var file bytes.Buffer
		name = p.images.Name(i)
		if err = p.images.Read(i, &file); err == nil {
			m, err = imagefile.Decode(file.Bytes())
		}
	}
	if err != nil {
		p.faults = append(p.faults, fmt.Sprintf("a trace is drawn without its image: %s: %s", name, err))
	}
	return m
}

// Notes returns sentences about the pictures that are missing.
func (p *Photos) Notes() (notes []string) {
	if p == nil {
		return nil
	}
	notes = slices.Clone(p.faults)
	if p.absent > 0 {
		absent := fmt.Sprintf("%d of the %d images of traces are not in %s", p.absent, p.sought, p.place)
		notes = append(notes, absent)
		notes = append(notes, p.images.Notes()...)
	}
	return notes
}

// Close closes the place of the pictures.
func (p *Photos) Close() {
	if p != nil {
		p.images.Close()
	}
}
