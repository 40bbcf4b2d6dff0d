package schema

import (
	"flag"
	"fmt"
	"testing"

	"abtool/internal/docgen"
)

var update = flag.Bool("update", false, "write the generated parts of docs/reference/store.md")

// docs/reference/store.md has every table, column and reason.
func TestDoc(t *testing.T) {
	var tables, reasons docgen.Page
	for _, x := range Tables() {
		tables.Printf("## %s\n\nOne row is %s.\n\n", x.Path, x.Row)
		tables.Head("column", "type", "unit", "range", "null when", "from", "meaning")
		x.Walk(func(c Column) {
			null := c.Null
			if null == "never" {
				null = ""
			}
			doc := c.Doc
			if c.Study {
				doc += " Only with a study."
			}
			tables.Row(docgen.Code(c.Name), c.Type, c.Unit, c.Range, null, c.From, doc)
		})
		tables.Printf("\n")
	}
	reasons.Head("reason", "what it concerns", "meaning")
	for _, r := range Reasons {
		reasons.Row(docgen.Code(string(r.Reason)), "the "+r.Kind, r.Text)
	}
	docgen.Check(t, "../docs/reference/store.md", *update, map[string]string{
		"version": fmt.Sprintf("This page describes format %d.", FormatVersion),
		"tables":  tables.String(), "reasons": reasons.String(),
	})
}
