package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"image"
	"math"
	"path"
	"slices"
	"strings"

	"abtool/eval"
	"abtool/eval/cam"
	"abtool/eval/sets"
	"abtool/eval/view"
	"abtool/features/targetfile"
	"abtool/internal/imagefile"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports"
	"abtool/reports/chart"
	"abtool/train/data"
)

// A gallery keeps the maps that are drawn. Which ones depends on the seed and the names of the images alone, so that
// they are the same for every network.
type gallery struct {
	most   int
	seed   uint64
	clicks map[string][]targetfile.Target // by image
	kept   []kept
}

type kept struct {
	rank [sha256.Size]byte
	name string
	eval.Looked
}

// gallery returns a gallery for the maps of --draw, with the clicks of --targets.
func (o *evalOptions) gallery() (*gallery, error) {
	g := &gallery{most: o.draw, seed: o.benchmark.Seed}
	if o.Targets == "" {
		return g, nil
	}
	list, err := targetfile.Read(o.Targets)
	if err != nil {
		return nil, err
	}
	g.clicks = map[string][]targetfile.Target{}
	rule := o.Rule
	for _, t := range list {
		if rule == "" {
			rule = t.Rule
		}
		if t.Rule != rule {
			if o.Rule == "" {
				return nil, usage.Errorf("%s has targets of several rules, such as %s and %s: choose one with --rule", o.Targets, rule, t.Rule)
			}
			continue
		}
		if t.Weight > 0 && !math.IsNaN(t.X) {
			g.clicks[t.Image] = append(g.clicks[t.Image], t)
		}
	}
	return g, nil
}

// offer keeps a map if its name is among the first by rank.
func (g *gallery) offer(name string, l eval.Looked) {
	if g.most == 0 {
		return
	}
	k := kept{rank: sha256.Sum256(fmt.Appendf(nil, "%d\n%s", g.seed, name)), name: name, Looked: l}
	k.Pixels = nil
	at, _ := slices.BinarySearchFunc(g.kept, k, func(a, b kept) int { return bytes.Compare(a.rank[:], b.rank[:]) })
	if at == g.most {
		return
	}
	g.kept = slices.Insert(g.kept, at, k)
	g.kept = g.kept[:min(len(g.kept), g.most)]
}

// points returns the clicks on an image, in fractions of it. class is the class that they must be of; "" is any.
func (g *gallery) points(image, class string) (list [][2]float64) {
	for _, t := range g.clicks[image] {
		if class == "" || t.Class == class {
			list = append(list, [2]float64{t.X, t.Y})
		}
	}
	return list
}

// figure draws the maps in the order of their names, and forgets them. what says what they are, and picture returns an
// image of the set.
func (g *gallery) figure(name, title, caption, what string, picture func(i int) (image.Image, error), describe func(*kept, *reports.Looked)) (*chart.Figure, error) {
	slices.SortFunc(g.kept, func(a, b kept) int { return cmp.Compare(a.name, b.name) })
	var list []reports.Looked
	for i := range g.kept {
		k := &g.kept[i]
		m, err := picture(k.Image)
		if err != nil {
			return nil, fmt.Errorf("drawing a map: image %s cannot be read: %w", k.name, err)
		}
		q := reports.Looked{Map: k.Map, Truth: k.Truth, Mask: k.Mask, Aspect: float64(m.Bounds().Dx()) / float64(m.Bounds().Dy())}
		if q.Image, err = squashed(m); err != nil {
			return nil, err
		}
		describe(k, &q)
		list = append(list, q)
	}
	g.kept = nil
	if len(list) == 0 {
		return nil, nil
	}
	f := reports.Attention(name, what, list)
	f.Title, f.Caption = title, caption+" "+f.Caption
	return &f, nil
}

// classMap says what maps are unless they are attention rollout.
const classMap = "map of the class"

// squashed returns an image at the size at which maps are drawn.
func squashed(m image.Image) (image.Image, error) {
	v := view.View{Geometry: view.Squash, Size: reports.MapSize, Filter: view.Bilinear}
	out := &imagefile.RGB{W: v.Size, H: v.Size, Pix: make([]byte, 3*v.Size*v.Size)}
	return out, view.NewViewer(v).Image(m, out.Pix)
}

// boxesFigure draws the maps of a network on a set, with the largest box of each at the threshold of MaxBoxAcc.
func (g *gallery) boxesFigure(number int, l *eval.Localisation, classes []string, set *sets.Set) (*chart.Figure, error) {
	tau := l.MaxBoxAcc.Tau
	name := fmt.Sprintf("maps-%d-%s", number, strings.Map(plain, set.Name))
	title := fmt.Sprintf("Where %s looks: %s", l.Network.Name, set.Name)
	caption := fmt.Sprintf("%d of %s images, chosen by lot (seed %d). Boxes of maps are at threshold %.3f, which is best for MaxBoxAcc.", len(g.kept), ui.Thousands(l.Images), g.seed, tau)
	picture := func(i int) (image.Image, error) {
		var file bytes.Buffer
		if err := set.Read(i, &file); err != nil {
			return nil, err
		}
		return imagefile.Decode(file.Bytes())
	}
	what := classMap
	if l.Rollout {
		what = "attention rollout"
	}
	return g.figure(name, title, caption, what, picture, func(k *kept, q *reports.Looked) {
		iou, _ := k.Overlaps.At(tau)
		answer := "right"
		if !k.Right {
			answer = "wrong"
		}
		id := strings.TrimSuffix(path.Base(k.name), path.Ext(k.name))
		q.Title = mapTitle(classes[k.Class], id, fmt.Sprintf("IoU %.2f, %s", iou, answer))
		q.Found, q.Clicks = k.Map.Boxes(tau, false), g.points(id, "")
	})
}

// masksFigure draws the maps of a network on images with masks.
func (g *gallery) masksFigure(number int, m *eval.Masked, classes []string, set *data.Set) (*chart.Figure, error) {
	title := fmt.Sprintf("Where %s looks", m.Network.Name)
	caption := fmt.Sprintf("%d of %s pairs of an image and a class, chosen by lot (seed %d).", len(g.kept), ui.Thousands(m.Pairs), g.seed)
	return g.figure(fmt.Sprintf("maps-%d", number), title, caption, classMap, set.Picture, func(k *kept, q *reports.Looked) {
		var p cam.Precision
		p.Add(k.Map, k.Mask)
		id := set.Images[k.Image].ID
		q.Title = mapTitle(classes[k.Class], id, fmt.Sprintf("PxAP %.2f", p.PxAP()))
		q.Clicks = g.points(id, classes[k.Class])
	})
}

// mapTitle returns the line above a map, which has room for about 44 letters.
func mapTitle(class, id, result string) string {
	name := class + " " + id
	if strings.Contains(id, class) {
		name = id
	}
	if r, most := []rune(name), 42-len(result); len(r) > most {
		name = "…" + string(r[len(r)-most+1:])
	}
	return name + ": " + result
}

// plain replaces what cannot be part of the name of a file.
func plain(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>| `, r) {
		return '-'
	}
	return r
}
