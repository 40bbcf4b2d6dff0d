package query

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
)

// A table has the values, texts and HTML of a result.
func TestTable(t *testing.T) {
	db := open(t, Options{}).db
	have, err := db.Table(context.Background(), `SELECT * FROM (VALUES
		(1::TINYINT, 2.5::DECIMAL(9,2), 0.1, 12345678901234567890::HUGEINT, 'a<b'),
		(-7::TINYINT, NULL, NULL, 3::HUGEINT, NULL)) v(i, d, f, h, s) ORDER BY i DESC`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"i": {1, -7}, "d": {2.5, math.NaN()},
		"h": {12345678901234567890, 3}, "s": {math.NaN(), math.NaN()}} {
		for k, v := range have.Numbers(name) {
			if v != want[k] && !(math.IsNaN(v) && math.IsNaN(want[k])) {
				t.Errorf("%s: %v, want %v", name, have.Numbers(name), want)
			}
		}
	}
	if got := have.Texts("s"); !reflect.DeepEqual(got, []string{"a<b", ""}) {
		t.Errorf("texts %q", got)
	}
	page := have.HTML()
	for _, part := range []string{`<th style="text-align:right">i</th>`,
		`<td style="text-align:right">2.50</td>`, `<td style="text-align:left">a&lt;b</td>`} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in %s", part, page)
		}
	}
	if n := strings.Count(page, "<tr>"); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// Table refuses the statements that a session refuses, and says which column a result does not have.
func TestTableErrors(t *testing.T) {
	db := open(t, Options{}).db
	if _, err := db.Table(context.Background(), "COPY (SELECT 1) TO 'x.csv'"); err == nil {
		t.Error("it wrote a file")
	}
	defer func() {
		if recover() == nil {
			t.Error("a column that is not there")
		}
	}()
	(&Table{}).Numbers("nothing")
}
