package query

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"abtool/internal/usage"
	"abtool/schema"
	"abtool/store"
)

// rowsOf returns the SQL of the rows of a table: of the store, or of several as one.
func (t *tables) rowsOf(set, table string) string {
	if t.joint == nil {
		return "FROM " + scan(t.file(0, set, table))
	}
	s := t.joint.Set(set)
	if set == "imagenet" && table == "images" && len(t.more) > 0 {
		return "FROM " + scan(t.more[0])
	}
	var parts []string
	var plain []string // files whose rows are taken as they are
	for k := range s.Parts {
		p := &s.Parts[k]
		if !slices.Contains(t.storesWith(set, table), p.Store) {
			continue
		}
		part := partSQL{from: scan(t.file(p.Store, set, table))}
		switch table {
		case "annotations":
			t.annotations(&part, set, p)
		case "images":
			if n := t.joint.Of[p.Store].DataSet(set).Rows[table]; n > 0 && n == int64(len(p.DropImages)) {
				continue
			}
			if len(p.DropImages) > 0 {
				part.from = "read_parquet(" + quote(literal(t.file(p.Store, set, table))) + ", file_row_number = true)"
				part.without = "file_row_number"
				part.where = "file_row_number NOT IN (SELECT row FROM " + scan(t.leftOut(set, table, p.Store)) + ")"
			}
		}
		if table != "images" {
			part.rename(t.joint.Names[p.Store])
		}
		if part == (partSQL{from: part.from}) {
			plain = append(plain, quote(literal(t.file(p.Store, set, table))))
		}
		parts = append(parts, part.sql())
	}
	if len(plain) == len(parts) {
		return "FROM read_parquet([" + strings.Join(plain, ", ") + "])"
	}
	return strings.Join(parts, "\nUNION ALL BY NAME\n")
}

func scan(path string) string { return "read_parquet(" + quote(literal(path)) + ")" }

// leftOut returns the path of the file that says which rows of a table of a store are left out.
func (t *tables) leftOut(set, table string, at int) string {
	return filepath.Join(filepath.Dir(t.more[0]), fmt.Sprintf("%s-%s-%d.parquet", set, table, at))
}

// partSQL is a SELECT of the rows of a store.
type partSQL struct{ from, replace, add, without, where string }

func (p *partSQL) sql() string {
	s := "SELECT *"
	if p.without != "" {
		s += " EXCLUDE (" + p.without + ")"
	}
	if p.replace != "" {
		s += " REPLACE (" + p.replace + ")"
	}
	s += p.add + " FROM " + p.from
	if p.where != "" {
		s += " WHERE " + p.where
	}
	return s
}

func (p *partSQL) replaced(column, by string) {
	if p.replace != "" {
		p.replace += ", "
	}
	p.replace += by + " AS " + column
}

// rename gives sources the names that they have among the sources of all stores.
func (p *partSQL) rename(names map[string]string) {
	if len(names) == 0 {
		return
	}
	var cases []string
	for from, to := range names {
		cases = append(cases, fmt.Sprintf("WHEN %s THEN %s", quote(from), quote(to)))
	}
	slices.Sort(cases)
	p.replaced("source", "CASE source "+strings.Join(cases, " ")+" ELSE source END")
}

// annotations leaves rows out, numbers the others as the rows of all stores, and adds the columns of studies
// if other stores have them.
func (t *tables) annotations(part *partSQL, set string, p *store.JointPart) {
	if len(p.Drop) > 0 {
		part.from += " LEFT JOIN (SELECT * FROM " + scan(t.leftOut(set, "annotations", p.Store)) + fmt.Sprintf(") ON left_block = seq // %d", block)
		part.without = "left_block, left_before, left_mask"
		part.where = fmt.Sprintf("(coalesce(left_mask, 0) >> (seq %% %d)) & 1 = 0", block)
		part.replaced("seq", fmt.Sprintf("seq + %d - coalesce(left_before, 0) - bit_count(coalesce(left_mask, 0) & ((1::BIGINT << (seq %% %d)) - 1))",
			p.First, block))
	} else if p.First > 0 {
		part.replaced("seq", fmt.Sprintf("seq + %d", p.First))
	}
	if !t.studies[set] || len(t.joint.Of[p.Store].DataSet(set).Studies) > 0 {
		return
	}
	for _, c := range schema.TableAt(set + "/annotations").Columns {
		switch {
		case c.Study && len(c.Fields) == 0:
			part.add += fmt.Sprintf(", NULL::%s AS %s", sqlType(c), c.Name)
		case c.Study:
			part.add += fmt.Sprintf(", []::%s AS %s", sqlType(c), c.Name)
		case slices.ContainsFunc(c.Fields, func(f schema.Column) bool { return f.Study }):
			var fields []string
			for _, f := range c.Fields {
				name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
				value := "p." + name
				if f.Study {
					value = "NULL::" + sqlType(f)
				}
				fields = append(fields, name+": "+value)
			}
			part.replaced(c.Name, fmt.Sprintf("list_transform(%s, lambda p: {%s})", c.Name, strings.Join(fields, ", ")))
		}
	}
}

