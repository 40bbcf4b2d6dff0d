// Package evalsets writes small image sets in the layouts of the benchmarks that networks are evaluated on, with
// the traps of each layout. An image has one colour, which encodes a class of ImageNet-1k, so that a program that
// looks at a pixel is a network with known answers. Most images have the colour of their class, and some have
// another one.
package evalsets

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/classes"
)

// Options says what to write.
type Options struct {
	Out     string // folder to make; it must be empty or not exist, unless Force
	Seed    uint64
	Images  int  // of each class, in sets with a folder for each class; 0 is 1
	Size    int  // height and width of the network's input in pixels, which images are as large as; 0 is DefaultSize
	Damaged bool // also write files that cannot be read
	Force   bool // write into a folder that has files
}

// Defaults and limits of Options.Size.
const (
	DefaultSize = 224
	MinSize     = 32
)

// A Result says what was written.
type Result struct {
	Sets  []Answer `json:"sets"`
	Files int      `json:"files"`
	Bytes int64    `json:"bytes"`
}

// An Answer is what a network that names the colours of images answers for a set.
type Answer struct {
	Set     string         `json:"set"`     // as in sets.toml
	Place   string         `json:"place"`   // relative to the folder, with slashes
	Images  int            `json:"images"`  // that count, with those that cannot be read
	Right   int            `json:"right"`   // images whose colour is a class that they accept
	Damaged int            `json:"damaged"` // images that cannot be read
	Groups  map[string]int `json:"groups,omitempty"`
}

// Names of the files at the top of the folder.
const (
	tomlName    = "sets.toml"
	answersName = "answers.json"
	realName    = "real.json"
)

// Write writes all sets, sets.toml, which names them, and answers.json.
func Write(o Options) (*Result, error) {
	if o.Images == 0 {
		o.Images = 1
	}
	if o.Images < 0 {
		return nil, fmt.Errorf("writing image sets: %d images of a class: give at least 1", o.Images)
	}
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Size < MinSize {
		return nil, fmt.Errorf("writing image sets: a size of %d pixels: give at least %d", o.Size, MinSize)
	}
	entries, err := os.ReadDir(o.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("writing image sets: %w", err)
	}
	if len(entries) > 0 && !o.Force {
		return nil, fmt.Errorf("writing image sets: %s has files: give another folder, or overwrite them with --force",
			o.Out)
	}
	w := &writer{Options: o}
	for _, f := range []func(){w.imageNet, w.flat, w.v2, w.subsets, w.sketch, w.corrupted, w.objectNet, w.siScore,
		w.backgrounds, w.real, w.list} {
		if f(); w.err != nil {
			return nil, fmt.Errorf("writing image sets: %w", w.err)
		}
	}
	return &w.result, nil
}

// A writer writes files, and keeps the first error.
type writer struct {
	Options
	result Result
	val    []valImage // of set imagenet
	err    error
}

// A valImage is a validation image of ImageNet-1k.
type valImage struct {
	name    string
	class   int32
	painted int32
}

// rng returns random numbers that depend on the seed and a name, and not on what was written before.
func (w *writer) rng(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(w.Seed, h.Sum64()))
}

// begin begins the answer of a set.
func (w *writer) begin(set, place string) *Answer {
	w.result.Sets = append(w.result.Sets, Answer{Set: set, Place: place})
	return &w.result.Sets[len(w.result.Sets)-1]
}

// file writes a file.
func (w *writer) file(name string, data []byte) {
	if w.err != nil {
		return
	}
	at := filepath.Join(w.Out, filepath.FromSlash(name))
	if w.err = os.MkdirAll(filepath.Dir(at), 0o777); w.err != nil {
		return
	}
	w.err = os.WriteFile(at, data, 0o666)
	w.result.Files++
	w.result.Bytes += int64(len(data))
}

func (w *writer) json(name string, v any) {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		w.err = err
		return
	}
	w.file(name, append(data, '\n'))
}

// hit is the share of images that have the colour of a class that they accept.
const hit = 0.7

// image writes an image, and counts it. accepted has its classes, and others the classes whose colours it may have
// otherwise. It returns the class of its colour.
func (w *writer) image(a *Answer, name string, accepted, others []int32, share float64, group string,
	p picture) int32 {
	r := w.rng(name)
	class := accepted[r.IntN(len(accepted))]
	if r.Float64() >= share {
		class = others[r.IntN(len(others))]
	}
	if p.width == 0 {
		s := shapes[r.IntN(len(shapes))]
		p.width, p.height = s[0]*w.Size/DefaultSize, s[1]*w.Size/DefaultSize
	}
	p.class = class
	w.file(name, p.encode(path.Ext(name) == ".png"))
	a.Images++
	if slices.Contains(accepted, class) {
		a.Right++
		if group != "" {
			if a.Groups == nil {
				a.Groups = map[string]int{}
			}
			a.Groups[group]++
		}
	}
	return class
}

// damaged writes three files that cannot be read next to the images of a class, if they are wanted.
func (w *writer) damaged(a *Answer, folder, extension string) {
	if !w.Damaged {
		return
	}
	whole := picture{class: 0, width: w.Size * 10 / 7, height: w.Size * 15 / 14}.encode(false)
	for _, f := range []struct {
		name string
		data []byte
	}{{"empty", nil}, {"cut", whole[:len(whole)/3]}, {"text", []byte("This is not an image.\n")}} {
		w.file(folder+"/damaged_"+f.name+extension, f.data)
		a.Images++
		a.Damaged++
	}
}

// every has the 1,000 classes.
var every = func() []int32 {
	all := make([]int32, classes.Count)
	for k := range all {
		all[k] = int32(k)
	}
	return all
}()

func wnid(k int32) string { return classes.ImageNet()[k] }

// list writes sets.toml and answers.json.
func (w *writer) list() {
	var b strings.Builder
	b.WriteString("# Sets for abtool eval --set sets.toml. Places are relative to this file.\n")
	for _, a := range w.result.Sets {
		if a.Set != "imagenet-flat" {
			fmt.Fprintf(&b, "%q = %q\n", a.Set, a.Place)
		}
	}
	fmt.Fprintf(&b, "%q = %q\n", "real", realName)
	w.file(tomlName, []byte(b.String()))
	w.json(answersName, w.result.Sets)
}
