package decode

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"abtool/ingest/internal/randtext"
	"abtool/store"
)

// fewEntries makes lists end soon, so that too long ones occur.
var fewEntries = store.Limits{List: 10, Depth: 24}

func seedXML(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	d := randtext.XML(r, 4+r.IntN(20))
	if r.IntN(3) == 0 {
		d = randtext.Mutate(r, d)
	}
	return d
}

func FuzzXML(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedXML(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkXML(t, data, XMLRecord, store.Limits{})
		checkXML(t, data, XMLRecord, fewEntries)
		b := newBatch()
		b.readXML(data, VOCRecord, "member")
		if b.Count != 1 || len(b.Records) > 1 {
			t.Fatalf("%d records, %d counted", len(b.Records), b.Count)
		}
	})
}

func TestXMLFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	taken := 0
	for i := range 2000 {
		d := randtext.XML(r, 3+r.IntN(30))
		if i%2 == 1 {
			d = randtext.Mutate(r, d)
		}
		if b := newBatch(); i%8 == 0 {
			if ok, _ := b.xml.fast(d, XMLRecord, nil); ok {
				taken++
			}
		}
		checkXML(t, d, XMLRecord, store.Limits{})
		if i%8 == 1 {
			checkXML(t, d, XMLRecord, fewEntries)
		}
	}
	if taken < 40 {
		t.Errorf("the fast scanner took %d of 250 files: they are not what they should be", taken)
	}
}

func seedJSON(seed uint64, coco bool) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	d := randtext.Wrapped(r, coco, 4+r.IntN(20))
	if r.IntN(3) == 0 {
		d = randtext.Mutate(r, d)
	}
	return d
}

func FuzzImageNetJSON(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedJSON(seed, false))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkJSON(t, data, ImageNet, store.Limits{})
		checkJSON(t, data, ImageNet, fewEntries)
	})
}

func FuzzCOCOJSON(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedJSON(seed, true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkJSON(t, data, COCO, store.Limits{})
		checkJSON(t, data, COCO, fewEntries)
	})
}

func TestJSONFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		coco := i%2 == 0
		d := randtext.Wrapped(r, coco, 3+r.IntN(30))
		if i%4 >= 2 {
			d = randtext.Mutate(r, d)
		}
		checkJSON(t, d, setIf(coco == (r.IntN(8) > 0)), store.Limits{})
		if i%8 == 1 {
			checkJSON(t, d, setIf(coco), fewEntries)
		}
	}
}

// readUnits reads elements as a run does: in units that are cut anywhere, read on their own,
// and joined.
func readUnits(data []byte, form Form, cuts []int, limits store.Limits) (o outcome, open bool) {
	var g Joiner
	cuts = append(cuts, len(data))
	slices.Sort(cuts)
	from := 0
	for i, to := range cuts {
		u := &Chunk{Set: COCO, Form: form, Buf: slices.Clone(data[from:to]), Base: int64(from), Last: i == len(cuts)-1, Name: "m"}
		b := limitedBatch(limits)
		from = to
		b.Read(u)
		open = g.Join(u, b)
		part := outcomeOf(b)
		for k := range part.Records {
			x := &part.Records[k]
			x.At, x.First, x.End = x.At+o.Count, x.First+len(o.In)+len(o.CO), x.End+len(o.In)+len(o.CO)
			if x.Kind == COCORecord {
				x.First, x.End = x.First-len(o.In), x.End-len(o.In)
			} else {
				x.First, x.End = x.First-len(o.CO), x.End-len(o.CO)
			}
		}
		for _, x := range b.Rejects {
			if strings.HasPrefix(x.Detail, "more text after") {
				x.Offset = -1 // of the text, or of the white space before it
			}
			o.Rejects = append(o.Rejects, fmt.Sprintf("%s %d at %d %s %s", x.Kind, x.Record+int64(o.Count), x.Offset, x.Field, x.Reason))
		}
		o.Records, o.In, o.CO = append(o.Records, part.Records...), append(o.In, part.In...), append(o.CO, part.CO...)
		o.Count, o.Headers = o.Count+part.Count, o.Headers+part.Headers
	}
	slices.Sort(o.Rejects)
	return o, open
}

// checkElements holds units cut at the given places against a single unit.
func checkElements(t *testing.T, data []byte, form Form, cuts []int, limits store.Limits) {
	t.Helper()
	want, wantOpen := readUnits(data, form, nil, limits)
	got, gotOpen := readUnits(data, form, cuts, limits)
	sameOutcome(t, fmt.Sprintf("units of %v cut at %v and one unit", form, cuts), data, got, want)
	if gotOpen != wantOpen {
		t.Fatalf("cut at %v: %v; one unit: %v\n%q", cuts, gotOpen, wantOpen, data)
	}
}

// randomElements is what follows the opening bracket of an array, or values one after the other.
func randomElements(r *rand.Rand, form Form, odd int) []byte {
	var list []string
	for range r.IntN(4) {
		list = append(list, string(randtext.Wrapped(r, r.IntN(4) > 0, odd)))
		if r.IntN(odd) == 0 {
			list = append(list, randtext.Pick(r, "null", "3", `"a,b"`, "[1,[2]]", "x"))
		}
	}
	if form == Values {
		return []byte(strings.Join(list, "\n") + "\n")
	}
	return []byte(strings.Join(list, randtext.Pick(r, ",", " ,\n")) + randtext.Pick(r, "]", "\n] ", "]", "", ",", "]x"))
}

func FuzzElements(f *testing.F) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 5))
		d := randomElements(r, Elements, 5)
		f.Add(d, uint16(r.IntN(1+len(d))), uint16(r.IntN(1+len(d))), uint16(r.IntN(1+len(d))))
	}
	f.Fuzz(func(t *testing.T, d []byte, a, b, c uint16) {
		n := len(d) + 1
		checkElements(t, d, Elements, []int{int(a) % n, int(b) % n, int(c) % n}, store.Limits{})
		checkElements(t, d, Values, []int{int(a) % n, int(b) % n, int(c) % n}, store.Limits{})
	})
}

func TestUnitsCutAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for i := range 600 {
		form := randtext.Pick(r, Elements, Values)
		d := randomElements(r, form, 3+r.IntN(20))
		if i%2 == 1 {
			d = randtext.Mutate(r, d)
		}
		var cuts []int
		for range r.IntN(6) {
			cuts = append(cuts, r.IntN(len(d)+1))
		}
		checkElements(t, d, form, cuts, store.Limits{})
	}
}

// An element over the limit can end where a unit does.
func TestTooLargeAtCut(t *testing.T) {
	const text = `{"image_id":1,"a":"xxxxxxxx"},{"image_id":2}]`
	for cut := 1; cut < len(text); cut++ {
		o, open := readUnits([]byte(text), Elements, []int{min(20, cut), max(20, cut)}, store.Limits{Member: 16})
		if open || len(o.CO) != 1 || o.Count != 2 {
			t.Errorf("cut at %d: %d rows of %d records, %v", cut, len(o.CO), o.Count, open)
		}
	}
}
