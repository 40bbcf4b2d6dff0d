package data

import (
	"fmt"
	"slices"

	"abtool/features"
)

// SplitOptions say which images a network is trained on, and which it is validated on: ValImages, else
// those of ValSplit, else a share that is held out.
type SplitOptions struct {
	Images, Targets       string // as for OpenSet
	ValImages, ValTargets string
	Rule                  string // of the targets, if the file has several
	Split, ValSplit       string // of the targets, if the file has splits
	Holdout               float64
	Partial               bool // leave out targets whose image is missing

	Supervision Supervision // of training
	Multi       bool
	Seed        uint64 // of random points
}

// OpenSplit opens the images of training and of validation; val is nil for none. Validation is measured
// against real targets, whatever training learns from.
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

// Notes say in whole sentences what is unexpected in the sets that OpenSplit returned.
func (o SplitOptions) Notes(train, val *Set) []string {
	notes := train.Notes()
	if val != nil && o.ValImages != "" {
		for _, text := range val.Notes() {
			notes = append(notes, "validation: "+text)
		}
	}
	return notes
}

// holdOut leaves a share of the images to val and the others to train: by a hash of the id, so that they
// are the same whatever else changes.
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

// Pointed is the number of images that have a point.
func (s *Set) Pointed() (n int) {
	for _, im := range s.Images {
		if len(im.Points) > 0 {
			n++
		}
	}
	return n
}
