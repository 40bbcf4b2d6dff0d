package query

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
)

// Masks whose answer is known.
func TestPointInMask(t *testing.T) {
	s := open(t, Options{})
	const square, hole = "[10.0, 10, 90, 10, 90, 90, 10, 90]", "[10.0, 10, 90, 10, 90, 90, 10, 90, 40, 40, " +
		"60, 40, 60, 60, 40, 60]"
	for _, c := range []struct{ args, want string }{
		{"0.5, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "true"},
		{"0.05, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "false"},
		{"0.1, 0.1, 100, 100, " + square + ", [8], NULL, NULL, []", "true"},  // pixel 10, its centre 10.5
		{"0.9, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "false"}, // pixel 90, its centre 90.5
		{"0.5, 0.5, 100, 100, " + hole + ", [8, 8], NULL, NULL, []", "true"}, // two polygons: their union
		{"0.5, 0.5, 100, 100, " + hole + ", [16], NULL, NULL, []", "false"},  // one polygon: even-odd
		{"1.0, 1.0, 4, 3, [], [], 3, 4, [11, 1]", "true"},                    // the last pixel
		{"0.0, 0.0, 4, 3, [], [], 3, 4, [0, 1, 11]", "true"},                 // zeros first
		{"0.0, 0.4, 4, 3, [], [], 3, 4, [1, 1, 10]", "true"},                 // down the column
		{"0.3, 0.0, 4, 3, [], [], 3, 4, [1, 1, 10]", "false"},
		{"0.5, 0.5, 4, 3, [], [], 3, 4, [2, 2]", "false"}, // runs end early
		{"1.01, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "false"},
		{"-0.01, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "false"},
		{"'nan'::DOUBLE, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "false"},
		{"0.5, 0.5, 0, 0, " + square + ", [8], NULL, NULL, []", "false"},
		{"0.5, 0.5, 100, 100, [], [], NULL, NULL, []", "false"},
		{"0.5, 0.5, 100, 100, NULL, NULL, NULL, NULL, NULL", "false"},
		{"NULL, 0.5, 100, 100, " + square + ", [8], NULL, NULL, []", "<nil>"},
		{"0.5, 0.5, NULL, 100, " + square + ", [8], NULL, NULL, []", "<nil>"},
	} {
		if got := query(t, s, "SELECT point_in_mask("+c.args+")")[0]; got != c.want {
			t.Errorf("point_in_mask(%s) = %s, want %s", c.args, got, c.want)
		}
	}
}

// The function in Go and the macro in SQL, which were written apart, agree: on every mask of
// the store, and on invented ones.
func TestMaskMacro(t *testing.T) {
	ctx := context.Background()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := registerMask(c); err != nil {
		t.Fatal(err)
	}
	store, err := demoStore()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var made []string
	for range 200 {
		var p []string
		for range 2 * (rng.IntN(6) + 3) {
			p = append(p, fmt.Sprintf("%d", rng.IntN(21)))
		}
		cut := 2 * rng.IntN(len(p)/2+1)
		var runs []string
		for left := 400; left > 0; {
			n := min(left, rng.IntN(60))
			runs = append(runs, fmt.Sprint(n))
			left -= n
		}
		poly := strings.Join(p, ", ")
		made = append(made, fmt.Sprintf("(%v, %v, 20, 20, [%s]::DOUBLE[], [%d, %d], NULL, NULL, [])",
			rng.Float64(), rng.Float64(), poly, cut, len(p)-cut),
			fmt.Sprintf("(%v, %v, 20, 20, []::DOUBLE[], [], 20, 20, [%s])", rng.Float64(), rng.Float64(),
				strings.Join(runs, ", ")))
	}
	exec := func(q string) {
		if _, err := c.ExecContext(ctx, q); err != nil {
			t.Fatalf("%s\n%v", q, err)
		}
	}
	exec(fmt.Sprintf("CREATE MACRO mask_sql(%s) AS %s", maskMacro.Args, maskMacro.SQL))
	exec(`CREATE TABLE points AS
		SELECT (o.x + (random() * 1.2 - 0.1) * o.w) / width AS x, (o.y + (random() * 1.2 - 0.1) * o.h) / height AS y, width, height,
			o.polygon AS polygon, o.rings AS rings, o.rle_height AS rle_height, o.rle_width AS rle_width, o.rle_counts AS rle_counts
		FROM (SELECT *, unnest(instances) AS o FROM '` + store + `/coco/images.parquet'), range(5)`)
	exec("INSERT INTO points VALUES " + strings.Join(made, ", "))
	var n, in, differ, runs int
	err = c.QueryRowContext(ctx, `
		SELECT count(*), count(*) FILTER (a), count(*) FILTER (a IS DISTINCT FROM b), count(*) FILTER (a AND len(rle_counts) > 0)
		FROM (SELECT *, point_in_mask(x, y, width, height, polygon, rings, rle_height, rle_width, rle_counts) AS a,
			mask_sql(x, y, width, height, polygon, rings, rle_height, rle_width, rle_counts) AS b FROM points)`).Scan(&n, &in, &differ, &runs)
	if err != nil {
		t.Fatal(err)
	}
	if differ != 0 || in < n/5 || in > n*4/5 || runs == 0 {
		t.Errorf("of %d points %d are inside, %d of them in runs; the two differ in %d", n, in, runs, differ)
	}
}
