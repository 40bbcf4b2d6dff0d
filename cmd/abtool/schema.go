package main

import (
	"io"
	"path"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/schema"
)

type schemaOptions struct{ json bool }

func schemaCommand(s streams) *cobra.Command {
	var o schemaOptions
	c := &cobra.Command{
		Use:   "schema [TABLE...]",
		Short: "Describe every table and column of a store",
		Long: `Print the tables of a store and describe every column: its type, unit, range, when it is null, and
where its value comes from. A TABLE is a path such as imagenet/annotations, a pattern such as
*/rejects, or a data set. Without a TABLE, all are described.`,
		Example: `  abtool schema
  abtool schema imagenet/annotations
  abtool schema --json`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(s.out, args) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON")
	return c
}

func (o schemaOptions) run(w io.Writer, names []string) error {
	tables, err := tablesNamed(names)
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(w, tables)
	}
	for _, t := range tables {
		if err := t.Text(w); err != nil {
			return err
		}
	}
	return nil
}

// tablesNamed returns the tables that match any of the names or patterns; without names, all tables.
func tablesNamed(names []string) ([]schema.Table, error) {
	if len(names) == 0 {
		return schema.Tables(), nil
	}
	var out []schema.Table
	for _, name := range names {
		found := false
		for _, t := range schema.Tables() {
			a, _ := path.Match(name, t.Path)
			b, _ := path.Match(t.Path, name) // */rejects
			if a || b || path.Dir(t.Path) == name {
				out, found = append(out, t), true
			}
		}
		if !found {
			return nil, usage.Error(errNoTable(name))
		}
	}
	return out, nil
}

type errNoTable string

func (e errNoTable) Error() string {
	text := "there is no table " + string(e) + "; the tables are:"
	for _, t := range schema.Tables() {
		text += " " + t.Path
	}
	return text
}
