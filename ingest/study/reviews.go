package study

import (
	"encoding/json"
	"fmt"
	"strings"

	"abtool/collect/storage"
	"abtool/schema"
)

// reviews returns the decisions about assignments.
func (s *Study) reviews(v *storage.View) (rows []schema.Review, err error) {
	all, err := v.Reviews()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	assignments, err := v.Assignments()
	if err != nil {
		return nil, err
	}
	of := map[string]*storage.Assignment{}
	for i := range assignments {
		of[assignments[i].ID] = &assignments[i]
	}
	for i, r := range all {
		a := of[r.Assignment]
		row := schema.Review{Source: s.name, AssignmentID: a.ID, HITID: a.HIT, WorkerID: a.Worker, Number: int32(r.Number), At: r.At,
			Counts:   i == len(all)-1 || all[i+1].Assignment != r.Assignment,
			Decision: r.Decision, Reason: r.Reason, Grounds: strings.Fields(r.Grounds), Proposal: r.Proposal}
		var said struct {
			Rules   []struct{ Name, Value string }
			Signals []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(r.Rules), &said); err != nil {
			return nil, fmt.Errorf("the rules of the decision about assignment %s: %w", a.ID, err)
		}
		to := map[string]**string{"recall": &row.Recall, "amount": &row.Amount, "place": &row.Place, "pages": &row.Pages}
		for _, rule := range said.Rules {
			if p := to[rule.Name]; p != nil {
				*p = ptr(rule.Value)
			}
		}
		for _, signal := range said.Signals {
			row.Signals = append(row.Signals, signal.Name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
