package decode

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"abtool/ingest/internal/randtext"
	"abtool/schema"
	"abtool/store/columnar"
)

// The annotation rows come back from a file as what they were, whatever is null in them.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := newBatch()
	for range 300 {
		b.readXML(randtext.XML(r, 3), XMLRecord, "")
		b.slowJSON(randtext.ImageNetJSON(r, 3), ImageNet)
		b.slowJSON(randtext.COCO(r, 3), COCO)
	}
	for _, set := range Sets {
		for i := range b.Rows(set).Len() {
			b.Rows(set).Column("seq").Add(uint64(i))
			b.Rows(set).Column("source").AddText("a source")
		}
	}
	for _, group := range []int{1, 7, 1000} {
		equalRows(t, rowsIn[schema.ImageNetAnnotation](b.Rows(ImageNet)), writeRows[schema.ImageNetAnnotation](t, b, ImageNet, group))
		equalRows(t, rowsIn[schema.COCOAnnotation](b.Rows(COCO)), writeRows[schema.COCOAnnotation](t, b, COCO, group))
	}
}

// writeRows writes the rows of a batch in groups, each from two spans, and reads them again.
func writeRows[S any](t *testing.T, b *Batch, set Set, group int) []S {
	t.Helper()
	var text bytes.Buffer
	file := columnar.NewFile(&text, set.Schema(true), "abtool", nil)
	g := columnar.NewGroup(set.Schema(true), 2, zstdOf(t))
	g.Lay(set.Layout())
	for from := 0; from < b.Rows(set).Len(); from += group {
		all := columnar.Span{Rows: b.Rows(set), From: from, To: min(from+group, b.Rows(set).Len())}
		g.Add(all.Cut(0, all.Len()/2))
		g.Add(all.Cut(all.Len()/2, all.Len()))
		if err := errors.Join(g.Encode(), file.Append(g)); err != nil {
			t.Fatal(err)
		}
		g.Reset()
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[S](bytes.NewReader(text.Bytes()), int64(text.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// zstdOf returns what compresses a page.
func zstdOf(t testing.TB) func(dst, src []byte) []byte {
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(dst, src []byte) []byte { return e.EncodeAll(src, dst) }
}

func equalRows[S any](t *testing.T, want, got []S) {
	t.Helper()
	bits := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), bits); d != "" {
		t.Fatalf("%.3000s", d)
	}
}

// rowsIn returns rows in the form of the schema, for tests to compare.
func rowsIn[S any](rows *columnar.Rows) (all []S) {
	for row := range rows.Len() {
		var s S
		v := reflect.ValueOf(&s).Elem()
		for i := range v.NumField() {
			f, name := v.Field(i), columnName(v.Type().Field(i))
			switch {
			case f.Kind() != reflect.Slice:
				setCell(f, rows.Column(name), row)
			case f.Type().Elem().Kind() == reflect.Struct:
				from, to := rows.Column(name + ".t").List(row)
				f.Set(reflect.MakeSlice(f.Type(), to-from, to-from))
				for k := range to - from {
					for j := range f.Type().Elem().NumField() {
						setCell(f.Index(k).Field(j), rows.Column(name+"."+columnName(f.Type().Elem().Field(j))), from+k)
					}
				}
			default:
				from, to := rows.Column(name).List(row)
				f.Set(reflect.MakeSlice(f.Type(), to-from, to-from))
				for k := range to - from {
					setCell(f.Index(k), rows.Column(name), from+k)
				}
			}
		}
		all = append(all, s)
	}
	return all
}

func columnName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
	return name
}

// setCell sets a value of the schema to the i-th of a column.
func setCell(to reflect.Value, c *columnar.Cells, i int) {
	n, isNumber := c.Number(i)
	text := c.Text(i)
	if to.Kind() == reflect.Pointer {
		if !isNumber && text == "" {
			return
		}
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	switch to.Kind() {
	case reflect.String:
		to.SetString(text)
	case reflect.Bool:
		to.SetBool(n != 0)
	case reflect.Float64:
		to.SetFloat(math.Float64frombits(n))
	default:
		to.SetInt(int64(n))
	}
}

// Large pieces leave no blocks behind in an arena.
func TestArena(t *testing.T) {
	var a arena[int64]
	for range 100 {
		a.alloc(arenaBytes + 1)
		for range 3 {
			a.alloc(arenaBytes / 2)
		}
		a.reset()
	}
	if len(a.blocks) > 3 {
		t.Errorf("%d blocks", len(a.blocks))
	}
}
