package reports

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"abtool/analysis"
	"abtool/internal/stat"
)

// A Figure can be drawn in a light and in a dark version.
type Figure struct {
	Name       string   // of its files, as imagenet-maps
	Set        string   // imagenet or coco
	Statistics []string // that it shows, of the set
	Title      string
	Caption    string // what is drawn, with the number of units
	Alt        string // the same in words for those who do not see it
	Missing    string // what the store lacks for the figure and how to get it; "" where it can be drawn

	width, height float64 // points
	photos        int     // photographs in it
	plots, drawn  int     // how many it has, and how many of them have data
	draw          func(t *theme, c draw.Canvas)
}

// Formats are those that figures are written in.
var Formats = []string{"svg", "png"}

// dpi is the resolution of PNG: two pixels to the point.
const dpi = 144

// Write draws the figure, as svg or png.
func (f *Figure) Write(w io.Writer, format string, inDark bool) error {
	width, height := vg.Points(f.width), vg.Points(f.height)
	switch format {
	case "svg":
		c := vgsvg.New(width, height)
		f.paint(themeOf(inDark), draw.NewCanvas(c, width, height))
		var b bytes.Buffer
		if _, err := c.WriteTo(&b); err != nil {
			return err
		}
		_, err := w.Write(tidySVG(b.Bytes()))
		return err
	case "png":
		return png.Encode(w, f.Image(inDark, dpi))
	}
	return fmt.Errorf("format %q: it is one of %v", format, Formats)
}

// Image draws the figure in so many pixels to the inch, which is 72 points.
func (f *Figure) Image(inDark bool, dpi int) image.Image {
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(f.width), vg.Points(f.height)), vgimg.UseDPI(dpi))
	f.paint(themeOf(inDark), draw.New(c))
	return c.Image()
}

func themeOf(inDark bool) *theme {
	if inDark {
		return &dark
	}
	return &light
}

func (f *Figure) paint(t *theme, c draw.Canvas) {
	c.FillPolygon(t.paper, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	margin := vg.Points(8)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	f.draw(t, c)
}

// A panel is a plot on a part of the canvas, from the left and from the top.
type panel struct {
	p            *plot.Plot
	x, y, dx, dy float64 // fractions of the canvas
	lack         lack    // where it has data: ""
}

func (q panel) on(c draw.Canvas) draw.Canvas {
	size := c.Size()
	return draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: c.Min.X + size.X*vg.Length(q.x), Y: c.Max.Y - size.Y*vg.Length(q.y+q.dy)},
		Max: vg.Point{X: c.Min.X + size.X*vg.Length(q.x+q.dx), Y: c.Max.Y - size.Y*vg.Length(q.y)},
	}}
}

// place draws plots, and says where one has no data.
func place(c draw.Canvas, panels ...panel) {
	for _, q := range panels {
		if q.lack != "" {
			q.empty(q.on(c))
			continue
		}
		settle(q.p)
		q.p.Draw(q.on(c))
	}
}

// empty draws the title of a plot that has no data.
func (q panel) empty(c draw.Canvas) {
	title := q.p.Title.TextStyle
	title.XAlign, title.YAlign = draw.XCenter, draw.YTop
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y}, q.p.Title.Text)
	note := q.p.X.Tick.Label
	note.XAlign, note.YAlign = draw.XCenter, draw.YCenter
	c.FillText(note, c.Center(), "no data")
}

// square draws a map in the largest square that its part has, so that cells are square, with the
// scale of its colours at the right.
func square(c draw.Canvas, q panel, scale *plot.Plot) {
	if q.lack != "" {
		q.empty(q.on(c))
		return
	}
	settle(q.p)
	settle(scale)
	part := q.on(c).Rectangle
	bar, gap := vg.Points(70), vg.Points(16)
	part.Max.X -= gap
	// The map's own ticks and title take some of its part: what is left is made square.
	const left, below, above = 30, 22, 30
	w, h := part.Max.X-part.Min.X-bar-vg.Points(left), part.Max.Y-part.Min.Y-vg.Points(below+above)
	side := min(w, h)
	part.Max.X = part.Min.X + side + vg.Points(left) + bar
	part.Min.Y = part.Max.Y - side - vg.Points(below+above)
	q.p.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: part.Min, Max: vg.Point{X: part.Max.X - bar, Y: part.Max.Y}}})
	scale.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: part.Max.X - bar + vg.Points(6), Y: part.Min.Y + vg.Points(below-8)}, Max: vg.Point{X: part.Max.X, Y: part.Max.Y - vg.Points(above-8)}}})
}

