package quality

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"abtool/collect/storage"
)

// Other is a ground that is neither a rule nor a signal.
const Other = "other"

// WriteProposals writes assessments as CSV. The columns decision, grounds and reason are those that ReadDecisions
// reads; they are filled in where somebody has decided.
func WriteProposals(w io.Writer, task string, all []*Assessment) error {
	c := csv.NewWriter(w)
	header := []string{"assignment", "worker", "hit", "state", "submitted_pages", "minutes"}
	var names []string
	for _, r := range RulesOf(task) {
		names = append(names, r.Name)
	}
	c.Write(slices.Concat(header, names, []string{"signals", "proposal", "why", "decision", "grounds", "reason"}))
	for _, a := range all {
		row := []string{a.ID, a.Worker, a.HIT, a.State, fmt.Sprintf("%d of %d", a.Pages, a.Of), ""}
		if ms, ok := Duration(&a.Assignment); ok {
			row[5] = strconv.FormatFloat(float64(ms)/60_000, 'f', 2, 64)
		}
		for _, name := range names {
			row = append(row, a.Rule(name).String())
		}
		row = append(row, strings.Join(a.SignalNames(), " "), a.Proposal, a.Why())
		if r := a.Decision; r != nil {
			row = append(row, r.Decision, r.Grounds, r.Reason)
		} else {
			row = append(row, "", "", "")
		}
		c.Write(row)
	}
	c.Flush()
	return c.Error()
}

// String returns the value of a rule; a rule that is open and can no longer hold is lost.
func (r Rule) String() string {
	if r.Lost {
		return "lost"
	}
	return string(r.Value)
}

// A Decision is what a person decides about an assignment.
type Decision struct {
	Assignment string
	Decision   string   // accept, reject
	Grounds    []string // names of rules and signals
	Reason     string
	Line       int // of the file
}

// ReadDecisions reads decisions from CSV with the columns assignment, decision and reason, and perhaps grounds.
// Rows without a decision are left out. Other columns mean nothing.
func ReadDecisions(from io.Reader) ([]Decision, error) {
	r := csv.NewReader(from)
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; abtool collect review DIR --out FILE writes one to fill in")
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range []string{"assignment", "decision", "reason"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the file has no column %s: its first line names the columns assignment, decision, grounds and reason", name)
		}
	}
	var all []Decision
	seen := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		d := Decision{cell("assignment"), strings.ToLower(cell("decision")), strings.Fields(cell("grounds")), cell("reason"), line}
		if d.Decision == "" {
			continue
		}
		if before, ok := seen[d.Assignment]; ok {
			return nil, fmt.Errorf("line %d: assignment %s is in line %d too", line, d.Assignment, before)
		}
		seen[d.Assignment] = line
		all = append(all, d)
	}
}

// Decide returns a decision as it is stored. A rejection without grounds rests on the rules that fail.
func (a *Assessment) Decide(d Decision, via string, now int64) (storage.Review, error) {
	r := storage.Review{Assignment: a.ID, At: now, Via: via, Decision: d.Decision, Reason: d.Reason, Proposal: a.Proposal}
	if d.Decision != Accept && d.Decision != Reject {
		return r, fmt.Errorf("the decision %q: it is accept or reject", d.Decision)
	}
	if a.State != storage.Submitted {
		return r, fmt.Errorf("assignment %s is %s: only submitted ones are decided", a.ID, a.State)
	}
	if d.Decision == Reject {
		have := append(a.Failing(), a.SignalNames()...)
		if len(d.Grounds) == 0 {
			d.Grounds = a.Failing()
		}
		switch {
		case d.Reason == "":
			return r, fmt.Errorf("assignment %s is rejected without a reason: the annotator has a right to one", a.ID)
		case len(d.Grounds) == 0:
			return r, fmt.Errorf("assignment %s is rejected, but no rule fails: name the grounds, which are signals (%s) or %s", a.ID,
				strings.Join(SomethingOrNone(a.SignalNames()), ", "), Other)
		}
		for _, g := range d.Grounds {
			if g != Other && !slices.Contains(have, g) {
				return r, fmt.Errorf("the ground %q: assignment %s has %s, and there is %s", g, a.ID, strings.Join(SomethingOrNone(have), ", "), Other)
			}
		}
		r.Grounds = strings.Join(d.Grounds, " ")
	}
	said, err := json.Marshal(struct {
		Rules   []Rule   `json:"rules"`
		Signals []Signal `json:"signals"`
	}{a.Rules, a.Signals})
	r.Rules = string(said)
	return r, err
}

// SomethingOrNone returns a list, or the word none.
func SomethingOrNone(list []string) []string {
	if len(list) == 0 {
		return []string{"none"}
	}
	return list
}

// A Count counts assessments.
type Count struct {
	Submitted, Live   int
	Proposed, Decided map[string]int
	Rules             map[string]map[string]int // name, value
	Signals           map[string]int
}

// CountOf counts assessments.
func CountOf(all []*Assessment) Count {
	c := Count{Proposed: map[string]int{}, Decided: map[string]int{}, Rules: map[string]map[string]int{}, Signals: map[string]int{}}
	for _, a := range all {
		switch a.State {
		case storage.Submitted:
			c.Submitted++
			c.Proposed[a.Proposal]++
		case storage.Offered, storage.Working:
			c.Live++
		default:
			continue
		}
		if a.Decision != nil {
			c.Decided[a.Decision.Decision]++
		}
		for _, r := range a.Rules {
			if c.Rules[r.Name] == nil {
				c.Rules[r.Name] = map[string]int{}
			}
			c.Rules[r.Name][r.String()]++
		}
		for _, s := range a.Signals {
			c.Signals[s.Name]++
		}
	}
	return c
}

// RulesOf returns the rules of a task.
func RulesOf(task string) (all []RuleText) {
	for _, r := range RuleTexts {
		if r.Task == "" || r.Task == task {
			all = append(all, r)
		}
	}
	return all
}
