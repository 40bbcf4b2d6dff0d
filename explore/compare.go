package explore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/analysis/rows"
	"abtool/explore/view"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/store"
)

// A second is the server of the store to compare with. It has the next port, and lets in who the first lets in: a
// cookie does not depend on the port.
type second struct {
	*Server
	address string // of its listener
	http    *http.Server
}

// openSecond opens the store to compare with, and serves its pages.
func (s *Server) openSecond(ctx context.Context, o Options) error {
	host, port := "127.0.0.1", 0
	if name, text, err := net.SplitHostPort(o.Address); err == nil && text != "0" {
		host = name
		if port, err = strconv.Atoi(text); err == nil {
			port++
		}
	}
	o.Address = net.JoinHostPort(host, strconv.Itoa(port))
	l, err := listen(ctx, o)
	if err != nil {
		return fmt.Errorf("the pages of %s: %w", o.Compare, err)
	}
	o.Store, o.Compare, o.Title, o.Notes, o.Ready, o.seed = o.Compare, "", "", "", nil, o.seed+1
	other, err := New(ctx, o, "http://"+l.Addr().String())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	other.guard.cookie, other.guard.first = s.guard.cookie, s.guard
	s.second = &second{other, l.Addr().String(), &http.Server{Handler: other.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}}
	go s.second.http.Serve(l)
	return nil
}

func (s *second) close() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.http.Close(), s.Server.Close())
}

// compareRoutes adds the page that compares.
func (s *Server) compareRoutes(m map[string]http.Handler) {
	m["GET /compare"] = s.page("compare", s.compare)
	m["GET /api/compare/{set}/{side}"] = s.api(s.compareRows)
}

// A side is one of the two selections that are compared.
type side struct {
	server *Server
	base   string // of addresses: "" for this server
	view   *view.View
	filter view.Filter
}

// sideOf returns a side of a request: a or b. The other store, if there is one, is b.
func (s *Server) sideOf(r *http.Request, set, name string) (x side, err error) {
	x.server = s
	if name == "b" && s.second != nil {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		_, port, err := net.SplitHostPort(s.second.address)
		if err != nil {
			return x, err
		}
		x.server, x.base = s.second.Server, "http://"+net.JoinHostPort(host, port)
	}
	if x.view, err = x.server.view(r.Context(), set); err != nil {
		return x, err
	}
	if x.filter, err = x.view.Parse(r.FormValue(name)); err != nil {
		return x, failure{http.StatusBadRequest, fmt.Errorf("%s: %w", name, err)}
	}
	x.filter.Rows = strings.TrimRight(strings.TrimSpace(r.FormValue("q"+name)), "; \n")
	return x, nil
}

// rows returns the address of the rows of a side, with more terms. A field that the filter has already stays as it is.
func (x *side) rows(more ...view.Term) string {
	f := x.filter
	f.Terms = slices.Clone(f.Terms)
	for _, t := range more {
		if f.Term(t.Field) == nil {
			f.Terms = append(f.Terms, t)
		}
	}
	if q := f.Query(); q != "" {
		return x.base + "/i/" + x.view.Set + "?" + q
	}
	return x.base + "/i/" + x.view.Set
}

// A difference is a row of the page: a value on both sides.
type difference struct {
	Name, Title     string
	A, B            valueShown
	Value, Interval string
	P               string
	Clear           bool // whether p is below 0.05 after adjustment for all tests of the comparison
	Statistic       string
}

// An overlay is a histogram of both sides with the same bins.
type overlay struct {
	Title, Doc string
	Bars       []overlayBar
	Line       string // path of side b
	Ends       [2]string
	Null       [2]string // shares of rows without a value, if there are any
}

type overlayBar struct{ X, W, Half, Y, H, MidX, A, B, TitleA, TitleB string }

