// Package classes has facts about the classes of ImageNet-1k: their order, and which of them the other
// benchmarks use. A class is a number from 0 to 999: the place of its WordNet id among all, sorted by bytes.
package classes

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var (
	//go:embed imagenet.txt
	imagenetText string
	//go:embed subsets.txt
	subsetsText string
	//go:embed objectnet.txt
	objectNetText string
	//go:embed siscore.txt
	siScoreText string
	//go:embed in9.txt
	in9Text string
)

// Count is the number of classes of ImageNet-1k.
const Count = 1000

// An Entry is a name with indices of classes.
type Entry struct {
	Name    string
	Classes []int32 // in increasing order, except where the benchmark gives another one
}

var (
	wnids   = sync.OnceValue(func() []string { return strings.Fields(imagenetText) })
	numbers = sync.OnceValue(func() map[string]int32 {
		all := map[string]int32{}
		for k, name := range wnids() {
			all[name] = int32(k)
		}
		return all
	})
	subsets   = sync.OnceValue(func() []Entry { return parse(subsetsText) })
	objectNet = sync.OnceValue(func() []Entry { return parse(objectNetText) })
	siScore   = sync.OnceValue(func() []Entry { return parse(siScoreText) })
	in9       = sync.OnceValue(func() []Entry { return parse(in9Text) })
)

// ImageNet returns the WordNet ids of the 1,000 classes, in order. The caller must not modify them.
func ImageNet() []string { return wnids() }

// Index returns the class of a WordNet id.
func Index(wnid string) (k int32, ok bool) {
	k, ok = numbers()[wnid]
	return k, ok
}

// A returns the 200 classes of ImageNet-A, in order. The caller must not modify them.
func A() []int32 { return subsets()[0].Classes }

// R returns the 200 classes of ImageNet-R, in order. The caller must not modify them.
func R() []int32 { return subsets()[1].Classes }

// O returns the 200 classes of ImageNet-O, in order. The caller must not modify them.
func O() []int32 { return subsets()[2].Classes }

// ObjectNet returns the 113 folders of ObjectNet that are classes of ImageNet-1k, with the classes that each
// accepts.
func ObjectNet() []Entry { return objectNet() }

// AllObjectNet returns the 125 classes that some folder of ObjectNet accepts, in order.
func AllObjectNet() []int32 {
	var all []int32
	for _, e := range objectNet() {
		all = append(all, e.Classes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// SIScore returns the 61 folders of SI-Score, with the class of each.
func SIScore() []Entry { return siScore() }

// IN9 returns the nine classes of the Backgrounds Challenge, with the classes of ImageNet-1k in each. The
// names are its folders.
func IN9() []Entry { return in9() }

// ToIN9 returns for every class of ImageNet-1k the number of its class in the Backgrounds Challenge, or −1.
func ToIN9() []int32 {
	to := slices.Repeat([]int32{-1}, Count)
	for c, e := range in9() {
		for _, k := range e.Classes {
			to[k] = int32(c)
		}
	}
	return to
}

// Hash returns the SHA-256 of names, one a line, in hexadecimal digits.
func Hash(names []string) string {
	h := sha256.New()
	for _, n := range names {
		h.Write([]byte(n))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// IsImageNet reports whether names are the 1,000 WordNet ids in their order.
func IsImageNet(names []string) bool { return slices.Equal(names, wnids()) }

// parse reads lines such as "fish: 0-6 389-397". Commas are spaces, # begins a comment, and a line that
// begins with a space continues the line before it.
func parse(text string) (all []Entry) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if name, rest, ok := strings.Cut(line, ":"); ok {
			all = append(all, Entry{Name: name})
			line = rest
		}
		last := &all[len(all)-1]
		for _, field := range strings.Fields(strings.ReplaceAll(line, ",", " ")) {
			from, to, isRange := strings.Cut(field, "-")
			if !isRange {
				to = from
			}
			for k := number(from); k <= number(to); k++ {
				last.Classes = append(last.Classes, k)
			}
		}
	}
	return all
}

// number reads an index of the tables in the program.
func number(s string) int32 {
	k, err := strconv.ParseInt(s, 10, 32)
	if err != nil || k < 0 || k >= Count {
		panic(fmt.Sprintf("table of classes: %q is not the index of a class", s))
	}
	return int32(k)
}
