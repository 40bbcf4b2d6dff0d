package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"abtool/eval"
	"abtool/eval/cam"
	"abtool/eval/removal"
	"abtool/eval/sets"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/store"
	"abtool/train/data"
)

// attentionOptions are the options of abtool eval that measure where a network looks: class activation maps, and
// images without the objects of a class.
type attentionOptions struct {
	cam     string
	rollout bool
	remove  string
	edited  string
}

// An attention is what was measured of a network: one of the three.
type attention struct {
	Network      string           `json:"network"`
	View         string           `json:"view"`
	Localisation *cam.Localised   `json:"localisation,omitempty"`
	MaxBoxAccV2  *float64         `json:"max_box_acc_v2,omitempty"`
	Rollout      bool             `json:"rollout,omitempty"`
	Masks        *cam.ClassPxAP   `json:"masks,omitempty"`
	Removal      *removal.Result  `json:"removal,omitempty"`
	How          *removalProtocol `json:"protocol,omitempty"`
	Set          string           `json:"set,omitempty"`
	Without      int64            `json:"images_left_out,omitempty"`
}

type removalProtocol struct {
	Fill     removal.Fill `json:"fill"`
	Dilation int          `json:"dilation_px"`
	Limit    float64      `json:"limit"`
}

// localise compares class activation maps with boxes, on the sets that have one class for each image.
func (o *benchmarkOptions) localise(ctx context.Context, s streams, dirs []string, engine engineOptions, a attentionOptions, json, quiet bool) (err error) {
	if o.network.New, err = engine.maker(); err != nil {
		return err
	}
	how := eval.LocaliseOptions{Rollout: a.rollout, Workers: o.Workers}
	if how.Truth, err = boxesAt(ctx, a.cam); err != nil {
		return err
	}
	bar := ui.NewBar(s.err, quiet, ui.Count)
	defer bar.Clear()
	print := notes(s.err, quiet)
	note := func(text string) { bar.Clear(); print(text) }
	var out []attention
	for _, network := range o.networks(dirs) {
		n, err := eval.Describe(network)
		if err != nil {
			return err
		}
		c, err := o.open(n.Classes, note)
		if err != nil {
			return err
		}
		for _, set := range c.Sets {
			noteSet(set, note)
			if set.Kind != sets.ImageNet && set.Kind != sets.Folder && set.Kind != sets.V2 {
				continue
			}
			how.Progress = func(done, total int) { bar.Set(set.Name, int64(done), int64(total)) }
			l, err := eval.Localise(ctx, network, set, how)
			if err != nil {
				return err
			}
			if l.Images == 0 {
				return fmt.Errorf("%s has no boxes of the images of set %s", a.cam, set.Name)
			}
			v2 := l.MaxBoxAccV2()
			out = append(out, attention{Network: l.Name, View: l.View, Set: set.Name, Localisation: l.Localised, MaxBoxAccV2: &v2, Rollout: l.Rollout})
		}
	}
	bar.Clear()
	if len(out) == 0 {
		return usage.Errorf("--cam compares maps with boxes of the sets imagenet, v2 and folder: give one of them")
	}
	return printAttention(s, out, json)
}

// boxesAt opens boxes of ground truth: a store, or the folder of clovaai/wsolevaluation's metadata.
func boxesAt(ctx context.Context, place string) (func(path string) (cam.Image, bool), error) {
	if account, err := store.Read(place); err == nil {
		if account.DataSet("imagenet") == nil {
			return nil, usage.Errorf("--cam %s: the store has no boxes of ImageNet's images. Maps are compared with the masks of a COCO store with --images", place)
		}
		s, err := cam.OpenStore(ctx, place)
		if err != nil {
			return nil, err
		}
		return s.ByPath, nil
	}
	list, err := cam.ReadMetadata(place)
	if err != nil {
		return nil, fmt.Errorf("--cam %s is neither a store with boxes nor a folder of wsolevaluation's metadata: %w", place, err)
	}
	return cam.ByPath(list), nil
}

