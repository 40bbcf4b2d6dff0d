package table

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"abtool/eval/metric"
	"abtool/internal/stat"
)

// WriteMarkdown writes the table as Markdown.
func (t *Table) WriteMarkdown(w io.Writer, o Options) error {
	var b strings.Builder
	for i, g := range t.Grids(o) {
		if i > 0 {
			b.WriteByte('\n')
		}
		g.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Grid) markdown(b *strings.Builder) {
	if g.Title != "" {
		b.WriteString("### " + g.Title + "\n\n")
	}
	if len(g.Head) > 0 {
		row := func(cells []string) {
			for _, c := range cells {
				c = strings.ReplaceAll(c, "|", `\|`)
				if rest, ok := strings.CutPrefix(c, "  "); ok {
					c = "&nbsp; " + rest
				}
				b.WriteString("| " + c + " ")
			}
			b.WriteString("|\n")
		}
		row(g.Head)
		for _, right := range g.Right {
			if right {
				b.WriteString("|---:")
			} else {
				b.WriteString("|---")
			}
		}
		b.WriteString("|\n")
		for _, r := range g.Rows {
			row(r)
		}
		if len(g.Foot) > 0 {
			b.WriteByte('\n')
		}
	}
	for _, f := range g.Foot {
		b.WriteString("- " + f + "\n")
	}
}

// WriteJSON writes the table as JSON, with all rows. Values are shares from 0 to 1.
func (t *Table) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(t)
}

// csvHead has the columns of CSV. Row is "value", "difference" or "published".
var csvHead = []string{
	"row", "network", "name", "minus", "id", "column", "what", "lower_is_better", "value", "low", "high", "interval",
	"standard_error", "n", "expected", "unreadable", "view", "p", "test", "only_first", "only_second", "detectable",
	"source",
}

// WriteCSV writes a line for each value, difference and published value. Values are shares from 0 to 1.
func (t *Table) WriteCSV(w io.Writer) error {
	c := &csvWriter{csv.NewWriter(w)}
	c.Write(csvHead) // Error has the errors of writing
	for i := range t.Rows {
		r := &t.Rows[i]
		for k, x := range r.Cells {
			if x != nil {
				c.value(r, x, k+1, t.Networks[k].Name)
			}
		}
		for k, d := range r.Differences {
			if d != nil {
				c.difference(r, d, k+2, t.Networks[k+1].Name)
			}
		}
		for _, p := range r.Published {
			f := fields(r, "published", p.Value)
			f["name"], f["source"] = p.Network, p.Source
			c.line(f)
		}
	}
	c.Flush()
	return c.Error()
}

type csvWriter struct{ *csv.Writer }

// line writes the fields that are there, by the names of columns.
func (c *csvWriter) line(fields map[string]string) {
	row := make([]string, len(csvHead))
	for i, name := range csvHead {
		row[i] = fields[name]
	}
	c.Write(row)
}

// fields returns what all lines of a row have.
func fields(r *Row, kind string, value stat.Number) map[string]string {
	return map[string]string{
		"row": kind, "id": r.ID, "column": r.Column, "what": r.What, "value": decimal(value),
		"lower_is_better": strconv.FormatBool(r.Lower),
	}
}

func ends(f map[string]string, i *stat.Interval) {
	if i != nil {
		f["low"], f["high"], f["interval"] = decimal(stat.Number(i.Low)), decimal(stat.Number(i.High)), i.Method
	}
}

func (c *csvWriter) value(r *Row, x *Cell, network int, name string) {
	f := fields(r, "value", x.Value)
	f["network"], f["name"], f["standard_error"] = strconv.Itoa(network), name, decimal(x.SE)
	f["n"], f["unreadable"], f["view"] = strconv.FormatInt(x.N, 10), strconv.Itoa(x.Unreadable), x.View
	if r.Expected > 0 {
		f["expected"] = strconv.FormatInt(r.Expected, 10)
	}
	ends(f, x.Interval)
	c.line(f)
}

func (c *csvWriter) difference(r *Row, d *metric.Difference, network int, name string) {
	f := fields(r, "difference", d.Value)
	f["network"], f["name"], f["minus"], f["n"] = strconv.Itoa(network), name, "1", strconv.FormatInt(d.N, 10)
	f["standard_error"], f["p"], f["test"] = decimal(d.SE), decimal(d.P), d.Test
	f["detectable"] = decimal(d.Detectable)
	f["only_first"], f["only_second"] = strconv.FormatInt(d.Only[0], 10), strconv.FormatInt(d.Only[1], 10)
	ends(f, d.Interval)
	c.line(f)
}

func decimal(v stat.Number) string {
	if !v.Defined() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'g', -1, 64)
}
