package quality

import (
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/storage"
)

func decided(id, worker, decision, grounds, reason string, signals ...string) *Assessment {
	a := &Assessment{Assignment: storage.Assignment{ID: id, Worker: worker, State: storage.Submitted},
		Decision: &storage.Review{Decision: decision, Grounds: grounds, Reason: reason}}
	for _, s := range signals {
		a.Signals = append(a.Signals, Signal{Name: s})
	}
	return a
}

// Prolific's rules: 100 characters, speed only as an outlier of the whole study, two failed checks from 5 minutes on.
func TestProlific(t *testing.T) {
	long := strings.Repeat("é", 100)
	gold := decided("a", "w", Reject, "gold", long, "gold")
	gold.Wrong = 2
	once := decided("a", "w", Reject, "gold", long, "gold")
	once.Wrong = 1
	for _, c := range []struct {
		name     string
		a        *Assessment
		minutes  float64
		finished bool
		want     string // part of the error; "": none
	}{
		{"99 characters", decided("a", "w", Reject, "recall amount", long[2:]), 20, true, "99 characters; Prolific wants a message of at least 100"},
		{"two rules", decided("a", "w", Reject, "recall amount", long), 20, true, ""},
		{"one rule", decided("a", "w", Reject, "recall", long), 5, true, "1 failed checks; for a study of 5 minutes Prolific wants 2"},
		{"one rule, short study", decided("a", "w", Reject, "recall", long), 4.9, true, ""},
		{"two checks", gold, 20, true, ""},
		{"one check", once, 20, true, "1 failed checks"},
		{"one check, short study", once, 4, true, ""},
		{"signals alone", decided("a", "w", Reject, "straight even", long, "straight", "even"), 4, true, "Signals other than gold are no checks"},
		{"something else", decided("a", "w", Reject, "other", long), 4, true, "0 failed checks"},
		{"fast", decided("a", "w", Reject, "fast", long, "fast"), 20, true, ""},
		{"fast, not finished", decided("a", "w", Reject, "fast", long, "fast"), 20, false, "the study is not finished"},
		{"no longer fast", decided("a", "w", Reject, "fast recall amount", long), 20, true, "it is not any more"},
	} {
		s := collect.Defaults(collect.Browse)
		s.Study.Minutes = c.minutes
		err := CheckProlific(&s, c.a, c.finished)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestWriteProlific(t *testing.T) {
	long := strings.Repeat("x", 100)
	s := collect.Defaults(collect.Browse)
	name := func(worker string) string { return "pid-" + worker }
	var b strings.Builder
	list := []*Assessment{decided("a1", "ann", Accept, "", ""), decided("b1", "bob", Reject, "recall amount", long),
		decided("a2", "ann", Accept, "", ""), decided("c1", "eve", Reject, "fast", long, "fast")}
	if err := WriteProlific(&b, &s, list, name, true); err != nil {
		t.Fatal(err)
	}
	want := "participant_id,action,rejection_category,message\npid-ann,APPROVE,,\npid-bob,REJECT,FAILED_CHECK," + long + "\npid-eve,REJECT,TOO_QUICKLY," + long + "\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	list[2] = decided("a2", "ann", Reject, "recall amount", "short")
	err := WriteProlific(&b, &s, list, name, true)
	if err == nil || !strings.Contains(err.Error(), "assignment a2: the reason has 5 characters") ||
		!strings.Contains(err.Error(), "assignments a1 and a2 are of one participant") || b.Len() > 0 {
		t.Errorf("%v %q", err, b.String())
	}
}

// Rows are found by their code however it was copied, else by the only assignment of their worker.
func TestFillMTurk(t *testing.T) {
	list := []*Assessment{decided("a", "ann", Accept, "", ""), decided("b", "bob", Reject, "recall", "too little"),
		decided("c", "eve", Accept, "", ""), decided("d", "eve", Reject, "other", "no")}
	code := func(a *Assessment) string { return "1N5RB-HZP8" + strings.ToUpper(a.ID) + "-0" }
	worker := func(id string) string { return strings.TrimPrefix(id, "W-") }
	batch := "\ufeffHITId,AssignmentId,WorkerId,Answer.code,Approve,Reject\n" +
		"h,1,W-ann,,,\n" + "h,2,W-stranger,in5rb hzp8b o,,old\n" + "h,3,W-eve,,,\n" + "h,4,W-eve,1N5RBHZP8D0,,\n"
	var b strings.Builder
	filled, left, err := FillMTurk(&b, strings.NewReader(batch), list, code, worker)
	want := "\ufeffHITId,AssignmentId,WorkerId,Answer.code,Approve,Reject\n" +
		"h,1,W-ann,,X,\n" + "h,2,W-stranger,in5rb hzp8b o,,too little\n" + "h,3,W-eve,,,\n" + "h,4,W-eve,1N5RBHZP8D0,,no\n"
	if err != nil || filled != 3 || left != 1 || b.String() != want {
		t.Errorf("%d %d %v\n%s", filled, left, err, b.String())
	}
	b.Reset()
	if _, _, err := FillMTurk(&b, strings.NewReader("AssignmentId,WorkerId\n1,W-ann\n"), list, code, worker); err != nil ||
		b.String() != "AssignmentId,WorkerId,Approve,Reject\n1,W-ann,X,\n" {
		t.Errorf("%v %q", err, b.String())
	}
	if _, _, err := FillMTurk(&b, strings.NewReader("a,b\n"), list, code, worker); err == nil || !strings.Contains(err.Error(), "no column AssignmentId") {
		t.Error(err)
	}
	list[1].Decision.Reason = strings.Repeat("x", 1025)
	if _, _, err := FillMTurk(&b, strings.NewReader(batch), list, code, worker); err == nil || !strings.Contains(err.Error(), "longer than the 1024 characters") {
		t.Error(err)
	}
}
