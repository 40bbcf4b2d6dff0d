package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"abtool/eval/cam"
	"abtool/eval/metric"
	"abtool/eval/removal"
	"abtool/eval/table"
	"abtool/internal/stat"
	"abtool/internal/ui"
)

// A Measurement has numbers of a network on some images that are not computed from outputs: *Localisation, *Masked,
// *Removed and *Scored.
type Measurement interface {
	// column returns the numbers and notes.
	column() table.Column
	// minus returns the differences to the first network's numbers. same is false if the images are not the same.
	minus(first Measurement) (list []metric.Difference, same bool)
}

// Table returns the table of the measurements of networks. Each network has one of each set, in the same order.
// Differences are to the first network. version is the program's.
func Table(title, version string, networks [][]Measurement) *table.Table {
	var columns []table.Column
	for _, list := range networks {
		var all table.Column
		for k, m := range list {
			c := m.column()
			all.Network = c.Network
			for i := range c.Numbers {
				if x := &c.Numbers[i]; len(list) > 1 && !x.Part {
					x.Label = x.Set + ": " + x.Label
				}
			}
			for _, note := range c.Notes {
				if len(list) > 1 {
					note = c.Numbers[0].Set + ": " + note
				}
				all.Notes = append(all.Notes, note)
			}
			all.Numbers = append(all.Numbers, c.Numbers...)
			if len(columns) > 0 {
				differences, same := m.minus(networks[0][k])
				if !same {
					all.Notes = append(all.Notes, "it was measured on other images than network 1, so that they are not compared")
				}
				all.Differences = append(all.Differences, differences...)
			}
		}
		all.Network.Version = version
		columns = append(columns, all)
	}
	return table.Of(title, columns)
}

// column returns what a table says about a network.
func (n *Network) column(engine string) table.Network {
	return table.Network{Name: n.Name, Arch: n.Arch, Weights: n.Weights, Engine: engine, Classes: len(n.Classes)}
}

// A lister makes the numbers of a measurement.
type lister struct {
	set, view  string
	unreadable int
	numbers    []table.Number
}

// add adds a number without its interval.
func (l *lister) add(measure, label, what string, n int64, value float64) *table.Number {
	x := table.Number{Label: label, View: l.view, Unreadable: l.unreadable}
	x.ID, x.Set, x.Measure, x.What, x.N, x.Value = measure, l.set, measure, what, n, stat.Number(value)
	if l.set != "" {
		x.ID = l.set + "." + measure
	}
	l.numbers = append(l.numbers, x)
	return &l.numbers[len(l.numbers)-1]
}

// share adds a share of images.
func (l *lister) share(measure, label, what string, k, n int64) *table.Number {
	p := float64(stat.Share(k, n))
	x := l.add(measure, label, what, n, p)
	x.SE, x.Interval = stat.Number(math.Sqrt(p*(1-p)/float64(n))), stat.Wilson(k, n)
	return x
}

// sampled adds a number with bootstrap samples of images.
func (l *lister) sampled(measure, label, what string, n int64, s stat.Sampled, least float64) *table.Number {
	x := l.add(measure, label, what, n, s.Value)
	x.SE, x.Interval = stat.Number(s.SE()), s.Interval(least, 1)
	return x
}

// Names of the measures of maps and boxes.
const (
	locTop1, locMaxTop1   = "top1-localisation", "max-top1-localisation"
	locKnown, locMaxKnown = "gt-known-localisation", "max-box-acc"
	locV2                 = "max-box-acc-v2"
)

// locIoU has the measures whose mean is MaxBoxAccV2.
var locIoU = [3]string{"max-box-acc-v2/0.3", "max-box-acc-v2/0.5", "max-box-acc-v2/0.7"}

