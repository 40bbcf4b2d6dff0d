package analysis_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/query"
)

// at finds a number of a document: statistic.value, or statistic.table[key].column, where key is
// the row's first cell.
func at(t testing.TB, d *result.Document, set, path string) float64 {
	t.Helper()
	name, rest, _ := strings.Cut(path, ".")
	s := statistic(t, d, set, name)
	before, after, isTable := strings.Cut(rest, "[")
	if !isTable {
		value, part, _ := strings.Cut(rest, "#")
		v := s.Value(value)
		if v == nil {
			t.Fatalf("%s.%s has no value %s", set, name, value)
		}
		if part == "n" {
			return float64(v.N)
		}
		if part == "k" {
			return float64(*v.K)
		}
		return float64(v.Value)
	}
	i := strings.LastIndex(after, "].")
	key, column := after[:i], after[i+2:]
	for _, x := range s.Tables {
		if x.Name != before {
			continue
		}
		for c, col := range x.Columns {
			if col.Name != column {
				continue
			}
			for _, row := range x.Rows {
				if fmt.Sprint(row[0]) == key {
					return number(row[c])
				}
			}
		}
	}
	t.Fatalf("%s has no %s", set, path)
	return 0
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case stat.Number:
		return float64(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// near reports whether two numbers agree as closely as sums in another order can.
func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

// Queries in SQL, as in docs/guide/cookbook.md, give the same numbers as the statistics. A query returns one row:
// the numbers of the paths, in order.
var sqlCases = []struct{ set, paths, query string }{
	{"imagenet", "counts.images counts.showings counts.selected_showings#k counts.clicks counts.samples counts.hovers",
		`SELECT (SELECT count(*) FROM imagenet_images WHERE shown IS NOT NULL), count(*), count(*) FILTER (selected), sum(n_clicks), sum(n_samples), sum(n_hovers) FROM imagenet_showings`},
	{"imagenet", "counts.selected_images#k counts.selected_images counts.byproduct_images#k " +
		"counts.final_clicks#k counts.clicked_boxed#k",
		`WITH per_image AS (SELECT image_id, bool_or(coalesce(selected, false)) AS selected, bool_or(n_clicks + n_samples + n_hovers > 0) AS byproduct FROM imagenet_showings GROUP BY image_id)
		SELECT count(*) FILTER (selected), avg(coalesce(selected, false)::INT), count(*) FILTER (byproduct), (SELECT count(*) FROM imagenet_final_clicks), (SELECT count(*) FROM imagenet_localization)
		FROM imagenet_images LEFT JOIN per_image USING (image_id) WHERE shown IS NOT NULL`},
	{"imagenet", "rounds.by_showing[1].first_selected rounds.by_showing[2].first_selected " +
		"rounds.first_round rounds.second_round",
		`WITH first AS (SELECT image_id, min(showing) AS showing FROM imagenet_showings WHERE selected GROUP BY image_id), n AS (SELECT count(*) AS n FROM imagenet_images WHERE shown IS NOT NULL)
		SELECT count(*) FILTER (showing = 1), count(*) FILTER (showing = 2), count(*) FILTER (showing = 1) / any_value(n), count(*) FILTER (showing = 2) / any_value(n) FROM first, n`},
	{"imagenet", "click_accuracy.accuracy click_accuracy.accuracy#n click_accuracy.accuracy#k " +
		"random_clicks.centre.bc off_centre.share off_centre.accuracy off_centre.accuracy#n",
		`SELECT avg(hit::INT), count(*), count(*) FILTER (hit), avg(centre_hit::INT), avg((NOT centre_hit)::INT), avg(hit::INT) FILTER (NOT centre_hit), count(*) FILTER (NOT centre_hit) FROM imagenet_localization`},
	{"imagenet", "click_accuracy.accuracy.document click_accuracy.accuracy.first click_accuracy.accuracy.mean",
		`WITH v AS (SELECT 'document' AS v, * FROM imagenet_final_clicks_by(how := 'document') UNION ALL SELECT 'first', * FROM imagenet_final_clicks_by(how := 'first') UNION ALL SELECT 'mean', * FROM imagenet_final_clicks_by(how := 'mean')),
		h AS (SELECT v, in_any_box(x, y, boxes, width, height)::INT AS hit FROM v JOIN imagenet_images USING (image_id) WHERE len(boxes) > 0 AND width > 0 AND height > 0)
		SELECT avg(hit) FILTER (v = 'document'), avg(hit) FILTER (v = 'first'), avg(hit) FILTER (v = 'mean') FROM h`},
	{"imagenet", "centre_bias.gt_centres.share#n centre_bias.gt_centres.share centre_bias.clicks.share",
		`WITH points AS (SELECT 'boxes' AS what, (rel_xmin + rel_xmax) / 2 AS x, (rel_ymin + rel_ymax) / 2 AS y FROM imagenet_boxes JOIN imagenet_images USING (image_id) WHERE rel_xmin IS NOT NULL AND shown IS NOT NULL
		UNION ALL SELECT 'clicks', x, y FROM imagenet_final_clicks), cells AS (SELECT what, grid_cell(x, 11) AS col, grid_cell(y, 11) AS row FROM points)
		SELECT count(*) FILTER (what = 'boxes' AND col + row IS NOT NULL), avg((col = 5 AND row = 5)::INT) FILTER (what = 'boxes' AND col + row IS NOT NULL), avg((col = 5 AND row = 5)::INT) FILTER (what = 'clicks' AND col + row IS NOT NULL) FROM cells`},
	{"imagenet", "random_clicks.uniform.all_boxed#n random_clicks.uniform.all_boxed random_clicks.uniform.bc",
		`WITH boxes AS (SELECT image_id, greatest(rel_xmin, 0) AS x0, greatest(rel_ymin, 0) AS y0, least(rel_xmax, 1) AS x1, least(rel_ymax, 1) AS y1 FROM imagenet_boxes JOIN imagenet_images USING (image_id) WHERE rel_xmin IS NOT NULL AND shown IS NOT NULL),
		xs AS (SELECT image_id, x AS x0, lead(x) OVER (PARTITION BY image_id ORDER BY x) AS x1 FROM (SELECT DISTINCT image_id, unnest([x0, x1]) AS x FROM boxes)),
		ys AS (SELECT image_id, y AS y0, lead(y) OVER (PARTITION BY image_id ORDER BY y) AS y1 FROM (SELECT DISTINCT image_id, unnest([y0, y1]) AS y FROM boxes)),
		cells AS (SELECT DISTINCT image_id, xs.x0, ys.y0, (xs.x1 - xs.x0) * (ys.y1 - ys.y0) AS area FROM xs JOIN ys USING (image_id) JOIN boxes b USING (image_id) WHERE xs.x0 >= b.x0 AND xs.x1 <= b.x1 AND ys.y0 >= b.y0 AND ys.y1 <= b.y1),
		per_image AS (SELECT image_id, coalesce(sum(area), 0) AS area FROM (SELECT DISTINCT image_id FROM boxes) LEFT JOIN cells USING (image_id) GROUP BY image_id)
		SELECT count(*), avg(area), avg(area) FILTER (image_id IN (SELECT image_id FROM imagenet_localization)) FROM per_image`},
	{"imagenet", "last_samples.last_n[0].n last_samples.last_n[1].n last_samples.last_n[3].accuracy " +
		"last_samples.last_n[8].hits last_samples.last_n_segment[8].n",
		`WITH s AS (SELECT l.hit, t.before_click AS b, t.since_enter AS e, l.boxes, l.width, l.height FROM imagenet_localization l JOIN imagenet_traces t USING (seq))
		SELECT count(*), count(*) FILTER (len(b) >= 1), avg(in_any_box(b[-3].x, b[-3].y, boxes, width, height)::INT) FILTER (len(b) >= 3), count(*) FILTER (len(b) >= 8 AND in_any_box(b[-8].x, b[-8].y, boxes, width, height)), count(*) FILTER (len(e) >= 8) FROM s`},
	{"imagenet", "trace_quantiles.samples[0].n trace_quantiles.samples[0].hits " +
		"trace_quantiles.samples[9].accuracy time_quantiles.samples[0].n time_quantiles.samples[9].hits " +
		"time_quantiles.samples[5].accuracy",
		`WITH trace AS (SELECT l.boxes, l.width, l.height, t.enter, t.t AS click, t.since_enter FROM imagenet_localization l JOIN imagenet_traces t USING (seq)),
		sample AS (SELECT trace_bin(i, len(since_enter)) AS q, time_bin(s.t, enter, click) AS b, in_any_box(s.x, s.y, boxes, width, height) AS hit FROM (SELECT *, unnest(since_enter) AS s, generate_subscripts(since_enter, 1) AS i FROM trace))
		SELECT count(*) FILTER (q = 0), count(*) FILTER (q = 0 AND hit), avg(hit::INT) FILTER (q = 9), count(*) FILTER (b = 0), count(*) FILTER (b = 9 AND hit), avg(hit::INT) FILTER (b = 5) FROM sample`},
	{"imagenet", "box_frame.nearest_box.mean_u box_frame.nearest_box.median_v box_frame.nearest_box.std_u " +
		"box_frame.single_box.mean_v",
		`WITH f AS (SELECT in_frame(x, y, nearest_box(x, y, boxes, width, height)) AS p, len(boxes) AS n FROM imagenet_localization)
		SELECT avg(p.u), median(p.v), stddev_pop(p.u), avg(p.v) FILTER (n = 1) FROM f`},
	{"imagenet", "hits.hits hits.recall hits.duration_median hits.low_recall#k hits.few_selected#k " +
		"hits.few_pages#k hits.flagged#k",
		`SELECT count(*), avg(recall), median(duration), count(*) FILTER (low_recall), count(*) FILTER (few_selected), count(*) FILTER (few_pages), count(*) FILTER (low_recall OR few_selected OR few_pages) FROM imagenet_hits`},
	{"imagenet", "workers.workers workers.showings_median",
		`SELECT count(*), median(showings) FROM imagenet_workers`},
	{"imagenet", "difficulty.median_hit difficulty.median_miss",
		`SELECT median(t.t - t.enter) FILTER (l.hit), median(t.t - t.enter) FILTER (NOT l.hit) FROM imagenet_localization l JOIN imagenet_traces t USING (seq)`},
	{"imagenet", "mouse_measures.by_measure[MAD].mean_hit mouse_measures.by_measure[AUC].mean_miss " +
		"mouse_measures.by_measure[x_flips].mean_hit mouse_measures.by_measure[initiation_time].mean_miss " +
		"mouse_measures.by_measure[speed].mean_hit mouse_measures.by_measure[length].hits",
		`WITH m AS (SELECT l.hit, t.since_enter AS s, t.image_width AS w, t.image_height AS h FROM imagenet_localization l JOIN imagenet_traces t USING (seq) WHERE len(t.since_enter) > 1 AND t.image_width > 0 AND t.image_height > 0)
		SELECT avg(abs(mt_MAD(s, w, h))) FILTER (hit), avg(abs(mt_AUC(s, w, h))) FILTER (NOT hit), avg(mt_xpos_flips(s)) FILTER (hit), avg(mt_initiation_time(s)) FILTER (NOT hit), avg(path_speed(s, w, h)) FILTER (hit), count(*) FILTER (hit) FROM m`},
	{"imagenet", "rounds.selected_twice rounds.selected_twice#k rounds.by_times_selected[0].images",
		`WITH n AS (SELECT image_id, count(s.seq) AS times FROM imagenet_images LEFT JOIN (SELECT image_id, seq FROM imagenet_showings WHERE selected) s USING (image_id) WHERE shown IS NOT NULL GROUP BY image_id)
		SELECT avg((times >= 2)::INT), count(*) FILTER (times >= 2), count(*) FILTER (times = 0) FROM n`},
	{"imagenet", "click_accuracy.order_differs#n click_accuracy.order_differs#k",
		`SELECT count(*), count(*) FILTER (d.seq <> f.seq) FROM imagenet_final_clicks f JOIN imagenet_final_clicks_by(how := 'document') d USING (image_id)`},
	{"imagenet", "trace_lengths.before_median trace_lengths.before_median#n " +
		"trace_lengths.quantile[0.9].before trace_lengths.segment_median trace_lengths.segment_median#n " +
		"trace_lengths.duration_median trace_lengths.quantile[0.25].duration trace_lengths.quantile[0.95].recorded",
		`SELECT median(len(before_click)) FILTER (t IS NOT NULL), count(t), quantile_cont(len(before_click), 0.9) FILTER (t IS NOT NULL), median(len(since_enter)) FILTER (len(since_enter) > 0),
		count(*) FILTER (len(since_enter) > 0), median(t - enter) FILTER (len(since_enter) > 0), quantile_cont(t - enter, 0.25) FILTER (len(since_enter) > 0),
		(SELECT quantile_cont(n_samples, 0.95) FROM imagenet_showings) FROM imagenet_traces`},
	{"imagenet", "hits.recall_median hits.recall_std hits.images_median hits.quantile[0.1].images " +
		"hits.quantile[0.9].recall",
		`SELECT median(recall), stddev_pop(recall), median(images), quantile_cont(images, 0.1), quantile_cont(recall, 0.9) FROM imagenet_hits`},
	{"imagenet", "quality.selected_even quality.unselected_odd",
		`SELECT count(*) FILTER (selected AND n_clicks % 2 = 0), count(*) FILTER (NOT selected AND n_clicks % 2 = 1) FROM imagenet_showings`},
	{"coco", "icon_precision.on_mask.final icon_precision.on_mask.final#n icon_precision.on_box.final " +
		"icon_precision.on_mask.class_present_final icon_precision.on_box.class_present_final#k",
		`WITH f AS (SELECT k.seq, k.icon, count(o.id) > 0 AS present,
		bool_or(coalesce(point_in_mask(k.end_x, k.end_y, g.width, g.height, o.polygon, o.rings, o.rle_height, o.rle_width, o.rle_counts), false)) AS on_mask,
		bool_or(coalesce(in_bbox(k.end_x, k.end_y, o.x, o.y, o.w, o.h, g.width, g.height), false)) AS on_box
		FROM coco_icons k JOIN coco_images g USING (image_id) LEFT JOIN coco_instances o ON o.image_id = k.image_id AND o.category = k.icon
		WHERE k.end_x IS NOT NULL AND k.icon IN (SELECT category FROM coco_categories) GROUP BY k.seq, k.icon)
		SELECT avg(on_mask::INT), count(*), avg(on_box::INT), avg(on_mask::INT) FILTER (present), count(*) FILTER (present AND on_box) FROM f`},
	{"coco", "missed_classes.never_placed missed_classes.never_placed#n missed_classes.taken_away#k " +
		"missed_classes.by_class[person].share",
		`SELECT avg((NOT retrieved AND NOT retrieved_any)::INT), count(*), count(*) FILTER (NOT retrieved AND retrieved_any),
		avg((NOT retrieved AND NOT retrieved_any)::INT) FILTER (category = 'person') FROM coco_classes`},
	{"coco", "category_recall.correlation category_recall.correlation_root category_recall.correlation_root#n",
		`WITH s AS (SELECT category, avg(box_share) AS size FROM coco_instances WHERE image_id IN (SELECT image_id FROM coco_annotations) GROUP BY category),
		c AS (SELECT category, avg(retrieved::INT) AS recall, any_value(size) AS size FROM coco_classes JOIN s USING (category) WHERE size IS NOT NULL GROUP BY category)
		SELECT corr(recall, size), corr(recall, sqrt(size)), count(*) FROM c`},
	{"coco", "hits.recall_median hits.pages_median hits.quantile[0.25].recall hits.quantile[0.75].precision",
		`SELECT median(recall), median(records), quantile_cont(recall, 0.25), quantile_cont(precision, 0.75) FROM coco_hits`},
	{"coco", "counts.records counts.icons counts.actions counts.steps counts.samples counts.instances " +
		"counts.images_gt counts.records_with_gt#k",
		`SELECT (SELECT count(*) FROM coco_pages), (SELECT count(*) FROM coco_icons WHERE x IS NOT NULL AND icon IN (SELECT category FROM coco_categories)), (SELECT count(*) FROM coco_actions), (SELECT count(*) FROM coco_steps),
		(SELECT count(*) FROM coco_samples), (SELECT count(*) FROM coco_instances), (SELECT count(*) FROM coco_images), (SELECT count(*) FROM coco_annotations SEMI JOIN coco_images USING (image_id))`},
	{"coco", "icon_precision.on_mask icon_precision.on_mask#n icon_precision.on_box " +
		"icon_precision.on_mask.class_present icon_precision.on_mask.placed icon_precision.absent#k " +
		"icon_precision.removed#k",
		`SELECT avg(on_mask::INT), count(*), avg(on_box::INT), avg(on_mask::INT) FILTER (class_present), avg(on_mask::INT) FILTER (placed), count(*) FILTER (NOT class_present), count(*) FILTER (NOT placed) FROM coco_localization`},
	{"coco", "class_recall.recall class_recall.recall#n class_recall.recall_std",
		`SELECT avg(recall), count(recall), stddev_pop(recall) FROM coco_pages`},
	{"coco", "centre_bias.gt_centres.share centre_bias.icons_with_gt.share",
		`WITH points AS (SELECT 'boxes' AS what, (x + w / 2) / width AS x, (y + h / 2) / height AS y FROM coco_instances WHERE width > 0 AND height > 0 AND x IS NOT NULL UNION ALL SELECT 'icons', x, y FROM coco_localization),
		cells AS (SELECT what, grid_cell(x, 11) AS col, grid_cell(y, 11) AS row FROM points)
		SELECT avg((col = 5 AND row = 5)::INT) FILTER (what = 'boxes' AND col + row IS NOT NULL), avg((col = 5 AND row = 5)::INT) FILTER (what = 'icons' AND col + row IS NOT NULL) FROM cells`},
	{"coco", "icon_frame.nearest_box.mean_u icon_frame.nearest_box.mean_u#n icon_frame.nearest_box.std_v",
		`WITH f AS (SELECT in_frame(l.x, l.y, nearest_box(l.x, l.y, [{xmin: o.x, ymin: o.y, xmax: o.x + o.w, ymax: o.y + o.h} FOR o IN g.instances IF o.category = l.icon AND o.w > 0 AND o.h > 0], l.width, l.height)) AS p FROM coco_localization l JOIN coco_images g USING (image_id) WHERE l.class_present)
		SELECT avg(p.u), count(p.u), stddev_pop(p.v) FROM f`},
	{"coco", "sequences.icons sequences.by_sequence[add].n sequences.by_sequence[add-move].share " +
		"sequences.longest_actions sequences.add_only",
		`SELECT count(*), count(*) FILTER (sequence = 'add'), avg((sequence = 'add-move')::INT), max(n_actions), avg((sequence = 'add')::INT) FROM coco_icons WHERE placed AND icon IN (SELECT category FROM coco_categories)`},
	{"coco", "category_recall.by_category[person].n category_recall.by_category[person].recall " +
		"category_recall.by_instance_bin[0].n category_recall.by_instance_bin[1].recall",
		`SELECT count(*) FILTER (category = 'person'), avg(retrieved::INT) FILTER (category = 'person'), count(*) FILTER (largest < 0.2 ** 2), avg(retrieved::INT) FILTER (largest >= 0.2 ** 2 AND largest < 0.4 ** 2) FROM coco_classes`},
	{"coco", "category_recall.by_category[person].size category_recall.by_category[person].size_all",
		`SELECT avg(box_share) FILTER (image_id IN (SELECT image_id FROM coco_annotations)), avg(box_share) FROM coco_instances WHERE category = 'person'`},
	{"coco", "browsing.events browsing.events_mean browsing.keyboard_share browsing.keyboard_share.known " +
		"browsing.keyboard_unknown browsing.records_with_keyboard",
		`SELECT count(*), (SELECT avg(n_steps) FROM coco_pages), avg(coalesce(keyboard, false)::INT), avg(keyboard::INT), count(*) - count(keyboard),
		(SELECT avg((keyboard_steps > 0)::INT) FROM coco_pages) FROM coco_steps`},
	{"coco", "time.mean time.median time.quantile[0.05].time time.quantile[0.99].time",
		`SELECT avg(time_spent), median(time_spent), quantile_cont(time_spent, 0.05), quantile_cont(time_spent, 0.99) FROM coco_pages`},
	{"coco", "hits.hits hits.recall hits.recall_std hits.precision hits.precision_std hits.duration_median " +
		"hits.low_recall#k hits.low_precision#k hits.few_pages#k",
		`SELECT count(*), avg(recall), stddev_pop(recall), avg(precision), stddev_pop(precision), median(duration), count(*) FILTER (low_recall), count(*) FILTER (low_precision), count(*) FILTER (few_pages) FROM coco_hits`},
}

func TestSQL(t *testing.T) {
	d := run(t, sampleStore(t), result.Options{Bootstrap: -1})
	db := openSQL(t)
	for _, c := range sqlCases {
		paths := strings.Fields(c.paths)
		want := make([]any, len(paths))
		for i := range want {
			want[i] = new(float64)
		}
		if err := db.QueryRow(c.query).Scan(want...); err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		for i, path := range paths {
			if have, sql := at(t, d, c.set, path), *want[i].(*float64); !near(have, sql) {
				t.Errorf("%s.%s is %v, by SQL %v", c.set, path, have, sql)
			}
		}
	}
}

// Tables by annotator and HIT agree with SQL, row by row.
func TestSQLTables(t *testing.T) {
	d := run(t, sampleStore(t), result.Options{Bootstrap: -1})
	db := openSQL(t)
	for _, c := range []struct{ set, path, columns, query string }{
		{"imagenet", "workers.by_worker", "showings selected hits clicked boxed accuracy centre_distance " +
			"estimate_time", `SELECT worker_id, showings, selected, hits, clicked, boxed, accuracy, centre_distance, estimate_time FROM imagenet_workers`},
		{"imagenet", "hits.by_hit", "showings selected recall pages duration low_recall few_selected few_pages", `SELECT assignment_id, images, selected, recall, pages, duration, low_recall::INT, few_selected::INT, few_pages::INT FROM imagenet_hits`},
		{"coco", "workers.by_worker", "pages hits time_spent recall icons precision keyboard_share",
			`SELECT worker_id, pages, hits, time_spent, recall, icons, precision, keyboard FROM coco_workers`},
		{"coco", "hits.by_hit", "distinct_pages pages duration recall icons precision low_recall " +
			"low_precision few_pages", `SELECT hit_id, pages, records, duration, recall, icons, precision, low_recall::INT, low_precision::INT, few_pages::INT FROM coco_hits`},
	} {
		columns := strings.Fields(c.columns)
		rows, err := db.Query(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		n := 0
		for rows.Next() {
			n++
			var key string
			cells := []any{&key}
			for range columns {
				cells = append(cells, new(*float64))
			}
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
			for i, column := range columns {
				want := math.NaN()
				if p := *cells[i+1].(**float64); p != nil {
					want = *p
				}
				if have := at(t, d, c.set, c.path+"["+key+"]."+column); !near(have, want) {
					t.Errorf("%s.%s of %s: %s is %v, by SQL %v", c.set, c.path, key, column, have, want)
				}
			}
		}
		if err := rows.Err(); err != nil || n == 0 ||
			n != len(statistic(t, d, c.set, c.path[:strings.Index(c.path, ".")]).Tables[0].Rows) {
			t.Errorf("%s.%s: %d rows by SQL, %v", c.set, c.path, n, err)
		}
	}
}

// Each check of data quality names a query that lists what is affected, no more and no less.
func TestQualityQueries(t *testing.T) {
	d := run(t, sampleStore(t), result.Options{Names: []string{"quality"}, Bootstrap: -1})
	db := openSQL(t)
	found := 0
	for _, set := range d.DataSets {
		for _, row := range set.Statistics[0].Tables[0].Rows {
			var n int64
			if err := db.QueryRow("SELECT count(*) FROM (" + row[6].(string) + ")").Scan(&n); err != nil {
				t.Errorf("%s %s: %v", set.Name, row[0], err)
				continue
			}
			if n != row[2].(int64) {
				t.Errorf("%s %s: %d are affected, the query lists %d", set.Name, row[0], row[2], n)
			}
			if n > 0 {
				found++
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d checks find anything in a damaged store", found)
	}
}

func openSQL(t testing.TB) *query.DB {
	t.Helper()
	db, err := query.Open(context.Background(), sampleStore(t), query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
