package collect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"abtool/internal/replace"
	"abtool/internal/ui"
)

// Planned says what MakePlan made.
type Planned struct {
	HITs, Kept  int // Kept were issued before
	Pages       int
	Longest     int // pages of the HIT with most of them
	Images      int // shown on at least one page
	Assignments int // HITs times annotators
	Shown       int // pages times annotators
	Gold        int // places with a gold image
	Repeats     int // places with an image that comes again
	Notes       []string
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
	gold := s.goldImages(images)
	if s.Task.Gold > 0 && len(gold) == 0 {
		return Planned{}, fmt.Errorf("task.gold = %d, but %s has no image with \"gold\": true: abtool collect init --truth FILE says which check annotators",
			s.Task.Gold, ImagesFile)
	}
	left := slices.DeleteFunc(slices.Clone(images), func(m Image) bool { return taken[m.ID] || m.Gold && s.Task.Gold > 0 })
	random := rand.New(rand.NewPCG(seed, 0x636f6c6c656374))
	var pages []Page
	if s.Task.Kind == Tag {
		pages = tagPages(left, random)
	} else {
		pages = s.browsePages(left, random)
	}
	hits := slices.Clone(issued)
	few, once := 0, 0 // pages with too few gold images, and HITs with too few repeats
	for _, group := range s.groups(pages) {
		few += s.addGold(group, gold, random)
		s.addOthers(group, images, random)
		var n int
		if group, n = s.addRepeats(group, random); n < s.Task.Repeats {
			once++
		}
		hits = append(hits, HIT{ID: hitID(s.Study.ID, group), Task: s.Task.Kind, K: s.Assign.K, Pages: group})
	}
	if err := s.checkPlan(images, hits); err != nil {
		return Planned{}, err
	}
	r := Planned{HITs: len(hits), Kept: len(issued)}
	on := map[string]bool{}
	for _, h := range hits {
		r.Pages += len(h.Pages)
		r.Longest = max(r.Longest, len(h.Pages))
		r.Shown += h.K * len(h.Pages)
		r.Assignments += h.K
		for _, p := range h.Pages {
			for _, slot := range p.Slots {
				on[slot.Image] = true
				switch slot.Role {
				case goldRole:
					r.Gold++
				case repeat:
					r.Repeats++
				}
			}
		}
	}
	r.Images = len(on)
	if few > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s with fewer gold images than task.gold = %d: there are not enough for their classes", ui.Quantity(few, "page"), s.Task.Gold))
	}
	if once > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s with fewer repeats than task.repeats = %d: too few pages, or none of a class that comes twice",
			ui.Quantity(once, "HIT"), s.Task.Repeats))
	}
	return r, replace.File(filepath.Join(s.Dir, PlanFile), func(w io.Writer) error { return writeLines(w, hits) })
}

