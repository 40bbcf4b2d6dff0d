package sets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"abtool/eval/classes"
)

// realHash is the SHA-256 of the published real.json.
const realHash = "d83e9bff374c631aae8439eb064c7019acc56e1b3bc3f56b8380c2a710b0220b"

// Real has the labels of ImageNet-ReaL: for each validation image of ImageNet-1k the classes that people saw in it.
type Real struct {
	File  string
	Notes []string
	lists [][]int32
}

// ReadReal reads real.json.
func ReadReal(file string) (*Real, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the labels of ReaL: %w", err)
	}
	r := &Real{File: file}
	if err := json.Unmarshal(data, &r.lists); err != nil {
		return nil, fmt.Errorf("reading the labels of ReaL: %s must be a list of lists of indices: %w", file, err)
	}
	empty := 0
	for i, l := range r.lists {
		if len(l) == 0 {
			empty++
		}
		for _, k := range l {
			if k < 0 || k >= classes.Count {
				return nil, fmt.Errorf("reading the labels of ReaL: list %d of %s has %d, which is not a class of ImageNet-1k",
					i+1, file, k)
			}
		}
	}
	if len(r.lists) != validationImages {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: expected %s lists, found %s", file,
			thousands(validationImages), thousands(len(r.lists))))
	}
	if h := sha256.Sum256(data); hex.EncodeToString(h[:]) != realHash {
		r.Notes = append(r.Notes, fmt.Sprintf("%s is not the published file: %s of its lists are empty, and 3,163 "+
			"are in that one",
			file, thousands(empty)))
	}
	return r, nil
}

// Labels returns the classes of an image by its path. known is false if the path is not the name of a validation
// image, or the file has no list for it. A list may be empty: people agreed on no class.
func (r *Real) Labels(path string) (labels []int32, known bool) {
	n, ok := valNumber(path)
	if !ok || n > len(r.lists) {
		return nil, false
	}
	return r.lists[n-1], true
}