func (l *Localisation) column() table.Column {
	b := &lister{set: l.Set, view: l.View, unreadable: int(l.Unreadable)}
	whose := "the map of the image's class"
	if l.Rollout {
		whose = "the map of attention rollout"
	}
	n := l.Images
	classic := func(measure, label, what string, s cam.Share) {
		b.share(measure, label, what, s.K, s.N).Threshold = &s.Tau
	}
	best := func(measure, label, what string, m stat.Sampled, s cam.Share) {
		x := b.sampled(measure, label, what, n, m, 0)
		x.Part, x.Threshold = true, &s.Tau
	}
	classic(locTop1, "top-1 localisation", "the answer is right, and the largest box of "+whose+
		" has an IoU of 0.5 or more with a box of the ground truth", l.Top1)
	best(locMaxTop1, "at the best threshold", "the same, at the threshold that is best for all images together", l.maxima.MaxTop1, l.MaxTop1)
	classic(locKnown, "GT-known localisation", "the same, whatever the answer", l.GTKnown)
	best(locMaxKnown, "MaxBoxAcc", "the same, at the threshold that is best for all images together", l.maxima.MaxBoxAcc, l.MaxBoxAcc)
	b.sampled(locV2, "MaxBoxAccV2", "mean of the three numbers below", n, l.maxima.MaxBoxAccV2, 0)
	for k, iou := range []string{"0.3", "0.5", "0.7"} {
		best(locIoU[k], "IoU "+iou, "any box of "+whose+" has an IoU of "+iou+" or more with a box of the ground truth, at the best threshold",
			l.maxima.ByIoU[k], l.ByIoU[k])
	}
	c := table.Column{Network: l.Network, Numbers: b.numbers}
	note := func(count int64, one, many string) { c.Notes = counted(c.Notes, count, one, many) }
	note(l.Without, "1 image without boxes of the ground truth is left out", "%s images without boxes of the ground truth are left out")
	note(l.Unreadable, "1 image could not be read, and counts as wrong", "%s images could not be read, and count as wrong")
	if l.Transformer && !l.Rollout {
		c.Notes = append(c.Notes, "the map is what the class head says about each patch's token, on which it was not trained")
	}
	return c
}

// counted adds a sentence about a count of things, unless it is zero.
func counted(notes []string, count int64, one, many string) []string {
	switch count {
	case 0:
		return notes
	case 1:
		return append(notes, one)
	}
	return append(notes, fmt.Sprintf(many, ui.Thousands(count)))
}

func (l *Localisation) minus(m Measurement) (list []metric.Difference, same bool) {
	first := m.(*Localisation)
	top1, known, same := first.counts.Only(l.counts)
	if !same {
		return nil, false
	}
	id := func(measure string) string { return l.Set + "." + measure }
	list = append(list, metric.Paired(id(locTop1), l.Images, top1), metric.Paired(id(locKnown), l.Images, known))
	a, b := first.maxima, l.maxima
	sampled := func(measure string, x, y stat.Sampled) {
		list = append(list, metric.Resampled(id(measure), l.Images, y.Minus(x)))
	}
	sampled(locMaxTop1, a.MaxTop1, b.MaxTop1)
	sampled(locMaxKnown, a.MaxBoxAcc, b.MaxBoxAcc)
	sampled(locV2, a.MaxBoxAccV2, b.MaxBoxAccV2)
	for k, measure := range locIoU {
		sampled(measure, a.ByIoU[k], b.ByIoU[k])
	}
	return list, true
}

// Names of the measures of maps and masks.
const pxap, pxapByImage = "mpxap", "mpxap-by-image"

func (m *Masked) column() table.Column {
	b := &lister{view: m.View, unreadable: int(m.Unreadable)}
	b.sampled(pxap, "mPxAP", fmt.Sprintf("mean over %d classes of the average precision of the pixels of all images with the class", m.Classes), m.Pairs, m.Mean, 0)
	b.sampled(pxapByImage, "mean over images", "mean over pairs of an image and a class of the average precision of the image's pixels", m.Pairs, m.ByImage, 0).Part = true
	c := table.Column{Network: m.Network, Numbers: b.numbers}
	note := func(count int64, one, many string) { c.Notes = counted(c.Notes, count, one, many) }
	c.Notes = append(c.Notes, fmt.Sprintf("n counts pairs of an image and a class that it has, of %s images", ui.Thousands(m.Images)))
	note(m.Without, "1 image without ground truth in the store is left out", "%s images without ground truth in the store are left out")
	note(m.Empty, "1 image has no object of the network's classes, and is left out", "%s images have no object of the network's classes, and are left out")
	note(m.Unreadable, "1 image could not be read, and counts with a map that is zero everywhere", "%s images could not be read, and count with a map that is zero everywhere")
	return c
}

