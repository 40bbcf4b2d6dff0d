package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"abtool/schema"
	"abtool/store/columnar"
)

// writeShowings makes a store of JSON records with these rows, in row groups of a few rows.
func writeShowings(t *testing.T, dir string, rows []schema.ImageNetAnnotation) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "imagenet"), 0o777); err != nil {
		t.Fatal(err)
	}
	shown := map[string]int32{}
	for _, r := range rows {
		shown[r.ImageID]++
	}
	var images []schema.ImageNetImage
	for i := range 10 {
		id := fmt.Sprint("n01440764_", i)
		if n := shown[id]; n > 0 {
			images = append(images, schema.ImageNetImage{ImageID: id, Shown: &n})
		}
	}
	file := columnar.PathOf(dir, "imagenet", "annotations")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := parquet.NewGenericWriter[schema.ImageNetAnnotation](f, parquet.MaxRowsPerRowGroup(7))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(columnar.PathOf(dir, "imagenet", "images"), images); err != nil {
		t.Fatal(err)
	}
	n := int64(len(rows))
	a := Account{FormatVersion: schema.FormatVersion, Completed: true, DataSets: []DataSet{{Name: "imagenet",
		Rows:    map[string]int64{"annotations": n, "images": int64(len(images)), "rejects": 0},
		Sources: []Source{{Name: "lines", Role: "byproducts", Shape: "ImageNet JSON Lines", Records: n, Stored: n, Rows: n}},
	}}}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, File), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// A showing is left out if a store before has it, however few images are looked at in a pass.
func TestRepeatedShowings(t *testing.T) {
	was := keysAtOnce
	t.Cleanup(func() { keysAtOnce = was })
	dice := rand.New(rand.NewPCG(3, 4))
	text := func(name string, n int) *string {
		if n == 0 {
			return nil
		}
		s := fmt.Sprint(name, n)
		return &s
	}
	for round := range 10 {
		dir := t.TempDir()
		var dirs []string
		want := make([][]int64, 3)
		seen := map[string]int{}
		for k := range want {
			var rows []schema.ImageNetAnnotation
			for range 5 + dice.IntN(60) {
				slot := int32(dice.IntN(3))
				r := schema.ImageNetAnnotation{Source: "lines", ImageID: fmt.Sprint("n01440764_", dice.IntN(10)), ImageIdx: &slot,
					AssignmentID: text("A", dice.IntN(4)), PageUUID: text("P", dice.IntN(3)), WorkerID: text("W", dice.IntN(2))}
				key := fmt.Sprint(r.ImageID, slot, textOf(r.PageUUID), textOf(r.WorkerID))
				if r.AssignmentID != nil {
					key = fmt.Sprint(r.ImageID, "assignment", *r.AssignmentID)
				} else if r.PageUUID != nil {
					key = fmt.Sprint(r.ImageID, slot, "page", *r.PageUUID)
				}
				first, ok := seen[key]
				if ok && first == k {
					continue // ingest has left it out
				}
				if ok {
					want[k] = append(want[k], int64(len(rows)))
				} else {
					seen[key] = k
				}
				r.Seq = int64(len(rows))
				rows = append(rows, r)
			}
			dirs = append(dirs, filepath.Join(dir, fmt.Sprint("s", k)))
			writeShowings(t, dirs[k], rows)
		}
		for _, keysAtOnce = range []int64{1, 20, was} {
			j, err := join(dirs)
			if err != nil {
				t.Fatal(err)
			}
			left := int64(0)
			for k, p := range j.Set("imagenet").Parts {
				if len(p.Drop)+len(want[k]) > 0 && !reflect.DeepEqual(p.Drop, want[k]) {
					t.Errorf("round %d, %d at once: store %d leaves out %v, want %v", round, keysAtOnce, k, p.Drop, want[k])
				}
				left += int64(len(want[k]))
			}
			d := j.Account.DataSet("imagenet")
			if n := j.Set("imagenet").Repeats.Records; n != left || left > 0 && d.Rejected[0] != (Count{Reason: "duplicate", Count: left}) {
				t.Errorf("round %d: %d are told and %v counted, want %d", round, n, d.Rejected, left)
			}
			var names []string
			for _, s := range d.Sources {
				names = append(names, s.Name)
				if s.Records != s.Stored+s.Rejected {
					t.Errorf("%+v does not add up", s)
				}
			}
			if got := strings.Join(names, " "); got != "lines lines#2 lines#3" {
				t.Errorf("sources %s", got)
			}
		}
	}
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
