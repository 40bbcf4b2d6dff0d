package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"abtool/collect/recording"
	"abtool/collect/storage"
)

// Header returns a header of an annotation of the original front ends.
func Header(annotation, hit, worker string) storage.CompatHeader {
	return storage.CompatHeader{Annotation: annotation, HIT: hit, Worker: worker, Dataset: "birds", Arm: "red", Body: fmt.Sprintf(`{"id":%q}`, annotation)}
}

// Version returns a page as an original front end sends it; versions differ.
func (p *People) Version(annotation string, number, version int) storage.CompatPage {
	body := fmt.Appendf(nil, `{"page":{"id":"%d","pageno":%d}}`, version, number)
	return storage.CompatPage{Annotation: annotation, Number: number, Started: 1, Ended: 2, Received: p.Now, SHA256: recording.Digest(body), Body: body}
}

// compat is the suite for the original front ends: headers and pages in any order, again, and too late.
func compat(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 2, 1)
	ctx := t.Context()
	var hits []string
	p.view(func(v *storage.View) error {
		all, err := v.HITs()
		for _, h := range all {
			hits = append(hits, h.ID)
		}
		return err
	})
	header := func(want error, h storage.CompatHeader) {
		t.Helper()
		if err := db.CompatHeader(ctx, h, p.Terms(), p.Now); !errors.Is(err, want) || want == nil && err != nil {
			t.Fatalf("header %s: %v, want %v", h.Annotation, err, want)
		}
	}
	put := func(want error, known bool, page storage.CompatPage) {
		t.Helper()
		got, err := db.CompatPage(ctx, page, 10*minute)
		if !errors.Is(err, want) || want == nil && (err != nil || got != known) {
			t.Fatalf("page %d of %s: known %v, error %v, want %v, %v", page.Number, page.Annotation, got, err, known, want)
		}
	}
	found := func(worker string) (all []storage.CompatAnnotation) {
		t.Helper()
		p.view(func(v *storage.View) (err error) {
			all, err = v.CompatAnnotationsOf(worker, "birds", hits[0])
			return err
		})
		return all
	}
	header(storage.ErrUnknown, Header("a", "none", "ann"))
	put(nil, false, p.Version("a", 1, 1))
	put(nil, false, p.Version("a", 1, 1))
	for range 2 {
		header(nil, Header("a", hits[0], "ann"))
	}
	header(storage.ErrDiffers, Header("a", hits[1], "ann"))
	header(storage.ErrDiffers, Header("a", hits[0], "bob"))
	all := found("ann")
	if len(all) != 1 || all[0].Pages != 0 || all[0].Done || all[0].Arm != "red" || all[0].HIT != hits[0] {
		t.Fatalf("%+v", all)
	}
	p.Now++
	put(nil, true, p.Version("a", 0, 1))
	put(nil, true, p.Version("a", 0, 1))
	put(storage.ErrUnknown, true, p.Version("a", 9, 1))
	pages := p.Pages(all[0].Assignment)
	for n := 2; n < len(pages); n++ {
		put(nil, true, p.Version("a", n, 1))
	}
	put(nil, true, p.Version("a", 0, 2)) // too late
	if all = found("ann"); !all[0].Done || all[0].Pages != len(pages) {
		t.Errorf("%+v", all)
	}
	if s := p.State(all[0].Assignment); s != storage.Submitted {
		t.Errorf("state %s", s)
	}
	if first := p.Pages(all[0].Assignment)[0].Attempts; len(first) != 2 || first[0].State != storage.Submitted || first[1].State != "surplus" {
		t.Errorf("%+v", first)
	}
	// Another HIT after the first is surplus from the beginning.
	p.Now++
	header(nil, Header("b", hits[1], "ann"))
	put(nil, true, p.Version("b", 0, 1))
	if all = found("ann"); len(all) != 2 || all[0].HIT != hits[0] || p.State(all[1].Assignment) != "working surplus" {
		t.Errorf("%+v", all)
	}
	p.view(func(v *storage.View) error {
		taken, err := v.Taken()
		if taken[hits[0]] != 1 || taken[hits[1]] != 0 {
			t.Errorf("taken %v", taken)
		}
		if n, e := v.CompatLoose(); n != 0 || e != nil {
			t.Errorf("%d loose pages, %v", n, e)
		}
		_, e := v.Check(func(where, what string) { t.Errorf("%s: %s", where, what) })
		return errors.Join(err, e)
	})
	p.Account()
	// Without a HIT; then everything of the worker is deleted.
	free := storage.CompatFree{Worker: "ann", SHA256: "1", Body: "{}"}
	for range 2 {
		if err := db.CompatFree(ctx, free, p.Now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Erase(ctx, "ann", "a test", p.Now); err != nil {
		t.Fatal(err)
	}
	if all = found("ann"); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	p.Account()
}
