package server

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"abtool/collect/storage"
)

// withPlatforms adds platforms to study.toml, and four HITs.
func withPlatforms(text string) string {
	text = strings.Replace(text, "pages = 10 ", "pages = 1 ", 1)
	text = strings.Replace(text, "images = 48 ", "images = 2 ", 1)
	return text + `
[platform.prolific]
completed = "CDONE"
screened_out = "CSCREEN"
no_consent = "CNO"
[platform.mturk]
[platform.sona]
credit_url = "https://lab.sona-systems.com/webstudy_credit.aspx?experiment_id=12&credit_token=9f&survey_code=XXXX"
`
}

func arrival(params map[string]string) ask {
	return ask{"POST", "/api/v1/visit", "", map[string]any{"params": params, "device": fine}, nil}
}

func turk(worker, assignment string) ask {
	return arrival(map[string]string{"workerId": worker, "assignmentId": assignment, "hitId": "H1", "turkSubmitTo": "https://www.mturk.com"})
}

// finished works through an assignment of a person and returns what finish answers.
func (r *rig) finished(token string) map[string]any {
	r.t.Helper()
	for _, p := range r.pages(token) {
		r.work(token, p["page"].(string), map[string]any{"selected": []int{0}})
	}
	return r.want(200, "", ask{"POST", "/api/v1/finish", token, map[string]any{}, nil})
}

func (r *rig) join(a ask) string {
	r.t.Helper()
	v := r.want(200, "", a)
	token := v["token"].(string)
	if v["state"] == "consent" {
		r.want(200, "", agreement(token, v["consent"].(map[string]any), "full"))
	}
	return token
}

