package result

import "abtool/internal/stat"

// GridHistogram is a map of the image.
func GridHistogram(name, title, of string, g *stat.Grid) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Counts: g.Counts(), Outside: g.Outside, Of: of,
	}
}

// AddGrid adds a map and the share of its middle cell. The interval is that of the ratio middle,
// or Wilson's where it is negative.
func (r *Statistic) AddGrid(name, title, of string, g *stat.Grid, b *stat.Bootstrap, middle stat.RatioID) {
	v := Proportion(name+".share", title+": share of the middle cell, 0.82 % of the area", of, g.Middle(), g.Inside())
	if middle >= 0 {
		v.Interval, v.Replicates = b.Interval(middle), b.Samples(middle)
	}
	r.Add(v)
	r.Histograms = append(r.Histograms, GridHistogram(name, title, of, g))
}

// FrameHistogram is a map in the frame of boxes.
func FrameHistogram(name, title, of string, f *stat.Frame) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{-1, 2}, Y: [2]float64{-1, 2}, Counts: f.Counts(), Outside: f.Outside, Of: of,
	}
}

// AddFrame adds a map in the frame of boxes and its moments; the intervals of the means are
// those of the ratios mean and mean+1.
func (r *Statistic) AddFrame(name, title, of string, f *stat.Frame, b *stat.Bootstrap, mean stat.RatioID) {
	n := int64(len(f.U))
	value := func(what, title string, v float64) Value {
		return Value{Name: name + "." + what, Title: title, Value: stat.Number(v), Unit: "fraction of the box", N: n, Of: of}
	}
	for i, axis := range []struct {
		name, title string
		values      []float64
	}{{"u", "across", f.U}, {"v", "down", f.V}} {
		average, std, skew := stat.Moments(axis.values)
		m := value("mean_"+axis.name, "mean "+axis.title+", "+title, average)
		m.Interval = b.Interval(mean + stat.RatioID(i))
		s := value("skew_"+axis.name, "skew m3/m2^1.5 "+axis.title, skew)
		s.Unit = UnitNone
		r.Add(m, value("median_"+axis.name, "median "+axis.title, stat.Quantile(axis.values, 0.5)),
			value("std_"+axis.name, "population standard deviation "+axis.title, std), s)
	}
	u, v, k := f.Mode()
	r.Add(value("mode_u", "middle of the fullest cell of the map, across", u),
		value("mode_v", "middle of the fullest cell of the map, down", v),
		CountOf(name+".mode_count", "points in that cell", of, k, n))
	r.Histograms = append(r.Histograms, FrameHistogram(name+"_map", title, of, f))
}
