package platform

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"
	"time"
)

// Parameters that MTurk adds to an address. hitId is kept for lists only.
const (
	mturkAssignment = "assignmentId"
	mturkWorker     = "workerId"
	mturkHIT        = "hitId"
	mturkSubmit     = "turkSubmitTo"
	mturkTab        = "tab" // added by the page: the study is in a tab that was opened from the frame
	mturkPreview    = "ASSIGNMENT_ID_NOT_AVAILABLE"
)

type mturk struct{ *MTurk }

func (m *mturk) Name() string  { return NameMTurk }
func (m *mturk) Title() string { return "Mechanical Turk" }

// Frames returns the origins of the pages on which workers see a HIT.
func (m *mturk) Frames() []string {
	if m.Sandbox {
		return []string{"https://workersandbox.mturk.com"}
	}
	return []string{"https://worker.mturk.com", "https://www.mturk.com"}
}

func (m *mturk) Forms() []string { return []string{"https://" + m.host()} }

// host is the host to which forms are sent.
func (m *mturk) host() string {
	if m.Sandbox {
		return "workersandbox.mturk.com"
	}
	return "www.mturk.com"
}

func (m *mturk) Sends(q Params) bool { return q[mturkAssignment] != "" }

func (m *mturk) Read(q Params, _ time.Time) (a Arrival, err error) {
	if q[mturkAssignment] == mturkPreview {
		return Arrival{Preview: true}, nil
	}
	if a.Params, err = ids(m.Title(), q, mturkAssignment, mturkWorker); err != nil {
		return a, err
	}
	// The value comes with or without a path. It is only compared: forms go where study.toml says.
	if to := q[mturkSubmit]; to != "" {
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "https" || u.Host != m.host() {
			return a, refused("the address wants the work to be sent to %.60q; this study sends it to https://%s", to, m.host())
		}
	}
	if idPattern.MatchString(q[mturkHIT]) {
		a.Params[mturkHIT] = q[mturkHIT]
	}
	if q[mturkTab] != "" {
		a.Params[mturkTab] = "1"
	}
	a.Person, a.Ticket = a.Params[mturkWorker], a.Params[mturkAssignment]
	return a, nil
}

func (m *mturk) Back(q Params, o Outcome, code string) Way {
	switch {
	case q[mturkTab] != "":
		return Way{Kind: Tab, Platform: m.Title()}
	case o != Completed || q[mturkAssignment] == "":
		return Way{Kind: Return, Platform: m.Title()}
	}
	return Way{Kind: Form, Platform: m.Title(), URL: "https://" + m.host() + "/mturk/externalSubmit",
		Fields: map[string]string{mturkAssignment: q[mturkAssignment], "code": code}}
}

// externalQuestion is the form in which MTurk takes the address of a task.
type externalQuestion struct {
	XMLName xml.Name `xml:"http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd ExternalQuestion"`
	URL     string   `xml:"ExternalURL"`
	Height  int      `xml:"FrameHeight"`
}

// Question returns the ExternalQuestion of a study. A height of 0 lets the frame fill the window.
func Question(address string) string {
	b, err := xml.MarshalIndent(externalQuestion{URL: address}, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// HIT is what CreateHIT of MTurk takes.
type HIT struct {
	Title       string `json:"Title"`
	Description string `json:"Description"`
	Keywords    string `json:"Keywords,omitempty"`
	Reward      string `json:"Reward"`
	Assignments int    `json:"MaxAssignments"`
	Duration    int64  `json:"AssignmentDurationInSeconds"`
	Lifetime    int64  `json:"LifetimeInSeconds"`
	Approval    int64  `json:"AutoApprovalDelayInSeconds"`
	Question    string `json:"Question"`
}

// NewHIT returns a HIT for MTurk: address is that of the study, k the number of workers, and duration how long somebody
// has after accepting it.
func (m *MTurk) NewHIT(title, address string, k int, duration time.Duration) HIT {
	day := int64(24 * 60 * 60)
	description := m.Description
	if description == "" {
		description = title
	}
	return HIT{Title: title, Description: description, Keywords: m.Keywords, Reward: m.Reward, Assignments: k,
		Duration: int64(duration.Seconds()), Lifetime: int64(m.Days) * day, Approval: int64(m.ApproveDays) * day, Question: Question(address)}
}

// JSON returns the HIT in the form of aws mturk create-hit --cli-input-json.
func (h HIT) JSON() string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(h); err != nil {
		panic(err)
	}
	return b.String()
}

// Command returns a command of Amazon's program for MTurk, with the address of the sandbox if that is used.
func (m *MTurk) Command(operation string, args ...string) string {
	parts := []string{"aws mturk", operation}
	for _, a := range args {
		parts = append(parts, quote(a))
	}
	parts = append(parts, "--region us-east-1")
	if m.Sandbox {
		parts = append(parts, "--endpoint-url https://mturk-requester-sandbox.us-east-1.amazonaws.com")
	}
	return strings.Join(parts, " ")
}

// quote quotes an argument for a shell, if it needs that.
func quote(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Fee describes what MTurk takes for HITs with k assignments.
func Fee(k int) string {
	if k >= 10 {
		return "MTurk takes 40 % of the reward for HITs with 10 or more assignments"
	}
	return "MTurk takes 20 % of the reward, at least $0.01, and more for HITs with 10 or more assignments"
}
