package reports

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/internal/imagefile"
)

// photos are the pictures of examples, found by their ids. Without --images it is nil.
type photos struct {
	images *imagefile.Index
	place  string
	sought int
	absent int      // not there
	faults []string // why pictures that are there cannot be shown
}

// openPhotos finds the pictures of examples at a place; an empty place has none.
func openPhotos(place string, list []analysis.Example) (*photos, error) {
	if place == "" {
		return nil, nil
	}
	ids := map[string]bool{}
	for i := range list {
		ids[list[i].Image] = true
	}
	images, err := imagefile.OpenIndex(place, func(id string) bool { return ids[id] })
	if err != nil {
		return nil, fmt.Errorf("--images: %w", err)
	}
	return &photos{images: images, place: place}, nil
}

// of returns the picture of an example; nil if there is none to show.
func (p *photos) of(x *analysis.Example) image.Image {
	if p == nil {
		return nil
	}
	p.sought++
	i, err := p.images.Find(x.Image, x.Class, "")
	if err == nil && i < 0 {
		p.absent++
		return nil
	}
	var m image.Image
	name := x.Image
	if err == nil {
		var file bytes.Buffer
		name = p.images.Name(i)
		if err = p.images.Read(i, &file); err == nil {
			m, err = imagefile.Decode(file.Bytes())
		}
	}
	if err != nil {
		p.faults = append(p.faults, fmt.Sprintf("a trace is drawn without its image: %s: %s", name, err))
	}
	return m
}

// notes say in whole sentences which pictures are missing.
func (p *photos) notes() (notes []string) {
	if p == nil {
		return nil
	}
	notes = slices.Clone(p.faults)
	if p.absent > 0 {
		notes = append(notes, fmt.Sprintf("%d of the %d images of traces are not in %s", p.absent, p.sought, p.place))
		notes = append(notes, p.images.Notes()...)
	}
	return notes
}

func (p *photos) close() {
	if p != nil {
		p.images.Close()
	}
}

// A tile is one example in a figure.
type tile struct {
	x     *analysis.Example
	photo image.Image
}

// tilesAcross is the largest number of examples in a row.
const tilesAcross = 3

// traces says how the examples of a data set are drawn.
type traces struct {
	set     string
	caption string // with the place of what they are drawn on
	alt     string // with the place of their number
	outcome func(x *analysis.Example) string
	heading string // of an example that is played: with the places of its image and its outcome
	pause   int64  // ms without a sample, after which a trace is drawn anew; 0: none is
	lack    lack   // without examples
}

// figure draws the examples of the data set in a list of any.
func (k traces) figure(list []analysis.Example, images *photos) Figure {
	var tiles []tile
	photos := 0
	for i := range list {
		if list[i].Set == k.set {
			q := tile{&list[i], images.of(&list[i])}
			if q.photo != nil {
				photos++
			}
			tiles = append(tiles, q)
		}
	}
	if len(tiles) == 0 {
		return Figure{Name: k.set + "-examples", Set: k.set, Title: "Traces", Missing: string(k.lack)}
	}
	across := min(tilesAcross, len(tiles))
	lines := (len(tiles) + across - 1) / across
	on := "the area of the image"
	if photos > 0 {
		on = fmt.Sprintf("the image (%d of %d were found)", photos, len(tiles))
	}
	f := Figure{Name: k.set + "-examples", Set: k.set, width: 300 * float64(across), height: 290 * float64(lines), photos: photos}
	f.Title, f.Statistics = "Traces", nil
	f.Caption, f.Alt = fmt.Sprintf(k.caption, on), fmt.Sprintf(k.alt, len(tiles))
	f.draw = func(t *theme, c draw.Canvas) {
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

func (k traces) tile(t *theme, c draw.Canvas, q tile) {
	x := q.x
	name := x.Image
	if x.Hits+x.Misses > 0 { // with ground truth
		name += ": " + k.outcome(x)
	}
	head := t.text(tickSize, t.ink)
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
		c.StrokeLines(draw.LineStyle{Color: t.series[2], Width: vg.Points(1.6)}, corners(vg.Rectangle{Min: at(b.X0, b.Y1), Max: at(b.X1, b.Y0)}))
	}
	end := int64(0)
	for _, s := range x.Samples {
		end = max(end, s.T)
	}
	for i := 1; i < len(x.Samples); i++ {
		a, b := x.Samples[i-1], x.Samples[i]
		if k.pause > 0 && b.T-a.T > k.pause { // something else happened in between
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
		c.DrawGlyph(draw.GlyphStyle{Color: t.paper, Radius: vg.Points(6.5), Shape: draw.CircleGlyph{}}, p)
		cross(c, t.series[1], p)
		if e.Icon != "" {
			s := t.text(tickSize-1, t.ink)
			r := s.Rectangle(e.Icon)
			p.X += vg.Points(8)
			if p.X+r.Size().X > area.Max.X {
				s.XAlign = draw.XRight
				p.X -= vg.Points(16)
			}
			r = s.Rectangle(e.Icon).Add(p)
			c.FillPolygon(fade(t.paper, 200), corners(r)[:4])
			c.FillText(s, p, e.Icon)
		}
	}
}

// cross draws a saltire that shows on anything.
func cross(c draw.Canvas, color color.NRGBA, p vg.Point) {
	line, r := draw.LineStyle{Color: color, Width: vg.Points(2)}, vg.Points(4)
	c.StrokeLine2(line, p.X-r, p.Y-r, p.X+r, p.Y+r)
	c.StrokeLine2(line, p.X-r, p.Y+r, p.X+r, p.Y-r)
}
