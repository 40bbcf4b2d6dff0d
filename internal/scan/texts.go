package scan

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// texts numbers the different texts of a column's batch, without an allocation for each.
type texts struct {
	ends  []int32 // that part the texts: one more than there are texts
	slots []int32 // hash table: 1 + number of a text, 0 where there is none
	kept  []byte  // the different texts, one after the other
	at    []int32 // their ends
}

var seed = maphash.MakeSeed()

// number writes the number of each text of b to index, −1 for those that the null bits say are
// not there, and appends the texts to dict.
func (t *texts) number(index []int32, dict []string, b, there []byte) []string {
	t.kept, t.at = t.kept[:0], append(t.at[:0], 0)
	t.room(64)
	last := int32(-1)
	for i := range index {
		if len(there) > 0 && there[i/8]>>(i%8)&1 == 0 {
			index[i] = -1
			continue
		}
		text := b[t.ends[i]:t.ends[i+1]]
		if last < 0 || !bytes.Equal(text, t.text(last)) { // neighbours are often the same
			last = t.find(text)
		}
		index[i] = last
	}
	all := string(t.kept)
	for i := range len(t.at) - 1 {
		dict = append(dict, all[t.at[i]:t.at[i+1]])
	}
	return dict
}

func (t *texts) text(k int32) []byte { return t.kept[t.at[k]:t.at[k+1]] }

// find is the number of a text, a new one if it has not come before.
func (t *texts) find(text []byte) int32 {
	s := t.slot(text)
	if k := t.slots[s]; k > 0 {
		return k - 1
	}
	t.kept = append(t.kept, text...)
	t.at = append(t.at, int32(len(t.kept)))
	n := len(t.at) - 1
	t.slots[s] = int32(n)
	if 2*n > len(t.slots) {
		t.room(2 * len(t.slots))
		for k := range int32(n) {
			t.slots[t.slot(t.text(k))] = k + 1
		}
	}
	return int32(n - 1)
}

// slot is where a text is, or the empty slot where it belongs.
func (t *texts) slot(text []byte) int {
	mask := len(t.slots) - 1
	for s := int(maphash.Bytes(seed, text)) & mask; ; s = (s + 1) & mask {
		if k := t.slots[s]; k == 0 || bytes.Equal(t.text(k-1), text) {
			return s
		}
	}
}

// room empties the hash table and gives it n slots, a power of two.
func (t *texts) room(n int) {
	t.slots = slices.Grow(t.slots[:0], n)[:n]
	for i := range t.slots {
		t.slots[i] = 0
	}
}
