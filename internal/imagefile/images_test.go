package imagefile

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree writes files into a new folder: a text, "-> target" for a link, or "" for the JPEG of the tests. A
// name that ends in / is a folder.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		var err error
		target, link := strings.CutPrefix(text, "-> ")
		switch {
		case folder == path || strings.HasSuffix(name, "/"):
		case link:
			err = os.Symlink(target, path)
		case text == "":
			err = os.WriteFile(path, fixture(t, "flat.jpg"), 0o666)
		default:
			err = os.WriteFile(path, []byte(text), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listed returns the images as class/id, in their order.
func listed(m *Images) (names []string) {
	for i := range m.Len() {
		names = append(names, m.Class(i)+"/"+m.ID(i))
	}
	return names
}

func TestFolders(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string // class/id
		notes []string // parts of them, in order
	}{
		"classes at any depth, any case of the ending": {
			map[string]string{"n01/a.JPEG": "", "n01/b.jpg": "", "x/n02/c.PNG": "", "n03/d.TiF": "",
				"e.Webp": "", "n03/f.bmp": "", "n03/g.GIF": "", "n03/h.tiff": "", "n03/i.JPG": ""},
			[]string{"/e", "n01/a", "n01/b", "n03/d", "n03/f", "n03/g", "n03/h", "n03/i", "n02/c"}, nil,
		},
		"links to files and folders": {
			map[string]string{"all/a.jpg": "", "all/b/c.jpg": "", "set/n01": "-> ../all/b",
				"set/n02/d.jpg": "-> ../../all/a.jpg", "link": "-> set"},
			[]string{"all/a", "b/c", "set/x"}, nil,
		},
		"a link back to where it lies, and one to nothing": {
			map[string]string{"n01/a.jpg": "", "n01/self": "-> ..", "n01/b.jpg": "-> gone.jpg",
				"n02/c.jpg": ""},
			[]string{"n01/a", "n02/c"},
			[]string{"a link leads nowhere: n01/b.jpg",
				"a link leads back to a folder that contains it: n01/self"},
		},
		"hidden files and folders": {
			map[string]string{"n01/a.jpg": "", ".ipynb_checkpoints/a-checkpoint.jpg": "",
				"__MACOSX/n01/._a.jpg": "x", "n01/._a.jpg": "x", ".DS_Store": "x", "n02/@eaDir/a.jpg": "",
				"n02/b.jpg": ""},
			[]string{"n01/a", "n02/b"},
			[]string{"3 hidden folders are left out: .ipynb_checkpoints, __MACOSX, n02/@eaDir"},
		},
		"other files": {
			map[string]string{"n01/a.jpg": "", "n01/a.avif": "\x00\x00\x00\x20ftypavif", "n01/b.avif": "x",
				"n01/raw": string(fixture(t, "rgb.png")), "labels.txt": "x", "n02/b.jpg": ""},
			[]string{"n01/a", "n02/b"},
			[]string{"4 files are not images that abtool reads (JPEG, PNG, WebP, BMP, TIFF, GIF): 2 .avif (n01/a.avif, n01/b.avif: an AVIF image: convert it to PNG or JPEG), " +
				"1 without a known extension (n01/raw: a PNG image, give it the extension of one), 1 .txt (labels.txt)"},
		},
		"folders without an image": {
			map[string]string{"n01/a.jpg": "", "n02/b.jpg": "", "n03/": "", "n04/x/y/": "",
				"n05/c.heic": "x"},
			[]string{"n01/a", "n02/b"},
			[]string{"1 file is not an image that abtool reads",
				"3 folders have no image in them and make no class: n03, n04, n05"},
		},
		"one folder more in each class": {
			map[string]string{"n01/images/a.jpg": "", "n02/images/b.jpg": ""},
			[]string{"n01/a", "n02/b"}, nil,
		},
		"one folder more, and one class": {
			map[string]string{"n01/images/a.jpg": "", "n01/images/b.jpg": ""},
			[]string{"images/a", "images/b"}, nil,
		},
		"names with spaces, other scripts, a newline and marks": {
			map[string]string{"a b/ü.jpg": "", "猫/x\ny.jpg": "", "c/50%s.jpg": "", "c/what?.jpg": "",
				"c/b.c.png": "", "d.jpg/e.jpg": ""},
			[]string{"a b/ü", "c/50%s", "c/b.c", "c/what?", "d.jpg/e", "猫/x\ny"}, nil,
		},
		"COCO's files by their numbers": {
			map[string]string{"val/000000000139.jpg": "", "train/COCO_train2014_000000000009.jpg": ""},
			[]string{"train/9", "val/139"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, c.files)
			if name == "links to files and folders" {
				dir, c.want = filepath.Join(dir, "link"), []string{"n01/c", "n02/d"}
			}
			m, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if got := listed(m); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			notes := m.Notes()
			ok := len(notes) == len(c.notes)
			for i := range notes {
				ok = ok && strings.Contains(notes[i], c.notes[i])
			}
			if !ok {
				t.Errorf("notes %q, want %q", notes, c.notes)
			}
			var b bytes.Buffer
			if err := m.Read(m.Len()-1, &b); err != nil || b.Len() == 0 {
				t.Errorf("reading %s: %d bytes, %v", m.Name(m.Len()-1), b.Len(), err)
			}
		})
	}
}

