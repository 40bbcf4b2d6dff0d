package quality

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"abtool/collect/platform"
)

// A Bonus is what an annotator gets in addition.
type Bonus struct {
	Claim  *Claim
	Amount string // such as 1.50
	Reason string
}

var amountPattern = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,2})?$`)

// ReadBonuses reads bonuses from CSV with the columns assignment and bonus, and perhaps reason. Rows without a bonus are
// left out.
func ReadBonuses(from io.Reader, all []Claim) (list []Bonus, err error) {
	of := map[string]*Claim{}
	for i := range all {
		of[all[i].Assignment] = &all[i]
	}
	delete(of, "")
	r := csv.NewReader(from)
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: it has the columns assignment, bonus and reason")
	}
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range []string{"assignment", "bonus"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the file has no column %s: its first line names the columns assignment, bonus and reason", name)
		}
	}
	seen := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		id, amount := strings.TrimSpace(row[at["assignment"]]), strings.TrimSpace(row[at["bonus"]])
		b := Bonus{Claim: of[id], Amount: amount}
		if i, ok := at["reason"]; ok {
			b.Reason = strings.Join(strings.Fields(row[i]), " ")
		}
		switch before := seen[id]; {
		case amount == "":
			continue
		case b.Claim == nil:
			return nil, fmt.Errorf("line %d: no annotator of this platform has finished an assignment %s", line, id)
		case !amountPattern.MatchString(amount) || strings.Trim(amount, "0.") == "":
			return nil, fmt.Errorf("line %d: the bonus %q: it is an amount such as 1.50", line, amount)
		case before > 0:
			return nil, fmt.Errorf("line %d: assignment %s is in line %d too", line, id, before)
		}
		seen[id] = line
		list = append(list, b)
	}
}

// WriteProlificBonuses writes bonuses in the form in which Prolific takes many: a submission and an amount in each line.
func WriteProlificBonuses(w io.Writer, list []Bonus) error {
	for _, b := range list {
		id := b.Claim.Params.Ticket()
		if id == "" {
			id = b.Claim.Person
		}
		if _, err := fmt.Fprintf(w, "%s,%s\n", id, b.Amount); err != nil {
			return err
		}
	}
	return nil
}

// WriteMTurkBonuses writes bonuses as commands of Amazon's program. A token lets MTurk pay each of them once, even if the
// file is executed again.
func WriteMTurkBonuses(w io.Writer, m *platform.MTurk, list []Bonus) error {
	for _, b := range list {
		if b.Reason == "" {
			return fmt.Errorf("%s has a bonus without a reason, which MTurk sends to the worker", b.Claim.name())
		}
		if b.Claim.Params.Ticket() == "" {
			return fmt.Errorf("%s: MTurk's id of the assignment is not known any more", b.Claim.name())
		}
	}
	fmt.Fprintln(w, "#!/bin/sh")
	for _, b := range list {
		token := "bonus-" + b.Claim.Assignment
		if _, err := fmt.Fprintln(w, m.Command("send-bonus", "--worker-id", b.Claim.Person, "--assignment-id", b.Claim.Params.Ticket(),
			"--bonus-amount", b.Amount, "--reason", b.Reason, "--unique-request-token", token)); err != nil {
			return err
		}
	}
	return nil
}
