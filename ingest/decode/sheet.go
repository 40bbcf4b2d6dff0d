package decode

import (
	"slices"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store/columnar"
)

// A record puts the values of one record at a time into columns.
type record interface {
	// begin starts a record. If the record before did not end, its values have been removed with Rewind.
	begin()
	columns() *sheet
	// hold keeps a value until the end of the record, if its key needs that, and reports whether it did.
	hold(k *key, v *scan.Value) bool
	// end completes the row. c has the values of the page or dump around the record, and raw is its text.
	end(c *wrapper, raw []byte) *Fault
}

// A sheet has the columns for the values of a record, by key.
type sheet struct {
	out   *output
	set   Set
	rows  *columnar.Rows
	cells [len(keys)]*columnar.Cells // by slot
	lists [rules]*list               // by rule
	mouse samples
	seen  uint64 // slots whose value has been read, one bit each

	studies bool // whether the rows have the columns of studies
}

func newSheet(o *output, set Set, lists ...*list) *sheet {
	s := &sheet{out: o, set: set, rows: o.rows[set]}
	for i := range keys {
		if k := &keys[i]; k.sets.has(set) {
			s.cells[k.slot[set]] = s.rows.Column(k.column)
		}
	}
	for _, l := range lists {
		l.entries = slices.DeleteFunc(l.entries, func(e entryField) bool { return s.rows.Column(l.column+"."+e.column) == nil })
		for i := range l.entries {
			e := &l.entries[i]
			e.to = s.rows.Column(l.column + "." + e.column)
		}
		s.lists[l.rule] = l
	}
	s.studies = s.rows.Column("arm") != nil
	m := s.lists[mouse]
	s.mouse = samples{s: s, t: m.entries[0].to, x: m.entries[1].to, y: m.entries[2].to}
	s.mouse.first, s.mouse.end = secondsEnd, epochEnd
	if m.entries[0].rule == duration {
		s.mouse.first, s.mouse.end = 0, maxTime
	}
	for _, name := range [...]string{"seq", "source"} {
		s.rows.Column(name).Late = true
	}
	return s
}

func (s *sheet) columns() *sheet { return s }

// lacks reports whether the sheet has no column for a key of its data set, which is then as unknown.
func (s *sheet) lacks(k *key) bool { return k.sets&ofStudy != 0 && !s.studies }

// once reports whether the value of a key is read for the first time in a record.
func (s *sheet) once(k *key) bool {
	bit := uint64(1) << k.slot[s.set]
	first := s.seen&bit == 0
	s.seen |= bit
	return first
}

// put adds a value to the column of its key.
func (s *sheet) put(k *key, v *scan.Value) {
	s.out.put(k.rule, s.cells[k.slot[s.set]], v, &Field{Name: k.name})
}

// has reports whether the current row already has a value in a column.
func (s *sheet) has(c *columnar.Cells) bool { return c.Len() > s.rows.Len() }

// fill adds a string to a column that has no value in the current row.
func (s *sheet) fill(c *columnar.Cells, text string) {
	if text != "" && !s.has(c) {
		c.AddText(text)
	}
}

// list describes a list of objects in the records of a data set.
type list struct {
	rule    rule
	column  string
	name    string       // of its key
	entries []entryField // in the order in which rules are applied, and rejects are listed
}

// entryField describes a field of the entries of a list.
type entryField struct {
	part   part
	rule   rule
	column string
	name   string // in rejects
	to     *columnar.Cells
}

// pointList returns a list of points. time is the key of their times in records, and when is the rule of the
// times.
func pointList(r rule, column, name, time string, when rule) *list {
	return &list{rule: r, column: column, name: name, entries: []entryField{
		{part: partTime, rule: when, column: "t", name: time},
		{part: partX, rule: fraction, column: "x", name: "x"},
		{part: partY, rule: fraction, column: "y", name: "y"},
	}}
}

// placeList returns the list of the places of an image.
func placeList() *list {
	return &list{rule: layout, column: "layout", name: "layout", entries: []entryField{
		{part: partTime, rule: duration, column: "t", name: "timeAt"},
		{part: partX, rule: offset, column: "x", name: "x"},
		{part: partY, rule: offset, column: "y", name: "y"},
		{part: partWidth, rule: size, column: "w", name: "width"},
		{part: partHeight, rule: size, column: "h", name: "height"},
	}}
}

// len returns the number of entries in the current row.
func (l *list) len() int { return l.entries[0].to.Entries() }

// add adds an entry to the list of a rule.
func (s *sheet) add(r rule, e *rawEvent) *Fault {
	l := s.lists[r]
	n := l.len()
	f := Field{list: l.name, i: n}
	for i := range l.entries {
		x := &l.entries[i]
		f.Name = x.name
		if !s.out.put(x.rule, x.to, &e[x.part], &f) {
			x.to.Null()
		}
	}
	if n >= s.out.limits.List {
		return Faultf(schema.TooLong, "a list has more than %d entries", s.out.limits.List)
	}
	return nil
}
