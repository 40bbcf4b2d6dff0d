package quality

import (
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/platform"
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

// claimed returns the claim of an assessment, whose person is pid-WORKER and whose ticket is given.
func claimed(a *Assessment, ticket string) Claim {
	params := platform.Params{}
	if ticket != "" {
		params["SESSION_ID"] = ticket
	}
	return Claim{Assignment: a.ID, Worker: a.Worker, Person: "pid-" + a.Worker, Params: params, Decision: a.Decision.Decision, Reason: a.Decision.Reason,
		Submitted: day, Assessed: a, Code: "1N5RB-HZP8" + strings.ToUpper(a.ID[:1]) + "-0"}
}

const day = 24 * 60 * 60 * 1000 // ms

func TestWriteProlific(t *testing.T) {
	long := strings.Repeat("x", 100)
	s := collect.Defaults(collect.Browse)
	var b strings.Builder
	gone := Erased(storage.Payment{ID: "pid-gone", Params: `{"SESSION_ID":"s9","STUDY_ID":"st"}`, Code: "C", Submitted: day})
	list := []Claim{claimed(decided("a1", "ann", Accept, "", ""), "s1"), claimed(decided("b1", "bob", Reject, "recall amount", long), "s2"),
		claimed(decided("a2", "ann", Accept, "", ""), "s1"), claimed(decided("a3", "ann", Accept, "", ""), "s4"),
		claimed(decided("c1", "eve", Reject, "fast", long, "fast"), "s3"), gone}
	if err := WriteProlific(&b, &s, list, true, 2*day); err != nil {
		t.Fatal(err)
	}
	want := "participant_id,submission_id,study_id,action,rejection_category,message\npid-ann,s1,,APPROVE,,\npid-bob,s2,,REJECT,FAILED_CHECK," + long +
		"\npid-ann,s4,,APPROVE,,\npid-eve,s3,,REJECT,TOO_QUICKLY," + long + "\npid-gone,s9,st,APPROVE,,\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	if err := ProlificIDs(&b, list); err != nil || b.String() != "s1\ns4\ns9\n" {
		t.Errorf("%v %q", err, b.String())
	}
	b.Reset()
	list[2] = claimed(decided("a2", "ann", Reject, "recall amount", "short"), "s1")
	err := WriteProlific(&b, &s, list, true, 23*day)
	for _, want := range []string{"assignment a2: the reason has 5 characters", "assignment a1 and assignment a2 are of one submission",
		"assignment b1 was submitted more than 21 days ago"} {
		if err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
			t.Errorf("%v %q, want %q", err, b.String(), want)
		}
	}
}

// Rows are found by their code however it was copied, else by MTurk's assignment, else by the only one of their worker.
func TestFillMTurk(t *testing.T) {
	list := []Claim{claimed(decided("a", "ann", Accept, "", ""), ""), claimed(decided("b", "bob", Reject, "recall", "too little"), ""),
		claimed(decided("c", "eve", Accept, "", ""), "3C"), claimed(decided("d", "eve", Reject, "other", "no"), "")}
	m := &platform.MTurk{ApproveDays: 30}
	batch := "\ufeffHITId,AssignmentId,WorkerId,Answer.code,Approve,Reject\n" +
		"h,1,pid-ann,,,\n" + "h,2,pid-stranger,in5rb hzp8b o,,old\n" + "h,3,pid-eve,,,\n" + "h,4,pid-eve,1N5RBHZP8D0,,\n" + "h,3C,pid-eve,,,\n"
	var b strings.Builder
	filled, left, err := FillMTurk(&b, strings.NewReader(batch), m, list, day)
	want := "\ufeffHITId,AssignmentId,WorkerId,Answer.code,Approve,Reject\n" +
		"h,1,pid-ann,,X,\n" + "h,2,pid-stranger,in5rb hzp8b o,,too little\n" + "h,3,pid-eve,,,\n" + "h,4,pid-eve,1N5RBHZP8D0,,no\n" + "h,3C,pid-eve,,X,\n"
	if err != nil || filled != 4 || left != 1 || b.String() != want {
		t.Errorf("%d %d %v\n%s", filled, left, err, b.String())
	}
	b.Reset()
	if _, _, err := FillMTurk(&b, strings.NewReader("AssignmentId,WorkerId\n1,pid-ann\n"), m, list, day); err != nil ||
		b.String() != "AssignmentId,WorkerId,Approve,Reject\n1,pid-ann,X,\n" {
		t.Errorf("%v %q", err, b.String())
	}
	if _, _, err := FillMTurk(&b, strings.NewReader("a,b\n"), m, list, day); err == nil || !strings.Contains(err.Error(), "no column AssignmentId") {
		t.Error(err)
	}
	if _, _, err := FillMTurk(&b, strings.NewReader(batch), m, list, 40*day); err == nil || !strings.Contains(err.Error(), "assignment b was submitted more than 30 days ago") {
		t.Error(err)
	}
	list[1].Reason = strings.Repeat("x", 1025)
	if _, _, err := FillMTurk(&b, strings.NewReader(batch), m, list, day); err == nil || !strings.Contains(err.Error(), "longer than the 1024 characters") {
		t.Error(err)
	}
}

