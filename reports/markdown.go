package reports

import (
	"fmt"
	"strings"

	"abtool/reports/chart"
	"abtool/store"
)

// markdown returns the report as Markdown, for a repository: the sentences, and every figure with its values.
func (p *page) markdown() []byte {
	var b strings.Builder
	escape := strings.NewReplacer("|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_").Replace
	fmt.Fprintf(&b, "# %s\n", escape(p.title()))
	for i := range p.document.DataSets {
		s := chart.NewSource(&p.document.DataSets[i])
		fmt.Fprintf(&b, "\n## %s\n\n", store.Title(s.Set))
		for _, text := range sentences(s) {
			fmt.Fprintf(&b, "- %s\n", escape(text))
		}
		shown := map[string]bool{}
		for k := range p.figures {
			f := &p.figures[k]
			if f.Set != s.Set {
				continue
			}
			if f.Missing != "" {
				fmt.Fprintf(&b, "\n### %s\n\n%s\n", escape(f.Title), escape(f.Missing))
			} else {
				alt := strings.ReplaceAll(f.Alt, `"`, "&quot;")
				fmt.Fprintf(&b, "\n### %s\n\n<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"%s\">"+
					"<img src=\"%s\" alt=\"%s\" width=\"%d\"></picture>\n\n%s\n", escape(f.Title),
					f.File("svg", true),
					f.File("svg", false), alt, int(f.Width), escape(f.Caption))
			}
			for _, name := range f.Statistics {
				st := s.Stats[name]
				if st == nil || shown[name] || len(st.Values) == 0 || name == "quality" {
					continue
				}
				shown[name] = true
				fmt.Fprintf(&b, "\n| %s | value | 95 %% interval | n | published |\n|---|---|---|---|---|\n", escape(name))
				for _, v := range statHTML(s.Set, st).Values {
					published := v.Published
					if v.Covered != "" {
						published += ", " + v.Covered
					}
					fmt.Fprintf(&b, "| %s | %s | %s | %s %s | %s |\n",
						escape(v.Title), v.Value, v.Interval, v.N, escape(v.Of), escape(published))
				}
			}
		}
	}
	if p.comparison != nil {
		for i := range p.comparison.DataSets {
			writeMarkdown(&b, differences(&p.comparison.DataSets[i]), escape)
		}
	}
	b.WriteString("\n## How to reproduce this report\n\n")
	for _, c := range p.commands() {
		fmt.Fprintf(&b, "    %s\n", c)
	}
	return []byte(b.String())
}

// writeMarkdown writes a table below its title.
func writeMarkdown(b *strings.Builder, t htmlTable, escape func(string) string) {
	fmt.Fprintf(b, "\n## %s\n\n", escape(t.Title))
	for _, c := range t.Columns {
		fmt.Fprintf(b, "| %s ", escape(c.Name))
	}
	b.WriteString("|\n")
	for _, c := range t.Columns {
		b.WriteString(map[bool]string{false: "|---", true: "|--:"}[c.Number])
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		for _, c := range row {
			fmt.Fprintf(b, "| %s ", escape(c.Text))
		}
		b.WriteString("|\n")
	}
}
