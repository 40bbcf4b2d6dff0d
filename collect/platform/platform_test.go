package platform

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	person  = "5f3e1d2c4b5a69788796a5b4"
	work    = "6a0b1c2d3e4f506172839405"
	aStudy  = "60ffe5c8371090c7041d43f8"
	aWorker = "A1EXAMPLEWORKER"
	aTask   = "3EXAMPLEASSIGNMENT0000000000001"
)

func open(t *testing.T, s *Settings) Platforms {
	t.Helper()
	all, err := Open(s, func(p string) string { return p }, "https://study.example.org/abtool")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func all() *Settings {
	return &Settings{Prolific: &Prolific{Completed: "CDONE", ScreenedOut: "CSCREEN"}, MTurk: &MTurk{},
		SONA: &SONA{CreditURL: "https://lab.sona-systems.com/webstudy_credit.aspx?experiment_id=12&credit_token=9f&survey_code=XXXX"}}
}

// An address says which platform it is of, who comes and what is paid; anything else is refused with a reason.
func TestRead(t *testing.T) {
	platforms := open(t, all())
	for _, c := range []struct {
		params   Params
		platform string
		want     Arrival
		refusal  string // part of it
	}{
		{Params{"name": "ann"}, "", Arrival{}, ""},
		{Params{"token": "t", "workerId": "x"}, "", Arrival{}, ""},
		{Params{"PROLIFIC_PID": person, "STUDY_ID": aStudy, "SESSION_ID": work, "utm": "x"}, "prolific",
			Arrival{Person: person, Ticket: work, Params: Params{"PROLIFIC_PID": person, "STUDY_ID": aStudy, "SESSION_ID": work}}, ""},
		{Params{"PROLIFIC_PID": person, "STUDY_ID": aStudy}, "prolific", Arrival{}, "lacks SESSION_ID, which Prolific adds"},
		{Params{"PROLIFIC_PID": "{{%PROLIFIC_PID%}}", "STUDY_ID": aStudy, "SESSION_ID": work}, "prolific", Arrival{}, "is not an id of Prolific"},
		{Params{"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "h"}, "mturk", Arrival{Preview: true}, ""},
		{Params{"assignmentId": aTask, "workerId": aWorker, "hitId": "3H", "turkSubmitTo": "https://www.mturk.com"}, "mturk",
			Arrival{Person: aWorker, Ticket: aTask, Params: Params{"assignmentId": aTask, "workerId": aWorker, "hitId": "3H"}}, ""},
		{Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://www.mturk.com/mturk/externalSubmit", "tab": "1"}, "mturk",
			Arrival{Person: aWorker, Ticket: aTask, Params: Params{"assignmentId": aTask, "workerId": aWorker, "tab": "1"}}, ""},
		{Params{"assignmentId": aTask}, "mturk", Arrival{}, "lacks workerId"},
		{Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://evil.example.org"}, "mturk", Arrival{}, "this study sends it to https://www.mturk.com"},
		{Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://www.mturk.com.evil.example.org/"}, "mturk", Arrival{}, "sends it to"},
		{Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://workersandbox.mturk.com"}, "mturk", Arrival{}, "sends it to"},
		{Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "http://www.mturk.com"}, "mturk", Arrival{}, "sends it to"},
		{Params{"survey_code": "1234"}, "sona", Arrival{Person: "1234", Ticket: "1234", Params: Params{"survey_code": "1234"}}, ""},
		{Params{"id": "77"}, "sona", Arrival{Person: "77", Ticket: "77", Params: Params{"survey_code": "77"}}, ""},
		{Params{"id": "%SURVEY_CODE%"}, "sona", Arrival{}, "is not an id of SONA"},
	} {
		p := platforms.Of(c.params)
		if (p == nil) != (c.platform == "") || p != nil && p.Name() != c.platform {
			t.Errorf("%v: the platform is %v, want %q", c.params, p, c.platform)
			continue
		}
		if p == nil {
			continue
		}
		got, err := p.Read(c.params, time.Unix(0, 0))
		var refusal *Refusal
		if c.refusal != "" {
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.refusal) {
				t.Errorf("%v: %v, want %q", c.params, err, c.refusal)
			}
			continue
		}
		if err != nil || got.Person != c.want.Person || got.Ticket != c.want.Ticket || got.Preview != c.want.Preview || got.Verified ||
			!maps.Equal(got.Params, c.want.Params) {
			t.Errorf("%v: %+v %v, want %+v", c.params, got, err, c.want)
		}
		if back := ParseParams(got.Params.String()); !maps.Equal(back, got.Params) || back.Ticket() != c.want.Ticket {
			t.Errorf("%v are read back as %v", got.Params, back)
		}
	}
	sandbox := open(t, &Settings{MTurk: &MTurk{Sandbox: true}})[0]
	if _, err := sandbox.Read(Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://workersandbox.mturk.com"}, time.Time{}); err != nil {
		t.Error(err)
	}
	if _, err := sandbox.Read(Params{"assignmentId": aTask, "workerId": aWorker, "turkSubmitTo": "https://www.mturk.com"}, time.Time{}); err == nil {
		t.Error("a study in the sandbox takes paid work")
	}
}

// Each outcome has its way back.
func TestBack(t *testing.T) {
	platforms := open(t, all())
	prolific, mturk, sona := platforms.Named("prolific"), platforms.Named("mturk"), platforms.Named("sona")
	task := Params{"assignmentId": aTask, "workerId": aWorker}
	for _, c := range []struct {
		p       Platform
		params  Params
		outcome Outcome
		want    Way
	}{
		{prolific, nil, Completed, Way{Redirect, "Prolific", "https://app.prolific.com/submissions/complete?cc=CDONE", nil, "CDONE"}},
		{prolific, nil, ScreenedOut, Way{Redirect, "Prolific", "https://app.prolific.com/submissions/complete?cc=CSCREEN", nil, "CSCREEN"}},
		{prolific, nil, NoConsent, Way{Kind: Return, Platform: "Prolific"}},
		{mturk, task, Completed, Way{Form, "Mechanical Turk", "https://www.mturk.com/mturk/externalSubmit",
			map[string]string{"assignmentId": aTask, "code": "7QK"}, ""}},
		{mturk, task, Withdrawn, Way{Kind: Return, Platform: "Mechanical Turk"}},
		{mturk, Params{"assignmentId": aTask, "tab": "1"}, Completed, Way{Kind: Tab, Platform: "Mechanical Turk"}},
		{mturk, Params{}, Completed, Way{Kind: Return, Platform: "Mechanical Turk"}},
		{sona, Params{"survey_code": "1234"}, Completed, Way{Kind: Redirect, Platform: "SONA",
			URL: "https://lab.sona-systems.com/webstudy_credit.aspx?credit_token=9f&experiment_id=12&survey_code=1234"}},
		{sona, Params{"survey_code": "1234"}, Full, Way{Kind: Return, Platform: "SONA"}},
	} {
		got := c.p.Back(c.params, c.outcome, "7QK")
		if got.Kind != c.want.Kind || got.Platform != c.want.Platform || got.URL != c.want.URL || got.Code != c.want.Code || !maps.Equal(got.Fields, c.want.Fields) {
			t.Errorf("%s %v: %+v, want %+v", c.p.Name(), c.outcome, got, c.want)
		}
	}
	if f := append(mturk.Frames(), mturk.Forms()...); strings.Join(f, " ") != "https://worker.mturk.com https://www.mturk.com https://www.mturk.com" {
		t.Errorf("%v", f)
	}
	if len(append(prolific.Frames(), sona.Frames()...)) > 0 {
		t.Error("only Mechanical Turk shows the study in a frame")
	}
}

// Signed addresses: only what Prolific signed for this server, and in time.
func TestVerify(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(map[string]any{"keys": []any{map[string]string{"kty": "RSA", "kid": "k1", "alg": "RS256",
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, set, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	body := jwt.MapClaims{"aud": "https://study.example.org", "exp": now.Add(time.Hour).Unix(), "iss": "https://www.prolific.com", "sub": work,
		"prolific": map[string]string{"PROLIFIC_PID": person, "STUDY_ID": aStudy, "SESSION_ID": work, "workspace_id": "w"}}
	with := func(name string, value any) jwt.MapClaims {
		c := maps.Clone(body)
		c[name] = value
		return c
	}
	sign := func(method jwt.SigningMethod, by any, kid string, c jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = kid
		text, err := token.SignedString(by)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := sign(jwt.SigningMethodRS256, key, "k1", body)
	for _, source := range []string{file, string(set)} {
		p := open(t, &Settings{Prolific: &Prolific{Completed: "C", Verify: "jwt", Keys: source}})[0]
		for _, c := range []struct {
			name   string
			params Params
			want   string // part of the refusal; "": accepted
		}{
			{"good", Params{"prolific_token": good}, ""},
			{"good, with the same ids", Params{"prolific_token": good, "PROLIFIC_PID": person}, ""},
			{"another audience", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k1", with("aud", "https://other.example.org"))}, "and not for study.example.org"},
			{"the audience as a host", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k1", with("aud", []string{"x", "study.example.org"}))}, ""},
			{"no token", Params{"PROLIFIC_PID": person, "STUDY_ID": aStudy, "SESSION_ID": work}, "has no prolific_token"},
			{"another person", Params{"prolific_token": good, "PROLIFIC_PID": aStudy}, "another PROLIFIC_PID"},
			{"another key", Params{"prolific_token": sign(jwt.SigningMethodRS256, other, "k1", body)}, "signature"},
			{"an unknown key", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k2", body)}, "not among those"},
			{"too late", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k1", with("exp", now.Add(-2*time.Minute).Unix()))}, "expired"},
			{"for ever", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k1", jwt.MapClaims{"aud": body["aud"], "prolific": body["prolific"]})}, "exp"},
			{"another method", Params{"prolific_token": sign(jwt.SigningMethodHS256, []byte(set), "k1", body)}, "signing method"},
			{"no method", Params{"prolific_token": sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "k1", body)}, "signing method"},
			{"no ids", Params{"prolific_token": sign(jwt.SigningMethodRS256, key, "k1", with("prolific", map[string]string{}))}, "lacks PROLIFIC_PID"},
		} {
			if got := p.Sends(c.params); !got {
				t.Errorf("%s: not of Prolific", c.name)
			}
			a, err := p.Read(c.params, now)
			if c.want == "" && (err != nil || !a.Verified || a.Person != person || a.Ticket != work) {
				t.Errorf("%s: %+v %v", c.name, a, err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	}
	for _, c := range []struct{ keys, address, want string }{
		{`{"keys": []}`, "https://x.org", "no RSA key"}, {"nowhere.json", "https://x.org", "no such file"},
		{string(set), "", "needs serve.public_url"}, {`{`, "https://x.org", "not a set of keys"},
	} {
		_, err := Open(&Settings{Prolific: &Prolific{Verify: "jwt", Keys: c.keys}}, func(p string) string { return p }, c.address)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.20s: %v, want %q", c.keys, err, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{*all(), ""},
		{Settings{}, ""},
		{Settings{Prolific: &Prolific{Completed: "C 1"}}, "is a completion code"},
		{Settings{Prolific: &Prolific{Completed: "C1", Full: "C1"}}, "completed and full have the same code"},
		{Settings{Prolific: &Prolific{Verify: "yes"}}, "it is jwt"},
		{Settings{Prolific: &Prolific{Verify: "jwt"}}, "verify needs keys"},
		{Settings{MTurk: &MTurk{Reward: "2,50", Days: 1, ApproveDays: 1}}, "reward"},
		{Settings{MTurk: &MTurk{Days: 400, ApproveDays: 1}}, "days = 400"},
		{Settings{MTurk: &MTurk{Days: 1, ApproveDays: 31}}, "approve_days = 31"},
		{Settings{SONA: &SONA{CreditURL: "https://lab.sona-systems.com/webstudy_credit.aspx"}}, "credit_url"},
		{Settings{SONA: &SONA{CreditURL: "http://lab.sona-systems.com/webstudy_credit.aspx?credit_token=1"}}, "credit_url"},
	} {
		s := c.s
		if s.MTurk != nil && c.want == "" {
			s.Defaults(func(...string) bool { return false })
		}
		err := errors.Join(s.Check()...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, name := range []string{NameLink, NameProlific, NameMTurk, NameSONA} {
		s, ok := New(name)
		if err := errors.Join(s.Check()...); !ok || err != nil || (len(s.Blanks()) == 0) != (name == NameLink) {
			t.Errorf("%s: %v %v", name, err, s.Blanks())
		}
	}
	if _, ok := New("mechanical"); ok {
		t.Error("an unknown platform")
	}
}

// The question and the HIT are in the form that MTurk takes, with the address as XML.
func TestHIT(t *testing.T) {
	m := &MTurk{Reward: "2.50", Days: 2, ApproveDays: 3, Sandbox: true}
	h := m.NewHIT("Which images?", "https://study.example.org/s/birds?a=1&b=2", 3, time.Hour)
	want := `<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd">
  <ExternalURL>https://study.example.org/s/birds?a=1&amp;b=2</ExternalURL>
  <FrameHeight>0</FrameHeight>
</ExternalQuestion>`
	if h.Question != want || h.Duration != 3600 || h.Lifetime != 172800 || h.Approval != 259200 || h.Assignments != 3 || h.Description != "Which images?" {
		t.Errorf("%+v", h)
	}
	var back HIT
	if err := json.Unmarshal([]byte(h.JSON()), &back); err != nil || back != h {
		t.Errorf("%v %+v", err, back)
	}
	if c := m.Command("reject-assignment", "--requester-feedback", "it's $HOME"); c != `aws mturk reject-assignment --requester-feedback 'it'\''s $HOME' `+
		`--region us-east-1 --endpoint-url https://mturk-requester-sandbox.us-east-1.amazonaws.com` {
		t.Error(c)
	}
}