// compare shows two stores, or two filters of one, side by side.
func (s *Server) compare(ctx context.Context, r *http.Request) (string, any, error) {
	set := r.FormValue("set")
	if set == "" && len(s.db.Sets) > 0 {
		set = s.db.Sets[0]
	}
	if !slices.Contains(s.db.Sets, set) {
		return "", nil, notFound("the store has no data set %q", set)
	}
	type onlyIn struct{ Side, What string }
	data := struct {
		Set, A, B, QA, QB, NameA, NameB string
		Stores, Images                  bool
		Sets                            []link
		N                               [2]valueShown
		Fields, Statistics              []difference
		Overlays                        []overlay
		Only                            []onlyIn
		Notes                           []string
	}{Set: set, A: r.FormValue("a"), B: r.FormValue("b"), QA: r.FormValue("qa"), QB: r.FormValue("qb"), NameA: "a", NameB: "b", Stores: s.second != nil, Images: s.images.some()}
	for _, x := range s.db.Sets {
		if len(s.db.Sets) > 1 {
			data.Sets = append(data.Sets, link{Text: store.Title(x), To: "/compare?set=" + x, Here: x == set})
		}
	}
	if s.second != nil {
		data.NameA, data.NameB = s.options.Title, s.second.options.Title
		for _, x := range s.db.Sets {
			if !slices.Contains(s.second.db.Sets, x) {
				data.Only = append(data.Only, onlyIn{data.NameA, store.Title(x)})
			}
		}
		for _, x := range s.second.db.Sets {
			if !slices.Contains(s.db.Sets, x) {
				data.Only = append(data.Only, onlyIn{data.NameB, store.Title(x)})
			}
		}
		if !slices.Contains(s.second.db.Sets, set) {
			return "Compare", data, nil
		}
	}
	var sides [2]side
	for i, name := range []string{"a", "b"} {
		x, err := s.sideOf(r, set, name)
		if err != nil {
			return "", nil, err
		}
		n, err := x.view.Count(ctx, x.filter)
		if err != nil {
			return "", nil, err
		}
		sides[i] = x
		data.N[i] = valueShown{N: ui.Thousands(n), Rows: x.rows()}
	}
	a, b := &sides[0], &sides[1]
	fields := slices.DeleteFunc(a.view.Measured(), func(f view.Field) bool { _, err := b.view.Field(f.Name); return err != nil })
	for i, x := range sides {
		for _, f := range x.view.Fields {
			if _, err := sides[1-i].view.Field(f.Name); err != nil {
				data.Only = append(data.Only, onlyIn{[]string{data.NameA, data.NameB}[i], "the field " + f.Title})
			}
		}
	}
	c, docs, err := s.compareFields(ctx, a, b, fields)
	if err != nil {
		return "", nil, err
	}
	for _, d := range c.DataSets[0].Statistics[0].Differences {
		f := fields[slices.IndexFunc(fields, func(f view.Field) bool { return f.Name == d.Name })]
		row := differenceOf(&d)
		for i, x := range []*valueShown{&row.A, &row.B} {
			v := docs[i].DataSets[0].Statistics[0].Value(d.Name)
			x.N, x.Rows = ui.Thousands(v.N), sides[i].rows(view.Term{Field: d.Name, Not: true, Null: true})
			if f.Kind == view.Bool {
				x.In = sides[i].rows(view.Term{Field: d.Name, Texts: []string{"true"}})
			}
		}
		data.Fields = append(data.Fields, row)
	}
	for _, f := range fields {
		if f.Kind == view.Bool {
			continue
		}
		o, err := overlayOf(ctx, f, a, b, data.NameA, data.NameB)
		if err != nil {
			return "", nil, err
		}
		if o != nil {
			data.Overlays = append(data.Overlays, *o)
		}
	}
	if s.second != nil {
		if data.Statistics, data.Notes, err = s.compareStatistics(ctx, r, set); err != nil {
			return "", nil, err
		}
		if _, err := a.view.Field("class"); err == nil && set == "imagenet" {
			var classes [2][]string
			for i := range sides {
				if classes[i], err = sides[i].view.Values(ctx, "class"); err != nil {
					return "", nil, err
				}
			}
			for i := range sides {
				only := slices.DeleteFunc(slices.Clone(classes[i]), func(c string) bool { _, has := slices.BinarySearch(classes[1-i], c); return has })
				if len(only) > 0 {
					const most = 12
					text := strings.Join(only[:min(most, len(only))], ", ")
					if len(only) > most {
						text += fmt.Sprintf(" and %d more", len(only)-most)
					}
					data.Only = append(data.Only, onlyIn{[]string{data.NameA, data.NameB}[i], fmt.Sprintf("%d classes: %s", len(only), text)})
				}
			}
		}
	}
	return "Compare", data, nil
}

