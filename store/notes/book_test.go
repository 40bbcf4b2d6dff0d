package notes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, files ...string) *Book {
	t.Helper()
	b, err := Open(files...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func add(t *testing.T, b *Book, acts ...Act) {
	t.Helper()
	for _, a := range acts {
		if err := b.Add(a); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is what a book has, as text.
func shown(b *Book) string {
	var lines []string
	for _, r := range b.Rows() {
		lines = append(lines, strings.TrimSpace(fmt.Sprint(r.Kind, " ", r.ID, " ", r.Tag, r.Note, " ", r.Who)))
	}
	return strings.Join(lines, "\n")
}

var hour = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func act(minute int, who, what, text, kind string, of ...string) Act {
	a := Act{Time: hour.Add(time.Duration(minute) * time.Minute), Who: who, Act: what, Set: "imagenet", Kind: kind, Of: of}
	if what == Note {
		a.Text = text
	} else {
		a.Tag = text
	}
	return a
}

// Tags are added and removed, and notes are added; what was acknowledged is read again.
func TestBook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.notes.jsonl")
	b := open(t, path)
	if b.Exists() || shown(b) != "" {
		t.Error("a book without a file has something")
	}
	add(t, b,
		act(0, "ada", Tag, "blurry", Image, "a", "b", "a"),
		act(1, "ada", Tag, "dark", Image, "b"),
		act(2, "ben", Tag, "blurry", Image, "b"),
		act(3, "ben", Untag, "blurry", Image, "a", "c"),
		act(4, "ben", Note, "two lines:\nof \"text\"", Worker, "w1"))
	want := "image b blurry ada\nimage b dark ada\nworker w1 two lines:\nof \"text\" ben"
	if got := shown(b); got != want {
		t.Errorf("the book has\n%s\nwant\n%s", got, want)
	}
	if got := shown(open(t, path)); got != want {
		t.Errorf("the file has\n%s\nwant\n%s", got, want)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Count(string(data), "\n") != 5 {
		t.Errorf("the file has %d lines, want one for each act (%v)", strings.Count(string(data), "\n"), err)
	}
	if got := b.Tags(); !slices.Equal(got, []string{"blurry", "dark"}) {
		t.Error(got)
	}
	for _, a := range []Act{
		act(5, "ada", Tag, "", Image, "a"), act(5, "ada", Tag, " x", Image, "a"), act(5, "ada", Tag, "a\nb", Image, "a"), act(5, "ada", Tag, strings.Repeat("x", 61), Image, "a"),
		act(5, "ada", Note, " ", Image, "a"), act(5, "ada", "like", "x", Image, "a"), act(5, "ada", Tag, "x", "class", "a"), act(5, "ada", Tag, "x", Image), act(5, "ada", Tag, "x", Image, ""),
	} {
		if err := b.Add(a); err == nil {
			t.Errorf("%v was kept", a)
		}
	}
	if got := shown(open(t, path)); got != want {
		t.Errorf("after acts that are wrong the file has\n%s", got)
	}
}

// An act counts after all that were kept, also if a computer with a clock that is ahead wrote them.
func TestClocks(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "n.jsonl"))
	a := act(0, "ada", Tag, "x", Image, "a")
	a.Time = time.Now().UTC().Add(time.Hour)
	add(t, b, a, Act{Act: Untag, Tag: "x", Set: "imagenet", Kind: Image, Of: []string{"a"}})
	if got := shown(b); got != "" {
		t.Errorf("the tag was not removed: %s", got)
	}
	if last := b.Last(1); last[0].Who != Who() || !last[0].Time.After(a.Time) {
		t.Error(last)
	}
}

// Files are merged by writing one after the other, in either order, and once or twice.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "1"), filepath.Join(dir, "2")
	add(t, open(t, one), act(0, "ada", Tag, "x", Image, "a"), act(2, "ada", Untag, "x", Image, "a"), act(4, "ada", Note, "n", Image, "a"))
	add(t, open(t, two), act(1, "ben", Tag, "x", Image, "a"), act(3, "ben", Tag, "x", Image, "a"), act(2, "ben", Tag, "y", Image, "b"))
	want := "image a n ada\nimage a x ben\nimage b y ben"
	for _, files := range [][]string{{one, two}, {two, one}} {
		if got := shown(open(t, files...)); got != want {
			t.Errorf("%v have\n%s\nwant\n%s", files, got, want)
		}
		merged := filepath.Join(dir, "merged")
		var all []byte
		for _, f := range append(files, files[0]) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data...)
		}
		if err := os.WriteFile(merged, all, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := shown(open(t, merged)); got != want {
			t.Errorf("%v after each other have\n%s\nwant\n%s", files, got, want)
		}
	}
}

