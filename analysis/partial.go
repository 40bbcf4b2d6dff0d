package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/usage"
	"abtool/store"
)

// PartialFormat names the format of the files that a Partial is written to.
const PartialFormat = "abtool.partial/1"

// ErrDamaged is returned, wrapped, for a file that is cut off, or that is not the file of a Partial.
var ErrDamaged = partial.ErrDamaged

// A Partial has what a pass over stores gathered for statistics. Partials of several stores are merged to what one pass
// over all of the stores gathers.
type Partial struct {
	header partialHeader
	sets   []pass.State // in the order of the header's data sets
}

// partialHeader is the first line of a file.
type partialHeader struct {
	Format   string         `json:"format"`
	Tool     string         `json:"tool"`
	Options  result.Options `json:"options"`
	Place    string         `json:"place"` // as the caller gave it
	Stores   []PartialStore `json:"stores"`
	DataSets []string       `json:"data_sets"`
}

// A PartialStore is a store that a Partial is of.
type PartialStore struct {
	Path    string `json:"path"`
	ID      string `json:"id"`      // SHA-256 of its account
	Records int64  `json:"records"` // stored; ground truth does not count
}

// Gather passes over a store, or several that are read as one, for the statistics that the options select.
func Gather(ctx context.Context, place string, o result.Options) (*Partial, error) {
	stores, err := storesAt(place)
	if err != nil {
		return nil, err
	}
	p, err := gather(ctx, place, o, true)
	if err != nil {
		return nil, err
	}
	if p.header.Stores, err = storesAt(place); err == nil && !slices.Equal(stores, p.header.Stores) {
		err = fmt.Errorf("%s was replaced while it was read: try again", place)
	}
	return p, err
}

// gather passes over a store. Without travels its ground truth has no digest, so that the result cannot be merged.
func gather(ctx context.Context, place string, o result.Options, travels bool) (*Partial, error) {
	if err := o.Defaults(); err != nil {
		return nil, err
	}
	sets, err := setsOf(place, o.By)
	if err != nil {
		return nil, err
	}
	wanted, err := entriesOf(&o, sets)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	p := &Partial{header: partialHeader{Format: PartialFormat, Tool: o.Tool, Options: o, Place: place}}
	for _, set := range sets {
		if len(wanted[set.name]) == 0 {
			continue
		}
		s, err := set.gather(ctx, place, o, wanted[set.name], travels)
		if err != nil {
			return nil, err
		}
		p.header.DataSets, p.sets = append(p.header.DataSets, set.name), append(p.sets, s)
	}
	return p, nil
}

