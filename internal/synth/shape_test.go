package synth

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"os"
)

// members calls f with every file of a tar.
func members(t *testing.T, data []byte, f func(name string, data []byte)) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f(h.Name, b)
	}
}

// wellFormed reports whether b is an XML document with one root.
func wellFormed(b []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(b))
	roots, depth := 0, 0
	for {
		tok, err := d.Token()
		if err != nil {
			return errors.Is(err, io.EOF) && roots == 1
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
		case xml.EndElement:
			depth--
		}
	}
}

func TestXMLIsWellFormed(t *testing.T) {
	out, res := simulate(t, ImageNet, Options{Images: 500, Boxes: true, AppleDouble: true})
	files, companions := 0, 0
	members(t, read(t, out, imagenetForms["targz"].name), func(name string, data []byte) {
		if strings.HasPrefix(filepath.Base(name), "._") {
			companions++
			return
		}
		files++
		if !wellFormed(data) {
			t.Fatalf("%s is not well-formed:\n%s", name, data)
		}
	})
	if int64(files) != res.Records || files != 500 {
		t.Errorf("%d members, Result says %d, want 500", files, res.Records)
	}
	if companions == 0 {
		t.Error("no ._ companions")
	}
	boxes := 0
	members(t, read(t, out, "boxes.tar.gz"), func(name string, data []byte) {
		boxes++
		if !wellFormed(data) || !strings.HasPrefix(name, "Annotations/CLS-LOC/train/n") {
			t.Fatalf("%s:\n%s", name, data)
		}
	})
	if boxes != 500 {
		t.Errorf("%d files of boxes, want 500", boxes)
	}
}

func TestJSONIsValid(t *testing.T) {
	for _, c := range everything[3:] {
		out, res := simulate(t, c.run, c.o)
		var texts [][]byte
		for _, f := range res.Files {
			switch info, err := os.Stat(f.Path); {
			case err != nil:
				t.Fatal(err)
			case info.IsDir():
				names, _ := filepath.Glob(filepath.Join(f.Path, "*.json"))
				for _, n := range names {
					texts = append(texts, read(t, n))
				}
			case strings.HasSuffix(f.Path, ".jsonl"):
				lines := bytes.Split(bytes.TrimSuffix(read(t, f.Path), []byte("\n")), []byte("\n"))
				if f.Records > 0 {
					texts = append(texts, lines...)
				}
			default:
				texts = append(texts, read(t, f.Path))
			}
		}
		for _, b := range texts {
			if !json.Valid(b) {
				t.Fatalf("%s in %s: not JSON: %.200s", c.name, out, b)
			}
		}
	}
}

// TestPagesHaveThirteenKeys: pages have exactly the keys that the front end sends.
func TestPagesHaveThirteenKeys(t *testing.T) {
	out, _ := simulate(t, ImageNet, Options{Images: 100, Format: "pages"})
	names, _ := filepath.Glob(filepath.Join(out, pagesName, "*_page_00.json"))
	if len(names) == 0 {
		t.Fatal("no pages")
	}
	var p struct {
		Page struct {
			ID          string
			PageNo      *int
			StartedAt   int64
			EndedAt     int64
			Annotations []map[string]any
		}
		EndedAt int64
		IsDone  *bool
	}
	if err := json.Unmarshal(read(t, names[0]), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Page.Annotations) != slots || len(p.Page.Annotations[0]) != 13 || p.IsDone == nil || p.Page.EndedAt <= p.Page.StartedAt {
		t.Errorf("an odd page: %d annotations, %d keys, %+v", len(p.Page.Annotations), len(p.Page.Annotations[0]), p.IsDone)
	}
}
