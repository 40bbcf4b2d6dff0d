package eval

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/eval/view"
)

// Challenge is the group of the rows of the Backgrounds Challenge: foregrounds on all backgrounds.
const Challenge = "challenge"

// Folders of the Backgrounds Challenge that the challenge reads.
const (
	maskFolder       = "fg_mask"
	foregroundFolder = "original"
	backgroundFolder = "only_bg_t"
)

// A foreground is an object of the Backgrounds Challenge with its mask.
type foreground struct {
	mask, image string // paths relative to the set's root
	class       int32  // of IN-9
}

// A contest is what the challenge will do with a set. The zero value is for sets without one.
type contest struct {
	foregrounds []foreground // those that are chosen
	backgrounds []sets.Image
	protocol    []string
	notes       []string
}

// contestOf returns what the challenge does with a set.
func contestOf(s *sets.Set, o *Options) (c contest, err error) {
	if s.Kind != sets.Backgrounds || o.Foregrounds == 0 {
		return c, nil
	}
	all, err := foregrounds(s.Root)
	if err != nil {
		return c, fmt.Errorf("set %s, challenge: %w", s.Name, err)
	}
	c.backgrounds = slices.DeleteFunc(slices.Clone(s.Images), func(im sets.Image) bool { return im.Group != backgroundFolder })
	slices.SortFunc(c.backgrounds, func(a, b sets.Image) int { return strings.Compare(a.Path(), b.Path()) })
	if len(all) == 0 || len(c.backgrounds) == 0 {
		return contest{
			protocol: []string{"without the challenge"},
			notes:    []string{fmt.Sprintf("the challenge is left out: it needs the folders %s, %s and %s", maskFolder, foregroundFolder, backgroundFolder)},
		}, nil
	}
	c.foregrounds = sample(all, o.Foregrounds, o.Seed)
	protocol := fmt.Sprintf("challenge: all %d foregrounds on %d backgrounds", len(all), len(c.backgrounds))
	if len(c.foregrounds) < len(all) {
		protocol = fmt.Sprintf("challenge: a sample of %d of %d foregrounds (seed %d) on %d backgrounds",
			len(c.foregrounds), len(all), o.Seed, len(c.backgrounds))
	}
	c.protocol = []string{protocol}
	return c, nil
}

// challenge puts foregrounds on all backgrounds, until the network's answer is wrong.
func (r *runner) challenge(ctx context.Context, s *sets.Set, with *contest, v view.View, about *outputs.SetAbout) error {
	backgrounds := *s
	backgrounds.Images = with.backgrounds
	c := &composer{
		r: r, s: &backgrounds, v: v, size: 3 * v.Size * v.Size, worker: worker{viewer: view.NewViewer(v)}, right: rightIn9(r.n),
		object: make([]byte, 3*v.Size*v.Size),
	}
	name := s.Name + " " + Challenge
	for i, f := range with.foregrounds {
		r.o.Progress(name, i, len(with.foregrounds))
		if err := c.row(ctx, f, s.Name, about); err != nil {
			return fmt.Errorf("set %s, challenge, %s: %w", s.Name, f.mask, err)
		}
	}
	r.o.Progress(name, len(with.foregrounds), len(with.foregrounds))
	return nil
}

// rightIn9 returns a function that reports whether a network's class is a class of IN-9.
func rightIn9(n *Network) func(best, class int32) bool {
	if !n.ImageNet {
		return func(best, class int32) bool { return best == class }
	}
	to := classes.ToIN9()
	return func(best, class int32) bool { return to[best] == class }
}

// A composer puts foregrounds on backgrounds. It keeps the backgrounds that it has read: at most 4,050 images of
// 224 × 224 pixels, 610 MB.
type composer struct {
	r      *runner
	s      *sets.Set // the backgrounds
	v      view.View
	size   int // bytes of an image
	worker worker
	right  func(best, class int32) bool

	pixels [][]byte // of the first backgrounds; nil for one that cannot be read
	object []byte   // the foreground
	mask   []bool
	mixed  []byte
}

