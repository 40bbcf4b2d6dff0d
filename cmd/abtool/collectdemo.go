package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"abtool/collect"
	"abtool/collect/page"
	"abtool/collect/quality"
	"abtool/collect/server"
	"abtool/internal/synth"
	"abtool/internal/synth/client"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type collectDemoOptions struct {
	out, task            string
	addr                 string
	people               int
	speed                float64
	seed                 uint64
	force                bool
	unattended           bool
	browser              bool
	arms                 bool
	study, images, truth string // below out
	made                 string // the folder out, if it was not there
	see                  func([]byte) client.Sight
}

func collectDemoCommand(s streams) *cobra.Command {
	var o collectDemoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Serve a small study in which simulated annotators work with you",
		Long: `Draw images, make a study of them, serve it, and let simulated annotators work at it. They use the
protocol of the page, and their minutes pass faster. Open the address to work at the same study
yourself, in one of two arms that look different. Ctrl-C ends the demonstration and prints the
commands that go on with its records.

--arms repeats the paper's pilot: one half of the annotators has a red pointer and is asked to click
on the object. They do so with a chance that is known. The demonstration ends by itself, and prints
what abtool stats --by arm says of their records.`,
		Example: "  abtool collect demo\n  abtool collect demo --task tag --people 30 --speed 60 --unattended\n  abtool collect demo --arms",
		Args:    exactly(0, "collect demo takes no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.arms {
				if err := o.preparePilot(cmd.Flags().Changed); err != nil {
					return err
				}
			}
			return o.run(cmd.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "abtool-study", "folder `DIR` to write")
	f.StringVar(&o.task, "task", collect.Browse, "`TASK` of the annotators: browse or tag")
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` for annotators")
	f.IntVar(&o.people, "people", 10, "number of simulated annotators; each does one HIT")
	f.Float64Var(&o.speed, "speed", 10, "minutes of simulated work per minute; 0: no pauses at all")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the images and the annotators")
	f.BoolVar(&o.browser, "browser", false, "open the study in the browser")
	f.BoolVar(&o.arms, "arms", false, "compare two arms, as the paper's pilot did")
	f.BoolVar(&o.unattended, "unattended", false, "end when the simulated annotators have finished")
	f.BoolVar(&o.force, "force", false, "replace an earlier demonstration in --out")
	return c
}

func (o *collectDemoOptions) run(ctx context.Context, s streams) error {
	switch {
	case o.task != collect.Browse && o.task != collect.Tag:
		return usage.Errorf("--task %q: it is browse or tag", o.task)
	case o.people < 1 || o.people > 1000:
		return usage.Errorf("--people %d: give a number from 1 to 1000", o.people)
	case o.speed < 0:
		return usage.Errorf("--speed %v: give a number from 0", o.speed)
	}
	o.study, o.images, o.truth = filepath.Join(o.out, "study"), filepath.Join(o.out, "images"), filepath.Join(o.out, "truth")
	listener, err := server.Listen(ctx, o.addr) // before anything is written
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := o.makeRoom(); err != nil {
		return err
	}
	err = o.draw(ctx)
	if err == nil {
		err = o.make(ctx, s)
	}
	served := false
	if err == nil {
		served, err = o.serve(ctx, s, listener)
	}
	if !served { // so that --out is free for another try
		err = errors.Join(err, o.clear(), os.RemoveAll(o.made))
	}
	return err
}

// makeRoom deletes an earlier demonstration in --out, if it may. Other folders are left as they are.
func (o *collectDemoOptions) makeRoom() error {
	list, err := os.ReadDir(o.out)
	switch {
	case errors.Is(err, os.ErrNotExist):
		o.made = o.out
		return nil
	case err != nil:
		return err
	case len(list) == 0:
		return nil
	case !collect.IsStudy(o.study):
		return fmt.Errorf("%s is not empty, and no earlier demonstration: it is left as it is; give another --out", o.out)
	case !o.force:
		return fmt.Errorf("%s has an earlier demonstration: give --force to replace its study, or another --out", o.out)
	}
	return o.clear()
}

// clear deletes what a demonstration writes.
func (o *collectDemoOptions) clear() error {
	return errors.Join(os.RemoveAll(o.study), os.RemoveAll(o.images), os.RemoveAll(o.truth))
}

// demoShapes are the classes of a browse study: what the simulation draws, in its order.
var demoShapes = []string{"ellipse", "rectangle", "triangle", "diamond", "cross", "hexagon", "star", "barrel"}

// draw makes the images, and says what they show.
func (o *collectDemoOptions) draw(ctx context.Context) error {
	options := synth.Options{Images: 480, Seed: o.seed, Out: o.truth, ImagesOut: o.images, Boxes: true, Classes: demoShapes, Force: true}
	simulate := synth.ImageNet
	if o.task == collect.Tag {
		simulate, options.Images, options.Boxes, options.Classes = synth.COCO, 120, false, nil
	}
	if _, err := simulate(ctx, options); err != nil {
		return err
	}
	var err error
	if o.see, err = client.Truth(o.images, filepath.Join(o.truth, "truth", "images.jsonl")); err != nil || o.task == collect.Tag {
		return err
	}
	if o.arms {
		if err := o.keepWithRoom(); err != nil {
			return err
		}
	}
	return mixClasses(o.images)
}

// mixClasses moves every fourth image into the folder of the next class: candidates that do not show it.
func mixClasses(images string) error {
	var moves [][2]string
	for i, class := range demoShapes {
		next := demoShapes[(i+1)%len(demoShapes)]
		files, err := os.ReadDir(filepath.Join(images, class))
		if err != nil {
			return err
		}
		for j := 0; j < len(files); j += 4 {
			moves = append(moves, [2]string{filepath.Join(images, class, files[j].Name()),
				filepath.Join(images, next, fmt.Sprintf("%s_c%03d.JPEG", next, j))})
		}
	}
	for _, m := range moves {
		if err := os.Rename(m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// demoArms returns the two interfaces of a study, of which a visitor sees one.
func demoArms(task string) map[string]collect.Arm {
	plain := collect.Arm{Weight: 1, Pointer: "default", Reveal: "always", Instruction: "default", Magnifier: "none"}
	other := plain
	if task == collect.Tag {
		other.Magnifier = "drag"
		return map[string]collect.Arm{"plain": plain, "zoom": other}
	}
	other.Pointer = "red-dot"
	return map[string]collect.Arm{"plain": plain, "red-dot": other}
}

// make makes the study, with short HITs.
func (o *collectDemoOptions) make(ctx context.Context, s streams) error {
	made, err := collect.Init(ctx, collect.InitOptions{Dir: o.study, Task: o.task, Images: o.images, Open: true,
		Contact: "nobody: this is a demonstration",
		Edit: func(s *collect.Settings) {
			s.Study.ID, s.Study.Minutes = "demo", 3
			s.Serve.DB = home(ctx, o.study).DB
			s.Task.Pages, s.Assign.K = 4, 3
			if o.arms {
				s.Assign.K = max(3, (o.people+6)/7) // there are at least 7 HITs
			} else {
				s.Arms = demoArms(o.task)
			}
			if o.task == collect.Browse {
				s.Task.Images, s.Task.Others = 12, 0
			}
		}})
	if err != nil {
		return err
	}
	if o.arms {
		if err := o.addArms(); err != nil {
			return err
		}
	}
	study, err := collect.Open(o.study)
	if err != nil {
		return err
	}
	planned, err := study.MakePlan(o.seed, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: a %s study of %s\n", o.study, o.task, plural(made.Images, "image"))
	printPlanned(s.out, study, planned, 0, quality.Pace{})
	return nil
}

// serve serves the study until ctx is done, or until the annotators have finished. served reports whether it could
// be served at all.
func (o *collectDemoOptions) serve(ctx context.Context, s streams, listener net.Listener) (served bool, err error) {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan server.Serving, 1)
	ended := make(chan error, 1)
	run := server.RunOptions{Home: home(ctx, o.study), Listener: listener, Admin: "127.0.0.1:0", Page: page.Files, Ready: func(r server.Serving) { ready <- r }}
	if o.arms {
		run.Draw = o.draws()
	}
	go func() { ended <- server.Run(serving, run) }()
	var at server.Serving
	select {
	case at = <-ready:
	case err := <-ended:
		return false, err
	}
	link := at.Page + "?name=me"
	fmt.Fprintf(s.out, "\nannotators     %s\nadministrator  %s\n\n", link, at.Admin)
	if o.browser {
		openBrowser(s.err, link)
	}
	worked := make(chan error, 1)
	go func() { worked <- o.work(serving, s, at) }()
	select {
	case err = <-worked:
		if err == nil && !o.unattended {
			fmt.Fprintln(s.out, "The simulated annotators have finished. Go on as long as you like; Ctrl-C ends the demonstration.")
			select {
			case <-ctx.Done():
			case err = <-ended:
				return true, err
			}
		}
	case err = <-ended:
		return true, err
	case <-ctx.Done():
		<-worked
	}
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return true, err
	}
	fmt.Fprintf(s.out, "\n$ abtool collect status %s\n", o.study)
	if err := (&collectStatusOptions{}).run(context.WithoutCancel(ctx), s.out, o.study); err != nil {
		return true, err
	}
	if o.arms {
		return true, o.compareArms(ctx, s)
	}
	truth := "--boxes " + o.boxes()
	if o.task == collect.Tag {
		truth = "--instances " + filepath.Join(o.truth, "instances_train2014.json")
	}
	store := filepath.Join(o.out, "store")
	set := map[string]string{collect.Browse: "imagenet", collect.Tag: "coco"}[o.task]
	fmt.Fprintln(s.out, "\nTo go on:")
	for _, next := range []string{"ingest " + o.study + " " + truth + " --out " + store, "explore " + store, "stats " + store,
		"stats " + store + " " + set + " --by arm", "report " + store + " --out " + filepath.Join(o.out, "report")} {
		fmt.Fprintln(s.out, "  abtool", next)
	}
	return true, nil
}

// work lets the simulated annotators do a HIT each. They come one after another.
func (o *collectDemoOptions) work(ctx context.Context, s streams, at server.Serving) error {
	base := at.Page[:len(at.Page)-len("/s/")-len(at.Study.Study.ID)]
	if o.arms {
		return o.workInArms(ctx, s, base)
	}
	var group sync.WaitGroup
	var printing sync.Mutex
	refused := 0
	failed := make(chan error, o.people)
	for i, who := range synth.NewAnnotators(o.seed, o.people) {
		group.Go(func() {
			if o.speed > 0 {
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Duration(float64(i) * float64(20*time.Second) / o.speed)):
				}
			}
			c := &client.Client{Who: who, Params: map[string]string{"name": fmt.Sprintf("simulated %d", i+1)},
				Options: client.Options{Server: base, See: o.see, Speed: o.speed}}
			err := c.Work(ctx)
			printing.Lock()
			defer printing.Unlock()
			switch {
			case err == nil:
				fmt.Fprintf(s.out, "annotator %d has finished a HIT: %s, %s events, code %s\n", i+1,
					plural(len(c.Ledger.Submitted), "page"), ui.Thousands(int64(c.Ledger.Events)), c.Ledger.Code)
			case errors.Is(err, client.ErrRefused):
				refused++
			case ctx.Err() == nil:
				failed <- fmt.Errorf("annotator %d: %w", i+1, err)
			}
		})
	}
	group.Wait()
	close(failed)
	if refused > 0 {
		fmt.Fprintf(s.out, "%s found nothing left to do\n", plural(refused, "annotator"))
	}
	return <-failed
}
