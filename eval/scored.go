package eval

import (
	"cmp"
	"context"
	"slices"

	"abtool/eval/metric"
	"abtool/eval/table"
	"abtool/internal/stat"
	"abtool/train/data"
	"abtool/train/engine"
	runs "abtool/train/run"
)

// A Scored has the accuracy of a run on images with labels, as its training is validated: mAP for several labels,
// otherwise top-1 and top-5.
type Scored struct {
	Network table.Network

	classes []string
	several *metric.MultiLabel
	one     []ranked
	left    []string // sentences about images that are left out
}

// ranked is an image with one label.
type ranked struct {
	id         string
	top1, top5 bool
}

// Score evaluates a run on images with labels.
func Score(ctx context.Context, o NetworkOptions, e runs.EvalOptions) (*Scored, error) {
	n, err := Describe(o)
	if err != nil {
		return nil, err
	}
	s := &Scored{classes: n.Classes}
	if n.Multi {
		s.several = metric.NewMultiLabel(len(n.Classes))
	}
	var wrong error
	e.Each = func(images *data.Set, p runs.Prediction) {
		if !n.Multi {
			r := ranked{id: p.ID}
			if !p.Unreadable {
				best := top(p.Logits, 5)
				r.top1, r.top5 = int(best[0]) == p.Truth, slices.Contains(best, int32(p.Truth))
			}
			s.one = append(s.one, r)
			return
		}
		var labels []int32
		for _, k := range images.Images[p.Image].Labels {
			labels = append(labels, int32(k))
		}
		if err := s.several.Add(p.ID, labels, p.Logits); err != nil && wrong == nil {
			wrong = err
		}
	}
	e.New = func(c engine.Config) (engine.Engine, error) {
		made, err := o.New(c)
		if err == nil {
			s.Network = n.column(made.Name())
		}
		return made, err
	}
	m, err := runs.Eval(ctx, o.Run, e)
	if err != nil {
		return nil, err
	}
	s.left = m.LeftOut()
	slices.SortFunc(s.one, func(a, b ranked) int { return cmp.Compare(a.id, b.id) })
	return s, wrong
}

const scoredTop1, scoredTop5 = "top1", "top5"

func (s *Scored) column() table.Column {
	b := &lister{view: "as in training's validation"}
	if s.several != nil {
		x := s.several.Number()
		y := b.add(x.ID, "mAP", x.What, x.N, float64(x.Value))
		y.SE, y.Interval = x.SE, x.Interval
	} else {
		var right [2]int64
		for _, r := range s.one {
			right[0] += stat.One(r.top1)
			right[1] += stat.One(r.top5)
		}
		n := int64(len(s.one))
		b.share(scoredTop1, "top-1", "the answer is the image's class", right[0], n)
		if len(s.classes) > 5 {
			b.share(scoredTop5, "top-5", "the image's class is among the five best answers", right[1], n).Part = true
		}
	}
	return table.Column{Network: s.Network, Numbers: b.numbers, Notes: s.left}
}

func (s *Scored) minus(m Measurement) (list []metric.Difference, same bool) {
	first := m.(*Scored)
	if !slices.Equal(s.classes, first.classes) {
		return nil, false
	}
	if s.several != nil {
		d := metric.CompareMultiLabel(first.several, s.several)
		return []metric.Difference{d}, d.N > 0
	}
	if !slices.EqualFunc(s.one, first.one, func(a, b ranked) bool { return a.id == b.id }) {
		return nil, false
	}
	var top1, top5 [2]int64
	for i, b := range s.one {
		a := first.one[i]
		top1[0] += stat.One(a.top1 && !b.top1)
		top1[1] += stat.One(b.top1 && !a.top1)
		top5[0] += stat.One(a.top5 && !b.top5)
		top5[1] += stat.One(b.top5 && !a.top5)
	}
	n := int64(len(s.one))
	list = append(list, metric.Paired(scoredTop1, n, top1))
	if len(s.classes) > 5 {
		list = append(list, metric.Paired(scoredTop5, n, top5))
	}
	return list, true
}
