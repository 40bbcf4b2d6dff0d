package ingest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/ingest/source"
	"abtool/schema"
	"abtool/store"
)

// goodTruth is an instances file without a fault: two images, two classes, three objects.
const goodTruth = `{"info": {"year": 2014},
"images": [{"id": 1, "width": 4, "height": 3, "file_name": "a.jpg"}, {"id": 2, "width": 8, "height": 6, "file_name": "b.jpg"}],
"annotations": [
{"id": 11, "image_id": 1, "category_id": 18, "iscrowd": 0, "area": 6, "bbox": [0, 0, 3, 2], "segmentation": [[0, 0, 3, 0, 3, 2]]},
{"id": 12, "image_id": 1, "category_id": 17, "iscrowd": 1, "area": 2, "bbox": [1, 1, 2, 1], "segmentation": {"size": [3, 4], "counts": [5, 2, 5]}},
{"id": 13, "image_id": 2, "category_id": 18, "iscrowd": 0, "area": 6, "bbox": [2, 2, 3, 2], "segmentation": [[2, 2, 5, 2, 5, 4]]}],
"categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}], "licenses": []}`

// truthAccount is what a run says of an instances file.
type truthAccount struct {
	Records, Rejected int64
	Images, Objects   int
	Rejects           []string // place, field, reason and detail
}

func accountOf(t *testing.T, store string, s *store.Account) (a truthAccount) {
	t.Helper()
	for _, src := range s.DataSets[0].Sources {
		if src.Records != src.Stored+src.Rejected {
			t.Errorf("%s: %d records, but %d stored and %d rejected", src.Name, src.Records, src.Stored, src.Rejected)
		}
		a.Records, a.Rejected = a.Records+src.Records, a.Rejected+src.Rejected
	}
	for _, row := range readTable[schema.COCOImage](t, store, "coco/images") {
		a.Images++
		a.Objects += len(row.Instances)
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s + " "
	}
	for _, x := range readTable[schema.Reject](t, store, "coco/rejects") {
		a.Rejects = append(a.Rejects, strings.TrimSpace(fmt.Sprintf("%d: %s%s %s", x.Record, text(x.Field), x.Reason, text(x.Detail))))
	}
	return a
}

