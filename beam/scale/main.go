// Command scale simulates the pipelines of abtool-beam on n workers, from the costs of each stage that were measured
// on one processor, and prints the tables of docs/design/scale.md.
package main

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
)

// Measured for a million showings of 65,000, without ground truth, on one processor: seconds, and MB.
const (
	ingestSeconds  = 9.7
	gatherSeconds  = 5.9
	mergeSeconds   = 2.3 // to read what was gathered, merge it and compute intervals
	targetsSeconds = 2.4
	inputMB        = 1800 // of JSON Lines, not compressed
	storeMB        = 132
	stateMB        = 52 // gathered in stores of 900 showings each; 14 in one store
	targetsMB      = 11
)

// Assumed: MB a second between a worker and a bucket, millions of showings in a shard, and the share of tasks that
// take three times as long.
const (
	network   = 125.0
	shard     = 1.0
	straggles = 0.05
)

// free has the times at which workers are free.
type free []float64

func (f free) Len() int           { return len(f) }
func (f free) Less(i, j int) bool { return f[i] < f[j] }
func (f free) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *free) Push(x any)        { *f = append(*f, x.(float64)) }
func (f *free) Pop() any          { x := (*f)[len(*f)-1]; *f = (*f)[:len(*f)-1]; return x }

// finish returns when the last of the tasks ends, each of which goes to the worker that is free first.
func finish(tasks []float64, workers int) (last float64) {
	f := make(free, workers)
	for _, t := range tasks {
		f[0] += t
		last = max(last, f[0])
		heap.Fix(&f, 0)
	}
	return last
}

// tasks returns the times of shards. The first has so many times the showings of another.
func tasks(r *rand.Rand, millions, seconds, mb, skew float64) []float64 {
	all := make([]float64, int(math.Ceil(millions/shard)))
	for i := range all {
		all[i] = shard * (seconds + mb/network)
		if r.Float64() < straggles {
			all[i] *= 3
		}
	}
	all[0] *= skew
	return all
}

func main() {
	for _, millions := range []float64{1e3, 1e4} {
		fmt.Printf("\n%.0e showings\n\n| workers | ingest | gather | merge | targets | stats on n ÷ one worker | ingest, one shard × 50 |\n|---|---|---|---|---|---|---|\n", millions*1e6)
		var one float64
		for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
			r := rand.New(rand.NewPCG(1, 1))
			ingest := finish(tasks(r, millions, ingestSeconds, inputMB+storeMB, 1), n)
			gather := finish(tasks(r, millions, gatherSeconds, storeMB+stateMB, 1), n)
			blocks := math.Round(math.Sqrt(millions / shard))
			block := make([]float64, int(blocks))
			for i := range block {
				block[i] = millions / blocks * (mergeSeconds + 2*stateMB/network)
			}
			merge := finish(block, n) + millions*(mergeSeconds+stateMB/network) // and all blocks, by one worker
			targets := finish(tasks(r, millions, targetsSeconds, storeMB+targetsMB, 1), n)
			skewed := finish(tasks(r, millions, ingestSeconds, inputMB+storeMB, 50), n)
			if n == 1 {
				one = gather + merge
			}
			fmt.Printf("| %d | %s | %s | %s | %s | %.2f | %s |\n", n, hours(ingest), hours(gather), hours(merge), hours(targets), (gather+merge)/one, hours(skewed))
		}
	}
}

func hours(s float64) string { return fmt.Sprintf("%.2f h", s/3600) }
