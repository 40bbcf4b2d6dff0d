// Command bench measures ingest, statistics and targets against comparable programs on generated data, and the
// loader of training with each of its decoders. It runs whole processes and prints ratios, because absolute times say little about another machine.
//
//	go run ./internal/bench                    200,000 images, 82,783 COCO pages (as just bench)
//	go run ./internal/bench -images 1281167    the size of the release
//	go run ./internal/bench -only stats        only statistics; or only ingest, targets, stores, partial or loader
//	go run ./internal/bench -only collect      the server of studies, under load and killed again and again
//	go run ./internal/bench -only explore      the explorer: when it starts, by kind of request, and for 20 people
//
// The comparable programs are gzip -dc on the same archive, and DuckDB's read_json to Parquet, once with
// given columns and once with columns that DuckDB detects.
package main

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"abtool/internal/stat"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "duckdb-explicit" || len(os.Args) == 4 && os.Args[1] == "duckdb-auto" {
		if err := duckdb(os.Args[1] == "duckdb-explicit", os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var b bench
	flag.IntVar(&b.images, "images", 200_000, "ImageNet images; 0 leaves them out")
	flag.IntVar(&b.pages, "pages", 82_783, "COCO pages; 0 leaves them out")
	flag.IntVar(&b.runs, "runs", 5, "runs of each command, whose median is printed")
	flag.StringVar(&b.dir, "dir", "", "working folder (default: a temporary folder, removed at the end)")
	flag.StringVar(&b.only, "only", "", "ingest, stats, targets, stores, partial, loader, collect or explore (default: all but the last two)")
	flag.IntVar(&b.people, "people", 500, "annotators who work at once, for collect; 0 leaves the load out")
	flag.DurationVar(&b.seconds, "time", time.Minute, "how long they, or the people of explore, work; 0 leaves them out")
	flag.IntVar(&b.kills, "kills", 1000, "how often the server is killed, for collect; 0 leaves this out")
	flag.StringVar(&b.db, "db", "", "address of a PostgreSQL database for scratch, for collect (default: SQLite)")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	images, pages, runs int
	people, kills       int
	seconds             time.Duration
	dir, abtool, only   string
	db                  string
}

func (b *bench) run() error {
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "abtool-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		b.dir = dir
	}
	b.abtool = filepath.Join(b.dir, "abtool")
	if err := b.quiet("go", "build", "-o", b.abtool, "./cmd/abtool"); err != nil {
		return err
	}
	switch b.only {
	case "collect":
		return b.collect()
	case "explore":
		return b.explore()
	}
	fmt.Printf("%s/%s, %d processors, %s, median of %d runs\n\n", runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), runtime.Version(), b.runs)
	wanted := func(what string) bool { return b.only == "" || b.only == what }
	if b.images > 0 && wanted("ingest") {
		if err := b.imagenet(); err != nil {
			return err
		}
	}
	if b.pages > 0 && wanted("ingest") {
		if err := b.coco(); err != nil {
			return err
		}
	}
	if wanted("stats") {
		if err := b.stats(); err != nil {
			return err
		}
	}
	if b.images > 0 && wanted("targets") {
		if err := b.targets(); err != nil {
			return err
		}
	}
	if b.images > 0 && wanted("stores") {
		if err := b.stores(); err != nil {
			return err
		}
	}
	if b.images > 0 && wanted("partial") {
		if err := b.partial(); err != nil {
			return err
		}
	}
	if wanted("loader") {
		return b.loader()
	}
	return nil
}

func (b *bench) imagenet() error {
	data := filepath.Join(b.dir, "imagenet")
	archive, store := filepath.Join(data, "imagenet_ab.tar.gz"), filepath.Join(b.dir, "store-imagenet")
	if err := b.synth("imagenet", b.images, data, archive); err != nil {
		return err
	}
	gz := command{"`gzip -dc`", []string{"gzip", "-dc", archive}, ""}
	ours := command{"`abtool ingest`", []string{b.abtool, "ingest", archive, "--out", store,
		"--force", "--quiet"}, store}
	res, err := b.compare(gz, ours)
	if err != nil {
		return err
	}
	out := fileSize(filepath.Join(store, "imagenet", "annotations.parquet"))
	fmt.Printf("ImageNet: %d images in a tar.gz of %.0f MB\n\n", b.images, mb(fileSize(archive)))
	table(res, 0)
	fmt.Printf("\nannotations.parquet: %.1f MB, %.0f bytes per image\n\n", mb(out), float64(out)/float64(b.images))
	return nil
}

