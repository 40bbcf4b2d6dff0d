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
			for _, name := range store.TablesOf(d.Rows) {
				fmt.Fprintf(t, "  %s\t%s\t%s\n", name, ui.Thousands(d.Rows[name]), ui.Size(d.Bytes[name]))
			}
			t.Flush()
		}
		printStudies(w, d.Studies)
		printCounts(w, "records rejected", d.Rejected)
		printCounts(w, "fields set to null", d.Nulled)
		for _, note := range d.Notes {
			fmt.Fprintf(w, "  note: %s\n", ui.Clean(note))
		}
		fmt.Fprintln(w)
	}
	printExamples(w, s.Examples)
}

// printStudies prints the accounts of studies: what was shown, and what of it came.
func printStudies(w io.Writer, studies []store.Study) {
	n := ui.Thousands
	for _, s := range studies {
		fmt.Fprintf(w, "  study %s\n", ui.Clean(s.Name))
		t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
		fmt.Fprintf(t, "    assignments\t%s\t%s\n", n(s.Assignments), byState(s.States))
		fmt.Fprintf(t, "    pages shown\t%s\t= %s submitted + %s open + %s left + %s withdrawn%s\n", n(s.Shown), n(s.Submitted), n(s.Open),
			n(s.Left), n(s.Withdrawn), ofThem(s.Erased, "erased"))
		fmt.Fprintf(t, "    chunks announced\t%s\t= %s stored + %s missing\n", n(s.ChunksAnnounced), n(s.ChunksStored), n(s.ChunksMissing))
		fmt.Fprintf(t, "    events announced\t%s\t= %s stored + %s missing%s\n", n(s.EventsAnnounced), n(s.EventsStored), n(s.EventsMissing),
			ofThem(s.EventsUnknown, "of unknown kinds"))
		fmt.Fprintf(t, "    not recorded\t\t%s thinned, %s dropped, %s lost\n", n(s.Thinned), n(s.Dropped), n(s.Lost))
		if s.Erasures > 0 {
			fmt.Fprintf(t, "    erasures\t%s\tbefore the study was read\n", n(s.Erasures))
		}
		t.Flush()
	}
}

func byState(states map[string]int64) string {
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, ui.Thousands(states[state])+" "+state)
	}
	return strings.Join(parts, ", ")
}

func ofThem(count int64, what string) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(", of which %s %s", ui.Thousands(count), what)
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
