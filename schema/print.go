package schema

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// name is the last part of the dotted name.
func (c Column) name() string { return c.Name[strings.LastIndexByte(c.Name, '.')+1:] }

const textWidth = 100 // columns of a terminal that Text keeps to

// Text prints the table for a terminal: every column with its type, unit and range, and below
// it what it means, where it comes from and when it is null.
func (t Table) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: one row is %s\n\n", t.Path, strings.ReplaceAll(t.Row, "`", ""))
	t.Walk(func(c Column) {
		indent := strings.Repeat("  ", 1+strings.Count(c.Name, "."))
		about := []string{c.Type}
		for _, s := range []string{c.Unit, c.Range} {
			if s != "" {
				about = append(about, s)
			}
		}
		fmt.Fprintf(&b, "%s%s  (%s)\n", indent, c.Name, strings.Join(about, "; "))
		text := fmt.Sprintf("%s From: %s.", c.Doc, c.From)
		if c.Null != "never" {
			text += fmt.Sprintf(" Null: %s.", c.Null)
		}
		wrap(&b, text, indent+"    ")
	})
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap writes text in lines of at most textWidth characters.
func wrap(b *strings.Builder, text, indent string) {
	at := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
			b.WriteString(indent)
			at = len(indent)
		case at+1+n > textWidth:
			b.WriteString("\n" + indent)
			at = len(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
}

// Markdown writes the reference of the store, docs/store.md.
func Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(intro)
	for _, t := range Tables() {
		fmt.Fprintf(&b, "\n## %s\n\nOne row is %s.\n\n", t.Path, t.Row)
		b.WriteString("| column | type | unit | range | null when | from | meaning |\n|---|---|---|---|---|---|---|\n")
		t.Walk(func(c Column) {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", c.Name, c.Type, cell(c.Unit), cell(c.Range), cell(c.Null), cell(c.From), cell(c.Doc))
		})
	}
	b.WriteString("\n## Reasons\n\nThe values of `reason` in the rejects tables. A record that is rejected is left out; a field is set to null.\n\n| reason | what it concerns | meaning |\n|---|---|---|\n")
	for _, r := range Reasons {
		concerns := "the record"
		if r.Kind == "field" {
			concerns = "the field"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Reason, concerns, cell(r.Text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell makes text fit into a table of Markdown.
func cell(s string) string {
	if s == "never" {
		return ""
	}
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;").Replace(s)
}

var intro = fmt.Sprintf(`# The store

<!-- Generated from the row types in package schema: go test ./ingest -run TestStoreDoc -update -->

A store is a folder that `+"`abtool ingest`"+` writes. Everything else reads it, and so can any tool that
reads Parquet.

    STORE/
      store.json                      sources, options, counts of rows and rejects, COCO's categories
      imagenet/annotations.parquet    one row per time an image was shown to an annotator
      imagenet/images.parquet         one row per image, with its ground-truth boxes
      imagenet/rejects.parquet        what was left out or set to null, and why
      coco/annotations.parquet        one row per page: one image, one annotator
      coco/images.parquet             one row per image of the ground truth, with its instances
      coco/rejects.parquet            as above

A store has the data sets that were ingested into it: one, or both. With `+"`--format arrow`"+` each
table is also there as an Arrow IPC file (`+"`.arrow`"+`) of the same rows and columns, for programs that map Arrow files
into memory. `+"`abtool`"+` itself reads the Parquet files. `+"`abtool sql STORE`"+` adds flat views and functions to the tables: see
[views.md](views.md).

    duckdb -c "SELECT worker_id, count(*) FROM 'STORE/imagenet/annotations.parquet' GROUP BY 1 ORDER BY 2 DESC"
    python -c "import pandas as pd; print(pd.read_parquet('STORE/coco/annotations.parquet').head())"

- **Order.** Rows of annotations stand in the order of the input (`+"`seq`"+`), rows of images are sorted by image. The
  bytes of a store depend on the input and the options alone: not on the number of workers, nor on the run.
- **Times** of ImageNet events are milliseconds since the row's `+"`t0`"+`; `+"`t0 + t`"+` is the epoch time. Times of COCO events
  are milliseconds since the page was opened.
- **Coordinates** are the input's own float64 values: fractions of the displayed image, x to the right, y down. A sample can
  lie a pixel or two outside of the image.
- **Null** means that the input has no usable value; the last columns of the tables below say when. Where a value was there and was not
  usable, the rejects table has it. A list is never null: missing lists are empty.
