package features_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"abtool/features"
)

var update = flag.Bool("update", false, "write docs/targets.md anew")

// docs/targets.md is what the rules, signals, tables, formats and columns say.
func TestDoc(t *testing.T) {
	const path = "../docs/targets.md"
	var b bytes.Buffer
	if err := features.WriteDoc(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/targets.md is not what package features says (%v): run go test ./features -run TestDoc -update", err)
	}
}

// Every rule and signal is explained in two lines, with a source, and the definitions that it names are in docs/stats.md or docs/store.md, or are L1 and L2.
func TestList(t *testing.T) {
	var defined []byte
	for _, path := range []string{"../docs/stats.md", "../docs/store.md"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defined = append(defined, b...)
	}
	check := func(name, what, note, from string) {
		if what == "" || note == "" || from == "" || strings.Contains(what+note, "\n") || len([]rune(what)) > 150 || len([]rune(note)) > 170 {
			t.Errorf("%s: two lines and a source are missing, or too long", name)
		}
		for _, id := range regexp.MustCompile(`\b[ICR][0-9]+\b`).FindAllString(from, -1) {
			if !bytes.Contains(defined, []byte("| "+id+" |")) {
				t.Errorf("%s follows %s, which is defined nowhere", name, id)
			}
		}
	}
	for _, r := range features.Rules() {
		check(r.Name, r.What, r.Note, r.From)
		if r.Truth && !strings.Contains(r.Note, "GROUND TRUTH") {
			t.Errorf("%s does not say that it is ground truth", r.Name)
		}
	}
	for _, s := range features.SignalList() {
		check(s.Name, s.What, s.Note, s.From)
	}
	for _, x := range features.Tables() {
		check(x.Name, x.What, x.Note, "here")
	}
}
