package main

import (
	"context"
	"errors"
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
)

// benchmarkOptions are the options of abtool eval on benchmarks.
type benchmarkOptions struct {
	eval.Options
	network eval.NetworkOptions
	sets    []string
	holes   []int
	from    []string
	out     string
	format  string
	all     bool
}

// mainHole is the side of the hole of the paper's column, in pixels of 224.
const mainHole = 112

func (o *benchmarkOptions) run(ctx context.Context, s streams, dirs []string, engine engineOptions, quiet bool) (err error) {
	if !slices.Contains(tableFormats, o.format) {
		return usage.Errorf("--format %s: give one of %s", o.format, strings.Join(tableFormats, ", "))
	}
	if o.network.View != "" {
		if _, err := view.Parse(o.network.View, 224); err != nil {
			return usage.Error(err)
		}
	}
	note := func(text string) {
		if !quiet {
			ui.Note(s.err, text)
		}
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
		bar := ui.NewBar(s.err, quiet, ui.Count)
		defer bar.Clear()
		o.Progress = func(set string, done, total int) { bar.Set(set, int64(done), int64(total)) }
		var answered []string
		for _, network := range o.networks(dirs) {
			place, r, err := o.evaluate(ctx, network, out, func(text string) { bar.Clear(); note(text) })
			if err != nil {
				return err
			}
			if slices.Contains(answered, place) {
				return usage.Errorf("two of the networks are named %s: copy one, or evaluate it with another --out and join the results with --from", filepath.Base(place))
			}
			answered, real = append(answered, place), r
		}
		bar.Clear()
		places = slices.Concat(answered, o.from)
	} else {
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
	for _, s := range c.Sets {
		for _, text := range s.Notes {
			note("set " + s.Name + ": " + text)
		}
		list = append(list, s)
		if s.Kind == sets.ImageNet {
			for _, hole := range o.holes {
				list = append(list, s.Occluded(hole))
			}
		}
	}
	if len(list) == 0 {
		return "", nil, errors.New("there is no set to evaluate on: see the notes above")
	}
	place := filepath.Join(out, n.Name)
	_, err = eval.Keep(ctx, n, list, place, o.Options)
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
