package decode

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store"
)

// Builders of random records of every shape, and what the tests compare.

// outcome is all that reading leaves in a batch, in a form that can be compared.
type outcome struct {
	Count, Headers int
	Records        []seenRecord
	In             []schema.ImageNetAnnotation
	CO             []schema.COCOAnnotation
	Rejects        []string // sorted
}

type seenRecord struct {
	Kind       RecordKind
	ID, Pair   string
	Num        int64
	First, End int
	At         int
	Fact       string
}

func outcomeOf(b *Batch) outcome {
	o := outcome{Count: b.Count, Headers: b.Headers}
	for i := range b.Records {
		x := &b.Records[i]
		o.Records = append(o.Records, seenRecord{x.Kind, x.ID, x.Pair, x.Num, x.First, x.End, x.At, fmt.Sprintf("%+v", x.Fact)})
	}
	o.In, o.CO = rowsOf(b), cocoRowsOf(b)
	for _, x := range b.Rejects {
		o.Rejects = append(o.Rejects, fmt.Sprintf("%s %d %s %s: %s", x.Kind, x.Record, x.Field, x.Reason, x.Snippet))
	}
	slices.Sort(o.Rejects)
	return o
}

func sameOutcome(t *testing.T, what string, data []byte, got, want outcome) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s differ (-slow +fast) on\n%q\n%s", what, data, cmp.Diff(want, got))
	}
}

func newBatch() *Batch { return limitedBatch(store.Limits{}) }

func limitedBatch(l store.Limits) *Batch {
	return NewBatch(l.WithDefaults(), Studies{ImageNet: true, COCO: true})
}

// checkXML holds fast against slow.
func checkXML(t *testing.T, data []byte, kind RecordKind, limits store.Limits) {
	t.Helper()
	fast := limitedBatch(limits)
	ok, f := fast.xml.fast(data, kind, []byte("member"))
	slow := limitedBatch(limits)
	if !ok {
		slow.xml.slow(data, kind, []byte("member"))
		return
	}
	g := slow.xml.slow(data, kind, []byte("member"))
	if (f == nil) != (g == nil) || f != nil && f.Reason != g.Reason {
		t.Fatalf("fast: %v, slow: %v on\n%q", f, g, data)
	}
	if f == nil {
		sameOutcome(t, "fast and slow", data, outcomeOf(fast), outcomeOf(slow))
	}
}

// checkJSON holds fastJSON against slowJSON, both on the value as a whole and through
// readValue. The fast scanner comes with the spellings of another record.
func checkJSON(t *testing.T, data []byte, set Set, limits store.Limits) {
	t.Helper()
	slow := limitedBatch(limits)
	slow.slowJSON(data, set)
	want := outcomeOf(slow)
	fast := limitedBatch(limits)
	s := &scan.Scanner{}
	for i := range 3 { // the second time with the spellings that the first one left, the third one with others
		if i == 2 {
			for _, d := range spelledOddly {
				fast.readValue(&scan.Scanner{Data: d}, set, d)
			}
		}
		s.Data, s.Pos = data, 0
		fast.Reset()
		if len(data) <= fast.limits.Member {
			fast.readValue(s, set, data)
			sameOutcome(t, "readValue and slowJSON", data, outcomeOf(fast), want)
		}
	}
}

// spelledOddly are records that leave a spelling in every place for one, and a position whose parts belong to none.
var spelledOddly = func() (all [][]byte) {
	for i := range 9 {
		gap := strings.Repeat(" ", i)
		all = append(all, fmt.Appendf(nil, `{"imageID":"n01440764/o%d","hoveredRecord":[{"action":%s"enter","time":1641431028323}],"imagePosition":{"x":1,"y":"2"}}`, i, gap),
			fmt.Appendf(nil, `{"image_id":%d,"actionHistories":[{"actionType":%s"add","pointTo":{"x":0.5,"y":0.25},"timeAt":7}],"imageWidth":3}`, i, gap))
	}
	return append(all, []byte(`{"imageID":"n01440764/p","imagePosition":{"x":1}}`))
}()

// setIf returns COCO or ImageNet.
func setIf(isCOCO bool) Set {
	if isCOCO {
		return COCO
	}
	return ImageNet
}
