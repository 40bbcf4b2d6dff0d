package reports

import (
	"bytes"
	"context"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/usage"
	"abtool/reports/chart"
)

func document(t *testing.T) *result.Document {
	t.Helper()
	d, err := analysis.Run(context.Background(), testStore(t), result.Options{Bootstrap: 50, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every figure of a report but the examples can be drawn from a document alone, by its name.
func TestDraw(t *testing.T) {
	d := document(t)
	for _, f := range drawnFigures(t) {
		if strings.HasSuffix(f.Name, "-examples") {
			continue
		}
		if have, err := Draw(d, f.Name); err != nil || have.Caption == "" {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if _, err := Draw(d, "imagenet-nothing"); !usage.Is(err) || !strings.Contains(err.Error(), "imagenet-maps") {
		t.Errorf("a figure that is not there: %v", err)
	}
}

// Charts draw the given values, with two pixels per point.
func TestChart(t *testing.T) {
	bars, err := Chart{Title: "t", Shares: true}.Bars([]string{"a", "b"}, []float64{0.25, 1})
	if err != nil {
		t.Fatal(err)
	}
	line, err := Chart{Title: "t"}.Line([]float64{1, 2}, []float64{3, 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*chart.Figure{bars, line} {
		b, err := f.PNG()
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(b))
		if width, _ := f.Size(); err != nil || c.Width != int(2*width) {
			t.Errorf("%d pixels of %g points, %v", c.Width, width, err)
		}
	}
	var svg bytes.Buffer
	if err := bars.Write(&svg, "svg", false); err != nil || !strings.Contains(svg.String(), "25 %") {
		t.Errorf("no 25 %% in the bars, %v", err)
	}
	if _, err := (Chart{}).Bars([]string{"a"}, nil); !usage.Is(err) {
		t.Error("a name without a value")
	}
	if _, err := (Chart{}).Line([]float64{1}, nil); !usage.Is(err) {
		t.Error("x without y")
	}
}

// Values returns the values of the named statistics, or single named values.
func TestValues(t *testing.T) {
	d := document(t)
	have, err := Values(d, "imagenet.click_accuracy.accuracy", "imagenet.off_centre")
	if err != nil {
		t.Fatal(err)
	}
	if n, want := strings.Count(have.HTML(), `<tr><td`), 1+
		len(d.Statistic("imagenet", "off_centre").Values); n != want {
		t.Errorf("%d values, want %d: %s", n, want, have.HTML())
	}
	if !strings.Contains(have.HTML(), "published") {
		t.Error("no published values")
	}
	if have, err := Values(d, "imagenet.workers.workers"); err != nil || strings.Contains(have.HTML(), "published") {
		t.Errorf("an empty column of published values, %v", err)
	}
	for _, name := range []string{"imagenet.nothing", "click_accuracy", "imagenet.click_accuracy.nothing"} {
		if _, err := Values(d, name); !usage.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rows are sorted and cut as asked.
func TestRows(t *testing.T) {
	d := document(t)
	have, err := Rows(d, "imagenet.workers.by_worker",
		Pick{Columns: []string{"worker", "rank"}, By: "rank", First: 2})
	if err != nil {
		t.Fatal(err)
	}
	ranks := regexp.MustCompile(`>(\d+)</td></tr>`).FindAllStringSubmatch(have.HTML(), -1)
	if len(ranks) != 2 || ranks[0][1] != "1" || ranks[1][1] != "2" {
		t.Errorf("ranks %v in %s", ranks, have.HTML())
	}
	for name, p := range map[string]Pick{
		"imagenet.workers.nothing":   {},
		"imagenet.workers.by_worker": {Columns: []string{"nothing"}},
		"imagenet.hits.by_hit":       {By: "nothing"},
	} {
		if _, err := Rows(d, name, p); !usage.Is(err) {
			t.Errorf("%s %v: %v", name, p, err)
		}
	}
}
