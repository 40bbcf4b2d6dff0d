package metric

import (
	"fmt"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/sets"
)

// Names of measures.
const (
	Top1       = "top1"
	Top5       = "top5"
	Subset     = "subset" // top-1 among the classes of the set
	RealTop1   = "real"
	RealOfAll  = "real-of-all"
	OfA        = "classes-of-a"
	OfR        = "classes-of-r"
	Fall       = "difference" // of set R and the validation images of its classes
	AUPR       = "aupr"
	AUROC      = "auroc"
	FPR95      = "fpr95"
	Agreement  = "agreement"
	Mean       = "mean"
	MeanOfAll  = "mean19"
	MCE        = "mce"
	Corruption = "accuracy"
	Severity   = "severity"
	Macro      = "macro"
	Gap        = "gap"
	Challenge  = "challenge"
)

// ChallengeGroup is the group of the rows of the Backgrounds Challenge's last test: a row for each foreground, whose
// answer is right if it is right on all backgrounds.
const ChallengeGroup = "challenge"

// MainHole is the side of the hole of the paper's column of centre occlusion, in pixels.
const MainHole = "112"

// catalogue returns the numbers that a network's answers allow, without values.
func catalogue(n *Network) []Number {
	b := &builder{network: n}
	for _, kind := range []string{
		sets.ImageNet, sets.V2, real, sets.A, sets.C, sets.O, sets.Sketch, sets.R, sets.Occlusion, sets.ObjectNet,
		sets.SISize, sets.SILocation, sets.SIRotation, sets.Backgrounds, sets.Folder,
	} {
		if kind == real {
			if a := n.of(sets.ImageNet); a != nil && a.HasReal {
				b.real(a)
			}
			continue
		}
		for _, a := range n.Sets {
			if a.About.Kind == kind && len(a.records) > 0 {
				b.set(a)
			}
		}
	}
	return b.numbers
}

// real stands for ReaL's labels among the kinds of sets.
const real = "real"

type builder struct {
	network *Network
	numbers []Number
}

// add adds a number of a set and returns it.
func (b *builder) add(a *Answers, measure, group, column, what string, e estimator) *Number {
	id := a.About.Name + "." + measure
	if group != "" {
		id += "/" + group
	}
	b.numbers = append(b.numbers, Number{
		ID: id, Column: column, Set: a.About.Name, Kind: a.About.Kind, Measure: measure, Group: group, What: what,
		Expected: int64(a.About.Expected), estimator: e,
	})
	return &b.numbers[len(b.numbers)-1]
}

// share adds a number that is one share of a set.
func (b *builder) share(a *Answers, measure, column, what string, mask, is answer) *Number {
	l := share(a.About.Name, mask, is)
	return b.add(a, measure, "", column, what, &l)
}

func (b *builder) set(a *Answers) {
	switch a.About.Kind {
	case sets.ImageNet:
		b.imageNet(a)
	case sets.V2:
		column := ""
		if a.About.Name == sets.V2 || strings.Contains(a.About.Name, "matched") {
			column = "IN-V2"
		}
		b.plain(a, column)
	case sets.A:
		b.share(a, Subset, "IN-A", "top-1 among the set's 200 classes", 0, subset)
		b.share(a, Top1, "", "top-1 among 1,000 classes", 0, top1)
	case sets.R:
		b.renditions(a)
	case sets.O:
		b.outliers(a)
	case sets.Sketch:
		b.plain(a, "Sketch")
	case sets.C:
		b.corruptions(a)
	case sets.Occlusion:
		b.occlusion(a)
	case sets.ObjectNet:
		b.share(a, Top1, "ObjNet", "top-1 among 1,000 classes", 0, top1)
		b.share(a, Subset, "", "top-1 among the 125 classes of ObjectNet", 0, subset)
	case sets.SISize:
		b.factors(a, "SI-size")
	case sets.SILocation:
		b.factors(a, "SI-loc")
	case sets.SIRotation:
		b.factors(a, "SI-rot")
	case sets.Backgrounds:
		b.backgrounds(a)
	default:
		b.plain(a, "")
	}
}

// plain adds top-1 and top-5.
func (b *builder) plain(a *Answers, column string) {
	b.share(a, Top1, column, "top-1", 0, top1)
	if b.network.About.Classes > 5 {
		b.share(a, Top5, "", "top-5", 0, top5)
	}
}

func (b *builder) imageNet(a *Answers) {
	b.plain(a, "IN-1k")
	if !b.network.About.ImageNet {
		return
	}
	b.share(a, OfA, "", "validation images of the classes of set A, top-1 among these", ofA, rightA).Expected = 10000
	b.share(a, OfR, "", "validation images of the classes of set R, top-1 among these", ofR, rightR).Expected = 10000
}