func (m *Masked) minus(o Measurement) (list []metric.Difference, same bool) {
	first := o.(*Masked)
	if !m.Same(first.ClassPxAP) {
		return nil, false
	}
	return []metric.Difference{
		metric.Resampled(pxap, m.Pairs, m.Mean.Minus(first.Mean)), metric.Resampled(pxapByImage, m.Pairs, m.ByImage.Minus(first.ByImage)),
	}, true
}

// measures are the measures of a removal.
var measures = []struct {
	name, label, what string
	lower             bool
	least             float64
	get               func(*removal.Result) removal.Measure
}{
	{"v-min", "V_min", "share of pairs of an image and a class whose score is lower without some other class than without the class", true, 0,
		func(r *removal.Result) removal.Measure { return r.VMin }},
	{"v-avg", "V_avg", "mean over pairs of the share of other classes without which the score is lower than without the class", true, 0,
		func(r *removal.Result) removal.Measure { return r.VAvg }},
	{"delta-min", "Δ_min", "mean over pairs of the probability of the class without it, minus the least without another class, in points", true, -1,
		func(r *removal.Result) removal.Measure { return r.DeltaMin }},
	{"delta-avg", "Δ_avg", "the same, minus the mean without another class", true, -1,
		func(r *removal.Result) removal.Measure { return r.DeltaAvg }},
}

// ofClasses is added to the name of a measure for its mean over classes.
const ofClasses = "-by-class"

func (r *Removed) column() table.Column {
	b := &lister{view: r.View, unreadable: int(r.Unreadable)}
	for _, m := range measures {
		v := m.get(r.Result)
		x := b.sampled(m.name, m.label, m.what, r.Pairs, v.Pairs, m.least)
		x.Lower = m.lower
		x = b.sampled(m.name+ofClasses, "mean over classes", fmt.Sprintf("mean over %d classes of the mean over their pairs", r.Classes), r.Pairs, v.Classes, m.least)
		x.Lower, x.Part = m.lower, true
	}
	c := table.Column{Network: r.Network, Numbers: b.numbers}
	c.Notes = append(c.Notes,
		fmt.Sprintf("n counts pairs of an image and a class that it has, of %s images", ui.Thousands(r.Images)),
		fmt.Sprintf("fill %s, masks enlarged by %d px, at most %s of an image removed", r.How.Fill, r.How.Dilation, ui.Percent(r.How.Limit, 0)),
		fmt.Sprintf("%s edits, of which %s without effect on what the network sees", ui.Thousands(r.Edits), ui.Thousands(r.Outside)))
	note := func(count int64, one, many string) { c.Notes = counted(c.Notes, count, one, many) }
	for _, reason := range slices.Sorted(maps.Keys(r.Left)) {
		note(r.Left[reason], "1 edit is left out: "+string(reason), "%s edits are left out: "+string(reason))
	}
	note(r.Result.Without, "1 pair is left out, because the class or all others could not be removed",
		"%s pairs are left out, because the class or all others could not be removed")
	note(r.Unreadable, "1 image could not be read, and counts as wrong: with a violation by every class, and a difference of 1",
		"%s images could not be read, and count as wrong: with violations by every class, and differences of 1")
	note(r.Without, "1 image without objects of two of the network's classes in the store is left out",
		"%s images without objects of two of the network's classes in the store are left out")
	return c
}

func (r *Removed) minus(o Measurement) (list []metric.Difference, same bool) {
	first := o.(*Removed)
	if !r.Same(first.Result) {
		return nil, false
	}
	for _, m := range measures {
		d := m.get(r.Result).Minus(m.get(first.Result))
		list = append(list, metric.Resampled(m.name, r.Pairs, d.Pairs), metric.Resampled(m.name+ofClasses, r.Pairs, d.Classes))
	}
	return list, true
}
