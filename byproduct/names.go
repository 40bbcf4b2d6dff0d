package byproduct

import (
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Names assigns numbers to names of workers, HITs or classes. The numbers depend on the order in which
// goroutines meet the names, so no result may depend on the numbers.
type Names struct {
	mu   sync.Mutex
	ids  map[string]int32
	List []string // by number
}

// NewNames returns Names in which the names of list have the numbers 0, 1, …
func NewNames(list ...string) *Names {
	n := &Names{ids: map[string]int32{}}
	n.Number(nil, list)
	return n
}

// ID returns the number of a name. It may be called from several goroutines.
func (n *Names) ID(name string) int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id(name)
}

func (n *Names) id(name string) int32 {
	id, ok := n.ids[name]
	if !ok {
		id = int32(len(n.List))
		name = strings.Clone(name)
		n.ids[name] = id
		n.List = append(n.List, name)
	}
	return id
}

// Number appends the numbers of the names in list to the slice to. It may be called from several goroutines.
func (n *Names) Number(to []int32, list []string) []int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range list {
		to = append(to, n.id(s))
	}
	return to
}

// Name returns the name of a number, "" for −1.
func (n *Names) Name(id int32) string {
	if id < 0 {
		return ""
	}
	return n.List[id]
}

// Sorted returns the numbers in the order of their names.
func (n *Names) Sorted() []int32 {
	order := make([]int32, len(n.List))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(n.List[a], n.List[b]) })
	return order
}

// Sort gives the names the numbers of their order, and returns the new numbers by the old ones.
func (n *Names) Sort() []int32 {
	place := n.Places()
	list := make([]string, len(place))
	for id, p := range place {
		list[p] = n.List[id]
		n.ids[n.List[id]] = p
	}
	n.List = list
	return place
}

// Places returns, by number, the rank of each name in sorted order.
func (n *Names) Places() []int32 {
	place := make([]int32, len(n.List))
	for i, id := range n.Sorted() {
		place[id] = int32(i)
	}
	return place
}

// Texts stores many short texts in one block of memory.
type Texts struct {
	all  []byte
	ends []uint32
}

// Add adds a text.
func (t *Texts) Add(s string) {
	t.all = append(t.all, s...)
	t.ends = append(t.ends, uint32(len(t.all)))
}

// Grow makes room for more texts and more bytes of texts.
func (t *Texts) Grow(texts, bytes int) {
	t.ends, t.all = slices.Grow(t.ends, texts), slices.Grow(t.all, bytes)
}

// Len returns the number of texts.
func (t *Texts) Len() int { return len(t.ends) }

// Bytes returns the number of bytes of all texts.
func (t *Texts) Bytes() int { return len(t.all) }

// At returns the i-th text. It is valid until a text is added.
func (t *Texts) At(i int32) string {
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	b := t.all[from:t.ends[i]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Find returns the index of a text among sorted texts, and whether it is there. It tries the indices near and
// near + 1 first, because rows often come in order.
func (t *Texts) Find(s string, near int32) (int32, bool) {
	for i := max(near, 0); i <= near+1 && int(i) < t.Len(); i++ {
		if t.At(i) == s {
			return i, true
		}
	}
	low, high := int32(0), int32(t.Len())
	for low < high {
		if mid := (low + high) / 2; t.At(mid) < s {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, int(low) < t.Len() && t.At(low) == s
}
