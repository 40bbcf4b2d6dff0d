package features

import (
	"context"
	"fmt"
	"slices"

	"abtool/features/format"
	"abtool/internal/closest"
	"abtool/internal/usage"
	"abtool/store/notes"
)

// exclude finds what has one of the tags of Exclude.
func (o *Options) exclude(ctx context.Context, place string) error {
	if len(o.Exclude) == 0 {
		return nil
	}
	book, err := notes.At(place, o.Notes)
	if err != nil {
		return err
	}
	known := book.Tags()
	for i, tag := range o.Exclude {
		if !slices.Contains(known, tag) {
			return usage.Errorf("nothing has the tag %q in %s%s", tag, book.File(), closest.DidYouMean(tag, known))
		}
		if slices.Contains(o.Exclude[:i], tag) {
			return usage.Errorf("the tag %q is given twice", tag)
		}
	}
	o.tagged, err = book.Find(ctx, place, o.Set, o.Exclude, o.Jobs)
	return err
}

// excluded reports whether a tag leaves out a row of annotations.
func (o *Options) excluded(row int32) bool {
	if o.tagged == nil {
		return false
	}
	_, is := o.tagged.Rows[int64(row)]
	return is
}

// excludedImage reports whether a tag leaves out an image.
func (o *Options) excludedImage(id string) bool {
	if o.tagged == nil {
		return false
	}
	_, is := o.tagged.Images[id]
	return is
}

// counted counts the rows that each tag leaves out. A row with several tags counts for the first of them.
func (o *Options) counted() (out []format.Count) {
	if o.tagged == nil {
		return nil
	}
	what := map[string]string{ImageNet: "showings", COCO: "pages"}[o.Set]
	for k, tag := range o.Exclude {
		c := format.Count{Name: fmt.Sprintf("%s excluded by the tag %s", what, tag)}
		for _, first := range o.tagged.Rows {
			if first == k {
				c.Rows++
			}
		}
		out = append(out, c)
	}
	return out
}
