package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// stats measures all statistics of a data set against the questions of docs/guide/cookbook whose answers in
// SQL are statistics too.
func (b *bench) stats() error {
	store := filepath.Join(b.dir, "store-stats")
	args := []string{"ingest", "--out", store, "--force", "--quiet"}
	if b.images > 0 {
		data := filepath.Join(b.dir, "imagenet")
		archive := filepath.Join(data, "imagenet_ab.tar.gz")
		if err := b.synth("imagenet", b.images, data, archive); err != nil {
			return err
		}
		args = append(args, archive)
	}
	if b.pages > 0 {
		data := filepath.Join(b.dir, "coco")
		file := filepath.Join(data, "coco_ab.json")
		if err := b.synth("coco", b.pages, data, file); err != nil {
			return err
		}
		args = append(args, file, "--instances", filepath.Join(data, "instances_train2014.json"))
	}
	if err := b.quiet(b.abtool, args...); err != nil {
		return err
	}
	for _, set := range []struct {
		name, title string
		n           int
		questions   []string
		names       string // the statistics that answer the questions
	}{
		{"imagenet", "images of ImageNet", b.images, imagenetQuestions,
			"I1 I2 I3 I4 I5 I6 I7 I8 I9 rounds imagenet.counts imagenet.hits imagenet.workers " +
				"mouse_measures imagenet.quality"},
		{"coco", "pages of COCO", b.pages, cocoQuestions, "C1 C2 C3 C4 C5 C6 browsing time coco.hits"},
	} {
		if set.n == 0 {
			continue
		}
		file := filepath.Join(b.dir, set.name+".sql")
		if err := writeQuestions(file, set.questions); err != nil {
			return err
		}
		same := command{"`abtool stats`, the statistics of the questions",
			append(append([]string{b.abtool, "stats", store}, strings.Fields(set.names)...), "--json",
				"--quiet", "--bootstrap", "0"), ""}
		values := command{"`abtool stats`, all statistics",
			[]string{b.abtool, "stats", store, set.name, "--json", "--quiet", "--bootstrap", "0"}, ""}
		all := command{"the same with intervals from 1,000 samples",
			[]string{b.abtool, "stats", store, set.name, "--json", "--quiet"}, ""}
		sql := command{fmt.Sprintf("`abtool sql` (DuckDB), %d questions of the cookbook", len(set.questions)),
			[]string{b.abtool, "sql", store, "-f", file}, ""}
		res, err := b.compare(sql, same, values, all)
		if err != nil {
			return err
		}
		fmt.Printf("Statistics of %d %s\n\n", set.n, set.title)
		table(res, 1)
		fmt.Println()
	}
	return nil
}

// Questions of docs/guide/cookbook, by their headings.
var (
	imagenetQuestions = []string{
		"How many images have byproducts, and how many were selected?",
		"At which showing was an image first selected?", "Does an odd number of clicks mean selected?",
		"How often is the final click on the object?", "Is that better than always clicking the centre?",
		"What would a click anywhere on the image hit?", "And a random click around the centre?",
		"Does it matter which click is taken for the final one?", "How central are objects and clicks?",
		"The histogram of final clicks",
		"Where are clicks less accurate: when the object is at the border, or when the click is?",
		"Where in the box do people click?", "How accurate are the samples before the click?",
		"How does accuracy grow along the way?", "How straight are the paths?", "Who is accurate?",
		"Which HITs would be rejected, and how long do HITs take?",
	}
	cocoQuestions = []string{
		"How often does an icon lie on its object?", "How many of the classes on an image are found?",
		"Which point of an icon is meant?", "What do people do with icons that stay?",
		"How central are the objects of COCO, and the icons?", "Where in its box is an icon?",
		"Are small objects overlooked?", "Which classes are overlooked?", "Keyboard or mouse?",
		"How far do people browse, and do they come back?", "How long does a page take?",
		"How are the HITs of COCO, and which would be rejected?",
	}
)

var question = regexp.MustCompile("(?s)\n## ([^\n]+)\n.*?```sql\n(.*?)```")

// writeQuestions writes the queries of some headings of the cookbook to a file.
func writeQuestions(to string, headings []string) error {
	pages, err := filepath.Glob("docs/guide/cookbook/*.md")
	if err != nil {
		return err
	}
	queries := map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		for _, m := range question.FindAllSubmatch(text, -1) {
			queries[string(m[1])] = string(bytes.TrimSpace(m[2]))
		}
	}
	var out strings.Builder
	for _, h := range headings {
		q := queries[h]
		if q == "" {
			return fmt.Errorf("docs/guide/cookbook has no question %q", h)
		}
		out.WriteString(strings.TrimRight(q, ";") + ";\n")
	}
	return os.WriteFile(to, []byte(out.String()), 0o666)
}
