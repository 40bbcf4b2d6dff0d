package analysis

import (
	"fmt"
	"io"
	"strings"
)

const docHead = `# Statistics

<!-- Generated from internals of package analysis: go test ./analysis -run TestDoc -update -->

` + "`abtool stats STORE`" + ` computes what is listed here, in one pass over the store. A statistic is named as in the headings below, or by the paper's id
(I1 to I9, C1 to C6), or with its data set: ` + "`abtool stats store click_accuracy`, `abtool stats store I7`, `abtool stats store coco`" + `.

    abtool stats store                                     every value, with its interval
    abtool stats store click_accuracy I7                   with definitions, tables and maps
    abtool stats store imagenet --by worker --csv          one row an annotator
    abtool stats store --compare pilot                     two stores, their differences, tests
    abtool stats store --json                              everything, for programs

## What a number comes with

- **n**: the number of units that it is over, and which. Units that are left out are counted by reason.
- **A 95 % interval**, by the method that fits:
  - *bootstrap*: where what one annotator did is not independent. Annotators are drawn with replacement, as many as there are, 1,000 times
    (` + "`--bootstrap`, `--seed`" + `); the interval is from the 2.5 % to the 97.5 % quantile of the values. Rows without a worker count as one annotator a
    HIT; without that too, they are spread over 1,024 by a hash of the image.
  - *wilson*: a share of independent units (Wilson's score interval).
  - *normal*: a mean of independent units ± 1.96 standard errors.
  - *order*: a median of independent units, from the order statistics around it.
- **The published value**, where the paper reports one of its own data, and whether the interval covers it. It is there to compare with:
  nothing is computed from it.
- **Definitions**: the numbers below say what was chosen where the paper leaves it open; variants are values of their own.

Results are the same for any ` + "`--jobs`" + `, any order of the rows but for what is defined by the order, and any run with the same ` + "`--seed`" + `.

## Comparing two stores

` + "`--compare OTHER`" + ` gives a − b for every value that both have. Intervals: of bootstrap values, quantiles of the differences of samples drawn
in each store by itself; of shares, Newcombe's from the two Wilson intervals; of means, from the two standard errors. Tests of no difference, two-sided: the
difference over the standard deviation of those samples; the score test of two shares with the pooled variance; the difference of means over its standard
error; each against the normal. p (Holm) is adjusted for all tests that are shown. What they assume is printed with them.

## What released data cannot tell

The paper's rejections (section C) also used the answers to candidates that were never released, a check against the database and a hash of the page. What can be
computed, with thresholds as options, is in ` + "`hits`" + `: recall, selections and pages of the released images, which are lower bounds of what was checked then; for COCO-AB,
recall, precision and pages of approved HITs.

## The JSON document

The schema is ` + "`abtool.stats/1`" + `; within a version keys are added, never changed. [stats.schema.json](stats.schema.json) is its JSON Schema.

| key | what it is |
|---|---|
| ` + "`schema`, `tool`, `store`, `options`" + ` | what it was computed with |
| ` + "`data_sets[].name`" + ` | imagenet or coco |
| ` + "`data_sets[].warnings[]`" + ` | sentences about the data set: its records and its ground truth share no image |
| ` + "`data_sets[].statistics[]`" + ` | ` + "`name`, `title`, `rules`, `paper`, `definition`" + ` and what follows |
| ` + "`values[]`" + ` | ` + "`name`, `title`, `value` (null: undefined), `unit`, `n`, `k` (of a share: the units that count), `of`, `interval {low, high, level, method}`, `published {value, relation, where, covered}`" + ` |
| ` + "`excluded[]`" + ` | ` + "`reason`, `of`, `count`" + ` |
| ` + "`histograms[]`" + ` | ` + "`name`, `title`, `x` and `y` (edges; y points down), `counts[row][column]`, `outside`, `of`" + ` |
| ` + "`tables[]`" + ` | ` + "`name`, `title`, `columns[] {name, unit, title}`, `rows[][]`" + ` |
| ` + "`warnings[]`" + ` | sentences about the statistic |

Of a comparison the schema is ` + "`abtool.compare/1`" + `: ` + "`a`, `b`, `assumptions`, `data_sets[].warnings[]`, `data_sets[].statistics[].differences[] {name, unit, a, n_a, b, n_b, difference, interval, test {method, z, p, p_holm}}`" + `.
`

// WriteDoc writes docs/stats.md. The values and tables are those of a document that has every
// statistic; its numbers are not used.
func WriteDoc(w io.Writer, d *Document) error {
	var b strings.Builder
	b.WriteString(docHead)
	b.WriteString("\n## Definitions\n\n| number | what was chosen |\n|---|---|\n")
	for _, x := range Definitions {
		fmt.Fprintf(&b, "| %s | %s |\n", x.ID, cell(x.Text))
	}
	for _, set := range d.DataSets {
		fmt.Fprintf(&b, "\n## Statistics of %s\n", map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set.Name])
		for i := range set.Statistics {
			writeStatistic(&b, set.Name, &set.Statistics[i])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeStatistic(b *strings.Builder, set string, s *Statistic) {
	var e *Entry
	for _, x := range Catalogue() {
		if x.Set == set && x.Name == s.Name {
			e = x
		}
	}
	if e == nil {
		return
	}
	ids := ""
	if len(e.IDs) > 0 {
		ids = " (" + strings.Join(e.IDs, ", ") + ")"
	}
	fmt.Fprintf(b, "\n### %s.%s%s\n\n%s. %s\n\nDefinitions: %s.", set, s.Name, ids, s.Title, s.Definition, s.Rules)
	if s.Paper != "" {
		fmt.Fprintf(b, " Paper: %s.", s.Paper)
	}
	b.WriteString("\n")
	if len(s.Values) > 0 {
		b.WriteString("\n| value | unit | what it is | published |\n|---|---|---|---|\n")
	}
	for _, v := range s.Values {
		published := ""
		if v.Published != nil {
			published = strings.TrimSpace(v.Published.Relation+" "+fmt.Sprint(v.Published.Value)) + ", " + v.Published.Where
		}
		fmt.Fprintf(b, "| `%s` | %s | %s; over %s | %s |\n", v.Name, v.Unit, cell(v.Title), cell(v.Of), published)
	}
	for _, t := range s.Tables {
		fmt.Fprintf(b, "\nTable `%s`: %s.\n\n| column | unit | what it is |\n|---|---|---|\n", t.Name, t.Title)
		for _, c := range t.Columns {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", c.Name, c.Unit, cell(c.Title))
		}
	}
	for _, h := range s.Histograms {
		fmt.Fprintf(b, "\nMap `%s`: %s, %d × %d cells.\n", h.Name, h.Title, len(h.Counts), len(h.Counts[0]))
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
