package query

import (
	"fmt"
	"strings"
)

// hitsSQL selects HITs. The recall, the counts of a whole HIT and the rows are filled in.
const hitsSQL = `
SELECT assignment_id, worker_id, hit_id, images, selected, recall, pages,
  first_time, submit_time, submit_time - first_time AS duration,
  recall < 0.333 AS low_recall, selected_of_whole < 30 AS few_selected, pages_of_whole < 9 AS few_pages, selected_of_whole, pages_of_whole
FROM (
  SELECT assignment_id, min(worker_id) AS worker_id, min(hit_id) AS hit_id,
    count(*) AS images, count(*) FILTER (selected) AS selected, %s AS recall, count(DISTINCT page_idx) AS pages,
    min(t0 + first_event(clicks, mouse, hovers)) AS first_time, max(hit_submit_time) AS submit_time,
    %s AS selected_of_whole, %s AS pages_of_whole
  FROM %s
  WHERE assignment_id IS NOT NULL
  GROUP BY assignment_id
)`

// ofWhole returns the SQL of the count of a whole HIT to which a count of pages or images corresponds (I18), for a group
// of rows. If these have different shares of a HIT, the largest one counts.
func ofWhole(count, of string) string {
	return fmt.Sprintf("coalesce(CASE WHEN count(given_%[2]s) = count(*) THEN ((%[1]s + 1) * arg_max(whole_%[2]s, given_%[2]s / whole_%[2]s) - 1)\n"+
		"      // arg_max(given_%[2]s, given_%[2]s / whole_%[2]s) END, %[1]s)", count, of)
}

// withParts returns the rows of annotations with the columns of shares, which stores of earlier versions lack.
func withParts(view string, of ...string) string {
	var empty []string
	for _, o := range of {
		empty = append(empty, "NULL::INT AS given_"+o, "NULL::INT AS whole_"+o)
	}
	return "(FROM " + view + " UNION ALL BY NAME SELECT " + strings.Join(empty, ", ") + " WHERE false)"
}

// showing has the columns that a view of events takes from its showing.
var showing = columns(
	[]Column{{"seq", "", "The showing, a row of imagenet_annotations."}},
	from("imagenet/annotations", "image_id", "class", "worker_id", "assignment_id", "page_idx", "image_idx",
		"selected", "image_width", "image_height"))

var eventTime = Column{"time", "ms since 1970 UTC", "Epoch time, t0 + t. " +
	"As a timestamp: make_timestamp_ms(time)."}

// orderNote returns the note of views without the column i, which would cost a third of their speed.
func orderNote(list, table string) string {
	return "The rows of one list are in the order of the list. " +
		"To number them: SELECT unnest(" + list + ") AS s, generate_subscripts(" +
		list + ", 1) AS i FROM " + table + "."
}

