package imagenet

import (
	"math"
	"testing"

	"abtool/byproduct"
)

func TestMeasure(t *testing.T) {
	// Right, up, right, down: a hat over the straight path of 300 px.
	hat := byproduct.Points{T: []int64{0, 100, 200, 300}, X: []float64{0, 0.1, 0.2, 0.3},
		Y: []float64{0.5, 0.4, 0.4, 0.5}}
	m := measure(hat, 1000, 500)
	for name, c := range map[string][2]float64{
		"mad": {m.mad, 50}, "ad": {m.ad, 25}, "auc": {m.auc, 10000}, "direct": {m.direct, 300},
		"length": {m.length, 100 + 2*math.Hypot(100, 50)},
		"speed":  {m.speed, 1000 * (100 + 2*math.Hypot(100, 50)) / 300},
		"peak":   {m.peakSpeed, 10 * math.Hypot(100, 50)}, "xflips": {float64(m.xFlips), 0},
		"yflips":     {float64(m.yFlips), 1},
		"initiation": {float64(m.initiation), 0},
	} {
		if !close9(c[0], c[1]) {
			t.Errorf("%s is %v, want %v", name, c[0], c[1])
		}
	}
	if down := measure(byproduct.Points{T: hat.T, X: hat.X, Y: []float64{0.5, 0.6, 0.6, 0.5}}, 1000,
		500); !close9(down.mad, -50) || !close9(down.auc, -10000) {
		t.Errorf("below the path, deviations are %v and %v", down.mad, down.auc)
	}
	still := measure(byproduct.Points{T: []int64{5, 25, 40}, X: []float64{0.3, 0.3, 0.4},
		Y: []float64{0.5, 0.5, 0.5}}, 100, 100)
	if still.initiation != 20 {
		t.Errorf("it moves after %d ms", still.initiation)
	}
}
