package coco_test

import (
	"context"
	"testing"

	"abtool/byproduct/coco"
	"abtool/internal/teststore"
	"abtool/query"
)

// The ground truth agrees with SQL on which icons are on a mask.
func TestTruth(t *testing.T) {
	ctx := context.Background()
	store, err := teststore.Make(ctx, t.TempDir(), teststore.Options{Pages: 200, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	truth, err := coco.ReadTruth(store, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(ctx, store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT image_id::VARCHAR, icon, x, y, on_mask FROM coco_localization WHERE class_present")
	if err != nil {
		t.Fatal(err)
	}
	n, hits := 0, 0
	for rows.Next() {
		var image, class string
		var x, y float64
		var want bool
		if err := rows.Scan(&image, &class, &x, &y, &want); err != nil {
			t.Fatal(err)
		}
		on, known := truth.On(image, class, x, y)
		if on != want || !known {
			t.Errorf("%s, %s: on %v, known %v, by SQL %v", image, class, on, known, want)
		}
		n++
		if on {
			hits++
		}
	}
	if err := rows.Err(); err != nil || n < 200 || hits == 0 || hits == n {
		t.Errorf("%d icons, %d on a mask, %v", n, hits, err)
	}
	if _, known := truth.On("no such image", "person", 0.5, 0.5); known {
		t.Error("an image that is not there is known")
	}
	none, err := coco.ReadTruth(store, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	if _, known := none.On("9", "person", 0.5, 0.5); known {
		t.Error("an image that was not wanted is known")
	}
}
