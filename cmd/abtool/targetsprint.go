package main

import (
	"abtool/features"
	"abtool/features/format"
	"abtool/internal/ui"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// filesShown is the number of files of a folder that are listed.
const filesShown = 12

func printTargets(w io.Writer, s *features.Summary) {
	bytes := int64(0)
	for _, f := range s.Files {
		bytes += f.Bytes
	}
	fmt.Fprintf(w, "%s: %s of %s as %s, %s rows, %s\n", ui.Clean(s.Out), s.Table, s.Set, s.Format,
		ui.Thousands(s.Rows), ui.Size(bytes))
	if s.Rows == 0 {
		fmt.Fprintln(w, "  The store has no data for this table: abtool stats STORE counts shows what it has.")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if s.Rules != nil {
		fmt.Fprintf(t, "  images\t%s\n  points on their image (weight 1)\t%s\n", ui.Thousands(s.Images),
			ui.Thousands(s.Weight))
	}
	for _, list := range []struct {
		what   string
		counts []format.Count
	}{{"rule ", s.Rules}, {"split ", s.Splits}, {"left out: ", s.LeftOut}} {
		for _, c := range list.counts {
			fmt.Fprintf(t, "  %s%s\t%s\n", list.what, ui.Clean(c.Name), ui.Thousands(c.Rows))
		}
	}
	if len(s.Files) > 1 {
		for i, f := range s.Files {
			if i == filesShown {
				fmt.Fprintf(t, "  … and %d other files\t\n", len(s.Files)-i)
				break
			}
			fmt.Fprintf(t, "  %s\t%s\n", ui.Clean(f.Path), ui.Size(f.Bytes))
		}
	}
	t.Flush()
}

// printList describes each rule, signal, table and format.
func (o *targetsOptions) printList(out io.Writer) error {
	rules, signals, tables, formats := features.Rules(), features.SignalList(), features.Tables(), format.All()
	if o.json {
		return ui.PrintJSON(out, map[string]any{"rules": rules, "signals": signals, "tables": tables,
			"formats": formats})
	}
	return ui.Print(out, func(w io.Writer) {
		item := func(title, text string) {
			fmt.Fprintln(w, title)
			ui.Wrap(w, text, "  ", 100)
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "Rules (--rule)\n\n")
		for _, r := range rules {
			item(fmt.Sprintf("%s (%s; %s)", r.Name, strings.Join(r.Sets, ", "), r.From), r.What+" "+r.Note)
		}
		fmt.Fprintf(w, "Signals (--signal)\n\n")
		for _, x := range signals {
			item(fmt.Sprintf("%s (%s; columns %s)", x.Name, x.From, strings.Join(x.Fields, ", ")), x.What+" "+x.Note)
		}
		fmt.Fprintf(w, "Tables\n\n")
		for _, x := range tables {
			flag := " (--" + x.Name + ")"
			if x.Name == "targets" {
				flag = ""
			}
			item(x.Name+flag, x.What+" "+x.Note)
		}
		fmt.Fprintf(w, "Formats (--format)\n\n")
		for _, x := range formats {
			ext := ""
			if x.Ext != "" {
				ext = " (" + x.Ext + ")"
			}
			item(x.Name+ext, x.What)
		}
	})
}