// objects compares a network for several labels with the objects of COCO's images: maps with masks (--cam), or
// scores with and without the objects of a class (--remove).
func (o *evalOptions) objects(ctx context.Context, s streams, dir string, a attentionOptions) (err error) {
	b := &o.benchmark
	if b.network.New, err = o.engine.maker(); err != nil {
		return err
	}
	b.network.Run = dir
	src, err := data.Open(o.Images)
	if err != nil {
		return err
	}
	defer src.Close()
	n, err := eval.Describe(b.network)
	if err != nil {
		return err
	}
	if !n.Multi {
		return usage.Errorf("%s finds one class in an image: --remove is for networks of several labels, and --cam compares its maps with boxes on --set", dir)
	}
	set := &data.Set{Source: src, Classes: n.Classes, Multi: true}
	for i := range src.Len() {
		set.Images = append(set.Images, data.Image{Source: i, ID: src.Item(i).ID})
	}
	bar := ui.NewBar(s.err, o.quiet, ui.Count)
	defer bar.Clear()
	with := eval.ObjectOptions{Store: a.cam, Workers: o.Workers, Progress: func(done, total int) { bar.Set("images", int64(done), int64(total)) }}
	out := attention{Network: dir}
	if a.remove != "" {
		with.Store = o.Truth
		fill, err := removal.ParseFill(a.remove)
		if err != nil {
			return usage.Error(err)
		}
		how := removal.Default(fill)
		if fill == removal.Given {
			account, err := store.Read(o.Truth)
			if err != nil {
				return err
			}
			categories := make([]store.Category, len(n.Classes)) // the zero value for a class that the store does not have
			for k, name := range n.Classes {
				for _, d := range account.DataSets {
					if i := slices.IndexFunc(d.Categories, func(c store.Category) bool { return c.Name == name }); i >= 0 {
						categories[k] = d.Categories[i]
					}
				}
			}
			if _, err := os.Stat(a.edited); err != nil {
				return usage.Errorf("--edited: %w", err)
			}
			how.Given = removal.Folder(a.edited, categories)
		}
		rows, seen, err := eval.Remove(ctx, b.network, set, how, with)
		if err != nil {
			return err
		}
		out.View, out.Removal = seen, removal.Reduce(rows)
		if out.Removal.Pairs == 0 {
			return fmt.Errorf("%s has no pair of classes that could be removed: no image of %s has the objects of two classes there, or no edited image was found", with.Store, o.Images)
		}
		out.Without = int64(len(set.Images)) - out.Removal.Images
		out.How = &removalProtocol{how.Fill, how.Dilation, how.Limit}
	} else {
		result, seen, err := eval.Masks(ctx, b.network, set, with)
		if err != nil {
			return err
		}
		if result.Pairs == 0 {
			return fmt.Errorf("%s has no objects of the images of %s", with.Store, o.Images)
		}
		out.View, out.Masks = seen, &result
	}
	bar.Clear()
	return printAttention(s, []attention{out}, o.json)
}

func printAttention(s streams, list []attention, json bool) error {
	if json {
		return ui.PrintJSON(s.out, list)
	}
	return ui.Print(s.out, func(w io.Writer) {
		for i := range list {
			if i > 0 {
				fmt.Fprintln(w)
			}
			list[i].print(w)
		}
	})
}

func (a *attention) print(w io.Writer) {
	about := a.Network
	if a.Set != "" {
		about += " on " + a.Set
	}
	fmt.Fprintf(w, "%s, view %s\n", about, a.View)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	line := func(name string, value float64, interval *stat.Interval, of string) {
		text := ""
		if interval != nil {
			text = ui.Percent(interval.Low, 2) + " to " + ui.Percent(interval.High, 2)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", name, ui.Percent(value, 2), text, of)
	}
	switch {
	case a.Localisation != nil:
		l := a.Localisation
		of := ui.Thousands(l.Images) + " images"
		share := func(name string, s cam.Share) {
			line(name, s.Value(), s.Interval(), fmt.Sprintf("%s, threshold %.3f", of, s.Tau))
		}
		share("top-1 localisation", l.Top1)
		share("  at the best threshold", l.MaxTop1)
		share("GT-known localisation", l.GTKnown)
		share("  at the best threshold (MaxBoxAcc)", l.MaxBoxAcc)
		line("MaxBoxAccV2", *a.MaxBoxAccV2, nil, of+", mean over IoU 0.3, 0.5 and 0.7")
		for k, iou := range []string{"0.3", "0.5", "0.7"} {
			share("  IoU "+iou, l.ByIoU[k])
		}
		if l.Without > 0 {
			fmt.Fprintf(t, "  %s images without boxes are left out\n", ui.Thousands(l.Without))
		}
	case a.Masks != nil:
		line("mPxAP", a.Masks.Mean, nil, fmt.Sprintf("%d classes, %s pairs of an image and a class", a.Masks.Classes, ui.Thousands(a.Masks.Pairs)))
		line("  mean over images", a.Masks.ByImage, nil, "")
	default:
		r := a.Removal
		of := fmt.Sprintf("%s pairs of %s images", ui.Thousands(r.Pairs), ui.Thousands(r.Images))
		for _, m := range []struct {
			name string
			m    removal.Measure
		}{{"V_min ↓", r.VMin}, {"V_avg ↓", r.VAvg}, {"Δ_min", r.DeltaMin}, {"Δ_avg", r.DeltaAvg}} {
			line(m.name, m.m.Value, m.m.Interval, of)
			line("  mean over classes", m.m.ByClass, m.m.ByClassInterval, fmt.Sprintf("%d classes", r.Classes))
		}
		fmt.Fprintf(t, "  fill %s, masks enlarged by %d px, at most %s of an image removed\n", a.How.Fill, a.How.Dilation, ui.Percent(a.How.Limit, 0))
		fmt.Fprintf(t, "  %s edits; %s of them change nothing that the network sees\n", ui.Thousands(r.Edits), ui.Thousands(r.Outside))
		for _, reason := range slices.Sorted(maps.Keys(r.Left)) {
			fmt.Fprintf(t, "  %s edits are left out: %s\n", ui.Thousands(r.Left[reason]), reason)
		}
		if a.Without > 0 {
			fmt.Fprintf(t, "  %s images without objects of two classes in the store are left out\n", ui.Thousands(a.Without))
		}
		if r.Without > 0 {
			fmt.Fprintf(t, "  %s pairs are left out, because the class or all others could not be removed\n", ui.Thousands(r.Without))
		}
	}
}
