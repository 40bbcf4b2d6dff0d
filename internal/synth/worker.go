package synth

import "math"

// worker is an annotator with the habits that nobody sees. Speeds are factors (1 = typical,
// greater = slower), rates and weights are probabilities or shares.
type worker struct {
	ID           string  `json:"worker_id"`
	Speed        float64 `json:"speed"`           // factor on all durations
	ClickSD      float64 `json:"click_sd"`        // sd of a click about its target, in widths and heights of the object
	CentreBias   float64 `json:"centre_bias"`     // weight that pulls the target to the image's centre
	DeselectRate float64 `json:"deselect_rate"`   // chance of taking back a selection
	HoverOnly    float64 `json:"hover_only_rate"` // chance that an image that is not selected is at least crossed
	Diligence    float64 `json:"diligence"`       // chance that a click is aimed at all
	Recall       float64 `json:"recall"`          // chance to recognise a clear image or object
	SampleMS     float64 `json:"sample_ms"`       // interval between pointer samples
	Columns      int     `json:"columns"`         // images in a row of this annotator's window
	Pitch        int     `json:"pitch"`           // width of a grid cell, CSS pixels
	Keyboard     float64 `json:"keyboard"`        // chance to browse categories with the keyboard
	HITs         int     `json:"hits"`            // HITs done
}

// workerSkew makes productivity uneven: the worker of a HIT is floor(n u^skew), so that the
// busiest tenth of the pool does a third of the work.
const workerSkew = 2.2

// newWorkers draws a pool of n.
func newWorkers(seed uint64, n int) []worker {
	ws := make([]worker, n)
	d := newDice()
	for i := range ws {
		d.set(seed, stageWorker, uint64(i))
		w := &ws[i]
		w.ID = code(hash(seed, stageID, uint64(i)), 10, upperHex)
		w.Speed = d.logNormal(1, 0.28)
		w.ClickSD = min(d.logNormal(0.18, 0.4), 0.6)
		w.CentreBias = min(d.ExpFloat64()*0.20, 0.9)
		if d.chance(0.04) { // always the centre
			w.CentreBias = 0.85 + 0.13*d.Float64()
		}
		w.DeselectRate = min(0.02+d.ExpFloat64()*0.03, 0.3)
		w.HoverOnly = d.within(0.97, 0.03, 0.7, 1)
		w.Diligence = d.within(0.68, 0.12, 0.35, 1)
		if d.chance(0.04) { // in a rush
			w.Speed *= 0.6
			w.Diligence = 0.3 + 0.3*d.Float64()
		}
		w.Recall = d.within(0.90, 0.07, 0.35, 0.995)
		w.SampleMS = 1000 / (30 + 30*d.Float64())
		w.Columns = d.between(3, 6)
		w.Pitch = d.between(180, 350)
		if d.chance(0.35) {
			w.Keyboard = 0.95
		} else {
			w.Keyboard = 0.04
		}
	}
	return ws
}

// pick chooses the worker of a HIT; again > 0 gives others for the same HIT.
func pick(seed uint64, n int, hit, again int) int {
	u := unit(hash(seed, stagePick, uint64(hit)<<8|uint64(again)))
	return min(int(float64(n)*math.Pow(u, workerSkew)), n-1)
}
