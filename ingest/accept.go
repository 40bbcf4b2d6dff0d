package ingest

import (
	"cmp"
	"fmt"
	"slices"

	"abtool/schema"
	"abtool/store"
)

// accept takes what a unit holds into the store, in the order of the input: duplicates are
// found, rows numbered, and all is counted.
func (r *runner) accept(u *unit) error {
	if r.glue.join(&u.chunk, u.batch) {
		u.broken = fmt.Errorf("%s ends early, at byte %d of its content, within a JSON array: %w: get it again, the old store is unchanged",
			u.src.name, u.base+int64(len(u.buf)), ErrDamaged)
	}
	b, from := u.batch, r.inputs[u.src]
	if len(b.records) > 0 && from.home == "" {
		from.home = setName(b.records[0].kind == cocoRecord)
	} else if u.told && from.home == "" {
		from.home = setName(u.coco)
	}
	a := acceptor{r: r, u: u, from: from, in: b.in[:0], co: b.co[:0]}
	for i := range b.records {
		if err := a.take(&b.records[i]); err != nil {
			return err
		}
	}
	a.dropDuplicates()
	left := 0
	for i := range b.rejects {
		rej := &b.rejects[i]
		rej.Source = u.src.name
		rej.Record += from.met
		if rej.Kind == "record" {
			left++
		}
	}
	if u.ready {
		a.stored = b.count - left
	}
	if a.stored+left != b.count {
		return fmt.Errorf("internal error: %d records of %s were read, but %d stored and %d rejected", b.count, u.src.name, a.stored, left)
	}
	from.met += int64(b.count)
	from.aside += int64(b.asides)
	r.records.Add(int64(b.count))
	r.rejected.Add(int64(left))
	if err := r.settle(u, from, left); err != nil {
		return err
	}
	if err := r.judge(b.rejects); err != nil {
		return err
	}
	broken := u.broken
	if err := a.write(); err != nil {
		return err
	}
	return broken
}

// settle puts the rejects and counts of a unit into the source's data set. As long as nothing
// has told which that is, they are kept.
func (r *runner) settle(u *unit, s *input, left int) error {
	b := u.batch
	if s.home == "" && len(s.pending) < pendingCount {
		s.pending = append(s.pending, b.rejects...)
		s.pendingHeaders += int64(b.headers)
		return nil
	}
	k, d, err := r.account(s, r.homeOf(s) == "coco")
	if err != nil {
		return err
	}
	if u.ready {
		k.Stored += int64(b.count - left)
	}
	k.Headers += int64(b.headers)
	k.Rejected += int64(left)
	if err := r.settlePending(s, k, d); err != nil {
		return err
	}
	for _, k := range s.stats {
		k.Records = k.Stored + k.Rejected
	}
	return d.reject(b.rejects)
}

const pendingCount = 10_000

// settlePending puts what was kept into the data set.
func (r *runner) settlePending(s *input, k *store.Source, d *dataset) error {
	k.Headers += s.pendingHeaders
	for i := range s.pending {
		if s.pending[i].Kind == "record" {
			k.Rejected++
		}
	}
	err := d.reject(s.pending)
	s.pending, s.pendingHeaders = nil, 0
	return err
}

// homeOf is the data set of a source that has not told: that of the others.
func (r *runner) homeOf(s *input) string {
	r.mu.Lock() // ground truth begins its data set from the feeder
	defer r.mu.Unlock()
	if s.home == "" {
		s.home = "imagenet"
		if r.sets["coco"] != nil && r.sets["imagenet"] == nil {
			s.home = "coco"
		}
	}
	return s.home
}

// settleAll ends the accounts: a source that has never told joins the data set of the others.
func (r *runner) settleAll() error {
	for _, s := range r.sources {
		if s.home == "" && len(r.sets) == 0 && s.met == 0 && len(s.apart) > 0 {
			continue // its archives tell
		}
		if s.home == "" && len(r.sets) == 0 && s.met == 0 {
			return fmt.Errorf("%s: %w: there is no record in it, only %d headers of pages", s.name, ErrUnknownInput, s.pendingHeaders)
		}
		if s.home == "" && len(r.sets) == 0 {
			return fmt.Errorf("%s: none of its %d records can be used, and nothing tells which data set they are of; the first one is %s: "+
				"if it is one of ours, say which with --as imagenet or --as coco", s.name, s.met, describe(&s.pending[0]))
		}
		k, d, err := r.account(s, r.homeOf(s) == "coco")
		if err != nil {
			return err
		}
		if err := r.settlePending(s, k, d); err != nil {
			return err
		}
		k.Records = k.Stored + k.Rejected
	}
	return nil
}

const exampleCount = 5

