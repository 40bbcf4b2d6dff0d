package view

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// A filter that is written and read is the same.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	signs := []string{"", "a", "null", "!", ",", ";", ":", `\`, `"`, `""`, "..", "n01440764", "café", "'; DROP TABLE x", "1..2"}
	for range 2000 {
		var f Filter
		for _, x := range imagenetFields {
			if r.IntN(4) > 0 {
				continue
			}
			term := Term{Field: x.Name, Not: r.IntN(2) == 0, Null: r.IntN(3) == 0}
			switch {
			case x.Kind.numeric() && r.IntN(2) == 0:
				low := math.Round(r.Float64()*1e4) / 100
				term.Range = &Range{low, low + float64(r.IntN(9)), r.IntN(2) == 0}
				if r.IntN(4) == 0 {
					term.Range.Low = math.Inf(-1)
				}
			case x.Kind.numeric():
				term.Texts = []string{"12"}
			case x.Kind == Bool:
				term.Texts = []string{"false", "true"}[:1+r.IntN(2)]
			default:
				term.Texts = []string{signs[r.IntN(len(signs))] + signs[r.IntN(len(signs))]}
			}
			f.Terms = append(f.Terms, term)
		}
		got, err := Parse(f.String(), imagenetFields)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%s\ngives %v, %+v\nwant %+v", f, err, got, f)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"selected:true;n_samples:10..20;worker_id:A,B;class:!n01440764;x:null": "selected:true;class:!n01440764;n_samples:10..20;x:null;worker_id:A,B",
		"n_samples:10..":           "n_samples:10..",
		"n_samples:..<20":          "n_samples:..<20",
		"worker_id:B,A,A":          "worker_id:A,B",
		`worker_id:a\,b,"",\null`:  `worker_id:"",a\,b,\null`,
		"":                         "",
		";;":                       "",
		`class:n\`:                 "class:n",
		"hit:!null,true":           "hit:!true,null",
		"worker_id:1..2":           "worker_id:1..2", // a text is not a range
		`worker_id:"x"`:            `worker_id:\"x\"`,
		"first_time:1635629308000": "first_time:1635629308000",
	} {
		f, err := Parse(text, imagenetFields)
		if err != nil || f.String() != want {
			t.Errorf("%s: %v, %s, want %s", text, err, f, want)
		}
	}
	for text, want := range map[string]string{
		"sample:1":              `there is no field "sample"; did you mean n_samples?`,
		"n_sample:1":            `there is no field "n_sample"; did you mean n_samples?`,
		"selected":              `the filter has "selected": write field:value`,
		"selected:perhaps":      `the filter of selected has "perhaps": give true, false or null`,
		"n_samples:many":        `the filter of n_samples has "many": give a number, a range such as 10..20, or null`,
		"n_samples:..":          `the filter of n_samples has "..": give one range, such as 10..20`,
		"n_samples:1..2,3..4":   `the filter of n_samples has "3..4": give one range, such as 10..20`,
		"x:NaN":                 `the filter of x has "NaN": give a number, a range such as 10..20, or null`,
		"class:":                `the filter of class has a value without characters: write "" for the empty text`,
		"class:a;class:b":       `the filter has class twice: join its values by a comma`,
		"n_samples:1..2..3":     `the filter of n_samples has "1..2..3": give one range, such as 10..20`,
		"class:a,,b":            `the filter of class has a value without characters: write "" for the empty text`,
		"selected:true,!false":  `the filter of selected has "!false": give true, false or null`,
		"no such field:x;x:0.5": `there is no field "no such field"`,
	} {
		if _, err := Parse(text, imagenetFields); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Whatever is in an address, a filter that is read has a form that is read as the same filter.
func FuzzParse(f *testing.F) {
	f.Add("selected:true;n_samples:10..<20;class:!a\\,b,null;x:..0.5")
	f.Add(`worker_id:"",\null,\\`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse(text, imagenetFields)
		if err != nil {
			return
		}
		b, err := Parse(a.String(), imagenetFields)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q is read as %+v, and again as %+v, %v", text, a, b, err)
		}
	})
}

func TestBins(t *testing.T) {
	for _, c := range []struct {
		least, most, low, high float64
		whole                  bool
		want                   Bins
	}{
		{0, 1, 0, 1, false, Bins{Low: 0, Step: 0.05, N: 20, Least: 0, Most: 1}},
		{0, 9, 0, 9, true, Bins{Low: 0, Step: 1, N: 10, Least: 0, Most: 9}},
		{0, 5000, 0, 50, true, Bins{Low: 0, Step: 2, N: 26, After: true, Least: 0, Most: 5000}},
		{7, 7, 7, 7, true, Bins{Low: 7, Step: 1, N: 1, Least: 7, Most: 7}},
		{0.5, 0.5, 0.5, 0.5, false, Bins{Low: 0, Step: 1, N: 1, Least: 0.5, Most: 0.5}},
	} {
		if got := *binsOf(c.least, c.most, c.low, c.high, c.whole); got != c.want {
			t.Errorf("%v to %v: %+v, want %+v", c.least, c.most, got, c.want)
		}
	}
}
