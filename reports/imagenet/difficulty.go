package imagenet

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Hesitation(s chart.Source) chart.Figure {
	f := chart.Figure{Name: "imagenet-hesitation", Title: "Hesitation: how often the pointer came to the image before the click", Width: 640, Height: 300, Statistics: []string{"timing"},
		Alt: "Bars of accuracy for one, two, three, four, and five or more entries."}
	f.Describe(chart.Part{Caption: "Accuracy of the last click of a showing by the number of entries at or before it, with the number of clicks; lines are 95 % intervals over samples of the annotators.",
		Lack: chart.Unless(s.Counted("timing", "by_visits", "n"), chart.FirstLack(clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N), noEntries))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p := accuracyBars(t, "", "accuracy", s, "timing", "by_visits", "n", []string{"1 entry", "2 entries", "3 entries", "4 entries", "5 or more"}, "accuracy")
		chart.Place(c, chart.Panel{Plot: p, DX: 1, DY: 1})
	}
	return f
}

func Difficulty(s chart.Source) chart.Figure {
	clicks := chart.Unless(s.Counted("difficulty", "by_time", "n"), chart.FirstLack(clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N), noEntries))
	f := chart.Figure{Name: "imagenet-difficulty", Title: "Difficulty: time against accuracy", Width: 820, Height: 320, Statistics: []string{"difficulty"},
		Alt: "Accuracy by time, and by the fifth of an annotator's clicks."}
	f.Describe(
		chart.Part{Where: "Left", Caption: "accuracy by the time from entering to the click.", Lack: clicks},
		chart.Part{Where: "Right", Caption: "by the fifth of the annotator's own clicks, from the quickest to the slowest, which leaves out that some are slow and careful.", Lack: clicks})
	if auc := s.Value("difficulty", "auc_within"); auc.Value.Defined() {
		f.Caption += fmt.Sprintf(" Of pairs of a miss and a hit of one annotator, the miss took longer in %s.", chart.WithInterval(auc))
	}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		d := curveOf(s, "difficulty", "by_time", "from")
		var names []string
		for i, v := range d.X {
			to := "more"
			if i+1 < len(d.X) {
				to = chart.Milliseconds(d.X[i+1])
			}
			names = append(names, chart.Milliseconds(v)+" – "+to)
		}
		p := accuracyBars(t, "", "accuracy", s, "difficulty", "by_time", "n", names, "accuracy")
		q := accuracyBars(t, "", "accuracy", s, "difficulty", "by_fifth", "n", []string{"quickest fifth", "second", "third", "fourth", "slowest fifth"}, "accuracy")
		same(&p.X, &q.X)
		chart.Place(c, chart.Panel{Plot: p, DX: 0.52, DY: 1, Lack: clicks}, chart.Panel{Plot: q, X: 0.52, DX: 0.48, DY: 1, Lack: clicks})
	}
	return f
}

// accuracyBars draws a table of accuracies as bars with their intervals and numbers of units.
func accuracyBars(t *chart.Theme, title, x string, s chart.Source, statistic, table, n string, names []string, value string) *plot.Plot {
	var notes []string
	for _, v := range s.Column(statistic, table, n) {
		notes = append(notes, "n = "+chart.Grouped(v))
	}
	values := s.Column(statistic, table, value)
	low, high := s.Column(statistic, table, "low"), s.Column(statistic, table, "high")
	p := t.Rows(title, x, chart.Rows{Names: names[:min(len(names), len(values))], Notes: notes, Values: values, Low: low, High: high, Reserve: 0.24})
	p.X.Tick.Marker = chart.Percents{}
	return p
}
