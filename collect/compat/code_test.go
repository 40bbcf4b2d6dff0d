package compat

import (
	"strings"
	"testing"

	"abtool/collect/storage"
)

// The codes are what COCO-AB's front end computes, in JavaScript.
func TestCOCOCode(t *testing.T) {
	for ids, want := range map[[3]string]string{
		{"3HIT000000000000000000000WA", "WA", "3ASSIGN0000000000000000000WA"}: "7FB647",
		{"H", "WA", "AWA"}:                "EC126C", // as the front end showed it in a browser
		{"3HITWA", "WA", "3ASSIGNWA"}:     "C535AB",
		{"", "", ""}:                      "00059F",
		{"undefined", "W", "undefined"}:   "02FE5C",
		{"é", "𝒳", "Ω"}:                   "67F0E3",
		{"H", "A1B2C3D4E5F6G7", "ASSIGN"}: "DFD97A",
		{"x", "worker", "y"}:              "700462",
	} {
		if got := COCOCode(ids[0], ids[1], ids[2]); got != want {
			t.Errorf("%q: %s, want %s", ids, got, want)
		}
	}
}

func TestCheckCodes(t *testing.T) {
	right, wrong, err := CheckCodes(strings.NewReader("\ufeffHITId,AssignmentId,WorkerId,Answer.code\n3HITWA,3ASSIGNWA,WA, c535ab\n3HITWA,3ASSIGNWA,WA,FFFFFF\n3HITWA,3ASSIGNWB,WA,C535AB\n"))
	if right != 1 || wrong != 2 || err != nil {
		t.Errorf("%d right, %d wrong, %v", right, wrong, err)
	}
	if _, _, err := CheckCodes(strings.NewReader("HITId,WorkerId\n")); err == nil || !strings.Contains(err.Error(), "no column AssignmentId") {
		t.Error(err)
	}
	for header, want := range map[string]string{`{"assignmentID":"A"}`: "A", "{}": "", "": ""} {
		if got := AssignmentID(&storage.CompatAnnotation{Header: header}); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
}
