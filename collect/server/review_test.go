package server

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/storage"
)

// A person sees a work with its rules and its images, and decides once.
func TestReview(t *testing.T) {
	r := newRig(t, collect.Browse, func(text string) string {
		return strings.Replace(text, "[quality]", "[quality]\nselected = 300", 1) // of 480 images; the HIT has 8
	})
	token := r.agree("ann")
	pages := r.pages(token)
	for _, p := range pages {
		r.work(token, p["page"].(string), map[string]any{"selected": []int{0}})
	}
	get, _ := r.browser()
	var id, image string
	if err := r.db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Assignments()
		id = all[0].ID
		hits, _ := v.HITs()
		image = hits[0].Pages[0].Slots[0].Image
		return err
	}); err != nil {
		t.Fatal(err)
	}
	form := func(decision, reason string, more ...string) string {
		f := url.Values{"decision": {decision}, "reason": {reason}}
		for i := 0; i < len(more); i += 2 {
			f.Add(more[i], more[i+1])
		}
		return f.Encode()
	}
	path := "/assignments/" + id
	for _, ask := range [][2]string{{"GET", path}, {"GET", "/images/" + image}, {"GET", path + "/pages/0"}, {"POST", path + "/decide"}} {
		if status, _, h := get(ask[0], ask[1], form("accept", ""), nil); status != 303 || h.Get("Location") != "/login" {
			t.Errorf("%v without a login: %d", ask, status)
		}
	}
	get("GET", "/?token="+r.server.keys.Admin, "", nil)
	_, list, _ := get("GET", "/assignments", "", nil)
	for _, want := range []string{"1 to 1 of 1", `<td title="2 images selected, at least 5 are needed" class="bad">fails</td>`, "<td>reject</td>", "(7.8 %)"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list has no %s:\n%s", want, list)
		}
	}
	_, body, _ := get("GET", path, "", nil)
	for _, want := range []string{`data-scene="/assignments/` + id + `/pages/0"`, `src="/web/replay.js"`, `value="amount"`, "Proposed: <strong>reject</strong>",
		"no image of the HIT is known to show its class"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of the assignment has no %s:\n%s", want, body)
		}
	}
	if _, b, _ := get("GET", path+"?page=1", "", nil); !strings.Contains(b, `data-scene="/assignments/`+id+`/pages/1"`) {
		t.Errorf("the second page is not replayed:\n%s", b)
	}
	var drawn struct {
		Images []struct {
			ID       string `json:"id"`
			Source   string `json:"src"`
			Selected bool   `json:"selected"`
		} `json:"images"`
		Tracks []struct {
			Events struct {
				What []string `json:"what"`
			} `json:"events"`
		} `json:"tracks"`
	}
	if status, b, _ := get("GET", path+"/pages/0", "", nil); status != 200 || json.Unmarshal([]byte(b), &drawn) != nil || drawn.Images[0].ID != image ||
		drawn.Images[0].Source != "/images/"+image || !drawn.Images[0].Selected || drawn.Images[1].Selected || len(drawn.Tracks) != 1 ||
		!slices.Contains(drawn.Tracks[0].Events.What, "submit") {
		t.Errorf("the replay of a page: %d %s", status, b)
	}
	for name, want := range map[string]int{"replay.js": 200, "player.js": 200, "grid.js": 404, "web.go": 404} {
		if status, _, _ := get("GET", "/web/"+name, "", nil); status != want {
			t.Errorf("%s: %d", name, status)
		}
	}
	for _, page := range []string{"9", "x"} {
		if status, _, _ := get("GET", path+"/pages/"+page, "", nil); status != 404 {
			t.Errorf("page %s: %d", page, status)
		}
	}
	if status, b, h := get("GET", "/images/"+image, "", nil); status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "image/") || len(b) < 50 {
		t.Errorf("the image: %d %v", status, h)
	}
	if status, _, _ := get("GET", "/images/other", "", nil); status != 404 {
		t.Errorf("an image that is not there: %d", status)
	}
	if status, _, _ := get("POST", path+"/decide", form("accept", ""), map[string]string{"Sec-Fetch-Site": "cross-site"}); status != 403 {
		t.Errorf("from another site: %d", status)
	}
	if status, b, _ := get("POST", path+"/decide", form("reject", ""), nil); status != 400 || !strings.Contains(b, "is rejected without a reason") {
		t.Errorf("without a reason: %d %s", status, b)
	}
	if status, b, _ := get("POST", path+"/decide", form("reject", "few <b>images</b>", "ground", "recall"), nil); status != 400 ||
		!strings.Contains(b, "the ground &#34;recall&#34;") || !strings.Contains(b, "few &lt;b&gt;images") {
		t.Errorf("a rule that does not fail: %d %s", status, b)
	}
	if status, _, h := get("POST", path+"/decide", form("reject", "few images", "ground", "amount"), nil); status != 303 || h.Get("Location") != path {
		t.Errorf("%d %v", status, h)
	}
	if status, b, _ := get("POST", path+"/decide", form("accept", ""), nil); status != 409 || !strings.Contains(b, "tick the box to decide again") {
		t.Errorf("a second decision: %d %s", status, b)
	}
	if status, _, _ := get("POST", path+"/decide", form("accept", "a mistake", "again", "yes"), nil); status != 303 {
		t.Errorf("a second decision that is wanted: %d", status)
	}
	_, body, _ = get("GET", path, "", nil)
	for _, want := range []string{"<strong>reject</strong> because of amount", "few images", "<strong>accept</strong>", "a mistake"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	if status, _, _ := get("POST", "/assignments/other/decide", form("accept", ""), nil); status != 404 {
		t.Errorf("an assignment that is not there: %d", status)
	}
	if err := r.db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Reviews()
		if len(all) != 2 || all[0].Grounds != "amount" || all[0].Via != "page" || all[0].Proposal != "reject" || !strings.Contains(all[0].Rules, `"fails"`) {
			t.Errorf("%+v", all)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
