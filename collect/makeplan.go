package collect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"abtool/internal/replace"
)

// Planned says what MakePlan made.
type Planned struct {
	HITs, Kept  int // Kept were issued before
	Pages       int
	Images      int // shown on at least one page
	Assignments int // HITs times annotators
}

// MakePlan makes plan.jsonl: HITs for all images that are not in the HITs that were issued. Those stay as they
// are. The same seed gives the same plan.
func (s *Study) MakePlan(seed uint64, issued []HIT) (Planned, error) {
	images, err := readLines[Image](filepath.Join(s.Dir, ImagesFile))
	if err != nil {
		return Planned{}, err
	}
	taken := map[string]bool{}
	for _, h := range issued {
		for _, p := range h.Pages {
			for _, slot := range p.Slots {
				if slot.Role == "" {
					taken[slot.Image] = true
				}
			}
		}
	}
	left := slices.DeleteFunc(slices.Clone(images), func(m Image) bool { return taken[m.ID] })
	random := rand.New(rand.NewPCG(seed, 0x636f6c6c656374))
	var pages []Page
	if s.Task.Kind == Tag {
		pages = tagPages(left, random)
	} else {
		pages = s.browsePages(left, random)
	}
	hits := slices.Clone(issued)
	for group := range slices.Chunk(pages, s.Task.Pages) {
		s.addOthers(group, images, random)
		hits = append(hits, HIT{ID: hitID(s.Study.ID, group), Task: s.Task.Kind, K: s.Assign.K, Pages: group})
	}
	if err := s.checkPlan(images, hits); err != nil {
		return Planned{}, err
	}
	r := Planned{HITs: len(hits), Kept: len(issued)}
	on := map[string]bool{}
	for _, h := range hits {
		r.Pages += len(h.Pages)
		r.Assignments += h.K
		for _, p := range h.Pages {
			for _, slot := range p.Slots {
				on[slot.Image] = true
			}
		}
	}
	r.Images = len(on)
	return r, replace.File(filepath.Join(s.Dir, PlanFile), func(w io.Writer) error { return writeLines(w, hits) })
}

// Doubts returns what is wrong with a study that can be served all the same: images without a file, and a plan
// that was made under other settings. issued are the HITs that annotators were given: they keep what they are.
func (s *Study) Doubts(issued []HIT) ([]string, error) {
	images, hits, err := s.Plan()
	if err != nil {
		return nil, err
	}
	var doubts []string
	folder, missing, first := s.ImageFolder(), 0, ""
	for _, m := range images {
		if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(m.Path))); err != nil {
			missing++
			first = cmp.Or(first, m.Path)
		}
	}
	if missing > 0 {
		doubts = append(doubts, fmt.Sprintf("%d of %d images are missing in %s, such as %s: annotators see an empty place for them",
			missing, len(images), folder, first))
	}
	given := map[string]bool{}
	for _, h := range issued {
		given[h.ID] = true
	}
	hits = slices.DeleteFunc(hits, func(h HIT) bool { return given[h.ID] })
	if key := s.outdated(hits); key != "" {
		doubts = append(doubts, fmt.Sprintf("the plan was made with another %s: abtool collect plan %s makes it again", key, s.Dir))
	}
	return doubts, nil
}

// outdated returns the setting that HITs do not agree with, or "".
func (s *Study) outdated(hits []HIT) string {
	pages, candidates := map[string]int{}, map[string]int{}
	for i, h := range hits {
		switch {
		case h.K != s.Assign.K:
			return "assign.k"
		case len(h.Pages) > s.Task.Pages || len(h.Pages) < s.Task.Pages && i < len(hits)-1:
			return "task.pages"
		}
		for _, p := range h.Pages {
			n := 0
			for _, slot := range p.Slots {
				if slot.Role == others {
					n++
				}
			}
			if n > s.Task.Others {
				return "task.others"
			}
			if len(p.Slots) > s.Task.Images {
				return "task.images"
			}
			pages[p.Class]++
			candidates[p.Class] += len(p.Slots) - n
		}
	}
	for class, n := range pages { // one page less would have been enough
		if s.Task.Kind == Browse && (n-1)*(s.Task.Images-s.Task.Others) >= candidates[class] {
			return "task.images"
		}
	}
	return ""
}

// hitID makes the id of a HIT from its pages: the same pages have the same id in each plan.
func hitID(study string, pages []Page) string {
	b, err := json.Marshal(pages)
	if err != nil {
		panic(err) // strings and booleans
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", study, b))
	return hex.EncodeToString(sum[:])[:12]
}

// tagPages makes a page of each image, in random order.
func tagPages(images []Image, random *rand.Rand) (pages []Page) {
	for _, i := range random.Perm(len(images)) {
		pages = append(pages, Page{Slots: []Slot{{Image: images[i].ID, Known: images[i].Known}}})
	}
	return pages
}

// browsePages makes pages of the images of each class. Sizes of the pages of a class differ by at most one.
// Consecutive pages have different classes as far as possible: the first pages of all classes come first.
func (s *Study) browsePages(images []Image, random *rand.Rand) []Page {
	of := map[string][]Image{}
	for _, m := range images {
		of[m.Class] = append(of[m.Class], m)
	}
	type numbered struct {
		round, order int
		page         Page
	}
	var all []numbered
	size := s.Task.Images - s.Task.Others
	for _, class := range slices.Sorted(maps.Keys(of)) {
		list := of[class]
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		n := (len(list) + size - 1) / size
		for round := range n {
			page := Page{Class: class}
			for _, m := range list[round*len(list)/n : (round+1)*len(list)/n] {
				page.Slots = append(page.Slots, Slot{Image: m.ID, Known: m.Known})
			}
			all = append(all, numbered{round, random.Int(), page})
		}
	}
	slices.SortFunc(all, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.order, b.order), cmp.Compare(a.page.Class, b.page.Class))
	})
	pages := make([]Page, len(all))
	for i, p := range all {
		pages[i] = p.page
	}
	return pages
}

// others is the role of an image of another class.
const others = "other"

// addOthers adds images of other classes to the browse pages of a HIT. None is in the HIT twice.
func (s *Study) addOthers(pages []Page, images []Image, random *rand.Rand) {
	if s.Task.Kind != Browse || s.Task.Others == 0 {
		return
	}
	used := map[string]bool{}
	for _, p := range pages {
		for _, slot := range p.Slots {
			used[slot.Image] = true
		}
	}
	for i := range pages {
		p := &pages[i]
		n := 0
		for _, j := range random.Perm(len(images)) {
			if n == s.Task.Others {
				break
			}
			if m := images[j]; m.Class != p.Class && !used[m.ID] {
				used[m.ID] = true
				p.Slots = append(p.Slots, Slot{Image: m.ID, Role: others})
				n++
			}
		}
		random.Shuffle(len(p.Slots), func(a, b int) { p.Slots[a], p.Slots[b] = p.Slots[b], p.Slots[a] })
	}
}
