package filetype

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// zipOf returns a zip archive of empty members.
func zipOf(t *testing.T, names ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipOf(t *testing.T, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16Of(text string, bigEndian bool) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(text)) {
		if bigEndian {
			b = append(b, byte(c>>8), byte(c))
		} else {
			b = append(b, byte(c), byte(c>>8))
		}
	}
	return string(b)
}

// For a file that people give by mistake, Of says what it is and what to do.
func TestNamed(t *testing.T) {
	for _, c := range []struct{ head, name, advice string }{
		{"", "an empty file", "get it again"},
		{"<!DOCTYPE html><html><head>", "a page of HTML", "download failed"},
		{"\ufeff \n<?xml version=\"1.0\"?>\n<!-- x --><HTML lang=en>", "a page of HTML", "download failed"},
		{"<html><body>Quota exceeded</body></html>", "a page of HTML", "download failed"},
		{"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>", "storage server's error", "download failed"},
		{"404: Not Found", "a server's message", "download failed"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer", "git lfs pull"},
		{gzipOf(t, "x"), "gzip", "gunzip"},
		{"BZh91AY&SY", "bzip2", "bunzip2"},
		{"\xfd7zXZ\x00\x00", "xz", "unxz"},
		{"\x28\xb5\x2f\xfd\x04", "zstd", "unzstd"},
		{"7z\xbc\xaf\x27\x1c\x00", "a 7z archive", "unpack"},
		{zipOf(t, "a.xml"), "a zip archive", "unpack"},
		{zipOf(t, "resnet18/data.pkl", "resnet18/data/0"), "a PyTorch file", "safetensors.torch.save_file"},
		{zipOf(t, "x.npy"), "NumPy arrays (.npz)", ""},
		{zipOf(t, "[Content_Types].xml"), "a Microsoft Office document", "CSV"},
		{"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a Python pickle", "safetensors.torch.save_file"},
		{"\x80\x04\x95\x10\x00\x00\x00", "a Python pickle", "safetensors.torch.save_file"},
		{"\x93NUMPY\x01\x00", "a NumPy array", ""},
		{"PAR1\x15\x04", "Parquet", ""},
		{"ARROW1\x00\x00", "an Arrow file", ""},
		{"%PDF-1.4", "a PDF document", ""},
		{"SQLite format 3\x00", "an SQLite database", "export"},
		{"\x00\x00\x00\x00\x00\x00\x00\x00DUCK", "a DuckDB database", "export"},
		{"\x89HDF\r\n\x1a\n", "HDF5", "export"},
		{"\xff\xfe[\x00{\x00", "text in UTF-16", "UTF-8"},
		{utf16Of(`[{"image_id": 1}]`, false), "text in UTF-16", "UTF-8"},
		{utf16Of(`[{"image_id": 1}]`, true), "text in UTF-16", "UTF-8"},
		{"[{'image_id': 1, 'x': None}]", "a Python value as print shows it, not JSON (' instead of \" at byte 2)", "json.dump"},
		{"\n{'a': 1}", "(' instead of \" at byte 2)", "json.dump"},
		{"\xff\xd8\xff\xe0", "a JPEG image", ""},
		{"\x89PNG\r\n\x1a\n", "a PNG image", ""},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", "a WebP image", ""},
		{"\x00\x00\x00\x20ftypavif", "an AVIF image", "PNG"},
		{"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":", "a safetensors file", ""},
		{strings.Repeat("\x00", 600), "nothing but zeros", "download failed"},
	} {
		k := Of([]byte(c.head))
		if !strings.Contains(k.Name, c.name) || !strings.Contains(k.Advice, c.advice) || c.advice == "" && k.Advice != "" {
			t.Errorf("%q is taken for %q, want %q with %q", c.head[:min(len(c.head), 30)], k, c.name, c.advice)
		}
	}
}

// Image distinguishes images that abtool reads from images that must be converted.
func TestImage(t *testing.T) {
	for head, want := range map[string]bool{
		"\xff\xd8\xff\xe0": true, "RIFF\x10\x00\x00\x00WEBPVP8L": true, "GIF89a": true, "II*\x00": true, "II+\x00": false,
		"\x00\x00\x00\x20ftypavif": false, "8BPS": false, "<svg ": false, "%PDF-": false, "": false, "x": false,
	} {
		if k := Of([]byte(head)); k.Image() != want {
			t.Errorf("Image() of %q (%s) is %v", head, k, !want)
		}
	}
}

// Of does not take data that abtool reads for another kind of file.
func TestNotNamed(t *testing.T) {
	for _, head := range []string{
		`[{"image_id": 1}]`, `{"abcd":{"e":1}}`, "{\n  \"images\": []}", "<annotation>", "<?xml version=\"1.0\"?><annotation><filename>html",
		"image_id,x,y\n", "image_id;x;y\n", "[]", "{}", "x", `["it's"]`, "versions of things", "\x00\x01", "Not a byproduct", "B", "BM",
		"[lambda]\nvalue = 1\n", "# a recipe\n",
	} {
		if k := Of([]byte(head)); k.Name != "" {
			t.Errorf("%q is taken for %q", head, k)
		}
	}
}

func TestOfFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if k := OfFile(path); k != (Kind{}) {
		t.Errorf("a file that does not exist is taken for %q", k)
	}
	if err := os.WriteFile(path, []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k := OfFile(path); k.String() != "a PDF document" {
		t.Errorf("a PDF is taken for %q", k)
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range signatures {
		f.Add([]byte(strings.Repeat("x", s.at) + s.text))
	}
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if k := Of(head); k.Name == "" && k.Advice != "" {
			t.Errorf("advice %q for a file without a name", k.Advice)
		}
	})
}
