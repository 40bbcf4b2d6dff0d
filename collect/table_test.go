package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTruth(t *testing.T) {
	images := func() []Image {
		return []Image{{ID: "a_1", Path: "a/1.jpg"}, {ID: "b_1", Path: "b/1.jpg"}, {ID: "b_2", Path: "b/2.jpg"}}
	}
	others := 0
	add := func(text string) ([]Image, error) {
		file := filepath.Join(t.TempDir(), "truth.csv")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		list := images()
		n, err := addTruth(list, file)
		others = n
		return list, err
	}
	got, err := add("\ufeffImage, gold,known\na_1,,true\nelsewhere,,true\nb/1.jpg,true,false\n2.jpg,,\n")
	if err != nil {
		t.Fatal(err)
	}
	if others != 1 {
		t.Errorf("%d lines are about other images, want 1", others)
	}
	if k := got[0].Known; k == nil || !*k || got[0].Gold {
		t.Errorf("the first image: %+v", got[0])
	}
	if k := got[1].Known; k == nil || *k || !got[1].Gold {
		t.Errorf("the second image: %+v", got[1])
	}
	if got[2].Known != nil || got[2].Gold {
		t.Errorf("the third image: %+v", got[2])
	}
	for _, c := range []struct{ text, want string }{
		{"", "the file is empty"},
		{"image,knwon\n", `there is no column "knwon"; did you mean known?`},
		{"image;known\na_1;true\n", "separated by semicolons"},
		{"known\n", "the column image is missing"},
		{"image,known\n1.jpg,true\n", `line 2: the study has 2 images "1.jpg"`},
		{"image,known\na_1,perhaps\n", `line 2: known: "perhaps" is none of true, false and empty`},
		{"image,gold\na_1,true\n", "whether it shows its class is not known"},
		{"image,known\na_1\n", "wrong number of fields"},
	} {
		if _, err := add(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}
