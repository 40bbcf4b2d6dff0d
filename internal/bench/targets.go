package main

import (
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// targetsSQL has the rules of ImageNet's points in SQL.
//
//go:embed targets.sql
var targetsSQL string

// targets first compares the points of every rule of ImageNet with the same points in SQL. Then it measures
// both, written to Parquet.
func (b *bench) targets() error {
	data, store := filepath.Join(b.dir, "imagenet"), filepath.Join(b.dir, "store-targets")
	archive := filepath.Join(data, "imagenet_ab.tar.gz")
	if err := b.synth("imagenet", b.images, data, archive); err != nil {
		return err
	}
	if err := b.quiet(b.abtool, "ingest", archive, "--out", store, "--force", "--quiet"); err != nil {
		return err
	}
	query := filepath.Join(b.dir, "targets.sql")
	if err := os.WriteFile(query, []byte(targetsSQL), 0o666); err != nil {
		return err
	}
	peer, all, paper := filepath.Join(b.dir, "peer.parquet"), filepath.Join(b.dir,
		"all.parquet"), filepath.Join(b.dir, "paper.parquet")
	res, err := b.compare(
		command{"`abtool sql` (DuckDB), the points of all rules",
			[]string{b.abtool, "sql", store, "-f", query, "--out", peer}, peer},
		command{"`abtool targets`, all rules, with confidence and source",
			[]string{b.abtool, "targets", store, "--rule", "all", "--out", all, "--quiet"}, all},
		command{"`abtool targets`, the paper's rule",
			[]string{b.abtool, "targets", store, "--out", paper, "--quiet"}, paper},
	)
	if err != nil {
		return err
	}
	rows, err := agree(all, peer)
	if err != nil {
		return err
	}
	fmt.Printf("Targets of %d images of ImageNet: %d rows, the same points within 1e-12\n\n", b.images, rows)
	table(res, 1)
	fmt.Printf("\nall.parquet: %.1f MB\n\n", mb(fileSize(all)))
	return nil
}

// agree returns an error unless two files have the same points; rows is their number.
func agree(a, b string) (rows int64, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var off int64
	err = db.QueryRow(fmt.Sprintf(`SELECT count(*), count(*) FILTER (a.x IS NULL OR b.x IS NULL OR abs(a.x - b.x) > 1e-12 OR abs(a.y - b.y) > 1e-12 OR a.weight <> b.weight OR
		a.annotation IS DISTINCT FROM b.annotation OR a.worker_id IS DISTINCT FROM b.worker_id) FROM '%s' a FULL JOIN '%s' b USING (image_id, rule)`, a, b)).Scan(&rows, &off)
	if err == nil && off > 0 {
		err = fmt.Errorf("%d of %d points differ from SQL's", off, rows)
	}
	return rows, err
}
