package schema

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"
)

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func TestColumns(t *testing.T) {
	for _, table := range Tables() {
		seen := map[string]bool{}
		table.Walk(func(c Column) {
			if c.From == "" || c.Doc == "" || !strings.HasSuffix(c.Doc, ".") {
				t.Errorf("%s.%s: from %q, doc %q", table.Path, c.Name, c.From, c.Doc)
			}
			if !snake.MatchString(c.name()) || seen[c.Name] {
				t.Errorf("%s.%s: not snake case, or twice", table.Path, c.Name)
			}
			seen[c.Name] = true
			if c.Type == "double" && c.Unit == "" {
				t.Errorf("%s.%s has no unit", table.Path, c.Name)
			}
		})
		if TableOf(parquetZero(table)).Path != table.Path {
			t.Errorf("TableOf does not find %s", table.Path)
		}
	}
}

func parquetZero(t Table) any { return reflect.New(t.Type).Elem().Interface() }

func TestCheckVersion(t *testing.T) {
	if err := CheckVersion(FormatVersion); err != nil {
		t.Error(err)
	}
	if err := CheckVersion(FormatVersion + 1); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "update abtool") {
		t.Errorf("newer: %v", err)
	}
	if err := CheckVersion(0); err == nil || errors.Is(err, ErrNewer) {
		t.Errorf("none: %v", err)
	}
}

// The Arrow schema has the leaves of the Parquet schema, of the same types, and null where
// Parquet is optional.
func TestArrow(t *testing.T) {
	kinds := map[parquet.Kind]arrow.Type{
		parquet.Boolean: arrow.BOOL, parquet.Int32: arrow.INT32, parquet.Int64: arrow.INT64, parquet.Double: arrow.FLOAT64, parquet.ByteArray: arrow.STRING,
	}
	for _, table := range Tables() {
		s := parquet.SchemaOf(parquetZero(table))
		leaves := 0
		var walk func(prefix []string, fields []arrow.Field)
		walk = func(prefix []string, fields []arrow.Field) {
			for _, f := range fields {
				path := append(append([]string{}, prefix...), f.Name)
				typ, nullable := f.Type, f.Nullable
				if l, ok := typ.(*arrow.ListType); ok {
					if nullable || l.ElemField().Nullable {
						t.Errorf("%v: the list can be null", path)
					}
					path = append(path, "list", "element")
					if st, ok := l.Elem().(*arrow.StructType); ok {
						walk(path, st.Fields())
						continue
					}
					typ = l.Elem()
				}
				leaves++
				leaf, ok := s.Lookup(path...)
				if !ok {
					t.Errorf("%s: Parquet has no %v", table.Path, path)
					continue
				}
				if kinds[leaf.Node.Type().Kind()] != typ.ID() || leaf.Node.Optional() != nullable {
					t.Errorf("%s: %v is %v (null: %v) in Arrow", table.Path, path, typ, nullable)
				}
			}
		}
		a := table.Arrow(Metadata(table.Path, []string{"a", "b"}))
		walk(nil, a.Fields())
		if n := len(s.Columns()); n != leaves {
			t.Errorf("%s: %d leaves in Arrow, %d in Parquet", table.Path, leaves, n)
		}
		if v, ok := a.Metadata().GetValue(VersionKey); !ok || v != "1" {
			t.Errorf("%s: version %q", table.Path, v)
		}
	}
}

// Without a study, a table lacks the columns of studies, in lists too, and has the others in their order.
func TestWithoutStudy(t *testing.T) {
	names := func(t Table) (all []string) {
		t.Walk(func(c Column) { all = append(all, c.Name) })
		return all
	}
	for _, c := range []struct {
		table Table
		lacks []string
	}{{TableOf(ImageNetAnnotation{}), []string{"deselects.x", "arm", "gold"}}, {TableOf(COCOAnnotation{}), []string{"drags.icon", "actions.via", "browsing.via", "known"}}} {
		with, without := names(c.table), names(c.table.WithoutStudy())
		for _, name := range c.lacks {
			if !slices.Contains(with, name) || slices.Contains(without, name) {
				t.Errorf("%s: %s", c.table.Path, name)
			}
		}
		kept := slices.DeleteFunc(with, func(name string) bool { return !slices.Contains(without, name) })
		if !slices.Equal(kept, without) {
			t.Errorf("%s: %v, want %v", c.table.Path, without, kept)
		}
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := TableOf(ImageNetImage{}).Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"imagenet/images: one row is one image\n",
		"  image_id  (string; such as n01440764_105)\n      The image. Rows are sorted by it. From: as in annotations.\n",
		"    boxes.xmin  (double; px of the original image; xmin < xmax)\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	for line := range strings.Lines(b.String()) {
		if len([]rune(line)) > textWidth+1 && !strings.HasSuffix(line, ")\n") {
			t.Errorf("long line: %s", line)
		}
	}
}
