package recording

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const example = `{"format": 1, "page": "p", "attempt": 1, "seq": 0, "t0": 1795448073919000,
	"samples": {"t": [100, 8000], "x": [5120, 31], "y": [2040, -4], "buttons": [0, 1], "pointer": ["mouse", "mouse"], "frame": [0, 1]},
	"choices": {"t": [2243000], "what": ["select"], "slot": [7], "x": [5600], "y": [2081], "via": ["mouse"]},
	"sparks": {"t": [1, 2, 3], "colour": ["red", "red", "blue"]}}`

func TestParse(t *testing.T) {
	got, err := Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := &Chunk{Format: 1, Page: "p", Attempt: 1, T0: 1795448073919000, Events: Events{
		Samples: []Sample{{T: 100, X: 5120, Y: 2040, Pointer: "mouse"}, {T: 8100, X: 5151, Y: 2036, Buttons: 1, Pointer: "mouse", Frame: 1}},
		Choices: []Choice{{T: 2243000, What: "select", Slot: 7, X: 5600, Y: 2081, Via: "mouse"}},
		Unknown: []Unknown{{"sparks", 3}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := got.Len(); n != 6 {
		t.Errorf("Len() = %d, want 6", n)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"format": 1`, `"format": 2`, "format 2"},
		{`"seq": 0, `, ``, `"seq" is missing`},
		{`"seq": 0`, `"seq": 5000`, "chunks from 0 to 4999"},
		{`"attempt": 1`, `"attempt": 0`, "attempts count from 1"},
		{`"y": [2040, -4]`, `"y": [2040]`, `column "y" has 1 values, column "t" has 2`},
		{`"y": [2040, -4]`, `"z": [2040, -4]`, `column "y" is missing`},
		{`[5120, 31]`, `[2147483647, 1]`, "out of range"},
		{`[100, 8000]`, `[0, 9007199254740993]`, `samples: column "t": 9007199254740993 is out of range`},
		{`"t": [100, 8000], "x"`, `"t": [9007199254740992, 9223372036854775807], "x"`, "is out of range"}, // the sum wraps around
		{`"t0": 1795448073919000`, `"t0": -9223372036854775808`, `"t0": -9223372036854775808 is out of range`},
		{`[100, 8000]`, "[" + strings.Repeat("0,", maxRows) + "0]", "131073 events; a chunk has at most 131072 of a kind"},
		{`"seq": 0`, `"seq": 0` + manyKinds(), "at most 64 are taken"},
		{`[5120, 31]`, `[0.5, 1]`, "cannot unmarshal number 0.5"},
		{`"sparks": {`, `"colour": "red", "sparks": {`, `"colour" is neither a field nor a kind of event`},
	} {
		text := strings.Replace(example, c.old, c.new, 1)
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new[:min(len(c.new), 60)], err, c.want)
		}
	}
}

// manyKinds returns many kinds that nobody knows.
func manyKinds() string {
	var b strings.Builder
	for i := range maxFields {
		fmt.Fprintf(&b, `, "kind%d": {"t": []}`, i)
	}
	return b.String()
}

// anyEvents draws events in the order of time.
func anyEvents(t *rapid.T) Events {
	var e Events
	v := reflect.ValueOf(&e).Elem()
	for _, k := range kinds {
		events := v.Field(k.field)
		time := int64(0)
		for range rapid.IntRange(0, 4).Draw(t, k.name) {
			event := reflect.New(events.Type().Elem()).Elem()
			time += rapid.Int64Range(0, 3).Draw(t, "t")
			event.Field(0).SetInt(time)
			for j := 1; j < event.NumField(); j++ {
				switch f := event.Field(j); f.Kind() {
				case reflect.String:
					f.SetString(rapid.String().Draw(t, "text"))
				default:
					f.SetInt(int64(rapid.Int32Range(-1<<29, 1<<29).Draw(t, "number")))
				}
			}
			events.Set(reflect.Append(events, event))
		}
	}
	return e
}

// A chunk that is written and read again is the same.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := &Chunk{Format: Format, Page: "p", Attempt: 1, Events: anyEvents(t)}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// However a recording was cut into chunks, and in whichever order they come, the page is the same.
func TestJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := anyEvents(t)
		n := rapid.IntRange(1, 5).Draw(t, "chunks")
		chunks := make([]*Chunk, n)
		for i := range chunks {
			chunks[i] = &Chunk{Format: Format, Page: "p", Attempt: 1, Seq: i}
			to, from := reflect.ValueOf(&chunks[i].Events).Elem(), reflect.ValueOf(whole)
			for _, k := range kinds {
				events := from.Field(k.field)
				to.Field(k.field).Set(events.Slice(i*events.Len()/n, (i+1)*events.Len()/n))
			}
		}
		got, err := Join(rapid.Permutation(chunks).Draw(t, "order"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Len() != whole.Len() || len(got.Missing) > 0 {
			t.Errorf("%d events, %v missing; want %d, none", got.Len(), got.Missing, whole.Len())
		}
		if !reflect.DeepEqual(got.Samples, whole.Samples) && len(whole.Samples) > 0 {
			t.Errorf("samples %v, want %v", got.Samples, whole.Samples)
		}
	})
}

// Events that are cut by time, at any places, are the same when they are joined.
func TestBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := anyEvents(t)
		a := rapid.Int64Range(0, 12).Draw(t, "a")
		b := rapid.Int64Range(a, 13).Draw(t, "b")
		n := 0
		var chunks []*Chunk
		for i, at := range []int64{0, a, b} {
			cut := whole.Between(at, append([]int64{a, b}, 1<<40)[i])
			n += cut.Len()
			chunks = append(chunks, &Chunk{Page: "p", Attempt: 1, Seq: i, Events: cut})
		}
		p, err := Join(chunks)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, p.Events); diff != "" || n != whole.Len() {
			t.Errorf("%d of %d events; -want +got:\n%s", n, whole.Len(), diff)
		}
	})
}

func TestJoinMissing(t *testing.T) {
	chunk := func(page string, seq int) *Chunk { return &Chunk{Page: page, Attempt: 1, Seq: seq} }
	p, err := Join([]*Chunk{chunk("p", 4), chunk("p", 1)})
	if err != nil || !cmp.Equal(p.Missing, []int{0, 2, 3}) {
		t.Errorf("missing %v, error %v; want 0, 2, 3", p.Missing, err)
	}
	for _, wrong := range [][]*Chunk{nil, {chunk("p", 0), chunk("q", 1)}, {chunk("p", 1), chunk("p", 1)}} {
		if _, err := Join(wrong); err == nil {
			t.Errorf("%d chunks were joined without an error", len(wrong))
		}
	}
}

// An independent program computed this chain.
func TestChain(t *testing.T) {
	const want = "5b00b81f"
	if got := Chain([]string{Digest([]byte("a")), Digest([]byte("b"))}); got[:8] != want {
		t.Errorf("chain %s, want %s…", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err != nil || len(c.Unknown) > 0 {
			return
		}
		text, err := json.Marshal(c)
		if err != nil {
			return // a difference that was within range can leave it when it is made again
		}
		again, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if c.Len() != again.Len() {
			t.Errorf("%d events, and %d when they are read again", c.Len(), again.Len())
		}
	})
}
