package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	cmpdiff "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/time/rate"

	"abtool/collect"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/query"
	"abtool/schema"
)

// A frontEnd sends what an original front end sends, in its order. The header and page are those that were recorded
// from the running front ends, with the ids of this study.
type frontEnd struct {
	r          *rig
	kind       string // imagenet, coco
	worker     string
	hit        string
	annotation string // its id, chosen when the page is opened
	first      bool   // no page was submitted since then, so that the next submit sends the header
	pages      []any
	next       int // page, from 0
	code       bool
	mistake    string
}

const compatOn = "\n[compat]\nenabled = true\norigins = [\"https://tool.example.org\"]\n"

func compatRig(t *testing.T, task string) *rig {
	r := newRig(t, task, func(text string) string {
		if task == collect.Tag {
			text = strings.Replace(text, "pages = 20", "pages = 2", 1)
		} else {
			text = strings.Replace(text, "pages = 10", "pages = 1", 1)
		}
		return text[:strings.Index(text, "\n[compat]")] + compatOn
	})
	r.server.limits.rate = rate.Inf
	return r
}

// hits returns the ids of the plan's HITs.
func (r *rig) hits() (ids []string) {
	r.t.Helper()
	if err := r.db.View(r.t.Context(), func(v *storage.View) error {
		all, err := v.HITs()
		for _, h := range all {
			ids = append(ids, h.ID)
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// open opens a HIT in a new tab.
func (r *rig) open(kind, hit, worker string) *frontEnd {
	r.t.Helper()
	f := &frontEnd{r: r, kind: kind, worker: worker, hit: hit, annotation: newID(), first: true}
	status, body := r.do(ask{"GET", f.base() + "/hits/" + hit, "", nil, nil})
	if status != 200 {
		f.mistake = body["error"].(string)
		return f
	}
	f.pages = body["pages"].([]any)
	if body["isUnique"] != true || body["id"] != hit || body["hitDatasetName"] != "birds" {
		r.t.Errorf("the HIT: %v", body)
	}
	if !f.validate(true) {
		f.first = f.next == 0
	}
	return f
}

func (f *frontEnd) base() string { return "/api/" + f.kind + "/birds" }

// validate is validateWorker of the front ends. It reports whether the worker is done. When a HIT is opened, it goes
// on with an annotation of the HIT.
func (f *frontEnd) validate(opening bool) (done bool) {
	f.r.t.Helper()
	status, _, text := f.r.raw(ask{"GET", f.base() + "/hits/" + f.hit + "/annotations?workerID=" + f.worker, "", nil, nil})
	var all []map[string]any
	if err := json.Unmarshal(text, &all); status != 200 || err != nil {
		f.r.t.Fatalf("%d %s", status, text)
	}
	key := map[string]string{"imagenet": "imageNetHitID", "coco": "cocoHitID"}[f.kind]
	for _, a := range all {
		if a["isDone"] == true {
			f.code = a[key] == f.hit
			if !f.code {
				f.mistake = "You have already completed one of our HITs."
			}
			return true
		}
	}
	for _, a := range all {
		if a[key] == f.hit && opening {
			f.annotation, f.next = a["id"].(string), int(a["pageCount"].(float64))
			break
		}
	}
	return false
}

// submit submits the page, as submitHandler does: it goes on after "already done".
func (f *frontEnd) submit() {
	f.r.t.Helper()
	f.validate(false)
	f.send()
	f.next++
	if f.next >= len(f.pages) {
		f.code = true
	}
}

// send sends the header, if it is due, and the page. A repetition sends the same header, and a page with a new id.
func (f *frontEnd) send() {
	f.r.t.Helper()
	if f.next == 0 && f.first {
		f.r.want(200, "", ask{"POST", f.base() + "/hits/" + f.hit + "/annotations", "", f.header(), nil})
	}
	f.r.want(200, "", f.put())
}

func (f *frontEnd) header() []byte {
	var h map[string]any
	f.read("header", &h)
	h["id"], h["workerID"], h["assignmentID"], h["hitID"] = f.annotation, f.worker, "3ASSIGN", "3HIT"
	b, _ := json.Marshal(h)
	return b
}

func (f *frontEnd) put() ask { return f.pageAsk(f.next) }

func (f *frontEnd) pageAsk(n int) ask {
	var in map[string]any
	f.read("page", &in)
	page, plan := in["page"].(map[string]any), f.pages[n].(map[string]any)
	page["id"], page["pageno"] = newID(), plan["pageno"]
	if f.kind == "imagenet" {
		records := page["annotations"].([]any)
		var all []any
		for i, m := range plan["images"].([]any) {
			record := records[i].(map[string]any)
			record["imageID"] = m.(map[string]any)["id"]
			all = append(all, record)
		}
		page["annotations"] = all
	} else {
		page["annotation"].(map[string]any)["imageURL"] = plan["image"].(map[string]any)["url"]
	}
	in["isDone"] = n == len(f.pages)-1
	b, _ := json.Marshal(in)
	return ask{"PUT", f.base() + "/annotations/" + f.annotation, "", b, map[string]string{"Content-Type": "application/json"}}
}

func (f *frontEnd) read(what string, to any) {
	b, err := os.ReadFile(filepath.Join("testdata", f.kind+"-"+what+".json"))
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		f.r.t.Fatal(err)
	}
}

// assignments returns the assignments of a worker as "state" or "state surplus", with the states of the attempts at
// their pages.
func (r *rig) assignments(worker string) (all []string) {
	r.t.Helper()
	if err := r.db.View(r.t.Context(), func(v *storage.View) error {
		list, err := v.AssignmentsOf(r.server.keys.Worker(storage.Compat, worker))
		for _, a := range list {
			text := a.State
			if a.Surplus {
				text += " surplus"
			}
			pages, err := v.Pages(a.ID)
			if err != nil {
				return err
			}
			for _, p := range pages {
				var states []string
				for _, x := range p.Attempts {
					states = append(states, x.State)
				}
				text += fmt.Sprint(" ", states)
			}
			all = append(all, text)
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *rig) wantAssignments(worker string, want ...string) {
	r.t.Helper()
	if got := r.assignments(worker); !slices.Equal(got, want) {
		r.t.Errorf("%s has %q, want %q", worker, got, want)
	}
	r.check()
}

var kinds = map[string]string{"imagenet": collect.Browse, "coco": collect.Tag}

// The recorded requests of both front ends: a HIT with retries, a resume, and a reload after its end.
func TestFrontEnds(t *testing.T) {
	for kind, task := range kinds {
		t.Run(kind, func(t *testing.T) {
			r := compatRig(t, task)
			hits := r.hits()
			f := r.open(kind, hits[0], "ann")
			n := len(f.pages)
			if f.mistake != "" || f.next != 0 || n < 1 || len(hits) < 2 {
				t.Fatalf("%+v, HITs %v", f, hits)
			}
			f.send() // the answer is lost, and the person submits again
			f.send()
			f.submit()
			if kind == "coco" { // two pages; the second one after the tab was opened again
				again := r.open(kind, hits[0], "ann")
				if again.next != 1 || again.first || again.annotation != f.annotation {
					t.Errorf("the HIT goes on at page %d as %s", again.next, again.annotation)
				}
				again.submit()
				r.wantAssignments("ann", "submitted [surplus surplus submitted] [submitted]")
				if !again.code {
					t.Error("no code")
				}
			} else {
				r.wantAssignments("ann", "submitted [submitted surplus surplus]") // of the last page the first version counts
			}
			if done := r.open(kind, hits[0], "ann"); !done.code {
				t.Errorf("a finished HIT that is opened again: %+v", done)
			}
			// Another HIT: the front end says that one was done, and sends the page all the same.
			other := r.open(kind, hits[1], "ann")
			if other.mistake == "" || other.code {
				t.Errorf("a second HIT: %+v", other)
			}
			r.now.Add(1)
			other.submit()
			want := r.assignments("ann")
			if len(want) != 2 || !strings.HasPrefix(want[1], "working surplus [submitted]") && want[1] != "submitted surplus [submitted]" {
				t.Errorf("%q", want)
			}
			if free := r.open(kind, hits[1], "bob"); free.next != 0 || free.code {
				t.Errorf("surplus work takes the HIT from others: %+v", free)
			}
			r.check()
		})
	}
}

// The number of pages counts the first ones without a gap; a page before the gap that comes later counts; of an
// annotation that is not known pages wait for the header; a page that comes before its header is added to it.
func TestFrontEndGaps(t *testing.T) {
	r := compatRig(t, collect.Tag)
	hits := r.hits()
	f := r.open("coco", hits[0], "ann")
	second := f.pageAsk(1)
	r.want(200, "", second) // no header: a page of nobody
	r.want(200, "", second)
	if a := r.assignments("ann"); len(a) > 0 {
		t.Errorf("%q", a)
	}
	if n := r.loose(); n != 1 {
		t.Errorf("%d pages are loose", n)
	}
	r.want(200, "", ask{"POST", f.base() + "/hits/" + f.hit + "/annotations", "", f.header(), nil})
	r.wantAssignments("ann", "working [] [submitted]")
	if n := r.loose(); n != 0 {
		t.Errorf("%d pages are loose", n)
	}
	if again := r.open("coco", hits[0], "ann"); again.next != 0 || again.annotation != f.annotation || again.code {
		t.Errorf("with a gap it goes on at page %d", again.next)
	}
	r.want(200, "", f.pageAsk(0))
	r.wantAssignments("ann", "submitted [submitted] [submitted]")
	r.want(200, "", f.pageAsk(0)) // too late to count
	r.wantAssignments("ann", "submitted [submitted surplus] [submitted]")
	r.want(404, "unknown", ask{"PUT", f.base() + "/annotations/" + f.annotation, "", strings.Replace(string(f.pageAsk(0).body.([]byte)), `"pageno":0`, `"pageno":7`, 1), nil})
}

func (r *rig) loose() (n int64) {
	if err := r.db.View(r.t.Context(), func(v *storage.View) (err error) {
		n, err = v.CompatLoose()
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	return n
}

// Two tabs that were opened before the first submit have two annotations of one assignment.
func TestFrontEndTabs(t *testing.T) {
	r := compatRig(t, collect.Tag)
	hit := r.hits()[0]
	a, b := r.open("coco", hit, "ann"), r.open("coco", hit, "ann")
	a.submit()
	b.submit()
	r.wantAssignments("ann", "working [surplus submitted] []")
	a.submit()
	b.validate(false)
	if !b.code {
		t.Error("the second tab does not know that the HIT is done")
	}
	b.send()
	r.wantAssignments("ann", "submitted [surplus submitted] [submitted surplus]")
	// k others: somebody else who did the HIT at the same time is surplus.
	c := r.open("coco", hit, "bob")
	c.submit()
	c.submit()
	r.wantAssignments("bob", "submitted surplus [submitted] [submitted]")
	// Somebody else's annotation cannot be taken.
	thief := *c
	thief.worker, thief.annotation = "eve", a.annotation
	r.want(409, "annotation_taken", ask{"POST", c.base() + "/hits/" + hit + "/annotations", "", thief.header(), nil})
}

// What front ends of other origins may do, and what no front end sends.
func TestFrontEndRefused(t *testing.T) {
	r := compatRig(t, collect.Browse)
	hit := r.hits()[0]
	f := r.open("imagenet", hit, "ann")
	base := f.base()
	status, header, _ := r.raw(ask{"OPTIONS", base + "/hits/" + hit + "/annotations", "", nil, map[string]string{"Origin": "https://tool.example.org"}})
	if status != 204 || header.Get("Access-Control-Allow-Origin") != "https://tool.example.org" || header.Get("Access-Control-Allow-Methods") != "GET, POST, PUT" ||
		header.Get("Access-Control-Allow-Headers") != "content-type, authorization, x-amz-date, x-amz-security-token, x-api-key" {
		t.Errorf("%d %v", status, header)
	}
	r.want(403, "bad_origin", ask{"OPTIONS", base + "/hits/" + hit, "", nil, map[string]string{"Origin": "https://other.example.org"}})
	if _, header, _ = r.raw(ask{"GET", base + "/hits/" + hit, "", nil, map[string]string{"Origin": "https://other.example.org"}}); header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", header)
	}
	image := f.pages[0].(map[string]any)["images"].([]any)[0].(map[string]any)
	id, url := image["id"].(string), image["url"].(string)
	path, ok := strings.CutPrefix(url, r.web.URL)
	if !strings.HasPrefix(id, "robin/") && !strings.HasPrefix(id, "wren/") || !ok || strings.Contains(path, "robin") {
		t.Errorf("image %s at %s", id, url)
	}
	if status, header, body := r.raw(ask{"GET", path, "", nil, nil}); status != 200 || len(body) < 50 || header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("%d %v", status, header)
	}
	parts := strings.Split(path, "/")
	parts[len(parts)-2] = strings.Repeat("A", len(parts[len(parts)-2]))
	r.want(404, "no_image", ask{"GET", strings.Join(parts, "/"), "", nil, nil})
	for _, c := range []struct {
		status int
		code   string
		ask
	}{
		{404, "no_hit", ask{"GET", base + "/hits/none", "", nil, nil}},
		{404, "no_study", ask{"GET", "/api/imagenet/others/hits/" + hit, "", nil, nil}},
		{404, "no_route", ask{"GET", "/api/coco/birds/hits/" + hit, "", nil, nil}},
		{400, "bad_worker", ask{"GET", base + "/hits/" + hit + "/annotations", "", nil, nil}},
		{400, "bad_json", ask{"POST", base + "/hits/" + hit + "/annotations", "", "{", nil}},
		{400, "bad_json", ask{"POST", base + "/hits/" + hit + "/annotations", "", "\"\xff\"", nil}},
		{400, "bad_header", ask{"POST", base + "/hits/" + hit + "/annotations", "", `{"id":"a"}`, nil}},
		{400, "bad_header", ask{"POST", base + "/hits/" + hit + "/annotations", "", `{"workerID":"w"}`, nil}},
		{400, "bad_header", ask{"POST", base + "/hits/" + hit + "/annotations", "", `[]`, nil}},
		{400, "bad_header", ask{"POST", base + "/hits/" + hit + "/annotations", "", `{"id":"a","workerID":"w","version":"\u0000"}`, nil}},
		{400, "bad_header", ask{"POST", base + "/hits/" + hit + "/annotations", "", `{"id":"\u0000","workerID":"w"}`, nil}},
		{400, "bad_address", ask{"GET", "/api/imagenet/birds-%00/hits/" + hit, "", nil, nil}},
		{400, "bad_address", ask{"GET", base + "/hits/%00", "", nil, nil}},
		{400, "bad_address", ask{"PUT", base + "/annotations/%00", "", `{}`, nil}},
		{404, "unknown", ask{"POST", base + "/hits/none/annotations", "", `{"id":"a","workerID":"w"}`, nil}},
		{400, "bad_page", ask{"PUT", base + "/annotations/a", "", `{}`, nil}},
		{400, "bad_page", ask{"PUT", base + "/annotations/a", "", `{"page":{"pageno":0.5,"annotations":[]}}`, nil}},
		{400, "bad_page", ask{"PUT", base + "/annotations/a", "", `{"page":{"pageno":0,"annotations":[1]}}`, nil}},
		{400, "bad_page", ask{"PUT", base + "/annotations/a", "", `{"page":{"pageno":0,"annotations":{}}}`, nil}},
		{400, "bad_page", ask{"PUT", base + "/annotations/a", "", `{"page":{"pageno":0,"startedAt":1e300,"annotations":[]}}`, nil}},
		{400, "bad_annotation", ask{"PUT", base + "/annotations/" + strings.Repeat("a", 101), "", `{"page":{"pageno":0,"annotations":[]}}`, nil}},
		{413, "too_large", ask{"PUT", base + "/annotations/a", "", strings.Repeat(" ", storage.MaxFrontEnd+1), nil}},
		{400, "bad_annotations", ask{"POST", "/api/annotations", "", `{"annotations":[{"workerID":"a"},{"workerID":"b"}]}`, nil}},
	} {
		r.want(c.status, c.code, c.ask)
	}
	r.free.Store(1)
	r.want(503, "disk_full", ask{"POST", base + "/hits/" + hit + "/annotations", "", f.header(), nil})
	r.want(503, "disk_full", f.put())
	r.free.Store(1 << 40)
	for range 20 { // pages of nobody are few
		r.do(ask{"PUT", base + "/annotations/a", "", `{"page":{"pageno":0,"annotations":[]}}`, nil})
	}
	r.want(429, "too_many", ask{"PUT", base + "/annotations/b", "", `{"page":{"pageno":0,"annotations":[]}}`, nil})
	if n := r.loose(); n != 1 {
		t.Errorf("%d loose pages", n)
	}
}

// A platform's id is stored only of who is stored, so that an erasure finds it.
func TestFrontEndIdentity(t *testing.T) {
	r := compatRig(t, collect.Browse)
	want := func(worker string, there bool) {
		t.Helper()
		_, id, err := r.server.Identities.Find(t.Context(), r.server.keys.Worker(storage.Compat, worker))
		if there && (id != worker || err != nil) || !there && !errors.Is(err, storage.ErrUnknown) {
			t.Errorf("%s: id %q, %v", worker, id, err)
		}
	}
	f := r.open("imagenet", r.hits()[0], "ann")
	header := ask{"POST", f.base() + "/hits/" + f.hit + "/annotations", "", f.header(), nil}
	r.broken.Store(true)
	r.want(503, "not_stored", header)
	want("ann", false)
	r.broken.Store(false)
	r.want(200, "", header)
	want("ann", true)
	if err := r.server.Identities.Erase(t.Context(), r.server.keys.Worker(storage.Compat, "ann")); err != nil {
		t.Fatal(err)
	}
	r.want(200, "", header) // again, as after a crash between both
	want("ann", true)
	g := *f
	g.worker = "bob"
	header.body = g.header()
	r.want(409, "annotation_taken", header)
	want("bob", false)
	free := ask{"POST", "/api/annotations", "", `{"annotations":[{"workerID":"cid"}]}`, nil}
	r.broken.Store(true)
	r.want(503, "not_stored", free)
	want("cid", false)
	r.broken.Store(false)
	r.want(200, "", free)
	want("cid", true)
}

// Without [compat], nothing answers.
func TestFrontEndOff(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	r.want(404, "no_route", ask{"GET", "/api/imagenet/birds/hits/" + r.hits()[0], "", nil, nil})
	r.want(404, "no_route", ask{"GET", "/", "", nil, nil})
}

// The route without a HIT: classes, images, and annotations that are kept.
func TestFrontEndFree(t *testing.T) {
	r := compatRig(t, collect.Browse)
	_, _, text := r.raw(ask{"GET", "/api/classes", "", nil, nil})
	var classes []struct {
		ID     string
		Synset []string
		Count  map[string]int `json:"annotationCount"`
	}
	if err := json.Unmarshal(text, &classes); err != nil || len(classes) != 2 || classes[0].ID != "robin" || classes[0].Synset[0] != "robin" || len(classes[0].Count) != 4 {
		t.Errorf("%s %v", text, err)
	}
	_, _, text = r.raw(ask{"GET", "/api/classes/wren/images", "", nil, nil})
	var images []struct{ ID, URL string }
	if err := json.Unmarshal(text, &images); err != nil || len(images) != 4 || !strings.HasPrefix(images[0].ID, "wren/") {
		t.Fatalf("%s %v", text, err)
	}
	if status, _, _ := r.raw(ask{"GET", strings.TrimPrefix(images[3].URL, r.web.URL), "", nil, nil}); status != 200 {
		t.Errorf("%s: %d", images[3].URL, status)
	}
	for range 2 {
		r.want(200, "", ask{"POST", "/api/annotations", "", `{"annotations":[{"workerID":"platform id","imageID":"wren/x","selected":true}]}`, nil})
	}
	r.noTrace("platform id")
	// Somebody else annotates the same image, and one annotation does not say which image it is of.
	r.now.Add(1000)
	r.want(200, "", ask{"POST", "/api/annotations", "", `{"annotations":[{"workerID":"other","version":"POINTER_ORIGINAL","imageID":"wren/x"},{"workerID":"other"}]}`, nil})
	out := filepath.Join(t.TempDir(), "store")
	got, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{r.dir}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if s := got.DataSets[0].Sources[0]; s.Records != 3 || s.Rejected != 1 || got.DataSets[0].Rows["annotations"] != 2 {
		t.Errorf("%d records, %d rejected, want 3 and 1: %v", s.Records, s.Rejected, got.DataSets[0].Rows)
	}
	db, err := query.Open(t.Context(), out, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows, reason string
	if err := db.QueryRow(`SELECT string_agg(concat_ws(' ', image_id, class, worker_id, arm, selected, hit_submit_time), '; ' ORDER BY seq),
		(SELECT any_value(reason) FROM imagenet_rejects) FROM imagenet_annotations`).Scan(&rows, &reason); err != nil {
		t.Fatal(err)
	}
	who := func(id string) string { return r.server.keys.Worker(storage.Compat, id) }
	if want := fmt.Sprintf("x wren %s true %d; x wren %s POINTER_ORIGINAL %d", who("platform id"), r.now.Load()-1000, who("other"), r.now.Load()); rows != want || reason != "no_image_id" {
		t.Errorf("rows %q, want %q; rejected for %s", rows, want, reason)
	}
}

// A built front end is served from the same origin.
func TestFrontEndFiles(t *testing.T) {
	r := compatRig(t, collect.Browse)
	r.server.Study.Compat.Pictures = []string{"https://pictures.example.org"}
	r.server.CompatUI = fstest.MapFS{"index.html": {Data: []byte("<script src=static/main.js></script>")}, "static/main.js": {Data: []byte("1")}}
	r.web.Close()
	r.web = httptest.NewServer(r.server.Handler())
	for path, want := range map[string]string{"/?workerId=a": "<script", "/static/main.js": "1", "/any": "<script", "/../../etc/passwd": "<script"} {
		status, header, body := r.raw(ask{"GET", path, "", nil, nil})
		if h := header.Get("Content-Security-Policy"); !strings.Contains(h, "img-src 'self' data: blob: https://pictures.example.org;") || header.Get("Cross-Origin-Embedder-Policy") != "" {
			t.Errorf("%s: %v", path, header)
		}
		if status != 200 || !strings.HasPrefix(string(body), want) || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self' 'unsafe-inline'") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	r.want(404, "no_file", ask{"GET", "/static/other.js", "", nil, nil})
	r.open("imagenet", r.hits()[0], "ann")
}

// Ingest reads the result like a dump of the pages that count; nothing has the platform's ids, and erasure takes
// everything of a worker away.
func TestFrontEndIngest(t *testing.T) {
	for kind, task := range kinds {
		t.Run(kind, func(t *testing.T) {
			r := compatRig(t, task)
			hits := r.hits()
			var dump []any
			for i, worker := range []string{"platform-ann", "platform-bob"} {
				f := r.open(kind, hits[i], worker)
				for n := range f.pages {
					f.submit()
					if n == 0 {
						f.r.want(200, "", f.pageAsk(0)) // before the next page, so that it counts if there is one
					}
				}
				if !f.code {
					t.Fatal("not finished")
				}
				for n := range f.pages {
					var page map[string]any
					json.Unmarshal(f.pageAsk(n).body.([]byte), &page)
					page["page"].(map[string]any)["endedAt"] = page["endedAt"] // as a back end keeps it
					dump = append(dump, map[string]any{"workerID": worker, "pages": []any{page["page"]}})
				}
			}
			text, _ := json.Marshal(dump)
			file := filepath.Join(t.TempDir(), "dump.json")
			os.WriteFile(file, text, 0o666)
			out, plain := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "plain")
			got, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{r.dir}, Out: out})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{file}, Out: plain}); err != nil {
				t.Fatal(err)
			}
			set := got.DataSets[0]
			if s := set.Sources[0]; s.Rejected != 0 || s.Records == 0 {
				t.Errorf("%+v", s)
			}
			a, b := columnsOf(t, out, kind), columnsOf(t, plain, kind)
			if a != b || a == "" {
				t.Errorf("the store of the study differs from that of the dump:\n%s", cmpdiff.Diff(b, a))
			}
			for _, name := range []string{"platform-ann", "3ASSIGN"} {
				if strings.Contains(a, name) {
					t.Errorf("the store has %s", name)
				}
			}
			r.noTrace("platform-ann")
			worker := r.server.keys.Worker(storage.Compat, "platform-ann")
			if n := r.traces([][]byte{[]byte(worker)}); n[0] == 0 {
				t.Error("the folder has no trace of the worker, so this test would not see one")
			}
			if _, err := r.db.Erase(t.Context(), worker, "a test", r.now.Load()); err != nil {
				t.Fatal(err)
			}
			r.server.finishErasures(context.Background(), true)
			if n := r.traces([][]byte{[]byte(worker), []byte("platform-ann")}); n[0]+n[1] > 0 {
				t.Errorf("%v traces are left", n)
			}
			r.check()
		})
	}
}

// Pages that no front end sends are stored, and neither ingest nor the review fails at them.
func TestFrontEndOddPages(t *testing.T) {
	for kind, task := range kinds {
		t.Run(kind, func(t *testing.T) {
			r := compatRig(t, task)
			f := r.open(kind, r.hits()[0], "ann")
			f.submit()
			record := `"annotations":[{"imageID":5},{"imageID":"robin/x","selected":"yes","selectedRecord":{}},{},{"mouseTracking":[null,{"x":[]}]}]`
			if kind == "coco" {
				record = `"annotation":{"actionHistories":[{"actionType":7,"pointTo":[]},5],"imageURL":{},"mouseTracking":{}}`
			}
			deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
			for i, page := range []string{record, record + `,"deep":` + deep, strings.ToUpper(record[:5]) + record[5:], record + `,"startedAt":4e15,"endedAt":-4e15`,
				record + `,"id":{},"pageno":0.0`} {
				g := r.open(kind, r.hits()[0], fmt.Sprint("odd", i))
				r.want(200, "", ask{"POST", g.base() + "/hits/" + g.hit + "/annotations", "", g.header(), nil})
				r.want(200, "", ask{"PUT", g.base() + "/annotations/" + g.annotation, "", `{"page":{"pageno":0,` + page + `},"isDone":7}`, nil})
			}
			r.check()
			if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{r.dir}, Out: filepath.Join(t.TempDir(), "store")}); err != nil {
				t.Error(err)
			}
			if err := r.db.View(t.Context(), func(v *storage.View) error {
				all, err := quality.All(v, r.server.Study, nil, nil)
				if len(all) != 6 {
					t.Errorf("%d assignments are assessed", len(all))
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// noTrace fails if a text is in the database, or anywhere in the folder apart from identity.db.
func (r *rig) noTrace(text string) {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, file := range files {
		b, _ := os.ReadFile(file)
		if strings.Contains(string(b), text) && !strings.HasPrefix(filepath.Base(file), storage.IdentityFile) {
			r.t.Errorf("%s has %q", file, text)
		}
	}
}

// columnsOf returns what the front ends recorded of a store, as JSON.
func columnsOf(t *testing.T, dir, kind string) string {
	t.Helper()
	file := filepath.Join(dir, kind, "annotations.parquet")
	var all []any
	if kind == "coco" {
		rows, err := parquet.ReadFile[schema.COCOAnnotation](file)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(rows, func(a, b schema.COCOAnnotation) int { return cmp.Compare(a.ImageID, b.ImageID) })
		for _, r := range rows {
			all = append(all, []any{r.ImageID, r.PageIdx, r.Actions, r.Browsing, r.Mouse, r.TimeSpent, r.ImageWidth, r.OrigHeight, r.PageStarted, r.PageEnded})
		}
	} else {
		rows, err := parquet.ReadFile[schema.ImageNetAnnotation](file)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(rows, func(a, b schema.ImageNetAnnotation) int { return cmp.Compare(a.ImageID, b.ImageID) })
		for _, r := range rows {
			all = append(all, []any{r.ImageID, r.Class, r.PageIdx, r.ImageIdx, r.Selected, r.SelectedCount, r.Clicks, r.Mouse, r.Hovers, r.EstimateTime,
				r.PositionX, r.PositionY, r.ImageWidth, r.OrigHeight, r.T0, r.PageStarted, r.PageEnded})
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
