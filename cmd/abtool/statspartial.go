package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"abtool/analysis"
	"abtool/internal/replace"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

// runPartial writes what is gathered of stores to a file, unless the file has it.
func (o *statsOptions) runPartial(ctx context.Context, s streams, place string, bar *ui.Bar) error {
	if err := checkPartial(o.partial); err != nil {
		return err
	}
	if p, err := analysis.ReadPartialFile(o.partial, o.Jobs); err == nil && p.Current(place, o.Options) {
		fmt.Fprintf(s.out, "%s is up to date: %s\n", o.partial, accountOf(p))
		return nil
	}
	p, err := analysis.Gather(ctx, place, o.Options)
	bar.Clear()
	if err != nil {
		return err
	}
	return writePartial(s, o.partial, p)
}

// checkPartial returns an error if a file is there that --partial did not write.
func checkPartial(path string) error {
	ours, err := analysis.IsPartialFile(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && ours {
		return nil
	}
	return usage.Errorf("--partial %s: something is there that abtool stats --partial did not write: give another name", path)
}

// writePartial writes a file and says what it has.
func writePartial(s streams, path string, p *analysis.Partial) error {
	if err := replace.File(path, p.Write); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s, %s\n", path, accountOf(p), ui.Size(info.Size()))
	return nil
}

func accountOf(p *analysis.Partial) string {
	stores, records := p.Stores(), int64(0)
	for _, x := range stores {
		records += x.Records
	}
	return fmt.Sprintf("%s, %s", plural(len(stores), "store"), plural(int(records), "record"))
}

// notWithMerge are the flags whose values come from the files.
var notWithMerge = []string{"by", "bootstrap", "seed", "sigma", "hide-workers", "min-recall", "min-selected", "min-pages", "min-precision", "min-coco-pages"}

// runMerge merges files, and prints the statistics of all their stores, or writes them to another file.
func (o *statsOptions) runMerge(ctx context.Context, s streams, flags *pflag.FlagSet, files []string) error {
	for _, name := range notWithMerge {
		if flags.Changed(name) {
			return usage.Errorf("--%s goes with --partial: --merge takes the options that its files were computed with", name)
		}
	}
	if o.partial != "" {
		if err := checkPartial(o.partial); err != nil {
			return err
		}
	}
	p, left, err := o.merged(ctx, s, files)
	if err != nil {
		return err
	}
	if o.partial != "" {
		err = writePartial(s, o.partial, p)
	} else {
		if !o.quiet {
			ui.Note(s.err, fmt.Sprintf("merged %s: %s", plural(len(files)-left, "file"), accountOf(p)))
		}
		err = o.printMerged(ctx, s, p)
	}
	if err == nil && left > 0 {
		return usage.ErrRejected
	}
	return err
}

func (o *statsOptions) printMerged(ctx context.Context, s streams, p *analysis.Partial) error {
	if o.compare == "" {
		return o.print(s, p.Document())
	}
	other, err := o.other(ctx, p)
	if err != nil {
		return err
	}
	c, err := analysis.ComparePartials(p, other)
	if err != nil {
		return err
	}
	return o.printComparison(s, c)
}

// other returns what --compare names: a file of --partial, or a store.
func (o *statsOptions) other(ctx context.Context, p *analysis.Partial) (*analysis.Partial, error) {
	if info, err := os.Stat(o.compare); err == nil && !info.IsDir() {
		return analysis.ReadPartialFile(o.compare, o.Jobs)
	}
	options := p.Options()
	if options.Tool = version(); options.Bootstrap == 0 {
		options.Bootstrap = -1
	}
	return analysis.Gather(ctx, o.compare, options)
}

// merged merges files in order, neighbours of the same number of files first, so that each is merged only a few times. Of
// damaged files, it returns the number.
func (o *statsOptions) merged(ctx context.Context, s streams, files []string) (p *analysis.Partial, left int, err error) {
	type run struct {
		*analysis.Partial
		files int
	}
	var runs []run
	fold := func(all bool) error {
		for n := len(runs); n > 1 && (all || runs[n-2].files <= runs[n-1].files); n = len(runs) {
			if err := runs[n-2].Merge(runs[n-1].Partial); err != nil {
				return err
			}
			runs[n-2].files += runs[n-1].files
			runs = runs[:n-1]
		}
		return nil
	}
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil, 0, usage.Errorf("%s is a folder: --merge reads the files that --partial wrote", path)
		}
		part, err := analysis.ReadPartialFile(path, o.Jobs)
		switch {
		case err != nil && o.strict, err != nil && !errors.Is(err, analysis.ErrDamaged):
			return nil, 0, err
		case err != nil:
			ui.Note(s.err, fmt.Sprintf("left out: %v", err))
			left++
			continue
		}
		runs = append(runs, run{part, 1})
		if err := fold(false); err != nil {
			return nil, 0, err
		}
	}
	if len(runs) == 0 {
		return nil, 0, fmt.Errorf("none of %s can be read", plural(len(files), "file"))
	}
	if err := fold(true); err != nil {
		return nil, 0, err
	}
	return runs[0].Partial, left, nil
}
