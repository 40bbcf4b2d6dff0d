package view

// A Kind says how the values of a field are filtered and shown.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "text"
	Bool   Kind = "bool"
	Whole  Kind = "whole" // whole numbers
	Number Kind = "number"
	Time   Kind = "time" // ms since 1970 UTC
	List   Kind = "list" // several texts
)

func (k Kind) numeric() bool { return k == Whole || k == Number || k == Time }

// A Field is a column of the summary of a data set.
type Field struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Unit  string `json:"unit,omitempty"`
	Kind  Kind   `json:"kind"`
	Group string `json:"group"` // heading in the list of facets
	Doc   string `json:"doc"`
	Many  bool   `json:"many,omitempty"` // whether most rows have a value of their own, so that only a search finds one

	sql   string // expression over the tables of the summary
	coded bool   // whether the values are few, so that they are an enumeration
	apart bool   // whether its values are in another table, which changes
	late  bool   // whether the field is added to the summary after the others: sql is over lateFrom
}

// groups of fields
const (
	what  = "What was shown"
	who   = "Who, and when"
	done  = "What was done"
	right = "Compared with the ground truth"
)

var imagenetFields = []Field{
	{Name: "selected", Title: "Selected", Kind: Bool, Group: done, Doc: "Whether the image ended selected.", sql: "s.selected"},
	{Name: "hit", Title: "Click in a box", Kind: Bool, Group: right, late: true, sql: "CASE WHEN usable AND s.x IS NOT NULL THEN in_any_box(s.x, s.y, boxes, w, h) END",
		Doc: "Whether the last click of the showing is in a box; null without a click or a usable box."},
	{Name: "class", Title: "Class", Kind: Text, Group: what, Doc: "The class that the annotator was asked for.", sql: "s.class", coded: true},
	{Name: "image_id", Title: "Image", Kind: Text, Group: what, Many: true, Doc: "The image.", sql: "s.image_id"},
	{Name: "box_distance", Title: "Distance to the box", Unit: "fraction", Kind: Number, Group: right, late: true,
		Doc: "Distance of the last click to the nearest box, in fractions of the image; 0 inside.",
		sql: `CASE WHEN usable AND s.x IS NOT NULL THEN list_min(list_transform(boxes, lambda b:
  sqrt(power(greatest(b.xmin / w - s.x, 0, s.x - b.xmax / w), 2) + power(greatest(b.ymin / h - s.y, 0, s.y - b.ymax / h), 2)))) END::FLOAT`},
	{Name: "n_clicks", Title: "Clicks", Kind: Whole, Group: done, Doc: "Selecting clicks.", sql: "len(s.clicks)::INTEGER"},
	{Name: "deselections", Title: "Deselections", Kind: Whole, Group: done, Doc: "Clicks that deselected the image.", sql: "greatest(len(s.clicks) - coalesce(s.selected, false)::BIGINT, 0)::INTEGER"},
	{Name: "n_samples", Title: "Mouse samples", Kind: Whole, Group: done, Doc: "Mouse samples.", sql: "len(s.mouse)::INTEGER"},
	{Name: "hover_ms", Title: "Time hovered", Unit: "ms", Kind: Whole, Group: done, Doc: "Time from each enter to the leave after it.",
		sql: `list_sum(list_transform(range(1, len(s.hovers)), lambda i: CASE WHEN s.hovers[i].action = 'enter'
  AND s.hovers[i + 1].action = 'leave' THEN s.hovers[i + 1].t - s.hovers[i].t END))::BIGINT`},
	{Name: "n_hovers", Title: "Entries and leaves", Kind: Whole, Group: done, Doc: "Times that the pointer entered or left the image.",
		sql: "len(s.hovers)::INTEGER"},
	{Name: "x", Title: "Last click, across", Unit: "fraction", Kind: Number, Group: done, Doc: "The last click, in fractions of the width.", sql: "last_click(s.clicks).x"},
	{Name: "y", Title: "Last click, down", Unit: "fraction", Kind: Number, Group: done, Doc: "The last click, in fractions of the height.", sql: "last_click(s.clicks).y"},
	{Name: "worker_id", Title: "Annotator", Kind: Text, Group: who, Doc: "The annotator.", sql: "s.worker_id", coded: true},
	{Name: "assignment_id", Title: "HIT", Kind: Text, Group: who, Doc: "The assignment: the work of one annotator on one task.", sql: "s.assignment_id", coded: true},
	{Name: "showing", Title: "Showing number", Kind: Whole, Group: what, Doc: "Number of the showing among those of the image.", late: true, sql: "n.showing::INTEGER"},
	{Name: "page_idx", Title: "Page", Kind: Whole, Group: what, Doc: "Page of the HIT.", sql: "s.page_idx"},
	{Name: "image_idx", Title: "Place on the page", Kind: Whole, Group: what, Doc: "Place of the image on its page.", sql: "s.image_idx"},
	{Name: "estimate_time", Title: "Estimated time", Unit: "ms", Kind: Whole, Group: done, Doc: "The front end's estimate of the time on the image.",
		sql: "s.estimate_time"},
	{Name: "first_time", Title: "Time", Unit: "time", Kind: Time, Group: who, Doc: "Time of the first event.", sql: firstTime},
	{Name: "hour", Title: "Hour of the day", Unit: "h UTC", Kind: Whole, Group: who, Doc: "Hour of the first event, UTC.",
		sql: "hour(make_timestamp_ms(" + firstTime + "))::INTEGER"},
}

