// Package platform knows the platforms that send annotators to a study and pay them: how an address says who comes,
// and how people go back. Links and invitations of the study itself are no platform.
package platform

import (
	"fmt"
	"regexp"
	"time"
)

// An Outcome is how a visit ended.
type Outcome string

// Outcomes.
const (
	Completed   Outcome = "completed"    // everything is stored
	ScreenedOut Outcome = "screened_out" // the device is not one that the study takes
	NoConsent   Outcome = "no_consent"
	Withdrawn   Outcome = "withdrawn" // stopped, with or without deletion
	Full        Outcome = "full"      // nothing is left to do
)

// An Arrival is who comes by an address.
type Arrival struct {
	Person   string // the platform's id of the annotator
	Ticket   string // the platform's id of what it pays for once
	Preview  bool   // somebody looks at the task and has not taken it
	Verified bool   // the platform has signed the address; otherwise it is a claim
	// Params are what Back and the platform's lists need of the address.
	Params Params
}

// A Way is how somebody goes back to the platform.
type Way struct {
	// Kind is Redirect, Form, Return or Tab.
	Kind     string            `json:"kind"`
	Platform string            `json:"platform"` // its name for people
	URL      string            `json:"url,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"` // of a form
	Code     string            `json:"code,omitempty"`   // to type at the platform, if the redirect does not work
}

// Kinds of ways.
const (
	Redirect = "redirect" // open URL
	Form     = "form"     // post Fields to URL
	Return   = "return"   // the person has to return the task on the platform's page
	Tab      = "tab"      // the platform's page is in another tab, which goes on by itself
)

// A Platform sends annotators and pays them.
type Platform interface {
	// Name is the name of the platform in study.toml, addresses and databases.
	Name() string
	// Title is its name for people.
	Title() string
	// Sends reports whether an address with these parameters is of the platform.
	Sends(p Params) bool
	// Read returns who comes. The error is a *Refusal if the address is not one of the platform's.
	Read(p Params, now time.Time) (Arrival, error)
	// Back returns how somebody who came with these parameters goes back. code is the completion code of the
	// assignment, and "" unless the outcome is Completed.
	Back(p Params, o Outcome, code string) Way
	// Frames are the origins whose pages may show the study in a frame.
	Frames() []string
	// Forms are the origins that take forms.
	Forms() []string
}

// A Refusal says why an address is not accepted, for the person who opened it.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

func refused(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// Platforms are those of a study.
type Platforms []Platform

// Open prepares the platforms that study.toml names. path returns the place of a file of the study, and address is
// that of the server, as annotators reach it.
func Open(s *Settings, path func(string) string, address string) (all Platforms, err error) {
	if s.Prolific != nil {
		p := &prolific{Prolific: s.Prolific}
		if p.keys, err = s.Prolific.keySource(path, address); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if s.MTurk != nil {
		all = append(all, &mturk{s.MTurk})
	}
	if s.SONA != nil {
		all = append(all, &sona{s.SONA})
	}
	return all, nil
}

// Of returns the platform of an address, or nil.
func (all Platforms) Of(p Params) Platform {
	for _, one := range all {
		if one.Sends(p) {
			return one
		}
	}
	return nil
}

// Named returns a platform by its name, or nil.
func (all Platforms) Named(name string) Platform {
	for _, one := range all {
		if one.Name() == name {
			return one
		}
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// ids returns the parameters with these names, which have to look like ids.
func ids(title string, p Params, names ...string) (Params, error) {
	found := Params{}
	for _, name := range names {
		switch v := p[name]; {
		case v == "":
			return nil, refused("the address lacks %s, which %s adds: please open the study from %s", name, title, title)
		case !idPattern.MatchString(v):
			return nil, refused("the address has %s = %.40q, which is not an id of %s", name, v, title)
		default:
			found[name] = v
		}
	}
	return found, nil
}
