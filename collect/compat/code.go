package compat

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"abtool/collect/storage"
)

// COCOCode returns the code that COCO-AB's front end shows at the end: a hash of what the address says, which the
// worker knows as well. It proves nothing. ImageNet-AB's front end shows FFFFFF to everybody: its authors masked how
// theirs was made.
func COCOCode(hit, worker, assignment string) string {
	hash := int32(0)
	for _, unit := range utf16.Encode([]rune(hit + "-" + worker + "-" + assignment)) {
		hash = hash<<5 - hash + int32(unit)
	}
	text := strconv.FormatInt(int64(hash)+0xffffff, 16)
	return strings.ToUpper(text[max(len(text)-6, 0):])
}

// CheckCodes counts the rows of the results of MTurk's batch that have the code of COCO-AB's front end for their
// HIT, worker and assignment in one of their cells, and those that do not.
func CheckCodes(batch io.Reader) (right, wrong int, err error) {
	r := csv.NewReader(batch)
	header, err := r.Read()
	if err != nil {
		return 0, 0, err
	}
	var at [3]int
	for i, name := range []string{"HITId", "WorkerId", "AssignmentId"} {
		at[i] = slices.IndexFunc(header, func(h string) bool { return strings.TrimPrefix(h, "\ufeff") == name })
		if at[i] < 0 {
			return 0, 0, fmt.Errorf("the results of the batch have no column %s", name)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return right, wrong, nil
		}
		if err != nil {
			return right, wrong, err
		}
		code := COCOCode(row[at[0]], row[at[1]], row[at[2]])
		if slices.ContainsFunc(row, func(cell string) bool { return strings.EqualFold(strings.TrimSpace(cell), code) }) {
			right++
		} else {
			wrong++
		}
	}
}

// AssignmentID returns the platform's id of the assignment that an annotation was begun for, as its header says, or "".
func AssignmentID(a *storage.CompatAnnotation) string {
	var header struct {
		AssignmentID string `json:"assignmentID"`
	}
	if json.Unmarshal([]byte(a.Header), &header) != nil {
		return ""
	}
	return header.AssignmentID
}
