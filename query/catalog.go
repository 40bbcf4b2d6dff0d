package query

import (
	"fmt"
	"path/filepath"
	"strings"

	"abtool/internal/pseudonym"
	"abtool/schema"
)

// A View is a table that queries can use: a Parquet table of the store, or a flat view over nested columns.
type View struct {
	Name    string
	Set     string // imagenet or coco; "" for a view over the studies of both
	Row     string // description of one row
	Note    string // further description; may be empty
	Columns []Column
	Example string // an example query
	SQL     string // the SELECT of the view; empty for a table of the store

	studySQL string // the SELECT in a data set with a study, if it is another one
	table    string // name of the store's table, for a view without SQL
}

// A Column is a column of a View: its name, the unit of its values ("" without one) and a description.
type Column struct{ Name, Unit, Doc string }

// A Macro is an SQL macro, which is called like a function.
type Macro struct {
	Name    string
	Args    string // its parameters as in its definition, with defaults
	Set     string // data set that it needs; "" for none
	Table   bool   // whether it is a table macro, used as FROM name(…)
	Unit    string // unit of its result
	Doc     string
	Example string // an example: an expression, or a query for a table macro
	SQL     string // its body
}

// Views lists the views of a data set without studies, in an order in which they can be created.
func Views(set string) []View {
	if set == "coco" {
		return cocoViews
	}
	return imagenetViews
}

// Macros lists every macro, in an order in which they can be created.
func Macros() []Macro { return macros }

// A statement is one statement of the setup.
type statement struct{ name, sql string }

// setup returns the statements that create macros and views. With portable, point_in_mask is also a macro,
// for a DuckDB without the Go function.
func (t *tables) setup(portable bool) (out []statement) {
	has := map[string]bool{"": true}
	for _, set := range t.sets {
		has[set] = true
	}
	scalar := func(m Macro) statement {
		return statement{m.Name, fmt.Sprintf("CREATE OR REPLACE MACRO %s(%s) AS %s", m.Name, m.Args,
			strings.TrimSpace(m.SQL))}
	}
	if portable {
		out = append(out, scalar(maskMacro))
	}
	for _, m := range macros {
		if !m.Table && has[m.Set] {
			out = append(out, scalar(m))
		}
	}
	for _, v := range t.views() {
		body := strings.TrimSpace(v.SQL)
		if v.studySQL != "" && t.studies[v.Set] {
			body = strings.TrimSpace(v.studySQL)
		}
		if len(t.categories) > 0 {
			body = strings.Replace(body, cocoNames, namesOf(t.categories), 1)
		}
		if v.table != "" {
			rows, hidden := t.rowsOf(v.Set, v.table), t.hidden(v)
			if hidden != "" && t.joint != nil {
				rows = "FROM (" + rows + ")"
			}
			body = hidden + rows
		}
		out = append(out, statement{v.Name, "CREATE OR REPLACE VIEW " + v.Name + " AS\n" + body})
	}
	for _, m := range macros {
		if m.Table && has[m.Set] {
			sql := fmt.Sprintf("CREATE OR REPLACE MACRO %s(%s) AS TABLE\n%s", m.Name, m.Args,
				strings.TrimSpace(m.SQL))
			out = append(out, statement{m.Name, sql})
		}
	}
	return out
}

// pseudonyms has the columns with ids of people and of their work, and the keys of their pseudonyms.
var pseudonyms = map[string]string{"worker_id": pseudonym.Worker, "assignment_id": pseudonym.HIT, "hit_id": pseudonym.HIT}

// hidden returns what a view of a table begins with: nothing, or a SELECT with pseudonyms. Snippets of rejects are left
// out, because they are bytes of records.
func (t *tables) hidden(v View) string {
	if !t.hide {
		return ""
	}
	var replaced []string
	for _, c := range v.Columns {
		if key, ok := pseudonyms[c.Name]; ok {
			replaced = append(replaced, pseudonym.SQL(key, c.Name)+" AS "+c.Name)
		}
		if v.table == "rejects" && (c.Name == "snippet" || c.Name == "detail") {
			replaced = append(replaced, "NULL::VARCHAR AS "+c.Name)
		}
	}
	if len(replaced) == 0 {
		return ""
	}
	return "SELECT * REPLACE (" + strings.Join(replaced, ", ") + ")\n"
}

// Setup returns the SQL that creates the macros and views over a store in any DuckDB: its command line,
// Python or R. There point_in_mask is a macro, which gives the same results but is slower.
func Setup(store string) (string, error) {
	t, err := locate(store)
	if err != nil {
		return "", err
	}
	for _, dir := range t.dirs {
		if strings.ContainsAny(dir, globs) && filepath.Separator != '\\' && strings.Contains(dir, `\`) {
			return "", fmt.Errorf("%s: a path with a backslash and one of %s cannot be passed to another "+
				"DuckDB: rename the folder", dir, globs)
		}
	}
	if err := t.plain(); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "-- Views and macros over the annotation byproducts in %s\n", strings.Join(t.dirs, ", "))
	for _, s := range t.setup(true) {
		b.WriteString("\n" + s.sql + ";\n")
	}
	return b.String(), nil
}

// from returns columns with their descriptions from the schema, by name ("mouse.t") or renamed ("boxes.xmin
// as left").
func from(table string, names ...string) []Column {
	docs := map[string]schema.Column{}
	schema.TableAt(table).Walk(func(c schema.Column) { docs[c.Name] = c })
	var out []Column
	for _, n := range names {
		full, name, renamed := strings.Cut(n, " as ")
		c, ok := docs[full]
		if !ok {
			panic("query: no column " + full + " in " + table)
		}
		if !renamed {
			name = full[strings.LastIndexByte(full, '.')+1:]
		}
		out = append(out, Column{name, c.Unit, c.Doc})
	}
	return out
}

// all returns every column of a table as it is without studies, with its description from the schema.
func all(table string) []Column { return described(schema.TableAt(table).WithoutStudy()) }

func described(t schema.Table) []Column {
	var out []Column
	for _, c := range t.Columns {
		out = append(out, Column{c.Name, c.Unit, c.Doc})
	}
	return out
}

func columns(parts ...[]Column) (out []Column) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// place returns the column i, which has the place of an element in its list.
func place(what string) []Column {
	return []Column{{"i", "", "Place in the list of " + what + ", from 1."}}
}

// listOf returns the names of columns as a list for a SELECT, each with a prefix, for example "f." for the
// table f.
func listOf(prefix string, list []Column) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = prefix + c.Name
	}
	return strings.Join(names, ", ")
}

// unnested returns the SQL of a view with a row for each element of a list. It has the columns head of the
// list's row, and the expressions selected of the element s.
func unnested(table, list string, head []Column, selected string) string {
	return "SELECT " + listOf("", head) + ",\n  " + selected +
		"\nFROM (SELECT *, unnest(" + list + ") AS s FROM " + table + ")"
}

// numbered returns the same SQL as unnested, with a column i for the place of the element in its list.
func numbered(table, list string, head []Column, selected string) string {
	return "SELECT " + listOf("", head) + ",\n  i, " + selected + "\nFROM (SELECT *, unnest(" + list +
		") AS s, generate_subscripts(" + list + ", 1) AS i FROM " + table + ")"
}
