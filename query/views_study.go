package query

import (
	"fmt"
	"strings"

	"abtool/schema"
)

// Views lists the views of the store: those of its data sets, and those of studies if it has any.
func (db *DB) Views() (all []View) { return db.tables.views() }

func (t *tables) views() (all []View) {
	var studies []string
	for _, set := range t.sets {
		for _, v := range Views(set) {
			if v.table == "annotations" && t.studies[set] {
				v.Columns = described(schema.TableAt(set + "/annotations"))
			}
			all = append(all, v)
		}
		if t.studies[set] {
			all = append(all, studyViews[set]...)
			studies = append(studies, set)
		}
	}
	if len(studies) > 0 {
		all = append(all, allStudies(studies)...)
	}
	if t.noted {
		all = append(all, t.notes())
	}
	return all
}

// StudyViews lists the views of studies of abtool collect that a store with these data sets has.
func StudyViews(sets ...string) (all []View) {
	for _, set := range sets {
		all = append(all, studyViews[set]...)
	}
	return append(all, allStudies(sets)...)
}

// attempt has the columns that a view of events takes from its attempt at a page.
var attempt = from("*/pages", "source", "page_uuid", "attempt", "state", "assignment_id", "worker_id", "arm", "page_idx")

// studyViews has the views of studies, by data set.
var studyViews = map[string][]View{
	"imagenet": append(recorded("imagenet", "browse"), View{
		Name: "imagenet_deselections", Set: "imagenet",
		Row: "one click that deselected an image",
		Columns: columns(showing, from("imagenet/annotations", "arm"), place("deselections of the showing"),
			from("imagenet/annotations", "deselects.t"), []Column{eventTime}, from("imagenet/annotations", "deselects.x", "deselects.y")),
		Example: "SELECT class, count(*) AS deselections FROM imagenet_deselections GROUP BY class ORDER BY class",
		SQL: numbered("imagenet_annotations", "deselects", columns(showing, []Column{{Name: "arm"}}),
			"s.t AS t, t0 + s.t AS time, s.x AS x, s.y AS y"),
	}),
	"coco": append(recorded("coco", "tag"), View{
		Name: "coco_drags", Set: "coco",
		Row: "one movement of an icon while it was held",
		Columns: columns(page, from("coco/annotations", "arm"), place("drags of the page"),
			from("coco/annotations", "drags.icon", "drags.origin", "drags.outcome", "drags.t", "drags.t_end",
				"drags.from_x", "drags.from_y", "drags.to_x", "drags.to_y")),
		Example: "SELECT origin, outcome, count(*) AS n, median(t_end - t) AS ms FROM coco_drags GROUP BY ALL ORDER BY ALL",
		SQL: numbered("coco_annotations", "drags", columns(page, []Column{{Name: "arm"}}),
			"s.icon AS icon, s.origin AS origin, s.outcome AS outcome, s.t AS t, s.t_end AS t_end, "+
				"s.from_x AS from_x, s.from_y AS from_y, s.to_x AS to_x, s.to_y AS to_y"),
	}),
}

// recorded returns the views of the tables of a study, and of the samples in them.
func recorded(set, task string) []View {
	return []View{
		{
			Name: set + "_attempts", Set: set, table: "pages",
			Row:     "one attempt at a " + task + " page of a study, with all that was recorded",
			Columns: all("*/pages"),
			Example: fmt.Sprintf("SELECT state, count(*) AS attempts, sum(active_ms) // 1000 AS active_s FROM %s_attempts GROUP BY state ORDER BY state", set),
		},
		{
			Name: set + "_sessions", Set: set, table: "sessions",
			Row:     "one visit of an annotator to a study with " + task + " pages",
			Columns: all("*/sessions"),
			Example: fmt.Sprintf("SELECT browser, count(*) AS visits, median(sample_median) AS ms FROM %s_sessions GROUP BY browser", set),
		},
		{
			Name: set + "_reviews", Set: set, table: "reviews",
			Row:     "one decision of a person about an assignment with " + task + " pages",
			Columns: all("*/reviews"),
			Example: fmt.Sprintf("SELECT decision, count(*) AS assignments FROM %s_reviews WHERE counts GROUP BY decision", set),
		},
		{
			Name: set + "_page_samples", Set: set,
			Row: "one sample of the pointer, anywhere on a " + task + " page",
			Note: "These are all samples that were recorded. The view " + set + "_samples has those that the front end " +
				"of the release would have taken. The rows of one page are in the order of time.",
			Columns: columns(attempt, from("*/pages", "pointer.us"), []Column{
				{"time", "ms since 1970 UTC", "Time of the sample, by the clock of the browser."},
			}, from("*/pages", "pointer.x", "pointer.y", "pointer.buttons", "pointer.type", "pointer.frame"), []Column{
				{"slot", "", "Slot of the image under the pointer; null if there is none."},
			}),
			Example: fmt.Sprintf("SELECT slot IS NOT NULL AS on_an_image, count(*) AS samples FROM %s_page_samples GROUP BY ALL ORDER BY ALL", set),
			SQL:     samplesSQL(set),
		},
	}
}

