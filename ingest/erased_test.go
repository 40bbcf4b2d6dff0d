package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/collect/storage"
	"abtool/internal/teststudy"
	"abtool/schema"
	"abtool/store"
)

// eraseWorker erases an annotator of a study.
func eraseWorker(t *testing.T, dir, worker string) {
	t.Helper()
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Erase(t.Context(), worker, "test", 1); err != nil {
		t.Fatal(err)
	}
}

// outdatedSets returns the data sets that are older than an erasure.
func outdatedSets(t *testing.T, out string, dirs ...string) (sets []string) {
	t.Helper()
	a, err := store.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	all, err := FindOutdated(t.Context(), out, a, dirs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		sets = append(sets, o.Set)
	}
	return sets
}

// A store knows that somebody was erased since it was made. Afterwards it has no row of this annotator, and
// everything else as before.
func TestErase(t *testing.T) {
	dir := t.TempDir()
	var sources []string
	for _, task := range []string{"browse", "tag"} {
		s, err := teststudy.Make(t.Context(), filepath.Join(dir, task), task)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, s.Dir)
	}
	boxes, err := teststudy.Truth(dir, "browse")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "store")
	before, err := Run(t.Context(), Options{Sources: sources, Boxes: []string{boxes}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if sets := outdatedSets(t, out); sets != nil {
		t.Errorf("%v are outdated before anybody was erased", sets)
	}
	if a, err := Erase(t.Context(), out, Options{}); a != nil || err != nil {
		t.Errorf("there is nothing to do: %v %v", a, err)
	}
	coco := readTable[schema.PageAttempt](t, out, "coco/pages")
	const worker = "000000000A"
	eraseWorker(t, sources[0], worker)
	if sets := outdatedSets(t, out); !slices.Equal(sets, []string{"imagenet"}) {
		t.Errorf("%v are outdated", sets)
	}
	// A study whose database cannot be asked is not one without erasures.
	settings := filepath.Join(sources[0], "study.toml")
	text, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, append(slices.Clone(text), "[serve]\ndb = \"postgres://nobody@127.0.0.1:1/none\"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	asked, err := FindOutdated(t.Context(), out, before)
	if err != nil || len(asked) != 1 || asked[0].Set != "imagenet" || !strings.Contains(asked[0].String(), "it is not known whether ImageNet-AB was made before the last erasure") {
		t.Errorf("%v %v", asked, err)
	}
	if _, err := Erase(t.Context(), out, Options{}); err == nil || !strings.Contains(err.Error(), "it is not known") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(settings, text, 0o644); err != nil {
		t.Fatal(err)
	}

	// Ground truth that is not there is named, and so is a study; the store stays as it is.
	if err := os.Rename(boxes, boxes+"2"); err != nil {
		t.Fatal(err)
	}
	if _, err := Erase(t.Context(), out, Options{}); err == nil || !strings.Contains(err.Error(), "ImageNet-AB was also made of "+boxes+", which is not there") {
		t.Errorf("error %v", err)
	}
	if err := os.Rename(boxes+"2", boxes); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(dir, "moved")
	if err := os.Rename(sources[0], moved); err != nil {
		t.Fatal(err)
	}
	if sets := outdatedSets(t, out); sets != nil {
		t.Errorf("%v are outdated, although the study is not there", sets)
	}
	if sets := outdatedSets(t, out, moved); !slices.Equal(sets, []string{"imagenet"}) {
		t.Errorf("%v are outdated", sets)
	}
	if _, err := Erase(t.Context(), out, Options{}); err == nil || !strings.Contains(err.Error(), "the study browse is not in "+sources[0]) {
		t.Errorf("error %v", err)
	}
	stranger, err := teststudy.Make(t.Context(), filepath.Join(dir, "other"), "browse")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Erase(t.Context(), out, Options{}, stranger.Dir); err == nil || !strings.Contains(err.Error(), "has nothing of the study in") {
		t.Errorf("error %v", err)
	}

	after, err := Erase(t.Context(), out, Options{}, moved)
	if err != nil {
		t.Fatal(err)
	}
	gone := 0
	for _, r := range readTable[schema.ImageNetAnnotation](t, out, "imagenet/annotations") {
		if *r.WorkerID == worker {
			gone++
		}
	}
	for _, p := range readTable[schema.PageAttempt](t, out, "imagenet/pages") {
		if p.WorkerID == worker {
			gone++
		}
	}
	for _, s := range readTable[schema.Session](t, out, "imagenet/sessions") {
		if s.WorkerID == worker {
			gone++
		}
	}
	a, b := before.DataSet("imagenet").Studies[0], after.DataSet("imagenet").Studies[0]
	if gone > 0 || b.Erased == 0 || b.Submitted+b.Erased != a.Submitted || b.Shown != a.Shown || b.Erasures != 1 || b.ID != a.ID {
		t.Errorf("%d rows are left; account before\n%+v, after\n%+v", gone, a, b)
	}
	if after.DataSet("imagenet").Rows["images"] != before.DataSet("imagenet").Rows["images"] {
		t.Error("the ground truth is lost")
	}
	if d := cmp.Diff(coco, readTable[schema.PageAttempt](t, out, "coco/pages")); d != "" {
		t.Errorf("the other data set has changed:\n%s", d)
	}
	if sets := outdatedSets(t, out); sets != nil {
		t.Errorf("%v are still outdated", sets)
	}
	for i := 11; i <= 16; i++ { // a store can become empty
		eraseWorker(t, moved, fmt.Sprintf("00000000%02X", i))
	}
	if after, err = Erase(t.Context(), out, Options{}); err != nil || after.DataSet("imagenet").Rows["annotations"] != 0 {
		t.Errorf("%v", err)
	}
}

// Of several stores, the one of the study is older than an erasure. A study can be in one of them only: another
// could have what annotators had deleted.
func TestEraseOneOfSeveral(t *testing.T) {
	dir := t.TempDir()
	s, err := teststudy.Make(t.Context(), filepath.Join(dir, "browse"), "browse")
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(dir, "records.jsonl")
	if err := os.WriteFile(record, []byte(`{"imageID":"n01440764/n01440764_1","selected":true}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var stores []string
	for i, source := range []string{s.Dir, record, s.Dir} {
		stores = append(stores, filepath.Join(dir, "stores", fmt.Sprint(i)))
		if _, err := Run(t.Context(), Options{Sources: []string{source}, Out: stores[i]}); err != nil {
			t.Fatal(err)
		}
	}
	several := stores[0] + "," + stores[1]
	if sets := outdatedSets(t, several); len(sets) > 0 {
		t.Errorf("older than an erasure before there was one: %v", sets)
	}
	before, err := store.Read(several)
	if err != nil {
		t.Fatal(err)
	}
	eraseWorker(t, s.Dir, "000000000A")
	if sets := outdatedSets(t, several); !slices.Equal(sets, []string{"imagenet"}) {
		t.Errorf("older than the erasure: %v", sets)
	}
	if _, err := Erase(t.Context(), stores[0], Options{}); err != nil {
		t.Fatal(err)
	}
	after, err := store.Read(several)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := before.DataSets[0].Rows["annotations"], after.DataSets[0].Rows["annotations"]; b >= a {
		t.Errorf("%d rows after the erasure, %d before", b, a)
	}
	if sets := outdatedSets(t, several); len(sets) > 0 {
		t.Errorf("still older than the erasure: %v", sets)
	}
	if _, err := store.Read(stores[0] + "," + stores[2]); err == nil || !strings.Contains(err.Error(), "both have the study browse") {
		t.Errorf("the same study in two stores: %v", err)
	}
}
