package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/storage"
)

// Decisions, bonuses and codes of people from Mechanical Turk, who came by a link or with their ids, also of one who was
// erased and is to be paid.
func TestPlatformFiles(t *testing.T) {
	dir := t.TempDir()
	command(t, "collect", "demo", "--people", "3", "--speed", "0", "--unattended", "--addr", "127.0.0.1:0", "--out", filepath.Join(dir, "demo"))
	at := filepath.Join(dir, "demo", "study")
	study, err := collect.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := study.Keys()
	if err != nil {
		t.Fatal(err)
	}
	var list []storage.Assignment
	if err := viewStudy(t.Context(), at, func(v *storage.View) (err error) {
		list, err = v.Assignments()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	decisions, bonuses, codes := "assignment,decision,grounds,reason\n", "assignment,bonus,reason\n", "WorkerId,code\n"
	for i, a := range list {
		decisions += a.ID + []string{",accept,,\n", ",reject,other,it's not done\n", ",,,\n"}[i]
		bonuses += a.ID + []string{",0.5,thanks\n", ",,\n", ",,\n"}[i]
		codes += fmt.Sprint("A", i, ",", keys.CompletionCode(study.Study.ID, a.ID, a.Worker), "\n")
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrote := func(args ...string) string {
		t.Helper()
		out := filepath.Join(dir, "out")
		command(t, append([]string{"collect", "review", at, "--out", out}, args...)...)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	command(t, "collect", "review", at, "--apply", write("decisions.csv", decisions))
	pasted := write("codes.csv", codes)

	// They came with links of the study, to HITs that were made on MTurk's pages.
	rows := strings.Split(strings.TrimSpace(codes), "\n")
	batch := write("links.csv", "AssignmentId,"+rows[0]+"\n3X,"+rows[2]+"\n3Y,"+rows[1]+"\n")
	if got := wrote("--for", "mturk", "--batch", batch); got != "AssignmentId,WorkerId,code,Approve,Reject\n3X,"+rows[2]+",,it's not done\n3Y,"+rows[1]+",X,\n" {
		t.Errorf("for links the batch is filled in as\n%s", got)
	}
	if got := wrote("--codes", pasted); strings.Count(got, ",right,") != 3 {
		t.Errorf("for links codes are judged as\n%s", got)
	}

	// They came from MTurk.
	file := filepath.Join(at, collect.SettingsFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "keep_payment = false", "keep_payment = true", 1) + "\n[platform.mturk]\nsandbox = false\n"
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	identities, err := storage.OpenIdentities(at)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range list {
		if err := identities.Erase(t.Context(), a.Worker); err != nil {
			t.Fatal(err)
		}
		if err := identities.Put(t.Context(), a.Worker, "mturk", fmt.Sprint("A", i), *a.Submitted); err != nil {
			t.Fatal(err)
		}
		entry := storage.Entry{Visit: *a.Visit, Worker: a.Worker, Platform: "mturk", Params: platform.Params{"assignmentId": fmt.Sprint("3T", i)}.String()}
		if err := identities.PutEntry(t.Context(), entry, *a.Submitted); err != nil {
			t.Fatal(err)
		}
	}
	if err := identities.Close(); err != nil {
		t.Fatal(err)
	}
	want := "#!/bin/sh\naws mturk approve-assignment --assignment-id 3T0 --region us-east-1\n" +
		`aws mturk reject-assignment --assignment-id 3T1 --requester-feedback 'it'\''s not done' --region us-east-1` + "\n"
	if got := wrote("--for", "mturk"); got != want {
		t.Errorf("decisions are written as\n%s", got)
	}
	if got := wrote("--for", "mturk", "--batch", write("batch.csv", "AssignmentId,WorkerId\n3T1,A1\n3T2,A2\n")); got !=
		"AssignmentId,WorkerId,Approve,Reject\n3T1,A1,,it's not done\n3T2,A2,,\n" {
		t.Errorf("the batch is filled in as\n%s", got)
	}
	if got := wrote("--for", "mturk", "--bonus", write("bonuses.csv", bonuses)); got != "#!/bin/sh\naws mturk send-bonus --worker-id A0 --assignment-id 3T0 "+
		"--bonus-amount 0.5 --reason thanks --unique-request-token bonus-"+list[0].ID+" --region us-east-1\n" {
		t.Errorf("bonuses are written as\n%s", got)
	}
	if got := wrote("--codes", pasted); strings.Count(got, ",right,") != 3 {
		t.Errorf("codes are judged as\n%s", got)
	}
	command(t, "collect", "erase", at, "--worker", list[0].Worker, "--yes")
	again := wrote("--for", "mturk")
	if lines := strings.Split(strings.TrimSpace(again), "\n"); len(lines) != 3 || !strings.Contains(again, "approve-assignment --assignment-id 3T0") {
		t.Errorf("after the erasure decisions are written as\n%s", again)
	}
	if got := wrote("--codes", pasted); strings.Count(got, ",right,") != 2 || !strings.Contains(got, `,"right, and erased",,accept`) {
		t.Errorf("after the erasure codes are judged as\n%s", got)
	}
}
