package filetype

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ReadText drops the byte-order mark. For a file that is not text, the error says what it is and what to do.
func TestReadText(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                     "",
		"\xef\xbb\xbflr = 1\n": "lr = 1\n",
		"SELECT 1 -- ü":        "SELECT 1 -- ü",
		"SELECT 1 -- \xfc":     "is not text in UTF-8: save it as UTF-8",
		"\xff\xfes\x00":        "is text in UTF-16: save it as UTF-8",
		"<html><body>":         "is a page of HTML, not the data: the download failed",
		"%PDF-1.7":             "is a PDF document, which cannot be read here",
		"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
	} {
		path := filepath.Join(dir, "text")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadText(path)
		if err == nil && string(got) != want || err != nil && (!strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), path)) {
			t.Errorf("%q is read as %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := ReadText(dir); err == nil || !strings.Contains(err.Error(), "is a folder: give a file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := ReadText(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}