// storesAt returns the stores at a place.
func storesAt(place string) (all []PartialStore, err error) {
	dirs, err := store.Folders(place)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, store.File))
		if err != nil {
			return nil, err
		}
		a, err := store.Read(dir)
		if err != nil {
			return nil, err
		}
		id := sha256.Sum256(text)
		s := PartialStore{Path: dir, ID: hex.EncodeToString(id[:])}
		for _, d := range a.DataSets {
			for _, x := range d.Sources {
				if x.Role == "byproducts" {
					s.Records += x.Stored
				}
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// Stores returns the stores that the Partial is of, in order.
func (p *Partial) Stores() []PartialStore { return p.header.Stores }

// Current reports whether the Partial is what Gather would return for a place.
func (p *Partial) Current(place string, o result.Options) bool {
	stores, err := storesAt(place)
	if err != nil || o.Defaults() != nil {
		return false
	}
	return p.header.differs(&partialHeader{Format: PartialFormat, Tool: o.Tool, Options: o}) == "" && p.header.Place == place &&
		slices.Equal(stores, p.header.Stores)
}

// differs says in what the headers of partials that cannot be merged differ, or returns "".
func (h *partialHeader) differs(o *partialHeader) string {
	mine, _ := json.Marshal(h.Options)
	its, _ := json.Marshal(o.Options)
	switch {
	case h.Tool != o.Tool:
		return fmt.Sprintf("abtool %s computed one, and abtool %s the other", h.Tool, o.Tool)
	case !bytes.Equal(mine, its):
		return "they have other options: " + difference(h.Options, o.Options)
	}
	return ""
}

// difference returns the first option that differs, with both values.
func difference(a, b result.Options) string {
	fields := func(o result.Options) map[string]json.RawMessage {
		text, _ := json.Marshal(o)
		m := map[string]json.RawMessage{}
		json.Unmarshal(text, &m)
		return m
	}
	x, y := fields(a), fields(b)
	for _, name := range []string{"names", "by", "bootstrap", "seed", "sigmas", "rules", "hide_workers"} {
		if !bytes.Equal(x[name], y[name]) {
			none := json.RawMessage("none")
			if x[name] == nil {
				x[name] = none
			}
			if y[name] == nil {
				y[name] = none
			}
			return fmt.Sprintf("%s is %s in one, and %s in the other", name, x[name], y[name])
		}
	}
	return ""
}

// Merge adds the Partial of the stores that follow. o cannot be used afterwards, and after an error, p cannot either.
// Any grouping of Partials in the same order gives the same.
func (p *Partial) Merge(o *Partial) error {
	if what := p.header.differs(&o.header); what != "" {
		return usage.Errorf("%s and %s cannot be merged: %s: compute both again with the same program and options", p.name(), o.name(), what)
	}
	for _, s := range o.header.Stores {
		if i := slices.IndexFunc(p.header.Stores, func(mine PartialStore) bool { return mine.ID == s.ID }); i >= 0 {
			return usage.Errorf("%s and %s have the same account: the store would count twice, so give it once", p.header.Stores[i].Path, s.Path)
		}
	}
	var names []string
	var sets []pass.State
	for _, d := range dataSets {
		i, k := slices.Index(p.header.DataSets, d.name), slices.Index(o.header.DataSets, d.name)
		switch {
		case i < 0 && k < 0:
			continue
		case i < 0:
			sets = append(sets, o.sets[k])
		default:
			if k >= 0 {
				if err := p.sets[i].Merge(o.sets[k]); err != nil {
					return fmt.Errorf("%s and %s cannot be merged: %w. Give their stores together to one abtool stats --partial, "+
						"or deal all that belongs to an image to one store", p.name(), o.name(), err)
				}
			}
			sets = append(sets, p.sets[i])
		}
		names = append(names, d.name)
	}
	p.header.DataSets, p.sets = names, sets
	p.header.Stores = append(p.header.Stores, o.header.Stores...)
	p.header.Place += "," + o.header.Place
	return nil
}

// name names the stores in an error.
func (p *Partial) name() string {
	if len(p.header.Stores) < 3 {
		return p.header.Place
	}
	return fmt.Sprintf("%s and %d other stores", p.header.Stores[0].Path, len(p.header.Stores)-1)
}

// Document returns the statistics, as Run does. It uses the Partial up.
func (p *Partial) Document() *result.Document {
	h := &p.header
	d := &result.Document{Schema: result.Schema, Tool: h.Tool, Store: h.Place, Options: h.Options}
	for _, s := range p.sets {
		d.DataSets = append(d.DataSets, s.Result())
	}
	p.sets = nil
	return d
}

// Write writes the Partial. Equal Partials have equal bytes.
func (p *Partial) Write(to io.Writer) error {
	w, err := partial.NewWriter(to, &p.header)
	if err != nil {
		return err
	}
	for _, s := range p.sets {
		if err := s.Write(w); err != nil {
			return err
		}
	}
	return w.Close()
}

// ReadPartial reads what Write wrote. jobs is the number of goroutines of Document, 0 for one per processor.
func ReadPartial(from io.Reader, jobs int) (*Partial, error) {
	p := &Partial{}
	r, err := partial.NewReader(from, &p.header)
	if err != nil {
		return nil, err
	}
	h := &p.header
	if h.Format != PartialFormat {
		if name, _, ok := strings.Cut(h.Format, "/"); ok && name+"/" == strings.TrimSuffix(PartialFormat, "1") {
			return nil, fmt.Errorf("its format is %s, and this program reads %s: compute it again, or take the program that wrote it (abtool %s)",
				h.Format, PartialFormat, h.Tool)
		}
		return nil, fmt.Errorf("%w: its format is %q, not %s", ErrDamaged, h.Format, PartialFormat)
	}
	o := h.Options
	none := o.Bootstrap == 0
	if o.Jobs = jobs; none {
		o.Bootstrap = -1 // 0 is the default
	}
	if err := o.Defaults(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	h.Options = o
	var sets []*dataSet
	for i := range dataSets {
		if slices.Contains(h.DataSets, dataSets[i].name) {
			sets = append(sets, &dataSets[i])
		}
	}
	if len(sets) != len(h.DataSets) {
		return nil, fmt.Errorf("%w: it has the data sets %s", ErrDamaged, strings.Join(h.DataSets, " and "))
	}
	wanted, err := entriesOf(&o, sets)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	for i, set := range sets {
		if set.name != h.DataSets[i] || len(wanted[set.name]) == 0 {
			return nil, fmt.Errorf("%w: it has the data sets %s", ErrDamaged, strings.Join(h.DataSets, " and "))
		}
		s, err := set.read(r, o, wanted[set.name])
		if err != nil {
			return nil, err
		}
		p.sets = append(p.sets, s)
	}
	return p, r.Close()
}

// ReadPartialFile reads a file that abtool stats --partial wrote.
func ReadPartialFile(path string, jobs int) (*Partial, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := ReadPartial(f, jobs)
	if errors.Is(err, ErrDamaged) {
		return nil, fmt.Errorf("%s is not a complete file of abtool stats --partial: %w: compute it again", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// IsPartialFile reports whether a file is empty, or begins as one that Write wrote.
func IsPartialFile(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() == 0 && info.Mode().IsRegular() {
		return err == nil, err
	}
	var h struct{ Format string }
	_, err = partial.NewReader(f, &h)
	name, _, _ := strings.Cut(PartialFormat, "/")
	return err == nil && strings.HasPrefix(h.Format, name+"/"), nil
}

// MarshalBinary returns the bytes that Write writes.
func (p *Partial) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	err := p.Write(&b)
	return b.Bytes(), err
}

// UnmarshalBinary reads what MarshalBinary returned.
func (p *Partial) UnmarshalBinary(b []byte) error {
	read, err := ReadPartial(bytes.NewReader(b), 0)
	if err == nil {
		*p = *read
	}
	return err
}

// Options returns the options that the Partial was gathered with.
func (p *Partial) Options() result.Options { return p.header.Options }

// ComparePartials returns the differences of two Partials of the same options, as Compare does. It uses both up.
func ComparePartials(a, b *Partial) (*Comparison, error) {
	if what := a.header.differs(&b.header); what != "" {
		return nil, usage.Errorf("%s and %s cannot be compared: %s: compute both again with the same program and options", a.name(), b.name(), what)
	}
	for _, s := range b.sets {
		s.SetSeed(b.header.Options.Seed + 1) // the samples of the two must be independent
	}
	return Differences(a.Document(), b.Document()), nil
}
