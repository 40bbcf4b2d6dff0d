package text

import (
	"fmt"
	"io"

	"abtool/analysis/result"
	"abtool/analysis/rows"
	"abtool/internal/ui"
)

// A Row is a number of a statistic with the queries for the rows that it counts.
type Row struct {
	Set       string `json:"data_set"`
	Statistic string `json:"statistic"`
	Part      string `json:"part"` // value, excluded or table
	Name      string `json:"name"` // of the value or table, or the reason
	N         int64  `json:"n"`    // rows of the query; 0 for a table
	Of        string `json:"of,omitempty"`
	Query     string `json:"query,omitempty"`   // in a query of a table, $name stands for a cell of its row
	Counted   string `json:"counted,omitempty"` // of a share: the query for the rows that it counts
	None      string `json:"none,omitempty"`    // why it has no query
}

// Rows returns the queries for the rows that the numbers of a store count.
func Rows(d *result.Document) (list []Row) {
	for _, set := range d.DataSets {
		f := rows.For(set.Name, &d.Options)
		for i := range set.Statistics {
			s := &set.Statistics[i]
			for j := range s.Values {
				v := &s.Values[j]
				q := f.Of(s, v)
				list = append(list, Row{set.Name, s.Name, "value", v.Name, v.N, v.Of, q.Over, q.Counted, q.None})
			}
			for j := range s.Excluded {
				e := &s.Excluded[j]
				q := f.Excluded(s, e)
				list = append(list, Row{set.Name, s.Name, "excluded", e.Reason, e.Count, e.Of, q.Over, "", q.None})
			}
			for j := range s.Tables {
				t := &s.Tables[j]
				if q := f.Table(s, t); q != "" {
					list = append(list, Row{set.Name, s.Name, "table", t.Name, 0, "", q, "", ""})
				}
			}
		}
	}
	return list
}

// PrintRows prints the queries for the rows that the numbers of a store count.
func PrintRows(w io.Writer, d *result.Document) {
	statistic := ""
	for _, r := range Rows(d) {
		if name := r.Set + " " + r.Statistic; name != statistic {
			statistic = name
			fmt.Fprintf(w, "%s\n", name)
		}
		switch r.Part {
		case "value":
			fmt.Fprintf(w, "  %s: %s %s\n", r.Name, ui.Thousands(r.N), r.Of)
		case "excluded":
			fmt.Fprintf(w, "  excluded, %s: %s %s\n", r.Name, ui.Thousands(r.N), r.Of)
		case "table":
			fmt.Fprintf(w, "  table %s, a row of it\n", r.Name)
		}
		switch {
		case r.None != "" && r.Counted == "":
			fmt.Fprintf(w, "    no query: %s\n", r.None)
		case r.Query != "":
			fmt.Fprintf(w, "    %s\n", r.Query)
		}
		if r.Counted != "" {
			fmt.Fprintf(w, "    counted: %s\n", r.Counted)
		}
	}
	fmt.Fprintf(w, "\nabtool sql STORE \"QUERY\" prints the rows. In a query of a table, a name after $ stands for a cell of the\n"+
		"table's row: --param hit=… gives it.\n")
}
