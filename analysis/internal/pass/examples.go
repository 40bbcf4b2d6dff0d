package pass

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"

	"abtool/analysis/result"
)

// TakesExample reports whether an image with that many mouse samples can be an example.
func TakesExample(o *result.ExampleOptions, image string, samples int) bool {
	if len(o.Images) > 0 {
		return samples > 0 && slices.Contains(o.Images, image)
	}
	return samples >= fewestSamples
}

// fewestSamples is the least number of mouse samples of an example that the user did not name.
const fewestSamples = 8

// ExampleOptions returns the options of a pass for examples.
func ExampleOptions(o *result.ExampleOptions) result.Options {
	jobs := o.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return result.Options{Jobs: jobs, Hide: o.Hide}
}

// Chance returns a hash of an image's id. The images with the smallest hashes become examples.
func Chance(seed uint64, id string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s", seed, id)
	v := h.Sum64()
	v ^= v >> 32 // the high bits of FNV are distributed better
	return v * 0x9e3779b97f4a7c15
}

// Candidates are the examples with the smallest Chance so far.
type Candidates struct {
	List []Candidate
}

// A Candidate is an image that may become an example.
type Candidate struct {
	Chance uint64
	ID     string
	Done   *result.Example
}

// Wants reports whether an image with that chance would be among the first n.
func (c *Candidates) Wants(n int, chance uint64) bool {
	return len(c.List) < n || n > 0 && chance < c.List[len(c.List)-1].Chance
}

// Add adds an image and keeps the n with the smallest Chance.
func (c *Candidates) Add(n int, x Candidate) {
	c.List = append(c.List, x)
	slices.SortFunc(c.List, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Chance, b.Chance), cmp.Compare(a.ID, b.ID))
	})
	c.List = c.List[:min(n, len(c.List))]
}
