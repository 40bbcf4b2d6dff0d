package truth

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"abtool/ingest/internal/randtext"
)

// randomInstance is an annotation of COCO's instances file.
func randomInstance(r *rand.Rand, odd int) []byte {
	o := &randtext.Builder{R: r, Odd: odd, Gap: randtext.Pick(r, "", " ")}
	numbers := func(n int) string {
		var list []string
		for range n {
			list = append(list, randtext.JSONNumber(r, 'c', 8*odd))
		}
		return randtext.List(list, o.Gap)
	}
	o.Add("id", randtext.JSONNumber(r, 'd', 2*odd))
	o.Add("image_id", randtext.JSONNumber(r, 'd', 2*odd))
	o.Add("category_id", randtext.JSONNumber(r, 'i', 2*odd))
	o.Add("iscrowd", randtext.Pick(r, "0", "1", "true", "null", "2"))
	o.Num("area", 'p')
	o.Add("bbox", randtext.Pick(r, numbers(4), numbers(4), numbers(3), "null", "5"))
	switch r.IntN(4) {
	case 0:
		o.Add("segmentation", randtext.Pick(r, `{"size":[3,4],"counts":[5,2,5]}`, `{"size":[3,4],"counts":"52N"}`, `{"size":[3,4]}`, "null", `"x"`, "[1]", "[[null,1]]",
			"[1,2,3,4,5,6]", "[1,2,3,4]", "[[1,2],[3,4],[5,6]]", "[[[1,2],[3,4],[5,6]]]", "[[1,2,3,4]]", "[[1e999,1,2,3,4,5]]", "[[]]", "[]"))
	case 1:
		runs := randomRuns(r)
		o.Add("segmentation", fmt.Sprintf(`{"counts":%s,"size":[1000,1000]}`, mustJSON(encodeRLE(runs))))
	default:
		var rings []string
		for range r.IntN(3) {
			rings = append(rings, numbers(2*r.IntN(5)))
		}
		o.Add("segmentation", randtext.List(rings, o.Gap))
	}
	return []byte(o.Text())
}

func mustJSON(v any) []byte {
	d, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return d
}

func randomRuns(r *rand.Rand) (runs []int64) {
	for range r.IntN(12) {
		runs = append(runs, r.Int64N(randtext.Pick[int64](r, 2, 40, 5000)))
	}
	return runs
}

// encodeRLE writes COCO's compressed run lengths.
func encodeRLE(runs []int64) string {
	var s []byte
	for i, v := range runs {
		if i > 2 {
			v -= runs[i-2]
		}
		for {
			c := byte(v & 31)
			v >>= 5
			more := v != 0 && v != -1 || v == 0 && c&16 != 0 || v == -1 && c&16 == 0
			if more {
				c |= 32
			}
			s = append(s, c+'0')
			if !more {
				break
			}
		}
	}
	return string(s)
}

// checkInstance holds object.fast against object.slow.
func checkInstance(t *testing.T, data []byte) {
	t.Helper()
	var fast, slow object
	f := slow.slow(data)
	if !fast.fast(data) {
		return
	}
	if f != nil {
		t.Fatalf("read fast, but slow: %v\n%q", f, data)
	}
	if f := slow.badMask; f != nil || slow.badBox != "" {
		t.Fatalf("read fast, but slow found %v %s\n%q", f, slow.badBox, data)
	}
	if a, b := fmt.Sprintf("%+v", fast), fmt.Sprintf("%+v", slow); a != b {
		t.Fatalf("fast and slow differ on %q:\n%s\n%s", data, a, b)
	}
}

func FuzzInstances(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(randomInstance(rand.New(rand.NewPCG(seed, 3)), 6))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkInstance(t, data)
		if counts, ok := decodeRLE(string(data)); ok {
			again, ok := decodeRLE(encodeRLE(counts))
			if !ok || !slices.Equal(again, counts) {
				t.Fatalf("runs %v of %q came back as %v", counts, data, again)
			}
		}
	})
}

func TestInstancesFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for i := range 10000 {
		d := randomInstance(r, 3+r.IntN(30))
		if i%2 == 1 {
			d = randtext.Mutate(r, d)
		}
		checkInstance(t, d)
		runs := randomRuns(r)
		if got, ok := decodeRLE(encodeRLE(runs)); !ok || !slices.Equal(got, runs) {
			t.Fatalf("runs %v came back as %v", runs, got)
		}
	}
}

