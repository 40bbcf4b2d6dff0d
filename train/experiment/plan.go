package experiment

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"abtool/internal/filetype"
	"abtool/train/data"
	"abtool/train/run"
)

//go:embed experiments/*.toml
var shipped embed.FS

// The values of Plan.Rand: which lambdas Rand is trained with.
const (
	RandChosen = "chosen" // the lambda chosen for luab
	RandAll    = "all"    // every lambda
)

// A Plan is the content of an experiment's file.
type Plan struct {
	Title       string             `toml:"title"`
	Supervision []data.Supervision `toml:"supervision"`
	Lambda      []float64          `toml:"lambda"`
	Rand        string             `toml:"rand"`
	Seed        []uint64           `toml:"seed"`
	Choose      string             `toml:"choose"`
	Data        *Images            `toml:"data"`
	Evaluation  []Images           `toml:"evaluation"`
	Garments    *Garments          `toml:"garments"`
	Recipe      run.Recipe         `toml:"recipe"`
}

// Images name images and their targets, as abtool train takes them.
type Images struct {
	Name    string `toml:"name,omitempty"`    // name of an evaluation
	Images  string `toml:"images"`            // folder, shards or idx file
	Targets string `toml:"targets,omitempty"` // file that abtool targets wrote
	Rule    string `toml:"rule,omitempty"`
	Split   string `toml:"split,omitempty"`
	Truth   string `toml:"truth,omitempty"` // store with ground truth
	Partial bool   `toml:"partial,omitempty"`
}

// Names returns the names of the experiments that come with the program.
func Names() (names []string) {
	entries, _ := shipped.ReadDir("experiments")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// Load reads an experiment: one of Names, or a file.
func Load(name string) (*Plan, error) {
	text, err := shipped.ReadFile(path.Join("experiments", name+".toml"))
	if err != nil {
		if text, err = filetype.ReadText(name); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("experiment %q not found: give a file, or one of %s", name, strings.Join(Names(), ", "))
		} else if err != nil {
			return nil, fmt.Errorf("reading the experiment: %w", err)
		}
	}
	p, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", name, err)
	}
	return p, nil
}

func parse(text string) (*Plan, error) {
	p := &Plan{Recipe: run.Default()}
	p.Recipe.Seed, p.Recipe.Lambda, p.Recipe.Supervision = 0, 0, ""
	meta, err := toml.Decode(text, p)
	if err != nil {
		return nil, err
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, fmt.Errorf("an experiment has no key %s", left[0])
	}
	if r := p.Recipe; r.Seed != 0 || r.Lambda != 0 || r.Supervision != "" {
		return nil, errors.New("seed, lambda and supervision belong to the experiment: remove them from its [recipe]")
	}
	if p.Garments != nil {
		p.Garments.defaults()
	}
	p.Rand = cmp.Or(p.Rand, RandChosen)
	return p, p.check()
}

func (p *Plan) check() error {
	evaluations := p.Evaluations()
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{(p.Data == nil) == (p.Garments == nil), "it needs either [data] with [[evaluation]], or [garments]"},
		{p.Garments != nil && len(p.Evaluation) > 0, "[garments] has fixed evaluations (" + strings.Join(evaluations, ", ") + "): remove [[evaluation]]"},
		{p.Garments != nil && p.Garments.CAM && (p.Recipe.CropRatio != 1 || p.Recipe.Size != photo), "cam: the maps are compared with boxes of the whole image: crop_ratio = 1 and size = 64 are needed"},
		{len(p.Seed) == 0 || repeats(p.Seed), "seed: give at least one, each once"},
		{len(p.Supervision) == 0 || repeats(p.Supervision), "supervision: give at least one of none, rand, luab, each once"},
		{len(p.Lambda) == 0 || repeats(p.Lambda) || slices.ContainsFunc(p.Lambda, func(v float64) bool { return !(v > 0) }), "lambda: give at least one, each once and above 0 (supervision none uses 0)"},
		{p.Rand != RandChosen && p.Rand != RandAll, "rand: give chosen or all"},
		{p.Rand == RandChosen && p.has(data.Rand) && !p.has(data.LUAB), "rand = \"chosen\" takes luab's lambda: add luab to supervision, or give rand = \"all\""},
		{len(evaluations) == 0 || repeats(evaluations) || slices.Contains(evaluations, ""), "evaluation: give at least one, each with a different name"},
		{!slices.Contains(evaluations, p.Choose), "choose: give the name of an evaluation, one of " + strings.Join(evaluations, ", ")},
	} {
		if c.bad {
			return fmt.Errorf("checking the experiment: %s", c.text)
		}
	}
	for _, s := range p.Supervision {
		if !slices.Contains(data.Supervisions, s) {
			return fmt.Errorf("checking the experiment: supervision %q: give none, rand or luab", s)
		}
	}
	if p.Garments != nil {
		if err := p.Garments.check(); err != nil {
			return err
		}
	}
	a := way{supervision: data.LUAB, lambda: p.Lambda[0]}.arm(p.Seed[0])
	return p.recipe(a).Check()
}

