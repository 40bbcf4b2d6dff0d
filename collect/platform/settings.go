package platform

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Names of platforms in study.toml. Link is the study's own links.
const (
	NameLink     = "link"
	NameProlific = "prolific"
	NameMTurk    = "mturk"
	NameSONA     = "sona"
)

// Settings are the table [platform] of study.toml: a platform is used if its table is there.
type Settings struct {
	Link     Link      `toml:"link"`
	Prolific *Prolific `toml:"prolific"`
	MTurk    *MTurk    `toml:"mturk"`
	SONA     *SONA     `toml:"sona"`
}

// Link says who may come by a link.
type Link struct {
	Open bool `toml:"open"` // without an invitation, by a name that annotators choose
}

// Prolific has the completion codes of a study on Prolific, one for each outcome. An outcome without a code asks to
// return the submission.
type Prolific struct {
	Completed   string `toml:"completed"`
	ScreenedOut string `toml:"screened_out"`
	NoConsent   string `toml:"no_consent"`
	Withdrawn   string `toml:"withdrawn"`
	Full        string `toml:"full"`
	Verify      string `toml:"verify"` // jwt: only signed addresses are accepted; ""
	Keys        string `toml:"keys"`   // Prolific's public keys: a file of the study, or the JSON itself
}

// MTurk says which site of Mechanical Turk is used, and describes the HITs to be made there.
type MTurk struct {
	Sandbox     bool   `toml:"sandbox"`
	Reward      string `toml:"reward"`      // US dollars of an assignment, such as 2.50
	Description string `toml:"description"` // what workers read in the list of HITs
	Keywords    string `toml:"keywords"`
	Days        int    `toml:"days"`         // for which the HITs can be found
	ApproveDays int    `toml:"approve_days"` // after which work is approved by itself
}

// SONA has the address that grants credit.
type SONA struct {
	CreditURL string `toml:"credit_url"` // the client-side completion URL, as SONA shows it
}

// Code returns the code of an outcome, or "".
func (p *Prolific) Code(o Outcome) string {
	return map[Outcome]string{Completed: p.Completed, ScreenedOut: p.ScreenedOut, NoConsent: p.NoConsent,
		Withdrawn: p.Withdrawn, Full: p.Full}[o]
}

// New returns the settings of a new study whose annotators come from a platform. ok is false if there is no platform
// of this name.
func New(name string) (s Settings, ok bool) {
	switch name {
	case NameLink:
	case NameProlific:
		s.Prolific = &Prolific{}
	case NameMTurk:
		s.MTurk = &MTurk{Sandbox: true, Keywords: "image, annotation, research", Days: defaultDays, ApproveDays: defaultDays}
	case NameSONA:
		s.SONA = &SONA{}
	default:
		return s, false
	}
	return s, true
}

const defaultDays = 7

// Defaults sets what is left out of tables that are there. isSet reports whether a key is.
func (s *Settings) Defaults(isSet func(key ...string) bool) {
	if m := s.MTurk; m != nil {
		if !isSet("platform", "mturk", "days") {
			m.Days = defaultDays
		}
		if !isSet("platform", "mturk", "approve_days") {
			m.ApproveDays = defaultDays
		}
	}
}

// Used returns the names of the platforms that are used.
func (s *Settings) Used() (names []string) {
	if s.Prolific != nil {
		names = append(names, NameProlific)
	}
	if s.MTurk != nil {
		names = append(names, NameMTurk)
	}
	if s.SONA != nil {
		names = append(names, NameSONA)
	}
	return names
}

var (
	codePattern   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)
	rewardPattern = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{2})?$`)
)

// Check returns what makes no sense. What is still to be filled in is no error: see Blanks.
func (s *Settings) Check() (errs []error) {
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p := s.Prolific; p != nil {
		of := map[string]Outcome{}
		for _, o := range []Outcome{Completed, ScreenedOut, NoConsent, Withdrawn, Full} {
			code := p.Code(o)
			switch {
			case code == "":
			case !codePattern.MatchString(code):
				wrong("platform.prolific.%s = %q: it is a completion code, of letters and digits", o, code)
			case of[code] != "":
				wrong("platform.prolific.%s and %s have the same code: Prolific acts on codes, so that each outcome needs one", of[code], o)
			}
			of[code] = o
		}
		if p.Verify != "" && p.Verify != "jwt" {
			wrong("platform.prolific.verify = %q: it is jwt, or empty", p.Verify)
		}
		if p.Verify != "" && p.Keys == "" {
			wrong("platform.prolific.verify needs keys: a file of the study with Prolific's public keys, from %s", KeysURL)
		}
	}
	if m := s.MTurk; m != nil {
		if m.Reward != "" && !rewardPattern.MatchString(m.Reward) {
			wrong("platform.mturk.reward = %q: it is an amount of US dollars such as 2.50", m.Reward)
		}
		for _, x := range []struct {
			key        string
			days, most int
		}{{"days", m.Days, 365}, {"approve_days", m.ApproveDays, 30}} {
			if x.days < 1 || x.days > x.most {
				wrong("platform.mturk.%s = %d: it is from 1 to %d", x.key, x.days, x.most)
			}
		}
	}
	if p := s.SONA; p != nil && p.CreditURL != "" {
		u, err := url.Parse(p.CreditURL)
		if err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Path, "/webstudy_credit.aspx") || u.Query().Get("credit_token") == "" {
			wrong("platform.sona.credit_url = %q: it is the completion URL of the client side, such as "+
				"https://school.sona-systems.com/webstudy_credit.aspx?experiment_id=1&credit_token=2&survey_code=XXXX", p.CreditURL)
		}
	}
	return errs
}

// Blanks returns the settings that have to be filled in before people come.
func (s *Settings) Blanks() (keys []string) {
	if s.Prolific != nil && s.Prolific.Completed == "" {
		keys = append(keys, "platform.prolific.completed")
	}
	if s.MTurk != nil && s.MTurk.Reward == "" {
		keys = append(keys, "platform.mturk.reward")
	}
	if s.SONA != nil && s.SONA.CreditURL == "" {
		keys = append(keys, "platform.sona.credit_url")
	}
	return keys
}