// Each of MTurk's assignments gets one of ours. Who has another of them gets another one of ours, and sees and deletes
// nothing of the first.
func TestTickets(t *testing.T) {
	r := newRig(t, "browse", withPlatforms)
	if v := r.want(200, "", arrival(map[string]string{"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "H"})); v["state"] != "preview" || v["token"] != nil ||
		len(v["sample"].(map[string]any)["pages"].([]any)) != 1 {
		t.Errorf("a preview: %v", v)
	}
	r.view(func(v *storage.View) error {
		all, err := v.Workers()
		if len(all) > 0 {
			t.Error("a preview stored somebody")
		}
		return err
	})
	first := r.join(turk("AWORKER", "ONE"))
	done := r.finished(first)
	way := done["back"].(map[string]any)
	if way["kind"] != "form" || way["url"] != "https://www.mturk.com/mturk/externalSubmit" || way["fields"].(map[string]any)["assignmentId"] != "ONE" ||
		way["fields"].(map[string]any)["code"] != done["code"] || done["more"] != false || done["participation"] == nil {
		t.Errorf("%v", done)
	}
	if lease := r.want(200, "", ask{"POST", "/api/v1/lease", first, map[string]any{}, nil}); lease["assignment"] != nil {
		t.Errorf("a second assignment: %v", lease)
	}
	if v := r.want(200, "", turk("AWORKER", "ONE")); v["state"] != "done" || v["participation"] != done["participation"] {
		t.Errorf("who comes back with the same assignment: %v", v)
	}
	v := r.want(200, "", turk("AWORKER", "TWO"))
	second := v["token"].(string)
	if v["state"] != "work" || v["participation"] != nil {
		t.Errorf("another assignment: %v", v)
	}
	r.want(409, "no_assignment", ask{"POST", "/api/v1/finish", second, map[string]any{}, nil})
	if again := r.finished(second); again["code"] == done["code"] || again["participation"] != nil || again["back"].(map[string]any)["kind"] != "form" {
		t.Errorf("%v", again)
	}
	left := r.want(200, "", ask{"POST", "/api/v1/leave", second, map[string]any{"what": "withdraw", "delete": true}, nil})
	if left["partly"] != true || left["back"].(map[string]any)["kind"] != "return" {
		t.Errorf("%v", left)
	}
	r.view(func(v *storage.View) error {
		all, err := v.Assignments()
		if len(all) != 1 || all[0].State != storage.Submitted {
			t.Errorf("the first assignment is deleted by who claims to be its worker: %+v", all)
		}
		return err
	})
	if left := r.want(200, "", ask{"POST", "/api/v1/leave", first, map[string]any{"what": "withdraw", "delete": true}, nil}); left["partly"] != false {
		t.Errorf("%v", left)
	}
	r.want(401, "no_visit", ask{"POST", "/api/v1/finish", second, map[string]any{}, nil})
}

// Platforms' ids are in identity.db only, and gone when their person is erased.
func TestPlatformIDs(t *testing.T) {
	r := newRig(t, "browse", withPlatforms)
	pid, session := "5f3e1d2c4b5a69788796a5b4", "6a0b1c2d3e4f506172839405"
	token := r.join(arrival(map[string]string{"PROLIFIC_PID": pid, "STUDY_ID": "60ffe5c8371090c7041d43f8", "SESSION_ID": session}))
	done := r.finished(token)
	if way := done["back"].(map[string]any); way["url"] != "https://app.prolific.com/submissions/complete?cc=CDONE" {
		t.Errorf("%v", way)
	}
	r.stop()
	has := func() (files []string) {
		list, err := os.ReadDir(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			b, _ := os.ReadFile(filepath.Join(r.dir, e.Name()))
			if bytes.Contains(b, []byte(pid)) || bytes.Contains(b, []byte(session)) {
				files = append(files, e.Name())
			}
		}
		return files
	}
	if files := has(); len(files) == 0 || slices.ContainsFunc(files, func(f string) bool { return !strings.HasPrefix(f, "identity.db") }) || strings.Contains(r.log.String(), pid) {
		t.Errorf("the ids are in %v", files)
	}
	r.start()
	r.want(200, "", ask{"POST", "/api/v1/leave", token, map[string]any{"what": "withdraw", "delete": true}, nil})
	r.stop()
	if files := has(); len(files) > 0 {
		t.Errorf("after the erasure they are in %v", files)
	}
	r.start()
}

// Every outcome has its way back, and claims that are none are refused.
func TestOutcomes(t *testing.T) {
	r := newRig(t, "browse", withPlatforms)
	prolific := map[string]string{"PROLIFIC_PID": "p1", "STUDY_ID": "s1", "SESSION_ID": "x1"}
	touch := arrival(prolific)
	touch.body.(map[string]any)["device"] = map[string]any{"pointers": []string{"coarse"}}
	if m := r.want(403, "device", touch); m["back"].(map[string]any)["code"] != "CSCREEN" {
		t.Errorf("%v", m)
	}
	v := r.want(200, "", arrival(prolific))
	text := v["consent"].(map[string]any)
	no := ask{"POST", "/api/v1/consent", v["token"].(string), map[string]any{"version": text["version"], "sha256": text["sha256"], "agreed": false, "level": "full"}, nil}
	if m := r.want(200, "", no); m["back"].(map[string]any)["code"] != "CNO" {
		t.Errorf("%v", m)
	}
	r.want(403, "bad_claim", arrival(map[string]string{"PROLIFIC_PID": "p1"}))
	r.want(403, "bad_claim", arrival(map[string]string{"workerId": "w", "assignmentId": "a", "turkSubmitTo": "https://evil.example.org"}))
	r.want(400, "bad_platform", ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "other", "params": prolific, "device": fine}, nil})
	sona := r.join(arrival(map[string]string{"id": "1234"}))
	if m := r.finished(sona); !strings.HasSuffix(m["back"].(map[string]any)["url"].(string), "survey_code=1234") {
		t.Errorf("%v", m)
	}
	for n := range 3 { // the others of four HITs
		r.finished(r.join(arrival(map[string]string{"id": string(rune('a' + n))})))
	}
	if m := r.want(200, "", arrival(map[string]string{"PROLIFIC_PID": "p2", "STUDY_ID": "s1", "SESSION_ID": "x2"})); m["state"] != "full" ||
		m["back"].(map[string]any)["kind"] != "return" {
		t.Errorf("%v", m)
	}
	_, header, _ := r.raw(ask{"GET", "/s/birds", "", nil, nil})
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://www.mturk.com;") ||
		!strings.Contains(policy, "frame-ancestors https://worker.mturk.com https://www.mturk.com;") {
		t.Error(policy)
	}
	plain := newRig(t, "browse", nil)
	_, header, _ = plain.raw(ask{"GET", "/s/birds", "", nil, nil})
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "mturk") {
		t.Error(policy)
	}
	plain.want(400, "bad_platform", ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "mturk", "params": prolific, "device": fine}, nil})
}

// With keep_payment, what was finished can be paid after the erasure, and nothing else is kept.
func TestKeepPayment(t *testing.T) {
	for _, keep := range []bool{true, false} {
		r := newRig(t, "browse", func(text string) string {
			if keep {
				text = strings.Replace(text, "keep_payment = false", "keep_payment = true", 1)
			}
			return withPlatforms(text)
		})
		done := r.finished(r.join(turk("AWORKER", "ONE")))
		token := r.join(turk("AWORKER", "TWO"))
		for _, p := range r.pages(token) {
			c, _ := chunkOf(token, p["page"].(string), 1, 0)
			r.want(201, "", c)
		}
		var worker string
		r.view(func(v *storage.View) error {
			all, err := v.Workers()
			worker = all[0].ID
			return err
		})
		if _, err := Erase(t.Context(), r.server.Study, r.db, r.server.Identities, worker, "asked", r.now.Load()); err != nil {
			t.Fatal(err)
		}
		r.server.finishErasures(t.Context(), true)
		all, err := r.server.Identities.Payments(t.Context())
		if err != nil || (len(all) == 1) != keep {
			t.Fatalf("%+v %v", all, err)
		}
		if keep && (all[0].ID != "AWORKER" || all[0].Platform != "mturk" || all[0].Code != done["code"] || !strings.Contains(all[0].Params, `"assignmentId":"ONE"`)) {
			t.Errorf("%+v", all[0])
		}
	}
}

