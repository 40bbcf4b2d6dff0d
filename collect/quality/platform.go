package quality

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/storage"
)

// What platforms want of a rejection.
const (
	prolificMessage = 100  // characters, at least
	prolificDays    = 21   // after which Prolific has approved a submission by itself
	longStudy       = 5    // minutes; from then on one failed check is not enough
	mturkMessage    = 1024 // characters, at most
)

// A Claim is a finished assignment as its platform knows it: who did it, and what is decided.
type Claim struct {
	Assignment string // "" of somebody who was erased
	Worker     string // pseudonym
	Person     string // the platform's id of the annotator
	Params     platform.Params
	Code       string // completion code
	Submitted  int64  // ms
	Decision   string // Accept, Reject or ""
	Reason     string
	Assessed   *Assessment // nil of somebody who was erased
}

// Erased returns the claim of a payment that was kept. What is not decided is accepted: there is nothing any more by
// which it could be judged.
func Erased(p storage.Payment) Claim {
	c := Claim{Person: p.ID, Params: platform.ParseParams(p.Params), Code: p.Code, Submitted: p.Submitted, Decision: p.Decision, Reason: p.Reason}
	if c.Decision == "" {
		c.Decision = Accept
	}
	return c
}

// name names the assignment in messages.
func (c *Claim) name() string {
	if c.Assignment == "" {
		return "assignment with the code " + c.Code
	}
	return "assignment " + c.Assignment
}

// late returns an error for a rejection of work that the platform has approved by itself.
func (c *Claim) late(title string, days int, now int64) error {
	if c.Decision == Reject && days > 0 && now-c.Submitted > int64(days)*24*time.Hour.Milliseconds() {
		return fmt.Errorf("%s was submitted more than %d days ago, after which %s approves by itself: it cannot be rejected any more", c.name(), days, title)
	}
	return nil
}

// CheckProlific returns an error for a rejection that breaks the rules of Prolific. finished says whether all
// assignments of the study are done.
func CheckProlific(s *collect.Settings, a *Assessment, finished bool) error {
	d := a.Decision
	if n := utf8.RuneCountInString(d.Reason); n < prolificMessage {
		return fmt.Errorf("the reason has %d characters; Prolific wants a message of at least %d", n, prolificMessage)
	}
	grounds := strings.Fields(d.Grounds)
	if slices.Contains(grounds, "fast") {
		switch {
		case !finished:
			return errors.New("it is rejected for its speed, which Prolific accepts only as an outlier of the whole study, and the study is not finished")
		case !slices.Contains(a.SignalNames(), "fast"):
			return errors.New("it is rejected for its speed, which Prolific accepts only more than three standard deviations below the mean; it is not any more")
		}
		return nil
	}
	checks, needed := 0, 1
	if s.Study.Minutes >= longStudy {
		needed = 2
	}
	for _, g := range grounds {
		switch g {
		case "recall", "amount", "place":
			checks++
		case "gold":
			checks += a.Wrong
		}
	}
	if checks < needed {
		return fmt.Errorf("its grounds (%s) have %d failed checks; for a study of %v minutes Prolific wants %d. Signals other than gold are no checks",
			d.Grounds, checks, s.Study.Minutes, needed)
	}
	return nil
}

// WriteProlific writes decisions as CSV: the submissions, and the message for those that are rejected. All claims are
// decided.
func WriteProlific(w io.Writer, s *collect.Settings, all []Claim, finished bool, now int64) error {
	var errs []error
	of := map[string]*Claim{}
	var order []*Claim
	for i := range all {
		c := &all[i]
		if c.Decision == Reject && c.Assessed != nil {
			if err := CheckProlific(s, c.Assessed, finished); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", c.name(), err))
			}
		}
		if err := c.late("Prolific", prolificDays, now); err != nil {
			errs = append(errs, err)
		}
		submission := c.Person + " " + c.Params.Ticket()
		if before := of[submission]; before == nil {
			order = append(order, c)
		} else if before.Decision != c.Decision {
			errs = append(errs, fmt.Errorf("%s and %s are of one submission: decide both alike", before.name(), c.name()))
		}
		of[submission] = c
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	t := csv.NewWriter(w)
	t.Write([]string{"participant_id", "submission_id", "study_id", "action", "rejection_category", "message"})
	for _, c := range order {
		row := []string{c.Person, c.Params.Ticket(), c.Params.Study(), "APPROVE", "", ""}
		if c.Decision == Reject {
			row[3], row[4], row[5] = "REJECT", "FAILED_CHECK", c.Reason
			if c.Assessed != nil && slices.Contains(strings.Fields(c.Assessed.Decision.Grounds), "fast") {
				row[4] = "TOO_QUICKLY"
			}
		}
		t.Write(row)
	}
	t.Flush()
	return t.Error()
}

