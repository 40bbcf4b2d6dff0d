package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"abtool/store/notes"
)

// tagField is the field of the tags of a showing: its own, and those of its image, annotator and HIT. They are in a
// table with a row for each showing and tag. It is the last field.
var tagField = Field{Name: "tag", Title: "Tags", Kind: List, Group: "Noted", Doc: "Tags of the showing, its image, its annotator and its HIT.", apart: true}

// openTags makes the table of tags.
func (v *View) openTags(ctx context.Context) error {
	if _, err := v.db.ExecContext(ctx, "CREATE TABLE tags_"+v.Set+" (seq BIGINT, tag VARCHAR)"); err != nil {
		return err
	}
	return v.SetTags(ctx)
}

// SetTags takes the tags from the view of notes, which has changed.
func (v *View) SetTags(ctx context.Context) (err error) {
	c, err := v.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("reading the tags: %w", err), tx.Rollback())
		}
	}()
	if _, err := tx.ExecContext(ctx, "DELETE FROM tags_"+v.Set); err != nil {
		return err
	}
	through := func(kind, noted, column string) string {
		return fmt.Sprintf("SELECT s.seq, n.tag FROM %s s JOIN n ON n.kind = '%s' AND n.%s = s.%s::VARCHAR", v.table, kind, noted, column)
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO tags_%s
WITH n AS MATERIALIZED (FROM notes WHERE data_set = '%[1]s' AND tag IS NOT NULL)
SELECT DISTINCT seq, tag FROM (
  SELECT seq, tag FROM n WHERE kind = 'showing' AND seq IS NOT NULL
  UNION ALL %s
  UNION ALL %s
  UNION ALL %s
)`, v.Set, through(notes.Image, "image_id", "image_id"), through(notes.Worker, "worker_id", "worker_id"),
		through(notes.HIT, "hit_id", notes.HITColumn(v.Set))))
	if err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return err
	}
	v.mu.Lock()
	v.tags++
	v.mu.Unlock()
	return nil
}

// tagCondition returns the SQL of a term of tags.
func tagCondition(t Term, set string) (string, []any) {
	var parts []string
	var args []any
	table := "tags_" + set
	if len(t.Texts) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.Texts)), ", ")
		parts = append(parts, fmt.Sprintf("seq IN (SELECT seq FROM %s WHERE tag IN (%s))", table, marks))
		for _, text := range t.Texts {
			args = append(args, text)
		}
	}
	if t.Null {
		parts = append(parts, "seq NOT IN (SELECT seq FROM "+table+")")
	}
	c := "(" + strings.Join(parts, " OR ") + ")"
	if t.Not {
		c = "NOT " + c
	}
	return c, args
}

// tagFacet counts the rows with each tag.
func (v *View) tagFacet(ctx context.Context, own *Term, out *Facet, search string, where restriction) (err error) {
	out.Values, out.Count = []string{}, []int64{}
	if out.N, err = v.scalar(ctx, "count(*)", where); err != nil {
		return err
	}
	without := where
	without.sql += " AND seq NOT IN (SELECT seq FROM tags_" + v.Set + ")"
	if out.Null, err = v.scalar(ctx, "count(*)", without); err != nil {
		return err
	}
	first := []string{"false"}
	args := append(slices.Clone(where.args), any(search))
	if own != nil {
		for _, t := range own.Texts {
			first, args = append(first, "tag = ?"), append(args, t)
		}
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf(`SELECT tag, n, count(*) OVER () FROM (
  SELECT tag, count(*) AS n FROM tags_%s WHERE seq IN (SELECT seq FROM %s WHERE %s) GROUP BY tag
) WHERE contains(lower(tag), lower(?)) ORDER BY (%s) DESC, n DESC, tag LIMIT %d`, v.Set, v.table, where.sql, strings.Join(first, " OR "), MostValues),
		args...)
	err = each(rows, err, func(scan func(...any) error) error {
		var tag string
		var n int64
		if err := scan(&tag, &n, &out.Distinct); err != nil {
			return err
		}
		out.Values, out.Count = append(out.Values, tag), append(out.Count, n)
		return nil
	})
	out.Cut = out.Distinct > MostValues
	return err
}

// tagsOf returns the tags of rows, a list for each.
func (v *View) tagsOf(ctx context.Context, seqs []any) ([]any, error) {
	lists := make([]any, len(seqs))
	at := map[int64]int{}
	list := make([]int64, len(seqs))
	for i, seq := range seqs {
		list[i], _ = seq.(int64)
		at[list[i]], lists[i] = i, []string{}
	}
	if len(seqs) == 0 {
		return lists, nil
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT seq, tag FROM tags_%s WHERE seq IN (%s) ORDER BY tag", v.Set, joined(list)))
	return lists, each(rows, err, func(scan func(...any) error) error {
		var seq int64
		var tag string
		if err := scan(&seq, &tag); err != nil {
			return err
		}
		lists[at[seq]] = append(lists[at[seq]].([]string), tag)
		return nil
	})
}

// Things returns the ids, as in package notes, of the things of a kind of notes.Kinds to which the rows of a filter belong. hidden says
// whether the ids of people are pseudonyms already.
func (v *View) Things(ctx context.Context, f Filter, kind string, hidden bool) ([]string, error) {
	where, err := v.where(ctx, f)
	if err != nil {
		return nil, err
	}
	defer where.done()
	return v.things(ctx, kind, hidden, func(id string) string {
		return fmt.Sprintf("SELECT %s AS id FROM %s_annotations WHERE seq IN (SELECT seq FROM %s WHERE %s)", id, v.Set, v.table, where.sql)
	}, where.args)
}

// ThingsOf returns the same for rows by their seq.
func (v *View) ThingsOf(ctx context.Context, seqs []int64, kind string, hidden bool) ([]string, error) {
	return v.things(ctx, kind, hidden, func(id string) string {
		return near(fmt.Sprintf("SELECT %s AS id FROM %s_annotations", id, v.Set), seqs)
	}, nil)
}

func (v *View) things(ctx context.Context, kind string, hidden bool, from func(id string) string, args []any) ([]string, error) {
	i := slices.Index(notes.Kinds, kind)
	rows, err := v.db.QueryContext(ctx, "SELECT DISTINCT id FROM ("+from(notes.SQL(v.Set, hidden)[i])+") WHERE id IS NOT NULL ORDER BY id", args...)
	return texts(rows, err)
}
