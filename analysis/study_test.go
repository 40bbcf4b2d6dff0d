package analysis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/internal/teststore"
	"abtool/query"
)

func studyStore(t *testing.T) string {
	t.Helper()
	store, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Studies: []string{"browse", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// The rows of a study are broken down by arm as SQL does it.
func TestByArm(t *testing.T) {
	store := studyStore(t)
	db, err := query.Open(context.Background(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d := run(t, store, result.Options{By: "arm", Bootstrap: -1})
	if len(d.DataSets) != 2 {
		t.Fatalf("%d data sets, want 2", len(d.DataSets))
	}
	for _, set := range d.DataSets {
		table := set.Statistics[0].Tables[0]
		if table.Name != "by_arm" || len(table.Rows) != 2 {
			t.Errorf("%s: table %s with %d rows", set.Name, table.Name, len(table.Rows))
		}
		for _, row := range table.Rows {
			var want string
			err := db.QueryRow(fmt.Sprintf("SELECT count(*) FROM %s_annotations WHERE arm = ?", set.Name), row[0]).Scan(&want)
			if got := fmt.Sprint(row[1]); err != nil || got != want {
				t.Errorf("%s, arm %v: %s rows, want %s (%v)", set.Name, row[0], got, want, err)
			}
		}
	}
	arms := run(t, store, result.Options{By: "arm"}).Statistic("imagenet", "by_arm")
	var shares []stat.Number
	for _, arm := range []string{"plain", "red"} {
		var k, n int64
		if err := db.QueryRow("SELECT count(*) FILTER (selected), count(*) FROM imagenet_annotations WHERE arm = ?", arm).Scan(&k, &n); err != nil {
			t.Fatal(err)
		}
		v := arms.Value("selected." + arm)
		if v == nil || *v.K != k || v.N != n || v.Interval == nil {
			t.Fatalf("selected.%s: %+v, want %d of %d", arm, v, k, n)
		}
		shares = append(shares, v.Value)
	}
	if v := arms.Value("selected.red-plain"); v == nil || v.Value != shares[1]-shares[0] || !v.Interval.Covers(float64(v.Value)) {
		t.Errorf("the difference: %+v", v)
	}
}

// In a study, several annotators have the same image. Each of their pages counts, for any number of workers.
func TestImageTwice(t *testing.T) {
	store := studyStore(t)
	db, err := query.Open(context.Background(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var pages, images, found, icons int
	if err := db.QueryRow(`SELECT count(*), count(DISTINCT image_id) FROM coco_annotations`).Scan(&pages, &images); err != nil || pages <= images {
		t.Fatalf("%d pages of %d images (%v)", pages, images, err)
	}
	if err := db.QueryRow("SELECT count(*) FILTER (on_mask), count(*) FROM coco_localization").Scan(&found, &icons); err != nil {
		t.Fatal(err)
	}
	want, checked := "", 0
	for _, jobs := range []int{1, 3} {
		d := run(t, store, result.Options{Jobs: jobs, Bootstrap: 20})
		text, err := json.Marshal(d.DataSets)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(text)
		}
		if string(text) != want {
			t.Errorf("%d workers give other statistics", jobs)
		}
		for _, s := range d.DataSets[1].Statistics {
			for _, v := range s.Values {
				if s.Name != "icon_precision" || v.Name != "on_mask" {
					continue
				}
				if checked++; *v.K != int64(found) || v.N != int64(icons) {
					t.Errorf("precision %d of %d, want %d of %d", *v.K, v.N, found, icons)
				}
			}
		}
	}
	if checked != 2 {
		t.Errorf("precision was compared %d times", checked)
	}
}

func TestByArmWithoutStudy(t *testing.T) {
	_, err := analysis.Run(context.Background(), sampleStore(t), result.Options{By: "arm"})
	if err == nil || !strings.Contains(err.Error(), "only annotators of a study have arms") {
		t.Errorf("error %v", err)
	}
}

// Recall and its flag are over the images that the plan of a study knows to show the class, here as in SQL.
func TestHITsOfStudy(t *testing.T) {
	store := studyStore(t)
	db, err := query.Open(context.Background(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	table := run(t, store, result.Options{Names: []string{"hits"}, Bootstrap: -1}).Statistic("imagenet", "hits").Tables[0]
	at := map[string]int{}
	for i, c := range table.Columns {
		at[c.Name] = i
	}
	lower := 0
	for _, row := range table.Rows {
		var recall, all float64
		var low bool
		if err := db.QueryRow("SELECT recall, selected / images, low_recall FROM imagenet_hits WHERE assignment_id = ?", row[0]).Scan(&recall, &all, &low); err != nil {
			t.Fatal(err)
		}
		if got := float64(row[at["recall"]].(stat.Number)); got != recall || row[at["low_recall"]] != low {
			t.Errorf("HIT %v: recall %v, low %v; SQL has %v, %v", row[0], got, row[at["low_recall"]], recall, low)
		}
		if all < recall {
			lower++
		}
	}
	if lower == 0 {
		t.Error("the study has no HIT in which the two recalls differ")
	}
}