// A name that exists is taken literally, whatever its characters. Other names can be patterns and can have
// braces.
func TestPlaces(t *testing.T) {
	dir := tree(t, map[string]string{
		"img [v2]/n01/a.jpg": "", "img 2/n02/b.jpg": "", "{a,b}/n01/c.jpg": "", "*.tar/d.jpg": "",
		"n01/e.jpg": "", "n02/f.jpg": "", "n02/g.PNG": "", ".n03/h.jpg": "", "n04/._i.jpg": "x",
		"n04/j.jpg": "",
	})
	for place, want := range map[string][]string{
		"img [v2]":             {"n01/a"},
		"img [0-9]":            {"n02/b"},
		"{a,b}":                {"n01/c"},
		"*.tar":                {"/d"},
		"n0[12]":               {"n01/e", "n02/f", "n02/g"},
		"n02/*.jpg":            {"/f"},
		"n0*/*.jpg":            {"n01/e", "n02/f", "n04/j"},
		"{n01,n02}":            {"n01/e", "n02/f", "n02/g"},
		"n{01..02}/*":          {"n01/e", "n02/f", "n02/g"},
		"n01/{e,../n02/f}.jpg": {"n01/e", "n02/f"},
	} {
		m, err := Open(filepath.Join(dir, place))
		if place == "n01/{e,../n02/f}.jpg" {
			m, err = Open(dir + "/" + place)
		}
		if err != nil {
			t.Errorf("%s: %v", place, err)
			continue
		}
		if got := listed(m); !slices.Equal(got, want) {
			t.Errorf("%s stands for %q, want %q", place, got, want)
		}
	}
}

func TestBraces(t *testing.T) {
	for name, want := range map[string]string{
		"a":               "a",
		"{08..11}":        "08 09 10 11",
		"s-{000..2}.tar":  "s-000.tar s-001.tar s-002.tar",
		"{9..11}":         "9 10 11",
		"{3..1}":          "3 2 1",
		"{0..8..4}":       "0 4 8",
		"{-1..1}":         "-1 0 1",
		"{a..c}":          "a b c",
		"{a,b}-{0..1}":    "a-0 a-1 b-0 b-1",
		"{x{1..2},y}.tar": "x1.tar x2.tar y.tar",
		"{a,}":            "a ",
		"{a}{b,c}":        "{a}b {a}c",
		"{x{a,b}}":        "{xa} {xb}",
		"{1..b}":          "{1..b}",
		"{0..4..0}":       "{0..4..0}",
		"a{b":             "a{b",
		"a}b{":            "a}b{",
	} {
		if got, err := braces(name); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"{1..99999999}", "{0..999999}{0..9}",
		"{-9223372036854775808..9223372036854775807}"} {
		if got, err := braces(name); err == nil || !strings.Contains(err.Error(), "more than 1048576 names") {
			t.Errorf("%s makes %d names, %v", name, len(got), err)
		}
	}
}

func FuzzBraces(f *testing.F) {
	f.Add("s-{000..010}.tar")
	f.Add("{a,{b..d}}{")
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 40 {
			return
		}
		if names, err := braces(name); err == nil && len(names) == 0 {
			t.Errorf("%q stands for nothing", name)
		}
	})
}

