package features

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"abtool/internal/usage"
)

// hubWriter writes a folder that the Hugging Face hub shows as a data set:
//
//	README.md                 the card: YAML that says which file is which split, then what the columns mean
//	croissant.json            the same for programs: Croissant 1.0, JSON-LD
//	data/train.parquet …      a file a split; train alone without splits
type hubWriter struct {
	job    *job
	splits []string
	files  []*outputFile
	tables []*parquetWriter
	rows   []int64
	column int // of the split; −1: none
}

func openHuggingFace(o *output, j *job) (writer, error) {
	w := &hubWriter{job: j, column: -1, splits: []string{"train"}}
	if j.SplitBy != "" {
		w.splits = w.splits[:0]
		for _, s := range j.Shares {
			if strings.Contains(s.Name, "-") {
				return nil, usage.Errorf("the split %s: names of splits on the hub have no -", s.Name)
			}
			w.splits = append(w.splits, s.Name)
		}
	}
	for i := range j.cols {
		if j.cols[i].Name == "split" {
			w.column = i
		}
	}
	w.rows = make([]int64, len(w.splits))
	for _, name := range []string{"README.md", "croissant.json"} { // the first of the files, and written last
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
		t, err := newParquet(f, j.cols, parquetMetadata(j))
		if err != nil {
			return nil, err
		}
		w.tables = append(w.tables, t)
	}
	return w, nil
}

// A Card says what only the publisher of a data set knows. Empty fields are left out.
type Card struct {
	License   string `json:"license,omitempty"`   // the hub's name of it, as cc-by-4.0, or a URL
	URL       string `json:"url,omitempty"`       // where the data set is
	Creator   string `json:"creator,omitempty"`   // who publishes it
	Published string `json:"published,omitempty"` // when, as 2023-01-31
}

// missing are the fields that Croissant wants and that are empty.
func (c *Card) missing() (names []string) {
	for _, f := range [][2]string{{"license", c.License}, {"url", c.URL}, {"creator", c.Creator}, {"datePublished", c.Published}} {
		if f[1] == "" {
			names = append(names, f[0])
		}
	}
	return names
}

// hubPart is a row group of each split; nil: it has no rows.
type hubPart struct {
	of     *hubWriter
	groups []encoder
	rows   []int64
}

func (w *hubWriter) begin() encoder {
	return &hubPart{w, make([]encoder, len(w.splits)), make([]int64, len(w.splits))}
}

func (p *hubPart) add(b *batch) error {
	w := p.of
	if w.column < 0 {
		return p.addTo(0, b)
	}
	for i, s := range w.splits {
		if err := p.addTo(i, b.where(w.job.cols, func(row int) bool { return b.cols[w.column].texts[row] == s })); err != nil {
			return err
		}
	}
	return nil
}

// addTo adds rows of a split.
func (p *hubPart) addTo(split int, b *batch) error {
	if b.rows == 0 {
		return nil
	}
	if p.groups[split] == nil {
		p.groups[split] = p.of.tables[split].begin()
	}
	p.rows[split] += int64(b.rows)
	return p.groups[split].add(b)
}

func (p *hubPart) finish() error { return p.each(encoder.finish) }

func (p *hubPart) write() error {
	for i, n := range p.rows {
		p.of.rows[i] += n
	}
	return p.each(encoder.write)
}

