package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"abtool/collect"
	"abtool/collect/storage"
)

// levelTexts say what each level records.
var levelTexts = map[string]string{
	"full": "the path of the pointer while the page is open, clicks, choices and icons with their places and times, scrolling, the size " +
		"of the window, whether the page is visible, links opened, remarks",
	"events":  "the same without the path of the pointer; the images that it enters and leaves are recorded",
	"answers": "what is chosen and placed, and when",
}

// A sheet is what a review board wants to know about a study.
type sheet struct {
	now        time.Time
	workers    []storage.Worker
	visits     []storage.Visit
	consents   []storage.Consent
	erasures   []storage.Erasure
	identities int64
	shared     bool // the database is not in the folder
}

func (d *sheet) read(v *storage.View) (err error) {
	if d.workers, err = v.Workers(); err != nil {
		return err
	}
	if d.visits, err = v.Visits(); err != nil {
		return err
	}
	if d.consents, err = v.Consents(); err != nil {
		return err
	}
	d.erasures, err = v.Erasures()
	return err
}

// print writes the sheet as Markdown.
func (d *sheet) print(w io.Writer, s *collect.Study) {
	f := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	f("# %s\n\nSheet for review boards, as of %s UTC. Study `%s`; questions and complaints: %s.\n\n", s.Study.Title,
		d.now.UTC().Format("2006-01-02 15:04"), s.Study.ID, said(s.Study.Contact, "[study] contact"))
	d.printRecorded(f, s)
	p := &s.Privacy
	f("## How it is kept\n\n- Where: %s\n- Who sees it: %s\n- For how long: %s\n", said(p.Stored, "[privacy] stored"),
		said(p.SeenBy, "[privacy] seen_by"), said(p.Kept, "[privacy] kept"))
	f("- Recordings are under a pseudonym, the keyed hash of the platform's id. The key is in the folder `secrets`.\n")
	f("- Platforms' ids are apart from the recordings; %s there now. ", areOf(d.identities))
	if p.IdentitiesDays > 0 {
		f("They are deleted %d days after the last visit.\n", p.IdentitiesDays)
	} else {
		f("They are deleted when the researcher decides it (`identities_days = 0`).\n")
	}
	if d.shared {
		f("- The database is PostgreSQL: its log, replicas and backups may have what was erased for longer than its tables.\n")
	}
	if p.KeepPayment {
		f("- Of who is erased, what paying for finished work needs is kept as long: the platform's id, codes and decisions.\n")
	}
	if p.OnLeave == collect.Delete {
		f("- Who closes the page can come back for a day; then what was recorded of the unfinished HIT is deleted.\n")
	} else {
		f("- Who closes the page can come back; what was recorded is kept. Every page has a link that deletes it.\n")
	}
	d.printConsents(f)
	d.printDecisions(f)
}

type printf func(format string, args ...any)

func (d *sheet) printRecorded(f printf, s *collect.Study) {
	chosen := map[string]int{}
	for _, x := range d.workers {
		chosen[x.Level]++
	}
	f("## What is recorded\n\nAt most the level `%s`. Annotators may choose less, down to `%s`.\n\n", s.Record.Level, s.Record.Needs)
	f("| level | what is recorded | annotators who chose it |\n|---|---|---|\n")
	open := false
	for _, level := range collect.Levels {
		if open = open || level == s.Record.Level; open {
			f("| %s | %s | %d |\n", level, levelTexts[level], chosen[level])
		}
		if level == s.Record.Needs {
			break
		}
	}
	f("\nAlso the kind of browser, system, screen and pointing device, and the language of the browser.")
	if s.Record.Keys {
		f(" Of keys, only those that work on the page are named; others are counted.")
	}
	if s.Record.Level == "full" && s.Record.Rate > 0 {
		f(" The pointer is sampled up to %d times a second.", s.Record.Rate)
	}
	f("\nNot recorded: names, internet addresses, cookies, other tabs and programs, camera, microphone.\n\n")
}

func (d *sheet) printConsents(f printf) {
	agreed := map[int64]int{}
	for _, x := range d.workers {
		agreed[x.Consent]++
	}
	f("\n## What annotators agreed to\n\n| version | language | since (UTC) | SHA-256 of the text | annotators whose last consent it is |\n|---|---|---|---|---|\n")
	for _, c := range d.consents {
		f("| %d | %s | %s | `%s` | %d |\n", c.Version, c.Language, day(c.Since), c.SHA256, agreed[c.Version])
	}
	f("\nThe texts are in the table `consent` of the database. The administrator's pages show which version each annotator agreed to.\n")
}

func (d *sheet) printDecisions(f printf) {
	var agreed, refused, kept, deleted, asked, left, compat int
	stopped := map[string]bool{}
	for _, x := range d.visits {
		stopped[x.Worker] = stopped[x.Worker] || x.Outcome == "returned"
	}
	for _, x := range d.workers {
		if x.Consent > 0 {
			agreed++
		}
		if x.State == storage.Refused {
			refused++
		}
		if x.Platform == storage.Compat {
			compat++
		}
		if x.State == storage.Withdrawn || x.Consent > 0 && stopped[x.ID] {
			kept++
		}
	}
	for _, e := range d.erasures {
		switch e.Why {
		case "withdrawn":
			deleted++
		case "left":
			left++
		default:
			asked++
		}
	}
	f("\n## What annotators decided\n\n| | annotators |\n|---|---|\n| agreed, and are not deleted | %d |\n| refused | %d |\n", agreed, refused)
	f("| stopped, and let the recording be kept | %d |\n| stopped, and had it deleted | %d |\n| asked for deletion later | %d |\n", kept, deleted, asked)
	if compat > 0 {
		f("| came by an original front end, which asks nobody | %d |\n", compat)
	}
	f("\n## Erasures\n\n%d, of which %d were of HITs that annotators had left without a word. Only these numbers are kept:\n\n", len(d.erasures), left)
	f("| number | day (UTC) | why | assignments | pages |\n|---|---|---|---|---|\n")
	for _, e := range d.erasures {
		f("| %d | %s | %s | %d | %d |\n", e.Number, day(e.At), e.Why, e.Assignments, e.Pages)
	}
}

func day(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }

// said returns a text, or where it is to be written.
func said(text, key string) string {
	return cmp.Or(text, "**not said yet** ("+key+" of study.toml)")
}

func areOf(n int64) string {
	if n == 1 {
		return "the id of 1 annotator is"
	}
	return fmt.Sprintf("the ids of %s are", plural(int(n), "annotator"))
}

// countIdentities returns how many annotators have a platform's id, 0 if the study has none.
func countIdentities(ctx context.Context, dir string) (n int64, err error) {
	there, err := home(ctx, dir).HasIdentities(ctx)
	if err != nil || !there {
		return 0, err
	}
	identities, err := home(ctx, dir).OpenIdentities()
	if err != nil {
		return 0, err
	}
	n, err = identities.Count(ctx)
	return n, errors.Join(err, identities.Close())
}
