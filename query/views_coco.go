package query

import (
	"fmt"
	"strings"

	"abtool/byproduct/coco"
	"abtool/store"
)

// page has the columns that a view of events takes from its page.
var page = columns(
	[]Column{{"seq", "", "The page, a row of coco_annotations."}},
	from("coco/annotations", "image_id", "worker_id", "hit_id", "page_idx", "image_width", "image_height"))

// cocoNames has COCO's 80 classes as rows of VALUES, a few on each line. For a store that lists its classes,
// the list of the store replaces them.
var cocoNames = func() string {
	rows := strings.SplitAfter(namesOf(coco.Categories), "\n")
	lines := rows[:1]
	for _, row := range rows[1:] {
		last := &lines[len(lines)-1]
		if joined := strings.TrimSuffix(*last, "\n") + row[3:]; len(strings.TrimSuffix(joined, "\n")) <= 130 {
			*last = joined
		} else {
			lines = append(lines, row)
		}
	}
	return strings.Join(lines, "")
}()

// namesOf returns a store's classes as rows of VALUES. If a name occurs twice, it takes the first.
func namesOf(categories []store.Category) string {
	var rows []string
	seen := map[string]bool{}
	for _, c := range categories {
		if !seen[c.Name] {
			rows = append(rows, fmt.Sprintf("    (%d, %s)", c.ID, quote(c.Name)))
			seen[c.Name] = true
		}
	}
	return strings.Join(rows, ",\n")
}

// cocoHITs selects HITs. The pages of a whole HIT, and what is joined for them, are filled in.
const cocoHITs = `
SELECT p.hit_id, p.worker_id, p.pages, p.records, p.duration, p.recall, coalesce(l.icons, 0) AS icons, l.precision,
  p.recall < 0.333 AS low_recall, l.precision < 0.75 AS low_precision, %[1]s < 16 AS few_pages, %[1]s AS pages_of_whole
FROM (
  SELECT hit_id, min(worker_id) AS worker_id, count(DISTINCT page_idx) AS pages, count(*) AS records,
    sum(time_spent)::BIGINT AS duration, avg(recall) AS recall
  FROM coco_pages WHERE hit_id IS NOT NULL GROUP BY hit_id
) p LEFT JOIN (
  SELECT hit_id, count(*) AS icons, avg(on_mask::INT) AS precision FROM coco_localization WHERE hit_id IS NOT NULL GROUP BY hit_id
) l USING (hit_id)%[2]s`

