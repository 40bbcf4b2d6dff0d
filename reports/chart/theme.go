package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Theme has the colours of a figure.
type Theme struct {
	name              string
	Paper, Ink, faint color.NRGBA    // background, text and axes, grid
	Series            [6]color.NRGBA // colours of curves and bars
	low, high         oklch          // colours at the ends of the scale of a map
	undefined         color.NRGBA
}

// light and dark are the themes of the two versions of every figure. The colours of series are from Okabe
// and Ito (2008); people with any kind of colour vision can distinguish them. They are lighter in the dark
// theme.
var (
	light = Theme{
		name: "light", Paper: rgb(255, 255, 255), Ink: rgb(34, 34, 34), faint: rgb(222, 222, 222),
		Series: [6]color.NRGBA{rgb(0, 114, 178), rgb(213, 94, 0), rgb(0, 138, 100), rgb(204, 121, 167),
			rgb(150, 110, 0), rgb(90, 90, 90)},
		low: oklch{0.97, 0.015, 250}, high: oklch{0.30, 0.13, 264}, undefined: rgb(232, 232, 232),
	}
	dark = Theme{
		name: "dark", Paper: rgb(24, 26, 30), Ink: rgb(228, 228, 228), faint: rgb(62, 66, 72),
		Series: [6]color.NRGBA{rgb(86, 180, 233), rgb(255, 150, 70), rgb(60, 200, 155), rgb(225, 150, 195),
			rgb(240, 200, 80), rgb(170, 170, 170)},
		low: oklch{0.25, 0.02, 264}, high: oklch{0.95, 0.10, 100}, undefined: rgb(44, 46, 52),
	}
)

func rgb(r, g, b uint8) color.NRGBA { return color.NRGBA{r, g, b, 255} }

// Fade returns a colour with an opacity from 0 to 255.
func Fade(c color.NRGBA, alpha uint8) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, alpha} }

// An oklch is a colour in the polar form of Ottosson's Oklab: perceived lightness from 0 to 1, chroma, and
// hue in degrees. Equal steps of lightness look equal.
type oklch struct{ l, c, h float64 }

// shade returns the colour of a share from 0 to 1 on the scale of a map.
func (t *Theme) shade(share float64) color.NRGBA {
	share = max(0, min(1, share))
	mix := func(a, b float64) float64 { return a + (b-a)*share }
	dh := math.Mod(t.high.h-t.low.h+540, 360) - 180
	return oklch{mix(t.low.l, t.high.l), mix(t.low.c, t.high.c), t.low.h + dh*share}.rgb()
}

// rgb returns the nearest sRGB colour.
func (o oklch) rgb() color.NRGBA {
	a, b := o.c*math.Cos(o.h*math.Pi/180), o.c*math.Sin(o.h*math.Pi/180)
	l := math.Pow(o.l+0.3963377774*a+0.2158037573*b, 3)
	m := math.Pow(o.l-0.1055613458*a-0.0638541728*b, 3)
	s := math.Pow(o.l-0.0894841775*a-1.2914855480*b, 3)
	channel := func(v float64) uint8 {
		v = max(0, min(1, v))
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		return uint8(math.Round(255 * v))
	}
	return rgb(channel(4.0767416621*l-3.3077115913*m+0.2309699292*s),
		channel(-1.2684380046*l+2.6097574011*m-0.3413193965*s),
		channel(-0.0041960863*l-0.7034186147*m+1.7076147010*s))
}

// Sizes of text and lines, in points. A figure can still be read at half its size.
const (
	titleSize = 15
	labelSize = 14
	TickSize  = 12
	LineWidth = 2
)

// style sets the size and colour of a text.
func style(s *text.Style, size float64, c color.Color) {
	s.Color = c
	s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(size))
}

// Text returns a style for labels, which begin at their place and are centred on it vertically.
func (t *Theme) Text(size float64, c color.Color) text.Style {
	s := text.Style{XAlign: draw.XLeft, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
	style(&s, size, c)
	return s
}

// Plot returns an empty plot in the theme, with titles of the plot and its axes.
func (t *Theme) Plot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = vg.Points(8)
	style(&p.Title.TextStyle, titleSize, t.Ink)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle = draw.LineStyle{Color: t.Ink, Width: vg.Points(0.8)}
		a.Tick.LineStyle = draw.LineStyle{Color: t.Ink, Width: vg.Points(0.6)}
		a.Tick.Length, a.Tick.Marker = vg.Points(4), NiceTicks{}
		a.Padding, a.Label.Padding = vg.Points(4), vg.Points(4)
		style(&a.Label.TextStyle, labelSize, t.Ink)
		style(&a.Tick.Label, TickSize, t.Ink)
	}
	style(&p.Legend.TextStyle, TickSize, t.Ink)
	p.Legend.ThumbnailWidth = vg.Points(24)
	p.Legend.Padding = vg.Points(3)
	return p
}
