package query

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"abtool/store/notes"
)

// noted is the table that the view of notes reads.
const noted = "abtool_noted"

// NotesView describes the view of what is noted about a store, which is there with Options.Notes.
func NotesView() View {
	return View{
		Name: "notes",
		Row:  "one tag or note that something has",
		Note: "The view is there if the store has notes, in STORE.notes.jsonl, which `abtool explore` writes. A tag or a note is on one kind of thing, and " +
			"the columns of other things are null: seq is null for an annotator. What the store does not have any more has its kind and no ids.",
		Columns: []Column{
			{"data_set", "", "imagenet or coco."}, {"kind", "", "What has the tag or note: showing (COCO: a page), image, worker or hit."},
			{"seq", "", "The showing, a row of annotations."}, {"image_id", "", "The image: of the showing, or the one that has the tag."},
			{"worker_id", "", "The annotator: of the showing, or the one who has the tag."}, {"hit_id", "", "The HIT, likewise. Of ImageNet: assignment_id."},
			{"tag", "", "The tag; null for a note."}, {"note", "", "The text; null for a tag."},
			{"who", "", "Who wrote it: a user of the system."}, {"time", "ms since 1970 UTC", "When."}, {"filter", "", "What was looked at: address in `abtool explore`."},
		},
		Example: "SELECT kind, tag, count(*) AS n, min(who) AS who FROM notes WHERE tag IS NOT NULL GROUP BY ALL ORDER BY ALL",
	}
}

// notes returns the view of notes over the tables of the store.
func (t *tables) notes() View {
	v := NotesView()
	var showings, workers, hits []string
	for _, set := range t.sets {
		ids := notes.SQL(set, t.hide)
		from := set + "_annotations"
		shown := fmt.Sprintf("SELECT '%s' AS data_set, ", set)
		showings = append(showings, shown+fmt.Sprintf("%s AS id, seq, worker_id, %s AS hit_id FROM %s WHERE image_id IN (SELECT try_cast(image AS %s) FROM %s WHERE kind = 'showing' AND data_set = '%s')",
			ids[0], notes.HITColumn(set), from, map[string]string{"imagenet": "VARCHAR", "coco": "BIGINT"}[set], noted, set))
		list := func(column, id string) string {
			return shown + fmt.Sprintf("%s AS id, %s AS name FROM (SELECT DISTINCT %[2]s FROM %[3]s WHERE %[2]s IS NOT NULL)", id, column, from)
		}
		workers = append(workers, list("worker_id", ids[2]))
		hits = append(hits, list(notes.HITColumn(set), ids[3]))
	}
	all := func(parts []string) string { return strings.Join(parts, "\n  UNION ALL ") }
	v.SQL = fmt.Sprintf(`SELECT n.data_set, n.kind, s.seq,
  n.image AS image_id, coalesce(s.worker_id, w.name) AS worker_id, coalesce(s.hit_id, h.name) AS hit_id, n.tag, n.note, n.who, n.time, n.filter
FROM %s n
  LEFT JOIN (%s) s ON n.kind = 'showing' AND s.data_set = n.data_set AND s.id = n.id
  LEFT JOIN (%s) w ON n.kind = 'worker' AND w.data_set = n.data_set AND w.id = n.id
  LEFT JOIN (%s) h ON n.kind = 'hit' AND h.data_set = n.data_set AND h.id = n.id`, noted, all(showings), all(workers), all(hits))
	return v
}

// createNotes is the statement that creates the table of notes.
const createNotes = "CREATE TABLE " + noted + ` (data_set VARCHAR, kind VARCHAR, id VARCHAR, image VARCHAR, tag VARCHAR, note VARCHAR, who VARCHAR, "time" BIGINT, filter VARCHAR)`

// SetNotes replaces what the view of notes has. The store must have been opened with Options.Notes.
func (db *DB) SetNotes(ctx context.Context, rows []notes.Row) error {
	c, err := db.connector.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	exec := func(q string) error {
		_, err := c.(driver.ExecerContext).ExecContext(ctx, q, nil)
		return err
	}
	if err := exec("BEGIN"); err != nil {
		return err
	}
	err = exec("DELETE FROM " + noted)
	if err == nil {
		err = fillNotes(c, rows)
	}
	if err != nil {
		exec("ROLLBACK")
		return fmt.Errorf("showing the notes: %w", plain(err))
	}
	return exec("COMMIT")
}

// fillNotes appends rows to the table of notes.
func fillNotes(c driver.Conn, rows []notes.Row) error {
	to, err := duckdb.NewAppenderFromConn(c, "", noted)
	if err != nil {
		return err
	}
	optional := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	for _, r := range rows {
		var image any
		switch r.Kind {
		case notes.Image:
			image = r.ID
		case notes.Showing:
			image = r.ID[:max(0, strings.LastIndexByte(r.ID, ' '))]
		}
		if err := to.AppendRow(r.Set, r.Kind, r.ID, image, optional(r.Tag), optional(r.Note), r.Who, r.Time.UnixMilli(), optional(r.Filter)); err != nil {
			to.Close()
			return err
		}
	}
	return to.Close()
}