func (r *rig) view(f func(v *storage.View) error) {
	r.t.Helper()
	if err := r.db.View(r.t.Context(), f); err != nil {
		r.t.Fatal(err)
	}
}

// The administrator erases somebody on a page, after confirming whom. Other sites cannot do it.
func TestAdminErases(t *testing.T) {
	r := newRig(t, "browse", withPlatforms)
	r.finished(r.join(turk("AWORKER", "ONE")))
	var worker string
	r.view(func(v *storage.View) error {
		all, err := v.Workers()
		worker = all[0].ID
		return err
	})
	post := func(confirm, from string) (int, string) {
		t.Helper()
		q, err := http.NewRequest("POST", r.admin.URL+"/people/"+worker+"/erase", strings.NewReader(url.Values{"confirm": {confirm}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Sec-Fetch-Site", from)
		if confirm != "nobody" {
			q.AddCookie(&http.Cookie{Name: r.server.cookieName(), Value: r.server.cookieValue()})
		}
		a, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, _ := io.ReadAll(a.Body)
		return a.StatusCode, string(b)
	}
	for _, c := range []struct {
		confirm, from, want string
		status              int
	}{
		{"nobody", "same-origin", "login", 303}, {worker, "cross-site", "", 403}, {"", "same-origin", "Nothing was deleted", 400},
		{worker, "same-origin", "erasure 1 of the study", 200}, {worker, "same-origin", "There is no such", 404},
	} {
		if status, text := post(c.confirm, c.from); status != c.status || c.status != 303 && !strings.Contains(text, c.want) {
			t.Errorf("%q from %s: %d %s", c.confirm, c.from, status, text)
		}
	}
	r.view(func(v *storage.View) error {
		all, err := v.Workers()
		if len(all) > 0 {
			t.Errorf("%+v", all)
		}
		return err
	})
}

// With signed addresses it is certain who comes: another submission of the same person is this person's, too.
func TestSigned(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	keys := fmt.Sprintf(`{"keys": [{"kty": "RSA", "kid": "k", "n": "%s", "e": "%s"}]}`, b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes()))
	r := newRig(t, "browse", func(text string) string {
		text = strings.Replace(text, `public_url = ""`, `public_url = "https://study.example.org"`, 1)
		return strings.Replace(withPlatforms(text), `completed = "CDONE"`, "completed = \"CDONE\"\nverify = \"jwt\"\nkeys = '"+keys+"'", 1)
	})
	signed := func(submission string) ask {
		c := jwt.MapClaims{"aud": "https://study.example.org", "exp": r.now.Load()/1000 + 60,
			"prolific": map[string]string{"PROLIFIC_PID": "p1", "STUDY_ID": "s1", "SESSION_ID": submission}}
		token := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
		token.Header["kid"] = "k"
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return arrival(map[string]string{"prolific_token": text})
	}
	r.want(403, "bad_claim", arrival(map[string]string{"PROLIFIC_PID": "p1", "STUDY_ID": "s1", "SESSION_ID": "x1"}))
	one := r.finished(r.join(signed("x1")))
	two := r.finished(r.join(signed("x2")))
	if one["participation"] == nil || two["participation"] != one["participation"] || two["code"] == one["code"] {
		t.Errorf("%v, then %v", one, two)
	}
}

// Whatever fails while a visit begins, nobody is stored whose id cannot be erased, and who visits again is known.
func TestVisitFails(t *testing.T) {
	r := newRig(t, "browse", withPlatforms)
	identities := r.server.Identities
	r.broken.Store(true) // the visit cannot be stored
	r.want(503, "not_stored", turk("A1", "ASG1"))
	r.broken.Store(false)
	if n, err := identities.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d ids are stored of people who are not: %v", n, err)
	}
	identities.Close() // the server ends after the visit is stored, and before its identity is
	r.opened = r.opened[1:]
	r.want(503, "not_stored", turk("A1", "ASG1"))
	r.stop()
	r.start()
	if n, err := r.server.Identities.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d ids are stored: %v", n, err)
	}
	token := r.join(turk("A1", "ASG1"))
	if back := r.finished(token)["back"].(map[string]any); back["fields"].(map[string]any)["assignmentId"] != "ASG1" {
		t.Errorf("the way back is %v", back)
	}
	r.view(func(v *storage.View) error {
		all, err := v.Workers()
		if len(all) != 1 {
			t.Fatalf("%d people are stored, want 1", len(all))
		}
		if _, id, err := r.server.Identities.Find(t.Context(), all[0].ID); id != "A1" || err != nil {
			t.Errorf("the id is %q: %v", id, err)
		}
		return err
	})
}
