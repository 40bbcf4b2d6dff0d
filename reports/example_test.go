package reports_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"log"
	"math"
	"path/filepath"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/eval/cam"
	"abtool/internal/stat"
	"abtool/internal/teststore"
	"abtool/reports"
	"abtool/reports/chart"
	"abtool/reports/internal/golden"
)

func ExampleMake() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 50})
	defer remove()
	out := filepath.Join(filepath.Dir(store), "report")
	r, err := reports.Make(ctx, store, reports.Options{Out: out, Only: []string{"imagenet-maps"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range r.Files {
		fmt.Println(name)
	}
	// Output:
	// figures/imagenet-maps-dark.png
	// figures/imagenet-maps-dark.svg
	// figures/imagenet-maps.png
	// figures/imagenet-maps.svg
	// index.html
	// report.md
	// stats.json
}

// compared returns differences between two stores as analysis.Differences does, with made-up numbers.
func compared() *analysis.Comparison {
	difference := func(name string, d, holm float64) analysis.Difference {
		return analysis.Difference{Name: name, Unit: "fraction", Difference: stat.Number(d),
			Interval: &stat.Interval{Low: d - 0.03, High: d + 0.05}, Test: &analysis.Test{Holm: stat.Number(holm)}}
	}
	return &analysis.Comparison{A: "first", B: "second", DataSets: []analysis.ComparedSet{{
		Name: "imagenet", Statistics: []analysis.ComparedStatistic{
			{Name: "click_accuracy", Differences: []analysis.Difference{difference("accuracy", 0.12, 0.001)}},
			{Name: "hits", Differences: []analysis.Difference{difference("flagged", -0.04, 0.7)}},
		},
	}}}
}

func ExampleDifferences() {
	for _, f := range reports.Differences(compared()) {
		golden.Show(f)
	}
	// Output:
	// Differences between the stores
	// a − b with 95 % intervals, of all values that are shares. a: first, b: second. Filled marks: p is below 0.05 after adjustment for all tests of the comparison (Holm).
}

// examples returns a trace on an image and one on a page, as analysis.Examples does.
func examples() []result.Example {
	var samples []result.Sample
	for i := range 12 {
		at := float64(i) / 11
		samples = append(samples, result.Sample{T: int64(40 * i), X: 0.1 + 0.4*at, Y: 0.9 - 0.5*at*at})
	}
	click := []result.Event{{Sample: result.Sample{T: 480, X: 0.5, Y: 0.4}, Last: true, Hit: true}}
	icon := []result.Event{{Sample: result.Sample{T: 480, X: 0.5, Y: 0.4}, Icon: "dog", Last: true, Hit: true}}
	box := []result.Box{{Name: "dog", X0: 0.3, Y0: 0.2, X1: 0.8, Y1: 0.7}}
	return []result.Example{
		{Set: "imagenet", Image: "n00000001_1", Width: 200, Height: 150, Boxes: box, Samples: samples, Events: click, Hits: 1},
		{Set: "imagenet", Image: "n00000001_2", Width: 150, Height: 200, Samples: samples, Events: click},
		{Set: "coco", Image: "9", Width: 640, Height: 480, Boxes: box, Samples: samples, Events: icon, Hits: 1, Misses: 1},
	}
}

// traces draws the examples of a data set.
func traces(set string) chart.Figure {
	f, err := reports.Traces(set, examples(), "")
	if err != nil {
		log.Fatal(err)
	}
	return *f
}

func ExampleTraces() {
	golden.Show(traces("imagenet"))
	// Output:
	// Traces
	// The path of the mouse on the area of the image from entering it to the final click, from pale to strong over time. Cross: the final click. Outlines: ground-truth boxes. A hash of the ids selects the images; every third is a miss.
}

// curves draws the loss and the accuracy of two epochs.
func curves() chart.Figure {
	epochs := []float64{1, 2, 3, 4}
	return reports.Curves("curves", "Training by epoch", "epoch", []reports.CurvePanel{
		{Title: "Class loss", Series: []reports.Series{
			{Name: "training", Points: chart.Points{X: epochs, Y: []float64{2.1, 1.4, 1.1, 0.9}}},
			{Name: "validation", Points: chart.Points{X: epochs, Y: []float64{2, 1.6, math.NaN(), 1.5}}}}},
		{Title: "Validation: top-1 accuracy", Shares: true, Series: []reports.Series{
			{Name: "validation", Points: chart.Points{X: epochs, Y: []float64{0.3, 0.45, 0.52, 0.55},
				Low: []float64{0.25, 0.4, 0.47, 0.5}, High: []float64{0.35, 0.5, 0.57, 0.6}}}}},
	})
}

func ExampleCurves() {
	golden.Show(curves())
	// Output:
	// Training by epoch
	// Training by epoch
}

// sweep draws what two ways of supervision give with three settings.
func sweep() chart.Figure {
	at := []float64{0, 1, 2}
	return reports.Sweep("lambda", "Accuracy by lambda", "lambda", "Mean over 3 seeds.", []reports.SweepPanel{{
		Title: "test: accuracy", Labels: []string{"0.1", "1", "10"}, Level: 0.52, LevelName: "none", Series: []reports.Series{
			{Name: "annotators", Points: chart.Points{X: at, Y: []float64{0.53, 0.58, 0.55},
				Low: []float64{0.51, 0.56, 0.52}, High: []float64{0.55, 0.6, 0.58}}},
			{Name: "random", Points: chart.Points{X: at, Y: []float64{0.52, 0.53, 0.5}}},
		},
	}})
}

func ExampleSweep() {
	golden.Show(sweep())
	// Output:
	// Accuracy by lambda
	// Mean over 3 seeds.
}

// predictions draws two images with predicted points, one of them with a target.
func predictions() chart.Figure {
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = color.Gray{uint8(100 + i%40)}.Y
	}
	return reports.Predictions("predictions", []reports.Predicted{
		{Image: m, Title: "9: dog", Points: [][2]float64{{0.4, 0.5}}, Targets: [][2]float64{{0.5, 0.4}}},
		{Image: m, Title: "25: cup", Points: [][2]float64{{0.8, 0.2}}},
	})
}

func ExamplePredictions() {
	golden.Show(predictions())
	// Output:
	// Predicted points
	// Cross: the network's prediction. Ring: the annotator's target.
}

// attention draws two images with maps and boxes.
func attention() chart.Figure {
	m := image.NewGray(image.Rect(0, 0, 32, 32))
	for i := range m.Pix {
		m.Pix[i] = uint8(60 + 5*(i%32))
	}
	dog := cam.New([]float32{0, 1, 0, 0, 4, 2, 0, 1, 0}, 3, 3, 32, 32)
	cup := cam.New([]float32{0, 0, 0, 0, 1, 0, 0, 0, 3}, 3, 3, 32, 32)
	return reports.Attention("attention", "map of the class", []reports.Looked{
		{Image: m, Title: "9: dog", Map: dog, Found: dog.Boxes(0.5, false), Truth: []cam.Box{{X0: 8, Y0: 6, X1: 26, Y1: 22}}},
		{Image: m, Title: "25: cup", Map: cup, Found: cup.Boxes(0.5, false), Truth: []cam.Box{{X0: 2, Y0: 3, X1: 9, Y1: 12}}},
	})
}

func ExampleAttention() {
	golden.Show(attention())
	// Output:
	// Where the network looks
	// Colour: map of the class. Dashed: the box that the map gives. Solid: the ground truth.
}

// masks draws an image that is not a square with a map of few pixels, a mask and a click.
func masks() chart.Figure {
	m := image.NewGray(image.Rect(0, 0, 60, 60))
	for i := range m.Pix {
		m.Pix[i] = uint8(60 + i%60)
	}
	mask := make([]cam.Pixel, 12*12)
	for y := 3; y < 9; y++ {
		for x := 2; x < 8; x++ {
			mask[12*y+x] = cam.Foreground
		}
	}
	return reports.Attention("attention-masks", "map of the class", []reports.Looked{{
		Image: m, Aspect: 1.5, Title: "cup 25: PxAP 0.80", Map: cam.New([]float32{0, 0, 0, 4, 1, 0, 0, 0, 1}, 3, 3, 12, 12),
		Mask: mask, Clicks: [][2]float64{{0.4, 0.5}},
	}})
}

func ExampleAttention_masks() {
	golden.Show(masks())
	// Output:
	// Where the network looks
	// Colour: map of the class. Solid: the ground truth. Ring: the annotator's click.
}

// bars and line draw simple figures.
func bars() chart.Figure {
	f, err := reports.Chart{Title: "Accuracy", X: "share of the images", Shares: true}.Bars([]string{"click", "centre"}, []float64{0.82, 0.64})
	if err != nil {
		log.Fatal(err)
	}
	f.Name = "chart-bars"
	return *f
}

func line() chart.Figure {
	f, err := reports.Chart{Title: "Clicks by week", X: "week", Y: "clicks"}.Line([]float64{1, 2, 3, 4}, []float64{900, 1500, math.NaN(), 1200})
	if err != nil {
		log.Fatal(err)
	}
	f.Name = "chart-line"
	return *f
}

func ExampleChart_Bars() {
	golden.Show(bars())
	// Output:
	// Accuracy
	// Accuracy
}

func ExampleChart_Line() {
	golden.Show(line())
	// Output:
	// Clicks by week
	// Clicks by week
}

// Every figure that is not one of a data set's statistics looks as it did, of made-up numbers.
func TestGoldenSVG(t *testing.T) {
	list := append(reports.Differences(compared()), traces("imagenet"), traces("coco"), curves(), sweep(), predictions(), attention(), masks(), bars(), line())
	for _, f := range list {
		golden.Check(t, f)
	}
}
