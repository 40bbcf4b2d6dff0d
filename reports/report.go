package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/imagefile"
	"abtool/internal/parallel"
	"abtool/internal/replace"
	"abtool/internal/usage"
	"abtool/reports/chart"
	"abtool/store"
)

// Options select the contents of a report.
type Options struct {
	Out      string   // folder to write; it is created or, with Force, replaced
	Title    string   // title of the page; empty gives one with the store's name
	Only     []string // figures, statistics or data sets by name, or the paper's ids; empty selects all
	Compare  string   // another store to compare with
	Images   string   // images to draw examples on, as for abtool train
	Examples int      // number of traces to draw for each data set; 0 is DefaultExamples
	Force    bool     // whether to replace a report in Out
	Stats    result.Options
	Progress func(what string, done, total int64) // may be called from several goroutines
}

// DefaultExamples is the number of traces that are drawn for each data set.
const DefaultExamples = 6

// A Report lists what Make wrote.
type Report struct {
	Figures []chart.Figure // figures that were drawn
	Missing []chart.Figure // figures that lack data; the page says which data
	Files   []string       // files in Out
	Bytes   int64          // size of the page
	Notes   []string       // sentences about missing images of traces
}

// Make computes the statistics of a store, draws their figures and writes index.html, report.md, stats.json
// and figures/. The same store and options give the same bytes. Make replaces Out as a whole, after
// everything is written.
func Make(ctx context.Context, dir string, o Options) (*Report, error) {
	if o.Out == "" {
		return nil, usage.Errorf("no folder to write to is given")
	}
	if _, err := os.Lstat(o.Out); err == nil && !o.Force {
		return nil, fmt.Errorf("%s already exists: give --force to replace it, or another --out", o.Out)
	}
	if o.Examples == 0 {
		o.Examples = DefaultExamples
	}
	if o.Images != "" {
		if _, err := imagefile.Places(o.Images); err != nil {
			return nil, usage.Errorf("--images: %w", err)
		}
	}
	sum, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	p := page{options: o, store: dir, summary: sum}
	if err := p.compute(ctx); err != nil {
		return nil, err
	}
	if p.photos, err = chart.OpenPhotos(o.Images, p.examples); err != nil {
		return nil, err
	}
	defer p.photos.Close()
	if p.figures, err = p.only(p.all()); err != nil {
		return nil, err
	}
	files, err := p.render(ctx)
	if err != nil {
		return nil, err
	}
	r := &Report{Bytes: int64(len(files["index.html"])), Notes: p.photos.Notes()}
	for _, f := range p.figures {
		if f.Missing != "" {
			r.Missing = append(r.Missing, f)
		} else {
			r.Figures = append(r.Figures, f)
		}
	}
	for name := range files {
		r.Files = append(r.Files, name)
	}
	slices.Sort(r.Files)
	return r, writeFolder(o.Out, r.Files, files)
}

// progress reports the progress of a stage.
func (o *Options) progress(what string, done, total int) {
	if o.Progress != nil {
		o.Progress(what, int64(done), int64(total))
	}
}

// A page is a report while it is made.
type page struct {
	options    Options
	store      string
	summary    *store.Account
	document   *result.Document
	comparison *analysis.Comparison
	examples   []result.Example
	photos     *chart.Photos
	figures    []chart.Figure
}

func (p *page) compute(ctx context.Context) (err error) {
	s := p.options.Stats
	s.Progress = func(done, total int64) {
		if p.options.Progress != nil {
			p.options.Progress("rows", done, total)
		}
	}
	if p.document, err = analysis.Run(ctx, p.store, s); err != nil {
		return err
	}
	if p.options.Compare != "" {
		s.Seed++
		other, err := analysis.Run(ctx, p.options.Compare, s)
		if err != nil {
			return err
		}
		p.comparison = analysis.Differences(p.document, other)
	}
	p.options.progress("examples", 0, 1)
	o := result.ExampleOptions{N: p.options.Examples, Seed: s.Seed, Hide: s.Hide, Jobs: s.Jobs}
	p.examples, err = analysis.Examples(ctx, p.store, o)
	return err
}