// samplesSQL returns the SQL of the samples of pages. The place of an image holds until its next one.
func samplesSQL(set string) string {
	return strings.ReplaceAll(`
SELECT `+listOf("", attempt)+`,
  s.us AS us, started + s.us // 1000 AS time, s.x AS x, s.y AS y, s.buttons AS buttons, s.type AS type, s.frame AS frame,
  list_filter(places, lambda p: s.us >= p.us AND s.us < p.until AND s.x >= p.x AND s.x < p.x + p.w
    AND s.y >= p.y AND s.y < p.y + p.h)[1].slot AS slot
FROM (
  SELECT *, unnest(pointer) AS s FROM (
    SELECT *, list_transform(layout, lambda p: {slot: p.slot, x: p.x, y: p.y, w: p.w, h: p.h, us: p.us,
      until: coalesce(list_min([n.us FOR n IN layout IF n.slot = p.slot AND n.us > p.us]), 9223372036854775807)}) AS places
    FROM SET_attempts
  )
)`, "SET", set)
}

// allStudies returns the views over the studies of all data sets that have some.
func allStudies(sets []string) []View {
	union := func(table, columns string) string {
		var parts []string
		for _, set := range sets {
			parts = append(parts, fmt.Sprintf("SELECT '%s' AS data_set, %s FROM %[1]s_%[3]s", set, columns, table))
		}
		return strings.Join(parts, "\nUNION ALL ")
	}
	dataSet := Column{"data_set", "", "imagenet for browse pages, coco for tag pages."}
	return []View{
		{
			Name:    "sessions",
			Row:     "one visit of an annotator to a study of any data set",
			Columns: columns([]Column{dataSet}, all("*/sessions")),
			Example: "SELECT data_set, coalesce(outcome, 'not ended') AS outcome, count(*) AS visits FROM sessions GROUP BY ALL ORDER BY ALL",
			SQL:     union("sessions", "*"),
		},
		{
			Name: "arms",
			Row:  "one arm of a study",
			Note: "Annotators were assigned to the arms at random, so that differences between arms are due to them.",
			Columns: columns([]Column{dataSet}, from("*/sessions", "source", "arm"), []Column{
				{"annotators", "", "Annotators who agreed to take part."},
				{"finished", "", "Of these, annotators with a visit that they finished."},
				{"pages", "", "Pages that were submitted."},
				{"active_ms", "ms", "Median active time of these pages."},
				{"reloads", "", "Attempts at these pages before the one that was submitted."},
			}),
			Example: "SELECT data_set, arm, annotators, finished, pages FROM arms ORDER BY ALL",
			SQL: `
SELECT data_set, source, arm, annotators, finished, coalesce(pages, 0) AS pages, active_ms, coalesce(reloads, 0) AS reloads
FROM (
  SELECT data_set, source, arm, count(DISTINCT worker_id) AS annotators,
    count(DISTINCT worker_id) FILTER (outcome = 'finished') AS finished
  FROM sessions WHERE arm IS NOT NULL GROUP BY ALL
) LEFT JOIN (
  SELECT data_set, source, arm, count(*) AS pages, median(active_ms) AS active_ms, sum(reloads)::BIGINT AS reloads
  FROM (` + union("attempts", "source, arm, state, active_ms, reloads") + `)
  WHERE state = 'submitted' GROUP BY ALL
) USING (data_set, source, arm)`,
		},
	}
}
