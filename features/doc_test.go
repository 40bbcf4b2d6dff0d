package features

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/docgen"
	"abtool/store"
)

var update = flag.Bool("update", false, "write the generated parts of docs/reference/targets.md")

// docs/reference/targets.md has all rules, signals, tables, formats and columns.
func TestDoc(t *testing.T) {
	parts := map[string]string{"crops": columnTable(cropFields(true).Columns())}
	var p docgen.Page
	p.Head("rule", "of", "point", "note", "source")
	for _, r := range rules() {
		p.Row(docgen.Code(r.Name), strings.Join(r.Sets, ", "), r.What, r.Note, r.From)
	}
	parts["rules"] = take(&p)
	for _, set := range store.Sets {
		o := docOptions(t, Options{Set: set, All: true, SplitBy: "image"})
		p.Printf("## Columns of %s\n\n%s\n", store.Title(set), columnTable(o.layout().Fields().Columns()))
	}
	parts["columns"] = take(&p)
	o := docOptions(t, Options{Set: ImageNet, Signals: []string{"all"}})
	for _, s := range o.signals {
		p.Printf("### %s\n\n%s %s Source: %s.\n\n%s\n", s.Name, s.What, s.Note, s.From, columnTable(s.fields(o).Described(docs().Signals, false).Columns()))
	}
	parts["signals"] = take(&p)
	p.Head("format", "name", "what it is")
	for _, f := range format.All() {
		name := "a folder"
		if f.Ext != "" {
			name = f.Ext
		}
		p.Row(docgen.Code(f.Name), name, f.What)
	}
	parts["formats"] = take(&p)
	p.Printf("`--pairs N`: images that one annotator saw together, to find and factor out what is the annotator's and not the image's. ")
	p.Printf("%s %s\n\n%s", tables[2].What, tables[2].Note, columnTable(pairFields(docOptions(t, Options{Set: ImageNet, SplitBy: "image"})).Columns()))
	parts["pairs"] = take(&p)
	p.Printf("`--classes`: %s %s\n\n", tables[3].What, tables[3].Note)
	for _, set := range store.Sets {
		p.Printf("### %s\n\n%s\n", store.Title(set), columnTable(classFields(set == COCO).Columns()))
	}
	parts["classes"] = take(&p)
	docgen.Check(t, "../docs/reference/targets.md", *update, parts)
}

// take returns the text of a page and empties it.
func take(p *docgen.Page) string {
	defer p.Reset()
	return p.String()
}

func docOptions(t *testing.T, o Options) *Options {
	t.Helper()
	if err := o.defaults([]string{o.Set}); err != nil {
		t.Fatal(err)
	}
	return &o
}

func columnTable(cols []targetfile.Column) string {
	var p docgen.Page
	p.Head("column", "type", "unit", "values", "null", "from", "what it is")
	for _, c := range targetfile.Described(cols) {
		null := c.Null
		if null == targetfile.Never {
			null = ""
		}
		p.Row(docgen.Code(c.Name), c.Type, c.Unit, c.Range, null, c.From, c.Doc)
	}
	return p.String()
}

// Every rule and signal is explained in two lines, with a source, and the definitions that it names exist.
func TestList(t *testing.T) {
	defined, err := os.ReadFile("../docs/design/definitions.md")
	if err != nil {
		t.Fatal(err)
	}
	check := func(name, what, note, from string) {
		if what == "" || note == "" || from == "" || strings.Contains(what+note, "\n") || len([]rune(what)) > 150 || len([]rune(note)) > 170 {
			t.Errorf("%s: two lines and a source are missing, or too long", name)
		}
		for _, id := range regexp.MustCompile(`\b[ICRL][0-9]+\b`).FindAllString(from, -1) {
			if !bytes.Contains(defined, []byte("### "+id+"\n")) {
				t.Errorf("%s follows %s, which is defined nowhere", name, id)
			}
		}
	}
	for _, r := range Rules() {
		check(r.Name, r.What, r.Note, r.From)
		if r.Truth && !strings.Contains(r.Note, "GROUND TRUTH") {
			t.Errorf("%s does not say that it is ground truth", r.Name)
		}
	}
	for _, s := range SignalList() {
		check(s.Name, s.What, s.Note, s.From)
	}
	for _, x := range Tables() {
		check(x.Name, x.What, x.Note, "here")
	}
}
