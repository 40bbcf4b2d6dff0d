package teststore

import "path/filepath"

// Escapes returns statements that try to reach files, the network or settings, by any way that we could think of. store
// is the path of a store with COCO, other that of a CSV file outside, dir a folder. A server or a shell that runs
// the statements of others must refuse all of them.
func Escapes(store, other, dir string) []string {
	table := filepath.Join(store, "coco", "images.parquet")
	return []string{
		"SELECT * FROM '" + other + "'",
		"SELECT * FROM read_csv('" + other + "')",
		"SELECT * FROM read_text('/etc/hostname')",
		"SELECT * FROM read_blob('" + filepath.Join(store, "store.json") + "')",
		"SELECT * FROM glob('/*')",
		"SELECT * FROM glob('" + store + "/*')",
		"SELECT * FROM read_parquet('" + store + "/coco/../../../*')",
		"SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
		"SELECT * FROM 's3://bucket/x.parquet'",
		"SELECT * FROM sniff_csv('" + other + "')",
		"SELECT * FROM parquet_metadata('" + other + "')",
		"SELECT * FROM query('FROM read_csv(''" + other + "'')')",
		"SELECT * FROM query_table('" + other + "')",
		"COPY (SELECT 1) TO '" + other + "'",
		"COPY (SELECT 1) TO '" + filepath.Join(store, "x.csv") + "'",
		"COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"COPY (SELECT 1) TO '" + table + "'",
		"EXPLAIN ANALYZE COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN /* x */ (ANALYZE, FORMAT json) COPY (SELECT 1) TO '" + table +
			"' (FORMAT parquet, USE_TMP_FILE false)",
		"explain -- x\n analyze copy (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN (ANALYZE /* ) SELECT 1 -- */ ) COPY (SELECT 1) TO '" + table +
			"' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN ANALYZE EXPLAIN ANALYZE COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"PREPARE p AS COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"CREATE TABLE x AS SELECT 1; COPY x TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"SELECT 1; COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"CREATE TABLE y AS SELECT * FROM read_csv('" + other + "')",
		"CREATE VIEW z AS SELECT * FROM read_csv('" + other + "')",
		"COPY coco_images FROM '" + other + "'",
		"EXPORT DATABASE '" + dir + "'",
		"IMPORT DATABASE '" + dir + "'",
		"ATTACH '" + filepath.Join(dir, "x.db") + "'",
		"ATTACH '" + filepath.Join(store, "x.db") + "'",
		"ATTACH ':memory:' AS m",
		"SET threads = 1",
		"SET GLOBAL memory_limit = '1GB'",
		"SET SESSION enable_external_access = true",
		"SET allowed_directories = ['/']",
		"RESET lock_configuration",
		"PRAGMA threads = 1",
		"PRAGMA enable_external_access = true",
		"SET VARIABLE x = 1",
		"INSTALL httpfs",
		"LOAD httpfs",
		"CALL enable_logging(storage := 'file', storage_config := {'path': '" + dir + "'})",
		"SELECT * FROM enable_logging(storage := 'file', storage_config := {'path': '" + dir + "'})",
		"SELECT * FROM enable_profiling(save_location := '" + table + "')",
		"SELECT * FROM system.main.\"Enable_Profiling\" /* */ (save_location := '" + table + "')",
		"SELECT * FROM query('FROM enable_' || 'profiling(save_location := ''" + table + "'')')",
		"SELECT * FROM \"query\" -- (\n ('SELECT 1')",
		"SELECT * FROM json_execute_serialized_sql('{}')",
		"SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
		"PRAGMA enable_profiling = 'json'",
		"PRAGMA profiling_output = '" + other + "'",
		"SET profiling_output = '" + other + "'",
		"CREATE SECRET (TYPE s3)",
		"CREATE PERSISTENT SECRET (TYPE s3)",
		"CHECKPOINT",
		"VACUUM",
		"USE memory",
		"SELECT getenv('HOME')",
	}
}
