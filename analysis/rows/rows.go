package rows

import (
	"embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

//go:embed *.toml
var files embed.FS

// queries are the queries of a data set. Keys of values, exclusions and tables begin with the name of the statistic.
type queries struct {
	Units    map[string]string
	Value    map[string]value
	Excluded map[string]value
	Table    map[string]table
	Map      map[string]string // by histogram, with $row and $column for the cell
}

type value struct {
	Over    string // the rows that it is over, if these are not all of the units that it names
	Counted string // the condition of the rows that a share counts
	None    string // why a number has no rows
}

type table struct {
	Rows string // with $column for the cell of a column of the row
	N    string // the column with the number of rows
}

// Queries select the rows that a number counts.
type Queries struct {
	Over    string // its n rows; "" if they cannot be selected
	Counted string // selects the rows that the numerator of a share counts; "" if that cannot be done
	None    string // why the rows cannot be selected
}

var sets = map[string]*queries{"imagenet": read("imagenet"), "coco": read("coco")}

func read(name string) *queries {
	var s queries
	d, err := toml.DecodeFS(files, name+".toml", &s)
	if err != nil || len(d.Undecoded()) > 0 {
		panic(fmt.Sprintf("queries of %s: unknown keys %v: %v", name, d.Undecoded(), err))
	}
	return &s
}

// A Finder finds the queries of a data set's statistics.
type Finder struct {
	set   *queries
	rules map[string]any // the thresholds of a HIT, by the names of the flags
	hide  bool           // tables have pseudonyms, which SQL does not know
}

// For returns the finder of a data set, imagenet or coco, for statistics that were computed with options.
func For(dataSet string, o *result.Options) *Finder {
	r := o.Rules
	return &Finder{sets[dataSet], map[string]any{
		"min_recall": r.MinRecall, "min_selected": r.MinSelected, "min_pages": r.MinPages,
		"min_precision": r.MinPrecision, "min_coco_pages": r.MinCOCOPages,
	}, o.Hide}
}

// Of returns the queries for a value of a statistic.
func (f *Finder) Of(s *result.Statistic, v *result.Value) Queries {
	if where := check(s, v.Name); where != "" {
		return Queries{Counted: where, None: "the rows that have no problem are not listed"}
	}
	about, ok := f.set.Value[s.Name+"."+v.Name]
	if i := strings.LastIndex(v.Name, "."); !ok && i > 0 {
		about = f.set.Value[s.Name+"."+v.Name[:i]+".*"]
	}
	if about.None != "" {
		return Queries{None: about.None}
	}
	q := Queries{Over: about.Over}
	if q.Over == "" {
		q.Over = f.set.Units[v.Of]
	}
	if about.Counted != "" {
		q.Counted = where(q.Over, fill(about.Counted, f.rules))
	}
	return q
}

// where returns a query for the rows of another one that meet a condition.
func where(over, condition string) string {
	if strings.HasPrefix(over, "FROM ") && !strings.Contains(over, " WHERE ") {
		return over + " WHERE " + condition
	}
	return "FROM (" + over + ") WHERE " + condition
}

// check returns the query of a check of data quality, which is in the table of the checks, or "".
func check(s *result.Statistic, name string) string {
	for _, t := range s.Tables {
		for _, row := range t.Rows {
			if where, ok := row[len(row)-1].(string); t.Name == "checks" && ok && row[0] == name {
				return where
			}
		}
	}
	return ""
}

// Excluded returns the query for the units that a statistic leaves out for a reason.
func (f *Finder) Excluded(s *result.Statistic, e *result.Excluded) Queries {
	about := f.set.Excluded[s.Name+"."+e.Reason]
	return Queries{Over: about.Over, None: about.None}
}

// Table returns the query for the rows that a row of a table counts, in which $name stands for the row's cell of a
// column, or "".
func (f *Finder) Table(s *result.Statistic, t *result.Table) string {
	if text := f.set.Table[s.Name+"."+t.Name].Rows; !f.hide || !strings.Contains(text, "$hit") && !strings.Contains(text, "$worker") {
		return text
	}
	return ""
}

// N returns the name of the column with the number of rows of a table, or "".
func (f *Finder) N(s *result.Statistic, t *result.Table) string {
	return f.set.Table[s.Name+"."+t.Name].N
}

// Row returns the query for the rows that a row of a table counts, and their number, or "".
func (f *Finder) Row(s *result.Statistic, t *result.Table, row []any) (query string, n int64) {
	text := f.Table(s, t)
	if text == "" {
		return "", 0
	}
	cells := map[string]any{}
	for i, c := range t.Columns {
		cells[c.Name] = row[i]
	}
	n, _ = cells[f.set.Table[s.Name+"."+t.Name].N].(int64)
	return fill(text, cells), n
}

// Cell returns the query for the points in a cell of a histogram, or "".
func (f *Finder) Cell(s *result.Statistic, h *result.Histogram, row, column int) string {
	text := f.set.Map[s.Name+"."+h.Name]
	return fill(text, map[string]any{"row": int64(row), "column": int64(column)})
}

// OfImages reports whether the rows of a query are showings or images, or parts of these: they have a column seq or
// image_id.
func OfImages(query string) bool { return !withoutImages.MatchString(query) }

// withoutImages matches the queries of this package whose rows are HITs, annotators, classes or pages.
var withoutImages = regexp.MustCompile(`^FROM (\(FROM )?((imagenet|coco)_(hits|workers)|coco_categories)\b|^SELECT assignment_id, page_idx, count`)

var parameter = regexp.MustCompile(`\$\w+`)

// fill replaces names after $ by literals of their values.
func fill(text string, values map[string]any) string {
	return parameter.ReplaceAllStringFunc(text, func(name string) string { return literal(values[name[1:]]) })
}

// literal returns a cell as a literal of SQL.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case stat.Number:
		if !v.Defined() {
			return "NULL"
		}
	}
	return fmt.Sprint(v)
}
