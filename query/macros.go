package query

// In the macros, list_transform([v], lambda p: …)[1] gives the value v the local name p. It computes v once
// for each row; a repeated argument would be computed once for each element.
var macros = []Macro{
	{
		Name: "active_ms", Args: "page, gap := 30000", Unit: "ms",
		Doc: "The active time of a page of a study: the time that it was visible, without the pauses that are longer than gap, in ms. " +
			"page is a row: active_ms(p, 10000) with FROM imagenet_attempts p. The column active_ms has it for 30 s.",
		Example: "active_ms({visible_ms: 60000, pauses: [{t: 500, length: 4000}, {t: 9000, length: 31000}]})",
		SQL:     `page.visible_ms - coalesce(list_sum([p.length FOR p IN page.pauses IF p.length > gap]), 0)::BIGINT`,
	},
	{
		Name: "valid_points", Args: "points", Unit: "list of points",
		Doc:     "The clicks or samples that have a position, in order.",
		Example: "valid_points([{t: 1, x: 0.5, y: NULL}, {t: 2, x: 0.5, y: 0.25}])",
		SQL:     `list_filter(points, lambda p: p.x IS NOT NULL AND p.y IS NOT NULL)`,
	},
	{
		Name: "first_click", Args: "clicks", Unit: "a click {t, x, y}",
		Doc:     "The first click that has a position; null if there is none.",
		Example: "first_click([{t: 1, x: 0.5, y: 0.25}, {t: 2, x: 0.1, y: 0.2}])",
		SQL:     `CASE WHEN clicks[1].x IS NOT NULL AND clicks[1].y IS NOT NULL THEN clicks[1] ELSE valid_points(clicks)[1] END`,
	},
	{
		Name: "last_click", Args: "clicks", Unit: "a click {t, x, y}",
		Doc: "The last click that has a position; null if there is none. " +
			"The view imagenet_final_clicks has the last click of the showing that decides.",
		Example: "last_click([{t: 1, x: 0.5, y: 0.25}, {t: 2, x: 0.1, y: 0.2}])",
		SQL:     `CASE WHEN clicks[-1].x IS NOT NULL AND clicks[-1].y IS NOT NULL THEN clicks[-1] ELSE valid_points(clicks)[-1] END`,
	},
	{
		Name: "first_event", Args: "clicks, mouse, hovers", Unit: "ms since t0",
		Doc:     "The earliest time in the three lists of a showing; null if no event has a time.",
		Example: "first_event([{t: 30}], [{t: 10}, {t: 20}], [{t: 5}])",
		SQL:     `least(list_min([p.t FOR p IN clicks]), list_min([p.t FOR p IN mouse]), list_min([p.t FOR p IN hovers]))`,
	},
	{
		Name: "last_event", Args: "clicks, mouse, hovers", Unit: "ms since t0",
		Doc:     "The latest time in the three lists of a showing; null if no event has a time.",
		Example: "last_event([{t: 30}], [{t: 10}, {t: 20}], [{t: 5}])",
		SQL:     `greatest(list_max([p.t FOR p IN clicks]), list_max([p.t FOR p IN mouse]), list_max([p.t FOR p IN hovers]))`,
	},
	{
		Name: "last_enter", Args: "hovers, t", Unit: "ms since t0",
		Doc: "The latest time at or before t at which the pointer entered the image; " +
			"null if no such time is recorded (I13).",
		Example: "last_enter([{t: 5, action: 'enter'}, {t: 8, action: 'leave'}, {t: 9, action: 'enter'}], 8)",
		SQL:     `list_max([h.t FOR h IN hovers IF h.action = 'enter' AND h.t <= t])`,
	},
	{
		Name: "since_enter", Args: "hovers, t", Unit: "ms",
		Doc:     "The time since the pointer last entered the image: t − last_enter(hovers, t).",
		Example: "since_enter([{t: 5, action: 'enter'}], 8)",
		SQL:     `t - last_enter(hovers, t)`,
	},
	{
		Name: "samples_until", Args: "mouse, t", Unit: "list of samples {t, x, y}",
		Doc:     "The samples at or before t that have a time and a position (I12).",
		Example: "samples_until([{t: 1, x: 0.1, y: 0.1}, {t: 2, x: 0.2, y: 0.2}, {t: 3, x: 0.3, y: 0.3}], 2)",
		SQL:     `list_filter(mouse, lambda m: m.t <= t AND m.x IS NOT NULL AND m.y IS NOT NULL)`,
	},
	{
		Name: "samples_between", Args: "mouse, t1, t2", Unit: "list of samples {t, x, y}",
		Doc: "The samples from t1 to t2, both included, that have a time and a position. " +
			"Empty if t1 or t2 is null.",
		Example: "samples_between([{t: 1, x: 0.1, y: 0.1}, {t: 2, x: 0.2, y: 0.2}, {t: 3, x: 0.3, y: 0.3}], 2, 3)",
		SQL:     `list_filter(mouse, lambda m: m.t >= t1 AND m.t <= t2 AND m.x IS NOT NULL AND m.y IS NOT NULL)`,
	},
	{
		Name: "sample_before", Args: "mouse, t, k", Unit: "a sample {t, x, y}",
		Doc: "The k-th sample counted back from t; k = 1 is the last sample at or before t. " +
			"Null if there are fewer samples (I12).",
		Example: "sample_before([{t: 1, x: 0.1, y: 0.1}, {t: 2, x: 0.2, y: 0.2}, {t: 3, x: 0.3, y: 0.3}], 3, 2)",
		SQL:     `samples_until(mouse, t)[-k]`,
	},
	{
		Name: "trace_bin", Args: "i, n", Unit: "0…9",
		Doc: "The tenth of a trace, by equal numbers of samples, in which sample i of n lies; " +
			"i counts from 1 (I14).",
		Example: "trace_bin(3, 4)",
		SQL:     `10 * (i - 1) // n`,
	},
	{
		Name: "time_bin", Args: "t, enter, click", Unit: "0…9",
		Doc: "The tenth of the time from entering to the click in which t lies; " +
			"null if enter and click are equal (I14).",
		Example: "time_bin(50, 0, 200)",
		SQL:     `CASE WHEN click > enter THEN least(9, 10 * (t - enter) // (click - enter)) END`,
	},
	{
		Name: "grid_cell", Args: "v, n", Unit: "0…n − 1",
		Doc: "The cell, of n cells, in which the fraction v lies. 1.0 is in the last cell; null " +
			"outside of 0…1 (I10).",
		Example: "grid_cell(0.5, 11)",
		SQL:     `CASE WHEN v >= 0 AND v <= 1 THEN least(floor(v * n)::INT, n - 1) END`,
	},
	{
		Name: "in_box", Args: "x, y, box, width, height",
		Doc: "Whether a point, in fractions, lies in a box, in pixels of an image of that size; " +
			"edges included (I6).",
		Example: "in_box(0.5, 0.5, {xmin: 10, ymin: 20, xmax: 50, ymax: 60}, 100, 100)",
		SQL:     `x >= box.xmin / width AND x <= box.xmax / width AND y >= box.ymin / height AND y <= box.ymax / height`,
	},
	{
		Name: "in_any_box", Args: "x, y, boxes, width, height",
		Doc: "Whether a point lies in any of the boxes (I6).",
		Example: "in_any_box(0.9, 0.5, [{xmin: 10, ymin: 20, xmax: 50, ymax: 60}, {xmin: 80, ymin: 0, " +
			"xmax: 90, ymax: 60}], 100, 100)",
		SQL: `len(list_filter(boxes, lambda b: x >= b.xmin / width AND x <= b.xmax / width AND y >= b.ymin / height AND y <= b.ymax / height)) > 0`,
	},
	{
		Name: "nearest_box", Args: "x, y, boxes, width, height",
		Unit: "a box {xmin, ymin, xmax, ymax} in fractions",
		Doc: "The box that is nearest to a point, in relative units. A box that contains the point is at distance 0; " +
			"ties go to the smallest area, then to the first box (I15).",
		Example: "nearest_box(0.7, 0.5, [{xmin: 10, ymin: 20, xmax: 50, ymax: 60}, {xmin: 80, ymin: 0, " +
			"xmax: 90, ymax: 60}], 100, 100)",
		SQL: `list_min(list_transform(boxes, lambda b, i: {
    d: sqrt(power(greatest(b.xmin / width - x, 0, x - b.xmax / width), 2) + power(greatest(b.ymin / height - y, 0, y - b.ymax / height), 2)),
    a: (b.xmax / width - b.xmin / width) * (b.ymax / height - b.ymin / height), i: i,
    box: {xmin: b.xmin / width, ymin: b.ymin / height, xmax: b.xmax / width, ymax: b.ymax / height}})).box`,
	},
	{
		Name: "in_frame", Args: "x, y, box", Unit: "{u, v}, fractions of the box",
		Doc:     "A point in the frame of a box of the same unit: 0…1 is inside, and v points down (I15).",
		Example: "in_frame(0.3, 0.5, {xmin: 0.1, ymin: 0.25, xmax: 0.5, ymax: 0.75})",
		SQL:     `{u: (x - box.xmin) / (box.xmax - box.xmin), v: (y - box.ymin) / (box.ymax - box.ymin)}`,
	},
	{
		Name: "in_bbox", Args: "x, y, box_x, box_y, box_w, box_h, width, height",
		Doc: "Whether a point, in fractions, lies in a box given by its corner and size in pixels; " +
			"edges included (C6).",
		Example: "in_bbox(0.5, 0.5, 10, 20, 40, 40, 100, 100)",
		SQL:     `x * width >= box_x AND x * width <= box_x + box_w AND y * height >= box_y AND y * height <= box_y + box_h`,
	},
	{
		Name: "on_mask", Args: "x, y, instance, width, height",
		Doc: "Whether the pixel under a point is in the mask of an instance, which is " +
			"an element of the instances of coco_images (C5). Null if the instance is null.",
		Example: "on_mask(0.5, 0.5, {polygon: [10.0, 10, 90, 10, 90, 90, 10, 90], rings: [8], " +
			"rle_height: NULL, rle_width: NULL, rle_counts: []}, 100, 100)",
		SQL: `point_in_mask(x, y, width, height, instance.polygon, instance.rings, instance.rle_height, instance.rle_width, instance.rle_counts)`,
	},
	{
		Name: "action_sequence", Args: "actions, icon", Unit: "text",
		Doc: "The types of the actions with one icon, in list order, joined by - (C10).",
		Example: "action_sequence([{type: 'add', icon: 'cup'}, {type: 'add', icon: 'cat'}, {type: 'move', " +
			"icon: 'cup'}], 'cup')",
		SQL: `array_to_string([a.type FOR a IN actions IF a.icon = icon AND a.type IN ('add', 'move', 'remove')], '-')`,
	},
	{
		Name: "path_length", Args: "points, width, height", Unit: "unit of width",
		Doc: "The length of the path through the points on a display of that size. image_width and image_height " +
			"give a length in CSS pixels; 1 and 1 give it in fractions. 0 for one point, null without points.",
		Example: "path_length([{t: 1, x: 0.0, y: 0.0}, {t: 2, x: 0.3, y: 0.4}], 100, 100)",
		SQL: `list_transform([valid_points(points)], lambda p: CASE WHEN len(p) > 0 THEN coalesce(list_sum(list_transform(range(2, len(p) + 1),
    lambda i: sqrt(power((p[i].x - p[i - 1].x) * width, 2) + power((p[i].y - p[i - 1].y) * height, 2)))), 0) END)[1]`,
	},
	{
		Name: "path_duration", Args: "points", Unit: "ms",
		Doc:     "The time from the earliest point to the latest; null if no point has a time.",
		Example: "path_duration([{t: 1, x: 0.0, y: 0.0}, {t: 51, x: 0.3, y: 0.4}])",
		SQL:     `list_max([p.t FOR p IN points]) - list_min([p.t FOR p IN points])`,
	},
	{
		Name: "path_speed", Args: "points, width, height", Unit: "unit of width per second",
		Doc:     "The mean speed along the path: path_length / path_duration; null if path_duration is 0.",
		Example: "path_speed([{t: 1, x: 0.0, y: 0.0}, {t: 51, x: 0.3, y: 0.4}], 100, 100)",
		SQL:     `1000 * path_length(points, width, height) / nullif(path_duration(points), 0)`,
	},
	{
		Name: "step_speeds", Args: "points, width, height", Unit: "list, unit of width per second",
		Doc: "The speed of each step from a point to the next; null for steps that take no time.",
		Example: "step_speeds([{t: 0, x: 0.0, y: 0.0}, {t: 50, x: 0.3, y: 0.4}, {t: 50, x: 0.3, y: 0.5}], " +
			"100, 100)",
		SQL: `list_transform([valid_points(points)], lambda p: list_transform(range(2, len(p) + 1),
    lambda i: 1000 * sqrt(power((p[i].x - p[i - 1].x) * width, 2) + power((p[i].y - p[i - 1].y) * height, 2)) / nullif(p[i].t - p[i - 1].t, 0)))[1]`,
	},
	{
		Name: "mt_deviations", Args: "points, width, height", Unit: "list, unit of width",
		Doc: "For each point, its distance from the direct path, which is the straight line from the first " +
			"point to the last. Positive above the line on the screen (left of it if the line is vertical), " +
			"negative below. Null if the first and the last point are in the same place.",
		Example: "mt_deviations([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 1.0, " +
			"y: 0.5}], 100, 100)",
		SQL: `list_transform([valid_points(points)], lambda p: list_transform(
    [{dx: (p[-1].x - p[1].x) * width, dy: (p[-1].y - p[1].y) * height}],
    lambda d: CASE WHEN d.dx <> 0 OR d.dy <> 0 THEN list_transform(p, lambda q:
      CASE WHEN d.dx > 0 OR (d.dx = 0 AND d.dy < 0) THEN 1 ELSE -1 END
        * (d.dy * (q.x - p[1].x) * width - d.dx * (q.y - p[1].y) * height) / sqrt(d.dx * d.dx + d.dy * d.dy)) END)[1])[1]`,
	},
	{
		Name: "mt_MAD", Args: "points, width, height", Unit: "unit of width",
		Doc: "Maximum absolute deviation: the deviation of the point that is farthest from the direct " +
			"path, with its sign. If points above and below are equally far, the point above.",
		Example: "mt_MAD([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 1.0, y: 0.5}], 100, 100)",
		SQL: `list_transform([mt_deviations(points, width, height)],
    lambda d: CASE WHEN list_max(d) >= -list_min(d) THEN list_max(d) ELSE list_min(d) END)[1]`,
	},
	{
		Name: "mt_AD", Args: "points, width, height", Unit: "unit of width",
		Doc:     "Average deviation: the mean of the signed deviations from the direct path over all points.",
		Example: "mt_AD([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 1.0, y: 0.5}], 100, 100)",
		SQL:     `list_avg(mt_deviations(points, width, height))`,
	},
	{
		Name: "mt_AUC", Args: "points, width, height", Unit: "unit of width, squared",
		Doc: "Area under the curve: the area between the path and the direct path; " +
			"parts below the direct path are subtracted.",
		Example: "mt_AUC([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 1.0, y: 0.5}], 100, 100)",
		SQL: `list_transform([valid_points(points)], lambda p: list_transform(
    [{dx: (p[-1].x - p[1].x) * width, dy: (p[-1].y - p[1].y) * height}],
    lambda d: CASE WHEN d.dx <> 0 OR d.dy <> 0 THEN
      CASE WHEN d.dx > 0 OR (d.dx = 0 AND d.dy < 0) THEN 0.5::DOUBLE ELSE -0.5::DOUBLE END * width * height
        * coalesce(list_sum(list_transform(range(2, len(p) + 1), lambda i:
          (p[i - 1].x - p[1].x) * (p[i].y - p[1].y) - (p[i].x - p[1].x) * (p[i - 1].y - p[1].y))), 0) END)[1])[1]`,
	},
	{
		Name: "flips", Args: "vs", Unit: "count",
		Doc: "How often a list of numbers changes its direction, from growing to shrinking or back. " +
			"Steps between equal numbers do not count.",
		Example: "flips([1, 2, 2, 1, 0, 3])",
		SQL: `list_transform([list_filter(list_transform(range(2, len(vs) + 1), lambda i: sign(vs[i] - vs[i - 1])), lambda s: s <> 0)],
    lambda d: len(list_filter(range(2, len(d) + 1), lambda i: d[i] <> d[i - 1])))[1]`,
	},
	{
		Name: "mt_xpos_flips", Args: "points", Unit: "count",
		Doc:     "Changes of direction along x, however small.",
		Example: "mt_xpos_flips([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 0.4, y: 0.5}])",
		SQL:     `list_transform([[p.x FOR p IN valid_points(points)]], lambda l: flips(l))[1]`,
	},
	{
		Name: "mt_ypos_flips", Args: "points", Unit: "count",
		Doc:     "Changes of direction along y, however small.",
		Example: "mt_ypos_flips([{t: 0, x: 0.0, y: 0.5}, {t: 10, x: 0.5, y: 0.2}, {t: 20, x: 0.4, y: 0.5}])",
		SQL:     `list_transform([[p.y FOR p IN valid_points(points)]], lambda l: flips(l))[1]`,
	},
	{
		Name: "mt_initiation_time", Args: "points", Unit: "ms",
		Doc: "How long the pointer rested before its first movement: the time from the first point to the last " +
			"point that is still in the same place. Null if the pointer never moves.",
		Example: "mt_initiation_time([{t: 100, x: 0.5, y: 0.5}, {t: 180, x: 0.5, y: 0.5}, {t: 200, x: 0.6, " +
			"y: 0.5}])",
		SQL: `list_transform([valid_points(points)], lambda p: list_transform(
    [list_min(list_filter(range(2, len(p) + 1), lambda i: p[i].x <> p[1].x OR p[i].y <> p[1].y))],
    lambda m: p[m - 1].t - p[1].t)[1])[1]`,
	},
	{
		Name: "normal_cdf", Args: "z", Unit: "0…1",
		Doc: "The distribution function of the standard normal distribution, computed by its series " +
			"with an error of at most 1e-13; 0 below −8 and 1 above 8.",
		Example: "round(normal_cdf(1.96), 9)",
		SQL: `CASE WHEN z >= 8 THEN 1 WHEN z <= -8 THEN 0 WHEN z = 0 THEN 0.5 ELSE
    greatest(0, least(1, 0.5 + sign(z) * exp(-z * z / 2) / sqrt(2 * pi()) * list_sum(list_transform(range(0, (24 + 6 * abs(z) + z * z)::BIGINT),
      lambda n: exp((2 * n + 1) * ln(abs(z)) - lgamma(2 * n + 2) + n * ln(2) + lgamma(n + 1)))))) END::DOUBLE`,
	},
	{
		Name: "imagenet_final_clicks_by", Args: "how := 'last'", Set: "imagenet", Table: true,
		Unit: "one row per image: image_id, x, y, seq",
		Doc: "The final click and its variants (I4). 'last': as in imagenet_final_clicks; " +
			"'document': the last click of the last selected showing in document order; " +
			"'first': the first click of the same showing as 'last'; 'mean': the mean of the first clicks of all " +
			"selected showings, as in the published loader (seq is null).",
		Example: "SELECT round(avg(x), 4) AS x, round(avg(y), 4) AS y FROM imagenet_final_clicks_by(how := 'mean')",
		SQL: `
SELECT image_id, c.x AS x, c.y AS y, seq
FROM (
  SELECT image_id, seq, CASE WHEN how = 'document' THEN 0 ELSE hit_submit_time END AS order_by,
    CASE WHEN how = 'first' THEN first_click(clicks) ELSE last_click(clicks) END AS c
  FROM imagenet_annotations
  WHERE selected AND CASE WHEN how IN ('last', 'document', 'first', 'mean') THEN how <> 'mean'
    ELSE error('how must be ''last'', ''document'', ''first'' or ''mean''') END
)
WHERE c IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY image_id ORDER BY order_by DESC NULLS LAST, seq DESC) = 1
UNION ALL
SELECT image_id, avg(c.x), avg(c.y), NULL
FROM (SELECT image_id, first_click(clicks) AS c FROM imagenet_annotations WHERE selected AND how = 'mean')
WHERE c IS NOT NULL
GROUP BY image_id`,
	},
	{
		Name: "imagenet_hits_flagged", Args: "min_recall := 0.333, min_selected := 30, min_pages := 9",
		Set: "imagenet", Table: true, Unit: "as imagenet_hits",
		Doc:     "The HITs that are flagged at these thresholds (I18).",
		Example: "SELECT count(*) AS rejected FROM imagenet_hits_flagged(min_selected := 5, min_pages := 2)",
		SQL: `
SELECT assignment_id, worker_id, hit_id, images, selected, recall, pages, first_time, submit_time, duration,
  recall < min_recall AS low_recall, selected_of_whole < min_selected AS few_selected, pages_of_whole < min_pages AS few_pages,
  selected_of_whole, pages_of_whole
FROM imagenet_hits
WHERE recall < min_recall OR selected_of_whole < min_selected OR pages_of_whole < min_pages`,
	},
	{
		Name: "coco_hits_flagged", Args: "min_recall := 0.333, min_precision := 0.75, min_pages := 16",
		Set: "coco", Table: true, Unit: "as coco_hits",
		Doc:     "The HITs that are flagged at these thresholds (C9).",
		Example: "SELECT count(*) AS rejected FROM coco_hits_flagged(min_precision := 0.9)",
		SQL: `
SELECT hit_id, worker_id, pages, records, duration, recall, icons, precision,
  recall < min_recall AS low_recall, precision < min_precision AS low_precision, pages_of_whole < min_pages AS few_pages, pages_of_whole
FROM coco_hits
WHERE recall < min_recall OR precision < min_precision OR pages_of_whole < min_pages`,
	},
}

