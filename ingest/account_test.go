package ingest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/ingest/source"
	"abtool/schema"
	"abtool/store"
)

const (
	twoXML = `<annotation><filename>%s</filename><metadata><assignment_id>A</assignment_id></metadata></annotation>`
	cocoOf = `{"image_id":%d,"timeSpent":5,"mouseTracking":[{"x":0.5,"y":0.25,"timeAt":7}]}`
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
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

// archiveOf returns an archive of these headers; a regular file holds the annotation of its name.
func archiveOf(t testing.TB, members ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range members {
		data := ""
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Typeflag = tar.TypeReg
			data = fmt.Sprintf(twoXML, strings.TrimSuffix(h.Name, ".xml"))
			if h.Uname == "nameless" {
				data = `<annotation><metadata><assignment_id>A</assignment_id></metadata></annotation>`
			}
		}
		h.Mode, h.Size = 0o644, int64(len(data))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ingestText ingests a source of this content.
func ingestText(t testing.TB, name, content string, o Options) (string, *store.Account, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	o.Sources, o.Out = append(o.Sources, path), filepath.Join(dir, "store")
	s, err := Run(t.Context(), o)
	return o.Out, s, err
}

// Every byte of a source ends in the account. Each reader gets its input with something appended, cut
// out or replaced, and the account shows it.
func TestEveryByteIsAccounted(t *testing.T) {
	coco := func(ids ...int) (list []string) {
		for _, id := range ids {
			list = append(list, fmt.Sprintf(cocoOf, id))
		}
		return list
	}
	lines := strings.Join(coco(1, 2), "\n") + "\n"
	more := strings.Join(coco(3), "\n") + "\n"
	array := "[" + strings.Join(coco(1, 2), ",") + "]"
	archive := archiveOf(t, tar.Header{Name: "n01440764_1.xml"}, tar.Header{Name: "n01440764_2.xml"})
	second := archiveOf(t, tar.Header{Name: "n01440764_3.xml"})
	flip := func(s string, at int) string {
		b := []byte(s)
		b[at] ^= 4
		return string(b)
	}
	for _, c := range []struct {
		name, file, content string
		stored, rejected    int64
		reason              string // of the rejects, or what the error says
		damaged             bool
	}{
		{"lines", "a.jsonl", lines, 2, 0, "", false},
		{"lines, zeros appended", "a.jsonl", lines + "\x00\x00\x00\x00", 2, 1, "malformed", false},
		{"lines, a text appended", "a.jsonl", lines + "more", 2, 1, "malformed", false},
		{"array, a text appended", "a.json", array + "more", 2, 1, "malformed", false},
		{"array, a value appended", "a.json", array + coco(3)[0], 2, 1, "malformed", false},
		{"array, the bracket cut", "a.json", array[:len(array)-1], 0, 0, "within a JSON array", true},
		{"array, a comma replaced", "a.json", strings.Replace(array, "},{\"image", "} {\"image", 1), 2, 1, "malformed", false},

		{"gzip", "a.jsonl.gz", gzipped(t, lines), 2, 0, "", false},
		{"gzip, two members", "a.jsonl.gz", gzipped(t, lines) + gzipped(t, more), 3, 0, "", false},
		{"gzip, zeros between", "a.jsonl.gz", gzipped(t, lines) + strings.Repeat("\x00", 999) + gzipped(t, more), 3, 0, "", false},
		{"gzip, zeros at the end", "a.jsonl.gz", gzipped(t, lines) + strings.Repeat("\x00", 999), 2, 0, "", false},
		{"gzip, plain text appended", "a.jsonl.gz", gzipped(t, lines) + more, 2, 1, "trailing_data", false},
		{"gzip, zeros and text appended", "a.jsonl.gz", gzipped(t, lines) + "\x00\x00" + more, 2, 1, "trailing_data", false},
		{"gzip, a later header damaged", "a.jsonl.gz", gzipped(t, lines) + flip(gzipped(t, more), 0), 0, 0, "damaged header", true},
		{"gzip, a later method damaged", "a.jsonl.gz", gzipped(t, lines) + flip(gzipped(t, more), 2), 0, 0, "damaged header", true},
		{"gzip, a later member cut", "a.jsonl.gz", gzipped(t, lines) + gzipped(t, more)[:20], 0, 0, "ends early", true},
		{"gzip, a later header cut", "a.jsonl.gz", gzipped(t, lines) + "\x1f\x8b", 0, 0, "ends early", true},
		{"gzip, the checksum replaced", "a.jsonl.gz", flip(gzipped(t, lines), len(gzipped(t, lines))-6), 0, 0, "checksum", true},
		{"gzip of one XML file, text appended", "n01440764_1.xml.gz", gzipped(t, fmt.Sprintf(twoXML, "n01440764_1")) + "x", 1, 1, "trailing_data", false},

		{"tar", "a.tar", archive, 2, 0, "", false},
		{"tar, another appended", "a.tar", archive + second, 3, 0, "", false},
		{"tar, another appended after more zeros", "a.tar", archive + strings.Repeat("\x00", 1<<19) + second, 3, 0, "", false},
		{"tar, the same appended", "a.tar", archive + archive, 2, 2, "duplicate", false},
		{"tar, zeros appended", "a.tar", archive + strings.Repeat("\x00", 1<<19+1), 2, 0, "", false},
		{"tar, a text appended", "a.tar", archive + "more", 2, 1, "trailing_data", false},
		{"tar, a long text appended", "a.tar", archive + strings.Repeat("more", 1<<18), 2, 1, "trailing_data", false},
		{"tar, one appended out of place", "a.tar", archive + "\x00" + second, 2, 1, "trailing_data", false},
		{"tar, its end cut", "a.tar", archive[:len(archive)-1024], 0, 0, "ends early", true},
		{"tar, 100 bytes cut out", "a.tar", archive[:600] + archive[700:], 0, 0, "damaged", true},
		{"tar, a header replaced", "a.tar", flip(archive, 1024+3), 0, 0, "no tar header", true},
		{"tar.gz, another tar.gz appended", "a.tar.gz", gzipped(t, archive) + gzipped(t, second), 3, 0, "", false},
		{"tar.gz, a text appended", "a.tar.gz", gzipped(t, archive) + "more", 2, 1, "trailing_data", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, s, err := ingestText(t, c.file, c.content, Options{})
			if c.damaged {
				if !errors.Is(err, source.ErrDamaged) || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("the error is %v, want one of damaged input with %q", err, c.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			src := s.DataSets[0].Sources[0]
			if src.Stored != c.stored || src.Rejected != c.rejected || src.Records != c.stored+c.rejected {
				t.Errorf("%d records are %d stored and %d rejected, want %d and %d", src.Records, src.Stored, src.Rejected, c.stored, c.rejected)
			}
			checkAccount(t, store, s.DataSets[0])
			for _, r := range s.DataSets[0].Rejected {
				if r.Reason != c.reason {
					t.Errorf("rejected as %s, want %s", r.Reason, c.reason)
				}
			}
			if src.Bytes != int64(len(c.content)) {
				t.Errorf("%d bytes were read of %d", src.Bytes, len(c.content))
			}
		})
	}
}

// A hard link has the content of its target. Members without content are counted by their type.
func TestTarLinks(t *testing.T) {
	archive := archiveOf(t,
		tar.Header{Name: "n01440764_1.xml"}, tar.Header{Name: "d/n01440764_2.xml", Uname: "nameless"},
		tar.Header{Name: "n01440764_3.xml", Typeflag: tar.TypeLink, Linkname: "d/n01440764_2.xml"},
		tar.Header{Name: "n01440764_4.xml", Typeflag: tar.TypeLink, Linkname: "./n01440764_3.xml"},
		tar.Header{Name: "n01440764_5.xml", Typeflag: tar.TypeLink, Linkname: "n01440764_1.xml"},
		tar.Header{Name: "n01440764_6.xml", Typeflag: tar.TypeLink, Linkname: "nowhere.xml"},
		tar.Header{Name: "n01440764_7.xml", Typeflag: tar.TypeSymlink, Linkname: "n01440764_1.xml"},
		tar.Header{Name: "pipe", Typeflag: tar.TypeFifo}, tar.Header{Name: "note.txt", Typeflag: tar.TypeLink, Linkname: "n01440764_1.xml"},
	)
	for name, content := range map[string]string{"a.tar": archive, "a.tar.gz": gzipped(t, archive), "twice.tar": archiveOf(t, tar.Header{Name: "x.txt"}) + archive} {
		store, s, err := ingestText(t, name, content, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range readTable[schema.ImageNetAnnotation](t, store, "imagenet/annotations") {
			ids = append(ids, r.ImageID)
		}
		if want := []string{"n01440764_1", "n01440764_2", "n01440764_3", "n01440764_4"}; !slices.Equal(ids, want) {
			t.Errorf("%s: the images are %v, want %v", name, ids, want)
		}
		src := s.DataSets[0].Sources[0]
		if src.Skipped["symbolic links"] != 1 || src.Skipped["named pipes"] != 1 || src.Rejected != 2 || src.Stored != 4 {
			t.Errorf("%s: %+v", name, src)
		}
		reasons := map[string]string{}
		for _, r := range readTable[schema.Reject](t, store, "imagenet/rejects") {
			reasons[*r.Member] = r.Reason
		}
		if reasons["n01440764_5.xml"] != "duplicate" || reasons["n01440764_6.xml"] != "unreadable" {
			t.Errorf("%s: rejected are %v", name, reasons)
		}
	}
}

// A container that is larger than the part that is examined first is unpacked as it is read.
func TestLargeContainer(t *testing.T) {
	var records, keyed []string
	for i := range 20_000 {
		records = append(records, fmt.Sprintf(cocoOf, i))
		keyed = append(keyed, fmt.Sprintf("%q: %s", fmt.Sprintf("k\\\"%d", i), fmt.Sprintf(cocoOf, i)))
	}
	half := strings.Join(records[:10_000], ",\n")
	rest := strings.Join(records[10_000:], " , ")
	for name, text := range map[string]string{
		"records": `{"version": 1, "records": [` + strings.Join(records, ",") + `]}`,
		"splits":  `{"train": [` + half + `], "n": [1,"]",{"a":"}"}], "val": [ ` + rest + ` ]} `,
		"bom":     "\ufeff" + `{"train": [` + half + `], "n": {"x": "\"{"}, "val": [ ` + rest + ` ]}`,
		"keyed":   "{\"n\":3, " + strings.Join(keyed, ", ") + "\n}\n",
	} {
		for _, file := range []string{name + ".json", name + ".json.gz"} {
			content := text
			if strings.HasSuffix(file, ".gz") {
				content = gzipped(t, text)
			}
			store, s, err := ingestText(t, file, content, Options{})
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			src := s.DataSets[0].Sources[0]
			if src.Stored != 20_000 || src.Rejected != 0 {
				t.Errorf("%s: %d stored, %d rejected: %+v", file, src.Stored, src.Rejected, s.Examples)
			}
			if src.Skipped[source.NextToRecords] != 1 {
				t.Errorf("%s: skipped are %v, want one value next to the records", file, src.Skipped)
			}
			rows := readTable[schema.COCOAnnotation](t, store, "coco/annotations")
			if len(rows) != 20_000 || rows[19_999].ImageID != 19_999 {
				t.Errorf("%s: %d rows", file, len(rows))
			}
		}
	}
	cut := `{"records": [` + strings.Join(records, ",")
	if _, _, err := ingestText(t, "cut.json", cut, Options{}); !errors.Is(err, source.ErrDamaged) {
		t.Errorf("a container that is cut: %v", err)
	}
}

// All spellings of an image's name give the same image, and find its boxes (R3).
func TestOneImageOneID(t *testing.T) {
	const box = `<annotation><filename>%s</filename><size><width>100</width><height>50</height></size>` +
		`<object><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object></annotation>`
	for _, c := range []struct{ filename, imageID, json string }{
		{"n01440764_7", "", "n01440764/n01440764_7"},
		{"n01440764_7.JPEG", "", "n01440764/n01440764_7.JPEG"},
		{"/data/train/n01440764/n01440764_7.jpg", "", "/data/train/n01440764_7.png"},
		{`D:\imagenet\n01440764_7.JPEG`, "", `D:\imagenet\n01440764_7.JPEG`},
		{"%s", "train/n01440764/n01440764_7.JPEG", "https://example.org/n01440764_7.JPEG?w=1"},
		{"%s", "", "train/n01440764/n01440764_7.JPEG"},
		{"", "", "n01440764_7.webp"},
	} {
		dir := t.TempDir()
		for path, text := range map[string]string{
			"ab/n01440764_7.JPEG.xml": fmt.Sprintf("<annotation><filename>%s</filename><metadata><imageID>%s</imageID></metadata></annotation>", c.filename, c.imageID),
			"box/n01440764_7.xml":     fmt.Sprintf(box, c.filename),
			"lines.jsonl":             fmt.Sprintf("{\"imageID\":%q}\n", c.json),
		} {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, source := range []string{"ab", "lines.jsonl"} {
			store, _ := mustRun(t, Options{Sources: []string{filepath.Join(dir, source)}, Boxes: []string{filepath.Join(dir, "box")}})
			images := readTable[schema.ImageNetImage](t, store, "imagenet/images")
			if len(images) != 1 || images[0].ImageID != "n01440764_7" || len(images[0].Boxes) != 1 || images[0].Class == nil || *images[0].Class != "n01440764" {
				t.Errorf("%s with %+v: the images are %+v", source, c, images)
			}
		}
	}
}

// JSON records are duplicates when they are of the same showing (R4).
func TestDuplicateShowings(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  []string
		stored int64
	}{
		{"by assignment", []string{`{"imageID":"a/b","assignment_id":"1"}`, `{"imageID":"a/b","assignment_id":"1","page_idx":3}`, `{"imageID":"a/b","assignment_id":"2"}`}, 2},
		{"by worker, HIT, page and slot", []string{
			`{"imageID":"a/b","worker_id":"W","hit_id":"H","page_idx":1,"image_idx":2}`, `{"imageID":"a/b","worker_id":"W","hit_id":"H","page_idx":1,"image_idx":2,"selected":true}`,
			`{"imageID":"a/b","worker_id":"W","hit_id":"H","page_idx":1,"image_idx":3}`, `{"imageID":"a/b","worker_id":"W","hit_id":"H","page_idx":2,"image_idx":2}`,
			`{"imageID":"a/b","worker_id":"V","hit_id":"H","page_idx":1,"image_idx":2}`, `{"imageID":"a/b","worker_id":"W","hit_id":"I","page_idx":1,"image_idx":2}`}, 5},
		{"by all that is said", []string{`{"imageID":"a/b","selected":true}`, `{"imageID": "a/b", "selected": true}`, `{"imageID":"a/b","selected":false}`, `{"imageID":"a/c","selected":true}`}, 3},
		{"by page and slot", []string{
			`{"page":{"id":"p","pageno":1,"annotations":[{"imageID":"a/b","selected":true},{"imageID":"a/b","selected":true}]}}`,
			`{"page":{"id":"q","pageno":1,"annotations":[{"imageID":"a/b","selected":true}]}}`,
			`{"page":{"id":"p","pageno":1,"annotations":[{"imageID":"a/b","selected":false}]}}`}, 3},
	} {
		_, s, err := ingestText(t, "a.jsonl", strings.Join(c.lines, "\n"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if src := s.DataSets[0].Sources[0]; src.Stored != c.stored || len(s.DataSets[0].Rejected) != 1 || s.DataSets[0].Rejected[0].Reason != "duplicate" {
			t.Errorf("%s: %d stored, want %d; rejected %v", c.name, src.Stored, c.stored, s.DataSets[0].Rejected)
		}
	}
}

// A file that is not data is refused by its name, and no store is made of it.
func TestOtherFiles(t *testing.T) {
	for _, c := range []struct{ file, content, want string }{
		{"a.tar.gz", "<!DOCTYPE html><html><body>Quota exceeded</body></html>", "a page of HTML"},
		{"a.tar.gz", gzipped(t, gzipped(t, "{}")), "gzip again"},
		{"a.json", "[{'image_id': 1}]", "' instead of \" at byte 2"},
		{"a.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"},
		{"a.json", "\xff\xfe[\x00{\x00\"\x00", "UTF-16"},
		{"a.json", "PK\x03\x04\x14\x00", "zip archive"},
		{"a.json", "\ufeff", "byte-order mark"},
		{"a.json", "", "is empty"},
		{"a.json", "PAR1....", "abtool info"},
	} {
		store, _, err := ingestText(t, c.file, c.content, Options{})
		if !errors.Is(err, source.ErrUnknownInput) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20q: the error is %v, want one with %q", c.content, err, c.want)
		}
		if _, err := os.Stat(store); err == nil {
			t.Errorf("%.20q: a store was made", c.content)
		}
	}
}

// Results of a detector and captions name their image as byproducts do, and are refused: alone, packed,
// as lines, and with --as; as one file among others they are rejected.
func TestResultsGivenAsByproducts(t *testing.T) {
	const (
		record   = `{"image_id": 1, "mouseTracking": [{"x": 0.5, "y": 0.5, "timeAt": 4}], "category_id": 3}`
		result   = `{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236}`
		captions = `[{"image_id": 42, "caption": "a dog", "id": 7}]`
	)
	many := "[" + strings.Repeat(result+",\n", 5000) + result + "]"
	for _, c := range []struct{ file, content, as, want string }{
		{"results.json", "[" + result + "]", "", "category_id"},
		{"results.json", many, "", "category_id"},
		{"results.json", "[" + result + "]", "coco", "category_id"},
		{"results.json.gz", gzipped(t, many), "", "--instances"},
		{"results.jsonl", result + "\n" + result + "\n", "", "category_id"},
		{"captions.json", captions, "", "caption"},
	} {
		store, _, err := ingestText(t, c.file, c.content, Options{As: c.as})
		if !errors.Is(err, source.ErrUnknownInput) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s, %.40q: the error is %v, want one with %q", c.file, c.content, err, c.want)
		}
		if _, err := os.Stat(store); err == nil {
			t.Errorf("%s, %.40q: a store was made", c.file, c.content)
		}
	}
	archive := writeTar(t, [2]string{"a.json", captions}, [2]string{"b.json", many}, [2]string{"c.json", "[" + record + "]"})
	store, s := mustRun(t, Options{Sources: []string{archive}})
	if ids := cocoIDs(t, store); len(ids) != 1 || ids[0] != 1 || s.Rejected() != 2 {
		t.Errorf("stored images %v and rejected %d, want image 1 and 2 files", ids, s.Rejected())
	}
}

// Records and ground truth that are of other images are noted, with an image of each.
func TestNothingInCommon(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	box := writeTar(t, [2]string{"n01440764_9.xml",
		"<annotation><object><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"})
	instances := write("i.json", `{"images":[{"id":7,"width":9,"height":9}],"annotations":[],"categories":[]}`)
	both := write("both.json", `{"images":[{"id":1,"width":9,"height":9},{"id":7}],"annotations":[],"categories":[]}`)
	for _, c := range []struct {
		name string
		o    Options
		want []string
	}{
		{"JSON and boxes", Options{Sources: []string{write("a.jsonl", `{"imageID":"c/x"}`)}, Boxes: []string{box}}, []string{"image x,", "--boxes has n01440764_9"}},
		{"XML and boxes", Options{Sources: []string{write("n01440764_1.xml", fmt.Sprintf(twoXML, "n01440764_1"))}, Boxes: []string{box}}, []string{"image n01440764_1,", "n01440764_9"}},
		{"XML and its boxes", Options{Sources: []string{write("n01440764_9.xml", fmt.Sprintf(twoXML, "n01440764_9"))}, Boxes: []string{box}}, nil},
		{"COCO", Options{Sources: []string{write("c.jsonl", fmt.Sprintf(cocoOf, 1))}, Instances: []string{instances}}, []string{"image 1,", "--instances has 7"}},
		{"COCO with its images", Options{Sources: []string{write("d.jsonl", fmt.Sprintf(cocoOf, 1))}, Instances: []string{both}}, nil},
		{"COCO without instances", Options{Sources: []string{write("e.jsonl", fmt.Sprintf(cocoOf, 1))}}, nil},
	} {
		_, s := mustRun(t, c.o)
		notes := strings.Join(s.DataSets[0].Notes, "\n")
		for _, want := range c.want {
			if !strings.Contains(notes, want) {
				t.Errorf("%s: the notes are %q, want %q in them", c.name, notes, want)
			}
		}
		if c.want == nil && notes != "" {
			t.Errorf("%s: the notes are %q, want none", c.name, notes)
		}
	}
}

// Boxes that are given as a source of byproducts displace no record, whichever is read first, and the
// account says what they are.
func TestBoxesGivenAsByproducts(t *testing.T) {
	for _, names := range [][]string{{"ab.tar", "boxes.tar"}, {"boxes.tar", "ab.tar"}} {
		dir := t.TempDir()
		o := Options{Out: filepath.Join(dir, "store")}
		for _, name := range names {
			data := tarOf(t, false, "n01440764_1.xml", shownXML, "n01440764_2.xml", strings.ReplaceAll(shownXML, "_1", "_2"))
			if name == "boxes.tar" {
				data = tarOf(t, false, "n01440764_1.xml", boxedXML)
			}
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			o.Sources = append(o.Sources, path)
		}
		store, sum := mustRun(t, o)
		if n := sum.Rejected(); n != 0 {
			t.Errorf("%v: %d records rejected: %v", names, n, sum.Examples)
		}
		d := sum.DataSet("imagenet")
		if want := []string{"boxes.tar has no byproducts: none of its files (1) has a <metadata>. " +
			"If these are the boxes of ILSVRC, give them with --boxes"}; !slices.Equal(d.Notes, want) {
			t.Errorf("%v: notes %q", names, d.Notes)
		}
		rows := readTable[schema.ImageNetImage](t, store, "imagenet/images")
		if d.Rows["annotations"] != 2 || len(rows) != 2 || *rows[0].Shown != 1 || len(rows[0].Boxes) != 1 || len(rows[1].Boxes) != 0 {
			t.Errorf("%v: %d rows, images %+v", names, d.Rows["annotations"], rows)
		}
	}
}

// A file without boxes that is given with --boxes is refused, or a note says so.
func TestNoBoxesGivenAsBoxes(t *testing.T) {
	for _, c := range []struct{ name, content, failed, note string }{
		{"instances.json", `{"images":[],"annotations":[],"categories":[]}`, "--boxes needs ILSVRC's boxes", ""},
		{"records.json", "[" + fmt.Sprintf(cocoOf, 1) + "]", "--boxes needs ILSVRC's boxes", ""},
		{"ab.tar", string(tarOf(t, false, "n01440764_1.xml", shownXML)), "", "ab.tar, given with --boxes, has no box in any of its files (1)"},
		{"boxes.tar", string(tarOf(t, false, "n01440764_1.xml", boxedXML)), "", ""},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, sum, err := ingestText(t, "n01440764_1.xml", shownXML, Options{Boxes: []string{path}})
		if c.failed != "" {
			if err == nil || !errors.Is(err, source.ErrUnknownInput) || !strings.Contains(err.Error(), c.failed) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(sum.DataSet("imagenet").Notes, "; "); notes != c.note {
			t.Errorf("%s: notes %q", c.name, notes)
		}
	}
}

// R12: strings of COCO in which bytes were replaced are counted by source, once for a value that is read.
func TestRepairedStrings(t *testing.T) {
	records := writeFile(t, "records.jsonl", strings.Join([]string{
		`{"image_id":1,"worker_id":"a` + "\xff\xfe" + `b","categories":["\"` + "\xc3" + `","é","dog"]}`,
		`{"page":{"id":"p","annotation":{"image_id":2,"iconType":"` + "\xff" + `"}}}`,
		`{"worker_id":"no image ` + "\xff" + `"}`,
		`{"image_id":3,"worker_id":"é"}`,
	}, "\n"))
	truth := writeFile(t, "instances_x.json", strings.NewReplacer(`"dog"`, "\"d\xffg\"", "a.jpg", "\xff.jpg").Replace(goodTruth))
	_, s := mustRun(t, Options{Sources: []string{records}, Instances: []string{truth}, As: "coco"})
	var got []int64
	for _, src := range s.DataSets[0].Sources {
		got = append(got, src.Repaired)
	}
	if want := []int64{3, 2}; !slices.Equal(got, want) {
		t.Errorf("repaired strings by source: %d, want %d", got, want)
	}
}
