// Package schema defines the tables of a store, in one place. The struct tags of the Go row types below hold
// the name, unit, range, null rule and source of every column. The Arrow schemas, the printed schema (abtool
// schema) and docs/reference/store.md are generated from these tags.
//
//	STORE/
//	  store.json                      what was read, with which options; counts of rows and rejects
//	  imagenet/annotations.parquet    ImageNetAnnotation: one row per time an image was shown to an annotator
//	  imagenet/images.parquet         ImageNetImage: one row per image, with its ground-truth boxes
//	  imagenet/rejects.parquet        Reject
//	  coco/annotations.parquet        COCOAnnotation: one row per page (one image, one annotator)
//	  coco/images.parquet             COCOImage: one row per ground-truth image, with its instances
//	  coco/rejects.parquet            Reject
//	  imagenet/pages.parquet          PageAttempt: one row per attempt at a page of a study; also in coco
//	  imagenet/sessions.parquet       Session: one row per visit to a study; also in coco
//	  imagenet/reviews.parquet        Review: one row per decision about an assignment; also in coco
//
// Tables of pages, sessions and reviews, and the columns whose tag says study:"only", are in data sets that a study is
// among the sources of.
//
// The row types are for reading. A pointer is a value that the input can lack; a list can be empty, but is
// never null. Column names, types and meanings are frozen within a FormatVersion.
package schema

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FormatVersion is the version of the tables, kept in store.json and in the key-value metadata
// of every file (VersionKey). A column may be added within a version; a change of the name,
// type or meaning of a column raises it.
const FormatVersion = 1

// Keys of the key-value metadata in every Parquet and Arrow file of a store.
const (
	VersionKey = "abtool.format_version" // FormatVersion as decimal digits
	TableKey   = "abtool.table"          // Table.Path without its extension, for example "coco/images"
	SourcesKey = "abtool.sources"        // names of the sources, one per line
)

// ErrNewer is wrapped by CheckVersion's error for a store of a later FormatVersion.
var ErrNewer = fmt.Errorf("the store was written by a newer abtool")

// CheckVersion returns an error unless this program reads stores of format version v: every version from 1 to
// FormatVersion. The error for a newer version wraps ErrNewer.
func CheckVersion(v int) error {
	switch {
	case v > FormatVersion:
		return fmt.Errorf("%w (format %d; this one reads up to %d): update abtool, or ingest the sources again", ErrNewer, v, FormatVersion)
	case v < 1:
		return fmt.Errorf("%d is not a store format version: ingest the sources again", v)
	}
	return nil
}

// Column describes one column, or one field of a list's elements.
type Column struct {
	Name   string   `json:"name"`             // full dotted name, for example "mouse.x"
	Type   string   `json:"type"`             // bool, int32, int64, double, string, or a list of one or of struct
	Unit   string   `json:"unit,omitempty"`   // "" for identifiers, counts and names
	Range  string   `json:"range,omitempty"`  // the values that can occur
	Null   string   `json:"null"`             // when it is null; "never" if it is not
	From   string   `json:"from"`             // where the value comes from
	Doc    string   `json:"doc"`              // what it means
	Study  bool     `json:"study,omitempty"`  // only in data sets with a study among their sources
	Fields []Column `json:"fields,omitempty"` // of a list of structs
}

// Table describes one file of the store.
type Table struct {
	Path    string       `json:"path"` // without extension, for example "imagenet/annotations"
	Row     string       `json:"row"`  // what one row is
	Columns []Column     `json:"columns"`
	Study   bool         `json:"study,omitempty"` // only in data sets with a study among their sources
	Type    reflect.Type `json:"-"`               // the row type
}

// Tables lists every table of a store, in the order of the documentation.
func Tables() []Table { return slices.Clone(tables()) }

// tables returns the tables. It reads the tags of the row types once.
var tables = sync.OnceValue(func() []Table {
	return []Table{
		table("imagenet/annotations", "one time an image was shown to an annotator (one `<metadata>`)", ImageNetAnnotation{}),
		table("imagenet/images", "one image", ImageNetImage{}),
		table("coco/annotations", "one page: one image annotated by one annotator", COCOAnnotation{}),
		table("coco/images", "one image of the ground truth", COCOImage{}),
		table("*/rejects", "one record that was left out, or one field that was set to null", Reject{}),
		ofStudy(table("*/pages", "one attempt at a page of a study, with all that was recorded", PageAttempt{})),
		ofStudy(table("*/sessions", "one visit of an annotator to a study", Session{})),
		ofStudy(table("*/reviews", "one decision of a person about an assignment of a study", Review{})),
	}
})

// TableAt returns the table at a path such as "coco/images"; "coco/rejects" and "*/rejects" are the same
// table. It panics for a path that no store has.
func TableAt(at string) Table {
	for _, t := range tables() {
		if ok, _ := path.Match(t.Path, at); ok {
			return t
		}
	}
	panic("schema: no table " + at)
}

// TableOf returns the table of a row type, for example schema.TableOf(schema.COCOImage{}).
func TableOf(row any) Table {
	for _, t := range tables() {
		if t.Type == reflect.TypeOf(row) {
			return t
		}
	}
	panic(fmt.Sprintf("schema: %T is not a row type", row))
}

func table(at, row string, zero any) Table {
	t := reflect.TypeOf(zero)
	return Table{Path: at, Row: row, Columns: columns(t, ""), Type: t}
}

func ofStudy(t Table) Table {
	t.Study = true
	return t
}

// WithoutStudy returns the table as it is in data sets without a study among their sources.
func (t Table) WithoutStudy() Table {
	t.Type = withoutStudy(t.Type)
	t.Columns = columns(t.Type, "")
	return t
}

// withoutStudy returns a struct type without the fields whose tag says study:"only".
func withoutStudy(t reflect.Type) reflect.Type {
	var fields []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("study") != "" {
			continue
		}
		if e := f.Type; e.Kind() == reflect.Slice && e.Elem().Kind() == reflect.Struct {
			f.Type = reflect.SliceOf(withoutStudy(e.Elem()))
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
	}
	return reflect.StructOf(fields)
}

func columns(t reflect.Type, prefix string) []Column {
	cols := make([]Column, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		c := Column{
			Name: prefix + name, Type: typeName(f.Type),
			Unit: f.Tag.Get("unit"), Range: f.Tag.Get("range"), Null: f.Tag.Get("null"),
			From: f.Tag.Get("from"), Doc: f.Tag.Get("doc"), Study: f.Tag.Get("study") != "",
		}
		if c.Null == "" {
			c.Null = "never"
		}
		if e := f.Type; e.Kind() == reflect.Slice && e.Elem().Kind() == reflect.Struct {
			c.Fields = columns(e.Elem(), c.Name+".")
		}
		cols = append(cols, c)
	}
	return cols
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Float64:
		return "double"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list of struct"
		}
		return "list of " + typeName(t.Elem())
	default:
		return t.Kind().String()
	}
}

// Walk calls visit for every column of t and every field of its lists, in order.
func (t Table) Walk(visit func(Column)) { walk(t.Columns, visit) }

func walk(cols []Column, visit func(Column)) {
	for _, c := range cols {
		visit(c)
		walk(c.Fields, visit)
	}
}

// Metadata returns the key-value metadata of a table's file.
func Metadata(table string, sources []string) [][2]string {
	return [][2]string{
		{VersionKey, strconv.Itoa(FormatVersion)},
		{TableKey, table},
		{SourcesKey, strings.Join(sources, "\n")},
	}
}
