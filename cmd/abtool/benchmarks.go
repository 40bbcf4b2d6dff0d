package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval"
	"abtool/eval/metric"
	"abtool/eval/sets"
	"abtool/eval/table"
	"abtool/eval/view"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports"
)

// benchmarkOptions are the options of abtool eval on benchmarks.
type benchmarkOptions struct {
	eval.Options
	network    eval.NetworkOptions
	sets       []string
	holes      []int
	holesGiven bool
	from       []string
	out        string
	format     string
	all        bool
}

// fixedSize is the height and width of the images of sets that are not scaled: ImageNet-C and the Backgrounds
// Challenge.
const fixedSize = 224

func (o *benchmarkOptions) run(ctx context.Context, s streams, dirs []string, engine engineOptions, quiet bool) (err error) {
	if !slices.Contains(tableFormats, o.format) {
		return usage.Errorf("--format %s: give one of %s", o.format, strings.Join(tableFormats, ", "))
	}
	if o.network.View != "" {
		if _, err := view.Parse(o.network.View, 1); err != nil {
			return usage.Error(err)
		}
	}
	note := func(text string) {
		if !quiet {
			ui.Note(s.err, text)
		}
	}
	if err := checkOut(o.out); err != nil {
		return err
	}
	var real *sets.Real
	var networks []*metric.Network
	places := o.from
	if len(o.sets) > 0 && (len(dirs) > 0 || o.network.Weights != "" || o.network.Arch != "") {
		out := o.out
		if out == "" {
			if out, err = os.MkdirTemp("", "abtool-eval-"); err != nil {
				return err
			}
			defer os.RemoveAll(out)
		}
		if o.network.New, err = engine.maker(); err != nil {
			return err
		}
		var names []string
		for _, dir := range dirs {
			abs, err := filepath.Abs(dir)
			if err != nil {
				return err
			}
			name := filepath.Base(abs)
			if slices.Contains(names, name) {
				return usage.Errorf("two of the runs are named %s: rename or copy one of the folders", name)
			}
			names = append(names, name)
		}
		bar := ui.NewBar(s.err, quiet, ui.Count)
		defer bar.Clear()
		o.Progress = func(set string, done, total int) { bar.Set(set, int64(done), int64(total)) }
		var answered []string
		for _, network := range o.networks(dirs) {
			place, r, err := o.evaluate(ctx, network, out, func(text string) { bar.Clear(); note(text) })
			if err != nil {
				return err
			}
			answered, real = append(answered, place), r
		}
		bar.Clear()
		places = slices.Concat(answered, o.from)
	} else {
		if len(dirs) > 0 || o.network.Weights != "" || o.network.Arch != "" {
			return usage.Errorf("--set is missing: the images to evaluate the network on. --from has only answers")
		}
		for _, arg := range o.sets {
			file, ok := strings.CutPrefix(arg, "real=")
			if !ok {
				return usage.Errorf("--set %s: give the network to evaluate, a RUN or --arch with --weights. With --from alone, only --set real=FILE is used", arg)
			}
			if real, err = sets.ReadReal(file); err != nil {
				return err
			}
			for _, text := range real.Notes {
				note(text)
			}
		}
	}
	var labels metric.Real
	if real != nil {
		labels = real.Labels
	}
	if networks, err = eval.Read(places, labels); err != nil {
		return err
	}
	t := table.Make(networks)
	if o.out != "" {
		page, err := reports.Evaluation(t, o.out)
		if err != nil {
			return err
		}
		note("the tables, the page and the outputs of each network are in " + o.out + ": " + filepath.Base(page))
	}
	return ui.Print(s.out, func(w io.Writer) { err = errors.Join(err, o.print(w, t)) })
}

// hasImages reports whether a set of images is given, and not only labels of ReaL.
func (o *benchmarkOptions) hasImages() bool {
	return slices.ContainsFunc(o.sets, func(s string) bool { return !strings.HasPrefix(s, "real=") })
}

// checkOut returns an error if a folder has files and none of an evaluation.
func checkOut(dir string) error {
	entries, err := os.ReadDir(dir)
	if dir == "" || errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "table.json")); err == nil {
		return nil
	}
	for _, e := range entries { // an evaluation that was stopped
		if files, _ := filepath.Glob(filepath.Join(dir, e.Name(), "*.parquet")); !e.IsDir() || len(files) == 0 {
			return usage.Errorf("--out %s has files that are not of an evaluation, such as %s: give a folder of its own", dir, e.Name())
		}
	}
	return nil
}

// networks returns the networks that the arguments and flags name.
func (o *benchmarkOptions) networks(dirs []string) (list []eval.NetworkOptions) {
	for _, dir := range dirs {
		n := o.network
		n.Run = dir
		list = append(list, n)
	}
	if len(dirs) == 0 {
		list = append(list, o.network)
	}
	return list
}

// evaluate runs a network over the sets, and returns the folder with its outputs.
func (o *benchmarkOptions) evaluate(ctx context.Context, network eval.NetworkOptions, out string, note func(string)) (string, *sets.Real, error) {
	network.Workers = o.Workers
	n, err := eval.OpenNetwork(network)
	if err != nil {
		return "", nil, err
	}
	defer n.Close()
	c, err := sets.Open(o.sets, n.Classes)
	if err != nil {
		return "", nil, err
	}
	for _, text := range c.Notes {
		note(text)
	}
	var list []*sets.Set
	holes := o.holes
	if !o.holesGiven {
		holes = []int{n.View.Size / 2}
	}
	for _, h := range holes {
		if h < 0 || h > n.View.Size {
			return "", nil, usage.Errorf("--hole %d: %s reads images of %d pixels", h, n.Name, n.View.Size)
		}
	}
	for _, s := range c.Sets {
		if (s.Geometry == view.AsIs || s.Geometry == view.Crop) && n.View.Size != fixedSize {
			note(fmt.Sprintf("set %s is left out: its images have %d × %[2]d pixels as they are, and %s reads %d × %[4]d", s.Name, fixedSize, n.Name, n.View.Size))
			continue
		}
		for _, text := range s.Notes {
			note("set " + s.Name + ": " + text)
		}
		list = append(list, s)
		if s.Kind == sets.ImageNet {
			for _, hole := range holes {
				list = append(list, s.Occluded(hole))
			}
		}
	}
	if len(list) == 0 {
		return "", nil, errors.New("there is no set to evaluate on: see the notes above")
	}
	place := filepath.Join(out, n.Name)
	had, err := eval.Keep(ctx, n, list, place, o.Options)
	if len(had) > 0 {
		note(fmt.Sprintf("%s was evaluated before on %s, and its answers are used again", n.Name, strings.Join(had, ", ")))
	}
	if err != nil && o.out != "" {
		err = fmt.Errorf("%w; what was finished is in %s, and the same command continues", err, place)
	}
	return place, c.Real, err
}

// tableFormats are the values of --format.
var tableFormats = []string{"text", "json", "csv", "markdown"}

func (o *benchmarkOptions) print(w io.Writer, t *table.Table) error {
	how := table.Options{All: o.all}
	switch o.format {
	case "json":
		return t.WriteJSON(w)
	case "csv":
		return t.WriteCSV(w)
	case "markdown":
		return t.WriteMarkdown(w, how)
	}
	return t.WriteText(w, how)
}
