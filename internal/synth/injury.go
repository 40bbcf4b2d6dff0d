package synth

import "encoding/json"

// Effects that a reader by the book shows on a damaged record.
const (
	effectReject = "reject" // the record (of a duplicate: the second one) is left out and counted
	effectNull   = "null"   // the field is null, the rest of the record is read
	effectRepair = "repair" // the record is read whole; the reason says how
)

// injury is one line of truth/damage.jsonl.
type injury struct {
	File   string `json:"file"`             // name under Out
	Member string `json:"member,omitempty"` // archive member, file in the folder, or place in a page
	Record int64  `json:"record"`           // number in the main file, from 0; a duplicate has the second one's
	Image  string `json:"image_id"`         // as ImageNet or COCO names it
	Kind   string `json:"kind"`
	Field  string `json:"field"` // such as mouseTracking[3].x; empty for the record as a whole
	Effect string `json:"expected"`
	Reason string `json:"reason"`
}

// appendLine writes the injury; its record number counts from before.
func (i *injury) appendLine(b []byte, before int64) []byte {
	line := *i
	line.Record += before - 1 // what was counted is how many there are, this one included
	text, err := json.Marshal(&line)
	if err != nil {
		panic(err) // a struct of strings
	}
	return append(append(b, text...), '\n')
}

// defect is one way to damage a record R. One of edit, text and repeat is set. The functions return false
// when the record has nothing that they could damage; they name the field in the injury.
type defect[R any] struct {
	kind, effect, reason string

	edit   func(r R, d *dice, i *injury) bool // of the data before they are written
	text   textDefect                         // of the bytes
	repeat bool                               // written twice
	except string                             // formats without it
}

// wounder decides which records are damaged and how.
type wounder[R any] struct {
	rate    float64
	seed    uint64
	defects []defect[R]
	d       *dice
	scratch []byte
}

func newWounder[R any](o Options, all []defect[R]) *wounder[R] {
	w := &wounder[R]{rate: o.Dirty, seed: o.Seed, d: newDice()}
	for _, f := range all {
		if !hasWord(f.except, o.Format) {
			w.defects = append(w.defects, f)
		}
	}
	return w
}

// hits draws whether record key is damaged. The choices that follow come from the same stream.
func (w *wounder[R]) hits(key uint64) bool {
	if w.rate == 0 {
		return false
	}
	w.d.set(w.seed, stageDamage, key)
	return w.d.Float64() < w.rate
}

// try goes through the defects from a random one on until one can be applied.
func (w *wounder[R]) try(apply func(f *defect[R]) bool) *defect[R] {
	start := w.d.IntN(len(w.defects))
	for k := range w.defects {
		if f := &w.defects[(start+k)%len(w.defects)]; apply(f) {
			return f
		}
	}
	panic("synth: a record that no defect applies to")
}

// wound damages a record. text gives its bytes; what it returns is valid until the next call.
func (w *wounder[R]) wound(i *injury, text func() []byte, pick func() (R, bool)) (data []byte, twice bool) {
	f := w.try(func(f *defect[R]) bool {
		ok := true
		switch {
		case f.text != nil:
			if data, ok = f.text(text(), w.d, i); ok {
				w.scratch = append(w.scratch[:0], data...)
				data = w.scratch
			}
			return ok
		case f.edit != nil:
			var r R
			if r, ok = pick(); ok {
				ok = f.edit(r, w.d, i)
			}
		}
		if ok {
			data = text()
		}
		return ok
	})
	i.Kind, i.Effect, i.Reason = f.kind, f.effect, f.reason
	return data, f.repeat
}

// record writes a record, perhaps damaged, and perhaps twice: put is called once or twice, before the second time
// with again. pick chooses the part that is edited, such as one showing of a file; it returns false if there is nothing to edit.
func (w *wounder[R]) record(c *chunk, key uint64, i injury, text func() []byte, pick func() (R, bool),
	put func(data []byte, again bool) error) error {
	c.main.records++
	if !w.hits(key) {
		return put(text(), false)
	}
	data, twice := w.wound(&i, text, pick)
	if err := put(data, false); err != nil {
		return err
	}
	if twice {
		c.main.records++
		if err := put(data, true); err != nil {
			return err
		}
	}
	i.Record = c.main.records
	c.damage = append(c.damage, i)
	return nil
}

// hasWord reports whether list, words separated by blanks, has the word.
func hasWord(list, word string) bool {
	for len(list) > 0 {
		n := 0
		for n < len(list) && list[n] != ' ' {
			n++
		}
		if list[:n] == word {
			return true
		}
		list = list[min(n+1, len(list)):]
	}
	return false
}
