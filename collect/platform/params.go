package platform

import (
	"encoding/json"
	"fmt"
)

// Params are the parameters of an address.
type Params map[string]string

// OfAssignment returns the parameters of an assignment of MTurk.
func OfAssignment(id string) Params { return Params{mturkAssignment: id} }

// Ticket returns the platform's id of what it pays for, of parameters that were kept: MTurk's assignment, Prolific's
// submission, SONA's code.
func (q Params) Ticket() string {
	for _, name := range []string{mturkAssignment, prolificTicket, sonaCode} {
		if q[name] != "" {
			return q[name]
		}
	}
	return ""
}

// Study returns the platform's id of the study on Prolific, or of the HIT on MTurk, of parameters that were kept.
func (q Params) Study() string {
	for _, name := range []string{mturkHIT, prolificStudy} {
		if q[name] != "" {
			return q[name]
		}
	}
	return ""
}

// String returns the parameters as JSON.
func (q Params) String() string {
	b, err := json.Marshal(map[string]string(q))
	if err != nil {
		panic(fmt.Sprintf("platform: %v", err))
	}
	return string(b)
}

// ParseParams reads parameters that String wrote. What cannot be read has none.
func ParseParams(text string) (q Params) {
	if json.Unmarshal([]byte(text), &q) != nil || q == nil {
		return Params{}
	}
	return q
}
