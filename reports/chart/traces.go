package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis/result"
)

// A tile is one example in a figure.
type tile struct {
	x     *result.Example
	photo image.Image
}

// tilesAcross is the largest number of examples in a row.
const tilesAcross = 3

// Traces describes how the examples of a data set are drawn.
type Traces struct {
	Set     string
	Caption string // format of the caption, with %s for the ground that they are drawn on
	Alt     string // format of the alternative text, with %d for their number
	Outcome func(x *result.Example) string
	Heading string // format of the heading of an example that can be played, with %s for its image and its outcome
	Pause   int64  // ms without a sample after which a new line begins; 0 draws one line
	Lack    Lack   // what the store lacks if there are no examples
}

// Figure returns a figure of the examples in a list that are of the data set.
func (k Traces) Figure(list []result.Example, images *Photos) Figure {
	f := Figure{Name: k.Set + "-examples", Set: k.Set, Title: "Traces"}
	var tiles []tile
	for i := range list {
		if list[i].Set == k.Set {
			q := tile{&list[i], images.of(&list[i])}
			f.Photos += b2i(q.photo != nil)
			tiles = append(tiles, q)
		}
	}
	if len(tiles) == 0 {
		f.Missing = string(k.Lack)
		return f
	}
	across := min(tilesAcross, len(tiles))
	f.Width, f.Height = 300*float64(across), 290*float64(Lines(len(tiles), across))
	on := "the area of the image"
	if f.Photos > 0 {
		on = fmt.Sprintf("the image (%d of %d were found)", f.Photos, len(tiles))
	}
	f.Caption, f.Alt = fmt.Sprintf(k.Caption, on), fmt.Sprintf(k.Alt, len(tiles))
	f.Draw = func(t *Theme, c draw.Canvas) {
		Tiles(c, len(tiles), across, vg.Points(8), func(i int, part draw.Canvas) { k.tile(t, part, tiles[i]) })
	}
	return f
}

func (k Traces) tile(t *Theme, c draw.Canvas, q tile) {
	x := q.x
	name := x.Image
	if x.Hits+x.Misses > 0 { // with ground truth
		name += ": " + k.Outcome(x)
	}
	area := t.Headed(c, name, TickSize, x.Width, x.Height)
	if q.photo != nil {
		c.DrawImage(area.Rectangle, q.photo)
	} else {
		c.FillPolygon(t.undefined, corners(area.Rectangle))
	}
	outline(c, draw.LineStyle{Color: t.faint, Width: vg.Points(0.8)}, area.Rectangle)
	at := func(x, y float64) vg.Point {
		return area.At(max(-0.02, min(1.02, x)), max(-0.02, min(1.02, y)))
	}
	for _, b := range x.Boxes {
		box := vg.Rectangle{Min: at(b.X0, b.Y1), Max: at(b.X1, b.Y0)}
		outline(c, draw.LineStyle{Color: t.Series[2], Width: vg.Points(1.6)}, box)
	}
	end := int64(0)
	for _, s := range x.Samples {
		end = max(end, s.T)
	}
	for i := 1; i < len(x.Samples); i++ {
		a, b := x.Samples[i-1], x.Samples[i]
		if k.Pause > 0 && b.T-a.T > k.Pause { // the mouse did something else in between
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
		t.Target(c, p)
		if e.Icon != "" {
			s := t.Text(TickSize-1, t.Ink)
			p.X += vg.Points(8)
			if p.X+s.Rectangle(e.Icon).Size().X > area.Max.X {
				s.XAlign = draw.XRight
				p.X -= vg.Points(16)
			}
			t.Labelled(c, s, p, e.Icon)
		}
	}
}

// Labelled draws a text on a ground, so that it can be read on any image.
func (t *Theme) Labelled(c draw.Canvas, s draw.TextStyle, at vg.Point, text string) {
	c.FillPolygon(Fade(t.Paper, 200), corners(s.Rectangle(text).Add(at)))
	c.FillText(s, at, text)
}

// Target draws a cross on a disc, which is visible on any image.
func (t *Theme) Target(c draw.Canvas, p vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: t.Paper, Radius: vg.Points(6.5), Shape: draw.CircleGlyph{}}, p)
	cross(c, t.Series[1], p)
}

// Goal draws a ring that is visible on any image.
func (t *Theme) Goal(c draw.Canvas, p vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: t.Paper, Radius: 7, Shape: Ring{4}}, p)
	c.DrawGlyph(draw.GlyphStyle{Color: t.Series[2], Radius: 7, Shape: Ring{2}}, p)
}

// cross draws a diagonal cross.
func cross(c draw.Canvas, color color.NRGBA, p vg.Point) {
	line, r := draw.LineStyle{Color: color, Width: vg.Points(2)}, vg.Points(4)
	c.StrokeLine2(line, p.X-r, p.Y-r, p.X+r, p.Y+r)
	c.StrokeLine2(line, p.X-r, p.Y+r, p.X+r, p.Y-r)
}
