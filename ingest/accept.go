package ingest

import (
	"cmp"
	"fmt"
	"slices"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/schema"
	"abtool/store"
	"abtool/store/columnar"
)

// accept takes what a unit holds into the store, in the order of the input: duplicates are
// found, rows numbered, and all is counted.
func (r *runner) accept(u *source.Unit) error {
	if r.glue.Join(&u.Chunk, u.Batch) {
		u.Broken = fmt.Errorf("%s ends early, at byte %d of its content, within a JSON array: %w: get it again, the old store is unchanged",
			u.Src.Name, u.Base+int64(len(u.Buf)), source.ErrDamaged)
	}
	b, from := u.Batch, r.inputs[u.Src]
	if len(b.Records) > 0 && from.home == 0 {
		from.home = b.Records[0].Kind.Set()
	}
	from.home = cmp.Or(from.home, u.Set)
	a := acceptor{r: r, u: u, from: from}
	for i := range b.Records {
		if err := a.take(&b.Records[i]); err != nil {
			return err
		}
	}
	a.dropDuplicates()
	left := 0
	for i := range b.Rejects {
		rej := &b.Rejects[i]
		rej.Source = u.Src.Name
		rej.Record += from.met
		if rej.Kind == "record" {
			left++
		}
	}
	if u.Ready {
		a.stored = b.Count - left
	}
	if a.stored+left != b.Count {
		return fmt.Errorf("internal error: %d records of %s were read, but %d stored and %d rejected", b.Count, u.Src.Name, a.stored, left)
	}
	from.met += int64(b.Count)
	from.aside += int64(b.Asides)
	from.repaired += int64(b.Repaired)
	r.records.Add(int64(b.Count))
	r.rejected.Add(int64(left))
	if err := r.settle(u, from, left); err != nil {
		return err
	}
	if err := r.judge(b.Rejects); err != nil {
		return err
	}
	broken := u.Broken
	if err := a.write(); err != nil {
		return err
	}
	return broken
}

// settle puts the rejects and counts of a unit into the source's data set. As long as nothing
// has told which that is, they are kept.
func (r *runner) settle(u *source.Unit, s *input, left int) error {
	b := u.Batch
	if s.home == 0 && len(s.pending) < pendingCount {
		s.pending = append(s.pending, b.Rejects...)
		s.pendingHeaders += int64(b.Headers)
		return nil
	}
	k, d, err := r.account(s, r.homeOf(s))
	if err != nil {
		return err
	}
	if u.Ready {
		k.Stored += int64(b.Count - left)
	}
	k.Headers += int64(b.Headers)
	k.Rejected += int64(left)
	if err := r.settlePending(s, k, d); err != nil {
		return err
	}
	for _, set := range decode.Sets {
		k := s.accounts[set]
		if k != nil {
			k.Records = k.Stored + k.Rejected
		}
	}
	return d.reject(b.Rejects)
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
func (r *runner) homeOf(s *input) decode.Set {
	r.mu.Lock() // ground truth begins its data set from the feeder
	defer r.mu.Unlock()
	if s.home == 0 {
		s.home = decode.ImageNet
		if begun := r.ordered(); len(begun) == 1 {
			s.home = begun[0].set
		}
	}
	return s.home
}

// settleAll ends the accounts: a source that has never told joins the data set of the others.
func (r *runner) settleAll() error {
	for _, s := range r.sources {
		if s.home == 0 && len(r.ordered()) == 0 && s.met == 0 && len(s.Apart) > 0 {
			continue // its archives tell
		}
		if s.home == 0 && len(r.ordered()) == 0 && s.met == 0 {
			return fmt.Errorf("%s: %w: there is no record in it, only %d headers of pages", s.Name, source.ErrUnknownInput, s.pendingHeaders)
		}
		if s.home == 0 && len(r.ordered()) == 0 {
			return fmt.Errorf("%s: none of its %d records can be used, and nothing tells which data set they are of; the first one is %s: "+
				"if it is one of ours, say which with --as imagenet or --as coco", s.Name, s.met, describe(&s.pending[0]))
		}
		k, d, err := r.account(s, r.homeOf(s))
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
func (r *runner) judge(rejects []decode.Reject) error {
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
		return fmt.Errorf("%w: %s", ErrStrict, describe(&rejects[0]))
	}
	if r.o.MaxRejects > 0 && r.rejected.Load() > r.o.MaxRejects {
		return fmt.Errorf("%w than --max-rejects %d allows; the last one is %s; without --max-rejects all are listed in the rejects table",
			ErrTooMany, r.o.MaxRejects, describe(&rejects[len(rejects)-1]))
	}
	return nil
}

// describe says where a reject is and what was found.
func describe(x *decode.Reject) string {
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
	u          *source.Unit
	from       *input
	sets       [decode.COCO + 1]*dataset
	spans      [decode.COCO + 1][]columnar.Span // rows to write: all but those of duplicates
	stored     int
	duplicates []int // record numbers within the unit
}

// take decides on one record.
func (a *acceptor) take(x *decode.Record) error {
	set := x.Kind.Set()
	k, d, err := a.r.account(a.from, set)
	if err != nil {
		return err
	}
	b, rows := a.u.Batch, x.End-x.First
	fresh := d.add(b, x)
	columns := b.Rows(set)
	seq, from := columns.Column("seq"), columns.Column("source")
	for i := range rows { // of duplicates, too: columns have no gaps
		seq.Add(uint64(d.seq + int64(i)))
		from.AddText(a.u.Src.Name)
	}
	if !fresh {
		a.duplicates = append(a.duplicates, x.At)
		b.Member, b.Offset = x.Member, x.Offset
		count := b.Count
		b.Count = x.At
		b.RejectRecord(schema.Duplicate, x.Name(), x.Data)
		b.Count = count
		return nil
	}
	a.stored++
	k.Stored++
	a.sets[set] = d
	if x.Kind == decode.VOCRecord {
		a.from.boxes += int64(len(x.Fact.Boxes))
	} else {
		k.Rows += int64(rows)
		d.seq += int64(rows)
		a.keep(set, columnar.Span{Rows: columns, From: x.First, To: x.End})
	}
	return d.take(x)
}

// keep adds rows to those to write.
func (a *acceptor) keep(set decode.Set, rows columnar.Span) {
	all := a.spans[set]
	if n := len(all) - 1; n >= 0 && all[n].To == rows.From {
		all[n].To = rows.To
		return
	}
	a.spans[set] = append(all, rows)
}

// dropDuplicates forgets the nulled fields of duplicates and puts the rejects in order.
func (a *acceptor) dropDuplicates() {
	if len(a.duplicates) == 0 {
		return
	}
	b := a.u.Batch
	b.Rejects = slices.DeleteFunc(b.Rejects, func(x decode.Reject) bool {
		_, dup := slices.BinarySearch(a.duplicates, int(x.Record))
		return dup && x.Kind == "field"
	})
	slices.SortStableFunc(b.Rejects, func(x, y decode.Reject) int { return cmp.Compare(x.Record, y.Record) })
}

// write hands the rows on. The unit is used again when all have been taken.
func (a *acceptor) write() error {
	u, feeder := a.u, a.r.feeder
	left := &countdown{n: 1, then: func() { feeder.Recycle(u) }}
	for set, spans := range a.spans {
		for _, rows := range spans {
			left.more()
			if err := a.sets[set].ann.write(rows, left.done); err != nil {
				return err
			}
		}
	}
	left.done()
	return nil
}
