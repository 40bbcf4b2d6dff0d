// Package query opens an embedded DuckDB over a store, with views that flatten the nested columns, macros
// for questions about clicks, boxes, traces and icons, and point_in_mask, a function over the stored masks.
// Unless other files are allowed, a query can read only the store.
//
// Views and Macros have the SQL and the descriptions of views and macros, from which docs/reference/views.md
// is made. Setup returns the same SQL for any other DuckDB.
package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"abtool/store"
	"abtool/store/notes"
)

// DefaultMemory is the memory limit of a query if Options.Memory is empty.
const DefaultMemory = "1500MB"

// Options limit the resources and files of queries. The zero value is usable.
type Options struct {
	Memory     string   // limit of DuckDB's memory, for example "500MB" or "2GiB"; "" is DefaultMemory
	Threads    int      // number of threads; 0 is one per processor
	AllowFiles bool     // whether queries may read and write other files, and load extensions
	Outputs    []string // absolute paths of files that Session.Export may write
	Keep       bool     // whether the store may be replaced while it is open, where the system allows it: see Kept
	Hide       bool     // whether pseudonyms replace the ids of workers and HITs, as in result.Options; not with AllowFiles
	Page       bool     // whether errors advise what a page offers, and not the options of abtool sql

	Notes *notes.Book // what the view of notes has; nil for no such view
}

// DB is an open store. Statements run through the embedded sql.DB are not checked; statements of a Session
// cannot write files or change settings.
type DB struct {
	*sql.DB
	Store string   // folder
	Sets  []string // data sets of the store: imagenet, coco, or both

	tables    *tables
	connector *duckdb.Connector
	temp      string // folder that a query spills to
	allow     bool
	advice    *advice
}

// Open opens the store in a folder, and creates the views and macros. Then it locks the settings: no file
// except the store's tables can be opened any more.
func Open(ctx context.Context, store string, o Options) (*DB, error) {
	tables, err := locate(store)
	if err != nil {
		return nil, err
	}
	return start(ctx, store, tables, o)
}

// Again opens the same tables once more, in another DuckDB. If they are Kept, the store may have been replaced
// meanwhile. db must be closed last.
func (db *DB) Again(ctx context.Context, o Options) (*DB, error) {
	tables := *db.tables
	tables.more = nil
	return start(ctx, db.Store, &tables, o)
}

func start(ctx context.Context, store string, tables *tables, o Options) (_ *DB, err error) {
	tables.hide, tables.noted = o.Hide, o.Notes != nil
	db := &DB{Store: store, Sets: tables.sets, tables: tables, allow: o.AllowFiles, advice: &ofCommand}
	if o.Page {
		db.advice = &ofPage
	}
	if db.connector, err = duckdb.NewConnector("", nil); err != nil {
		return nil, fmt.Errorf("starting DuckDB: %w", err)
	}
	db.DB = sql.OpenDB(db.connector)
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if db.temp, err = tempFolder(); err != nil {
		return nil, err
	}
	if err := tables.plainly(db.temp); err != nil {
		return nil, err
	}
	if o.Keep {
		tables.keep(db.temp)
	}
	if err := tables.write(db.temp); err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := limits(ctx, c, o, db.temp); err != nil {
		return nil, err
	}
	if err := registerMask(c); err != nil {
		return nil, fmt.Errorf("registering point_in_mask: %w", err)
	}
	if o.Notes != nil {
		if _, err := c.ExecContext(ctx, createNotes); err != nil {
			return nil, fmt.Errorf("showing the notes: %w", plain(err))
		}
		if err := db.SetNotes(ctx, o.Notes.Rows()); err != nil {
			return nil, err
		}
	}
	for _, s := range tables.setup(false) {
		if _, err := c.ExecContext(ctx, s.sql); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("the store %s is damaged: its %s cannot be read (%s): ingest again "+
				"with --force", store, s.name, firstLine(plain(err)))
		}
	}
	return db, lock(ctx, c, tables, o)
}

// Scratch returns the path of a file that Session.Export may write. Close removes the file.
func (db *DB) Scratch(name string) string { return filepath.Join(db.temp, name) }

// Close stops DuckDB and removes its temporary files.
func (db *DB) Close() error {
	err := db.DB.Close()
	if db.temp != "" {
		os.RemoveAll(db.temp)
	}
	return err
}

// limits makes the settings that must be made before lock.
func limits(ctx context.Context, c *sql.Conn, o Options, temp string) error {
	memory, threads := o.Memory, o.Threads
	if memory == "" {
		memory = DefaultMemory
	}
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	for _, q := range []string{
		"SET memory_limit = " + quote(memory),
		fmt.Sprintf("SET threads = %d", threads),
		"SET temp_directory = " + quote(temp),
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET python_enable_replacements = false",
		"SET enable_progress_bar = false",
		"SET preserve_insertion_order = true",
		"SET TimeZone = 'UTC'",
	} {
		if _, err := c.ExecContext(ctx, q); err != nil {
			if strings.Contains(err.Error(), "python_enable_replacements") {
				continue // only Python's DuckDB has this setting
			}
			return fmt.Errorf("setting up DuckDB: %w", plain(err))
		}
	}
	return nil
}

