package eval

import (
	"fmt"
	"math"
	"testing"

	"abtool/eval/metric"
	"abtool/internal/stat"
)

// Two networks on ten images with one label: the first has five right alone, the second one.
func TestScored(t *testing.T) {
	classes := []string{"a", "b", "c", "d", "e", "f"}
	first, second := &Scored{classes: classes}, &Scored{classes: classes}
	for i := range 10 {
		id := fmt.Sprint(i)
		first.one = append(first.one, ranked{id, i < 7, true})
		second.one = append(second.one, ranked{id, i < 2 || i == 9, i > 0})
	}
	d := differences(t, first, second)
	if x := d["top1"]; x.Only != [2]int64{5, 1} || math.Abs(float64(x.Value)+0.4) > 1e-15 || float64(x.P) != stat.BinomialTest(5, 1) || x.Test != metric.TestMcNemar {
		t.Errorf("%+v", x)
	}
	if x := d["top5"]; x.Only != [2]int64{1, 0} || x.N != 10 {
		t.Errorf("%+v", x)
	}
	table := Table("Accuracy", "", [][]Measurement{{first}, {second}})
	if len(table.Rows) != 2 || table.Rows[0].Cells[1].Value != 0.3 || table.Rows[1].Differences[0].N != 10 {
		t.Errorf("%+v", table.Rows)
	}
	second.one = second.one[1:]
	table = Table("Accuracy", "", [][]Measurement{{first}, {second}})
	if table.Rows[0].Differences != nil || len(table.Notes) != 1 {
		t.Errorf("networks on other images are compared: %+v, notes %v", table.Rows[0].Differences, table.Notes)
	}
}

// mAP of two networks on the same images, of which the second ranks one class perfectly.
func TestScoredSeveral(t *testing.T) {
	first, second := &Scored{classes: []string{"a", "b"}, several: metric.NewMultiLabel(2)}, &Scored{classes: []string{"a", "b"}, several: metric.NewMultiLabel(2)}
	for i := range 40 {
		labels := []int32{int32(i % 2)}
		for _, c := range []struct {
			s      *Scored
			logits []float32
		}{{first, []float32{1, float32(i % 2)}}, {second, []float32{float32(1 - i%2), float32(i % 2)}}} {
			if err := c.s.several.Add(fmt.Sprint(i), labels, c.logits); err != nil {
				t.Fatal(err)
			}
		}
	}
	d := differences(t, first, second)["map"]
	if math.Abs(float64(d.Value)-0.25) > 1e-12 || d.N != 40 || d.Chance() || d.Interval.Low < 0.15 || d.Interval.High > 0.35 {
		t.Errorf("%+v, interval %+v, want ¼", d, d.Interval)
	}
	second.classes = []string{"a", "c"}
	if _, same := second.minus(first); same {
		t.Error("networks of other classes are compared")
	}
}