// Ground truth of COCO: masks and boxes, and what is neither. Each object has one fault a field.
func TestInstanceMasks(t *testing.T) {
	triangle := object{polygon: []float64{1, 2, 3.5, 4, 5, 6}, rings: []int{6}}
	runs := object{rleH: 3, rleW: 4, counts: []int64{5, 2, 5}, hasRLE: true}
	for _, c := range []struct {
		name, text string
		want       object
		wrong      string // of the box, or reason and detail of the mask
	}{
		{name: "polygons", text: `"segmentation":[[1,2,3.5,4,5,6],[0,0,9,0,9,9,0,9]]`,
			want: object{polygon: []float64{1, 2, 3.5, 4, 5, 6, 0, 0, 9, 0, 9, 9, 0, 9}, rings: []int{6, 8}}},
		{name: "a flat polygon", text: `"segmentation":[1,2,3.5,4,5,6]`, want: triangle},
		{name: "points as pairs", text: `"segmentation":[[1,2],[3.5,4],[5,6]]`, want: triangle},
		{name: "rings of pairs", text: `"segmentation":[[[1,2],[3.5,4],[5,6]]]`, want: triangle},
		{name: "no polygons", text: `"segmentation":[]`},
		{name: "null", text: `"segmentation":null`},
		{name: "an empty ring", text: `"segmentation":[[]]`, wrong: "bad_mask: ring 0 has 0 points; wanted at least 3"},
		{name: "two points", text: `"segmentation":[[1,2,3,4]]`,
			wrong: "bad_mask: ring 0 has 2 points; wanted at least 3: four numbers are probably a box"},
		{name: "a flat box", text: `"segmentation":[1,2,3,4]`,
			wrong: "bad_mask: segmentation has 2 points; wanted at least 3: four numbers are probably a box"},
		{name: "two pairs", text: `"segmentation":[[1,2],[3,4]]`, wrong: "bad_mask: ring 0 has 1 points; wanted at least 3; 2 of 2 rings are dropped"},
		{name: "an odd number", text: `"segmentation":[[1,2,3],[1,2,3.5,4,5,6]]`, want: triangle,
			wrong: "bad_mask: ring 0 has 3 numbers; wanted an x and a y of every point; 1 of 2 rings are dropped"},
		{name: "a flat odd number", text: `"segmentation":[1,2,3,4,5,6,7]`,
			wrong: "bad_mask: segmentation has 7 numbers; wanted an x and a y of every point"},
		{name: "a string in a ring", text: `"segmentation":[[1,"2",3,4,5,6]]`, wrong: "wrong_type: ring 0 holds a string; wanted numbers"},
		{name: "a string in a flat list", text: `"segmentation":[1,"2",3,4,5,6]`, wrong: "wrong_type: segmentation holds a string; wanted numbers"},
		{name: "null in a ring", text: `"segmentation":[[1,null]]`, wrong: "wrong_type: ring 0 holds null; wanted numbers"},
		{name: "a ring without end", text: `"segmentation":[[1,2,3,4,5,1e999]]`,
			wrong: "wrong_type: ring 0 holds 1e999, which is not finite; wanted numbers"},
		{name: "rings that are nested too deep", text: `"segmentation":[[[1,2,3,4,5,6]]]`, wrong: "wrong_type: ring 0 holds a list; wanted numbers"},
		{name: "points as objects", text: `"segmentation":[[{"x":1,"y":2}]]`, wrong: "wrong_type: ring 0 holds an object; wanted numbers"},
		{name: "rings as objects", text: `"segmentation":[{"exterior":[]}]`, wrong: "wrong_type: ring 0 is an object; wanted a list of numbers"},
		{name: "a string", text: `"segmentation":"x"`, wrong: "wrong_type: segmentation is a string; wanted polygons or run lengths"},
		{name: "true", text: `"segmentation":true`, wrong: "wrong_type: segmentation is a boolean; wanted polygons or run lengths"},

		{name: "runs", text: `"segmentation":{"counts":[5,2,5],"size":[3,4]}`, want: runs},
		{name: "runs as floats", text: `"segmentation":{"counts":[5.0,2.0,5.0],"size":[3.0,4.0]}`, want: runs},
		{name: "compressed runs", text: `"segmentation":{"counts":"` + encodeRLE([]int64{5, 2, 0, 4, 1}) + `","size":[3,4]}`,
			want: object{rleH: 3, rleW: 4, counts: []int64{5, 2, 0, 4, 1}, hasRLE: true}},
		{name: "a run with an escape", text: `"segmentation":{"counts":"\u003c0","size":[3,4]}`,
			want: object{rleH: 3, rleW: 4, counts: []int64{12, 0}, hasRLE: true}},
		{name: "runs longer than the mask", text: `"segmentation":{"counts":[5,8],"size":[3,4]}`,
			wrong: "bad_mask: the runs cover more than the 12 pixels of size [3,4]"},
		{name: "runs shorter than the mask", text: `"segmentation":{"counts":[5,2],"size":[3,4]}`,
			wrong: "bad_mask: the runs cover 7 of the 12 pixels of size [3,4]"},
		{name: "no runs", text: `"segmentation":{"counts":[],"size":[3,4]}`, wrong: "bad_mask: the runs cover 0 of the 12 pixels of size [3,4]"},
		{name: "a negative run", text: `"segmentation":{"counts":[5,-1],"size":[3,4]}`,
			wrong: "wrong_type: counts holds -1; wanted whole numbers from 0 to 2147483647"},
		{name: "half a pixel", text: `"segmentation":{"counts":[5.5,6.5],"size":[3,4]}`,
			wrong: "wrong_type: counts holds 5.5; wanted whole numbers from 0 to 2147483647"},
		{name: "runs as strings", text: `"segmentation":{"counts":["5","7"],"size":[3,4]}`, wrong: "wrong_type: counts holds a string; wanted run lengths"},
		{name: "null for runs", text: `"segmentation":{"counts":null,"size":[3,4]}`, wrong: "wrong_type: counts is null; wanted run lengths"},
		{name: "null for a side", text: `"segmentation":{"counts":[],"size":[3,null]}`,
			wrong: "wrong_type: size is [3,null]; wanted [height, width] in pixels"},
		{name: "a side of 0", text: `"segmentation":{"counts":[0],"size":[0,4]}`, wrong: "wrong_type: size is [0,4]; wanted [height, width] in pixels"},
		{name: "runs that break off", text: `"segmentation":{"counts":"o","size":[3,4]}`,
			wrong: "wrong_type: counts is a string, but not of compressed run lengths"},
		{name: "polygons by key", text: `"segmentation":{"0":[1,2,3,4,5,6]}`,
			wrong: "wrong_type: segmentation is an object without size; wanted size and counts, or a list of polygons"},
		{name: "no counts", text: `"segmentation":{"size":[3,4]}`,
			wrong: "wrong_type: segmentation is an object without counts; wanted size and counts, or a list of polygons"},

		{name: "a box", text: `"bbox":[1,2.5,3,4]`, want: object{bbox: [4]float64{1, 2.5, 3, 4}, hasBox: true}},
		{name: "null in a box", text: `"bbox":[1,null,3,4]`, wrong: "bbox holds null; wanted four numbers"},
		{name: "a string in a box", text: `"bbox":[1,"2",3,4]`, wrong: "bbox holds a string; wanted four numbers"},
		{name: "a box of two", text: `"bbox":[1,2]`, wrong: "bbox has 2 numbers; wanted four"},
		{name: "a box of five", text: `"bbox":[1,2,3,4,5]`, wrong: "bbox has 5 numbers; wanted four"},
		{name: "a box of two points", text: `"bbox":[[1,2],[3,4]]`, wrong: "bbox holds a list; wanted four numbers"},
		{name: "a box without end", text: `"bbox":[1,2,3,1e999]`, wrong: "bbox holds 1e999, which is not finite; wanted four numbers"},
		{name: "an object for a box", text: `"bbox":{"x":1}`, wrong: "bbox is an object; wanted a list of four numbers"},
		{name: "no box", text: `"bbox":null`, wrong: "bbox is null; wanted a list of four numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got object
			if f := got.slow([]byte("{" + c.text + "}")); f != nil {
				t.Fatal(f)
			}
			wrong := got.badBox
			if f := got.badMask; f != nil {
				wrong = string(f.Reason) + ": " + f.Detail
			}
			got.badBox, got.boxText, got.badMask, got.maskText = "", nil, nil, nil
			if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", c.want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
			if wrong != c.wrong {
				t.Errorf("the fault is\n%q, want\n%q", wrong, c.wrong)
			}
			checkInstance(t, []byte("{"+c.text+"}"))
		})
	}
}

// The spill's encoding of ground truth gives back what it took.
func FuzzFloat(f *testing.F) {
	f.Add(0.0)
	f.Add(-0.005)
	f.Add(123.45)
	f.Fuzz(func(t *testing.T, v float64) {
		p := payload(appendFloat(nil, v))
		if got := p.float(); math.Float64bits(got) != math.Float64bits(v) || len(p) > 0 {
			t.Fatalf("%v came back as %v, %d bytes left", v, got, len(p))
		}
	})
}
