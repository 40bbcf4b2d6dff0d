package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"abtool/eval"
	"abtool/eval/cam"
	"abtool/eval/removal"
	"abtool/eval/sets"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports/chart"
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

// Titles of tables.
const (
	boxesTitle   = "Maps and boxes"
	masksTitle   = "Maps and masks"
	removalTitle = "Scores without objects"
)

// localise compares class activation maps with boxes, on the sets that have one class for each image.
func (o *evalOptions) localise(ctx context.Context, s streams, dirs []string) (err error) {
	b, a := &o.benchmark, &o.attention
	networks, err := o.compared(boxesTitle, dirs)
	if err != nil {
		return err
	}
	maps, err := o.gallery()
	if err != nil {
		return err
	}
	how := eval.LocaliseOptions{Rollout: a.rollout, Workers: o.Workers, Unreadable: b.Unreadable}
	if how.Truth, err = boxesAt(ctx, a.cam); err != nil {
		return err
	}
	bar := ui.NewBar(s.err, o.quiet, ui.Count)
	defer bar.Clear()
	print := notes(s.err, o.quiet)
	note := func(text string) { bar.Clear(); print(text) }
	var figures []chart.Figure
	all := make([][]eval.Measurement, len(networks))
	for i, network := range networks {
		n, err := eval.Describe(network)
		if err != nil {
			return err
		}
		c, err := b.open(n, note)
		if err != nil {
			return err
		}
		for _, set := range c.Sets {
			noteSet(set, note)
			if set.Kind != sets.ImageNet && set.Kind != sets.Folder && set.Kind != sets.V2 {
				continue
			}
			how.Each = func(l eval.Looked) { maps.offer(set.Images[l.Image].Path(), l) }
			how.Progress = func(done, total int) { bar.Set(set.Name, int64(done), int64(total)) }
			l, err := eval.Localise(ctx, network, set, how)
			if err != nil {
				return err
			}
			if l.Images == 0 {
				return fmt.Errorf("%s has no boxes of the images of set %s", a.cam, set.Name)
			}
			all[i] = append(all[i], l)
			f, err := maps.boxesFigure(i+1, l, n.Classes, set)
			if err != nil {
				return err
			}
			if f != nil {
				figures = append(figures, *f)
			}
		}
		if len(all[i]) == 0 {
			return usage.Errorf("--cam compares maps with boxes of the sets imagenet, v2 and folder: give one of them")
		}
	}
	bar.Clear()
	return b.show(s, eval.Table(boxesTitle, version(), all), note, figures...)
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

// objects compares networks for several labels with the objects of COCO's images: maps with masks (--cam), or
// scores with and without the objects of a class (--remove).
func (o *evalOptions) objects(ctx context.Context, s streams, dirs []string, a attentionOptions) (err error) {
	b, title := &o.benchmark, masksTitle
	if a.remove != "" {
		title = removalTitle
	}
	networks, err := o.compared(title, dirs)
	if err != nil {
		return err
	}
	src, err := data.Open(o.Images)
	if err != nil {
		return err
	}
	defer src.Close()
	set := &data.Set{Source: src, Multi: true}
	for i := range src.Len() {
		set.Images = append(set.Images, data.Image{Source: i, ID: src.Item(i).ID})
	}
	bar := ui.NewBar(s.err, o.quiet, ui.Count)
	defer bar.Clear()
	maps := &gallery{}
	if a.cam != "" {
		if maps, err = o.gallery(); err != nil {
			return err
		}
	}
	var figures []chart.Figure
	var all [][]eval.Measurement
	for i, network := range networks {
		n, err := eval.Describe(network)
		if err != nil {
			return err
		}
		if network.Run != "" && !n.Multi { // files of weights do not say it
			return usage.Errorf("%s finds one class in an image: --remove is for networks of several labels, and --cam compares its maps with boxes on --set", n.Name)
		}
		with := eval.ObjectOptions{Store: a.cam, Workers: o.Workers, Unreadable: b.Unreadable,
			Each: func(l eval.Looked) {
				maps.offer(fmt.Sprintf("%s\n%s", set.Images[l.Image].ID, n.Classes[l.Class]), l)
			},
			Progress: func(done, total int) { bar.Set(n.Name, int64(done), int64(total)) }}
		if a.remove != "" {
			with.Store = o.Truth
			r, err := a.removed(ctx, network, n.Classes, set, with)
			if err != nil {
				return err
			}
			if r.Pairs == 0 {
				return fmt.Errorf("%s has no pair of classes that could be removed: no image of %s has the objects of two classes there, or no edited image was found", with.Store, o.Images)
			}
			all = append(all, []eval.Measurement{r})
			continue
		}
		m, err := eval.Masks(ctx, network, set, with)
		if err != nil {
			return err
		}
		if m.Pairs == 0 {
			return fmt.Errorf("%s has no objects of the images of %s", with.Store, o.Images)
		}
		all = append(all, []eval.Measurement{m})
		f, err := maps.masksFigure(i+1, m, n.Classes, set)
		if err != nil {
			return err
		}
		if f != nil {
			figures = append(figures, *f)
		}
	}
	bar.Clear()
	return b.show(s, eval.Table(title, version(), all), notes(s.err, o.quiet), figures...)
}

// removed measures the scores of a network without the objects of each class.
func (a *attentionOptions) removed(ctx context.Context, network eval.NetworkOptions, classes []string, set *data.Set, with eval.ObjectOptions) (*eval.Removed, error) {
	fill, err := removal.ParseFill(a.remove)
	if err != nil {
		return nil, usage.Error(err)
	}
	how := removal.Default(fill)
	if fill == removal.Given {
		account, err := store.Read(with.Store)
		if err != nil {
			return nil, err
		}
		categories := make([]store.Category, len(classes)) // the zero value for a class that the store does not have
		for k, name := range classes {
			for _, d := range account.DataSets {
				if i := slices.IndexFunc(d.Categories, func(c store.Category) bool { return c.Name == name }); i >= 0 {
					categories[k] = d.Categories[i]
				}
			}
		}
		if _, err := os.Stat(a.edited); err != nil {
			return nil, usage.Errorf("--edited: %w", err)
		}
		how.Given = removal.Folder(a.edited, categories)
	}
	return eval.Remove(ctx, network, set, how, with)
}
