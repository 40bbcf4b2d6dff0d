package format

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store"
)

// A hubWriter writes a folder that the Hugging Face hub shows as a data set:
//
//	README.md                 the card: YAML that assigns files to splits, then a description of the columns
//	croissant.json            the same for programs: Croissant 1.0, JSON-LD
//	data/train.parquet …      a file for each split; only train without splits
type hubWriter struct {
	table  *Table
	out    *Output
	splits []string
	files  []*outputFile
	tables []targetfile.Writer
	rows   []int64
	column int // index of the column split; −1: none
}

func openHuggingFace(o *Output, t *Table) (targetfile.Writer, error) {
	w := &hubWriter{table: t, out: o, column: t.Column("split"), splits: []string{"train"}}
	if len(t.Splits) > 0 {
		w.splits = t.Splits
	}
	for _, s := range t.Splits {
		if strings.Contains(s, "-") {
			return nil, usage.Errorf("the split %s: the hub allows no - in the name of a split", s)
		}
	}
	w.rows = make([]int64, len(w.splits))
	for _, name := range []string{"README.md", "croissant.json"} { // they are first in files, and written last
		f, err := o.create(name)
		if err != nil {
			return nil, err
		}
		w.files = append(w.files, f)
	}
	for _, s := range w.splits {
		f, err := o.create("data/" + s + ".parquet")
		if err != nil {
			return nil, err
		}
		w.files = append(w.files, f)
		table, err := targetfile.NewParquet(f, &t.About)
		if err != nil {
			return nil, err
		}
		w.tables = append(w.tables, table)
	}
	return w, nil
}

// A Card holds the facts that only the publisher of a data set can give. Empty fields are left out.
type Card struct {
	License   string `json:"license,omitempty"`   // the hub's name of the licence, such as cc-by-4.0, or a URL
	URL       string `json:"url,omitempty"`       // address of the data set
	Creator   string `json:"creator,omitempty"`   // person or group that publishes it
	Published string `json:"published,omitempty"` // date, such as 2023-01-31
}

// missing returns the names of the empty fields that Croissant requires.
func (c *Card) missing() (names []string) {
	for _, f := range [][2]string{{"license", c.License}, {"url", c.URL}, {"creator", c.Creator}, {"datePublished", c.Published}} {
		if f[1] == "" {
			names = append(names, f[0])
		}
	}
	return names
}

// A hubPart has a row group for each split, nil for a split without rows.
type hubPart struct {
	of     *hubWriter
	groups []targetfile.Encoder
	rows   []int64
}

func (w *hubWriter) Begin() targetfile.Encoder {
	return &hubPart{w, make([]targetfile.Encoder, len(w.splits)), make([]int64, len(w.splits))}
}

func (p *hubPart) Add(b *targetfile.Batch) error {
	w := p.of
	if w.column < 0 {
		return p.addTo(0, b)
	}
	for i, s := range w.splits {
		if err := p.addTo(i, where(b, w.table.Columns, func(row int) bool { return b.Cols[w.column].Texts[row] == s })); err != nil {
			return err
		}
	}
	return nil
}

// addTo adds rows to the row group of a split.
func (p *hubPart) addTo(split int, b *targetfile.Batch) error {
	if b.Rows == 0 {
		return nil
	}
	if p.groups[split] == nil {
		p.groups[split] = p.of.tables[split].Begin()
	}
	p.rows[split] += int64(b.Rows)
	return p.groups[split].Add(b)
}

func (p *hubPart) Finish() error { return p.each(targetfile.Encoder.Finish) }

func (p *hubPart) Write() error {
	for i, n := range p.rows {
		p.of.rows[i] += n
	}
	return p.each(targetfile.Encoder.Write)
}

