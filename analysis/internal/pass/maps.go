package pass

import (
	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// GridHistogram returns a map of the image.
func GridHistogram(name, title, of string, g *plane.Grid) result.Histogram {
	return result.Histogram{
		Name: name, Title: title, X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Counts: g.Counts(),
		Outside: g.Outside, Of: of,
	}
}

// AddGrid adds a map of the image and the share of its middle cell, with Wilson's interval.
func AddGrid(r *result.Statistic, name, title, of string, g *plane.Grid) {
	r.Add(result.Proportion(name+".share", title+": share of the middle cell, 0.82 % of the area", of,
		g.Middle(), g.Inside()))
	r.Histograms = append(r.Histograms, GridHistogram(name, title, of, g))
}

// A PointMap is a map of points on the image. It also counts the share of its middle cell by annotator.
type PointMap struct {
	plane.Grid
	ratios *Counts
	middle stat.RatioID
}

// NewPointMap returns an empty map.
func NewPointMap(r *Counts) PointMap { return PointMap{ratios: r, middle: r.Declare(1)} }

// Count adds a point of a cluster of rows.
func (m *PointMap) Count(cluster int32, x, y float64) {
	m.Add(x, y)
	if row, col, ok := plane.Cell(x, y); ok {
		m.ratios.Count(cluster, m.middle, row == plane.GridSize/2 && col == plane.GridSize/2)
	}
}

// Merge adds the points of another map; ratios are merged separately.
func (m *PointMap) Merge(o *PointMap) { m.Grid.Merge(&o.Grid) }

func (m *PointMap) columns(name string, to *partial.Columns) { to.Grid(name, &m.Grid) }

// Report adds the map and the share of its middle cell.
func (m *PointMap) Report(e *Base, r *result.Statistic, name, title, of string) {
	AddGrid(r, name, title, of, &m.Grid)
	share := &r.Values[len(r.Values)-1]
	share.Interval, share.Replicates = e.Boot.Interval(m.middle), e.Boot.Samples(m.middle)
}

// FrameHistogram returns a map in the frame of boxes.
func FrameHistogram(name, title, of string, f *plane.Frame) result.Histogram {
	return result.Histogram{
		Name: name, Title: title, X: [2]float64{-1, 2}, Y: [2]float64{-1, 2}, Counts: f.Counts(),
		Outside: f.Outside, Of: of,
	}
}

// A FrameMap is a map of points in the frames of their boxes. It also counts the means of u and v by annotator.
type FrameMap struct {
	plane.Frame
	ratios *Counts
	means  stat.RatioID // of u and v
}

// NewFrameMap returns an empty map.
func NewFrameMap(r *Counts) FrameMap { return FrameMap{ratios: r, means: r.Declare(2)} }

// Count adds a point of a cluster of rows.
func (f *FrameMap) Count(cluster int32, u, v float64) {
	f.Add(u, v)
	f.ratios.AddPoint(cluster, f.means, u, v)
}

// Merge adds the points of another map; ratios are merged separately.
func (f *FrameMap) Merge(o *FrameMap) { f.Frame.Merge(&o.Frame) }

func (f *FrameMap) columns(name string, to *partial.Columns) { to.Frame(name, &f.Frame) }

// Report adds the map and its moments.
func (f *FrameMap) Report(e *Base, r *result.Statistic, name, title, of string) {
	n := int64(len(f.U))
	value := func(what, quantity string, v float64) result.Value {
		return result.Value{Name: name + "." + what, Title: quantity + ", " + title, Value: stat.Number(v),
			Unit: "fraction of the box", N: n, Of: of}
	}
	for i, axis := range []struct {
		name, title string
		values      []float64
	}{{"u", "across", f.U}, {"v", "down", f.V}} {
		average, std, skew := stat.Moments(axis.values)
		m := value("mean_"+axis.name, "mean "+axis.title, average)
		m.Interval = e.Boot.Interval(f.means + stat.RatioID(i))
		s := value("skew_"+axis.name, "skew m3/m2^1.5 "+axis.title, skew)
		s.Unit = result.UnitNone
		r.Add(m, value("median_"+axis.name, "median "+axis.title, stat.Quantile(axis.values, 0.5)),
			value("std_"+axis.name, "population standard deviation "+axis.title, std), s)
	}
	u, v, k := f.Mode()
	r.Add(value("mode_u", "middle of the fullest cell of the map, across", u),
		value("mode_v", "middle of the fullest cell of the map, down", v),
		result.CountOf(name+".mode_count", "points in that cell, "+title, of, k, n))
	r.Histograms = append(r.Histograms, FrameHistogram(name+"_map", title, of, &f.Frame))
}