func (b *bench) coco() error {
	data := filepath.Join(b.dir, "coco")
	file, store := filepath.Join(data, "coco_ab.json"), filepath.Join(b.dir, "store-coco")
	if err := b.synth("coco", b.pages, data, file); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	parquet := filepath.Join(b.dir, "duckdb.parquet")
	ours := command{"`abtool ingest`", []string{b.abtool, "ingest", file, "--out", store,
		"--force", "--quiet"}, store}
	explicit := command{"DuckDB `read_json`, given columns",
		[]string{self, "duckdb-explicit", file, parquet}, parquet}
	auto := command{"DuckDB `read_json`, detected columns", []string{self, "duckdb-auto", file, parquet}, parquet}
	res, err := b.compare(explicit, auto, ours)
	if err != nil {
		return err
	}
	fmt.Printf("COCO: %d pages in a JSON array of %.0f MB\n\n", b.pages, mb(fileSize(file)))
	table(res, 2)
	out := fileSize(filepath.Join(store, "coco", "annotations.parquet"))
	fmt.Printf("\nannotations.parquet: %.1f MB, %.1f %% of the JSON; DuckDB's: %.1f MB\n\n", mb(out),
		100*float64(out)/float64(fileSize(file)), mb(fileSize(parquet)))
	return nil
}

func (b *bench) synth(set string, n int, dir, file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	return b.quiet(b.abtool, "synth", set, "--images", fmt.Sprint(n), "--out", dir, "--quiet")
}

func (b *bench) quiet(name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}

type command struct {
	name string
	args []string
	out  string // file or folder that is removed before each run
}

// usage has the time and memory that a process took.
type usage struct {
	name      string
	wall, cpu time.Duration
	peak      int64 // bytes
}

// compare runs the commands in turns and returns the median of each figure.
func (b *bench) compare(commands ...command) ([]usage, error) {
	all := make([][]usage, len(commands))
	for range b.runs {
		for i, c := range commands {
			u, err := measure(c)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], u)
		}
	}
	out := make([]usage, len(commands))
	for i, us := range all {
		out[i] = usage{commands[i].name,
			median(us, func(u usage) time.Duration { return u.wall }),
			median(us, func(u usage) time.Duration { return u.cpu }),
			median(us, func(u usage) int64 { return u.peak })}
	}
	return out, nil
}

func median[T int64 | time.Duration](us []usage, f func(usage) T) T {
	vs := make([]T, len(us))
	for i, u := range us {
		vs[i] = f(u)
	}
	return T(stat.Median(vs))
}

func measure(c command) (usage, error) {
	if c.out != "" {
		os.RemoveAll(c.out)
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if err != nil {
		return usage{}, fmt.Errorf("%v: %w", c.args, err)
	}
	ps := cmd.ProcessState
	u := usage{c.name, wall, ps.UserTime() + ps.SystemTime(), 0}
	if r, ok := ps.SysUsage().(*syscall.Rusage); ok {
		u.peak = int64(r.Maxrss) * 1024
		if runtime.GOOS == "darwin" {
			u.peak /= 1024
		}
	}
	return u, nil
}

// table prints the figures, and their ratios to row number base.
func table(us []usage, base int) {
	of := us[base]
	fmt.Println("| | wall | CPU | peak memory | wall, ratio | CPU, ratio | memory, ratio |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, u := range us {
		fmt.Printf("| %s | %.2f s | %.2f s | %.0f MB | %.2f | %.2f | %.2f |\n", u.name, u.wall.Seconds(),
			u.cpu.Seconds(), mb(u.peak),
			u.wall.Seconds()/of.wall.Seconds(), u.cpu.Seconds()/of.cpu.Seconds(),
			float64(u.peak)/float64(max(of.peak, 1)))
	}
}

func mb(n int64) float64 { return float64(n) / 1e6 }

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

const cocoColumns = `{image_id: 'BIGINT', originalImageHeight: 'INTEGER', originalImageWidth: 'INTEGER', imageHeight: 'DOUBLE', imageWidth: 'DOUBLE',
	timeSpent: 'BIGINT', worker_id: 'VARCHAR', hit_id: 'VARCHAR', page_id: 'INTEGER',
	actionHistories: 'STRUCT(actionType VARCHAR, iconType VARCHAR, pointFrom STRUCT(x DOUBLE, y DOUBLE), pointTo STRUCT(x DOUBLE, y DOUBLE), timeAt BIGINT)[]',
	categoryHistories: 'STRUCT(categoryIndex INTEGER, categoryName VARCHAR, timeAt BIGINT, usingKeyboard BOOLEAN)[]',
	mouseTracking: 'STRUCT(x DOUBLE, y DOUBLE, timeAt BIGINT)[]'}`

// duckdb converts the JSON to Parquet.
func duckdb(explicit bool, in, out string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	columns := ""
	if explicit {
		columns = ", columns = " + cocoColumns
	}
	_, err = db.Exec(fmt.Sprintf("COPY (SELECT * FROM read_json('%s', format = 'array'%s)) TO '%s' (FORMAT "+
		"parquet, COMPRESSION zstd)", in, columns, out))
	return err
}
