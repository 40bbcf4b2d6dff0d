package metric

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"path"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/stat"
)

// answer says what is true of an image, as bits.
type answer uint16

const (
	top1      answer = 1 << iota // the class of the largest logit is accepted, by way of IN-9's classes if those are the labels
	top5                         // one of the five largest logits' classes is accepted
	subset                       // the best of the classes that the image's set has is accepted
	realKnown                    // people saw a class in the image
	realRight                    // the class of the largest logit is one that people saw
	ofA                          // a validation image of a class of ImageNet-A
	ofR                          // of ImageNet-R
	ofO                          // of ImageNet-O
	rightA                       // the best of ImageNet-A's classes is accepted
	rightR                       // the best of ImageNet-R's classes is accepted
)

// A record has what the numbers need of an image.
type record struct {
	key   uint64 // hash of the image's path, or of its name if it is a validation image
	score float32
	group uint16 // index in the groups of the set
	is    answer
}

// Answers has a network's answers for the images of a set.
type Answers struct {
	About      outputs.SetAbout
	Unreadable int
	HasReal    bool // ReaL's labels were given

	groups  []string // in order
	index   map[string]uint16
	records []record // by key and group
	counted map[which][]count
	network *Network
}

// which says which images are counted, and for which answer.
type which struct{ mask, is answer }

// A Network has the answers of a network for all sets.
type Network struct {
	About outputs.About
	Sets  []*Answers

	real Real
	nine []int32
}

// Real returns ReaL's labels of a validation image by its path. known is false if ReaL does not have the image.
type Real func(path string) (labels []int32, known bool)

// Read reads the answers of a file of outputs. real may be nil.
func Read(f *outputs.File, real Real) (*Network, error) {
	n := NewNetwork(f.About, real)
	for row, err := range f.Rows() {
		if err != nil {
			return nil, err
		}
		if err := n.Add(row); err != nil {
			return nil, err
		}
	}
	return n, n.Finish()
}

// NewNetwork returns a network without answers. Add its rows, in any order, then call Finish.
func NewNetwork(about outputs.About, real Real) *Network {
	n := &Network{About: about, real: real, nine: classes.ToIN9()}
	for _, s := range about.Sets {
		n.Sets = append(n.Sets, &Answers{
			About: s, index: map[string]uint16{}, counted: map[which][]count{}, network: n,
		})
	}
	return n
}

// Set returns the answers for a set by its name, or nil.
func (n *Network) Set(name string) *Answers {
	i := slices.IndexFunc(n.Sets, func(a *Answers) bool { return a.About.Name == name })
	if i < 0 {
		return nil
	}
	return n.Sets[i]
}

// of returns the first set of a kind, or nil.
func (n *Network) of(kind string) *Answers {
	i := slices.IndexFunc(n.Sets, func(a *Answers) bool { return a.About.Kind == kind })
	if i < 0 {
		return nil
	}
	return n.Sets[i]
}

// Add adds the answer for an image. It does not keep the row.
func (n *Network) Add(r *outputs.Row) error {
	a := n.Set(r.Set)
	if a == nil {
		return fmt.Errorf("reading answers: a row is of the set %q, which the file does not describe", r.Set)
	}
	g, ok := a.index[r.Group]
	if !ok {
		if len(a.groups) > math.MaxUint16 {
			return fmt.Errorf("reading answers: set %s has more than %d groups", r.Set, math.MaxUint16)
		}
		g = uint16(len(a.groups))
		a.groups = append(a.groups, r.Group)
		a.index[r.Group] = g
	}
	rec := record{key: keyOf(a.About.Kind, r.Path), group: g, score: score(a.About.Kind, r)}
	if r.Unreadable {
		a.Unreadable++
	}
	a.records = append(a.records, a.answers(rec, r))
	return nil
}