// Whatever is appended to a correct instances file, cut out of it or replaced in it, the account says
// so: in its counts, or in one reject with its reason.
func TestTruthAccount(t *testing.T) {
	const (
		object11 = `{"id": 11, "image_id": 1, "category_id": 18, "iscrowd": 0, "area": 6, ` +
			`"bbox": [0, 0, 3, 2], "segmentation": [[0, 0, 3, 0, 3, 2]]}`
		images = `[{"id": 1, "width": 4, "height": 3, "file_name": "a.jpg"}, ` +
			`{"id": 2, "width": 8, "height": 6, "file_name": "b.jpg"}]`
		classes   = `[{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]`
		rle       = `{"size": [3, 4], "counts": [5, 2, 5]}`
		polygon11 = `[[0, 0, 3, 0, 3, 2]]`
	)
	all := truthAccount{Records: 7, Images: 2, Objects: 3}
	with := func(a truthAccount, rejects ...string) truthAccount { a.Rejects = rejects; return a }
	less := truthAccount{Records: 7, Rejected: 1, Images: 2, Objects: 2} // an object is left out
	for _, c := range []struct {
		name, old, new string
		want           truthAccount
	}{
		{"nothing", "", "", all},
		{"a byte-order mark", `{"info"`, "\ufeff" + `{"info"`, all},

		// Sections.
		{"images by id", images, `{"1": {"width": 4, "height": 3}, "2": {"id": 2, "width": 8, "height": 6}}`, all},
		{"an image under a name", images, `{"1": {"width": 4, "height": 3}, "b": {"width": 8}, "2": {}}`,
			with(truthAccount{Records: 8, Rejected: 1, Images: 2, Objects: 3}, "1: no_image_id id is missing")},
		{"objects by id", object11 + ",", object11 + `], "annotations": {"14": {"image_id": 2, "category_id": 17, "bbox": [0, 0, 1, 1]}}, "annotations": [`,
			truthAccount{Records: 8, Images: 2, Objects: 4}},
		{"objects by image", `[` + "\n" + object11 + ",", `{"1": [` + object11 + `], "2": []}, "annotations": [`, all},
		{"classes by id", classes, `{"17": {"name": "cat"}, "18": "dog"}`, all},
		{"no classes", `"categories": ` + classes + ",", "",
			with(truthAccount{Records: 5, Images: 2, Objects: 3},
				"5: categories missing_section the file has no categories, but info, licenses: the objects have no class names")},
		{"null for classes", classes, "null", with(truthAccount{Records: 5, Images: 2, Objects: 3},
			"5: categories missing_section the file has no categories, but info, licenses: the objects have no class names")},
		{"an empty list of classes", classes, "[]", with(truthAccount{Records: 5, Images: 2, Objects: 3},
			"5: categories missing_section categories is empty: the objects have no class names")},
		{"no images", `"images": ` + images + ",", "", with(truthAccount{Records: 5, Images: 2, Objects: 3},
			"5: images missing_section the file has no images, but info, licenses: an image is known by its objects alone, without size and name")},
		{"objects under another key", `"annotations"`, `"objects"`, with(truthAccount{Records: 4, Images: 2},
			"4: annotations missing_section the file has no annotations, but info, objects, licenses: the images have no objects")},
		{"more text", `"licenses": []}`, `"licenses": []} {"images": []}`,
			with(truthAccount{Records: 8, Rejected: 1, Images: 2, Objects: 3},
				"7: malformed 14 bytes of more text after the object")},

		// Elements.
		{"a string for an object", object11, `"x"`, with(less, "2: not_object a string; wanted an object")},
		{"null for an object", object11, `null`, with(less, "2: not_object null; wanted an object")},
		{"NaN", `"area": 6, "bbox": [0,`, `"area": NaN, "bbox": [0,`,
			with(less, "2: malformed invalid character 'N' looking for beginning of value")},
		{"an image twice", `, {"id": 2, "width"`, `, {"id": 1}, {"id": 2, "width"`,
			with(truthAccount{Records: 8, Rejected: 1, Images: 2, Objects: 3}, "1: duplicate image 1")},
		{"an object twice", `"id": 13`, `"id": 11`, with(less, "4: duplicate object 11")},
		{"a class twice", `{"id": 17, "name": "cat"}`, `{"id": 17, "name": "cat"}, {"id": 17, "name": "cat"}, {"id": 17, "name": "cow"}`,
			with(truthAccount{Records: 9, Rejected: 1, Images: 2, Objects: 3}, "7: duplicate category 17 is cat already")},
		{"a class without a name", `{"id": 17, "name": "cat"}`, `{"id": 17}`,
			with(truthAccount{Records: 7, Rejected: 1, Images: 2, Objects: 3}, "5: no_id name is missing")},

		// Ids.
		{"ids in quotes", `"id": 11, "image_id": 1, "category_id": 18`, `"id": "11", "image_id": "000000000001", "category_id": "18"`, all},
		{"ids as floats", `"id": 11, "image_id": 1, "category_id": 18`, `"id": 11.0, "image_id": 1e0, "category_id": 180e-1`, all},
		{"no id", `"id": 11, `, ``, with(less, "2: no_id id is missing")},
		{"null for an id", `"id": 11, `, `"id": null, `, with(less, "2: no_id id is missing")},
		{"an id that is true", `"id": 11, `, `"id": true, `, with(less, "2: no_id id is a boolean")},
		{"an id that is a fraction", `"id": 11, `, `"id": 1.5, `,
			with(less, "2: no_id id is 1.5, which is not a whole number")},
		{"an id that is a name", `"id": 11, `, `"id": "x", `,
			with(less, "2: no_id id is a string that is not digits")},
		{"neither id nor class", `"id": 11, "image_id": 1, "category_id": 18`, `"image_id": 1, "category_id": []`,
			with(less, "2: no_id id is missing; category_id is a list")},
		{"no image id", `"id": 11, "image_id": 1, `, `"id": 11, `,
			with(less, "2: no_image_id image_id is missing")},
		{"an image id that is a name", `"id": 11, "image_id": 1, `, `"id": 11, "image_id": "a.jpg", `,
			with(less, "2: no_image_id image_id is a string that is not digits")},
		{"an image that is not listed", `"id": 11, "image_id": 1, `, `"id": 11, "image_id": 999, `,
			with(less, "2: unlisted_image object 11 is of image 999, which is not in images")},
		{"a class that is not listed", `"id": 11, "image_id": 1, "category_id": 18`, `"id": 11, "image_id": 1, "category_id": 7`,
			with(all, "2: annotations.category_id unlisted_category object 11 is of category 7, which is not in categories")},
		{"an image id beyond a float", `{"id": 2, "width"`, `{"id": 9007199254740993, "width"`,
			with(truthAccount{Records: 7, Rejected: 1, Images: 2, Objects: 2}, "4: unlisted_image object 13 is of image 2, which is not in images")},

		// Sizes, boxes, areas.
		{"a width of 0", `"width": 8`, `"width": 0`,
			with(all, "1: images.width bad_size width is 0; wanted 1 pixel or more")},
		{"a height below 0", `"height": 6`, `"height": -6`, with(all, "1: images.height negative")},
		{"a box without width", `[0, 0, 3, 2]`, `[0, 0, 0, 2]`,
			with(all, "2: annotations.bbox bad_box bbox is 0 wide and 2 high: it has no area")},
		{"a box below 0", `[0, 0, 3, 2]`, `[0, 0, 3, -2]`,
			with(all, "2: annotations.bbox bad_box bbox is 3 wide and -2 high: it has no area")},
		{"a box without end", `[0, 0, 3, 2]`, `[0, 0, 1e300, 1e300]`,
			with(all, "2: annotations.bbox bad_box bbox is not finite")},
		{"no box", `"bbox": [0, 0, 3, 2], `, ``, with(all, "2: annotations.bbox bad_box bbox is missing")},
		{"strings for a box", `[0, 0, 3, 2]`, `["0", "0", "3", "2"]`,
			with(all, "2: annotations.bbox bad_box bbox holds a string; wanted four numbers")},
		{"an area below 0", `"area": 2`, `"area": -2`,
			with(all, "3: annotations.area negative area is below 0")},
		{"an area without end", `"area": 2`, `"area": 1e999`,
			with(all, "3: annotations.area out_of_range area is not finite")},
		{"an area in quotes", `"area": 2`, `"area": "2"`,
			with(all, "3: annotations.area not_a_number area is a string; wanted a number of pixels")},
		{"a crowd that is true", `"iscrowd": 1`, `"iscrowd": true`, all},
		{"a crowd in quotes", `"iscrowd": 1`, `"iscrowd": "1"`,
			with(all, "3: annotations.iscrowd not_boolean iscrowd is a string; wanted 0 or 1")},
		{"a crowd of 2", `"iscrowd": 1`, `"iscrowd": 2`,
			with(all, "3: annotations.iscrowd not_boolean iscrowd is 2; wanted 0 or 1")},

		// Masks.
		{"no mask", polygon11, `[]`, all},
		{"a flat polygon", polygon11, `[0, 0, 3, 0, 3, 2]`, all},
		{"a box for a mask", polygon11, `[[0, 0, 3, 2]]`, with(all,
			"2: annotations.segmentation bad_mask ring 0 has 2 points; wanted at least 3: four numbers are probably a box")},
		{"runs of another image's size", rle, `{"size": [4, 3], "counts": [5, 2, 5]}`, with(all,
			"3: annotations.segmentation bad_mask the mask of object 12 is 3 x 4 pixels (width x height), and image 1 is 4 x 3")},
		{"runs that end early", rle, `{"size": [3, 4], "counts": [5, 2]}`, with(all,
			"3: annotations.segmentation bad_mask the runs cover 7 of the 12 pixels of size [3, 4]")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(goodTruth, c.old) == 0 {
				t.Fatalf("the file has no %s", c.old)
			}
			path := writeFile(t, "instances_x.json", strings.Replace(goodTruth, c.old, c.new, 1))
			store, s := mustRun(t, Options{Instances: []string{path}})
			if d := cmp.Diff(c.want, accountOf(t, store, s), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("the account is not what it should be (-want +got):\n%s", d)
			}
		})
	}
}

