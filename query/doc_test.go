package query

import (
	"context"
	"database/sql/driver"
	"flag"
	"io"
	"strings"
	"testing"

	"abtool/internal/docgen"
)

var update = flag.Bool("update", false, "write the generated parts of docs/reference/views.md")

// docs/reference/views.md has every view and macro, with results that a query gives now.
func TestDoc(t *testing.T) {
	d := pageOfViews{t: t, s: open(t, Options{Threads: 1})}
	for _, set := range []string{"imagenet", "coco"} {
		d.Printf("## Views of %s\n\n", map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set])
		d.Head("view", "one row is")
		for _, v := range Views(set) {
			at := "#" + v.Name
			if v.table != "" {
				at = "store.md#" + set + v.table // the anchor of "imagenet/annotations"
				if v.table == "rejects" {
					at = "store.md#rejects" // of both data sets
				}
			}
			d.Row("["+docgen.Code(v.Name)+"]("+at+")", v.Row)
		}
		for _, v := range Views(set) {
			if v.table == "" {
				d.view(v)
			}
		}
		d.Printf("\n")
	}
	d.studies()
	d.notes()
	views := d.String()
	d.Reset()
	d.macros()
	docgen.Check(t, "../docs/reference/views.md", *update, map[string]string{"views": views, "macros": d.String()})
}

// studies describes the views of studies, on a store that has some.
func (d *pageOfViews) studies() {
	of := pageOfViews{t: d.t, s: studyStore(d.t, Options{Threads: 1})}
	of.Printf("## Views of studies\n\nA store that was made from a study of `abtool collect` has them in addition. The results are of two small simulated studies.\n\n")
	of.Head("view", "one row is")
	list := StudyViews("imagenet", "coco")
	for _, v := range list {
		at := "#" + v.Name
		if v.table != "" {
			at = "store.md#" + v.table
		}
		of.Row("["+docgen.Code(v.Name)+"]("+at+")", v.Row)
	}
	for _, v := range list {
		if v.table == "" {
			of.view(v)
		}
	}
	d.Printf("%s\n", of.String())
}

// notes describes the view of notes, on a store that has some.
func (d *pageOfViews) notes() {
	of := pageOfViews{t: d.t, s: open(d.t, Options{Threads: 1, Notes: bookOf(d.t, d.s)})}
	of.Printf("## View of notes\n")
	of.view(NotesView())
	d.Printf("%s\n", of.String())
}

type pageOfViews struct {
	docgen.Page
	t *testing.T
	s *Session
}

// value returns the result of a query.
func (d *pageOfViews) value(query string) string {
	d.t.Helper()
	text, err := markdown(d.s, query)
	if err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return text
}

func (d *pageOfViews) view(v View) {
	d.Printf("\n### %s\n\nOne row is %s.", v.Name, v.Row)
	if v.Note != "" {
		d.Printf(" %s", v.Note)
	}
	d.Printf("\n\n")
	d.Head("column", "unit", "meaning")
	for _, c := range v.Columns {
		d.Row(docgen.Code(c.Name), c.Unit, c.Doc)
	}
	d.Printf("\n```sql\n%s\n```\n\n%s", v.Example, d.value(v.Example))
}

func (d *pageOfViews) macros() {
	all := append([]Macro{maskDoc}, macros...)
	d.Head("macro", "result", "meaning")
	for _, m := range all {
		unit := m.Unit
		if unit == "" {
			unit = "yes or no"
		}
		if m.Table {
			unit = "a table: " + unit
		}
		d.Row(docgen.Code(m.Name+"("+m.Args+")"), unit, m.Doc)
	}
	d.Printf("\nExamples:\n\n")
	d.Head("expression", "value")
	for _, m := range all {
		if !m.Table {
			d.Row(docgen.Code(m.Example), docgen.Code(d.value("SELECT "+m.Example)))
		}
	}
	for _, m := range macros {
		if m.Table {
			d.Printf("\n```sql\n%s\n```\n\n%s", m.Example, d.value(m.Example))
		}
	}
}

// markdown is the result of a query as a table, or, if it is one value, that.
func markdown(s *Session, q string) (string, error) {
	r, err := s.Query(context.Background(), q, nil)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var out strings.Builder
	var names, rules []string
	for _, c := range r.Columns {
		names, rules = append(names, c.Name), append(rules, "---")
	}
	row := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(names)
	row(rules)
	dst := make([]driver.Value, len(names))
	for {
		err := r.Next(dst)
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(q, "SELECT") && !strings.Contains(q, "FROM ") {
			return r.Columns[0].Type.Text(dst[0]), nil
		}
		cells := make([]string, len(dst))
		for i, v := range dst {
			cells[i] = r.Columns[i].Type.Text(v)
		}
		row(cells)
	}
}