// maskDoc describes point_in_mask, which is a Go function in this package and maskMacro in any other DuckDB.
var maskDoc = Macro{
	Name: "point_in_mask", Args: "x, y, width, height, polygon, rings, rle_height, rle_width, rle_counts",
	Doc: "Whether the pixel under a point, in fractions of an image of that size, is in a mask (C5). " +
		"The mask is a union of polygons, each by the even-odd rule at the centre of the pixel, where rings has the " +
		"number of values of polygon that belong to each; or it is given by run lengths, down the columns, zeros " +
		"first. False for points outside of 0…1. Null if the point or the size is null.",
	Example: "point_in_mask(0.5, 0.5, 100, 100, [10.0, 10, 90, 10, 90, 90, 10, 90], [8], NULL, NULL, [])",
}

// maskMacro is point_in_mask as an SQL macro.
var maskMacro = Macro{
	Name: maskDoc.Name, Args: maskDoc.Args,
	SQL: `
CASE WHEN x IS NULL OR y IS NULL OR width IS NULL OR height IS NULL THEN NULL
  WHEN NOT (x >= 0 AND x <= 1 AND y >= 0 AND y <= 1 AND width > 0 AND height > 0) THEN false
  ELSE list_transform([{px: least(floor(x * width)::BIGINT, width - 1), py: least(floor(y * height)::BIGINT, height - 1)}], lambda c:
    coalesce(list_bool_or(list_transform(range(1, len(rings) + 1), lambda k: list_transform(
      [polygon[coalesce(list_sum(rings[1:k - 1]), 0)::BIGINT + 1 : list_sum(rings[1:k])::BIGINT]], lambda r:
        len(list_filter(range(1, len(r) // 2 + 1), lambda i: list_transform([CASE WHEN i = 1 THEN len(r) // 2 ELSE i - 1 END], lambda j:
          ((r[2 * i] > c.py + 0.5) <> (r[2 * j] > c.py + 0.5)) AND
          c.px + 0.5 < (r[2 * j - 1] - r[2 * i - 1]) * (c.py + 0.5 - r[2 * i]) / (r[2 * j] - r[2 * i]) + r[2 * i - 1])[1])) % 2 = 1)[1])), false)
    OR coalesce(c.px < rle_width AND c.py < rle_height AND list_reduce(
      list_prepend(2 * (c.px * rle_height + c.py), rle_counts::BIGINT[]),
      lambda s, n: CASE WHEN s < 0 THEN s WHEN s // 2 < n THEN -1 - s % 2 ELSE 2 * (s // 2 - n) + 1 - s % 2 END) = -2, false))[1] END`,
}
