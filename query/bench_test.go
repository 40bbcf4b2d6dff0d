package query

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/store"
)

// benchQueries are queries of the views, each next to the query that an expert would write against the
// Parquet files. IMAGENET and COCO stand for the folders of the data sets.
var benchQueries = []struct{ name, view, hand string }{
	{"samples",
		"SELECT count(*), avg(x), avg(y) FROM imagenet_samples",
		"SELECT count(*), avg(m.x), avg(m.y) FROM (SELECT unnest(mouse) AS m FROM 'IMAGENET/annotations.parquet')"},
	{"by_worker",
		"SELECT worker_id, median(x) FROM imagenet_samples GROUP BY worker_id",
		"SELECT worker_id, median(m.x) FROM (SELECT worker_id, unnest(mouse) AS m FROM " +
			"'IMAGENET/annotations.parquet') GROUP BY worker_id"},
	{"hovers",
		"SELECT action, count(*) FROM imagenet_hovers GROUP BY action",
		"SELECT h.action, count(*) FROM (SELECT unnest(hovers) AS h FROM 'IMAGENET/annotations.parquet') " +
			"GROUP BY h.action"},
	{"final_click",
		"SELECT count(*), avg(hit::INT) FROM imagenet_localization",
		`SELECT count(*), avg(hit::INT) FROM (
			SELECT len(list_filter(g.boxes, lambda b: f.c.x >= b.xmin / g.width AND f.c.x <= b.xmax / g.width
				AND f.c.y >= b.ymin / g.height AND f.c.y <= b.ymax / g.height)) > 0 AS hit
			FROM (SELECT image_id, arg_max(clicks[-1], (coalesce(hit_submit_time, -1), seq)) AS c FROM 'IMAGENET/annotations.parquet'
				WHERE selected AND clicks[-1].x IS NOT NULL AND clicks[-1].y IS NOT NULL GROUP BY image_id) f
			JOIN 'IMAGENET/images.parquet' g USING (image_id) WHERE len(g.boxes) > 0)`},
	{"sequences",
		"SELECT sequence, count(*) FROM coco_icons WHERE placed GROUP BY sequence",
		`SELECT sequence, count(*) FROM (
			SELECT string_agg(a.type, '-' ORDER BY i) AS sequence, arg_max(a.type, i) AS last
			FROM (SELECT seq, unnest(actions) AS a, generate_subscripts(actions, 1) AS i FROM 'COCO/annotations.parquet') GROUP BY seq, a.icon)
			WHERE last <> 'remove' GROUP BY sequence`},
}

// BenchmarkViews compares views with queries written by hand against the Parquet files, in turns, and
// reports the quickest of each and their ratio. ABTOOL_BENCH_IMAGES is the number of ImageNet images (COCO
// has a tenth of it; 10000 if it is not set), or ABTOOL_BENCH_STORE is a store to use.
func BenchmarkViews(b *testing.B) {
	store := benchStore(b)
	s := openStore(b, store, Options{})
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, q := range benchQueries {
		hand := strings.NewReplacer("IMAGENET", filepath.Join(store, "imagenet"), "COCO",
			filepath.Join(store, "coco")).Replace(q.hand)
		b.Run(q.name, func(b *testing.B) {
			views, hands := time.Hour, time.Hour
			for b.Loop() {
				t := time.Now()
				r, err := s.Query(context.Background(), q.view, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Close()
				views = min(views, time.Since(t))
				t = time.Now()
				rows, err := db.Query(hand)
				if err != nil {
					b.Fatal(err)
				}
				rows.Close()
				hands = min(hands, time.Since(t))
			}
			b.ReportMetric(views.Seconds()*1000, "view-ms")
			b.ReportMetric(hands.Seconds()*1000, "hand-ms")
			b.ReportMetric(views.Seconds()/hands.Seconds(), "ratio")
		})
	}
}

// BenchmarkOpen is the time from nothing to a session.
func BenchmarkOpen(b *testing.B) {
	store := benchStore(b)
	for b.Loop() {
		db, err := Open(context.Background(), store, Options{})
		if err != nil {
			b.Fatal(err)
		}
		db.Close()
	}
}

// BenchmarkPointInMask asks for every icon of the store whether it is on a mask.
func BenchmarkPointInMask(b *testing.B) {
	s := openStore(b, benchStore(b), Options{})
	for b.Loop() {
		query(b, s, "SELECT count(*) FILTER (on_mask) FROM coco_localization")
	}
}

func benchStore(b *testing.B) string {
	b.Helper()
	if dir := os.Getenv("ABTOOL_BENCH_STORE"); dir != "" {
		return dir
	}
	n := 10000
	if text := os.Getenv("ABTOOL_BENCH_IMAGES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	out := filepath.Join(os.TempDir(), "abtool-bench-sql-"+strconv.Itoa(n))
	if _, err := store.Read(out); err == nil {
		return out
	}
	ctx, dir := context.Background(), b.TempDir()
	in, co := filepath.Join(dir, "imagenet"), filepath.Join(dir, "coco")
	if _, err := synth.ImageNet(ctx, synth.Options{Images: n, Seed: 1, Boxes: true, Out: in}); err != nil {
		b.Fatal(err)
	}
	if _, err := synth.COCO(ctx, synth.Options{Images: n / 10, Seed: 1, Out: co}); err != nil {
		b.Fatal(err)
	}
	_, err := ingest.Run(ctx, ingest.Options{
		Sources:   []string{filepath.Join(in, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json")},
		Boxes:     []string{filepath.Join(in, "boxes.tar.gz")},
		Instances: []string{filepath.Join(co, "instances_train2014.json")},
		Out:       out,
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}