func repeats[T cmp.Ordered](list []T) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}

func (p *Plan) has(s data.Supervision) bool { return slices.Contains(p.Supervision, s) }

// Evaluations returns the names of the sets of images on which networks are compared, as abtool prints them.
func (p *Plan) Evaluations() (names []string) {
	if p.Garments != nil {
		return p.Garments.sets()
	}
	for _, e := range p.Evaluation {
		names = append(names, e.Name)
	}
	return names
}

// TOML returns the plan as a file, with all defaults filled in.
func (p *Plan) TOML() string {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(p); err != nil {
		panic(err) // cannot happen: a struct of plain values
	}
	return b.String()
}

// An Arm is one training of an experiment.
type Arm struct {
	Supervision data.Supervision `json:"supervision"`
	Lambda      float64          `json:"lambda"`           // 0 for supervision none
	Clicks      string           `json:"clicks,omitempty"` // of luab, if the garments have several kinds
	Seed        uint64           `json:"seed"`
}

// A way is a way to train: an arm without its seed.
type way struct {
	supervision data.Supervision
	lambda      float64
	clicks      string
}

// String returns the way as tables show it, such as "luab, λ = 10".
func (w way) String() string {
	switch {
	case w.supervision == data.None:
		return string(w.supervision)
	case w.clicks != "":
		return fmt.Sprintf("%s, %s clicks, λ = %s", w.supervision, w.clicks, number(w.lambda))
	}
	return fmt.Sprintf("%s, λ = %s", w.supervision, number(w.lambda))
}

func (w way) arm(seed uint64) Arm { return Arm{w.supervision, w.lambda, w.clicks, seed} }

// ways returns the ways to train with a supervision and a lambda.
func (p *Plan) ways(s data.Supervision, lambda float64) []way {
	switch {
	case s == data.None:
		return []way{{supervision: s}}
	case s == data.LUAB && p.Garments != nil && len(p.Garments.Clicks) > 1:
		var out []way
		for _, c := range p.Garments.Clicks {
			out = append(out, way{s, lambda, c})
		}
		return out
	}
	return []way{{supervision: s, lambda: lambda}}
}

// Name returns the name of the arm's folder.
func (a Arm) Name() string {
	if a.Supervision == data.None {
		return fmt.Sprintf("%s-seed-%d", a.Supervision, a.Seed)
	}
	name := string(a.Supervision) + "-" + number(a.Lambda)
	if a.Clicks != "" {
		name += "-" + a.Clicks
	}
	return fmt.Sprintf("%s-seed-%d", name, a.Seed)
}

// recipe returns the recipe of an arm.
func (p *Plan) recipe(a Arm) run.Recipe {
	r := p.Recipe
	r.Supervision, r.Lambda, r.Seed = string(a.Supervision), a.Lambda, a.Seed
	return r
}

// first returns the arms that do not depend on the choice of lambda, seed by seed.
func (p *Plan) first() (arms []Arm) {
	for _, seed := range p.Seed {
		for _, s := range p.Supervision {
			switch {
			case s == data.None:
				arms = append(arms, way{supervision: s}.arm(seed))
			case s == data.LUAB || p.Rand == RandAll:
				for _, lambda := range p.Lambda {
					for _, w := range p.ways(s, lambda) {
						arms = append(arms, w.arm(seed))
					}
				}
			}
		}
	}
	return arms
}

// second returns the arms that are trained with the chosen lambda.
func (p *Plan) second(lambda float64) (arms []Arm) {
	if !p.has(data.Rand) || p.Rand == RandAll {
		return nil
	}
	for _, seed := range p.Seed {
		arms = append(arms, way{supervision: data.Rand, lambda: lambda}.arm(seed))
	}
	return arms
}

// count returns the total number of arms.
func (p *Plan) count() int { return len(p.first()) + len(p.second(0)) }
