package kernel

import "math"

// Attention is multi-head self-attention over T tokens of D values in Heads heads. Forward keeps its
// probabilities for Back.
type Attention struct {
	T, D, Heads   int
	probabilities []float32 // images × Heads × T × T
}

// Forward computes y (n × T × D) from qkv (n × T × 3·D: queries, keys, values).
func (a *Attention) Forward(t *Team, n int, qkv, y []float32) {
	a.probabilities = grown(a.probabilities, n*a.Heads*a.T*a.T)
	width, scale := a.D/a.Heads, a.scale()
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			for h := range a.Heads {
				q, k, v, p := a.parts(qkv, b, h)
				gemm(false, true, a.T, a.T, width, scale, q, 3*a.D, k, 3*a.D, 0, p, a.T)
				softmax(p, a.T)
				gemm(false, false, a.T, width, a.T, 1, p, a.T, v, 3*a.D, 0, y[b*a.T*a.D+h*width:], a.D)
			}
		}
	})
}

func (a *Attention) scale() float32 { return float32(1 / math.Sqrt(float64(a.D/a.Heads))) }

// parts returns the queries, keys and values of head h of image b in qkv, and the head's probabilities.
func (a *Attention) parts(qkv []float32, b, h int) (q, k, v, p []float32) {
	at := b*a.T*3*a.D + h*(a.D/a.Heads)
	size := a.T * a.T
	p = a.probabilities[(b*a.Heads+h)*size : (b*a.Heads+h+1)*size]
	return qkv[at:], qkv[at+a.D:], qkv[at+2*a.D:], p
}

// softmax normalises rows of width values in place.
func softmax(x []float32, width int) {
	for ; len(x) >= width; x = x[width:] {
		row := x[:width]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		sum := 0.0
		for i, v := range row {
			e := math.Exp(float64(v - top))
			row[i] = float32(e)
			sum += e
		}
		inverse := float32(1 / sum)
		for i := range row {
			row[i] *= inverse
		}
	}
}

// Back computes the gradient at qkv from dy.
func (a *Attention) Back(t *Team, n int, qkv, dy, dqkv []float32) {
	width, scale := a.D/a.Heads, a.scale()
	t.Split(n, func(worker, first, last int) {
		ds := t.own(worker, a.T*a.T)
		for b := first; b < last; b++ {
			for h := range a.Heads {
				q, k, v, p := a.parts(qkv, b, h)
				dq, dk, dv, _ := a.parts(dqkv, b, h)
				d := dy[b*a.T*a.D+h*width:]
				gemm(true, false, a.T, width, a.T, 1, p, a.T, d, a.D, 0, dv, 3*a.D)
				gemm(false, true, a.T, a.T, width, 1, d, a.D, v, 3*a.D, 0, ds, a.T)
				softmaxBack(ds, p, a.T)
				gemm(false, false, a.T, width, a.T, scale, ds, a.T, k, 3*a.D, 0, dq, 3*a.D)
				gemm(true, false, a.T, width, a.T, scale, ds, a.T, q, 3*a.D, 0, dk, 3*a.D)
			}
		}
	})
}

// softmaxBack replaces d, the gradient of the probabilities p, by the gradient of the logits.
func softmaxBack(d, p []float32, width int) {
	for ; len(d) >= width; d, p = d[width:], p[width:] {
		row, prob := d[:width], p[:width]
		sum := float32(0)
		for i, v := range row {
			sum += v * prob[i]
		}
		for i, v := range row {
			row[i] = prob[i] * (v - sum)
		}
	}
}
