package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"abtool/collect"
	"abtool/collect/page"
	"abtool/collect/platform"
	"abtool/collect/quality"
	"abtool/collect/server"
	"abtool/collect/storage"
	"abtool/internal/replace"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

func collectCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "collect COMMAND",
		Short: "Serve a study, and record how annotators do it",
		Long: `Let annotators choose images of a class (browse) or put icons on what images show (tag), in the
interfaces of the paper, and record the byproducts: how the pointer moves, what is chosen and
undone, scrolling, keys, times. The folder of a study holds everything; abtool ingest reads it.`,
		Example: `  abtool collect init birds --task browse --images photos
  abtool collect serve birds
  abtool collect status birds`,
		Args: subcommand(), Annotations: isGroup,
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	db := c.PersistentFlags().String("db", "", "`ADDRESS` of a PostgreSQL database (default: as study.toml says)")
	c.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if *db != "" && !collect.IsPostgres(*db) {
			return usage.Errorf("--db: give the address of a database of PostgreSQL, such as postgres://abtool@db.example.org/birds")
		}
		cmd.SetContext(context.WithValue(cmd.Context(), databaseKey{}, *db))
		return nil
	}
	c.AddCommand(collectInitCommand(s), collectPlanCommand(s), collectServeCommand(s), collectInviteCommand(s),
		collectStatusCommand(s), collectReviewCommand(s), collectCheckCommand(s), collectEraseCommand(s), collectForgetCommand(s), collectBackupCommand(s), collectUpgradeCommand(s), collectDemoCommand(s))
	return c
}

// databaseKey is the key of the option --db in a context.
type databaseKey struct{}

// home returns where a study keeps its database.
func home(ctx context.Context, dir string) storage.Home {
	db, _ := ctx.Value(databaseKey{}).(string)
	return storage.Home{Dir: dir, DB: db}
}

type collectInitOptions struct {
	collect.InitOptions
	seed         uint64
	byInvitation bool
	compat       bool
	quiet        bool
}

