package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"abtool/internal/ui"
	"abtool/schema"
	"abtool/store"
)

// printSummary prints the sources, tables, counts and first rejects of a store or of a run.
func printSummary(w io.Writer, s *store.Account) {
	for _, d := range s.DataSets {
		fmt.Fprintf(w, "%s\n", d.Name)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "  source\tshape\tread\trecords\t=\tstored\t+\trejected\trows\n")
		for _, src := range d.Sources {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t=\t%s\t+\t%s\t%s\n", ui.Clean(src.Name), src.Shape, ui.Size(src.Bytes),
				ui.Thousands(src.Records), ui.Thousands(src.Stored), ui.Thousands(src.Rejected),
				ui.Thousands(src.Rows))
		}
		t.Flush()
		for _, src := range d.Sources {
			printSkipped(w, src)
		}
		if len(d.Bytes) > 0 {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintf(t, "  table\trows\tsize\n")
			for _, name := range store.Tables {
				fmt.Fprintf(t, "  %s\t%s\t%s\n", name, ui.Thousands(d.Rows[name]), ui.Size(d.Bytes[name]))
			}
			t.Flush()
		}
		printCounts(w, "records rejected", d.Rejected)
		printCounts(w, "fields set to null", d.Nulled)
		for _, note := range d.Notes {
			fmt.Fprintf(w, "  note: %s\n", ui.Clean(note))
		}
		fmt.Fprintln(w)
	}
	printExamples(w, s.Examples)
}

// printExamples prints rejects for people: the place and what happened, the reason in words, and the beginning
// of what was found.
func printExamples(w io.Writer, examples []store.Example) {
	if len(examples) == 0 {
		return
	}
	fmt.Fprintln(w, "The first rejects (all are in the rejects tables):")
	for _, x := range examples {
		at := x.Source
		if x.Member != "" && x.Member != x.Source {
			at += ", " + x.Member
		}
		what := "record left out"
		if x.Field != "" {
			what = "field " + x.Field + " set to null"
		}
		fmt.Fprintf(w, "  %s, byte %s: %s\n", ui.Clean(at), ui.Thousands(x.Offset), ui.Clean(what))
		fmt.Fprintf(w, "    reason  %s\n", reasonInWords(x))
		if x.Snippet != "" {
			fmt.Fprintf(w, "    text    %s\n", onOneLine(x.Snippet))
		}
	}
	fmt.Fprintln(w)
}

// reasonInWords returns the reason of a reject with its explanation and what was found in this case.
func reasonInWords(x store.Example) string {
	text := x.Reason
	for _, r := range schema.Reasons {
		if string(r.Reason) == x.Reason {
			short, _, _ := strings.Cut(r.Text, ";")
			text += ": " + strings.ReplaceAll(short, "`", "")
		}
	}
	if x.Detail != "" {
		text += " (" + x.Detail + ")"
	}
	return ui.Clean(text)
}

// onOneLine returns a snippet with a single space in place of each run of white space. In a snippet, line
// breaks and backslashes are escaped.
func onOneLine(snippet string) string {
	spaces := strings.NewReplacer(`\\`, `\\`, `\n`, " ", `\r`, " ", `\t`, " ")
	return strings.Join(strings.Fields(spaces.Replace(snippet)), " ")
}

// printSkipped prints how many strings of a source were repaired, and how many things in it are not records.
func printSkipped(w io.Writer, src store.Source) {
	var parts []string
	for _, k := range []struct {
		n         int64
		one, many string
	}{
		{src.AppleDouble, "AppleDouble file (._)", "AppleDouble files (._)"},
		{src.OtherFiles, "file of another kind", "files of other kinds"},
		{src.Headers, "header or empty page", "headers and empty pages"},
	} {
		switch {
		case k.n == 1:
			parts = append(parts, "1 "+k.one)
		case k.n > 0:
			parts = append(parts, ui.Thousands(k.n)+" "+k.many)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(src.Skipped)) {
		n := src.Skipped[kind]
		if n == 1 { // kinds are in the plural: symbolic links, values next to the records
			first, rest, _ := strings.Cut(kind, "s ")
			kind = strings.TrimSuffix(strings.TrimSuffix(first, "s")+" "+rest, " ")
		}
		parts = append(parts, ui.Thousands(n)+" "+kind)
	}
	if src.Repaired > 0 {
		what := "strings have"
		if src.Repaired == 1 {
			what = "string has"
		}
		fmt.Fprintf(w, "  repaired in %s: %s %s bytes that are not UTF-8, replaced by U+FFFD\n",
			ui.Clean(src.Name), ui.Thousands(src.Repaired), what)
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "  also in %s, not read: %s\n", ui.Clean(src.Name), strings.Join(parts, ", "))
	}
}

const countsShown = 12

func printCounts(w io.Writer, title string, counts []store.Count) {
	if len(counts) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, c := range counts {
		if i == countsShown {
			fmt.Fprintf(t, "\t…\t and %d other kinds: see --json\n", len(counts)-i)
			break
		}
		name := c.Reason
		if c.Field != "" {
			name = c.Field + " " + c.Reason
		}
		fmt.Fprintf(t, "    %s\t %s\n", ui.Thousands(c.Count), name)
	}
	t.Flush()
}