// For a place without images, the error says what is there.
func TestNothingFound(t *testing.T) {
	dir := tree(t, map[string]string{
		"empty/": "", "avif/n01/a.avif": "\x00\x00\x00\x20ftypavif", "twice/n01/a.jpg": "",
		"twice/n02/a.jpg": "", "case/a.jpg": "", "case/a.JPEG": "",
		"a.tar.gz": "\x1f\x8b\x08", "a.zip": "PK\x03\x04", "notes.txt": "x", "page.tar": "<html>",
		"gone": "-> nowhere", "both/n01/a.jpg": "", "both/b.tar": "x",
		"packed/s.tar.gz": "\x1f\x8b\x08", "s-0.tar": shardOf(t, "a.jpg", "x"), "s-2.tar": shardOf(t,
			"b.jpg", "x"), "text.tar": shardOf(t, "a.avif", "x"),
		"dots.tar": shardOf(t, "img_2.0.jpg", "x", "img_2.1.jpg", "x"), "cut.tar": shardOf(t, "a.jpg",
			strings.Repeat("x", 4000))[:2000], "link": "-> link",
	})
	for place, want := range map[string]string{
		"empty":                  "empty holds no images (.jpeg .jpg .png .webp .bmp .tif .tiff .gif): nothing is there",
		"avif":                   "1 file is not an image that abtool reads (JPEG, PNG, WebP, BMP, TIFF, GIF): 1 .avif (n01/a.avif: an AVIF image: convert it to PNG or JPEG)",
		"twice":                  "n01/a.jpg and n02/a.jpg have the same id a",
		"case":                   "a.JPEG and a.jpg have the same id a",
		"a.tar.gz":               "a.tar.gz is gzip: decompress it with gunzip first. Images are needed: give a folder of images",
		"packed":                 "1 .gz (s.tar.gz: gzip: decompress it with gunzip first)",
		"a.zip":                  "a.zip is a zip archive: unpack it and give the folder",
		"notes.txt":              "notes.txt has no images: give a folder of images",
		"page.tar":               "it is a page of HTML, not the data: the download failed",
		"cut.tar":                "it ends too early (unexpected EOF): get it again",
		"text.tar":               "the shards of",
		"gone":                   "gone is a link without a target",
		"link":                   "link is a link without a target",
		"none":                   "none: there is no such file or folder",
		"none*":                  "no file matches",
		"none[":                  "it is not a valid pattern: a [ has no ]",
		"s-{0..2}.tar":           "1 of the 3 names of",
		"s-{3..4}.tar":           "no file matches",
		"both":                   "both holds shards (b.tar) and images (such as n01/a.jpg): give the shards by a pattern such as",
		"dots.tar":               "dots.tar:img_2.0.jpg and dots.tar:img_2.1.jpg have the same id img_2: an id is the name up to its first dot",
		"s3://bucket/{0..9}.tar": "is not on this machine: download the images",
	} {
		path := filepath.Join(dir, place)
		if strings.Contains(place, "://") {
			path = place
		}
		if m, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", place, m, err, want)
		}
	}
}

// A folder without read permission is an error that names it. Its class must not be left out silently.
func TestPermission(t *testing.T) {
	dir := tree(t, map[string]string{"n01/a.jpg": "", "n02/b.jpg": ""})
	locked := filepath.Join(dir, "n02")
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(locked, 0o777)
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "n02: permission denied") {
		t.Errorf("%v", err)
	}
}