// all returns the figures that the statistics allow.
func (p *page) all() (out []chart.Figure) {
	for i := range p.document.DataSets {
		s := chart.NewSource(&p.document.DataSets[i])
		out = append(out, figuresOf(s)...)
		set := setOf(s.Set)
		out = append(out, set.traces.Figure(p.examples, p.photos).OrEmpty(set.recordsOf(s)))
	}
	if p.comparison != nil {
		out = append(out, Differences(p.comparison)...)
	}
	return out
}

// only returns the figures that Only selects, by name, statistic, paper's id or data set.
func (p *page) only(all []chart.Figure) (out []chart.Figure, err error) {
	if len(p.options.Only) == 0 {
		return all, nil
	}
	found := map[string]bool{}
	for _, f := range all {
		keep := false
		for _, name := range p.options.Only {
			if means(&f, name) {
				keep, found[name] = true, true
			}
		}
		if keep {
			out = append(out, f)
		}
	}
	for _, name := range p.options.Only {
		if !found[name] {
			var names []string
			for _, f := range all {
				names = append(names, f.Name)
			}
			return nil, usage.Errorf("this store has no figure %q; its figures are %s",
				name, strings.Join(names, ", "))
		}
	}
	return out, nil
}

// means reports whether a name that a user gives selects the figure: the figure's name, or the name of a
// statistic that it shows.
func means(f *chart.Figure, name string) bool {
	if name == f.Name || name == f.Set || f.Set+"-"+name == f.Name {
		return true
	}
	return slices.ContainsFunc(analysis.Catalogue(), func(e *result.Entry) bool {
		return e.Set == f.Set && e.Is(name) && slices.Contains(f.Statistics, e.Name)
	})
}

// render returns all files by name. It draws figures on all processors.
func (p *page) render(ctx context.Context) (map[string][]byte, error) {
	type job struct {
		f      *chart.Figure
		format string
		inDark bool
	}
	var jobs []job
	for i := range p.figures {
		if p.figures[i].Missing != "" {
			continue
		}
		for _, format := range chart.Formats {
			jobs = append(jobs, job{&p.figures[i], format, false}, job{&p.figures[i], format, true})
		}
	}
	files := map[string][]byte{}
	var mu sync.Mutex
	done := 0
	err := parallel.Each(ctx, 0, len(jobs), func(_, i int) error {
		j := jobs[i]
		var b bytes.Buffer
		if err := j.f.Write(&b, j.format, j.inDark); err != nil {
			return fmt.Errorf("drawing %s: %w", j.f.Name, err)
		}
		mu.Lock()
		defer mu.Unlock()
		files[j.f.File(j.format, j.inDark)] = b.Bytes()
		done++
		p.options.progress("figures", done, len(jobs))
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out any = p.document
	if p.comparison != nil {
		out = struct {
			*result.Document
			Comparison *analysis.Comparison `json:"comparison"`
		}{p.document, p.comparison}
	}
	stats, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, err
	}
	files["stats.json"] = append(stats, '\n')
	files["report.md"] = p.markdown()
	if files["index.html"], err = p.html(files); err != nil {
		return nil, err
	}
	return files, nil
}

// writeFolder writes files to a temporary folder next to out and then replaces out by it.
func writeFolder(out string, names []string, files map[string][]byte) error {
	out = filepath.Clean(out)
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(out), filepath.Base(out)+".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		path := filepath.Join(temp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o666); err != nil {
			return err
		}
	}
	if _, err := os.Lstat(out); err == nil {
		if err := ours(out); err != nil {
			return err
		}
	}
	return replace.Dir(temp, out, temp+".old")
}

// ours returns an error unless a folder is empty or has only the files of a report. Other folders are never
// replaced.
func ours(out string) error {
	entries, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	for _, e := range entries {
		if !slices.Contains([]string{"figures", "index.html", "report.md", "stats.json"}, e.Name()) {
			return fmt.Errorf("%s contains %s, which is not part of a report: give another --out", out, e.Name())
		}
	}
	return nil
}
