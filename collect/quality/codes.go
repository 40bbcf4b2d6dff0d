package quality

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"abtool/collect"
)

// Verdicts about codes that people gave a platform.
const (
	CodeRight   = "right"
	CodeErased  = "right, and erased" // finished, and deleted since
	CodeOther   = "of somebody else"  // another person's, by the platform's ids
	CodeTwice   = "used before"       // in an earlier row, by the same person if that is known
	CodeUnknown = "unknown"           // well formed, and of no finished assignment
	CodeTypo    = "mistyped"
	CodeMissing = "missing"
)

// Verdicts are all verdicts, the best first.
var Verdicts = []string{CodeRight, CodeErased, CodeOther, CodeTwice, CodeUnknown, CodeTypo, CodeMissing}

// personColumns are the names of columns with the platform's id of a person, in small letters.
var personColumns = []string{"workerid", "participant_id", "participant id", "prolific_pid", "participant", "survey_code"}

// CheckCodes copies a CSV file of codes and adds the columns verdict, assignment and decision. The codes are in the
// column whose name has the word code, and a column such as WorkerId or participant_id says whose they are. A file
// without a header has a code in each line. It returns how many rows have each verdict.
func CheckCodes(w io.Writer, from io.Reader, all []Claim) (map[string]int, error) {
	of := map[string]*Claim{}
	for i := range all {
		of[collect.PlainCode(all[i].Code)] = &all[i]
	}
	r := csv.NewReader(from)
	r.FieldsPerRecord = -1
	first, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: it has a column of codes")
	}
	if err != nil {
		return nil, err
	}
	first[0] = strings.TrimPrefix(first[0], "\ufeff")
	code, person := -1, -1
	for i, name := range first {
		name = strings.ToLower(strings.TrimSpace(name))
		if codeName.MatchString(name) && name != "survey_code" {
			code = i
		}
		if slices.Contains(personColumns, name) {
			person = i
		}
	}
	t := csv.NewWriter(w)
	rows := [][]string{}
	if code < 0 {
		if len(first) > 1 {
			return nil, fmt.Errorf("no column is named code: the columns are %s", strings.Join(first, ", "))
		}
		code, rows = 0, append(rows, first)
		first = []string{"code"}
	}
	t.Write(append(first, "verdict", "assignment", "decision"))
	counts, seen := map[string]int{}, map[string]bool{}
	for {
		var row []string
		if len(rows) > 0 {
			row, rows = rows[0], nil
		} else if row, err = r.Read(); errors.Is(err, io.EOF) {
			t.Flush()
			return counts, t.Error()
		} else if err != nil {
			return nil, err
		}
		for len(row) < len(first) {
			row = append(row, "")
		}
		given := collect.PlainCode(row[code])
		c := of[given]
		verdict, assignment, decision := CodeRight, "", ""
		switch {
		case given == "":
			verdict = CodeMissing
		case !collect.CodeIsWellFormed(given):
			verdict = CodeTypo
		case c == nil:
			verdict = CodeUnknown
		case person >= 0 && c.Person != "" && strings.TrimSpace(row[person]) != c.Person:
			verdict = CodeOther
		case seen[given]:
			verdict = CodeTwice
		case c.Assignment == "":
			verdict = CodeErased
		}
		if c != nil {
			assignment, decision = c.Assignment, c.Decision
			seen[given] = seen[given] || verdict == CodeRight || verdict == CodeErased
		}
		counts[verdict]++
		t.Write(append(row[:len(first):len(first)], verdict, assignment, decision))
	}
}

var codeName = regexp.MustCompile(`(^|[^a-z])code([^a-z]|$)`)