// A line that is broken anywhere stays as it is and is reported; all others count, also the one that a merge wrote after
// it without a line feed.
func TestBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.jsonl")
	add(t, open(t, path), act(0, "ada", Tag, "x", Image, "a"), act(1, "ada", Tag, `y {"time":"z`, Image, "b"))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := strings.IndexByte(string(whole), '\n') + 1
	for cut := second + 1; cut < len(whole)-1; cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(t, path)
		if got := shown(b); got != "image a x ada" {
			t.Fatalf("cut at %d: %s", cut, got)
		}
		if list := b.Broken(); len(list) != 1 || list[0].Line != 2 || list[0].Text != string(whole[second:cut]) {
			t.Fatalf("cut at %d: %v", cut, list)
		}
		add(t, b, act(2, "ben", Tag, "z", Image, "c"))
		data, _ := os.ReadFile(path)
		if !strings.HasPrefix(string(data), string(whole[:cut])+"\n{") {
			t.Fatalf("cut at %d: the broken line changed", cut)
		}
		if got := shown(open(t, path)); got != "image a x ada\nimage c z ben" {
			t.Fatalf("cut at %d, then a tag: %s", cut, got)
		}
		if err := os.WriteFile(path, append(slices.Clone(whole[:cut]), whole...), 0o600); err != nil {
			t.Fatal(err)
		}
		b = open(t, path)
		if got := shown(b); got != shown(open(t, path)) || !strings.Contains(got, "image b y") || len(b.Broken()) != 1 {
			t.Fatalf("cut at %d, then the file itself: %s, %v", cut, got, b.Broken())
		}
	}
}

// The whole last line counts without its line feed.
func TestNoLineFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.jsonl")
	add(t, open(t, path), act(0, "ada", Tag, "x", Image, "a"))
	data, _ := os.ReadFile(path)
	if err := os.WriteFile(path, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, path)
	add(t, b, act(1, "ada", Tag, "x", Image, "b"))
	if got := shown(open(t, path)); got != "image a x ada\nimage b x ada" || len(b.Broken()) != 0 {
		t.Error(got, b.Broken())
	}
}

// A book sees what another process writes.
func TestRefresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.jsonl")
	a, b := open(t, path), open(t, path)
	add(t, a, act(0, "ada", Tag, "x", Image, "a"))
	if changed, err := b.Refresh(); err != nil || !changed {
		t.Fatal(changed, err)
	}
	add(t, a, act(1, "ada", Tag, "x", Image, "b"))
	add(t, b, act(2, "ben", Tag, "x", Image, "c"))
	if changed, err := a.Refresh(); err != nil || !changed || shown(a) != shown(b) || strings.Count(shown(a), "\n") != 2 {
		t.Error(changed, err, shown(a), shown(b))
	}
	if changed, _ := a.Refresh(); changed {
		t.Error("nothing changed")
	}
}

// What cannot be written is not acknowledged.
func TestNotKept(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "missing", "n.jsonl"))
	if err := b.Add(act(0, "ada", Tag, "x", Image, "a")); err == nil || shown(b) != "" {
		t.Error(err, shown(b))
	}
}
