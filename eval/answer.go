package eval

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"abtool/eval/classes"
	"abtool/eval/outputs"
)

// fill sets what the logits of an image say: all fields from Best to Logits, which are kept if keep is true.
func (n *Network) fill(r *outputs.Row, logits []float32, keep bool) error {
	for k, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("%s answers %v for class %s", n.Name, v, n.Classes[k])
		}
	}
	r.Top5 = top(logits, 5)
	r.Best = r.Top5[0]
	r.Confidence = softmax(logits, nil, r.Best)
	r.BestA, r.BestR, r.BestO, r.BestObjectNet, r.ConfidenceO = -1, -1, -1, -1, 0
	if n.ImageNet {
		r.BestA, r.BestR, r.BestO = among(logits, classes.A()), among(logits, classes.R()), among(logits, classes.O())
		r.BestObjectNet = among(logits, objectNet())
		r.ConfidenceO = softmax(logits, classes.O(), r.BestO)
	}
	r.Logits = nil
	if keep {
		r.Logits = slices.Clone(logits)
	}
	return nil
}

var objectNet = sync.OnceValue(classes.AllObjectNet)

// unreadable makes the row of an image that could not be read.
func unreadable(r *outputs.Row) {
	r.Unreadable = true
	r.Best, r.BestA, r.BestR, r.BestO, r.BestObjectNet = -1, -1, -1, -1, -1
}

// top returns the classes of the n largest values, largest first; of equal ones the lowest first.
func top(values []float32, n int) []int32 {
	best := make([]int32, 0, n+1)
	for k, v := range values {
		at := len(best)
		for at > 0 && v > values[best[at-1]] {
			at--
		}
		if at == n {
			continue
		}
		best = slices.Insert(best, at, int32(k))
		if len(best) > n {
			best = best[:n]
		}
	}
	return best
}

// among returns the class with the largest value in a list of classes; of equal ones the lowest.
func among(values []float32, list []int32) int32 {
	best := list[0]
	for _, k := range list {
		if values[k] > values[best] {
			best = k
		}
	}
	return best
}

// softmax returns the softmax of the class best, which must have the largest value, among a list of classes (nil:
// all).
func softmax(values []float32, list []int32, best int32) float32 {
	sum := 0.0
	if list == nil {
		for _, v := range values {
			sum += math.Exp(float64(v - values[best]))
		}
	}
	for _, k := range list {
		sum += math.Exp(float64(values[k] - values[best]))
	}
	return float32(1 / sum)
}
