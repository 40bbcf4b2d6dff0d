package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	"abtool/reports/chart"
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
	if err = o.check(table.Accuracy); err != nil {
		return err
	}
	note := notes(s.err, quiet)
	var answered []string
	var real *sets.Real
	switch {
	case o.named(dirs) && len(o.sets) > 0:
		folder := o.out
		if folder == "" {
			if folder, err = os.MkdirTemp("", "abtool-eval-"); err != nil {
				return err
			}
			defer os.RemoveAll(folder)
		}
		if o.network.New, err = engine.maker(); err != nil {
			return err
		}
		bar := ui.NewBar(s.err, quiet, ui.Count)
		defer bar.Clear()
		o.Progress = func(set string, done, total int) { bar.Set(set, int64(done), int64(total)) }
		answered, real, err = o.evaluateAll(ctx, dirs, folder, func(text string) { bar.Clear(); note(text) })
		if err != nil {
			return err
		}
		bar.Clear()
	case o.named(dirs):
		return usage.Errorf("--set is missing: the images to evaluate the network on. --from has only answers")
	default:
		if real, err = sets.OpenReal(o.sets); err != nil {
			return err
		}
		if real != nil {
			for _, text := range real.Notes {
				note(text)
			}
		}
	}
	var labels metric.Real
	if real != nil {
		labels = real.Labels
	}
	networks, err := eval.Read(answered, nil, labels)
	if err != nil {
		return err
	}
	var names []string
	for _, n := range networks {
		names = append(names, n.About.Network)
	}
	before, err := eval.Read(o.from, names, labels)
	if err != nil {
		return err
	}
	networks = append(networks, before...)
	return o.show(s, table.Make(networks), note)
}

// check returns an error for options that are wrong whatever the networks are. title is the table's.
func (o *benchmarkOptions) check(title string) error {
	if !slices.Contains(tableFormats, o.format) {
		return usage.Errorf("--format %s: give one of %s", o.format, strings.Join(tableFormats, ", "))
	}
	if o.network.View != "" {
		if _, err := view.Parse(o.network.View, 1); err != nil {
			return usage.Error(err)
		}
	}
	if o.out != "" {
		if err := eval.CheckFolder(o.out, title); err != nil {
			return usage.Errorf("--out: %w", err)
		}
	}
	return nil
}

// show prints a table, and writes the tables and the page with the figures into --out.
func (o *benchmarkOptions) show(s streams, t *table.Table, note func(string), figures ...chart.Figure) (err error) {
	if o.out != "" {
		page, err := reports.Evaluation(t, o.out, figures...)
		if err != nil {
			return err
		}
		what := "the tables and the page are"
		if t.Title == table.Accuracy {
			what = "the tables, the page and the outputs of each network are"
		}
		note(what + " in " + o.out + ": " + filepath.Base(page))
		for _, f := range figures {
			note("maps were drawn: " + filepath.Join(o.out, filepath.FromSlash(f.File("png", false))))
		}
	}
	return ui.Print(s.out, func(w io.Writer) { err = errors.Join(err, o.print(w, t)) })
}

// notes returns a function that prints notes, unless quiet is true.
func notes(w io.Writer, quiet bool) func(string) {
	return func(text string) {
		if !quiet {
			ui.Note(w, text)
		}
	}
}

// named reports whether a network is named, and not only outputs.
func (o *benchmarkOptions) named(dirs []string) bool {
	return len(dirs) > 0 || o.network.Weights != "" || o.network.Arch != ""
}

// networks returns the networks that the arguments and flags name.
func (o *benchmarkOptions) networks(dirs []string) (list []eval.NetworkOptions) {
	one := o.network
	one.Workers = o.Workers
	if len(dirs) == 0 {
		return []eval.NetworkOptions{one}
	}
	for _, one.Run = range dirs {
		list = append(list, one)
	}
	return list
}

// evaluateAll runs all networks over the sets, and returns the folders with their outputs and the labels of ReaL.
func (o *benchmarkOptions) evaluateAll(ctx context.Context, dirs []string, out string, note func(string)) (places []string, real *sets.Real, err error) {
	list := o.networks(dirs)
	if err := distinct(list); err != nil { // before the first one takes hours
		return nil, nil, err
	}
	for i := range list {
		places = append(places, filepath.Join(out, list[i].Name))
	}
	for i, network := range list {
		if real, err = o.evaluate(ctx, network, places[i], note); err != nil {
			return nil, nil, err
		}
	}
	return places, real, nil
}

// distinct names the networks, and returns an error if two have the same name.
func distinct(list []eval.NetworkOptions) (err error) {
	for i := range list {
		if list[i].Name, err = list[i].Label(); err != nil {
			return err
		}
		for _, other := range list[:i] {
			if other.Name == list[i].Name {
				if filepath.Clean(other.Run) == filepath.Clean(list[i].Run) {
					return usage.Errorf("the run %s is given twice", list[i].Run)
				}
				return usage.Errorf("two of the runs are named %s: rename or copy one of the folders", list[i].Name)
			}
		}
	}
	return nil
}

// evaluate runs a network over the sets, and keeps the outputs in a folder. It returns the labels of ReaL.
func (o *benchmarkOptions) evaluate(ctx context.Context, network eval.NetworkOptions, place string, note func(string)) (*sets.Real, error) {
	n, err := eval.OpenNetwork(network)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	c, err := o.open(n, note)
	if err != nil {
		return nil, err
	}
	holes := o.holes
	if !o.holesGiven {
		holes = []int{n.View.Size / 2}
	}
	for _, h := range holes {
		if h < 0 || h > n.View.Size {
			return nil, usage.Errorf("--hole %d: %s reads images of %d pixels", h, n.Name, n.View.Size)
		}
	}
	var list []*sets.Set
	for _, s := range c.Sets {
		if (s.Geometry == view.AsIs || s.Geometry == view.Crop) && n.View.Size != fixedSize {
			note(fmt.Sprintf("set %s is left out: its images have %d × %[2]d pixels as they are, and %s reads %d × %[4]d", s.Name, fixedSize, n.Name, n.View.Size))
			continue
		}
		noteSet(s, note)
		list = append(list, s)
		if s.Kind == sets.ImageNet {
			for _, hole := range holes {
				list = append(list, s.Occluded(hole))
			}
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no set is left to evaluate on: the notes above say why")
	}
	had, err := eval.Keep(ctx, n, list, place, o.Options)
	if len(had) > 0 {
		note(fmt.Sprintf("%s was evaluated before on %s, and its answers are used again", n.Name, strings.Join(had, ", ")))
	}
	if err != nil && o.out != "" && !errors.Is(err, eval.ErrAnotherNetwork) {
		err = fmt.Errorf("%w; what was finished is in %s, and the same command continues", err, place)
	}
	return c.Real, err
}

// open opens the sets for a network, and says what was left out, and what the network's weights say otherwise.
func (o *benchmarkOptions) open(n *eval.Network, note func(string)) (*sets.Collection, error) {
	c, err := sets.Open(o.sets, n.Classes)
	if err != nil {
		return nil, err
	}
	for _, text := range n.Notes {
		note(text)
	}
	for _, text := range c.Notes {
		note(text)
	}
	return c, nil
}

func noteSet(s *sets.Set, note func(string)) {
	for _, text := range s.Notes {
		note("set " + s.Name + ": " + text)
	}
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