// realExpected is the number of validation images in which people saw a class.
const realExpected = 46837

func (b *builder) real(a *Answers) {
	b.share(a, RealOfAll, "IN-Real", "top-1 is a class that people saw, of all images", 0, realRight)
	b.share(a, RealTop1, "", "top-1 is a class that people saw, of the images with such classes",
		realKnown, realRight).Expected = realExpected
}

func (b *builder) renditions(a *Answers) {
	b.share(a, Subset, "IN-R", "top-1 among the set's 200 classes", 0, subset)
	if val := b.network.of(sets.ImageNet); val != nil {
		b.add(a, Fall, "", "", "accuracy on validation images of the same classes, minus that", &linear{terms: []term{
			{set: val.About.Name, all: true, mask: ofR, is: rightR, weight: 1},
			{set: a.About.Name, all: true, is: subset, weight: -1},
		}}).Lower = true
		b.last().Expected = int64(a.About.Expected) + 10000
	}
	b.share(a, Top1, "", "top-1 among 1,000 classes", 0, top1)
	for _, g := range a.groups {
		if g != "" {
			l := groupShare(a.About.Name, g, subset)
			b.add(a, Subset, g, "", "top-1 among the set's 200 classes, rendition "+g, &l).Expected = 0
		}
	}
}

func (b *builder) last() *Number { return &b.numbers[len(b.numbers)-1] }

func (b *builder) outliers(a *Answers) {
	if b.network.of(sets.ImageNet) != nil {
		for _, x := range []struct {
			measure, column, what string
			e                     *outliers
		}{
			{AUROC, "IN-O", "AUROC of the set's images against validation images of the same 200 classes, by " +
				"confidence", &auroc},
			{AUPR, "", "average precision (AUPR) of the same; the benchmark's number, 16.67 % by chance", &aupr},
			{FPR95, "", "share of validation images above the threshold that 95 % of the set's images are " +
				"above", &fpr95},
		} {
			b.add(a, x.measure, "", x.column, x.what, x.e).Expected = int64(a.About.Expected) + 10000
		}
		b.last().Lower = true
	}
	b.share(a, Agreement, "", "top-1 among the set's 200 classes is the folder's class, as for the ResNet-50 "+
		"that chose the images", 0, subset)
}

// occlusion adds the number of a set whose images all have the same hole.
func (b *builder) occlusion(a *Answers) {
	for _, hole := range a.groups {
		column := ""
		if hole == MainHole {
			column = "Cocc"
		}
		b.share(a, Top1, column, "top-1 with a hole of "+hole+" × "+hole+" pixels in the middle", 0, top1)
	}
}

func (b *builder) factors(a *Answers, column string) {
	b.share(a, Top1, column, "top-1, mean over images", 0, top1)
	l := &linear{}
	for _, g := range a.groups {
		if g != "" {
			l.terms = append(l.terms, term{set: a.About.Name, group: g, is: top1})
		}
	}
	for i := range l.terms {
		l.terms[i].weight = 1 / float64(len(l.terms))
	}
	if len(l.terms) > 0 {
		b.add(a, Macro, "", "", fmt.Sprintf("top-1, mean over %d values of the factor", len(l.terms)), l)
		for _, t := range l.terms {
			g := groupShare(a.About.Name, t.group, top1)
			b.add(a, Top1, t.group, "", "top-1 at value "+t.group+" of the factor", &g).Expected = 0
		}
	}
}

// variantImages is the number of images of a variant of the Backgrounds Challenge.
const variantImages = 4050

func (b *builder) backgrounds(a *Answers) {
	has := func(g string) bool { return slices.Contains(a.groups, g) }
	if has("mixed_same") && has("mixed_rand") {
		x := b.add(a, Gap, "", "BGC-gap", "accuracy on mixed_same minus accuracy on mixed_rand",
			&linear{terms: []term{
				{set: a.About.Name, group: "mixed_same", is: top1, weight: 1},
				{set: a.About.Name, group: "mixed_rand", is: top1, weight: -1},
			}})
		x.Lower, x.Expected = true, 2*variantImages
	}
	if has(ChallengeGroup) {
		l := groupShare(a.About.Name, ChallengeGroup, top1)
		b.add(a, Challenge, "", "BGC-acc", "foregrounds that are recognised on all backgrounds",
			&l).Expected = variantImages
	}
	for _, g := range a.groups {
		if g != ChallengeGroup {
			l := groupShare(a.About.Name, g, top1)
			b.add(a, Top1, g, "", fmt.Sprintf("top-1 of %d classes, variant %s", len(classes.IN9()), g),
				&l).Expected = variantImages
		}
	}
}