// A section of another type is refused, in words that name it.
func TestTruthRefused(t *testing.T) {
	for value, what := range map[string]string{`"x"`: `a string: "x"`, "3": "a number: 3", "true": "a boolean: true", "nil": "not JSON: nil"} {
		path := writeFile(t, "instances_x.json", strings.Replace(goodTruth, `[{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]`, value, 1))
		_, err := Run(t.Context(), Options{Instances: []string{path}, Out: filepath.Join(t.TempDir(), "store")})
		want := fmt.Sprintf("its section categories, at byte %d, is %s; wanted a list of objects, or an object with the objects by id",
			strings.Index(goodTruth, `[{"id": 17`), what)
		if !errors.Is(err, source.ErrUnknownInput) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("categories: %s\n got %v\nwant %s", value, err, want)
		}
	}
	for _, n := range []int{20, 300, len(goodTruth) - 1} { // a file that was cut off
		path := writeFile(t, "instances_x.json", goodTruth[:n])
		if _, err := Run(t.Context(), Options{Instances: []string{path}, Out: filepath.Join(t.TempDir(), "store")}); !errors.Is(err, source.ErrDamaged) {
			t.Errorf("the first %d bytes alone: %v, want %v", n, err, source.ErrDamaged)
		}
	}
}

// Images and categories may be listed after the objects, or in another file.
func TestTruthInAnyOrder(t *testing.T) {
	part := func(from, to string) string {
		i := strings.Index(goodTruth, from)
		return goodTruth[i : i+strings.Index(goodTruth[i:], to)]
	}
	images, objects, classes := part(`"images"`, ",\n\"ann"), part(`"annotations"`, ",\n\"cat"), part(`"categories"`, `, "lic`)
	want := truthAccount{Records: 7, Images: 2, Objects: 3}
	path := writeFile(t, "instances_x.json", "{"+objects+","+classes+","+images+"}")
	store, s := mustRun(t, Options{Instances: []string{path}})
	if d := cmp.Diff(want, accountOf(t, store, s)); d != "" {
		t.Errorf("objects first (-want +got):\n%s", d)
	}
	first := writeFile(t, "instances_a.json", `{"images": [{"id": 7}], `+objects+`, "categories": [{"id": 1, "name": "person"}]}`)
	second := writeFile(t, "instances_b.json", "{"+images+","+classes+`, "annotations": []}`)
	store, s = mustRun(t, Options{Instances: []string{first, second}})
	want = truthAccount{Records: 9, Images: 3, Objects: 3}
	if d := cmp.Diff(want, accountOf(t, store, s)); d != "" {
		t.Errorf("images in a second file (-want +got):\n%s", d)
	}
}

