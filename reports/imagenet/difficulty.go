package imagenet

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Hesitation draws the accuracy by the number of times the pointer entered the image.
func Hesitation(s chart.Source) chart.Figure {
	f := chart.Figure{Name: "imagenet-hesitation", Width: 640, Height: 300, Statistics: []string{"timing"},
		Title: "Hesitation: number of times the pointer entered the image before the click",
		Alt:   "Bars of accuracy for one, two, three, four, and five or more entries."}
	f.Describe(chart.Part{Caption: "Accuracy of the last click of a showing by the number of entries at or before it, " +
		"with the number of clicks. Lines: 95 % intervals by resampling annotators.",
		Lack: chart.Unless(s.Counted("timing", "by_visits", "n"), chart.FirstLack(boxedClicks(s), noEntries))})
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot {
		return accuracyBars(t, s, "timing", "by_visits", "1 entry", "2 entries", "3 entries",
			"4 entries", "5 or more")
	})
	return f
}

// Difficulty draws the accuracy by the time to the click.
func Difficulty(s chart.Source) chart.Figure {
	clicks := chart.Unless(s.Counted("difficulty", "by_time", "n"), chart.FirstLack(boxedClicks(s), noEntries))
	f := chart.Figure{Name: "imagenet-difficulty",
		Title: "Difficulty: accuracy against the time to the click", Width: 820, Height: 320,
		Statistics: []string{"difficulty"}, Alt: "Bars of accuracy by the time to the click, and by fifths " +
			"of each annotator's clicks."}
	f.Describe(
		chart.Part{Where: "Left", Caption: "accuracy by the time from entering to the click.", Lack: clicks},
		chart.Part{Where: "Right", Caption: "accuracy by fifths of each annotator's clicks, from the quickest to the slowest. " +
			"This removes differences between annotators, some of whom are slow and careful.", Lack: clicks})
	if auc := s.Value("difficulty", "auc_within"); auc.Value.Defined() {
		f.Caption += fmt.Sprintf(" The miss took longer in %s of the pairs of a miss and a hit of one annotator.",
			chart.WithInterval(auc))
	}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		from := s.Column("difficulty", "by_time", "from")
		var names []string
		for i, v := range from {
			to := " or more"
			if i+1 < len(from) {
				to = " – " + chart.Milliseconds(from[i+1])
			}
			names = append(names, chart.Milliseconds(v)+to)
		}
		p := accuracyBars(t, s, "difficulty", "by_time", names...)
		q := accuracyBars(t, s, "difficulty", "by_fifth", "quickest fifth", "second", "third",
			"fourth", "slowest fifth")
		same(&p.X, &q.X)
		chart.Place(c, chart.Panel{Plot: p, DX: 0.52, DY: 1, Lack: clicks},
			chart.Panel{Plot: q, X: 0.52, DX: 0.48, DY: 1, Lack: clicks})
	}
	return f
}

// accuracyBars returns a plot of a table of accuracies as bars, with their intervals and numbers of clicks.
func accuracyBars(t *chart.Theme, s chart.Source, statistic, table string, names ...string) *plot.Plot {
	count := func(n float64) string { return "n = " + chart.Grouped(n) }
	bars := s.Rows(statistic, table, "accuracy", names, "n", count)
	return t.Rows("", "accuracy", chart.Rows{Bars: bars, Reserve: 0.24})
}