// Doubts returns what is wrong with a study that can be served all the same: images without a file, files that changed,
// and a plan that was made under other settings. It returns an error if no image has a file. issued are the HITs that annotators were given: they keep what they are.
func (s *Study) Doubts(ctx context.Context, issued []HIT) ([]string, error) {
	_, hits, err := s.Plan()
	if err != nil {
		return nil, err
	}
	doubts, err := s.imageDoubts(ctx)
	if err != nil {
		return nil, err
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
	gold := 0
	for i, h := range hits {
		repeats := 0
		switch {
		case h.K != s.Assign.K:
			return "assign.k"
		case len(h.Pages) > s.Task.Pages || len(h.Pages) < s.Task.Pages && i < len(hits)-1:
			return "task.pages"
		}
		for _, p := range h.Pages {
			n := map[string]int{}
			for _, slot := range p.Slots {
				n[slot.Role]++
			}
			switch {
			case n[others] > s.Task.Others:
				return "task.others"
			case n[goldRole] > s.Task.Gold:
				return "task.gold"
			case len(p.Slots)-n[repeat] > s.Task.Images:
				return "task.images"
			}
			pages[p.Class]++
			candidates[p.Class] += n[""]
			gold += n[goldRole]
			repeats += n[repeat]
		}
		if repeats > s.Task.Repeats || s.Task.Kind == Tag && repeats < s.Task.Repeats && i < len(hits)-1 {
			return "task.repeats"
		}
	}
	if gold == 0 && s.Task.Gold > 0 && len(hits) > 0 {
		return "task.gold"
	}
	for class, n := range pages { // one page less would have been enough
		if s.Task.Kind == Browse && (n-1)*s.candidates() >= candidates[class] {
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
	size := s.candidates()
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

// candidates returns how many images of a browse page are candidates.
func (s *Study) candidates() int { return s.Task.Images - s.Task.Others - s.Task.Gold }

// groups divides pages into HITs. If images come again on a page of the same class, the last page of a HIT is of the
// class of its first one, where the class has another page.
func (s *Study) groups(pages []Page) (all [][]Page) {
	size := s.Task.Pages
	if s.Task.Kind == Tag {
		size -= s.Task.Repeats
	}
	if s.Task.Kind == Tag || s.Task.Repeats == 0 || size < 2 {
		return slices.Collect(slices.Chunk(pages, size))
	}
	for left := slices.Clone(pages); len(left) > 0; {
		last := slices.IndexFunc(left[1:], func(p Page) bool { return p.Class == left[0].Class }) + 1
		n := min(size, len(left))
		if last >= n {
			moved := left[last]
			left = slices.Insert(slices.Delete(left, last, last+1), n-1, moved)
		}
		all = append(all, left[:n:n])
		left = left[n:]
	}
	return all
}

// Roles of images that are not candidates.
const (
	others   = "other"  // of another class
	goldRole = "gold"   // known to show the class or not, to check annotators
	repeat   = "repeat" // was on an earlier page of the HIT
)

// goldImages returns the images that check annotators, by class.
func (s *Study) goldImages(images []Image) map[string][]Image {
	of := map[string][]Image{}
	for _, m := range images {
		if m.Gold && m.Known != nil {
			of[m.Class] = append(of[m.Class], m)
		}
	}
	return of
}

// addGold adds gold images to the browse pages of a HIT, in turn such that show the class and that do not. None is in
// the HIT twice. It returns how many pages have too few.
func (s *Study) addGold(pages []Page, of map[string][]Image, random *rand.Rand) (few int) {
	if s.Task.Gold == 0 {
		return 0
	}
	used := map[string]bool{}
	for i := range pages {
		p := &pages[i]
		var by [2][]Image // absent, present
		for _, j := range random.Perm(len(of[p.Class])) {
			if m := of[p.Class][j]; !used[m.ID] {
				by[btoi(*m.Known)] = append(by[btoi(*m.Known)], m)
			}
		}
		present := random.IntN(2)
		for n := 0; n < s.Task.Gold; n++ {
			if len(by[present]) == 0 {
				present = 1 - present
			}
			if len(by[present]) == 0 {
				few++
				break
			}
			m := by[present][0]
			by[present] = by[present][1:]
			used[m.ID] = true
			p.Slots = append(p.Slots, Slot{Image: m.ID, Role: goldRole, Known: m.Known})
			present = 1 - present
		}
		shuffle(p.Slots, random)
	}
	return few
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func shuffle(slots []Slot, random *rand.Rand) {
	random.Shuffle(len(slots), func(a, b int) { slots[a], slots[b] = slots[b], slots[a] })
}

// addRepeats lets candidates of a HIT come again: on a later page of their class, or on a tag page of their own at the
// end. It returns the pages, and how many repeats there are.
func (s *Study) addRepeats(pages []Page, random *rand.Rand) ([]Page, int) {
	if s.Task.Repeats == 0 {
		return pages, 0
	}
	if s.Task.Kind == Tag {
		n := min(s.Task.Repeats, len(pages)/2) // there are pages between
		for _, i := range random.Perm(len(pages) / 2)[:n] {
			first := pages[i].Slots[0]
			pages = append(pages, Page{Slots: []Slot{{Image: first.Image, Role: repeat, Known: first.Known}}})
		}
		return pages, n
	}
	type again struct {
		slot Slot
		page int
	}
	var can []again
	for i := range pages {
		for j := i + 1; j < len(pages); j++ {
			if pages[j].Class != pages[i].Class {
				continue
			}
			for _, slot := range pages[i].Slots {
				if slot.Role == "" {
					can = append(can, again{Slot{Image: slot.Image, Role: repeat, Known: slot.Known}, j})
				}
			}
		}
	}
	random.Shuffle(len(can), func(a, b int) { can[a], can[b] = can[b], can[a] })
	n, used := 0, map[string]bool{}
	for _, c := range can {
		if n == s.Task.Repeats {
			break
		}
		if !used[c.slot.Image] {
			used[c.slot.Image] = true
			pages[c.page].Slots = append(pages[c.page].Slots, c.slot)
			n++
		}
	}
	if n > 0 {
		for i := range pages {
			shuffle(pages[i].Slots, random)
		}
	}
	return pages, n
}

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
			if m := images[j]; m.Class != p.Class && !used[m.ID] && !(m.Gold && s.Task.Gold > 0) {
				used[m.ID] = true
				p.Slots = append(p.Slots, Slot{Image: m.ID, Role: others})
				n++
			}
		}
		shuffle(p.Slots, random)
	}
}
