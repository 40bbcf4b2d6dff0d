package collect

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// photos writes n small images for each class.
func photos(t testing.TB, dir string, n int, classes ...string) {
	t.Helper()
	for _, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			f, err := os.Create(filepath.Join(dir, class, fmt.Sprintf("%s_%d.jpg", strings.ReplaceAll(class, "/", "_"), i)))
			if err != nil {
				t.Fatal(err)
			}
			if err := jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 8+i, 6)), nil); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
}

func initStudy(t testing.TB, o InitOptions) (*Study, *Inited) {
	t.Helper()
	o.Dir = filepath.Join(t.TempDir(), "My Birds!")
	r, err := Init(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// What init writes is what the defaults say; the keys are for the owner only.
func TestInit(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 3, "robin", "wren")
	os.WriteFile(filepath.Join(dir, "robin", "broken.jpg"), []byte("no image"), 0o666)
	s, r := initStudy(t, InitOptions{Task: Browse, Images: dir, Title: `"Birds" \ été`, Contact: "a@b.org"})
	if r.Images != 6 || r.Classes != 2 || len(r.Skipped) != 1 || !strings.HasPrefix(r.Skipped[0], "robin/broken.jpg: ") {
		t.Errorf("%+v", r)
	}
	want := Defaults(Browse)
	want.Study.ID, want.Study.Title, want.Study.Contact = "my-birds", `"Birds" \ été`, "a@b.org"
	want.Images.Folder = dir
	if !reflect.DeepEqual(s.Settings, want) {
		t.Errorf("settings\n%+v, want\n%+v", s.Settings, want)
	}
	for _, name := range keyNames {
		info, err := os.Stat(filepath.Join(s.Dir, "secrets", name+".key"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if err := os.Chmod(filepath.Join(s.Dir, "secrets", "code.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keys(); err == nil || !strings.Contains(err.Error(), "can be read by others") {
		t.Errorf("a key that others can read: %v", err)
	}
	if blanks := s.Blanks(); len(blanks) == 0 || blanks[0] != "consent.md: [your name and institution]" {
		t.Errorf("%v", blanks)
	}
	s.Texts["consent"] = "a [link](https://example.org) and [a\nblank]"
	if blanks := s.Blanks(); !reflect.DeepEqual(blanks, []string{"consent.md: [a blank]"}) {
		t.Errorf("%q", blanks)
	}
}

// Images in one folder get their classes from a file; ids of tag studies are whole numbers.
func TestInitFlat(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 3, ".")
	file := filepath.Join(t.TempDir(), "classes.csv")
	for i := range 3 { // photos names files after the folder
		os.Rename(filepath.Join(dir, fmt.Sprintf("._%d.jpg", i)), filepath.Join(dir, fmt.Sprintf("p_%d.jpg", i)))
	}
	os.WriteFile(file, []byte("image,class\np_0.jpg,a\np_1,b\np_2.jpg,a\n"), 0o666)
	s, r := initStudy(t, InitOptions{Task: Browse, Images: dir, Classes: file})
	if r.Classes != 2 {
		t.Errorf("%+v", r)
	}
	if _, err := s.MakePlan(1, nil); err != nil {
		t.Fatal(err)
	}
	images, _, err := s.Plan()
	if err != nil || len(images) != 3 || images[0].Class != "a" || images[1].Class != "b" || images[2].Class != "a" {
		t.Errorf("%+v %v", images, err)
	}
	os.WriteFile(file, []byte("image,class\np_0.jpg,a\n"), 0o666)
	if _, err := Init(context.Background(), InitOptions{Dir: filepath.Join(t.TempDir(), "x"), Task: Browse, Images: dir, Classes: file}); err == nil ||
		!strings.Contains(err.Error(), "has no line for the image p_1.jpg") {
		t.Errorf("an image without a class: %v", err)
	}
	s, _ = initStudy(t, InitOptions{Task: Tag, Images: dir})
	if supers := s.Superclasses(); len(supers) != 11 || supers[1].Name != "Animal" || len(s.Classes) != 80 {
		t.Errorf("%d superclasses, %d icons", len(supers), len(s.Classes))
	}
	if _, err := s.MakePlan(1, nil); err != nil {
		t.Fatal(err)
	}
	images, hits, err := s.Plan()
	if err != nil || images[2].ID != "2" || len(hits) != 1 || len(hits[0].Pages) != 3 {
		t.Errorf("%+v %+v %v", images, hits, err)
	}
}

// checkOutdated compares a new plan with its settings and with others.
func checkOutdated(r *rapid.T, s *Study, hits []HIT) {
	if key := s.outdated(hits); key != "" {
		r.Fatalf("a new plan does not agree with %s", key)
	}
	if len(hits) == 0 {
		return
	}
	other := *s
	other.Assign.K++
	if key := other.outdated(hits); key != "assign.k" {
		r.Fatalf("another k: %q", key)
	}
	if other = *s; len(hits) > 1 {
		other.Task.Pages = len(hits[0].Pages) + 1
		if key := other.outdated(hits); key != "task.pages" {
			r.Fatalf("more pages: %q", key)
		}
	}
	other = *s
	if other.Task.Images = len(hits[0].Pages[0].Slots) - 1; other.Task.Images > other.Task.Others {
		if key := other.outdated(hits); key != "task.images" {
			r.Fatalf("fewer images: %q", key)
		}
	}
	pages := map[string]int{}
	for _, h := range hits {
		for _, p := range h.Pages {
			pages[p.Class]++
		}
	}
	if slices.Max(slices.Collect(maps.Values(pages))) > 1 {
		other = *s
		other.Task.Images = s.Task.Others + 30 // enough for all images of a class
		if key := other.outdated(hits); key != "task.images" {
			r.Fatalf("more images: %q", key)
		}
	}
}

// Images without a file are named before annotators miss them.
func TestDoubts(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 3, "a")
	s, _ := initStudy(t, InitOptions{Task: Browse, Images: dir})
	if _, err := s.MakePlan(1, nil); err != nil {
		t.Fatal(err)
	}
	if doubts, err := s.Doubts(t.Context(), nil); err != nil || len(doubts) > 0 {
		t.Errorf("%q %v", doubts, err)
	}
	images, _, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, images[1].Path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, images[2].Path), []byte("another"), 0o666); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(filepath.Join(dir, images[2].Path), later, later); err != nil {
		t.Fatal(err)
	}
	s.Task.Images = 2
	doubts, err := s.Doubts(t.Context(), nil)
	if err != nil || len(doubts) != 3 || !strings.Contains(doubts[0], "1 of 3 images are missing in "+dir+", such as "+images[1].Path) ||
		!strings.Contains(doubts[1], "1 of 3 images in "+dir+" are others than collect init read, such as "+images[2].Path) ||
		!strings.Contains(doubts[2], "another task.images") {
		t.Errorf("%q %v", doubts, err)
	}
	_, hits, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if doubts, err = s.Doubts(t.Context(), hits); err != nil || len(doubts) != 2 {
		t.Errorf("HITs that were issued keep their pages: %q %v", doubts, err)
	}
	// A date says nothing where all files are read.
	early := time.Unix(1e9, 0)
	if err := os.Chtimes(filepath.Join(dir, images[2].Path), early, early); err != nil {
		t.Fatal(err)
	}
	var wrong []string
	if _, err := s.CheckImages(t.Context(), true, func(m *Image, err error) { wrong = append(wrong, m.ID) }); err != nil || !slices.Equal(wrong, []string{images[1].ID, images[2].ID}) {
		t.Errorf("%q %v", wrong, err)
	}
	s.Images.Folder = t.TempDir()
	if _, err := s.Doubts(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "none of the 3 images is in "+s.Images.Folder) {
		t.Error(err)
	}
}

// What init leaves out or cannot use is named, and the contact is in the consent.
func TestInitNames(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 2, "a")
	file := filepath.Join(dir, "a", "a_0.jpg")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "classes.csv")
	if err := errors.Join(os.WriteFile(file, b[:len(b)-5], 0o666), os.WriteFile(table, []byte("class,name\na,A\nb,B\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	s, r := initStudy(t, InitOptions{Task: Browse, Images: dir, Classes: table, Contact: "lab@example.org"})
	if r.Images != 1 || !slices.Equal(r.Skipped, []string{"a/a_0.jpg: its end is missing: get it again"}) {
		t.Errorf("%+v", r)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool {
		return strings.HasSuffix(n, `describes classes that no image is for: 1, such as "b"`)
	}) {
		t.Errorf("%q", r.Notes)
	}
	if !strings.Contains(s.Texts["consent"], "Send it to lab@example.org.") {
		t.Error(s.Texts["consent"])
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct{ ids, want []string }{
		{[]string{"COCO_val2014_000000000042", "9"}, []string{"42", "9"}},
		{[]string{"a_1", "b_1"}, []string{"1", "2"}}, // the same number twice
		{[]string{"a_7", "b"}, []string{"1", "2"}},
	} {
		var images []Image
		for _, id := range c.ids {
			images = append(images, Image{ID: id})
		}
		number(images)
		for i, m := range images {
			if m.ID != c.want[i] {
				t.Errorf("%v: %s, want %s", c.ids, m.ID, c.want[i])
			}
		}
	}
}

// Whatever the sizes: each image is a candidate once, no page has an image twice, no HIT too many pages, sizes
// of the pages of a class differ by at most one, and HITs that were issued stay.
func TestMakePlan(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 1, "a")
	rapid.Check(t, func(r *rapid.T) {
		s := &Study{Dir: dir, Settings: Defaults(Browse)}
		s.Study.ID = "x"
		s.Task.Pages = rapid.IntRange(1, 5).Draw(r, "pages")
		s.Task.Images = rapid.IntRange(1, 12).Draw(r, "images")
		s.Task.Others = rapid.IntRange(0, s.Task.Images-1).Draw(r, "others")
		s.Task.Gold = rapid.IntRange(0, s.Task.Images-1-s.Task.Others).Draw(r, "gold")
		s.Task.Repeats = rapid.IntRange(0, 3).Draw(r, "repeats")
		s.Assign.K = rapid.IntRange(1, 3).Draw(r, "k")
		var images []Image
		for c := range rapid.IntRange(1, 4).Draw(r, "classes") {
			for i := range rapid.IntRange(1, 30).Draw(r, "size") {
				images = append(images, Image{ID: fmt.Sprintf("%d_%d", c, i), Class: fmt.Sprint("c", c)})
			}
			for i := range rapid.IntRange(1, 9).Draw(r, "gold images") {
				known := i%3 == 0
				images = append(images, Image{ID: fmt.Sprintf("%d_gold_%d", c, i), Class: fmt.Sprint("c", c), Gold: true, Known: &known})
			}
		}
		writeImages(t, dir, images)
		seed := rapid.Uint64().Draw(r, "seed")
		planned, err := s.MakePlan(seed, nil)
		if err != nil {
			r.Fatal(err)
		}
		_, hits, err := s.Plan()
		if err != nil {
			r.Fatal(err)
		}
		checkPlanned(r, s, images, hits, planned)
		issued := hits[:rapid.IntRange(0, len(hits)).Draw(r, "issued")]
		if planned, err = s.MakePlan(seed+1, issued); err != nil {
			r.Fatal(err)
		}
		_, again, err := s.Plan()
		if err != nil || !reflect.DeepEqual(again[:len(issued)], issued) || planned.Kept != len(issued) {
			r.Fatalf("issued HITs are not kept: %v", err)
		}
		checkOutdated(r, s, again[len(issued):])
		checkPlanned(r, s, images, again, planned)
	})
}

func checkPlanned(r *rapid.T, s *Study, images []Image, hits []HIT, planned Planned) {
	candidate := map[string]int{}
	sizes := map[string][]int{}
	for _, h := range hits {
		if len(h.Pages) > s.Task.Pages || len(h.Pages) == 0 || h.K != s.Assign.K {
			r.Fatalf("HIT %+v", h)
		}
		gold, first, repeats := map[string]bool{}, map[string]string{}, 0
		for _, p := range h.Pages {
			n := map[string]int{}
			on := map[string]bool{}
			for _, slot := range p.Slots {
				if on[slot.Image] {
					r.Fatalf("image %s twice on a page", slot.Image)
				}
				on[slot.Image] = true
				n[slot.Role]++
				switch slot.Role {
				case "":
					candidate[slot.Image]++
				case goldRole:
					if gold[slot.Image] || slot.Known == nil || !strings.HasPrefix(slot.Image, p.Class[1:]+"_gold_") {
						r.Fatalf("gold image %+v on a page of %s, in the HIT before: %v", slot, p.Class, gold[slot.Image])
					}
					gold[slot.Image] = true
				case repeat:
					if first[slot.Image] != p.Class {
						r.Fatalf("image %s comes again on a page of %s, and was on one of %q", slot.Image, p.Class, first[slot.Image])
					}
					repeats++
				}
			}
			for _, slot := range p.Slots {
				if slot.Role == "" {
					first[slot.Image] = p.Class
				}
			}
			if len(p.Slots)-n[repeat] > s.Task.Images || n[others] > s.Task.Others || n[goldRole] > s.Task.Gold || n[""] == 0 {
				r.Fatalf("page of %v", n)
			}
			sizes[p.Class] = append(sizes[p.Class], n[""])
		}
		if repeats > s.Task.Repeats {
			r.Fatalf("%d images come again", repeats)
		}
	}
	for _, m := range images {
		if want := 1 - btoi(m.Gold && s.Task.Gold > 0); candidate[m.ID] != want {
			r.Fatalf("image %s is a candidate %d times", m.ID, candidate[m.ID])
		}
	}
	if planned.HITs != len(hits) || s.Task.Gold == 0 && planned.Images != len(images) || planned.Assignments != len(hits)*s.Assign.K {
		r.Fatalf("%+v", planned)
	}
	if planned.Kept == 0 {
		for class, list := range sizes {
			low, high := list[0], list[0]
			for _, n := range list {
				low, high = min(low, n), max(high, n)
			}
			if high-low > 1 {
				r.Fatalf("class %s has pages of %v", class, list)
			}
		}
	}
}

// Gold images show their class and do not, in turn. Images come again where a class has two pages in a HIT, and the
// first page of a HIT has such a partner. A tag HIT ends with pages that come again.
func TestChecks(t *testing.T) {
	dir := t.TempDir()
	yes, no := true, false
	var images []Image
	for c := range 5 {
		for i := range 8 {
			images = append(images, Image{ID: fmt.Sprintf("%d_%d", c, i), Class: fmt.Sprint("c", c)})
		}
		for i, known := range []*bool{&yes, &yes, &no, &no} {
			images = append(images, Image{ID: fmt.Sprintf("%d_gold_%d", c, i), Class: fmt.Sprint("c", c), Gold: true, Known: known})
		}
	}
	writeImages(t, dir, images)
	s := &Study{Dir: dir, Settings: Defaults(Browse)}
	s.Task.Pages, s.Task.Images, s.Task.Gold, s.Task.Repeats = 2, 6, 2, 1
	planned, err := s.MakePlan(1, nil)
	if err != nil || planned.HITs != 5 || planned.Gold != 20 || planned.Repeats != 5 || len(planned.Notes) > 0 {
		t.Errorf("%+v, %v", planned, err)
	}
	_, hits, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		present := 0
		for _, p := range h.Pages {
			for _, slot := range p.Slots {
				present += btoi(slot.Role == goldRole && *slot.Known)
			}
		}
		if h.Pages[0].Class != h.Pages[1].Class || present != 2 {
			t.Errorf("%+v has %d gold images that show their class", h, present)
		}
	}
	s.Task.Gold, s.Task.Repeats = 4, 3
	if planned, err = s.MakePlan(1, nil); err != nil || len(planned.Notes) != 2 ||
		!strings.HasPrefix(planned.Notes[0], "10 pages with fewer gold images") || !strings.HasPrefix(planned.Notes[1], "10 HITs with fewer repeats") {
		t.Errorf("%+v, %v", planned, err)
	}
	for i := range images {
		images[i].Gold = false
	}
	writeImages(t, dir, images)
	if _, err := s.MakePlan(1, nil); err == nil || !strings.Contains(err.Error(), "no image with") {
		t.Error(err)
	}
	tag := &Study{Dir: dir, Settings: Defaults(Tag)}
	tag.Task.Pages, tag.Task.Repeats = 10, 3
	if planned, err = tag.MakePlan(1, nil); err != nil || planned.Repeats != 3*planned.HITs-1 || planned.Images != 60 {
		t.Errorf("%+v, %v", planned, err)
	}
	_, hits, _ = tag.Plan()
	for _, p := range hits[0].Pages[7:] {
		first := slices.IndexFunc(hits[0].Pages, func(q Page) bool { return q.Slots[0].Image == p.Slots[0].Image })
		if first > 3 || p.Slots[0].Role != repeat {
			t.Errorf("%+v comes again, and was on page %d", p, first)
		}
	}
}

func writeImages(t *testing.T, dir string, images []Image) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, ImagesFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writeLines(f, images); err != nil {
		t.Fatal(err)
	}
}