// differenceOf returns a difference as the page shows it.
func differenceOf(d *analysis.Difference) difference {
	out := difference{Name: d.Name, Title: d.Title, Value: unitText(float64(d.Difference), d.Unit)}
	out.A.Value, out.B.Value = unitText(float64(d.A), d.Unit), unitText(float64(d.B), d.Unit)
	out.A.N, out.B.N = ui.Thousands(d.NA), ui.Thousands(d.NB)
	if i := d.Interval; i != nil {
		out.Interval = unitText(i.Low, d.Unit) + " to " + unitText(i.High, d.Unit)
	}
	if t := d.Test; t != nil {
		out.P, out.Clear = fmt.Sprintf("%.4f", float64(t.Holm)), t.Holm < 0.05
		if t.Holm < 0.0001 {
			out.P = "< 0.0001"
		}
	}
	return out
}

// compareFields compares the means and shares of fields, by the code that compares statistics. Annotators are
// resampled; those of one store are drawn for both sides together, because both can have work of the same person.
func (s *Server) compareFields(ctx context.Context, a, b *side, fields []view.Field) (*analysis.Comparison, [2]*result.Document, error) {
	var docs [2]*result.Document
	var sums [2]map[string][]view.Sum
	for i, x := range []*side{a, b} {
		var err error
		if sums[i], err = x.view.Sums(ctx, x.filter, fields); err != nil {
			return nil, docs, err
		}
	}
	together := a.server == b.server
	of := [2]*stat.Ratios{{}, {}}
	if together {
		of[1] = of[0]
	}
	var first [2]stat.RatioID
	for i := range of {
		first[i] = of[i].Declare(len(fields))
	}
	var who []string // in an order that is always the same
	for _, m := range sums {
		for name := range m {
			who = append(who, name)
		}
	}
	slices.Sort(who)
	who = slices.Compact(who)
	for i, m := range sums {
		next := int32(0)
		for k, name := range who {
			list, ok := m[name]
			if together {
				next = int32(k)
			}
			if !ok {
				continue
			}
			for j, x := range list {
				at := of[i].At(next, first[i]+stat.RatioID(j))
				at.Num.Add(x.Total)
				at.Den += x.N
			}
			next++
		}
	}
	var drawn [2]*stat.Bootstrap
	for i, r := range of {
		if i == 1 && together {
			drawn[1] = drawn[0]
			continue
		}
		order := make([]int32, r.Clusters())
		for k := range order {
			order[k] = int32(k)
		}
		drawn[i] = r.Resample(order, result.DefaultBootstrap, result.DefaultSeed+uint64(i), s.options.Threads)
	}
	for i, name := range []string{"a", "b"} {
		st := result.Statistic{Name: "fields"}
		for j, f := range fields {
			id := first[i] + stat.RatioID(j)
			total := of[i].Total(id)
			v := result.Value{Name: f.Name, Title: f.Title, Value: total.Value(), N: int64(total.Den), Unit: f.Unit}
			if annotators(sums[i], j) > 1 {
				v.Interval, v.Replicates = drawn[i].Interval(id), drawn[i].Samples(id)
			}
			if f.Kind == view.Bool {
				v.Unit = result.UnitShare
			}
			st.Values = append(st.Values, v)
		}
		docs[i] = &result.Document{Store: name, DataSets: []result.DataSet{{Name: a.view.Set, Statistics: []result.Statistic{st}}}}
	}
	return analysis.Differences(docs[0], docs[1]), docs, nil
}

// annotators returns the number of annotators who have a value of a field. One alone says nothing of how others differ.
func annotators(sums map[string][]view.Sum, field int) (n int) {
	for _, list := range sums {
		if list[field].N > 0 {
			n++
		}
	}
	return n
}

// compareStatistics compares the statistics of two stores.
func (s *Server) compareStatistics(ctx context.Context, r *http.Request, set string) (list []difference, notes []string, err error) {
	a, err := s.document(ctx)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.second.document(ctx)
	if err != nil {
		return nil, nil, err
	}
	other, err := s.sideOf(r, set, "b")
	if err != nil {
		return nil, nil, err
	}
	shown := func(server *Server, base string, d *result.Document, st, value string) valueShown {
		x := d.Statistic(set, st)
		finder := server.numbers.finders[set]
		if finder == nil {
			finder = rows.For(set, &d.Options)
		}
		v := shownValue(finder, set, x, x.Value(value))
		for _, to := range []*string{&v.Rows, &v.In} {
			if *to != "" {
				*to = base + *to
			}
		}
		return v
	}
	for _, x := range analysis.Differences(a, b).DataSets {
		if x.Name != set {
			continue
		}
		notes = x.Warnings
		for _, st := range x.Statistics {
			if st.Name == "quality" {
				continue
			}
			for _, d := range st.Differences {
				row := differenceOf(&d)
				row.Statistic = st.Name
				row.A, row.B = shown(s, "", a, st.Name, d.Name), shown(s.second.Server, other.base, b, st.Name, d.Name)
				list = append(list, row)
			}
		}
	}
	return list, notes, nil
}

