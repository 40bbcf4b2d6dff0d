// Package recording reads and writes what the page of a study records.
//
// A page that is shown to an annotator gives one recording: its events, in the order of their times. The
// browser sends it in chunks of a few seconds, which are JSON:
//
//	{"format": 1, "page": "0ca3e522-27bc-4a9b-aefb-08b977b7b2f2", "attempt": 1, "seq": 0, "t0": 1795448073919000,
//	 "samples": {"t": [0, 8000], "x": [5120, 31], "y": [2040, -4], "buttons": [0, 0], "pointer": ["mouse", "mouse"],
//	             "frame": [0, 1]},
//	 "choices": {"t": [2243000], "what": ["select"], "slot": [7], "x": [5600], "y": [2081], "via": ["mouse"]}}
//
// Each kind of event is an object with one array for each column. Kinds without events are left out. The
// columns are the fields of [Sample], [Press], [Choice] and the other types of this package.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Format is the version of the chunks that this package writes.
const Format = 1

// MaxChunks is the largest number of chunks of an attempt.
const MaxChunks = 5000

// Limits of what a chunk holds. The page makes a chunk of 32 kB; one that is far larger is not the page's, and would
// only take memory. Times have to be whole numbers that JavaScript can count.
const (
	maxRows   = 1 << 17 // events of a kind
	maxFields = 64
	maxWhole  = 1 << 53
)

// A Chunk is a part of a recording.
type Chunk struct {
	Format  int    `json:"format"`
	Page    string `json:"page"`    // UUID of the page, from the lease
	Attempt int    `json:"attempt"` // 1 when the page is first shown, one more after each reload
	Seq     int    `json:"seq"`     // 0 for the first chunk of an attempt
	T0      int64  `json:"t0"`      // when the attempt began, µs since 1970 by the clock of the browser
	Events
}

// Events are events of a recording by kind, each in the order of time. Events of equal times happened in the
// order of the fields.
type Events struct {
	Views   []View       `kind:"views"`
	Layouts []Layout     `kind:"layouts"`
	Images  []ImageState `kind:"images"`
	States  []PageState  `kind:"states"`
	Scrolls []Scroll     `kind:"scrolls"`
	Crosses []Crossing   `kind:"crossings"`
	Samples []Sample     `kind:"samples"`
	Presses []Press      `kind:"presses"`
	Keys    []Key        `kind:"keys"`
	Drags   []Drag       `kind:"drags"`
	Choices []Choice     `kind:"choices"`
	Icons   []IconChange `kind:"icons"`
	Steps   []Step       `kind:"steps"`
	Notes   []Note       `kind:"notes"`
	Gaps    []Gap        `kind:"gaps"`
	Unknown []Unknown    // kinds that this version does not know, in the order of their names
}

// Unknown counts the events of a kind that a newer page sends. They stay in the chunk as it was received.
type Unknown struct {
	Kind  string
	Count int
}

// Len returns the number of events, known and unknown.
func (e *Events) Len() int {
	n := 0
	v := reflect.ValueOf(e).Elem()
	for _, k := range kinds {
		n += v.Field(k.field).Len()
	}
	for _, u := range e.Unknown {
		n += u.Count
	}
	return n
}

// Times returns the times of all events of the page, ascending. It leaves out gaps, which are the account of
// the recorder, and events of unknown kinds.
func (e *Events) Times() []int64 {
	var all []int64
	v := reflect.ValueOf(e).Elem()
	for _, k := range kinds {
		events := v.Field(k.field)
		if events.Type() == reflect.TypeFor[[]Gap]() {
			continue
		}
		for i := range events.Len() {
			all = append(all, events.Index(i).Field(0).Int())
		}
	}
	slices.Sort(all)
	return all
}

// Parse reads a chunk. It reports an error for a chunk of another format, for columns of different lengths,
// and for values of a wrong type or out of range.
func Parse(b []byte) (*Chunk, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("chunk: %w", err)
	}
	c := new(Chunk)
	for _, head := range []struct {
		name string
		to   any
	}{{"format", &c.Format}, {"page", &c.Page}, {"attempt", &c.Attempt}, {"seq", &c.Seq}, {"t0", &c.T0}} {
		raw, ok := fields[head.name]
		if !ok || bytes.Equal(raw, []byte("null")) {
			return nil, fmt.Errorf("chunk: %q is missing", head.name)
		}
		if err := json.Unmarshal(raw, head.to); err != nil {
			return nil, fmt.Errorf("chunk: %q: %w", head.name, err)
		}
		delete(fields, head.name)
	}
	if c.Format != Format {
		return nil, fmt.Errorf("chunk: format %d; this program reads format %d", c.Format, Format)
	}
	if len(fields) > maxFields {
		return nil, fmt.Errorf("chunk: %d kinds of events; at most %d are taken", len(fields), maxFields)
	}
	if !whole(c.T0) {
		return nil, fmt.Errorf("chunk: \"t0\": %d is out of range", c.T0)
	}
	if c.Attempt < 1 || c.Seq < 0 || c.Seq >= MaxChunks {
		return nil, fmt.Errorf("chunk: attempt %d, seq %d: attempts count from 1, chunks from 0 to %d", c.Attempt, c.Seq, MaxChunks-1)
	}
	v := reflect.ValueOf(&c.Events).Elem()
	for _, k := range kinds {
		raw, ok := fields[k.name]
		if !ok {
			continue
		}
		if err := k.parse(raw, v.Field(k.field)); err != nil {
			return nil, fmt.Errorf("chunk: %s: %w", k.name, err)
		}
		delete(fields, k.name)
	}
	return c, c.parseUnknown(fields)
}

