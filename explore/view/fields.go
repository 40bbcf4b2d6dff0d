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
	coded string // view with the values, if they are few
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
	{Name: "hit", Title: "Click in a box", Kind: Bool, Group: right, sql: "CASE WHEN usable AND c IS NOT NULL THEN in_any_box(c.x, c.y, boxes, w, h) END",
		Doc: "Whether the last click of the showing is in a box; null without a click or a usable box."},
	{Name: "class", Title: "Class", Kind: Text, Group: what, Doc: "The class that the annotator was asked for.", sql: "s.class", coded: "imagenet_annotations"},
	{Name: "image_id", Title: "Image", Kind: Text, Group: what, Many: true, Doc: "The image.", sql: "s.image_id"},
	{Name: "box_distance", Title: "Distance to the box", Unit: "fraction", Kind: Number, Group: right,
		Doc: "Distance of the last click to the nearest box, in fractions of the image; 0 inside.",
		sql: `CASE WHEN usable AND c IS NOT NULL THEN list_min(list_transform(boxes, lambda b:
  sqrt(power(greatest(b.xmin / w - c.x, 0, c.x - b.xmax / w), 2) + power(greatest(b.ymin / h - c.y, 0, c.y - b.ymax / h), 2)))) END::FLOAT`},
	{Name: "n_clicks", Title: "Clicks", Kind: Whole, Group: done, Doc: "Selecting clicks.", sql: "s.n_clicks::INTEGER"},
	{Name: "deselections", Title: "Deselections", Kind: Whole, Group: done, Doc: "Clicks that deselected the image.", sql: "s.deselections::INTEGER"},
	{Name: "n_samples", Title: "Mouse samples", Kind: Whole, Group: done, Doc: "Mouse samples.", sql: "s.n_samples::INTEGER"},
	{Name: "hover_ms", Title: "Time hovered", Unit: "ms", Kind: Whole, Group: done, Doc: "Time from each enter to the leave after it.",
		sql: "hover_ms::BIGINT"},
	{Name: "n_hovers", Title: "Entries and leaves", Kind: Whole, Group: done, Doc: "Times that the pointer entered or left the image.",
		sql: "s.n_hovers::INTEGER"},
	{Name: "x", Title: "Last click, across", Unit: "fraction", Kind: Number, Group: done, Doc: "The last click, in fractions of the width.", sql: "c.x"},
	{Name: "y", Title: "Last click, down", Unit: "fraction", Kind: Number, Group: done, Doc: "The last click, in fractions of the height.", sql: "c.y"},
	{Name: "worker_id", Title: "Annotator", Kind: Text, Group: who, Doc: "The annotator.", sql: "s.worker_id", coded: "imagenet_annotations"},
	{Name: "assignment_id", Title: "HIT", Kind: Text, Group: who, Doc: "The assignment: the work of one annotator on one task.", sql: "s.assignment_id", coded: "imagenet_annotations"},
	{Name: "showing", Title: "Showing number", Kind: Whole, Group: what, Doc: "Number of the showing among those of the image.", sql: "s.showing::INTEGER"},
	{Name: "page_idx", Title: "Page", Kind: Whole, Group: what, Doc: "Page of the HIT.", sql: "s.page_idx"},
	{Name: "image_idx", Title: "Place on the page", Kind: Whole, Group: what, Doc: "Place of the image on its page.", sql: "s.image_idx"},
	{Name: "estimate_time", Title: "Estimated time", Unit: "ms", Kind: Whole, Group: done, Doc: "The front end's estimate of the time on the image.",
		sql: "s.estimate_time"},
	{Name: "first_time", Title: "Time", Unit: "time", Kind: Time, Group: who, Doc: "Time of the first event.", sql: "s.first_time"},
	{Name: "hour", Title: "Hour of the day", Unit: "h UTC", Kind: Whole, Group: who, Doc: "Hour of the first event, UTC.",
		sql: "hour(make_timestamp_ms(s.first_time))::INTEGER"},
}