func collectInitCommand(s streams) *cobra.Command {
	var o collectInitOptions
	c := &cobra.Command{
		Use:   "init DIR --task browse|tag --images DIR",
		Short: "Make the folder of a study",
		Long: `Make the folder of a study: settings to edit (study.toml), texts for annotators (landing.md,
consent.md, instructions.md, end.md), the list of images, keys, and a first plan.

browse: annotators choose the images of a class. The folder of images has a folder for each class,
or --classes says which class each image is for.
tag: annotators put icons on what an image shows: the 80 classes of COCO, or the classes of
--classes FILE.

--classes FILE is a CSV file whose first line names the columns:
  class,name,definition,links,synonyms   describes classes; links are separated by spaces,
                                         synonyms by |
  image,class                            says which class each image is for (browse)
  class,superclass                       lists the icons by group (tag)

--truth FILE is a CSV file with the columns image,known,gold (browse). known says whether the class
of the image is in it: true, false, or nothing. The checks of HITs use it. gold is true for images
that are there to check annotators.

--platform adds the settings of a platform that sends and pays annotators. Links of abtool collect
invite work at the same time.

Images stay where they are. Those that browsers do not show are left out and named.`,
		Example: `  abtool collect init birds --task browse --images photos --classes birds.csv
  abtool collect init things --task tag --images val2014 --title "What is in the image?"
  abtool collect init paid --task browse --images photos --platform prolific`,
		Args: exactly(1, "collect init takes one argument, the folder to make"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Dir = args[0]
			return o.run(cmd.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Task, "task", "", "`TASK` of the annotators: browse or tag")
	f.StringVar(&o.Images, "images", "", "`DIR` with the images")
	f.StringVar(&o.Classes, "classes", "", "CSV `FILE` of classes")
	f.StringVar(&o.Truth, "truth", "", "CSV `FILE` of images whose class is known")
	f.StringVar(&o.Title, "title", "", "`TITLE` that annotators see")
	f.StringVar(&o.Contact, "contact", "", "`ADDRESS` for questions and deletion, shown to annotators")
	f.StringVar(&o.Platform, "platform", platform.NameLink, "`NAME` of who sends them: link, prolific, mturk or sona")
	f.BoolVar(&o.byInvitation, "by-invitation", false, "let only those take part who have a link of abtool collect invite")
	f.BoolVar(&o.compat, "compat", false, "answer the original front ends of ImageNet-AB or COCO-AB as well")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the plan")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

func (o *collectInitOptions) run(ctx context.Context, s streams) error {
	if o.Task == "" {
		return usage.Errorf("--task is missing: browse or tag")
	}
	if o.Images == "" {
		return usage.Errorf("--images DIR is missing: the folder with the images")
	}
	db := home(ctx, o.Dir).DB
	if collect.HasPassword(db) {
		return usage.Errorf("--db: leave the password out, because study.toml will have this address; ~/.pgpass is the file for passwords")
	}
	o.Edit = func(s *collect.Settings) { s.Serve.DB = db }
	bar := ui.NewBar(s.err, o.quiet, ui.Images)
	if o.compat {
		o.Edit = func(s *collect.Settings) {
			if s.Compat.Enabled = true; s.Task.Kind == collect.Tag {
				s.Compat.Pictures = []string{"https://cocodataset.org"} // where COCO-AB's front end has its icons
			}
		}
	}
	o.Open = !o.byInvitation && o.Platform == platform.NameLink
	o.Progress = func(done, all int) { bar.Set("reading images", int64(done), int64(all)) }
	made, err := collect.Init(ctx, o.InitOptions)
	bar.Clear()
	if err != nil {
		return err
	}
	for i, reason := range made.Skipped {
		if i == 10 {
			ui.Note(s.err, fmt.Sprintf("%d more images are left out", len(made.Skipped)-i))
			break
		}
		ui.Note(s.err, "left out: "+reason)
	}
	for _, note := range made.Notes {
		ui.Note(s.err, note)
	}
	study, err := collect.Open(o.Dir)
	if err != nil {
		return err
	}
	planned, err := study.MakePlan(o.seed, nil)
	if err != nil {
		return err
	}
	what := plural(made.Classes, "icon")
	if o.Task == collect.Browse {
		what = plural(made.Classes, "class")
	}
	fmt.Fprintf(s.out, "%s: a %s study of %s and %s\n", o.Dir, o.Task, plural(made.Images, "image"), what)
	printPlanned(s.out, study, planned, 0, quality.Pace{})
	fmt.Fprintf(s.out, "\nEdit study.toml and the texts (consent.md first), then: abtool collect serve %s\n", o.Dir)
	return nil
}

// plural returns a number with a noun.
func plural(n int, noun string) string { return ui.Quantity(n, noun) }

// paceOf returns how long the HITs of a study took. Nothing is known if it was never served.
func paceOf(ctx context.Context, dir string) (p quality.Pace, err error) {
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		p, err = quality.ReadPace(v)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return p, err
}

// printPlanned prints what a plan has, how long it takes, and what it costs.
func printPlanned(w io.Writer, study *collect.Study, p collect.Planned, pay float64, pace quality.Pace) {
	fmt.Fprintf(w, "%s of up to %s: %s with %s, %s\n", plural(p.HITs, "HIT"), plural(p.Longest, "page"),
		plural(p.Pages, "page"), plural(p.Images, "image"), plural(p.Assignments, "assignment"))
	if p.Kept > 0 {
		fmt.Fprintf(w, "%s of the HITs were issued before and stay as they are\n", ui.Thousands(int64(p.Kept)))
	}
	if p.Gold+p.Repeats > 0 {
		fmt.Fprintf(w, "%s of gold images, and %s of images that come again\n", plural(p.Gold, "place"), plural(p.Repeats, "place"))
	}
	for _, note := range p.Notes {
		fmt.Fprintln(w, note)
	}
	minutes := pace.Minutes(study, p.Longest)
	hours := pace.Minutes(study, p.Shown) / 60
	source := "study.minutes in " + collect.SettingsFile
	switch {
	case pace.Known():
		hours = float64(p.Assignments) * minutes / 60
		source = fmt.Sprintf("the median of the %d that were submitted", pace.N)
	case p.Longest != study.Task.Pages:
		source += fmt.Sprintf(" is %v, for %s", study.Study.Minutes, plural(study.Task.Pages, "page"))
	}
	fmt.Fprintf(w, "about %.1f hours of work at %v minutes a HIT (%s)", hours, math.Round(10*minutes)/10, source)
	if pay > 0 {
		fmt.Fprintf(w, ", which costs %.2f at %v an hour", hours*pay, pay)
	}
	fmt.Fprintln(w)
}

type collectPlanOptions struct {
	seed uint64
	pay  float64
	hits string
}

func collectPlanCommand(s streams) *cobra.Command {
	var o collectPlanOptions
	c := &cobra.Command{
		Use:   "plan DIR",
		Short: "Divide the images of a study into HITs",
		Long: `Divide the images into pages and HITs, and say how many there are and how long they take. HITs that
annotators were given stay as they are; the other images are divided again. A server uses the new
plan when it is started the next time. When 5 assignments are submitted, the time of a HIT is the
median of theirs; before, it is study.minutes, for a HIT of task.pages pages, in proportion.

--hits FILE writes a CSV file with a row for each HIT, for the original front ends: MTurk fills its
columns into the form that those bring along.

If the study has a platform, plan also prints what has to be filled in there: addresses and codes
for Prolific and SONA, and for Mechanical Turk the HIT to make, which it writes into hit.json.`,
		Example: `  abtool collect plan birds --seed 7 --pay 15`,
		Args:    exactly(1, "collect plan takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), s.out, args[0])
		},
	}
	c.Flags().StringVar(&o.hits, "hits", "", "write the HITs for the original front ends to a CSV `FILE`")
	c.Flags().Uint64Var(&o.seed, "seed", 1, "seed of the order; the same seed gives the same plan")
	c.Flags().Float64Var(&o.pay, "pay", 0, "`AMOUNT` paid for an hour, to print the cost")
	return c
}

func (o *collectPlanOptions) run(ctx context.Context, w io.Writer, dir string) error {
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	issued, err := issuedHITs(ctx, dir)
	if err != nil {
		return err
	}
	planned, err := study.MakePlan(o.seed, issued)
	if err != nil {
		return err
	}
	if o.hits != "" {
		if err := writeHITs(o.hits, study); err != nil {
			return err
		}
	}
	pace, err := paceOf(ctx, dir)
	if err != nil {
		return err
	}
	printPlanned(w, study, planned, o.pay, pace)
	return (&platformSheet{study: study, pace: pace, pay: o.pay, write: true}).print(w)
}

// writeHITs writes what the forms of the original front ends need to know of each HIT.
func writeHITs(file string, study *collect.Study) error {
	_, hits, err := study.Plan()
	if err != nil {
		return err
	}
	id, version := "imageNetHitId", "NO_POINTER_ORIGINAL"
	if study.Task.Kind == collect.Tag {
		id, version = "cocoHitId", "baseline"
	}
	return replace.File(file, func(w io.Writer) error {
		c := csv.NewWriter(w)
		c.Write([]string{"hitDatasetName", id, "version"})
		for _, h := range hits {
			c.Write([]string{study.Study.ID, h.ID, version})
		}
		c.Flush()
		return c.Error()
	})
}

// viewStudy reads the database of a study. The error is os.ErrNotExist if it was never served.
func viewStudy(ctx context.Context, dir string, f func(*storage.View) error) error {
	db, err := home(ctx, dir).OpenRead()
	if err != nil {
		return err
	}
	return errors.Join(db.View(ctx, f), db.Close())
}

type collectServeOptions struct {
	server.RunOptions
	truth   string
	verbose bool
}

func collectServeCommand(s streams) *cobra.Command {
	var o collectServeOptions
	c := &cobra.Command{
		Use:   "serve DIR",
		Short: "Serve a study to annotators",
		Long: `Serve a study until Ctrl-C, and print the addresses of its page and of the administrator's pages.
What the server has acknowledged is on the disk. After a crash or a restart, annotators go on where
they were.

A study is served to this machine only. --public serves it to others, and needs TLS in one of three
ways: --domain NAME gets a certificate from Let's Encrypt, whose terms you accept with it, and
renews it; --tls-cert and --tls-key name files, which are read again when they change; or a proxy
has TLS: then trusted_proxies of study.toml names it, and nobody else is answered. The
administrator's pages are always served to this machine only.

Changes of study.toml, the texts and the plan count from the next start.`,
		Example: `  abtool collect serve birds
  abtool collect serve birds --addr 127.0.0.1:9000
  abtool collect serve birds --public --domain study.example.org
  abtool collect serve birds --public --addr :443 --tls-cert chain.pem --tls-key key.pem`,
		Args: exactly(1, "collect serve takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Home = home(cmd.Context(), args[0])
			return o.run(cmd.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Address, "addr", "", "`HOST:PORT` for annotators (default: as study.toml says)")
	f.StringVar(&o.Admin, "admin-addr", "", "`HOST:PORT` for the administrator (default: as study.toml says)")
	f.StringVar(&o.CompatUI, "compat-ui", "", "serve a built front end of ImageNet-AB or COCO-AB from `DIR`")
	f.BoolVar(&o.Public, "public", false, "serve the study to other machines, with TLS")
	f.StringVar(&o.Domain, "domain", "", "`NAME` of this server, to get certificates for (at port 443)")
	f.StringVar(&o.ACME, "acme", "", "`URL` of the directory of another authority than Let's Encrypt")
	f.StringVar(&o.Cert, "tls-cert", "", "`FILE` with the chain of certificates, in PEM")
	f.StringVar(&o.Key, "tls-key", "", "`FILE` with the key of the certificate, in PEM")
	f.StringVar(&o.truth, "truth", "", "`STORE` with the ground truth of a tag study, for the rules")
	f.BoolVar(&o.verbose, "verbose", false, "print each request: its route, status and time, but no address")
	return c
}

func (o *collectServeOptions) run(ctx context.Context, s streams) error {
	o.Page = page.Files
	if o.truth != "" {
		study, err := collect.Open(o.Dir)
		if err != nil {
			return err
		}
		if o.Truth, err = readTruth(study, o.truth); err != nil {
			return err
		}
	}
	level := slog.LevelError
	if o.verbose {
		level = slog.LevelInfo
	}
	o.Log = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
	o.Ready = func(r server.Serving) {
		if blanks := r.Study.Blanks(); len(blanks) > 0 {
			ui.Note(s.err, fmt.Sprintf("the texts have %s to be filled in, such as %s", plural(len(blanks), "place"), blanks[0]))
		}
		if r.Kept > 0 {
			ui.Note(s.err, plural(r.Kept, "HIT")+" of an earlier plan stay, because they were issued")
		}
		if r.Study.PasswordIsOpen() {
			ui.Note(s.err, fmt.Sprintf("others can read the password of the database in %[1]s/study.toml: chmod 600 %[1]s/study.toml, or move it to ~/.pgpass", o.Dir))
		}
		if collect.HasPassword(o.DB) {
			ui.Note(s.err, "others on this machine can read the password of --db in its list of processes: move it to ~/.pgpass")
		}
		if r.Consent != "" {
			ui.Note(s.err, r.Consent)
		}
		if lang, _, _ := strings.Cut(strings.ToLower(r.Study.Study.Language), "-"); !hasLanguage(lang) {
			ui.Note(s.err, fmt.Sprintf("the buttons of the page are in English: it has no texts in the language %q", r.Study.Study.Language))
		}
		for _, d := range r.Doubts {
			ui.Note(s.err, d)
		}
		for _, key := range r.Study.Platform.Blanks() {
			ui.Note(s.err, key+" of study.toml is still empty")
		}
		if used := r.Study.Platform.Used(); len(used) > 0 {
			fmt.Fprintf(s.out, "from %s: abtool collect status %s --platform prints what to fill in there\n", strings.Join(used, " and "), o.Dir)
		}
		if r.Study.Platform.Link.Open {
			fmt.Fprintf(s.out, "annotators     %s?name=me\n", r.Page)
		} else {
			fmt.Fprintf(s.out, "annotators     %s, with an invitation: abtool collect invite %s%s\n", r.Page, o.Dir, o.otherURL(r))
		}
		if r.Study.Compat.Enabled {
			ui.Note(s.err, "the original front ends are answered: they ask nobody for consent, and believe every workerId")
		}
		fmt.Fprintf(s.out, "administrator  %s\nCtrl-C stops the server.\n", r.Admin)
	}
	return server.Run(ctx, o.RunOptions)
}

// hasLanguage reports whether the page has its own texts in a language.
func hasLanguage(language string) bool {
	_, err := page.Files.Open("texts-" + language + ".js")
	return err == nil
}

// otherURL returns the option that invitations need if the study is not served where study.toml says, or "".
func (o *collectServeOptions) otherURL(r server.Serving) string {
	own, _, _ := strings.Cut(r.Page, "/s/")
	if own == "http://"+r.Study.Serve.Address {
		return ""
	}
	return " --url " + own
}

// issuedHITs returns the HITs of a study that annotators were given.
func issuedHITs(ctx context.Context, dir string) (issued []collect.HIT, err error) {
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		issued, err = v.Issued()
		return err
	})
	if errors.Is(err, os.ErrNotExist) { // it was never served
		return nil, nil
	}
	return issued, err
}

type collectInviteOptions struct {
	n   int
	url string
}

func collectInviteCommand(s streams) *cobra.Command {
	var o collectInviteOptions
	c := &cobra.Command{
		Use:   "invite DIR",
		Short: "Make links that let one annotator each take part",
		Long: `Make invitations and print one link a line, after its number. Each link is for one annotator, who
can open it again to go on. The tokens in the links are stored as hashes only: keep what is printed.`,
		Example: `  abtool collect invite birds -n 20 > links.txt
  abtool collect invite birds --url https://lab.example.org`,
		Args: exactly(1, "collect invite takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s.out, args[0]) },
	}
	c.Flags().IntVarP(&o.n, "number", "n", 1, "`NUMBER` of invitations")
	c.Flags().StringVar(&o.url, "url", "", "`ADDRESS` at which annotators reach the server (default: as study.toml says)")
	return c
}

func (o *collectInviteOptions) run(ctx context.Context, w io.Writer, dir string) error {
	if o.n < 1 || o.n > 100_000 {
		return usage.Errorf("-n %d: give a number from 1 to 100000", o.n)
	}
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	if o.url == "" {
		o.url = cmp.Or(study.Serve.Public, "http://"+study.Serve.Address)
	}
	db, err := home(ctx, dir).Open(storage.Options{})
	if err != nil {
		return err
	}
	tokens := make([]string, o.n)
	hashes := make([][]byte, o.n)
	for i := range tokens {
		tokens[i] = server.NewToken()
		hashes[i] = server.TokenHash(tokens[i])
	}
	numbers, err := db.AddInvites(ctx, hashes, time.Now().UnixMilli())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	for i, n := range numbers {
		fmt.Fprintf(w, "%d\t%s/s/%s?token=%s\n", n, strings.TrimSuffix(o.url, "/"), study.Study.ID, tokens[i])
	}
	return nil
}

type collectStatusOptions struct{ json, ethics, platform bool }

func collectStatusCommand(s streams) *cobra.Command {
	var o collectStatusOptions
	c := &cobra.Command{
		Use:   "status DIR",
		Short: "Show how far a study is",
		Long: `Print what is done, who is there, and what became of every page that was shown: shown = submitted +
open + left + withdrawn, and chunks announced = stored + missing. A server may run meanwhile.

--ethics prints a sheet for review boards instead, in Markdown: what is recorded, who sees it and
for how long, as study.toml says; the versions of the consent; how many annotators agreed, refused,
stopped, and had their recording deleted.`,
		Example: `  abtool collect status birds
  abtool collect status birds --ethics > sheet.md
  abtool collect status birds --json | jq .done`,
		Args: exactly(1, "collect status takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s.out, args[0]) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON")
	c.Flags().BoolVar(&o.ethics, "ethics", false, "print the sheet for review boards")
	c.Flags().BoolVar(&o.platform, "platform", false, "print what has to be filled in at the platform, as plan does")
	return c
}

func (o *collectStatusOptions) run(ctx context.Context, w io.Writer, dir string) error {
	if o.json && o.ethics || o.platform && (o.json || o.ethics) {
		return usage.Errorf("give one of --json, --ethics and --platform")
	}
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	if o.platform {
		if len(study.Platform.Used()) == 0 {
			return fmt.Errorf("%s has no platform: add a table such as [platform.prolific] to its %s", dir, collect.SettingsFile)
		}
		pace, err := paceOf(ctx, dir)
		if err != nil {
			return err
		}
		return (&platformSheet{study: study, pace: pace}).print(w)
	}
	var st server.Status
	var interrupted bool
	board := sheet{now: time.Now()}
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		if o.ethics {
			return board.read(v)
		}
		if interrupted, _, err = v.Unfinished(); err == nil {
			st, err = server.ReadStatus(v, time.Now().UnixMilli())
		}
		if err == nil && study.Compat.Enabled {
			st.Loose, err = v.CompatLoose()
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s was never served, so there is nothing to report: start it with abtool collect serve %s", dir, dir)
	}
	if err != nil {
		return err
	}
	if o.ethics {
		if board.identities, err = countIdentities(ctx, dir); err != nil {
			return err
		}
		if board.shared, err = home(ctx, dir).Shared(); err != nil {
			return err
		}
		return ui.Print(w, func(w io.Writer) { board.print(w, study) })
	}
	if st.HITs == 0 { // there are invitations, but the study was never served
		_, hits, err := study.Plan()
		if err != nil {
			return err
		}
		st.HITs = int64(len(hits))
		for _, h := range hits {
			st.Needed += int64(h.K)
		}
	}
	if free, _, err := storage.Space(dir); err == nil {
		st.DiskFree = int64(free)
	}
	if o.json {
		return ui.PrintJSON(w, struct {
			Study string `json:"study"`
			server.Status
		}{study.Study.ID, st})
	}
	return ui.Print(w, func(w io.Writer) {
		printStatus(w, study, &st)
		if interrupted {
			fmt.Fprintf(w, "\nAn erasure was interrupted: complete it with abtool collect erase %s\n", dir)
		}
	})
}

func printStatus(w io.Writer, study *collect.Study, st *server.Status) {
	n := ui.Thousands
	fmt.Fprintf(w, "%s: %s of %s done, for %s\n\n", study.Study.Title, n(st.Done), plural(int(st.Needed), "assignment"), plural(int(st.HITs), "HIT"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "pages\t%s shown = %s submitted + %s open + %s left + %s withdrawn\n", n(st.Shown), n(st.Submitted), n(st.Open), n(st.Left), n(st.Withdrawn))
	fmt.Fprintf(t, "chunks\t%s announced = %s stored + %s missing\n", n(st.ChunksAnnounced), n(st.ChunksStored), n(st.ChunksMissing))
	fmt.Fprintf(t, "events\t%s, in %s\n", n(st.EventsStored), ui.Size(st.Bytes))
	fmt.Fprintf(t, "assignments\t%s\n", counts(st.States))
	fmt.Fprintf(t, "people\t%s; %s here now\n", counts(st.People), n(st.Live))
	if len(st.Arms) > 0 {
		fmt.Fprintf(t, "arms\t%s\n", counts(st.Arms))
	}
	if len(st.PageArms) > 0 {
		fmt.Fprintf(t, "pages of arms\t%s\n", counts(st.PageArms))
	}
	for _, x := range []struct {
		what string
		n    int64
	}{{"surplus assignments", st.Surplus}, {"rejected assignments", st.Rejected}, {"erased pages", st.Erased}, {"chunks in conflict", st.Conflicts}, {"flagged attempts", st.Flagged}, {"pages of nobody", st.Loose},
		{"pages without images", st.Blank}} {
		if x.n > 0 {
			fmt.Fprintf(t, "%s\t%s\n", x.what, n(x.n))
		}
	}
	t.Flush()
}

// counts prints numbers with their names.
func counts(of map[string]int64) string {
	if len(of) == 0 {
		return "none"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, ui.Thousands(of[name])+" "+name)
	}
	return strings.Join(parts, ", ")
}

func collectCheckCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR",
		Short: "Compare everything that a study has stored",
		Long: `Read all chunks of a study and compare their digests, the chain of each page, and all counts with
what was acknowledged, and the images with those that collect init read. Whatever differs is
printed with its place. A server may run meanwhile.

Exit codes: 0 nothing differs, 1 something does, 2 wrong usage.`,
		Example: `  abtool collect check birds`,
		Args:    exactly(1, "collect check takes one argument, the folder of the study"),
		RunE:    func(cmd *cobra.Command, args []string) error { return checkStudy(cmd.Context(), s.out, args[0]) },
	}
}

func checkStudy(ctx context.Context, w io.Writer, dir string) error {
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	wrong := 0
	differs := func(where, what string) {
		wrong++
		fmt.Fprintf(w, "%s: %s\n", where, what)
	}
	var c storage.Checked
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		c, err = v.Check(differs)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s was never served, so there is nothing to check", dir)
	}
	if err != nil {
		return err
	}
	images, err := study.CheckImages(ctx, true, func(m *collect.Image, err error) { differs("image "+m.Path, err.Error()) })
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "checked %s, %s, %s, %s, %s, %s\n", plural(len(images), "image"), plural(int(c.Assignments), "assignment"), plural(int(c.Pages), "page"),
		plural(int(c.Attempts), "attempt"), plural(int(c.Chunks), "chunk"), plural(int(c.Events), "event"))
	if wrong > 0 {
		return fmt.Errorf("%s found", plural(wrong, "difference"))
	}
	return nil
}