// A plan that cannot be served is refused with its line.
func TestPlanRefused(t *testing.T) {
	dir := t.TempDir()
	photos(t, dir, 257, "a")
	s, _ := initStudy(t, InitOptions{Task: Browse, Images: dir})
	s.Task.Repeats = 100
	var many []string
	for i := range 257 {
		many = append(many, fmt.Sprintf(`{"image":"a_%d","known":null}`, i))
	}
	for plan, want := range map[string]string{
		`{"hit":"h","task":"browse","k":1,"pages":[{"slots":[{"image":"a_0","known":null},{"image":"a_0","known":null}]}]}`: `line 1: page 0 shows the image "a_0" twice`,
		`{"hit":"h","task":"browse","k":1,"pages":[{"slots":[{"image":"b","known":null}]}]}`:                                `page 0 shows the image "b", which images.jsonl does not have`,
		`{"hit":"h","task":"tag","k":1,"pages":[]}`:                                                                         `the task is "tag", but study.toml says "browse"`,
		`{"hit":"h","task":"browse","k":0,"pages":[]}`:                                                                      `k = 0 with 0 pages`,
		`{"hit":"h","task":"browse","k":1,"pages":[{"slots":[` + strings.Join(many, ",") + `]}]}`:                           `line 1: page 0 has 257 images: it needs one, and has at most 256`,
		`{"hit":"h","task":"browse","k":1,"page":[]}`:                                                                       `unknown field "page"`,
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, PlanFile), []byte(plan), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", plan, err, want)
		}
	}
}