// row writes the row of a foreground.
func (c *composer) row(ctx context.Context, f foreground, set string, about *outputs.SetAbout) error {
	row := outputs.Row{Set: set, Group: Challenge, Path: f.mask, Labels: []int32{f.class}}
	about.Images++
	if err := c.foreground(f); err != nil {
		if !c.r.o.Unreadable {
			return err
		}
		about.Unreadable++
		unreadable(&row)
		return c.r.w.Add(row)
	}
	few := min(8, c.r.o.Batch) // most foregrounds of most networks fail on one of a few backgrounds
	for first := 0; first < len(c.s.Images); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(few, len(c.s.Images)-first)
		few = c.r.o.Batch
		if err := c.compose(first, n); err != nil {
			return err
		}
		logits, err := c.r.n.answer(c.mixed, &c.v)
		if err != nil {
			return err
		}
		for i := range n {
			if err := c.r.n.fill(&row, logits[i*c.r.n.outputs:(i+1)*c.r.n.outputs], c.r.o.Logits); err != nil {
				return err
			}
			if !c.right(row.Best, f.class) {
				return c.r.w.Add(row)
			}
		}
		first += n
	}
	return c.r.w.Add(row)
}

// foreground reads a foreground and its mask.
func (c *composer) foreground(f foreground) error {
	file, err := os.ReadFile(filepath.Join(c.s.Root, filepath.FromSlash(f.image)))
	if err != nil {
		return err
	}
	if err := c.worker.viewer.File(file, c.object); err != nil {
		return fmt.Errorf("%s: %w", f.image, err)
	}
	if file, err = os.ReadFile(filepath.Join(c.s.Root, filepath.FromSlash(f.mask))); err != nil {
		return err
	}
	var height, width int
	if c.mask, height, width, err = readMask(file); err != nil {
		return err
	}
	if height != c.v.Size || width != c.v.Size {
		return fmt.Errorf("a mask of %d × %d pixels, but the network's input has %d × %d", width, height, c.v.Size, c.v.Size)
	}
	return nil
}

// compose writes the foreground on n backgrounds. The mask is 0 or 1, so that f·m + b·(1 − m) chooses pixels, and
// bytes are exact. A background that cannot be read is an error even if such images count as wrong, because it
// would be wrong for every foreground.
func (c *composer) compose(first, n int) error {
	for len(c.pixels) < first+n {
		i := len(c.pixels)
		to := make([]byte, c.size)
		if err := c.worker.read(c.s, i, to); err != nil {
			return fmt.Errorf("background %s cannot be read: %w", c.s.Images[i].Path(), err)
		}
		c.pixels = append(c.pixels, to)
	}
	c.mixed = c.mixed[:0]
	for _, b := range c.pixels[first : first+n] {
		at := len(c.mixed)
		c.mixed = append(c.mixed, b...)
		to := c.mixed[at:]
		for i, inside := range c.mask {
			if inside {
				copy(to[3*i:3*i+3], c.object[3*i:])
			}
		}
	}
	return nil
}

// foregrounds lists the foregrounds of a folder of the Backgrounds Challenge, in the order of their masks' paths.
func foregrounds(root string) ([]foreground, error) {
	masks, err := below(root, maskFolder)
	if err != nil || masks == "" {
		return nil, err
	}
	images, err := below(root, foregroundFolder)
	if err != nil || images == "" {
		return nil, err
	}
	var list []foreground
	for class, e := range classes.IN9() {
		entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(masks), e.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if stem, ok := strings.CutSuffix(entry.Name(), ".npy"); ok {
				list = append(list, foreground{
					path.Join(masks, e.Name, entry.Name()), path.Join(images, e.Name, stem+".JPEG"), int32(class),
				})
			}
		}
	}
	slices.SortFunc(list, func(a, b foreground) int { return strings.Compare(a.mask, b.mask) })
	return list, nil
}

// below returns the folder with the classes of a variant, which may be in a folder val, or "" if the variant is
// missing.
func below(root, variant string) (string, error) {
	for _, name := range []string{variant + "/val", variant} {
		info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		if err == nil && info.IsDir() {
			return name, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", nil
}

// sample returns n of the foregrounds (−1: all) in their order: those with the lowest SHA-256 of the seed, a line
// feed and the mask's path. A sample is part of every larger one of the same seed.
func sample(all []foreground, n int, seed uint64) []foreground {
	if n < 0 || n >= len(all) {
		return all
	}
	hash := func(f foreground) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s", seed, f.mask))
		return string(sum[:])
	}
	chosen := slices.Clone(all)
	slices.SortFunc(chosen, func(a, b foreground) int { return strings.Compare(hash(a), hash(b)) })
	chosen = chosen[:n]
	slices.SortFunc(chosen, func(a, b foreground) int { return strings.Compare(a.mask, b.mask) })
	return chosen
}
