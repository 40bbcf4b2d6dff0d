// Package replay reads from a store what the player draws: a showing, a page of a HIT, and the showings of an image.
package replay

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"abtool/explore/replay/scene"
	"abtool/explore/view"
	"abtool/query"
	"abtool/schema"
)

// ErrNotFound is the error for a showing, a page or an image that the store does not have.
var ErrNotFound = errors.New("not in the store")

// Showing returns a showing of ImageNet-AB, or a page of COCO-AB, by its row.
func Showing(ctx context.Context, db *query.DB, set string, seq int64) (*scene.Scene, error) {
	from := fmt.Sprintf("FROM %s_annotations WHERE seq = $1", set)
	var s *scene.Scene
	raw, err := rawRows(ctx, db, from, seq)
	if err != nil || len(raw) == 0 {
		return nil, missing(err)
	}
	if set == "coco" {
		row := new(scene.TagRow)
		if err := json.Unmarshal(raw[0], row); err != nil {
			return nil, err
		}
		truth, err := tagTruth(ctx, db, row.ImageID)
		if err != nil {
			return nil, err
		}
		s = scene.Tag(row, truth, source(set, strconv.FormatInt(row.ImageID, 10)))
	} else {
		row := new(scene.ShowingRow)
		if err := json.Unmarshal(raw[0], row); err != nil {
			return nil, err
		}
		truth, err := boxes(ctx, db, row.ImageID)
		if err != nil {
			return nil, err
		}
		s = scene.Showing(row, truth[row.ImageID], source(set, row.ImageID))
	}
	s.Facts, err = facts(set, raw[0])
	return s, err
}

// Image returns an image with all of its showings.
func Image(ctx context.Context, db *query.DB, set, id string) (*scene.Scene, error) {
	if set == "coco" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("image %q: %w", id, ErrNotFound)
		}
		rows, err := find[scene.TagRow](ctx, db, set, "seq", "image_id = $1", n)
		if err != nil || len(rows) == 0 {
			return nil, missing(err)
		}
		truth, err := tagTruth(ctx, db, n)
		if err != nil {
			return nil, err
		}
		return scene.Tags(rows, truth, source(set, id)), nil
	}
	rows, err := find[scene.ShowingRow](ctx, db, set, "hit_submit_time NULLS FIRST, seq", "image_id = $1", id)
	if err != nil || len(rows) == 0 {
		return nil, missing(err)
	}
	truth, err := boxes(ctx, db, id)
	if err != nil {
		return nil, err
	}
	s := scene.Showings(rows, truth[id], source(set, id))
	s.Facts = []scene.Fact{{Name: "image_id", Value: id}, {Name: "showings", Value: len(rows)}}
	if class := rows[0].Class; class != nil {
		s.Facts = append(s.Facts, scene.Fact{Name: "class", Value: *class, Link: classLink(set, *class)})
	}
	return s, nil
}

// facts returns the values of a row that are not lists, with their meaning.
func facts(set string, raw json.RawMessage) (all []scene.Fact, err error) {
	var row map[string]any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&row); err != nil {
		return nil, err
	}
	name := func(column string) string {
		switch v := row[column].(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
		return ""
	}
	work := name("assignment_id")
	if work == "" {
		work = name("hit_id")
	}
	links := map[string]string{"image_id": "/i/" + set + "/" + url.PathEscape(name("image_id"))}
	if page := name("page_idx"); page != "" && work != "" {
		links["page_idx"] = "/p/" + set + "/" + url.PathEscape(work) + "/" + page
	}
	if worker := name("worker_id"); worker != "" {
		links["worker_id"] = workerLink(set, worker)
	}
	if class := name("class"); class != "" {
		links["class"] = classLink(set, class)
	}
	for _, c := range schema.TableAt(set + "/annotations").Columns {
		v, ok := row[c.Name]
		if _, list := v.([]any); !ok || list || c.Study && v == nil {
			continue
		}
		all = append(all, scene.Fact{Name: c.Name, Value: v, Unit: c.Unit, Doc: c.Doc, Link: links[c.Name]})
	}
	return append(all, scene.Fact{Name: "SQL", Value: "its row", Link: "/sql?q=" +
		url.QueryEscape("SELECT * FROM "+set+"_annotations WHERE seq = "+name("seq"))}), nil
}

func workerLink(set, worker string) string { return "/w/" + set + "/" + url.PathEscape(worker) }

// classLink returns the address of the showings of a class.
func classLink(set, class string) string {
	return "/i/" + set + "?f=" + url.QueryEscape(view.Term{Field: "class", Texts: []string{class}}.String())
}

// Page returns a page of a HIT with all of its showings. The HIT is an assignment, or where records have none, a HIT
// or the id of the page. A page of a study is as it was recorded.
func Page(ctx context.Context, db *query.DB, set, assignment string, page int64) (*scene.Scene, error) {
	s, err := pageOf(ctx, db, set, assignment, page)
	if err != nil {
		return nil, err
	}
	links, err := beside(ctx, db, set, assignment, page)
	s.Facts = append(s.Facts, links...)
	return s, err
}

