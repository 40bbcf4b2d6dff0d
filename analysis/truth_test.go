package analysis_test

import (
	"testing"

	"abtool/analysis"
)

// Truth agrees with the statistics: of the points that SQL lists, as many are on their objects.
func TestTruth(t *testing.T) {
	db := openSQL(t)
	for set, query := range map[string]string{
		"imagenet": "SELECT image_id, '', x, y, hit FROM imagenet_localization",
		"coco":     "SELECT image_id::VARCHAR, icon, x, y, on_mask FROM coco_localization WHERE class_present",
	} {
		truth, err := analysis.OpenTruth(sampleStore(t), set, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(query)
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
				t.Errorf("%s %s: on %v, known %v, by SQL %v", image, class, on, known, want)
			}
			n++
			if on {
				hits++
			}
		}
		if err := rows.Err(); err != nil || n < 200 || hits == 0 || hits == n {
			t.Errorf("%s: %d points, %d hits, %v", set, n, hits, err)
		}
		if _, known := truth.On("no such image", "person", 0.5, 0.5); known {
			t.Error("an image that is not there is known")
		}
		if set == "coco" {
			if none, err := analysis.OpenTruth(sampleStore(t), set, func(string) bool { return false }); err != nil {
				t.Fatal(err)
			} else if _, known := none.On("9", "person", 0.5, 0.5); known {
				t.Error("an image that was not wanted is known")
			}
		}
	}
}