// lock restricts file access to the tables of the store and the outputs, and locks the settings.
func lock(ctx context.Context, c *sql.Conn, t *tables, o Options) error {
	var qs []string
	if !o.AllowFiles {
		paths := append(t.files(), o.Outputs...)
		for i, p := range paths {
			paths[i] = quote(p)
		}
		qs = append(qs, "SET allowed_paths = ["+strings.Join(paths, ", ")+"]", "SET enable_external_access = false")
	}
	qs = append(qs, "SET lock_configuration = true")
	for _, q := range qs {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("locking DuckDB: %w", plain(err))
		}
	}
	return nil
}

// Session is one connection. Its temporary tables and variables exist until it is closed.
type Session struct {
	conn  *duckdb.Conn
	db    *DB
	allow bool
}

// Session opens a connection for checked statements.
func (db *DB) Session(ctx context.Context) (*Session, error) {
	c, err := db.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{conn: c.(*duckdb.Conn), db: db, allow: db.allow}, nil
}

// Close ends the session.
func (s *Session) Close() error { return s.conn.Close() }

// tables has the paths of a store's tables.
type tables struct {
	dirs       []string     // of the store, or of several; absolute paths, without symbolic links
	joint      *store.Joint // of several stores; nil for one
	more       []string     // files that write wrote
	sets       []string
	rows       map[string]map[string]int64 // by data set and table
	studies    map[string]bool             // data sets with a study among their sources
	categories []store.Category            // of COCO's ground truth; empty in older stores
	hide       bool                        // whether views have pseudonyms
	kept       map[string]string           // other names of files, by path; nil without keep
	noted      bool                        // whether there is a view of notes
}

func locate(path string) (*tables, error) {
	sum, err := store.Read(path)
	if err != nil {
		return nil, err
	}
	dirs, err := store.Folders(path)
	if err != nil {
		return nil, err
	}
	joint, err := store.Join(path)
	if err != nil {
		return nil, err
	}
	for i, dir := range dirs {
		if dirs[i], err = filepath.Abs(dir); err == nil {
			dirs[i], err = filepath.EvalSymlinks(dirs[i])
		}
		if err != nil {
			return nil, fmt.Errorf("the store: %w", err)
		}
	}
	t := &tables{dirs: dirs, joint: joint, rows: map[string]map[string]int64{}, studies: map[string]bool{}}
	for _, d := range sum.DataSets {
		t.sets = append(t.sets, d.Name)
		t.rows[d.Name], t.studies[d.Name] = d.Rows, len(d.Studies) > 0
		t.categories = append(t.categories, d.Categories...)
	}
	if len(t.sets) == 0 {
		return nil, fmt.Errorf("%s has no data set: ingest data into it", path)
	}
	return t, nil
}

// file returns the path of a table of a store.
func (t *tables) file(at int, set, table string) string {
	path := filepath.Join(t.dirs[at], set, table+".parquet")
	if name := t.kept[path]; name != "" {
		return name
	}
	return path
}

// keep gives the files of all tables a second name in a folder, by which they can be read after the store was replaced.
// Where the system does not allow it, such as on another disk, the files have their names alone.
func (t *tables) keep(temp string) {
	if t.kept != nil {
		return
	}
	kept := map[string]string{}
	for i, path := range t.files() {
		name := filepath.Join(temp, fmt.Sprintf("kept-%d.parquet", i))
		if os.Link(path, name) != nil {
			return
		}
		kept[path] = name
	}
	t.kept = kept
}

// Kept reports whether queries go on reading the files that were opened if the store is replaced.
func (db *DB) Kept() bool { return db.tables.kept != nil }

// storesWith returns the numbers of the stores that have a table.
func (t *tables) storesWith(set, table string) (all []int) {
	if t.joint == nil {
		return []int{0}
	}
	for _, p := range t.joint.Set(set).Parts {
		if slices.Contains(store.TablesOf(t.joint.Of[p.Store].DataSet(set).Rows), table) {
			all = append(all, p.Store)
		}
	}
	return all
}

func (t *tables) files() (paths []string) {
	for _, set := range t.sets {
		for _, table := range store.TablesOf(t.rows[set]) {
			for _, at := range t.storesWith(set, table) {
				paths = append(paths, t.file(at, set, table))
			}
		}
	}
	return append(paths, t.more...)
}

// tempFolder creates a folder for DuckDB's temporary files.
func tempFolder() (string, error) {
	dir, err := os.MkdirTemp("", "abtool-sql-")
	if err != nil {
		return "", fmt.Errorf("creating a folder for temporary files: %w", err)
	}
	return dir, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// quote returns a string as an SQL literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// globs has the characters that make a path a pattern.
const globs = "*?["

// literal returns a pattern that matches only the given path.
func literal(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// plainly returns a link to a folder whose name is a pattern. DuckDB would expand the name, and open neither
// the tables of the store nor the tables of other folders that the pattern matches.
func (t *tables) plainly(temp string) error {
	for i, dir := range t.dirs {
		if !strings.ContainsAny(dir, globs) {
			continue
		}
		link := filepath.Join(temp, fmt.Sprint("store", i))
		err := os.Symlink(dir, link)
		if err == nil && strings.ContainsAny(temp, globs) {
			err = errors.New("the path of the temporary folder has one too")
		}
		if err != nil {
			return fmt.Errorf("the path %s has one of %s, so that DuckDB reads it as a pattern: rename the "+
				"folder (%w)", dir, globs, err)
		}
		t.dirs[i] = link
	}
	return nil
}
