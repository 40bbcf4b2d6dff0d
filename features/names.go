package features

import (
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// names gives numbers to names. They depend on who comes first, so no result may.
type names struct {
	mu   sync.Mutex
	ids  map[string]int32
	list []string
}

func newNames() *names { return &names{ids: map[string]int32{}} }

// number appends the numbers of the names to to.
func (n *names) number(to []int32, list []string) []int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range list {
		id, ok := n.ids[s]
		if !ok {
			id = int32(len(n.list))
			s = strings.Clone(s)
			n.ids[s] = id
			n.list = append(n.list, s)
		}
		to = append(to, id)
	}
	return to
}

// name is the name of a number, "" for −1.
func (n *names) name(id int32) string {
	if id < 0 {
		return ""
	}
	return n.list[id]
}

// places tells, by number, the place of each name in their order.
func (n *names) places() []int32 {
	order := make([]int32, len(n.list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(n.list[a], n.list[b]) })
	place := make([]int32, len(order))
	for i, id := range order {
		place[id] = int32(i)
	}
	return place
}

// texts are many short texts in one piece of memory.
type texts struct {
	all  []byte
	ends []uint32
}

func (t *texts) add(s string) {
	t.all = append(t.all, s...)
	t.ends = append(t.ends, uint32(len(t.all)))
}

func (t *texts) len() int { return len(t.ends) }

// at is the i-th text. It is valid as long as nothing is added.
func (t *texts) at(i int32) string {
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	b := t.all[from:t.ends[i]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// find finds a text among sorted ones. It looks at near and behind it first.
func (t *texts) find(s string, near int32) (int32, bool) {
	for i := max(near, 0); i <= near+1 && int(i) < t.len(); i++ {
		if t.at(i) == s {
			return i, true
		}
	}
	low, high := int32(0), int32(t.len())
	for low < high {
		if mid := (low + high) / 2; t.at(mid) < s {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, int(low) < t.len() && t.at(low) == s
}
