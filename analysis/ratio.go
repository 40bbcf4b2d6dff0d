package analysis

import (
	"sort"
	"sync"
)

// names gives numbers to names: workers, HITs, classes. The numbers depend on who comes first,
// so results are sorted by name.
type names struct {
	mu   sync.Mutex
	ids  map[string]int32
	list []string
}

func newNames() *names { return &names{ids: map[string]int32{}} }

func (n *names) id(name string) int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.ids[name]
	if !ok {
		id = int32(len(n.list))
		n.ids[name] = id
		n.list = append(n.list, name)
	}
	return id
}

// sorted are the numbers in the order of their names.
func (n *names) sorted() []int32 {
	order := make([]int32, len(n.list))
	for i := range order {
		order[i] = int32(i)
	}
	sort.Slice(order, func(i, j int) bool { return n.list[order[i]] < n.list[order[j]] })
	return order
}
