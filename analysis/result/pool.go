package result

import (
	"math"

	"abtool/internal/stat"
)

// PoolValues describe the model; what is the measure, accuracy or precision.
func PoolValues(p stat.BetaBinomial, what, of string) []Value {
	total := p.Alpha + p.Beta
	average := p.Alpha / total
	return []Value{
		{Name: "pool_mean", Title: "mean " + what + " of annotators in the beta-binomial model", Value: stat.Number(average), Unit: UnitShare, N: p.N, Of: of},
		{Name: "pool_sd", Title: "standard deviation of " + what + " between annotators, chance taken out", Value: stat.Number(math.Sqrt(average * (1 - average) / (total + 1))), Unit: UnitShare, N: p.N, Of: of},
		{Name: "pool_size", Title: "α + β: how many units weigh as much as the others' " + what, Value: stat.Number(total), Unit: "count", N: p.N, Of: of},
	}
}