// Any single character that is mistyped, and any two neighbours that are swapped, make a code ill-formed, but
// for the characters 0 and Z, which the check cannot tell apart.
func TestCodes(t *testing.T) {
	k := Keys{Code: []byte("code"), Participation: []byte("part"), Pseudonym: []byte("p"), Image: []byte("i")}
	code := k.CompletionCode("study", "assignment", "worker")
	if code == k.CompletionCode("study", "assignment", "other") || len(code) != 13 || !CodeIsWellFormed(code) || !CodeIsWellFormed(strings.ToLower(code)) {
		t.Errorf("code %s", code)
	}
	part := k.ParticipationCode("study", "worker")
	if len(part) != 16 || !CodeIsWellFormed(part) {
		t.Errorf("code %s", part)
	}
	for _, code := range []string{code, part} {
		plain := strings.ReplaceAll(code, "-", "")
		for i := range len(plain) - 1 {
			for _, c := range []byte(letters) {
				wrong := []byte(plain)
				was := wrong[i]
				wrong[i] = c
				if ok := CodeIsWellFormed(string(wrong)); ok != (c == was || strings.IndexByte("0Z", c) >= 0 && strings.IndexByte("0Z", was) >= 0) {
					t.Errorf("%s for %s: well-formed %v", wrong, plain, ok)
				}
			}
			if swapped := []byte(plain); i+2 < len(plain) && swapped[i] != swapped[i+1] {
				swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
				if CodeIsWellFormed(string(swapped)) && !strings.Contains("0Z Z0", plain[i:i+2]) {
					t.Errorf("%s for %s is well-formed", swapped, plain)
				}
			}
		}
	}
	if w := k.Worker("link", "ann"); len(w) != 10 || w == k.Worker("mturk", "ann") || w == k.Worker("link", "bob") {
		t.Errorf("pseudonym %s", w)
	}
}