// Faults that are found with the image stop a run as others do, and leave no store.
func TestTruthStrict(t *testing.T) {
	path := writeFile(t, "instances_x.json", strings.Replace(goodTruth, `"image_id": 2`, `"image_id": 3`, 1))
	out := filepath.Join(t.TempDir(), "store")
	_, err := Run(t.Context(), Options{Instances: []string{path}, Out: out, Strict: true})
	if !errors.Is(err, ErrStrict) || !strings.Contains(fmt.Sprint(err), "object 13 is of image 3") {
		t.Errorf("%v, want %v with the object", err, ErrStrict)
	}
	if _, err := os.Stat(filepath.Join(out, "store.json")); err == nil {
		t.Error("a run that failed left a store")
	}
}

// For any instances file, the account adds up, or the run says why it failed.
func FuzzTruth(f *testing.F) {
	f.Add([]byte(goodTruth))
	f.Add([]byte(`{"annotations": {"1": [{"id": 1, "image_id": 1, "category_id": 1}]}, "images": null, "categories": {"1": "a"}}`))
	f.Add([]byte(`{"images": {"1": {"width": 0}}, "annotations": [{"id": 2, "image_id": 1, "category_id": 9, "bbox": [0]}]} {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "instances_x.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "store")
		s, err := Run(t.Context(), Options{Instances: []string{path}, Out: out, Jobs: 1})
		if err != nil {
			if errors.Is(err, source.ErrDamaged) || errors.Is(err, source.ErrUnknownInput) {
				return
			}
			t.Fatal(err)
		}
		a := accountOf(t, out, s)
		if stored := a.Records - a.Rejected; stored < int64(a.Objects) {
			t.Fatalf("%d records are stored, but %d objects", stored, a.Objects)
		}
		var nulled int64
		for _, n := range s.DataSets[0].Nulled {
			nulled += n.Count
		}
		if int64(len(a.Rejects)) != a.Rejected+nulled {
			t.Fatalf("%d rows of rejects for %d records and %d fields", len(a.Rejects), a.Rejected, nulled)
		}
	})
}
