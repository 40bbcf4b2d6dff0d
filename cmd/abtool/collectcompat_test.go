package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"abtool/collect"
	"abtool/collect/compat"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// What an original front end sent goes through status, check, review with the files of MTurk, and ingest.
func TestOriginalFrontEnd(t *testing.T) {
	dir := t.TempDir()
	at, photos := filepath.Join(dir, "things"), filepath.Join(dir, "photos")
	command(t, "synth", "coco", "--images", "2", "--out", filepath.Join(dir, "sim"), "--images-out", photos, "--quiet")
	command(t, "collect", "init", at, "--task", "tag", "--images", photos, "--compat", "--quiet")
	sendOriginal(t, at)
	for _, want := range []string{"1 of 1 assignment done", "people           1 not asked", "pages of nobody  1"} {
		if got := command(t, "collect", "status", at); !strings.Contains(got, want) {
			t.Errorf("status has no %q:\n%s", want, got)
		}
	}
	if got := command(t, "collect", "status", at, "--ethics"); !strings.Contains(got, "| came by an original front end, which asks nobody | 1 |") {
		t.Error(got)
	}
	command(t, "collect", "check", at)
	proposals, batch, out := filepath.Join(dir, "proposals.csv"), filepath.Join(dir, "batch.csv"), filepath.Join(dir, "reviewed.csv")
	command(t, "collect", "review", at, "--out", proposals)
	text, err := os.ReadFile(proposals)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	column := -1
	for i, name := range strings.Split(lines[0], ",") {
		if name == "decision" {
			column = i
		}
	}
	cells := strings.Split(lines[1], ",")
	if len(lines) != 2 || column < 0 || len(cells) != len(strings.Split(lines[0], ",")) {
		t.Fatalf("%s", text)
	}
	cells[column] = "accept"
	results := "HITId,AssignmentId,WorkerId,Answer.code\nH,3ASSIGN,platform-worker," + compat.COCOCode("H", "platform-worker", "3ASSIGN") + "\nH,3OTHER,somebody,000000\n"
	if err := errors.Join(os.WriteFile(proposals, []byte(lines[0]+"\n"+strings.Join(cells, ",")+"\n"), 0o600), os.WriteFile(batch, []byte(results), 0o600)); err != nil {
		t.Fatal(err)
	}
	command(t, "collect", "review", at, "--apply", proposals)
	if got := command(t, "collect", "review", at, "--for", "mturk", "--batch", batch, "--out", out); !strings.Contains(got, "1 decision") {
		t.Error(got)
	}
	if text, err := os.ReadFile(out); err != nil || strings.Count(string(text), ",X,") != 1 || !strings.Contains(string(text), "3ASSIGN") {
		t.Errorf("%s %v", text, err)
	}
	command(t, "ingest", at, "--out", filepath.Join(dir, "store"), "--quiet")
	if got := command(t, "sql", filepath.Join(dir, "store"), "SELECT count(*) AS n, min(arm) AS arm FROM coco_annotations", "--mode", "csv"); !strings.Contains(got, "2,improved") {
		t.Error(got)
	}
}

// sendOriginal stores what a worker of COCO-AB's front end sends, and a page of nobody.
func sendOriginal(t *testing.T, dir string) {
	t.Helper()
	study, err := collect.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := study.Keys()
	if err != nil {
		t.Fatal(err)
	}
	images, hits, err := study.Plan()
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	identities, err := storage.Home{Dir: dir}.OpenIdentities()
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	if _, err := db.SetPlan(t.Context(), images, hits); err != nil {
		t.Fatal(err)
	}
	now, worker, n := time.Now().UnixMilli(), keys.Worker(storage.Compat, "platform-worker"), 0
	if err := identities.Put(t.Context(), worker, storage.Compat, "platform-worker", now); err != nil {
		t.Fatal(err)
	}
	header := storage.CompatHeader{Annotation: "a", HIT: hits[0].ID, Worker: worker, Dataset: "things-improved", Arm: "improved", Body: `{"assignmentID":"3ASSIGN"}`}
	terms := storage.Terms{Idle: 600_000, Longest: 3_600_000, NewID: func() string { n++; return fmt.Sprintf("0ca3e522-0000-4000-8000-%012x", n) }}
	if err := db.CompatHeader(t.Context(), header, terms, now); err != nil {
		t.Fatal(err)
	}
	for _, annotation := range []string{"a", "nobody"} {
		for number := range hits[0].Pages {
			body := fmt.Appendf(nil, `{"page":{"pageno":%d,"startedAt":1,"annotation":{"imageURL":"http://a/1/%d.jpg","timeSpend":9000,"mouseTracking":[],
				"actionHistories":[{"actionType":"add","iconType":"person","pointTo":{"x":0.5,"y":0.5},"timeAt":5}],"categoryHistories":[]}},"endedAt":9001,"isDone":false}`, number, number)
			if _, err := db.CompatPage(t.Context(), storage.CompatPage{Annotation: annotation, Number: number, Started: 1, Ended: 9001, Received: now,
				SHA256: recording.Digest(body), Body: body}, 600_000); err != nil {
				t.Fatal(err)
			}
			if annotation == "nobody" {
				break
			}
		}
	}
}