// A code that was copied pays nobody: an assignment has one row, which is MTurk's of it if that is known.
func TestFillMTurkCopied(t *testing.T) {
	list := []Claim{claimed(decided("a", "ann", Accept, "", ""), "3A"), claimed(decided("b", "bob", Accept, "", ""), ""),
		claimed(decided("c", "cat", Reject, "other", "no"), "3C")}
	batch := "AssignmentId,WorkerId,code,Approve,Reject\n" +
		"3X,pid-eve,1N5RBHZP8A0,,\n" + "3A,pid-ann,1N5RBHZP8A0,,\n" + // ann's, copied by eve
		"3C,pid-cat,1N5RBHZP8A0,,\n" + // cat has finished something too
		"3Y,pid-dan,1N5RBHZP8B0,,\n" + "3B,pid-bob,1N5RBHZP8B0,,\n" + // where MTurk's assignment is not known, the first
		"3Z,pid-ann,,,\n" // ann's other row
	want := "AssignmentId,WorkerId,code,Approve,Reject\n" +
		"3X,pid-eve,1N5RBHZP8A0,,\n" + "3A,pid-ann,1N5RBHZP8A0,X,\n" + "3C,pid-cat,1N5RBHZP8A0,,no\n" +
		"3Y,pid-dan,1N5RBHZP8B0,X,\n" + "3B,pid-bob,1N5RBHZP8B0,,\n" + "3Z,pid-ann,,,\n"
	var b strings.Builder
	filled, left, err := FillMTurk(&b, strings.NewReader(batch), &platform.MTurk{}, list, day)
	if err != nil || filled != 3 || left != 3 || b.String() != want {
		t.Errorf("%d %d %v\n%s", filled, left, err, b.String())
	}
}

// HITs that were made by Amazon's program are decided by it.
func TestWriteMTurk(t *testing.T) {
	m := &platform.MTurk{ApproveDays: 30}
	list := []Claim{claimed(decided("a", "ann", Accept, "", ""), "3A"), claimed(decided("b", "bob", Reject, "recall", "it's\ntoo little"), "3B"),
		claimed(decided("c", "eve", Accept, "", ""), "")}
	var b strings.Builder
	without, err := WriteMTurk(&b, m, list, day)
	want := "#!/bin/sh\naws mturk approve-assignment --assignment-id 3A --region us-east-1\n" +
		"aws mturk reject-assignment --assignment-id 3B --requester-feedback 'it'\\''s too little' --region us-east-1\n"
	if err != nil || without != 1 || b.String() != want {
		t.Errorf("%d %v\n%s", without, err, b.String())
	}
}