func pageOf(ctx context.Context, db *query.DB, set, assignment string, page int64) (*scene.Scene, error) {
	s, err := recorded(ctx, db, set, assignment, page)
	if s != nil || err != nil {
		return s, err
	}
	var rows []*scene.ShowingRow
	for _, of := range []string{"assignment_id = $1", "assignment_id IS NULL AND hit_id = $1", "assignment_id IS NULL AND hit_id IS NULL AND page_uuid = $1"} {
		of += " AND page_idx = $2"
		if set == "coco" {
			seqs, err := seqs(ctx, db, set, of, assignment, page)
			if err != nil {
				return nil, err
			}
			if len(seqs) > 0 {
				return Showing(ctx, db, set, seqs[0])
			}
		} else if rows, err = find[scene.ShowingRow](ctx, db, set, "seq", of, assignment, page); err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			break
		}
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ImageID)
	}
	truth, err := boxes(ctx, db, ids...)
	if err != nil {
		return nil, err
	}
	s = scene.BrowsePage(rows, truth, func(id string) string { return source(set, id) })
	s.Facts = append(pageFacts(set, assignment, page, rows[0].WorkerID, rows[0].Class, len(rows)), s.Facts...)
	return s, nil
}

func pageFacts(set, assignment string, page int64, worker, class *string, images int) []scene.Fact {
	all := []scene.Fact{{Name: "assignment_id", Value: assignment}, {Name: "page_idx", Value: page}, {Name: "images", Value: images}}
	if worker != nil {
		all = append(all, scene.Fact{Name: "worker_id", Value: *worker, Link: workerLink(set, *worker)})
	}
	if class != nil {
		all = append(all, scene.Fact{Name: "class", Value: *class, Link: classLink(set, *class)})
	}
	return all
}

// beside returns links to the pages before and after a page.
func beside(ctx context.Context, db *query.DB, set, assignment string, page int64) (links []scene.Fact, err error) {
	var before, after sql.NullInt64
	err = db.QueryRowContext(ctx, "SELECT max(page_idx) FILTER (page_idx < $2), min(page_idx) FILTER (page_idx > $2) FROM "+set+
		"_annotations WHERE coalesce(assignment_id, hit_id, page_uuid) = $1", assignment, page).Scan(&before, &after)
	for _, v := range []struct {
		name string
		page sql.NullInt64
	}{{"page before", before}, {"next page", after}} {
		if v.page.Valid {
			links = append(links, scene.Fact{Name: v.name, Value: v.page.Int64, Link: fmt.Sprintf("/p/%s/%s/%d", set, url.PathEscape(assignment), v.page.Int64)})
		}
	}
	return links, err
}

// source returns the address of the picture of an image.
func source(set, id string) string { return "/img/" + set + "/" + url.PathEscape(id) }

func missing(err error) error {
	if err == nil {
		err = ErrNotFound
	}
	return err
}

// boxes returns the ground truth of images of ImageNet, by id.
func boxes(ctx context.Context, db *query.DB, ids ...string) (map[string]*scene.BoxRow, error) {
	marks := make([]string, len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), id
	}
	list, err := read[scene.BoxRow](ctx, db, "FROM imagenet_images WHERE image_id IN ("+strings.Join(marks, ", ")+")", args...)
	truth := map[string]*scene.BoxRow{}
	for _, t := range list {
		truth[t.ImageID] = t
	}
	return truth, err
}

// tagTruth returns the ground truth of an image of COCO, nil without one.
func tagTruth(ctx context.Context, db *query.DB, id int64) (*scene.TruthRow, error) {
	list, err := read[scene.TruthRow](ctx, db, "FROM coco_images WHERE image_id = $1", id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// rawRows returns rows as JSON.
func rawRows(ctx context.Context, db *query.DB, from string, args ...any) (all []json.RawMessage, err error) {
	rows, err := db.QueryContext(ctx, "SELECT to_json(r)::VARCHAR FROM (SELECT * "+from+") r", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text sql.RawBytes
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, slices.Clone(json.RawMessage(text)))
	}
	return all, rows.Err()
}

// seqs returns the numbers of the rows of annotations that a condition selects, ascending. It reads only the columns of
// the condition.
func seqs(ctx context.Context, db *query.DB, set, where string, args ...any) (all []int64, err error) {
	rows, err := db.QueryContext(ctx, "SELECT seq FROM "+set+"_annotations WHERE "+where+" ORDER BY seq", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		all = append(all, seq)
	}
	return all, rows.Err()
}

// find returns the rows of annotations that a condition selects. The lists of a row are read by its number, which
// leaves out most of the table.
func find[T any](ctx context.Context, db *query.DB, set, order, where string, args ...any) ([]*T, error) {
	numbers, err := seqs(ctx, db, set, where, args...)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = strconv.FormatInt(n, 10)
	}
	return read[T](ctx, db, fmt.Sprintf("FROM %s_annotations WHERE seq BETWEEN %d AND %d AND seq IN (%s) ORDER BY %s", set, numbers[0], numbers[len(numbers)-1],
		strings.Join(list, ", "), order))
}

// read returns rows of a query.
func read[T any](ctx context.Context, db *query.DB, from string, args ...any) ([]*T, error) {
	raw, err := rawRows(ctx, db, from, args...)
	all := make([]*T, len(raw))
	for i := range raw {
		all[i] = new(T)
		if err := json.Unmarshal(raw[i], all[i]); err != nil {
			return nil, fmt.Errorf("reading a row: %w", err)
		}
	}
	return all, err
}