func (p *hubPart) each(f func(encoder) error) error {
	for _, g := range p.groups {
		if g != nil {
			if err := f(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// where are the rows of a batch that are wanted.
func (b *batch) where(cols []column, want func(row int) bool) *batch {
	out := &batch{}
	out.reset(len(cols))
	for row := range b.rows {
		if !want(row) {
			continue
		}
		out.rows++
		for i := range cols {
			out.cols[i].copy(&cols[i], &b.cols[i], row)
		}
	}
	return out
}

// copy appends the value of a row.
func (v *values) copy(c *column, from *values, row int) {
	at, until := row, row+1
	if c.list {
		at, until = from.list(row)
	}
	switch c.kind {
	case kindText:
		v.texts = append(v.texts, from.texts[at:until]...)
	case kindInt32, kindInt64:
		v.ints = append(v.ints, from.ints[at:until]...)
	default:
		v.floats = append(v.floats, from.floats[at:until]...)
	}
	if c.list {
		v.ends = append(v.ends, int32(max(len(v.ints), len(v.floats))))
	}
}

func (w *hubWriter) close() error {
	for i, t := range w.tables {
		if err := t.close(); err != nil {
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

// title says what the data set is.
func (w *hubWriter) title() string {
	name := "ImageNet-AB"
	if w.job.Set == COCO {
		name = "COCO-AB"
	}
	what := w.job.Table
	if what == "targets" {
		what = "points by " + rulesText(w.job)
	}
	return "Annotation byproducts of " + name + ": " + what
}

// hubSizes are the hub's words for numbers of rows.
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

// card is README.md.
func (w *hubWriter) card() string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\npretty_name: %s\nsize_categories:\n- %s\ntask_categories:\n- image-classification\n- keypoint-detection\ntags:\n- annotation-byproducts\n- croissant\n", appendJSONText(nil, w.title()), w.size())
	if card := &w.job.Card; card.License != "" {
		fmt.Fprintf(&b, "license: %s\n", appendJSONText(nil, card.License))
	}
	b.WriteString("configs:\n- config_name: default\n  data_files:\n")
	for _, s := range w.splits {
		fmt.Fprintf(&b, "  - split: %s\n    path: data/%s.parquet\n", s, s)
	}
	b.WriteString("dataset_info:\n  features:\n")
	for i := range w.job.cols {
		c := &w.job.cols[i]
		key := "dtype"
		if c.list {
			key = "list"
		}
		fmt.Fprintf(&b, "  - name: %s\n    %s: %s\n", c.Name, key, hubTypes[c.kind])
	}
	b.WriteString("  splits:\n")
	for i, s := range w.splits {
		fmt.Fprintf(&b, "  - name: %s\n    num_examples: %d\n", s, w.rows[i])
	}
	fmt.Fprintf(&b, "---\n\n# %s\n\nWritten by `abtool targets`.", markdown(w.title()))
	if missing := w.job.Card.missing(); len(missing) > 0 {
		fmt.Fprintf(&b, " Before you publish it, say here and in croissant.json what only you know: %s. The licence is bound by that of the byproducts that this was made from.", strings.Join(missing, ", "))
	}
	b.WriteString("\n")
	if len(w.job.sources) > 0 {
		b.WriteString("\nMade from:\n\n")
		for _, s := range w.job.sources {
			fmt.Fprintf(&b, "- %s\n", markdown(s))
		}
	}
	b.WriteString("\n## Columns\n\n| column | type | unit | values | null | what |\n|---|---|---|---|---|---|\n")
	for _, c := range described(w.job.cols) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Name, c.Type, markdown(c.Unit), markdown(c.Range), markdown(c.Null), markdown(c.Doc))
	}
	if w.job.Table == "targets" || w.job.Table == "crops" {
		b.WriteString("\n## Rules\n\n")
		for _, r := range w.job.rules {
			fmt.Fprintf(&b, "- **%s** (%s): %s %s\n", r.Name, markdown(r.From), markdown(r.What), markdown(r.Note))
		}
	}
	fmt.Fprintf(&b, "\n## Options\n\n```json\n%s\n```\n", asJSON(w.job.settings()))
	return b.String()
}

// markdown keeps a text from being read as anything else in a table.
func markdown(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ", "\r", " ", "*", `\*`, "_", `\_`, "`", "'").Replace(s)
}

var hubTypes = [...]string{kindText: "string", kindInt32: "int32", kindInt64: "int64", kindFloat64: "float64", kindFloat32: "float32"}

var croissantTypes = [...]string{kindText: "sc:Text", kindInt32: "sc:Integer", kindInt64: "sc:Integer", kindFloat64: "sc:Float", kindFloat32: "sc:Float"}

// croissantContext is the context that the specification of Croissant 1.0 gives.
const croissantContext = `{"@language":"en","@vocab":"https://schema.org/","citeAs":"cr:citeAs","column":"cr:column","conformsTo":"dct:conformsTo","cr":"http://mlcommons.org/croissant/",
"data":{"@id":"cr:data","@type":"@json"},"dataBiases":"cr:dataBiases","dataCollection":"cr:dataCollection","dataType":{"@id":"cr:dataType","@type":"@vocab"},"dct":"http://purl.org/dc/terms/",
"examples":{"@id":"cr:examples","@type":"@json"},"extract":"cr:extract","field":"cr:field","fileObject":"cr:fileObject","fileProperty":"cr:fileProperty","fileSet":"cr:fileSet","format":"cr:format",
"includes":"cr:includes","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5","parentField":"cr:parentField","path":"cr:path",
"personalSensitiveInformation":"cr:personalSensitiveInformation","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace",
"sc":"https://schema.org/","separator":"cr:separator","source":"cr:source","subField":"cr:subField","transform":"cr:transform"}`

// croissant describes the files in Croissant 1.0: each split is a file, with its digest, and a record set with the
// columns.
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
		"name": w.job.Set + "-ab-" + w.job.Table, "description": w.title() + ". Written by abtool targets.", "version": fmt.Sprintf("%d.0.0", Version),
		"keywords": []string{"annotation byproducts", w.job.Set}, "distribution": files, "recordSet": sets,
	}
	card := &w.job.Card
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

// fields are the columns of a record set.
func (w *hubWriter) fields(set, file string) (fields []any) {
	for i := range w.job.cols {
		c := &w.job.cols[i]
		text := c.Doc
		for _, more := range [][2]string{{"Unit", c.Unit}, {"Values", c.Range}, {"Null", c.Null}} {
			if more[1] != "" {
				text += " " + more[0] + ": " + more[1] + "."
			}
		}
		field := map[string]any{
			"@type": "cr:Field", "@id": set + "/" + c.Name, "name": c.Name, "description": text, "dataType": croissantTypes[c.kind],
			"source": map[string]any{"fileObject": map[string]any{"@id": file}, "extract": map[string]any{"column": c.Name}},
		}
		if c.list {
			field["repeated"] = true
		}
		fields = append(fields, field)
	}
	return fields
}