func TestImageKey(t *testing.T) {
	k := Keys{Image: []byte("secret")}
	const page = "0ca3e522-27bc-4a9b-aefb-08b977b7b2f2"
	key := k.ImageKey("s", page, 47)
	if got, slot, ok := k.OpenImageKey("s", key); got != page || slot != 47 || !ok {
		t.Errorf("%s %d %v", got, slot, ok)
	}
	if _, slot, ok := k.OpenImageKey("s", k.ImageKey("s", page, maxSlots-1)); slot != maxSlots-1 || !ok {
		t.Errorf("the last slot: %d %v", slot, ok)
	}
	for _, wrong := range []string{"", "x", key[:len(key)-1], key + "A", k.ImageKey("other", page, 47), Keys{Image: []byte("x")}.ImageKey("s", page, 47), "A" + key[1:]} {
		if _, _, ok := k.OpenImageKey("s", wrong); ok {
			t.Errorf("the key %q is accepted", wrong)
		}
	}
}

// Each page of a plan that the settings allow has keys for its images.
func TestMostImages(t *testing.T) {
	for repeats, want := range map[int]string{
		56: "",
		57: "task.images + task.repeats = 257: a page has at most 256 images, and all that come again may be on one",
	} {
		_, err := ParseSettings(fmt.Sprintf("[study]\ncontact = \"a@example.org\"\n[task]\nkind = \"browse\"\nimages = 200\nrepeats = %d", repeats))
		if text := fmt.Sprint(err); err == nil && want != "" || err != nil && text != want {
			t.Errorf("%d repeats: %v, want %q", repeats, err, want)
		}
	}
}

// Any text is either refused or gives settings that are within their limits.
func FuzzSettings(f *testing.F) {
	f.Add("[task]\nkind = \"browse\"\n[arms.red]\npointer = \"red-dot\"")
	f.Add("[task]\nkind = \"tag\"\n[assign]\nk = 3\nlease = \"90m\"")
	f.Add("[arms]\nred = 3")
	f.Add("a.b.c = 1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSettings(text)
		if err != nil {
			return
		}
		if err := s.check(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		study := Study{Settings: s}
		if study.Idle() <= 0 || study.Longest() <= 0 || s.Task.Others >= s.Task.Images {
			t.Errorf("%q: %+v", text, s)
		}
	})
}
