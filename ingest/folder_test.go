package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/ingest/source"
	"abtool/internal/synth"
	"abtool/schema"
)

// tarOf is an archive of files, by name and content.
func tarOf(t *testing.T, packed bool, files ...string) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !packed {
		return plain.Bytes()
	}
	return []byte(gzipped(t, plain.String()))
}

const (
	shownXML = `<annotation><filename>n01440764_1</filename><metadata><worker_id>A</worker_id><imageID>n01440764/n01440764_1</imageID></metadata></annotation>`
	boxedXML = `<annotation><filename>n01440764_1</filename><size><width>500</width><height>400</height></size><object><name>n01440764</name>` +
		`<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>`
	emptyXML = `<annotation><filename>n01440764_2</filename></annotation>`
)

func TestPartsOfFolder(t *testing.T) {
	for _, c := range []struct {
		name, file string
		data       []byte
		role       source.Role
		part       bool
	}{
		{"records", "a.tar.gz", tarOf(t, true, "x/n01440764_1.xml", shownXML), source.Byproducts, true},
		{"records, not packed", "a.tar", tarOf(t, false, "x/n01440764_1.xml", shownXML), source.Byproducts, true},
		{"records, another name", "A.TGZ", tarOf(t, true, "x/", "", "x/._n01440764_1.xml", "Mac", "x/n01440764_1.xml", shownXML), source.Byproducts, true},
		{"boxes", "boxes.tar", tarOf(t, false, "n01440764_1.xml", boxedXML), source.Boxes, true},
		{"records with boxes", "a.tar", tarOf(t, false, "n01440764_1.xml", boxedXML, "n01440764_2.xml", shownXML), source.Byproducts, true},
		{"records without anything", "a.tar", tarOf(t, false, "n01440764_2.xml", emptyXML), source.Byproducts, true},
		{"JSON", "a.tar", tarOf(t, false, "a.json", `{"imageID": "n1/n1_1", "selectedRecord": []}`), source.Byproducts, true},
		{"pictures", "images.tar", tarOf(t, false, "a.JPEG", "\xff\xd8"), 0, false},
		{"no archive", "a.tar.gz", []byte("version https://git-lfs.github.com/spec/v1\n"), 0, false},
		{"nothing", "a.tar", nil, 0, false},
		{"companion", "._a.tar", tarOf(t, false, "x/n01440764_1.xml", shownXML), 0, false},
		{"instances", "instances_val2014.json", []byte(`{"info": {}, "images": [], "annotations": [], "categories": []}`), source.Instances, true},
		{"named so", "instances_x.json", []byte(`[{"image_id": 1, "mouseTracking": []}]`), 0, false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := source.New(dir, "", source.Byproducts)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := s.Parts(context.Background(), nil)
		if err != nil || len(parts) > 1 || (len(parts) == 1) != c.part {
			t.Errorf("%s: %d parts, %v", c.name, len(parts), err)
			continue
		}
		if c.part && (parts[0].Role != c.role || parts[0].Name != s.Name+"/"+c.file) {
			t.Errorf("%s: %s as %v", c.name, parts[0].Name, parts[0].Role)
		}
	}
}

// TestFolderOfArchives takes the records of both, and counts what is neither.
func TestFolderOfArchives(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 120, Seed: 4, Boxes: true})
	if err := os.WriteFile(filepath.Join(in, "images.tar"), tarOf(t, false, "a.JPEG", "\xff\xd8"), 0o644); err != nil {
		t.Fatal(err)
	}
	store, sum := mustRun(t, Options{Sources: []string{in}})
	d := sum.DataSet("imagenet")
	if len(sum.DataSets) != 1 || len(d.Sources) != 3 || d.Sources[0].OtherFiles != 4 || d.Sources[0].Records != 0 {
		t.Fatalf("sources %+v", d.Sources)
	}
	for i, role := range []string{"byproducts", "boxes", "byproducts"} {
		if k := d.Sources[i]; k.Role != role || i > 0 && (k.Stored != 120 || k.Rejected != 0) {
			t.Errorf("source %+v", k)
		}
	}
	named, _ := mustRun(t, Options{Sources: []string{filepath.Join(in, "imagenet_ab.tar.gz")}, Boxes: []string{filepath.Join(in, "boxes.tar.gz")}})
	const table = "imagenet/images"
	if d := cmp.Diff(readTable[schema.ImageNetImage](t, named, table), readTable[schema.ImageNetImage](t, store, table)); d != "" {
		t.Errorf("other images than by name: %.1000s", d)
	}
}

// An archive in a folder that ends early, or whose first header is damaged, fails the run, as if it were
// given itself.
func TestFolderOfDamagedArchive(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 300, Seed: 4})
	path := filepath.Join(in, "imagenet_ab.tar.gz")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{15, len(whole) / 2, len(whole) - 5} {
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), Options{Sources: []string{in}, Out: filepath.Join(t.TempDir(), "store")}); !errors.Is(err, source.ErrDamaged) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	header := plainBytes(t, whole)
	header[20] ^= 1
	if err := os.WriteFile(path, header, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), Options{Sources: []string{in}, Out: filepath.Join(t.TempDir(), "store")})
	if !errors.Is(err, source.ErrDamaged) || !strings.Contains(fmt.Sprint(err), "checksum") {
		t.Errorf("a damaged header: %v", err)
	}
}
