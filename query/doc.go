package query

import (
	"fmt"
	"io"
	"strings"
)

// WriteDoc writes docs/views.md: every view with its columns and an example, every macro with
// its definition in words. result gives what a query answers; on the demo store, as Markdown.
func WriteDoc(w io.Writer, result func(query string) (string, error)) error {
	d := &doc{w: w, result: result}
	d.print(`# Views and macros

<!-- Generated from the descriptions in query: go test ./query -run TestDoc -update -->

`+"`abtool sql STORE`"+` opens a store with the tables below, flat views over their nested columns, and macros for what is often asked of
them. `+"`abtool sql STORE --print-setup`"+` prints the SQL that makes them in any other DuckDB. The columns of the store's own tables
(%s) are described in [store.md](store.md); [cookbook.md](cookbook.md) has questions and
their answers. Rules and definitions such as I4 are those of the statistics.

- **Times** are milliseconds, in t since the row's t0 (ImageNet) or since the page was opened (COCO), in time since 1970 UTC.
- **Coordinates** x and y are fractions of the displayed image, x to the right, y down. Boxes are pixels of the original image unless their
  name begins with rel_.
- **Lists** count from 1: mouse[1] is the first sample, mouse[-1] the last.

`, "`imagenet_annotations`, `imagenet_images`, `imagenet_rejects`, `coco_annotations`, `coco_images`, `coco_rejects`")
	for _, set := range []string{"imagenet", "coco"} {
		d.print("## Views of %s\n\n| view | one row is |\n|---|---|\n", map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set])
		for _, v := range Views(set) {
			d.print("| [`%s`](#%s) | %s |\n", v.Name, v.Name, v.Row)
		}
		for _, v := range Views(set) {
			if v.table == "" {
				d.view(v)
			}
		}
		d.print("\n")
	}
	d.print("## Macros\n\n| macro | result | meaning |\n|---|---|---|\n")
	for _, m := range append([]Macro{maskDoc}, macros...) {
		unit := m.Unit
		if unit == "" {
			unit = "yes or no"
		}
		if m.Table {
			unit = "a table: " + unit
		}
		d.print("| `%s(%s)` | %s | %s |\n", m.Name, m.Args, unit, cell(m.Doc))
	}
	d.print("\nExamples:\n\n| expression | value |\n|---|---|\n")
	for _, m := range append([]Macro{maskDoc}, macros...) {
		if !m.Table {
			d.print("| `%s` | `%s` |\n", m.Example, d.value("SELECT "+m.Example))
		}
	}
	for _, m := range macros {
		if m.Table {
			d.print("\n```sql\n%s\n```\n\n%s", m.Example, d.value(m.Example))
		}
	}
	return d.err
}

type doc struct {
	w      io.Writer
	result func(string) (string, error)
	err    error
}

func (d *doc) print(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format, args...)
	}
}

func (d *doc) value(query string) string {
	text, err := d.result(query)
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%s: %w", query, err)
	}
	return text
}

func (d *doc) view(v View) {
	d.print("\n### %s\n\nOne row is %s.", v.Name, v.Row)
	if v.Note != "" {
		d.print(" %s", v.Note)
	}
	d.print("\n\n| column | unit | meaning |\n|---|---|---|\n")
	for _, c := range v.Columns {
		d.print("| `%s` | %s | %s |\n", c.Name, c.Unit, cell(c.Doc))
	}
	d.print("\n```sql\n%s\n```\n\n%s", v.Example, d.value(v.Example))
}

// cell makes a text fit for a cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(s)
}
