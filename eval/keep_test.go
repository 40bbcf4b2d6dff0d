package eval

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"abtool/eval/sets"
	"abtool/eval/view"
)

// Answers are used again for the same files and options alone.
func TestKeep(t *testing.T) {
	const size = 16
	s := &sets.Set{Kind: sets.Backgrounds, Name: "backgrounds", Root: t.TempDir(), Geometry: view.AsIs}
	paint := func(name string, class int32) { write(t, s.Root, name, picture(size, class, class)) }
	for _, name := range []string{"only_bg_t/val/01_bird/a.JPEG", "only_bg_t/val/00_dog/b.JPEG"} {
		paint(name, 7)
		s.Images = append(s.Images, sets.NewImage(name, []int32{0}, "only_bg_t"))
	}
	for _, name := range []string{"00_dog/x", "01_bird/y"} {
		paint("original/val/"+name+".JPEG", 151)
		write(t, s.Root, "fg_mask/val/"+name+".npy", npy(size, 12, "|b1", 1))
	}
	n, _ := colours(size)
	n.View = view.Default(size)
	out := t.TempDir()
	keep := func(o Options) []string {
		t.Helper()
		had, err := Keep(context.Background(), n, []*sets.Set{s}, out, o)
		if err != nil {
			t.Fatal(err)
		}
		return had
	}
	later := func(name string) {
		t.Helper()
		file := filepath.Join(s.Root, name)
		at := time.Now().Add(time.Hour)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	all := Options{Foregrounds: -1}
	for _, c := range []struct {
		name   string
		change func()
		o      Options
		again  bool
	}{
		{"nothing is there", nil, all, false},
		{"the same", nil, all, true},
		{"a sample of the foregrounds", nil, Options{Foregrounds: 1}, false},
		{"another sample", nil, Options{Foregrounds: 1, Seed: 3}, false},
		{"more foregrounds than there are", nil, Options{Foregrounds: 9}, false},
		{"all foregrounds", nil, all, true},
		{"without the challenge", nil, Options{}, false},
		{"all foregrounds again", nil, all, false},
		{"an image changed", func() { later("only_bg_t/val/00_dog/b.JPEG") }, all, false},
		{"a mask changed", func() { later("fg_mask/val/01_bird/y.npy") }, all, false},
		{"with logits", nil, Options{Foregrounds: -1, Logits: true}, false},
		{"with logits again", nil, Options{Foregrounds: -1, Logits: true}, true},
	} {
		if c.change != nil {
			c.change()
		}
		if had := keep(c.o); (len(had) == 1) != c.again {
			t.Errorf("%s: the answers for %v are used again, want that: %v", c.name, had, c.again)
		}
	}
	n.Weights = "another"
	if _, err := Keep(context.Background(), n, []*sets.Set{s}, out, all); err == nil || !strings.Contains(err.Error(), "another network") {
		t.Errorf("a network of the same name gives %v", err)
	}
	if _, err := Keep(context.Background(), n, []*sets.Set{{Kind: sets.Folder, Name: "a/b", Images: s.Images}, {Kind: sets.Folder, Name: "a-b", Images: s.Images}}, t.TempDir(), all); err == nil || !strings.Contains(err.Error(), "would share the file") {
		t.Errorf("two sets with one name of their file give %v", err)
	}
}

// Folders are read whatever characters are in their names.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/x.parquet", "b[1]/x.parquet", "figures/x.svg"} {
		write(t, dir, name, nil)
	}
	for place, want := range map[string]int{dir: 2, filepath.Join(dir, "b[1]"): 1, filepath.Join(dir, "a", "x.parquet"): 1} {
		if networks, err := find(place); err != nil || len(networks) != want {
			t.Errorf("%s has %d networks, want %d: %v", place, len(networks), want, err)
		}
	}
	if _, err := find(filepath.Join(dir, "figures")); err == nil || !strings.Contains(err.Error(), "has no outputs of networks") {
		t.Errorf("a folder without outputs gives %v", err)
	}
}
