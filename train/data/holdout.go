package data

import (
	"fmt"
	"slices"

	"abtool/features"
)

// SplitOptions choose the images that a network is trained on and the images that it is validated on:
// ValImages if given, otherwise the images of ValSplit if given, otherwise a share that is held out of the
// training images.
type SplitOptions struct {
	Images, Targets       string // as OpenSet takes them
	ValImages, ValTargets string
	Rule                  string // rule of the targets, if the file has several
	Split, ValSplit       string // splits of the targets, if the file has splits
	Holdout               float64
	Partial               bool // leave out targets whose image is missing

	Supervision Supervision // for training
	Multi       bool
	Seed        uint64 // for random points
}

// OpenSplit opens the training set and the validation set; val is nil if no images are left for validation.
// Validation always compares with the targets of annotators, whatever supervision training uses.
func OpenSplit(o SplitOptions) (train, val *Set, err error) {
	set := SetOptions{
		Supervision: o.Supervision, Multi: o.Multi, Rule: o.Rule, Split: o.Split, Seed: o.Seed,
		Partial: o.Partial, WithTarget: o.Multi,
	}
	images, targets, err := OpenBoth(o.Images, o.Targets)
	if err != nil {
		return nil, nil, err
	}
	if train, err = NewSet(images, targets, set); err != nil {
		return nil, nil, err
	}
	set.Classes, set.Split = train.Classes, o.ValSplit
	if set.Supervision != None && (o.ValTargets != "" || o.Targets != "") {
		set.Supervision = LUAB
	}
	switch {
	case o.ValImages != "":
		if set.Supervision == LUAB && o.ValTargets == "" {
			set.Supervision = None
		}
		if val, err = OpenSet(o.ValImages, o.ValTargets, set); err != nil {
			err = fmt.Errorf("validation: %w", err)
		}
	case o.ValSplit != "":
		val, err = NewSet(images, targets, set)
	case o.Holdout > 0:
		set.Split = o.Split
		if val, err = NewSet(images, targets, set); err == nil {
			err = holdOut(train, val, o.Holdout)
		}
	}
	return train, val, err
}

// Notes returns sentences about anything unexpected in the sets that OpenSplit returned.
func (o SplitOptions) Notes(train, val *Set) []string {
	notes := train.Notes()
	if val != nil && o.ValImages != "" {
		for _, text := range val.Notes() {
			notes = append(notes, "validation: "+text)
		}
	}
	return notes
}

// holdOut moves a share of the images to val and leaves the others in train. It chooses by a hash of the
// id, so that the same images are held out whatever else changes.
func holdOut(train, val *Set, share float64) error {
	out := func(im Image) bool {
		x, _ := features.Uniform(0, im.ID, "holdout")
		return x < share
	}
	train.Images = slices.DeleteFunc(train.Images, out)
	val.Images = slices.DeleteFunc(val.Images, func(im Image) bool { return !out(im) })
	if len(train.Images) == 0 || len(val.Images) == 0 {
		return fmt.Errorf("--holdout %v leaves %d images to train on and %d to validate on",
			share, len(train.Images), len(val.Images))
	}
	return nil
}

// Pointed returns the number of images that have a point.
func (s *Set) Pointed() (n int) {
	for _, im := range s.Images {
		if len(im.Points) > 0 {
			n++
		}
	}
	return n
}
