package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
)

// A tile is one example in a figure.
type tile struct {
	x     *analysis.Example
	photo image.Image
}

// tilesAcross is the largest number of examples in a row.
const tilesAcross = 3

// Traces says how the examples of a data set are drawn.
type Traces struct {
	Set     string
	Caption string // with the place of what they are drawn on
	Alt     string // with the place of their number
	Outcome func(x *analysis.Example) string
	Heading string // of an example that is played: with the places of its image and its outcome
	Pause   int64  // ms without a sample, after which a trace is drawn anew; 0: none is
	Lack    Lack   // without examples
}

// Figure draws the examples of the data set in a list of any.
func (k Traces) Figure(list []analysis.Example, images *Photos) Figure {
	var tiles []tile
	photos := 0
	for i := range list {
		if list[i].Set == k.Set {
			q := tile{&list[i], images.of(&list[i])}
			if q.photo != nil {
				photos++
			}
			tiles = append(tiles, q)
		}
	}
	if len(tiles) == 0 {
		return Figure{Name: k.Set + "-examples", Set: k.Set, Title: "Traces", Missing: string(k.Lack)}
	}
	across := min(tilesAcross, len(tiles))
	lines := (len(tiles) + across - 1) / across
	on := "the area of the image"
	if photos > 0 {
		on = fmt.Sprintf("the image (%d of %d were found)", photos, len(tiles))
	}
	f := Figure{Name: k.Set + "-examples", Set: k.Set, Width: 300 * float64(across), Height: 290 * float64(lines), Photos: photos}
	f.Title, f.Statistics = "Traces", nil
	f.Caption, f.Alt = fmt.Sprintf(k.Caption, on), fmt.Sprintf(k.Alt, len(tiles))
	f.Draw = func(t *Theme, c draw.Canvas) {
		size := c.Size()
		for i, q := range tiles {
			w, h := size.X/vg.Length(across), size.Y/vg.Length(lines)
			x, y := c.Min.X+w*vg.Length(i%across), c.Max.Y-h*vg.Length(i/across+1)
			gap := vg.Points(8)
			k.tile(t, draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x + gap, Y: y + gap}, Max: vg.Point{X: x + w - gap, Y: y + h - gap}}}, q)
		}
	}
	return f
}

func (k Traces) tile(t *Theme, c draw.Canvas, q tile) {
	x := q.x
	name := x.Image
	if x.Hits+x.Misses > 0 { // with ground truth
		name += ": " + k.Outcome(x)
	}
	head := t.Text(TickSize, t.Ink)
	head.YAlign = draw.YTop
	c.FillText(head, vg.Point{X: c.Min.X, Y: c.Max.Y}, name)
	c.Max.Y -= vg.Points(18)
	// The image as large as its shape lets it be.
	w, h := c.Size().X, c.Size().Y
	if ratio := vg.Length(x.Height / x.Width); h/w > ratio {
		h = w * ratio
	} else {
		w = h / ratio
	}
	area := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: c.Max.Y - h}, Max: vg.Point{X: c.Min.X + w, Y: c.Max.Y}}
	corners := func(r vg.Rectangle) []vg.Point {
		return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	}
	if q.photo != nil {
		c.DrawImage(area, q.photo)
	} else {
		c.FillPolygon(t.undefined, corners(area)[:4])
	}
	c.StrokeLines(draw.LineStyle{Color: t.faint, Width: vg.Points(0.8)}, corners(area))
	at := func(x, y float64) vg.Point {
		limit := func(v float64) vg.Length { return vg.Length(max(-0.02, min(1.02, v))) }
		return vg.Point{X: area.Min.X + w*limit(x), Y: area.Max.Y - h*limit(y)}
	}
	for _, b := range x.Boxes {
		c.StrokeLines(draw.LineStyle{Color: t.Series[2], Width: vg.Points(1.6)}, corners(vg.Rectangle{Min: at(b.X0, b.Y1), Max: at(b.X1, b.Y0)}))
	}
	end := int64(0)
	for _, s := range x.Samples {
		end = max(end, s.T)
	}
	for i := 1; i < len(x.Samples); i++ {
		a, b := x.Samples[i-1], x.Samples[i]
		if k.Pause > 0 && b.T-a.T > k.Pause { // something else happened in between
			continue
		}
		p, r := at(a.X, a.Y), at(b.X, b.Y)
		share := 0.2 + 0.8*float64(b.T)/math.Max(float64(end), 1)
		c.StrokeLine2(draw.LineStyle{Color: t.shade(share), Width: vg.Points(2.2)}, p.X, p.Y, r.X, r.Y)
	}
	for _, e := range x.Events {
		if !e.Last {
			continue
		}
		p := at(e.X, e.Y)
		c.DrawGlyph(draw.GlyphStyle{Color: t.Paper, Radius: vg.Points(6.5), Shape: draw.CircleGlyph{}}, p)
		Cross(c, t.Series[1], p)
		if e.Icon != "" {
			s := t.Text(TickSize-1, t.Ink)
			r := s.Rectangle(e.Icon)
			p.X += vg.Points(8)
			if p.X+r.Size().X > area.Max.X {
				s.XAlign = draw.XRight
				p.X -= vg.Points(16)
			}
			r = s.Rectangle(e.Icon).Add(p)
			c.FillPolygon(Fade(t.Paper, 200), corners(r)[:4])
			c.FillText(s, p, e.Icon)
		}
	}
}

// Cross draws a saltire that shows on anything.
func Cross(c draw.Canvas, color color.NRGBA, p vg.Point) {
	line, r := draw.LineStyle{Color: color, Width: vg.Points(2)}, vg.Points(4)
	c.StrokeLine2(line, p.X-r, p.Y-r, p.X+r, p.Y+r)
	c.StrokeLine2(line, p.X-r, p.Y+r, p.X+r, p.Y-r)
}