// judge stops the run where the options say so.
func (r *runner) judge(rejects []rejectRow) error {
	for i := range rejects {
		if x := &rejects[i]; len(r.examples) < exampleCount {
			r.examples = append(r.examples, store.Example{Source: x.Source, Member: x.Member, Offset: x.Offset,
				Field: x.Field, Reason: x.Reason, Detail: x.Detail, Snippet: x.Snippet})
		}
	}
	if len(rejects) == 0 {
		return nil
	}
	if r.o.Strict {
		return fmt.Errorf("%s: %w", describe(&rejects[0]), ErrStrict)
	}
	if n := r.rejected.Load(); r.o.MaxRejects > 0 && n > r.o.MaxRejects {
		return fmt.Errorf("%d by now, the last one %s: %w", n, describe(&rejects[len(rejects)-1]), ErrTooMany)
	}
	return nil
}

// describe says where a reject is and what was found.
func describe(x *rejectRow) string {
	at := x.Source
	if x.Member != "" && x.Member != x.Source {
		at += ", " + x.Member
	}
	at += fmt.Sprintf(", byte %d", x.Offset)
	if x.Field != "" {
		at += ", " + x.Field
	}
	what := x.Reason
	if x.Detail != "" {
		what += " (" + x.Detail + ")"
	}
	if x.Snippet != "" {
		what += ": " + x.Snippet
	}
	return at + ": " + what
}

// acceptor is the state of one unit's acceptance.
type acceptor struct {
	r          *runner
	u          *unit
	from       *input
	in         []imagenetRow // rows to write: the batch's without those of duplicates
	co         []cocoRow
	inSet      *dataset
	coSet      *dataset
	stored     int
	duplicates []int // record numbers within the unit
	payload    []byte
}

// take decides on one record. Rows are moved down over those that were left out.
func (a *acceptor) take(x *record) error {
	k, d, err := a.r.account(a.from, x.kind == cocoRecord)
	if err != nil {
		return err
	}
	b, known := a.u.batch, a.r.known
	fresh := false
	switch x.kind {
	case xmlRecord:
		if x.fact.shown == 0 && len(x.fact.boxes) > 0 {
			fresh = known.bare.add(x.id)
		} else {
			fresh = known.image(x.id, b.in[x.first:x.end])
		}
	case jsonRecord:
		fresh = known.record(x.id, x.pair, x.slot)
	case vocRecord:
		fresh = known.boxes.add(x.id)
	case cocoRecord:
		fresh = known.coco.CheckedAdd(uint64(x.num))
	}
	if !fresh {
		a.duplicates = append(a.duplicates, x.at)
		b.member, b.offset = x.member, x.offset
		count := b.count
		b.count = x.at
		b.rejectRecord(schema.Duplicate, x.name(), x.data)
		b.count = count
		return nil
	}
	a.stored++
	k.Stored++
	if x.kind == cocoRecord {
		k.Rows += int64(x.end - x.first)
		for i := x.first; i < x.end; i++ {
			row := &b.co[i]
			row.Seq, row.Source = d.seq, a.u.src.name
			d.seq++
			a.co = append(a.co, *row)
		}
		a.coSet = d
		return nil
	}
	a.inSet = d
	tag := byte(fromBoxes)
	if x.kind == vocRecord {
		a.from.boxes += int64(len(x.fact.boxes))
	} else {
		tag = fromRecord
		k.Rows += int64(x.end - x.first)
		for i := x.first; i < x.end; i++ {
			row := &b.in[i]
			row.Seq, row.Source = d.seq, a.u.src.name
			d.seq++
			if len(a.in) != i {
				a.in = append(a.in, *row)
			} else {
				a.in = a.in[:i+1]
			}
		}
	}
	a.payload = appendFact(a.payload[:0], tag, &x.fact)
	return d.images.add([]byte(x.id), a.payload)
}

// dropDuplicates forgets the nulled fields of duplicates and puts the rejects in order.
func (a *acceptor) dropDuplicates() {
	if len(a.duplicates) == 0 {
		return
	}
	b := a.u.batch
	b.rejects = slices.DeleteFunc(b.rejects, func(x rejectRow) bool {
		_, dup := slices.BinarySearch(a.duplicates, int(x.Record))
		return dup && x.Kind == "field"
	})
	slices.SortStableFunc(b.rejects, func(x, y rejectRow) int { return cmp.Compare(x.Record, y.Record) })
}

// write hands the rows on. The unit is used again when all have been taken.
func (a *acceptor) write() error {
	u, feeder := a.u, a.r.feeder
	left := &countdown{n: 2, then: func() { feeder.recycle(u) }}
	if a.inSet != nil {
		if err := a.inSet.in.write(a.in, left.done); err != nil {
			return err
		}
	} else {
		left.done()
	}
	if a.coSet != nil {
		return a.coSet.co.write(a.co, left.done)
	}
	left.done()
	return nil
}