// shardOf returns a tar archive of names and texts.
func shardOf(t testing.TB, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		h := &tar.Header{Name: members[i], Mode: 0o644, Size: int64(len(members[i+1])), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(members[i+1], "-> "); ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, target, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			w.Write([]byte(members[i+1]))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Shards are found at any depth and by braces. Concatenated archives are read to their end.
func TestShards(t *testing.T) {
	first := shardOf(t, "a.jpg", "AAAA", "a.cls", "1\n", "a.json", "{}", "x/b.PNG", "BB", "x/b.cls", "0",
		"._a.jpg", "x", "l.jpg", "-> a.jpg")
	second := shardOf(t, "c.jpg", "CCC", "c.cls", "1")
	dir := tree(t, map[string]string{
		"s-00.tar": first, "s-01.tar": second, "deep/er/s.TAR": second,
		"joined/j.tar": first + strings.Repeat("\x00", 5120) + second,
		"tail/t.tar":   second + "what is this", "unnamed": second,
	})
	for place, want := range map[string]struct {
		list, bytes []string
		notes       string
	}{
		"s-{00..01}.tar": {[]string{"1/a", "0/b", "1/c"}, []string{"AAAA", "BB", "CCC"},
			"a link in a shard is left out: "},
		"s-0?.tar": {[]string{"1/a", "0/b", "1/c"}, []string{"AAAA", "BB", "CCC"},
			"a link in a shard is left out: "},
		"deep":    {[]string{"1/c"}, []string{"CCC"}, ""},
		"unnamed": {[]string{"1/c"}, []string{"CCC"}, ""},
		"joined": {[]string{"1/a", "0/b", "1/c"}, []string{"AAAA", "BB", "CCC"},
			"a link in a shard is left out: "},
		"tail": {[]string{"1/c"}, []string{"CCC"},
			"a shard has bytes after its end that are not read: "},
	} {
		m, err := Open(filepath.Join(dir, place))
		if err != nil {
			t.Errorf("%s: %v", place, err)
			continue
		}
		if got := listed(m); !slices.Equal(got, want.list) {
			t.Errorf("%s holds %q, want %q", place, got, want.list)
		}
		for i := range m.Len() {
			var b bytes.Buffer
			if err := m.Read(i, &b); err != nil || b.String() != want.bytes[i] {
				t.Errorf("%s: %s is %q, %v, want %q", place, m.Name(i), &b, err, want.bytes[i])
			}
		}
		if notes := m.Notes(); (len(notes) > 0) != (want.notes != "") || len(notes) > 0 &&
			!strings.HasPrefix(notes[0], want.notes) {
			t.Errorf("%s: notes %q, want %q", place, notes, want.notes)
		}
		m.Close()
	}
}

func TestID(t *testing.T) {
	for name, want := range map[string]string{
		"n01440764_10026.JPEG": "n01440764_10026", "n01/n01440764_10026": "n01440764_10026",
		"COCO_train2014_000000000009.jpg":           "9",
		"train2014/COCO_train2014_000000000009.jpg": "9", "000000391895.jpg": "391895", "391895": "391895",
		"a/b.c.png": "b.c", "0012.png": "0012",
		`D:\img\x.JPG`: "x", "COCO_x.jpg": "x",
	} {
		if got := ID(name); got != want {
			t.Errorf("%s is the image %s, want %s", name, got, want)
		}
	}
}

// If several images have the same id, Find chooses by the class or the name of the file.
func TestIndex(t *testing.T) {
	dir := tree(t, map[string]string{"n01/1.jpg": "", "n02/1.jpg": "", "n02/2.jpg": "",
		"val2014/COCO_val2014_000000000009.jpg": "", "val2017/000000000009.jpg": ""})
	x, err := OpenIndex(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, class, file, want string }{
		{"2", "", "", "n02/2.jpg"}, {"2", "n77", "", "n02/2.jpg"}, {"1", "n02", "", "n02/1.jpg"},
		{"9", "", "COCO_val2014_000000000009.jpg", "val2014/COCO_val2014_000000000009.jpg"}, {"9", "",
			"val2017/000000000009.jpg", "val2017/000000000009.jpg"}, {"3", "", "", ""},
	} {
		i, err := x.Find(c.id, c.class, c.file)
		got := ""
		if i >= 0 {
			got = x.Name(i)
		}
		if err != nil || got != c.want {
			t.Errorf("%+v is %q, %v", c, got, err)
		}
	}
	if i, err := x.Find("1", "n77", ""); err == nil || !strings.Contains(err.Error(),
		"n01/1.jpg and n02/1.jpg have the same id 1") {
		t.Errorf("Find of an id that two images have = %d, %v; want an error", i, err)
	}
	one, err := OpenIndex(dir, func(id string) bool { return id == "2" })
	if err != nil || one.Len() != 1 {
		t.Errorf("OpenIndex finds %d images, %v; want only the one that is wanted", one.Len(), err)
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for c := range 20 {
		folder := filepath.Join(dir, fmt.Sprintf("n%02d", c))
		if err := os.Mkdir(folder, 0o777); err != nil {
			b.Fatal(err)
		}
		for i := range 500 {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("n%02d_%d.JPEG", c, i)), nil,
				0o666); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if _, err := Open(dir); err != nil {
			b.Fatal(err)
		}
	}
}