// source finds numbers of a document.
type source struct {
	set   string
	stats map[string]*analysis.Statistic
}

func newSource(d *analysis.DataSet) source {
	s := source{d.Name, map[string]*analysis.Statistic{}}
	for i := range d.Statistics {
		s.stats[d.Statistics[i].Name] = &d.Statistics[i]
	}
	return s
}

func (s source) has(names ...string) bool {
	for _, n := range names {
		if s.stats[n] == nil {
			return false
		}
	}
	return true
}

// value is a value of a statistic; an undefined one if there is none.
func (s source) value(statistic, name string) analysis.Value {
	if st := s.stats[statistic]; st != nil {
		if v := st.Value(name); v != nil {
			return *v
		}
	}
	return analysis.Value{Value: stat.Number(math.NaN())}
}

// column has the numbers of a column of a table; NaN where there is none.
func (s source) column(statistic, table, column string) (out []float64) {
	s.cells(statistic, table, column, func(v any) { out = append(out, cellNumber(v)) })
	return out
}

// texts has the texts of a column.
func (s source) texts(statistic, table, column string) (out []string) {
	s.cells(statistic, table, column, func(v any) { out = append(out, fmt.Sprint(v)) })
	return out
}

func (s source) cells(statistic, table, column string, f func(any)) {
	st := s.stats[statistic]
	if st == nil {
		return
	}
	for i := range st.Tables {
		if st.Tables[i].Name != table {
			continue
		}
		for c, col := range st.Tables[i].Columns {
			if col.Name == column {
				for _, row := range st.Tables[i].Rows {
					f(row[c])
				}
			}
		}
	}
}

// histogram is a map of a statistic; nil for none.
func (s source) histogram(statistic, name string) *analysis.Histogram {
	if st := s.stats[statistic]; st != nil {
		for i := range st.Histograms {
			if st.Histograms[i].Name == name {
				return &st.Histograms[i]
			}
		}
	}
	return nil
}

// percent writes a share for people.
func percent(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	return short(math.Round(v*1000)/10) + " %"
}

// interval writes a value with its interval for people.
func interval(v analysis.Value) string {
	text := percent(float64(v.Value))
	if v.Interval != nil {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", percent(v.Interval.Low), percent(v.Interval.High))
	}
	return text
}

func sum(v []float64) (total float64) {
	for _, x := range v {
		if !math.IsNaN(x) {
			total += x
		}
	}
	return total
}

// defined reports whether a value is one of something.
func defined(v analysis.Value) bool { return v.Value.Defined() && v.N > 0 }

// PNG is the light figure as a picture for a page: two pixels to the point, but one if there are several photographs, which would make it large.
func (f *Figure) PNG() ([]byte, error) {
	resolution := dpi
	if f.photos > 1 {
		resolution /= 2
	}
	var b bytes.Buffer
	err := png.Encode(&b, f.Image(false, resolution))
	return b.Bytes(), err
}

// Size is the width and height of the figure, in points.
func (f *Figure) Size() (width, height float64) { return f.width, f.height }

// Save writes a figure to a folder, as SVG and PNG, light and dark.
func (f *Figure) Save(dir string) error {
	for _, format := range Formats {
		for _, inDark := range []bool{false, true} {
			var b bytes.Buffer
			if err := f.Write(&b, format, inDark); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.file(format, inDark))), b.Bytes(), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// file is the name of a figure's file.
func (f *Figure) file(format string, inDark bool) string {
	name := f.Name
	if inDark {
		name += "-dark"
	}
	return "figures/" + name + "." + format
}
