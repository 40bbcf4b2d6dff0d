package metric

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// alexNet has AlexNet's mean error for each corruption, in the order of the benchmark's mean.
var alexNet = []struct {
	corruption string
	err        float64
}{
	{"gaussian_noise", .886428}, {"shot_noise", .894468}, {"impulse_noise", .922640},
	{"defocus_blur", .819880}, {"glass_blur", .826268}, {"motion_blur", .785948}, {"zoom_blur", .798360},
	{"snow", .866816}, {"frost", .826572}, {"fog", .819324}, {"brightness", .564592},
	{"contrast", .853204}, {"elastic_transform", .646056}, {"pixelate", .717840}, {"jpeg_compression", .606500},
}

// extra has the corruptions that the benchmark's mean leaves out.
var extra = []string{"speckle_noise", "gaussian_blur", "spatter", "saturate"}

// validation is the number of validation images of ImageNet-1k.
const validation = 50000

// corrupted has the folders of ImageNet-C that a network answered.
type corrupted struct {
	set        string
	severities map[string][]string // of each corruption
	inMean     []string            // corruptions of the benchmark's mean that are there, in its order
	all        []string            // with the extra ones
	missing    int                 // folders of the 75 of the mean
}

func newCorrupted(a *Answers) *corrupted {
	c := &corrupted{set: a.About.Name, severities: map[string][]string{}}
	for _, g := range a.groups {
		if name, severity, ok := strings.Cut(g, "/"); ok {
			c.severities[name] = append(c.severities[name], severity)
		}
	}
	for _, x := range alexNet {
		c.missing += 5 - len(c.severities[x.corruption])
		if len(c.severities[x.corruption]) > 0 {
			c.inMean = append(c.inMean, x.corruption)
		}
	}
	c.all = slices.Clone(c.inMean)
	for _, name := range extra {
		if len(c.severities[name]) > 0 {
			c.all = append(c.all, name)
		}
	}
	return c
}

// mean returns the mean over corruptions of a weight times the mean accuracy over severities.
func (c *corrupted) mean(names []string, weigh func(name string) float64) *linear {
	l := &linear{clustered: true}
	for _, name := range names {
		for _, s := range c.severities[name] {
			w := weigh(name) / float64(len(names)) / float64(len(c.severities[name]))
			l.terms = append(l.terms, term{set: c.set, group: name + "/" + s, is: top1, weight: w})
		}
	}
	return l
}

func (b *builder) corruptions(a *Answers) {
	c := newCorrupted(a)
	same := func(string) float64 { return 1 }
	if len(c.inMean) > 0 {
		mean := b.add(a, Mean, "", "IN-C", "mean accuracy over 15 corruptions and 5 severities", c.mean(c.inMean, same))
		benchmark(mean, c)
		mce := c.mean(c.inMean, func(name string) float64 { return -1 / alexNetError(name) })
		for _, t := range mce.terms {
			mce.constant -= t.weight // the error is 1 − accuracy
		}
		x := b.add(a, MCE, "", "", "mean corruption error, relative to AlexNet's errors", mce)
		x.Lower = true
		benchmark(x, c)
	}
	if len(c.all) > len(c.inMean) {
		what := fmt.Sprintf("mean accuracy over %d corruptions, with the extra ones", len(c.all))
		b.add(a, MeanOfAll, "", "", what, c.mean(c.all, same)).Expected = int64(len(c.all)) * 5 * validation
	}
	for _, name := range c.all {
		b.cells(a, Corruption, name, "accuracy with "+name+", mean over severities", groupNames(name, c.severities[name]))
	}
	for _, s := range []string{"1", "2", "3", "4", "5"} {
		var names []string
		for _, name := range c.inMean {
			if slices.Contains(c.severities[name], s) {
				names = append(names, name+"/"+s)
			}
		}
		b.cells(a, Severity, s, "accuracy at severity "+s+", mean over corruptions", names)
	}
	for _, name := range c.all {
		for _, s := range c.severities[name] {
			l := groupShare(a.About.Name, name+"/"+s, top1)
			b.add(a, Corruption, name+"/"+s, "", "accuracy with "+name+" at severity "+s, &l).Expected = validation
		}
	}
}

// benchmark sets what the benchmark's means expect, and notes that folders of it are missing.
func benchmark(x *Number, c *corrupted) {
	x.Expected = 75 * validation
	if c.missing > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("%d of the 75 folders of the mean are missing, so that it is not the "+
			"benchmark's", c.missing))
	}
}

func alexNetError(corruption string) float64 {
	for _, x := range alexNet {
		if x.corruption == corruption {
			return x.err
		}
	}
	return math.NaN()
}

func groupNames(corruption string, severities []string) (names []string) {
	for _, s := range severities {
		names = append(names, corruption+"/"+s)
	}
	return names
}

// cells adds the mean accuracy of some groups.
func (b *builder) cells(a *Answers, measure, group, what string, names []string) {
	if len(names) == 0 {
		return
	}
	l := &linear{clustered: true}
	for _, g := range names {
		l.terms = append(l.terms, term{set: a.About.Name, group: g, is: top1, weight: 1 / float64(len(names))})
	}
	b.add(a, measure, group, "", what, l).Expected = int64(len(names)) * validation
}