// overlayOf returns the histograms of a field, or nil if neither side has a value.
func overlayOf(ctx context.Context, f view.Field, a, b *side, nameA, nameB string) (*overlay, error) {
	whole := f.Kind != view.Number
	bins := view.Common(a.view.BinsOf(f.Name), b.view.BinsOf(f.Name), whole)
	if bins == nil {
		return nil, nil
	}
	out := &overlay{Title: f.Title, Doc: f.Doc}
	var count [2][]int64
	var n [2]int64
	for i, x := range []*side{a, b} {
		var null int64
		var err error
		if count[i], null, err = x.view.Histogram(ctx, x.filter, f.Name, bins); err != nil {
			return nil, err
		}
		for _, c := range count[i] {
			n[i] += c
		}
		if null > 0 {
			out.Null[i] = ui.Percent(float64(null)/float64(null+n[i]), 1)
		}
	}
	if n[0]+n[1] == 0 {
		return nil, nil
	}
	share := func(i, k int) float64 { return float64(count[i][k]) / float64(max(1, n[i])) }
	most := 1e-9
	for k := range bins.N {
		most = max(most, share(0, k), share(1, k))
	}
	w := chartWidth / float64(bins.N)
	show := edgeOf(f)
	var line strings.Builder
	for k := range bins.N {
		h, at := share(0, k)/most*chartHeight, chartHeight-share(1, k)/most*chartHeight
		r := bins.Range(k, whole)
		term := view.Term{Field: f.Name, Range: &r}
		text := show(bins.Low + float64(k)*bins.Step)
		title := func(i int, name string) string {
			return fmt.Sprintf("%s: %s of %s, %s", text, ui.Percent(share(i, k), 1), name, ui.Thousands(count[i][k]))
		}
		x := float64(k) * w
		out.Bars = append(out.Bars, overlayBar{X: px(x), W: px(max(.5, w-1)), Half: px(w / 2), MidX: px(x + w/2), Y: px(chartHeight - h), H: px(h),
			A: a.rows(term), B: b.rows(term), TitleA: title(0, nameA), TitleB: title(1, nameB)})
		letter := "L"
		if k == 0 {
			letter = "M"
		}
		fmt.Fprintf(&line, "%s%s %sL%s %s", letter, px(x), px(at), px(x+w), px(at))
	}
	out.Line, out.Ends = line.String(), [2]string{show(bins.Low), show(bins.Low + float64(bins.N)*bins.Step)}
	return out, nil
}

// compareRows answers with some rows of a side, and with their marks.
func (s *Server) compareRows(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	name := r.PathValue("side")
	if name != "a" && name != "b" {
		return nil, notFound("there is no side %q: give a or b", name)
	}
	x, err := s.sideOf(r, r.PathValue("set"), name)
	if err != nil {
		return nil, err
	}
	_, size, err := pageAndSize(r)
	if err != nil {
		return nil, err
	}
	n, err := x.view.Count(ctx, x.filter)
	if err != nil {
		return nil, err
	}
	page := int64(1) // one in the middle: the first ones are of one class
	if n > size {
		page = (n/size + 1) / 2
	}
	list, err := x.view.Rows(ctx, x.filter, view.Sort{}, page, size)
	if err != nil {
		return nil, err
	}
	seqs := make([]int64, len(list.Data[0]))
	for i, seq := range list.Data[0] {
		seqs[i], _ = seq.(int64)
	}
	out := struct {
		reply
		*view.Page
		Base  string      `json:"base"`
		Marks []view.Mark `json:"marks"`
	}{Page: list, Base: x.base, Marks: []view.Mark{}}
	if len(seqs) > 0 {
		if out.Marks, err = x.view.Marks(ctx, seqs); err != nil {
			return nil, err
		}
	}
	out.reply = since(start)
	return out, nil
}
