package cam

import "abtool/internal/stat"

// The IoU from which a box counts.
var levels = [3]float64{0.3, 0.5, 0.7}

// middle is the place of 0.5 in levels.
const middle = 1

// Classic is the threshold of the first work on class activation maps (Zhou et al., CVPR 2016).
const Classic = 0.2

// A Share is a number of images out of N, at a threshold of the maps.
type Share struct {
	K   int64   `json:"k"`
	N   int64   `json:"n"`
	Tau float64 `json:"threshold"`
}

// Value returns the share; it is NaN without images.
func (s Share) Value() float64 { return float64(stat.Share(s.K, s.N)) }

// Interval returns the 95 % interval of the share. It does not cover the choice of the threshold.
func (s Share) Interval() *stat.Interval { return stat.Wilson(s.K, s.N) }

// Localised has what a Localisation counted.
type Localised struct {
	Images  int64 `json:"images"`  // with boxes of ground truth
	Without int64 `json:"without"` // images without any, which are left out

	// GTKnown is the share of images whose box at the classic threshold has an IoU of 0.5 or more with a
	// box of ground truth; MaxBoxAcc is the same at the best threshold for all images together.
	GTKnown   Share `json:"gt_known"`
	MaxBoxAcc Share `json:"max_box_acc"`
	// Top1 and MaxTop1 count only images that the network classified correctly: top-1 localisation at the
	// classic and at the best threshold.
	Top1    Share `json:"top1"`
	MaxTop1 Share `json:"max_top1"`
	// ByIoU has the shares for 0.3, 0.5 and 0.7 where any contour of a map counts, each at its best
	// threshold.
	ByIoU [3]Share `json:"by_iou"`
}

// MaxBoxAccV2 returns the mean of ByIoU.
func (l *Localised) MaxBoxAccV2() float64 {
	sum := 0.0
	for _, s := range l.ByIoU {
		sum += s.Value()
	}
	return sum / float64(len(l.ByIoU))
}

// A Localisation counts images by threshold. The zero value is ready.
type Localisation struct {
	images, without int64
	known, correct  [Thresholds]int64 // largest contour, IoU of 0.5: all images, and those classified correctly
	all             [len(levels)][Thresholds]int64
}

// Add counts an image. right says whether the network classified it correctly; an image without ground truth
// is nil.
func (l *Localisation) Add(o *Overlaps, right bool) {
	if o == nil {
		l.without++
		return
	}
	l.images++
	for i := range Thresholds {
		largest, all := o.At(tau(i))
		if largest >= levels[middle] {
			l.known[i]++
			l.correct[i] += stat.One(right)
		}
		for k, level := range levels {
			l.all[k][i] += stat.One(all >= level)
		}
	}
}

// Merge adds what another Localisation counted.
func (l *Localisation) Merge(o *Localisation) {
	l.images += o.images
	l.without += o.without
	for i := range Thresholds {
		l.known[i] += o.known[i]
		l.correct[i] += o.correct[i]
		for k := range levels {
			l.all[k][i] += o.all[k][i]
		}
	}
}

// Result returns the shares.
func (l *Localisation) Result() *Localised {
	classic := 0
	for tau(classic) < Classic {
		classic++
	}
	r := &Localised{
		Images: l.images, Without: l.without,
		GTKnown: Share{l.known[classic], l.images, Classic}, MaxBoxAcc: l.best(&l.known),
		Top1: Share{l.correct[classic], l.images, Classic}, MaxTop1: l.best(&l.correct),
	}
	for k := range levels {
		r.ByIoU[k] = l.best(&l.all[k])
	}
	return r
}

// best returns the share at the threshold where it is largest, the lowest of equals.
func (l *Localisation) best(counts *[Thresholds]int64) Share {
	at := 0
	for i, k := range counts {
		if k > counts[at] {
			at = i
		}
	}
	return Share{counts[at], l.images, tau(at)}
}