var imagenetViews = []View{
	{
		Name: "imagenet_annotations", Set: "imagenet", table: "annotations",
		Row:     "one showing: one time that an image was shown to an annotator, with its lists",
		Columns: all("imagenet/annotations"),
		Example: "SELECT image_id, len(mouse) AS samples, clicks FROM imagenet_annotations ORDER BY seq LIMIT 3",
	},
	{
		Name: "imagenet_images", Set: "imagenet", table: "images",
		Row:     "one image, with its ground-truth boxes",
		Columns: all("imagenet/images"),
		Example: "SELECT count(*) AS images, count(*) FILTER (len(boxes) > 0) AS boxed FROM imagenet_images",
	},
	{
		Name: "imagenet_rejects", Set: "imagenet", table: "rejects",
		Row:     "one record that was rejected, or one field that was set to null",
		Columns: all("*/rejects"),
		Example: "SELECT reason, count(*) AS n FROM imagenet_rejects GROUP BY ALL ORDER BY n DESC, reason",
	},
	{
		Name: "imagenet_samples", Set: "imagenet",
		Row:  "one mouse sample",
		Note: orderNote("mouse", "imagenet_annotations"),
		Columns: columns(showing, from("imagenet/annotations", "mouse.t"), []Column{eventTime},
			from("imagenet/annotations", "mouse.x", "mouse.y")),
		Example: "SELECT count(*) AS samples, round(avg(x), 4) AS x, round(avg(y), 4) AS y FROM imagenet_samples",
		SQL: unnested("imagenet_annotations", "mouse", showing,
			"s.t AS t, t0 + s.t AS time, s.x AS x, s.y AS y"),
	},
	{
		Name: "imagenet_clicks", Set: "imagenet",
		Row: "one click that selected an image; a deselecting click is not recorded",
		Columns: columns(showing, place("clicks of the showing"), from("imagenet/annotations", "clicks.t"),
			[]Column{eventTime}, from("imagenet/annotations", "clicks.x", "clicks.y")),
		Example: "SELECT i AS click, count(*) AS n FROM imagenet_clicks GROUP BY i ORDER BY i",
		SQL: numbered("imagenet_annotations", "clicks", showing,
			"s.t AS t, t0 + s.t AS time, s.x AS x, s.y AS y"),
	},
	{
		Name: "imagenet_hovers", Set: "imagenet",
		Row:  "one time that the pointer entered or left an image",
		Note: orderNote("hovers", "imagenet_annotations"),
		Columns: columns(showing, from("imagenet/annotations", "hovers.t"), []Column{eventTime},
			from("imagenet/annotations", "hovers.action")),
		Example: "SELECT action, count(*) AS n FROM imagenet_hovers GROUP BY action ORDER BY action",
		SQL: unnested("imagenet_annotations", "hovers", showing,
			"s.t AS t, t0 + s.t AS time, s.action AS action"),
	},
	{
		Name: "imagenet_boxes", Set: "imagenet",
		Row: "one ground-truth box",
		Columns: columns(from("imagenet/images", "image_id", "class", "width", "height"),
			place("boxes of the image"),
			from("imagenet/images", "boxes.xmin", "boxes.ymin", "boxes.xmax", "boxes.ymax"),
			[]Column{
				{"rel_xmin", "fraction of the width", "Left edge; null without a positive width."},
				{"rel_ymin", "fraction of the height", "Top edge; null without a positive height."},
				{"rel_xmax", "fraction of the width", "Right edge."},
				{"rel_ymax", "fraction of the height", "Bottom edge."},
			}),
		Example: "SELECT round(median((rel_xmax - rel_xmin) * (rel_ymax - rel_ymin)), 4) " +
			"AS share_of_image FROM imagenet_boxes",
		SQL: `
SELECT image_id, class, width, height, i, b.xmin AS xmin, b.ymin AS ymin, b.xmax AS xmax, b.ymax AS ymax,
  b.xmin / w AS rel_xmin, b.ymin / h AS rel_ymin, b.xmax / w AS rel_xmax, b.ymax / h AS rel_ymax
FROM (
  SELECT *, CASE WHEN width > 0 THEN width END AS w, CASE WHEN height > 0 THEN height END AS h,
    unnest(boxes) AS b, generate_subscripts(boxes, 1) AS i
  FROM imagenet_images
)`,
	},
	{
		Name: "imagenet_showings", Set: "imagenet",
		Row: "one showing: one time that an image was shown to an annotator, with its number and counts " +
			"instead of lists",
		Note: "The k-th showing is the k-th of the image by hit_submit_time. Showings without a time come first, " +
			"ties are in document order (I3).",
		Columns: columns(
			[]Column{{"seq", "", "The row of imagenet_annotations."}},
			from("imagenet/annotations", "image_id", "class", "worker_id", "assignment_id", "hit_id",
				"imagenet_hit_id", "hit_submit_time",
				"page_idx", "image_idx", "image_width", "image_height", "selected", "estimate_time"),
			[]Column{
				{"showing", "", "Number of the showing among the showings of the image, from 1 (I3)."},
				{"n_clicks", "", "Selecting clicks."},
				{"n_samples", "", "Mouse samples."},
				{"n_hovers", "", "Entries and leaves."},
				{"deselections", "", "Number of deselections: n_clicks, less one if the image ended selected. " +
					"0 if it is selected without a click."},
				{"first_time", "ms since 1970 UTC", "Time of the earliest event."},
				{"last_time", "ms since 1970 UTC", "Time of the latest event."},
			}),
		Example: "SELECT showing, count(*) AS shown, round(avg(selected::int), 4) " +
			"AS selected FROM imagenet_showings GROUP BY showing ORDER BY showing",
		SQL: `
SELECT seq, image_id, class, worker_id, assignment_id, hit_id, imagenet_hit_id, hit_submit_time,
  page_idx, image_idx, image_width, image_height, selected, estimate_time,
  row_number() OVER (PARTITION BY image_id ORDER BY hit_submit_time NULLS FIRST, seq) AS showing,
  len(clicks) AS n_clicks, len(mouse) AS n_samples, len(hovers) AS n_hovers,
  greatest(len(clicks) - coalesce(selected, false)::BIGINT, 0) AS deselections,
  t0 + first_event(clicks, mouse, hovers) AS first_time,
  t0 + last_event(clicks, mouse, hovers) AS last_time
FROM imagenet_annotations`,
	},
	{
		Name: "imagenet_final_clicks", Set: "imagenet",
		Row: "one image that has a final click",
		Note: "The final click is the last click with a position, of the last showing by hit_submit_time " +
			"that is selected and has such a click (I4). The table macro imagenet_final_clicks_by has its variants.",
		Columns: columns(showing, from("imagenet/annotations", "hit_submit_time"), []Column{
			{"t", "ms since t0", "Time of the final click."},
			{"time", "ms since 1970 UTC", "Epoch time of the final click, t0 + t."},
			{"x", "fraction of the displayed width", "The final click, across."},
			{"y", "fraction of the displayed height", "The final click, down."},
		}),
		Example: "SELECT count(*) AS images, round(avg(x), 4) AS x, round(avg(y), 4) " +
			"AS y FROM imagenet_final_clicks",
		SQL: `
SELECT ` + listOf("", showing) + `, hit_submit_time,
  c.t AS t, t0 + c.t AS time, c.x AS x, c.y AS y
FROM (SELECT *, last_click(clicks) AS c FROM imagenet_annotations WHERE selected)
WHERE c IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY image_id ORDER BY hit_submit_time DESC NULLS LAST, seq DESC) = 1`,
	},
	{
		Name: "imagenet_localization", Set: "imagenet",
		Row: "one image that has both a final click and a usable box",
		Note: "This is the set BC, which the accuracies of the statistics are over (I5). " +
			"A box is usable if the image's width and height are positive.",
		Columns: columns(showing, []Column{
			{"t", "ms since t0", "Time of the final click."},
			{"x", "fraction of the displayed width", "The final click, across."},
			{"y", "fraction of the displayed height", "The final click, down."},
		}, from("imagenet/images", "width", "height", "boxes"), []Column{
			{"hit", "", "Whether the click lies in any box, edges included (I6)."},
			{"centre_hit", "", "Whether the centre of the image lies in any box."},
		}),
		Example: "SELECT count(*) AS images, round(avg(hit::int), 4) AS accuracy, " +
			"round(avg(centre_hit::int), 4) AS centre FROM imagenet_localization",
		SQL: `
SELECT ` + listOf("f.", showing) + `,
  f.t, f.x, f.y, g.width, g.height, g.boxes,
  in_any_box(f.x, f.y, g.boxes, g.width, g.height) AS hit,
  in_any_box(0.5, 0.5, g.boxes, g.width, g.height) AS centre_hit
FROM imagenet_final_clicks f JOIN imagenet_images g USING (image_id)
WHERE len(g.boxes) > 0 AND g.width > 0 AND g.height > 0`,
	},
	{
		Name: "imagenet_traces", Set: "imagenet",
		Row: "one image that has a final click, with the mouse samples that led to it",
		Note: "Lists are in document order and have only samples with a time and a position (I12). " +
			"before_click[-k] is the k-th sample before the click.",
		Columns: columns(showing, []Column{
			{"t", "ms since t0", "Time of the final click."},
			{"x", "fraction of the displayed width", "The final click, across."},
			{"y", "fraction of the displayed height", "The final click, down."},
			{"enter", "ms since t0", "Last time that the pointer entered the image at or before the click; " +
				"null if it is not recorded (I13)."},
			{"before_click", "ms since t0, fractions", "All samples of the showing with t at or before the " +
				"click (I12): {t, x, y}."},
			{"since_enter", "ms since t0, fractions", "The samples of before_click since the last entry (I13); " +
				"empty if that entry is not recorded."},
		}),
		Example: "SELECT round(avg(len(before_click)), 2) AS samples, median(t - enter) " +
			"AS ms_to_click FROM imagenet_traces",
		SQL: `
SELECT ` + listOf("f.", showing) + `,
  f.t, f.x, f.y,
  last_enter(a.hovers, f.t) AS enter,
  samples_until(a.mouse, f.t) AS before_click,
  samples_between(a.mouse, last_enter(a.hovers, f.t), f.t) AS since_enter
FROM imagenet_final_clicks f JOIN (SELECT seq, mouse, hovers FROM imagenet_annotations) a USING (seq)`,
	},
	{
		Name: "imagenet_pages", Set: "imagenet",
		Row: "one page of a HIT, with those of its images that are in the data",
		Note: "The release has only images that were still candidates at the end, so a page can have shown " +
			"more images.",
		Columns: columns(from("imagenet/annotations", "assignment_id", "page_idx", "worker_id", "class"), []Column{
			{"images", "", "Images on the page."},
			{"selected", "", "Images selected."},
			{"clicks", "", "Selecting clicks."},
			{"samples", "", "Mouse samples."},
			{"first_time", "ms since 1970 UTC", "Time of the earliest event."},
			{"last_time", "ms since 1970 UTC", "Time of the latest event."},
			{"duration", "ms", "last_time − first_time."},
		}),
		Example: "SELECT page_idx, count(*) AS pages, median(duration) " +
			"/ 1000 AS seconds FROM imagenet_pages GROUP BY page_idx ORDER BY page_idx",
		SQL: `
SELECT *, last_time - first_time AS duration
FROM (
  SELECT assignment_id, page_idx, min(worker_id) AS worker_id, min(class) AS class,
    count(*) AS images, count(*) FILTER (selected) AS selected, sum(len(clicks))::BIGINT AS clicks, sum(len(mouse))::BIGINT AS samples,
    min(t0 + first_event(clicks, mouse, hovers)) AS first_time, max(t0 + last_event(clicks, mouse, hovers)) AS last_time
  FROM imagenet_annotations
  WHERE assignment_id IS NOT NULL AND page_idx IS NOT NULL
  GROUP BY assignment_id, page_idx
)`,
	},
	{
		Name: "imagenet_hits", Set: "imagenet",
		Row: "one HIT: the work of one annotator on one task, an assignment (I17)",
		Note: "Only released images are known, so images and pages are lower bounds. " +
			"The flags are the checks of the release that can be computed (I18), at their published thresholds. " +
			"For other thresholds, use the table macro imagenet_hits_flagged.",
		Columns: columns(from("imagenet/annotations", "assignment_id"), []Column{
			{"worker_id", "", "The annotator."},
			{"hit_id", "", "The HIT on the marketplace."},
			{"images", "", "Images shown."},
			{"selected", "", "Images selected."},
			{"recall", "fraction", "Selected / shown, of the images known to show the class: all of a release, and of a study those that its plan knows."},
			{"pages", "", "Distinct pages."},
			{"first_time", "ms since 1970 UTC", "Time of the earliest event."},
			{"submit_time", "ms since 1970 UTC", "Time of the submission."},
			{"duration", "ms", "submit_time − first_time."},
			{"low_recall", "", "recall < 0.333."},
			{"few_selected", "", "selected_of_whole < 30."},
			{"few_pages", "", "pages_of_whole < 9."},
			{"selected_of_whole", "", "As selected, for a whole HIT: larger only where a study gave the annotator a smaller HIT, or the rest of one."},
			{"pages_of_whole", "", "As pages, for a whole HIT."},
		}),
		Example: "SELECT count(*) AS hits, round(median(duration) / 60000, 2) AS minutes, count(*) " +
			"FILTER (low_recall OR few_selected OR few_pages) AS flagged FROM imagenet_hits",
		SQL: fmt.Sprintf(hitsSQL, "count(*) FILTER (selected) / count(*)", "count(*) FILTER (selected)", "count(DISTINCT page_idx)", "imagenet_annotations"),
		studySQL: fmt.Sprintf(hitsSQL, "count(*) FILTER (selected AND (known OR gold IS NULL)) / nullif(count(*) FILTER (known OR gold IS NULL), 0)",
			ofWhole("count(*) FILTER (selected)", "images"), ofWhole("count(DISTINCT page_idx)", "pages"), withParts("imagenet_annotations", "pages", "images")),
	},
	{
		Name: "imagenet_workers", Set: "imagenet",
		Row: "one annotator",
		Note: "Values are over showings, not over images. Clicks are the last click with a position of each selected " +
			"showing (I19).",
		Columns: columns(from("imagenet/annotations", "worker_id"), []Column{
			{"showings", "", "Showings, so that an image counts each time it is shown."},
			{"selected", "", "Images selected."},
			{"hits", "", "Assignments."},
			{"clicked", "", "Selected showings with a click."},
			{"boxed", "", "Selected showings with a click, of images with a usable box."},
			{"accuracy", "fraction", "Share of boxed whose click is in any box; null if boxed is 0."},
			{"centre_distance", "fraction of the displayed size", "Mean distance from (0.5, 0.5) of " +
				"the clicks counted in clicked."},
			{"estimate_time", "ms", "Median of estimate_time over all showings."},
		}),
		Example: "SELECT worker_id, showings, round(accuracy, 3) AS accuracy FROM imagenet_workers ORDER " +
			"BY showings DESC, worker_id LIMIT 3",
		SQL: `
SELECT worker_id, count(*) AS showings, count(*) FILTER (selected) AS selected, count(DISTINCT assignment_id) AS hits,
  count(c) AS clicked, count(hit) AS boxed, avg(hit::INT) AS accuracy,
  avg(sqrt((c.x - 0.5) * (c.x - 0.5) + (c.y - 0.5) * (c.y - 0.5))) AS centre_distance,
  median(estimate_time) AS estimate_time
FROM (
  SELECT a.*, CASE WHEN c IS NOT NULL AND len(g.boxes) > 0 AND g.width > 0 AND g.height > 0
    THEN in_any_box(c.x, c.y, g.boxes, g.width, g.height) END AS hit
  FROM (
    SELECT worker_id, image_id, assignment_id, selected, estimate_time, CASE WHEN selected THEN last_click(clicks) END AS c
    FROM imagenet_annotations
    WHERE worker_id IS NOT NULL
  ) a LEFT JOIN imagenet_images g USING (image_id)
)
GROUP BY worker_id`,
	},
}
