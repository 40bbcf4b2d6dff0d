package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Figure can be drawn in a light and in a dark version.
type Figure struct {
	Name       string   // name of its files, for example imagenet-maps
	Set        string   // imagenet or coco
	Statistics []string // statistics of the data set that it shows
	Title      string
	Caption    string // description with the numbers of units
	Alt        string // alternative text for readers who do not see the figure
	Missing    string // what the store lacks for the figure and how to get it; "" if the figure can be drawn

	Width, Height float64 // points
	Photos        int     // number of photographs in it
	plots, drawn  int     // number of plots in it, and number of them that have data
	Draw          func(t *Theme, c draw.Canvas)
}

// Formats are the file formats of figures.
var Formats = []string{"svg", "png"}

// dpi is the resolution of PNG: two pixels to the point.
const dpi = 144

// Write draws the figure, light or dark, in one of Formats.
func (f *Figure) Write(w io.Writer, format string, inDark bool) error {
	width, height := vg.Points(f.Width), vg.Points(f.Height)
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
	return fmt.Errorf("format %q: give one of %v", format, Formats)
}

// Image returns the figure, light or dark, at a resolution in pixels per inch. An inch is 72 points.
func (f *Figure) Image(inDark bool, dpi int) image.Image {
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(f.Width), vg.Points(f.Height)), vgimg.UseDPI(dpi))
	f.paint(themeOf(inDark), draw.New(c))
	return c.Image()
}

func themeOf(inDark bool) *Theme {
	if inDark {
		return &dark
	}
	return &light
}

func (f *Figure) paint(t *Theme, c draw.Canvas) {
	c.FillPolygon(t.Paper, corners(c.Rectangle))
	margin := vg.Points(8)
	c = draw.Crop(c, margin, -margin, margin, -margin)
	f.Draw(t, c)
}

// PNG returns the light figure as a PNG picture with two pixels per point. Figures with several photographs
// would be large, so they have one pixel per point.
func (f *Figure) PNG() ([]byte, error) {
	resolution := dpi
	if f.Photos > 1 {
		resolution /= 2
	}
	var b bytes.Buffer
	err := png.Encode(&b, f.Image(false, resolution))
	return b.Bytes(), err
}

// Size returns the width and height of the figure, in points.
func (f *Figure) Size() (width, height float64) { return f.Width, f.Height }

// Save writes the figure to an existing folder, in all Formats, light and dark.
func (f *Figure) Save(dir string) error {
	for _, format := range Formats {
		for _, inDark := range []bool{false, true} {
			var b bytes.Buffer
			if err := f.Write(&b, format, inDark); err != nil {
				return err
			}
			path := filepath.Join(dir, filepath.Base(f.File(format, inDark)))
			if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// File returns the path of a figure's file within the folder of a report.
func (f *Figure) File(format string, inDark bool) string {
	name := f.Name
	if inDark {
		name += "-dark"
	}
	return "figures/" + name + "." + format
}
