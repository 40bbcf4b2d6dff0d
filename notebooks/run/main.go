// Command run executes the notebooks in the folder above it. Run it in a clone of the repository:
//
//	go run ./notebooks/run            execute all, write their outputs, render them as HTML
//	go run ./notebooks/run --check    execute all, and fail if an output differs from the saved one
//	go run ./notebooks/run 02         only notebooks whose names begin with 02
//
// It builds the Go kernel and abtool in a temporary folder and installs nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintln(stderr, "Executes the notebooks whose names begin with one of the arguments, or all "+
			"without arguments.\n\n  go run ./notebooks/run [--check] [--html DIR] [NAME...]\n\nFlags:")
		f.PrintDefaults()
	}
	check := f.Bool("check", false, "write no notebook, and fail if an output differs from the saved one")
	html := f.String("html", "", "folder for the pages (default: notebooks/html; with --check, no pages)")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := runAll(ctx, f.Args(), *check, *html, stdout); err != nil {
		fmt.Fprintln(stderr, "notebooks:", err)
		return 1
	}
	return 0
}

func runAll(ctx context.Context, names []string, check bool, html string, stdout io.Writer) error {
	root, err := checkout()
	if err != nil {
		return err
	}
	files, err := choose(filepath.Join(root, "notebooks"), names)
	if err != nil {
		return err
	}
	j, err := newJupyter(ctx, root)
	if err != nil {
		return err
	}
	defer j.close()
	said, errs := make([]string, len(files)), make([]error, len(files))
	var wg sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i, file := range files {
		wg.Go(func() {
			turn <- struct{}{}
			start := time.Now()
			if err := one(ctx, j, file, check, html); err != nil {
				errs[i] = fmt.Errorf("%s: %w", filepath.Base(file), err)
			}
			said[i] = fmt.Sprintf("%s: %.0f s\n", filepath.Base(file), time.Since(start).Seconds())
			<-turn
		})
	}
	wg.Wait()
	io.WriteString(stdout, strings.Join(said, ""))
	return errors.Join(append(errs, ctx.Err())...)
}

// atOnce is the number of notebooks that are executed at the same time. Linking keeps only one processor
// busy.
const atOnce = 2

// one executes a notebook and compares its outputs or writes them.
func one(ctx context.Context, j *jupyter, file string, check bool, html string) error {
	have, err := read(file)
	if err != nil {
		return err
	}
	path, err := j.execute(ctx, file)
	if err != nil {
		return err
	}
	now, err := read(path)
	if err != nil {
		return err
	}
	now.tidy()
	if err := now.faults(j.root); err != nil {
		return err
	}
	if check {
		if err := now.differs(have); err != nil {
			return err
		}
	} else if err := now.write(file); err != nil {
		return err
	}
	if html == "" && !check {
		html = filepath.Join(filepath.Dir(file), "html")
	}
	if html == "" {
		return nil
	}
	if err := now.write(path); err != nil {
		return err
	}
	return j.render(ctx, path, html)
}

// checkout returns the root of the clone that the command is called in.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "notebooks", "kernel", "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in a clone of abtool", dir)
		}
	}
}

// choose returns the notebooks whose names begin with one of the names, or all notebooks if no name is given.
func choose(dir string, names []string) (files []string, err error) {
	all, err := filepath.Glob(filepath.Join(dir, "*.ipynb"))
	if err != nil || len(names) == 0 {
		return all, err
	}
	for _, name := range names {
		n := len(files)
		for _, f := range all {
			if strings.HasPrefix(filepath.Base(f), name) {
				files = append(files, f)
			}
		}
		if len(files) == n {
			return nil, fmt.Errorf("no notebook has a name that begins with %q", name)
		}
	}
	return files, nil
}