// Bonuses are read from a file and written as each platform takes them.
func TestBonus(t *testing.T) {
	list := []Claim{claimed(decided("a", "ann", Accept, "", ""), "s1"), claimed(decided("b", "bob", Accept, "", ""), "")}
	for _, c := range []struct{ file, prolific, mturk, want string }{
		{"assignment,bonus,reason\na,1.50,\"found, all\"\nb,,\n", "s1,1.50\n", "#!/bin/sh\naws mturk send-bonus --worker-id pid-ann --assignment-id s1 " +
			"--bonus-amount 1.50 --reason 'found, all' --unique-request-token bonus-a --region us-east-1\n", ""},
		{"assignment,bonus\nb,2\n", "pid-bob,2\n", "", "without a reason"},
		{"assignment,bonus,reason\nb,2,good\n", "pid-bob,2\n", "", "id of the assignment is not known"},
		{"assignment,bonus\na,0.00\n", "", "", `line 2: the bonus "0.00"`},
		{"assignment,bonus\na,1\na,1\n", "", "", "line 3: assignment a is in line 2 too"},
		{"assignment,bonus\nz,1\n", "", "", "has finished an assignment z"},
		{"assignment\n", "", "", "no column bonus"},
		{"", "", "", "is empty"},
	} {
		var p, m strings.Builder
		got, err := ReadBonuses(strings.NewReader(c.file), list)
		if err == nil {
			if err := WriteProlificBonuses(&p, got); err != nil || p.String() != c.prolific {
				t.Errorf("%q: %v %q", c.file, err, p.String())
			}
			err = WriteMTurkBonuses(&m, &platform.MTurk{}, got)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || m.String() != c.mturk {
			t.Errorf("%q: %v %q, want %q", c.file, err, m.String(), c.want)
		}
	}
}

// Codes that people pasted are right, or have a verdict that says what is wrong.
func TestCheckCodes(t *testing.T) {
	k := collect.Keys{Code: []byte("key")}
	code := func(assignment string) string { return k.CompletionCode("s", assignment, "w") }
	list := []Claim{{Assignment: "a", Person: "ann", Code: code("a"), Decision: Accept}, {Assignment: "b", Person: "bob", Code: code("b")},
		{Person: "gone", Code: code("c"), Decision: Accept}}
	typo := []byte(code("b"))
	typo[0], typo[1] = typo[1], typo[0]
	if typo[0] == typo[1] {
		t.Fatal("choose another assignment")
	}
	file := "\ufeffWorkerId,Answer.code\nann," + strings.ToLower(code("a")) + "\nann," + code("a") + "\nbob," + string(typo) + "\neve," + code("b") +
		"\ngone," + code("c") + "\nx," + code("d") + "\ny,\nbob," + code("b") + "\neve," + code("b") + "\n"
	var b strings.Builder
	counts, err := CheckCodes(&b, strings.NewReader(file), list)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, want := range []string{"WorkerId,Answer.code,verdict,assignment,decision", "right,a,accept", "used before,a,accept", "mistyped,,", "of somebody else,b,",
		`"right, and erased",,accept`, "unknown,,", "missing,,", "right,b,", "of somebody else,b,"} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("%s, want %s", lines[i], want)
		}
	}
	for _, v := range Verdicts {
		want := 1
		if v == CodeRight || v == CodeOther {
			want = 2
		}
		if counts[v] != want {
			t.Errorf("%s: %d, want %d", v, counts[v], want)
		}
	}
	b.Reset()
	if counts, err := CheckCodes(&b, strings.NewReader(code("b")+"\n"+code("c")+"\n"), list); err != nil || counts[CodeRight] != 1 || counts[CodeErased] != 1 {
		t.Errorf("a list of codes: %v %v", counts, err)
	}
	for file, want := range map[string]string{"": "is empty", "a,b\n": "no column is named code"} {
		if _, err := CheckCodes(&b, strings.NewReader(file), list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", file, err)
		}
	}
}
