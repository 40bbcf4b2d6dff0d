package ingest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"abtool/ingest/study"
	"abtool/store"
)

// Outdated is a data set with a study that was read before the last erasure of an annotator's data, or of which that is
// not known.
type Outdated struct {
	Set   string `json:"data_set"`
	Study string `json:"study"` // its name in the account
	Dir   string `json:"dir"`   // its folder
	Made  int64  `json:"made"`  // number of the last erasure when it was read
	Now   int64  `json:"now"`   // and now

	Unknown string `json:"unknown,omitempty"` // why the study could not be asked, if it could not
}

func (o Outdated) String() string {
	if o.Unknown != "" {
		return fmt.Sprintf("it is not known whether %s was made before the last erasure of the study %s: %s", store.Title(o.Set), o.Study, o.Unknown)
	}
	return fmt.Sprintf("%s was made before the last erasure of the study %s, so that it still has data of somebody who had them deleted",
		store.Title(o.Set), o.Study)
}

// FindOutdated compares the store in dir, of which a is the account, with the studies that it was made of. These
// are looked for in dirs and where they were when they were read. Those that are not there are not compared; of those
// whose database cannot be read, the result says so. The error says if a folder of dirs is not of a study of the store.
func FindOutdated(ctx context.Context, dir string, a *store.Account, dirs ...string) (all []Outdated, err error) {
	moved, err := byID(ctx, dir, a, dirs)
	if err != nil {
		return nil, err
	}
	for _, d := range a.DataSets {
		for _, s := range d.Studies {
			at := place(dir, &s, moved)
			if s.ID == "" || !study.Is(at) {
				continue
			}
			id, number, err := study.Identity(ctx, at)
			switch {
			case err != nil:
				all = append(all, Outdated{Set: d.Name, Study: s.Name, Dir: at, Made: s.Erasures, Unknown: err.Error()})
			case id == s.ID && s.Erasures < number:
				all = append(all, Outdated{Set: d.Name, Study: s.Name, Dir: at, Made: s.Erasures, Now: number})
			}
		}
	}
	return all, nil
}

// byID returns folders by the ids of their studies. It returns an error for a study that the store does not have.
func byID(ctx context.Context, dir string, a *store.Account, dirs []string) (map[string]string, error) {
	moved := map[string]string{}
	for _, at := range dirs {
		id, _, err := study.Identity(ctx, at)
		if err != nil {
			return nil, err
		}
		has := func(d store.DataSet) bool {
			return slices.ContainsFunc(d.Studies, func(s store.Study) bool { return s.ID == id })
		}
		if id == "" || !slices.ContainsFunc(a.DataSets, has) {
			return nil, fmt.Errorf("%s has nothing of the study in %s", dir, at)
		}
		moved[id] = at
	}
	return moved, nil
}

// place returns the folder of a study: where it has moved, or where it was.
func place(dir string, s *store.Study, moved map[string]string) string {
	return cmp.Or(moved[s.ID], store.Resolve(dir, s.Folder))
}

// Erase makes the data sets of a store again that have data of somebody who had them deleted. It reads the
// sources that they were made of; dirs are studies that have moved. A run replaces data sets as Run does; sets of
// different sources need several. o has the options that do not change a store. The result is the account of the
// last run, nil if nothing is outdated.
func Erase(ctx context.Context, dir string, o Options, dirs ...string) (last *store.Account, err error) {
	a, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	moved, err := byID(ctx, dir, a, dirs)
	if err != nil {
		return nil, err
	}
	outdated, err := FindOutdated(ctx, dir, a, dirs...)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(outdated, func(x Outdated) bool { return x.Unknown != "" }); i >= 0 {
		return nil, fmt.Errorf("%v", outdated[i])
	}
	var runs []Options
	for _, d := range a.DataSets {
		run := o
		run.Out, run.As, run.Format, run.Limits, run.Force, run.MayEmpty = dir, d.Options.As, d.Options.Format, d.Options.Limits, true, true
		at := map[string]string{} // folders of studies, by the path in the account
		for _, s := range d.Studies {
			at[s.Folder] = place(dir, &s, moved)
			if !study.Is(at[s.Folder]) {
				return nil, fmt.Errorf("the study %s is not in %s: say where it is with --study DIR", s.Name, at[s.Folder])
			}
		}
		if !slices.ContainsFunc(outdated, func(x Outdated) bool { return x.Set == d.Name }) {
			continue
		}
		for _, source := range d.Given.Sources {
			run.Sources = append(run.Sources, cmp.Or(at[source], store.Resolve(dir, source)))
		}
		run.Boxes, run.Instances = resolve(dir, d.Given.Boxes), resolve(dir, d.Given.Instances)
		for _, path := range slices.Concat(run.Sources, run.Boxes, run.Instances) {
			if _, err := os.Stat(path); err != nil {
				return nil, fmt.Errorf("%s was also made of %s, which is not there: put it back, or give all sources to "+
					"abtool ingest with --out %s --force", store.Title(d.Name), path, dir)
			}
		}
		if !slices.ContainsFunc(runs, func(r Options) bool {
			return slices.Equal(r.Sources, run.Sources) && slices.Equal(r.Boxes, run.Boxes) && slices.Equal(r.Instances, run.Instances)
		}) {
			runs = append(runs, run)
		}
	}
	for _, run := range runs {
		if last, err = Run(ctx, run); err != nil {
			return last, err
		}
	}
	return last, nil
}

func resolve(dir string, paths []string) (all []string) {
	for _, p := range paths {
		all = append(all, store.Resolve(dir, p))
	}
	return all
}