func (p *hubPart) each(f func(targetfile.Encoder) error) error {
	for _, g := range p.groups {
		if g != nil {
			if err := f(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// where returns a batch of the rows for which want returns true.
func where(b *targetfile.Batch, cols []targetfile.Column, want func(row int) bool) *targetfile.Batch {
	out := &targetfile.Batch{}
	out.Reset(len(cols))
	for row := range b.Rows {
		if !want(row) {
			continue
		}
		out.Rows++
		for i := range cols {
			copyValue(&out.Cols[i], &cols[i], &b.Cols[i], row)
		}
	}
	return out
}

// copyValue appends the value of a row of from to v.
func copyValue(v *targetfile.Values, c *targetfile.Column, from *targetfile.Values, row int) {
	at, until := row, row+1
	if c.List {
		at, until = from.List(row)
	}
	switch c.Kind {
	case targetfile.KindText:
		v.Texts = append(v.Texts, from.Texts[at:until]...)
	case targetfile.KindInt32, targetfile.KindInt64:
		v.Ints = append(v.Ints, from.Ints[at:until]...)
	default:
		v.Floats = append(v.Floats, from.Floats[at:until]...)
	}
	if c.List {
		v.Ends = append(v.Ends, int32(max(len(v.Ints), len(v.Floats))))
	}
}

func (w *hubWriter) Close() error {
	for i, t := range w.tables {
		if err := t.Close(); err != nil {
			return err
		}
		if err := w.files[2+i].Flush(); err != nil {
			return err
		}
	}
	if _, err := w.files[0].WriteString(w.card()); err != nil {
		return err
	}
	e := json.NewEncoder(w.files[1])
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(w.croissant())
}

// title returns the title of the data set.
func (w *hubWriter) title() string {
	what := w.table.Table
	if what == "targets" {
		what = "points by " + w.table.rules()
	}
	return "Annotation byproducts of " + store.Title(w.table.Set) + ": " + what
}

// hubSizes are the hub's names of numbers of rows.
var hubSizes = []struct {
	below int64
	name  string
}{{1000, "n<1K"}, {10_000, "1K<n<10K"}, {100_000, "10K<n<100K"}, {1_000_000, "100K<n<1M"}, {10_000_000, "1M<n<10M"}, {100_000_000, "10M<n<100M"}}

func (w *hubWriter) size() string {
	n := int64(0)
	for _, r := range w.rows {
		n += r
	}
	for _, s := range hubSizes {
		if n < s.below {
			return s.name
		}
	}
	return "100M<n<1B"
}

// card returns the text of README.md.
func (w *hubWriter) card() string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\npretty_name: %s\nsize_categories:\n- %s\ntask_categories:\n- image-classification\n- keypoint-detection\ntags:\n- annotation-byproducts\n- croissant\n", targetfile.AppendJSONText(nil, w.title()), w.size())
	if card := &w.out.options.Card; card.License != "" {
		fmt.Fprintf(&b, "license: %s\n", targetfile.AppendJSONText(nil, card.License))
	}
	b.WriteString("configs:\n- config_name: default\n  data_files:\n")
	for _, s := range w.splits {
		fmt.Fprintf(&b, "  - split: %s\n    path: data/%s.parquet\n", s, s)
	}
	b.WriteString("dataset_info:\n  features:\n")
	for i := range w.table.Columns {
		c := &w.table.Columns[i]
		key := "dtype"
		if c.List {
			key = "list"
		}
		fmt.Fprintf(&b, "  - name: %s\n    %s: %s\n", c.Name, key, hubTypes[c.Kind])
	}
	b.WriteString("  splits:\n")
	for i, s := range w.splits {
		// datasets ignores a number of rows without a number of bytes, and compares the rows only.
		fmt.Fprintf(&b, "  - name: %s\n    num_bytes: %d\n    num_examples: %d\n", s, w.files[2+i].n, w.rows[i])
	}
	fmt.Fprintf(&b, "---\n\n# %s\n\nWritten by `abtool targets`.", markdown(w.title()))
	if missing := w.out.options.Card.missing(); len(missing) > 0 {
		fmt.Fprintf(&b, " Before you publish it, fill in, here and in croissant.json: %s. The licence must comply with the licence of the byproducts that this was made from.", strings.Join(missing, ", "))
	}
	b.WriteString("\n")
	if len(w.table.Sources) > 0 {
		b.WriteString("\nMade from:\n\n")
		for _, s := range w.table.Sources {
			fmt.Fprintf(&b, "- %s\n", markdown(s))
		}
	}
	b.WriteString("\n## Columns\n\n| column | type | unit | values | null | what |\n|---|---|---|---|---|---|\n")
	for _, c := range targetfile.Described(w.table.Columns) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Name, c.Type, markdown(c.Unit), markdown(c.Range), markdown(c.Null), markdown(c.Doc))
	}
	if w.table.Table == "targets" || w.table.Table == "crops" {
		b.WriteString("\n## Rules\n\n")
		for _, r := range w.table.Rules {
			fmt.Fprintf(&b, "- **%s** (%s): %s %s\n", r.Name, markdown(r.From), markdown(r.What), markdown(r.Note))
		}
	}
	fmt.Fprintf(&b, "\n## Options\n\n```json\n%s\n```\n", targetfile.JSON(w.table.Options))
	return b.String()
}

// markdown escapes the characters of a text that have a meaning in a table of Markdown.
func markdown(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ", "\r", " ", "*", `\*`, "_", `\_`, "`", "'").Replace(s)
}

var hubTypes = [...]string{targetfile.KindText: "string", targetfile.KindInt32: "int32", targetfile.KindInt64: "int64", targetfile.KindFloat64: "float64", targetfile.KindFloat32: "float32"}

var croissantTypes = [...]string{targetfile.KindText: "sc:Text", targetfile.KindInt32: "sc:Integer", targetfile.KindInt64: "sc:Integer", targetfile.KindFloat64: "sc:Float", targetfile.KindFloat32: "sc:Float"}

// croissantContext is the context that the specification of Croissant 1.0 gives.
const croissantContext = `{"@language":"en","@vocab":"https://schema.org/","citeAs":"cr:citeAs","column":"cr:column","conformsTo":"dct:conformsTo","cr":"http://mlcommons.org/croissant/",
"rai":"http://mlcommons.org/croissant/RAI/","data":{"@id":"cr:data","@type":"@json"},"dataType":{"@id":"cr:dataType","@type":"@vocab"},"dct":"http://purl.org/dc/terms/",
"equivalentProperty":"cr:equivalentProperty","examples":{"@id":"cr:examples","@type":"@json"},"extract":"cr:extract","field":"cr:field","fileProperty":"cr:fileProperty",
"fileObject":"cr:fileObject","fileSet":"cr:fileSet","format":"cr:format","includes":"cr:includes","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5",
"parentField":"cr:parentField","path":"cr:path","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace",
"samplingRate":"cr:samplingRate","sc":"https://schema.org/","separator":"cr:separator","source":"cr:source","subField":"cr:subField","transform":"cr:transform"}`

// citation is the paper of the byproducts, in BibTeX.
const citation = `@inproceedings{han2023neglected,
  title = {Neglected Free Lunch: Learning Image Classifiers Using Annotation Byproducts},
  author = {Han, Dongyoon and Choe, Junsuk and Chun, Seonghyeok and Chung, John Joon Young and Chang, Minsuk and Yun, Sangdoo and Song, Jean Y. and Oh, Seong Joon},
  booktitle = {International Conference on Computer Vision (ICCV)},
  year = {2023}
}`

// croissant returns the description of the files in Croissant 1.0. Each split is a file with its digest, and
// a record set with the columns.
func (w *hubWriter) croissant() map[string]any {
	var files, sets []any
	for i, f := range w.files[2:] {
		id := w.splits[i] + ".parquet"
		files = append(files, map[string]any{
			"@type": "cr:FileObject", "@id": id, "name": id, "description": fmt.Sprintf("%d rows.", w.rows[i]), "contentUrl": f.name,
			"contentSize": fmt.Sprintf("%d B", f.n), "encodingFormat": "application/x-parquet", "sha256": hex.EncodeToString(f.hash.Sum(nil)),
		})
		sets = append(sets, map[string]any{"@type": "cr:RecordSet", "@id": w.splits[i], "name": w.splits[i], "field": w.fields(w.splits[i], id)})
	}
	out := map[string]any{
		"@context": json.RawMessage(croissantContext), "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0",
		"name": w.table.Set + "-ab-" + w.table.Table, "description": w.title() + ". Written by abtool targets.", "version": fmt.Sprintf("%d.0.0", targetfile.Version),
		"keywords": []string{"annotation byproducts", w.table.Set}, "distribution": files, "recordSet": sets, "citeAs": citation,
	}
	card := &w.out.options.Card
	for key, value := range map[string]string{"license": card.License, "url": card.URL, "datePublished": card.Published} {
		if value != "" {
			out[key] = value
		}
	}
	if card.Creator != "" {
		out["creator"] = map[string]any{"@type": "sc:Organization", "name": card.Creator}
	}
	return out
}

// fields returns the fields of a record set, one for each column.
func (w *hubWriter) fields(set, file string) (fields []any) {
	for i := range w.table.Columns {
		c := &w.table.Columns[i]
		text := c.Doc
		for _, more := range [][2]string{{"Unit", c.Unit}, {"Values", c.Range}, {"Null", c.Null}} {
			if more[1] != "" {
				text += " " + more[0] + ": " + more[1] + "."
			}
		}
		field := map[string]any{
			"@type": "cr:Field", "@id": set + "/" + c.Name, "name": c.Name, "description": text, "dataType": croissantTypes[c.Kind],
			"source": map[string]any{"fileObject": map[string]any{"@id": file}, "extract": map[string]any{"column": c.Name}},
		}
		if c.List {
			field["repeated"] = true
		}
		fields = append(fields, field)
	}
	return fields
}
