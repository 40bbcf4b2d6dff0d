package analysis

import "abtool/internal/stat"

// gridHistogram is a map of the image.
func gridHistogram(name, title, of string, g *stat.Grid) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Counts: g.Counts(), Outside: g.Outside, Of: of,
	}
}

// addGrid adds a map and the share of its middle cell. The interval is that of the ratio middle,
// or Wilson's where it is negative.
func (r *Statistic) addGrid(name, title, of string, g *stat.Grid, b *stat.Bootstrap, middle stat.RatioID) {
	v := proportion(name+".share", title+": share of the middle cell, 0.82 % of the area", of, g.Middle(), g.Inside())
	if middle >= 0 {
		v.Interval, v.Replicates = b.Interval(middle), b.Samples(middle)
	}
	r.add(v)
	r.Histograms = append(r.Histograms, gridHistogram(name, title, of, g))
}

// frameHistogram is a map in the frame of boxes.
func frameHistogram(name, title, of string, f *stat.Frame) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{-1, 2}, Y: [2]float64{-1, 2}, Counts: f.Counts(), Outside: f.Outside, Of: of,
	}
}
