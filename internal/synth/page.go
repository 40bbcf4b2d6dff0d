package synth

import "math"

// Epochs of the two rounds: 18 October and 6 December 2021, UTC, in ms.
const (
	roundOne   = 1634515200000
	roundTwo   = 1638748800000
	roundSpan  = 40 * 24 * 3600 * 1000
	againDelay = 3 * 24 * 3600 * 1000 // a HIT is done a second time within these
)

// hit is one annotator's doing of a HIT.
type hit struct {
	number, take int
	worker       *worker
	assignment   string
	id           string // of the crowdsourcing service
	dataset      string // imagenet_hit_id
	start        int64  // epoch ms
	pages        [hitPages + 1]int64
	submit       int64 // epoch seconds
}

// hitInfo times a HIT: its pages follow each other, one takes about a minute.
func (p *plan) hitInfo(h *hit, number, take int, d *dice) {
	if h.worker != nil && h.number == number && h.take == take {
		return
	}
	h.number, h.take = number, take
	h.worker = &p.workers[pick(p.seed, len(p.workers), number, take)]
	key := uint64(number)
	h.id = turkID(hash(p.seed, stageHIT, key<<3))
	h.dataset = code(hash(p.seed, stageHIT, key<<3|4), 32, lowerHex)
	h.assignment = turkID(hash(p.seed, stageHIT, key<<3|5+uint64(take)))
	d.set(p.seed, stageHIT, key<<3|2)
	h.start = roundOne
	if number >= p.hits {
		h.start = roundTwo
	}
	h.start += d.Int64N(roundSpan)
	d.set(p.seed, stageVisit, key<<1|uint64(take))
	if take > 0 {
		h.start += 3600_000 + d.Int64N(againDelay)
	}
	t := h.start
	for i := range hitPages {
		h.pages[i] = t
		t += int64(1000 * (3 + d.logNormal(49, 0.22)*h.worker.Speed))
	}
	h.pages[hitPages] = t
	h.submit = t/1000 + int64(2+d.IntN(15))
}

// page is a page as one annotator saw it.
type page struct {
	hit        *hit
	at         int // within the HIT
	round      int // 0 or 1
	number     int
	class      int
	name       string     // WordNet id
	images     [slots]int // image, -1 for a candidate
	enter      [slots]int64
	window     [slots]int64 // ms that the annotator has for a slot
	from       [slots]side  // where the pointer comes from
	start, end int64        // epoch ms
}

// build lays out a page with the given images of the release on it.
func (g *page) build(p *plan, round, number, take int, class int, images []int, d *dice) {
	number0, at := p.hitOf(round, number)
	p.hitInfo(g.hit, number0, take, d)
	g.at, g.round, g.number, g.class = at, round, number, class
	g.start, g.end = g.hit.pages[at], g.hit.pages[at+1]-int64(20)

	d.set(p.seed, stagePage, uint64(number)<<1|uint64(round))
	for i := range g.images {
		g.images[i] = -1
	}
	copy(g.images[:], images)
	d.Shuffle(slots, func(i, j int) { g.images[i], g.images[j] = g.images[j], g.images[i] })

	d.set(p.seed, stageVisit, 1<<50|uint64(g.hit.number*hitPages+at)<<1|uint64(take))
	sum := 0.0
	var share [slots]float64
	for i := range share {
		share[i] = d.logNormal(1, 0.35)
		sum += share[i]
	}
	t := float64(g.start) + 1500 + 1000*d.Float64()
	scale := (float64(g.end) - 900 - t) / sum
	g.visit(g.hit.worker.Columns, func(slot int, from side) {
		g.enter[slot], g.window[slot], g.from[slot] = int64(t), int64(share[slot]*scale), from
		t += share[slot] * scale
	})
}

// visit goes over the slots as annotators scan: a serpentine.
func (g *page) visit(columns int, f func(slot int, from side)) {
	for row := 0; row*columns < slots; row++ {
		n := min(columns, slots-row*columns)
		for i := range n {
			from, col := left, i
			if row%2 == 1 {
				from, col = right, n-1-i
			}
			if i == 0 {
				from = top
			}
			f(row*columns+col, from)
		}
	}
}

// place returns the size and position of a slot's image on the annotator's screen, CSS pixels: the
// image fits a cell of the grid, centred.
func (w *worker) place(slot int, c *content) (x, y, width, height int) {
	f := math.Min(float64(w.Pitch)*0.94/float64(c.w), float64(w.Pitch)*0.98/float64(c.h))
	width, height = max(int(math.Round(float64(c.w)*f)), 1), max(int(math.Round(float64(c.h)*f)), 1)
	x = 122 + slot%w.Columns*(w.Pitch+1) + (w.Pitch-width)/2
	y = 340 + slot/w.Columns*(w.Pitch+2) + (w.Pitch-height)/2
	return x, y, width, height
}
