package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"abtool/explore/view"
	"abtool/internal/ui"
	"abtool/store"
)

// highlights are the statistics of the first page by data set: statistic, value, and a short title.
var highlights = map[string][][3]string{
	"imagenet": {
		{"click_accuracy", "accuracy", "Final click in a box"}, {"off_centre", "accuracy", "Where the centre is outside"},
		{"random_clicks", "centre.bc", "Always clicking the centre"}, {"timing", "time_to_click.median", "From entering to the click"},
		{"counts", "selected_showings", "Showings that end selected"}, {"hits", "flagged", "HITs below a threshold"},
	},
	"coco": {
		{"icon_precision", "on_mask", "Icon on a mask of its class"}, {"class_recall", "recall", "Classes found on an image"},
		{"missed_classes", "never_placed", "Classes never placed"}, {"time", "median", "Time on a page"},
		{"sequences", "add_only", "Icons added and left alone"}, {"hits", "low_recall", "HITs with a low recall"},
	},
}

// overview says what is in the store. With part=numbers it has the statistics too, and waits for them.
func (s *Server) overview(ctx context.Context, r *http.Request) (string, any, error) {
	type source struct{ Set, Name, Records, Stored, Rejected, Rows string }
	type set struct {
		Name    string
		Counts  []fact
		Numbers []valueShown
		Bars    []timeBar
		Ends    [2]string
	}
	data := struct {
		Sets                 []set
		Sources              []source
		Bytes, Format, Tool  string
		Notes                []string
		Waits, Showing, Imgs bool
	}{Format: text(s.account.FormatVersion), Tool: s.account.ToolVersion, Showing: s.has("showing"), Imgs: s.images.some()}
	var bytes int64
	for _, d := range s.account.DataSets {
		unit, n := map[string]string{"imagenet": "showing", "coco": "page"}[d.Name], d.Rows["annotations"]
		x := set{Name: d.Name}
		x.Counts = []fact{{Name: ui.Noun(n, unit), Value: ui.Thousands(n), Note: "/i/" + d.Name},
			{Name: ui.Noun(d.Rows["images"], "image"), Value: ui.Thousands(d.Rows["images"])},
			{Name: ui.Noun(d.Rows["rejects"], "reject"), Value: ui.Thousands(d.Rows["rejects"]), Note: "/rejects"}}
		for _, n := range d.Bytes {
			bytes += n
		}
		for _, src := range d.Sources {
			data.Sources = append(data.Sources, source{store.Title(d.Name), src.Name, ui.Thousands(src.Records), ui.Thousands(src.Stored), ui.Thousands(src.Rejected), ui.Thousands(src.Rows)})
		}
		data.Notes = append(data.Notes, d.Notes...)
		data.Sets = append(data.Sets, x)
	}
	data.Bytes = ui.Size(bytes)
	if r.FormValue("part") == "" {
		data.Waits = true
		return "Overview", data, nil
	}
	for i := range data.Sets {
		x := &data.Sets[i]
		v, err := s.view(r.Context(), x.Name)
		if err != nil {
			return "", nil, err
		}
		if x.Bars, x.Ends, err = timeline(ctx, v); err != nil {
			return "", nil, err
		}
	}
	d, err := s.document(r.Context())
	if err != nil {
		return "", nil, err
	}
	for i := range data.Sets {
		x := &data.Sets[i]
		for _, h := range highlights[x.Name] {
			if st := d.Statistic(x.Name, h[0]); st != nil {
				if v := st.Value(h[1]); v != nil && v.Value.Defined() {
					shown := shownValue(s.numbers.finders[x.Name], x.Name, st, v)
					shown.Title = h[2]
					x.Numbers = append(x.Numbers, shown)
				}
			}
		}
	}
	return "Overview", data, nil
}

// A timeBar is a bar of the timeline.
type timeBar struct{ X, W, Y, H, Title, To string }

func timeline(ctx context.Context, v *view.View) (bars []timeBar, ends [2]string, err error) {
	if _, err := v.Field("first_time"); err != nil {
		return nil, ends, nil // the data set has no times
	}
	f, err := v.Facet(ctx, view.Filter{}, "first_time", "")
	if err != nil || f.Bins == nil {
		return nil, ends, err
	}
	const width, height = 960.0, 72.0
	w := width / float64(f.Bins.N)
	most := float64(max(1, slices.Max(f.Count)))
	px := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	day := func(ms float64) string { return time.UnixMilli(int64(ms)).UTC().Format("2 January 2006") }
	for i, n := range f.Count {
		if n == 0 {
			continue
		}
		low := f.Bins.Low + float64(i)*f.Bins.Step
		high := low + f.Bins.Step
		r := view.Range{Low: low, High: high, Below: true}
		h := max(1.5, float64(n)/most*height)
		bars = append(bars, timeBar{px(float64(i) * w), px(max(1, w-1.5)), px(height - h), px(h),
			fmt.Sprintf("%s: %s", day(low), ui.Thousands(n)), "/i/" + v.Set + "?" + view.Filter{Terms: []view.Term{{Field: "first_time", Range: &r}}}.Query()})
	}
	return bars, [2]string{day(f.Bins.Low), day(f.Bins.Low + float64(f.Bins.N)*f.Bins.Step)}, nil
}

// random answers with rows of a data set that are chosen at random.
func (s *Server) random(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	v, err := s.view(r.Context(), r.PathValue("set"))
	if err != nil {
		return nil, err
	}
	_, size, err := pageAndSize(r)
	if err != nil {
		return nil, err
	}
	seqs := make([]int64, min(size, 48))
	for i := range seqs {
		seqs[i] = rand.Int64N(max(1, v.Total))
	}
	rows, err := v.At(ctx, seqs)
	if err != nil {
		return nil, err
	}
	return struct {
		reply
		*view.Page
	}{since(start), rows}, nil
}