// keyOf returns the hash that identifies an image of a set. Validation images of ImageNet-1k have unique names, so that
// they are found in every layout, and an image can be recognised with several corruptions.
func keyOf(kind, file string) uint64 {
	if kind == sets.ImageNet || kind == sets.Occlusion || kind == sets.C {
		if base := path.Base(file); strings.HasPrefix(base, "ILSVRC2012_val_") {
			file = base
		}
	}
	h := fnv.New64a()
	h.Write([]byte(file))
	return h.Sum64()
}

// score returns how anomalous an image is for the network: −1 times the confidence among the classes of
// ImageNet-O. An image that cannot be read counts as wrong.
func score(kind string, r *outputs.Row) float32 {
	if !r.Unreadable {
		return -r.ConfidenceO
	}
	if kind == sets.O {
		return float32(math.Inf(-1))
	}
	return float32(math.Inf(1))
}

// answers returns a record with the answers that a row gives.
func (a *Answers) answers(rec record, r *outputs.Row) record {
	set := func(is answer, v bool) {
		if v {
			rec.is |= is
		}
	}
	right := func(k int32) bool { return !r.Unreadable && k >= 0 && slices.Contains(r.Labels, k) }
	set(top1, right(a.predicted(r.Best)))
	set(top5, slices.ContainsFunc(r.Top5, right))
	switch a.About.Kind {
	case sets.A:
		set(subset, right(r.BestA))
	case sets.R:
		set(subset, right(r.BestR))
	case sets.O:
		set(subset, right(r.BestO))
	case sets.ObjectNet:
		set(subset, right(r.BestObjectNet))
	case sets.ImageNet:
		in := func(list []int32) bool {
			return len(r.Labels) == 1 && has(list, r.Labels[0])
		}
		set(ofA, in(classes.A()))
		set(ofR, in(classes.R()))
		set(ofO, in(classes.O()))
		set(rightA, right(r.BestA))
		set(rightR, right(r.BestR))
		if a.network.real != nil {
			labels, known := a.network.real(r.Path)
			a.HasReal = a.HasReal || known
			set(realKnown, len(labels) > 0)
			set(realRight, !r.Unreadable && slices.Contains(labels, r.Best))
		}
	}
	return rec
}

func has(sorted []int32, k int32) bool { _, ok := slices.BinarySearch(sorted, k); return ok }

// predicted returns the class that the set's labels are about. Those of the Backgrounds Challenge are IN-9's.
func (a *Answers) predicted(best int32) int32 {
	if a.About.Kind == sets.Backgrounds && a.network.About.Classes != len(classes.IN9()) && best >= 0 &&
		int(best) < len(a.network.nine) {
		return a.network.nine[best]
	}
	return best
}

// Finish sorts the answers. It returns an error if a set has an image twice.
func (n *Network) Finish() error {
	for _, a := range n.Sets {
		a.orderGroups()
		slices.SortFunc(a.records, compare)
		for i := 1; i < len(a.records); i++ {
			if compare(a.records[i-1], a.records[i]) == 0 {
				return fmt.Errorf("reading answers: set %s has an image twice", a.About.Name)
			}
		}
	}
	return nil
}

func compare(a, b record) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.group, b.group))
}

// orderGroups numbers the groups in the order of their names, or of their numbers if all are.
func (a *Answers) orderGroups() {
	names := slices.Clone(a.groups)
	slices.SortFunc(names, compareGroups)
	to := make([]uint16, len(names))
	for i, name := range names {
		to[a.index[name]] = uint16(i)
		a.index[name] = uint16(i)
	}
	for i := range a.records {
		a.records[i].group = to[a.records[i].group]
	}
	a.groups = names
}

// A count has the numbers of images with an answer, and of all.
type count struct{ right, n int64 }

// groupCounts returns for each group how many images have an answer, of those that have the bits of mask.
func (a *Answers) groupCounts(mask, is answer) []count {
	if out, ok := a.counted[which{mask, is}]; ok {
		return out
	}
	out := make([]count, len(a.groups))
	for i := range a.records {
		r := &a.records[i]
		if r.is&mask == mask {
			out[r.group].n++
			out[r.group].right += stat.One(r.is&is != 0)
		}
	}
	a.counted[which{mask, is}] = out
	return out
}
