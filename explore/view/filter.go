package view

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"abtool/internal/closest"
)

// A Filter selects showings: those that all of its terms match. The zero value matches all.
type Filter struct {
	Terms []Term // at most one of each field, in the order of the fields
	Rows  string // a query with a column seq; "" for all rows
}

// A Term selects by the value of one field. It matches if one of its parts does, or, with Not, if none does.
type Term struct {
	Field string
	Not   bool
	Null  bool     // no value
	Texts []string // values, as texts
	Range *Range
}

// A Range is the numbers from Low to High. An end that is infinite is open.
type Range struct {
	Low, High float64
	Below     bool // whether High itself is outside
}

// Contains reports whether a number is in the range.
func (r Range) Contains(v float64) bool {
	return v >= r.Low && (v < r.High || !r.Below && v == r.High)
}

// A filter in an address is terms that are joined by ;. A term is field:parts or field:!parts. Parts are joined by
// a comma: a value, null, or a range low..high, without a bound that is open, and with < before a high that
// is outside. A sign of the grammar in a value, and the value null, have a \ before them. "" is the empty text.

const special = `\,;!:"`

// escape returns a value as a filter has it.
func escape(v string) string {
	var b strings.Builder
	for _, c := range []byte(v) {
		if strings.IndexByte(special, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	switch out := b.String(); out {
	case "":
		return `""`
	case "null":
		return `\null`
	default:
		return out
	}
}

// String returns the filter as an address has it. Parse reads it.
func (f Filter) String() string {
	var terms []string
	for _, t := range f.Terms {
		terms = append(terms, t.String())
	}
	return strings.Join(terms, ";")
}

// String returns the term as a filter has it.
func (t Term) String() string {
	var parts []string
	for _, v := range t.Texts {
		parts = append(parts, escape(v))
	}
	if t.Null {
		parts = append(parts, "null")
	}
	if t.Range != nil {
		parts = append(parts, t.Range.String())
	}
	not := ""
	if t.Not {
		not = "!"
	}
	return t.Field + ":" + not + strings.Join(parts, ",")
}

// String returns the range as a filter has it.
func (r Range) String() string {
	bound := func(v float64) string {
		if math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	below := ""
	if r.Below && !math.IsInf(r.High, 0) {
		below = "<"
	}
	return bound(r.Low) + ".." + below + bound(r.High)
}

// cut splits a text at a byte that is not escaped.
func cut(text string, at byte) (parts []string) {
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case at:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// plain removes the escapes of a value.
func plain(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		} else if v[i] == '\\' {
			continue
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// Parse reads a filter over fields. The error names the field that is meant by a misspelt one.
func Parse(text string, fields []Field) (f Filter, err error) {
	if text == "" {
		return f, nil
	}
	for _, part := range cut(text, ';') {
		if part == "" {
			continue
		}
		name, parts, ok := strings.Cut(part, ":")
		if !ok {
			return f, fmt.Errorf("the filter has %q: write field:value", part)
		}
		at := slices.IndexFunc(fields, func(x Field) bool { return x.Name == name })
		if at < 0 {
			return f, unknown(name, fields)
		}
		if slices.ContainsFunc(f.Terms, func(t Term) bool { return t.Field == name }) {
			return f, fmt.Errorf("the filter has %s twice: join its values by a comma", name)
		}
		t, err := fields[at].term(parts)
		if err != nil {
			return f, err
		}
		f.Terms = append(f.Terms, t)
	}
	order := func(t Term) int {
		return slices.IndexFunc(fields, func(x Field) bool { return x.Name == t.Field })
	}
	slices.SortFunc(f.Terms, func(a, b Term) int { return order(a) - order(b) })
	return f, nil
}

func unknown(name string, fields []Field) error {
	var names []string
	for _, x := range fields {
		names = append(names, x.Name)
	}
	return fmt.Errorf("there is no field %q%s", name, closest.DidYouMean(name, names))
}

// term parses the parts of a term.
func (x Field) term(parts string) (t Term, err error) {
	t.Field = x.Name
	if rest, ok := strings.CutPrefix(parts, "!"); ok {
		t.Not, parts = true, rest
	}
	for _, p := range cut(parts, ',') {
		low, high, ranged := strings.Cut(p, "..")
		switch {
		case p == "":
			return t, fmt.Errorf(`the filter of %s has a value without characters: write "" for the empty text`, x.Name)
		case p == "null":
			t.Null = true
		case p == `""` && !x.Kind.numeric() && x.Kind != Bool:
			t.Texts = append(t.Texts, "")
		case ranged && x.Kind.numeric():
			r, err := parseRange(low, high)
			if err != nil || t.Range != nil {
				return t, fmt.Errorf("the filter of %s has %q: give one range, such as 10..20", x.Name, p)
			}
			t.Range = &r
		default:
			v := plain(p)
			if err := x.check(v); err != nil {
				return t, err
			}
			t.Texts = append(t.Texts, v)
		}
	}
	slices.Sort(t.Texts)
	t.Texts = slices.Compact(t.Texts)
	return t, nil
}

// check returns an error for a value that the field cannot have.
func (x Field) check(v string) error {
	switch {
	case x.Kind == Bool && v != "true" && v != "false":
		return fmt.Errorf("the filter of %s has %q: give true, false or null", x.Name, v)
	case x.Kind.numeric():
		if n, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("the filter of %s has %q: give a number, a range such as 10..20, or null", x.Name, v)
		}
	}
	return nil
}

func parseRange(low, high string) (r Range, err error) {
	high, r.Below = strings.CutPrefix(high, "<")
	r.Low, r.High = math.Inf(-1), math.Inf(1)
	if low != "" {
		r.Low, err = strconv.ParseFloat(low, 64)
	}
	if high != "" && err == nil {
		r.High, err = strconv.ParseFloat(high, 64)
	}
	if err == nil && (math.IsNaN(r.Low) || math.IsNaN(r.High) || low == "" && high == "") {
		err = fmt.Errorf("no bounds")
	}
	r.Below = r.Below && !math.IsInf(r.High, 0)
	return r, err
}

// Without returns the filter without the term of a field.
func (f Filter) Without(field string) Filter {
	out := f
	out.Terms = slices.DeleteFunc(slices.Clone(f.Terms), func(t Term) bool { return t.Field == field })
	return out
}

// Term returns the term of a field, or nil.
func (f Filter) Term(field string) *Term {
	for i := range f.Terms {
		if f.Terms[i].Field == field {
			return &f.Terms[i]
		}
	}
	return nil
}

// Query returns the filter as a part of an address, without the question mark.
func (f Filter) Query() string {
	q := url.Values{}
	if s := f.String(); s != "" {
		q.Set("f", s)
	}
	if f.Rows != "" {
		q.Set("q", f.Rows)
	}
	return q.Encode()
}
