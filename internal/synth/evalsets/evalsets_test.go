package evalsets

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// digest returns a hash of all files of a folder, with their names.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(data))
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// The files depend only on the seed.
func TestWriteDeterministic(t *testing.T) {
	var digests, seeds []string
	for range 2 {
		dir := t.TempDir()
		if _, err := Write(Options{Out: dir, Seed: 1, Size: MinSize}); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest(t, dir))
	}
	if digests[0] != digests[1] {
		t.Errorf("one seed gives the digests %v", digests)
	}
	for seed := range uint64(2) {
		w := &writer{Options: Options{Out: t.TempDir(), Seed: seed, Images: 1, Size: MinSize}}
		if w.subsets(); w.err != nil {
			t.Fatal(w.err)
		}
		seeds = append(seeds, digest(t, w.Out))
	}
	if seeds[0] == seeds[1] {
		t.Error("two seeds give the same files")
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(Options{Out: dir}); err == nil {
		t.Error("Write overwrites a folder that has files")
	}
	if _, err := Write(Options{Out: filepath.Join(dir, "new"), Images: -1}); err == nil {
		t.Error("Write accepts a negative number of images")
	}
	if _, err := Write(Options{Out: filepath.Join(dir, "new"), Size: MinSize - 1}); err == nil {
		t.Error("Write accepts images that are too small for a border")
	}
}

// Every class can be read from its colour, in both formats and near the border of an image.
func TestColours(t *testing.T) {
	for class := range 1000 {
		c := Colour(class)
		if k := Class(float64(c.R)+3, float64(c.G)-3, float64(c.B)+3); k != class {
			t.Fatalf("the colour of class %d is read as class %d", class, k)
		}
	}
	for _, asPNG := range []bool{false, true} {
		data := picture{class: 731, width: 97, height: 61, border: 2}.encode(asPNG)
		im, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		at := func(x, y int) int {
			r, g, b, _ := im.At(x, y).RGBA()
			return Class(float64(r>>8), float64(g>>8), float64(b>>8))
		}
		if at(48, 30) != 731 || at(2, 2) != 731 || (at(1, 1) == 731) == asPNG {
			t.Errorf("PNG %v: the middle is class %d, want 731; at the border it is %d", asPNG, at(48, 30), at(1, 1))
		}
	}
}