const imagenetFrom = `imagenet_showings s
  JOIN (SELECT seq, last_click(clicks) AS c, list_sum(list_transform(range(1, len(hovers)), lambda i:
      CASE WHEN hovers[i].action = 'enter' AND hovers[i + 1].action = 'leave' THEN hovers[i + 1].t - hovers[i].t END)) AS hover_ms
    FROM imagenet_annotations) a USING (seq)
  LEFT JOIN (SELECT image_id, width AS w, height AS h, boxes, len(boxes) > 0 AND width > 0 AND height > 0 AS usable
    FROM imagenet_images) g ON g.image_id = s.image_id`

var cocoFields = []Field{
	{Name: "recall", Title: "Recall", Unit: "fraction", Kind: Number, Group: right, Doc: "Share of the image's classes that were found.", sql: "p.recall"},
	{Name: "precision", Title: "Precision", Unit: "fraction", Kind: Number, Group: right,
		Doc: "Share of the icons with a point that are on a mask of their class; null without icons.", sql: "l.precision"},
	{Name: "present", Title: "Classes present", Kind: List, Group: what, Doc: "Classes of the ground truth.", sql: "k.present"},
	{Name: "placed", Title: "Icons placed", Kind: List, Group: done, Doc: "Classes whose icon stayed on the image.", sql: "i.placed"},
	{Name: "missed", Title: "Classes missed", Kind: List, Group: right, Doc: "Classes of the ground truth whose icon was not placed.", sql: "k.missed"},
	{Name: "sequences", Title: "Sequences of actions", Kind: List, Group: done, Doc: "The actions with each icon, such as add-move.", sql: "i.sequences"},
	{Name: "icons", Title: "Icons", Kind: Whole, Group: done, Doc: "Icons that stayed on the image.", sql: "p.icons::INTEGER"},
	{Name: "image_id", Title: "Image", Kind: Text, Group: what, Many: true, Doc: "The image.", sql: "p.image_id::VARCHAR"},
	{Name: "n_actions", Title: "Actions", Kind: Whole, Group: done, Doc: "Actions with icons.", sql: "p.n_actions::INTEGER"},
	{Name: "time_spent", Title: "Time on the page", Unit: "ms", Kind: Whole, Group: done, Doc: "Time on the page.", sql: "p.time_spent"},
	{Name: "n_samples", Title: "Mouse samples", Kind: Whole, Group: done, Doc: "Mouse samples.", sql: "p.n_samples::INTEGER"},
	{Name: "n_steps", Title: "Superclass steps", Kind: Whole, Group: done, Doc: "Steps through the superclasses of icons.", sql: "p.n_steps::INTEGER"},
	{Name: "keyboard", Title: "Steps by keyboard", Unit: "fraction", Kind: Number, Group: done, Doc: "Share of the steps that were made by the keyboard.",
		sql: "p.keyboard_steps / nullif(p.n_steps, 0)"},
	{Name: "worker_id", Title: "Annotator", Kind: Text, Group: who, Doc: "The annotator.", sql: "p.worker_id", coded: "coco_annotations"},
	{Name: "hit_id", Title: "HIT", Kind: Text, Group: who, Doc: "The HIT.", sql: "p.hit_id", coded: "coco_annotations"},
	{Name: "page_idx", Title: "Page", Kind: Whole, Group: what, Doc: "Page of the HIT.", sql: "p.page_idx"},
	{Name: "classes", Title: "Number of classes", Kind: Whole, Group: what, Doc: "Classes that the image has.", sql: "p.classes::INTEGER"},
}

const cocoFrom = `coco_pages p
  LEFT JOIN (SELECT seq, list(category ORDER BY category) AS present,
      list(category ORDER BY category) FILTER (NOT retrieved) AS missed FROM coco_classes GROUP BY seq) k USING (seq)
  LEFT JOIN (SELECT seq, list(icon ORDER BY icon) FILTER (placed) AS placed, list_distinct(list(sequence ORDER BY sequence)) AS sequences
    FROM coco_icons GROUP BY seq) i USING (seq)
  LEFT JOIN (SELECT seq, avg(on_mask::INT) AS precision FROM coco_localization GROUP BY seq) l USING (seq)`

// arm is the field of stores with studies.
func arm(table string) Field {
	return Field{Name: "arm", Title: "Arm", Kind: Text, Group: who, Doc: "The arm of the study.", sql: table + ".arm"}
}