var cocoViews = []View{
	{
		Name: "coco_annotations", Set: "coco", table: "annotations",
		Row:     "one page: one image annotated by one annotator, with its lists",
		Columns: all("coco/annotations"),
		Example: "SELECT image_id, time_spent, len(actions) AS actions FROM coco_annotations ORDER BY seq LIMIT 3",
	},
	{
		Name: "coco_images", Set: "coco", table: "images",
		Row:     "one image of the ground truth, with its instances",
		Columns: all("coco/images"),
		Example: "SELECT count(*) AS images, round(avg(len(instances)), 2) AS instances FROM coco_images",
	},
	{
		Name: "coco_rejects", Set: "coco", table: "rejects",
		Row:     "one record that was rejected, or one field that was set to null",
		Columns: all("*/rejects"),
		Example: "SELECT kind, reason, count(*) AS n FROM coco_rejects GROUP BY ALL ORDER BY n DESC, reason",
	},
	{
		Name: "coco_samples", Set: "coco",
		Row:     "one mouse sample; none are recorded while an icon is dragged or under the pointer",
		Note:    orderNote("mouse", "coco_annotations"),
		Columns: columns(page, from("coco/annotations", "mouse.t", "mouse.x", "mouse.y")),
		Example: "SELECT count(*) AS samples, round(avg(x), 4) AS x, round(avg(y), 4) AS y FROM coco_samples",
		SQL:     unnested("coco_annotations", "mouse", page, "s.t AS t, s.x AS x, s.y AS y"),
	},
	{
		Name: "coco_actions", Set: "coco",
		Row: "one action with an icon",
		Columns: columns(page, place("actions of the page"),
			from("coco/annotations", "actions.type", "actions.icon", "actions.from_x", "actions.from_y",
				"actions.to_x", "actions.to_y", "actions.t")),
		Example: "SELECT type, count(*) AS n FROM coco_actions GROUP BY type ORDER BY n DESC",
		SQL: numbered("coco_annotations", "actions", page,
			"s.type AS type, s.icon AS icon, s.from_x AS from_x, s.from_y AS from_y, "+
				"s.to_x AS to_x, s.to_y AS to_y, s.t AS t"),
	},
	{
		Name: "coco_steps", Set: "coco",
		Row: "one step through the eleven superclasses of icons; a return to a superclass counts again",
		Columns: columns(page, place("steps of the page"),
			from("coco/annotations", "browsing.category_idx", "browsing.category",
				"browsing.keyboard", "browsing.t")),
		Example: "SELECT round(avg(coalesce(keyboard, false)::int), 4) AS by_keyboard FROM coco_steps",
		SQL: numbered("coco_annotations", "browsing", page,
			"s.category_idx AS category_idx, s.category AS category, s.keyboard AS keyboard, s.t AS t"),
	},
	{
		Name: "coco_instances", Set: "coco",
		Row: "one object of the ground truth, with its box and mask",
		Columns: columns(from("coco/images", "image_id", "width", "height"),
			place("instances of the image"),
			from("coco/images", "instances.id", "instances.category_id", "instances.category", "instances.x",
				"instances.y", "instances.w", "instances.h",
				"instances.area"),
			[]Column{{"box_share", "fraction of the image", "Area of the bounding box / area of the image " +
				"(C11); null without a positive size."}},
			from("coco/images", "instances.crowd", "instances.polygon", "instances.rings",
				"instances.rle_height", "instances.rle_width", "instances.rle_counts")),
		Example: "SELECT category, count(*) AS n, round(avg(box_share), 4) " +
			"AS size FROM coco_instances GROUP BY category ORDER BY n DESC, category LIMIT 3",
		SQL: `
SELECT image_id, width, height, i, o.id AS id, o.category_id AS category_id, o.category AS category,
  o.x AS x, o.y AS y, o.w AS w, o.h AS h, o.area AS area,
  CASE WHEN width > 0 AND height > 0 THEN o.w * o.h / (width::DOUBLE * height) END AS box_share, o.crowd AS crowd,
  o.polygon AS polygon, o.rings AS rings, o.rle_height AS rle_height, o.rle_width AS rle_width, o.rle_counts AS rle_counts
FROM (SELECT *, unnest(instances) AS o, generate_subscripts(instances, 1) AS i FROM coco_images)`,
	},
	{
		Name: "coco_categories", Set: "coco",
		Row: "one class that the ground truth lists, with or without instances",
		Note: "The classes are listed in the instances file; store.json keeps the list. " +
			"A store without the list (without ground truth, or made by an older version) has COCO's 80 classes " +
			"and any other class that has an instance.",
		Columns: columns(from("coco/images", "instances.category_id", "instances.category"), []Column{
			{"instances", "", "Objects of the class, crowds included."},
			{"images", "", "Images with an object of the class."},
			{"mean_share", "fraction of the image", "Mean box_share of its objects (C11); " +
				"null without objects."},
		}),
		Example: "SELECT count(*) AS classes, sum(instances) AS instances FROM coco_categories",
		SQL: `
SELECT coalesce(g.category_id, k.category_id) AS category_id, category, coalesce(g.instances, 0) AS instances, coalesce(g.images, 0) AS images, g.mean_share
FROM (
  SELECT any_value(category_id) AS category_id, category, count(*) AS instances, count(DISTINCT image_id) AS images, avg(box_share) AS mean_share
  FROM coco_instances WHERE category IS NOT NULL GROUP BY category
) g FULL JOIN (
  SELECT * FROM (VALUES
` + cocoNames + `
  ) t(category_id, category)
) k USING (category)`,
	},
	{
		Name: "coco_icons", Set: "coco",
		Row: "all actions on a page with the icon of one class",
		Note: "Actions of unknown type are left out. Icons of unknown class, which are not in " +
			"coco_categories (C2), are included here but in no statistic. Actions are in the order of their list, not of " +
			"their times.",
		Columns: columns(page, []Column{
			{"icon", "", "The class of the icon."},
			{"n_actions", "", "Number of actions."},
			{"sequence", "", "The types of the actions, joined by -, for example add-move (C10)."},
			{"last_action", "", "The type of the last action."},
			{"placed", "", "Whether the icon stays on the image: the last action is add or move (C7)."},
			{"any_add", "", "Whether there is an add, whatever follows (variant of C7)."},
			{"x", "fraction of the displayed width", "The icon's point, across: the place of the last add that has " +
				"one, whatever follows (C3). Null if there is no such add."},
			{"y", "fraction of the displayed height", "The icon's point, down."},
			{"t", "ms since the page opened", "Time of that add."},
			{"end_x", "fraction of the displayed width", "Where the icon ended, across: the place of " +
				"the last add or move that has one, if the icon is placed (variant of C3)."},
			{"end_y", "fraction of the displayed height", "Where the icon ended, down."},
		}),
		Example: "SELECT sequence, count(*) AS n FROM coco_icons WHERE placed GROUP BY sequence ORDER BY n " +
			"DESC, sequence LIMIT 3",
		SQL: `
SELECT ` + listOf("", page) + `, icon,
  n_actions, sequence, last_action, last_action IN ('add', 'move') AS placed, any_add,
  p.x AS x, p.y AS y, p.t AS t,
  CASE WHEN last_action IN ('add', 'move') THEN q.x END AS end_x, CASE WHEN last_action IN ('add', 'move') THEN q.y END AS end_y
FROM (
  SELECT seq, any_value(image_id) AS image_id, any_value(worker_id) AS worker_id, any_value(hit_id) AS hit_id, any_value(page_idx) AS page_idx,
    any_value(image_width) AS image_width, any_value(image_height) AS image_height, icon,
    count(*) AS n_actions, string_agg(type, '-' ORDER BY i) AS sequence, arg_max(type, i) AS last_action, bool_or(type = 'add') AS any_add,
    arg_max({x: to_x, y: to_y, t: t}, i) FILTER (type = 'add' AND to_x IS NOT NULL AND to_y IS NOT NULL) AS p,
    arg_max({x: to_x, y: to_y, t: t}, i) FILTER (type <> 'remove' AND to_x IS NOT NULL AND to_y IS NOT NULL) AS q
  FROM coco_actions
  WHERE icon IS NOT NULL AND type IN ('add', 'move', 'remove')
  GROUP BY seq, icon
)`,
	},
	{
		Name: "coco_localization", Set: "coco",
		Row: "one icon that has a point, on an image of the ground truth",
		Note: "These are the icons that precision is over (C4). Icons of classes that the image does " +
			"not have are included as misses.",
		Columns: columns(page, []Column{
			{"icon", "", "The class of the icon."},
			{"sequence", "", "As in coco_icons."},
			{"placed", "", "Whether the icon stays on the image."},
			{"x", "fraction of the displayed width", "The icon's point, across (C3)."},
			{"y", "fraction of the displayed height", "The icon's point, down."},
		}, from("coco/images", "width", "height"), []Column{
			{"instances", "", "Objects of the class on the image, crowds included."},
			{"class_present", "", "Whether the image has such an object."},
			{"on_mask", "", "Whether the pixel under the point is in a mask of the class (C5)."},
			{"on_box", "", "Whether the point is in a bounding box of the class, edges included (C6)."},
		}),
		Example: "SELECT count(*) AS icons, round(avg(on_mask::int), 4) AS on_mask, " +
			"round(avg(on_box::int), 4) AS on_box FROM coco_localization",
		SQL: `
SELECT k.seq, any_value(k.image_id) AS image_id, any_value(k.worker_id) AS worker_id, any_value(k.hit_id) AS hit_id,
  any_value(k.page_idx) AS page_idx, any_value(k.image_width) AS image_width, any_value(k.image_height) AS image_height,
  k.icon, any_value(k.sequence) AS sequence, any_value(k.placed) AS placed, any_value(k.x) AS x, any_value(k.y) AS y,
  any_value(g.width) AS width, any_value(g.height) AS height,
  count(o.id) AS instances, count(o.id) > 0 AS class_present,
  bool_or(coalesce(point_in_mask(k.x, k.y, g.width, g.height, o.polygon, o.rings, o.rle_height, o.rle_width, o.rle_counts), false)) AS on_mask,
  bool_or(coalesce(in_bbox(k.x, k.y, o.x, o.y, o.w, o.h, g.width, g.height), false)) AS on_box
FROM coco_icons k JOIN coco_images g USING (image_id)
  LEFT JOIN coco_instances o ON o.image_id = k.image_id AND o.category = k.icon
WHERE k.x IS NOT NULL AND k.icon IN (FROM coco_categories SELECT category)
GROUP BY k.seq, k.icon`,
	},
	{
		Name: "coco_classes", Set: "coco",
		Row:  "one class that an annotated image has, and whether it was found",
		Note: "Classes that have only crowds on the image are included (C8).",
		Columns: columns(page, []Column{
			{"category", "", "The class."},
			{"instances", "", "Objects of the class on the image, crowds included."},
			{"largest", "fraction of the image", "The largest box_share of these objects (C11)."},
			{"retrieved", "", "Whether its icon stays on the image, in any place (C7)."},
			{"retrieved_any", "", "Whether its icon was ever added (variant of C7)."},
		}),
		Example: "SELECT round(avg(retrieved::int), 4) AS recall_over_pairs FROM coco_classes",
		SQL: `
SELECT ` + listOf("a.", page) + `,
  c.category, c.instances, c.largest, coalesce(k.placed, false) AS retrieved, coalesce(k.any_add, false) AS retrieved_any
FROM coco_annotations a
  JOIN (SELECT image_id, category, count(*) AS instances, max(box_share) AS largest FROM coco_instances
    WHERE category IS NOT NULL GROUP BY image_id, category) c USING (image_id)
  LEFT JOIN coco_icons k ON k.seq = a.seq AND k.icon = c.category`,
	},
	{
		Name: "coco_pages", Set: "coco",
		Row: "one page: one image annotated by one annotator, with counts instead of lists",
		Columns: columns(page, from("coco/annotations", "original_width", "original_height", "time_spent"), []Column{
			{"n_actions", "", "Actions with icons."},
			{"n_samples", "", "Mouse samples."},
			{"n_steps", "", "Steps through the superclasses."},
			{"superclasses", "", "Different superclasses among the steps."},
			{"keyboard_steps", "", "Steps by the keyboard (C13); a step that does not record it is not counted."},
			{"icons", "", "Icons of known classes (C2) that stay on the image."},
			{"classes", "", "Classes that the image has."},
			{"retrieved", "", "Classes of the image that were found."},
			{"recall", "fraction", "retrieved / classes (C8); null if the image is not in the ground " +
				"truth or has no class."},
		}),
		Example: "SELECT median(time_spent) / 1000 AS seconds, round(avg(recall), 4) AS recall FROM coco_pages",
		SQL: `
SELECT ` + listOf("a.", page) + `, a.original_width, a.original_height, a.time_spent,
  len(a.actions) AS n_actions, len(a.mouse) AS n_samples, len(a.browsing) AS n_steps,
  len(list_distinct(list_transform(a.browsing, lambda b: b.category_idx))) AS superclasses,
  len(list_filter(a.browsing, lambda b: b.keyboard)) AS keyboard_steps,
  coalesce(k.icons, 0) AS icons, coalesce(c.classes, 0) AS classes, coalesce(c.retrieved, 0) AS retrieved, c.retrieved / c.classes AS recall
FROM coco_annotations a
  LEFT JOIN (
    SELECT seq, count(*) FILTER (placed) AS icons FROM coco_icons WHERE icon IN (FROM coco_categories SELECT category) GROUP BY seq
  ) k USING (seq)
  LEFT JOIN (SELECT seq, count(*) AS classes, count(*) FILTER (retrieved) AS retrieved FROM coco_classes GROUP BY seq) c USING (seq)`,
	},
	{
		Name: "coco_hits", Set: "coco",
		Row: "one HIT (C9)",
		Note: "The flags are the checks of the release at their published thresholds. " +
			"For other thresholds, use the table macro coco_hits_flagged.",
		Columns: columns(from("coco/annotations", "hit_id"), []Column{
			{"worker_id", "", "The annotator."},
			{"pages", "", "Distinct pages."},
			{"records", "", "Pages in the data."},
			{"duration", "ms", "Sum of time_spent over its pages."},
			{"recall", "fraction", "Mean of the recalls of its pages."},
			{"icons", "", "Icons with a point (C3)."},
			{"precision", "fraction", "Share of these icons on a mask of their class (C5); null without icons."},
			{"low_recall", "", "recall < 0.333."},
			{"low_precision", "", "precision < 0.75."},
			{"few_pages", "", "pages_of_whole < 16."},
			{"pages_of_whole", "", "As pages, for a whole HIT: larger only where a study gave annotators smaller HITs, or only the rest of one is in the data."},
		}),
		Example: "SELECT count(*) AS hits, round(median(duration) / 60000, 2) AS minutes, " +
			"round(avg(precision), 4) AS precision FROM coco_hits",
		SQL: fmt.Sprintf(cocoHITs, "pages", ""),
		studySQL: fmt.Sprintf(cocoHITs, "pages_of_whole", " LEFT JOIN (\n  SELECT hit_id, "+ofWhole("count(DISTINCT page_idx)", "pages")+" AS pages_of_whole\n  FROM "+
			withParts("coco_annotations", "pages")+" GROUP BY hit_id\n) USING (hit_id)"),
	},
	{
		Name: "coco_workers", Set: "coco",
		Row: "one annotator",
		Columns: columns(from("coco/annotations", "worker_id"), []Column{
			{"pages", "", "Pages annotated."},
			{"hits", "", "Different HITs."},
			{"time_spent", "ms", "Median time on a page."},
			{"recall", "fraction", "Mean of the recalls of its pages."},
			{"icons", "", "Icons with a point (C3)."},
			{"precision", "fraction", "Share of these icons on a mask of their class (C5)."},
			{"keyboard", "fraction", "Share of all steps through the superclasses that were by the keyboard (C13)."},
		}),
		Example: "SELECT worker_id, pages, round(recall, 3) AS recall FROM coco_workers ORDER BY pages " +
			"DESC, worker_id LIMIT 3",
		SQL: `
SELECT p.worker_id, p.pages, p.hits, p.time_spent, p.recall, coalesce(l.icons, 0) AS icons, l.precision, p.keyboard
FROM (
  SELECT worker_id, count(*) AS pages, count(DISTINCT hit_id) AS hits, median(time_spent) AS time_spent, avg(recall) AS recall,
    sum(keyboard_steps) / nullif(sum(n_steps), 0) AS keyboard
  FROM coco_pages WHERE worker_id IS NOT NULL GROUP BY worker_id
) p LEFT JOIN (
  SELECT worker_id, count(*) AS icons, avg(on_mask::INT) AS precision FROM coco_localization WHERE worker_id IS NOT NULL GROUP BY worker_id
) l USING (worker_id)`,
	},
}
