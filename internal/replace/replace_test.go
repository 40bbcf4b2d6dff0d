package replace

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, text := range []string{"old", "new"} {
		if err := Bytes(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
	want := errors.New("no")
	if err := File(path, func(w io.Writer) error { io.WriteString(w, "half"); return want }); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new" {
		t.Errorf("after a failure: %q, %v", got, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v, want x alone", left, err)
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	for _, text := range []string{"old", "new"} {
		tmp := filepath.Join(dir, "tmp")
		if err := errors.Join(os.Mkdir(tmp, 0o777), os.WriteFile(filepath.Join(tmp, "x"), []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
		if err := Dir(tmp, out, filepath.Join(dir, "aside")); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(out, "x")); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
		if err := os.RemoveAll(tmp); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v, want out alone", left, err)
	}
}

func TestMove(t *testing.T) {
	dir := t.TempDir()
	tmp, path := filepath.Join(dir, "tmp"), filepath.Join(dir, "x")
	for _, text := range []string{"old", "new"} {
		if err := errors.Join(os.WriteFile(tmp, []byte(text), 0o666), Move(tmp, path)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
	if err := Move(tmp, path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
