package platform

import (
	"net/url"
	"time"
)

// sonaCode is the parameter in which SONA's %SURVEY_CODE% is kept. Addresses may call it id as well.
const sonaCode = "survey_code"

type sona struct{ *SONA }

func (s *sona) Name() string     { return NameSONA }
func (s *sona) Title() string    { return "SONA" }
func (s *sona) Frames() []string { return nil }
func (s *sona) Forms() []string  { return nil }

func (s *sona) Sends(q Params) bool { return q[sonaCode] != "" || q["id"] != "" }

func (s *sona) Read(q Params, _ time.Time) (a Arrival, err error) {
	if q[sonaCode] == "" {
		q = Params{sonaCode: q["id"]}
	}
	if a.Params, err = ids(s.Title(), q, sonaCode); err != nil {
		return a, err
	}
	a.Person = a.Params[sonaCode]
	a.Ticket = a.Person // a code is of one sign-up
	return a, nil
}

func (s *sona) Back(q Params, o Outcome, _ string) Way {
	u, err := url.Parse(s.CreditURL)
	if o != Completed || s.CreditURL == "" || err != nil || q[sonaCode] == "" {
		return Way{Kind: Return, Platform: s.Title()}
	}
	query := u.Query()
	query.Set(sonaCode, q[sonaCode])
	u.RawQuery = query.Encode()
	return Way{Kind: Redirect, Platform: s.Title(), URL: u.String()}
}