// ProlificIDs writes the ids of the submissions that are approved, one a line, as Prolific takes them to approve many at
// once.
func ProlificIDs(w io.Writer, all []Claim) error {
	seen := map[string]bool{}
	for i := range all {
		c := &all[i]
		id := c.Params.Ticket()
		if c.Decision != Accept || id == "" || seen[id] {
			continue
		}
		seen[id] = true
		if _, err := fmt.Fprintln(w, id); err != nil {
			return err
		}
	}
	return nil
}

// mturkChecks returns an error for rejections that MTurk does not take.
func mturkChecks(m *platform.MTurk, all []Claim, now int64) error {
	var errs []error
	for i := range all {
		c := &all[i]
		if c.Decision == Reject && utf8.RuneCountInString(c.Reason) > mturkMessage {
			errs = append(errs, fmt.Errorf("%s: the reason is longer than the %d characters that MTurk takes", c.name(), mturkMessage))
		}
		if m != nil {
			if err := c.late("MTurk", m.ApproveDays, now); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// WriteMTurk writes decisions as commands of Amazon's program, for HITs that were made with it: a line for each
// assignment. It returns how many have no assignment of MTurk.
func WriteMTurk(w io.Writer, m *platform.MTurk, all []Claim, now int64) (without int, err error) {
	if err := mturkChecks(m, all, now); err != nil {
		return 0, err
	}
	fmt.Fprintln(w, "#!/bin/sh")
	for i := range all {
		c := &all[i]
		id := c.Params.Ticket()
		switch {
		case id == "":
			without++
			continue
		case c.Decision == Accept:
			_, err = fmt.Fprintln(w, m.Command("approve-assignment", "--assignment-id", id))
		default:
			_, err = fmt.Fprintln(w, m.Command("reject-assignment", "--assignment-id", id, "--requester-feedback", strings.Join(strings.Fields(c.Reason), " ")))
		}
		if err != nil {
			return without, err
		}
	}
	return without, nil
}

// FillMTurk copies the CSV of a batch's results, as MTurk gives it out, and fills in its columns Approve and Reject. A
// row is of the assignment whose completion code is one of its cells, else of MTurk's assignment of its AssignmentId,
// else of the only one of its WorkerId. Codes are passed on: an assignment has one row, and MTurk's id of it, where that
// is known, is the row's AssignmentId. It returns how many rows were filled in, and how many have no decision.
func FillMTurk(w io.Writer, batch io.Reader, m *platform.MTurk, all []Claim, now int64) (filled, left int, err error) {
	if err := mturkChecks(m, all, now); err != nil {
		return 0, 0, err
	}
	byCode, byTicket, byWorker := map[string]*Claim{}, map[string]*Claim{}, map[string][]*Claim{}
	for i := range all {
		c := &all[i]
		byCode[collect.PlainCode(c.Code)] = c
		byTicket[c.Params.Ticket()] = c
		byWorker[c.Person] = append(byWorker[c.Person], c)
	}
	delete(byTicket, "")
	delete(byWorker, "")
	r := csv.NewReader(batch)
	header, err := r.Read()
	if err != nil {
		return 0, 0, fmt.Errorf("the results of the batch: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, name := range []string{"AssignmentId", "WorkerId"} {
		if _, ok := at[name]; !ok {
			return 0, 0, fmt.Errorf("the results of the batch have no column %s: give the CSV file that MTurk's page for results downloads", name)
		}
	}
	rows, err := r.ReadAll()
	if err != nil {
		return 0, 0, fmt.Errorf("the results of the batch: %w", err)
	}
	of, used := make([]*Claim, len(rows)), map[*Claim]bool{}
	give := func(i int, c *Claim) {
		if of[i] != nil || c == nil || used[c] {
			return
		}
		if ticket := c.Params.Ticket(); ticket == "" || ticket == rows[i][at["AssignmentId"]] {
			of[i], used[c] = c, true
		}
	}
	for i, row := range rows {
		for _, cell := range row {
			give(i, byCode[collect.PlainCode(cell)])
		}
	}
	for i, row := range rows {
		give(i, byTicket[row[at["AssignmentId"]]])
	}
	for i, row := range rows {
		if all := byWorker[row[at["WorkerId"]]]; len(all) == 1 {
			give(i, all[0])
		}
	}
	for _, name := range []string{"Approve", "Reject"} {
		if _, ok := at[name]; !ok {
			at[name] = len(header)
			header = append(header, name)
		}
	}
	t := csv.NewWriter(w)
	t.Write(header)
	for i, row := range rows {
		for len(row) < len(header) {
			row = append(row, "")
		}
		switch c := of[i]; {
		case c == nil:
			left++
		case c.Decision == Accept:
			row[at["Approve"]], row[at["Reject"]] = "X", ""
			filled++
		default:
			row[at["Approve"]], row[at["Reject"]] = "", c.Reason
			filled++
		}
		t.Write(row)
	}
	t.Flush()
	return filled, left, t.Error()
}
