package pass

import (
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// GridHistogram returns a map of the image.
func GridHistogram(name, title, of string, g *plane.Grid) result.Histogram {
	return result.Histogram{
		Name: name, Title: title, X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Counts: g.Counts(), Outside: g.Outside, Of: of,
	}
}

// AddGrid adds a map and the share of its middle cell. The interval is that of the ratio middle,
// or Wilson's where it is negative.
func AddGrid(r *result.Statistic, name, title, of string, g *plane.Grid, b *stat.Bootstrap, middle stat.RatioID) {
	v := result.Proportion(name+".share", title+": share of the middle cell, 0.82 % of the area", of, g.Middle(), g.Inside())
	if middle >= 0 {
		v.Interval, v.Replicates = b.Interval(middle), b.Samples(middle)
	}
	r.Add(v)
	r.Histograms = append(r.Histograms, GridHistogram(name, title, of, g))
}

// FrameHistogram returns a map in the frame of boxes.
func FrameHistogram(name, title, of string, f *plane.Frame) result.Histogram {
	return result.Histogram{
		Name: name, Title: title, X: [2]float64{-1, 2}, Y: [2]float64{-1, 2}, Counts: f.Counts(), Outside: f.Outside, Of: of,
	}
}

// AddFrame adds a map in the frame of boxes and its moments; the intervals of the means are
// those of the ratios mean and mean+1.
func AddFrame(r *result.Statistic, name, title, of string, f *plane.Frame, b *stat.Bootstrap, mean stat.RatioID) {
	n := int64(len(f.U))
	value := func(what, title string, v float64) result.Value {
		return result.Value{Name: name + "." + what, Title: title, Value: stat.Number(v), Unit: "fraction of the box", N: n, Of: of}
	}
	for i, axis := range []struct {
		name, title string
		values      []float64
	}{{"u", "across", f.U}, {"v", "down", f.V}} {
		average, std, skew := stat.Moments(axis.values)
		m := value("mean_"+axis.name, "mean "+axis.title+", "+title, average)
		m.Interval = b.Interval(mean + stat.RatioID(i))
		s := value("skew_"+axis.name, "skew m3/m2^1.5 "+axis.title, skew)
		s.Unit = result.UnitNone
		r.Add(m, value("median_"+axis.name, "median "+axis.title, stat.Quantile(axis.values, 0.5)),
			value("std_"+axis.name, "population standard deviation "+axis.title, std), s)
	}
	u, v, k := f.Mode()
	r.Add(value("mode_u", "middle of the fullest cell of the map, across", u),
		value("mode_v", "middle of the fullest cell of the map, down", v),
		result.CountOf(name+".mode_count", "points in that cell", of, k, n))
	r.Histograms = append(r.Histograms, FrameHistogram(name+"_map", title, of, f))
}

// CountMiddle counts a point on the image as in the middle cell or not.
func CountMiddle(r *stat.Ratios, cluster int32, id stat.RatioID, x, y float64) {
	if row, col, ok := plane.Cell(x, y); ok {
		r.Count(cluster, id, row == plane.GridSize/2 && col == plane.GridSize/2)
	}
}