// sqlType returns the type of a column in SQL.
func sqlType(c schema.Column) string {
	if len(c.Fields) > 0 {
		var fields []string
		for _, f := range c.Fields {
			fields = append(fields, f.Name[strings.LastIndexByte(f.Name, '.')+1:]+" "+sqlType(f))
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")[]"
	}
	of, list := strings.CutPrefix(c.Type, "list of ")
	of = map[string]string{"bool": "BOOLEAN", "int32": "INTEGER", "int64": "BIGINT", "double": "DOUBLE", "string": "VARCHAR"}[of]
	if list {
		of += "[]"
	}
	return of
}

// plain returns an error if several stores have something in common, which the views would have to leave out.
func (t *tables) plain() error {
	if t.joint == nil {
		return nil
	}
	for _, set := range t.sets {
		if s := t.joint.Set(set); s.Common {
			return usage.Errorf("several of the stores have the same images of %s: --print-setup cannot leave out what is there "+
				"twice; use abtool sql without it, or make one store of all sources", store.Title(set))
		}
	}
	return nil
}

// block is the number of rows whose bits make a leftRows.
const block = 32

// leftRows says which rows of a block are left out.
type leftRows struct {
	Block  int64 `parquet:"left_block"`
	Before int64 `parquet:"left_before"` // rows before the block that are left out
	Mask   int64 `parquet:"left_mask"`   // a bit for each row that is left out
}

// leftRow is a row that is left out.
type leftRow struct {
	Row int64 `parquet:"row"`
}

// write writes what the views over several stores need into a folder: the images of ImageNet, and which rows
// are left out.
func (t *tables) write(dir string) error {
	if t.joint == nil {
		return nil
	}
	add := func(path string, err error) error {
		t.more = append(t.more, path)
		if err != nil {
			return fmt.Errorf("writing what the stores have in common: %w", err)
		}
		return nil
	}
	var images []byte
	if s := t.joint.Set("imagenet"); s != nil {
		images = s.Images
	}
	path := filepath.Join(dir, "imagenet-images.parquet")
	if err := add(path, os.WriteFile(path, images, 0o600)); err != nil {
		return err
	}
	for _, set := range t.sets {
		s := t.joint.Set(set)
		for k := range s.Parts {
			p := &s.Parts[k]
			if len(p.Drop) > 0 {
				path := t.leftOut(set, "annotations", p.Store)
				if err := add(path, parquet.WriteFile(path, blocks(p.Drop, t.joint.Of[p.Store].DataSet(set).Rows["annotations"]))); err != nil {
					return err
				}
			}
			if len(p.DropImages) > 0 {
				path := t.leftOut(set, "images", p.Store)
				rows := make([]leftRow, len(p.DropImages))
				for i, n := range p.DropImages {
					rows[i].Row = n
				}
				if err := add(path, parquet.WriteFile(path, rows)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// blocks returns the blocks from the first row that is left out to the last row of the table.
func blocks(drop []int64, rows int64) (all []leftRows) {
	before := int64(0)
	for b := drop[0] / block; b*block < rows; b++ {
		x := leftRows{Block: b, Before: before}
		for ; len(drop) > 0 && drop[0]/block == b; drop = drop[1:] {
			x.Mask |= 1 << (drop[0] % block)
			before++
		}
		all = append(all, x)
	}
	return all
}
