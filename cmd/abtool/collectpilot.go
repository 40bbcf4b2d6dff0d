package main

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/collect"
	"abtool/ingest"
	"abtool/internal/replace"
	"abtool/internal/synth"
	"abtool/internal/synth/client"
	"abtool/internal/usage"
)

// pilotArms are the arms of the paper's pilot (section C.1), in the order of their names, with the chances of a click on
// the object that it reports. The simulated annotators have them as well.
var pilotArms = []struct {
	name     string
	hits     float64
	settings string
}{
	{"plain", 0.707, ""},
	{"red", 0.917, "pointer = \"red-dot\"\ninstruction = \"click-the-object\"\n"},
}

// pilotSpread is the standard deviation of that chance between annotators; no one is further than twice from the mean.
const pilotSpread = 0.04

// pilotPeople is the number of annotators of the pilot, unless --people says another.
const pilotPeople = 60

// preparePilot sets what a demonstration with arms needs.
func (o *collectDemoOptions) preparePilot(changed func(flag string) bool) error {
	if o.task != collect.Browse {
		return usage.Errorf("--arms is the paper's pilot, which is of the task browse")
	}
	o.unattended = true
	if !changed("speed") {
		o.speed = 0
	}
	if !changed("people") {
		o.people = pilotPeople
	}
	return nil
}

// mostObjects is the largest share of an image that its objects cover in the pilot, so that one can click beside them.
const mostObjects = 0.75

// keepWithRoom deletes the images whose objects leave little room.
func (o *collectDemoOptions) keepWithRoom() error {
	return filepath.WalkDir(o.images, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		see, covered := o.see(b), 0.0
		for _, x := range append(see.Others, see.Box) {
			covered += (x[2] - x[0]) * (x[3] - x[1])
		}
		if covered > mostObjects {
			return os.Remove(path)
		}
		return nil
	})
}

// addArms adds the arms to study.toml.
func (o *collectDemoOptions) addArms() error {
	file := filepath.Join(o.study, collect.SettingsFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, a := range pilotArms {
		text = fmt.Appendf(text, "\n[arms.%s]\n%s", a.name, a.settings)
	}
	return replace.Bytes(file, text)
}

// workInArms lets the simulated annotators do a HIT each, one after another, so that the same seed gives the same work.
func (o *collectDemoOptions) workInArms(ctx context.Context, s streams, base string) error {
	random := rand.New(rand.NewPCG(o.seed, 0x70696c6f74))
	inArm := map[string]int{}
	for i, who := range synth.NewAnnotators(o.seed, o.people) {
		deviation := pilotSpread * min(max(random.NormFloat64(), -2), 2)
		c := &client.Client{Who: who, Params: map[string]string{"name": fmt.Sprintf("simulated %d", i+1)},
			Options: client.Options{Server: base, See: o.see, Speed: o.speed, Arm: func(name string) {
				inArm[name]++
				for _, a := range pilotArms {
					if a.name == name {
						who.HitWith(a.hits + deviation)
					}
				}
			}}}
		if err := c.Work(ctx); err != nil {
			return fmt.Errorf("annotator %d: %w", i+1, err)
		}
	}
	fmt.Fprintf(s.out, "%s have finished a HIT each: %d in the arm plain, %d in the arm red\n", plural(o.people, "annotator"), inArm["plain"], inArm["red"])
	return nil
}

// draws returns what arms are drawn with: the same for the same seed.
func (o *collectDemoOptions) draws() func(n int) int {
	return rand.New(rand.NewPCG(o.seed, 0x61726d73)).IntN
}

// compareArms ingests the study, prints its statistics by arm, and compares the difference with what is known.
func (o *collectDemoOptions) compareArms(ctx context.Context, s streams) error {
	store := filepath.Join(o.out, "store")
	fmt.Fprintf(s.out, "\n$ abtool ingest %s --boxes %s --out %s\n", o.study, o.boxes(), store)
	if _, err := ingest.Run(ctx, ingest.Options{Sources: []string{o.study}, Boxes: []string{o.boxes()}, Out: store, Force: true, Version: version()}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n$ abtool stats %s imagenet --by arm\n", store)
	options := statsOptions{Options: result.Options{Names: []string{"imagenet"}, By: "arm", Seed: 1, Bootstrap: result.DefaultBootstrap}, quiet: true}
	if err := options.run(ctx, s, store); err != nil {
		return err
	}
	d, err := analysis.Run(ctx, store, result.Options{Names: []string{"imagenet"}, By: "arm", Seed: 1})
	if err != nil {
		return err
	}
	plain, red := pilotArms[0], pilotArms[1]
	v := d.Statistic("imagenet", "by_arm").Value("accuracy." + red.name + "-" + plain.name)
	if v == nil || v.Interval == nil {
		return nil
	}
	known := red.hits - plain.hits
	says := "covers"
	if !v.Interval.Covers(known) {
		says = "does not cover"
	}
	fmt.Fprintf(s.out, "\nThe simulated annotators click on the object with a chance of %.1f %% in the arm plain and %.1f %% in the arm red, as the\n"+
		"paper's pilot reports: a difference of %.1f points. The interval, %.1f to %.1f points, %s it.\n",
		100*plain.hits, 100*red.hits, 100*known, 100*v.Interval.Low, 100*v.Interval.High, says)
	return nil
}

// boxes returns the file with the boxes of the images.
func (o *collectDemoOptions) boxes() string { return filepath.Join(o.truth, "boxes.tar.gz") }