// MarshalJSON writes the chunk as the page does.
func (c *Chunk) MarshalJSON() ([]byte, error) {
	if len(c.Unknown) > 0 {
		return nil, errors.New("chunk: events of unknown kinds cannot be written")
	}
	b := fmt.Appendf(nil, `{"format":%d,"page":%q,"attempt":%d,"seq":%d,"t0":%d`, c.Format, c.Page, c.Attempt, c.Seq, c.T0)
	v := reflect.ValueOf(&c.Events).Elem()
	for _, k := range kinds {
		events := v.Field(k.field)
		if events.Len() == 0 {
			continue
		}
		columns, err := k.marshal(events)
		if err != nil {
			return nil, fmt.Errorf("chunk: %s: %w", k.name, err)
		}
		b = fmt.Appendf(b, ",%q:%s", k.name, columns)
	}
	return append(b, '}'), nil
}

// A kind is a kind of event: its name in chunks and its columns.
type kind struct {
	name    string
	field   int // of Events
	columns []column
}

type column struct {
	name            string
	delta, optional bool
}

var kinds = kindsOf(reflect.TypeFor[Events]())

func kindsOf(events reflect.Type) []kind {
	var all []kind
	for i := range events.NumField() {
		name, ok := events.Field(i).Tag.Lookup("kind")
		if !ok {
			continue
		}
		k := kind{name: name, field: i}
		event := events.Field(i).Type.Elem()
		for j := range event.NumField() {
			name, options, _ := strings.Cut(event.Field(j).Tag.Get("col"), ",")
			k.columns = append(k.columns, column{name, options == "delta", options == "optional"})
		}
		all = append(all, k)
	}
	return all
}

// parse reads columns into a slice of events.
func (k *kind) parse(raw []byte, events reflect.Value) error {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(raw, &columns); err != nil {
		return err
	}
	for j, c := range k.columns {
		raw, ok := columns[c.name]
		if !ok && c.optional {
			continue
		}
		if !ok {
			return fmt.Errorf("column %q is missing", c.name)
		}
		values := reflect.New(reflect.SliceOf(events.Type().Elem().Field(j).Type))
		if err := json.Unmarshal(raw, values.Interface()); err != nil {
			return fmt.Errorf("column %q: %w", c.name, err)
		}
		if err := k.fill(events, j, values.Elem()); err != nil {
			return err
		}
	}
	return nil
}

// fill sets a field of all events; the first column makes the events.
func (k *kind) fill(events reflect.Value, j int, values reflect.Value) error {
	c, n := k.columns[j], values.Len()
	if j == 0 {
		if n > maxRows {
			return fmt.Errorf("%d events; a chunk has at most %d of a kind", n, maxRows)
		}
		events.Set(reflect.MakeSlice(events.Type(), n, n))
	}
	if n != events.Len() {
		return fmt.Errorf("column %q has %d values, column %q has %d", c.name, n, k.columns[0].name, events.Len())
	}
	sum := int64(0)
	for i := range n {
		to := events.Index(i).Field(j)
		if !c.delta {
			if v := values.Index(i); v.Kind() == reflect.Int64 && !whole(v.Int()) {
				return fmt.Errorf("column %q: %d is out of range", c.name, v.Int())
			}
			to.Set(values.Index(i))
			continue
		}
		sum += values.Index(i).Int()
		if to.OverflowInt(sum) || !whole(sum) {
			return fmt.Errorf("column %q: %d is out of range", c.name, sum)
		}
		to.SetInt(sum)
	}
	return nil
}

// whole reports whether JavaScript can count up to a number.
func whole(v int64) bool { return -maxWhole <= v && v <= maxWhole }

func (k *kind) marshal(events reflect.Value) ([]byte, error) {
	b := []byte{'{'}
	for j, c := range k.columns {
		field := events.Type().Elem().Field(j)
		values := reflect.MakeSlice(reflect.SliceOf(field.Type), events.Len(), events.Len())
		last, zero := int64(0), true
		for i := range events.Len() {
			from := events.Index(i).Field(j)
			zero = zero && from.IsZero()
			if !c.delta {
				values.Index(i).Set(from)
				continue
			}
			difference := from.Int() - last
			if values.Index(i).OverflowInt(difference) {
				return nil, fmt.Errorf("column %q: the difference %d is out of range", c.name, difference)
			}
			values.Index(i).SetInt(difference)
			last = from.Int()
		}
		if c.optional && zero {
			continue
		}
		text, err := json.Marshal(values.Interface())
		if err != nil {
			return nil, err
		}
		if j > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%q:%s", c.name, text)
	}
	return append(b, '}'), nil
}
