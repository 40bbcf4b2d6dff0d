package server

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/explore/replay/scene"
	"abtool/internal/browser"
)

// Pages that original front ends sent are replayed from their records: the recorded page of ImageNet's has images that
// were entered and selected, that of COCO's has icons.
func TestReplayOfFrontEnds(t *testing.T) {
	for task, want := range map[string]string{collect.Browse: "select", collect.Tag: "add"} {
		r := compatRig(t, task)
		f := r.open(map[string]string{collect.Browse: "imagenet", collect.Tag: "coco"}[task], r.hits()[0], "AWORKER")
		for range f.pages {
			f.submit()
		}
		var id string
		r.view(func(v *storage.View) error {
			all, err := v.Assignments()
			id = all[0].ID
			return err
		})
		get, _ := r.browser()
		get("GET", "/?token="+r.server.keys.Admin, "", nil)
		_, body, _ := get("GET", "/assignments/"+id+"/pages/0", "", nil)
		var drawn struct {
			Kind   string           `json:"kind"`
			Images []map[string]any `json:"images"`
			Tracks []struct {
				Samples struct{ T []float64 }
				Events  struct {
					T    []float64
					What []string
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &drawn); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		at := -1
		for i, what := range drawn.Tracks[0].Events.What {
			if what == want {
				at = i
			}
		}
		if at < 0 || len(drawn.Tracks[0].Samples.T) < 5 || drawn.Tracks[0].Events.T[at] <= 0 || drawn.Images[0]["src"] != "/images/"+drawn.Images[0]["id"].(string) {
			t.Errorf("%s: %+v", task, drawn)
		}
	}
}

// What a front end sent with other types than its own is left out of the replay, and the rest is drawn.
func TestReplayOfOddPages(t *testing.T) {
	page := func(body string) *quality.Page {
		return &quality.Page{FrontEnd: []byte(body), Plan: collect.Page{Slots: []collect.Slot{{Image: "1"}}},
			Browse: &derive.BrowsePage{Annotations: []*derive.Showing{{ImageID: "n/1"}}}}
	}
	for _, body := range []string{"", "[]", `{"page":[]}`, `{"page":{"annotations":{},"annotation":[],"startedAt":"now"}}`} {
		if rows := showingRows(page(body)); len(rows) != 1 || rows[0].Clicks != nil || *rows[0].T0 != 0 {
			t.Errorf("%s: %+v", body, rows)
		}
		if row := tagRow(page(body)); row.Mouse != nil || row.ImageID != 1 {
			t.Errorf("%s: %+v", body, row)
		}
	}
	r := showingRows(page(`{"page":{"startedAt":1000,"annotations":[7,{"imageID":1},{"imageID":"n/1","selectedRecord":[{"x":"a","y":0.5,"time":1500},[],4],` +
		`"hoveredRecord":[{"action":"enter","time":1200},{"action":3}],"imagePosition":[],"originalImageWidth":1e300}]}}`))[0]
	if len(r.Clicks) != 1 || r.Clicks[0].X != nil || *r.Clicks[0].Y != 0.5 || *r.Clicks[0].T != 500 || len(r.Hovers) != 2 || *r.Hovers[0].T != 200 ||
		r.PositionX != nil || r.OrigWidth != nil {
		t.Errorf("a browse page: %+v", r)
	}
	row := tagRow(page(`{"page":{"annotation":{"actionHistories":[{"pointTo":[]},{"pointTo":{"x":1},"timeAt":7.9}],` +
		`"categoryHistories":[{"categoryIndex":-1,"categoryName":"x"},{"categoryIndex":2,"categoryName":"y","usingKeyboard":"no"}]}}}`))
	if len(row.Actions) != 2 || row.Actions[0].ToX != nil || *row.Actions[1].ToX != 1 || *row.Actions[1].T != 7 || row.Browsing[1].Keyboard != nil {
		t.Errorf("a page with icons: %+v", row)
	}
	if names := scene.Superclasses(row); len(names) != 3 || names[2] != "y" {
		t.Errorf("superclasses %q", names)
	}
}

// The page of an assignment plays in a browser, which has nothing to complain of.
func TestReplayInBrowser(t *testing.T) {
	ctx := browser.Chromium(t, time.Minute)
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	for _, p := range r.pages(token) {
		r.work(token, p["page"].(string), chosen)
	}
	var id string
	r.view(func(v *storage.View) error {
		all, err := v.Assignments()
		id = all[0].ID
		return err
	})
	var mu sync.Mutex
	var complaints []string
	chromedp.ListenTarget(ctx, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if !strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
				complaints = append(complaints, e.Entry.Text)
			}
		}
	})
	var got string
	if err := chromedp.Run(ctx, log.Enable(), chromedp.Navigate(r.admin.URL+"/?token="+r.server.keys.Admin), chromedp.Navigate(r.admin.URL+"/assignments/"+id+"?page=1"),
		chromedp.Poll(`document.querySelector(".replay")?.replay?.drawn`, nil),
		chromedp.Evaluate(`(({ scene, size, player, picture }) => [scene.recorded, scene.images.length, size.width > 300, player.tracks.length, [...picture.images.values()].every(m => m.src.includes("/images/"))].join())(document.querySelector(".replay").replay)`,
			&got)); err != nil {
		t.Fatal(err)
	}
	if got != "true,4,true,1,true" {
		t.Errorf("the replay: %s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}
