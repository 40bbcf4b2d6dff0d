package classes

import (
	"fmt"
	"slices"
	"testing"
)

func names(indices []int32) (out []string) {
	for _, k := range indices {
		out = append(out, ImageNet()[k])
	}
	return out
}

// The lists have the hashes of the files that the benchmarks publish.
func TestHashes(t *testing.T) {
	var in9 []string
	for k, c := range ToIN9() {
		in9 = append(in9, fmt.Sprint(k, " ", c))
	}
	for _, c := range []struct {
		name, want string
		got        []string
		n          int
	}{
		{"ImageNet", "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15", ImageNet(), 1000},
		{"A", "9826a24166e74ce62fb87b27889874ca26917542c745712309d6e25855d63bc2", names(A()), 200},
		{"R", "a6a0729f7a99230280639cab6e51e01485a3b41a676ea35621a501c9d6e83ca4", names(R()), 200},
		{"O", "29575307f17b6cb040fcd04fee2b5b7b0e43f7c55072fb05d4b33cc39fc60978", names(O()), 200},
		{"IN-9", "a99744db69c882d7773b6c154151c340130836a13708389c404aed67379a0d18", in9,
			1000}, // of in_to_in9.json, sorted by key
	} {
		if len(c.got) != c.n || Hash(c.got) != c.want {
			t.Errorf("%s: %d names with the hash %s, want %d with %s", c.name, len(c.got), Hash(c.got), c.n, c.want)
		}
		if c.name != "IN-9" && !slices.IsSorted(c.got) {
			t.Errorf("%s is not sorted", c.name)
		}
	}
}

func TestTables(t *testing.T) {
	if n, k := len(ObjectNet()), len(AllObjectNet()); n != 113 || k != 125 {
		t.Errorf("%d folders of ObjectNet accept %d classes, want 113 and 125", n, k)
	}
	for _, e := range ObjectNet() {
		if len(e.Classes) < 1 || len(e.Classes) > 3 {
			t.Errorf("%s accepts %d classes, want 1 to 3", e.Name, len(e.Classes))
		}
	}
	if n := len(SIScore()); n != 61 {
		t.Errorf("SI-Score has %d folders, want 61", n)
	}
	for _, c := range []struct {
		table []Entry
		name  string
		want  []int32
	}{
		{ObjectNet(), "pen", []int32{418, 749, 563}}, {ObjectNet(), "t-shirt", []int32{610}},
		{ObjectNet(), "wok", []int32{909}}, {SIScore(), "hedgehog", []int32{334}}, {SIScore(), "zucchini",
			[]int32{939}},
		{IN9(), "08_fish", []int32{0, 1, 2, 3, 4, 5, 6, 389, 390, 391, 392, 393, 394, 395, 396, 397}},
	} {
		at := slices.IndexFunc(c.table, func(e Entry) bool { return e.Name == c.name })
		if at < 0 || !slices.Equal(c.table[at].Classes, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.table, c.want)
		}
	}
	mapped := 0
	for _, c := range ToIN9() {
		if c >= 0 {
			mapped++
		}
	}
	if to := ToIN9(); mapped != 370 || to[250] != 0 || to[171] != -1 {
		t.Errorf("%d classes are in IN-9 (want 370), 250 in %d (want 0), 171 in %d (want -1)", mapped, to[250],
			to[171])
	}
	if k, ok := Index("n01440764"); k != 0 || !ok {
		t.Errorf("n01440764 is class %d (%v), want 0", k, ok)
	}
	if k, ok := Index("n00000000"); ok {
		t.Errorf("n00000000 is class %d, want none", k)
	}
	if !IsImageNet(ImageNet()) || IsImageNet(ImageNet()[1:]) {
		t.Error("IsImageNet accepts other names")
	}
}
