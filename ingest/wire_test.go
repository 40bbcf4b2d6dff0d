package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"abtool/ingest/decode"
	"abtool/ingest/truth"
	"abtool/schema"
)

// The wire rows have the columns of the schema: names, types, and what can be null.
func TestWireRows(t *testing.T) {
	for _, c := range []struct{ wire, schema any }{
		{truth.ImageNetImage{}, schema.ImageNetImage{}}, {truth.COCOImage{}, schema.COCOImage{}}, {decode.Reject{}, schema.Reject{}},
	} {
		wire, want := parquet.SchemaOf(c.wire), parquet.SchemaOf(c.schema)
		if diff := cmp.Diff(want.Columns(), wire.Columns()); diff != "" {
			t.Errorf("%T: %s", c.schema, diff)
			continue
		}
		for _, path := range want.Columns() {
			a, _ := wire.Lookup(path...)
			b, _ := want.Lookup(path...)
			if a.Node.Type().String() != b.Node.Type().String() || a.Node.Optional() != b.Node.Optional() ||
				a.MaxDefinitionLevel != b.MaxDefinitionLevel || a.MaxRepetitionLevel != b.MaxRepetitionLevel {
				t.Errorf("%T: %v is %v in the wire row, %v in the schema", c.schema, path, a.Node, b.Node)
			}
		}
	}
}

// Nulls, zeros and values are read as they were written, in every pattern of them in lists and in columns.
func TestNullPatterns(t *testing.T) {
	const kinds = 3 // null, zero, value
	var lines strings.Builder
	var want []string
	row := 0
	for n := range 7 {
		total := 1
		for range n {
			total *= kinds
		}
		for code := range total {
			pick := func(i int) int {
				c := code
				for range i {
					c /= kinds
				}
				return c % kinds
			}
			texts := [kinds]string{"null", "0", "0.5"}
			var mouse, actions []string
			for i := range n {
				v := texts[pick(i)]
				mouse = append(mouse, fmt.Sprintf(`{"x": %s, "y": %s, "timeAt": %s}`, v, texts[pick(n-1-i)], strings.Replace(v, "0.5", "7", 1)))
				name := [kinds]string{"null", "null", `"cake"`}[pick(i)]
				actions = append(actions, fmt.Sprintf(`{"actionType": %s, "iconType": %s, "pointFrom": {"x": %s}, "timeAt": 3}`, name, name, v))
			}
			// The scalars follow the same patterns down the rows, whatever their length.
			worker := [kinds]string{"null", `""`, `"W"`}[pick(row%max(n, 1))]
			line := fmt.Sprintf(`{"image_id": %d, "worker_id": %s, "mouseTracking": [%s], "actionHistories": [%s]}`,
				row, worker, strings.Join(mouse, ", "), strings.Join(actions, ", "))
			lines.WriteString(line + "\n")
			want = append(want, line)
			row++
		}
	}
	store, _ := mustRun(t, Options{Sources: []string{writeFile(t, "x.jsonl", lines.String())}})
	show := func(p *float64) string {
		if p == nil {
			return "null"
		}
		return fmt.Sprint(*p)
	}
	name := func(p *string) string {
		if p == nil {
			return "null"
		}
		return strconv.Quote(*p)
	}
	for i, r := range readTable[schema.COCOAnnotation](t, store, "coco/annotations") {
		var mouse, actions []string
		for _, m := range r.Mouse {
			at := "null"
			if m.T != nil {
				at = fmt.Sprint(*m.T)
			}
			mouse = append(mouse, fmt.Sprintf(`{"x": %s, "y": %s, "timeAt": %s}`, show(m.X), show(m.Y), at))
		}
		for _, a := range r.Actions {
			actions = append(actions, fmt.Sprintf(`{"actionType": %s, "iconType": %s, "pointFrom": {"x": %s}, "timeAt": 3}`, name(a.Type), name(a.Icon), show(a.FromX)))
		}
		got := fmt.Sprintf(`{"image_id": %d, "worker_id": %s, "mouseTracking": [%s], "actionHistories": [%s]}`,
			r.ImageID, name(r.WorkerID), strings.Join(mouse, ", "), strings.Join(actions, ", "))
		if w := strings.Replace(want[i], `"worker_id": ""`, `"worker_id": null`, 1); got != w {
			t.Fatalf("row %d is\n%s, not\n%s", i, got, w)
		}
	}
}
