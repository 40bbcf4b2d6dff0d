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

// accept takes the records and rejects of a unit into the store. Units come in the order of the input. accept
// finds duplicates, numbers the rows, and counts everything.
func (r *runner) accept(u *source.Unit) error {
	if r.joiner.Join(&u.Chunk, u.Batch) {
		u.Broken = fmt.Errorf("%s ends early, at byte %d of its content, within a JSON array: %w: get it again",
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
	if err := r.checkRejects(b.Rejects); err != nil {
		return err
	}
	broken := u.Broken
	if err := a.write(); err != nil {
		return err
	}
	return broken
}

// settle adds the rejects and counts of a unit to the account of the source's data set. It keeps them as long
// as no record has shown which data set that is.
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

// pendingCount is the number of rejects that are kept until the data set of their source is known.
const pendingCount = 10_000

// settlePending adds the rejects and headers that were kept to the account of the data set.
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

// homeOf returns the data set of a source. If no record has shown it, this is the data set of the other
// sources, or ImageNet if there are both or neither.
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

// settleAll ends the accounts. A source that never showed its data set joins the data set of the others. If
// no other source did, settleAll returns an error.
func (r *runner) settleAll() error {
	for _, s := range r.sources {
		if s.home == 0 && len(r.ordered()) == 0 && s.met == 0 && len(s.Apart) > 0 {
			continue // the accounts of its archives say more
		}
		if s.home == 0 && len(r.ordered()) == 0 && s.met == 0 {
			return fmt.Errorf("%s: %w: it has no records; headers of pages in it: %d", s.Name, source.ErrUnknownInput, s.pendingHeaders)
		}
		if s.home == 0 && len(r.ordered()) == 0 {
			return fmt.Errorf("%s: none of its %d records can be used, and none shows whether it is of ImageNet-AB or COCO-AB; the first one is %s: "+
				"if you know which, give --as imagenet or --as coco", s.Name, s.met, describe(&s.pending[0]))
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

// exampleCount is the number of rejects that are printed after a run.
const exampleCount = 5

// checkRejects keeps the first rejects of the run as examples. It returns an error if Options.Strict or
// Options.MaxRejects allow no more rejects.
func (r *runner) checkRejects(rejects []decode.Reject) error {
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

// describe returns the place of a reject, its reason, and the beginning of the text, for errors.
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

// acceptor accepts the records of one unit.
type acceptor struct {
	r          *runner
	u          *source.Unit
	from       *input
	sets       [decode.COCO + 1]*dataset
	spans      [decode.COCO + 1][]columnar.Span // rows to write: all except the rows of duplicates
	stored     int
	duplicates []int // record numbers within the unit
}

// take numbers the rows of one record and keeps them for write, or rejects the record if it is a duplicate.
func (a *acceptor) take(x *decode.Record) error {
	set := x.Kind.Set()
	k, d, err := a.r.account(a.from, set)
	if err != nil {
		return err
	}
	b, rows := a.u.Batch, x.End-x.First
	fresh := d.add(b, x, a.from.Study)
	columns := b.Rows(set)
	seq, from := columns.Column("seq"), columns.Column("source")
	for i := range rows { // also for rows of duplicates: every column has a value in every row
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

// keep adds rows to the spans to write. It extends the last span if they follow it.
func (a *acceptor) keep(set decode.Set, rows columnar.Span) {
	all := a.spans[set]
	if n := len(all) - 1; n >= 0 && all[n].To == rows.From {
		all[n].To = rows.To
		return
	}
	a.spans[set] = append(all, rows)
}

// dropDuplicates removes the rejects of fields in duplicates, whose records are rejected as a whole, and puts
// the rejects in the order of records.
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

// write gives the rows to the tables. The feeder gets the unit back, for a later chunk, when the tables have
// taken all its rows.
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