const firstTime = "s.t0 + first_event(s.clicks, s.mouse, s.hovers)"

const imagenetLate = `summary_imagenet s
  LEFT JOIN (SELECT image_id, width AS w, height AS h, boxes, len(boxes) > 0 AND width > 0 AND height > 0 AS usable
    FROM imagenet_images) g ON g.image_id = s.image_id
  LEFT JOIN (SELECT seq, showing FROM imagenet_showings) n ON n.seq = s.seq`

var cocoFields = []Field{
	{Name: "recall", Title: "Recall", Unit: "fraction", Kind: Number, Group: right, late: true, Doc: "Share of the image's classes that were found.", sql: "p.recall"},
	{Name: "precision", Title: "Precision", Unit: "fraction", Kind: Number, Group: right, late: true,
		Doc: "Share of the icons with a point that are on a mask of their class; null without icons.", sql: "l.precision"},
	{Name: "present", Title: "Classes present", Kind: List, Group: what, late: true, Doc: "Classes of the ground truth.", sql: "k.present"},
	{Name: "placed", Title: "Icons placed", Kind: List, Group: done, late: true, Doc: "Classes whose icon stayed on the image.", sql: "i.placed"},
	{Name: "missed", Title: "Classes missed", Kind: List, Group: right, late: true, Doc: "Classes of the ground truth whose icon was not placed.", sql: "k.missed"},
	{Name: "sequences", Title: "Sequences of actions", Kind: List, Group: done, late: true, Doc: "The actions with each icon, such as add-move.", sql: "i.sequences"},
	{Name: "icons", Title: "Icons", Kind: Whole, Group: done, late: true, Doc: "Icons that stayed on the image.", sql: "p.icons::INTEGER"},
	{Name: "image_id", Title: "Image", Kind: Text, Group: what, Many: true, Doc: "The image.", sql: "s.image_id::VARCHAR"},
	{Name: "n_actions", Title: "Actions", Kind: Whole, Group: done, Doc: "Actions with icons.", sql: "len(s.actions)::INTEGER"},
	{Name: "time_spent", Title: "Time on the page", Unit: "ms", Kind: Whole, Group: done, Doc: "Time on the page.", sql: "s.time_spent"},
	{Name: "n_samples", Title: "Mouse samples", Kind: Whole, Group: done, Doc: "Mouse samples.", sql: "len(s.mouse)::INTEGER"},
	{Name: "n_steps", Title: "Superclass steps", Kind: Whole, Group: done, Doc: "Steps through the superclasses of icons.", sql: "len(s.browsing)::INTEGER"},
	{Name: "keyboard", Title: "Steps by keyboard", Unit: "fraction", Kind: Number, Group: done, Doc: "Share of the steps that were made by the keyboard.",
		sql: "len(list_filter(s.browsing, lambda b: b.keyboard)) / nullif(len(s.browsing), 0)"},
	{Name: "worker_id", Title: "Annotator", Kind: Text, Group: who, Doc: "The annotator.", sql: "s.worker_id", coded: true},
	{Name: "hit_id", Title: "HIT", Kind: Text, Group: who, Doc: "The HIT.", sql: "s.hit_id", coded: true},
	{Name: "page_idx", Title: "Page", Kind: Whole, Group: what, Doc: "Page of the HIT.", sql: "s.page_idx"},
	{Name: "classes", Title: "Number of classes", Kind: Whole, Group: what, late: true, Doc: "Classes that the image has.", sql: "p.classes::INTEGER"},
}

const cocoLate = `summary_coco s
  LEFT JOIN (SELECT seq, icons, classes, recall FROM coco_pages) p USING (seq)
  LEFT JOIN (SELECT seq, list(category ORDER BY category) AS present,
      list(category ORDER BY category) FILTER (NOT retrieved) AS missed FROM coco_classes GROUP BY seq) k USING (seq)
  LEFT JOIN (SELECT seq, list(icon ORDER BY icon) FILTER (placed) AS placed, list_distinct(list(sequence ORDER BY sequence)) AS sequences
    FROM coco_icons GROUP BY seq) i USING (seq)
  LEFT JOIN (SELECT seq, avg(on_mask::INT) AS precision FROM coco_localization GROUP BY seq) l USING (seq)`

// arm is the field of stores with studies.
var arm = Field{Name: "arm", Title: "Arm", Kind: Text, Group: who, Doc: "The arm of the study.", sql: "s.arm"}
