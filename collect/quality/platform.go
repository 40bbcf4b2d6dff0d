package quality

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"abtool/collect"
)

// What platforms want of a rejection.
const (
	prolificMessage = 100  // characters, at least
	longStudy       = 5    // minutes; from then on one failed check is not enough
	mturkMessage    = 1024 // characters, at most
)

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

// WriteProlific writes decisions as CSV: the participants, and the message for those that are rejected. All
// assignments are decided, and participant gives the id of their worker.
func WriteProlific(w io.Writer, s *collect.Settings, all []*Assessment, participant func(worker string) string, finished bool) error {
	var errs []error
	of := map[string]*Assessment{}
	var order []string
	for _, a := range all {
		if a.Decision.Decision == Reject {
			if err := CheckProlific(s, a, finished); err != nil {
				errs = append(errs, fmt.Errorf("assignment %s: %w", a.ID, err))
			}
		}
		id := participant(a.Worker)
		if before := of[id]; before == nil {
			order = append(order, id)
		} else if before.Decision.Decision != a.Decision.Decision {
			errs = append(errs, fmt.Errorf("assignments %s and %s are of one participant, who has one submission: decide both alike", before.ID, a.ID))
		}
		of[id] = a
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	c := csv.NewWriter(w)
	c.Write([]string{"participant_id", "action", "rejection_category", "message"})
	for _, id := range order {
		a := of[id]
		if a.Decision.Decision == Accept {
			c.Write([]string{id, "APPROVE", "", ""})
			continue
		}
		category := "FAILED_CHECK"
		if slices.Contains(strings.Fields(a.Decision.Grounds), "fast") {
			category = "TOO_QUICKLY"
		}
		c.Write([]string{id, "REJECT", category, a.Decision.Reason})
	}
	c.Flush()
	return c.Error()
}

// FillMTurk copies the CSV of a batch's results, as MTurk gives it out, and fills in its columns Approve and Reject. A
// row is of the assignment whose completion code is one of its cells, else of the only assignment of its WorkerId.
// It returns how many rows were filled in, and how many have no decision.
func FillMTurk(w io.Writer, batch io.Reader, all []*Assessment, code func(*Assessment) string, worker func(id string) string) (filled, left int, err error) {
	byCode, byWorker := map[string]*Assessment{}, map[string][]*Assessment{}
	for _, a := range all {
		if a.Decision.Decision == Reject && utf8.RuneCountInString(a.Decision.Reason) > mturkMessage {
			return 0, 0, fmt.Errorf("assignment %s: the reason is longer than the %d characters that MTurk takes", a.ID, mturkMessage)
		}
		byCode[collect.PlainCode(code(a))] = a
		byWorker[a.Worker] = append(byWorker[a.Worker], a)
	}
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
	for _, name := range []string{"Approve", "Reject"} {
		if _, ok := at[name]; !ok {
			at[name] = len(header)
			header = append(header, name)
		}
	}
	c := csv.NewWriter(w)
	c.Write(header)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			c.Flush()
			return filled, left, c.Error()
		}
		if err != nil {
			return filled, left, fmt.Errorf("the results of the batch: %w", err)
		}
		var a *Assessment
		for _, cell := range row {
			if found := byCode[collect.PlainCode(cell)]; found != nil {
				a = found
			}
		}
		if of := byWorker[worker(row[at["WorkerId"]])]; a == nil && len(of) == 1 {
			a = of[0]
		}
		for len(row) < len(header) {
			row = append(row, "")
		}
		switch {
		case a == nil:
			left++
		case a.Decision.Decision == Accept:
			row[at["Approve"]], row[at["Reject"]] = "X", ""
			filled++
		default:
			row[at["Approve"]], row[at["Reject"]] = "", a.Decision.Reason
			filled++
		}
		c.Write(row)
	}
}