- **Clean zero.** A coordinate or time of 0 is 0, and not null.
- **Rejects** hold two kinds of rows: records that were left out (`+"`kind = 'record'`"+`) and fields of stored records that were set to
  null (`+"`kind = 'field'`"+`). A section that an instances file lacks is a field, too. For every source, records = stored + rejected; store.json and `+"`abtool info`"+` tell the counts.
- **Categories.** `+"`data_sets.categories`"+` of coco in store.json is the instances file's own list of classes, id and name, also
  those without an instance: the view `+"`coco_categories`"+`. A store without ground truth has none.
- **Versions.** This is format %d, which store.json and the key-value metadata of every file (`+"`%s`"+`) tell. Names,
  types and meanings of columns do not change within a format; columns may be added. A program that meets a store of a newer format
  refuses it and says so.

The rules R1 to R12 that are referred to below:

| rule | what it says |
|---|---|
| R1 | One image is one XML file. Files whose name begins with `+"`._`"+` are skipped and counted. |
| R2 | A file that is not well-formed, not UTF-8, empty, has a DOCTYPE, is nested deeper than 256 levels or has another root than `+"`annotation`"+` is left out. |
| R3 | The image id is `+"`filename`"+`, else the last part of the first `+"`imageID`"+`, else the file's name without `+"`.xml`"+`. JSON: the last part of `+"`imageID`"+`. The last part follows the last / or \\, without a query (`+"`?…`"+`) and without the ending of an image (.JPEG, .png and others, in any case). A template such as `+"`%%s`"+` names no image. |
| R4 | An image that was read before is left out: the first one counts. JSON ImageNet: a showing that was read before, which is the same image and the same assignment; without an assignment the same page of the front end and slot; without that the same worker, HIT, page and slot as far as they are given; without any of these an equal record. An XML file with boxes and no showing only adds boxes: it leaves no other file of its image out. XML and JSON of the same showings are compared when they are sources of their own. |
| R5 | XML numbers: sign, digits, point, exponent and nothing else. JSON numbers: only numbers, no strings. |
| R6 | A relative coordinate beyond 100 is null. |
| R7 | Epoch times below 1e11 are seconds and become milliseconds; dates after the year 2200 (other units) are null. Negative times, durations, counts, pages and slots are null. |
| R8 | `+"`selected`"+` is True/true or False/false (JSON: a boolean), else null. |
| R9 | The text `+"`None`"+`, an element without children, a missing list, JSON null or a value of another type is an empty list. |
| R10 | A box needs four numbers, xmax > xmin and ymax > ymin. It is scaled by `+"`<size>`"+`, else by the first showing with positive original sizes. |
| R11 | JSON Lines: empty lines are nothing; a line that is not UTF-8, not JSON or not an object is left out. |
| R12 | COCO: bytes that are not UTF-8 are replaced within strings; a record needs an integer image_id, of which digits in quotes are one; hit_id else assignment_id, page_id else page_idx. |

And where they leave it open:

- Fractions of a millisecond are rounded; a coordinate of -0 is 0.
- Identifiers are text: a number becomes its digits, and `+"`None`"+` stays the text None. Elsewhere `+"`None`"+` and JSON null are null and no reject.
- Of an XML element that comes twice the first counts, of a JSON key the last.
- Ids of COCO are exact 64-bit integers: 1.0 is 1, digits in quotes may begin with zeros, and what does not fit is no id.
- Ground truth of COCO may stand in objects keyed by id instead of lists; an element without an id has its key as its id. A flat list of an
  even number of at least six numbers, or a list of at least three points [x, y], is one polygon.
- What contradicts itself in the ground truth is dropped with a reason: a box without area, a ring of fewer than three points, run lengths
  that do not cover the image, an object of an image that no file lists. A file without `+"`images`"+` lists none: its images are known
  by their objects alone, without size and name.
- Records may stand in lists under any keys of one object, or keyed by id in one; values next to them are counted as skipped. The keys
  `+"`page`, `pages`, `annotation` and `annotations`"+` are the front ends' own.
- After an archive another may follow, after gzip data more of it, with zeros between them. Other bytes that follow are one reject
  (`+"`trailing_data`"+`); a damaged header is damage. A hard link in an archive has its target's content; symbolic links, devices and
  the like are counted.
- An entry of a list that is no object keeps its place, with all its fields null.
- Pages of the front ends carry no identifiers of worker, HIT or assignment, and nothing in a header says which pages are its own: read as they
  were sent, those columns are null. A dump of the backend has them.
`, FormatVersion, VersionKey)
